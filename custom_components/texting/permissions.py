"""Who may call which action. Every action passes async_authorize before its handler does anything.

A call without a user, as automations make it, may do everything. A user may call an action on people if they control,
for each person, number or message that the call names, the recipient's notify entity or an entity of the account's own
device. They may call an action on alerts if they control an entity of each alert that it names. All other actions need
an administrator. (A notify entity that the call names must be controlled itself, and of
a person, the notify entities of all its recipients.)
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import config_validation as cv, entity_registry as er

from .const import ATTR_ACCOUNT, ATTR_INCOMING_ID, ATTR_MESSAGE_ID, ATTR_REFERENCE, ATTR_TO, DOMAIN
from .delivery.record import MessageRecord
from .entries import messenger_entry
from .recipients import recipient_of, recipient_with_number
from .storage.open_database import async_find_message, async_find_whole_message
from .storage.received import async_find_received
from .targets import Named, has_target, named_alerts, named_people, resolve

type Handler = Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]


@dataclass(frozen=True, slots=True)
class Resource:
    """What a call names: an entity, a recipient, a number, an account or a message."""

    # The entities that allow it. The user must control one of them.
    entities: tuple[str, ...]
    # The entity that the caller named.
    entity_id: str | None = None
    # The account or route that the caller named.
    entry_id: str | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """What an action needs from the user who calls it."""

    # What docs/permissions.md calls it.
    name: str
    # In words, for docs/permissions.md.
    text: str
    # Returns what a call names. None: the action needs an administrator.
    resources: Callable[[ServiceCall], Awaitable[Iterable[Resource]]] | None
    # Whether a call needs an administrator nevertheless.
    is_for_administrators: Callable[[ServiceCall], bool] = lambda _call: False


def guarded(need: Need, handler: Handler) -> Handler:
    """Return a handler that checks the user first."""

    async def run(call: ServiceCall) -> ServiceResponse:
        await async_authorize(call, need)
        return await handler(call)

    return run


async def async_authorize(call: ServiceCall, need: Need) -> None:
    """Raise Unauthorized or UnknownUser if the user may not make this call.

    Nothing is looked up for a user who controls none of our entities. Missing messages are refused like messages of
    others, so that nobody can tell them apart.
    """
    if call.context.user_id is None:
        return
    user = await call.hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise UnknownUser(context=call.context)
    needs_administrator = need.resources is None or need.is_for_administrators(call)
    if not user.is_active or not (user.is_admin if needs_administrator else _controls_anything(call.hass, user)):
        raise Unauthorized(context=call.context, permission=POLICY_CONTROL)
    if needs_administrator or need.resources is None or _controls_everything(user):
        return
    for resource in await need.resources(call):
        if not any(user.permissions.check_entity(entity_id, POLICY_CONTROL) for entity_id in resource.entities):
            raise Unauthorized(
                context=call.context,
                entity_id=resource.entity_id,
                config_entry_id=resource.entry_id,
                permission=POLICY_CONTROL,
            )


def _controls_everything(user: User) -> bool:
    return user.permissions.access_all_entities(POLICY_CONTROL)


def _controls_anything(hass: HomeAssistant, user: User) -> bool:
    """Return True if the user controls any entity of ours."""
    if _controls_everything(user):
        return True
    ours = (entity for entry in hass.config_entries.async_entries(DOMAIN) for entity in _entities(hass, entry.entry_id))
    return any(user.permissions.check_entity(entity.entity_id, POLICY_CONTROL) for entity in ours)


# -- the entities that allow something. A disabled entity allows nothing. ----------------------------------------------


def _entities(hass: HomeAssistant, entry_id: str) -> Iterator[er.RegistryEntry]:
    """Yield the entities of an account or a route, and of its recipients."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry_id)
    return (entity for entity in entities if entity.platform == DOMAIN and not entity.disabled)


def _of_account(hass: HomeAssistant, entry_id: str) -> Iterator[str]:
    """Yield the entities of the account's or route's own device, or of an alert."""
    return (entity.entity_id for entity in _entities(hass, entry_id) if entity.config_subentry_id is None)


def _of_recipient(hass: HomeAssistant, recipient_id: str | None) -> Iterator[str]:
    """Yield the notify entity of a recipient."""
    registry = er.async_get(hass)
    if recipient_id and (entity_id := registry.async_get_entity_id(Platform.NOTIFY, DOMAIN, recipient_id)):
        yield from _if_enabled(registry, entity_id)


def _if_enabled(registry: er.EntityRegistry, entity_id: str) -> Iterator[str]:
    """Yield an entity, if it is not disabled."""
    if (entity := registry.async_get(entity_id)) is None or not entity.disabled:
        yield entity_id


# -- what a call names -------------------------------------------------------------------------------------------------


def resources_of_account(hass: HomeAssistant, entry_id: str, wanted: Iterable[str]) -> list[Resource]:
    """Return a use for each name or number that an account or route is to send to, or one for the account alone."""
    entry = messenger_entry(hass, entry_id)
    if entry is None:
        return [Resource((), entry_id=entry_id)]
    own = tuple(_of_account(hass, entry_id))
    recipients = [address.recipient for address in resolve(hass, entry, wanted)] or [None]
    return [Resource((*_of_recipient(hass, each.id if each else None), *own), entry_id=entry_id) for each in recipients]


