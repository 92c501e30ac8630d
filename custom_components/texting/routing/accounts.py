"""RouteAccounts: the accounts of a route, in order, and which of them take a message."""

from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from ..account import Account
from ..const import CONF_ACCOUNTS, CONF_CONFIRM_WITHIN, CONF_PROVIDER, ROUTE
from ..delivery.failover import RouteCandidates, flatten
from ..delivery.record import MessageRecord
from ..entries import messenger_entries
from ..gateway.errors import MessageRejected
from ..gateway.message import Message, Preview
from ..gateway.status import FailureReason
from ..issues import Issue, async_delete, async_route_broken
from ..storage.stores import async_store, known_opt_outs

# Accounts in these states do not load by themselves.
_STUCK = (ConfigEntryState.SETUP_ERROR, ConfigEntryState.MIGRATION_ERROR, ConfigEntryState.FAILED_UNLOAD)
# States in which an account stays until something happens.
SETTLED = (ConfigEntryState.LOADED, *_STUCK)


class RouteAccounts:
    """The accounts of one route."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Find the accounts."""
        self._hass = hass
        self._entry = entry
        # Until when to wait for accounts to load, in monotonic seconds.
        self.wait_until = 0.0
        # Entry ids, in order.
        self.ids: list[str] = []
        self.async_find()

    @callback
    def async_find(self) -> None:
        """Find the accounts again. If one is missing, or the route reaches itself, the user must repair that."""
        self.ids, is_broken = account_ids(self._hass, self._entry.entry_id)
        if is_broken:
            async_route_broken(self._hass, self._entry)
        else:
            async_delete(self._hass, Issue.ROUTE_BROKEN, self._entry)

    async def async_read_opt_outs(self) -> None:
        """Read the opt-outs of accounts that are not loaded, because they are disabled or come later."""
        for entry_id in self.ids:
            await async_store(self._hass, entry_id)

    def get(self, entry_id: str) -> Account | None:
        """Return an account if it is loaded."""
        entry = self._hass.config_entries.async_get_entry(entry_id)
        return entry.runtime_data if entry and entry.state is ConfigEntryState.LOADED else None

    def loaded(self) -> list[Account]:
        """Return the accounts that are loaded."""
        return [account for entry_id in self.ids if (account := self.get(entry_id))]

    def prepare(self, message: Message, *, ignores_opt_out: bool) -> tuple[Message, Preview]:
        """Return the message as the first account that takes it sends it; raise MessageRejected."""
        if not ignores_opt_out:
            self._check_opt_out(message.to)
        error: MessageRejected | None = None
        for account in self.loaded():
            try:
                return self._prepare(account, message, ignores_opt_out=ignores_opt_out)
            except MessageRejected as err:
                error = error or err
        raise error or _none_loaded()

    def candidates(self, record: MessageRecord) -> RouteCandidates:
        """Return the accounts as they are now for a message. A person who opted out at one of them gets none."""
        try:
            if not record.ignores_opt_out:
                self._check_opt_out(record.message.to)
        except MessageRejected as err:
            return RouteCandidates(accounts=self.ids, available=frozenset(), error=err)
        known = {entry_id: self.get(entry_id) for entry_id in self.ids}
        refusals = {
            entry_id: error
            for entry_id, account in known.items()
            if account and (error := self._refusal(account, record))
        }
        coming = {entry_id for entry_id, account in known.items() if not account and self._may_load(entry_id)}
        confirm_within = self._entry.data[CONF_CONFIRM_WITHIN] * 60.0
        reporting = [entry_id for entry_id, account in known.items() if account and account.info.reports]
        return RouteCandidates(
            accounts=self.ids,
            available=frozenset(
                entry_id for entry_id, account in known.items() if account and entry_id not in refusals
            ),
            loading=frozenset(coming if self._hass.loop.time() < self.wait_until else ()),
            wait_until=self.wait_until,
            may_come=bool(coming),
            confirming=frozenset(reporting if confirm_within else ()),
            confirm_within=confirm_within,
            error=next(iter(refusals.values()), None) or _none_loaded(),
        )

    def _check_opt_out(self, number: str) -> None:
        for entry_id in self.ids:
            if opt_outs := known_opt_outs(self._hass, entry_id):
                opt_outs.check(number)

    def _refusal(self, account: Account, record: MessageRecord) -> MessageRejected | None:
        """Return why an account does not take a message, as far as that is known here."""
        try:
            self._prepare(account, record.message, ignores_opt_out=record.ignores_opt_out)
        except MessageRejected as err:
            return err
        return None

    def _prepare(self, account: Account, message: Message, *, ignores_opt_out: bool) -> tuple[Message, Preview]:
        if not account.info.serves(message.to):
            raise MessageRejected(reason=FailureReason.INVALID_NUMBER)
        ignores_opt_out = ignores_opt_out and account.may_text_opted_out
        if not ignores_opt_out:
            self._check_opt_out(message.to)
        return account.prepare(message, ignores_opt_out=ignores_opt_out)

    def _may_load(self, entry_id: str) -> bool:
        """Return True if an account that is not loaded may load by itself."""
        entry = self._hass.config_entries.async_get_entry(entry_id)
        return entry is not None and not entry.disabled_by and entry.state not in _STUCK


def account_ids(hass: HomeAssistant, entry_id: str) -> tuple[list[str], bool]:
    """Return the accounts that an entry sends through, an account only itself, and True if one is missing."""
    members = routes(hass)
    accounts = {entry.entry_id for entry in messenger_entries(hass)} - set(members)
    return flatten(entry_id, members, accounts)


def routes(hass: HomeAssistant) -> dict[str, list[str]]:
    """Return all routes, each with the entries that it names."""
    return {
        entry.entry_id: entry.data[CONF_ACCOUNTS]
        for entry in messenger_entries(hass)
        if entry.data[CONF_PROVIDER] == ROUTE
    }


def _none_loaded() -> MessageRejected:
    return MessageRejected(code="no_account")
