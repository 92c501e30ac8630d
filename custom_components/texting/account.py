"""One account at work: it sends, follows what it sent, and takes what comes in."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .coordinator import BalanceCoordinator
from .delivery.ledger import Record
from .gateway.errors import AuthenticationFailed
from .gateway.message import DeliveryReport, IncomingMessage, Message, SendResult
from .gateway.provider import Gateway
from .gateway.status import Status
from .recipient import Recipient, recipient_of
from .signals import CHANGED, INCOMING, NOTIFIED, REPORT
from .state import AccountState

# A provider repeats a call that was not answered; without id and date it cannot be told from a person who does.
DUPLICATE_WITHIN = 600.0
NAMELESS_DUPLICATE_WITHIN = 60.0
# After so many messages Home Assistant gets its turn.
AT_ONCE = 50

type TextingConfigEntry = ConfigEntry[Account]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message and the recipient it is for, if it is for one."""

    message: Message
    recipient: Recipient | None = None


_SENDS: HassKey[set[asyncio.Task[list[SendResult]]]] = HassKey(f"{DOMAIN}_sends")


async def async_finish_sends(hass: HomeAssistant) -> None:
    """Let what is under way come to its end before Home Assistant stops."""
    if sends := hass.data.get(_SENDS):
        await asyncio.wait(sends)


class Account:
    """A config entry's run-time data."""

    def __init__(self, hass: HomeAssistant, entry: TextingConfigEntry, gateway: Gateway, state: AccountState) -> None:
        """Put the parts together; nothing runs yet."""
        self.hass = hass
        self.entry = entry
        self.gateway = gateway
        self.info = gateway.info
        self.state = state
        self.store = state.store
        self.ledger = state.ledger
        self.balance = BalanceCoordinator(hass, entry, gateway)

    async def async_send(self, outgoing: Sequence[Outgoing]) -> list[SendResult]:
        """The one path on which messages leave; one result each, in their order.

        It goes on when the caller is cancelled: what has left must be known.
        """
        task = self.hass.async_create_task(self._async_send(outgoing), "texting send")
        sends = self.hass.data.setdefault(_SENDS, set())
        sends.add(task)
        task.add_done_callback(sends.discard)
        return await asyncio.shield(task)

    async def _async_send(self, outgoing: Sequence[Outgoing]) -> list[SendResult]:
        for item in outgoing:
            self.ledger.open(item.message, item.recipient.name if item.recipient else None)
        results = await self.gateway.send([item.message for item in outgoing])
        for number, (item, result) in enumerate(zip(outgoing, results, strict=True), 1):
            self._settle(item, result)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        self.async_changed()
        # The account may have been loaded again meanwhile.
        current = getattr(self.entry, "runtime_data", None)
        if current and any(result.status is not Status.REJECTED for result in results):
            await current.balance.async_request_refresh()
        return results

    @callback
    def async_refused(self) -> None:
        """The gateway refuses the credentials: ask for new ones, unless this account is an old one or gone."""
        known = self.hass.config_entries.async_get_entry(self.entry.entry_id)
        if known and getattr(self.entry, "runtime_data", None) is self:
            self.entry.async_start_reauth(self.hass)

    @callback
    def _settle(self, item: Outgoing, result: SendResult) -> None:
        if record := self.ledger.settle(result):
            self._publish(record)
        if isinstance(result.error, AuthenticationFailed):
            self.async_refused()
        if result.status is Status.REJECTED:
            return
        self.store.async_count(result.segments)
        if item.recipient and not result.error:
            self.state.async_tell(self.hass, NOTIFIED.format(self.entry.entry_id), item.recipient.id)

    async def async_report(self, reports: Iterable[DeliveryReport]) -> None:
        """Take news of messages; what is unknown only counts."""
        for number, report in enumerate(reports, 1):
            if self.ledger.find(report) is None:
                self.store.memory.reports_unknown += 1
                self.store.async_changed()
            elif record := self.ledger.apply(report):
                self._publish(record)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        self.async_changed()

    @callback
    def async_give_up(self) -> None:
        """Follow no longer what was sent too long ago."""
        if ended := self.ledger.give_up():
            for record in ended:
                self._publish(record)
            self.async_changed()

    @callback
    def _publish(self, record: Record) -> None:
        self.state.last_record = record
        self.state.async_tell(self.hass, REPORT.format(self.entry.entry_id), record.snapshot())

    @callback
    def async_receive(self, incoming: IncomingMessage) -> None:
        """Take a text of a phone, once: a provider's repetition is the same text."""
        now, received = self.hass.loop.time(), self.state.received
        for known in [known for known, at in received.items() if now - at >= _duplicate_within(known)]:
            del received[known]
        if incoming in received:
            return
        received[incoming] = now
        recipient = recipient_of(self.entry, incoming.sender)
        name = recipient.name if recipient else None
        self.state.async_tell(self.hass, INCOMING.format(self.entry.entry_id), incoming, name)

    @callback
    def async_changed(self) -> None:
        """Tell the entities to look again; once they are there, set-up tells them."""
        if self.state.ready:
            async_dispatcher_send(self.hass, CHANGED.format(self.entry.entry_id))


def _duplicate_within(incoming: IncomingMessage) -> float:
    return DUPLICATE_WITHIN if incoming.message_id or incoming.sent_at else NAMELESS_DUPLICATE_WITHIN
