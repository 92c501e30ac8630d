"""A route at work: it sends through several accounts in order, one after the other, until one gets the text through."""

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

from .account import Account
from .const import DOMAIN
from .delivery.record import Phase, Record
from .delivery.route import LOOK_AGAIN, PATIENCE, End, TakeBack, Trail, Try, Wait, next_step
from .gateway.errors import Cancelled, CannotConnect, GatewayError, RateLimited
from .gateway.message import DeliveryReport, Message, Preview
from .gateway.status import Status
from .issues import Issue, async_delete
from .line import Line, Outgoing
from .recipient import Recipient
from .route_accounts import SETTLED, RouteAccounts
from .signals import MOVED
from .state import LineState, async_take_back

type RouteConfigEntry = ConfigEntry[Route]


class Route(Line):
    """A route's run-time data: a message of its own for each text, and one at an account for each attempt."""

    entry: RouteConfigEntry
    name = "Route"

    def __init__(self, hass: HomeAssistant, entry: RouteConfigEntry, state: LineState) -> None:
        """Put the parts together; nothing runs yet."""
        super().__init__(hass, entry, state)
        self.accounts = RouteAccounts(hass, entry)
        self._trails: dict[str, Trail] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._busy: set[str] = set()
        self._tries: dict[str, list[Trail]] = {}
        self._running = False

    async def async_start(self) -> None:
        """Go on with what an earlier run has left."""
        self.entry.async_on_unload(async_dispatcher_connect(self.hass, MOVED, self._async_moved))
        changed = async_dispatcher_connect(self.hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed)
        self.entry.async_on_unload(changed)
        self.accounts.patient_until = self.hass.loop.time() + PATIENCE
        for record in self.desk.book:
            self._trails[record.reference] = Trail(record, began=self.hass.loop.time())
        self.desk.on_add = self._async_put
        known: dict[str, dict[str, Record]] = {}
        for child in await self.desk.outbox.children(list(self._trails)):
            known.setdefault(child.parent or "", {})[child.reference] = child
        for reference, children in known.items():
            # What moved meanwhile is newer.
            trail = self._trails[reference]
            trail.children = children | trail.children
        self._running = True
        self._async_look_at_all()

    @override
    @callback
    def async_stop(self) -> None:
        """Begin nothing more."""
        self._running = False
        self.desk.on_add = lambda _records: None
        self.state.ready = False
        for timer in self._timers.values():
            timer.cancel()
        async_delete(self.hass, Issue.ROUTE_BROKEN, self.entry)

    # -- what a route is ---------------------------------------------------------------------------------------------

    @callback
    def _async_entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        """An account or a route came, went, or was changed."""
        if entry.domain == DOMAIN and entry is not self.entry and self._running:
            self.accounts.async_find()
            if change is ConfigEntryChange.REMOVED or entry.state in SETTLED:
                self._async_look_at_all()

    @property
    @override
    def languages(self) -> Sequence[str]:
        return [language for account in self.accounts.loaded() for language in account.languages]

    @property
    @override
    def hears_through(self) -> Collection[str]:
        return [account.entry.entry_id for account in self.accounts.loaded() if account.receives]

    @property
    @override
    def resends(self) -> bool:
        return any(account.resends for account in self.accounts.loaded()[:1])

    @override
    def attributes(self, record: Record) -> dict[str, Any]:
        entry = self.hass.config_entries.async_get_entry(record.via or "")
        return {"account": entry.title if entry else None}

    @override
    def held_until(self, record: Record) -> datetime | None:
        account = self.accounts.get(record.via) if record.via else None
        return account.held_until(record) if account else None

    # -- sending -----------------------------------------------------------------------------------------------------

    @override
    def prepare(self, message: Message) -> tuple[Message, Preview]:
        return self.accounts.prepare(message)

    @override
    async def async_admit(self, outgoing: Sequence[Outgoing]) -> list[Record]:
        return [self._admit(item) for item in outgoing]

    def _admit(self, item: Outgoing) -> Record:
        """The message as it is to be kept; ended where every account would refuse it."""
        record = self._record(item)
        way = self.accounts.way(record.message)
        if way.open:
            record.segments = self.prepare(record.message)[1].segments
        elif not way.later:
            self.desk.book.end(record, Status.REJECTED, way.error)
        return record

    @override
    async def async_cancel(self, record: Record) -> bool:
        trail = self._trails.get(record.reference)
        if trail is None or trail.parent.phase is not Phase.WAITING:
            return False
        self._trails.pop(record.reference)  # no attempt begins any more
        if (last := trail.last) and last.is_pending:
            await self._async_take_back(trail, last, Cancelled(code="cancelled"))
            if trail.last.is_pending or trail.last.taken_at:
                self._trails[record.reference] = trail
                self._async_look(trail)
                return False
        await self._end(trail, End(None, Status.REJECTED, Cancelled(code="cancelled")))
        return True

    # -- one attempt after the other ---------------------------------------------------------------------------------

    @callback
    def _async_put(self, records: Sequence[Record]) -> None:
        for record in records:
            if record.is_pending:
                self._async_look(self._trails.setdefault(record.reference, Trail(record)))
        self.state.async_changed()

    @callback
    def _async_look_at_all(self) -> None:
        for trail in list(self._trails.values()):
            self._async_look(trail)

    @callback
    def _async_look(self, trail: Trail) -> None:
        """Do what is to be done now; while an attempt begins or ends, that is looked at after."""
        parent, book = trail.parent, self.desk.book
        reference = parent.reference
        if not self._running or reference in self._busy or self._trails.get(reference) is not trail:
            return
        if timer := self._timers.pop(reference, None):
            timer.cancel()
        if trail.shown:
            self._show(parent, trail.shown)
        match next_step(trail, self.accounts.way(parent.message), book.now(), book.today()):
            case Wait(until):
                if until < inf:
                    self._look_again(trail, until)
            case Try(account):
                self._busy.add(reference)
                if not self._tries:
                    self.hass.loop.call_soon(self._async_try_all)
                self._tries.setdefault(account, []).append(trail)
            case TakeBack(child):
                self._busy.add(reference)
                self._begin(self._async_give_up(trail, child))
            case End() as end:
                self._end(trail, end)

    def _look_again(self, trail: Trail, moment: float) -> None:
        self._timers[trail.parent.reference] = self.hass.loop.call_at(moment, self._async_look, trail)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self.entry.async_create_background_task(self.hass, work, "texting route")

    def _show(self, parent: Record, child: Record) -> None:
        via = parent.via
        if self.desk.book.mirror(parent, child) or parent.via != via:
            self.desk.keep([parent])

    @callback
    def _async_try_all(self) -> None:
        """Messages for one account go there together."""
        tries, self._tries = self._tries, {}
        for entry_id, trails in tries.items():
            self._begin(self._async_try(entry_id, trails))

    async def _async_try(self, entry_id: str, trails: list[Trail]) -> None:
        before = [trail.last for trail in trails]
        try:
            if account := self.accounts.get(entry_id):
                await self._async_attempt(account, trails)
        finally:
            for trail, last in zip(trails, before, strict=True):
                self._free(trail, later=trail.last is last)

    async def _async_attempt(self, account: Account, trails: list[Trail]) -> None:
        now = self.desk.book.now()
        records = await account.async_admit([_attempt(trail.parent, now) for trail in trails])
        if not self._running or self.accounts.get(account.entry.entry_id) is not account:
            return
        begun = []
        for trail, record in zip(trails, records, strict=True):
            if self._trails.get(trail.parent.reference) is trail:
                trail.children[record.reference], trail.began = record.snapshot(), now
                begun.append(record)
        await account.desk.add(begun)

    async def _async_give_up(self, trail: Trail, child: Record) -> None:
        """Take back what waits for a gateway that is out of reach; what is being sent is awaited."""
        error = child.error if isinstance(child.error, CannotConnect | RateLimited) else CannotConnect("no connection")
        try:
            await self._async_take_back(trail, child, error)
        finally:
            self._free(trail, later=trail.last is not None and not trail.last.is_answered)

    async def _async_take_back(self, trail: Trail, child: Record, error: GatewayError) -> None:
        now = await async_take_back(self.hass, self.desk.outbox, child, error)
        trail.children[child.reference] = now

    def _free(self, trail: Trail, *, later: bool) -> None:
        """An attempt has begun or ended; where it could not, look again a little later."""
        reference = trail.parent.reference
        self._busy.discard(reference)
        if later and self._running and self._trails.get(reference) is trail:
            self._look_again(trail, self.hass.loop.time() + LOOK_AGAIN)
        else:
            self._async_look(trail)

    def _end(self, trail: Trail, end: End) -> asyncio.Future[None]:
        """It is over: what still waits elsewhere is taken back; done when that of the message is on disk."""
        parent, book = trail.parent, self.desk.book
        self._trails.pop(parent.reference, None)
        if timer := self._timers.pop(parent.reference, None):
            timer.cancel()
        for child in trail.children.values():
            if child.phase is Phase.WAITING:
                self._begin(self._async_take_back(trail, child, Cancelled(code="cancelled")))
        moved = True
        if end.child:
            moved = book.mirror(parent, end.child)
            book.close(parent)
        else:
            book.end(parent, end.status, end.error)
        return self.desk.keep([parent], moved=[parent] if moved else [])

    # -- news --------------------------------------------------------------------------------------------------------

    @callback
    def _async_moved(self, child: Record) -> None:
        """A message moved that was sent for a route's, perhaps one of this."""
        if trail := self._trails.get(child.parent or ""):
            trail.children[child.reference] = child
            self._async_look(trail)
        elif child.status in (Status.DELIVERED, Status.UNDELIVERED) and self._running:
            self._begin(self._async_late(child))

    async def _async_late(self, child: Record) -> None:
        """News of what was given up."""
        record = await self.desk.find(reference=child.parent)
        if record is None or record.is_pending:
            return
        news = DeliveryReport(status=child.status, provider_status=child.provider_status or "", reason=child.reason)
        if self.desk.book.apply(record, news):
            record.via, record.message_id = child.account, child.message_id
            await self.desk.keep([record])


def _attempt(parent: Record, now: float) -> Outgoing:
    """The message that is sent for a route's; its quiet hours are over."""
    name, recipient_id = parent.recipient, parent.recipient_id
    return Outgoing(
        message=replace(parent.message, reference=ulid_now()),
        recipient=Recipient(id=recipient_id, name=name, numbers=()) if recipient_id and name else None,
        valid_for=parent.deadline - now,
        urgent=parent.urgent,
        resend=parent.resend,
        parent=parent.reference,
    )
