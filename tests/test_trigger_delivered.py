"""The trigger message_delivered, in real automations."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import voluptuous as vol

from custom_components.texting.delivery.record import MessageRecord
from custom_components.texting.gateway.message import Message
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import Status
from homeassistant.core import HomeAssistant
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.automations import DELIVERED, automate, check_trigger, delivered, failed, to
from tests.support.home import ask_to_send, notify, post, told
from tests.support.people import add_persons, link
from tests.support.routes import sent, set_up_route, shown

CLUB, HOUSE, PRO = Provider.CLUB_TEXTING, Provider.TEXTINGHOUSE, Provider.TEXTIOPRO
ANNA, BEN = "+33612345601", "+33612345602"
type Settle = Callable[[], Awaitable[None]]


@pytest.fixture
async def house(hass: HomeAssistant, set_up: SetUp) -> Any:
    """Set up an account whose provider pushes reports, and persons."""
    await add_persons(hass, "Anna", "Ben")
    return await set_up(HOUSE)


async def test_the_variables_of_a_delivery(
    hass: HomeAssistant, pass_time: PassTime, house: Any, connect: Connect, simulator: Simulator
) -> None:
    link(hass, house, "Anna", "person.anna")
    await connect(house)
    simulator.delivered_after = None
    runs = await automate(hass, delivered() | {"id": "arrived"})
    (answer,) = await ask_to_send(hass, "Fire", entity_id="notify.anna")
    await simulator.settle()
    await told(hass)
    assert runs == []
    await pass_time(90)
    await simulator.set_status(simulator.messages()[-1], "3")
    await told(hass)
    (variables,) = runs
    assert {name: variables[name] for name in variables if name not in ("idx", "alias")} == {
        "id": "arrived",
        "platform": DELIVERED,
        "description": "text delivered by TextingHouse",
        "account": "TextingHouse",
        "account_id": house.entry_id,
        "via": None,
        "to": ANNA,
        "recipient": "Anna",
        "person": "person.anna",
        "text": "Fire",
        "reference": answer["reference"],
        "message_id": answer["message_id"],
        "status": "delivered",
        "reason": None,
        "reason_text": None,
        "seconds": 90,
    }


async def test_only_what_is_delivered_triggers_and_only_once(
    hass: HomeAssistant, house: Any, connect: Connect, simulator: Simulator, settle: Settle
) -> None:
    url = await connect(house)
    simulator.delivered_after = None
    runs = await automate(hass, delivered())
    await notify(hass, "notify.ben", "Water")
    await settle()
    (first, second) = simulator.messages()
    await simulator.set_status(first, "4")
    await simulator.set_status(second, "3")
    assert await post(url, apimsgid=second.id, climsgid="", status="3") == 200
    await settle()
    assert [each["message_id"] for each in runs] == [second.id]


async def test_a_text_of_uncertain_outcome_that_was_delivered_triggers_once(
    hass: HomeAssistant, house: Any, connect: Connect, settle: Settle
) -> None:
    url = await connect(house)
    runs = await automate(hass, delivered() | {"id": "delivered"}, failed() | {"id": "failed"})
    record = MessageRecord(
        message=Message(reference="01", to=ANNA, text="Water"), entry_id=house.entry_id, created_at=1.0, expires_at=9e9
    )
    outbox = house.runtime_data.outbox
    await outbox.add([record])
    outbox.fail(record, Status.UNCERTAIN)
    await outbox.save([record])
    for _ in range(2):
        assert await post(url, apimsgid="", climsgid="01", status="3") == 200
        await settle()
    assert [each["id"] for each in runs] == ["failed", "delivered"]


async def test_a_provider_that_does_not_tell_triggers_nothing(
    hass: HomeAssistant, set_up: SetUp, settle: Settle
) -> None:
    await set_up(CLUB)
    runs = await automate(hass, delivered())
    await notify(hass, "notify.clara", "Water")
    await settle()
    assert runs == []


async def test_a_text_of_a_route_is_one_delivery(
    hass: HomeAssistant, house: Any, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    pro = await set_up(PRO)
    await connect(house)
    route = await set_up_route(hass, [pro, house])
    link(hass, route, "Rita", "person.ben")
    simulator.faults.add(PRO, "answer", None, path="sms/send", status=403, body='{"status":"error","message":"No"}')
    runs = await automate(
        hass,
        delivered(),
        delivered(account=route.entry_id),
        delivered(to("notify.rita"), account=house.entry_id),
        delivered(account=pro.entry_id),
    )
    await notify(hass, "notify.rita", "Water")
    await settle()
    await shown(hass, "sensor.alerts_last_delivery_status", "delivered")
    await told(hass)
    assert sent(simulator) == [HOUSE]
    assert sorted((each["idx"], each["account"], each["via"], each["person"]) for each in runs) == [
        ("0", "Alerts", "TextingHouse", "person.ben"),
        ("1", "Alerts", "TextingHouse", "person.ben"),
        ("2", "TextingHouse", None, "person.ben"),
    ]


async def test_whose_text_is_delivered(
    hass: HomeAssistant, house: Any, connect: Connect, simulator: Simulator, settle: Settle
) -> None:
    await connect(house)
    runs = await automate(hass, delivered(to("notify.anna")), delivered(to("notify.ben"), account=house.entry_id))
    await notify(hass, "notify.anna", "Water")
    # A number counts as well as a recipient.
    await ask_to_send(hass, "Fire", account=house.entry_id, to=[BEN])
    await settle()
    assert sorted((each["idx"], each["to"]) for each in runs) == [("0", ANNA), ("1", BEN)]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"account": "nobody"}, "there is no such account"),
        ({"target": to("notify.zoe")}, "is neither the notify entity of a recipient nor a person"),
        ({"reason": ["other"]}, "extra keys not allowed|not a valid|unexpected|unknown"),
    ],
)
async def test_options_of_deliveries_that_are_refused(
    hass: HomeAssistant, house: Any, options: dict[str, Any], error: str
) -> None:
    with pytest.raises(vol.Invalid, match=error):
        await check_trigger(hass, delivered(**options))
