"""The buttons of the app's notifications: whose press counts, and what it does."""

import asyncio
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.model import Incident, Kind, State
from custom_components.texting.alerts.app_buttons import MAX_KEPT, async_app_buttons
from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.auth.models import User
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import Context
from homeassistant.helpers import entity_registry as er
from tests.support.alert_home import ANNA, BEN, AlertHome
from tests.support.alerts import press
from tests.support.home import until
from tests.support.mobile_app import Phone, Phones
from tests.support.people import link
from tests.support.users import controls, new_user

EVENT = "mobile_app_notification_action"
TAKE, DECLINE = "I take it", "I cannot"
NONCE = "0123456789ABCDEF" * 2


@pytest.fixture
async def house(phones: Phones, house: MockConfigEntry) -> MockConfigEntry:
    """Return the account, in a home that has the integration of the app."""
    return house


@pytest.fixture
async def zoe(home: AlertHome, house: MockConfigEntry) -> User:
    """Return the user of Zoe, who has no recipient."""
    return await new_user(home.hass, GROUP_ID_USER)


@pytest.fixture
async def phone(phones: Phones, zoe: User) -> Phone:
    """Return Zoe's phone."""
    return await phones.add("Pixel", zoe)


@pytest.fixture
async def zoes(phones: Phones, phone: Phone, zoe: User) -> str:
    """Return the person Zoe, who has the phone."""
    return await phones.belongs("Zoe", zoe, phone)


async def begin(home: AlertHome, *phones: Phone) -> None:
    """Switch the cause on, and wait until these phones show it."""
    home.switch("on")
    await until(lambda: all(each.shown for each in phones))
    await home.settle()


async def tap(home: AlertHome, phone: Phone, title: str) -> None:
    """Press a button of the latest notification, and wait until everybody knows."""
    await phone.press(title)
    await home.settle()


# -- what a press does -------------------------------------------------------------------------------------------------


async def test_who_presses_takes_it(home: AlertHome, phones: Phones, phone: Phone, zoes: str, zoe: User) -> None:
    ben = await phones.add("iPhone", await new_user(home.hass, GROUP_ID_USER))
    alert = await home.alert([zoes, ben.entity_id, "notify.anna"])
    home.switch("on")
    await until(lambda: home.texts(ANNA))
    await home.settle()
    await tap(home, phone, TAKE)
    incident = home.incident(alert)
    assert (incident.state, incident.owner, incident.owner_name) == (State.ACKNOWLEDGED, zoes, "Zoe")
    assert phone.texts[-1].startswith("Thank you. Water in the cellar is yours")
    assert home.texts(ANNA)[-1].startswith("Zoe takes care of Water in the cellar")
    assert ben.texts[-1].startswith("Zoe takes care of Water in the cellar")
    assert len(phone.screen) == len(ben.screen) == 1
    assert ben.buttons == {}
    assert home.occasions() == ["raised", "acknowledged"]
    await home.wait(600)
    assert len(home.texts(ANNA)) == 2


async def test_who_took_it_can_hand_it_on(home: AlertHome, phone: Phone, zoes: str) -> None:
    alert = await home.alert(zoes, "notify.anna")
    await begin(home, phone)
    await tap(home, phone, TAKE)
    assert list(phone.buttons) == [DECLINE]
    await tap(home, phone, DECLINE)
    assert home.incident(alert).declined == {zoes}
    assert phone.texts[-1].startswith("Understood.")
    assert phone.buttons == {}
    await home.wait(30)
    assert len(home.texts(ANNA)) == 1


async def test_who_cannot_is_asked_no_more(home: AlertHome, phone: Phone, zoes: str) -> None:
    alert = await home.alert(zoes, "notify.anna")
    await begin(home, phone)
    await tap(home, phone, DECLINE)
    assert home.incident(alert).declined == {zoes}
    await home.wait(12, 6)
    assert len(home.texts(ANNA)) == 1
    shown = len(phone.shown)
    await home.wait(900)
    assert len(phone.shown) == shown
    assert home.occasions()[:2] == ["raised", "declined"]


