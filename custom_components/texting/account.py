"""One account at work: it sends, follows what it sent, and takes what comes in."""

from collections.abc import Sequence
from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send

from .coordinator import BalanceCoordinator
from .delivery.ledger import Ledger, Record
from .gateway.errors import AuthenticationFailed
from .gateway.message import DeliveryReport, IncomingMessage, Message, SendResult
from .gateway.provider import Gateway
from .gateway.status import Status
from .recipient import Recipient, recipient_of
from .signals import CHANGED, INCOMING, NOTIFIED, REPORT
from .store import AccountStore

DUPLICATE_WITHIN = 600.0

type TextingConfigEntry = ConfigEntry[Account]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message and the recipient it is for, if it is for one."""

    message: Message
    recipient: Recipient | None = None


class Account:
    """A config entry's run-time data."""

    def __init__(self, hass: HomeAssistant, entry: TextingConfigEntry, gateway: Gateway, store: AccountStore) -> None:
        """Put the parts together; nothing runs yet."""
        self.hass = hass
        self.entry = entry
        self.gateway = gateway
        self.info = gateway.info
        self.store = store
        self.balance = BalanceCoordinator(hass, entry, gateway)
        self.ledger = Ledger(hass.loop.time)
        self.last_record: Record | None = None
        self._recently_received: dict[IncomingMessage, float] = {}

    async def async_send(self, outgoing: Sequence[Outgoing]) -> list[SendResult]:
        """The one path on which messages leave; one result each, in their order."""
        names = {item.message.reference: item.recipient.name if item.recipient else None for item in outgoing}
        for item in outgoing:
            self.ledger.open(item.message, names[item.message.reference])
        results = await self.gateway.send([item.message for item in outgoing])
        for item, result in zip(outgoing, results, strict=True):
            self._settle(item, result)
        self.async_changed()
        if any(result.status is not Status.REJECTED for result in results):
            await self.balance.async_request_refresh()
        return results

    @callback
    def _settle(self, item: Outgoing, result: SendResult) -> None:
        if record := self.ledger.settle(result):
            self._publish(record)
        if isinstance(result.error, AuthenticationFailed):
            self.entry.async_start_reauth(self.hass)
        if result.status is Status.REJECTED:
            return
        self.store.async_count(result.segments)
        if item.recipient and not result.error:
            async_dispatcher_send(self.hass, NOTIFIED.format(self.entry.entry_id), item.recipient.id)

    @callback
    def async_report(self, report: DeliveryReport) -> None:
        """Take news of a message; what is unknown only counts."""
        if self.ledger.find(report) is None:
            self.store.memory.reports_unknown += 1
            self.store.async_changed()
        elif record := self.ledger.apply(report):
            self._publish(record)
            self.async_changed()

    @callback
    def async_give_up(self) -> None:
        """Follow no longer what was sent too long ago."""
        for record in self.ledger.give_up():
            self._publish(record)
        self.async_changed()

    @callback
    def _publish(self, record: Record) -> None:
        self.last_record = record
        async_dispatcher_send(self.hass, REPORT.format(self.entry.entry_id), record)

    @callback
    def async_receive(self, incoming: IncomingMessage) -> None:
        """Take a text of a phone, once: a provider's repetition within ten minutes is the same text."""
        now = self.hass.loop.time()
        self._recently_received = {
            known: at for known, at in self._recently_received.items() if now - at < DUPLICATE_WITHIN
        }
        if incoming in self._recently_received:
            return
        self._recently_received[incoming] = now
        recipient = recipient_of(self.entry, incoming.sender)
        async_dispatcher_send(
            self.hass, INCOMING.format(self.entry.entry_id), incoming, recipient.name if recipient else None
        )

    @callback
    def async_changed(self) -> None:
        """Tell the entities to look again."""
        async_dispatcher_send(self.hass, CHANGED.format(self.entry.entry_id))
