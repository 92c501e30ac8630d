"""The legacy action notify.<account>: message, title, target (numbers or recipients' names), data."""

from typing import Any, override

import voluptuous as vol

from homeassistant.components.notify import ATTR_DATA, ATTR_TARGET, ATTR_TITLE, DOMAIN as NOTIFY_DOMAIN
from homeassistant.components.notify.legacy import NOTIFY_SERVICES, BaseNotificationService
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.typing import ConfigType, DiscoveryInfoType
from homeassistant.util import slugify
from homeassistant.util.hass_dict import HassKey

from .address import resolve
from .const import ATTR_MESSAGE, DOMAIN
from .line import Line, LineConfigEntry
from .recipient import recipients
from .send import MESSAGE_OPTIONS, async_send, raise_for

# Those of actions that are about to be registered among them: accounts are set up side by side.
NAMES: HassKey[set[str]] = HassKey(f"{DOMAIN}_notify_names")

_DATA_SCHEMA = vol.Schema(MESSAGE_OPTIONS)


def take_name(hass: HomeAssistant, entry: ConfigEntry[Any]) -> str:
    """A name that no notify action has, kept for as long as the account is loaded.

    Home Assistant drops the second action of a name in silence.
    """
    taken = hass.data.setdefault(NAMES, set())
    name, number = entry.title, 2
    while (action := slugify(name)) in taken or hass.services.has_service(NOTIFY_DOMAIN, action):
        name, number = f"{entry.title} {number}", number + 1
    taken.add(action)
    entry.async_on_unload(lambda: taken.discard(action))
    return name


async def async_get_service(
    hass: HomeAssistant, config: ConfigType, discovery_info: DiscoveryInfoType | None = None
) -> BaseNotificationService | None:
    """Make the action of an account, for as long as the account is loaded."""
    entry: LineConfigEntry | None = hass.config_entries.async_get_entry((discovery_info or {}).get("entry_id", ""))
    if entry is None or not hasattr(entry, "runtime_data"):
        return None
    service = AccountNotificationService(entry.runtime_data)
    entry.async_on_unload(service.async_remove)
    return service


class AccountNotificationService(BaseNotificationService):
    """Sends through one account; all its recipients but groups where no target is given."""

    def __init__(self, line: Line) -> None:
        """Serve one account."""
        self._line = line
        self._removed = False

    @override
    async def async_register_services(self) -> None:
        """Register, unless the account was unloaded while Home Assistant prepared it."""
        if not self._removed:
            await super().async_register_services()

    @override
    async def async_send_message(self, message: str, **kwargs: Any) -> None:
        """Send a text to each target."""
        try:
            fields = _DATA_SCHEMA(kwargs.get(ATTR_DATA) or {})
        except vol.Invalid as err:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="invalid_data",
                translation_placeholders={"field": ".".join(str(part) for part in err.path)},
            ) from None
        # Whoever is in a group may be a recipient too: groups are named.
        everyone = [recipient.name for recipient in recipients(self._line.entry) if not recipient.group]
        targets = kwargs.get(ATTR_TARGET) or everyone
        if not targets:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="no_recipients",
                translation_placeholders={"account": self._line.entry.title},
            )
        addresses = resolve(self.hass, self._line, [str(target) for target in targets])
        fields |= {ATTR_MESSAGE: message, ATTR_TITLE: kwargs.get(ATTR_TITLE)}
        raise_for(await async_send(self._line, addresses, fields))

    async def async_remove(self) -> None:
        """Take the action away, and Home Assistant's own reference to it."""
        self._removed = True
        await self.async_unregister_services()
        registered = self.hass.data[NOTIFY_SERVICES].get(DOMAIN, [])
        registered[:] = [service for service in registered if not getattr(service, "_removed", False)]
