"""EntryState: what of an account or a route outlives a reload: its messages, its inbox, and signals that are held."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import batched
import logging
import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import instance_id
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.signal_type import SignalType

from ..const import DOMAIN, MAX_EVENT_AGE
from ..delivery.database import DatabaseError, MessageDatabase
from ..delivery.incoming import IncomingRecord
from ..delivery.outbox import MAX_LOAD, Change, Outbox, OutboxListener, Update
from ..delivery.record import MessageRecord, Phase
from ..delivery.worker import Worker
from ..gateway.base import Gateway
from ..gateway.capabilities import Capability
from ..gateway.errors import GatewayError
from ..gateway.pieces import PIECE
from ..gateway.status import Status
from ..inbound.command_sessions import Command, Kind
from ..inbound.inbox import Inbox, ReceivedMessage
from ..inbound.open_items import CODE_REST
from ..inbound.repetitions import MEMORY
from ..issues import async_connection_failed, async_connection_works
from ..options import read_options
from ..signals import COMMAND, MESSAGE_RECEIVED, MESSAGES_UPDATED, OPT_OUT_CHANGED, STATE_CHANGED
from .account_store import AccountStore
from .counters import Counters, today
from .open_database import async_open, async_release, async_remove_leftovers
from .opt_outs import OptOuts, opted_out
from .pricing import Pricing

_LOGGER = logging.getLogger(__name__)


class EntryState:
    """The state of one account or one route. It implements OutboxListener for its own outbox."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, database: MessageDatabase, gateway: Gateway[Any] | None
    ) -> None:
        """Know nothing yet. A route has no gateway."""
        self._hass = hass
        self._entry = entry
        self._entry_id = entry.entry_id
        self.store = AccountStore(hass, entry.entry_id, on_opt_out=self._async_opt_out_changed)
        self.opt_outs = OptOuts(self.store)
        self.outbox = Outbox(
            entry.entry_id,
            database,
            self,
            now=hass.loop.time,
            time=time.time,
            today=today,
            tracks_accepted=gateway is None or gateway.info.reports,
            tracks_uncertain=gateway is not None
            and {Capability.STATUS, Capability.LOST_ANSWERS} <= gateway.info.capabilities,
            # A route charges nothing: its accounts do.
            charge=Pricing(hass, entry, gateway.info, self.store).charge if gateway else None,
        )
        # What sends; None for a route.
        self.worker = (
            Worker(self.outbox, gateway, self._async_connection_changed, hass.async_create_background_task)
            if gateway
            else None
        )
        self.inbox = Inbox(hass.loop.time, time.time)
        # The secret behind the fingerprints of incoming texts. It is not in the database.
        self.fingerprint_key = ""
        # The entry's own message that was accepted or ended last. An attempt for a route's message is the route's.
        self.last_record: MessageRecord | None = None
        # True from set-up to unload.
        self.loaded = False
        # True while the entities are there.
        self.ready = False
        self._listener: OutboxListener | None = None
        self._held: list[tuple[float, Callable[[], None]]] = []
        self._is_changing = False
        self._is_in_batch = False
        self.counters = Counters()

    async def async_load(self) -> None:
        """Load what an earlier run left."""
        await self.store.async_load()
        records = await self.outbox.load()
        for batch in batched(records, MAX_LOAD, strict=False):
            if self.worker:
                self.worker.enqueue(batch)
            await asyncio.sleep(0)
        self.last_record = await self.outbox.database.latest(self._entry_id)
        incoming = await self.outbox.database.not_handed_on(self._entry_id, time.time() - MAX_EVENT_AGE)
        for texts in batched(incoming, PIECE, strict=False):
            for text in texts:
                self._hand_on(text)
            await asyncio.sleep(0)
        await self.counters.async_load(self.outbox.database, self._entry_id)

    def _hand_on(self, text: IncomingRecord) -> None:
        """Publish a text that an earlier run took."""
        if not text.keeps_text:
            return  # it is lost. If the provider repeats it, it is taken then.
        self.inbox.take(text).is_saved = True
        self.publish(MESSAGE_RECEIVED, self._entry_id, text.message, text.id)
        if text.command:
            command = Command(Kind.ASK, text.command)
            self.publish(COMMAND, self._entry_id, text.message.sender, text.id, command)

    @callback
    def async_attach(self, listener: OutboxListener | None) -> None:
        """Let the loaded account hear of its messages, or nobody."""
        self._listener = listener

    # -- updates -----------------------------------------------------------------------------------------------------

    @callback
    def messages_updated(self, updates: Sequence[Update]) -> None:
        """Take updates of the outbox: count them, remember the last one, and publish them together."""
        for record, change in updates:
            if change is Change.ACCEPTED:
                self.counters.count(record)
            if change is not Change.UPDATED and not record.parent:
                self.last_record = record
        self.publish(MESSAGES_UPDATED, self._entry_id, updates)
        if attempts := [update for update in updates if update.record.parent]:
            for route in attempt_listeners(self._hass):
                route.messages_updated(attempts)
        if self._listener:
            self._listener.messages_updated(updates)
        for record, change in updates if self.worker else ():
            if change is not Change.ENDED:
                self.opt_outs.async_note(record)
        # At once, so that an action ends after it. The counters change with the first updates of many, and what is
        # shown of the last message with the last ones.
        if not (self._is_in_batch and self.outbox.is_publishing):
            self._async_send_changed()
        self._is_in_batch = self.outbox.is_publishing

    @callback
    def publish[*Ts](self, signal: SignalType[*Ts], *data: *Ts) -> None:
        """Send a signal, or hold it until the entities are there."""
        if self.ready:
            async_dispatcher_send(self._hass, signal, *data)
        else:
            self._held.append((self._hass.loop.time(), lambda: async_dispatcher_send(self._hass, signal, *data)))

    @callback
    def async_ready(self) -> None:
        """Send the signals that were held, except old ones. The entities are there from now on."""
        self.ready = True
        held, self._held = self._held, []
        for since, send in held:
            if self._hass.loop.time() - since < MAX_EVENT_AGE:
                send()
        self.async_changed()

    @callback
    def async_unready(self) -> None:
        """Hold signals from now on: the entities go."""
        self.ready = False
        self._listener = None

    @callback
    def async_changed(self) -> None:
        """Let the entities update, once for everything that changes now."""
        if self.ready and not self._is_changing:
            self._is_changing = True
            self._hass.loop.call_soon(self._async_send_changed)

    @callback
    def _async_send_changed(self) -> None:
        self._is_changing = False
        if self.ready:
            async_dispatcher_send(self._hass, STATE_CHANGED.format(self._entry_id))

    @callback
    def _async_connection_changed(self, error: GatewayError | None) -> None:
        """The provider went out of reach, or came back."""
        if error:
            _LOGGER.warning("%s cannot send texts now, so they wait: %s", self._entry.title, error)
        else:
            _LOGGER.warning("%s sends texts again", self._entry.title)
        # The latest error counts.
        async_connection_works(self._hass, self._entry)
        if error:
            async_connection_failed(self._hass, self._entry, error)

    # -- incoming texts ------------------------------------------------------------------------------------------------

    @callback
    def async_save_incoming(self, received: ReceivedMessage, *, syncs: bool = True) -> asyncio.Future[None]:
        """Save a text as it is now. The future is done once it is on disk, or raises DatabaseError."""
        saved = self.outbox.database.write((), incoming=[received.record], syncs=syncs)
        received.save_with(saved)
        return saved

    @callback
    def async_handed_on(self, incoming_id: str, *, syncs: bool = False) -> asyncio.Future[None]:
        """Note that automations heard of a text, so that no restart repeats that. Done once that is on disk."""
        saved = self.outbox.database.hand_on(incoming_id, syncs=syncs)
        if received := self.inbox.find(incoming_id):
            received.record.is_handed_on = True
            received.save_with(saved)
        return saved

    async def async_begin_command(self, incoming_id: str) -> bool:
        """Note on disk that the command of a text begins. Return False if a restart would run it again."""
        received = self.inbox.find(incoming_id)
        is_stored = received is None or received.is_saved
        saved = self.async_handed_on(incoming_id, syncs=True)
        await asyncio.wait([saved])
        return not is_stored or saved.exception() is None

    # -- opt-outs ------------------------------------------------------------------------------------------------------

    @callback
    def _async_opt_out_changed(self, number: str, is_opted_out: bool) -> None:
        self.async_cancel_opted_out()
        self.async_changed()
        async_dispatcher_send(self._hass, OPT_OUT_CHANGED, self._entry_id, number, is_opted_out)

    @callback
    def async_cancel_opted_out(self) -> None:
        """Cancel what waits for people who opted out."""
        if worker := self.worker:
            for record in list(self.outbox) if self.opt_outs else ():
                if record.message.to in self.opt_outs and not record.ignores_opt_out:
                    self._hass.async_create_task(worker.cancel(record, opted_out()), "texting opt-out")

    # -- counters ----------------------------------------------------------------------------------------------------

    def segments_used(self, *, urgent: bool) -> int:
        """Return the segments of urgent messages, or of the others, of today or that may still be accepted today."""
        used, of_urgent = self.counters.segments_today, self.counters.urgent_segments_today
        expected = sum(record.segments for record in self.outbox.uncounted if record.urgent is urgent)
        return (of_urgent if urgent else used - of_urgent) + expected

    def money_used(self, currency: str) -> Decimal:
        """Return what messages of this month cost, or will cost if they are accepted, in one currency."""
        expected = (each.price for each in self.outbox.uncounted if each.price and each.currency == currency)
        return self.counters.spent_this_month.get(currency, Decimal(0)) + sum(Decimal(str(price)) for price in expected)

    # -- old messages --------------------------------------------------------------------------------------------------

    async def async_purge(self, now: datetime) -> None:
        """Delete messages that were done longer ago than the option keep_days says, and rests of removed entries."""
        keep_for = timedelta(days=read_options(self._entry).keep_days)
        with suppress(DatabaseError):
            database, options = self.outbox.database, read_options(self._entry)
            await database.purge((now - keep_for).timestamp(), self._entry_id)
            texts_before = now - timedelta(days=options.keep_incoming_days)
            before = min(texts_before, now - timedelta(seconds=MEMORY))
            await database.purge_incoming(self._entry_id, before.timestamp(), texts_before.timestamp())
            await database.purge_reply_codes((now - timedelta(seconds=CODE_REST)).timestamp())
        await async_remove_leftovers(self._hass)

    @callback
    def async_purge_soon(self) -> None:
        """Purge in the background."""
        self._entry.async_create_background_task(self._hass, self.async_purge(dt_util.utcnow()), "texting purge")

    @callback
    def async_purge_daily(self) -> CALLBACK_TYPE:
        """Purge now and once a day. Return a function that ends this."""
        self.async_purge_soon()
        return async_track_time_interval(self._hass, self.async_purge, timedelta(days=1), cancel_on_shutdown=True)


