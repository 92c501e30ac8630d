"""What nobody should do to an alert, and what must not break it."""

import time
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.model import State
from custom_components.texting.const import DOMAIN
from custom_components.texting.delivery.incidents import IncidentRow
from custom_components.texting.gateway.provider import Provider
from tests.conftest import Connect, SetUp
from tests.support.alert_home import ANNA, BEN, CELLAR, WATER, AlertHome
from tests.support.alerts import new_alert, set_up_alert
from tests.support.home import until
from tests.support.records import full_disk

STEPS = ("notify.anna", "notify.ben")
DAY = 86400.0
CLUB, CLARA = Provider.CLUB_TEXTING, "+12125550142"

# -- people ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [[], [{"who": []}], [{"who": ["notify.nobody"]}], [{"who": ["person.x"], "wait": 1}]])
async def test_nobody_to_tell(home: AlertHome, house: MockConfigEntry, steps: list[Any]) -> None:
    home.switch("off")
    alert = await set_up_alert(home.hass, causes=[CELLAR], steps=steps)
    home.switch("on")
    await home.settle()
    await home.wait(60)
    assert home.occasions()[0] == "raised"
    assert "alert_unreachable" in home.issues(alert)
    assert home.simulator.messages() == []
    await home.wait(800)
    assert home.state(alert) is State.EXHAUSTED
    home.switch("off")
    await home.wait(61)
    assert home.state(alert) is State.CLOSED
    assert home.issues(alert) in ([], ["responder_missing"])