async def test_all_phones_of_a_person_are_theirs(home: AlertHome, phones: Phones, phone: Phone, zoe: User) -> None:
    tablet = await phones.add("Tablet", zoe)
    zoes = await phones.belongs("Zoe", zoe, phone, tablet)
    alert = await home.alert(zoes)
    await begin(home, phone, tablet)
    await tap(home, tablet, TAKE)
    assert home.incident(alert).owner == zoes
    assert tablet.texts[-1].startswith("Thank you.")
    # The other phone must not show the question any more.
    assert phone.texts[-1].startswith("Zoe takes care of ")
    assert phone.buttons == {}
    await tap(home, tablet, DECLINE)
    assert phone.texts[-1].startswith("Understood.")
    assert tablet.texts[-1].startswith("Understood.")


async def test_a_press_twice(home: AlertHome, phone: Phone, zoes: str) -> None:
    alert = await home.alert(zoes, "notify.anna")
    await begin(home, phone)
    action = phone.buttons[TAKE]
    await asyncio.gather(phone.send(action), phone.send(action))
    await home.settle()
    assert home.incident(alert).owner == zoes
    assert home.occasions() == ["raised", "acknowledged"]
    assert len(phone.screen) == 1


async def test_two_press_at_once(home: AlertHome, phones: Phones, phone: Phone, zoes: str) -> None:
    other = await phones.add("iPhone", await new_user(home.hass, GROUP_ID_USER))
    alert = await home.alert([zoes, other.entity_id])
    await begin(home, phone, other)
    await asyncio.gather(phone.press(TAKE), other.press(TAKE))
    await home.settle()
    owner = home.incident(alert).owner
    assert owner in (zoes, other.entity_id)
    assert home.occasions() == ["raised", "acknowledged"]
    first, second = (phone, other) if owner == zoes else (other, phone)
    assert first.texts[-1].startswith("Thank you.")
    assert "takes care of" in second.texts[-1]


async def test_the_button_of_the_alert_replaces_what_the_phone_asks(
    home: AlertHome, phone: Phone, zoes: str, zoe: User
) -> None:
    alert = await home.alert(zoes)
    await begin(home, phone)
    await press(home.hass, "button.leak_i_take_it", Context(user_id=zoe.id))
    await home.settle()
    assert (home.incident(alert).owner, home.incident(alert).owner_name) == (zoes, "Zoe")
    assert phone.texts[-1].startswith("Zoe takes care of ")
    assert phone.buttons == {}


async def test_a_text_is_answered_after_a_press(home: AlertHome, phone: Phone, zoes: str) -> None:
    alert = await home.alert([zoes, "notify.anna"])
    home.switch("on")
    await until(lambda: home.texts(ANNA) and phone.shown)
    await home.settle()
    await tap(home, phone, TAKE)
    await home.answer(ANNA, "OK")
    assert home.incident(alert).owner == zoes
    # It is told that Zoe takes care, but the provider refuses the same text within 10 seconds.
    told = [each.kind for each in home.incident(alert).notifications if each.target.id == ANNA]
    assert told == [Kind.ALERT, Kind.TAKEN, Kind.TAKEN]


# -- whose answer it is ------------------------------------------------------------------------------------------------


async def test_an_app_that_is_nobodys(home: AlertHome, phone: Phone) -> None:
    alert = await home.alert(phone.entity_id)
    await begin(home, phone)
    await tap(home, phone, TAKE)
    assert (home.incident(alert).owner, home.incident(alert).owner_name) == (phone.entity_id, "Pixel")
    assert phone.texts[-1].startswith("Thank you.")