# -- the states of all entries -----------------------------------------------------------------------------------------

_STATES: HassKey[dict[str, EntryState]] = HassKey(f"{DOMAIN}_states")
_ATTEMPT_LISTENERS: HassKey[list[OutboxListener]] = HassKey(f"{DOMAIN}_attempt_listeners")


@callback
def attempt_listeners(hass: HomeAssistant) -> list[OutboxListener]:
    """The routes that hear of every message that was sent for a route's message."""
    return hass.data.setdefault(_ATTEMPT_LISTENERS, [])


async def async_load_state(hass: HomeAssistant, entry: ConfigEntry, gateway: Gateway[Any] | None) -> EntryState:
    """Return the state of an entry that is being set up. It is read from disk once in each run."""
    database = await async_open(hass, entry.entry_id)
    states = hass.data.setdefault(_STATES, {})
    if not (state := states.get(entry.entry_id)):
        state = EntryState(hass, entry, database, gateway)
        state.fingerprint_key = await instance_id.async_get(hass)
        try:
            await state.async_load()
        except Exception:
            await async_release(hass, entry.entry_id)
            raise
        states[entry.entry_id] = state
    state.loaded = True
    return state


@callback
def async_get_state(hass: HomeAssistant, entry_id: str) -> EntryState | None:
    """Return the state of an entry that was loaded in this run."""
    return hass.data.get(_STATES, {}).get(entry_id)


