"""Persons of Home Assistant as targets: who is texted, through which account, and who may do it."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.targets import named_people
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er, label_registry as lr
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.home import ask_to_send, send, state_of, text_of, told, until
from tests.support.people import add, add_persons, link, person_id, recipient_id, remove
from tests.support.routes import ANNA, sent, set_up_route
from tests.support.users import controls, new_user

HOUSE, PRO, POINT = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.THESMSPOINT
BEN = ["+33612345602", "+33612345603"]


def texted(simulator: Simulator) -> list[str]:
    return sorted(f"+{message.phone_number}" for message in simulator.messages())


async def anna_at_two_accounts(hass: HomeAssistant, set_up: SetUp) -> tuple[MockConfigEntry, MockConfigEntry]:
    """Set up two accounts, each with a recipient Anna that is linked to the same person."""
    entries = await set_up(HOUSE), await set_up(PRO)
    await add_persons(hass, "Anna")
    for entry in entries:
        link(hass, entry, "Anna", "person.anna")
    return entries


async def test_a_person_is_texted_at_all_numbers_of_its_recipient(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    await add_persons(hass, "Ben")
    link(hass, entry, "Ben", "person.ben")
    answers = await ask_to_send(hass, "Water", entity_id="person.ben")
    assert [(answer["recipient"], answer["error"]) for answer in answers] == [("Ben", None)] * 2
    assert texted(simulator) == BEN


async def test_a_person_of_several_accounts_is_texted_once_and_by_the_route_first(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    house, pro = await set_up(HOUSE), await set_up(PRO)
    route = await set_up_route(hass, [pro])
    await add_persons(hass, "Anna")
    for entry, name in ((house, "Anna"), (pro, "Anna"), (route, "Rita")):
        link(hass, entry, name, "person.anna")
    await send(hass, "Water", entity_id="person.anna")
    assert sent(simulator) == [PRO]
    assert texted(simulator) == [ANNA]
    # Nothing is doubled if the person is named in several ways.
    await send(hass, "Fire", entity_id=["person.anna", "notify.anna"])
    assert sent(simulator) == [PRO, HOUSE]


async def test_the_first_account_that_is_loaded_texts_a_person(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    house, pro = await anna_at_two_accounts(hass, set_up)
    await hass.config_entries.async_set_disabled_by(house.entry_id, ConfigEntryDisabler.USER)
    await send(hass, "Water", entity_id="person.anna")
    assert sent(simulator) == [PRO]
    await hass.config_entries.async_set_disabled_by(pro.entry_id, ConfigEntryDisabler.USER)
    with pytest.raises(ServiceValidationError) as caught:
        await send(hass, "Water", entity_id="person.anna")
    text_of(caught.value, "account_not_loaded")


async def test_a_question_reaches_a_person_through_an_account_that_gets_the_reply(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    point, house = await set_up(POINT), await set_up(HOUSE)
    await add_persons(hass, "Anna")
    link(hass, point, "Dev", "person.anna")
    link(hass, house, "Anna", "person.anna")
    question = {"entity_id": "person.anna", "question": "Off?"}
    asking = hass.async_create_task(
        hass.services.async_call("texting", "ask", question, blocking=True, return_response=True)
    )
    await until(lambda: sent(simulator) == [HOUSE])
    asking.cancel()


@pytest.mark.parametrize("entity_id", ["person.nobody", "person.ben"])
async def test_a_person_without_a_recipient_is_an_error(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, entity_id: str
) -> None:
    await set_up(HOUSE)
    await add_persons(hass, "Ben")
    with pytest.raises(ServiceValidationError) as caught:
        await send(hass, "Water", entity_id=entity_id)
    assert entity_id in text_of(caught.value, "person_unknown")
    answers = await ask_to_send(hass, "Water", entity_id=[entity_id, "notify.anna"])
    assert sorted(answer["status"] for answer in answers) == ["accepted", "rejected"]


async def test_a_person_whose_recipient_has_no_number_is_an_error(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    await add_persons(hass, "Zoe")
    add(hass, entry, "Zoe", numbers=[], person=person_id(hass, "person.zoe"))
    with pytest.raises(HomeAssistantError) as caught:
        await send(hass, "Water", entity_id="person.zoe")
    assert "Zoe" in text_of(caught.value, "recipient_without_number")


async def test_a_person_keeps_its_recipient_when_its_entity_id_changes(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    await add_persons(hass, "Anna")
    link(hass, entry, "Anna", "person.anna")
    er.async_get(hass).async_update_entity("person.anna", new_entity_id="person.mum")
    await told(hass)
    await send(hass, "Water", entity_id="person.mum")
    assert texted(simulator) == [ANNA]


async def test_a_label_names_persons_and_ignores_those_without_a_number(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    await add_persons(hass, "Anna", "Zoe")
    link(hass, entry, "Anna", "person.anna")
    label = lr.async_get(hass).async_create("Family").label_id
    for entity_id in ("person.anna", "person.zoe"):
        er.async_get(hass).async_update_entity(entity_id, labels={label})
    await send(hass, "Water", label_id=label)
    assert texted(simulator) == [ANNA]


@pytest.mark.parametrize(
    ("target", "excluded"),
    [
        ({"entity_id": ["person.anna", "person.ben"]}, "notify.ben"),
        ({"entity_id": ["notify.anna", "notify.ben"]}, "person.ben"),
    ],
)
async def test_who_is_excluded_gets_no_text_by_another_entity(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, target: dict[str, Any], excluded: str
) -> None:
    """Only newer versions of Home Assistant let an action take this part of a target, so it is tested below that."""
    entry = await set_up(HOUSE)
    await add_persons(hass, "Anna", "Ben")
    link(hass, entry, "Anna", "person.anna")
    link(hass, entry, "Ben", "person.ben")
    named = named_people(hass, {**target, "exclude": {"entity_id": excluded}})
    assert [each.recipient.name for one in named for each in one.recipients] == ["Anna"]


async def test_all_texts_each_person_once(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    house, pro = await set_up(HOUSE), await set_up(PRO)
    route = await set_up_route(hass, [pro])
    await add_persons(hass, "Anna")
    link(hass, house, "Anna", "person.anna")
    link(hass, pro, "Anna", "person.anna")
    remove(hass, route, "Rita")
    add(hass, route, "Anna", numbers=[ANNA], original=recipient_id(house, "Anna"))
    await told(hass)
    await send(hass, "Water", entity_id="all")
    # Ben is a recipient of two accounts, and nothing says that it is one person.
    assert texted(simulator) == sorted([ANNA, *BEN, *BEN])


async def test_who_controls_a_person_may_not_text_it_without_its_recipient(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    await anna_at_two_accounts(hass, set_up)
    entities: dict[str, Any] = {"entity_id": "person.anna", "message": "Water"}
    for allowed, may in (
        (["person.anna"], False),
        (["person.anna", "notify.anna"], False),
        (["notify.anna", "notify.anna_2"], True),
    ):
        user = await new_user(hass, controls(*allowed))
        call = hass.services.async_call(
            "texting", "send_message", entities, blocking=True, context=Context(user_id=user.id)
        )
        if may:
            await call
        else:
            with pytest.raises(Unauthorized):
                await call
    assert texted(simulator) == [ANNA]
    assert state_of(hass, "notify.anna_2")
