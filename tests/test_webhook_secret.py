"""Test that the address of a webhook, which is secret, reaches no log, and that no text is acknowledged unheard."""

from collections.abc import AsyncIterator, Awaitable, Callable
import gzip
from http import HTTPStatus
import json
import logging
from typing import Any

import aiohttp
from aiohttp.hdrs import METH_HEAD
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.replies import async_respond
from homeassistant.components.webhook import SUPPORTED_METHODS, async_handle_webhook
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.util.aiohttp import MockRequest
from tests.conftest import Connect, SetUp
from tests.support.accounts import WEBHOOK_ID
from tests.support.home import record_changes

PUSHING = [provider for provider in Provider if GATEWAYS[provider].info.uses_webhook]
EVERY = pytest.mark.parametrize("provider", PUSHING)
TEXT = "NobodyElseReadsThis"
REPLY: dict[str, dict[str, str]] = {
    Provider.TEXTINGHOUSE: {"apimsgid": "1", "climsgid": "", "from": "33612345601", "txt": TEXT},
    Provider.CLUB_TEXTING: {"from": "2125550142", "message": TEXT},
    Provider.GROUP_TEXTING: {"from": "2125550142", "message": TEXT},
}

type Call = Callable[..., Awaitable[int]]


@pytest.fixture
async def call(
    hass: HomeAssistant, connect: Connect, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Callable[..., Awaitable[int]]]:
    """Return a function that calls an account's webhook. Nothing that is logged may hold its address or the text."""
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="custom_components.texting")
    # As Home Assistant does when it starts.
    caplog.set_level(logging.WARNING, logger="aiohttp.access")
    async with aiohttp.ClientSession() as session:

        async def request(entry: MockConfigEntry, method: str = "POST", **content: Any) -> int:
            async with session.request(method, await connect(entry), **content) as response:
                return response.status

        yield request
    await hass.async_block_till_done()
    # Home Assistant says at the level debug that it handles a call.
    records = caplog.get_records("call")
    lines = [logging.Formatter().format(record) for record in records if record.levelno >= logging.INFO]
    own = [logging.Formatter().format(record) for record in records if "texting" in record.name]
    assert lines
    assert not [line for line in (*lines, *own) if WEBHOOK_ID in line or TEXT in line]


def event_of(entry: MockConfigEntry) -> str:
    return f"event.{entry.data['provider']}_incoming_message"


@EVERY
@pytest.mark.parametrize("method", SUPPORTED_METHODS)
async def test_every_method(hass: HomeAssistant, set_up: SetUp, call: Call, provider: Provider, method: str) -> None:
    entry = await set_up(provider)
    events = record_changes(hass, event_of(entry))
    status = await call(entry, method, params=REPLY[provider])
    takes = method in GATEWAYS[provider].info.webhook_methods
    assert status == (HTTPStatus.OK if takes or method == METH_HEAD else HTTPStatus.METHOD_NOT_ALLOWED)
    assert len(events) == takes


BROKEN: dict[str, tuple[bytes, dict[str, str]]] = {
    "no gzip": (json.dumps({"message": TEXT}).encode(), {"Content-Encoding": "gzip"}),
    "half of a gzip": (gzip.compress(TEXT.encode() * 1000)[:40], {"Content-Encoding": "gzip"}),
    "no deflate": (TEXT.encode(), {"Content-Encoding": "deflate"}),
    "a bomb": (gzip.compress(bytes(50_000_000)), {"Content-Encoding": "gzip"}),
}


@EVERY
@pytest.mark.parametrize("kind", BROKEN)
async def test_a_broken_encoding_is_counted(
    hass: HomeAssistant, set_up: SetUp, call: Call, caplog: pytest.LogCaptureFixture, provider: Provider, kind: str
) -> None:
    entry = await set_up(provider)
    body, headers = BROKEN[kind]
    assert await call(entry, data=body, headers=headers) in (
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    )
    assert entry.runtime_data.store.memory.webhook_refused == 1
    # Home Assistant warns that it starts without some libraries.
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


@EVERY
async def test_a_bug_of_ours_is_no_success(
    hass: HomeAssistant,
    set_up: SetUp,
    call: Call,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    provider: Provider,
) -> None:
    """Home Assistant would log the address and the text, and respond with 200."""
    entry = await set_up(provider)

    async def fail(*_: Any) -> str:
        raise ValueError(f"{TEXT} {entry.data['webhook_id']}")

    monkeypatch.setattr(f"custom_components.texting.webhook.{async_respond.__name__}", fail)
    assert await call(entry, json=REPLY[provider]) == HTTPStatus.INTERNAL_SERVER_ERROR
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert line == f"{entry.title}: unexpected ValueError in a call of the webhook"


@EVERY
async def test_no_text_is_acknowledged_while_nobody_hears_it(
    hass: HomeAssistant, set_up: SetUp, call: Call, provider: Provider
) -> None:
    entry = await set_up(provider)
    await hass.config_entries.async_unload(entry.entry_id)
    assert await call(entry, json=REPLY[provider]) == HTTPStatus.SERVICE_UNAVAILABLE
    await hass.config_entries.async_setup(entry.entry_id)
    assert await call(entry, json=REPLY[provider]) == HTTPStatus.OK
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert await call(entry, json=REPLY[provider]) == HTTPStatus.SERVICE_UNAVAILABLE
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await hass.config_entries.async_reload(entry.entry_id)
    assert await call(entry, json=REPLY[provider]) == HTTPStatus.OK


async def test_an_account_whose_login_is_refused_is_not_unknown(hass: HomeAssistant, set_up: SetUp, call: Call) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE, data={"password": "wrong"})
    assert await call(entry, json=REPLY[Provider.TEXTINGHOUSE]) == HTTPStatus.SERVICE_UNAVAILABLE


async def test_the_webhook_of_a_removed_account_is_gone(hass: HomeAssistant, set_up: SetUp) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    await hass.config_entries.async_remove(entry.entry_id)
    request = MockRequest(b"", "test", method="POST")
    # Home Assistant's own response to an address that it does not know.
    assert (await async_handle_webhook(hass, entry.data["webhook_id"], request)).status == HTTPStatus.OK
    assert entry.data["webhook_id"] not in hass.data["webhook"]
