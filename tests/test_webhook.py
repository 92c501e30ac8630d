from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
import json
import logging
from typing import Any

import aiohttp
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from homeassistant.components.webhook import async_handle_webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util.aiohttp import MockRequest
from tests.conftest import Connect, SetUp
from tests.simulator import Simulator
from tests.support.accounts import RECIPIENTS
from tests.support.home import numbers, record_changes

PUSHING = [provider for provider in Provider if GATEWAYS[provider].info.uses_webhook]
EVERY = pytest.mark.parametrize("provider", PUSHING)
LIMIT = 64 * 1024
REPLY: dict[str, dict[str, str]] = {
    Provider.TEXTINGHOUSE: {"apimsgid": "1", "climsgid": "", "from": "33612345601", "txt": "Yes"},
    Provider.CLUB_TEXTING: {"from": "2125550142", "message": "Yes"},
    Provider.GROUP_TEXTING: {"from": "2125550142", "message": "Yes"},
}

type Call = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
async def call(hass: HomeAssistant, connect: Connect, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Call]:
    """Return a function that calls an account's webhook. No call may cause an exception or a logged error."""
    async with aiohttp.ClientSession() as session:

        async def request(entry: ConfigEntry, method: str = "POST", **content: Any) -> tuple[int, str]:
            async with session.request(method, await connect(entry), **content) as response:
                return response.status, await response.text()

        yield request
    await hass.async_block_till_done()
    records = [record for record in caplog.get_records("call") if record.name != "aiohttp.server"]  # a header too long
    assert not [record for record in records if record.exc_info or record.levelno >= logging.ERROR]


def incoming_of(entry: ConfigEntry) -> str:
    return f"event.{entry.data['provider']}_incoming_message"


def refused(entry: MockConfigEntry) -> int:
    count: int = entry.runtime_data.store.memory.webhook_refused
    return count


def text_field(provider: Provider) -> str:
    return "txt" if provider is Provider.TEXTINGHOUSE else "message"


# -- refused requests ----------------------------------------------------------------------------------------------


@EVERY
async def test_a_body_of_declared_length_over_64_kib(
    hass: HomeAssistant, set_up: SetUp, call: Call, provider: Provider
) -> None:
    entry = await set_up(provider)
    events = record_changes(hass, incoming_of(entry))
    body = {**REPLY[provider], text_field(provider): "x" * LIMIT}
    assert await call(entry, json=body) == (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "")
    assert (events, refused(entry)) == ([], 1)


@EVERY
async def test_a_body_of_undeclared_length_over_64_kib(
    hass: HomeAssistant, set_up: SetUp, call: Call, provider: Provider
) -> None:
    entry = await set_up(provider)
    sent = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 16 * 1024
            yield b"x" * 16 * 1024

    assert (await call(entry, data=stream()))[0] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert refused(entry) == 1
    assert sent > LIMIT


@EVERY
async def test_64_kib_are_taken(hass: HomeAssistant, set_up: SetUp, call: Call, provider: Provider) -> None:
    entry = await set_up(provider)
    events = record_changes(hass, incoming_of(entry))
    padding = LIMIT - len(json.dumps({**REPLY[provider], "more": ""}))
    body = json.dumps({**REPLY[provider], "more": "x" * padding}).encode()
    assert len(body) == LIMIT
    assert (await call(entry, data=body))[0] == HTTPStatus.OK
    assert len(events) == 1


GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "noise": bytes(range(256)) * 8,
    "bad UTF-8": b'{"txt": "\xff\xfe", "from": "33612345601"}',
    "half a character": "é".encode()[:1],
    "UTF-16": '{"from": "33612345601"}'.encode("utf-16"),
    "cut JSON": b'{"from": "33612345601", "txt": "Ye',
    "deep JSON": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep list in JSON": b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "a huge number": b'{"a": ' + b"9" * 5_000 + b"}",
    "a JSON list": b'[{"from": "33612345601", "txt": "Yes"}]',
    "a JSON string": b'"from=33612345601"',
    "null": b"null",
    "other fields": b'{"hello": "world"}',
    "nested values": b'{"from": {"a": 1}, "txt": ["b"], "message": {}, "status": [], "apimsgid": null}',
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "multipart": b'--x\r\nContent-Disposition: form-data; name="from"\r\n\r\n33612345601\r\n--x--\r\n',
    "thousands of fields": b"from=33612345601&txt=Yes&message=Yes&"
    + b"&".join(b"f%d=1" % number for number in range(5_000)),
    "a status that is no code": b"apimsgid=1&status=delivered",
    "a status of nothing": b"status=3",
}


