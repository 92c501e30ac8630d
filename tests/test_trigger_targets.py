"""The targets of triggers: recipients, persons, and the devices, areas, floors and labels that they have now."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.setup import async_setup_component
from tests.conftest import Connect, SetUp
from tests.simulator import Simulator
from tests.support.automations import automate, check_trigger, delivered, failed, received, to
from tests.support.home import notify, told
from tests.support.people import add, add_persons, change, link, remove

HOUSE, PRO = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO
ANNA, BEN, BENS_OTHER, STRANGER = "+33612345601", "+33612345602", "+33612345603", "+33699999999"
type Settle = Callable[[], Awaitable[None]]
type Write = Callable[..., Awaitable[None]]


@pytest.fixture
async def house(hass: HomeAssistant, set_up: SetUp, connect: Connect) -> Any:
    """Set up an account whose provider pushes texts and reports, and persons."""
    await add_persons(hass, "Anna", "Ben")
    entry = await set_up(HOUSE)
    await connect(entry)
    return entry


@pytest.fixture
async def write(hass: HomeAssistant, house: Any, simulator: Simulator, settle: Settle) -> Write:
    """Return a function that lets phones write. Only numbers that were texted can reply at TextingHouse."""
    await hass.services.async_call(
        "texting",
        "send_message",
        {"account": house.entry_id, "to": [ANNA, BEN, BENS_OTHER, STRANGER], "message": "Hello"},
        blocking=True,
    )
    await settle()

    async def reply(*numbers: str) -> None:
        for number in numbers:
            await simulator.answer(number, f"I am {number}", HOUSE)
        await settle()

    return reply


def device_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the id of an entity's device."""
    entity = er.async_get(hass).async_get(entity_id)
    assert entity
    assert entity.device_id
    return entity.device_id


def senders(runs: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return which trigger ran for which sender."""
    return [(each["idx"], each["from"]) for each in runs]


async def test_a_person_is_all_of_their_recipients(
    hass: HomeAssistant, house: Any, set_up: SetUp, write: Write
) -> None:
    pro = await set_up(PRO)
    change(hass, pro, "Anna", numbers=[STRANGER])
    for entry in (house, pro):
        link(hass, entry, "Anna", "person.anna")
    await told(hass)
    runs = await automate(hass, received(to("person.anna")))
    await write(ANNA, STRANGER, BEN)
    assert senders(runs) == [("0", ANNA), ("0", STRANGER)]
    assert [each["person"] for each in runs] == ["person.anna"] * 2


async def test_a_person_may_be_linked_later(hass: HomeAssistant, house: Any, write: Write) -> None:
    runs = await automate(hass, received(to("person.ben")))
    await write(BEN)
    link(hass, house, "Ben", "person.ben")
    await told(hass)
    await write(BENS_OTHER)
    assert senders(runs) == [("0", BENS_OTHER)]


async def test_a_device_an_area_and_a_floor(hass: HomeAssistant, house: Any, write: Write) -> None:
    floor = fr.async_get(hass).async_create("Upstairs")
    area = ar.async_get(hass).async_create("Office", floor_id=floor.floor_id)
    dr.async_get(hass).async_update_device(device_of(hass, "notify.ben"), area_id=area.id)
    runs = await automate(
        hass,
        received({"device_id": device_of(hass, "notify.anna")}),
        received({"area_id": area.id}),
        received({"floor_id": floor.floor_id}),
    )
    await write(ANNA, BENS_OTHER, STRANGER)
    assert senders(runs) == [("0", ANNA), ("1", BENS_OTHER), ("2", BENS_OTHER)]


async def test_who_has_a_label_when_the_text_comes_counts(hass: HomeAssistant, house: Any, write: Write) -> None:
    # The label does not exist yet, which is no error.
    runs = await automate(hass, received({"label_id": "family"}))
    await write(ANNA)
    assert lr.async_get(hass).async_create("Family").label_id == "family"
    add(hass, house, "Zoe", numbers=[STRANGER])
    await told(hass)
    er.async_get(hass).async_update_entity("notify.zoe", labels={"family"})
    await write(ANNA, STRANGER)
    er.async_get(hass).async_update_entity("notify.zoe", labels=set())
    await write(STRANGER)
    assert senders(runs) == [("0", STRANGER)]


async def test_a_group_is_its_members(hass: HomeAssistant, house: Any, write: Write) -> None:
    link(hass, house, "Ben", "person.ben")
    await told(hass)
    runs = await automate(hass, received(to("group.family")))
    assert await async_setup_component(hass, "group", {"group": {"family": {"entities": ["person.ben"]}}})
    await hass.async_block_till_done()
    await write(ANNA, BEN)
    assert senders(runs) == [("0", BEN)]


async def test_sent_texts_have_the_same_targets(
    hass: HomeAssistant, house: Any, simulator: Simulator, settle: Settle
) -> None:
    link(hass, house, "Ben", "person.ben")
    await told(hass)
    simulator.delivered_after = None
    target = {"label_id": "family", "entity_id": ["person.ben"]}
    runs = await automate(hass, delivered(target), failed(target))
    await notify(hass, "notify.anna", "Water")
    await notify(hass, "notify.ben", "Water")
    await settle()
    for message, status in zip(simulator.messages(), ("3", "3", "4"), strict=True):
        await simulator.set_status(message, status)
    await settle()
    assert [(each["idx"], each["to"], each["person"]) for each in runs] == [
        ("0", BEN, "person.ben"),
        ("1", BENS_OTHER, "person.ben"),
    ]


async def test_a_recipient_that_is_removed_is_no_error(
    hass: HomeAssistant, house: Any, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    runs = await automate(hass, received(to("notify.anna", "notify.ben")))
    remove(hass, house, "Anna")
    await told(hass)
    await write(ANNA, BEN)
    assert senders(runs) == [("0", BEN)]
    assert "Traceback" not in caplog.text


async def test_a_target_is_kept_as_it_was_written(hass: HomeAssistant, house: Any) -> None:
    target = {"label_id": ["family"], "entity_id": ["person.ben"]}
    assert (await check_trigger(hass, received(target)))["target"] == target
