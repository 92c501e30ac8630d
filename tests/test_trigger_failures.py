"""The trigger of automations for texts that do not get through."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
import voluptuous as vol

from custom_components.texting.const import DOMAIN
from custom_components.texting.delivery.record import Phase, Record
from custom_components.texting.gateway.message import Message
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import Status
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from tests.automations import FAILED, automate, check_trigger, failed
from tests.conftest import Connect, PassTime, SetUp
from tests.home import ask_to_send, notify, send, state_of, told as told_all
from tests.routes import sent, set_up_route, shown
from tests.simulator import Simulator
from tests.test_incoming import post

HOUSE, PRO = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO
ANNA, BEN, BENS_OTHER, STRANGER = "+33612345601", "+33612345602", "+33612345603", "+33699999999"
type Settle = Callable[[], Awaitable[None]]


@pytest.fixture
async def house(set_up: SetUp) -> Any:
    """An account whose gateway pushes reports."""
    return await set_up(HOUSE)


async def send_to(hass: HomeAssistant, entry: Any, *numbers: str, **data: Any) -> None:
    """Send, whatever comes of it."""
    with suppress(HomeAssistantError):
        await send(hass, "Water", account=entry.entry_id, to=list(numbers), **data)


async def test_what_a_failure_tells(
    hass: HomeAssistant, house: Any, connect: Connect, simulator: Simulator, settle: Settle
) -> None:
    await connect(house)
    told = await automate(hass, failed() | {"id": "lost"})
    await notify(hass, "notify.anna", "Water")
    await settle()
    assert told == []
    simulator.delivered_after = None
    (answer,) = await ask_to_send(hass, "Fire", entity_id="notify.anna")
    await simulator.set_status(simulator.messages()[-1], "5")
    await settle()
    (variables,) = told
    assert {name: variables[name] for name in variables if name not in ("idx", "alias")} == {
        "id": "lost",
        "platform": FAILED,
        "description": "text not delivered by TextingHouse",
        "account": "TextingHouse",
        "account_id": house.entry_id,
        "via": None,
        "to": ANNA,
        "recipient": "Anna",
        "text": "Fire",
        "reference": answer["reference"],
        "message_id": answer["message_id"],
        "status": "undelivered",
        "reason": "invalid_number",
        "provider_status": "5",
    }


@pytest.mark.parametrize(
    ("number", "status", "reason"),
    [
        ("+33600000004", "expired", "expired"),
        ("+33600000005", "undelivered", "invalid_number"),
        ("+33600000007", "rejected", "prohibited"),
        ("+33600000020", "rejected", "insufficient_credit"),
    ],
)
async def test_how_a_text_fails(
    hass: HomeAssistant,
    house: Any,
    connect: Connect,
    simulator: Simulator,
    settle: Settle,
    number: str,
    status: str,
    reason: str,
) -> None:
    await connect(house)
    other = "other" if reason != "other" else "flood"
    told = await automate(hass, failed(), failed(reason=reason), failed(reason=[other, "unreachable"]))
    await send_to(hass, house, number)
    await settle()
    await told_all(hass)
    assert [(each["idx"], each["status"], each["reason"]) for each in told] == [
        ("0", status, reason),
        ("1", status, reason),
    ]


async def test_a_text_that_is_refused_before_it_leaves(hass: HomeAssistant, house: Any, simulator: Simulator) -> None:
    simulator.accounts[HOUSE].credit = Decimal(0)
    await house.runtime_data.balance.async_refresh()
    told = await automate(hass, failed())
    await send_to(hass, house, ANNA, BEN)
    await told_all(hass)
    assert [(each["to"], each["status"], each["reason"]) for each in told] == [
        (ANNA, "rejected", "insufficient_credit"),
        (BEN, "rejected", "insufficient_credit"),
    ]


async def test_an_outcome_that_nobody_learns_is_told_when_it_is_given_up(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """TextioPro may yet show a text whose answer got lost."""
    pro = await set_up(PRO)
    told = await automate(hass, failed())
    simulator.faults.add(PRO, "cut", None, path="sms/send")
    await send_to(hass, pro, ANNA)
    await told_all(hass)
    (text,) = list(pro.runtime_data.desk.book)
    assert (text.status, text.phase, told) == (Status.UNKNOWN, Phase.FOLLOWED, [])
    for _ in range(12):
        await pass_time(100)
    await told_all(hass)
    assert [(each["status"], each["to"]) for each in told] == [("unknown", ANNA)]


async def test_an_unknown_outcome_that_turns_out_bad_is_told_once(
    hass: HomeAssistant, house: Any, connect: Connect, simulator: Simulator, settle: Settle
) -> None:
    url = await connect(house)
    told = await automate(hass, failed())
    record = Record(
        message=Message(reference="01", to=ANNA, text="Water"), account=house.entry_id, asked_at=1.0, expires_at=9e9
    )
    desk = house.runtime_data.desk
    await desk.add([record])
    desk.book.end(record, Status.UNKNOWN)
    await desk.keep([record])
    assert [each["status"] for each in told] == ["unknown"]
    assert await post(url, apimsgid="", climsgid="01", status="5") == 200
    await settle()
    assert state_of(hass, "sensor.textinghouse_last_delivery_status").state == "undelivered"
    assert [each["status"] for each in told] == ["unknown"]


@pytest.mark.usefixtures("impatient")
async def test_a_text_that_is_cancelled_has_not_failed(
    hass: HomeAssistant, house: Any, simulator: Simulator, settle: Settle
) -> None:
    for site in (HOUSE, "textinghouse_backup"):
        await simulator.faults.refuse(site)
    told = await automate(hass, failed())
    (answer,) = await ask_to_send(hass, "Water", account=house.entry_id, to=ANNA)
    assert answer["status"] == "queued"
    await hass.services.async_call(DOMAIN, "cancel_message", {"reference": answer["reference"]}, blocking=True)
    await told_all(hass)
    assert told == []


async def test_whose_text_fails(
    hass: HomeAssistant, house: Any, set_up: SetUp, simulator: Simulator, settle: Settle
) -> None:
    pro = await set_up(PRO)
    for account in (house, pro):
        simulator.accounts[account.data["provider"]].credit = Decimal(0)
        await account.runtime_data.balance.async_refresh()
    told = await automate(
        hass, failed(account=pro.entry_id), failed(recipient="notify.ben"), failed(account=house.entry_id)
    )
    await send_to(hass, house, ANNA, BENS_OTHER)
    await send_to(hass, pro, STRANGER)
    await told_all(hass)
    assert sorted((each["idx"], each["to"]) for each in told) == [
        ("0", STRANGER),
        ("1", BENS_OTHER),
        ("2", ANNA),
        ("2", BENS_OTHER),
    ]


async def test_a_route_that_gets_through_has_not_failed_but_one_of_its_accounts_has(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, settle: Settle
) -> None:
    house, pro = await set_up(HOUSE), await set_up(PRO)
    route = await set_up_route(hass, [house, pro])
    simulator.faults.add(HOUSE, "answer", None, params={"cmd": "sendsms"}, body="ERR: 101 | Not enough credit")
    told = await automate(hass, failed(), failed(account=house.entry_id), failed(account=route.entry_id))
    await notify(hass, "notify.rita", "Water")
    await settle()
    await told_all(hass)
    assert sent(simulator) == [PRO]
    assert [(each["idx"], each["account"]) for each in told] == [("1", "TextingHouse")]


async def test_a_route_that_fails_is_one_failure(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    house = await set_up(HOUSE)
    await connect(house)
    route = await set_up_route(hass, [house])
    told = await automate(hass, failed(), failed(account=route.entry_id))
    await send_to(hass, route, "+33600000005")
    await settle()
    await shown(hass, "sensor.alerts_last_delivery_status", "undelivered")
    await told_all(hass)
    assert [(each["idx"], each["account"], each["via"], each["reason"]) for each in told] == [
        ("0", "Alerts", "TextingHouse", "invalid_number"),
        ("1", "Alerts", "TextingHouse", "invalid_number"),
    ]


async def test_failures_are_told_after_a_reload(
    hass: HomeAssistant, house: Any, connect: Connect, simulator: Simulator, settle: Settle
) -> None:
    url = await connect(house)
    simulator.delivered_after = None
    told = await automate(hass, failed(account=house.entry_id))
    (answer,) = await ask_to_send(hass, "Water", entity_id="notify.anna")
    await hass.config_entries.async_reload(house.entry_id)
    await settle()
    assert await post(url, apimsgid=answer["message_id"], climsgid="", status="4") == 200
    await settle()
    assert [each["status"] for each in told] == ["expired"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"account": "nobody"}, "there is no such account"),
        ({"recipient": "notify.zoe"}, "is not the notify entity of a recipient"),
        ({"reason": "bad luck"}, "value must be one of|not a valid option|expected"),
        ({"account": "{{ x }}"}, "templates cannot be used here"),
    ],
)
async def test_options_of_failures_that_are_refused(
    hass: HomeAssistant, house: Any, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(vol.Invalid, match=said):
        await check_trigger(hass, failed(**options))
