"""Callers that request messages, and the result of each request."""

import asyncio
from collections.abc import Iterable
from typing import Any

import aiohttp

from scripts.demo_home.api import Api, ApiError
from scripts.soak_home.count import CallResult, MessageKey
from scripts.soak_home.plan import Call

CALLERS = 8
# Seconds. A running home always responds earlier: an action waits ten seconds, and a gateway may take thirty.
CALL_TIMEOUT = 120.0
MAX_ERRORS = 5


class Load:
    """All calls of a soak. No call is repeated."""

    def __init__(self, api: Api, calls: Iterable[Call]) -> None:
        """Prepare the calls. `run` starts them."""
        # How many messages were requested.
        self.requested = 0
        # The result of each requested message.
        self.results: dict[MessageKey, CallResult] = {}
        # The first errors of the action, at most MAX_ERRORS.
        self.errors: set[str] = set()
        # Calls start only while this event is set.
        self.open = asyncio.Event()
        self._api = api
        self._calls = iter(calls)
        self._ended = False
        self._goal = 0
        self._goal_reached = asyncio.Event()

    async def run(self) -> None:
        """Make all calls, and wait until each has ended."""
        try:
            await asyncio.gather(*(self._make_calls() for _ in range(CALLERS)))
        finally:
            self._ended = True
            self._check_goal()

    async def wait_until_requested(self, messages: int) -> None:
        """Wait until this many messages were requested, or until all calls have ended."""
        self._goal = messages
        self._goal_reached.clear()
        self._check_goal()
        await self._goal_reached.wait()

    async def _make_calls(self) -> None:
        await self.open.wait()
        while call := next(self._calls, None):
            await self._make_call(call)
            await self.open.wait()

    async def _make_call(self, call: Call) -> None:
        keys = [(call.provider, number, call.text) for number in call.numbers]
        self.results.update(dict.fromkeys(keys, CallResult.NONE))
        self.requested += len(keys)
        self._check_goal()
        fields = {"account": call.provider, "to": call.numbers, "message": call.text}
        try:
            async with asyncio.timeout(CALL_TIMEOUT):
                response = await self._api.action("texting.send_message", return_response=True, **fields)
        except ApiError as error:
            self.results.update(dict.fromkeys(keys, CallResult.FAILED))
            self._add_error(str(error))
        except aiohttp.ClientError, TimeoutError:
            return  # the home was killed
        else:
            self._save_results(call, response["messages"])

    def _save_results(self, call: Call, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            returned = message["reference"] and not message["error"]
            result = CallResult.RETURNED if returned else CallResult.FAILED
            self.results[call.provider, message["to"], call.text] = result
            if not returned:
                self._add_error(f"{message['status']}: {message['error']}")

    def _add_error(self, error: str) -> None:
        if len(self.errors) < MAX_ERRORS:
            self.errors.add(error)

    def _check_goal(self) -> None:
        if self._ended or self.requested >= self._goal:
            self._goal_reached.set()
