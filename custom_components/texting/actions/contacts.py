"""The actions of contact groups and contacts: list, get, create, update and delete."""

from collections.abc import Iterable, Mapping
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv

from ..account import Account
from ..address import hidden, mistake
from ..const import (
    ATTR_ACCOUNT,
    ATTR_CONTACT,
    ATTR_FIELDS,
    ATTR_GROUP,
    ATTR_LIMIT,
    ATTR_NAME,
    ATTR_NUMBER,
)
from ..contact_groups import async_find_group, forget, pick
from ..gateway.capabilities import Capability
from ..gateway.contacts import Contact, ContactGroup
from ..gateway.errors import MessageRejected, NotFound
from ..gateway.phone_number import to_e164
from .action import Action, asked_account

DEFAULT_LIMIT = 1000
MOST = 10_000

_ACCOUNT: dict[Any, Any] = {vol.Required(ATTR_ACCOUNT): cv.string}
_GROUP: dict[Any, Any] = {**_ACCOUNT, vol.Required(ATTR_GROUP): vol.All(cv.string, str.strip)}
_CONTACT: dict[Any, Any] = {**_GROUP, vol.Required(ATTR_CONTACT): vol.All(cv.string, str.strip)}
_NAME: dict[Any, Any] = {vol.Required(ATTR_NAME): vol.All(cv.string, str.strip)}
_FIELDS: dict[Any, Any] = {vol.Optional(ATTR_FIELDS): vol.Schema({vol.All(cv.string, str.strip): cv.string})}
_LIMIT: dict[Any, Any] = {
    vol.Optional(ATTR_LIMIT, default=DEFAULT_LIMIT): vol.All(vol.Coerce(int), vol.Range(min=1, max=MOST))
}


# -- groups --------------------------------------------------------------------------------------------------------


async def _async_list_groups(call: ServiceCall) -> ServiceResponse:
    """All groups of an account."""
    with asked_account(call, Capability.CONTACTS) as account:
        return {"groups": [_group(group) for group in await account.gateway.contacts.groups()]}


async def _async_get_group(call: ServiceCall) -> ServiceResponse:
    """One group."""
    with asked_account(call, Capability.CONTACTS) as account:
        group = await async_find_group(account, call.data[ATTR_GROUP])
        return _group(await account.gateway.contacts.group(group.id))


async def _async_create_group(call: ServiceCall) -> ServiceResponse:
    """Make a group, unless there is one of the name."""
    with asked_account(call, Capability.CONTACTS) as account:
        name = _new_name(account, call.data[ATTR_NAME], await account.gateway.contacts.groups())
        return _group(await account.gateway.contacts.create_group(name))


async def _async_update_group(call: ServiceCall) -> ServiceResponse:
    """Give a group another name, unless another group has it."""
    with asked_account(call, Capability.CONTACTS) as account:
        groups = await account.gateway.contacts.groups()
        group = pick(account, groups, call.data[ATTR_GROUP])
        name = _new_name(account, call.data[ATTR_NAME], [each for each in groups if each.id != group.id])
        return _group(await account.gateway.contacts.rename_group(group.id, name))


async def _async_delete_group(call: ServiceCall) -> ServiceResponse:
    """Delete a group and its contacts."""
    with asked_account(call, Capability.CONTACTS) as account:
        group = await async_find_group(account, call.data[ATTR_GROUP])
        await account.gateway.contacts.delete_group(group.id)
        forget(account, group.id)
        return _group(group)


def _new_name(account: Account, name: str, others: Iterable[ContactGroup]) -> str:
    """A name for a group, which the provider would give twice."""
    if not name:
        raise mistake("limit_group_name")
    if taken := next((group for group in others if group.name.casefold() == name.casefold()), None):
        raise mistake("group_exists", account=account.entry.title, group=hidden(name), id=taken.id)
    return name


def _group(group: ContactGroup) -> dict[str, Any]:
    return {"id": group.id, "name": group.name, "size": group.size}


# -- contacts ------------------------------------------------------------------------------------------------------


async def _async_list_contacts(call: ServiceCall) -> ServiceResponse:
    """The first contacts of a group; more says whether there are others."""
    limit = call.data[ATTR_LIMIT]
    with asked_account(call, Capability.CONTACTS) as account:
        group = await async_find_group(account, call.data[ATTR_GROUP])
        listed: list[dict[str, Any]] = []
        more = False
        async for contact in account.gateway.contacts.contacts(group.id):
            if more := len(listed) == limit:
                break
            listed.append(_contact(contact))
    found: dict[str, Any] = {"contacts": listed, "more": more}
    return found


