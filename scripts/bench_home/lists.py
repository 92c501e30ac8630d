"""Measure the event loop and the memory while a provider's list of 80,000 new texts is read."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
import gc
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
from threading import Thread
from typing import Any, override
from urllib.parse import parse_qs, urlsplit

import psutil

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.signals import MESSAGE_RECEIVED
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .home import account
from .loop_monitor import MonitoredSelector
from .table import Limit, Table

PROVIDER = Provider.TEXTIOPRO
PAGES, ROWS = 40, 2000
# Reads of the list after the first one.
READS = 3
MEGABYTE = 1_000_000
MAX_BUSY = Limit(20, " ms")
MAX_GROWTH = Limit(20, " MB")
MAX_TEXTS = Limit(500)


class Site(ThreadingHTTPServer):
    """A site whose list is short at first, and very long later. It runs in threads of its own."""

    daemon_threads = True

    def __init__(self) -> None:
        """Prepare all pages, so that responding takes no time."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.is_long = False
        self.short = _page([_row(0)], 1)
        self.pages = [
            _page([_row(PAGES * ROWS - place) for place in range(page * ROWS, (page + 1) * ROWS)], PAGES)
            for page in range(PAGES)
        ]
        # The new texts come before the one that is known.
        self.pages[-1] = _page([*[_row(1 + place) for place in range(ROWS - 1)][::-1], _row(0)], PAGES)

    def url(self, _site: str) -> str:
        """Return the address."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    """Respond to reads."""

    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        """Return a page of the list, or a balance."""
        parts = urlsplit(self.path)
        if not parts.path.endswith("/sms"):
            body = json.dumps({"status": "success", "data": {"balance": 100, "unit": "sms"}}).encode()
        elif self.server.is_long:
            body = self.server.pages[int(parse_qs(parts.query).get("page", ["1"])[0]) - 1]
        else:
            body = self.server.short
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, *args: Any) -> None:
        """Print nothing."""


async def measure_lists(hass: HomeAssistant, loop: MonitoredSelector, table: Table) -> None:
    """Read a list with 40 pages of 2,000 new texts several times."""
    with _site() as site:
        async with account(hass, PROVIDER, site) as reader:
            received = 0

            @callback
            def count(*_: object) -> None:
                nonlocal received
                received += 1

            stop = async_dispatcher_connect(hass, MESSAGE_RECEIVED, count)
            incoming = reader.entry.runtime_data.incoming
            await incoming.async_refresh()
            await hass.async_block_till_done()
            site.is_long = True
            gc.collect()
            gc.freeze()
            before, texts = psutil.Process().memory_info().rss, 0
            await asyncio.sleep(0)  # the turn of the loop that built the pages is not measured
            with loop.monitor() as measured:
                for _ in range(READS):
                    received = 0
                    await incoming.async_refresh()
                    await hass.async_block_till_done()
                    texts = max(texts, received)
            growth = (psutil.Process().memory_info().rss - before) / MEGABYTE
            gc.unfreeze()
            stop()
    name = f"a list with {PAGES} pages of {ROWS:,} new texts"
    table.add_value(f"{name}: loop busy", measured.longest_busy * 1000, MAX_BUSY)
    table.add_value(f"{name}: growth of the memory", growth, MAX_GROWTH)
    table.add_value(f"{name}: texts of one read", texts, MAX_TEXTS)


@contextmanager
def _site() -> Iterator[Site]:
    """Run the site in a thread."""
    site = Site()
    thread = Thread(target=site.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.shutdown()
        site.server_close()
        thread.join()


def _row(number: int) -> dict[str, str]:
    return {
        "uid": f"{0x6A000000 + number:08x}00000",
        "to": "33755000111",
        "from": f"336123{number % 100000:05}",
        "message": f"Text {number}",
        "direction": "incoming",
    }


def _page(rows: list[dict[str, str]], last: int) -> bytes:
    data = {"status": "success", "data": {"data": rows, "last_page": last, "total": last * ROWS}}
    return json.dumps(data, separators=(",", ":")).encode()
