"""Callers who ask a home to text, and what they were told."""

import asyncio
from collections.abc import Iterable
from typing import Any

import aiohttp

from scripts.demo_home.api import Api, ApiError
from scripts.soak_home.count import Key, Told
from scripts.soak_home.plan import Call

CALLERS = 8
# Enough for a home that does answer: an action waits ten seconds, and a gateway may take thirty.
PATIENCE = 120.0
COMPLAINTS_KEPT = 5


class Load:
    """Everything that is asked for; nobody repeats a call."""

    def __init__(self, api: Api, calls: Iterable[Call]) -> None:
        """Prepare; nobody calls before `run`."""
        self.asked = 0
        self.told: dict[Key, Told] = {}
        self.complaints: set[str] = set()
        self.open = asyncio.Event()
        self._api = api
        self._calls = iter(calls)
        self._ended = False
        self._goal = 0
        self._goal_met = asyncio.Event()

    async def run(self) -> None:
        """Call while `open` is set, until every call has been made and ended."""
        try:
            await asyncio.gather(*(self._call_on() for _ in range(CALLERS)))
        finally:
            self._ended = True
            self._look()

    async def reach(self, asked: int) -> None:
        """Wait until so many messages have been asked for, or none is left to ask for."""
        self._goal = asked
        self._goal_met.clear()
        self._look()
        await self._goal_met.wait()

    async def _call_on(self) -> None:
        await self.open.wait()
        while call := next(self._calls, None):
            await self._ask(call)
            await self.open.wait()

    async def _ask(self, call: Call) -> None:
        keys = [(call.provider, number, call.text) for number in call.numbers]
        self.told.update(dict.fromkeys(keys, Told.NOTHING))
        self.asked += len(keys)
        self._look()
        fields = {"account": call.provider, "to": call.numbers, "message": call.text}
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._api.action("texting.send_message", response=True, **fields)
        except ApiError as error:
            self.told.update(dict.fromkeys(keys, Told.FAILED))
            self._complain(str(error))
        except aiohttp.ClientError, TimeoutError:
            return  # killed
        else:
            self._note(call, answer["messages"])

    def _note(self, call: Call, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            returned = message["reference"] and not message["error"]
            self.told[call.provider, message["to"], call.text] = Told.RETURNED if returned else Told.FAILED
            if not returned:
                self._complain(f"{message['status']}: {message['error']}")

    def _complain(self, error: str) -> None:
        if len(self.complaints) < COMPLAINTS_KEPT:
            self.complaints.add(error)

    def _look(self) -> None:
        if self._ended or self.asked >= self._goal:
            self._goal_met.set()
