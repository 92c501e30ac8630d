"""OpenItems: what is open on each phone, questions and alerts, and which of it an incoming text is for.

Several items may be open on one phone, and none waits for another. Short numbers tell them apart. An alert is open on
the phones of all its responders, and those who were not told of it may answer too.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf

from ..delivery.record import MessageRecord, Phase
from ..delivery.reply_codes import CODES, ReplyCode
from ..text.phrases import Choices, match_choice
from ..text.reply_number import Place, ReplyNumber, find_number
from .match import Answer, IncomingText, InFlight, Match, Over, Which
from .open_item import OpenItem

# A number is not given to the same phone again for so long, in seconds, as long as there are others.
CODE_REST = 72 * 3600.0
# A text that was written so long before a question left is no answer to it, in seconds. Clocks may differ.
DATE_TOLERANCE = 120.0
# Closed items whose messages are remembered, and answers, for the loop guard.
MAX_CLOSED = 1000


@dataclass(slots=True)
class _Given:
    """A number that was given to a phone."""

    code: ReplyCode
    # None once it is closed.
    item: OpenItem | None
    # What people were asked, and their choices; None after a restart.
    question: str | None = field(default=None, repr=False)
    choices: Choices | None = field(default=None, repr=False)
    # Whether the phone was told that it is closed.
    is_told_over: bool = False

    @property
    def is_held(self) -> bool:
        """Return True if it belongs to an incident of an earlier run that is open, and whose item is not open yet."""
        return self.item is None and self.code.closed_at is None


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
        # The items about which a phone was asked last which it means, by number.
        self._asked_which: dict[str, frozenset[OpenItem]] = {}
        # The references of each item that was closed without an answer.
        self._unanswered: deque[frozenset[str]] = deque(maxlen=MAX_CLOSED)
        # Who answered, with the context of the action that asked.
        self._answered: deque[tuple[str, str]] = deque(maxlen=MAX_CLOSED)

    def __len__(self) -> int:
        """Return how many items are open, each once for each of its phones."""
        return sum(map(len, self._open.values()))

    # -- opening and closing -------------------------------------------------------------------------------------------

    def open(self, item: OpenItem, numbers: Iterable[str]) -> None:
        """Open an item on some phones, if it is not open there yet."""
        for number in dict.fromkeys(numbers):
            if not self.is_open(item, number):
                self._open.setdefault(number, []).append(item)

    def move(self, item: OpenItem, numbers: Iterable[str], now: float) -> list[ReplyCode]:
        """Open an item on these phones and close it on its others. Return the numbers that this closes, to be saved."""
        wanted = dict.fromkeys(numbers)
        left = [number for number in self._phones(item) if number not in wanted]
        closed = self._close_on(left, item, now)
        for number in left:
            item.codes.pop(number, None)
        self.open(item, wanted)
        return closed

    def is_open(self, item: OpenItem, number: str) -> bool:
        """Return True if an item is open on a phone."""
        return item in self._open.get(number, ())

    def includes(self, reference: str) -> bool:
        """Return True if a message belongs to an item that is open, or was closed without an answer lately."""
        items = (item.references for items in self._open.values() for item in items)
        return any(reference in references for references in (*items, *self._unanswered))

    def close(self, item: OpenItem, now: float, *, is_answered: bool = False) -> list[ReplyCode]:
        """Close an item. Return its numbers, to be saved."""
        if not is_answered:
            self._unanswered.append(item.references)
        return self._close_on(self._phones(item), item, now)

    def _phones(self, item: OpenItem) -> list[str]:
        return [number for number, items in self._open.items() if item in items]

    def _close_on(self, numbers: Iterable[str], item: OpenItem, now: float) -> list[ReplyCode]:
        closed = []
        for number in numbers:
            self._open[number].remove(item)
            if not self._open[number]:
                del self._open[number]
            for given in self._given.get(number, {}).values():
                if given.item is item:
                    given.code, given.item = replace(given.code, closed_at=now), None
                    given.question, given.choices = item.question, item.choices
                    closed.append(given.code)
        return closed

    def load(self, codes: Iterable[ReplyCode], now: float, open_incidents: Collection[str] = ()) -> list[ReplyCode]:
        """Take the numbers of an earlier run. Its items are closed; return the numbers that were open, to be saved.

        Numbers of open incidents, by their ids, are held for their items. Until restore gets these, no text names one.
        """
        closed = []
        for code in sorted(codes, key=lambda code: code.opened_at):
            known = self._given.setdefault(code.number, {})
            if code.code in known:
                continue
            known[code.code] = given = _Given(code, None)
            if given.is_held and code.item not in open_incidents:
                given.code = replace(code, closed_at=now)
                closed.append(given.code)
        # Alerts may be loaded before.
        alerts = {item.incident: item for items in self._open.values() for item in items if item.is_alert}
        return closed + [code for item in alerts.values() for code in self._bind_held(item)]

    def restore(self, item: OpenItem, codes: Iterable[ReplyCode]) -> list[ReplyCode]:
        """Give an open item the numbers that it had in an earlier run: these, and those that are held for it.

        Return the numbers that changed, to be saved. A number that the phone got for something else meanwhile is left
        out.
        """
        restored = []
        for code in codes:
            known = self._given.setdefault(code.number, {})
            other = known.get(code.code)
            if not (other and other.item) and self.is_open(item, code.number) and code.number not in item.codes:
                known[code.code] = given = _Given(replace(code, closed_at=None), item)
                item.codes[code.number] = code.code
                restored.append(given.code)
        return restored + self._bind_held(item)

    def _bind_held(self, item: OpenItem) -> list[ReplyCode]:
        """Give an open item the numbers that are held for it. Close those on other phones, and return them."""
        closed = []
        for number, known in self._given.items():
            for given in [each for each in known.values() if each.is_held and each.code.item == item.incident]:
                if self.is_open(item, number) and number not in item.codes:
                    given.item, item.codes[number] = item, given.code.code
                else:
                    given.code = replace(given.code, closed_at=max(item.began_at, given.code.opened_at))
                    given.question, given.choices = item.question, item.choices
                    closed.append(given.code)
        return closed

    def describe(self, incident: str, question: str, choices: Choices) -> None:
        """Say what the closed numbers of an incident of an earlier run were about."""
        for known in self._given.values():
            for given in known.values():
                if given.item is None and given.code.item == incident:
                    given.question, given.choices = question, choices

    def note_over(self, code: ReplyCode) -> bool:
        """Return True the first time that a phone is to be told that this number is closed."""
        given = self._given.get(code.number, {}).get(code.code)
        if given is None or given.item or given.is_told_over:
            return False
        given.is_told_over = True
        return True

    def note_which(self, number: str, match: Which) -> bool:
        """Return True if a phone is to be asked which item it means: for other words only once for the same items."""
        items = frozenset(match.items)
        if match.is_vague and self._asked_which.get(number) == items:
            return False
        self._asked_which[number] = items
        return True

    # -- numbers -------------------------------------------------------------------------------------------------------

    def needs_code(self, item: OpenItem, number: str) -> bool:
        """Return True if an item must be told by its number.

        It is an alert, it has a number already, or the phone was told of others. A question counts before it is sent.
        """
        others = (other for other in self._open.get(number, ()) if other is not item)
        return (
            item.is_alert or number in item.codes or any(not other.is_alert or other.knows(number) for other in others)
        )

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
        closed = [each for each, given in known.items() if given.code.closed_at is not None]
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
        """Return the numbers of an item with its incident, or with its first message there, to be saved."""
        found = []
        for number, code in item.codes.items():
            given, sent = self._given[number].get(code), item.sent.get(number)
            if given and given.item is item and (known_as := item.incident or (sent and sent[0].reference)):
                given.code = replace(given.code, item=known_as)
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
        found = find_number(text.text, [code for code, each in given.items() if not each.is_held], text.words)
        if found.codes and (match := self._find_numbered(text, found, items)):
            return match
        named = {text.named.reference, text.named.parent} if text.named else set()
        if item := next((item for item in there if not item.references.isdisjoint(named)), None):
            return Answer(item, text.text)
        return self._find_bare(text, named, items)

    def _find_bare(self, text: IncomingText, named: Collection[str | None], there: Sequence[OpenItem]) -> Match | None:
        """Return the item that a text is for which names none."""
        number = text.number
        items = [item for item in there if self._may_answer(item, text)]
        waiting = [record for item in items for record in self._in_flight(item, number)]
        if waiting and text.waits:
            return InFlight(waiting)
        items = [item for item in items if self._left_at(item, number) is not None]
        if not any(item.understands(text.text) for item in items):
            items = _claiming([item for item in there if self._may_volunteer(item, text)], text.text) or items
        if items and named and not all(references.isdisjoint(named) for references in self._unanswered):
            return Which(items)
        if len(items) > 1:
            claiming = _claiming(items, text.text)
            if len(claiming) != 1:
                return Which(claiming or items, is_vague=not claiming and any(item.is_alert for item in items))
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
        if found.place is Place.FIRST and not (closed.choices and match_choice(closed.choices, found.rest)):
            return None  # such as "20 degrees". After a restart its choices are unknown.
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
        left_at = self._left_at(item, text.number)
        return left_at is None or not _is_before(text.sent_at, left_at)

    def _may_volunteer(self, item: OpenItem, text: IncomingText) -> bool:
        """Return True if a text may answer an alert of which nothing left for its phone, and nothing still may.

        An earlier message that it names says nothing: a provider names the last one whatever the person means.
        """
        if not item.is_alert or any(
            record.is_pending or _left_at(record) is not None for record in self._sent(item, text.number)
        ):
            return False
        return not _is_before(text.sent_at, item.began_at)

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


def _is_before(sent_at: datetime | None, moment: float) -> bool:
    """Return True if a text was written before a moment, in Unix seconds. A date without a zone says nothing."""
    return bool(sent_at and sent_at.tzinfo and sent_at.timestamp() + DATE_TOLERANCE < moment)


def _is_claimed(items: Iterable[OpenItem], code: int) -> bool:
    return any(item.claims(str(code)) for item in items)


def _rests_until(given: _Given) -> float:
    """Return when a number may be given again without need, in Unix seconds."""
    return inf if given.code.closed_at is None else given.code.closed_at + CODE_REST
