"""What an account remembers across restarts: texts already seen, calls of its webhook, who opted out, groups."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from .const import DOMAIN

VERSION = 1
SAVE_AFTER = 1.0


@dataclass(slots=True)
class Memory:
    """The remembered values; times are ISO 8601, None where nothing has happened.

    opted_out are numbers, since when; groups are those that were texted, {id: {name, size}}.
    """

    seen: list[str] | None = None
    webhook_called_at: str | None = None
    webhook_refused: int = 0
    reports_unknown: int = 0
    opted_out: dict[str, str] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)


class AccountStore:
    """One file in .storage for each account."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Prepare the file of an account."""
        self._store = Store[dict[str, Any]](hass, VERSION, f"{DOMAIN}.{entry_id}")
        self.memory = Memory()
        self.on_opt_out: Callable[[], None] = lambda: None
        self._closed = False

    async def async_load(self) -> None:
        """Read what was remembered."""
        known = Memory.__slots__
        data = await self._store.async_load() or {}
        self.memory = Memory(**{name: value for name, value in data.items() if name in known})

    @callback
    def async_changed(self) -> None:
        """Write soon."""
        if not self._closed:
            self._store.async_delay_save(lambda: asdict(self.memory), SAVE_AFTER)

    async def async_save(self) -> None:
        """Write now."""
        if not self._closed:
            await self._store.async_save(asdict(self.memory))

    async def async_keep(self, number: str) -> bool:
        """Write now; whether the file then says that a number wants no more texts, unless that was taken back.

        Home Assistant only logs that it could not write.
        """
        await self.async_save()
        if self._closed or number not in self.memory.opted_out:
            return True
        try:
            data = await self._store.async_load() or {}
        except HomeAssistantError:
            return False
        return number in data.get("opted_out", {})

    async def async_remove(self) -> None:
        """Forget the account; a request still under way may outlive it."""
        self._closed = True
        await self._store.async_remove()
