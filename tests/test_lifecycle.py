import asyncio
from collections.abc import Callable
from datetime import timedelta
import gc
from types import MappingProxyType
from typing import Any
import weakref

from aiohttp import ClientSession
import pytest

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.storage.account_store import AccountStore
from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigSubentry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.flows import SECRETS, SITES, WRONG
from tests.support.home import first_number, notify, notify_entities, restart, state_of, until
from tests.support.leftovers import what_is_left

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
HOUSE, PRO, POINT = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.THESMSPOINT


async def use(hass: HomeAssistant, simulator: Simulator, provider: Provider) -> None:
    """Send a text. The account then has a message to track and soon reads its balance."""
    await notify(hass, notify_entities(provider)[0], "Water")


# -- nothing is left behind ----------------------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_unloading_leaves_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    simulator.delivered_after = None
    entry = await set_up(provider)
    await use(hass, simulator, provider)
    held = what_is_left(hass, entry)
    assert {"timers", "signals", "actions", "run-time data"} <= set(held)
    assert ("webhooks" in held) is GATEWAYS[provider].info.uses_webhook
    account = weakref.ref(entry.runtime_data)
    held.clear()

    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert what_is_left(hass, entry) == {}
    gc.collect()
    assert account() is None
    assert all(
        state.state == "unavailable"
        for state in hass.states.async_all()
        if state.domain in ("binary_sensor", "notify", "sensor", "event")
    )


@EVERY_PROVIDER
async def test_reloading_again_and_again_holds_on_to_no_more(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)

    async def size() -> dict[str, Any]:
        await hass.async_block_till_done(wait_background_tasks=True)
        gc.collect()
        counted = {kind: len(found) for kind, found in what_is_left(hass, entry).items()}
        sessions = sum(isinstance(thing, ClientSession) for thing in gc.get_objects())
        listeners = hass.bus.async_listeners()
        listeners.pop(EVENT_HOMEASSISTANT_FINAL_WRITE, None)  # Home Assistant's registries wait for it to save changes
        return {**counted, "listeners": sum(listeners.values()), "sessions": sessions}

    sizes = []
    for number in range(4):
        await notify(hass, notify_entities(provider)[0], f"Water {number}")
        assert await hass.config_entries.async_reload(entry.entry_id)
        assert entry.state is ConfigEntryState.LOADED
        sizes.append(await size())
    assert sizes == [sizes[0]] * 4
    assert hass.services.has_service("notify", entry.title.lower().replace(" ", "_"))


@EVERY_PROVIDER
async def test_removing_leaves_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    hass_storage: dict[str, Any],
    pass_time: PassTime,
    provider: Provider,
) -> None:
    entry = await set_up(provider)
    await use(hass, simulator, provider)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert f"{DOMAIN}.{entry.entry_id}" in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert what_is_left(hass, entry) == {}
    await pass_time(60)
    assert f"{DOMAIN}.{entry.entry_id}" not in hass_storage
    assert not [entity for entity in er.async_get(hass).entities.values() if entity.platform == DOMAIN]
    assert not dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert not hass.states.async_entity_ids(("notify", "sensor", "event", "button"))


@EVERY_PROVIDER
async def test_removing_while_a_text_is_being_sent(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    hass_storage: dict[str, Any],
    pass_time: PassTime,
    provider: Provider,
) -> None:
    entry = await set_up(provider)
    simulator.latency = 1
    sending = asyncio.create_task(notify(hass, notify_entities(provider)[0], "Water"))
    await until(simulator.messages)
    await hass.config_entries.async_remove(entry.entry_id)
    assert not sending.done()
    await pass_time(1, wait=False)
    await asyncio.wait([sending])
    assert len(simulator.messages()) == 1
    await hass.async_block_till_done()
    assert what_is_left(hass, entry) == {}
    await pass_time(60)
    assert f"{DOMAIN}.{entry.entry_id}" not in hass_storage


