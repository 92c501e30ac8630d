"""Texting gives a home a voice and an ear on the phone network, through five SMS gateways."""

from typing import Any

from aiohttp import ClientSession, DummyCookieJar

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_NAME, Platform
from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.discovery import async_load_platform
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.hass_dict import HassKey

from .account import Account, TextingConfigEntry
from .actions import async_setup_actions
from .assist import async_listen_for_commands
from .client import gateway_for
from .const import CONF_PROVIDER, DOMAIN, ROUTE
from .entity import line_device
from .issues import async_forget_issues, async_removed, async_watch_credit
from .legacy import take_name
from .line import Line, LineConfigEntry
from .poller import async_poll_incoming
from .route import Route, RouteConfigEntry
from .route_opt_out import async_listen_opt_outs, async_take_back_routed
from .state import async_finish_sends, async_forget, async_forget_old, async_state, async_unloaded
from .webhook import async_delete_cloudhook, async_listen, async_stop_listening

PLATFORMS = [Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.NOTIFY, Platform.SENSOR]

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
HASS_CONFIG: HassKey[ConfigType] = HassKey(f"{DOMAIN}_hass_config")
SESSION: HassKey[ClientSession] = HassKey(f"{DOMAIN}_session")


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up the actions, and the session of all accounts.

    It lives on when an account is unloaded, so that a request under way comes to its end; it keeps no cookies,
    as two accounts at one host are two strangers.
    """
    hass.data[HASS_CONFIG] = config
    hass.data[SESSION] = async_create_clientsession(hass, cookie_jar=DummyCookieJar())
    async_listen_opt_outs(hass)
    hass.async_add_shutdown_job(HassJob(async_finish_sends), hass)
    async_setup_actions(hass)
    async_listen_for_commands(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    """Set up an account or a route."""
    await (_async_set_up_route if entry.data[CONF_PROVIDER] == ROUTE else _async_set_up_account)(hass, entry)
    return True


async def _async_set_up_route(hass: HomeAssistant, entry: RouteConfigEntry) -> None:
    route = entry.runtime_data = Route(hass, entry, await async_state(hass, entry, None))
    await _async_set_up_entities(hass, route)
    await route.async_start()
    async_take_back_routed(hass, entry.entry_id)
    _finish_set_up(hass, route)


async def _async_set_up_account(hass: HomeAssistant, entry: TextingConfigEntry) -> None:
    """Set up an account.

    A gateway that is out of reach does not keep it from loading: what comes in is heard, and actions say
    what is wrong. Only refused credentials do.
    """
    gateway = gateway_for(hass.data[SESSION], {**entry.data, **entry.options})
    state = await async_state(hass, entry, gateway)
    account = entry.runtime_data = Account(hass, entry, state, gateway)
    if account.info.uses_webhook:
        # First: Home Assistant acknowledges calls of webhooks nobody listens to, and they are lost.
        async_listen(hass, account)
        entry.async_on_unload(lambda: async_stop_listening(hass, account))
    await account.balance.async_refresh()
    if isinstance(account.balance.last_exception, ConfigEntryAuthFailed):
        raise account.balance.last_exception
    entry.async_on_unload(async_watch_credit(hass, entry, account.balance))
    await _async_set_up_entities(hass, account)
    account.async_start()
    async_take_back_routed(hass, entry.entry_id)
    entry.async_on_unload(async_poll_incoming(hass, account))
    _finish_set_up(hass, account)


async def _async_set_up_entities(hass: HomeAssistant, line: Line) -> None:
    """Make the device and the entities; from then on they hear news."""
    dr.async_get(hass).async_get_or_create(config_entry_id=line.entry.entry_id, **line_device(line))
    await hass.config_entries.async_forward_entry_setups(line.entry, PLATFORMS)
    line.state.async_ready()


@callback
def _finish_set_up(hass: HomeAssistant, line: Line) -> None:
    """What is only needed once messages leave."""
    entry = line.entry
    entry.async_on_unload(async_forget_old(hass, entry, line.state))
    entry.async_on_unload(entry.add_update_listener(_async_updated))
    hass.async_create_task(
        async_load_platform(
            hass,
            Platform.NOTIFY,
            DOMAIN,
            {CONF_NAME: take_name(hass, entry), "entry_id": entry.entry_id},
            hass.data[HASS_CONFIG],
        )
    )


async def async_unload_entry(hass: HomeAssistant, entry: LineConfigEntry) -> bool:
    """Unload an account or a route; what waits and what comes meanwhile waits until it is loaded again."""
    # First: what Home Assistant does on unload comes after this, and a file that is in use is not let go of.
    entry.runtime_data.async_stop()
    await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    await async_unloaded(hass, entry.entry_id)
    return True


async def async_remove_entry(hass: HomeAssistant, entry: LineConfigEntry) -> None:
    """Forget an account or a route: what was to be mended, its file and its cloud address."""
    async_forget_issues(hass, entry)
    if waiting := await async_forget(hass, entry):
        async_removed(hass, entry, waiting)
    await async_delete_cloudhook(hass, entry)


async def _async_updated(hass: HomeAssistant, entry: LineConfigEntry) -> None:
    """Reload when the account, its options or its recipients have changed."""
    hass.config_entries.async_schedule_reload(entry.entry_id)
