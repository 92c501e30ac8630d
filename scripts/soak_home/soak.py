"""Run one soak: start and kill a home repeatedly, then wait until it has sent everything."""

import asyncio
from collections.abc import Iterable, Sequence
import time

from scripts.demo_home.api import Api
from scripts.demo_home.waiting import WaitTimeout, until
from scripts.soak_home.database import count_pending
from scripts.soak_home.home import SoakHome
from scripts.soak_home.incoming import Phones
from scripts.soak_home.load import Load
from scripts.soak_home.plan import Call, Kill
from tests.simulator import Simulator

# Seconds. Calls go on during a wait up to this. During a longer wait the home only works on earlier calls.
SHORT_WAIT = 0.2
PENDING_TIMEOUT = 300.0
# Print the progress after this many kills.
PROGRESS_INTERVAL = 10


class Soak:
    """One soak and its measurements."""

    def __init__(self, home: SoakHome, simulator: Simulator, api: Api, calls: Iterable[Call], phones: Phones) -> None:
        """Prepare the calls. `run` starts everything."""
        self.load = Load(api, calls)
        self.phones = phones
        # How often the home was killed.
        self.killed = 0
        # The seconds that each complete start took.
        self.start_seconds: list[float] = []
        # The seconds until the last kill.
        self.kill_seconds = 0.0
        # The seconds until no message was pending after the last call.
        self.pending_seconds = 0.0
        self._home = home
        self._simulator = simulator
        self._api = api

    async def run(self, kills: Sequence[Kill]) -> None:
        """Make all calls, let phones text, and kill the home as planned. The home runs afterwards."""
        began = time.monotonic()
        callers = asyncio.create_task(self.load.run())
        phones = asyncio.create_task(self.phones.run(self.load.open))
        try:
            for kill in kills:
                await self._run_until(kill)
                await self._kill()
            self.kill_seconds = time.monotonic() - began
            await self._start()
            self.load.open.set()
            await callers
            self.phones.end()
            await phones
            await self.phones.repeat()
        finally:
            callers.cancel()
            phones.cancel()

    async def wait_for_pending(self) -> bool:
        """Wait until no message is pending. Return False if this takes too long."""
        began = time.monotonic()
        await self._simulator.restore()

        async def nothing_pending() -> bool:
            return not count_pending(self._home.database)

        try:
            await until(nothing_pending, "The home did not send all messages", PENDING_TIMEOUT)
        except WaitTimeout:
            pending = count_pending(self._home.database)
            print(f"{pending} messages are still pending after {PENDING_TIMEOUT:.0f} s", flush=True)
            return False
        finally:
            self.pending_seconds = time.monotonic() - began
        await self._simulator.settle()
        return True

    async def _run_until(self, kill: Kill) -> None:
        if kill.after_messages is None:
            await self._home.start()
            await asyncio.sleep(kill.wait)
            return
        await self._start()
        self.load.open.set()
        await self.load.wait_until_requested(kill.after_messages)
        if kill.wait > SHORT_WAIT:
            self.load.open.clear()
        await asyncio.sleep(kill.wait)

    async def _start(self) -> None:
        began = time.monotonic()
        await self._home.start()
        await self._home.wait_until_usable(self._api)
        self.start_seconds.append(time.monotonic() - began)

    async def _kill(self) -> None:
        self.load.open.clear()
        self._home.ensure_running()
        await self._home.kill()
        self.killed += 1
        self._simulator.clear_requests()
        if self.killed % PROGRESS_INTERVAL == 0:
            print(f"{self.killed} kills, {self.load.requested} messages requested", flush=True)
