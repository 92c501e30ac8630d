import asyncio
from decimal import Decimal
from typing import Any

import pytest

from custom_components.texting.gateway.capabilities import Capability
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.flows import LOGIN_REFUSED, SECRETS, SITES, reauth_flow
from tests.support.home import ask_to_send, first_number, notify, notify_entities, send, state_of, text_of, until

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
CLUB, GROUP, HOUSE = Provider.CLUB_TEXTING, Provider.GROUP_TEXTING, Provider.TEXTINGHOUSE
PRO, POINT = Provider.TEXTIOPRO, Provider.THESMSPOINT
# Providers that cannot return the outcome of a message after its response was lost.
UNASKED = [provider for provider in Provider if Capability.LOST_ANSWERS not in GATEWAYS[provider].info.capabilities]


def sensor(provider: Provider, key: str) -> str:
    return f"sensor.{GATEWAYS[provider].info.name.lower().replace(' ', '_')}_{key}"


async def failure(hass: HomeAssistant, provider: Provider, message: str = "Water", **data: Any) -> HomeAssistantError:
    with pytest.raises(HomeAssistantError) as caught:
        await notify(hass, notify_entities(provider)[0], message, **data)
    await hass.async_block_till_done()
    return caught.value


# -- gateway errors ------------------------------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_wrong_credentials_ask_to_sign_in_again(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    setattr(simulator.accounts[provider], SECRETS[provider][1], "8|changed")
    error = await failure(hass, provider)
    assert text_of(error, LOGIN_REFUSED[provider][0]).startswith(f"{entry.title} refuses the saved credentials")
    assert reauth_flow(hass)["context"]["entry_id"] == entry.entry_id
    assert state_of(hass, sensor(provider, "last_delivery_status")).state == "rejected"
    assert state_of(hass, notify_entities(provider)[0]).state == "unknown"


@pytest.mark.parametrize("provider", UNASKED)
@pytest.mark.parametrize(
    ("fault", "key"), [("html", "invalid_response"), ("http_error", "invalid_response"), ("cut", "outcome_unknown")]
)
async def test_an_answer_that_is_none_leaves_the_outcome_unknown(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    provider: Provider,
    fault: str,
    key: str,
) -> None:
    """The gateway cannot tell if it sent the text, so the error says that the outcome is unknown."""
    entry = await set_up(provider)
    for site in SITES[provider]:
        simulator.faults.add(site, fault, None)
    with pytest.raises(HomeAssistantError) as caught:
        await ask_to_send(hass, "Water", account=entry.entry_id, to=first_number(provider))
    assert "may or may not have been sent" in text_of(caught.value, key)
    assert state_of(hass, sensor(provider, "last_delivery_status")).state == "uncertain"
    assert not simulator.messages()
    if GATEWAYS[provider].info.reports:
        assert state_of(hass, sensor(provider, "pending_messages")).state == "0"


