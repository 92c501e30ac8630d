"""The terminal of a simulator: it shows the texts that phones receive, and lets phones reply with typed lines."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
import signal
import sys
import threading

from .messages import SPECIAL_NUMBERS, TITLES, Message
from .server import Simulator
from .typed_line import NotUnderstoodError, read_line

HELP_WORDS = ("help", "?")
# A number that nobody has, for examples.
_EXAMPLE = "+33 6 12 34 56 01"
# The providers that call an address of the home.
_CALLING = ("textinghouse", "club_texting", "group_texting")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose phone can reply by name."""

    # With "+" and the country code.
    number: str
    # The provider that texts the person if none has so far.
    provider: str


class Terminal:
    """Shows texts and reads lines. The phones get texts from all of its simulators.

    An address for replies and reports is set at the last one.
    """

    def __init__(self, simulators: Sequence[Simulator], people: Mapping[str, Person] | None = None) -> None:
        """People are those who can be named. Their providers are those of the first simulator."""
        self._simulators = simulators
        self._people = dict(people or {})
        self._names = {person.number.removeprefix("+"): name for name, person in self._people.items()}

    def show_texts(self) -> None:
        """Print the texts that phones have received, and each one from now on."""
        for simulator in self._simulators:
            for message in simulator.messages():
                if message.received:
                    print(self.describe(message), flush=True)
            simulator.on_text(lambda message: print(self.describe(message), flush=True))

    def describe(self, message: Message) -> str:
        """Return the line that shows a text."""
        return f"📱 {self._caller(message.phone_number)} ← {TITLES[message.provider]}: {message.text}"

    async def read_until_interrupted(self) -> None:
        """Follow the lines from standard input until Ctrl-C."""
        loop = asyncio.get_running_loop()
        interrupted = asyncio.Event()
        for interrupt in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(interrupt, interrupted.set)
        lines: asyncio.Queue[str] = asyncio.Queue()

        def read() -> None:
            for line in sys.stdin:
                loop.call_soon_threadsafe(lines.put_nowait, line)

        threading.Thread(target=read, daemon=True).start()
        following = asyncio.create_task(self._follow(lines))
        await interrupted.wait()
        following.cancel()

    async def _follow(self, lines: asyncio.Queue[str]) -> None:
        while True:
            if said := await self.follow(await lines.get()):
                print(said, flush=True)

    async def follow(self, line: str) -> str:
        """Do what a line says. Return what to print."""
        line = line.strip()
        if not line:
            return ""
        if line.casefold() in HELP_WORDS:
            return self.help()
        if said := self._set_callback(line):
            return said
        try:
            reply = read_line(line, {name: person.number for name, person in self._people.items()}, self._texted())
        except NotUnderstoodError as error:
            return f"{error}\n{self.help()}"
        return await self._answer(reply.number, reply.text)

    def _set_callback(self, line: str) -> str:
        """Give a provider the address to call, if the line is `PROVIDER: ADDRESS`. Return what to print, or nothing."""
        title, _, address = line.partition(":")
        provider = {name.casefold(): key for key, name in TITLES.items()}.get(title.strip().casefold())
        address = address.strip()
        if provider is None or not address.startswith(("http://", "https://")):
            return ""
        if provider not in _CALLING:
            return f"{TITLES[provider]} calls no address."
        self._simulators[-1].accounts[provider].callback_url = address
        return f"{TITLES[provider]} calls this address now."

    def help(self) -> str:
        """Return what can be typed."""
        who = next(iter(self._people), None)
        number = self._people[who].number if who else _EXAMPLE
        lines = ["Type who texts, a colon and the text:"]
        if self._people:
            lines += [
                f"  {who}: OK",
                f"The people are {', '.join(self._people)}. A number works too, if a text went to it:",
            ]
        else:
            lines += ["A phone is a number that a text went to:"]
        endings = ", ".join(f"{ending} ({meaning})" for ending, (meaning, _) in SPECIAL_NUMBERS.items())
        lines += [
            f"  {number}: OK",
            "To tell a provider the address of your home:",
            "  TextingHouse: http://...",
            f"Texts to numbers with these last digits never arrive: {endings}.",
            "help shows this. Ctrl-C stops everything.",
        ]
        return "\n".join(lines)

    async def _answer(self, digits: str, text: str) -> str:
        simulator, provider = self._last_texted(digits)
        try:
            callback = await simulator.answer(digits, text, provider)
        except LookupError as error:
            return f"{self._caller(digits)} cannot text this now. {error}"
        return f"📱 {self._caller(digits)} → {text}{_heard(callback)}"

    def _last_texted(self, digits: str) -> tuple[Simulator, str | None]:
        """Return the simulator and the provider that texted a phone last, or else those of the person."""
        last = [
            (message.accepted_at, place, message.provider)
            for place, simulator in enumerate(self._simulators)
            for message in simulator.messages()
            if digits in (message.to, message.phone_number)
        ]
        if last:
            _, place, provider = max(last)
            return self._simulators[place], provider
        name = self._names.get(digits)
        return self._simulators[0], self._people[name].provider if name else None

    def _texted(self) -> set[str]:
        """Return the digits of all phones that were texted."""
        messages = [message for simulator in self._simulators for message in simulator.messages()]
        return {message.phone_number for message in messages}

    def _caller(self, digits: str) -> str:
        """Return the name behind a number, or the number."""
        return self._names.get(digits, f"+{digits}")


def _heard(callback: tuple[int, str] | None) -> str:
    """Return how the home took a text. It fetches those that no provider brings."""
    if callback is None:
        return " (waits until the home asks for it)"
    status, body = callback
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return ""
    return f" (the home answered {status})" if status else f" (the home did not answer: {body})"
