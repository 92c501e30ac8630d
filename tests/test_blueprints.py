"""The blueprints in a real Home Assistant: the cause, the text, the reply, the effect."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
import itertools
import json
import logging
from pathlib import Path
import shutil
import sys
from typing import Any, override

from aiohttp import web
from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    setup_test_component_platform,
)

from custom_components.texting.gateway.message import IncomingMessage
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.open_questions import async_open_items
from homeassistant.components import persistent_notification
from homeassistant.components.automation.helpers import async_get_blueprints as automation_blueprints
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.components.script.helpers import async_get_blueprints as script_blueprints
from homeassistant.components.switch import SwitchEntity
from homeassistant.components.valve import ValveEntity, ValveEntityFeature
from homeassistant.core import Event, HomeAssistant, State, callback
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
    restore_state,
)
from homeassistant.helpers.selector import selector
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.accounts import RECIPIENTS
from tests.support.alerts import set_up_alert
from tests.support.home import first_number, pass_until, send, state_of, told, until
from tests.support.mobile_app import StandIn
from tests.support.people import add

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "blueprints"
# The paths of all blueprints.
NAMES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.yaml"))
HOUSE, CLUB = Provider.TEXTINGHOUSE, Provider.CLUB_TEXTING
ANNA, BEN, BENS_OTHER, STRANGER = "+33612345601", "+33612345602", "+33612345603", "+33699999999"
CLARA, CARL, CARLS_OTHER = "+12125550142", "+12125550143", "+12125550144"
GREETING = "Hello"
CELLAR = "binary_sensor.cellar"

type Settle = Callable[[], Awaitable[None]]
type Use = Callable[..., Awaitable[None]]


@pytest.fixture
def copied(hass: HomeAssistant) -> None:
    """Copy the blueprints into the home as docs/blueprints.md says."""
    shutil.copytree(FOLDER, hass.config.path("blueprints"))


async def blueprint_at(hass: HomeAssistant, name: str) -> Blueprint:
    """Return a blueprint as Home Assistant loads it."""
    domain, _, path = name.partition("/")
    blueprints = (automation_blueprints if domain == "automation" else script_blueprints)(hass)
    blueprint: Blueprint = await blueprints.async_get_blueprint(path)
    return blueprint


@pytest.fixture
async def use(hass: HomeAssistant, copied: None) -> AsyncIterator[Use]:
    """Return a function that creates an automation from a blueprint, as the editor does."""

    async def automate(name: str, **inputs: Any) -> None:
        automation = {
            "id": name,
            "alias": name,
            "use_blueprint": {"path": f"texting/{name}.yaml", "input": inputs},
        }
        assert await async_setup_component(hass, "automation", {"automation": [automation]})
        await hass.async_block_till_done()
        assert state_of(hass, f"automation.{name}").state == "on"

    yield automate
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


async def greet(hass: HomeAssistant, set_up: SetUp, connect: Connect) -> MockConfigEntry:
    """Set up TextingHouse and text everybody, because only a number that was texted can reply there."""
    entry = await set_up(HOUSE)
    await connect(entry)
    await send(hass, GREETING, account=entry.entry_id, to=[ANNA, BEN, BENS_OTHER, STRANGER])
    return entry


@pytest.fixture
async def house(hass: HomeAssistant, set_up: SetUp, connect: Connect) -> MockConfigEntry:
    """Set up TextingHouse."""
    return await greet(hass, set_up, connect)


@pytest.fixture
async def club(set_up: SetUp, connect: Connect) -> Any:
    """Set up Club Texting."""
    entry = await set_up(CLUB)
    await connect(entry)
    return entry


def texts(simulator: Simulator, number: str | None = None) -> list[str]:
    """Return all texts after the greeting, or those to one number."""
    return [
        message.text
        for message in simulator.messages()
        if message.text != GREETING and (number is None or message.to.endswith(number[-10:]))
    ]


async def texted(simulator: Simulator, number: str, text: str, times: int = 1) -> None:
    """Wait until a phone got a text that contains this."""
    await until(lambda: sum(text in each for each in texts(simulator, number)) >= times)


def events(hass: HomeAssistant, kind: str) -> list[dict[str, Any]]:
    """Return a list that gets the events of one type from now on."""
    seen: list[dict[str, Any]] = []

    @callback
    def note(event: Event[Any]) -> None:
        seen.append(dict(event.data))

    hass.bus.async_listen(kind, note)
    return seen


# -- the files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
async def test_a_blueprint_is_valid(hass: HomeAssistant, copied: None, name: str) -> None:
    blueprint = await blueprint_at(hass, name)
    assert isinstance(blueprint, Blueprint)
    assert not blueprint.validate()
    about = blueprint.metadata
    home = json.loads((ROOT / "custom_components/texting/manifest.json").read_text("utf-8"))["documentation"]
    assert about["source_url"] == f"{home}/blob/main/blueprints/{name}"
    oldest = json.loads((ROOT / "hacs.json").read_text("utf-8"))["homeassistant"]
    assert about["homeassistant"]["min_version"] == oldest
    assert about["description"]
    assert blueprint.data["mode"]


@pytest.mark.parametrize("name", NAMES)
async def test_inputs_are_described_and_used(hass: HomeAssistant, copied: None, name: str) -> None:
    blueprint = await blueprint_at(hass, name)
    written = (FOLDER / name).read_text("utf-8")
    for key, field in blueprint.inputs.items():
        assert field["name"]
        assert field["description"]
        assert f"!input {key}\n" in written
        if "default" in field:
            selector(field["selector"])(field["default"])


# -- water leak ---------------------------------------------------------------------------------------------------


async def leak(hass: HomeAssistant, entity_id: str = CELLAR) -> None:
    """Report a leak."""
    hass.states.async_set(entity_id, "off", {"friendly_name": "Cellar"})
    await asyncio.sleep(0)
    hass.states.async_set(entity_id, "on", {"friendly_name": "Cellar"})


class Valve(ValveEntity):
    """A valve that works or is stuck."""

    _attr_name = "Main"
    _attr_unique_id = "main"
    _attr_reports_position = False
    _attr_is_closed = False
    _attr_supported_features = ValveEntityFeature.CLOSE
    stuck = False

    @override
    async def async_close_valve(self) -> None:
        self._attr_is_closed = not self.stuck
        self.async_write_ha_state()


class Switch(SwitchEntity):
    """A switch that controls a valve."""

    _attr_name = "Main"
    _attr_unique_id = "main"
    _attr_is_on = True

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        self._attr_is_on = False
        self.async_write_ha_state()


@pytest.fixture
async def valve(hass: HomeAssistant) -> Valve:
    """Add valve.main, which is open."""
    entity = Valve()
    setup_test_component_platform(hass, "valve", [entity])
    assert await async_setup_component(hass, "valve", {"valve": {"platform": "test"}})
    await hass.async_block_till_done()
    assert state_of(hass, "valve.main").state == "open"
    return entity


@pytest.mark.parametrize("provider", [HOUSE, CLUB])
async def test_a_leak_is_shut_by_reply(
    hass: HomeAssistant,
    set_up: SetUp,
    connect: Connect,
    simulator: Simulator,
    use: Use,
    settle: Settle,
    valve: Valve,
    provider: Provider,
) -> None:
    await connect(await set_up(provider))
    number, name = first_number(provider), next(iter(RECIPIENTS[provider])).lower()
    await use("water_leak", sensors=[CELLAR], valve="valve.main", person=f"notify.{name}")
    await leak(hass)
    await texted(simulator, number, "Water leaks: Cellar. Reply 1 to shut the valve, 2 to ignore.")
    assert state_of(hass, "valve.main").state == "open"
    await simulator.answer(number, "1.", provider)
    await settle()
    assert state_of(hass, "valve.main").state == "closed"
    assert texts(simulator, number)[1:] == ["The valve is shut."]


async def test_a_switch_can_be_the_valve(
    hass: HomeAssistant, house: Any, simulator: Simulator, use: Use, settle: Settle
) -> None:
    setup_test_component_platform(hass, "switch", [Switch()])
    assert await async_setup_component(hass, "switch", {"switch": {"platform": "test"}})
    await use("water_leak", sensors=[CELLAR], valve="switch.main", person="notify.anna")
    await leak(hass)
    await texted(simulator, ANNA, "Water leaks")
    await simulator.answer(ANNA, "pardon?", HOUSE)
    await texted(simulator, ANNA, "Sorry, not understood. Water leaks: Cellar.")
    assert state_of(hass, "switch.main").state == "on"
    await simulator.answer(ANNA, "Shut", HOUSE)
    await settle()
    assert state_of(hass, "switch.main").state == "off"
    assert texts(simulator)[-1] == "The valve is shut."


async def test_a_leak_is_ignored_by_reply(
    hass: HomeAssistant, house: Any, simulator: Simulator, use: Use, settle: Settle, valve: Valve
) -> None:
    await use("water_leak", sensors=[CELLAR], valve="valve.main", person="notify.anna", shut_anyway=True)
    await leak(hass)
    await texted(simulator, ANNA, "Water leaks")
    await simulator.answer(ANNA, "2", HOUSE)
    await settle()
    assert state_of(hass, "valve.main").state == "open"
    assert len(texts(simulator)) == 1


@pytest.mark.parametrize("anyway", [True, False])
async def test_nobody_replies_to_a_leak(
    hass: HomeAssistant,
    house: Any,
    simulator: Simulator,
    use: Use,
    settle: Settle,
    valve: Valve,
    pass_time: PassTime,
    *,
    anyway: bool,
) -> None:
    inputs = {"sensors": [CELLAR], "valve": "valve.main", "person": "notify.anna", "minutes": 1}
    await use("water_leak", **inputs, shut_anyway=anyway)
    await leak(hass)
    await texted(simulator, ANNA, "Water leaks")
    await pass_until(hass, pass_time, lambda: not len(async_open_items(hass)), 5)
    await settle()
    assert state_of(hass, "valve.main").state == ("closed" if anyway else "open")
    assert texts(simulator)[1:] == (["The valve is shut."] if anyway else [])


async def test_a_valve_that_is_stuck_is_reported(
    hass: HomeAssistant, house: Any, simulator: Simulator, use: Use, settle: Settle, valve: Valve, pass_time: PassTime
) -> None:
    valve.stuck = True
    await use("water_leak", sensors=[CELLAR], valve="valve.main", person="notify.anna")
    await leak(hass)
    await texted(simulator, ANNA, "Water leaks")
    await simulator.answer(ANNA, "1", HOUSE)
    await pass_until(hass, pass_time, lambda: "The valve did not shut. Check it." in texts(simulator, ANNA))
    await settle()
    assert state_of(hass, "valve.main").state == "open"


@pytest.fixture
async def alert(hass: HomeAssistant) -> str:
    """Add an alert that asks Ben. Return the id of its device."""
    entry = await set_up_alert(hass, title="Water", who=["notify.ben"], cleared_after=0)
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return device.id


@pytest.mark.parametrize("replies", [[], ["Pardon?", "What?"]], ids=["silence", "not understood"])
async def test_an_alert_asks_others_if_nobody_chooses(
    hass: HomeAssistant,
    house: Any,
    simulator: Simulator,
    use: Use,
    settle: Settle,
    valve: Valve,
    pass_time: PassTime,
    alert: str,
    replies: list[str],
) -> None:
    await use("water_leak", sensors=[CELLAR], valve="valve.main", person="notify.anna", minutes=1, alerts=[alert])
    await leak(hass)
    for times, text in enumerate(replies, 1):
        await texted(simulator, ANNA, "Water leaks", times=times)
        await simulator.answer(ANNA, text, HOUSE)
    await pass_until(hass, pass_time, lambda: texts(simulator, BEN), 5)
    assert "Water leaks: Cellar. Nobody chose by text what to do, " in texts(simulator, BEN)[0]
    assert state_of(hass, "valve.main").state == "open"
    await settle()
    hass.states.async_set(CELLAR, "off", {"friendly_name": "Cellar"})
    await until(lambda: state_of(hass, "sensor.water_state").state == "idle")


async def test_a_valve_that_is_stuck_raises_an_alert(
    hass: HomeAssistant,
    house: Any,
    simulator: Simulator,
    use: Use,
    settle: Settle,
    valve: Valve,
    pass_time: PassTime,
    alert: str,
) -> None:
    valve.stuck = True
    await use("water_leak", sensors=[CELLAR], valve="valve.main", person="notify.anna", alerts=[alert])
    await leak(hass)
    await texted(simulator, ANNA, "Water leaks")
    await simulator.answer(ANNA, "1", HOUSE)
    # The sensor is dry again, so the alert lasts until somebody clears it.
    hass.states.async_set(CELLAR, "off", {"friendly_name": "Cellar"})
    await pass_until(hass, pass_time, lambda: texts(simulator, BEN), 5)
    assert "Water leaks: Cellar. The valve did not shut, " in texts(simulator, BEN)[0]
    await settle()
    await hass.services.async_call("texting", "clear_alert", {"device_id": alert}, blocking=True)
    assert state_of(hass, "sensor.water_state").state == "idle"


async def test_an_alert_that_is_not_armed_keeps_the_valve_from_nothing(
    hass: HomeAssistant,
    house: Any,
    simulator: Simulator,
    use: Use,
    settle: Settle,
    valve: Valve,
    pass_time: PassTime,
    alert: str,
) -> None:
    await hass.services.async_call("switch", "turn_off", {"entity_id": "switch.water_armed"}, blocking=True)
    inputs = {"sensors": [CELLAR], "valve": "valve.main", "person": "notify.anna", "minutes": 1}
    await use("water_leak", **inputs, shut_anyway=True, alerts=[alert])
    await leak(hass)
    await texted(simulator, ANNA, "Water leaks")
    await pass_until(hass, pass_time, lambda: "The valve is shut." in texts(simulator, ANNA), 5)
    assert not [each for each in texts(simulator, BEN) if "Water" in each]


# -- arm and disarm -----------------------------------------------------------------------------------------------


PIN, COUNTER = "081500", "counter.wrong_pins"
ALARM: dict[str, Any] = {"panel": "alarm_control_panel.alarm", "people": ["notify.anna"], "counter": COUNTER}
TWO_TRIES, ONE_TRY = "Wrong PIN. You have two more tries.", "Wrong PIN. You have one more try."

type AddAlarm = Callable[..., Awaitable[None]]


@pytest.fixture
def add_alarm(hass: HomeAssistant, house: Any, use: Use) -> AddAlarm:
    """Return a function that adds alarm_control_panel.alarm, which Anna may arm, and a counter of wrong PINs."""

    async def add(pin: str | int = PIN, code: str | None = PIN, **counter: int) -> None:
        panel = {"platform": "manual", "name": "Alarm", "arming_time": 0} | ({"code": code} if code else {})
        assert await async_setup_component(hass, "alarm_control_panel", {"alarm_control_panel": panel})
        assert await async_setup_component(hass, "counter", {"counter": {"wrong_pins": counter}})
        await use("arm_and_disarm", **ALARM, pin=pin, mode="arm_night")

    return add


@pytest.fixture
async def alarm(add_alarm: AddAlarm) -> None:
    """Add alarm_control_panel.alarm, which Anna may arm with 081500."""
    await add_alarm()


def armed(hass: HomeAssistant) -> str:
    return state_of(hass, "alarm_control_panel.alarm").state


def wrong_pins(hass: HomeAssistant) -> int:
    return int(state_of(hass, COUNTER).state)


@pytest.fixture
async def notices(hass: HomeAssistant) -> list[str]:
    """Return a list that gets the messages of persistent notifications from now on."""
    assert await async_setup_component(hass, "persistent_notification", {})
    messages: list[str] = []

    @callback
    def note(_change: persistent_notification.UpdateType, changed: dict[str, Any]) -> None:
        messages.extend(notice["message"] for notice in changed.values())

    persistent_notification.async_register_callback(hass, note)
    return messages


@pytest.mark.usefixtures("alarm")
async def test_a_text_arms_and_disarms(
    hass: HomeAssistant, simulator: Simulator, settle: Settle, notices: list[str]
) -> None:
    await simulator.answer(ANNA, "ARM 081500", HOUSE)
    await settle()
    assert (armed(hass), texts(simulator, ANNA)) == ("armed_night", ["The alarm is armed night."])
    await simulator.answer(ANNA, " disarm: 081500! ", HOUSE)
    await settle()
    assert (armed(hass), texts(simulator, ANNA)[1:]) == ("disarmed", ["The alarm is disarmed."])
    assert (wrong_pins(hass), notices) == (0, [])


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("pin", ["٠٨١٥٠٠", "０８１５００", "०८१५००", "08١٥00"])
async def test_digits_of_other_scripts_are_digits(
    hass: HomeAssistant, simulator: Simulator, settle: Settle, pin: str
) -> None:
    await simulator.answer(ANNA, f"ARM {pin}", HOUSE)
    await settle()
    assert armed(hass) == "armed_night"


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("pin", ["٠٨١٥٠١", "⁰⁸¹⁵⁰⁰", "O81500", "0815", "0815000", "81500", "x", "08150x", "0_81500"])
async def test_a_wrong_pin_arms_nothing(
    hass: HomeAssistant, simulator: Simulator, settle: Settle, pin: str, notices: list[str]
) -> None:
    await simulator.answer(ANNA, f"ARM {pin}", HOUSE)
    await settle()
    assert (armed(hass), texts(simulator, ANNA), wrong_pins(hass)) == ("disarmed", [TWO_TRIES], 1)
    await simulator.answer(ANNA, "Arm 081500.", HOUSE)
    await settle()
    assert (armed(hass), wrong_pins(hass), notices) == ("armed_night", 0, [])


async def test_wrong_pins_lock_for_a_time_that_doubles(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    simulator: Simulator,
    add_alarm: AddAlarm,
    settle: Settle,
    notices: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    await add_alarm()
    guesses = itertools.count(100_000)

    async def guess() -> None:
        await simulator.answer(ANNA, f"DISARM {next(guesses)}", HOUSE)
        await settle()

    await guess()
    await guess()
    assert (texts(simulator, ANNA), notices) == ([TWO_TRIES, ONE_TRY], [])
    for lock, minutes in enumerate((10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440), 3):
        await guess()
        said = texts(simulator, ANNA)
        assert (wrong_pins(hass), len(said), len(notices)) == (lock, lock, lock - 2)
        assert said[-1] == f"Wrong PIN. Texts are ignored for {minutes} minutes."
        assert notices[-1].startswith(f"{lock} wrong PINs in a row")
        assert f"are ignored for {minutes} minutes." in " ".join(notices[-1].split())
        # During a lock, nothing tells the right PIN from a wrong one.
        freezer.tick(minutes * 60 - 2)
        for text in (f"ARM {PIN}", "ARM 471100", f"arm {PIN}"):
            await simulator.answer(ANNA, text, HOUSE)
            await settle()
        assert (armed(hass), wrong_pins(hass), texts(simulator, ANNA)) == ("disarmed", lock, said)
        freezer.tick(3)
    await simulator.answer(ANNA, f"ARM {PIN}.", HOUSE)
    await settle()
    assert (armed(hass), wrong_pins(hass)) == ("armed_night", 0)
    # It is a first lock again.
    for _ in range(3):
        freezer.tick(11)
        await guess()
    assert texts(simulator, ANNA)[-1] == "Wrong PIN. Texts are ignored for 10 minutes."
    assert not any(pin in each for pin in (PIN, "4711", "1000") for each in (*texts(simulator), *notices))
    # With pytest -v, Home Assistant itself logs every event.
    log = [record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG]
    assert not any("4711" in line or "10000" in line for line in log)


@pytest.mark.usefixtures("alarm")
async def test_texts_that_come_at_once_are_counted_one_after_the_other(
    hass: HomeAssistant, simulator: Simulator, settle: Settle, notices: list[str]
) -> None:
    guesses = (f"ARM {100_000 + number}" for number in range(6))
    await asyncio.gather(*(simulator.answer(ANNA, text, HOUSE) for text in (*guesses, f"ARM {PIN}")))
    await settle()
    assert (armed(hass), wrong_pins(hass), len(notices)) == ("disarmed", 3, 1)
    assert texts(simulator, ANNA) == [TWO_TRIES, ONE_TRY, "Wrong PIN. Texts are ignored for 10 minutes."]


async def test_a_restart_ends_no_lock(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    simulator: Simulator,
    add_alarm: AddAlarm,
    settle: Settle,
) -> None:
    before = {"state": State(COUNTER, "4").as_dict(), "last_seen": dt_util.utcnow().isoformat()}
    hass_storage["core.restore_state"] = {"version": 1, "key": "core.restore_state", "data": [before]}
    await restore_state.async_get(hass).async_load()
    await add_alarm()
    assert wrong_pins(hass) == 4
    freezer.tick(20 * 60 - 2)
    await simulator.answer(ANNA, f"ARM {PIN}", HOUSE)
    await settle()
    assert (armed(hass), texts(simulator)) == ("disarmed", [])
    freezer.tick(3)
    await simulator.answer(ANNA, f"ARM {PIN}.", HOUSE)
    await settle()
    assert (armed(hass), wrong_pins(hass)) == ("armed_night", 0)


@pytest.mark.usefixtures("alarm")
async def test_the_counter_ends_a_lock(
    hass: HomeAssistant, simulator: Simulator, settle: Settle, notices: list[str]
) -> None:
    for text in ("ARM 100000", "ARM 100001", "ARM 100002", f"ARM {PIN}"):
        await simulator.answer(ANNA, text, HOUSE)
        await settle()
    assert (armed(hass), len(notices)) == ("disarmed", 1)
    await hass.services.async_call("counter", "reset", {"entity_id": COUNTER}, blocking=True)
    await simulator.answer(ANNA, f"ARM {PIN}.", HOUSE)
    await settle()
    assert armed(hass) == "armed_night"


@pytest.mark.usefixtures("alarm")
async def test_a_late_text_is_no_guess_and_no_command(
    hass: HomeAssistant, simulator: Simulator, house: Any, settle: Settle
) -> None:
    for text in (f"ARM {PIN}", "ARM 471100"):
        late = IncomingMessage(sender=ANNA, text=text)
        assert await house.runtime_data.receiver.async_receive(late, late=True)
    await settle()
    assert (armed(hass), texts(simulator), wrong_pins(hass)) == ("disarmed", [], 0)


@pytest.mark.parametrize("pin", ["08150", "0815", "", "abcdef", "08150a", "123456 ", "1234567 8", 81_500])
async def test_a_pin_that_is_too_short_does_nothing(
    hass: HomeAssistant, simulator: Simulator, add_alarm: AddAlarm, settle: Settle, pin: str | int, notices: list[str]
) -> None:
    await add_alarm(pin, code=None)
    for text in (str(pin).replace(" ", "") or "x", "654321"):
        await simulator.answer(ANNA, f"ARM {text}", HOUSE)
        await settle()
    assert (armed(hass), texts(simulator), wrong_pins(hass)) == ("disarmed", [], 0)
    assert len(notices) == 2
    assert "The PIN of this automation needs six digits or more." in notices[0]


@pytest.mark.parametrize("counter", [{"maximum": 2}, {"minimum": 1}, {"initial": 5}])
async def test_a_counter_with_other_settings_arms_nothing(
    hass: HomeAssistant,
    simulator: Simulator,
    add_alarm: AddAlarm,
    settle: Settle,
    counter: dict[str, int],
    notices: list[str],
) -> None:
    await add_alarm(**counter)
    await simulator.answer(ANNA, f"ARM {PIN}", HOUSE)
    await settle()
    assert (armed(hass), texts(simulator)) == ("disarmed", [])
    (notice,) = notices
    assert "The counter of wrong PINs is missing, or it has other settings" in notice


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("state", [None, "unavailable", "unknown", "-1"])
async def test_without_a_count_nothing_is_armed(
    hass: HomeAssistant, simulator: Simulator, settle: Settle, state: str | None, notices: list[str]
) -> None:
    if state is None:
        hass.states.async_remove(COUNTER)
    else:
        hass.states.async_set(COUNTER, state, state_of(hass, COUNTER).attributes)
    await simulator.answer(ANNA, f"ARM {PIN}", HOUSE)
    await settle()
    assert (armed(hass), texts(simulator)) == ("disarmed", [])
    (notice,) = notices
    assert "The counter of wrong PINs is missing" in notice


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize(
    "text",
    [
        *("arm", PIN, f"arm {PIN} now", "disarm", f"{{{{ 'arm' }}}} {PIN} {{{{ 1/0 }}}}", "a" * 10_000),
        *(f"['arm', '{PIN}', 1]", " "),
    ],
)
async def test_other_texts_do_nothing(hass: HomeAssistant, simulator: Simulator, settle: Settle, text: str) -> None:
    await simulator.answer(ANNA, text, HOUSE)
    await settle()
    assert (armed(hass), texts(simulator), wrong_pins(hass)) == ("disarmed", [], 0)


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("number", [BEN, STRANGER])
async def test_others_cannot_arm_or_lock(
    hass: HomeAssistant, simulator: Simulator, settle: Settle, number: str, notices: list[str]
) -> None:
    for pin in (PIN, "471100", "471101", "471102", "471103"):
        await simulator.answer(number, f"ARM {pin}", HOUSE)
        await settle()
    assert (armed(hass), texts(simulator), wrong_pins(hass), notices) == ("disarmed", [], 0, [])
    await simulator.answer(ANNA, f"ARM {PIN}", HOUSE)
    await settle()
    assert armed(hass) == "armed_night"


async def test_a_panel_that_refuses_is_reported(
    hass: HomeAssistant, simulator: Simulator, add_alarm: AddAlarm, settle: Settle, pass_time: PassTime
) -> None:
    await add_alarm(code="1234")
    await simulator.answer(ANNA, f"ARM {PIN}", HOUSE)
    await pass_until(hass, pass_time, lambda: texts(simulator))
    await settle()
    assert texts(simulator) == ["That did not work. The alarm is disarmed."]


# -- low credit, digest -------------------------------------------------------------------------------------------


async def at(hass: HomeAssistant, hour: int, days: int = 1) -> None:
    """Fire the time change for this hour, this many days from now."""
    day = dt_util.now().date() + timedelta(days=days)
    when = datetime.combine(day, time(hour), dt_util.get_default_time_zone())
    async_fire_time_changed(hass, when + timedelta(seconds=1))
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_low_credit_is_reported_once_a_day(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, use: Use, settle: Settle
) -> None:
    house, _ = await set_up(HOUSE), await set_up(CLUB)
    simulator.accounts[HOUSE].credit = Decimal(20)
    await house.runtime_data.balance.async_refresh()
    await use("low_credit", account=house.entry_id, amount=20, people=["notify.clara"], at="09:00:00")
    await at(hass, 9)
    assert not texts(simulator)
    simulator.accounts[HOUSE].credit = Decimal("19.99")
    await house.runtime_data.balance.async_refresh()
    await settle()
    assert not texts(simulator)
    for day in (2, 3):
        await at(hass, 9, day)
        await settle()
        assert texts(simulator, CLARA) == ["TextingHouse: less than 20 of credit is left."] * (day - 1)


async def test_a_digest_lists_states(
    hass: HomeAssistant, house: Any, simulator: Simulator, use: Use, settle: Settle
) -> None:
    entities = ["sensor.textinghouse_segments_today", "sensor.unknown", "sensor.textinghouse_pending_messages"]
    await use("daily_digest", people=["notify.anna"], at="20:00:00", entities=entities)
    await settle()
    await at(hass, 20)
    await settle()
    count = state_of(hass, "sensor.textinghouse_segments_today")
    assert texts(simulator, ANNA) == [
        "TextingHouse Segments today: 4 segments, TextingHouse Pending messages: 0 messages"
    ], count


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("{% if is_state('sun.sun', 'up') %}Nothing{% endif %}", []),
        ("{{ states('input_text.note') }}", ["{{ 1/0 }}"]),
        ("{{ 6 * 7 }}", ["42"]),
    ],
)
async def test_a_digest_with_a_text_of_ones_own(
    hass: HomeAssistant, house: Any, simulator: Simulator, use: Use, settle: Settle, text: str, sent: list[str]
) -> None:
    hass.states.async_set("input_text.note", "{{ 1/0 }}")
    await use("daily_digest", people=["notify.anna"], text=text)
    await at(hass, 20)
    await settle()
    assert texts(simulator) == sent


# -- forward to the app -------------------------------------------------------------------------------------------

HOOK = "hook-of-the-app"


class App:
    """A phone with the app. It remembers its notifications and can reply to them."""

    device: str
    client: Any

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []

    async def push(self, request: web.Request) -> web.Response:
        """Receive a notification as the push service does."""
        self.shown.append(await request.json())
        return web.json_response({"ok": True}, status=201)

    async def reply(self, text: str) -> None:
        """Reply to the latest notification."""
        (action,) = self.shown[-1]["data"]["actions"]
        assert action["behavior"] == "textInput"
        data = {"action": action["action"], "reply_text": text}
        event = {"event_type": "mobile_app_notification_action", "event_data": data}
        answer = await self.client.post(f"/api/webhook/{HOOK}", json={"type": "fire_event", "data": event})
        assert answer.status == 200


@pytest.fixture
async def app(
    hass: HomeAssistant,
    set_up: SetUp,
    connect: Connect,
    hass_client_no_auth: Callable[[], Awaitable[Any]],
    hass_admin_user: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[App]:
    """Register a phone with the app, as its first start does, in a home with TextingHouse."""
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, StandIn()])
    app, server = App(), web.Application()
    server.router.add_post("/push", app.push)
    async with TestServer(server, host="127.0.0.1") as push:
        data = {
            "app_data": {"push_token": "token", "push_url": str(push.make_url("/push"))},
            **dict.fromkeys(("app_id", "app_name", "app_version", "device_id", "manufacturer", "model"), "one"),
            "device_name": "Phone",
            "os_name": "Android",
            "os_version": "17",
            "supports_encryption": False,
            "user_id": hass_admin_user.id,
            "webhook_id": HOOK,
        }
        entry = MockConfigEntry(domain="mobile_app", title="Phone", data=data)
        entry.add_to_hass(hass)
        # The web server accepts no new paths after its start.
        assert await async_setup_component(hass, "mobile_app", {})
        await hass.async_block_till_done()
        (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        app.device, app.client = device.id, await hass_client_no_auth()
        await greet(hass, set_up, connect)
        yield app


async def test_a_text_is_shown_and_replied_to_in_the_app(
    hass: HomeAssistant, app: App, simulator: Simulator, use: Use, settle: Settle
) -> None:
    await use("forward_to_app", device=app.device)
    await simulator.answer(ANNA, "On my way", HOUSE)
    await settle()
    await simulator.answer(STRANGER, "Who are you?", HOUSE)
    await settle()
    assert [(each["title"], each["message"]) for each in app.shown] == [
        ("Text from Anna", "“On my way”"),
        ("Text from +33699999999", "“Who are you?”"),
    ]
    await app.reply("[1, 2]")
    await settle()
    assert texts(simulator) == ["[1, 2]"]
    assert texts(simulator, STRANGER) == ["[1, 2]"]


HOSTILE = ["{{ 1/0 }}", "[1, 2]", "{'a': 1}", "1234", "\x01\u202e<b>", "None", '" ~ x ~ "']


@pytest.mark.parametrize("text", HOSTILE)
async def test_texts_and_replies_are_data(
    hass: HomeAssistant, app: App, simulator: Simulator, use: Use, settle: Settle, text: str
) -> None:
    await use("forward_to_app", device=app.device, senders="known")
    await simulator.answer(ANNA, text, HOUSE)
    await settle()
    assert [each["message"] for each in app.shown] == [f"“{text}”"]
    if text.isprintable():
        await app.reply(text)
        await settle()
        assert texts(simulator) == [text]


async def test_only_recipients_are_forwarded(
    hass: HomeAssistant, app: App, simulator: Simulator, use: Use, settle: Settle
) -> None:
    await use("forward_to_app", device=app.device, senders="known")
    await simulator.answer(STRANGER, "Win a car", HOUSE)
    await settle()
    assert not app.shown


async def test_the_app_shows_a_reply_that_was_not_sent(
    hass: HomeAssistant, app: App, simulator: Simulator, use: Use, settle: Settle
) -> None:
    await use("forward_to_app", device=app.device)
    await simulator.answer(ANNA, "STOP", HOUSE)
    await settle()
    await app.reply("Please come back")
    await settle()
    assert not texts(simulator)
    assert (app.shown[-1]["title"], app.shown[-1]["message"]) == ("Your reply was not sent", "“Please come back”")


async def test_taps_on_other_notifications_do_nothing(
    hass: HomeAssistant, app: App, simulator: Simulator, use: Use, settle: Settle
) -> None:
    await use("forward_to_app", device=app.device)
    for data in ({"action": "TEXTING_automation.other_1"}, {"action": None}, {}, {"action": [1]}):
        hass.bus.async_fire("mobile_app_notification_action", data)
    await settle()
    assert state_of(hass, "automation.forward_to_app").attributes["last_triggered"] is None
    assert not texts(simulator)


# -- text everybody -----------------------------------------------------------------------------------------------


@pytest.fixture
async def everybody(hass: HomeAssistant, copied: None, house: MockConfigEntry, simulator: Simulator) -> None:
    """Create a script from the blueprint. Each delivery is reported when a test says so."""
    simulator.delivered_after = None
    add(hass, house, "Clara", numbers=[CLARA])
    await told(hass)
    inputs = {
        "people": {"entity_id": ["notify.anna", "notify.ben"], "label_id": ["family"]},
        "text": "It is {{ 6 * 7 }} degrees.",
        "tell": [{"event": "told", "event_data": {"result": "{{ result }}"}}],
    }
    used = {"path": "texting/text_everybody.yaml", "input": inputs}
    assert await async_setup_component(hass, "script", {"script": {"everybody": {"use_blueprint": used}}})


def run(hass: HomeAssistant, **fields: str) -> asyncio.Task[Any]:
    """Run the script."""
    call = hass.services.async_call("script", "everybody", fields, blocking=True, return_response=True)
    return asyncio.create_task(call)


async def test_everybody_is_texted_and_who_got_it_is_told(
    hass: HomeAssistant, pass_time: PassTime, house: MockConfigEntry, everybody: None, simulator: Simulator
) -> None:
    lr.async_get(hass).async_create("Family")
    er.async_get(hass).async_update_entity("notify.clara", labels={"family"})
    seen = events(hass, "told")
    running = run(hass, message="[1] 'Fire' in the cellar")
    await until(lambda: len(texts(simulator)) == 4)
    await simulator.settle()
    assert set(texts(simulator)) == {"[1] 'Fire' in the cellar"}
    for message in simulator.messages()[-4:]:
        number = f"+{message.phone_number}"
        if number != CLARA:
            await simulator.set_status(message, "3" if number == ANNA else "4")
    pending = house.runtime_data.outbox
    await until(lambda: [each.to for each in pending if each.message.text != GREETING] == [CLARA])
    assert not seen
    await pass_time(301, wait=False)
    response = await running
    await told(hass)
    why = next(each["reason_text"] for each in response["messages"] if each["recipient"] == "Ben")
    ben = f"Not delivered to Ben: {why[0].lower()}{why[1:]}."
    assert seen == [{"result": f"Delivered to Anna. {ben} Not known: Clara."}]
    assert (response["delivered"], response["unknown"]) == (["Anna"], ["Clara"])


async def test_the_script_has_a_text_of_its_own_and_tells_refusals(
    hass: HomeAssistant, everybody: None, simulator: Simulator
) -> None:
    seen = events(hass, "told")
    await simulator.answer(BENS_OTHER, "STOP", HOUSE)
    await simulator.answer(BEN, "STOP", HOUSE)
    await told(hass)
    running = run(hass)
    await until(lambda: texts(simulator))
    await simulator.settle()
    assert texts(simulator) == ["It is 42 degrees."]
    await simulator.set_status(simulator.messages()[-1], "3")
    await running
    await told(hass)
    (result,) = (each["result"] for each in seen)
    assert result.startswith("Delivered to Anna. Not delivered to Ben: ")
    assert result.count("Ben") == 1
