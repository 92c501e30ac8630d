"""One soak: lives and deaths of a home, and the peace afterwards."""

import asyncio
from collections.abc import Iterable, Sequence
import time

from scripts.demo_home.api import Api
from scripts.demo_home.waiting import NotInTime, until
from scripts.soak_home.home import SoakHome
from scripts.soak_home.load import Load
from scripts.soak_home.outbox import unsettled
from scripts.soak_home.plan import Call, Kill
from tests.simulator import Simulator

# So short a wait is part of the load; in a longer one the home works on what it has been asked for.
BRIEF = 0.2
SETTLED_WITHIN = 300.0
TOLD_EVERY = 10


class Soak:
    """The home's lives; times are seconds."""

    def __init__(self, home: SoakHome, simulator: Simulator, api: Api, calls: Iterable[Call]) -> None:
        """Prepare; nothing runs yet."""
        self.load = Load(api, calls)
        self.killed = 0
        self.starts: list[float] = []
        self.killing = self.settling = 0.0
        self._home = home
        self._simulator = simulator
        self._api = api

    async def live_and_die(self, kills: Sequence[Kill]) -> None:
        """Ask for everything, and kill the home as planned; it is alive afterwards."""
        began = time.monotonic()
        callers = asyncio.create_task(self.load.run())
        try:
            for kill in kills:
                await self._live(kill)
                await self._kill()
            self.killing = time.monotonic() - began
            await self._start()
            self.load.open.set()
            await callers
        finally:
            callers.cancel()

    async def settle(self) -> bool:
        """Wait until the home has found out what it can; False where it takes too long."""
        began = time.monotonic()
        await self._simulator.restore()

        async def look() -> bool:
            return not unsettled(self._home.outbox)

        try:
            await until(look, "messages wait or are being sent", SETTLED_WITHIN)
        except NotInTime:
            print(f"{unsettled(self._home.outbox)} messages wait or are being sent for too long", flush=True)
            return False
        finally:
            self.settling = time.monotonic() - began
        await self._simulator.settle()
        return True

    async def _live(self, kill: Kill) -> None:
        if kill.asked is None:
            await self._home.start()
            await asyncio.sleep(kill.wait)
            return
        await self._start()
        self.load.open.set()
        await self.load.reach(kill.asked)
        if kill.wait > BRIEF:
            self.load.open.clear()
        await asyncio.sleep(kill.wait)

    async def _start(self) -> None:
        began = time.monotonic()
        await self._home.start()
        await self._home.usable(self._api)
        self.starts.append(time.monotonic() - began)

    async def _kill(self) -> None:
        self.load.open.clear()
        self._home.check()
        await self._home.kill()
        self.killed += 1
        self._simulator.clear_requests()
        if self.killed % TOLD_EVERY == 0:
            print(f"{self.killed} kills, {self.load.asked} messages asked for", flush=True)
