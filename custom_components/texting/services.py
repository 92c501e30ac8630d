"""The actions texting.send_message and texting.preview_message."""

from collections.abc import Iterable
from typing import Any

import voluptuous as vol

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.service import async_extract_entity_ids, async_get_config_entry

from .account import Account, TextingConfigEntry
from .const import ATTR_ACCOUNT, ATTR_TO, DOMAIN
from .exceptions import home_assistant_error
from .gateway.errors import MessageRejected
from .recipient import recipients
from .send import (
    MESSAGE_SCHEMA,
    Address,
    Outcome,
    addresses_of,
    as_response,
    async_send,
    each_once,
    message_to,
    raise_for,
    resolve,
)

SEND_MESSAGE = "send_message"
PREVIEW_MESSAGE = "preview_message"

SEND_SCHEMA = vol.All(
    vol.Schema(
        {
            **cv.ENTITY_SERVICE_FIELDS,
            vol.Optional(ATTR_ACCOUNT): cv.string,
            vol.Optional(ATTR_TO): vol.All(cv.ensure_list, [cv.string]),
            **MESSAGE_SCHEMA,
        }
    ),
    cv.has_at_least_one_key(*(str(key) for key in cv.ENTITY_SERVICE_FIELDS), ATTR_ACCOUNT),
)
PREVIEW_SCHEMA = vol.Schema({vol.Required(ATTR_ACCOUNT): cv.string, vol.Optional(ATTR_TO): cv.string, **MESSAGE_SCHEMA})


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN, SEND_MESSAGE, _async_send_message, SEND_SCHEMA, supports_response=SupportsResponse.OPTIONAL
    )
    hass.services.async_register(
        DOMAIN, PREVIEW_MESSAGE, _async_preview_message, PREVIEW_SCHEMA, supports_response=SupportsResponse.ONLY
    )


async def _async_send_message(call: ServiceCall) -> ServiceResponse:
    """Send to entities, or through an account to names and numbers.

    With a response asked for, messages that failed beside others that did not are told there; else they raise.
    """
    outcomes: list[Outcome] = []
    for account, addresses in (await _async_targets(call)).items():
        outcomes += await async_send(account, addresses, call.data)
    if not call.return_response or all(outcome.refusal for outcome in outcomes):
        raise_for(outcomes)
    return {"messages": [as_response(outcome) for outcome in outcomes]} if call.return_response else None


async def _async_targets(call: ServiceCall) -> dict[Account, list[Address]]:
    """Whom to send to, by account."""
    targets: dict[Account, list[Address]] = {}
    for account, addresses in _recipients_of_entities(call.hass, await async_extract_entity_ids(call)):
        targets.setdefault(account, []).extend(addresses)
    if ATTR_ACCOUNT in call.data:
        account = _account(call.hass, call.data[ATTR_ACCOUNT])
        addresses = resolve(call.hass, account, call.data.get(ATTR_TO) or ())
        targets.setdefault(account, []).extend(addresses)
    if not any(targets.values()):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_target")
    return {account: each_once(addresses) for account, addresses in targets.items()}


def _recipients_of_entities(hass: HomeAssistant, entity_ids: Iterable[str]) -> Iterable[tuple[Account, list[Address]]]:
    """The recipients whose notify entities were named, directly or by device, area, floor or label."""
    registry = er.async_get(hass)
    for entity_id in sorted(entity_ids):
        entity = registry.async_get(entity_id)
        if entity is None or entity.platform != DOMAIN or entity.domain != Platform.NOTIFY:
            continue
        account = _account(hass, entity.config_entry_id or "")
        for recipient in recipients(account.entry):
            if recipient.id == entity.config_subentry_id:
                yield account, addresses_of(recipient)


async def _async_preview_message(call: ServiceCall) -> ServiceResponse:
    """What a text would be at an account, without sending it."""
    account = _account(call.hass, call.data[ATTR_ACCOUNT])
    (address,) = resolve(call.hass, account, [call.data[ATTR_TO]]) if ATTR_TO in call.data else [Address("")]
    title = account.entry.title
    try:
        if address.error:
            raise address.error
        preview = account.gateway.preview(message_to(address.number or "", address.recipient, call.data))
    except MessageRejected as err:
        return {"refused": str(home_assistant_error(err, title)), "reason": err.reason, "limit": err.limit}
    replaced: dict[str, Any] = dict(preview.replaced)
    return {
        "refused": None,
        "text": preview.text,
        "encoding": preview.encoding,
        "segments": preview.segments,
        "units": preview.units,
        "cost": preview.cost,
        "replaced": replaced,
        "doubtful": preview.doubtful,
    }


def _account(hass: HomeAssistant, entry_id: str) -> Account:
    """The loaded account of a config entry's id."""
    entry: TextingConfigEntry = async_get_config_entry(hass, DOMAIN, entry_id)
    return entry.runtime_data