async def test_the_alerts_button_knows_whose_app_it_is(home: AlertHome, phone: Phone, zoe: User) -> None:
    alert = await home.alert(phone.entity_id)
    await begin(home, phone)
    await press(home.hass, "button.leak_i_take_it", Context(user_id=zoe.id))
    assert (home.incident(alert).owner, home.incident(alert).owner_name) == (phone.entity_id, "Pixel")


async def test_persons_whose_phones_share_a_user(home: AlertHome, phones: Phones, zoe: User) -> None:
    first, second = await phones.add("First", zoe), await phones.add("Second", zoe)
    ben = await phones.belongs("Benno", None, second)
    await phones.belongs("Zoe", zoe, first)
    alert = await home.alert([ben, "person.zoe"])
    await begin(home, first, second)
    await tap(home, second, TAKE)
    assert (home.incident(alert).owner, home.incident(alert).owner_name) == (ben, "Benno")


async def test_a_user_on_the_phone_of_somebody_else_answers_by_name(
    home: AlertHome, phones: Phones, phone: Phone, zoes: str
) -> None:
    user = await new_user(home.hass, GROUP_ID_USER)
    alert = await home.alert(zoes)
    await begin(home, phone)
    home.hass.bus.async_fire(EVENT, {"action": phone.buttons[DECLINE]}, context=Context(user_id=user.id))
    await home.settle()
    # It is not Zoe who cannot.
    assert zoes not in home.incident(alert).declined
    home.hass.bus.async_fire(EVENT, {"action": phone.buttons[TAKE]}, context=Context(user_id=user.id))
    await home.settle()
    assert (home.incident(alert).owner, home.incident(alert).owner_name) == (user.id, "User")
    assert phone.texts[-1].startswith("User takes care of ")


async def test_nobody_answers_for_others_with_the_number_of_their_notification(
    home: AlertHome, phones: Phones, phone: Phone, zoes: str
) -> None:
    user = await new_user(home.hass, GROUP_ID_USER)
    other = await phones.add("iPhone", user)
    mona = await phones.belongs("Mona", user, other)
    alert = await home.alert([zoes, mona, "notify.anna"])
    home.switch("on")
    await until(lambda: home.texts(ANNA) and phone.shown and other.shown)
    await home.settle()
    _, _, _, nonce = other.buttons[DECLINE].split("_")
    for number in range(9):
        await other.send(f"TEXTING_NO_{number}_{nonce}")
        await home.settle()
    assert home.incident(alert).declined == {mona}


async def test_the_person_of_a_recipient_may_press_on_any_phone(
    home: AlertHome, phones: Phones, phone: Phone, house: MockConfigEntry, zoe: User
) -> None:
    link(home.hass, house, "Anna", await phones.belongs("Anna", zoe))
    alert = await home.alert([phone.entity_id, "notify.anna"])
    home.switch("on")
    await until(lambda: home.texts(ANNA) and phone.shown)
    await home.settle()
    await press(home.hass, "button.leak_i_take_it", Context(user_id=zoe.id))
    assert home.incident(alert).owner == "notify.anna"


async def test_a_person_who_is_asked_in_the_app_and_by_text_is_one(
    home: AlertHome, phones: Phones, phone: Phone, house: MockConfigEntry, zoe: User
) -> None:
    link(home.hass, house, "Anna", await phones.belongs("Anna", zoe, phone))
    alert = await home.alert([phone.entity_id, "notify.anna"], "notify.ben")
    home.switch("on")
    await until(lambda: home.texts(ANNA) and phone.shown)
    await home.settle()
    await tap(home, phone, TAKE)
    assert phone.texts[-1].startswith("Thank you.")
    # She is not told that she takes care herself, and can hand it on in the other way.
    assert home.kinds(ANNA) == ["alert"]
    await home.answer(ANNA, "NO")
    assert home.incident(alert).declined == {phone.entity_id, "notify.anna"}
    assert home.kinds(ANNA) == ["alert", "declined"]
    assert phone.texts[-1].startswith("Understood.")
    await home.wait(30)
    assert home.kinds(BEN) == ["alert"]