async def _resources_of_targets(call: ServiceCall) -> list[Resource]:
    hass, data = call.hass, call.data
    resources = [each for named in named_people(hass, data) for each in _resources_of_named(hass, named)]
    if ATTR_ACCOUNT in data:
        resources += resources_of_account(hass, data[ATTR_ACCOUNT], cv.ensure_list(data.get(ATTR_TO)))
    return resources


def _resources_of_named(hass: HomeAssistant, named: Named) -> list[Resource]:
    """Return a use for each recipient that is named: control of a person's entity alone is no permission to text."""
    registry, target_id = er.async_get(hass), named.target_id
    if not named.recipients:
        return [Resource(tuple(_if_enabled(registry, target_id)), entity_id=target_id)] if "." in target_id else []
    return [Resource(tuple(_of_recipient(hass, each.recipient.id)), entity_id=target_id) for each in named.recipients]


async def _resources_of_history(call: ServiceCall) -> list[Resource]:
    hass = call.hass
    resources = []
    for named in named_people(hass, call.data, all_of_each=True):
        found = _resources_of_named(hass, named)
        if named.recipients:
            owns = [_of_account(hass, each.entry.entry_id) for each in named.recipients]
            found = [replace(each, entities=(*each.entities, *own)) for each, own in zip(found, owns, strict=True)]
        resources += found
    return resources or [Resource(())]


def _names_nobody(call: ServiceCall) -> bool:
    return not has_target(call.data)


async def _resources_of_message(call: ServiceCall) -> list[Resource]:
    hass, account = call.hass, call.data.get(ATTR_ACCOUNT)
    record = await _async_find(hass, account, call.data)
    if record is None:
        return [Resource(tuple(_of_account(hass, account)) if account else (), entry_id=account)]
    # An attempt of a route's message belongs to both.
    parent = await _async_find(hass, None, {ATTR_REFERENCE: record.parent}) if record.parent else None
    entry_ids = [each.entry_id for each in (record, parent) if each]
    own = [entity_id for entry_id in entry_ids for entity_id in _of_account(hass, entry_id)]
    return [Resource((*_of_recipient(hass, record.recipient_id), *own), entry_id=account)]


async def _resources_of_resend(call: ServiceCall) -> list[Resource]:
    """Return what the new message needs: it goes out through the route if the old one was an attempt of a route."""
    hass = call.hass
    record = await async_find_whole_message(hass, call.data[ATTR_REFERENCE])
    entry = hass.config_entries.async_get_entry(record.entry_id) if record else None
    if record is None or entry is None:
        return [Resource(())]
    recipient = recipient_of(entry, record)
    own = _of_account(hass, entry.entry_id)
    return [Resource((*_of_recipient(hass, recipient.id if recipient else None), *own))]


async def _async_find(hass: HomeAssistant, entry_id: str | None, data: Mapping[str, Any]) -> MessageRecord | None:
    reference, message_id = data.get(ATTR_REFERENCE), data.get(ATTR_MESSAGE_ID)
    return await async_find_message(hass, reference=reference, message_id=message_id, entry_id=entry_id)


async def _resources_of_incoming(call: ServiceCall) -> list[Resource]:
    hass = call.hass
    if not (found := await async_find_received(hass, call.data[ATTR_INCOMING_ID])):
        return [Resource(())]
    entry, received = found
    recipient = recipient_with_number(entry, received.message.sender)
    allowing = (*_of_recipient(hass, recipient.id if recipient else None), *_of_account(hass, entry.entry_id))
    return [Resource(allowing)]


async def _resources_of_alerts(call: ServiceCall) -> list[Resource]:
    """Return a use for each alert, which any of its entities allows."""
    hass = call.hass
    registry = er.async_get(hass)
    return [
        Resource(tuple(_of_account(hass, entry.entry_id)), entry_id=entry.entry_id)
        if entry
        else Resource(tuple(_if_enabled(registry, target_id)) if "." in target_id else (), entity_id=target_id)
        for target_id, entry in named_alerts(hass, call.data)
    ]


# -- what actions need -------------------------------------------------------------------------------------------------

ADMINISTRATOR = Need("Administrator", "An administrator.", None)
TARGETS = Need(
    "Recipients",
    "Control of the notify entity of each recipient. For recipients that are named through an account or a route, "
    "control of an entity of its own device is enough. Other numbers need the latter.",
    _resources_of_targets,
)
MESSAGE = Need(
    "Message",
    "Control of the notify entity of the recipient that the message went to, or of an entity of the own device of its "
    "account or route.",
    _resources_of_message,
)
HISTORY = Need(
    "History",
    "For the history of people: control of the notify entity of each recipient, or of an entity of the own device of "
    "its account or route. For everybody's history: an administrator.",
    _resources_of_history,
    _names_nobody,
)
RESEND = Need(
    "Resend",
    "Control of the notify entity of the recipient that the message went to, if it still has that number, or of an "
    "entity of the own device of the account or route that sends it again.",
    _resources_of_resend,
)
ALERTS = Need(
    "Alerts",
    "Control of an entity of each alert.",
    _resources_of_alerts,
)
INCOMING = Need(
    "Incoming text",
    "Control of the notify entity of the recipient who wrote the text, or of an entity of the own device of its "
    "account.",
    _resources_of_incoming,
)
