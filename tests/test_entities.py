from collections.abc import Awaitable, Callable
from decimal import Decimal
import json
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from syrupy.assertion import SnapshotAssertion

from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.flows import SITES
from tests.support.home import ask_to_send, notify, notify_entities, record_changes, restart, state_of, text_of, told

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
HOUSE, PRO, POINT, CLUB = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.THESMSPOINT, Provider.CLUB_TEXTING


def normalised(entry: MockConfigEntry, text: str) -> str:
    """Replace the IDs that differ between runs with fixed names."""
    text = text.replace(entry.entry_id, "ENTRY")
    for subentry in entry.subentries.values():
        text = text.replace(subentry.subentry_id, f"RECIPIENT {subentry.title}")
    return text


def plain(found: object) -> object:
    """Convert enums to plain values, because the enums differ between versions of Home Assistant."""
    return json.loads(json.dumps(found, sort_keys=True))


# -- all entities --------------------------------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_entities(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, snapshot: SnapshotAssertion, provider: Provider
) -> None:
    entry = await set_up(provider)
    registry = er.async_get(hass)
    found: dict[str, dict[str, Any]] = {}
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        state = state_of(hass, entity.entity_id)
        found[entity.entity_id] = {
            "unique_id": normalised(entry, entity.unique_id),
            "recipient": normalised(entry, entity.config_subentry_id or ""),
            "translation_key": entity.translation_key,
            "category": entity.entity_category,
            "state": state.state,
            "attributes": dict(state.attributes),
        }
    assert plain(found) == snapshot


@EVERY_PROVIDER
async def test_devices(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, snapshot: SnapshotAssertion, provider: Provider
) -> None:
    entry = await set_up(provider)
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    names = {device.id: device.name for device in devices}
    found = {
        device.name: {
            "identifiers": [normalised(entry, identifier) for _, identifier in device.identifiers],
            "manufacturer": device.manufacturer,
            "model": device.model,
            "entry_type": device.entry_type,
            "configuration_url": re.sub(r":\d+$", ":PORT", str(device.configuration_url)),
            "below": names.get(device.via_device_id or ""),
        }
        for device in devices
    }
    assert plain(found) == snapshot


