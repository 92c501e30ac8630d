"""The history of an account as a CSV file that a browser downloads. Nothing of it is written to the disk."""

from collections.abc import Iterable
from contextlib import suppress
import csv
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
import io
import re
from typing import Any, Final
import unicodedata
from urllib.parse import urlencode

from aiohttp import hdrs, web

from homeassistant.components.http import KEY_HASS, HomeAssistantView, require_admin
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .const import ATTR_RECIPIENT, DOMAIN
from .delivery.history import HistoryQuery, Page
from .entries import messenger_entry
from .history import Sources, as_rows, async_page, sources_of_everybody, sources_of_people
from .people import RecipientOf
from .recipients import recipient_by_id

# How long a link works.
LINK_VALID_FOR = timedelta(minutes=5)
# Messages that are read and written at a time. A file of any length takes the memory of so many.
PIECE: Final = 100
COLUMNS = (
    *(
        "time",
        "direction",
        "recipient",
        "number",
        "text",
        "status",
        "reason_text",
        "segments",
        "cost",
        "price",
        "currency",
        "account",
        "via",
    ),
    *("type", "reason", "accepted_at", "delivered_at", "in_reply_to", "reference", "message_id", "incoming_id"),
)
_URL = f"/api/{DOMAIN}/history"
# Spreadsheets recognize UTF-8 by it.
_BYTE_ORDER_MARK = "\ufeff"
# What may begin a formula. Spreadsheets also take the wide forms of Chinese and Japanese keyboards.
_FORMULA = frozenset("=+-@\N{MINUS SIGN}")
# What stands before a text that a spreadsheet may take for a cell of its own: in a home where lists are separated by
# semicolons, quotation marks do not protect it.
_SEPARATORS = re.compile(r"([\n\t;])")


@callback
def async_setup_history_view(hass: HomeAssistant) -> None:
    """Offer the files to administrators."""
    # Texts matter more than files: a web server of another kind may take no new paths once it has started.
    with suppress(RuntimeError):
        hass.http.register_view(HistoryView)


@callback
def async_signed_link(hass: HomeAssistant, entry_id: str, recipient_id: str | None = None) -> str:
    """Return the address of an account's file, or of one recipient's, that works without a login for 5 minutes."""
    query = f"?{urlencode({ATTR_RECIPIENT: recipient_id})}" if recipient_id else ""
    return async_sign_path(hass, f"{_URL}/{entry_id}{query}", LINK_VALID_FOR)


def sources_of_account(hass: HomeAssistant, entry_id: str, recipient_id: str | None) -> Sources | None:
    """Return what an account, or the account and one of its recipients, sent and received. None: there is no such."""
    entry = messenger_entry(hass, entry_id)
    if entry is None:
        return None
    if recipient_id is None:
        return sources_of_everybody(hass, entry_id)
    recipient = recipient_by_id(entry, recipient_id)
    return sources_of_people(hass, [RecipientOf(entry, recipient)], entry_id) if recipient else None


class HistoryView(HomeAssistantView):
    """Sends the file in pieces."""

    url = f"{_URL}/{{entry_id}}"
    name = f"api:{DOMAIN}:history"

    @require_admin
    async def get(self, request: web.Request, entry_id: str) -> web.StreamResponse:
        """Send all messages of an account, newest first."""
        hass = request.app[KEY_HASS]
        if (sources := sources_of_account(hass, entry_id, request.query.get(ATTR_RECIPIENT))) is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        query = HistoryQuery(sent=sources[0], received=sources[1], limit=PIECE)
        try:
            page = await async_page(hass, query)
        except HomeAssistantError as err:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text=str(err))
        response = web.StreamResponse(
            headers={
                hdrs.CONTENT_TYPE: "text/csv; charset=utf-8",
                hdrs.CONTENT_DISPOSITION: f'attachment; filename="{DOMAIN}-{dt_util.now():%Y-%m-%d}.csv"',
                hdrs.CACHE_CONTROL: "no-store",
            }
        )
        await response.prepare(request)
        try:
            await response.write(f"{_BYTE_ORDER_MARK}{_lines([COLUMNS])}".encode())
            await response.write(await _async_piece(hass, page))
            while page.next:
                page = await async_page(hass, replace(query, before=page.next))
                await response.write(await _async_piece(hass, page))
            await response.write_eof()
        except HomeAssistantError:
            # Without its end, the browser knows that the file is not complete.
            if request.transport:
                request.transport.abort()
        except ConnectionError:  # the browser hung up
            pass
        return response


async def _async_piece(hass: HomeAssistant, page: Page) -> bytes:
    """Return the lines of some messages. Long texts take long, so a thread writes them."""
    rows = as_rows(hass, page.messages)
    return await hass.async_add_executor_job(lambda: _lines(map(_cells, rows)).encode())


def _lines(rows: Iterable[Iterable[object]]) -> str:
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows(rows)
    return lines.getvalue()


def _cells(row: dict[str, Any]) -> list[object]:
    values = (row[name] for name in COLUMNS)
    return [harmless(value) if isinstance(value, str) else value for value in values]


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: it gets an apostrophe in front. Control characters go."""
    if text.isalnum():
        return text
    clean = "".join(filter(_is_kept, text.replace("\r\n", "\n").replace("\r", "\n")))
    first, *others = _SEPARATORS.split(clean)
    # A smiley is no formula.
    guarded = _guard(first) + "".join(each if each.startswith("-)") else _guard(each) for each in others)
    return f"'{guarded}" if guarded[:1] in ("\t", "\n") else guarded


def _guard(part: str) -> str:
    """Return a part with an apostrophe in front if it may be a formula, perhaps after what a spreadsheet skips."""
    first = next((each for each in part if each != '"' and not (each.isspace() or _is_unseen(each))), "")
    return f"'{part}" if first and unicodedata.normalize("NFKC", first)[0] in _FORMULA else part


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) == "Cf"


def _is_kept(character: str) -> bool:
    return character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")
