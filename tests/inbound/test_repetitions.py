"""A call that the provider repeats is one text. A text that a person repeats is a second text."""

from typing import Any

import aiohttp
import pytest

from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.home import post, record_changes

CLUB, GROUP = Provider.CLUB_TEXTING, Provider.GROUP_TEXTING


async def call(url: str, **fields: Any) -> int:
    async with aiohttp.ClientSession() as session, session.get(url, params=fields) as response:
        return response.status


@pytest.mark.parametrize("provider", [CLUB, GROUP])
async def test_the_same_words_a_minute_later_are_said_again(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime, provider: Provider
) -> None:
    """These calls have no ID and no date, so only the time between them tells them apart."""
    url = await connect(await set_up(provider))
    incoming = record_changes(hass, f"event.{provider}_incoming_message")
    for wait, heard in ((0, 1), (30, 1), (31, 2)):
        await pass_time(wait)
        assert await call(url, **{"from": "2125550142", "message": "STATUS"}) == 200
        await hass.async_block_till_done()
        assert len(incoming) == heard


async def test_a_byte_order_mark_is_no_part_of_a_text(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    url = await connect(await set_up(Provider.TEXTINGHOUSE))
    incoming = record_changes(hass, "event.textinghouse_incoming_message")
    body = b'\xef\xbb\xbf{"from": "33612345601", "txt": "Yes", "date": "2026-11-20 12:00:00"}'
    async with aiohttp.ClientSession() as session, session.post(url, data=body) as response:
        assert response.status == 200
    await hass.async_block_till_done()
    assert incoming[-1].attributes["text"] == "Yes"


@pytest.mark.parametrize("unique", [True, False])
@pytest.mark.parametrize("provider", [CLUB, GROUP])
async def test_on_off_and_on_again_are_three(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider, *, unique: bool
) -> None:
    """The texts arrive within a minute. Without unique requests, both of the platform's APIs report each text."""
    url = await connect(await set_up(provider))
    incoming = record_changes(hass, f"event.{provider}_incoming_message")
    for text in ("ON", "OFF", "ON"):
        # A text from another person between the two calls changes nothing.
        calls = [
            {"PhoneNumber": "2125550142", "Message": text},
            {"from": "2125550143", "message": text},
            {"from": "2125550142", "message": f"{text} "},
        ]
        for fields in calls[:1] if unique else calls:
            assert await call(url, **fields) == 200
        await hass.async_block_till_done()
    texts = [event.attributes["text"] for event in incoming if event.attributes["from"] == "+12125550142"]
    assert texts == ["ON", "OFF", "ON"]


async def test_the_id_of_the_answered_message_is_not_the_replys_own(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    """TextingHouse names the message that is answered. The date tells two replies apart, and nothing else."""
    url = await connect(await set_up(Provider.TEXTINGHOUSE))
    incoming = record_changes(hass, "event.textinghouse_incoming_message")
    reply = {"apimsgid": "a", "climsgid": "", "from": "33612345601", "txt": "Yes", "date": "2026-01-02T03:04:05Z"}
    for changes, heard in (({}, 1), ({"apimsgid": "b"}, 1), ({"date": "2026-01-02 03:04:05"}, 1), ({"txt": "No"}, 2)):
        assert await post(url, **{**reply, **changes}) == 200
        await hass.async_block_till_done()
        assert len(incoming) == heard
    # The same words again, in reply to the same message, a second later.
    assert await post(url, **{**reply, "date": "2026-01-02T03:04:06Z"}) == 200
    await hass.async_block_till_done()
    assert len(incoming) == 3
