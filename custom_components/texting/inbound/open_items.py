"""OpenItems: what is open on each phone, such as questions, and which of it an incoming text is for.

Several items may be open on one phone, and none waits for another. Short numbers tell them apart.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf

from ..delivery.record import MessageRecord, Phase
from ..delivery.reply_codes import CODES, ReplyCode
from ..gateway.message import IncomingMessage
from ..text.phrases import Choices, match_choice, without_free_text
from ..text.reply_number import Place, ReplyNumber, find_number

# A number is not given to the same phone again for so long, in seconds, as long as there are others.
CODE_REST = 72 * 3600.0
# A text that was written so long before a question left is no answer to it, in seconds. Clocks may differ.
DATE_TOLERANCE = 120.0
# Closed items whose messages are remembered, and answers, for the loop guard.
MAX_CLOSED = 1000


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
    # Our messages for it, by number. They change as long as they are pending.
    sent: dict[str, list[MessageRecord]] = field(default_factory=dict, repr=False)
    # Its number on each phone that was told one.
    codes: dict[str, int] = field(default_factory=dict, repr=False)
    # The choices that a text is not only because any text would be. Several items may share them.
    claimed: Choices = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Find what it claims beside others."""
        self.claimed = without_free_text(self.choices)

    def understands(self, text: str) -> bool:
        """Return True if a text is one of its choices."""
        return match_choice(self.choices, text) is not None

    def claims(self, text: str) -> bool:
        """Return True if a text is one of its choices, and not only because any text would be."""
        return match_choice(self.claimed, text) is not None

    def add(self, records: Iterable[MessageRecord]) -> None:
        """Take messages that are sent for it."""
        for record in records:
            self.sent.setdefault(record.message.to, []).append(record)

    @property
    def references(self) -> frozenset[str]:
        """Our references of its messages."""
        return frozenset(record.reference for records in self.sent.values() for record in records)

    def last_to(self, number: str) -> MessageRecord | None:
        """Return its last message to a number."""
        sent = self.sent.get(number)
        return sent[-1] if sent else None


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


@dataclass(slots=True)
class _Given:
    """A number that was given to a phone."""

    code: ReplyCode
    # None once it is closed.
    item: OpenItem | None
    # What people were asked, and their choices; None after a restart.
    question: str | None = field(default=None, repr=False)
    choices: Choices | None = field(default=None, repr=False)


def _no_attempts(_reference: str) -> Iterable[MessageRecord]:
    return ()


