"""Texts that phones send to the home while it is killed, and what happened to each.

An automation of the home passes each text on to a web server of the soak. A provider repeats a call until it gets 200.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from random import Random

import aiohttp
from aiohttp import web

from scripts.soak_home.count import align
from scripts.soak_home.home import WEBHOOK_PROVIDERS, webhook_id

PHONES = 4
# Seconds between two calls of a phone, and before a provider repeats a call.
PAUSE, REPEAT_AFTER = 0.1, 0.3
CALL_TIMEOUT = 60.0
# How many texts come again at the end, and the probability that one comes again at once.
AGAIN_AT_END, AGAIN = 100, 0.1


@dataclass(slots=True)
class IncomingRow:
    """The counts of all incoming texts. The fields are the columns of the table."""

    # Texts that phones sent.
    sent: int = 0
    # Texts whose call the home answered with 200.
    answered: int = 0
    # Answered texts that the automation passed on.
    passed_on: int = 0
    # Answered texts that were handed on before a kill, which ended the automation.
    ended: int = 0
    # Answered texts that were never handed on.
    lost: int = 0
    # Texts that the automation passed on more than once.
    doubled: int = 0


class Listener:
    """The web server that the automation of the home calls."""

    def __init__(self) -> None:
        """Hear nothing yet."""
        # How often each text was passed on.
        self.heard: Counter[str] = Counter()
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_post("/", self._hear)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/"

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner:
            await self._runner.cleanup()

    async def _hear(self, request: web.Request) -> web.Response:
        self.heard[await request.text()] += 1
        return web.Response()


class Phones:
    """The phones that text the home."""

    def __init__(self, session: aiohttp.ClientSession, url: str, random: Random) -> None:
        """Text the home at this address."""
        self.sent = 0
        # The fields of each text that was answered with 200, by text, and its provider.
        self.answered: dict[str, tuple[str, dict[str, str]]] = {}
        self._session = session
        self._url = url
        self._random = random
        self._ended = False

    async def run(self, is_open: asyncio.Event) -> None:
        """Text while this event is set, until end is called and each text was answered."""
        await asyncio.gather(*(self._text(is_open) for _ in range(PHONES)))

    def end(self) -> None:
        """Begin no new text."""
        self._ended = True

    async def repeat(self) -> None:
        """Let some texts come again, as if their provider had not heard our answers."""
        texts = sorted(self.answered)
        for text in self._random.sample(texts, min(AGAIN_AT_END, len(texts))):
            await self._call(*self.answered[text])

    async def _text(self, is_open: asyncio.Event) -> None:
        while not self._ended:
            await is_open.wait()
            number, self.sent = self.sent, self.sent + 1
            provider, text = WEBHOOK_PROVIDERS[number % len(WEBHOOK_PROVIDERS)], f"phone {number:06}"
            call = _fields(provider, number, text)
            while not await self._call(provider, call):
                await asyncio.sleep(REPEAT_AFTER)
                # While it starts, Home Assistant answers 200 to webhooks that are not registered yet.
                await is_open.wait()
            self.answered[text] = provider, call
            if self._random.random() < AGAIN:
                await self._call(provider, call)
            await asyncio.sleep(PAUSE)

    async def _call(self, provider: str, call: Mapping[str, str]) -> bool:
        url, timeout = f"{self._url}/api/webhook/{webhook_id(provider)}", aiohttp.ClientTimeout(CALL_TIMEOUT)
        try:
            async with self._session.post(url, json=call, timeout=timeout) as response:
                return response.status == 200  # noqa: PLR2004  HTTP's
        except aiohttp.ClientError, TimeoutError:
            return False  # the home was killed


def _fields(provider: str, number: int, text: str) -> dict[str, str]:
    if provider == "textinghouse":
        date = datetime.now(UTC).isoformat(timespec="seconds")
        return {"from": f"3361{number:07}", "txt": text, "apimsgid": "", "climsgid": "", "date": date}
    return {"from": f"212555{number % 10_000:04}", "message": text, "messageid": f"m{number}"}


def count_texts(phones: Phones, heard: Mapping[str, int], handed_on: Mapping[str, bool]) -> IncomingRow:
    """Count what happened to the texts. handed_on says for each text on disk whether it was handed on."""
    answered = phones.answered
    return IncomingRow(
        sent=phones.sent,
        answered=len(answered),
        passed_on=sum(text in heard for text in answered),
        ended=sum(text not in heard and handed_on.get(text, False) for text in answered),
        lost=sum(text not in heard and not handed_on.get(text, False) for text in answered),
        doubled=sum(count > 1 for count in heard.values()),
    )


def format_row(row: IncomingRow) -> str:
    """Format a heading and the counts."""
    names = [field.name for field in fields(IncomingRow)]
    cells = [["incoming texts", *names], ["all", *(str(getattr(row, name)) for name in names)]]
    return align([[cell.replace("_", " ") for cell in line] for line in cells])
