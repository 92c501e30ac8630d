"""The history of an account as a CSV file: who gets it, what is in it, and what a spreadsheet makes of it."""

import asyncio
from collections.abc import Awaitable, Callable
import csv
from datetime import datetime, timedelta
import io
import logging
from pathlib import Path
import re
from typing import Any

import aiohttp
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting import history_view
from custom_components.texting.delivery.database import DatabaseError, MessageDatabase
from custom_components.texting.delivery.history import HistoryQuery, Page
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.history_view import COLUMNS, HistoryView, harmless
from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.conftest import SetUp
from tests.services.test_history import ANNA, BEN, received, sent, store
from tests.support.home import until
from tests.support.users import new_user, token_of

HOUSE, PRO = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO
MARK = b"\xef\xbb\xbf"
type Client = Callable[..., Awaitable[Any]]


@pytest.fixture
async def client(hass: HomeAssistant, hass_client: Client, _loopback: None) -> Client:
    """Return a function that starts the web server, and returns a client of an administrator."""
    assert await async_setup_component(hass, "config", {})  # the dialogs
    return hass_client


@pytest.fixture
def stranger(hass_client_no_auth: Client, _loopback: None) -> Client:
    """Return a function that starts the web server, and returns a client without a login."""
    return hass_client_no_auth


def address(entry: MockConfigEntry, **query: str) -> str:
    return f"/api/texting/history/{entry.entry_id}" + "".join(f"?{name}={value}" for name, value in query.items())


def rows(body: bytes) -> list[dict[str, str]]:
    """Return the rows as a program reads them."""
    assert body.startswith(MARK)
    assert b"\r\n" in body
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))


async def link_of(hass: HomeAssistant, web: Any, entry: MockConfigEntry, **choice: str) -> str:
    """Open the page of the messages in a browser, choose somebody, and return the address of the link."""
    flow = await (await web.post("/api/config/config_entries/options/flow", json={"handler": entry.entry_id})).json()
    step = f"/api/config/config_entries/options/flow/{flow['flow_id']}"
    shown = await (await web.post(step, json={"next_step_id": "messages"})).json()
    if choice:
        shown = await (await web.post(step, json=choice)).json()
    found = re.fullmatch(
        r'<a href="(/api/texting/history/[^"]+)" target="_blank">Download as CSV</a>',
        shown["description_placeholders"]["download"],
    )
    assert found
    return found[1]


# -- who gets it -------------------------------------------------------------------------------------------------------


async def test_the_link_works_without_a_login_for_five_minutes(
    hass: HomeAssistant, set_up: SetUp, client: Client, monkeypatch: pytest.MonkeyPatch, freezer: Any
) -> None:
    entry = await set_up(HOUSE)
    await store(entry, [sent(entry, 1)], [received(entry, 2), received(entry, 3, sender=BEN)])
    web = await client()
    link = await link_of(hass, web, entry)
    async with aiohttp.ClientSession() as browser:
        async with browser.get(web.make_url(link)) as response:
            assert response.status == 200
            assert response.content_type == "text/csv"
            assert response.charset == "utf-8"
            today = dt_util.now().date().isoformat()
            assert response.headers["Content-Disposition"] == f'attachment; filename="texting-{today}.csv"'
            assert response.headers["Cache-Control"] == "no-store"
            found = rows(await response.read())
        assert [row["text"] for row in found] == ["received 3", "received 2", "sent 1"]
        # It is the link of one account, and nothing can be added to it.
        other = link.replace(entry.entry_id, "other")
        for changed in (other, link[:-1], f"{link}&recipient=x", link.split("?")[0]):
            async with browser.get(web.make_url(changed)) as response:
                assert response.status == 401
        freezer.tick(timedelta(minutes=5, seconds=1))
        async with browser.get(web.make_url(link)) as response:
            assert response.status == 401
        async with browser.post(web.make_url(link)) as response:
            assert response.status == 405


