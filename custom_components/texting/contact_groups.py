"""The contact groups of an account: found by id or name, and with as many contacts as is known."""

import asyncio
from collections.abc import Iterable, Sequence
import re

from .account import Account
from .address import hidden, mistake
from .exceptions import asked_error
from .gateway.contacts import ContactGroup
from .gateway.errors import (
    CannotConnect,
    GatewayError,
    GroupsNotListed,
    MessageRejected,
    NotFound,
    OutcomeUnknown,
    RateLimited,
)

# How long a text waits to hear of its groups, in seconds; after it, what was heard last holds. Twice that where
# neither the groups nor the size of one is told.
GROUPS_WITHIN = 5.0
# So many groups are remembered, those that were used last.
REMEMBERED = 1000
# Ids stand beside each other with commas, and in addresses.
_ID = re.compile(r"[\w-]+", re.ASCII)


def matching(groups: Iterable[ContactGroup], named: str) -> list[ContactGroup]:
    """The group of this id, else all of this very name."""
    known = list(groups)
    return [group for group in known if group.id == named] or [group for group in known if group.name == named]


def may_be_id(named: str) -> bool:
    """Whether this may be a group's id, where no list says so."""
    return _ID.fullmatch(named) is not None


async def async_find_group(account: Account, named: str) -> ContactGroup:
    """A group by id or exact name; raises GatewayError, or unknown_group or ambiguous_group."""
    (group,) = await _async_search(account, [named])
    return group


async def _async_search(account: Account, wanted: Sequence[str]) -> list[ContactGroup]:
    """Groups by id or name, each once; one alone by its id, and all from the list, where there is one."""
    if len(wanted) == 1 and (group := await _async_by_id(account, wanted[0])):
        return [group]
    try:
        groups = await account.gateway.contacts.groups()
    except GroupsNotListed:
        by_id = await asyncio.gather(*(_async_by_id(account, named) for named in dict.fromkeys(wanted)))
        if None in by_id:
            raise
        groups = [group for group in by_id if group]
    found = {group.id: group for group in (pick(account, groups, named) for named in wanted)}
    return list(found.values())


async def _async_by_id(account: Account, named: str) -> ContactGroup | None:
    """The group of an id; None where there is none, or the gateway does not say so of what is a name."""
    if not may_be_id(named):
        return None
    try:
        group = await account.gateway.contacts.group(named, counted=False)
    except MessageRejected, OutcomeUnknown:
        return None
    return group if group.id == named else None


def pick(account: Account, groups: Iterable[ContactGroup], named: str) -> ContactGroup:
    """The one group among these; raises unknown_group, or ambiguous_group."""
    found = matching(groups, named)
    if not found:
        raise mistake("unknown_group", account=account.entry.title, group=hidden(named))
    if len(found) > 1:
        ids = ", ".join(group.id for group in found)
        raise mistake("ambiguous_group", account=account.entry.title, group=hidden(named), ids=ids)
    return found[0]


async def async_choose(account: Account, wanted: Sequence[str]) -> list[ContactGroup]:
    """Groups by id or name, each once and with its size where that is told at once, for a campaign.

    While the gateway is out of reach, those that were used before are found, and ids are taken as they are.
    """
    try:
        async with asyncio.timeout(GROUPS_WITHIN):
            found = await _async_search(account, wanted)
    except TimeoutError:
        return _chosen(account, wanted, CannotConnect("no answer in time"))
    except (CannotConnect, OutcomeUnknown, RateLimited) as err:
        return _chosen(account, wanted, err)
    return [group if group.size is None else _remember(account, group) for group in found]


def _chosen(account: Account, wanted: Sequence[str], error: GatewayError) -> list[ContactGroup]:
    """What can be chosen without the gateway."""
    known = [_known(account, group_id) for group_id in account.store.memory.groups]
    found: dict[str, ContactGroup] = {}
    for named in wanted:
        if matching(known, named):
            group = pick(account, known, named)
        elif may_be_id(named):
            group = ContactGroup(id=named, name=named)
        else:
            raise asked_error(CannotConnect(error.detail, code=error.code), account.entry.title)
        found[group.id] = group
    return list(found.values())


async def async_measure(account: Account, group: ContactGroup) -> ContactGroup:
    """A group with its size, as last known where the gateway does not say it in time; raises unknown_group.

    Where contacts have to be counted, that goes on, for the next text.
    """
    if (counting := account.counting.get(group.id)) is None:
        counting = account.entry.async_create_background_task(
            account.hass, _async_count(account, group.id), "texting contacts"
        )
        account.counting[group.id] = counting
        counting.add_done_callback(lambda _done: account.counting.pop(group.id, None))
    done, _ = await asyncio.wait([counting], timeout=GROUPS_WITHIN)
    if not done or counting.cancelled():
        return _known(account, group.id, group.name)
    measured = counting.result()
    if isinstance(measured, NotFound):
        raise mistake("unknown_group", account=account.entry.title, group=hidden(group.name))
    if isinstance(measured, GatewayError):
        account.async_failed(measured)
        return _known(account, group.id, group.name)
    return measured


async def _async_count(account: Account, group_id: str) -> ContactGroup | GatewayError:
    """A group with its size, which is remembered, or why nobody says it."""
    try:
        return _remember(account, await account.gateway.contacts.group(group_id))
    except GatewayError as err:
        return err


def together(groups: Sequence[ContactGroup]) -> ContactGroup:
    """Several groups as one; who is in two of them counts twice, and one of unknown size as one contact."""
    return ContactGroup(
        id=",".join(group.id for group in groups),
        name=", ".join(group.name for group in groups),
        size=sum(1 if group.size is None else group.size for group in groups),
    )


def forget(account: Account, group_id: str) -> None:
    """The group is no more."""
    if account.store.memory.groups.pop(group_id, None):
        account.store.async_changed()


def _remember(account: Account, group: ContactGroup) -> ContactGroup:
    groups, known = account.store.memory.groups, {"name": group.name, "size": group.size}
    if groups.pop(group.id, None) != known or len(groups) >= REMEMBERED:
        account.store.async_changed()
    while len(groups) >= REMEMBERED:
        del groups[next(iter(groups))]
    groups[group.id] = known
    return group


def _known(account: Account, group_id: str, name: str = "") -> ContactGroup:
    known = account.store.memory.groups.get(group_id, {})
    return ContactGroup(id=group_id, name=known.get("name") or name or group_id, size=known.get("size"))
