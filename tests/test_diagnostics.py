from collections.abc import Awaitable, Callable
import json
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.texting.diagnostics import async_get_config_entry_diagnostics
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.accounts import RECIPIENTS
from tests.support.alerts import set_up_alert
from tests.support.home import first_number, notify, notify_entities, numbers, restart, told as settled
from tests.support.privacy import digits_of

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
TEXT = "Nobody else shall read this"


async def diagnostics(hass: HomeAssistant, set_up: SetUp, provider: Provider) -> tuple[dict[str, Any], dict[str, Any]]:
    """Send some texts and return the account's data and its diagnostics."""
    sender = {"sender": "MyHome"} if provider is Provider.TEXTINGHOUSE else {}
    entry = await set_up(provider, data=sender, options={"balance_interval": 20})
    for entity_id in notify_entities(provider):
        await notify(hass, entity_id, TEXT)
    await hass.async_block_till_done()
    return dict(entry.data), await async_get_config_entry_diagnostics(hass, entry)


@EVERY_PROVIDER
async def test_what_is_told(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    snapshot: SnapshotAssertion,
    freezer: FrozenDateTimeFactory,
    provider: Provider,
) -> None:
    _, told = await diagnostics(hass, set_up, provider)
    assert json.loads(re.sub(r":\d+\"", ':PORT"', json.dumps(told, sort_keys=True))) == snapshot


@EVERY_PROVIDER
async def test_what_is_not_told(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    settle: Callable[[], Awaitable[None]],
    provider: Provider,
) -> None:
    data, told = await diagnostics(hass, set_up, provider)
    text = json.dumps(told)
    kept = {"provider", "url", "backup_url", "country", "api", "channel"}
    assert not [value for name, value in data.items() if name not in kept and str(value) in text]
    assert not [number for number in numbers(provider) if digits_of(number) in digits_of(text)]
    assert not [name for name in RECIPIENTS[provider] if name in text]
    assert TEXT not in text


async def test_calls_of_the_webhook_are_counted(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Callable[[], Awaitable[None]]
) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    await connect(entry)
    await notify(hass, "notify.anna", "Water")
    await settle()
    await simulator.answer(first_number(Provider.TEXTINGHOUSE), TEXT)
    await hass.async_block_till_done()
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["webhook"]["called_at"]
    assert told["last_30_days"]["delivered"] == 1
    assert TEXT not in json.dumps(told)


@EVERY_PROVIDER
async def test_an_account_whose_gateway_never_answered(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    for site in ("textinghouse_backup", provider):
        await simulator.faults.refuse(site)
    told = await async_get_config_entry_diagnostics(hass, await set_up(provider))
    assert (told["balance_read"], told["balances"], told["pending_messages"]) == (False, [], {})


async def test_unknown_words_are_counted_without_numbers_and_texts(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(Provider.TEXTIOPRO)
    await notify(hass, "notify.anna", TEXT)
    (message,) = simulator.messages()
    await simulator.set_status(message, f"Buffered|{message.to}")
    await pass_time(16)
    simulator.faults.add(
        Provider.TEXTIOPRO,
        "answer",
        path="sms/send",
        body={"status": "error", "message": f"Route 7 of {message.to} filtered: {TEXT}"},
    )
    with pytest.raises(HomeAssistantError):
        await notify(hass, "notify.anna", TEXT)
    simulator.use_variant(Provider.TEXTIOPRO, "balance-unreadable")
    await entry.runtime_data.balance.async_refresh()
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["unknown_words"] == {
        "status: buffered": 1,
        "error: route … filtered …": 1,
        "balance: a a, a a a": 1,
    }


async def test_an_unknown_status_of_a_send_is_counted_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(Provider.TEXTIOPRO)
    row = {"uid": "5f0e1d2c3b4a5", "to": "33612345601", "message": TEXT, "status": "Parked", "cost": "1"}
    simulator.faults.add(
        Provider.TEXTIOPRO, "answer", path="sms/send", body={"status": "success", "message": "", "data": row}
    )
    await notify(hass, "notify.anna", TEXT)
    assert (await async_get_config_entry_diagnostics(hass, entry))["unknown_words"] == {"status: parked": 1}


async def test_unknown_words_outlive_a_restart(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.use_variant(Provider.TEXTIOPRO, "balance-unreadable")
    entry = await set_up(Provider.TEXTIOPRO)
    await restart(hass, entry)
    assert (await async_get_config_entry_diagnostics(hass, entry))["unknown_words"] == {"balance: a a, a a a": 2}


async def test_what_is_told_of_an_alert(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    await set_up(Provider.TEXTINGHOUSE)
    hass.states.async_set("binary_sensor.cellar", "on", {"friendly_name": "Cellar"})
    steps = [{"who": ["notify.anna", "notify.nobody"], "wait": 5}, {"who": ["notify.ben"], "wait": 10}]
    alert = await set_up_alert(hass, causes=["binary_sensor.cellar"], steps=steps, message=TEXT)
    await settled(hass)
    action = {"entity_id": "sensor.leak_state", "message": f"{TEXT}, really"}
    await hass.services.async_call("texting", "raise_alert", action, blocking=True)
    await settled(hass)
    told = await async_get_config_entry_diagnostics(hass, alert)
    definition, incident = told["alert"], told["incident"]
    reachable, unreachable = {"texts": 1, "pushes": 0}, {"texts": 0, "pushes": 0}
    assert definition["steps"][0] == {"wait": 300.0, "people": [reachable, unreachable]}
    assert (definition["armed"], definition["causes"], definition["own_message"]) == (True, 1, True)
    assert (incident["state"], incident["causes"]) == ("alerting", {"on": 2, "off": 0, "by_hand": 1, "hold": []})
    assert incident["notifications"] == {"alert": {"accepted": 1}, "also": {"accepted": 1}}
    assert {"wait", "remind"} <= set(incident["timers"])
    assert incident["raised_at"]
    text = json.dumps(told)
    private = ("Leak", "Anna", "Ben", "Cellar", "notify.", "binary_sensor", TEXT, *numbers(Provider.TEXTINGHOUSE))
    assert not [each for each in private if each in text]
