"""Route: sends through several accounts in order, one after the other, until one gets the text through."""

import asyncio
from collections.abc import Collection, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from math import inf
from typing import Any, override

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util.ulid import ulid_now

from ..account import Account
from ..const import DOMAIN
from ..delivery.failover import (
    ACCOUNT_TIMEOUT,
    RETRY_DELAY,
    CancelAttempt,
    Finish,
    RouteAttempts,
    SendThrough,
    Wait,
    next_action,
)
from ..delivery.outbox import Change, Update
from ..delivery.record import MessageRecord, Phase
from ..gateway.errors import Cancelled, CannotConnect, GatewayError, RateLimited
from ..gateway.message import DeliveryReport, Message, Preview
from ..gateway.status import Status
from ..issues import Issue, async_delete
from ..messenger import Messenger, OutgoingMessage
from ..recipients import Recipient
from ..storage.entry_state import EntryState, async_cancel_record, attempt_listeners
from .accounts import SETTLED, RouteAccounts

# What a late report may say of an attempt.
_REPORTED = (Status.DELIVERED, Status.UNDELIVERED)

type RouteConfigEntry = ConfigEntry[Route]


class Route(Messenger):
    """The run-time data of a route's config entry.

    Each text is one message of the route, the parent. Each attempt to send it is another message, of an account.
    """

    entry: RouteConfigEntry
    name = model = "Route"

    def __init__(self, hass: HomeAssistant, entry: RouteConfigEntry, state: EntryState) -> None:
        """Start nothing yet."""
        super().__init__(hass, entry, state)
        self.accounts = RouteAccounts(hass, entry)
        self._messages: dict[str, RouteAttempts] = {}  # by the message's reference
        self._timers: dict[str, asyncio.TimerHandle] = {}
        # Messages whose attempt begins or is being cancelled.
        self._busy: set[str] = set()
        # Messages that are about to be sent, by account.
        self._beginning: dict[str, list[RouteAttempts]] = {}
        self._is_running = False

    async def async_start(self) -> None:
        """Continue with what an earlier run left."""
        attempt_listeners(self.hass).append(self)
        self.entry.async_on_unload(lambda: attempt_listeners(self.hass).remove(self))
        changed = async_dispatcher_connect(self.hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed)
        self.entry.async_on_unload(changed)
        await self.accounts.async_read_opt_outs()
        self.accounts.wait_until = self.hass.loop.time() + ACCOUNT_TIMEOUT
        for record in self.outbox:
            self._messages[record.reference] = RouteAttempts(record, began=self.hass.loop.time())
        known: dict[str, dict[str, MessageRecord]] = {}
        for attempt in await self.outbox.database.attempts(list(self._messages)):
            known.setdefault(attempt.parent or "", {})[attempt.reference] = attempt
        for reference, stored in known.items():
            # What an update brought meanwhile is newer than what the database had.
            attempts = self._messages[reference]
            attempts.attempts = stored | attempts.attempts
        self._is_running = True
        self.async_advance_all()

    @override
    @callback
    def async_stop(self) -> None:
        self._is_running = False
        self.state.async_unready()
        for timer in self._timers.values():
            timer.cancel()
        async_delete(self.hass, Issue.ROUTE_BROKEN, self.entry)

    @override
    @callback
    def async_apply_changes(self) -> None:
        self.accounts.async_find()
        self._begin(self._async_read_opt_outs())
        self.async_advance_all()
        super().async_apply_changes()

    async def _async_read_opt_outs(self) -> None:
        await self.accounts.async_read_opt_outs()
        self.async_advance_all()

    # -- what a route is ---------------------------------------------------------------------------------------------

    @callback
    def _async_entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        """An account or another route was added, removed or changed."""
        if entry.domain == DOMAIN and entry is not self.entry and self._is_running:
            self.accounts.async_find()
            if change is ConfigEntryChange.REMOVED or entry.state in SETTLED:
                self.async_advance_all()

    @property
    @override
    def languages(self) -> Sequence[str]:
        return [language for account in self.accounts.loaded() for language in account.languages]

    @property
    @override
    def receiving_accounts(self) -> Collection[str]:
        return [entry_id for account in self.accounts.loaded() for entry_id in account.receiving_accounts]

    @property
    @override
    def unreadable_accounts(self) -> Collection[str]:
        return [title for account in self.accounts.loaded() for title in account.unreadable_accounts]

    @property
    @override
    def resends(self) -> bool:
        return any(account.resends for account in self.accounts.loaded()[:1])

    @override
    def attributes(self, record: MessageRecord) -> dict[str, Any]:
        # The account that refused a text did not take it.
        took = record.via if record.accepted_at is not None else None
        entry = self.hass.config_entries.async_get_entry(took or "")
        return {"account": entry.title if entry else None}

    @override
    def held_until(self, record: MessageRecord) -> datetime | None:
        account = self.accounts.get(record.via) if record.via else None
        return account.held_until(record) if account else None

    # -- sending -----------------------------------------------------------------------------------------------------

    @override
    def prepare(self, message: Message, *, ignores_opt_out: bool = False) -> tuple[Message, Preview]:
        return self.accounts.prepare(message, ignores_opt_out=ignores_opt_out)

    @override
    async def async_admit(self, outgoing: Sequence[OutgoingMessage]) -> list[MessageRecord]:
        return [self._admit(item) for item in outgoing]

    def _admit(self, item: OutgoingMessage) -> MessageRecord:
        """Return the record of a message. It has failed if every account would refuse it."""
        record = self._new_record(item)
        candidates = self.accounts.candidates(record)
        if candidates.available:
            record.segments = self.prepare(record.message, ignores_opt_out=record.ignores_opt_out)[1].segments
        elif not candidates.may_come:
            self.outbox.fail(record, Status.REJECTED, candidates.error)
        self.check_loop(item, record)
        return record

    @override
    def enqueue(self, records: Sequence[MessageRecord]) -> None:
        for record in records:
            if record.is_pending:
                self._async_advance(self._messages.setdefault(record.reference, RouteAttempts(record)))

    @override
    async def async_cancel(self, record: MessageRecord) -> bool:
        attempts = self._messages.get(record.reference)
        if attempts is None or attempts.parent.phase is not Phase.WAITING:
            return False
        self._messages.pop(record.reference)  # no attempt begins any more
        if (last := attempts.last) and last.is_pending:
            await self._async_cancel_attempt(attempts, last, Cancelled(code="cancelled"))
            if attempts.last.is_pending or attempts.last.accepted_at:
                # If the attempt fails, no other begins.
                attempts.parent.deadline = self.outbox.now()
                self._messages[record.reference] = attempts
                self._async_advance(attempts)
                return False
        await self._finish(attempts, Finish(None, Status.REJECTED, Cancelled(code="cancelled")))
        return True

    # -- one attempt after the other ---------------------------------------------------------------------------------

    @callback
    def async_advance_all(self) -> None:
        """Do the next action of every message, because something changed."""
        for attempts in list(self._messages.values()):
            self._async_advance(attempts)

    @callback
    def _async_advance(self, attempts: RouteAttempts) -> None:
        """Do the next action. While an attempt begins or is being cancelled, this waits for it."""
        parent, outbox = attempts.parent, self.outbox
        reference = parent.reference
        if not self._is_running or reference in self._busy or self._messages.get(reference) is not attempts:
            return
        if timer := self._timers.pop(reference, None):
            timer.cancel()
        if attempts.visible:
            self._show(parent, attempts.visible)
        match next_action(attempts, self.accounts.candidates(parent), outbox.now(), outbox.time()):
            case Wait(until):
                if until < inf:
                    self._advance_at(attempts, until)
            case SendThrough(account):
                self._busy.add(reference)
                if not self._beginning:
                    self.hass.loop.call_soon(self._async_begin_all)
                self._beginning.setdefault(account, []).append(attempts)
            case CancelAttempt(attempt):
                self._busy.add(reference)
                self._begin(self._async_give_up(attempts, attempt))
            case Finish() as finish:
                self._finish(attempts, finish)

    def _advance_at(self, attempts: RouteAttempts, moment: float) -> None:
        self._timers[attempts.parent.reference] = self.hass.loop.call_at(moment, self._async_advance, attempts)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self.entry.async_create_background_task(self.hass, work, "texting route")

    def _show(self, parent: MessageRecord, attempt: MessageRecord) -> None:
        via = parent.via
        if self.outbox.apply_attempt(parent, attempt) or parent.via != via:
            self.outbox.save([parent])

    @callback
    def _async_begin_all(self) -> None:
        """Hand the messages for one account over together."""
        beginning, self._beginning = self._beginning, {}
        for entry_id, messages in beginning.items():
            self._begin(self._async_begin_at(entry_id, messages))

    async def _async_begin_at(self, entry_id: str, messages: list[RouteAttempts]) -> None:
        before = [attempts.last for attempts in messages]
        try:
            if account := self.accounts.get(entry_id):
                await self._async_begin_attempts(account, messages)
        finally:
            for attempts, last in zip(messages, before, strict=True):
                self._release(attempts, later=attempts.last is last)

    async def _async_begin_attempts(self, account: Account, messages: list[RouteAttempts]) -> None:
        now = self.outbox.now()
        records = await account.async_admit([_new_attempt(attempts.parent, now) for attempts in messages])
        if not self._is_running or self.accounts.get(account.entry.entry_id) is not account:
            return
        begun = []
        for attempts, record in zip(messages, records, strict=True):
            if self._messages.get(attempts.parent.reference) is attempts:
                attempts.attempts[record.reference], attempts.began = record.snapshot(), now
                begun.append(record)
        await account.async_add(begun)

    async def _async_give_up(self, attempts: RouteAttempts, attempt: MessageRecord) -> None:
        """Cancel an attempt at a provider that is out of reach. If it is being sent, its result is awaited."""
        error = attempt.error if isinstance(attempt.error, CannotConnect | RateLimited) else None
        try:
            await self._async_cancel_attempt(attempts, attempt, error or CannotConnect("no connection"))
        finally:
            self._release(attempts, later=attempts.last is not None and not attempts.last.has_result)

    async def _async_cancel_attempt(self, attempts: RouteAttempts, attempt: MessageRecord, error: GatewayError) -> None:
        attempts.attempts[attempt.reference] = await async_cancel_record(
            self.hass, self.outbox.database, attempt, error
        )

    def _release(self, attempts: RouteAttempts, *, later: bool) -> None:
        """Continue with a message after an attempt began or was cancelled; a little later if neither was possible."""
        reference = attempts.parent.reference
        self._busy.discard(reference)
        if later and self._is_running and self._messages.get(reference) is attempts:
            self._advance_at(attempts, self.hass.loop.time() + RETRY_DELAY)
        else:
            self._async_advance(attempts)

    def _finish(self, attempts: RouteAttempts, finish: Finish) -> asyncio.Future[None]:
        """End a message and cancel attempts that still wait. The future is done once that is saved."""
        parent, outbox = attempts.parent, self.outbox
        self._messages.pop(parent.reference, None)
        if timer := self._timers.pop(parent.reference, None):
            timer.cancel()
        for attempt in attempts.attempts.values():
            if attempt.phase is Phase.WAITING:
                self._begin(self._async_cancel_attempt(attempts, attempt, Cancelled(code="cancelled")))
        is_changed = True
        if finish.attempt:
            is_changed = outbox.apply_attempt(parent, finish.attempt)
            parent.price, parent.currency = attempts.price
            outbox.finish(parent)
        else:
            if finish.error and attempts.last and attempts.last.error is finish.error:
                # The code is that of the account's provider.
                parent.via = attempts.last.entry_id
            outbox.fail(parent, finish.status, finish.error)
        return outbox.save([parent], changed=[parent] if is_changed else [])

    # -- updates of attempts -----------------------------------------------------------------------------------------

    @callback
    def messages_updated(self, updates: Sequence[Update]) -> None:
        """Take updates of attempts, perhaps ones of this route."""
        for record, change in updates:
            if attempts := self._messages.get(record.parent or ""):
                attempts.attempts[record.reference] = record
                self._async_advance(attempts)
            # ENDED brings no news: a delivered attempt is not looked up once more after its message ended.
            elif change is not Change.ENDED and record.status in _REPORTED and self._is_running:
                self._begin(self._async_apply_late(record))

    async def _async_apply_late(self, attempt: MessageRecord) -> None:
        """Take a late report about an attempt of a message that is done."""
        record = await self.outbox.find(reference=attempt.parent)
        if record is None or record.is_pending:
            return
        report = DeliveryReport(
            status=attempt.status, provider_status=attempt.provider_status or "", reason=attempt.reason
        )
        if self.outbox.apply_report(record, report):
            record.via, record.message_id = attempt.entry_id, attempt.message_id
            await self.outbox.save([record])


def _new_attempt(parent: MessageRecord, now: float) -> OutgoingMessage:
    """Return the message of an attempt. The parent waited for the quiet hours, so the attempt has none."""
    return OutgoingMessage(
        message=replace(parent.message, reference=ulid_now()),
        recipient=_recipient(parent),
        valid_for=parent.deadline - now,
        urgent=parent.urgent,
        passes_limit=parent.passes_limit,
        resend=parent.resend,
        parent=parent.reference,
    )


def _recipient(parent: MessageRecord) -> Recipient | None:
    if not parent.recipient_id or not parent.recipient_name:
        return None
    return Recipient(
        id=parent.recipient_id, name=parent.recipient_name, numbers=(), urgent_after_stop=parent.ignores_opt_out
    )
