"""The trigger delivery_failed, in real automations."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
import voluptuous as vol

from custom_components.texting.const import DOMAIN
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.gateway.message import Message
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import Status
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.automations import FAILED, automate, check_trigger, failed, to
from tests.support.home import ask_to_send, notify, post, send, state_of, told
from tests.support.routes import sent, set_up_route, shown

HOUSE, PRO = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO
ANNA, BEN, BENS_OTHER, STRANGER = "+33612345601", "+33612345602", "+33612345603", "+33699999999"
type Settle = Callable[[], Awaitable[None]]


@pytest.fixture
async def house(set_up: SetUp) -> Any:
    """Set up an account whose provider pushes reports."""
    return await set_up(HOUSE)


async def send_to(hass: HomeAssistant, entry: Any, *numbers: str, **data: Any) -> None:
    """Send a text and ignore errors."""
    with suppress(HomeAssistantError):
        await send(hass, "Water", account=entry.entry_id, to=list(numbers), **data)


async def test_the_variables_of_a_failure(
    hass: HomeAssistant, house: Any, connect: Connect, simulator: Simulator, settle: Settle
) -> None:
    await connect(house)
    runs = await automate(hass, failed() | {"id": "lost"})
    await notify(hass, "notify.anna", "Water")
    await settle()
    assert runs == []
    simulator.delivered_after = None
    (answer,) = await ask_to_send(hass, "Fire", entity_id="notify.anna")
    await simulator.set_status(simulator.messages()[-1], "5")
    await settle()
    (variables,) = runs
    assert {name: variables[name] for name in variables if name not in ("idx", "alias")} == {
        "id": "lost",
        "platform": FAILED,
        "description": "text not delivered by TextingHouse",
        "account": "TextingHouse",
        "account_id": house.entry_id,
        "via": None,
        "to": ANNA,
        "recipient": "Anna",
        "person": None,
        "text": "Fire",
        "reference": answer["reference"],
        "message_id": answer["message_id"],
        "status": "undelivered",
        "reason": "other",
        "reason_text": variables["reason_text"],
    }
    assert variables["reason_text"]


@pytest.mark.parametrize(
    ("number", "status", "reason"),
    [
        ("+33600000004", "expired", "expired"),
        ("+33600000005", "undelivered", "other"),
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
    runs = await automate(hass, failed(), failed(reason=reason), failed(reason=[other, "unreachable"]))
    await send_to(hass, house, number)
    await settle()
    await told(hass)
    assert [(each["idx"], each["status"], each["reason"]) for each in runs] == [
        ("0", status, reason),
        ("1", status, reason),
    ]


async def test_a_text_that_is_refused_before_it_leaves(hass: HomeAssistant, house: Any, simulator: Simulator) -> None:
    simulator.accounts[HOUSE].credit = Decimal(0)
    await house.runtime_data.balance.async_refresh()
    runs = await automate(hass, failed())
    await send_to(hass, house, ANNA, BEN)
    await told(hass)
    assert [(each["to"], each["status"], each["reason"]) for each in runs] == [
        (ANNA, "rejected", "insufficient_credit"),
        (BEN, "rejected", "insufficient_credit"),
    ]


async def test_an_uncertain_outcome_triggers_when_it_is_final(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """TextioPro may still list a text after its response was lost."""
    pro = await set_up(PRO)
    runs = await automate(hass, failed())
    simulator.faults.add(PRO, "cut", None, path="sms/send")
    await send_to(hass, pro, ANNA)
    await told(hass)
    (text,) = list(pro.runtime_data.outbox)
    assert (text.status, text.phase, runs) == (Status.UNCERTAIN, Phase.TRACKED, [])
    for _ in range(12):
        await pass_time(100)
    await told(hass)
    assert [(each["status"], each["to"]) for each in runs] == [("uncertain", ANNA)]


async def test_an_uncertain_text_that_fails_later_triggers_once(
    hass: HomeAssistant, house: Any, connect: Connect, simulator: Simulator, settle: Settle
) -> None:
    url = await connect(house)
    runs = await automate(hass, failed())
    record = MessageRecord(
        message=Message(reference="01", to=ANNA, text="Water"), entry_id=house.entry_id, created_at=1.0, expires_at=9e9
    )
    outbox = house.runtime_data.outbox
    await outbox.add([record])
    outbox.fail(record, Status.UNCERTAIN)
    await outbox.save([record])
    assert [each["status"] for each in runs] == ["uncertain"]
    assert await post(url, apimsgid="", climsgid="01", status="5") == 200
    await settle()
    assert state_of(hass, "sensor.textinghouse_last_delivery_status").state == "undelivered"
    assert [each["status"] for each in runs] == ["uncertain"]


@pytest.mark.usefixtures("impatient")
async def test_a_text_that_is_cancelled_has_not_failed(
    hass: HomeAssistant, house: Any, simulator: Simulator, settle: Settle
) -> None:
    for site in (HOUSE, "textinghouse_backup"):
        await simulator.faults.refuse(site)
    runs = await automate(hass, failed())
    (answer,) = await ask_to_send(hass, "Water", account=house.entry_id, to=ANNA)
    assert answer["status"] == "queued"
    await hass.services.async_call(DOMAIN, "cancel_message", {"reference": answer["reference"]}, blocking=True)
    await told(hass)
    assert runs == []


async def test_whose_text_fails(
    hass: HomeAssistant, house: Any, set_up: SetUp, simulator: Simulator, settle: Settle
) -> None:
    pro = await set_up(PRO)
    for account in (house, pro):
        simulator.accounts[account.data["provider"]].credit = Decimal(0)
        await account.runtime_data.balance.async_refresh()
    runs = await automate(hass, failed(account=pro.entry_id), failed(to("notify.ben")), failed(account=house.entry_id))
    await send_to(hass, house, ANNA, BENS_OTHER)
    await send_to(hass, pro, STRANGER)
    await told(hass)
    assert sorted((each["idx"], each["to"]) for each in runs) == [
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
    runs = await automate(hass, failed(), failed(account=house.entry_id), failed(account=route.entry_id))
    await notify(hass, "notify.rita", "Water")
    await settle()
    await told(hass)
    assert sent(simulator) == [PRO]
    assert [(each["idx"], each["account"]) for each in runs] == [("1", "TextingHouse")]


async def test_a_route_that_fails_is_one_failure(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    house = await set_up(HOUSE)
    await connect(house)
    route = await set_up_route(hass, [house])
    runs = await automate(hass, failed(), failed(account=route.entry_id))
    await send_to(hass, route, "+33600000005")
    await settle()
    await shown(hass, "sensor.alerts_last_delivery_status", "undelivered")
    await told(hass)
    assert [(each["idx"], each["account"], each["via"], each["reason"]) for each in runs] == [
        ("0", "Alerts", "TextingHouse", "other"),
        ("1", "Alerts", "TextingHouse", "other"),
    ]


async def test_failures_trigger_after_a_reload(
    hass: HomeAssistant, house: Any, connect: Connect, simulator: Simulator, settle: Settle
) -> None:
    url = await connect(house)
    simulator.delivered_after = None
    runs = await automate(hass, failed(account=house.entry_id))
    (answer,) = await ask_to_send(hass, "Water", entity_id="notify.anna")
    await hass.config_entries.async_reload(house.entry_id)
    await settle()
    assert await post(url, apimsgid=answer["message_id"], climsgid="", status="4") == 200
    await settle()
    assert [each["status"] for each in runs] == ["expired"]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"account": "nobody"}, "there is no such account"),
        ({"target": to("notify.zoe")}, "is neither the notify entity of a recipient nor a person"),
        ({"reason": "bad luck"}, "value must be one of|not a valid option|expected"),
        ({"account": "{{ x }}"}, "templates cannot be used here"),
    ],
)
async def test_options_of_failures_that_are_refused(
    hass: HomeAssistant, house: Any, options: dict[str, Any], error: str
) -> None:
    with pytest.raises(vol.Invalid, match=error):
        await check_trigger(hass, failed(**options))
