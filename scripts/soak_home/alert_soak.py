"""Run one soak of alerts: kill a home again and again while incidents are open, then wait until all is over."""

import asyncio
from collections.abc import Callable, Sequence
import time

from scripts.demo_home.api import Api
from scripts.demo_home.waiting import WaitTimeout, until
from scripts.soak_home.alert_callers import AlertCallers
from scripts.soak_home.alert_count import is_at_rest
from scripts.soak_home.alert_home import AlertHome
from scripts.soak_home.alert_plan import Kill, Moment
from scripts.soak_home.database import count_pending, read_incidents
from tests.simulator import Simulator

# Seconds until a kill happens although nothing happened that it waits for.
MOMENT_TIMEOUT = 8.0
# Seconds until all incidents are over.
END_TIMEOUT = 240.0
# The most seconds between something and the notice of it.
POLL = 0.005
# Print the progress after this many kills.
PROGRESS_INTERVAL = 10


class AlertSoak:
    """One soak of alerts and its measurements."""

    def __init__(self, home: AlertHome, simulator: Simulator, api: Api, callers: AlertCallers) -> None:
        """Start nothing yet."""
        # How often the home was killed, and how often of these while an incident was open.
        self.killed = 0
        self.killed_open = 0
        # The seconds that each complete start took, until the last kill, and until all was over after it.
        self.start_seconds: list[float] = []
        self.kill_seconds = 0.0
        self.end_seconds = 0.0
        self._home = home
        self._simulator = simulator
        self._api = api
        self._callers = callers

    async def run(self, kills: Sequence[Kill]) -> bool:
        """Kill the home as planned, then let all incidents end. Return False if this takes too long."""
        began = time.monotonic()
        callers = asyncio.create_task(self._callers.run())
        try:
            # The first start makes the database, and the registry of entities, which is saved when the home stops.
            await self._home.start()
            await self._home.wait_until_usable(self._api)
            await self._home.stop()
            for kill in kills:
                await self._run_until(kill)
                await self._kill()
            self.kill_seconds = time.monotonic() - began
            await self._start()
            self._callers.end()
            await callers
            return await self._wait_for_end()
        finally:
            callers.cancel()

    async def _run_until(self, kill: Kill) -> None:
        """Let the home run until the moment of a kill."""
        if kill.moment is Moment.START:
            await self._home.start()
        else:
            await self._start()
            await self._wait_for(kill.moment)
        await asyncio.sleep(kill.wait)

    async def _wait_for(self, moment: Moment) -> None:
        """Wait until something happens, and not for long."""
        counts: dict[Moment, Callable[[], int]] = {
            Moment.REQUEST: lambda: len(self._simulator.requests()),
            Moment.REPLY: lambda: len(self._simulator.callbacks),
            Moment.RAISE: lambda: self._callers.raised,
        }
        if (count := counts.get(moment)) is None:
            return
        before, end = count(), time.monotonic() + MOMENT_TIMEOUT
        while time.monotonic() < end:
            if count() != before:
                return
            await asyncio.sleep(POLL)

    async def _start(self) -> None:
        began = time.monotonic()
        await self._home.start()
        await self._home.wait_until_usable(self._api)
        self.start_seconds.append(time.monotonic() - began)
        await self._callers.causes.restore()
        self._callers.open.set()

    async def _kill(self) -> None:
        self._callers.open.clear()
        self._home.ensure_running()
        self.killed_open += self._callers.open_incidents > 0
        await self._home.kill()
        self.killed += 1
        self._simulator.clear_requests()
        if self.killed % PROGRESS_INTERVAL == 0:
            print(f"{self.killed} kills, {self._callers.raised} times raised", flush=True)

    async def _wait_for_end(self) -> bool:
        """Wait until every incident is acknowledged, exhausted or closed, and nothing of it is under way."""
        began = time.monotonic()
        await self._simulator.restore()

        async def is_over() -> bool:
            incidents = await asyncio.to_thread(read_incidents, self._home.database)
            return not count_pending(self._home.database) and all(is_at_rest(each) for each in incidents)

        try:
            await until(is_over, "Not all incidents ended", END_TIMEOUT)
        except WaitTimeout as error:
            print(error, flush=True)
            return False
        finally:
            self.end_seconds = time.monotonic() - began
            await self._simulator.settle()
        return True
