"""The accounts of a route: which there are, which are loaded, and which take a message."""

from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .account import Account
from .const import CONF_ACCOUNTS, CONF_CONFIRM_WITHIN, CONF_PROVIDER, DOMAIN, ROUTE
from .delivery.route import Way, flatten
from .gateway.errors import MessageRejected
from .gateway.message import Message, Preview
from .gateway.status import FailureReason
from .issues import Issue, async_delete, async_route_broken
from .state import async_known_state

# Accounts that do not load by themselves.
_STUCK = (ConfigEntryState.SETUP_ERROR, ConfigEntryState.MIGRATION_ERROR, ConfigEntryState.FAILED_UNLOAD)
# Where it stays until something happens.
SETTLED = (ConfigEntryState.LOADED, *_STUCK)


class RouteAccounts:
    """What a route sends through, in order; patient_until is the moment (monotonic) to wait for them to load."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Find out which there are."""
        self._hass = hass
        self._entry = entry
        self._confirm_within = entry.data[CONF_CONFIRM_WITHIN] * 60.0
        self.patient_until = 0.0
        self.ids: list[str] = []
        self.async_find()

    @callback
    def async_find(self) -> None:
        """Look which there are now; where one is missing, or it reaches itself, that is for the user to mend."""
        self.ids, broken = account_ids(self._hass, self._entry.entry_id)
        if broken:
            async_route_broken(self._hass, self._entry)
        else:
            async_delete(self._hass, Issue.ROUTE_BROKEN, self._entry)

    def get(self, entry_id: str) -> Account | None:
        """An account that is loaded."""
        entry = self._hass.config_entries.async_get_entry(entry_id)
        return entry.runtime_data if entry and entry.state is ConfigEntryState.LOADED else None

    def loaded(self) -> list[Account]:
        """Those that are loaded."""
        return [account for entry_id in self.ids if (account := self.get(entry_id))]

    def prepare(self, message: Message) -> tuple[Message, Preview]:
        """The message as the first that takes it sends it; raises MessageRejected."""
        self._check_opt_out(message.to)
        error: MessageRejected | None = None
        for account in self.loaded():
            try:
                return _prepare(account, message)
            except MessageRejected as err:
                error = error or err
        raise error or _none_loaded()

    def way(self, message: Message) -> Way:
        """The accounts as they are now for a message; none for whoever wants no more texts from one of them."""
        try:
            self._check_opt_out(message.to)
        except MessageRejected as err:
            return Way(accounts=self.ids, open=frozenset(), error=err)
        known = {entry_id: self.get(entry_id) for entry_id in self.ids}
        refused = {
            entry_id: error for entry_id, account in known.items() if account and (error := _refusal(account, message))
        }
        coming = {entry_id for entry_id, account in known.items() if not account and self._comes(entry_id)}
        reporting = [entry_id for entry_id, account in known.items() if account and account.info.reports]
        return Way(
            accounts=self.ids,
            open=frozenset(entry_id for entry_id, account in known.items() if account and entry_id not in refused),
            loading=frozenset(coming if self._hass.loop.time() < self.patient_until else ()),
            patient_until=self.patient_until,
            later=bool(coming),
            confirming=frozenset(reporting if self._confirm_within else ()),
            confirm_within=self._confirm_within,
            error=next(iter(refused.values()), None) or _none_loaded(),
        )

    def _check_opt_out(self, number: str) -> None:
        for entry_id in self.ids:
            if state := async_known_state(self._hass, entry_id):
                state.opt_outs.check(number)

    def _comes(self, entry_id: str) -> bool:
        """Whether an account that is not loaded may be by itself."""
        entry = self._hass.config_entries.async_get_entry(entry_id)
        return entry is not None and not entry.disabled_by and entry.state not in _STUCK


def account_ids(hass: HomeAssistant, entry_id: str) -> tuple[list[str], bool]:
    """The accounts that an entry sends through, an account only itself; whether one is missing."""
    members = routes(hass)
    accounts = {entry.entry_id for entry in hass.config_entries.async_entries(DOMAIN)} - set(members)
    return flatten(entry_id, members, accounts)


def routes(hass: HomeAssistant) -> dict[str, list[str]]:
    """All routes, each with the entries it names."""
    return {
        entry.entry_id: entry.data[CONF_ACCOUNTS]
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.data[CONF_PROVIDER] == ROUTE
    }


def _refusal(account: Account, message: Message) -> MessageRejected | None:
    """Why an account does not take a message, as far as that is known here."""
    try:
        _prepare(account, message)
    except MessageRejected as err:
        return err
    return None


def _prepare(account: Account, message: Message) -> tuple[Message, Preview]:
    if not account.info.serves(message.to):
        raise MessageRejected(reason=FailureReason.INVALID_NUMBER)
    return account.prepare(message)


def _none_loaded() -> MessageRejected:
    return MessageRejected("no account of the route is loaded")
