"""What an incoming text is for, among the open items."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..delivery.record import MessageRecord
from ..delivery.reply_codes import ReplyCode
from .open_item import OpenItem


@dataclass(frozen=True, slots=True)
class Answer:
    """A text is for this item."""

    item: OpenItem
    # The text without the item's number.
    text: str = field(repr=False)
    # Whether it names the item's number.
    is_numbered: bool = field(default=False, compare=False)

    @property
    def is_sure(self) -> bool:
        """Return True if the text is meant for the item: it names its number, or is one of its choices."""
        return self.is_numbered or self.item.claims(self.text)


@dataclass(frozen=True, slots=True)
class Which:
    """A text may be for several items."""

    items: Sequence[OpenItem]
    # Whether no item understands it, and one of them is an alert, which takes any words.
    is_vague: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Over:
    """A text names an item that is closed."""

    code: ReplyCode
    # What people were asked; None after a restart.
    question: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class InFlight:
    """A text may be for an item whose request is open. The result of these messages decides."""

    records: Sequence[MessageRecord]


type Match = Answer | Which | Over | InFlight


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingText:
    """What decides which item a text is for."""

    number: str
    # Without a PIN.
    text: str = field(repr=False)
    # The entry id of the account that received it.
    account_id: str
    # When it was written, if the provider says so.
    sent_at: datetime | None = None
    # Our message that the provider names, if there is one.
    named: MessageRecord | None = None
    # The words behind which a number may stand, such as "ok".
    words: Collection[str] = ()
    # Whether it may wait for the results of open requests.
    waits: bool = True
