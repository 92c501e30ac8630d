"""One account at work: it sends, follows what it sent, and takes what comes in."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util.dt import utcnow

from .automations import async_tell_automations
from .const import DEFAULT_DAILY_LIMIT, OPTION_DAILY_LIMIT
from .coordinator import BalanceCoordinator
from .delivery.guard import check_counted, check_daily
from .delivery.record import Phase, Record
from .delivery.tracker import Tracker
from .gateway.capabilities import Capability
from .gateway.contacts import ContactGroup
from .gateway.errors import AuthenticationFailed, Cancelled, GatewayError, InsufficientCredit, MessageRejected
from .gateway.gateway import Gateway
from .gateway.message import OPT_IN_WORDS, DeliveryReport, IncomingMessage, IncomingType, Message, Preview, words_of
from .gateway.status import Status
from .inbox import COMMAND_WITHIN, Heard
from .issues import async_low_credit
from .keyword import keyword_of, with_keyword
from .line import Line, Outgoing
from .opt_out import is_refused_there, opted_out
from .recipient import known_as
from .signals import COMMAND, INCOMING, OPTED_OUT, RECEIVED
from .state import LineState
from .two_way.hearing import async_hear
from .two_way.matching import Matcher
from .two_way.speakers import Command

# How often what texts are checked against is read again.
REFRESH_EVERY = timedelta(hours=1)
# What may still be held back by its provider.
_NOT_SENT = (Status.QUEUED, Status.ACCEPTED)

type TextingConfigEntry = ConfigEntry[Account]


class Account(Line):
    """A config entry's run-time data."""

    entry: TextingConfigEntry

    def __init__(self, hass: HomeAssistant, entry: TextingConfigEntry, state: LineState, gateway: Gateway) -> None:
        """Put the parts together; nothing runs yet."""
        super().__init__(hass, entry, state)
        self.gateway = gateway
        self.info = gateway.info
        self.name = gateway.info.name
        self.receives = gateway.info.receives
        self.test_number = gateway.info.test_number
        self.store = state.store
        self.balance = BalanceCoordinator(hass, entry, gateway)
        # Contact groups whose contacts are being counted, by id.
        self.counting: dict[str, asyncio.Task[ContactGroup | GatewayError]] = {}
        self._tracker = Tracker(self.desk, gateway, hass.async_create_background_task, self.async_failed)
        self._matcher = Matcher(self.desk)

    @callback
    def async_start(self) -> None:
        """Send what waits, and ask what became of what was sent."""
        self.state.on_moved = self._async_moved
        for number in {record.message.to for record in self.desk.book} & self.state.store.memory.opted_out.keys():
            self._async_take_back(number)
        if self.state.worker:
            self.state.worker.start(self.gateway)
        if Capability.STATUS in self.info.capabilities:
            self._tracker.start()
        self.state.inbox.open()
        self.entry.async_create_background_task(self.hass, self._async_refresh(utcnow()), "texting refresh")
        refresh = async_track_time_interval(self.hass, self._async_refresh, REFRESH_EVERY, cancel_on_shutdown=True)
        self.entry.async_on_unload(refresh)

    @override
    @callback
    def async_stop(self) -> None:
        """Begin nothing more; what is under way comes to its end."""
        self.state.inbox.close()
        self._tracker.stop()
        if self.state.worker:
            self.state.worker.stop()
        self.state.on_moved = lambda _record: None
        self.state.ready = False

    @property
    @override
    def languages(self) -> Sequence[str]:
        return self.info.languages

    @property
    @override
    def hears_through(self) -> Collection[str]:
        return (self.entry.entry_id,) if self.receives else ()

    # -- sending -----------------------------------------------------------------------------------------------------

    @override
    def prepare(self, message: Message) -> tuple[Message, Preview]:
        self.state.opt_outs.check(message.to)
        return self.gateway.prepare(message)

    @override
    async def async_admit(self, outgoing: Sequence[Outgoing]) -> list[Record]:
        prepared = [self._prepare(item) for item in outgoing]
        await self._async_check_credit([(record, cost) for record, cost in prepared if record.is_pending])
        for record, _ in prepared:
            # A STOP may have come in while the balance was read.
            if record.is_pending and record.message.to in self.state.opt_outs:
                self.desk.book.end(record, Status.REJECTED, opted_out())
        self._check_daily([record for record, _ in prepared if record.is_pending])
        return [record for record, _ in prepared]

    async def _async_refresh(self, _now: datetime) -> None:
        """Read again what texts are checked against; where that fails, what is known stays."""
        with suppress(GatewayError):
            await self.gateway.refresh()

    @override
    def held_until(self, record: Record) -> datetime | None:
        if record.status not in _NOT_SENT:
            return None
        now = self.gateway.clock()
        # What waits here leaves when it is due.
        given = datetime.fromtimestamp(record.taken_at or max(record.due_at, now.timestamp()), UTC)
        held = self.gateway.held_until(record.message, given)
        return held if held and held > now else None

    @property
    def _daily_limit(self) -> int:
        limit: int = self.entry.options.get(OPTION_DAILY_LIMIT, DEFAULT_DAILY_LIMIT)
        return limit

    def _check_daily(self, records: Sequence[Record]) -> None:
        """Refuse what is over the day's limit."""
        if not (limit := self._daily_limit):
            return
        used = self.state.segments_today + self.state.segments_waiting()
        for record in records:
            try:
                if not record.urgent:
                    check_daily(used, record.segments, limit)
            except MessageRejected as err:
                self.desk.book.end(record, Status.REJECTED, err)
            else:
                used += record.segments

    @override
    async def async_cancel(self, record: Record) -> bool:
        worker = self.state.worker
        return worker is not None and await worker.cancel(record, Cancelled(code="cancelled"))

    @override
    async def async_look(self, record: Record) -> bool:
        if record.phase is not Phase.FOLLOWED or Capability.STATUS not in self.info.capabilities:
            return False
        try:
            reports = await self.gateway.reports([record.result])
        except GatewayError as err:
            self.async_failed(err)
            return False
        await self.async_report(reports)
        return bool(reports)

    def _prepare(self, item: Outgoing) -> tuple[Record, int]:
        """The message as it is to be kept, and its cost; ended where it is refused here."""
        record = self._record(item)
        try:
            record.message, preview = self.prepare(item.message)
            record.segments = preview.segments
            check_counted(0 if item.urgent else self._daily_limit, uncounted=item.uncounted)
        except MessageRejected as err:
            self.desk.book.end(record, Status.REJECTED, err)
            return record, 0
        return record, preview.cost

    async def _async_check_credit(self, asked: Sequence[tuple[Record, int]]) -> None:
        """Refuse what the account cannot pay for."""
        if not await self.balance.async_is_short(sum(cost for _, cost in asked)):
            return
        spent = 0
        for record, cost in asked:
            if error := self.balance.cannot_pay(spent + cost):
                self.desk.book.end(record, Status.REJECTED, error)
            else:
                spent += cost

    async def async_check_credit(self, cost: int) -> None:
        """Raise MessageRejected where the account cannot pay for what is no text."""
        if await self.balance.async_is_short(cost) and (error := self.balance.cannot_pay(cost)):
            raise error

    @callback
    def _async_moved(self, record: Record) -> None:
        """A message has moved: what that says of the account."""
        if isinstance(record.error, AuthenticationFailed):
            self.async_refused()
        elif isinstance(record.error, InsufficientCredit):
            async_low_credit(self.hass, self.entry, None)
        elif is_refused_there(record):
            self._async_take_back(record.message.to)
        if record.taken_at and record.phase in (Phase.FOLLOWED, Phase.ENDED):
            self.balance.async_refresh_soon()

    @callback
    def async_refused(self) -> None:
        """The gateway refuses the credentials: ask for new ones, unless this account is an old one or gone."""
        known = self.hass.config_entries.async_get_entry(self.entry.entry_id)
        if known and getattr(self.entry, "runtime_data", None) is self:
            self.entry.async_start_reauth(self.hass)

    # -- hearing -----------------------------------------------------------------------------------------------------

    async def async_report(self, reports: Iterable[DeliveryReport]) -> bool:
        """Take news of messages, what is unknown only counts; whether it is on disk."""
        if unknown := await self.desk.report(reports):
            self.store.memory.reports_unknown += unknown
            self.store.async_changed()
        return not self.desk.outbox.failing

    @callback
    def async_failed(self, error: GatewayError) -> None:
        """The gateway did not say what it was asked."""
        if isinstance(error, AuthenticationFailed):
            self.async_refused()

    @callback
    def async_receive(
        self,
        incoming: IncomingMessage,
        is_connected: Callable[[], bool] | None = None,
        reply_within: float = 0.0,
        *,
        is_late: bool = False,
    ) -> Heard | None:
        """Take a text of a phone, once, None where it is a repetition; one that comes late is no command any more.

        With is_connected its request is kept open for so many seconds, or until its command is done.
        """
        incoming = replace(with_keyword(self.entry, incoming), late=is_late)
        stops = incoming.type is IncomingType.OPT_OUT
        if stops:
            # Also where it is alike one before: there may have been a START between them.
            self.state.opt_outs.async_add(incoming.sender)
            self._async_take_back(incoming.sender)
        heard = self.state.inbox.hear(incoming)
        if heard is None:
            return None
        returns = not stops and self._opts_in(incoming) and self.state.opt_outs.async_discard(incoming.sender)
        obey = not (stops or returns or is_late)
        incoming, command, heard.is_answer = async_hear(self.hass, self.entry, incoming, obey=obey)
        heard.is_command = command is not None
        if is_connected and not stops:
            seconds = max(reply_within, COMMAND_WITHIN) if command else reply_within
            self.state.inbox.keep_open(heard, seconds, is_connected)
        tell = partial(self._async_tell, heard.id, command)
        heard.told = self.hass.async_create_task(self._matcher.tell(incoming, tell), "texting incoming text")
        return heard

    @callback
    def _async_tell(self, incoming_id: str, command: Command | None, incoming: IncomingMessage) -> None:
        """Tell entities and automations of a text, then whoever obeys it."""
        sender = known_as(self.hass, self.entry.entry_id, incoming.sender)
        name = sender.name if sender else None
        self.state.async_tell(INCOMING.format(self.entry.entry_id), incoming, name, incoming_id)
        self.state.async_tell(RECEIVED, self.entry.entry_id, incoming, incoming_id, dispatch=async_tell_automations)
        if command:
            news = (self.entry.entry_id, incoming.sender, incoming_id, command)
            self.state.async_tell(COMMAND, *news, dispatch=async_tell_automations)

    def _opts_in(self, incoming: IncomingMessage) -> bool:
        """Whether a text takes an opt-out back."""
        if incoming.type is IncomingType.KEYWORD or keyword_of(self.entry, incoming.text):
            return True
        return words_of(incoming.text) in (*OPT_IN_WORDS, *self.info.opt_in_words)

    @callback
    def _async_take_back(self, number: str) -> None:
        """Send nothing any more that waits for whoever wants no more."""
        if worker := self.state.worker:
            for record in [record for record in self.desk.book if record.message.to == number]:
                self.hass.async_create_task(worker.cancel(record, opted_out()), "texting opt-out")
        async_dispatcher_send(self.hass, OPTED_OUT, self.entry.entry_id)
