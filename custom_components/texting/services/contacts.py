"""The actions of contact groups and contacts: list, get, create, update and delete."""

from collections.abc import Iterable, Mapping
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv

from ..account import Account
from ..const import (
    ATTR_ACCOUNT,
    ATTR_CONTACT,
    ATTR_FIELDS,
    ATTR_GROUP,
    ATTR_LIMIT,
    ATTR_NAME,
    ATTR_NUMBER,
)
from ..gateway.capabilities import Capability
from ..gateway.contacts import Contact, ContactGroup
from ..gateway.errors import MessageRejected, NotFound
from ..gateway.phone_number import to_e164
from ..permissions import ADMINISTRATOR
from ..targets import redact_name, validation_error
from .service import Action, requested_account

DEFAULT_LIMIT = 1000
MAX_LIMIT = 10_000

_ACCOUNT: dict[Any, Any] = {vol.Required(ATTR_ACCOUNT): cv.string}
_GROUP: dict[Any, Any] = {**_ACCOUNT, vol.Required(ATTR_GROUP): vol.All(cv.string, str.strip)}
_CONTACT: dict[Any, Any] = {**_GROUP, vol.Required(ATTR_CONTACT): vol.All(cv.string, str.strip)}
_NAME: dict[Any, Any] = {vol.Required(ATTR_NAME): vol.All(cv.string, str.strip)}
_FIELDS: dict[Any, Any] = {vol.Optional(ATTR_FIELDS): vol.Schema({vol.All(cv.string, str.strip): cv.string})}
_LIMIT: dict[Any, Any] = {
    vol.Optional(ATTR_LIMIT, default=DEFAULT_LIMIT): vol.All(vol.Coerce(int), vol.Range(min=1, max=MAX_LIMIT))
}


# -- groups --------------------------------------------------------------------------------------------------------


async def _async_list_groups(call: ServiceCall) -> ServiceResponse:
    """Return all groups of an account."""
    with requested_account(call, Capability.CONTACTS) as account:
        return {"groups": [_group(group) for group in await account.gateway.contacts.groups()]}


async def _async_get_group(call: ServiceCall) -> ServiceResponse:
    """Return one group."""
    with requested_account(call, Capability.CONTACTS) as account:
        group = await account.contact_groups.async_find(call.data[ATTR_GROUP])
        return _group(await account.gateway.contacts.group(group.id))


async def _async_create_group(call: ServiceCall) -> ServiceResponse:
    """Create a group with a new name."""
    with requested_account(call, Capability.CONTACTS) as account:
        name = _new_name(account, call.data[ATTR_NAME], await account.gateway.contacts.groups())
        return _group(await account.gateway.contacts.create_group(name))


async def _async_update_group(call: ServiceCall) -> ServiceResponse:
    """Rename a group. No other group may have the name."""
    with requested_account(call, Capability.CONTACTS) as account:
        groups = await account.gateway.contacts.groups()
        group = account.contact_groups.pick(groups, call.data[ATTR_GROUP])
        name = _new_name(account, call.data[ATTR_NAME], [each for each in groups if each.id != group.id])
        return _group(await account.gateway.contacts.rename_group(group.id, name))


async def _async_delete_group(call: ServiceCall) -> ServiceResponse:
    """Delete a group and its contacts."""
    with requested_account(call, Capability.CONTACTS) as account:
        group = await account.contact_groups.async_find(call.data[ATTR_GROUP])
        await account.gateway.contacts.delete_group(group.id)
        account.contact_groups.forget(group.id)
        return _group(group)


def _new_name(account: Account, name: str, others: Iterable[ContactGroup]) -> str:
    """Return a group's new name; raise if a group has it already. The provider itself would allow it."""
    if not name:
        raise validation_error("limit_group_name")
    if taken := next((group for group in others if group.name.casefold() == name.casefold()), None):
        raise validation_error("group_exists", account=account.entry.title, group=redact_name(name), id=taken.id)
    return name


def _group(group: ContactGroup) -> dict[str, Any]:
    return {"id": group.id, "name": group.name, "size": group.size}


# -- contacts ------------------------------------------------------------------------------------------------------


async def _async_list_contacts(call: ServiceCall) -> ServiceResponse:
    """Return the first contacts of a group. has_more is True if there are others."""
    limit = call.data[ATTR_LIMIT]
    with requested_account(call, Capability.CONTACTS) as account:
        group = await account.contact_groups.async_find(call.data[ATTR_GROUP])
        listed: list[dict[str, Any]] = []
        has_more = False
        async for contact in account.gateway.contacts.contacts(group.id):
            if has_more := len(listed) == limit:
                break
            listed.append(_contact(contact))
    response: dict[str, Any] = {"contacts": listed, "has_more": has_more}
    return response


