"""Measure how long Home Assistant's API takes, and send texts meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
import time
from typing import Any

from scripts.demo_home.api import Api

# Seconds between two requests of the meter, and between two texts that are sent.
INTERVAL = 0.02
SEND_INTERVAL = 0.1
SWITCH = "input_boolean.flood"
NUMBER = "+3369876{:04}"


@dataclass(slots=True)
class Meter:
    """Makes requests at fixed times, however long the earlier ones take."""

    api: Api
    # The milliseconds of each request, by what was requested.
    taken: dict[str, list[float]] = field(default_factory=dict)
    # The texts that the action accepted while it ran.
    sent: list[str] = field(default_factory=list)
    _requests: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Measure until this is cancelled."""
        kinds: dict[str, Callable[[], Awaitable[Any]]] = {
            "GET a state": lambda: self.api.state(SWITCH),
            "WebSocket ping": lambda: self.api.command("ping"),
            "an action": lambda: self.api.action("input_boolean.toggle", entity_id=SWITCH),
        }
        names, number, began = list(kinds), 0, time.monotonic()
        while True:
            name = names[number % len(names)]
            self._start(name, kinds[name])
            if number % round(SEND_INTERVAL / INTERVAL) == 0:
                self._start("send a text", lambda number=number: self._send(number))  # type: ignore[misc]
            number += 1
            await asyncio.sleep(max(0.0, began + number * INTERVAL - time.monotonic()))

    async def wait(self) -> None:
        """Wait until every request has ended. Raises what the first one raised."""
        await asyncio.gather(*self._requests)

    def _start(self, name: str, request: Callable[[], Awaitable[Any]]) -> None:
        task = asyncio.create_task(self._measure(name, request))
        self._requests.add(task)
        task.add_done_callback(lambda done: self._requests.discard(done) if not done.exception() else None)

    async def _measure(self, name: str, request: Callable[[], Awaitable[Any]]) -> None:
        began = time.perf_counter()
        await request()
        self.taken.setdefault(name, []).append((time.perf_counter() - began) * 1000)

    async def _send(self, number: int) -> None:
        text = f"while flooded {number:06}"
        await self.api.action(
            "texting.send_message", account="textinghouse", to=[NUMBER.format(1000 + number % 9000)], message=text
        )
        self.sent.append(text)
