"""The action resend_message: a text that failed goes out again as a new one."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.gateway.capabilities import MessageType
from custom_components.texting.gateway.message import Message
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import FailureReason, Status
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support import people
from tests.support.contacts import FAMILY, NEIGHBOURS, add_group
from tests.support.flows import SITES
from tests.support.home import ask_to_send, text_of, told
from tests.support.routes import set_up_route
from tests.support.users import controls, new_user

HOUSE, PRO, CLUB = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING
ANNA = "+33612345601"
REFERENCE = "01JD0000000000000000000001"


async def resend(
    hass: HomeAssistant, reference: str = REFERENCE, *, settle: bool = True, context: Context | None = None
) -> dict[str, Any]:
    """Call the action and return its response."""
    response: Any = await hass.services.async_call(
        DOMAIN, "resend_message", {"reference": reference}, blocking=True, return_response=True, context=context
    )
    if settle:
        await told(hass)
    return dict(response)


async def refused(hass: HomeAssistant, key: str, reference: str = REFERENCE) -> str:
    """Return the error of a mistake."""
    with pytest.raises(ServiceValidationError) as caught:
        await resend(hass, reference)
    return text_of(caught.value, key)


async def status_of(hass: HomeAssistant, reference: str) -> dict[str, Any]:
    response: Any = await hass.services.async_call(
        DOMAIN, "get_status", {"reference": reference}, blocking=True, return_response=True
    )
    return dict(response)


async def store(entry: MockConfigEntry, *, recipient: str | None = "Anna", message: Any = None, **changes: Any) -> None:
    """Store a message that failed."""
    reference = changes.pop("reference", REFERENCE)
    subentry = next((each for each in entry.subentries.values() if each.title == recipient), None)
    values: dict[str, Any] = {"to": ANNA, "text": "Water in the cellar", **(message or {})}
    record = MessageRecord(
        message=Message(reference=reference, **values),
        entry_id=entry.entry_id,
        created_at=1.0,
        expires_at=2.0,
        recipient_id=subentry.subentry_id if subentry else None,
        recipient_name=subentry.title if subentry else None,
        **{"status": Status.UNDELIVERED, "phase": Phase.DONE, "reason": FailureReason.UNREACHABLE, **changes},
    )
    await entry.runtime_data.outbox.database.write([record])


@pytest.mark.parametrize("status", [Status.UNDELIVERED, Status.EXPIRED, Status.REJECTED, Status.UNCERTAIN])
async def test_a_failed_text_goes_out_again(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, status: Status
) -> None:
    entry = await set_up(HOUSE)
    await store(entry, status=status)
    answer = await resend(hass)
    (text,) = simulator.messages()
    assert (text.to, text.text) == (ANNA[1:], "Water in the cellar")
    assert answer == {
        "to": ANNA,
        "recipient": "Anna",
        "reference": answer["reference"],
        "message_id": text.id,
        "status": "accepted",
        "segments": 1,
        "reason": None,
        "error": None,
        "held_until": None,
        "resends": REFERENCE,
    }
    assert answer["reference"] != REFERENCE
    # The old one stays as it is.
    assert (await status_of(hass, REFERENCE))["status"] == status
    assert (await status_of(hass, answer["reference"]))["recipient"] == "Anna"


async def test_all_of_the_text_is_the_same(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    await store(
        entry,
        message={
            "title": "Alarm",
            "type": MessageType.VOICE,
            "sender": "+33123456789",
            "language": "fr-fr",
            "gender": "male",
        },
        urgent=True,
        resend=True,
    )
    answer = await resend(hass)
    record = await entry.runtime_data.outbox.find(reference=answer["reference"])
    message = record.message
    assert (message.type, message.sender) == (MessageType.VOICE, "+33123456789")
    # The provider has no titles.
    assert message.text == "Alarm\nWater in the cellar"
    assert (message.language, message.gender) == ("fr-fr", "male")
    assert (record.urgent, record.resend) == (True, True)


@pytest.mark.parametrize(("hours", "is_kept"), [(-1, False), (3, True)])
async def test_a_time_to_send_in_the_past_is_dropped(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, hours: int, *, is_kept: bool
) -> None:
    entry = await set_up(PRO)
    send_at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)
    await store(entry, message={"send_at": send_at})
    answer = await resend(hass)
    record = await entry.runtime_data.outbox.find(reference=answer["reference"])
    assert record.message.send_at == (send_at if is_kept else None)


async def test_a_text_that_was_cancelled_goes_out(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    anna = next(iter(entry.subentries.values()))
    all_day = {"quiet_start": "00:00:00", "quiet_end": "23:59:59.999999"}
    hass.config_entries.async_update_subentry(entry, anna, data={**anna.data, **all_day})
    (waiting,) = await ask_to_send(hass, "Water", entity_id="notify.anna")
    reference = waiting["reference"]
    assert "queued" in await refused(hass, "not_failed", reference)
    await hass.services.async_call(DOMAIN, "cancel_message", {"reference": reference}, blocking=True)
    # The quiet hours of now apply.
    assert (await resend(hass, reference))["status"] == "queued"
    assert not simulator.messages()
    hass.config_entries.async_update_subentry(entry, anna, data={"numbers": [ANNA]})
    assert (await resend(hass, reference))["status"] == "accepted"
    assert [message.text for message in simulator.messages()] == ["Water"]


async def test_what_did_not_fail_is_not_sent_again(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(HOUSE)
    (sent,) = await ask_to_send(hass, "Water", entity_id="notify.anna")
    assert "accepted" in await refused(hass, "not_failed", sent["reference"])
    await refused(hass, "unknown_message")
    assert len(simulator.messages()) == 1


async def test_opt_outs_apply_as_they_are_now(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    await store(entry)
    entry.runtime_data.state.opt_outs.async_add(ANNA)
    with pytest.raises(HomeAssistantError) as caught:
        await resend(hass)
    text_of(caught.value, "named_opted_out")
    assert not simulator.messages()


async def test_a_number_that_is_no_recipient_any_more(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    await store(entry)
    hass.config_entries.async_remove_subentry(entry, next(iter(entry.subentries)))
    await hass.async_block_till_done()
    answer = await resend(hass)
    assert (answer["to"], answer["recipient"], answer["status"]) == (ANNA, None, "accepted")


async def test_two_at_once_are_two_texts(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(CLUB)
    await store(entry, recipient="Clara", message={"to": "+12125550142"})
    answers = await asyncio.gather(resend(hass, settle=False), resend(hass, settle=False))
    await told(hass)
    assert len({REFERENCE, *(answer["reference"] for answer in answers)}) == 3
    assert len(simulator.messages()) == 2


async def test_an_account_that_does_not_run(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    house = await set_up(HOUSE)
    await set_up(PRO)
    await store(house)
    await hass.config_entries.async_unload(house.entry_id)
    assert "TextingHouse" in await refused(hass, "account_not_loaded")


@pytest.mark.usefixtures("impatient")
async def test_an_attempt_resends_the_message_of_its_route(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    house = await set_up(HOUSE)
    await set_up_route(hass, [house])
    for site in SITES[HOUSE]:
        await simulator.faults.refuse(site)
    (sent,) = await ask_to_send(hass, "Fire", entity_id="notify.rita", valid_for=60)
    await pass_time(120)
    await told(hass)
    assert (await status_of(hass, sent["reference"]))["status"] == "expired"
    await simulator.restore()
    rows: Any = await hass.services.async_call(
        DOMAIN, "get_history", {"account": house.entry_id}, blocking=True, return_response=True
    )
    (attempt,) = rows["messages"]
    answer = await resend(hass, attempt["reference"])
    assert (answer["resends"], answer["recipient"], answer["status"]) == (sent["reference"], "Rita", "accepted")
    status = await status_of(hass, answer["reference"])
    assert (status["account"], status["via"]) == ("Alerts", "TextingHouse")


async def test_a_campaign_goes_to_its_groups_as_they_are_now(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    add_group(simulator, NEIGHBOURS, "Neighbours", 2)
    await store(
        entry, recipient=None, groups="Family, Neighbours", message={"to": f"{FAMILY},{NEIGHBOURS}", "group_size": 9}
    )
    answer = await resend(hass)
    assert (answer["to"], answer["segments"], answer["status"]) == ("Family, Neighbours", 5, "accepted")
    assert len(simulator.messages()) == 5


async def test_a_campaign_whose_group_is_gone(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    await store(entry, recipient=None, groups="Family", message={"to": FAMILY, "group_size": 3})
    await refused(hass, "unknown_group")
    assert not simulator.messages()


async def test_a_number_that_is_no_longer_the_recipients_is_a_strangers(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """What the person allowed is not for whoever has the number now, and the person's entity allows no text to it."""
    entry = await set_up(HOUSE)
    await store(entry, urgent=True)
    people.change(hass, entry, "Anna", numbers=["+33612345677"], urgent_after_stop=True)
    entry.runtime_data.state.opt_outs.async_add(ANNA)
    user = await new_user(hass, controls("notify.anna"))
    with pytest.raises(Unauthorized):
        await resend(hass, context=Context(user_id=user.id))
    with pytest.raises(HomeAssistantError) as caught:
        await resend(hass)
    text_of(caught.value, "limit_opted_out")
    assert simulator.messages() == []


async def test_who_controls_an_account_of_a_route_may_not_resend_the_routes_text(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    house = await set_up(HOUSE)
    route = await set_up_route(hass, [house, await set_up(PRO)])
    parent = "01JD0000000000000000000002"
    await store(route, recipient="Rita", reference=parent)
    await store(house, parent=parent)
    for entity_id, may in (("sensor.textinghouse_last_delivery_status", False), ("notify.rita", True)):
        user = await new_user(hass, controls(entity_id))
        if may:
            await resend(hass, context=Context(user_id=user.id))
        else:
            with pytest.raises(Unauthorized):
                await resend(hass, context=Context(user_id=user.id))
    assert len(simulator.messages()) == 1