async def _async_get_contact(call: ServiceCall) -> ServiceResponse:
    """Return one contact."""
    with requested_account(call, Capability.CONTACTS) as account:
        group = await account.contact_groups.async_find(call.data[ATTR_GROUP])
        return _contact(await _async_find(account, group, call.data[ATTR_CONTACT]))


async def _async_create_contact(call: ServiceCall) -> ServiceResponse:
    """Add a contact.

    Nothing checks if the group already has the number, because that needs all contacts of the group.
    """
    with requested_account(call, Capability.CONTACTS) as account:
        number, fields = _number(account, call.data[ATTR_NUMBER]), _fields(call)
        group = await account.contact_groups.async_find(call.data[ATTR_GROUP])
        return _contact(await account.gateway.contacts.create_contact(group.id, number, fields))


async def _async_update_contact(call: ServiceCall) -> ServiceResponse:
    """Change a contact's number or fields. The rest stays as it is."""
    if ATTR_NUMBER not in call.data and not call.data.get(ATTR_FIELDS):
        raise validation_error("nothing_to_change")
    with requested_account(call, Capability.CONTACTS) as account:
        number, fields = call.data.get(ATTR_NUMBER), _fields(call)
        number = _number(account, number) if number is not None else None
        group = await account.contact_groups.async_find(call.data[ATTR_GROUP])
        known = await _async_find(account, group, call.data[ATTR_CONTACT])
        contacts = account.gateway.contacts
        return _contact(await contacts.update_contact(group.id, known.id, number or known.number, fields))


async def _async_delete_contact(call: ServiceCall) -> ServiceResponse:
    """Delete a contact."""
    with requested_account(call, Capability.CONTACTS) as account:
        group = await account.contact_groups.async_find(call.data[ATTR_GROUP])
        contact = await _async_find(account, group, call.data[ATTR_CONTACT])
        await account.gateway.contacts.delete_contact(group.id, contact.id)
        return _contact(contact)


async def _async_find(account: Account, group: ContactGroup, wanted: str) -> Contact:
    """Return a contact by id, else the first contact with the number; raise unknown_contact.

    A search by number reads the group's contacts.
    """
    number = _parse_number(account, wanted)
    if wanted and (number is None or wanted.isdecimal()):  # an id may look like a number
        try:
            return await account.gateway.contacts.contact(group.id, wanted)
        except NotFound:
            pass
    if number:
        async for contact in account.gateway.contacts.contacts(group.id):
            if contact.number == number:
                return contact
    raise validation_error("unknown_contact", contact=redact_name(wanted))


def _parse_number(account: Account, text: str) -> str | None:
    """Return a phone number in E.164, or None if the text is no number."""
    try:
        return to_e164(text, account.hass.config.country)
    except MessageRejected:
        return None


def _number(account: Account, text: str) -> str:
    if number := _parse_number(account, text):
        return number
    raise validation_error("limit_number", number=redact_name(text))


def _fields(call: ServiceCall) -> Mapping[str, str]:
    fields: dict[str, str] = call.data.get(ATTR_FIELDS) or {}
    if "" in fields:
        raise validation_error("field_name_empty")
    return fields


def _contact(contact: Contact) -> dict[str, Any]:
    return {"id": contact.id, "number": contact.number, "fields": dict(contact.fields)}


_NUMBER = vol.All(cv.string, str.strip)
_ONLY = SupportsResponse.ONLY
ACTIONS = (
    Action("list_contact_groups", _async_list_groups, vol.Schema(_ACCOUNT), ADMINISTRATOR, _ONLY),
    Action("get_contact_group", _async_get_group, vol.Schema(_GROUP), ADMINISTRATOR, _ONLY),
    Action("create_contact_group", _async_create_group, vol.Schema({**_ACCOUNT, **_NAME}), ADMINISTRATOR),
    Action("update_contact_group", _async_update_group, vol.Schema({**_GROUP, **_NAME}), ADMINISTRATOR),
    Action("delete_contact_group", _async_delete_group, vol.Schema(_GROUP), ADMINISTRATOR),
    Action("list_contacts", _async_list_contacts, vol.Schema({**_GROUP, **_LIMIT}), ADMINISTRATOR, _ONLY),
    Action("get_contact", _async_get_contact, vol.Schema(_CONTACT), ADMINISTRATOR, _ONLY),
    Action(
        "create_contact",
        _async_create_contact,
        vol.Schema({**_GROUP, vol.Required(ATTR_NUMBER): _NUMBER, **_FIELDS}),
        ADMINISTRATOR,
    ),
    Action(
        "update_contact",
        _async_update_contact,
        vol.Schema({**_CONTACT, vol.Optional(ATTR_NUMBER): _NUMBER, **_FIELDS}),
        ADMINISTRATOR,
    ),
    Action("delete_contact", _async_delete_contact, vol.Schema(_CONTACT), ADMINISTRATOR),
)
