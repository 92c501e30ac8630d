"""Account: one account at work. It checks and sends messages, tracks them, and takes what comes in."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.event import async_track_time_change, async_track_time_interval
from homeassistant.util.dt import utcnow

from .access import REGULAR, Access, Request
from .budget import Budget
from .call_watch import CallWatch
from .const import CONF_PROVIDER
from .contact_groups import ContactGroups
from .coordinator import BalanceCoordinator, IncomingCoordinator
from .delivery.checks import check_counted, check_daily
from .delivery.outbox import Change, Update
from .delivery.record import MessageRecord, Phase
from .delivery.status_poller import StatusPoller
from .gateway.base import Gateway
from .gateway.capabilities import Capability
from .gateway.errors import (
    AccessDenied,
    AuthenticationFailed,
    Cancelled,
    GatewayError,
    InsufficientCredit,
    MessageRejected,
)
from .gateway.message import (
    DeliveryReport,
    IncomingMessage,
    Message,
    Preview,
)
from .gateway.status import FailureReason, Status
from .inbound.interpret import is_old
from .issues import async_low_credit, async_watch_replies
from .messenger import Messenger, OutgoingMessage
from .options import gateway_values
from .receiver import SAVE_TIMEOUT, Receiver
from .storage.entry_state import EntryState
from .storage.noted_words import NotedWords
from .storage.opt_outs import opted_out
from .storage.pricing import Pricing
from .targets import Address

# How often the gateway reads again what it checks texts with, such as templates.
REFRESH_INTERVAL = timedelta(hours=1)
# A provider may still hold back messages with these statuses.
_MAY_BE_HELD = (Status.QUEUED, Status.ACCEPTED)

type TextingConfigEntry = ConfigEntry[Account]


class Account(Messenger):
    """The run-time data of an account's config entry."""

    entry: TextingConfigEntry
    model = "SMS account"

    def __init__(
        self, hass: HomeAssistant, entry: TextingConfigEntry, state: EntryState, gateway: Gateway[Any]
    ) -> None:
        """Start nothing yet."""
        super().__init__(hass, entry, state)
        self.gateway = gateway
        self.info = gateway.info
        self.name = gateway.info.name
        self.receives = gateway.info.receives
        self.test_number = gateway.info.test_number
        self.store = state.store
        self.words = NotedWords(state.store, state.outbox, gateway)
        self.access = Access(hass, entry, self.words)
        self.pricing = Pricing(hass, entry, gateway.info, state.store)
        self.balance = BalanceCoordinator(hass, entry, gateway, self.access, self.pricing)
        self.budget = Budget(hass, entry, state, self.pricing)
        self.calls = CallWatch(hass, entry, gateway.info, state.store)
        self.contact_groups = ContactGroups(hass, entry, gateway, state.store, self.async_failed)
        read_failed = partial(self.async_failed, request=Request.INCOMING)
        self.incoming = (
            IncomingCoordinator(hass, entry, gateway, state.store, self._async_read, read_failed)
            if Capability.INCOMING_POLL in gateway.info.capabilities
            else None
        )
        status_failed = partial(self.async_failed, request=Request.STATUS)
        self._poller = (
            StatusPoller(
                self.outbox, gateway, hass.async_create_background_task, status_failed, self.words.note_reports
            )
            if Capability.STATUS in gateway.info.capabilities
            else None
        )
        self.receiver = Receiver(hass, entry, state, gateway.info)

    @callback
    def async_start(self) -> None:
        """Send what waits, and ask for the status of what was sent."""
        self.state.async_attach(self)
        self.state.async_cancel_opted_out()
        if self.state.worker:
            self.state.worker.start(self.gateway)
        if self._poller:
            self._poller.start()
        self.calls.async_start()
        self.budget.async_update()
        # The balance may tell another currency.
        self.entry.async_on_unload(self.balance.async_add_listener(self.budget.async_update))
        self.state.inbox.open()
        self.entry.async_create_background_task(self.hass, self._async_refresh(utcnow()), "texting refresh")
        refresh = async_track_time_interval(self.hass, self._async_refresh, REFRESH_INTERVAL, cancel_on_shutdown=True)
        self.entry.async_on_unload(refresh)
        new_day = async_track_time_change(self.hass, self._async_new_day, hour=0, minute=0, second=0)
        self.entry.async_on_unload(new_day)
        if self.incoming:
            # It polls only with a listener.
            self.entry.async_on_unload(self.incoming.async_add_listener(self._async_incoming_updated))
            self.entry.async_on_unload(lambda: async_watch_replies(self.hass, self.entry, is_readable=True))
            # At once: everything that comes in after the first read is new.
            self.entry.async_create_background_task(self.hass, self.incoming.async_refresh(), "texting incoming texts")

    @override
    @callback
    def async_stop(self) -> None:
        self.state.inbox.close()
        self.access.async_stop()
        self.calls.async_stop()
        self.budget.async_stop()
        if self._poller:
            self._poller.stop()
        if self.state.worker:
            self.state.worker.stop()
        self.state.async_unready()

    @override
    @callback
    def async_apply_changes(self) -> None:
        self.gateway.settings = self.gateway.settings_type.from_mapping(gateway_values(self.entry))
        self.balance.async_apply_options()
        self.budget.async_update()
        if self.incoming:
            self.incoming.async_apply_options()
            async_watch_replies(self.hass, self.entry, is_readable=self.gateway.reads_incoming)
        super().async_apply_changes()

    @property
    @override
    def reload_data(self) -> dict[str, Any]:
        names = [field.name for field in self.info.fields if not field.applied_in_place]
        return {name: self.entry.data.get(name) for name in (CONF_PROVIDER, *names)}

    @property
    @override
    def languages(self) -> Sequence[str]:
        return self.info.languages

    @property
    @override
    def receiving_accounts(self) -> Collection[str]:
        return (self.entry.entry_id,) if self.receives and self.gateway.reads_incoming else ()

    @property
    @override
    def unreadable_accounts(self) -> Collection[str]:
        return () if self.gateway.reads_incoming else (self.entry.title,)

    @property
    @override
    def may_text_opted_out(self) -> bool:
        return not self.info.blocks_opt_outs

    # -- sending -----------------------------------------------------------------------------------------------------

    @override
    def prepare(self, message: Message, *, ignores_opt_out: bool = False) -> tuple[Message, Preview]:
        if not ignores_opt_out:
            self.state.opt_outs.check(message.to)
        return self.gateway.prepare(message)

    @override
    async def async_admit(self, outgoing: Sequence[OutgoingMessage]) -> list[MessageRecord]:
        prepared = [self._prepare(item) for item in outgoing]
        records = [record for record, _ in prepared]
        await self._async_check_credit([(record, cost) for record, cost in prepared if record.is_pending])
        for record in records:
            # A STOP may have come in while the balance was read.
            if record.is_pending and not record.ignores_opt_out and record.message.to in self.state.opt_outs:
                self.outbox.fail(record, Status.REJECTED, opted_out())
        self._check_daily([record for record in records if record.is_pending])
        for record, error in self.budget.refusals([record for record in records if record.is_pending]):
            self.outbox.fail(record, Status.REJECTED, error)
        for item, record in zip(outgoing, records, strict=True):
            self.check_loop(item, record)
        return records

    def _prepare(self, item: OutgoingMessage) -> tuple[MessageRecord, int]:
        """Return the record of a message, and its cost. It has failed if it is refused here."""
        record = self._new_record(item)
        try:
            record.message, preview = self.prepare(item.message, ignores_opt_out=record.ignores_opt_out)
            record.segments, record.cost = preview.segments, None if item.is_uncounted else preview.cost
            self.pricing.set_expected(record)
            # An alarm goes out even if nobody knows how many it reaches.
            limit = self.options.daily_limit or (1 if self.budget.is_set else 0)
            check_counted(0 if item.urgent else limit, is_uncounted=item.is_uncounted)
        except MessageRejected as err:
            self.outbox.fail(record, Status.REJECTED, err)
            return record, 0
        return record, preview.cost

    async def _async_check_credit(self, costs: Sequence[tuple[MessageRecord, int]]) -> None:
        """Refuse what the account cannot pay for."""
        if not await self.balance.async_is_short(sum(cost for _, cost in costs)):
            return
        spent = 0
        for record, cost in costs:
            if error := self.balance.shortage(spent + cost):
                self.outbox.fail(record, Status.REJECTED, error)
            else:
                spent += cost

    async def async_check_credit(self, cost: int) -> None:
        """Raise MessageRejected if the account cannot pay for something that is no text."""
        if await self.balance.async_is_short(cost) and (error := self.balance.shortage(cost)):
            raise error

    def _check_daily(self, records: Sequence[MessageRecord]) -> None:
        """Refuse what exceeds the daily limit. Urgent messages have one of their own, which some of them may exceed."""
        for urgent in (False, True):
            limit, used = self.options.limit_of(urgent=urgent), self.state.segments_used(urgent=urgent)
            for record in records:
                if record.urgent is urgent:
                    most = 0 if urgent and record.passes_limit else limit
                    try:
                        check_daily(used, record.segments, most, urgent=urgent)
                    except MessageRejected as err:
                        self.outbox.fail(record, Status.REJECTED, err)
                    else:
                        used += record.segments

    @override
    def enqueue(self, records: Sequence[MessageRecord]) -> None:
        if self.state.worker:
            self.state.worker.enqueue(records)

    @override
    async def async_cancel(self, record: MessageRecord) -> bool:
        worker = self.state.worker
        return worker is not None and await worker.cancel(record, Cancelled(code="cancelled"))

    @override
    async def async_measure(self, address: Address) -> Address:
        if address.group is None or address.group.size is not None:
            return address
        try:
            group = await self.contact_groups.async_measure(address.group)
        except ServiceValidationError as err:
            return replace(address, error=err, reason=FailureReason.INVALID_NUMBER)
        return replace(address, group=group, is_uncounted=group.size is None)

    @callback
    def _async_new_day(self, _now: datetime) -> None:
        self.budget.async_update()

    async def _async_refresh(self, _now: datetime) -> None:
        """Read the provider's templates again. If that fails, the known ones stay."""
        with suppress(GatewayError):
            await self.gateway.refresh()

    # -- the status of messages ----------------------------------------------------------------------------------------

    @override
    def held_until(self, record: MessageRecord) -> datetime | None:
        if record.status not in _MAY_BE_HELD:
            return None
        now = self.gateway.clock()
        # A message that has not left yet leaves at not_before.
        given = datetime.fromtimestamp(record.accepted_at or max(record.not_before, now.timestamp()), UTC)
        held = self.gateway.held_until(record.message, given)
        return held if held and held > now else None

    @override
    async def async_refresh_status(self, record: MessageRecord) -> bool:
        if record.phase is not Phase.TRACKED or not self._poller:
            return False
        try:
            reports = await self.gateway.fetch_reports([record.result])
        except GatewayError as err:
            self.async_failed(err)
            return False
        await self.async_report(reports)
        return bool(reports)

    async def async_report(self, reports: Iterable[DeliveryReport]) -> bool:
        """Take delivery reports; unknown ones are only counted. Return True if they are on disk."""
        reports = list(reports)
        self.words.note_reports(reports)
        if unknown := await self.outbox.apply_reports(reports):
            self.store.memory.reports_unknown += unknown
            self.store.async_changed()
        return not reports or not self.outbox.database.failing

    @callback
    def messages_updated(self, updates: Sequence[Update]) -> None:
        """Take updates of the account's own outbox, and act on what they say about the account."""
        if any(change is Change.ACCEPTED for _, change in updates):
            self.budget.async_update()
        for record, change in updates:
            if self._poller and (known := self.outbox.get(record.reference)):
                self._poller.track(known)
            if change is Change.ACCEPTED and record.error is None:
                self.access.async_works(Request.SEND)
                self.calls.async_accepted(record)
            if change is not Change.ENDED:
                self._act_on(record)
                self.words.note_result(record, is_accepted=change is Change.ACCEPTED)

    @callback
    def _act_on(self, record: MessageRecord) -> None:
        if isinstance(record.error, AuthenticationFailed):
            self.async_start_reauth()
        elif isinstance(record.error, InsufficientCredit):
            async_low_credit(self.hass, self.entry, self.balance.most, self.gateway.site)
        if record.error:
            self.access.async_failed(Request.SEND, record.error)
        if record.accepted_at and record.has_result:
            self.balance.async_refresh_soon()
        elif isinstance(record.error, AccessDenied):
            # If the balance is denied too, it tells when the account may use the API again.
            self.balance.async_refresh_soon()

    @callback
    def async_failed(self, error: GatewayError, request: Request = Request.OTHER) -> None:
        """A request that is no send failed."""
        self.access.async_failed(request, error)
        if isinstance(error, AuthenticationFailed):
            # A site may refuse the login only for its list, and signing in would never end that. The balance decides.
            (self.balance.async_refresh_soon if request in REGULAR else self.async_start_reauth)()

    @callback
    def _async_incoming_updated(self) -> None:
        if self.incoming and self.incoming.last_update_success:
            self.access.async_works(Request.INCOMING)
            # A read that failed says nothing. Deleting the issue would forget that the user ignores it.
            async_watch_replies(self.hass, self.entry, is_readable=self.gateway.reads_incoming)
            self.state.async_changed()

    @callback
    def async_start_reauth(self) -> None:
        """Ask for new credentials, unless the account was reloaded or removed meanwhile."""
        known = self.hass.config_entries.async_get_entry(self.entry.entry_id)
        if known and getattr(self.entry, "runtime_data", None) is self:
            self.entry.async_start_reauth(self.hass)

    # -- receiving -----------------------------------------------------------------------------------------------------

    async def _async_read(self, incoming: IncomingMessage, is_new: bool) -> None:
        """Take a text that was read from the provider's list. It is on disk before the list's place is noted."""
        received = await self.receiver.async_receive(incoming, late=not is_new and is_old(incoming))
        if received and received.saved:
            await asyncio.wait([received.saved], timeout=SAVE_TIMEOUT)
