"""What is open on a phone, and which of it a text is for."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.gateway.status import Status
from custom_components.texting.inbound.match import Answer, IncomingText, InFlight, Match, Over, Which
from custom_components.texting.inbound.open_item import OpenItem
from custom_components.texting.inbound.open_items import CODE_REST, OpenItems
from custom_components.texting.text.phrases import match_choice, parse_choices, without_free_text
from custom_components.texting.text.yes_no import yes_no
from tests.support.records import ACCOUNT, OTHER, record

PHONE, STRANGER = "+33612345678", "+33612345679"
NOW = 1_800_000_000.0
WORDS = frozenset({"yes", "no", "ok"})
YES_NO = parse_choices(yes_no("en"))
COLORS = parse_choices({"red": ["red"], "blue": ["blue"]})
ANY = parse_choices({"any": ["{any}"]})


class Home:
    """Open items on one phone, with a clock."""

    def __init__(self) -> None:
        self.items = OpenItems(self.attempts_of)
        self.attempts: list[MessageRecord] = []
        self.now = NOW
        self.count = 0

    def attempts_of(self, reference: str) -> list[MessageRecord]:
        return [attempt for attempt in self.attempts if attempt.parent == reference]

    def message(self, **changes: Any) -> MessageRecord:
        """Return a message to the phone that left now."""
        self.count += 1
        left = {"phase": Phase.TRACKED, "status": Status.ACCEPTED, "accepted_at": self.now}
        found = record(self.count, **{"created_at": self.now, "expires_at": self.now + 3600, **left, **changes})
        found.message = replace(found.message, to=PHONE)
        return found

    def ask(self, question: str = "Water?", choices: Any = YES_NO, *, coded: bool = False, **changes: Any) -> OpenItem:
        """Ask a question, with a number if coded."""
        item = OpenItem(question=question, accounts=lambda: (ACCOUNT,), choices=choices, take=lambda _reply: None)
        self.items.open(item, [PHONE])
        if coded:
            self.items.give_code(item, PHONE, ACCOUNT, self.now)
        item.add([self.message(**changes)])
        return item

    def find(self, text: str, **changes: Any) -> Match | None:
        """Return what a text from the phone is for."""
        known = {"number": PHONE, "text": text, "account_id": ACCOUNT, "words": WORDS}
        return self.items.find(IncomingText(**(known | changes)))


@pytest.fixture
def home() -> Home:
    return Home()


WAITING = {"phase": Phase.WAITING, "status": Status.QUEUED, "accepted_at": None}
SENDING = {**WAITING, "phase": Phase.SENDING, "is_in_flight": True}
LOST = {**WAITING, "phase": Phase.SENDING}
FAILED = {"phase": Phase.DONE, "status": Status.REJECTED, "accepted_at": None}
UNCERTAIN = {"phase": Phase.DONE, "status": Status.UNCERTAIN}


# -- one open item ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["yes", "Maybe", "12", "OK, home at 15", "", "x" * 10_000, "\u0646\u0639\u0645"])
def test_the_only_item_gets_any_text(home: Home, text: str) -> None:
    assert home.find(text) is None
    item = home.ask()
    assert home.find(text) == Answer(item, text)


@pytest.mark.parametrize(
    ("sent", "is_answer"), [({}, True), (UNCERTAIN, True), (LOST, True), (WAITING, False), (FAILED, False)], ids=str
)
def test_only_what_left_is_answered(home: Home, sent: dict[str, Any], *, is_answer: bool) -> None:
    item = home.ask(**sent)
    assert home.find("yes") == (Answer(item, "yes") if is_answer else None)


def test_a_reply_waits_for_an_open_request(home: Home) -> None:
    item = home.ask(**SENDING)
    assert home.find("yes") == InFlight([item.sent[PHONE][0]])


def test_a_reply_waits_for_an_open_request_of_a_route(home: Home) -> None:
    item = home.ask(**WAITING)
    attempt = home.message(parent=item.sent[PHONE][0].reference, **SENDING)
    home.attempts.append(attempt)
    assert home.find("yes") == InFlight([attempt])


def test_what_left_before_is_not_answered_while_another_request_is_open(home: Home) -> None:
    home.ask()
    second = home.ask(**SENDING)
    assert home.find("yes") == InFlight([second.sent[PHONE][0]])


@pytest.mark.parametrize(
    ("gap", "zone", "is_answer"),
    [(0, True, True), (119, True, True), (121, True, False), (86_400, True, False), (86_400, False, True)],
)
def test_a_date_before_the_question(home: Home, gap: float, *, zone: bool, is_answer: bool) -> None:
    """A date without a zone may mean anything."""
    item = home.ask()
    sent_at = datetime.fromtimestamp(NOW - gap, UTC)
    found = home.find("yes", sent_at=sent_at if zone else sent_at.replace(tzinfo=None))
    assert found == (Answer(item, "yes") if is_answer else None)


def test_a_number_beats_the_date_and_the_queue(home: Home) -> None:
    item = home.ask(coded=True, **WAITING)
    assert home.find("OK 10", sent_at=datetime.fromtimestamp(NOW - 86_400, UTC)) == Answer(item, "OK")


def test_a_text_that_names_an_earlier_message_is_no_answer(home: Home) -> None:
    earlier = home.message()
    home.now += 1
    item = home.ask()
    home.now += 1
    assert home.find("yes", named=earlier) is None
    assert home.find("yes", named=home.message()) == Answer(item, "yes")


def test_a_text_that_names_the_question_or_an_attempt_for_it(home: Home) -> None:
    item, other = home.ask(), home.ask("Light?")
    attempt = home.message(parent=other.sent[PHONE][0].reference)
    assert home.find("yes", named=item.sent[PHONE][0]) == Answer(item, "yes")
    assert home.find("yes", named=attempt) == Answer(other, "yes")


def test_a_text_that_names_a_closed_question_is_asked_about(home: Home) -> None:
    """The provider may name the last message, whatever the person means."""
    item = home.ask()
    home.now += 1
    closed = home.ask("Light?")
    home.items.close(closed, home.now)
    assert home.find("yes", named=closed.sent[PHONE][0]) == Which([item])
    home.items.close(item, home.now)
    assert home.find("yes", named=closed.sent[PHONE][0]) is None


def test_a_text_that_names_an_answered_question_is_for_the_other(home: Home) -> None:
    """The provider names the last message."""
    item = home.ask()
    home.now += 1
    answered = home.ask("Light?")
    home.items.close(answered, home.now, is_answered=True)
    assert home.find("yes", named=answered.sent[PHONE][0]) == Answer(item, "yes")


def test_other_phones_and_accounts(home: Home) -> None:
    home.ask()
    assert home.find("yes", number=STRANGER) is None
    assert home.find("yes", account_id=OTHER) is None


# -- several ---------------------------------------------------------------------------------------------------------


def test_words_that_only_one_takes(home: Home) -> None:
    yes_no_item, colors = home.ask(), home.ask("Color?", COLORS)
    assert home.find("blue") == Answer(colors, "blue")
    assert home.find("no") == Answer(yes_no_item, "no")
    assert home.find("green") == Which([yes_no_item, colors])


def test_free_text_is_taken_only_alone_or_with_its_number(home: Home) -> None:
    item, free = home.ask(), home.ask("Name?", ANY, coded=True)
    assert home.find("blue") == Which([item, free])
    assert home.find("yes") == Answer(item, "yes")
    assert home.find("10 blue") == Answer(free, "blue")
    home.items.close(item, home.now)
    assert home.find("blue") == Answer(free, "blue")


def test_several_that_take_the_words(home: Home) -> None:
    first, _, third = home.ask(), home.ask("Color?", COLORS), home.ask("Light?")
    assert home.find("yes") == Which([first, third])


def test_two_numbers_are_asked_about(home: Home) -> None:
    items = [home.ask(coded=True), home.ask("Light?", coded=True)]
    assert home.find("OK 10 11") == Which(items)


@pytest.mark.parametrize("count", [20, 90])
def test_many_open_items(home: Home, count: int) -> None:
    items = [home.ask(f"Question {place}?", coded=True) for place in range(count)]
    assert [home.find(f"{10 + place} yes") for place in range(count)] == [Answer(item, "yes") for item in items]
    assert home.find("yes") == Which(items)


def test_without_a_free_number(home: Home) -> None:
    items = [home.ask(coded=True) for _ in range(91)]
    assert [item.codes for item in items[-2:]] == [{PHONE: 99}, {}]
    home.items.close(items[5], home.now)
    assert home.items.give_code(items[-1], PHONE, ACCOUNT, home.now) == 15


# -- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [("OK 10", "over"), ("No 10", "over"), ("10", "over"), ("10 yes", "over"), ("yes", None), ("OK 11", None)],
)
def test_a_closed_number(home: Home, text: str, found: str | None) -> None:
    """A number that was never given is an ordinary word."""
    item = home.ask(coded=True)
    (code,) = home.items.close(item, NOW + 60)
    assert (code.code, code.closed_at, code.item) == (10, NOW + 60, "")
    match = home.find(text)
    assert match == (Over(code, "Water?") if found else None)


def test_a_closed_number_answers_a_question_that_takes_it(home: Home) -> None:
    home.items.close(home.ask(coded=True), home.now)
    free = home.ask("How many degrees?", ANY)
    assert home.find("10") == Answer(free, "10")
    assert isinstance(home.find("OK 10"), Over)


def test_what_a_closed_question_does_not_take_is_an_ordinary_text(home: Home) -> None:
    home.items.close(home.ask(coded=True), home.now)
    assert home.find("10 minutes for the oven please") is None
    assert isinstance(home.find("10 yes please"), Over)


def test_a_number_that_is_an_answer_is_given_to_nobody(home: Home) -> None:
    degrees = home.ask("How many degrees?", parse_choices({"low": ["10"], "high": ["11", "20"]}))
    item = home.ask(coded=True)
    assert item.codes == {PHONE: 12}
    assert home.find("10") == Answer(degrees, "10")


def test_a_number_that_is_an_answer_to_a_later_question(home: Home) -> None:
    item = home.ask(coded=True)
    degrees = home.ask("How many degrees?", parse_choices({"low": ["10"], "high": ["20"]}), coded=True)
    assert home.find("10") == Which([item, degrees])
    assert home.find("11 10") == Answer(degrees, "10")


def test_a_closed_number_behind_an_open_one_is_the_answer(home: Home) -> None:
    home.items.close(home.ask(coded=True), home.now)
    free = home.ask("How many degrees?", ANY, coded=True)
    assert home.find("11 10") == Answer(free, "10")


def test_what_an_account_has_accepted_for_a_route_has_left(home: Home) -> None:
    """The route's message shows that only after it is saved."""
    item = home.ask(**WAITING)
    home.attempts.append(home.message(parent=item.sent[PHONE][0].reference))
    assert home.find("yes") == Answer(item, "yes")


