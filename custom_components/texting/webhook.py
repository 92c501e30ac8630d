"""The address at which a provider tells us things: what comes there is checked, parsed and handed to the account."""

from http import HTTPStatus
import logging
from typing import Any
from urllib.parse import parse_qsl

from aiohttp.web import Request, Response

from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.network import NoURLAvailableError
from homeassistant.util import dt as dt_util

from .account import Account, TextingConfigEntry
from .const import DOMAIN
from .gateway.answers import read_json
from .gateway.errors import WebhookRejected
from .gateway.message import DeliveryReport, IncomingMessage, IncomingType, WebhookCall
from .reply import async_answer, async_stop

_LOGGER = logging.getLogger(__name__)

BODY_LIMIT = 64 * 1024


class _Refused(Exception):
    """The call is answered with this status, and has no effect."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@callback
def async_listen(hass: HomeAssistant, account: Account) -> None:
    """Listen at the account's secret address."""

    async def handle(_hass: HomeAssistant, _webhook_id: str, request: Request) -> Response:
        return await _async_handle(account, request)

    webhook.async_register(
        hass,
        DOMAIN,
        account.entry.title,
        account.entry.data[CONF_WEBHOOK_ID],
        handle,
        allowed_methods=account.info.webhook_methods,
    )


@callback
def async_stop_listening(hass: HomeAssistant, account: Account) -> None:
    """Listen no more."""
    webhook.async_unregister(hass, account.entry.data[CONF_WEBHOOK_ID])


async def _async_handle(account: Account, request: Request) -> Response:
    """Take one call: 200 when it was understood, 400 or 413 when it was not."""
    memory = account.store.memory
    try:
        call = WebhookCall(method=request.method, parameters=await _parameters(request))
        news = account.gateway.parse_webhook(call)
    except (_Refused, WebhookRejected) as err:
        memory.webhook_refused += 1
        account.store.async_changed()
        _LOGGER.debug("%s: a call of the webhook was refused: %s", account.info.name, err)
        return Response(status=err.status if isinstance(err, _Refused) else HTTPStatus.BAD_REQUEST)
    memory.webhook_called_at = dt_util.utcnow().isoformat()
    account.store.async_changed()
    texts = [item for item in news if isinstance(item, IncomingMessage)]
    stops = [text for text in texts if text.type is IncomingType.OPT_OUT]
    # First, and whatever becomes of the rest.
    kept = [await async_stop(account, stop) for stop in stops]
    if not await account.async_report(item for item in news if isinstance(item, DeliveryReport)) or not all(kept):
        # Not kept: the provider is to tell it again.
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    # Group Texting and Club Texting send any text back to the phone.
    answers = [await async_answer(account, text, lambda: _is_connected(request)) for text in texts if text not in stops]
    return Response(status=HTTPStatus.OK, text="".join(answers))


def _is_connected(request: Request) -> bool:
    """Whether the provider still waits for our answer; the cloud does not tell."""
    return getattr(request, "transport", request) is not None


async def _parameters(request: Request) -> dict[str, Any]:
    """Query and body together; a JSON object or a form, whatever the content type says."""
    parameters: dict[str, Any] = dict(request.query)
    text = await _body(request)
    if text.lstrip().startswith("{"):
        try:
            return {**parameters, **read_json(text)}
        except ValueError, RecursionError:
            raise _Refused(HTTPStatus.BAD_REQUEST) from None
    try:
        return parameters | dict(parse_qsl(text, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        raise _Refused(HTTPStatus.BAD_REQUEST) from None


async def _body(request: Request) -> str:
    """The body, read no further than the limit."""
    content, body = request.content, bytearray()
    while chunk := await content.read(BODY_LIMIT + 1):
        body += chunk
        if len(body) > BODY_LIMIT:
            raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Refused(HTTPStatus.BAD_REQUEST) from None


# -- the address a user pastes at the provider -----------------------------------------------------------------------


async def async_address(hass: HomeAssistant, entry: TextingConfigEntry) -> tuple[str | None, bool]:
    """The webhook's address, and whether it is one on the internet.

    Home Assistant Cloud's where it is connected, else the home's own; None without any.
    """
    if "cloud" in hass.config.components:
        from homeassistant.components import cloud  # noqa: PLC0415  it pulls in a lot

        if cloud.async_active_subscription(hass):
            try:
                return await cloud.async_get_or_create_cloudhook(hass, entry.data[CONF_WEBHOOK_ID]), True
            except Exception as err:  # noqa: BLE001  its library's own errors, which cannot be imported without it
                _LOGGER.debug("Home Assistant Cloud gave no address: %s", type(err).__name__)
    for public in (True, False):
        try:
            return webhook.async_generate_url(hass, entry.data[CONF_WEBHOOK_ID], allow_internal=not public), public
        except NoURLAvailableError:
            continue
    return None, False


async def async_delete_cloudhook(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Give back the address at Home Assistant Cloud, if there is one."""
    if "cloud" not in hass.config.components or CONF_WEBHOOK_ID not in entry.data:
        return
    from homeassistant.components import cloud  # noqa: PLC0415  it pulls in a lot

    try:
        await cloud.async_delete_cloudhook(hass, entry.data[CONF_WEBHOOK_ID])
    except HomeAssistantError, ValueError:
        # There is none, or the cloud is signed out.
        _LOGGER.debug("Home Assistant Cloud had no address to give back")