@EVERY
@pytest.mark.parametrize("kind", GARBAGE)
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-www-form-urlencoded", "text/html; charset=x"]
)
async def test_garbage_is_refused_without_effect(
    hass: HomeAssistant, set_up: SetUp, call: Call, provider: Provider, kind: str, content_type: str
) -> None:
    entry = await set_up(provider)
    events = record_changes(hass, incoming_of(entry))
    headers = {"Content-Type": content_type}
    assert await call(entry, data=GARBAGE[kind], headers=headers) == (HTTPStatus.BAD_REQUEST, "")
    assert (events, refused(entry)) == ([], 1)
    assert entry.runtime_data.store.memory.webhook_called_at is None


@EVERY
@pytest.mark.parametrize("method", ["PUT", "HEAD", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_other_methods_have_no_effect(
    hass: HomeAssistant, set_up: SetUp, call: Call, provider: Provider, method: str
) -> None:
    entry = await set_up(provider)
    events = record_changes(hass, incoming_of(entry))
    status, body = await call(entry, method, params=REPLY[provider])
    expected = {"HEAD": HTTPStatus.OK, "OPTIONS": HTTPStatus.FORBIDDEN}  # Home Assistant's own responses
    assert status == expected.get(method, HTTPStatus.METHOD_NOT_ALLOWED)
    assert entry.title not in body
    assert events == []


async def test_textinghouse_calls_with_post_only(hass: HomeAssistant, set_up: SetUp, call: Call) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    events = record_changes(hass, incoming_of(entry))
    status, _ = await call(entry, "GET", params=REPLY[Provider.TEXTINGHOUSE])
    assert (status, events) == (HTTPStatus.METHOD_NOT_ALLOWED, [])


@EVERY
async def test_a_header_without_end(hass: HomeAssistant, set_up: SetUp, call: Call, provider: Provider) -> None:
    entry = await set_up(provider)
    events = record_changes(hass, incoming_of(entry))
    status, _ = await call(entry, data=REPLY[provider], headers={"X-Long": "x" * 100_000})
    assert (status, events) == (HTTPStatus.BAD_REQUEST, [])


@EVERY
@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 5_000, "²", ""])
async def test_a_length_that_is_none(
    hass: HomeAssistant, set_up: SetUp, call: Call, provider: Provider, length: str
) -> None:
    """The cloud delivers requests that no web server has checked."""
    entry = await set_up(provider)
    events = record_changes(hass, incoming_of(entry))
    content = json.dumps(REPLY[provider]).encode()
    request = MockRequest(content, "test", method="POST", headers={"Content-Length": length})
    response = await async_handle_webhook(hass, entry.data["webhook_id"], request)
    assert response.status == HTTPStatus.OK
    assert len(events) == 1


@EVERY
async def test_no_answer_tells_anything(hass: HomeAssistant, set_up: SetUp, call: Call, provider: Provider) -> None:
    entry = await set_up(provider)
    known = [entry.title, *entry.data.values(), *RECIPIENTS[provider], *numbers(provider)]
    for content in ({"json": REPLY[provider]}, {"data": REPLY[provider]}, {"data": b"\xff"}, {"data": b"{"}):
        _, body = await call(entry, **content)
        assert body == ""
    status, body = await call(entry, "DELETE")
    assert status == HTTPStatus.METHOD_NOT_ALLOWED
    assert not [word for word in known if str(word) in body]


