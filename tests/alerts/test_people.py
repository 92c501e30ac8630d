"""The people in the steps of an alert, where they are reached, and what of them must stay secret."""

import json
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.model import State
from custom_components.texting.diagnostics import async_get_config_entry_diagnostics
from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from tests.conftest import SetUp
from tests.support.alert_home import ANNA, BEN, SENDING, WATER, AlertHome
from tests.support.home import notify
from tests.support.people import add_persons, change, link

PRO, CLUB = Provider.TEXTIOPRO, Provider.CLUB_TEXTING


@pytest.fixture
async def people(hass: HomeAssistant) -> None:
    """Add Anna and Zoe to Home Assistant."""
    await add_persons(hass, "Anna", "Zoe")


async def test_a_person_is_texted_through_the_recipient_that_is_theirs(
    home: AlertHome, people: None, house: MockConfigEntry
) -> None:
    link(home.hass, house, "Anna", "person.anna")
    alert = await home.alert("person.anna", "person.zoe", "notify.ben")
    await home.begin()
    assert home.kinds(ANNA) == ["alert"]
    await home.answer(ANNA, "NO")
    # Zoe has no recipient.
    await home.wait(25, 5)
    assert len(home.texts(BEN)) == 1
    await home.wait(600)
    assert "responder_missing" in home.issues(alert)


async def test_two_recipients_with_one_phone_get_one_text(
    home: AlertHome, house: MockConfigEntry, set_up: SetUp
) -> None:
    await set_up(PRO)
    alert = await home.alert(["notify.anna", "notify.anna_2"])
    await home.begin()
    assert home.kinds(ANNA) == ["alert"]
    await home.answer(ANNA, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.kinds(ANNA) == ["alert", "thanks"]


async def test_an_answer_through_another_account(home: AlertHome, house: MockConfigEntry, set_up: SetUp) -> None:
    await set_up(PRO)
    await notify(home.hass, "notify.anna_2", "Hello")
    alert = await home.alert("notify.anna")
    await home.begin()
    await home.answer(ANNA, f"OK {home.number(alert)}", PRO)
    await home.until(lambda: home.state(alert) is State.ACKNOWLEDGED, 5)
    await home.until(lambda: "thanks" in home.kinds(ANNA), 5)
    assert home.simulator.messages()[-1].provider == PRO


async def test_a_contact_group_has_no_phone_that_could_answer(
    home: AlertHome, house: MockConfigEntry, set_up: SetUp
) -> None:
    pro = await set_up(PRO)
    everyone = home.recruit(pro, "Everyone", group="6415907d0d37a")
    await home.settle()
    await home.alert(everyone, "notify.anna")
    home.switch("on")
    await home.wait(12, 6)
    assert len(home.texts(ANNA)) == 1
    assert len(home.simulator.messages()) == 1


async def test_a_recipient_without_numbers(home: AlertHome, house: MockConfigEntry) -> None:
    change(home.hass, house, "Anna", numbers=[])
    await home.alert("notify.anna", "notify.ben")
    home.switch("on")
    await home.wait(12, 6)
    assert len(home.texts(BEN)) == 1


async def test_a_recipient_with_two_phones(home: AlertHome, house: MockConfigEntry) -> None:
    change(home.hass, house, "Anna", numbers=[ANNA, "+33612345611"])
    alert = await home.alert("notify.anna")
    await home.begin(2)
    assert home.kinds(ANNA) == home.kinds("+33612345611") == ["alert"]
    await home.answer("+33612345611", "OK")
    assert home.state(alert) is State.ACKNOWLEDGED
    # Only the phone that answered is thanked, and the other one belongs to the same person.
    assert home.kinds("+33612345611") == ["alert", "thanks"]
    assert home.kinds(ANNA) == ["alert"]


async def test_an_account_whose_login_is_wrong(home: AlertHome, house: MockConfigEntry, set_up: SetUp) -> None:
    club = await set_up(CLUB, data={"password": "wrong"})
    assert club.state is ConfigEntryState.SETUP_ERROR
    await home.alert("notify.clara", "notify.anna")
    home.switch("on")
    await home.wait(70, 10)
    assert len(home.texts(ANNA)) == 1


async def test_stop_and_start(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "notify.ben")
    await home.begin()
    await home.answer(ANNA, "STOP")
    await home.wait(11)
    assert len(home.texts(BEN)) == 1
    await home.answer(ANNA, "START")
    await home.wait(2)
    await home.answer(ANNA, f"OK {home.number(alert)}")
    assert home.incident(alert).owner_name == "Anna"
    assert home.kinds(ANNA) == ["alert", "thanks"]


async def test_killed_before_the_thanks_was_saved(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "notify.ben")
    await home.begin()
    sender: Any = alert.runtime_data._sender
    sender.async_send = lambda *_: None
    await home.answer(ANNA, "OK")
    assert home.kinds(ANNA) == ["alert"]
    await home.restart(house, alert)
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.kinds(ANNA) == ["alert", "thanks"]


async def test_logs_and_diagnostics_are_silent(
    home: AlertHome, house: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    alert = await home.alert("notify.anna", "notify.ben")
    home.simulator.faults.add("textinghouse", "answer", params=SENDING, body="ERR: 400 | STOP mention missing")
    home.switch("on")
    await home.wait(12)
    await home.answer(BEN, "OK")
    await home.restart(house, alert)
    ours = [record.getMessage() for record in caplog.records if "texting" in record.name]
    found = [line[:300] for line in ours if ANNA[1:] in line or BEN[1:] in line or WATER in line or "ALERT" in line]
    assert found == []
    shown = json.dumps(await async_get_config_entry_diagnostics(home.hass, alert), default=str)
    for secret in (ANNA[1:], BEN[1:], WATER, "Anna", "ALERT"):
        assert secret not in shown
