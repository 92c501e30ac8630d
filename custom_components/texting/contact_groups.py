"""ContactGroups: the contact groups of an account, found by id or name, and their sizes as far as they are known."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
import re
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .error_messages import request_error
from .gateway.base import Gateway
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
from .storage.account_store import AccountStore
from .targets import redact_name, validation_error

# Seconds that a text waits for the groups. Afterwards what was known last applies.
GROUPS_TIMEOUT = 5.0
# Groups that are remembered, the last used ones.
MAX_REMEMBERED = 1000
# Ids are joined by commas, and stand in addresses.
_ID = re.compile(r"[\w-]+", re.ASCII)


def matching(groups: Iterable[ContactGroup], wanted: str) -> list[ContactGroup]:
    """Return the group with this id, else all groups with this exact name."""
    known = list(groups)
    return [group for group in known if group.id == wanted] or [group for group in known if group.name == wanted]


def may_be_id(text: str) -> bool:
    """Return True if the text may be a group's id."""
    return _ID.fullmatch(text) is not None


def join_groups(groups: Sequence[ContactGroup]) -> ContactGroup:
    """Return several groups as one. A contact in two of them counts twice, and a group of unknown size counts 1."""
    return ContactGroup(
        id=",".join(group.id for group in groups),
        name=", ".join(group.name for group in groups),
        size=sum(1 if group.size is None else group.size for group in groups),
    )


class ContactGroups:
    """The groups of one account."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        gateway: Gateway[Any],
        store: AccountStore,
        on_failed: Callable[[GatewayError], None],
    ) -> None:
        """Ask nothing yet. on_failed hears of a request that failed."""
        self._hass = hass
        self._entry = entry
        self._gateway = gateway
        self._store = store
        self._on_failed = on_failed
        self._counting: dict[str, asyncio.Task[ContactGroup | GatewayError]] = {}

    async def async_find(self, wanted: str) -> ContactGroup:
        """Return a group by id or exact name; raise GatewayError, unknown_group or ambiguous_group."""
        (group,) = await self._async_search([wanted])
        return group

    async def async_choose(self, wanted: Sequence[str]) -> list[ContactGroup]:
        """Return groups by id or name for a campaign, each once, with sizes that are known at once.

        While the provider is out of reach, groups that were used before are found, and ids are taken as they are.
        """
        try:
            async with asyncio.timeout(GROUPS_TIMEOUT):
                found = await self._async_search(wanted)
        except TimeoutError:
            return self._choose_offline(wanted, CannotConnect("no answer in time"))
        except (CannotConnect, OutcomeUnknown, RateLimited) as err:
            return self._choose_offline(wanted, err)
        return [group if group.size is None else self._remember(group) for group in found]

    def pick(self, groups: Iterable[ContactGroup], wanted: str) -> ContactGroup:
        """Return the only matching group; raise unknown_group or ambiguous_group."""
        found = matching(groups, wanted)
        account, group = self._entry.title, redact_name(wanted)
        if not found:
            raise validation_error("unknown_group", account=account, group=group)
        if len(found) > 1:
            ids = ", ".join(each.id for each in found)
            raise validation_error("ambiguous_group", account=account, group=group, ids=ids)
        return found[0]

    async def async_measure(self, group: ContactGroup) -> ContactGroup:
        """Return a group with its size, or as known last if the provider does not tell it in time.

        Counting contacts continues in the background, for the next text. Raise unknown_group.
        """
        if (counting := self._counting.get(group.id)) is None:
            counting = self._entry.async_create_background_task(
                self._hass, self._async_count(group.id), "texting contacts"
            )
            self._counting[group.id] = counting
            counting.add_done_callback(lambda _done: self._counting.pop(group.id, None))
        done, _ = await asyncio.wait([counting], timeout=GROUPS_TIMEOUT)
        if not done or counting.cancelled():
            return self._known(group.id, group.name)
        measured = counting.result()
        if isinstance(measured, NotFound):
            raise validation_error("unknown_group", account=self._entry.title, group=redact_name(group.name))
        if isinstance(measured, GatewayError):
            self._on_failed(measured)
            return self._known(group.id, group.name)
        return measured

    def forget(self, group_id: str) -> None:
        """Forget a group that was deleted."""
        if self._store.memory.groups.pop(group_id, None):
            self._store.async_changed()

    async def _async_search(self, wanted: Sequence[str]) -> list[ContactGroup]:
        """Return groups, each once. A single id needs no list."""
        if len(wanted) == 1 and (group := await self._async_by_id(wanted[0])):
            return [group]
        try:
            groups = await self._gateway.contacts.groups()
        except GroupsNotListed:
            by_id = await asyncio.gather(*(self._async_by_id(each) for each in dict.fromkeys(wanted)))
            if None in by_id:
                raise
            groups = [group for group in by_id if group]
        found = {group.id: group for group in (self.pick(groups, each) for each in wanted)}
        return list(found.values())

    async def _async_by_id(self, wanted: str) -> ContactGroup | None:
        """Return the group with an id, or None if there is none, or if the text is a name."""
        if not may_be_id(wanted):
            return None
        try:
            group = await self._gateway.contacts.group(wanted, counted=False)
        except MessageRejected, OutcomeUnknown:
            return None
        return group if group.id == wanted else None

    def _choose_offline(self, wanted: Sequence[str], error: GatewayError) -> list[ContactGroup]:
        known = [self._known(group_id) for group_id in self._store.memory.groups]
        found: dict[str, ContactGroup] = {}
        for each in wanted:
            if matching(known, each):
                group = self.pick(known, each)
            elif may_be_id(each):
                group = ContactGroup(id=each, name=each)
            else:
                raise request_error(CannotConnect(error.detail, code=error.code), self._entry.title)
            found[group.id] = group
        return list(found.values())

    async def _async_count(self, group_id: str) -> ContactGroup | GatewayError:
        """Return a group with its size, which is remembered, or the error."""
        try:
            return self._remember(await self._gateway.contacts.group(group_id))
        except GatewayError as err:
            return err

    def _remember(self, group: ContactGroup) -> ContactGroup:
        groups, known = self._store.memory.groups, {"name": group.name, "size": group.size}
        if groups.pop(group.id, None) != known or len(groups) >= MAX_REMEMBERED:
            self._store.async_changed()
        while len(groups) >= MAX_REMEMBERED:
            del groups[next(iter(groups))]
        groups[group.id] = known
        return group

    def _known(self, group_id: str, name: str = "") -> ContactGroup:
        known = self._store.memory.groups.get(group_id, {})
        return ContactGroup(id=group_id, name=known.get("name") or name or group_id, size=known.get("size"))