async def test_people_who_opted_out_are_skipped(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.hass.services.async_call("notify", "send_message", {"entity_id": "notify.anna", "message": "Hello"})
    await home.settle()
    await home.answer(ANNA, "STOP")
    home.switch("on")
    await home.wait(11)
    assert len(home.texts(BEN)) == 1
    assert home.texts(ANNA) == ["Hello"]
    await home.wait(601)
    assert "responder_missing" in home.issues(alert)


async def test_people_who_all_opted_out(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert()
    await home.begin()
    await home.answer(ANNA, "STOP")
    await home.wait(60)
    assert home.kinds(ANNA) == ["alert"]
    await home.wait(600)
    assert home.state(alert) is State.EXHAUSTED
    await home.wait(4000, 600)
    assert home.kinds(ANNA) == ["alert"]


async def test_no_from_everybody(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    await home.answer(ANNA, "NO")
    await home.wait(11)
    await home.answer(BEN, "NO")
    await home.wait(60, 10)
    assert home.state(alert) is State.EXHAUSTED
    counts = len(home.texts(ANNA)), len(home.texts(BEN))
    # Everybody declined, so everybody is asked every hour.
    await home.wait(3610, 600)
    assert (len(home.texts(ANNA)), len(home.texts(BEN))) == (counts[0] + 1, counts[1] + 1)
    await home.answer(BEN, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED


# -- causes ------------------------------------------------------------------------------------------------------------


async def test_a_cause_that_does_not_exist(home: AlertHome, house: MockConfigEntry) -> None:
    home.switch("off")
    alert = await set_up_alert(
        home.hass, causes=[CELLAR, "binary_sensor.gone"], steps=[{"who": ["notify.anna"], "wait": 5}]
    )
    assert home.issues(alert) == []
    await home.wait(601)
    assert home.issues(alert) == ["cause_missing"]
    await home.begin()
    assert home.kinds(ANNA) == ["alert"]
    home.switch("off", "binary_sensor.gone", "Gone")
    await home.wait(601)
    assert "cause_missing" not in home.issues(alert)


async def test_fifty_causes_at_once_are_one_text(home: AlertHome, house: MockConfigEntry) -> None:
    causes = [f"binary_sensor.c{number}" for number in range(50)]
    alert = await home.alert(causes=causes)
    for number, cause in enumerate(causes):
        home.switch("on", cause, f"Cause {number}")
    await home.settle()
    (text,) = home.texts(ANNA)
    assert "Cause 0, Cause 1" in text
    assert len(text) <= 130
    assert len(home.incident(alert).causes) == 50
    for cause in causes:
        home.switch("off", cause)
    await home.wait(61)
    assert home.kinds(ANNA) == ["alert", "clear"]


async def test_twenty_alerts_at_once_on_one_phone(home: AlertHome, set_up: SetUp, connect: Connect) -> None:
    # Club Texting does not say which text a reply is for.
    await connect(await set_up(CLUB))
    causes = [f"binary_sensor.c{number}" for number in range(20)]
    alerts = []
    for number, cause in enumerate(causes):
        home.switch("off", cause, f"Cause {number}")
        alerts.append(await home.alert("notify.clara", causes=[cause], title=f"Alert {number}"))
    for number, cause in enumerate(causes):
        home.switch("on", cause, f"Cause {number}")
    await until(lambda: len(home.texts(CLARA)) == 20)
    await home.settle()
    codes = [home.number(alert, CLARA) for alert in alerts]
    assert len(set(codes)) == 20
    assert {text.partition(",")[0] for text in home.texts(CLARA)} == {
        f"ALERT {code}: Cause {number}" for number, code in enumerate(codes)
    }
    _, body = await home.answer(CLARA, "OK", CLUB)
    assert body.startswith("Which one? ")
    assert all(str(code) in body for code in codes)
    assert {home.state(alert) for alert in alerts} == {State.ALERTING}
    _, body = await home.answer(CLARA, f"OK {codes[13]}", CLUB)
    assert [number for number, alert in enumerate(alerts) if home.state(alert) is State.ACKNOWLEDGED] == [13]
    assert body.startswith("Thank you. Cause 13 is yours")


# -- words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("{{ 1 / 0 }}", WATER),
        ("{{ nothing.of.that }}", WATER),
        ("{{ broken", WATER),
        ("{{ 'x' * 10000 }}", "xxxx"),
        ("{{ '' }}", WATER),
        ("{{ '   ' }}", WATER),
        ("\U0001f6b0\U0001f525", "ALERT"),
        ("水が漏れている", "ALERT"),
        ("{{ causes[0] }} is wet", f"{WATER} is wet"),
        ("{{ range(100000000) | list | length }}", WATER),
        ("a\nb\r\nc\x00d", "ALERT"),
    ],
)
@pytest.mark.parametrize("provider", [Provider.TEXTINGHOUSE, Provider.GROUP_TEXTING])
async def test_a_message_template(home: AlertHome, set_up: SetUp, provider: Provider, message: str, shown: str) -> None:
    await set_up(provider)
    who = "notify.anna" if provider is Provider.TEXTINGHOUSE else "notify.clara"
    await home.alert(who, message=message)
    home.switch("on")
    await home.settle()
    (sent,) = home.simulator.messages()
    assert shown in sent.text
    assert "Reply OK" in sent.text or "Acknowledge it" in sent.text
    if provider is Provider.GROUP_TEXTING:
        assert len(sent.text) <= 160
        assert sent.segments == 1


# -- options -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [None, "x", [], {}, -1, 1e300, float("nan"), True, ["a", 1, None], {"a": 1}])
async def test_options_of_wrong_types(home: AlertHome, house: MockConfigEntry, wrong: Any) -> None:
    home.switch("off")
    keys = ("states", "rounds", "hold", "remind_every", "acknowledged_for", "cleared_after", "all_clear", "urgent")
    wrongs = dict.fromkeys((*keys, "max_segments", "message"), wrong)
    who = [{"who": ["notify.anna"], "wait": wrong}, wrong, {"who": wrong}]
    alert = await set_up_alert(home.hass, causes=[CELLAR], steps=who, **wrongs)
    if wrong in ("x", ["a", 1, None]):
        home.switch("x" if wrong == "x" else "a")
    else:
        home.switch("on")
    await home.wait(2)
    assert len(home.texts(ANNA)) == 1
    assert home.state(alert) is State.ALERTING


@pytest.mark.parametrize("wrong", [None, "x", [], {}, -1, 1e300, True, [1, None, {"who": 1}, {"who": [None, {}]}]])
@pytest.mark.parametrize("key", ["causes", "steps"])
async def test_causes_and_steps_of_wrong_types(home: AlertHome, house: MockConfigEntry, key: str, wrong: Any) -> None:
    home.switch("off")
    alert = new_alert(causes=[CELLAR])
    alert.add_to_hass(home.hass)
    home.hass.config_entries.async_update_entry(alert, options={**alert.options, key: wrong})
    assert await home.hass.config_entries.async_setup(alert.entry_id)
    await home.settle()
    home.switch("on")
    await home.settle()
    await home.hass.services.async_call(
        DOMAIN, "raise_alert", {"entity_id": home.entity(alert, "sensor"), "message": "Fire"}, blocking=True
    )
    await home.wait(30)
    assert home.state(alert) is (State.ALERTING if key == "causes" else State.EXHAUSTED)
    assert len(home.texts(ANNA)) == (1 if key == "causes" else 0)


# -- clock and disk ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["forward", "back"])
async def test_the_clock_jumps(
    home: AlertHome, house: MockConfigEntry, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    await home.wait(100)
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + jump)
    await home.wait(100)
    assert home.kinds(ANNA) == ["alert"]
    assert home.texts(BEN) == []
    await home.wait(105)
    assert home.kinds(BEN) == ["escalated"]
    await home.restart(house, alert)
    assert home.kinds(BEN) == ["escalated"]
    await home.answer(BEN, f"OK {home.number(alert, BEN)}")
    assert home.state(alert) is State.ACKNOWLEDGED
    home.switch("off")
    await home.wait(61)
    assert home.kinds(BEN) == ["escalated", "thanks", "clear"]


@pytest.mark.parametrize("jump", [DAY - 7200, -DAY], ids=["forward", "back"])
async def test_the_clock_jumps_while_home_assistant_is_off(
    home: AlertHome, house: MockConfigEntry, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    clock = time.time
    for entry in (alert, house):
        await home.hass.config_entries.async_unload(entry.entry_id)
    monkeypatch.setattr(time, "time", lambda: clock() + jump)
    await home.restart(house, alert)
    await home.wait(12)
    assert len(home.texts(ANNA)) <= 2
    assert len(home.texts(BEN)) <= 1
    await home.wait(320)
    assert len(home.texts(BEN)) >= 1
    assert len(home.texts(ANNA)) <= 3


async def test_a_full_disk(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    with full_disk():
        home.switch("on")
        await until(lambda: home.texts(ANNA))
        await home.settle()
        await home.wait(20)
        assert home.kinds(ANNA) == ["alert"]
        assert any("stor" in issue or "disk" in issue or "database" in issue for issue in home.issues()), home.issues()
        # The provider hears that it is not on disk, and may repeat it.
        assert await home.answer(ANNA, "OK") == (503, "")
        assert home.state(alert) is State.ACKNOWLEDGED
        await home.settle()
        assert home.kinds(ANNA) == ["alert", "thanks"]
    await home.wait(120)
    home.switch("off")
    await home.wait(61)
    assert home.kinds(ANNA) == ["alert", "thanks", "clear"]


async def _begin_anew(home: AlertHome, *entries: MockConfigEntry) -> None:
    """Load these entries in a new process, which knows only what is on disk."""
    for entry in reversed(entries):
        await home.hass.config_entries.async_unload(entry.entry_id)
    home.hass.data.pop("texting_database")
    await home.restart(*entries)


@pytest.mark.parametrize("is_full_at_first", [True, False])
async def test_a_restart_while_the_disk_is_full(
    home: AlertHome, house: MockConfigEntry, *, is_full_at_first: bool
) -> None:
    alert = await home.alert(*STEPS)
    if not is_full_at_first:
        await home.begin()
    with full_disk():
        if is_full_at_first:
            home.switch("on")
            await until(lambda: home.texts(ANNA))
            await home.settle()
        await home.answer(ANNA, "OK")
        assert home.kinds(ANNA) == ["alert", "thanks"]
        await home.wait(120)  # the same text within a minute would be refused by the provider
        await _begin_anew(home, house, alert)
        # Nothing is known of it, and its cause is on.
        await home.wait(20)
        assert home.state(alert) is State.ALERTING
        assert home.kinds(ANNA) == ["alert", "thanks", "alert"]


# -- damaged rows ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "7", '{"state": 3}', '{"notifications": [1]}', '{"timers": {"wait": "x"}}', "[" * 5000],
)
async def test_damaged_rows(home: AlertHome, house: MockConfigEntry, content: str) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    incident = home.incident(alert).id
    database = house.runtime_data.outbox.database
    await home.hass.config_entries.async_unload(alert.entry_id)
    await database.write((), incidents=[_row(alert.entry_id, incident, content)])
    await home.hass.config_entries.async_setup(alert.entry_id)
    await home.settle()
    # It is raised once more, since its cause is on.
    assert home.state(alert) is State.ALERTING
    assert home.kinds(ANNA) == ["alert", "alert"]
    await home.answer(ANNA, f"OK {home.incident(alert).notification(1).code}")
    assert home.state(alert) is State.ACKNOWLEDGED


def _row(entry_id: str, incident: str, content: str) -> Any:
    return IncidentRow(entry_id, incident, None, content)
