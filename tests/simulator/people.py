"""People who follow a script: their phones reply to texts, late, wrong, twice or not at all.

A phone needs no test that watches it, so it replies also to a home that is killed and starts again.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
import re
from typing import Literal

from .messages import Message
from .network import Network
from .phones import Phones, digits_of

# The number that a text asks for, as in "Reply OK 12".
_NUMBER = re.compile(r"\bOK (\d{2})\b")
# What stands in each text that asks somebody.
ASKS = "Reply OK"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedReply:
    """What somebody does with one text that the phone gets."""

    # What they write. {n} is the number that the text asks for, if it has one. Empty: they stay silent.
    text: str = "OK {n}"
    # The texts that it is for have this in them. Others stay without a reply.
    to: str = ASKS
    # Seconds until they reply.
    after: float = 0.0
    # How often they send it.
    times: int = 1
    # Seconds until the provider calls the home's URL again, as long as it does not respond with 200. None: never.
    call_again_after: float | None = None
    # The phone that they send it from, if it is another one.
    sender: str = ""
    # Seconds by which the date of the reply is wrong, where the provider gives dates. None: the provider's own date.
    date_off: float | None = None
    # Whether that date has a zone.
    with_zone: bool = True
    # The message that the provider names, if it names one: the one that is answered, or the phone's first one.
    names: Literal["answered", "first"] = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenReply:
    """A reply that was sent."""

    # The digits of the phone that sent it.
    number: str
    text: str
    # The id of the message that it answers, and that message's text.
    message: str
    asked: str
    # What the home's URL responded: an HTTP status, 0 for no response, None if the provider calls no URL.
    status: int | None = None
    # When there was that response.
    at: datetime
    # Why it could not be sent, or empty.
    error: str = ""


class People:
    """Everybody who has a script."""

    def __init__(self, network: Network, phones: Phones) -> None:
        """Watch the network's phones."""
        # All replies, oldest first.
        self.given: list[GivenReply] = []
        self._network = network
        self._phones = phones
        # By the digits of the phone.
        self._scripts: dict[str, deque[ScriptedReply]] = {}
        self._repeats: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        network.on_text(self._receive)

    def script(self, number: str, *replies: ScriptedReply, repeats: bool = False) -> None:
        """Let a phone follow a script. Each reply is for one text; the last one is for all others if it repeats."""
        digits = digits_of(number)
        self._scripts[digits] = deque(replies)
        self._repeats.discard(digits)
        if repeats:
            self._repeats.add(digits)

    def switch(self, number: str, *, on: bool) -> None:
        """Switch a phone on or off. While it is off, texts to it are not delivered."""
        digits = digits_of(number)
        if on:
            self._network.switched_off.discard(digits)
        else:
            self._network.switched_off.add(digits)

    async def settle(self) -> None:
        """Wait until everybody who is going to reply has done so."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def stop(self) -> None:
        """Let nobody reply any more."""
        self._scripts.clear()
        for task in self._tasks:
            task.cancel()
        await self.settle()

    def _receive(self, message: Message) -> None:
        digits = message.phone_number
        replies = self._scripts.get(digits)
        if not replies or replies[0].to not in message.text:
            return
        reply = replies[0] if len(replies) == 1 and digits in self._repeats else replies.popleft()
        if reply.text:
            task = asyncio.create_task(self._reply(reply, message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _reply(self, reply: ScriptedReply, message: Message) -> None:
        await asyncio.sleep(reply.after)
        found = _NUMBER.search(message.text)
        text = reply.text.format(n=found[1] if found else "").strip()
        number = digits_of(reply.sender) or message.phone_number
        for _ in range(reply.times):
            status, error = None, ""
            try:
                status = await self._answer_until_taken(reply, message, number, text)
            except LookupError as failure:
                error = str(failure)
            self.given.append(
                GivenReply(
                    number=number,
                    text=text,
                    message=message.id,
                    asked=message.text,
                    status=status,
                    at=self._network.clock(),
                    error=error,
                )
            )

    async def _answer_until_taken(self, reply: ScriptedReply, message: Message, number: str, text: str) -> int | None:
        while True:
            callback = await self._answer(reply, message, number, text)
            if callback is None or callback[0] == HTTPStatus.OK or reply.call_again_after is None:
                return callback[0] if callback else None
            await asyncio.sleep(reply.call_again_after)

    async def _answer(self, reply: ScriptedReply, message: Message, number: str, text: str) -> tuple[int, str] | None:
        named, written_at = message, None
        if reply.names == "first":
            to_phone = (each for each in self._network.messages if each.phone_number == message.phone_number)
            named = next(each for each in to_phone if each.provider == message.provider)
        if reply.date_off is not None:
            written_at = self._network.clock() + timedelta(seconds=reply.date_off)
            if not reply.with_zone:
                written_at = written_at.replace(tzinfo=None)
        return await self._phones.answer(number, text, message.provider, named=named, written_at=written_at)