@pytest.mark.parametrize("provider", [HOUSE, PRO, POINT])
async def test_removing_while_the_gateway_is_asked(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    hass_storage: dict[str, Any],
    pass_time: PassTime,
    provider: Provider,
) -> None:
    """After 31 seconds, the account asks for the delivery report and, at TextioPro, for incoming texts."""
    simulator.delivered_after = None
    entry = await set_up(provider)
    await use(hass, simulator, provider)
    await simulator.answer(first_number(PRO), "Yes", PRO)
    await simulator.settle()
    for site in SITES[provider]:
        for kind in ("/sms", "/do", "status"):
            simulator.faults.add(site, "hang", None, kind)
    simulator.clear_requests()
    await pass_time(31, wait=False)
    await until(simulator.requests)
    removing = asyncio.create_task(hass.config_entries.async_remove(entry.entry_id))
    await until(lambda: entry.state is ConfigEntryState.NOT_LOADED)
    for site in SITES[provider]:  # the hanging requests time out, one host after the other
        await until(lambda site=site: simulator.requests(site))
        await pass_time(60, wait=False)
    await removing
    await hass.async_block_till_done(wait_background_tasks=True)
    assert what_is_left(hass, entry) == {}
    await pass_time(60)
    assert f"{DOMAIN}.{entry.entry_id}" not in hass_storage


@EVERY_PROVIDER
async def test_a_refused_account_leaves_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    await set_up(provider)  # this account loads, so that there is data to check
    entry = await set_up(
        provider, data={SECRETS[provider][0]: WRONG, "url": simulator.url(provider), "webhook_id": "another"}
    )
    assert entry.state is ConfigEntryState.SETUP_ERROR
    left = what_is_left(hass, entry)
    assert "another" not in left.get("webhooks", [])
    assert "signals" not in left
    assert len(left["actions"]) == 1


@EVERY_PROVIDER
async def test_an_account_that_never_loaded_can_be_removed(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider, data={SECRETS[provider][0]: WRONG})
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert hass.config_entries.async_entries(DOMAIN) == []
    assert hass.config_entries.flow.async_progress() == []


# -- setting up ----------------------------------------------------------------------------------------------------


@EVERY_PROVIDER
@pytest.mark.parametrize("fault", ["refuse", "html", "http_error", "cut", "rate_limited", "truncated"])
async def test_a_gateway_in_trouble_does_not_keep_the_account_from_loading(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, provider: Provider, fault: str
) -> None:
    """Truncated balances of TextingHouse, Club Texting and Group Texting are shorter numbers that look valid."""
    for site in SITES[provider]:
        if fault == "refuse":
            await simulator.faults.refuse(site)
        else:
            simulator.faults.add(site, fault, None)
    entry = await set_up(provider)
    assert entry.state is ConfigEntryState.LOADED
    assert hass.config_entries.flow.async_progress() == []
    balances = [state for state in hass.states.async_all("sensor") if "credit_balance" in state.entity_id]
    if fault != "truncated" or provider in (PRO, POINT):
        assert {state.state for state in balances} == {"unavailable"}
    await simulator.restore()
    await notify(hass, notify_entities(provider)[0], "Water")
    await pass_time(6)
    assert state_of(hass, balances[0].entity_id).state not in ("unavailable", "unknown")


# -- changes -------------------------------------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_changed_options_apply_without_a_reload(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    set_ups: Callable[[ConfigEntry], int],
    provider: Provider,
) -> None:
    entry = await set_up(provider)
    before = set_ups(entry)
    hass.config_entries.async_update_entry(entry, options={"balance_interval": 30, "daily_limit": 1})
    await hass.async_block_till_done()
    assert set_ups(entry) == before
    account = entry.runtime_data
    assert account.balance.update_interval == timedelta(minutes=30)
    assert account.options.daily_limit == 1


