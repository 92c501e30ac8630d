"""What an action is, and what all of them need: the account or the route that a caller names."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers.service import async_get_config_entry

from ..const import DOMAIN
from ..line import Line, LineConfigEntry


@dataclass(frozen=True, slots=True)
class Action:
    """An action by name; what it finds out is its response."""

    name: str
    handler: Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]
    schema: Any
    response: SupportsResponse = SupportsResponse.OPTIONAL


def async_line(hass: HomeAssistant, entry_id: str) -> Line:
    """The loaded account or route of a config entry's id."""
    entry: LineConfigEntry = async_get_config_entry(hass, DOMAIN, entry_id)
    return entry.runtime_data
