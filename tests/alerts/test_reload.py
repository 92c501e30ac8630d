"""An open alert goes on: reloads, restarts, kills. And it ends if nobody watches any more."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.model import Progress, State
from custom_components.texting.delivery.database import MessageDatabase
from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import ConfigEntryDisabler
from tests.conftest import SetUp
from tests.support.alert_home import ANNA, BEN, SENDING, AlertHome
from tests.support.home import forget, until
from tests.support.people import remove
from tests.support.records import count

STEPS = ("notify.anna", "notify.ben")


async def reload(home: AlertHome, entry: MockConfigEntry) -> None:
    await home.hass.config_entries.async_reload(entry.entry_id)
    await home.settle()


async def disable(home: AlertHome, entry: MockConfigEntry) -> None:
    await home.hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    await home.settle()


# -- it goes on --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["alert", "account", "restart"])
async def test_it_goes_on_and_repeats_nothing(home: AlertHome, house: MockConfigEntry, way: str) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    code, incident = home.number(alert), home.incident(alert).id
    await home.wait(120)
    if way == "restart":
        await home.restart(house, alert)
    else:
        await reload(home, alert if way == "alert" else house)
    assert home.incident(alert).id == incident
    assert home.state(alert) is State.ALERTING
    assert home.kinds(ANNA) == ["alert"]
    await home.wait(170)
    assert home.texts(BEN) == []
    await home.wait(15)
    assert home.kinds(BEN) == ["escalated"]
    # The number that Anna was told still counts.
    await home.answer(ANNA, f"OK {code}")
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.incident(alert).owner_name == "Anna"
    assert home.kinds(BEN) == ["escalated", "taken"]
    home.switch("off")
    await home.wait(61)
    assert home.kinds(ANNA)[-1] == "clear"
    assert home.kinds(ANNA).count("clear") == 1
    await reload(home, alert)
    assert home.kinds(ANNA).count("clear") == 1


async def test_a_bare_ok_counts_after_a_restart(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    await home.restart(house, alert)
    await home.answer(ANNA, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED


async def test_the_alert_may_start_before_its_account(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    home.hass.config_entries.async_update_entry(alert, title="Leak")
    for entry in (alert, house):
        await home.hass.config_entries.async_unload(entry.entry_id)
    forget(home.hass)
    for entry in (alert, house):
        await home.hass.config_entries.async_setup(entry.entry_id)
    await home.settle()
    code = home.number(alert)
    await home.answer(ANNA, f"OK {code}")
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.kinds(ANNA) == ["alert", "thanks"]


async def test_the_cause_went_off_while_home_assistant_was_off(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    for entry in (alert, house):
        await home.hass.config_entries.async_unload(entry.entry_id)
    home.switch("off")
    for entry in (house, alert):
        await home.hass.config_entries.async_setup(entry.entry_id)
    await home.settle()
    assert home.state(alert) is State.ALERTING
    await home.wait(61)
    assert home.state(alert) is State.CLOSED
    assert home.kinds(ANNA) == ["alert", "clear"]


async def test_a_closed_number_is_over_also_after_a_restart(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS, all_clear=False)
    await home.begin()
    code = home.number(alert)
    home.switch("off")
    await home.wait(61)
    assert home.state(alert) is State.CLOSED
    await home.restart(house, alert)
    await home.answer(ANNA, f"OK {code}")
    assert home.state(alert) is State.CLOSED or home.state(alert) is State.IDLE
    assert home.kinds(ANNA) == ["alert", "over"]
    assert "Water in the cellar" in home.texts(ANNA)[-1]
    await home.answer(ANNA, f"OK {code}")
    assert home.kinds(ANNA) == ["alert", "over"]


async def test_a_reload_while_a_text_is_being_sent(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    held = home.simulator.faults.add("textinghouse", "hold", params=SENDING)
    home.switch("on")
    await until(held.reached.is_set)
    reloading = asyncio.create_task(home.hass.config_entries.async_reload(alert.entry_id))
    await until(reloading.done)
    assert home.state(alert) is State.ALERTING
    held.release()
    await until(lambda: home.incident(alert).notification(1).progress is not Progress.PLANNED)
    await home.settle()
    assert home.kinds(ANNA) == ["alert"]
    await home.answer(ANNA, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED


async def test_an_answer_that_comes_during_the_reload(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    await home.hass.config_entries.async_unload(alert.entry_id)
    await home.answer(ANNA, "OK")
    await home.hass.config_entries.async_setup(alert.entry_id)
    await home.settle()
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.kinds(ANNA) == ["alert", "thanks"]


# -- killed ------------------------------------------------------------------------------------------------------------


async def test_killed_before_the_message_was_saved(
    home: AlertHome, house: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = await home.alert(*STEPS)
    engine: Any = alert.runtime_data
    monkeypatch.setattr(engine._sender, "async_send", lambda *_: None)
    home.switch("on")
    await home.settle()
    assert home.texts(ANNA) == []
    await home.restart(house, alert)
    assert home.kinds(ANNA) == ["alert"]
    await home.answer(ANNA, f"OK {home.number(alert)}")
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.kinds(ANNA) == ["alert", "thanks"]


async def test_killed_before_the_incident_knew_that_it_left(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    store: Any = alert.runtime_data._store
    save, saved = store.save, []

    def save_first(incident: Any, codes: Any, then: Any = lambda: None) -> None:
        saved.append(incident)
        if len(saved) == 1:
            save(incident, codes, then)

    store.save = save_first
    await home.begin()
    assert len(saved) > 1
    await home.restart(house, alert)
    assert home.incident(alert).notification(1).progress is Progress.DELIVERED
    await home.wait(30)
    assert home.kinds(ANNA) == ["alert"]


# -- nobody watches any more -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["disabled", "removed", "switched off"])
async def test_people_hear_once_that_nobody_watches(home: AlertHome, house: MockConfigEntry, way: str) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    code = home.number(alert)
    if way == "disabled":
        await disable(home, alert)
    elif way == "removed":
        await home.hass.config_entries.async_remove(alert.entry_id)
    else:
        switch = home.entity(alert, "switch")
        await home.hass.services.async_call("switch", "turn_off", {"entity_id": switch}, blocking=True)
    await home.settle()
    assert home.kinds(ANNA) == ["alert", "off"]
    assert home.texts(BEN) == []
    home.switch("off")
    home.switch("on")
    await home.wait(1000)
    assert home.kinds(ANNA) == ["alert", "off"]
    await home.answer(ANNA, f"OK {code}")
    assert home.kinds(ANNA) == ["alert", "off", "over"]
    assert home.issues(alert) == []
    database: MessageDatabase = house.runtime_data.outbox.database
    if way == "removed":
        assert await count(database, "incident") == 0


async def test_enabled_again_it_begins_anew(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    first = home.incident(alert).id
    await disable(home, alert)
    await home.hass.config_entries.async_set_disabled_by(alert.entry_id, None)
    await home.settle()
    # The cause is still on.
    assert home.state(alert) is State.ALERTING
    assert home.incident(alert).id != first
    assert home.kinds(ANNA) == ["alert", "off", "alert"]


async def test_removed_while_the_account_is_down(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    for site in ("textinghouse", "textinghouse_backup"):
        await home.simulator.faults.refuse(site)
    removing = asyncio.create_task(home.hass.config_entries.async_remove(alert.entry_id))
    await until(removing.done)
    await home.simulator.restore()
    await home.until(lambda: len(home.texts(ANNA)) == 2, 5)
    assert home.kinds(ANNA) == ["alert", "off"]


# -- what it needs is gone ---------------------------------------------------------------------------------------------


async def test_the_account_of_a_step_is_removed(home: AlertHome, house: MockConfigEntry, set_up: SetUp) -> None:
    club = await set_up(Provider.CLUB_TEXTING)
    await home.alert("notify.clara", "notify.anna")
    await home.begin()
    assert home.texts(ANNA) == []
    await home.hass.config_entries.async_remove(club.entry_id)
    await home.settle()
    await home.wait(12)
    assert len(home.texts(ANNA)) == 1


async def test_an_alert_whose_only_account_is_gone(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.hass.config_entries.async_remove(house.entry_id)
    home.switch("on")
    await home.settle()
    await home.wait(120)
    assert home.occasions()[0] == "raised"
    assert "unreachable" in home.occasions()
    assert "alert_unreachable" in home.issues(alert)


async def test_the_recipient_of_a_step_is_removed(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert(*STEPS)
    await home.begin()
    remove(home.hass, house, "Anna")
    await home.settle()
    await home.wait(62)
    assert len(home.texts(BEN)) == 1
