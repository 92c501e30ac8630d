"""What of an account outlives a reload: its messages, what came in lately, its file, and news nobody has heard yet."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
import logging
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.signal_type import SignalType

from .automations import async_tell_automations
from .const import DEFAULT_KEEP_DAYS, DOMAIN, NEWS_FOR, OPTION_KEEP_DAYS
from .delivery.book import Book
from .delivery.desk import Desk
from .delivery.outbox import Outbox, OutboxError
from .delivery.record import Phase, Record
from .delivery.worker import Worker
from .gateway.capabilities import Capability
from .gateway.errors import Cancelled, CertificateInvalid, GatewayError, MessageRejected
from .gateway.gateway import Gateway
from .gateway.status import Status
from .inbox import Inbox
from .issues import Issue, async_certificate_invalid, async_delete
from .opt_out import OptOuts
from .outbox_file import async_let_go, async_open
from .signals import CHANGED, ENDED, FAILED, MOVED, NOTIFIED, REPORT
from .store import AccountStore, Memory

_LOGGER = logging.getLogger(__name__)


type Dispatch[*Ts] = Callable[[HomeAssistant, SignalType[*Ts], *Ts], None]


class LineState:
    """One account's, or one route's.

    loaded from set-up to unload, ready while its entities are there to hear news; worker is None where nothing is
    sent from.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, outbox: Outbox, gateway: Gateway | None) -> None:
        """Nothing is known yet; a route has no gateway."""
        self._hass = hass
        self._entry = entry
        self._entry_id = entry_id = entry.entry_id
        self.store = AccountStore(hass, entry_id)
        self.store.on_opt_out = self.async_changed
        self.opt_outs = OptOuts(self.store)
        book = Book(
            hass.loop.time,
            time.time,
            follows=gateway is None or gateway.info.reports,
            finds=gateway is not None and {Capability.STATUS, Capability.LOST_ANSWERS} <= gateway.info.capabilities,
            on_taken=self._async_taken,
        )
        self.desk = Desk(entry_id, outbox, book)
        self.desk.on_news = self._async_moved
        self.desk.on_end = self._async_ended
        self.desk.on_change = self.async_changed
        self.worker = Worker(self.desk, gateway, hass.async_create_background_task) if gateway else None
        if self.worker:
            self.worker.on_trouble = self._async_trouble
        self.last_record: Record | None = None
        self.inbox = Inbox(hass.loop.time)
        self.loaded = False
        self.ready = False
        self.on_moved: Callable[[Record], None] = lambda _record: None
        self._waiting: list[tuple[float, Callable[[], None]]] = []
        self._changing = False
        self._taken: set[str] = set()
        self._segments = 0
        self._segments_day = ""

    async def async_load(self) -> None:
        """Read what an earlier run has left."""
        await self.store.async_load()
        await self.desk.load()
        self.last_record = await self.desk.outbox.latest(self._entry_id)
        midnight = dt_util.start_of_local_day()
        self._segments_day = midnight.date().isoformat()
        self._segments = await self.desk.outbox.segments_since(self._entry_id, midnight.timestamp())

    # -- news --------------------------------------------------------------------------------------------------------

    @callback
    def _async_moved(self, record: Record) -> None:
        """Tell the world what has become of a message."""
        self.last_record = record
        if self.worker:
            self.opt_outs.async_note(record)
        self.async_tell(REPORT.format(self._entry_id), record)
        if record.reference in self._taken:
            self._taken.discard(record.reference)
            if record.recipient_id and not record.error:
                self.async_tell(NOTIFIED.format(self._entry_id, record.recipient_id))
        if record.parent:
            async_dispatcher_send(self._hass, MOVED, record)
        self.on_moved(record)

    @callback
    def _async_ended(self, record: Record) -> None:
        """Tell that it is over, and automations of what did not get through, unless it was taken back."""
        self.async_tell(ENDED.format(self._entry_id), record)
        if record.status.is_failure and not isinstance(record.error, Cancelled):
            self.async_tell(FAILED, record, dispatch=async_tell_automations)

    @callback
    def _async_taken(self, record: Record) -> None:
        """The gateway has accepted it, or may have."""
        self._segments, self._segments_day = self.segments_today + record.segments, _today()
        self._taken.add(record.reference)

    @callback
    def _async_trouble(self, error: GatewayError | None) -> None:
        """The gateway is out of reach, or there again."""
        if error:
            _LOGGER.warning("%s does not take texts now, they wait: %s", self._entry.title, error)
        else:
            _LOGGER.warning("%s takes texts again", self._entry.title)
        if isinstance(error, CertificateInvalid):
            async_certificate_invalid(self._hass, self._entry)
        else:
            async_delete(self._hass, Issue.CERTIFICATE_INVALID, self._entry)

    @callback
    def async_tell[*Ts](
        self, signal: SignalType[*Ts], *news: *Ts, dispatch: Dispatch[*Ts] = async_dispatcher_send
    ) -> None:
        """Tell the entities (or whom dispatch tells), or keep it until they are there."""
        if self.ready:
            dispatch(self._hass, signal, *news)
        else:
            self._waiting.append((self._hass.loop.time(), lambda: dispatch(self._hass, signal, *news)))

    @callback
    def async_ready(self) -> None:
        """The entities are there: tell them what has come in meanwhile, unless it is no news any more."""
        self.ready = True
        waiting, self._waiting = self._waiting, []
        for since, tell in waiting:
            if self._hass.loop.time() - since < NEWS_FOR:
                tell()
        self.async_changed()

    @callback
    def async_changed(self) -> None:
        """Let the entities look again, once for all that changes now; before they are there, set-up tells them."""
        if self.ready and not self._changing:
            self._changing = True
            self._hass.loop.call_soon(self._async_tell_changed)

    @callback
    def _async_tell_changed(self) -> None:
        self._changing = False
        if self.ready:
            async_dispatcher_send(self._hass, CHANGED.format(self._entry_id))

    @property
    def segments_today(self) -> int:
        """Segments sent since midnight, local time."""
        return self._segments if self._segments_day == _today() else 0

    def segments_waiting(self) -> int:
        """Segments that are asked for and not sent yet."""
        return sum(record.segments for record in self.desk.book if record.taken_at is None)


