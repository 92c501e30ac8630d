"""NotedWords: the provider's words that are unknown, kept in an account's file for bug reports."""

from collections.abc import Iterable

from ..delivery.outbox import Outbox
from ..delivery.record import MessageRecord
from ..gateway.base import Gateway
from ..gateway.errors import GatewayError
from ..gateway.message import DeliveryReport
from ..gateway.unknown_words import UnknownWords
from .account_store import AccountStore


class NotedWords:
    """The unknown words of one account. What a provider repeats of a message is left out."""

    def __init__(self, store: AccountStore, outbox: Outbox, gateway: Gateway) -> None:
        """Count on from what the file has."""
        self._store, self._outbox, self._gateway = store, outbox, gateway

    def note_result(self, record: MessageRecord, *, is_accepted: bool) -> None:
        """Note what is unknown in the result of a send."""
        if record.failure:
            self.note_error(record.failure, _own_words(record))
        elif is_accepted and not self._gateway.knows_status(word := record.provider_status or ""):
            self._changed(self._words.note_status(word, self._own(_own_words(record))))

    def note_reports(self, reports: Iterable[DeliveryReport]) -> None:
        """Note statuses that are unknown. Reports of messages that nobody knows are left out."""
        for report in reports:
            if record := self._outbox.match(report):
                self._changed(self._words.note_report(report, self._own(_own_words(record))))

    def note_error(self, error: GatewayError, own: str = "") -> None:
        """Note an error whose cause is unknown."""
        self._changed(self._words.note_error(error, self._own(own)))

    def _own(self, words: str) -> str:
        """Return what the provider may repeat of a message, and of the account."""
        return f"{words} {self._gateway.settings.own_words}"

    @property
    def _words(self) -> UnknownWords:
        return UnknownWords(self._store.memory.unknown_words)

    def _changed(self, is_worth_saving: bool) -> None:
        if is_worth_saving:
            self._store.async_changed()


def _own_words(record: MessageRecord) -> str:
    """Return what the provider may repeat of a message."""
    message = record.message
    names = (record.recipient_name, record.groups)
    return " ".join(filter(None, (message.title, message.text, message.sender, *names)))
