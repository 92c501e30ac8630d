"""How a simulated home finds the incident that a text of a phone is for: the real open items, with records."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Literal

from custom_components.texting.alerting.model import Incident, Progress
from custom_components.texting.alerting.reply_choices import WORDS, alert_choices
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.delivery.reply_codes import ReplyCode
from custom_components.texting.gateway.message import Message
from custom_components.texting.inbound.match import Answer, IncomingText, InFlight
from custom_components.texting.inbound.open_item import OpenItem
from custom_components.texting.inbound.open_items import OpenItems
from custom_components.texting.text.yes_no import yes_no
from tests.alerting.network import DAY, Incoming, Text


@lru_cache
def _words() -> frozenset[str]:
    return frozenset((*WORDS, *(phrase for phrases in yes_no("en").values() for phrase in phrases)))


class Matching:
    """The open items of one run."""

    def __init__(self, codes: Iterable[ReplyCode], time: float) -> None:
        self._items = OpenItems()
        # Those that were open, by the id of the incident.
        self._earlier: dict[str, list[ReplyCode]] = {}
        known = list(codes)
        for code in known:
            if code.closed_at is None:
                self._earlier.setdefault(code.item, []).append(code)
        self._changed = self._items.load(known, time)
        self._open: dict[str, OpenItem] = {}
        self._records: dict[str, MessageRecord] = {}

    def open(self, incident: Incident, phones: Sequence[str], time: float) -> None:
        """Open an incident on all phones of its responders, with a number on each."""
        item = self._open.get(incident.id)
        if item is None:
            item = self._open[incident.id] = OpenItem(
                question=incident.what,
                accounts=lambda: ACCOUNTS,
                choices=alert_choices("en"),
                take=_take,
                incident=incident.id,
                began_at=time,
            )
            self._items.open(item, phones)
            self._items.restore(item, self._earlier.pop(incident.id, ()))
            for phone in phones:
                self._items.give_code(item, phone, incident.alert.id, time)
            self._changed += self._items.codes_of(item)

    def close(self, incident: Incident, time: float) -> None:
        """Close an incident."""
        if item := self._open.pop(incident.id, None):
            self._changed += self._items.close(item, time)

    def code(self, incident_id: str, phone: str) -> int | None:
        """Return the number of an incident on a phone."""
        item = self._open.get(incident_id)
        return item.codes.get(phone) if item else None

    def to_save(self) -> list[ReplyCode]:
        """Return the numbers that changed since the last call."""
        changed, self._changed = self._changed, []
        return changed

    def add(self, text: Text) -> None:
        """Take a text of an incident."""
        if (item := self._open.get(text.incident)) is None or text.reference in self._records:
            return
        record = MessageRecord(
            message=Message(reference=text.reference, to=text.to, text=text.body),
            entry_id=text.gateway,
            created_at=text.created_at,
            expires_at=text.created_at + DAY,
        )
        self._records[text.reference] = record
        item.add([record])
        self.update(text, text.created_at)

    def update(self, text: Text, time: float) -> None:
        """Take news of a text."""
        if (record := self._records.get(text.reference)) is None:
            return
        record.is_in_flight = text.is_sending
        if text.is_sending:
            record.phase = Phase.SENDING
        elif text.progress is Progress.PLANNED:
            record.phase = Phase.WAITING
        else:
            record.phase = Phase.DONE
        if text.progress in (Progress.ACCEPTED, Progress.DELIVERED, Progress.UNCERTAIN, Progress.UNDELIVERED):
            record.accepted_at = record.accepted_at or time

    def find(self, text: Incoming, written_at: datetime | None) -> tuple[str, str] | Literal["waits"] | None:
        """Return the id of the incident that a text is for, and the text without its number."""
        match = self._items.find(
            IncomingText(
                number=text.sender,
                text=text.body,
                account_id=text.gateway,
                sent_at=written_at,
                named=self._records.get(text.named or ""),
                words=_words(),
            )
        )
        if isinstance(match, InFlight):
            return "waits"
        return (match.item.incident, match.text) if isinstance(match, Answer) else None


# The accounts that hear of replies.
ACCOUNTS = frozenset(("north", "east", "south", "west"))


def _take(_reply: object) -> None:
    raise AssertionError("The simulated home takes replies itself.")