class OpenItems:
    """The open items of a home."""

    def __init__(self, attempts: Callable[[str], Iterable[MessageRecord]] = _no_attempts) -> None:
        """Start with no items. attempts returns what accounts are doing for a route's message."""
        self._attempts = attempts
        # In the order in which they were opened, by number.
        self._open: dict[str, list[OpenItem]] = {}
        # Open and closed numbers, by phone and number. The one given last stands last.
        self._given: dict[str, dict[int, _Given]] = {}
        # The references of each item that was closed without an answer.
        self._unanswered: deque[frozenset[str]] = deque(maxlen=MAX_CLOSED)
        # Who answered, with the context of the action that asked.
        self._answered: deque[tuple[str, str]] = deque(maxlen=MAX_CLOSED)

    def __len__(self) -> int:
        """Return how many items are open, each once for each of its phones."""
        return sum(map(len, self._open.values()))

    # -- opening and closing -------------------------------------------------------------------------------------------

    def open(self, item: OpenItem, numbers: Iterable[str]) -> None:
        """Open an item on some phones."""
        for number in dict.fromkeys(numbers):
            self._open.setdefault(number, []).append(item)

    def is_open(self, item: OpenItem, number: str) -> bool:
        """Return True if an item is open on a phone."""
        return item in self._open.get(number, ())

    def includes(self, reference: str) -> bool:
        """Return True if a message belongs to an item that is open, or was closed without an answer lately."""
        items = (item.references for items in self._open.values() for item in items)
        return any(reference in references for references in (*items, *self._unanswered))

    def close(self, item: OpenItem, now: float, *, is_answered: bool = False) -> list[ReplyCode]:
        """Close an item. Return its numbers, to be saved."""
        for number in [number for number, items in self._open.items() if item in items]:
            self._open[number].remove(item)
            if not self._open[number]:
                del self._open[number]
        if not is_answered:
            self._unanswered.append(item.references)
        closed = []
        for number in item.codes:
            for given in self._given.get(number, {}).values():
                if given.item is item:
                    given.code, given.item = replace(given.code, closed_at=now), None
                    given.question, given.choices = item.question, item.choices
                    closed.append(given.code)
        return closed

    def load(self, codes: Iterable[ReplyCode], now: float) -> list[ReplyCode]:
        """Take the numbers of an earlier run. Its items are closed; return the numbers that were open, to be saved."""
        closed = []
        for code in sorted(codes, key=lambda code: code.opened_at):
            known = self._given.setdefault(code.number, {})
            if code.code not in known:
                known[code.code] = _Given(replace(code, closed_at=code.closed_at or now), None)
                if code.closed_at is None:
                    closed.append(known[code.code].code)
        return closed

    # -- numbers -------------------------------------------------------------------------------------------------------

    def needs_code(self, item: OpenItem, number: str) -> bool:
        """Return True if an item must be told by its number: others are open on this phone, or it has one already."""
        return number in item.codes or any(other is not item for other in self._open.get(number, ()))

    def give_code(self, item: OpenItem, number: str, entry_id: str, now: float) -> int | None:
        """Return the number of an item on a phone, a new one if it has none.

        None: the item is not open there, or no number is free.
        """
        if number in item.codes or not self.is_open(item, number):
            return item.codes.get(number)
        known = self._given.setdefault(number, {})
        for old in [each for each, given in known.items() if _rests_until(given) <= now]:
            del known[old]
        last = next(reversed(known), CODES[-1])
        in_turn = [*range(last + 1, CODES[-1] + 1), *range(CODES[0], last + 1)]
        closed = [each for each, given in known.items() if given.item is None]
        # A number that is an answer to what is open there would name two.
        there = self._open.get(number, ())
        code = next((each for each in in_turn if each not in known and not _is_claimed(there, each)), None)
        if code is None:
            code = min(closed, key=lambda each: _rests_until(known[each]), default=None)
        if code is None:
            return None
        known.pop(code, None)
        known[code] = _Given(ReplyCode(number=number, code=code, entry_id=entry_id, item="", opened_at=now), item)
        item.codes[number] = code
        return code

    def drop_code(self, item: OpenItem, number: str) -> None:
        """Take back a number that was given and not told to the phone."""
        code = item.codes.pop(number)
        del self._given[number][code]

    def codes_of(self, item: OpenItem) -> list[ReplyCode]:
        """Return the numbers of an item with its first message there, to be saved."""
        found = []
        for number, code in item.codes.items():
            given = self._given[number].get(code)
            if given and given.item is item and (sent := item.sent.get(number)):
                given.code = replace(given.code, item=sent[0].reference)
                found.append(given.code)
        return found

    # -- which item a text is for --------------------------------------------------------------------------------------

    def find(self, text: IncomingText) -> Match | None:
        """Return the item that a text is for: by its number, by the message that is named, or as the only one."""
        number = text.number
        given, there = self._given.get(number, {}), self._open.get(number, ())
        if not (given or there):
            return None
        items = [item for item in there if text.account_id in item.accounts()]
        found = find_number(text.text, given, text.words)
        if found.codes and (match := self._find_numbered(text, found, items)):
            return match
        named = {text.named.reference, text.named.parent} if text.named else set()
        if item := next((item for item in there if not item.references.isdisjoint(named)), None):
            return Answer(item, text.text)
        return self._find_bare(text, named, [item for item in items if self._may_answer(item, text)])

    def _find_bare(self, text: IncomingText, named: Collection[str | None], items: Sequence[OpenItem]) -> Match | None:
        """Return the item that a text is for which names none."""
        number = text.number
        waiting = [record for item in items for record in self._in_flight(item, number)]
        if waiting and text.waits:
            return InFlight(waiting)
        items = [item for item in items if self._left_at(item, number) is not None]
        if items and named and not all(references.isdisjoint(named) for references in self._unanswered):
            return Which(items)
        if len(items) > 1:
            claiming = _claiming(items, text.text)
            if len(claiming) != 1:
                return Which(claiming or items)
            items = claiming
        return Answer(items[0], text.text) if items else None

    def _find_numbered(self, text: IncomingText, found: ReplyNumber, items: Sequence[OpenItem]) -> Match | None:
        """Return the item whose number a text names. A number always counts, if its item is open."""
        given = [self._given[text.number][code] for code in found.codes]
        named = [each for each in given if each.item]
        if named and (item := named[0].item):
            # Other numbers behind it may belong to the answer.
            alone = find_number(text.text, (named[0].code.code,), text.words)
            rest = alone.rest if alone.codes else found.rest
            if len(named) > 1 and (found.place is Place.AFTER_WORD or not item.claims(rest)):
                return Which([each.item for each in named if each.item])
            rivals = _claiming(items, text.text) if found.place is Place.ALONE else []
            if others := [rival for rival in rivals if rival is not item]:
                return Which([item, *others])
            return Answer(item, rest, is_numbered=True)
        if found.place is not Place.AFTER_WORD and any(item.understands(text.text) for item in items):
            return None
        closed = given[0]
        if found.place is Place.FIRST and closed.choices and not match_choice(closed.choices, found.rest):
            return None  # such as "20 degrees"
        return Over(closed.code, closed.question)

    def _sent(self, item: OpenItem, number: str) -> Iterator[MessageRecord]:
        """Yield the messages of an item to a number, and what accounts do for those of a route."""
        for record in item.sent.get(number, ()):
            yield record
            if record.accepted_at is None:
                yield from self._attempts(record.reference)

    def _left_at(self, item: OpenItem, number: str) -> float | None:
        """Return when its first message to a number left or may have left, in Unix seconds; None if none did."""
        times = (_left_at(record) for record in self._sent(item, number))
        return min((time for time in times if time is not None), default=None)

    def _in_flight(self, item: OpenItem, number: str) -> list[MessageRecord]:
        """Return what is being sent of an item to a number, if nothing of it has left."""
        if self._left_at(item, number) is not None:
            return []
        return [record for record in self._sent(item, number) if record.is_in_flight]

    def _may_answer(self, item: OpenItem, text: IncomingText) -> bool:
        """Return True unless a text was written before the item's first message left, or names an earlier message."""
        created = min((record.created_at for record in item.sent.get(text.number, ())), default=None)
        if created is None or (text.named and text.named.created_at < created):
            return False
        left_at, sent_at = self._left_at(item, text.number), text.sent_at
        # A date without a zone says nothing.
        return not (left_at and sent_at and sent_at.tzinfo and sent_at.timestamp() + DATE_TOLERANCE < left_at)

    # -- what answers cause --------------------------------------------------------------------------------------------

    def note_answer(self, context_id: str, number: str) -> None:
        """Remember that a number answered. If the same script asks it again, the answer caused that."""
        self._answered.append((context_id, number))

    def has_answered(self, context_id: str, number: str) -> bool:
        """Return True if a number answered a question of the same script lately."""
        return (context_id, number) in self._answered


def _claiming(items: Sequence[OpenItem], text: str) -> list[OpenItem]:
    """Return the items of which a text is a choice, and not only because any text would be."""
    shared = {id(item.claimed): item.claimed for item in items}
    matching = {key for key, choices in shared.items() if match_choice(choices, text)}
    return [item for item in items if id(item.claimed) in matching]


def _left_at(record: MessageRecord) -> float | None:
    """Return when a message left or may have left, in Unix seconds, or None."""
    # After a lost response, its outcome may stay open for long.
    is_lost = record.phase is Phase.SENDING and not record.is_in_flight
    return record.created_at if is_lost and record.accepted_at is None else record.accepted_at


def _is_claimed(items: Iterable[OpenItem], code: int) -> bool:
    return any(item.claims(str(code)) for item in items)


def _rests_until(given: _Given) -> float:
    """Return when a number may be given again without need, in Unix seconds."""
    return inf if given.code.closed_at is None else given.code.closed_at + CODE_REST
