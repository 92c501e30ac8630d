"""Alerts in the app of Home Assistant: who is reached there, and what the phone shows."""

import json
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.texting.alerting.model import Progress, State
from custom_components.texting.diagnostics import async_get_config_entry_diagnostics
from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.auth.models import User
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import MATCH_ALL
from homeassistant.helpers import entity_registry as er
from tests.support.alert_home import ANNA, WATER, AlertHome
from tests.support.alerts import press
from tests.support.home import until
from tests.support.mobile_app import Phone, Phones
from tests.support.people import link
from tests.support.users import new_user

CRITICAL = {"ttl", "priority", "channel", "push"}
BUTTONS = ["I take it", "I cannot"]


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


# -- who is reached in the app -----------------------------------------------------------------------------------------


async def test_a_phone_shows_the_alert_with_buttons(home: AlertHome, phone: Phone) -> None:
    alert = await home.alert(phone.entity_id, "notify.anna")
    home.switch("on")
    await home.settle()
    (shown,) = phone.shown
    assert shown["title"] == "Leak"
    assert shown["message"].startswith(f"ALERT: {WATER}, ")
    # The buttons ask, so the words do not.
    assert shown["message"].endswith(".")
    assert "Reply" not in shown["message"]
    assert "Acknowledge" not in shown["message"]
    assert list(phone.buttons) == BUTTONS
    data = shown["data"]
    assert (data["ttl"], data["priority"], data["channel"]) == (0, "high", "alarm_stream")
    assert data["push"]["interruption-level"] == "critical"
    assert data["push"]["sound"]["critical"] == 1
    # It waits for the phone as for a text.
    await home.wait(290)
    assert home.texts(ANNA) == []
    await home.wait(20)
    assert home.kinds(ANNA) == ["escalated"]
    assert "No answer from Pixel" in home.texts(ANNA)[0]
    assert home.issues(alert) == []


async def test_the_recorder_hears_nothing_of_what_is_shown(home: AlertHome, phone: Phone) -> None:
    events = async_capture_events(home.hass, MATCH_ALL)
    alert = await home.alert(phone.entity_id)
    home.switch("on")
    await home.settle()
    nonce = home.incident(alert).nonce
    assert phone.shown
    told = repr([(event.event_type, event.data) for event in events])
    assert "texting_alert" in told
    assert nonce
    assert nonce not in told
    assert f"ALERT: {WATER}" not in told


async def test_a_person_without_a_recipient_is_reached_in_the_app(
    home: AlertHome, phones: Phones, phone: Phone, zoe: User
) -> None:
    tablet = await phones.add("Tablet", zoe)
    person = await phones.belongs("Zoe", zoe, phone, tablet)
    alert = await home.alert(person, "notify.anna", remind_every=0)
    home.switch("on")
    await home.settle()
    await home.wait(310)
    assert len(phone.texts) == len(tablet.texts) == 1
    assert "No answer from Zoe" in home.texts(ANNA)[0]
    assert home.issues(alert) == []


async def test_a_person_with_a_recipient_is_texted(
    home: AlertHome, phones: Phones, phone: Phone, house: MockConfigEntry, zoe: User
) -> None:
    person = await phones.belongs("Zoe", zoe, phone)
    link(home.hass, house, "Anna", person)
    await home.alert(person)
    await home.begin()
    assert home.kinds(ANNA) == ["alert"]
    assert phone.shown == []
    # Whom no text reaches any more is reached in the app.
    await home.answer(ANNA, "STOP")
    await home.wait(60)
    assert len(phone.shown) == 1


async def test_a_person_whose_account_is_not_loaded_is_reached_in_the_app(
    home: AlertHome, phones: Phones, phone: Phone, house: MockConfigEntry, zoe: User
) -> None:
    person = await phones.belongs("Zoe", zoe, phone)
    link(home.hass, house, "Anna", person)
    alert = await home.alert(person)
    await home.hass.config_entries.async_unload(house.entry_id)
    home.switch("on")
    await until(lambda: phone.shown)
    await phone.press("I take it")
    await until(lambda: home.state(alert) is State.ACKNOWLEDGED)
    assert home.incident(alert).owner == person


async def test_an_app_is_called_by_the_name_of_whose_phone_it_is(
    home: AlertHome, phones: Phones, phone: Phone, zoe: User
) -> None:
    await phones.belongs("Zoe", zoe, phone)
    await home.alert(phone.entity_id, "notify.anna")
    home.switch("on")
    await home.settle()
    await home.wait(310)
    assert "No answer from Zoe" in home.texts(ANNA)[0]


async def test_a_person_and_their_phone_are_asked_once(
    home: AlertHome, phones: Phones, phone: Phone, zoe: User
) -> None:
    person = await phones.belongs("Zoe", zoe, phone)
    await home.alert([person, phone.entity_id])
    home.switch("on")
    await home.settle()
    assert len(phone.shown) == 1


