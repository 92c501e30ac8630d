"""Refusals: the user sees the reason, and the message is not sent again.

The home asks the user for new credentials or more credit if the refusal needs them.
"""

from typing import Any

import pytest

from custom_components.texting.gateway.provider import Provider
from homeassistant.exceptions import HomeAssistantError
from tests.support.engine import CLUB, GROUP, HOUSE, POINT, PRO, TAKEN
from tests.support.flows import reauth_flow
from tests.support.home import numbers, send, text_of

from .conftest import Enter

pytestmark = pytest.mark.usefixtures("quick")


def error(words: str) -> dict[str, Any]:
    """Return an error in the format of TextioPro and TheSMSPoint."""
    return {"status": "error", "message": words, "data": None}


def code(number: str, words: str) -> dict[str, Any]:
    """Return an error that TheSMSPoint reports inside a success response."""
    data = {"ErrorCode": number, "ErrorMessage": words, "JobId": None, "MessageData": []}
    return {"status": "success", "message": words, "data": data}


EZ = [
    ("-1", "login_or_api_refused", "authentication"),
    ("-2", "insufficient_credit", "insufficient_credit"),
    ("-5", "named_opted_out_at_provider", "opted_out"),
    ("-7", "rejected_invalid_message", "invalid_message"),
    ("-104", "named_opted_out_at_provider", "opted_out"),
    ("-106", "rejected_invalid_number", "invalid_number"),
    ("-999", "rejected_other", "other"),
]
REFUSALS: list[tuple[Provider, object, str, str]] = [
    (HOUSE, "ERR: 100 | Missing parameter: to", "rejected_other", "other"),
    (HOUSE, "ERR: 101 | Authentication failed", "login_or_address_refused", "authentication"),
    (HOUSE, "ERR: 104 | Insufficient credit", "insufficient_credit", "insufficient_credit"),
    (HOUSE, "ERR: 350 | Stop flooding", "rejected_flood", "flood"),
    (HOUSE, "ERR: 400 | STOP mention missing", "rejected_invalid_message", "invalid_message"),
    (HOUSE, "ERR: 999 | Something new", "rejected_other", "other"),
    *((provider, *refusal) for provider in (CLUB, GROUP) for refusal in EZ),
    (PRO, error("Unauthenticated."), "authentication_failed", "authentication"),
    (PRO, error("You have reached the sending limit of your plan."), "insufficient_credit", "insufficient_credit"),
    (PRO, error("Invalid phone number: 33612345601."), "rejected_invalid_number", "invalid_number"),
    (PRO, error("Sender ID is not approved"), "rejected_invalid_message", "invalid_message"),
    (PRO, error("The number is blacklisted"), "named_opted_out_at_provider", "opted_out"),
    (PRO, error("Message contains spam words"), "rejected_prohibited", "prohibited"),
    (PRO, error("Your plan has ended."), "rejected_other", "other"),
    (POINT, error("API Key Does Not Exists"), "authentication_failed", "authentication"),
    (POINT, error("Insufficient credit"), "insufficient_credit", "insufficient_credit"),
    (POINT, error("Request Type Not Allowed"), "rejected_prohibited", "prohibited"),
    (POINT, code("13", "Invalid mobile numbers"), "rejected_invalid_number", "invalid_number"),
    (POINT, code("21", "Insufficient balance"), "insufficient_credit", "insufficient_credit"),
    (POINT, code("24", "Invalid template"), "rejected_invalid_message", "invalid_message"),
]


@pytest.mark.parametrize(("provider", "body", "key", "reason"), REFUSALS)
async def test_a_refusal(enter: Enter, provider: Provider, body: object, key: str, reason: str) -> None:
    home = await enter(provider)
    home.fail("answer", body=body)
    sent = await home.send()
    assert (sent.key, home.shown, home.sensor("segments_today")) == (key, "rejected", "0")
    name = f"sensor.{home.entry.title.lower().replace(' ', '_')}_last_delivery_status"
    state = home.hass.states.get(name)
    assert state is not None
    assert state.attributes["reason"] == reason
    assert bool(home.hass.config_entries.flow.async_progress()) is (reason == "authentication")
    if reason == "authentication":
        assert reauth_flow(home.hass)["context"]["entry_id"] == home.entry.entry_id
    assert bool(home.issue("low_credit")) is (reason == "insufficient_credit")
    # The message is not sent again, even after the account reloads.
    await home.reload()
    assert (home.tries, home.held, home.sensor("pending_messages")) == (1, 0, "0")
    if reason == "opted_out":
        # The home remembers the number that opted out.
        assert (await home.send("Dry again")).key == "named_opted_out"
        assert home.tries == 1
        return
    # The home still sends the next message.
    assert (await home.send("Dry again")).status in TAKEN
    assert home.held == 1


# -- a batch that is partly accepted -------------------------------------------------------------------------------


async def test_a_batch_of_which_one_number_is_missing_in_the_answer(enter: Enter) -> None:
    home = await enter(POINT)
    first, *others = numbers(POINT)
    rows = [{"Number": number.removeprefix("+"), "message_id": f"id{number[-2:]}"} for number in others]
    data = {"ErrorCode": "000", "ErrorMessage": "Success", "JobId": "job", "MessageData": rows}
    home.fail("answer", body={"status": "success", "message": "", "data": data}, accept=True)
    sent = await home.send(to=[first, *others])
    assert [message["status"] for message in sent.messages] == ["uncertain", "accepted", "accepted"]
    assert (home.held, home.tries) == (3, 1)
    assert home.sensor("segments_today") == "3"  # the uncertain message counts too


async def test_a_batch_refused_for_one_number_goes_without_it(enter: Enter) -> None:
    home = await enter(PRO)
    first, *others = numbers(PRO)
    home.fail("answer", body=error(f"Invalid phone number: {first.removeprefix('+')}."))
    sent = await home.send(to=[first, *others])
    assert [message["status"] for message in sent.messages] == ["rejected", "accepted", "accepted"]
    assert sent.messages[0]["reason"] == "invalid_number"
    assert sorted(f"+{message.to}" for message in home.simulator.messages()) == others
    assert home.tries == 2


@pytest.mark.parametrize("provider", [HOUSE, CLUB, GROUP])
async def test_of_several_recipients_all_are_tried(enter: Enter, provider: Provider) -> None:
    home = await enter(provider)
    bodies = {HOUSE: "ERR: 400 | STOP mention missing", CLUB: "-106", GROUP: "-106"}
    home.fail("answer", body=bodies[provider])
    sent = await home.send(to=numbers(provider))
    assert sorted(message["status"] for message in sent.messages) == ["accepted", "accepted", "rejected"]
    assert (home.held, home.tries) == (2, 3)
    # An action without a response raises an error if a message failed.
    home.fail("answer", body=bodies[provider])
    with pytest.raises(HomeAssistantError) as caught:
        await send(home.hass, "Fire", account=home.entry.entry_id, to=numbers(provider))
    assert text_of(caught.value, "some_failed").startswith("1 of 3 texts failed")
    assert (home.held, home.tries) == (4, 6)
