"""One action with many targets: an error at one target does not stop the texts to the others."""

import asyncio
from decimal import Decimal

import pytest

from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.home import ask_to_send, preview, send, state_of, text_of, told, until

HOUSE, PRO, CLUB = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING


async def test_an_account_that_is_not_loaded_stops_no_other(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    await set_up(HOUSE)
    club = await set_up(CLUB)
    await hass.config_entries.async_unload(club.entry_id)
    with pytest.raises(HomeAssistantError) as caught:
        await send(hass, "Water", entity_id=["notify.anna", "notify.clara"])
    assert "Clara: Club Texting is not running" in text_of(caught.value, "some_failed")
    assert [message.provider for message in simulator.messages()] == [HOUSE]


async def test_an_account_that_is_not_loaded_is_told_beside_entities(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    await set_up(HOUSE)
    club = await set_up(CLUB)
    await hass.config_entries.async_unload(club.entry_id)
    answers = await ask_to_send(hass, "Water", entity_id="notify.anna", account=club.entry_id, to="Clara")
    assert sorted(answer["status"] for answer in answers) == ["accepted", "rejected"]


async def test_an_entity_that_is_no_recipient_is_named(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    await set_up(HOUSE)
    with pytest.raises(HomeAssistantError) as caught:
        await send(hass, "Water", entity_id=["notify.anna", "notify.bne"])
    assert "notify.bne does not exist, or Texting cannot text it" in text_of(caught.value, "some_failed")
    assert len(simulator.messages()) == 1


async def test_accounts_send_side_by_side(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    await set_up(HOUSE)
    await set_up(CLUB)
    simulator.latency = 1
    sending = asyncio.create_task(send(hass, "Water", entity_id=["notify.anna", "notify.clara"]))
    # Both texts have arrived before either account got a response.
    await until(lambda: len(simulator.messages()) == 2)
    assert not sending.done()
    await pass_time(1, wait=False)
    await sending


async def test_a_preview_to_several_numbers_costs_them_all(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    told = await preview(hass, await set_up(HOUSE), "Water", to="Ben")
    assert (told["segments"], told["cost"], told["error"]) == (1, 2, None)


async def test_many_numbers_and_their_reports(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(PRO)
    simulator.accounts[PRO].credit = Decimal(500)
    to = [f"+336123{number:05}" for number in range(100, 220)]
    answers = await ask_to_send(hass, "Water", account=entry.entry_id, to=to)
    assert [answer["to"] for answer in answers] == to
    assert {answer["error"] for answer in answers} == {None}
    await simulator.settle()
    await told(hass)
    # Wait for the balance first and then for the status. The Debouncer of Home Assistant 2026.5 loses a timer if both
    # are due at the same time.
    await pass_time(6)
    await pass_time(10)
    await told(hass)
    assert state_of(hass, "sensor.textiopro_pending_messages").state == "0"
    assert state_of(hass, "sensor.textiopro_segments_today").state == "120"


async def test_an_area_may_hold_other_things(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(HOUSE)
    cellar = ar.async_get(hass).async_create("Cellar")
    registry = er.async_get(hass)
    registry.async_update_entity("sensor.textinghouse_credit_balance", area_id=cellar.id)
    anna = registry.async_get("notify.anna")
    assert anna is not None
    assert anna.device_id is not None
    dr.async_get(hass).async_update_device(anna.device_id, area_id=cellar.id)
    await send(hass, "Water", area_id=cellar.id)
    assert [message.phone_number for message in simulator.messages()] == ["33612345601"]


@pytest.mark.parametrize(("language", "expected"), [("fr", "fr-fr"), ("en", "en-au"), ("pt-BR", "pt-br")])
async def test_a_voice_message_is_read_in_the_homes_language(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, language: str, expected: str
) -> None:
    await set_up(PRO)
    hass.config.language = language
    await send(hass, "Water", entity_id="notify.anna", type="voice")
    (request,) = [request for request in simulator.requests(PRO) if request.path.endswith("/sms/send")]
    assert (request.params["language"], request.params["gender"]) == (expected, "female")