async def test_a_person_whose_phone_changes(home: AlertHome, phones: Phones, phone: Phone, zoe: User) -> None:
    person = await phones.belongs("Zoe", zoe, phone)
    alert = await home.alert(person, remind_every=2, rounds=9)
    home.switch("on")
    await home.settle()
    assert len(phone.shown) == 1
    await home.hass.config_entries.async_remove(phone.entry.entry_id)
    new = await phones.add("iPhone", zoe)
    await phones.also_belongs(zoe, new)
    await home.wait(600)
    assert new.texts
    assert new.texts[0].startswith("ALERT: ")
    assert home.state(alert) is State.ALERTING
    home.switch("off")
    await home.wait(61)
    assert new.texts[-1].startswith("All clear")
    assert len(phone.shown) == 1


async def test_an_app_that_is_removed_is_missing(home: AlertHome, phone: Phone) -> None:
    alert = await home.alert(phone.entity_id, "notify.anna")
    await home.hass.config_entries.async_remove(phone.entry.entry_id)
    home.switch("on")
    await home.settle()
    await home.wait(12, 6)
    assert len(home.texts(ANNA)) == 1
    await home.wait(600)
    assert "responder_missing" in home.issues(alert)


async def test_an_app_that_is_removed_while_it_is_asked_holds_back_nobody(home: AlertHome, phone: Phone) -> None:
    await home.alert(phone.entity_id, "notify.anna", remind_every=0)
    home.switch("on")
    await home.settle()
    assert len(phone.shown) == 1
    await home.hass.config_entries.async_remove(phone.entry.entry_id)
    await home.wait(310)
    assert len(home.texts(ANNA)) == 1


async def test_a_renamed_app_goes_on(home: AlertHome, phone: Phone) -> None:
    alert = await home.alert(phone.entity_id, "notify.anna")
    home.switch("on")
    await home.settle()
    er.async_get(home.hass).async_update_entity(phone.entity_id, new_entity_id="notify.zoes_phone")
    await home.settle()
    await phone.press("I take it")
    await home.settle()
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.incident(alert).owner == "notify.zoes_phone"
    assert phone.texts[-1].startswith("Thank you.")
    home.switch("off")
    await home.wait(61)
    assert phone.texts[-1].startswith("All clear")


# -- what it shows -----------------------------------------------------------------------------------------------------


async def test_a_new_notification_replaces_the_old_one(home: AlertHome, phone: Phone) -> None:
    await home.alert([phone.entity_id, "notify.anna"], remind_every=2)
    await home.begin()
    await home.wait(130)
    assert [each["message"].partition(":")[0] for each in phone.shown] == ["ALERT", "ALERT goes on"]
    assert list(phone.buttons) == BUTTONS
    await home.answer(ANNA, "OK")
    assert len(phone.screen) == 1
    (shown,) = phone.screen
    assert shown["message"].startswith("Anna takes care of ")
    # It asks nothing, so it has no buttons and makes no noise.
    assert phone.buttons == {}
    assert CRITICAL.isdisjoint(shown["data"])
    home.switch("off")
    await home.wait(61)
    (shown,) = phone.screen
    assert shown["message"].startswith("All clear")
    assert phone.buttons == {}
    assert CRITICAL.isdisjoint(shown["data"])


async def test_the_next_incident_does_not_replace_the_end_of_the_last(home: AlertHome, phone: Phone) -> None:
    await home.alert(phone.entity_id)
    for state in ("on", "off", "on"):
        home.switch(state)
        await home.settle()
        await home.wait(61)
    assert [each["message"][:5] for each in phone.screen] == ["All c", "ALERT"]


async def test_an_alert_that_is_not_urgent_makes_no_more_noise_than_others(home: AlertHome, phone: Phone) -> None:
    await home.alert(phone.entity_id, urgent=False)
    home.switch("on")
    await home.settle()
    assert list(phone.buttons) == BUTTONS
    assert CRITICAL.isdisjoint(phone.shown[0]["data"])


async def test_a_drill_is_not_urgent(home: AlertHome, phone: Phone) -> None:
    alert = await home.alert(phone.entity_id)
    await press(home.hass, "button.leak_drill")
    await home.settle()
    assert phone.texts == ["DRILL, no danger: Leak."]
    assert list(phone.buttons) == ["I take it"]
    assert CRITICAL.isdisjoint(phone.shown[0]["data"])
    await phone.press("I take it")
    await home.settle()
    assert list(home.incident(alert).answered) == [phone.entity_id]
    assert phone.texts[-1] == "Thank you. The drill has your answer."
    assert home.state(alert) is State.ALERTING


HOSTILE = ["{{ 1/0 }}", "<b>'\"", "\x01\u202e", "clear_notification", "a" * 300]


@pytest.mark.parametrize("text", HOSTILE)
async def test_words_are_data(home: AlertHome, phone: Phone, text: str) -> None:
    await home.alert(phone.entity_id, title=text)
    home.switch("on", name=text)
    await home.settle()
    (shown,) = phone.shown
    assert shown["title"] == text
    assert shown["message"].startswith("ALERT: ")
    assert len(shown["message"]) <= 160


# -- faults ------------------------------------------------------------------------------------------------------------


