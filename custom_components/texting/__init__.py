"""Texting gives a home a voice and an ear on the phone network, through five SMS providers."""

from typing import Any

from aiohttp import ClientSession, DummyCookieJar

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.hass_dict import HassKey

from . import const
from .account import Account, TextingConfigEntry
from .activity import async_setup_activity
from .alert_activity import async_setup_alert_activity
from .alert_entities import alert_device
from .alerts.early import async_keep_early_answers
from .alerts.engine import AlertConfigEntry, AlertEngine
from .assist import async_setup_commands
from .automations import async_setup_automations
from .const import CONF_PROVIDER, DOMAIN
from .entity import messenger_device
from .entries import is_alert
from .gateway.providers import create_gateway
from .history_view import async_setup_history_view
from .issues import async_account_removed, async_delete_issues
from .links import async_setup_links
from .messenger import Messenger, MessengerConfigEntry
from .notify_legacy import async_register_legacy
from .open_questions import async_load_codes
from .opt_outs import async_cancel_routed, async_setup_opt_outs
from .options import gateway_values
from .receiver import async_setup_receiving
from .replies import async_setup_replies
from .routing.route import Route, RouteConfigEntry
from .services import async_setup_services
from .signals import STATE_CHANGED
from .storage.entry_state import async_finish_sends, async_load_state, async_unload_state
from .storage.open_database import async_open, async_release, async_remove_messages
from .storage.removed_entry import async_remove_state
from .webhook import async_delete_cloudhook, async_listen, async_register, async_unregister