# -- what does not count -----------------------------------------------------------------------------------------------


async def test_forged_events_change_nothing(
    home: AlertHome, phone: Phone, zoes: str, zoe: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.texting")
    alert = await home.alert(zoes)
    await begin(home, phone)
    before, shown, good = home.incident(alert), len(phone.shown), phone.buttons[TAKE]
    prefix, nonce = good.rsplit("_", 1)
    bad: list[Any] = [
        f"{prefix}_{NONCE}",
        f"{prefix}_",
        prefix,
        good.lower(),
        f"{good}0",
        f"{good}\n",
        f" {good}",
        f"TEXTING_MAYBE_1_{nonce}",
        f"TEXTING_UNCLEAR_1_{nonce}",
        f"TEXTING_YES_-1_{nonce}",
        f"TEXTING_YES_0_{nonce}",
        f"TEXTING_YES_1.5_{nonce}",
        nonce,
        "",
        None,
        7,
        [good],
        {"action": good},
    ]
    for action in bad:
        await phone.send(action)
    home.hass.bus.async_fire(EVENT, {}, context=Context(user_id=zoe.id))
    # Nobody pressed, or nobody whom the home knows.
    home.hass.bus.async_fire(EVENT, {"action": good})
    home.hass.bus.async_fire(EVENT, {"action": good}, context=Context(user_id="nobody"))
    await home.settle()
    assert home.incident(alert) == before
    assert len(phone.shown) == shown
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []
    await tap(home, phone, TAKE)
    assert home.state(alert) is State.ACKNOWLEDGED


async def test_users_without_the_right_are_refused(
    home: AlertHome, phones: Phones, phone: Phone, zoes: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.texting")
    alert = await home.alert(zoes)
    await begin(home, phone)
    reader = await new_user(home.hass, GROUP_ID_READ_ONLY)
    elsewhere = await new_user(home.hass, controls("light.kitchen", "notify.pixel", "sensor.leak_state"))
    inactive = await new_user(home.hass, GROUP_ID_ADMIN)
    await home.hass.auth.async_deactivate_user(inactive)
    for number, user in enumerate((reader, elsewhere, inactive)):
        other = await phones.add(f"Phone {number}", user)
        await other.send(phone.buttons[TAKE])
    await home.settle()
    assert home.state(alert) is State.ALERTING
    assert len(phone.shown) == 1
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []
    # Who controls only the button may press it.
    allowed = await phones.add("Allowed", await new_user(home.hass, controls("button.leak_i_take_it")))
    await allowed.send(phone.buttons[TAKE])
    await home.settle()
    assert home.state(alert) is State.ACKNOWLEDGED


async def test_without_the_alerts_button_no_press_counts(home: AlertHome, phone: Phone, zoes: str) -> None:
    alert = await home.alert(zoes)
    await begin(home, phone)
    er.async_get(home.hass).async_remove("button.leak_i_take_it")
    await tap(home, phone, TAKE)
    assert home.state(alert) is State.ALERTING


async def test_an_ended_incident_takes_no_press(home: AlertHome, phone: Phone, zoes: str) -> None:
    alert = await home.alert(zoes, "notify.anna")
    await begin(home, phone)
    old = phone.buttons[TAKE]
    home.switch("off")
    await home.wait(61)
    assert home.state(alert) is State.CLOSED
    before = home.incident(alert)
    await phone.send(old)
    await home.settle()
    assert home.incident(alert) == before
    # Nor does the next incident.
    home.switch("on")
    await home.settle()
    await phone.send(old)
    await home.settle()
    assert home.state(alert) is State.ALERTING
    await tap(home, phone, TAKE)
    assert home.state(alert) is State.ACKNOWLEDGED


async def test_a_press_counts_for_its_alert_only(home: AlertHome, phone: Phone, zoes: str) -> None:
    leak = await home.alert(zoes)
    smoke = await home.alert(zoes, causes=["binary_sensor.smoke"], title="Smoke")
    await begin(home, phone)
    action = phone.buttons[TAKE]
    home.switch("on", "binary_sensor.smoke", "Smoke")
    await home.settle()
    assert len(phone.screen) == 2
    await phone.send(action)
    await home.settle()
    assert home.state(leak) is State.ACKNOWLEDGED
    assert home.state(smoke) is State.ALERTING


# -- reloads and restarts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["reload", "restart"])
async def test_a_button_of_before_still_counts(
    home: AlertHome, house: MockConfigEntry, phone: Phone, zoes: str, way: str
) -> None:
    alert = await home.alert(zoes, "notify.anna")
    await begin(home, phone)
    if way == "restart":
        await home.restart(house, alert)
    else:
        await home.hass.config_entries.async_reload(alert.entry_id)
    await home.settle()
    assert len(phone.shown) == 1
    await tap(home, phone, TAKE)
    assert home.incident(alert).owner == zoes


async def test_a_press_while_the_alert_is_not_loaded_is_kept(home: AlertHome, phone: Phone, zoes: str) -> None:
    alert = await home.alert(zoes, "notify.anna")
    await begin(home, phone)
    await home.hass.config_entries.async_unload(alert.entry_id)
    await phone.press(TAKE)
    await home.hass.async_block_till_done()
    await home.hass.config_entries.async_setup(alert.entry_id)
    await home.settle()
    assert home.incident(alert).owner == zoes
    assert phone.texts[-1].startswith("Thank you.")
    # It is taken once.
    await tap(home, phone, DECLINE)
    await home.hass.config_entries.async_reload(alert.entry_id)
    await home.settle()
    assert home.incident(alert).declined == {zoes}


async def test_few_presses_are_kept(home: AlertHome, phone: Phone, zoes: str) -> None:
    alert = await home.alert(zoes)
    await begin(home, phone)
    action = phone.buttons[TAKE]
    await home.hass.config_entries.async_unload(alert.entry_id)
    await phone.send(action)
    for number in range(MAX_KEPT + 5):
        await phone.send(f"TEXTING_YES_{number + 1}_{NONCE}")
    await home.hass.async_block_till_done()
    buttons = async_app_buttons(home.hass)
    assert len(buttons._kept) == MAX_KEPT
    await home.hass.config_entries.async_setup(alert.entry_id)
    await home.settle()
    assert len(buttons._kept) == 0
    assert home.state(alert) is State.ALERTING
    await tap(home, phone, TAKE)
    assert home.state(alert) is State.ACKNOWLEDGED


async def test_a_disabled_alert_keeps_no_press(home: AlertHome, phone: Phone, zoes: str) -> None:
    alert = await home.alert(zoes)
    await begin(home, phone)
    action = phone.buttons[TAKE]
    await home.hass.config_entries.async_set_disabled_by(alert.entry_id, ConfigEntryDisabler.USER)
    await phone.send(action)
    await home.settle()
    buttons = async_app_buttons(home.hass)
    assert (len(buttons._kept), len(buttons._takers)) == (0, 0)
    assert phone.texts[-1].startswith("No longer watched")
    assert phone.buttons == {}


async def test_an_incident_of_an_earlier_version_has_no_buttons(
    home: AlertHome, house: MockConfigEntry, phone: Phone, zoes: str
) -> None:
    alert = await home.alert(zoes, remind_every=2)
    await begin(home, phone)
    engine: Any = alert.runtime_data
    known: Incident = engine.incident
    assert known.nonce
    engine._latest = type(known)(**{**{name: getattr(known, name) for name in known.__slots__}, "nonce": ""})
    engine._commit(engine._latest, ())
    await home.settle()
    await home.restart(house, alert)
    await phone.send(phone.buttons[TAKE])
    await home.wait(121)
    assert home.state(alert) is State.ALERTING
    assert phone.buttons == {}
