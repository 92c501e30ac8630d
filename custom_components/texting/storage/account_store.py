"""AccountStore: what an account remembers across restarts, in one file of .storage."""

from collections.abc import Callable
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..gateway.fitting import fitting_values
from ..gateway.time_text import read_time

VERSION = 1
SAVE_DELAY = 1.0


@dataclass(slots=True)
class Memory:
    """The remembered values. Times are ISO 8601, or None if it never happened."""

    # Ids of incoming texts that were read from the provider's list, newest first; None before the first read.
    seen: list[str] | None = None
    # When the webhook was last called.
    webhook_called_at: str | None = None
    # Since when the provider should have called the webhook; None once it did, too.
    call_awaited_since: str | None = None
    # Whether people were told that the call did not come.
    call_missed: bool = False
    # The unit of the balance when it was read last; None if it is not known, or if there are several balances.
    balance_unit: str | None = None
    # What the provider charged for a segment of the last message, if it counts in money.
    charged_price: float | None = None
    # Calls of the webhook that were refused.
    webhook_refused: int = 0
    # Delivery reports for messages that nobody knows.
    reports_unknown: int = 0
    # Words of the provider that are unknown here, as they may be shown, with how often they came.
    unknown_words: dict[str, int] = field(default_factory=dict)
    # Numbers that opted out, with the time.
    opted_out: dict[str, str] = field(default_factory=dict)
    # Ids of recipients who did not get an urgent text because they opted out.
    urgent_refused: list[str] = field(default_factory=list)
    # Contact groups that were texted, as {id: {name, size}}.
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)


def read_memory(stored: object) -> tuple[Memory, int]:
    """Return what a file remembers, and how many of its values do not fit and were left out."""
    if stored is None:
        return Memory(), 0
    if not isinstance(stored, dict):
        return Memory(), 1
    values, skipped = fitting_values(Memory, stored | _opt_outs(stored.get("opted_out")))
    memory = Memory(**values)
    groups = {group_id: group for group_id, group in memory.groups.items() if _is_group(group)}
    skipped += len(memory.groups) - len(groups)
    memory.groups = groups
    for name in ("webhook_called_at", "call_awaited_since"):
        if (moment := getattr(memory, name)) and not read_time(moment, None):
            setattr(memory, name, None)
            skipped += 1
    return memory, skipped


def _opt_outs(stored: object) -> dict[str, Any]:
    """Return the numbers that opted out with a time, whatever stands beside them: an opt-out is never lost."""
    if not isinstance(stored, list | dict):
        return {}
    times = stored if isinstance(stored, dict) else {}
    numbers = [number for number in stored if isinstance(number, str)]
    return {"opted_out": {each: time if isinstance(time := times.get(each), str) else "" for each in numbers}}


def _is_group(group: dict[str, Any]) -> bool:
    """Return True if this is what is remembered of a contact group."""
    return isinstance(group.get("name"), str) and type(group.get("size")) in {int, NoneType}


class AccountStore:
    """The memory of one account, saved a second after it changed."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        on_opt_out: Callable[[str, bool], None] = lambda _number, _is_new: None,
    ) -> None:
        """Prepare the file. on_opt_out is called with a number that opted out, and True, or opted in, and False."""
        self._hass = hass
        self._key = f"{DOMAIN}.{entry_id}"
        self._store = self._new_store()
        self.memory = Memory()
        # How many values of the file were of a wrong type. They were left out.
        self.skipped = 0
        self.on_opt_out = on_opt_out
        self._is_removed = False

    def _new_store(self) -> Store[dict[str, Any]]:
        return Store(self._hass, VERSION, self._key, private=True, serialize_in_event_loop=False)

    async def async_load(self) -> None:
        """Read the file. One that others may read was written by an earlier version.

        Home Assistant cannot read a file without its version or data. Then nothing is remembered. Raises
        HomeAssistantError if the file cannot be read or is of a later version.
        """
        await self._hass.async_add_executor_job(_make_private, Path(self._store.path))
        stored: object
        try:
            stored = await self._store.async_load()
        except KeyError, TypeError, AttributeError, NotImplementedError:
            stored = ()
        self.memory, self.skipped = read_memory(stored)

    @callback
    def async_changed(self) -> None:
        """Save soon."""
        if not self._is_removed:
            self._store.async_delay_save(self._copy_memory, SAVE_DELAY)

    async def async_save(self) -> None:
        """Save now."""
        if not self._is_removed:
            await self._store.async_save(self._copy_memory())

    def _copy_memory(self) -> dict[str, Any]:
        """Return a copy that a thread can write. Any thread may call this, since a dict or list is copied at once."""
        return {each.name: copy(getattr(self.memory, each.name)) for each in fields(Memory)}

    async def async_save_opt_out(self, number: str) -> bool:
        """Save now. Return True if the opt-out of a number is on disk, or if the person opted in again meanwhile.

        The file is read again, since Home Assistant only logs that it could not write.
        """
        await self.async_save()
        if self._is_removed or number not in self.memory.opted_out:
            return True
        try:
            # The store in use would return what it has not written yet.
            data = await self._new_store().async_load() or {}
        except HomeAssistantError:
            return False
        return number in data.get("opted_out", {})

    async def async_remove(self) -> None:
        """Delete the file. A request under way may still use this object."""
        self._is_removed = True
        await self._store.async_remove()


def _make_private(path: Path) -> None:
    with suppress(OSError):
        path.chmod(0o600)