PLATFORMS = [Platform.SENSOR, Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.NOTIFY]
ALERT_PLATFORMS = [Platform.SENSOR, Platform.EVENT, Platform.BUTTON, Platform.SWITCH]

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
SESSION: HassKey[ClientSession] = HassKey(f"{DOMAIN}_session")


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up what all accounts share: the actions, the listeners, and the session.

    The session outlives the accounts, so that a request under way can finish. It keeps no cookies, since two accounts
    at one host must not share a login.
    """
    hass.data[SESSION] = async_create_clientsession(hass, cookie_jar=DummyCookieJar())
    async_setup_links(hass)
    async_setup_activity(hass)
    async_setup_alert_activity(hass)
    async_setup_automations(hass)
    async_setup_receiving(hass)
    async_setup_replies(hass)
    async_setup_opt_outs(hass)
    async_setup_commands(hass)
    async_setup_services(hass)
    async_setup_history_view(hass)
    hass.async_add_shutdown_job(HassJob(async_finish_sends), hass)
    for entry in hass.config_entries.async_entries(DOMAIN):
        async_register(hass, entry)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    """Set up an account, a route or an alert."""
    async_register(hass, entry)
    match entry.data[CONF_PROVIDER]:
        case const.ALERT:
            await _async_set_up_alert(hass, entry)
        case const.ROUTE:
            await _async_set_up_route(hass, entry)
        case _:
            await _async_set_up_account(hass, entry)
    return True


async def _async_set_up_alert(hass: HomeAssistant, entry: AlertConfigEntry) -> None:
    """Set up an alert. It may be open since an earlier run: its entities show that from the beginning."""
    database = await async_open(hass, entry.entry_id)
    engine = entry.runtime_data = AlertEngine(hass, entry, database)
    await async_load_codes(hass, database, engine.clock.unix())
    await engine.async_load()
    dr.async_get(hass).async_get_or_create(config_entry_id=entry.entry_id, **alert_device(entry))
    await hass.config_entries.async_forward_entry_setups(entry, ALERT_PLATFORMS)
    await engine.async_start()

    async def updated(hass: HomeAssistant, entry: AlertConfigEntry) -> None:
        dr.async_get(hass).async_get_or_create(config_entry_id=entry.entry_id, **alert_device(entry))
        engine.async_apply_changes()
        async_dispatcher_send(hass, STATE_CHANGED.format(entry.entry_id))

    entry.async_on_unload(entry.add_update_listener(updated))


async def _async_set_up_route(hass: HomeAssistant, entry: RouteConfigEntry) -> None:
    route = entry.runtime_data = Route(hass, entry, await async_load_state(hass, entry, None))
    await _async_set_up_entities(hass, route)
    await route.async_start()
    _finish_set_up(hass, route)


async def _async_set_up_account(hass: HomeAssistant, entry: TextingConfigEntry) -> None:
    """Set up an account.

    It loads even if the provider is out of reach: texts still come in, and actions say what is wrong. Only wrong
    credentials prevent it.
    """
    gateway = create_gateway(hass.data[SESSION], gateway_values(entry))
    state = await async_load_state(hass, entry, gateway)
    await async_load_codes(hass, state.outbox.database, state.outbox.time())
    await async_keep_early_answers(hass, state.outbox.database)
    account = entry.runtime_data = Account(hass, entry, state, gateway)
    if account.info.uses_webhook:
        # First: meanwhile the provider's calls are refused.
        entry.async_on_unload(async_listen(hass, account))
    entry.async_on_unload(hass.async_add_shutdown_job(HassJob(account.balance.async_stop)))
    await account.balance.async_refresh()
    if isinstance(account.balance.last_exception, ConfigEntryAuthFailed):
        raise account.balance.last_exception
    entry.async_on_unload(account.balance.async_watch_credit())
    await _async_set_up_entities(hass, account)
    account.async_start()
    _finish_set_up(hass, account)


async def _async_set_up_entities(hass: HomeAssistant, messenger: Messenger) -> None:
    """Create the device and the entities. From then on they hear of updates."""
    dr.async_get(hass).async_get_or_create(config_entry_id=messenger.entry.entry_id, **messenger_device(messenger))
    # Sensors come first: an automation that hears of low credit reads how much is left.
    for platforms in (PLATFORMS[:1], PLATFORMS[1:]):
        await hass.config_entries.async_forward_entry_setups(messenger.entry, platforms)
    messenger.state.async_ready()


@callback
def _finish_set_up(hass: HomeAssistant, messenger: Messenger) -> None:
    """Set up what is only needed once messages leave."""
    entry = messenger.entry
    async_cancel_routed(hass, entry.entry_id)
    entry.async_on_unload(messenger.state.async_purge_daily())
    _watch_changes(hass, messenger)


@callback
def _watch_changes(hass: HomeAssistant, messenger: Messenger) -> None:
    """Apply changes of the entry in place. Only credentials, address and provider reload it."""
    entry = messenger.entry
    reload_data, title = messenger.reload_data, entry.title
    remove_legacy = async_register_legacy(hass, messenger)

    async def updated(hass: HomeAssistant, entry: MessengerConfigEntry) -> None:
        nonlocal title, remove_legacy
        if messenger.reload_data != reload_data:
            hass.config_entries.async_schedule_reload(entry.entry_id)
            return
        if entry.title != title:
            title = entry.title
            remove_legacy()
            remove_legacy = async_register_legacy(hass, messenger)
            dr.async_get(hass).async_get_or_create(config_entry_id=entry.entry_id, **messenger_device(messenger))
        messenger.async_apply_changes()

    entry.async_on_unload(entry.add_update_listener(updated))

    @callback
    def remove() -> None:
        remove_legacy()  # the one of the latest title

    entry.async_on_unload(remove)


async def async_unload_entry(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    """Unload an account or a route. What waits, and what comes in meanwhile, waits until it is loaded again.

    An alert that is disabled tells everybody that nobody watches any more. An alert that is only reloaded goes on.
    """
    if is_alert(entry):
        await entry.runtime_data.async_stop()
        await hass.config_entries.async_unload_platforms(entry, ALERT_PLATFORMS)
        await async_release(hass, entry.entry_id)
        return True
    # First: Home Assistant itself unloads after this, and a database that is in use is not released.
    entry.runtime_data.async_stop()
    await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    await async_unload_state(hass, entry.entry_id)
    return True


async def async_remove_entry(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Delete what belongs to an account, a route or an alert: its issues, its rows and files, its cloud address."""
    async_unregister(hass, entry)
    async_delete_issues(hass, entry)
    if is_alert(entry):
        engine = AlertEngine(hass, entry, await async_open(hass, entry.entry_id))
        try:
            await engine.async_remove()
        finally:
            async_delete_issues(hass, entry)  # its last events may have made some
            await async_remove_messages(hass, entry.entry_id)
        return
    try:
        if waiting := await async_remove_state(hass, entry):
            async_account_removed(hass, entry, waiting)
    finally:
        await async_delete_cloudhook(hass, entry)
