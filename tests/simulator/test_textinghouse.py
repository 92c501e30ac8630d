"""TextingHouse against its documents, over plain HTTP."""

from datetime import UTC, date, datetime, timedelta
import re
from typing import Any

import pytest

from .customer import LOGIN, Client, Home

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.mark.parametrize(
    "options",
    [
        {"data": LOGIN | {"cmd": "getcredit"}},
        {"json": LOGIN | {"cmd": "getcredit"}},
        {"params": LOGIN | {"cmd": "getcredit"}, "method": "GET"},
    ],
)
async def test_house_reads_forms_json_and_queries(client: Client, options: dict[str, Any]) -> None:
    """All three kinds of request get a response."""
    assert await client.raw("textinghouse", "/http/v1/do", **options) == (200, "1423")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iscom": ""}, 100),
        ({"txt": ""}, 100),
        ({"to": ""}, 100),
        ({"climsgid": "x" * 33}, 100),
        ({"from": "with space"}, 100),
        ({"from": "twelve123456"}, 100),
        ({"cmd": "SENDSMS"}, 100),
        ({"pass": "wrong"}, 101),
        ({"user": "Demo"}, 101),
        ({"iscom": "Y"}, 400),
        ({"iscom": "Y", "txt": "stop sms-s.top Hello"}, 400),
        ({"txt": "a" * 153 * 1424}, 104),
        ({"cmd": "getstatus"}, 100),
        ({"cmd": "getstatus", "api_id": "x"}, 201),
        ({"cmd": "getstatus", "climsgid": "x"}, 202),
    ],
)
async def test_house_errors(client: Client, changes: dict[str, str], code: int) -> None:
    """Each documented error has its cause, and nothing is sent."""
    params = {"cmd": "sendsms", "to": "33600000001", "txt": "Hello", "iscom": "N"} | changes
    assert (await client.house(**params)).startswith(f"ERR: {code} | ")
    assert not client.simulator.messages()


async def test_house_ip_lock(client: Client) -> None:
    """A locked IP address gets the error of a wrong password."""
    client.simulator.accounts["textinghouse"].ip_locked = True
    assert (await client.house(cmd="getcredit")).startswith("ERR: 101 |")


async def test_house_flood_rule(client: Client) -> None:
    """The same text to the same number is refused for ten seconds, whatever its climsgid."""
    now = datetime.now(UTC)
    client.simulator.clock = lambda: now
    assert (await client.send_house(climsgid="a")).startswith("ID:")
    assert (await client.send_house(climsgid="a")).startswith("ERR: 350 |")
    assert (await client.send_house(txt="Other")).startswith("ID:")
    client.simulator.clock = lambda: now + timedelta(seconds=10)
    assert (await client.send_house(climsgid="a")).startswith("ID:")


@pytest.mark.parametrize(("text", "cost"), [("a" * 160, 1), ("a" * 161, 2), ("€" * 81, 2), ("ê" * 71, 2)])
async def test_house_charges_segments(client: Client, text: str, cost: int) -> None:
    """Each segment costs credit."""
    await client.send_house(txt=text)
    assert await client.house(cmd="getcredit") == str(1423 - cost)


async def test_house_status_by_either_id_on_either_host(client: Client) -> None:
    """The backup host shares all state, and api_id overrides climsgid."""
    answer = await client.send_house(climsgid="mine")
    await client.simulator.settle()
    backup = {"site": "textinghouse_backup", "cmd": "getstatus"}
    assert await client.house(**backup, climsgid="mine") == "3"
    assert await client.house(**backup, api_id=answer[3:], climsgid="unknown") == "3"


async def test_house_test_number_is_free_and_delivered_at_once(client: Client, home: Home) -> None:
    """999 costs nothing and has reports like any other number."""
    client.simulator.sent_after = client.simulator.delivered_after = None
    await client.send_house(to="999", climsgid="test")
    await client.simulator.settle()
    assert await client.house(cmd="getcredit") == "1423"
    assert [data["status"] for _, _, data in home.received] == ["3"]


@pytest.mark.parametrize(
    ("sent_at", "held"),
    [("2026-03-02T08:00", False), ("2026-03-02T20:00", True), ("2026-03-07T09:59", True), ("2026-03-01T12:00", True)],
)
async def test_house_holds_commercial_messages(client: Client, sent_at: str, held: bool) -> None:
    """A commercial message waits outside of the recipient's hours, without an error."""
    now = datetime.fromisoformat(f"{sent_at}+01:00")
    client.simulator.clock = lambda: now
    assert (await client.send_house(txt="Hi STOP sms-s.top", iscom="Y", climsgid="c")).startswith("ID:")
    assert await client.received() == ([] if held else ["Hi STOP sms-s.top"])
    assert await client.house(cmd="getstatus", climsgid="c") == ("0" if held else "3")
    client.simulator.accounts["textinghouse"].holidays.add(date(2026, 3, 2))
    client.simulator.clock = lambda: now + timedelta(days=3)
    await client.simulator.settle()
    assert await client.house(cmd="getstatus", climsgid="c") == "3"


async def test_house_holds_by_the_recipients_time(client: Client) -> None:
    """At seven in Paris it is ten on La Réunion; a test message is never held."""
    now = datetime.fromisoformat("2026-03-02T07:00+01:00")
    client.simulator.clock = lambda: now
    for to in ("33600000001", "262692000001", "999"):
        await client.send_house(to=to, txt="Hi STOP sms-s.top", iscom="Y")
    held = [message.not_before - now for message in client.simulator.messages()]
    assert held == [timedelta(hours=1), timedelta(0), timedelta(0)]


async def test_house_fails_to_process(client: Client) -> None:
    """The only documented error that the client cannot cause."""
    client.simulator.accounts["textinghouse"].processing_fails = True
    assert (await client.send_house()).startswith("ERR: 300 |")
    assert not client.simulator.messages()


@pytest.mark.parametrize("form", [False, True])
async def test_house_callbacks(client: Client, home: Home, form: bool) -> None:
    """Each change of status is posted, then the reply, as JSON or as a form."""
    account = client.simulator.accounts["textinghouse"]
    account.callback_form = form
    message_id = (await client.send_house(climsgid="c"))[3:]
    await client.simulator.settle()
    assert await client.simulator.answer("+33600000001", "Yes") == (200, "")
    ids = {"apimsgid": message_id, "climsgid": "c"}
    assert [data for _, _, data in home.received[:2]] == [{**ids, "status": "1"}, {**ids, "status": "3"}]
    method, content_type, reply = home.received[2]
    assert (method, content_type.endswith("json")) == ("POST", not form)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", reply.pop("date"))
    assert reply == {**ids, "from": "33600000001", "txt": "Yes"}