@pytest.mark.parametrize("provider", UNASKED)
async def test_an_unknown_outcome_beside_a_bad_name_is_told_as_unknown(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    for site in SITES[provider]:
        simulator.faults.add(site, "html", None)
    with pytest.raises(HomeAssistantError) as caught:
        await send(hass, "Water", account=entry.entry_id, to=[first_number(provider), "Zoe"])
    text = text_of(caught.value, "some_failed")
    assert "may or may not have been sent" in text
    assert "Zoe: " in text
    # The error says “failed” and not “not sent”, because one text may have been sent.
    assert text.startswith("2 of 2 texts failed.")


@EVERY_PROVIDER
async def test_credit_exhausted(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider) -> None:
    await set_up(provider)
    account = simulator.accounts[provider]
    account.credit = dict.fromkeys(account.credit, Decimal(0)) if provider is POINT else Decimal(0)
    assert "Buy credit" in text_of(await failure(hass, provider), "insufficient_credit")
    assert not simulator.messages()


@EVERY_PROVIDER
async def test_credit_that_lasts_for_one_of_two(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    """A gateway with one text per request sends the first text. A gateway with batches rejects the whole batch."""
    entry = await set_up(provider)
    account = simulator.accounts[provider]
    account.credit = dict.fromkeys(account.credit, Decimal(1)) if provider is POINT else Decimal(1)
    with pytest.raises(HomeAssistantError) as caught:
        await notify(hass, notify_entities(provider)[1], "Water")
    arrived = len(simulator.messages())
    assert text_of(caught.value, "some_failed").startswith(f"{2 - arrived} of 2 texts failed.")
    assert arrived == (0 if provider in (PRO, POINT) else 1)
    assert state_of(hass, sensor(provider, "segments_today")).state == str(arrived)
    assert entry.runtime_data.state.counters.segments_today == arrived


async def test_an_opted_out_recipient(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(CLUB)
    simulator.accounts[CLUB].opted_out.add("2125550142")
    error = text_of(await failure(hass, CLUB), "named_opted_out_at_provider")
    assert error.startswith("Club Texting did not send the text to Clara: the person opted out (STOP). Only Clara can")


async def test_a_refusal_keeps_the_gateways_words(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(PRO)
    body = {"status": "error", "message": "Your plan has ended."}
    simulator.faults.add(PRO, "answer", path="sms/send", body=body)
    error = text_of(await failure(hass, PRO), "rejected_other")
    assert error.startswith("TextioPro did not send the text: the text was refused (Your plan has ended.). Correct")


@EVERY_PROVIDER
async def test_an_answer_that_comes_late_is_waited_for(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, provider: Provider
) -> None:
    await set_up(provider)
    simulator.latency = 9
    sending = asyncio.create_task(notify(hass, notify_entities(provider)[0], "Water"))
    await until(simulator.messages)
    await pass_time(8.9, wait=False)
    assert not sending.done()
    await pass_time(0.1, wait=False)
    await sending
    assert len(simulator.messages()) == 1


# -- checks before sending -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "fields", "key", "part"),
    [
        (GROUP, {"message": "x" * 161}, "limit_text_length", "its length is 161, and the maximum is 160"),
        (GROUP, {"message": "50% + 50% = 1" * 12}, "limit_text_length", "the maximum is 160"),
        (
            CLUB,
            {"message": "x" * 131, "express": False},
            "limit_text_length",
            "its length is 131, and the maximum is 130",
        ),
        (POINT, {"message": "x" * 766}, "limit_text_length", "its length is 766, and the maximum is 765"),
        (CLUB, {"message": "Café ☃"}, "limit_characters", "é ☃"),
        (GROUP, {"message": "It's wet"}, "limit_characters", "characters: '"),
        (
            CLUB,
            {"title": "Fourteen chars", "message": "x"},
            "limit_title_length",
            "14 characters, and the maximum is 13",
        ),
        (HOUSE, {"message": " \n"}, "limit_text_empty", "no text"),
        (HOUSE, {"sender": "My Home"}, "limit_sender", "up to 11 letters and digits"),
        (PRO, {"sender": "My/Home"}, "limit_sender_or_number", "or a number of up to 15 digits"),
        (HOUSE, {"commercial": True}, "limit_commercial_mention", "“STOP sms-s.top”"),
        (HOUSE, {"type": "mms"}, "limit_type", "type mms"),
        (HOUSE, {"template_id": "1"}, "limit_option", "option “template_id”"),
        (HOUSE, {"send_at": "2030-01-01 00:00"}, "limit_option", "option “send_at”"),
        (CLUB, {"sender": "Home"}, "limit_option", "option “sender”"),
        (POINT, {"commercial": True}, "limit_option", "option “commercial”"),
        (PRO, {"express": True}, "limit_option", "option “express”"),
        (PRO, {"channel": 1}, "limit_option", "option “channel”"),
        (PRO, {"media_url": "https://example.com/a.jpg"}, "limit_option", "option “media_url”"),
        (PRO, {"type": "voice", "language": "tlh"}, "limit_language", "en-gb"),
        (PRO, {"type": "mms"}, "limit_media_missing", "type mms"),
    ],
)
async def test_limits_are_named_and_nothing_is_sent(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    provider: Provider,
    fields: dict[str, Any],
    key: str,
    part: str,
) -> None:
    await set_up(provider, options={"replace_characters": False})
    simulator.clear_requests()
    with pytest.raises(ServiceValidationError) as caught:
        await send(hass, **{"message": "Water", "entity_id": notify_entities(provider)[0], **fields})
    assert part in text_of(caught.value, key)
    assert not simulator.requests()


@pytest.mark.parametrize(
    ("provider", "missing", "key"),
    [
        (PRO, {"sender_id": ""}, "limit_sender_missing"),
        (POINT, {"sender_id": ""}, "limit_sender_missing"),
        (POINT, {"template_id": ""}, "limit_template_missing"),
        (POINT, {"channel": "9"}, "limit_channel"),
    ],
)
async def test_what_the_account_lacks_is_named(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider, missing: dict[str, str], key: str
) -> None:
    await set_up(provider, data=missing)
    text_of(await failure(hass, provider), key)
    assert not simulator.messages()


async def test_the_same_text_again_at_once(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(HOUSE)
    await notify(hass, "notify.anna", "Water")
    assert "ten seconds" in text_of(await failure(hass, HOUSE), "limit_flood").replace("10 seconds", "ten seconds")
    assert len(simulator.messages()) == 1


@EVERY_PROVIDER
@pytest.mark.parametrize("to", ["Zoe", "12", "+33 6", "call me", "+33612345678901234"])
async def test_what_is_neither_name_nor_number(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider, to: str
) -> None:
    entry = await set_up(provider)
    simulator.clear_requests()
    with pytest.raises(ServiceValidationError) as caught:
        await send(hass, "Water", account=entry.entry_id, to=to)
    text_of(caught.value, "unknown_recipient" if to.strip("+ ")[0].isalpha() else "limit_number")
    assert not simulator.requests()


async def test_a_national_number_needs_the_homes_country(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    await send(hass, "With", account=entry.entry_id, to="06 12 34 56 99")
    hass.config.country = None
    with pytest.raises(ServiceValidationError) as caught:
        await send(hass, "Without", account=entry.entry_id, to="06 12 34 56 99")
    text_of(caught.value, "limit_number")
    assert [message.text for message in simulator.messages()] == ["With"]


# -- how real servers answer ---------------------------------------------------------------------------------------


async def test_a_refusal_in_the_frameworks_shape_is_told_in_its_words(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    await set_up(POINT)
    body = {"message": "The given data was invalid.", "errors": {"template_id": ["The template id is not active."]}}
    simulator.faults.add(POINT, "answer", path="send-", body=body, status=422)
    error = await failure(hass, POINT)
    assert "The template id is not active." in text_of(error, "rejected_invalid_message")
    assert not hass.config_entries.flow.async_progress()


async def test_a_login_that_the_framework_refuses(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(POINT)
    simulator.use_variant(POINT, "framework-errors")
    simulator.accounts[POINT].key = "8|changed"
    text_of(await failure(hass, POINT), "authentication_failed")
    assert reauth_flow(hass)["context"]["entry_id"] == entry.entry_id


async def test_a_count_that_differs_from_the_document(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(CLUB)
    simulator.use_variant(CLUB, "counts-double")
    error = await failure(hass, CLUB, "=" * 20 + "a" * 130)
    assert text_of(error, "rejected_invalid_message").startswith(
        "Club Texting did not send the text: too long, or with characters that the provider does not take. Change it"
    )


@pytest.mark.parametrize("provider", [CLUB, GROUP])
async def test_an_api_that_is_closed_later(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    await set_up(provider)
    simulator.use_variant(provider, "closed-api")
    error = await failure(hass, provider)
    assert "ask its support to allow the legacy API for your account" in text_of(error, "login_or_api_refused")
    assert reauth_flow(hass)["context"]["source"] == "reauth"


@pytest.mark.parametrize(
    ("variant", "key", "named"),
    [("moved-307", "redirected", "sms.example.com"), ("challenge-403", "blocked", "Cloudflare")],
)
async def test_a_read_names_what_stands_in_front(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, variant: str, key: str, named: str
) -> None:
    entry = await set_up(POINT)
    simulator.use_variant(POINT, variant)
    with pytest.raises(HomeAssistantError) as caught:
        await hass.services.async_call(
            "texting", "list_senders", {"account": entry.entry_id}, blocking=True, return_response=True
        )
    text = text_of(caught.value, key)
    assert named in text
    assert simulator.url(POINT).removeprefix("http://") in text
