"""Access: whether the provider lets an account use its API. If it does not, a repair issue says so."""

from enum import StrEnum

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .gateway.errors import AccessDenied, GatewayError
from .issues import Issue, async_access_denied, async_delete


class Request(StrEnum):
    """The requests that an account makes by itself. A provider may allow one and deny another."""

    BALANCE = "balance"
    INCOMING = "incoming"
    SEND = "send"


class Access:
    """The repair issue of one account. It stays until each kind of request that was denied works again."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Begin without an issue."""
        self._hass = hass
        self._entry = entry
        self._denied: set[Request] = set()

    @callback
    def async_failed(self, request: Request, error: GatewayError | None) -> None:
        """Create the issue if a request was denied. Other errors say nothing about the access."""
        if not isinstance(error, AccessDenied):
            return
        if request is Request.BALANCE:
            # Nobody denies the balance alone. Once it works, the other requests do.
            self._denied = {request}
        elif Request.BALANCE not in self._denied:
            self._denied.add(request)
        async_access_denied(self._hass, self._entry, error.detail)

    @callback
    def async_works(self, request: Request) -> None:
        """Delete the issue if this was the last kind of request that was denied."""
        if request in self._denied:
            self._denied.discard(request)
            if not self._denied:
                async_delete(self._hass, Issue.ACCESS_DENIED, self._entry)

    @callback
    def async_stop(self) -> None:
        """Delete the issue, because the account is unloaded."""
        self._denied.clear()
        async_delete(self._hass, Issue.ACCESS_DENIED, self._entry)