def _today() -> str:
    return dt_util.now().date().isoformat()


_STATES: HassKey[dict[str, LineState]] = HassKey(f"{DOMAIN}_states")


async def async_state(hass: HomeAssistant, entry: ConfigEntry, gateway: Gateway | None) -> LineState:
    """The state of an account or a route, for as long as it is loaded; read from its files where it is not known."""
    outbox = await async_open(hass, entry.entry_id)
    states = hass.data.setdefault(_STATES, {})
    if not (state := states.get(entry.entry_id)):
        state = LineState(hass, entry, outbox, gateway)
        await state.async_load()
        states[entry.entry_id] = state
    state.loaded = True
    return state


@callback
def async_known_state(hass: HomeAssistant, entry_id: str) -> LineState | None:
    """The state of an entry that was loaded in this run."""
    return hass.data.get(_STATES, {}).get(entry_id)


async def async_store(hass: HomeAssistant, entry_id: str) -> AccountStore:
    """An account's file; read anew where the account was never loaded."""
    if state := async_known_state(hass, entry_id):
        return state.store
    store = AccountStore(hass, entry_id)
    await store.async_load()
    return store


async def async_memory(hass: HomeAssistant, entry_id: str) -> Memory:
    """What an account remembers; from disk where it was never loaded."""
    return (await async_store(hass, entry_id)).memory


async def async_unloaded(hass: HomeAssistant, entry_id: str) -> None:
    """The entry is unloaded; the file is open for as long as a request is under way."""
    state = hass.data[_STATES][entry_id]
    state.loaded = False
    await state.store.async_save()

    async def let_go() -> None:
        # It may have been loaded again meanwhile.
        if not state.loaded and not (state.worker and state.worker.requests):
            await async_let_go(hass, entry_id)

    for request in state.worker.requests if state.worker else ():
        request.add_done_callback(lambda _request: hass.async_create_task(let_go()))
    await let_go()


async def async_take_back(hass: HomeAssistant, outbox: Outbox, record: Record, error: GatewayError) -> Record:
    """Take back a message of any account, loaded or not, if it still waits there; how it stands then."""
    state = hass.data[_STATES].get(record.account)
    if state is None and record.phase is Phase.WAITING:
        # Whoever loads the account reads what is written here.
        record = record.snapshot()
        Book().end(record, Status.REJECTED, error)
        await asyncio.wait([outbox.write([record])])
        return record
    if state and state.worker and (known := state.desk.book.get(record.reference)):
        await state.worker.cancel(known, error)
        return known.snapshot()
    return await outbox.find(reference=record.reference) or record


@callback
def async_forget_old(hass: HomeAssistant, entry: ConfigEntry, state: LineState) -> CALLBACK_TYPE:
    """Forget messages that ended long ago, now and once a day; returns what ends that."""
    kept_for = timedelta(days=entry.options.get(OPTION_KEEP_DAYS, DEFAULT_KEEP_DAYS))

    async def forget(now: datetime) -> None:
        with suppress(OutboxError):
            await state.desk.outbox.purge((now - kept_for).timestamp(), entry.entry_id)

    entry.async_create_background_task(hass, forget(dt_util.utcnow()), "texting old messages")
    return async_track_time_interval(hass, forget, timedelta(days=1), cancel_on_shutdown=True)


async def async_forget(hass: HomeAssistant, entry: ConfigEntry) -> int:
    """The entry is gone; how many texts it had waiting, which are never sent."""
    state = await async_state(hass, entry, None)
    del hass.data[_STATES][entry.entry_id]
    parents = [record.reference for record in state.desk.book]
    waiting = await state.desk.give_up()
    for child in await state.desk.outbox.children(parents) if parents else ():
        await async_take_back(hass, state.desk.outbox, child, MessageRejected("the route was removed"))
    await state.store.async_remove()

    requests = state.worker.requests if state.worker else ()

    async def finish() -> None:
        if requests:
            await asyncio.wait(requests)
            await state.desk.give_up()
        await async_let_go(hass, entry.entry_id)

    if requests:
        hass.async_create_task(finish(), "texting removed account")
    else:
        await finish()
    return waiting


async def async_finish_sends(hass: HomeAssistant) -> None:
    """Let what is under way come to its end before Home Assistant stops."""
    states = hass.data.get(_STATES, {}).values()
    for state in states:
        state.inbox.close()
    workers = [state.worker for state in states if state.worker]
    for worker in workers:
        worker.stop()
    if requests := [request for worker in workers for request in worker.requests]:
        await asyncio.wait(requests)
