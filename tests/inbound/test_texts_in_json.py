"""Texts that the EZ Texting platform brings as JSON, in a home."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.home import notify, notify_entities, record_changes

type Settle = Callable[[], Awaitable[None]]

CLARA = "+12125550142"
HEADERS = {"X-Signature": "bm90IGEgc2lnbmF0dXJlIG9mIG91cnM="}
EZ = pytest.mark.parametrize("provider", [Provider.CLUB_TEXTING, Provider.GROUP_TEXTING])


async def call(url: str, **changes: Any) -> int:
    """Bring a text in JSON."""
    fields = {
        "id": "309112289003",
        "type": "inbound_text.received",
        "fromNumber": CLARA.removeprefix("+"),
        "toNumber": "13135550100",
        "message": "Yes",
        "received": "2026-09-14T17:06:31.042Z",
        "optIn": False,
        "optOut": False,
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json={**fields, **changes}, headers=HEADERS) as response,
    ):
        assert await response.text() == ""
        return response.status


@EZ
async def test_a_reply_and_an_opt_out(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle, provider: Provider
) -> None:
    simulator.use_variant(provider, "json")
    entry = await set_up(provider)
    await connect(entry)
    incoming = record_changes(hass, f"event.{provider}_incoming_message")
    await notify(hass, notify_entities(provider)[0], "Water")
    await settle()
    for text in ("On my way", "STOP"):
        assert await simulator.answer(CLARA, text) == (200, "")
        await settle()
    shown = [state.attributes for state in incoming]
    assert [(each["event_type"], each["text"], each["from"], each["sender_name"]) for each in shown] == [
        ("reply", "On my way", CLARA, "Clara"),
        ("opt_out", "STOP", CLARA, "Clara"),
    ]
    assert CLARA in entry.runtime_data.state.opt_outs
    await simulator.answer(CLARA, "START")
    await settle()
    assert CLARA not in entry.runtime_data.state.opt_outs


@EZ
async def test_the_flags_count_and_not_only_the_words(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle, provider: Provider
) -> None:
    entry = await set_up(provider)
    url = await connect(entry)
    opt_outs = entry.runtime_data.state.opt_outs
    assert await call(url, message="No more of this please", optOut=True) == 200
    await settle()
    assert CLARA in opt_outs
    assert await call(url, message="I want them again", optIn=True) == 200
    await settle()
    assert CLARA not in opt_outs


@EZ
async def test_the_id_is_not_the_texts_own(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    pass_time: PassTime,
    provider: Provider,
) -> None:
    """Two replies to one message have its id both. Sender, text and date tell what is a repetition."""
    url = await connect(await set_up(provider))
    incoming = record_changes(hass, f"event.{provider}_incoming_message")
    second = "2026-09-14T17:06:40.000Z"
    for changes, heard in (
        ({}, ["Yes"]),
        ({}, ["Yes"]),
        ({"id": "309112289999"}, ["Yes"]),
        ({"message": "No"}, ["Yes", "No"]),
        ({"received": second}, ["Yes", "No", "Yes"]),
        ({"received": second, "fromNumber": "12125550143"}, ["Yes", "No", "Yes", "Yes"]),
        ({"received": second}, ["Yes", "No", "Yes", "Yes"]),
    ):
        assert await call(url, **changes) == 200
        await hass.async_block_till_done()
        assert [state.attributes["text"] for state in incoming] == heard
    await pass_time(300)
    assert await call(url, received=second) == 200
    await hass.async_block_till_done()
    assert len(incoming) == 4


@EZ
async def test_what_brings_no_text_is_refused(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider
) -> None:
    url = await connect(await set_up(provider))
    incoming = record_changes(hass, f"event.{provider}_incoming_message")
    assert await call(url, type="keyword.opt_in") == 400
    assert await call(url, fromNumber=None) == 400
    await hass.async_block_till_done()
    assert not incoming


@EZ
async def test_a_reply_to_it_is_a_text_of_its_own(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle, provider: Provider
) -> None:
    """The provider does not send the response to a JSON call to the phone, so the request is not kept open."""
    url = await connect(await set_up(provider, options={"reply_timeout": 45}))
    incoming = record_changes(hass, f"event.{provider}_incoming_message")
    assert await call(url, received=datetime.now(UTC).isoformat()) == 200
    await settle()
    data = {"incoming_id": incoming[-1].attributes["incoming_id"], "message": "Thanks"}
    await hass.services.async_call("texting", "reply", data, blocking=True)
    await settle()
    assert [message.text for message in simulator.messages()] == ["Thanks"]
