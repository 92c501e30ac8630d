"""Phones, statuses, faults and the control API, over plain HTTP."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import asdict
import json
from typing import Any

import aiohttp
import pytest

from . import Simulator
from .customer import LOGIN, PATIENCE, Client, Home
from .loop_clock import LoopClock
from .variants import VARIANTS, table

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.mark.parametrize(
    ("number", "house", "pro"),
    [("0004", "4", "Expired"), ("0005", "5", "Rejected"), ("0006", "6", "Undelivered"), ("0020", "20", "Skipped")],
)
async def test_special_numbers(client: Client, number: str, house: str, pro: str) -> None:
    """The last four digits decide the last status of a message, and its phone gets nothing."""
    texts: list[object] = []
    client.simulator.on_text(texts.append)
    await client.send_house(to=f"3360000{number}")
    await client.send_pro(recipient=f"3360000{number}")
    await client.simulator.settle()
    assert [message.status for message in client.simulator.messages()] == [house, pro]
    assert not texts


async def test_set_status_is_final_and_reported(client: Client, home: Home) -> None:
    """A status set by hand stops the progress of a message."""
    client.simulator.delivered_after = 3600
    await client.send_house()
    message = client.simulator.messages()[0]
    await client.simulator.set_status(message, "5")
    await client.simulator.settle()
    assert message.status == "5"
    assert home.received[-1][2]["status"] == "5"


async def test_who_hangs_up_before_a_request_is_handled_is_not_served(client: Client, loop_clock: LoopClock) -> None:
    """If the connection is lost early, so is the request; if later, only the response is."""
    simulator, reached = client.simulator, asyncio.Event()

    def begin() -> float:
        reached.set()
        return 3600.0

    for place, delayed in enumerate(("processing", "latency")):
        reached.clear()
        setattr(simulator, delayed, begin)
        sending = asyncio.create_task(client.send_house(txt=f"Hello {place}"))
        await reached.wait()
        setattr(simulator, delayed, 0.0)
        sending.cancel()
        has_noticed = False
        while not has_noticed:
            simulator.clear_requests()
            await client.house(cmd="getcredit")
            has_noticed = simulator.max_in_flight("textinghouse") == 1
        loop_clock.advance(3601)
    await client.house(cmd="getcredit")
    assert [message.text for message in simulator.messages()] == ["Hello 1"]


async def test_a_fault_may_befall_some_requests_only(client: Client) -> None:
    """With a chance of 0 no request fails, with 1 all do."""
    client.simulator.faults.add("textinghouse", "empty", None, chance=0.0)
    assert await client.house(cmd="getcredit") == "1423"
    client.simulator.faults.add("textinghouse", "empty", None, chance=1.0)
    assert await client.house(cmd="getcredit") == ""


async def test_on_text_can_be_removed(client: Client) -> None:
    """A listener gets texts until it is removed."""
    texts: list[str] = []
    remove = client.simulator.on_text(lambda message: texts.append(message.text))
    await client.send_house()
    await client.simulator.settle()
    remove()
    await client.send_house(txt="Again")
    await client.simulator.settle()
    assert texts == ["Hello"]


@pytest.mark.parametrize(
    ("provider", "number"), [(None, "33600000001"), ("thesmspoint", "919954654365"), ("textinghouse", "33600000001")]
)
async def test_unanswerable(simulator: Simulator, provider: str | None, number: str) -> None:
    """A text that can reach nobody raises an error."""
    with pytest.raises(LookupError):
        await simulator.answer(number, "Hello?", provider)


@pytest.mark.parametrize(
    ("kind", "options", "seen", "accepted"),
    [
        ("hang", {}, TimeoutError, False),
        ("hang", {"accept": True}, TimeoutError, True),
        ("cut", {}, aiohttp.ClientError, False),
        ("cut", {"accept": True}, aiohttp.ClientError, True),
        ("http_error", {"status": 502}, 502, False),
        ("http_error", {"accept": True}, 500, True),
        ("rate_limited", {"seconds": 7}, 429, False),
        ("unavailable", {}, 503, False),
        ("html", {"accept": True}, "<!DOCTYPE", True),
        ("empty", {}, "", False),
        ("answer", {"body": "ERR: 300 | Error processing request"}, "ERR: 300", False),
        ("answer", {"body": {"status": "error"}}, '{"status"', False),
        ("truncated", {}, "ID:", True),
        ("truncated_body", {}, aiohttp.ClientError, True),
        ("content_type", {}, "ID:", True),
        ("slow", {"seconds": 0.2}, "ID:", True),
        ("slow", {"seconds": 36_000.0}, TimeoutError, True),
        ("endless", {}, TimeoutError, True),
        ("latency", {"delay": 0.1}, "ID:", True),
        ("echo", {}, "ERR: 999 | Wrong request: user=demo&pass=demo-password&", False),
        ("echo", {"encoding": "twice"}, "ERR: 999 | Wrong request: user%3Ddemo%26pass%3Ddemo-password%26", False),
    ],
)
async def test_faults(
    client: Client,
    loop_clock: LoopClock,
    kind: str,
    options: dict[str, Any],
    seen: type[Exception] | int | str,
    accepted: int,
) -> None:
    """Each fault applies once, and tells correctly whether the message was accepted."""
    fault = client.simulator.faults.add("textinghouse", kind, **options)
    request: dict[str, Any] = {"data": {**LOGIN, "cmd": "sendsms", "to": "33600000001", "txt": "Hello", "iscom": "N"}}
    asking = asyncio.create_task(client.raw("textinghouse", "/http/v1/do", **request))
    await fault.reached.wait()
    if seen is TimeoutError:
        loop_clock.advance(PATIENCE + 1)
    if isinstance(seen, type):
        with pytest.raises(seen):
            await asking
    else:
        status, body = await asking
        assert status == seen if isinstance(seen, int) else body.startswith(seen)
    assert len(client.simulator.messages()) == accepted
    assert await client.house(cmd="getcredit") == str(1423 - accepted)


async def test_faults_match(client: Client) -> None:
    """A fault applies only to its path, method and parameters, as many times as it says."""
    faults = client.simulator.faults
    fault = faults.add("textinghouse", "empty", None, "/do", method="POST", params={"cmd": "getcredit"})
    assert [await client.house(cmd="getcredit") for _ in range(2)] == ["", ""]
    assert (await client.send_house()).startswith("ID:")
    assert fault.used == 2
    faults.clear()
    assert await client.house(cmd="getcredit") == "1422"
    for site, kind, options in (
        ("nowhere", "empty", {}),
        ("textiopro", "none", {}),
        ("textiopro", "empty", {"status": 1}),
    ):
        with pytest.raises(ValueError, match=r"fault|kind"):
            faults.add(site, kind, 1, None, **dict[str, Any](options))


async def test_refuse_and_restore(client: Client) -> None:
    """A site can refuse connections, open ones too, and come back at its address."""
    await client.house(cmd="getcredit")
    await client.simulator.faults.refuse("textinghouse")
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.house(cmd="getcredit")
    assert await client.house(site="textinghouse_backup", cmd="getcredit") == "1423"
    await client.simulator.faults.restore("textinghouse")
    assert await client.house(cmd="getcredit") == "1423"


async def test_latency_fault_reports_before_it_answers(client: Client, home: Home, loop_clock: LoopClock) -> None:
    """A report can come before the response with its id."""
    fault = client.simulator.faults.add("textinghouse", "latency", delay=PATIENCE / 2)
    sending = asyncio.create_task(client.send_house())
    await fault.reached.wait()
    await client.simulator.settle()
    assert home.received
    assert not sending.done()
    loop_clock.advance(PATIENCE / 2)
    assert (await sending).startswith("ID:")


async def test_hold_fault_reports_before_it_answers(client: Client, home: Home) -> None:
    """A response can be held until the fault is released, or until all faults are cleared."""
    for text in ("Released", "Cleared"):
        fault = client.simulator.faults.add("textinghouse", "hold")
        sending = asyncio.create_task(client.send_house(txt=text))
        await fault.reached.wait()
        await client.simulator.settle()
        assert home.received
        assert not sending.done()
        if text == "Released":
            fault.release()
        else:
            client.simulator.faults.clear()
        assert (await sending).startswith("ID:")
        home.received.clear()


async def test_requests_are_recorded(client: Client) -> None:
    """Requests are recorded with parameters, query and connection."""
    await client.house(cmd="getcredit")
    await client.house(cmd="getcredit")
    first, second = client.simulator.requests("textinghouse")
    assert (first.method, first.path, first.params["cmd"], first.query) == ("POST", "/http/v1/do", "getcredit", {})
    assert first.connection == second.connection
    client.simulator.clear_requests()
    assert not client.simulator.requests()


async def test_stop_ends_what_hangs(client: Client) -> None:
    """Stop does not wait for a hanging request or a message on its way."""
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(Simulator(sent_after=3600))
        fault = other.faults.add("textinghouse", "hang", accept=True)
        hanging = asyncio.create_task(Client(other, client.session).send_house())
        await fault.reached.wait()
        assert other.messages()
        await other.stop()
        with pytest.raises(aiohttp.ClientError):
            await hanging


async def test_control(client: Client, home: Home) -> None:
    """Another process can do the same over HTTP."""
    control = client.simulator.control_url

    async def call(method: str, path: str, **data: Any) -> Any:
        async with client.session.request(method, control + path, json=data or None) as response:
            return await response.json()

    async with client.session.get(f"{control}/events") as events:
        await client.send_house()
        line = json.loads(await events.content.readline())
    assert line.items() >= {"provider": "textinghouse", "to": "+33600000001", "text": "Hello"}.items()
    assert [message["text"] for message in await call("GET", "/messages")] == ["Hello"]
    assert await call("GET", "/count?provider=textinghouse") == {"messages": 1}
    assert await call("POST", "/answer", number="33600000001", text="Yes") == {"status": 200, "body": ""}
    assert "error" in await call("POST", "/answer", number="1", text="Yes")
    await call("POST", "/callback", provider="textiopro", url=home.url)
    await call("POST", "/credit", provider="thesmspoint", pool="OTP", credit=5)
    await call("POST", "/credit", provider="textinghouse", credit="2.5")
    await call("POST", "/faults", site="textinghouse", kind="empty", times=None)
    assert not await client.house(cmd="getcredit")
    await call("POST", "/faults", site="textinghouse", kind="refuse")
    await call("DELETE", "/faults")
    assert await client.house(cmd="getcredit") == "2.5"
    assert len(await call("GET", "/requests?site=textinghouse")) == 3
    await call("DELETE", "/requests")
    assert await call("GET", "/requests") == []
    await call("POST", "/latency", seconds=0.5)
    assert client.simulator.latency == 0.5
    assert client.simulator.accounts["thesmspoint"].credit["OTP"] == 5


@pytest.mark.parametrize(
    ("provider", "name"), [(provider, name) for provider in VARIANTS for name in VARIANTS[provider]]
)
async def test_every_variant_changes_its_account(client: Client, provider: str, name: str) -> None:
    account = client.simulator.accounts[provider]
    before = asdict(account)
    async with client.session.post(
        f"{client.simulator.control_url}/variant", json={"provider": provider, "name": name}
    ):
        pass
    changed = {key for key, value in asdict(account).items() if value != before[key]}
    assert changed == set(VARIANTS[provider][name].switches)


def test_help_lists_the_variants() -> None:
    assert all(f"{provider}={name}: " in table() for provider in VARIANTS for name in VARIANTS[provider])