def test_the_message_that_is_named_beats_the_account(home: Home) -> None:
    """The account may have been loaded after the question was asked."""
    item = home.ask()
    assert home.find("yes", account_id=OTHER, named=item.sent[PHONE][0]) == Answer(item, "yes")


def test_numbers_rest(home: Home) -> None:
    for expected in (10, 11, 12):
        item = home.ask(coded=True)
        assert item.codes == {PHONE: expected}
        home.items.close(item, home.now)
    home.now += CODE_REST
    assert home.ask(coded=True).codes == {PHONE: 10}


def test_a_question_alone_needs_no_number(home: Home) -> None:
    item = home.ask()
    assert not home.items.needs_code(item, PHONE)
    other = home.ask("Light?")
    assert home.items.needs_code(item, PHONE)
    home.items.give_code(item, PHONE, ACCOUNT, home.now)
    home.items.close(other, home.now)
    assert home.items.needs_code(item, PHONE)


def test_after_a_restart_everything_is_over(home: Home) -> None:
    open_item, closed_item = home.ask(coded=True), home.ask("Light?", coded=True)
    stored = [*home.items.codes_of(open_item), *home.items.close(closed_item, NOW + 1)]
    home.items = OpenItems()
    home.now += 60
    assert home.items.load(stored, home.now) == [replace(stored[0], closed_at=home.now)]
    assert home.find("OK 10") == Over(replace(stored[0], closed_at=home.now), None)
    assert home.find("OK 11") == Over(stored[1], None)
    assert home.ask(coded=True).codes == {PHONE: 12}