async def test_an_app_without_its_action_is_told_without_buttons(home: AlertHome, phone: Phone) -> None:
    home.hass.services.async_remove("notify", "mobile_app_pixel")
    await home.alert(phone.entity_id)
    home.switch("on")
    await home.settle()
    (shown,) = phone.shown
    assert shown["message"].startswith(f"ALERT: {WATER}, ")
    assert shown["message"].endswith("Acknowledge it in Home Assistant.")
    assert "data" not in shown
    await press(home.hass, "button.leak_i_take_it")
    home.switch("off")
    await home.wait(61)
    assert phone.texts[-1].startswith("All clear")
    assert "Acknowledge" not in phone.texts[-1]


async def test_an_app_whose_integration_is_about_to_start_is_told_without_buttons(
    home: AlertHome, phone: Phone
) -> None:
    del home.hass.data["mobile_app"]["notify"]
    await home.alert(phone.entity_id)
    home.switch("on")
    await home.settle()
    assert phone.texts[0].endswith("Acknowledge it in Home Assistant.")


async def test_an_app_that_is_disabled(home: AlertHome, phone: Phone) -> None:
    entity = er.async_get(home.hass).async_update_entity(phone.entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await home.hass.async_block_till_done()
    await home.alert(entity.entity_id, "notify.anna")
    home.switch("on")
    await home.settle()
    await home.wait(12, 6)
    assert len(home.texts(ANNA)) == 1
    assert phone.shown == []


@pytest.mark.parametrize("trackers", [None, 7, "device_tracker.pixel", {"a": 1}, [None, 7, [], "", "device_tracker.x"]])
async def test_a_person_whose_phones_cannot_be_read(home: AlertHome, phone: Phone, trackers: object) -> None:
    home.hass.states.async_set("person.odd", "home", {"device_trackers": trackers})
    await home.alert("person.odd", phone.entity_id, "notify.anna")
    home.switch("on")
    await home.settle()
    await home.wait(12, 6)
    assert len(phone.shown) == 1


async def test_an_app_that_is_not_loaded(home: AlertHome, phone: Phone) -> None:
    assert await home.hass.config_entries.async_unload(phone.entry.entry_id)
    assert phone.entry.state is ConfigEntryState.NOT_LOADED
    alert = await home.alert(phone.entity_id, "notify.anna")
    home.switch("on")
    await home.settle()
    await home.wait(12, 6)
    # Nobody saw it, so the next is asked at once.
    assert home.incident(alert).notifications[0].progress is Progress.FAILED
    assert len(home.texts(ANNA)) == 1


async def test_a_phone_that_is_only_reached_at_home_and_is_away(home: AlertHome, phones: Phones, zoe: User) -> None:
    phone = await phones.add("Away", zoe, push_websocket_channel=True)
    alert = await home.alert(phone.entity_id, "notify.anna")
    home.switch("on")
    await home.settle()
    await home.wait(12, 6)
    assert home.incident(alert).notifications[0].progress is Progress.FAILED
    assert len(home.texts(ANNA)) == 1


async def test_a_push_service_that_refuses(home: AlertHome, phones: Phones, phone: Phone) -> None:
    phones.status = 500
    alert = await home.alert(phone.entity_id, "notify.anna")
    home.switch("on")
    await home.settle()
    await home.wait(290)
    # The app reports no failure, so it waits as long as for others.
    assert home.incident(alert).notifications[0].progress is Progress.ACCEPTED
    await home.wait(20)
    assert len(home.texts(ANNA)) == 1


async def test_killed_before_it_is_known_that_the_push_left(
    home: AlertHome, house: MockConfigEntry, phone: Phone
) -> None:
    alert = await home.alert(phone.entity_id)
    sender: Any = alert.runtime_data._sender
    sender._owner = type("Lost", (), {"find": alert.runtime_data.find, "progressed": lambda *_: None})()
    home.switch("on")
    await until(lambda: phone.shown)
    await home.restart(house, alert)
    # It may repeat, and then takes the place of the first.
    assert len(phone.shown) == 2
    assert len(phone.screen) == 1
    await phone.press("I take it")
    await home.settle()
    assert home.state(alert) is State.ACKNOWLEDGED


# -- secrets -----------------------------------------------------------------------------------------------------------


async def test_the_secret_stands_only_in_the_notification(
    home: AlertHome, house: MockConfigEntry, phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    alert = await home.alert(phone.entity_id)
    home.switch("on")
    await home.settle()
    nonce = home.incident(alert).nonce
    assert nonce
    assert nonce in phone.buttons["I take it"]
    await phone.press("I take it")
    await home.restart(house, alert)
    assert home.incident(alert).nonce == nonce
    # Home Assistant's own log at the level debug holds all events.
    assert nonce not in "".join(record.getMessage() for record in caplog.records if "texting" in record.name)
    assert nonce not in repr(home.incident(alert))
    shown = await async_get_config_entry_diagnostics(home.hass, alert)
    assert nonce not in json.dumps(shown, default=str)
    assert nonce not in json.dumps([state.as_dict() for state in home.hass.states.async_all()], default=str)
    home.switch("off")
    await home.wait(61)
    home.switch("on")
    await home.settle()
    assert home.incident(alert).nonce not in ("", nonce)
