"""Access: what keeps an account from its provider. Repair issues say so, and unknown words are noted."""

from enum import StrEnum

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .gateway.errors import AccessDenied, CannotConnect, GatewayError, OutcomeUnknown
from .issues import Issue, async_access_denied, async_connection_failed, async_connection_works, async_delete
from .storage.noted_words import NotedWords


class Request(StrEnum):
    """The requests that an account makes by itself. A provider may allow one and deny another."""

    BALANCE = "balance"
    INCOMING = "incoming"
    STATUS = "status"
    SEND = "send"
    OTHER = "other"


# What is read again and again, besides the balance.
REGULAR = (Request.INCOMING, Request.STATUS)


class Access:
    """The repair issues of one account. Denied access is one until each kind of denied request works again."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, words: NotedWords) -> None:
        """Begin without an issue."""
        self._hass = hass
        self._entry = entry
        self._words = words
        self._denied: set[Request] = set()

    @callback
    def async_failed(self, request: Request, error: GatewayError) -> None:
        """Create the issue of an error that only the user or the provider can solve."""
        if request is not Request.SEND:  # the result of a send is noted with what the provider may repeat of it
            self._words.note_error(error)
            if request is Request.BALANCE and not isinstance(error, CannotConnect | OutcomeUnknown):
                # A refusal comes from the provider itself, so nothing keeps the account from it any more.
                async_connection_works(self._hass, self._entry)
            async_connection_failed(self._hass, self._entry, error)
        if isinstance(error, AccessDenied) and request not in (Request.STATUS, Request.OTHER):
            self._deny(request, error)

    def _deny(self, request: Request, error: AccessDenied) -> None:
        if request is Request.BALANCE:
            # Nobody denies the balance alone. Once it works, the other requests do.
            self._denied = {request}
        elif Request.BALANCE not in self._denied:
            self._denied.add(request)
        async_access_denied(self._hass, self._entry, error.detail)

    @callback
    def async_works(self, request: Request) -> None:
        """Delete the issues that are solved."""
        if request is Request.BALANCE:
            async_connection_works(self._hass, self._entry)
        if request in self._denied:
            self._denied.discard(request)
            if not self._denied:
                async_delete(self._hass, Issue.ACCESS_DENIED, self._entry)

    @callback
    def async_stop(self) -> None:
        """Delete the issues, because the account is unloaded. Where they last, the next load creates them again."""
        self._denied.clear()
        async_connection_works(self._hass, self._entry)
        async_delete(self._hass, Issue.ACCESS_DENIED, self._entry)
