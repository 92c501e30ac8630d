"""The home calls its own webhook once, to find out whether its address leads to this home."""

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
import secrets

import aiohttp

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN

TIMEOUT = aiohttp.ClientTimeout(total=15)
# The field that marks our own call. Its value is a secret that is valid for one call.
FIELD = "texting_test"
# The entry id of the account whose webhook is called, by the secrets of the calls under way.
_CALLS: HassKey[dict[str, str]] = HassKey(f"{DOMAIN}_own_calls")


class Outcome(StrEnum):
    """How the call ended."""

    REACHED = "reached"
    # The name of the host is unknown.
    NO_HOST = "no_host"
    # Nothing responds there, or not in time.
    NO_RESPONSE = "no_response"
    CERTIFICATE = "certificate"
    # A server that speaks no https.
    NO_HTTPS = "no_https"
    REDIRECT = "redirect"
    # Something else responds: another server, a sign-in page, a proxy.
    ELSEWHERE = "elsewhere"


@callback
def async_is_own_call(hass: HomeAssistant, entry_id: str, query: Mapping[str, str]) -> bool:
    """Return True if a call of an account's webhook is our own. Each secret counts once, and only for its account."""
    calls, secret = hass.data.get(_CALLS, {}), query.get(FIELD, "")
    if calls.get(secret) != entry_id:
        return False
    del calls[secret]
    return True


async def async_call(hass: HomeAssistant, entry_id: str, method: str, url: str) -> Outcome:
    """Call the webhook of an account by its address, and return how that ended.

    The response alone proves nothing, since other servers respond with 200 too: the call itself must arrive here.
    """
    calls, secret = hass.data.setdefault(_CALLS, {}), secrets.token_urlsafe(32)
    calls[secret] = entry_id
    session = async_create_clientsession(hass, auto_cleanup=False, cookie_jar=aiohttp.DummyCookieJar())
    try:
        async with session.request(
            method, url, params={FIELD: secret}, timeout=TIMEOUT, allow_redirects=False
        ) as response:
            status = response.status
    except (aiohttp.ClientError, TimeoutError, ValueError) as err:
        return _failed(err)
    finally:
        session.detach()
        is_here = calls.pop(secret, None) is None
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Outcome.REDIRECT
    return Outcome.REACHED if is_here and status == HTTPStatus.OK else Outcome.ELSEWHERE


def _failed(error: Exception) -> Outcome:
    """Return what an exception of the call means. Its words hold the address."""
    if isinstance(error, (aiohttp.ClientConnectorDNSError, aiohttp.InvalidURL)):
        return Outcome.NO_HOST
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return Outcome.CERTIFICATE
    if isinstance(error, aiohttp.ClientSSLError):
        return Outcome.NO_HTTPS
    return Outcome.NO_RESPONSE