# -- interleavings ---------------------------------------------------------------------------------------------------


class Person:
    """Somebody who gets questions on one phone and answers some of them, at once, late, or to none of ours."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  a repeatable test
        self.home = Home()
        self.open: list[OpenItem] = []
        self.closed: list[tuple[int, str]] = []
        self.named: dict[str, MessageRecord] = {}

    def ask(self) -> None:
        home, question = self.home, f"Question {self.home.count}?"
        state = self.random.choice(({}, {}, {}, UNCERTAIN, WAITING, SENDING, FAILED))
        item = home.ask(question, self.random.choice((YES_NO, COLORS, ANY)), coded=bool(self.open), **state)
        self.open.append(item)

    def close(self) -> None:
        if self.open:
            item = self.open.pop(self.random.randrange(len(self.open)))
            self.home.items.close(item, self.home.now)
            self.closed += [(code, item.question) for code in item.codes.values()]

    def results(self) -> None:
        """The open requests end."""
        for item in self.open:
            for sent in item.sent[PHONE]:
                if sent.phase in (Phase.SENDING, Phase.WAITING) and self.random.random() < 0.5:
                    sent.phase, sent.status, sent.accepted_at = Phase.TRACKED, Status.ACCEPTED, self.home.now
                    sent.is_in_flight = False

    def restart(self) -> None:
        home = self.home
        stored = [code for item in self.open for code in home.items.codes_of(item)]
        closed = [given.code for given in home.items._given.get(PHONE, {}).values() if given.item is None]
        home.items = OpenItems(home.attempts_of)
        home.items.load([*closed, *stored], home.now)
        self.closed += [(code, "") for item in self.open for code in item.codes.values()]
        self.open = []

    def pass_time(self) -> None:
        self.home.now += self.random.choice((1, 30, 150, 4000))

    # -- texts, each with what must hold ---------------------------------------------------------------------------

    def answer_numbered(self) -> None:
        """A text with an open number lands there, whatever its date and its words."""
        if coded := [item for item in self.open if item.codes]:
            item = self.random.choice(coded)
            words = self.random.choice(("{} yes", "OK {}", "No {}", "{}: blue", "{}", "#{} perhaps"))
            long_ago = datetime.fromtimestamp(self.home.now - 90_000, UTC)
            found = self.home.find(words.format(item.codes[PHONE]), sent_at=self.random.choice((None, long_ago)))
            assert isinstance(found, Answer)
            assert found.item is item

    def answer_named(self) -> None:
        """A text whose message the provider names lands at its question, or at none if that is closed."""
        if self.open:
            item = self.random.choice(self.open)
            found = self.home.find("yes", named=item.sent[PHONE][0])
            assert found == Answer(item, "yes")

    def answer_closed(self) -> None:
        if self.closed:
            code, _ = self.random.choice(self.closed)
            if code not in {each for item in self.open for each in item.codes.values()}:
                assert isinstance(self.home.find(f"OK {code}"), Over)

    def answer_bare(self) -> None:
        """A text without anything lands only where no other open question could have been meant."""
        text = self.random.choice(("yes", "blue", "perhaps", "OK, home at 15"))
        found = self.home.find(text)
        left = [item for item in self.open if self.home.items._left_at(item, PHONE) is not None]
        if isinstance(found, Answer):
            claiming = [item for item in left if match_choice(without_free_text(item.choices), text)]
            assert found.item in left
            assert claiming in ([found.item], [])
            assert len(left) == 1 or claiming
        else:
            assert isinstance(found, InFlight | Which) or not left

    def answer_old(self) -> None:
        """A text from before all open questions answers none of them."""
        times = [sent.created_at for item in self.open for sent in item.sent[PHONE]]
        written = min(times, default=self.home.now) - 150
        assert not isinstance(self.home.find("yes", sent_at=datetime.fromtimestamp(written, UTC)), Answer | Which)


@pytest.mark.parametrize("seed", range(300))
def test_no_answer_lands_on_another_question(seed: int) -> None:
    person = Person(seed)
    steps: list[tuple[Callable[[], None], int]] = [
        (person.ask, 6),
        (person.close, 3),
        (person.results, 3),
        (person.restart, 1),
        (person.pass_time, 5),
        *((answer, 4) for answer in (person.answer_numbered, person.answer_named, person.answer_closed)),
        *((answer, 4) for answer in (person.answer_bare, person.answer_old)),
    ]
    calls, weights = zip(*steps, strict=True)
    for call in person.random.choices(calls, weights, k=120):
        call()