async def _async_get_contact(call: ServiceCall) -> ServiceResponse:
    """One contact."""
    with asked_account(call, Capability.CONTACTS) as account:
        group = await async_find_group(account, call.data[ATTR_GROUP])
        return _contact(await _async_find(account, group, call.data[ATTR_CONTACT]))


async def _async_create_contact(call: ServiceCall) -> ServiceResponse:
    """Add a contact.

    Whether the group has the number is left to the provider: the only way to know is to read the whole group, which
    may hold thousands.
    """
    with asked_account(call, Capability.CONTACTS) as account:
        number, fields = _number(account, call.data[ATTR_NUMBER]), _fields(call)
        group = await async_find_group(account, call.data[ATTR_GROUP])
        return _contact(await account.gateway.contacts.create_contact(group.id, number, fields))


async def _async_update_contact(call: ServiceCall) -> ServiceResponse:
    """Change a contact's number or its fields; what is not given stays."""
    if ATTR_NUMBER not in call.data and not call.data.get(ATTR_FIELDS):
        raise mistake("nothing_to_change")
    with asked_account(call, Capability.CONTACTS) as account:
        number, fields = call.data.get(ATTR_NUMBER), _fields(call)
        number = _number(account, number) if number is not None else None
        group = await async_find_group(account, call.data[ATTR_GROUP])
        known = await _async_find(account, group, call.data[ATTR_CONTACT])
        contacts = account.gateway.contacts
        return _contact(await contacts.update_contact(group.id, known.id, number or known.number, fields))


async def _async_delete_contact(call: ServiceCall) -> ServiceResponse:
    """Delete a contact."""
    with asked_account(call, Capability.CONTACTS) as account:
        group = await async_find_group(account, call.data[ATTR_GROUP])
        contact = await _async_find(account, group, call.data[ATTR_CONTACT])
        await account.gateway.contacts.delete_contact(group.id, contact.id)
        return _contact(contact)


async def _async_find(account: Account, group: ContactGroup, named: str) -> Contact:
    """A contact by id, else the first with a number, for which the group is read; raises unknown_contact."""
    number = _read(account, named)
    if named and (number is None or named.isdecimal()):  # an id may look like a number
        try:
            return await account.gateway.contacts.contact(group.id, named)
        except NotFound:
            pass
    if number:
        async for contact in account.gateway.contacts.contacts(group.id):
            if contact.number == number:
                return contact
    raise mistake("unknown_contact", contact=hidden(named))


def _read(account: Account, text: str) -> str | None:
    """A number in E.164, if it is one."""
    try:
        return to_e164(text, account.hass.config.country)
    except MessageRejected:
        return None


def _number(account: Account, text: str) -> str:
    if number := _read(account, text):
        return number
    raise mistake("limit_number", number=hidden(text))


def _fields(call: ServiceCall) -> Mapping[str, str]:
    fields: dict[str, str] = call.data.get(ATTR_FIELDS) or {}
    if "" in fields:
        raise mistake("field_name_empty")
    return fields


def _contact(contact: Contact) -> dict[str, Any]:
    return {"id": contact.id, "number": contact.number, "fields": dict(contact.fields)}


_NUMBER = vol.All(cv.string, str.strip)
_ONLY = SupportsResponse.ONLY
ACTIONS = (
    Action("list_contact_groups", _async_list_groups, vol.Schema(_ACCOUNT), _ONLY),
    Action("get_contact_group", _async_get_group, vol.Schema(_GROUP), _ONLY),
    Action("create_contact_group", _async_create_group, vol.Schema({**_ACCOUNT, **_NAME})),
    Action("update_contact_group", _async_update_group, vol.Schema({**_GROUP, **_NAME})),
    Action("delete_contact_group", _async_delete_group, vol.Schema(_GROUP)),
    Action("list_contacts", _async_list_contacts, vol.Schema({**_GROUP, **_LIMIT}), _ONLY),
    Action("get_contact", _async_get_contact, vol.Schema(_CONTACT), _ONLY),
    Action(
        "create_contact",
        _async_create_contact,
        vol.Schema({**_GROUP, vol.Required(ATTR_NUMBER): _NUMBER, **_FIELDS}),
    ),
    Action(
        "update_contact",
        _async_update_contact,
        vol.Schema({**_CONTACT, vol.Optional(ATTR_NUMBER): _NUMBER, **_FIELDS}),
    ),
    Action("delete_contact", _async_delete_contact, vol.Schema(_CONTACT)),
)