@callback
def async_pop_state(hass: HomeAssistant, entry_id: str) -> EntryState | None:
    """Return the state of an entry that is removed, for the last time."""
    return hass.data.setdefault(_STATES, {}).pop(entry_id, None)


async def async_unload_state(hass: HomeAssistant, entry_id: str) -> None:
    """Save the store, and release the database once no request is under way."""
    state = hass.data[_STATES][entry_id]
    state.loaded = False
    await state.store.async_save()

    async def release() -> None:
        # The entry may have been loaded again meanwhile.
        if not state.loaded and not (state.worker and state.worker.requests):
            await async_release(hass, entry_id)

    for request in state.worker.requests if state.worker else ():
        request.add_done_callback(lambda _request: hass.async_create_task(release()))
    await release()


async def async_cancel_record(
    hass: HomeAssistant, database: MessageDatabase, record: MessageRecord, error: GatewayError
) -> MessageRecord:
    """Cancel a message of any account, loaded or not, if it has not left. Return how it stands then."""
    state = async_get_state(hass, record.entry_id)
    if state is None and record.phase is Phase.WAITING:
        # The account reads this when it is loaded.
        record = record.snapshot()
        record.fail(Status.REJECTED, error)
        record.day = today()
        await asyncio.wait([database.write([record])])
        return record
    if state and state.worker and (known := state.outbox.get(record.reference)):
        await state.worker.cancel(known, error)
        return known.snapshot()
    return await database.find(reference=record.reference) or record


async def async_finish_sends(hass: HomeAssistant) -> None:
    """Let the requests under way finish before Home Assistant stops."""
    states = hass.data.get(_STATES, {}).values()
    for state in states:
        state.inbox.close()
    workers = [state.worker for state in states if state.worker]
    for worker in workers:
        worker.stop()
    if requests := [request for worker in workers for request in worker.requests]:
        await asyncio.wait(requests)