@EVERY_PROVIDER
async def test_entities_keep_their_ids_over_a_reload(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    before = set(hass.states.async_entity_ids())
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert set(hass.states.async_entity_ids()) == before


@EVERY_PROVIDER
async def test_the_names_on_screen(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, snapshot: SnapshotAssertion, provider: Provider
) -> None:
    await set_up(provider)
    assert sorted(state.name for state in hass.states.async_all()) == snapshot


# -- the balance ---------------------------------------------------------------------------------------------------


async def test_each_pool_of_credit(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    simulator.accounts[POINT].credit = {"OTP": Decimal(1), "Promotional": Decimal(2), "Transactional": Decimal("3.5")}
    await set_up(POINT)
    pools = ("otp", "promotional", "transactional")
    sensors = [f"sensor.thesmspoint_credit_balance_{pool}" for pool in pools]
    assert [state_of(hass, sensor).state for sensor in sensors] == ["1", "2", "3.5"]
    del simulator.accounts[POINT].credit["OTP"]
    await pass_time(15 * 60 + 1)
    assert [state_of(hass, sensor).state for sensor in sensors] == ["unknown", "2", "3.5"]


async def test_an_empty_pool_hides_only_itself(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.use_variant(POINT, "empty-pools")
    await set_up(POINT)
    sensors = [f"sensor.thesmspoint_credit_balance_{pool}" for pool in ("otp", "promotional", "transactional")]
    assert [state_of(hass, sensor).state for sensor in sensors] == ["unknown", "unknown", "5000"]
    assert state_of(hass, "binary_sensor.thesmspoint_low_credit").state == "off"


@pytest.mark.parametrize(
    ("provider", "sensor", "state"),
    [
        (HOUSE, "textinghouse_credit_balance", "1423.50"),
        (CLUB, "club_texting_credit_balance", "500.50"),
        (POINT, "thesmspoint_credit_balance_otp", "100.50"),
    ],
)
async def test_balances_with_a_decimal_comma(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider, sensor: str, state: str
) -> None:
    credit = simulator.accounts[provider].credit
    half = Decimal("0.5")
    more = {pool: amount + half for pool, amount in credit.items()} if provider is POINT else credit + half
    simulator.accounts[provider].credit = more
    simulator.use_variant(provider, "decimal-comma")
    await set_up(provider)
    assert state_of(hass, f"sensor.{sensor}").state == state


async def test_an_account_without_limit(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.accounts[PRO].unlimited = True
    simulator.accounts[PRO].balance_shape = "remaining"
    await set_up(PRO)
    state = state_of(hass, "sensor.textiopro_credit_balance")
    assert (state.state, state.attributes["unlimited"]) == ("unknown", True)


async def test_money_has_its_sign(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.accounts[PRO].balance_shape = "remaining"
    await set_up(PRO)
    state = state_of(hass, "sensor.textiopro_credit_balance")
    assert (state.state, state.attributes["unit_of_measurement"]) == ("100.00", "$")
    registry = er.async_get(hass)
    entity = registry.async_get("sensor.textiopro_credit_balance")
    assert entity is not None
    assert entity.options["sensor"]["suggested_display_precision"] == 2


async def test_money_of_a_known_currency(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.use_variant(PRO, "balance-euros")
    simulator.accounts[PRO].credit = Decimal("1234.5")
    await set_up(PRO)
    state = state_of(hass, "sensor.textiopro_credit_balance")
    kept = {name: state.attributes.get(name) for name in ("unit_of_measurement", "device_class", "state_class")}
    assert (state.state, kept) == (
        "1234.50",
        {"unit_of_measurement": "EUR", "device_class": "monetary", "state_class": "total"},
    )


async def test_credits_are_no_money(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(PRO)
    attributes = state_of(hass, "sensor.textiopro_credit_balance").attributes
    assert (attributes["state_class"], attributes.get("device_class")) == ("measurement", None)


@pytest.mark.parametrize("variant", ["balance-unreadable", "balance-null"])
async def test_a_balance_that_cannot_be_read_is_unknown_and_logged_once(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    pass_time: PassTime,
    caplog: pytest.LogCaptureFixture,
    variant: str,
) -> None:
    def lines() -> list[str]:
        return [line for line in caplog.messages if "balance of TextioPro" in line]

    simulator.use_variant(PRO, variant)
    entry = await set_up(PRO)
    assert entry.state is ConfigEntryState.LOADED
    sensor, low = "sensor.textiopro_credit_balance", "binary_sensor.textiopro_low_credit"
    assert [state_of(hass, each).state for each in (sensor, low)] == ["unknown", "unknown"]
    assert "unlimited" not in state_of(hass, sensor).attributes
    await pass_time(15 * 60 + 1)
    await pass_time(15 * 60 + 1)
    assert len(lines()) == 1
    simulator.accounts[PRO].balance_data = {"balance": 7}
    await pass_time(15 * 60 + 1)
    assert [state_of(hass, each).state for each in (sensor, low)] == ["7", "on"]
    simulator.accounts[PRO].balance_data = {"balance": "later"}
    await pass_time(15 * 60 + 1)
    assert (state_of(hass, sensor).state, len(lines())) == ("unknown", 2)


@EVERY_PROVIDER
async def test_the_balance_goes_and_comes_back_with_the_gateway(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, provider: Provider
) -> None:
    await set_up(provider)
    sensor = next(entity for entity in hass.states.async_entity_ids("sensor") if "credit_balance" in entity)
    shown = state_of(hass, sensor).state
    assert Decimal(shown) > 0
    for site in SITES[provider]:
        await simulator.faults.refuse(site)
    await pass_time(15 * 60 + 1)
    assert state_of(hass, sensor).state == "unavailable"
    name = sensor.split(".")[1].partition("_credit")[0]
    assert state_of(hass, f"sensor.{name}_last_delivery_status").state == "none"
    await simulator.restore()
    await pass_time(15 * 60 + 1)
    assert state_of(hass, sensor).state == shown


@EVERY_PROVIDER
async def test_the_balance_is_read_once_soon_after_sending(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, provider: Provider
) -> None:
    await set_up(provider)
    sensor = next(
        entity
        for entity in hass.states.async_entity_ids("sensor")
        if entity.endswith(("credit_balance", "credit_balance_transactional"))
    )
    before = Decimal(state_of(hass, sensor).state)
    simulator.clear_requests()
    for number in range(3):
        await notify(hass, notify_entities(provider)[0], f"Water {number}")
    await pass_time(6)
    assert Decimal(state_of(hass, sensor).state) == before - 3
    assert len(simulator.requests(provider)) == 4


# -- texts ---------------------------------------------------------------------------------------------------------


async def test_segments_today_count_and_begin_anew_at_midnight(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    await hass.config.async_set_time_zone("Europe/Paris")
    freezer.move_to("2026-11-20 22:59:00+00:00")
    entry = await set_up(HOUSE)
    sensor = "sensor.textinghouse_segments_today"
    assert state_of(hass, sensor).state == "0"
    await notify(hass, "notify.anna", "x" * 161)
    assert state_of(hass, sensor).state == "2"
    await notify(hass, "notify.ben", "Water")
    assert state_of(hass, sensor).state == "4"
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, sensor).state == "4"
    freezer.move_to("2026-11-20 23:00:00.6+00:00")
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert state_of(hass, sensor).state == "0"
    await notify(hass, "notify.anna", "Good morning")
    await told(hass)
    assert state_of(hass, sensor).state == "1"


async def test_segments_of_yesterday_are_not_todays_after_a_restart(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to("2026-11-20 20:00:00+00:00")
    entry = await set_up(HOUSE)
    await notify(hass, "notify.anna", "Water")
    freezer.move_to("2026-11-21 20:00:00+00:00")
    await restart(hass, entry)
    assert state_of(hass, "sensor.textinghouse_segments_today").state == "0"


async def test_pending_messages(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Callable[[], Awaitable[None]]
) -> None:
    simulator.delivered_after = None
    await connect(await set_up(HOUSE))
    sensor = "sensor.textinghouse_pending_messages"
    await notify(hass, "notify.ben", "Water")
    await settle()
    assert state_of(hass, sensor).state == "2"
    await simulator.set_status(simulator.messages()[0], "3")
    await settle()
    assert state_of(hass, sensor).state == "1"


async def test_the_last_delivery_status_is_of_the_text_that_moved_last(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Callable[[], Awaitable[None]]
) -> None:
    simulator.sent_after = None
    await connect(await set_up(HOUSE))
    (first,) = await ask_to_send(hass, "One", entity_id="notify.anna")
    await ask_to_send(hass, "Two", entity_id="notify.ben")
    await simulator.set_status(simulator.messages()[0], "7")
    await settle()
    state = state_of(hass, "sensor.textinghouse_last_delivery_status")
    assert state.state == "rejected"
    assert {name: state.attributes[name] for name in ("recipient_name", "reference", "message_id")} == {
        "recipient_name": "Anna",
        "reference": first["reference"],
        "message_id": first["message_id"],
    }
    assert state.attributes["reason"] == "prohibited"


async def test_a_refusal_is_an_event_with_its_reason(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(CLUB)
    simulator.accounts[CLUB].opted_out.add("2125550142")
    reports = record_changes(hass, "event.club_texting_delivery_report")
    with pytest.raises(HomeAssistantError) as caught:
        await notify(hass, "notify.clara", "Water")
    text_of(caught.value, "named_opted_out_at_provider")
    (report,) = reports
    assert (report.attributes["event_type"], report.attributes["reason"]) == ("rejected", "opted_out")
    assert (report.attributes["to"], report.attributes["recipient_name"]) == ("+12125550142", "Clara")


# -- the button ----------------------------------------------------------------------------------------------------


async def press(hass: HomeAssistant) -> None:
    await hass.services.async_call(
        "button", "press", {"entity_id": "button.textinghouse_send_test_message"}, blocking=True
    )


async def test_the_button_sends_a_free_test(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Callable[[], Awaitable[None]]
) -> None:
    await connect(await set_up(HOUSE))
    await press(hass)
    await settle()
    (message,) = simulator.messages()
    assert (message.to, message.status) == ("999", "3")
    assert simulator.accounts[HOUSE].credit == 1423
    assert state_of(hass, "sensor.textinghouse_last_delivery_status").state == "delivered"


async def test_the_button_says_what_is_wrong(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(HOUSE)
    simulator.accounts[HOUSE].password = "changed"
    with pytest.raises(HomeAssistantError) as caught:
        await press(hass)
    text_of(caught.value, "login_or_address_refused")


@pytest.mark.parametrize("provider", [provider for provider in Provider if provider is not HOUSE])
async def test_no_button_where_no_test_is_free(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    await set_up(provider)
    # Each recipient has one, which costs a text.
    assert len(hass.states.async_entity_ids("button")) == 2
