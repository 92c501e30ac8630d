"""The actions texting.look_up_carrier and texting.broadcast_voice: what a provider does with phones besides texts."""

from collections.abc import Sequence

import voluptuous as vol

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from ..account import Account
from ..address import Address, mistake, resolve
from ..const import ATTR_ACCOUNT, ATTR_CALLER_ID, ATTR_SOUND_FILE, ATTR_SOUND_URL, ATTR_TO, ATTR_URGENT
from ..gateway.capabilities import Capability
from ..gateway.message import VoiceBroadcast
from ..gateway.status import Status
from ..opt_out import opted_out
from .action import Action, asking, async_account

LOOK_UP_SCHEMA = vol.Schema({vol.Required(ATTR_ACCOUNT): cv.string, vol.Required(ATTR_TO): cv.string})
BROADCAST_SCHEMA = vol.All(
    vol.Schema(
        {
            vol.Required(ATTR_ACCOUNT): cv.string,
            vol.Required(ATTR_TO): vol.All(cv.ensure_list, [cv.string]),
            vol.Required(ATTR_CALLER_ID): cv.string,
            vol.Exclusive(ATTR_SOUND_FILE, "sound"): cv.string,
            vol.Exclusive(ATTR_SOUND_URL, "sound"): cv.string,
            vol.Optional(ATTR_URGENT, default=False): cv.boolean,
        }
    ),
    cv.has_at_least_one_key(ATTR_SOUND_FILE, ATTR_SOUND_URL),
)


async def _async_look_up_carrier(call: ServiceCall) -> ServiceResponse:
    """Who serves a number."""
    account = async_account(call.hass, call.data[ATTR_ACCOUNT], Capability.CARRIER_LOOKUP)
    numbers = list(_numbers(call.hass, account, [call.data[ATTR_TO]]))
    if len(numbers) != 1:
        raise mistake("several_numbers" if numbers else "no_target", name=call.data[ATTR_TO])
    with asking(account):
        carrier = await account.gateway.carrier(numbers[0])
    account.balance.async_refresh_soon()
    return {"to": numbers[0], "carrier": carrier}


async def _async_broadcast_voice(call: ServiceCall) -> ServiceResponse:
    """Call numbers and play a sound; who has quiet hours, as a call cannot wait, or has opted out, is left out."""
    account = async_account(call.hass, call.data[ATTR_ACCOUNT], Capability.VOICE_BROADCAST)
    addresses = _numbers(call.hass, account, call.data[ATTR_TO])
    opted = [number for number in addresses if number in account.state.opt_outs]
    quiet = [number for number, address in addresses.items() if _is_quiet(address) and not call.data[ATTR_URGENT]]
    left_out = [number for number in addresses if number in opted or number in quiet]
    numbers = tuple(number for number in addresses if number not in left_out)
    if opted and not numbers and set(quiet) <= set(opted):
        with asking(account):
            raise opted_out()
    if not numbers:
        raise mistake("all_quiet" if quiet else "no_target")
    broadcast = VoiceBroadcast(
        numbers=numbers,
        caller_id=call.data[ATTR_CALLER_ID],
        sound_file=call.data.get(ATTR_SOUND_FILE),
        sound_url=call.data.get(ATTR_SOUND_URL),
    )
    with asking(account):
        # How many credits a call costs is not documented; fewer than one it is not.
        await account.async_check_credit(len(numbers))
        await account.gateway.broadcast(broadcast)
    account.balance.async_refresh_soon()
    return {"to": [*numbers], "left_out": [*left_out], "status": Status.ACCEPTED}


def _numbers(hass: HomeAssistant, account: Account, wanted: Sequence[str]) -> dict[str, Address]:
    """Numbers of names and numbers; raises what is wrong with the first that is neither."""
    found: dict[str, Address] = {}
    for address in resolve(hass, account, wanted):
        if address.number is None:
            raise address.error or mistake("no_target")
        found[address.number] = address
    return found


def _is_quiet(address: Address) -> bool:
    quiet = address.recipient.quiet if address.recipient else None
    return quiet is not None and quiet.seconds_left(dt_util.now()) > 0


ACTIONS = (
    Action("look_up_carrier", _async_look_up_carrier, LOOK_UP_SCHEMA, SupportsResponse.ONLY),
    Action("broadcast_voice", _async_broadcast_voice, BROADCAST_SCHEMA),
)