async def test_the_link_of_one_person(hass: HomeAssistant, set_up: SetUp, client: Client) -> None:
    entry = await set_up(HOUSE)
    await store(entry, [sent(entry, 1), sent(entry, 2, to=BEN)], [received(entry, 3)])
    web = await client()
    ben = next(key for key, each in entry.subentries.items() if each.title == "Ben")
    link = await link_of(hass, web, entry, recipient=ben)
    assert [row["text"] for row in rows(await (await web.get(link)).read())] == ["sent 2"]


async def test_only_administrators_get_it(
    hass: HomeAssistant, set_up: SetUp, stranger: Client, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await set_up(HOUSE)
    await store(entry, [sent(entry, 1)])
    web = await stranger()
    assert (await web.get(address(entry))).status == 401
    user = await new_user(hass, GROUP_ID_USER)
    token = await token_of(hass, user)
    assert (await web.get(address(entry), headers={"Authorization": f"Bearer {token}"})).status == 401
    # A link that was signed for somebody who is no administrator (any more).
    refresh = next(iter(user.refresh_tokens))
    link = history_view.async_sign_path(hass, address(entry), timedelta(minutes=5), refresh_token_id=refresh)
    assert (await web.get(link)).status == 401
    link = history_view.async_signed_link(hass, entry.entry_id)  # of nobody's request
    assert (await web.get(link)).status == 401


async def test_what_does_not_exist(hass: HomeAssistant, set_up: SetUp, client: Client) -> None:
    entry = await set_up(HOUSE)
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    web = await client()
    assert (await web.get("/api/texting/history/none")).status == 404
    assert (await web.get(address(other))).status == 404
    assert (await web.get(address(entry, recipient="none"))).status == 404


async def test_without_a_database(hass: HomeAssistant, set_up: SetUp, client: Client) -> None:
    entry = await set_up(HOUSE)
    web = await client()
    await hass.config_entries.async_unload(entry.entry_id)
    response = await web.get(address(entry))
    assert response.status == 503
    assert "no account of Texting is running" in await response.text()


# -- what is in it -----------------------------------------------------------------------------------------------------


async def test_what_a_row_holds(hass: HomeAssistant, set_up: SetUp, client: Client) -> None:
    entry = await set_up(HOUSE)
    text = '=HYPERLINK("http://x";"y")\r\n"quoted", 👍'
    incoming = received(entry, 2)
    incoming.message = type(incoming.message)(sender=ANNA, text=text)
    await store(entry, [sent(entry, 1, accepted_at=2.0, cost=3, provider_status="DELIVRD")], [incoming])
    body = await (await (await client()).get(address(entry))).read()
    assert body.decode("utf-8-sig").split("\r\n")[0] == ",".join(COLUMNS)
    theirs, ours = rows(body)
    assert (theirs["direction"], theirs["recipient"], theirs["number"]) == ("received", "Anna", f"'{ANNA}")
    assert theirs["text"] == '\'=HYPERLINK("http://x";"y")\n"quoted", 👍'
    assert (ours["status"], ours["cost"], ours["segments"], ours["account"]) == ("delivered", "3", "1", "TextingHouse")
    assert datetime.fromisoformat(ours["time"]).utcoffset() is not None
    assert "DELIVRD" not in body.decode()
    # Nothing is left on the disk.
    assert not list(Path(hass.config.config_dir).rglob("*.csv"))  # noqa: ASYNC240  a short search


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 12])
async def test_all_pieces(
    hass: HomeAssistant, set_up: SetUp, client: Client, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(history_view, "PIECE", 4)
    entry, other = await set_up(HOUSE), await set_up(PRO)
    messages = [sent(entry, number, parent="route" if number % 2 else None) for number in range(count)]
    await store(entry, [*messages, sent(other, 100)])
    found = rows(await (await (await client()).get(address(entry))).read())
    assert [row["text"] for row in found] == [f"sent {number}" for number in reversed(range(count))]


async def test_many_messages_take_the_memory_of_a_piece(
    hass: HomeAssistant, set_up: SetUp, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The home goes on between two pieces, and no more is read than the client takes."""
    entry = await set_up(HOUSE)
    await store(entry, [sent(entry, number) for number in range(3000)])
    pages: list[int] = []
    read = MessageDatabase.history

    async def counted(database: MessageDatabase, query: HistoryQuery) -> Page:
        page = await read(database, query)
        pages.append(len(page.messages))
        return page

    monkeypatch.setattr(MessageDatabase, "history", counted)
    response = await (await client()).get(address(entry))
    assert len(rows(await response.read())) == 3000
    assert pages == [history_view.PIECE] * (3000 // history_view.PIECE)


async def test_nothing_is_read_for_a_client_that_hung_up(
    hass: HomeAssistant,
    set_up: SetUp,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    requests: list[Any] = []
    begun, gone, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
    get, read, pages = HistoryView.get, MessageDatabase.history, []

    async def watched(view: HistoryView, request: Any, entry_id: str) -> Any:
        requests.append(request)
        try:
            return await get(view, request, entry_id)
        finally:
            ended.set()

    async def slow(database: MessageDatabase, query: HistoryQuery) -> Page:
        pages.append(query.before)
        if query.before:
            begun.set()
            await gone.wait()
        return await read(database, query)

    monkeypatch.setattr(HistoryView, "get", watched)
    monkeypatch.setattr(MessageDatabase, "history", slow)
    monkeypatch.setattr(history_view, "PIECE", 1)
    entry = await set_up(HOUSE)
    await store(entry, [sent(entry, number) for number in range(10)])
    # The entities read too.
    pages.clear()
    response = await (await client()).get(address(entry))
    await begun.wait()
    response.close()
    await until(lambda: requests[0].transport is None)
    gone.set()
    await ended.wait()
    assert len(pages) == 2
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING and each.name.startswith("aiohttp.")]


async def test_a_file_that_cannot_be_finished_is_broken_off(
    hass: HomeAssistant,
    set_up: SetUp,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    entry = await set_up(HOUSE)
    await store(entry, [sent(entry, number) for number in range(10)])
    monkeypatch.setattr(history_view, "PIECE", 5)
    read = MessageDatabase.history

    async def closed(database: MessageDatabase, query: HistoryQuery) -> Page:
        if query.before:
            raise DatabaseError("closed")
        return await read(database, query)

    monkeypatch.setattr(MessageDatabase, "history", closed)
    response = await (await client()).get(address(entry))
    assert response.status == 200
    with pytest.raises(aiohttp.ClientPayloadError):
        await response.read()
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING and each.name.startswith("aiohttp.")]


# -- what a spreadsheet makes of it ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        *((f"{sign}1+1", f"'{sign}1+1") for sign in "=+-@＝＋－＠﹣−"),
        *((f"{space}=1+1", f"'{space}=1+1") for space in (" ", "\u3000", "\u00a0", "\u200b", "\ufeff ", "\u202e")),
        *((f"{space}1", f"'{space}1") for space in ("\t", "\n")),
        ("\r1", "'\n1"),
        ("\t=1", "'\t'=1"),
        ("-)", "'-)"),
        ("=", "'="),
        ("\x00=1", "'=1"),
        ("\x1b[31m=1", "[31m=1"),
        ("\ud800=1", "'=1"),
        ("a\r\nb\rc", "a\nb\nc"),
        # A list is separated by semicolons in many countries, and a quotation mark does not protect a line there.
        ("Hi\n=1+1", "Hi\n'=1+1"),
        ("Hi; =1+1;@x", "Hi;' =1+1;'@x"),
        ("Hi\t+1", "Hi\t'+1"),
        # Nor does a quotation mark that opens and closes at once.
        ('Hi;"=1+1;x', "Hi;'\"=1+1;x"),
        ('Hi\n"=1', "Hi\n'\"=1"),
        ('"=1', "'\"=1"),
        ("See you ;-) at 5-6; 1+1=2", "See you ;-) at 5-6; 1+1=2"),
        ("", ""),
        ("   ", "   "),
        ("Water 👨‍👩‍👧", "Water 👨‍👩‍👧"),
        ("1-1", "1-1"),
        ("a@b.example", "a@b.example"),
    ],
)
def test_no_cell_is_a_formula(text: str, cell: str) -> None:
    assert harmless(text) == cell
