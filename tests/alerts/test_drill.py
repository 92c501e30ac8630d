"""Drills in a home: their report, and where people see it."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_get_persistent_notifications,
)

from custom_components.texting.alerting.model import State
from homeassistant.components import persistent_notification
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from tests.support.alert_home import ANNA, BEN, CARA, AlertHome
from tests.support.alerts import press
from tests.support.home import count_writes, send, state_of, text_of
from tests.support.people import change

DRILL, LAST, EVENT = "button.leak_drill", "sensor.leak_last_drill", "event.leak_alert"
# No text to it arrives.
UNDELIVERED = "+33612340006"
HALF_AN_HOUR = 1800.0
NAMES = ("answered", "silent", "undelivered", "skipped")


async def drill(home: AlertHome) -> None:
    """Begin a drill, and wait until its texts have arrived."""
    await press(home.hass, DRILL)
    await home.settle()


def report(home: AlertHome, entity_id: str = LAST) -> dict[str, Any]:
    """Return the report that an entity shows."""
    attributes = state_of(home.hass, entity_id).attributes
    return {key: attributes[key] for key in ("result", *NAMES)}


def notification(home: AlertHome, alert: MockConfigEntry) -> str | None:
    """Return what the notification about the drill says."""
    known = async_get_persistent_notifications(home.hass).get(f"texting_drill_{alert.entry_id}")
    return known["message"] if known else None


def failed(home: AlertHome, alert: MockConfigEntry) -> str | None:
    """Return what the issue says that the drill failed."""
    issue = ir.async_get(home.hass).async_get_issue("texting", f"drill_failed_{alert.entry_id}")
    return (issue.translation_placeholders or {})["report"] if issue else None


async def test_everybody_answers(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "notify.ben")
    assert state_of(home.hass, LAST).state == "unknown"
    await drill(home)
    await home.wait(12, 1)
    await home.answer(ANNA, "OK")
    await home.wait(100, 1)
    await home.answer(BEN, "Here I am")
    assert home.state(alert) is State.ALERTING
    await home.wait(6, 1)
    assert home.state(alert) is State.CLOSED
    # The thanks left.
    assert home.kinds(ANNA) == home.kinds(BEN) == ["drill", "thanks"]
    shown = report(home)
    first, second = shown.pop("answered")
    assert (first["name"], second["name"]) == ("Anna", "Ben")
    assert 12 <= first["seconds"] <= 14
    assert 112 <= second["seconds"] <= 116
    assert shown == {"result": "passed", "silent": [], "undelivered": [], "skipped": []}
    assert report(home, EVENT)["answered"] == [first, second]
    assert state_of(home.hass, EVENT).attributes["event_type"] == "drill_ended"
    ended = dt_util.parse_datetime(state_of(home.hass, LAST).state, raise_on_error=True)
    assert abs(ended - dt_util.utc_from_timestamp(alert.runtime_data.clock.unix())) < timedelta(seconds=10)
    told = notification(home, alert)
    assert told == (f"Everybody answered. Answered: Anna ({first['seconds']} s), Ben ({second['seconds']} s).")
    assert failed(home, alert) is None


async def test_somebody_is_silent(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "notify.ben")
    await drill(home)
    await home.answer(ANNA, "OK")
    await home.wait(HALF_AN_HOUR + 1)
    assert report(home)["silent"] == ["Ben"]
    assert (report(home)["result"], failed(home, alert)) == ("passed", None)
    told = notification(home, alert) or ""
    assert told.startswith("Not everybody answered. Answered: Anna (")
    assert told.endswith(" No answer: Ben.")


async def test_somebody_is_not_reached_until_the_next_drill(home: AlertHome, house: MockConfigEntry) -> None:
    change(home.hass, house, "Ben", numbers=[UNDELIVERED])
    alert = await home.alert(["notify.anna", "notify.ben"])
    await drill(home)
    await home.answer(ANNA, "OK")
    # Nobody else can answer.
    await home.wait(10, 1)
    assert home.state(alert) is State.CLOSED
    assert report(home)["undelivered"] == ["Ben"]
    assert "Not reached: Ben." in (notification(home, alert) or "")
    assert failed(home, alert) == notification(home, alert)
    ended = state_of(home.hass, LAST)
    await home.restart(house, alert)
    # The database knows it.
    assert (state_of(home.hass, LAST).state, report(home)["undelivered"]) == (ended.state, ["Ben"])
    assert failed(home, alert)
    change(home.hass, house, "Ben", numbers=[BEN])
    await drill(home)
    await home.answer(ANNA, "OK")
    await home.answer(BEN, "OK")
    await home.wait(10, 1)
    assert (report(home)["result"], failed(home, alert)) == ("passed", None)


async def test_nobody_answers(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    await drill(home)
    await home.wait(HALF_AN_HOUR + 1)
    assert (failed(home, alert) or "").startswith("Nobody answered.")
    await home.hass.config_entries.async_remove(alert.entry_id)
    await home.settle()
    assert (failed(home, alert), notification(home, alert)) == (None, None)


async def test_two_drills_that_show_the_same(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    for _ in range(2):
        await drill(home)
        await home.wait(HALF_AN_HOUR + 10)
        assert notification(home, alert) == "Nobody answered. No answer: Anna."
        persistent_notification.async_dismiss(home.hass, f"texting_drill_{alert.entry_id}")
        assert notification(home, alert) is None


async def test_who_is_not_asked(home: AlertHome, house: MockConfigEntry) -> None:
    change(home.hass, house, "Ben", quiet_start="00:00:00", quiet_end="23:59:59")
    await send(home.hass, "Hello", account=house.entry_id, to=[CARA])
    await home.answer(CARA, "STOP")
    alert = await home.alert("notify.anna", "notify.ben", "notify.cara", "notify.gone")
    await drill(home)
    assert home.kinds(BEN) == []
    await home.answer(ANNA, "OK")
    await home.wait(10, 1)
    assert report(home)["skipped"] == [
        {"name": "Ben", "reason": "quiet_hours"},
        {"name": "Cara", "reason": "opted_out"},
        {"name": "notify.gone", "reason": "unreachable"},
    ]
    told = notification(home, alert) or ""
    assert "Not asked because of quiet hours: Ben. Not asked, because they opted out: Cara." in told
    assert told.endswith("Not asked, because there is no number and no app: notify.gone.")


async def test_a_real_cause_ends_it(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "notify.ben")
    await drill(home)
    await home.answer(ANNA, "OK")
    await home.begin()
    assert home.state(alert) is State.ALERTING
    assert report(home)["result"] == "interrupted"
    assert (report(home)["silent"], failed(home, alert)) == (["Ben"], None)
    assert (notification(home, alert) or "").startswith("The drill ended early, because something is really wrong.")


async def test_it_is_cleared(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    await drill(home)
    await home.hass.services.async_call("texting", "clear_alert", {"entity_id": "sensor.leak_state"}, blocking=True)
    await home.settle()
    assert (report(home)["result"], failed(home, alert)) == ("interrupted", None)
    assert (notification(home, alert) or "") == "The drill ended early. Nobody answered. No answer: Anna."


async def test_a_restart_goes_on_with_it(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "notify.ben")
    await drill(home)
    await home.answer(ANNA, "OK")
    await home.restart(house, alert)
    assert home.kinds(ANNA) == ["drill", "thanks"]
    await home.answer(BEN, "OK")
    await home.wait(10, 1)
    assert [each["name"] for each in report(home)["answered"]] == ["Anna", "Ben"]
    assert report(home)["result"] == "passed"


async def test_a_drill_of_an_alert_that_is_not_armed(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", armed=False)
    await drill(home)
    await home.hass.config_entries.async_reload(alert.entry_id)
    await home.settle()
    assert home.state(alert) is State.ALERTING
    await home.answer(ANNA, "OK")
    await home.wait(10, 1)
    assert report(home)["result"] == "passed"


async def test_a_failed_drill_of_an_alert_that_is_removed(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    await drill(home)
    await home.wait(HALF_AN_HOUR + 10)
    assert failed(home, alert)
    assert notification(home, alert)
    await home.hass.config_entries.async_remove(alert.entry_id)
    await home.settle()
    assert (failed(home, alert), notification(home, alert)) == (None, None)


async def test_it_ends_while_home_assistant_is_off(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    await drill(home)
    await home.hass.config_entries.async_unload(alert.entry_id)
    await home.pass_time(3600)
    await home.hass.config_entries.async_setup(alert.entry_id)
    await home.wait(2, 1)
    assert home.state(alert) is State.CLOSED
    assert report(home)["silent"] == ["Anna"]
    assert failed(home, alert)


async def test_a_late_report_of_delivery_counts(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "notify.ben")
    home.simulator.delivered_after = None
    await drill(home)
    await home.answer(ANNA, "OK")
    await home.wait(HALF_AN_HOUR + 1)
    assert (report(home)["silent"], failed(home, alert)) == (["Ben"], None)
    (message,) = [each for each in home.simulator.messages() if each.to in BEN]
    await home.simulator.set_status(message, "6")
    await home.settle()
    assert (report(home)["silent"], report(home)["undelivered"]) == ([], ["Ben"])
    assert "Not reached: Ben." in (failed(home, alert) or "")
    assert notification(home, alert) == failed(home, alert)


async def test_a_provider_that_is_down_reaches_nobody(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    for site in ("textinghouse", "textinghouse_backup"):
        await home.simulator.faults.refuse(site)
    await press(home.hass, DRILL)
    await home.until(lambda: "undelivered" in state_of(home.hass, LAST).attributes, 60)
    assert report(home)["undelivered"] == ["Anna"]
    assert failed(home, alert)


async def test_an_alert_that_asks_nobody_has_no_drill(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert([])
    with pytest.raises(ServiceValidationError) as caught:
        await press(home.hass, DRILL)
    assert "Leak" in text_of(caught.value, "alert_asks_nobody")
    assert home.state(alert) is State.IDLE


async def test_names_are_not_recorded(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert("notify.anna")
    await drill(home)
    await home.answer(ANNA, "OK")
    await home.wait(10, 1)
    for entity_id in (LAST, EVENT):
        info = state_of(home.hass, entity_id).state_info
        assert info
        assert set(NAMES) <= info["unrecorded_attributes"]


async def test_a_drill_writes_few_states(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert("notify.anna", "notify.ben")
    writes = count_writes(home.hass)
    await drill(home)
    await home.answer(ANNA, "OK")
    await home.answer(BEN, "OK")
    await home.wait(10, 1)
    own = [each for each in writes if each.split(".")[1].startswith("leak")]
    assert own.count(LAST) == 1
    assert own.count(EVENT) == 2
    assert len(own) <= 22
