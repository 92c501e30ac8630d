"""The webhook that a provider calls. Its calls are checked, parsed and passed to the account.

Home Assistant logs the secret id of a webhook that is not registered, that does not take the method of a call, or whose
handler raises. So the webhook of an account is registered for every method, and as long as the account exists.
"""

import asyncio
from http import HTTPStatus
import logging
import re
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import StreamReader
from aiohttp.hdrs import METH_HEAD
from aiohttp.web import Request, Response

from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.network import NoURLAvailableError
from homeassistant.util.hass_dict import HassKey

from .account import Account, TextingConfigEntry
from .const import CONF_PROVIDER, DOMAIN
from .gateway.errors import WebhookRejected
from .gateway.json_fields import read_json
from .gateway.message import DeliveryReport, IncomingMessage, IncomingType, WebhookCall
from .gateway.providers import GATEWAYS
from .own_call import async_is_own_call
from .replies import async_opt_out, async_respond

_LOGGER = logging.getLogger(__name__)

BODY_LIMIT = 64 * 1024
# Seconds in which the whole body must arrive. A provider sends it at once.
BODY_TIMEOUT = 10.0
# Objects and lists in a body. A provider sends one object, with a list of pictures at most. Thousands of them in each
# call make Python search the memory of the whole home for garbage again and again. Each time, the home stands still.
MAX_CONTAINERS = 100
_STRINGS = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
# The accounts that are loaded, by entry id.
_LISTENING: HassKey[dict[str, Account]] = HassKey(f"{DOMAIN}_listening")


class _Refused(Exception):
    """The call is refused with this HTTP status, and has no effect."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@callback
def async_register(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Register the webhook of an account, loaded or not. While it is not loaded, calls are refused with 503."""
    if CONF_WEBHOOK_ID not in entry.data:
        return
    entry_id = entry.entry_id
    # None: a provider of a later version, or one that somebody wrote into the file.
    gateway = GATEWAYS.get(entry.data[CONF_PROVIDER])
    name, methods = (gateway.info.name, gateway.info.webhook_methods) if gateway else (entry.title, ("GET", "POST"))

    async def handle(hass: HomeAssistant, _webhook_id: str, request: Request) -> Response:
        if request.method not in methods:
            # Home Assistant lets everybody see with HEAD that an address exists.
            is_head = request.method == METH_HEAD
            return Response(status=HTTPStatus.OK if is_head else HTTPStatus.METHOD_NOT_ALLOWED)
        if async_is_own_call(hass, entry_id, request.query):
            return Response(status=HTTPStatus.OK)
        if (account := hass.data.get(_LISTENING, {}).get(entry_id)) is None:
            return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            return await async_handle_call(account, request)
        except Exception as err:  # noqa: BLE001  Home Assistant would log it with the id, and acknowledge the call
            _LOGGER.error("%s: unexpected %s in a call of the webhook", name, type(err).__name__)  # noqa: TRY400
            return Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)

    async_unregister(hass, entry)
    webhook.async_register(
        hass, DOMAIN, name, entry.data[CONF_WEBHOOK_ID], handle, allowed_methods=webhook.SUPPORTED_METHODS
    )