@EVERY_PROVIDER
async def test_only_credentials_address_and_provider_reload(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    set_ups: Callable[[ConfigEntry], int],
    provider: Provider,
) -> None:
    entry = await set_up(provider)
    before = set_ups(entry)
    fields = {field.name: field for field in GATEWAYS[provider].info.fields}
    in_place = {name: "Other" for name, field in fields.items() if field.applied_in_place and not field.choices}
    hass.config_entries.async_update_entry(entry, data={**entry.data, **in_place})
    await hass.async_block_till_done()
    assert set_ups(entry) == before
    assert {name: getattr(entry.runtime_data.gateway.settings, name) for name in in_place} == in_place
    good = dict(entry.data)
    for name in (name for name, field in fields.items() if not field.applied_in_place):
        before = set_ups(entry)
        value: object = True
        if not fields[name].switch:
            value = f"{good[name]}/" if name.endswith("url") else f"{good[name]}x"
        hass.config_entries.async_update_entry(entry, data={**good, name: value})
        await hass.async_block_till_done()
        assert set_ups(entry) == before + 1
        # An account that was refused notices no change.
        hass.config_entries.async_update_entry(entry, data=good)
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()


async def test_a_new_title_renames_the_device_and_the_action(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, set_ups: Callable[[ConfigEntry], int]
) -> None:
    entry = await set_up(HOUSE)
    before = set_ups(entry)
    hass.config_entries.async_update_entry(entry, title="Home")
    await hass.async_block_till_done()
    assert set_ups(entry) == before
    assert {name for name in ("home", "textinghouse") if hass.services.has_service("notify", name)} == {"home"}
    (device,) = [
        each for each in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id) if each.name == "Home"
    ]
    assert device.identifiers == {(DOMAIN, entry.entry_id)}


@EVERY_PROVIDER
async def test_recipients_come_and_go(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    set_ups: Callable[[ConfigEntry], int],
    provider: Provider,
) -> None:
    entry = await set_up(provider)
    before = set_ups(entry)
    number = first_number(provider)[:-2] + "77"
    recipient = ConfigSubentry(
        data=MappingProxyType({"numbers": [number]}), subentry_type="recipient", title="Zoe", unique_id=None
    )
    hass.config_entries.async_add_subentry(entry, recipient)
    await hass.async_block_till_done()
    await notify(hass, "notify.zoe", "Hello")
    assert f"+{simulator.messages()[-1].phone_number}" == number

    hass.config_entries.async_update_subentry(entry, recipient, title="Zoé")
    await hass.async_block_till_done()
    device = er.async_get(hass).async_get("notify.zoe")
    assert device is not None
    assert dr.async_get(hass).async_get(device.device_id or "").name == "Zoé"  # type: ignore[union-attr]

    hass.config_entries.async_remove_subentry(entry, recipient.subentry_id)
    await hass.async_block_till_done()
    assert hass.states.get("notify.zoe") is None
    assert er.async_get(hass).async_get("notify.zoe") is None
    assert dr.async_get(hass).async_get(device.device_id or "") is None
    assert set_ups(entry) == before
    for entity_id in notify_entities(provider):
        assert state_of(hass, entity_id).state != "unavailable"


async def test_what_was_counted_is_there_after_a_restart(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    await notify(hass, "notify.ben", "x" * 161)
    await restart(hass, entry)
    assert state_of(hass, "sensor.textinghouse_segments_today").state == "4"


async def test_a_file_of_a_later_version_is_read_as_far_as_it_is_known(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, hass_storage: dict[str, Any]
) -> None:
    entry = await set_up(HOUSE)
    await hass.config_entries.async_unload(entry.entry_id)
    hass_storage[f"{DOMAIN}.{entry.entry_id}"]["data"] |= {"webhook_refused": 7, "of_the_future": [1]}
    restarted = AccountStore(hass, entry.entry_id)
    await restarted.async_load()
    assert restarted.memory.webhook_refused == 7
