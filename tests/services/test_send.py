from itertools import chain
from types import MappingProxyType
from typing import Any

import pytest

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.accounts import RECIPIENTS
from tests.support.home import (
    EXCEPTIONS,
    ask_to_send,
    first_number,
    notify,
    notify_entities,
    numbers,
    send,
    state_of,
    text_of,
)

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
HOUSE = Provider.TEXTINGHOUSE
WITH_IDS = {Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.THESMSPOINT}


def arrived(simulator: Simulator, provider: Provider) -> list[tuple[str, str]]:
    return sorted((f"+{message.phone_number}", message.text) for message in simulator.messages(provider))


# -- notify entities -----------------------------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_a_notify_entity_texts_all_numbers_of_its_recipient(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    await set_up(provider)
    alone, several = notify_entities(provider)
    await notify(hass, several, "Water in the cellar")
    own = list(RECIPIENTS[provider].values())[1]
    assert arrived(simulator, provider) == [(number, "Water in the cellar") for number in own]
    assert state_of(hass, several).state != "unknown"
    assert state_of(hass, alone).state == "unknown"


@EVERY_PROVIDER
async def test_the_title_is_the_subject_or_the_first_line(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    await set_up(provider)
    await notify(hass, notify_entities(provider)[0], "Water in the cellar", title="Alarm")
    (message,) = simulator.messages(provider)
    if provider in (Provider.CLUB_TEXTING, Provider.GROUP_TEXTING):
        assert (message.extra["subject"], message.text) == ("Alarm", "Water in the cellar")
    else:
        assert message.text == "Alarm\nWater in the cellar"


@EVERY_PROVIDER
async def test_an_empty_title_is_none(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    await set_up(provider)
    await notify(hass, notify_entities(provider)[0], "Water", title="")
    assert simulator.messages(provider)[0].text == "Water"


# -- texting.send_message: targets ---------------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_the_response_tells_all_about_each_message(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    await set_up(provider)
    entity_id = notify_entities(provider)[1]
    name, own = list(RECIPIENTS[provider].items())[1]
    answers = await ask_to_send(hass, "Water", entity_id=entity_id)
    sent = {f"+{message.phone_number}": message.id for message in simulator.messages(provider)}
    assert [answer.pop("to") for answer in answers] == own
    assert len({answer.pop("reference") for answer in answers}) == len(own)
    assert [answer.pop("message_id") for answer in answers] == [
        sent[number] if provider in WITH_IDS else None for number in own
    ]
    assert {answer.pop("status") for answer in answers} <= {"accepted", "sent"}
    expected = {
        "recipient": name,
        "segments": 1,
        "reason": None,
        "error": None,
        "held_until": None,
        "reason_text": None,
    }
    assert answers == [expected] * len(own)


async def test_segments_are_told(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(HOUSE)
    (answer,) = await ask_to_send(hass, "x" * 161, entity_id="notify.anna")
    assert answer["segments"] == 2


async def test_recipients_of_devices_areas_and_labels(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(HOUSE)
    entities, devices = er.async_get(hass), dr.async_get(hass)
    anna, ben = (entities.async_get(entity_id) for entity_id in ("notify.anna", "notify.ben"))
    assert anna is not None
    assert anna.device_id is not None
    assert ben is not None
    kitchen = ar.async_get(hass).async_create("Kitchen")
    devices.async_update_device(anna.device_id, area_id=kitchen.id)
    family = lr.async_get(hass).async_create("Family")
    entities.async_update_entity(ben.entity_id, labels={family.label_id})
    for text, target, expected in (
        ("device", {"device_id": anna.device_id}, ["Anna"]),
        ("area", {"area_id": kitchen.id}, ["Anna"]),
        ("label", {"label_id": family.label_id}, ["Ben", "Ben"]),
        ("both", {"entity_id": "notify.anna", "label_id": family.label_id}, ["Anna", "Ben", "Ben"]),
    ):
        answers = await ask_to_send(hass, text, **target)
        assert [answer["recipient"] for answer in answers] == expected


async def test_an_account_texts_names_and_numbers(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    to = ["anna", " +33 6 12 34 56 99 ", "06 12 34 56 98", "0033612345697", "999"]
    answers = await ask_to_send(hass, "Water", account=entry.entry_id, to=to)
    assert [(answer["to"], answer["recipient"]) for answer in answers] == [
        ("+33612345601", "Anna"),
        ("+33612345699", None),
        ("+33612345698", None),
        ("+33612345697", None),
        ("999", None),
    ]
    assert {answer["status"] for answer in answers} == {"accepted"}


async def test_one_name_needs_no_list(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    (answer,) = await ask_to_send(hass, "Water", account=entry.entry_id, to="Anna")
    assert answer["recipient"] == "Anna"


async def test_a_number_is_texted_once_however_often_it_is_named(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    to = ["Ben", "ben", "+33612345602", "06 12 34 56 03"]
    answers = await ask_to_send(hass, "Water", entity_id="notify.ben", account=entry.entry_id, to=to)
    assert [answer["to"] for answer in answers] == ["+33612345602", "+33612345603"]
    assert len(simulator.messages()) == 2


async def test_a_recipients_own_type_and_sender_hold_for_its_number_too(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(Provider.TEXTIOPRO)
    data = {"numbers": ["+33612345609"], "type": "whatsapp", "sender": "House"}
    recipient = ConfigSubentry(data=MappingProxyType(data), subentry_type="recipient", title="Dora", unique_id=None)
    hass.config_entries.async_add_subentry(entry, recipient)
    await hass.async_block_till_done()
    for to in ("Dora", "+33612345609"):
        await send(hass, f"To {to}", account=entry.entry_id, to=to)
        message = simulator.messages()[-1]
        assert (message.extra["type"], message.sender) == ("whatsapp", "House")
    await send(hass, "Water", account=entry.entry_id, to="Dora", type="sms", sender="Other")
    message = simulator.messages()[-1]
    assert (message.extra["type"], message.sender) == ("plain", "Other")


async def test_several_accounts_at_once(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    accounts = (HOUSE, Provider.CLUB_TEXTING, Provider.THESMSPOINT)
    for provider in accounts:
        await set_up(provider)
    answers = await ask_to_send(
        hass, "Water", entity_id=[name for provider in accounts for name in notify_entities(provider)]
    )
    assert sorted(answer["to"] for answer in answers) == sorted(chain(*map(numbers, accounts)))
    assert {answer["error"] for answer in answers} == {None}


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ({"entity_id": "sensor.textinghouse_credit_balance"}, "not_a_recipient"),
        ({"entity_id": "notify.nobody"}, "not_a_recipient"),
        ({"area_id": "nowhere"}, "not_a_recipient"),
        ({"entity_id": "notify.anna", "to": "Ben"}, "no_account"),
    ],
)
async def test_targets_without_a_recipient_are_an_error(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, target: dict[str, str], key: str
) -> None:
    await set_up(HOUSE)
    with pytest.raises(ServiceValidationError) as caught:
        await send(hass, "Water", **target)
    text_of(caught.value, key)


@pytest.mark.parametrize("target", [{}, {"account": True}, {"account": True, "to": []}, {"entity_id": []}])
async def test_a_text_to_nobody_says_whom_to_choose(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, target: dict[str, Any]
) -> None:
    entry = await set_up(HOUSE)
    if "account" in target:
        target = {**target, "account": entry.entry_id}
    with pytest.raises(ServiceValidationError) as caught:
        await send(hass, "Water", **target)
    assert "Choose a person, or an account with numbers" in text_of(caught.value, "no_target")
    assert not simulator.messages()


async def test_an_account_that_is_not_loaded_is_an_error(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    await hass.config_entries.async_unload(entry.entry_id)
    for account, key in ((entry.entry_id, "account_not_loaded"), ("none", "unknown_account")):
        with pytest.raises(ServiceValidationError) as caught:
            await send(hass, "Water", account=account, to="Anna")
        text_of(caught.value, key)
    assert not simulator.messages()


# -- texting.send_message: fields ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "fields", "expected"),
    [
        (HOUSE, {"sender": "MyHome"}, {"from": "MyHome"}),
        (HOUSE, {"message": "Sale STOP sms-s.top", "commercial": True}, {"iscom": "Y"}),
        (Provider.CLUB_TEXTING, {"express": False}, {"Express": "0"}),
        (Provider.CLUB_TEXTING, {"express": True}, {"Express": "1"}),
        (Provider.TEXTIOPRO, {"message": "Grüße ☃"}, {"type": "unicode"}),
        (Provider.TEXTIOPRO, {"template_id": "42"}, {"dlt_template_id": "42"}),
        (Provider.TEXTIOPRO, {"send_at": "2027-01-31 08:00:00"}, {"schedule_time": "2027-01-31 16:00"}),
        (
            Provider.TEXTIOPRO,
            {"type": "mms", "media_url": "https://example.com/a.jpg"},
            {"type": "mms", "media_url": "https://example.com/a.jpg"},
        ),
        (
            Provider.TEXTIOPRO,
            {"type": "voice", "language": "EN-gb", "gender": "female"},
            {"type": "voice", "language": "en-gb", "gender": "female"},
        ),
        (
            Provider.THESMSPOINT,
            {"message": "The front door is open.", "template_id": "1107000000000000001", "channel": "3"},
            {"template_id": "1107000000000000001", "channel": "3"},
        ),
    ],
)
async def test_fields_reach_the_gateway(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    provider: Provider,
    fields: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    """A time without a time zone is local. The test home is in US/Pacific, eight hours behind the gateway."""
    await set_up(provider)
    data = {"message": "Water", "entity_id": notify_entities(provider)[0], **fields}
    await hass.services.async_call(DOMAIN, "send_message", data, blocking=True)
    request = next(request for request in simulator.requests(provider) if request.params.items() >= expected.items())
    assert request.method == "POST"
    assert len(simulator.messages()) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "fax"},
        {"channel": 4},
        {"gender": "neither"},
        {"send_at": "soon"},
        {"media_url": "here"},
        {"unheard_of": 1},
        {"message": None},
    ],
)
async def test_values_that_no_field_takes_are_refused(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, fields: dict[str, Any]
) -> None:
    await set_up(Provider.TEXTIOPRO)
    with pytest.raises(Exception, match=r"(?i)message|type|channel|gender|send_at|media_url|unheard_of"):
        await hass.services.async_call(
            DOMAIN, "send_message", {"message": "Water", "entity_id": "notify.anna", **fields}, blocking=True
        )
    assert not simulator.messages()


# -- valid and invalid targets together ----------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_the_good_ones_go_and_the_error_names_the_bad_one(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    to = [first_number(provider), "Zoe", "+3361"]
    with pytest.raises(HomeAssistantError) as caught:
        await send(hass, "Water", account=entry.entry_id, to=to)
    text = text_of(caught.value, "some_failed")
    account = GATEWAYS[provider].info.name
    name = EXCEPTIONS["unknown_recipient"].format(account=account, name="Zoe")
    number = EXCEPTIONS["limit_number"].format(number="+3361")
    assert text == f"2 of 3 texts failed. Zoe: {name} +3361: {number}"
    assert arrived(simulator, provider) == [(first_number(provider), "Water")]


@EVERY_PROVIDER
async def test_a_response_tells_of_both(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    good, bad = await ask_to_send(hass, "Water", account=entry.entry_id, to=[first_number(provider), "Zoe"])
    assert (good["status"], good["error"]) in {("accepted", None), ("sent", None)}
    assert bad["to"] == "Zoe"
    assert (bad["status"], bad["reason"], bad["segments"]) == ("rejected", "invalid_number", 0)
    assert "no recipient named “Zoe”" in bad["error"]
    assert (bad["recipient"], bad["reference"], bad["message_id"]) == (None, None, None)


@pytest.mark.parametrize(
    ("provider", "number"),
    [(provider, "+33612345678") for provider in (Provider.CLUB_TEXTING, Provider.GROUP_TEXTING, Provider.THESMSPOINT)],
)
async def test_a_number_that_the_gateway_refuses_is_named_masked(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider, number: str
) -> None:
    entry = await set_up(provider)
    with pytest.raises(HomeAssistantError) as caught:
        await send(hass, "Water", account=entry.entry_id, to=[first_number(provider), number])
    text = text_of(caught.value, "some_failed")
    assert "+33…78" in text
    assert number not in text
    assert arrived(simulator, provider) == [(first_number(provider), "Water")]


async def test_all_bad_raises_even_where_a_response_is_asked_for(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    with pytest.raises(HomeAssistantError) as caught:
        await ask_to_send(hass, "Water", account=entry.entry_id, to=["Zoe", "Yves"])
    assert "no recipient named “Zoe”" in text_of(caught.value, "some_failed")


async def test_each_bad_number_has_an_answer(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    answers = await ask_to_send(hass, "Water", account=entry.entry_id, to=["Anna", "12", "13"])
    assert [answer["status"] for answer in answers] == ["accepted", "rejected", "rejected"]


@EVERY_PROVIDER
async def test_a_number_inside_words_is_not_told(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    with pytest.raises(HomeAssistantError) as caught:
        await send(hass, "Water", account=entry.entry_id, to=["Zoe 0612345678", "Yves"])
    text = text_of(caught.value, "some_failed")
    assert "Zoe" in text
    assert "12345678" not in text
