"""OpenItem: something that waits for replies from some phones, a question or an incident of an alert."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from ..delivery.record import MessageRecord
from ..gateway.message import IncomingMessage
from ..text.phrases import Choices, match_choice, without_free_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A text that an item gets."""

    # Without the item's number.
    incoming: IncomingMessage
    # The id to reply to.
    incoming_id: str
    # The entry id of the account that received it.
    account_id: str


@dataclass(slots=True, eq=False, kw_only=True)
class OpenItem:
    """Something that waits for replies from some phones."""

    # What people are asked, as the answers "which" and "over" show it.
    question: str = field(repr=False)
    # Returns the entry ids of the accounts through which replies come in now.
    accounts: Callable[[], Collection[str]]
    # What it understands.
    choices: Choices = field(repr=False)
    # Gets the replies.
    take: Callable[[Reply], None]
    # Whether the home asks once more if it does not understand the next reply.
    asks_again: bool = False
    # The id of the incident that it is; empty for a question. Any phone on which it is open may answer it.
    incident: str = ""
    # When the incident began, in Unix seconds.
    began_at: float = 0.0
    # Our messages for it, by number. They change as long as they are pending.
    sent: dict[str, list[MessageRecord]] = field(default_factory=dict, repr=False)
    # Its number on each phone that was told one.
    codes: dict[str, int] = field(default_factory=dict, repr=False)
    # The choices that a text is not only because any text would be. Several items may share them.
    claimed: Choices = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Find what it claims beside others."""
        self.claimed = without_free_text(self.choices)

    @property
    def is_alert(self) -> bool:
        """Return True if it is an incident."""
        return bool(self.incident)

    def replies_to(self, text: str) -> bool:
        """Return True if the home replies to a text that it gets."""
        return self.is_alert or (self.asks_again and not self.understands(text))

    def understands(self, text: str) -> bool:
        """Return True if a text is one of its choices."""
        return match_choice(self.choices, text) is not None

    def claims(self, text: str) -> bool:
        """Return True if a text is one of its choices, and not only because any text would be."""
        return match_choice(self.claimed, text) is not None

    def add(self, records: Iterable[MessageRecord]) -> None:
        """Take messages that are sent for it, or newer states of them."""
        for record in records:
            known = self.sent.setdefault(record.message.to, [])
            newer = [record if each.reference == record.reference else each for each in known]
            known[:] = newer if record in newer else [*known, record]

    @property
    def references(self) -> frozenset[str]:
        """Our references of its messages."""
        return frozenset(record.reference for records in self.sent.values() for record in records)

    def knows(self, number: str) -> bool:
        """Return True if a phone was sent something of it, or has its number."""
        return number in self.codes or number in self.sent

    def last_to(self, number: str) -> MessageRecord | None:
        """Return its last message to a number."""
        sent = self.sent.get(number)
        return sent[-1] if sent else None