async def test_an_unknown_address_answers_like_home_assistant_does(
    hass: HomeAssistant, set_up: SetUp, connect: Connect, simulator: Simulator
) -> None:
    url = await connect(await set_up(Provider.TEXTINGHOUSE))
    async with aiohttp.ClientSession() as session, session.post(f"{url}x", json={}) as response:
        assert (response.status, await response.text()) == (HTTPStatus.OK, "")


# -- accepted requests ---------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize(
    "text",
    [
        "{{ states('sun.sun') }} {% raw %}",
        "<script>alert(1)</script>",
        "a\x00b\x1b[31mc\r\nd\u202ee",
        "'; DROP TABLE states; --",
        "\ud83d\ude00 👩‍👩‍👧 \u0301\u0301",
        "../../../etc/passwd",
        " ",
        "x" * 10_000,
    ],
)
async def test_a_text_stays_what_it_is(
    hass: HomeAssistant, set_up: SetUp, call: Call, provider: Provider, text: str
) -> None:
    entry = await set_up(provider)
    events = record_changes(hass, incoming_of(entry))
    text = text.encode("utf-16", "surrogatepass").decode("utf-16")
    assert await call(entry, json={**REPLY[provider], text_field(provider): text}) == (HTTPStatus.OK, "")
    assert [event.attributes["text"] for event in events] == [text]


@EVERY
async def test_a_half_surrogate_harms_nobody(
    hass: HomeAssistant, set_up: SetUp, call: Call, provider: Provider
) -> None:
    """JSON can contain half of an emoji, which cannot be written as UTF-8."""
    entry = await set_up(provider)
    events = record_changes(hass, incoming_of(entry))
    body = json.dumps({**REPLY[provider], text_field(provider): "a\ud83d"}).encode()
    assert (await call(entry, data=body))[0] == HTTPStatus.OK
    assert events[0].attributes["text"] == "a\ufffd"


@EVERY
async def test_the_content_type_does_not_matter(
    hass: HomeAssistant, set_up: SetUp, call: Call, provider: Provider
) -> None:
    entry = await set_up(provider)
    events = record_changes(hass, incoming_of(entry))
    for number, content_type in enumerate(("text/plain", "application/octet-stream", "multipart/form-data")):
        body = json.dumps({**REPLY[provider], text_field(provider): f"Text {number}"})
        assert (await call(entry, data=body, headers={"Content-Type": content_type}))[0] == HTTPStatus.OK
    assert [event.attributes["text"] for event in events] == ["Text 0", "Text 1", "Text 2"]


@EVERY
async def test_a_number_that_is_none_is_kept_as_it_is(
    hass: HomeAssistant, set_up: SetUp, call: Call, provider: Provider
) -> None:
    entry = await set_up(provider)
    events = record_changes(hass, incoming_of(entry))
    await call(entry, json={**REPLY[provider], "from": "36000-not-a-number"})
    assert events[0].attributes["from"] == "36000-not-a-number"
    assert events[0].attributes["sender_name"] is None


@EVERY
async def test_a_call_is_remembered(hass: HomeAssistant, set_up: SetUp, call: Call, provider: Provider) -> None:
    entry = await set_up(provider)
    await call(entry, data=REPLY[provider])
    assert entry.runtime_data.store.memory.webhook_called_at is not None
    assert refused(entry) == 0


@EVERY
async def test_home_assistant_cloud_delivers(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    events = record_changes(hass, incoming_of(entry))
    for number, (method, content, query) in enumerate(
        (
            ("POST", json.dumps(REPLY[provider] | {text_field(provider): "Cloud 0"}).encode(), None),
            ("POST", "&".join(f"{name}={value}" for name, value in REPLY[provider].items()).encode(), None),
        )
    ):
        request = MockRequest(content, "cloud", method=method, query_string=query)
        response = await async_handle_webhook(hass, entry.data["webhook_id"], request)
        assert response.status == HTTPStatus.OK
        assert len(events) == number + 1
    request = MockRequest(b"x" * (LIMIT + 1), "cloud", method="POST")
    response = await async_handle_webhook(hass, entry.data["webhook_id"], request)
    assert response.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert len(events) == 2
