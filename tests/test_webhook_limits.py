"""Test what a flood of webhook calls must not do: keep requests open or in memory, and fill the memory with objects."""

import asyncio
from collections.abc import AsyncIterator, Callable
import gc
from http import HTTPStatus
import json
from typing import Any

import aiohttp
from aiohttp.web import BaseRequest
import pytest

from custom_components.texting import webhook
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from tests.conftest import Connect, SetUp
from tests.support.home import record_changes
from tests.test_webhook import EVERY, REPLY, incoming_of, refused, text_field


def requests() -> list[BaseRequest]:
    """Return the requests that are in memory."""
    gc.collect()
    return [each for each in gc.get_objects() if isinstance(each, BaseRequest)]


@EVERY
async def test_a_text_that_is_kept_keeps_no_request(
    hass: HomeAssistant,
    set_up: SetUp,
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    pass_time: Callable[..., Any],
    provider: Provider,
) -> None:
    entry = await set_up(provider)
    url = await connect(entry)
    before = len(requests())
    async with aiohttp.ClientSession() as session:
        for number in range(5):
            body = {**REPLY[provider], text_field(provider): f"Text {number}"}
            async with session.post(url, json=body) as response:
                assert response.status == HTTPStatus.OK
    await pass_time(webhook.BODY_TIMEOUT + 1)  # the event loop keeps ended timers until then
    caplog.clear()  # the web server logs each request
    # The web server itself keeps the last one of a connection for a while.
    assert len(requests()) <= before + 1


@EVERY
@pytest.mark.parametrize("more", ["[]", "{}", '{"a":[]}'])
async def test_thousands_of_objects_are_refused(
    hass: HomeAssistant, set_up: SetUp, connect: Connect, provider: Provider, more: str
) -> None:
    entry = await set_up(provider)
    events = record_changes(hass, incoming_of(entry))
    body = json.dumps(REPLY[provider]).removesuffix("}") + f', "more": [{",".join([more] * 5_000)}]}}'
    async with aiohttp.ClientSession() as session, session.post(await connect(entry), data=body) as response:
        assert response.status == HTTPStatus.BAD_REQUEST
    assert (events, refused(entry)) == ([], 1)


@EVERY
@pytest.mark.parametrize("text", ["[" * 5_000, '"{' * 5_000, "\\[" * 5_000, '\\"[\n' * 5_000])
async def test_a_text_of_brackets_is_taken(
    hass: HomeAssistant, set_up: SetUp, connect: Connect, provider: Provider, text: str
) -> None:
    entry = await set_up(provider)
    events = record_changes(hass, incoming_of(entry))
    body = {**REPLY[provider], text_field(provider): text}
    async with aiohttp.ClientSession() as session, session.post(await connect(entry), json=body) as response:
        assert response.status == HTTPStatus.OK
    assert [event.attributes["text"] for event in events] == [text]


@EVERY
async def test_a_body_without_end_is_given_up(
    hass: HomeAssistant,
    set_up: SetUp,
    connect: Connect,
    provider: Provider,
    pass_time: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = await set_up(provider)
    ended, reading = asyncio.Event(), asyncio.Event()
    read = webhook._body

    async def body(request: Any) -> str:
        reading.set()
        return await read(request)

    monkeypatch.setattr(webhook, "_body", body)

    async def stream() -> AsyncIterator[bytes]:
        yield b'{"from": '
        await ended.wait()

    async with aiohttp.ClientSession() as session:
        call = asyncio.create_task(session.post(await connect(entry), data=stream()))
        await reading.wait()
        await pass_time(webhook.BODY_TIMEOUT + 1, wait=False)
        response = await call
        ended.set()
        assert response.status == HTTPStatus.REQUEST_TIMEOUT
    assert refused(entry) == 1