@callback
def async_unregister(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Unregister the webhook of an account that is removed."""
    if CONF_WEBHOOK_ID in entry.data:
        webhook.async_unregister(hass, entry.data[CONF_WEBHOOK_ID])


@callback
def async_listen(hass: HomeAssistant, account: Account) -> CALLBACK_TYPE:
    """Pass the calls of its webhook to a loaded account. Return a function that ends this."""
    listening, entry_id = hass.data.setdefault(_LISTENING, {}), account.entry.entry_id
    listening[entry_id] = account

    @callback
    def stop() -> None:
        del listening[entry_id]

    return stop


async def async_handle_call(account: Account, request: Request) -> Response:
    """Handle one call. Respond with 200, with 400 or 413 if it is refused, or with 503 if it cannot be saved."""
    memory = account.store.memory
    try:
        call = WebhookCall(method=request.method, parameters=await _parameters(request))
        items = account.gateway.parse_webhook(call)
    except (_Refused, WebhookRejected) as err:
        memory.webhook_refused += 1
        account.store.async_changed()
        _LOGGER.debug("%s: a call of the webhook is refused: %s", account.info.name, err)
        response = Response(status=err.status if isinstance(err, _Refused) else HTTPStatus.BAD_REQUEST)
        if isinstance(err, _Refused):
            response.force_close()  # the body may not have been read to its end
        return response
    account.calls.async_called()
    texts = [item for item in items if isinstance(item, IncomingMessage)]
    stops = [text for text in texts if text.type is IncomingType.OPT_OUT]
    # Opt-outs come first, and count even if the rest fails.
    saved = [await async_opt_out(account, stop) for stop in stops]
    if not await account.async_report(item for item in items if isinstance(item, DeliveryReport)) or not all(saved):
        # The provider repeats a call that fails.
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    # Group Texting and Club Texting send the text of the response to the phone.
    replies = [
        await async_respond(account, text, lambda: _is_connected(request)) for text in texts if text not in stops
    ]
    text = "".join(filter(None, replies))
    if None in replies and not text:
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    return Response(status=HTTPStatus.OK, text=text)


def _is_connected(request: Request) -> bool:
    """Return True if the provider still waits for our response. A call through the cloud always seems to wait."""
    return getattr(request, "transport", request) is not None


async def _parameters(request: Request) -> dict[str, Any]:
    """Return the query and the body, which is a JSON object or a form. The content type is ignored."""
    parameters: dict[str, Any] = dict(request.query)
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            text = await _body(request)
    except TimeoutError:
        raise _Refused(HTTPStatus.REQUEST_TIMEOUT) from None
    if text.lstrip().startswith("{"):
        if _containers(text) > MAX_CONTAINERS:
            raise _Refused(HTTPStatus.BAD_REQUEST)
        try:
            return {**parameters, **read_json(text)}
        except ValueError, RecursionError:
            raise _Refused(HTTPStatus.BAD_REQUEST) from None
    try:
        return parameters | dict(parse_qsl(text, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        raise _Refused(HTTPStatus.BAD_REQUEST) from None


def _containers(document: str) -> int:
    """Return how many objects and lists a JSON document has at most."""
    if (count := document.count("{") + document.count("[")) > MAX_CONTAINERS:
        bare = _STRINGS.sub("", document)
        count = bare.count("{") + bare.count("[")
    return count


async def _body(request: Request) -> str:
    """Return the body. Stop reading at the limit."""
    content, body = request.content, bytearray()
    while chunk := await _read(content):
        body += chunk
        if len(body) > BODY_LIMIT:
            raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Refused(HTTPStatus.BAD_REQUEST) from None


async def _read(content: StreamReader) -> bytes:
    """Return the next bytes of a body. A broken encoding or length, or a lost connection, refuses the call."""
    try:
        return await content.read(BODY_LIMIT + 1)
    except Exception:  # noqa: BLE001  the web server has an error of its own for each
        # Otherwise the web server reads the rest, and logs the error.
        content.feed_eof()
        raise _Refused(HTTPStatus.BAD_REQUEST) from None


# -- the address that a user pastes at the provider ------------------------------------------------------------------


async def async_webhook_url(hass: HomeAssistant, entry: TextingConfigEntry) -> tuple[str | None, bool]:
    """Return the webhook's address and True if it is on the internet; None if Home Assistant has no address.

    It is an address of Home Assistant Cloud if that is connected, else the home's own address.
    """
    if "cloud" in hass.config.components:
        from homeassistant.components import cloud  # noqa: PLC0415  it pulls in a lot

        if cloud.async_active_subscription(hass):
            try:
                return await cloud.async_get_or_create_cloudhook(hass, entry.data[CONF_WEBHOOK_ID]), True
            except Exception as err:  # noqa: BLE001  errors of its library, which cannot be imported here
                _LOGGER.debug("Home Assistant Cloud has no address for us: %s", type(err).__name__)
    for is_public in (True, False):
        try:
            return webhook.async_generate_url(
                hass, entry.data[CONF_WEBHOOK_ID], allow_internal=not is_public
            ), is_public
        except NoURLAvailableError:
            continue
    return None, False


async def async_delete_cloudhook(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete the address at Home Assistant Cloud if there is one."""
    if "cloud" not in hass.config.components or CONF_WEBHOOK_ID not in entry.data:
        return
    from homeassistant.components import cloud  # noqa: PLC0415  it pulls in a lot

    try:
        await cloud.async_delete_cloudhook(hass, entry.data[CONF_WEBHOOK_ID])
    except HomeAssistantError, ValueError:
        # There is no address, or the user is signed out of the cloud.
        _LOGGER.debug("Home Assistant Cloud has no address to delete")
