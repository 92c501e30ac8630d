"""The actions get_status and cancel_message."""

import asyncio
from collections.abc import Awaitable, Callable
import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.capabilities import Capability
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.flows import SITES
from tests.support.home import (
    ask_to_send,
    notify_entities,
    record_changes,
    restart,
    state_of,
    text_of,
    told,
    until,
)

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
HOUSE, PRO, CLUB = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING
type Settle = Callable[[], Awaitable[None]]


async def ask(hass: HomeAssistant, action: str, **data: Any) -> dict[str, Any]:
    """Call an action and return its response."""
    response = await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)
    answer: dict[str, Any] = json.loads(json.dumps(response))
    return answer


async def queue(hass: HomeAssistant, simulator: Simulator, provider: Provider) -> str:
    """Disconnect the gateway, send a text and return the reference of the queued text."""
    for site in SITES[provider]:
        await simulator.faults.refuse(site)
    (answer,) = await ask_to_send(hass, "Water", entity_id=notify_entities(provider)[0])
    assert answer["status"] == "queued"
    await told(hass)
    return str(answer["reference"])


# -- cancelling ----------------------------------------------------------------------------------------------------


@EVERY_PROVIDER
@pytest.mark.usefixtures("impatient")
async def test_a_text_that_waits_can_be_cancelled(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, provider: Provider
) -> None:
    await set_up(provider)
    name = GATEWAYS[provider].info.name.lower().replace(" ", "_")
    reports = record_changes(hass, f"event.{name}_delivery_report")
    reference = await queue(hass, simulator, provider)
    assert await ask(hass, "cancel_message", reference=reference) == {
        "reference": reference,
        "status": "rejected",
        "cancelled": True,
    }
    assert [report.attributes["event_type"] for report in reports] == ["rejected"]
    assert (reports[0].attributes["reference"], reports[0].attributes["reason_text"]) == (reference, "Canceled")
    await simulator.restore()
    await pass_time(3601)
    assert not simulator.messages()
    assert state_of(hass, f"sensor.{name}_pending_messages").state == "0"
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "cancel_message", reference=reference)
    assert "rejected" in text_of(caught.value, "not_queued")


@pytest.mark.usefixtures("impatient")
async def test_a_cancelled_text_stays_so_after_a_restart(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    reference = await queue(hass, simulator, HOUSE)
    await ask(hass, "cancel_message", reference=reference)
    await simulator.restore()
    await restart(hass, entry)
    await pass_time(61)
    assert not simulator.messages()
    assert (await ask(hass, "get_status", reference=reference))["provider_status"] == "cancelled"


async def test_an_action_that_waits_says_that_its_text_was_cancelled(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    for site in SITES[HOUSE]:
        await simulator.faults.refuse(site)
    sending = asyncio.create_task(ask_to_send(hass, "Water", entity_id="notify.anna"))
    book = entry.runtime_data.outbox
    await until(lambda: [record for record in book if record.error])
    (waiting,) = book
    await ask(hass, "cancel_message", reference=waiting.reference)
    with pytest.raises(HomeAssistantError) as caught:
        await sending
    text_of(caught.value, "cancelled")


async def test_what_has_left_cannot_be_cancelled(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(HOUSE)
    (answer,) = await ask_to_send(hass, "Water", entity_id="notify.anna")
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "cancel_message", reference=answer["reference"])
    assert "accepted" in text_of(caught.value, "not_queued")
    assert len(simulator.messages()) == 1


@pytest.mark.parametrize("action", ["cancel_message", "get_status"])
async def test_what_nobody_knows(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, action: str) -> None:
    entry = await set_up(HOUSE)
    for _ in range(2):
        with pytest.raises(ServiceValidationError) as caught:
            await ask(hass, action, reference="01JABCDEF0123456789ABCDEFG")
        text_of(caught.value, "unknown_message")
        await hass.config_entries.async_unload(entry.entry_id)  # the second try has no loaded account
    assert entry.state is ConfigEntryState.NOT_LOADED


# -- getting the status --------------------------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_the_status_is_what_the_gateway_says_now(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    (sent,) = await ask_to_send(hass, "x" * 150, entity_id=notify_entities(provider)[0])
    assert sent["status"] == "accepted"
    await simulator.settle()
    for named in ({"reference": sent["reference"]}, {"message_id": sent["message_id"], "account": entry.entry_id}):
        if None in named.values():
            continue
        simulator.clear_requests()
        answer = await ask(hass, "get_status", **named)
        assert answer.pop("held_until") is None
        can_ask = Capability.STATUS in GATEWAYS[provider].info.capabilities
        assert (answer["account_id"], answer["reference"]) == (entry.entry_id, sent["reference"])
        assert answer["status"] == ("delivered" if can_ask else "accepted")
        assert (answer["provider_status"] is not None) or not can_ask
        assert (answer["delivered_at"] is not None) == can_ask
        # It is the same as in the history.
        await told(hass)
        assert (await ask(hass, "get_history"))["messages"] == [answer]
    # The integration does not ask the gateway for a status that is already final.
    assert not simulator.requests()


@pytest.mark.parametrize("provider", [HOUSE, PRO, Provider.THESMSPOINT])
async def test_a_gateway_that_does_not_answer_leaves_what_is_known(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    await set_up(provider)
    (sent,) = await ask_to_send(hass, "Water", entity_id=notify_entities(provider)[0])
    for site in SITES[provider]:
        await simulator.faults.refuse(site)
    assert (await ask(hass, "get_status", reference=sent["reference"]))["status"] == "accepted"


async def test_the_status_of_a_text_of_an_account_that_is_gone(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    gone: MockConfigEntry = await set_up(HOUSE)
    (sent,) = await ask_to_send(hass, "Water", entity_id="notify.anna")
    await set_up(CLUB)
    await hass.config_entries.async_remove(gone.entry_id)
    for action in ("get_status", "cancel_message"):
        with pytest.raises(ServiceValidationError) as caught:
            await ask(hass, action, reference=sent["reference"])
        text_of(caught.value, "unknown_message")


async def test_a_message_is_named_by_one_of_two_ids(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(HOUSE)
    for data in ({}, {"reference": "a", "message_id": "b"}):
        with pytest.raises(ServiceValidationError) as caught:
            await ask(hass, "get_status", **data)
        text_of(caught.value, "one_reference")


async def test_the_status_is_the_same_after_a_restart(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    entry = await set_up(HOUSE)
    await connect(entry)
    (sent,) = await ask_to_send(hass, "Water", entity_id="notify.anna")
    await settle()
    await told(hass)
    before = await ask(hass, "get_status", reference=sent["reference"])
    assert before["status"] == "delivered"
    await restart(hass, entry)
    assert await ask(hass, "get_status", message_id=sent["message_id"]) == before
    state = state_of(hass, "sensor.textinghouse_last_delivery_status")
    assert (state.state, state.attributes["reference"]) == ("delivered", sent["reference"])
