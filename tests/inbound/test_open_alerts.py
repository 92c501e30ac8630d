"""Alerts among what is open on a phone: who may answer them, by which words, and with which number."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from custom_components.texting.alerting.events import Answer as Said
from custom_components.texting.alerting.reply_choices import alert_choices, answer_of
from custom_components.texting.delivery.reply_codes import ReplyCode
from custom_components.texting.inbound.match import Answer, IncomingText, InFlight, Over, Which
from custom_components.texting.inbound.open_item import OpenItem
from custom_components.texting.inbound.open_items import OpenItems
from tests.inbound.test_open_items import (
    ANY,
    COLORS,
    FAILED,
    LOST,
    NOW,
    PHONE,
    SENDING,
    STRANGER,
    UNCERTAIN,
    WAITING,
    Home,
)
from tests.support.records import ACCOUNT, OTHER

FIRST, SECOND = "01JD0000000000000000000011", "01JD0000000000000000000012"
LEFT: dict[str, Any] = {}


class AlertHome(Home):
    """Open items on one phone, with alerts."""

    def alert(self, incident: str = FIRST, *texts: dict[str, Any], what: str = "Water") -> OpenItem:
        """Begin an incident that has a text to the phone for each of these changes."""
        item = OpenItem(
            question=what,
            accounts=lambda: (ACCOUNT,),
            choices=alert_choices("en"),
            take=lambda _reply: None,
            incident=incident,
            began_at=self.now,
        )
        self.items.open(item, [PHONE])
        if texts:
            self.items.give_code(item, PHONE, ACCOUNT, self.now)
        item.add([self.message(**changes) for changes in texts])
        return item


@pytest.fixture
def home() -> AlertHome:
    return AlertHome()


# -- what words say ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        *((text, "en", Said.YES) for text in ("OK", "ok!", "Yes please", "👍", "Yes, I am on my way", "Okay")),
        *((text, "en", Said.NO) for text in ("NO", "no", "No, I am away", "👎", "not now")),
        *((text, "en", Said.UNCLEAR) for text in ("", "What?", "no idea", "Yes and no", "no problem", "x" * 10_000)),
        *((text, "de", Said.YES) for text in ("OK", "Ja bitte", "ja, mache ich")),
        *((text, "de", Said.NO) for text in ("NO", "Nein")),
        # Also where no word of the language is like them.
        *(("NO", language, Said.NO) for language in ("cs", "sk", "pl", "ja", "ru", "zh", "fr", "xx")),
        *(("OK", language, Said.YES) for language in ("cs", "sk", "pl", "ja", "ru", "zh", "fr", "xx")),
    ],
)
def test_the_words_of_an_answer(text: str, language: str, said: Said) -> None:
    assert answer_of(text, language) is said


# -- who may answer ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["OK", "NO", "Yes please", "👍", "OK 10", "NO 55"])
@pytest.mark.parametrize("texts", [(), (FAILED,), (FAILED, FAILED)], ids=["untold", "failed", "twice"])
def test_a_responder_who_was_not_told_may_answer(home: AlertHome, texts: Sequence[dict[str, Any]], text: str) -> None:
    item = home.alert(FIRST, *texts)
    found = home.find(text)
    assert isinstance(found, Answer)
    assert found.item is item
    assert answer_of(found.text, "en") is (Said.NO if "NO" in text else Said.YES)


@pytest.mark.parametrize("text", ["Hello", "What?", "no idea", "", "23", "We are 12 people, ok?"])
def test_other_words_of_theirs_are_an_ordinary_text(home: AlertHome, text: str) -> None:
    home.alert()
    assert home.find(text) is None


@pytest.mark.parametrize("text", ["Hello", "What?", "no idea", ""])
def test_who_was_told_gets_an_answer_to_any_words(home: AlertHome, text: str) -> None:
    item = home.alert(FIRST, LEFT)
    assert home.find(text) == Answer(item, text)
    assert item.replies_to(text)


def test_a_question_takes_words_before_an_alert_of_which_nobody_was_told(home: AlertHome) -> None:
    item, question = home.alert(), home.ask()
    assert home.find("OK") == Answer(question, "OK")
    home.items.close(question, home.now)
    colors = home.ask("Color?", COLORS)
    assert home.find("OK") == Answer(item, "OK")
    assert home.find("red") == Answer(colors, "red")
    assert home.find("green") == Answer(colors, "green")
    free = home.ask("Name?", ANY)
    assert home.find("OK") == Which([colors, free])


def test_an_alert_that_was_told_takes_words_before_another(home: AlertHome) -> None:
    told = home.alert(FIRST, LEFT)
    untold = home.alert(SECOND)
    assert home.find("OK") == Answer(told, "OK")
    assert home.find("Hello") == Answer(told, "Hello")
    home.items.close(told, home.now)
    assert home.find("OK") == Answer(untold, "OK")


@pytest.mark.parametrize("texts", [(), (LEFT,)], ids=["untold", "told"])
def test_a_bare_answer_with_two_alerts_open_is_asked_about(home: AlertHome, texts: Sequence[dict[str, Any]]) -> None:
    items = [home.alert(FIRST, *texts), home.alert(SECOND, *texts)]
    assert home.find("OK") == Which(items)
    codes = [home.items.give_code(item, PHONE, ACCOUNT, home.now) for item in items]
    assert [home.find(f"OK {code}") for code in codes] == [Answer(item, "OK") for item in items]
    assert home.find(f"OK {codes[0]} and {codes[1]}") == Which(items)


def test_other_words_are_asked_about_once(home: AlertHome) -> None:
    items = [home.alert(FIRST, LEFT), home.alert(SECOND, LEFT)]

    def is_asked(text: str) -> bool:
        match = home.find(text)
        assert match == Which(items)
        return isinstance(match, Which) and home.items.note_which(PHONE, match)

    assert is_asked("On my way")
    assert not is_asked("Where are the keys?")
    # It may be an answer.
    assert is_asked("OK")
    assert is_asked("NO")
    assert not is_asked("Thanks")
    items.append(home.alert("01JD0000000000000000000013", LEFT))
    assert is_asked("What now?")
    assert not is_asked("What now?")


def test_a_question_and_an_alert_take_the_same_words(home: AlertHome) -> None:
    alert, question = home.alert(FIRST, LEFT), home.ask()
    assert home.find("OK") == Which([alert, question])
    assert home.find("OK 10") == Answer(alert, "OK")


def test_anybody_else_and_other_accounts(home: AlertHome) -> None:
    home.alert()
    assert home.find("OK", number=STRANGER) is None
    assert home.find("OK", account_id=OTHER) is None


# -- what is no answer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "is_answer"),
    [
        ((LEFT,), True),
        ((UNCERTAIN,), True),
        ((LOST,), True),
        ((WAITING,), False),
        # One text is enough.
        ((LEFT, WAITING), True),
        ((WAITING, LEFT), True),
        ((LEFT, SENDING), True),
        ((FAILED, WAITING), False),
        ((FAILED, LEFT), True),
    ],
    ids=str,
)
def test_what_has_not_left_is_answered_by_its_number_only(
    home: AlertHome, texts: Sequence[dict[str, Any]], *, is_answer: bool
) -> None:
    item = home.alert(FIRST, *texts)
    assert home.find("OK") == (Answer(item, "OK") if is_answer else None)
    assert home.find("OK 10") == Answer(item, "OK")


def test_a_reply_waits_for_the_open_request_of_the_first_text(home: AlertHome) -> None:
    item = home.alert(FIRST, FAILED, SENDING)
    assert home.find("OK") == InFlight([item.sent[PHONE][1]])
    assert home.find("OK", waits=False) is None
    assert home.find("NO 10") == Answer(item, "NO")


@pytest.mark.parametrize("texts", [(), (LEFT,), (LEFT, LEFT)], ids=["untold", "told", "twice"])
@pytest.mark.parametrize(("gap", "is_answer"), [(-10, True), (119, True), (121, False), (86_400, False)])
def test_a_date_before_the_alert(
    home: AlertHome, texts: Sequence[dict[str, Any]], gap: float, *, is_answer: bool
) -> None:
    item = home.alert(FIRST, *texts)
    sent_at = datetime.fromtimestamp(NOW - gap, UTC)
    assert home.find("OK", sent_at=sent_at) == (Answer(item, "OK") if is_answer else None)
    assert home.find("OK", sent_at=sent_at.replace(tzinfo=None)) == Answer(item, "OK")
    home.items.give_code(item, PHONE, ACCOUNT, home.now)
    assert home.find("OK 10", sent_at=sent_at) == Answer(item, "OK")


def test_a_date_between_two_texts_of_an_alert_answers_the_first(home: AlertHome) -> None:
    item = home.alert(FIRST, LEFT)
    home.now += 600
    item.add([home.message()])
    assert home.find("OK", sent_at=datetime.fromtimestamp(NOW + 60, UTC)) == Answer(item, "OK")


def test_a_text_that_names_an_earlier_message_answers_only_what_was_not_told(home: AlertHome) -> None:
    """A provider names the last message to the phone. If that is none of the alert, it is an earlier one."""
    earlier = home.message()
    home.now += 1
    item = home.alert()
    home.now += 1
    assert home.find("OK", named=earlier) == Answer(item, "OK")
    assert home.find("Hello", named=earlier) is None
    item.add([home.message()])
    assert home.find("OK", named=earlier) is None
    assert home.find("OK", named=home.message()) == Answer(item, "OK")


def test_a_text_that_names_a_closed_alert_acknowledges_no_other(home: AlertHome) -> None:
    closed = home.alert(FIRST, LEFT)
    home.items.close(closed, home.now)
    home.now += 1
    for texts in ((), (LEFT,)):
        other = home.alert(SECOND, *texts)
        assert home.find("OK", named=closed.sent[PHONE][0]) in (Which([other]), None)
        home.items.close(other, home.now)


def test_any_text_of_an_alert_names_it(home: AlertHome) -> None:
    first, second = home.alert(FIRST, LEFT, LEFT, LEFT), home.alert(SECOND, LEFT, LEFT)
    for item in (first, second):
        assert all(home.find("OK", named=sent) == Answer(item, "OK") for sent in item.sent[PHONE])


# -- numbers -----------------------------------------------------------------------------------------------------------


def test_an_alert_is_always_told_by_its_number(home: AlertHome) -> None:
    item = home.alert()
    assert home.items.needs_code(item, PHONE)
    assert item.codes == {}
    assert home.items.give_code(item, PHONE, ACCOUNT, home.now) == 10
    assert home.items.codes_of(item) == [
        ReplyCode(number=PHONE, code=10, entry_id=ACCOUNT, item=FIRST, opened_at=home.now)
    ]


def test_a_question_beside_an_alert_needs_a_number_only_if_the_phone_knows_of_it(home: AlertHome) -> None:
    alert, question = home.alert(), home.ask()
    assert not home.items.needs_code(question, PHONE)
    home.items.give_code(alert, PHONE, ACCOUNT, home.now)
    assert home.items.needs_code(question, PHONE)


@pytest.mark.parametrize("text", ["OK 10", "NO 10", "10", "10 yes"])
def test_a_closed_alert_is_over(home: AlertHome, text: str) -> None:
    item = home.alert(FIRST, LEFT)
    (code,) = home.items.close(item, NOW + 60)
    found = home.find(text)
    assert found == Over(code, "Water")
    assert [home.items.note_over(found.code) for _ in range(3)] == [True, False, False]
    other = home.alert(SECOND, LEFT)
    # It never opens again, and never stands for another.
    assert home.find("OK 10") == Over(code, "Water")
    assert home.find("OK 11") == Answer(other, "OK")


def test_a_closed_number_given_again_is_told_again(home: AlertHome) -> None:
    (code,) = home.items.close(home.alert(FIRST, LEFT), home.now)
    assert home.items.note_over(code)
    home.now += 73 * 3600
    again = home.alert(SECOND, LEFT)
    assert again.codes == {PHONE: 10}
    assert not home.items.note_over(code)
    (code,) = home.items.close(again, home.now)
    assert home.items.note_over(code)


def test_a_closed_number_alone_answers_a_question_that_takes_it(home: AlertHome) -> None:
    home.items.close(home.alert(FIRST, LEFT), home.now)
    free = home.ask("How many degrees?", ANY)
    assert home.find("10") == Answer(free, "10")
    assert isinstance(home.find("OK 10"), Over)


def test_twenty_alerts_on_one_phone(home: AlertHome) -> None:
    items = [home.alert(f"{FIRST[:-2]}{place:02}", LEFT, LEFT) for place in range(20)]
    assert [home.find(f"NO {10 + place}") for place in range(20)] == [Answer(item, "NO") for item in items]
    assert home.find("OK") == Which(items)


# -- phones that come and go -------------------------------------------------------------------------------------------


def test_it_is_open_on_further_phones_later(home: AlertHome) -> None:
    item = home.alert(FIRST, LEFT)
    assert home.find("OK", number=STRANGER) is None
    home.items.open(item, [PHONE, STRANGER])
    home.items.open(item, [STRANGER])
    assert len(home.items) == 2
    assert home.find("OK", number=STRANGER) == Answer(item, "OK")
    assert home.find("Hello", number=STRANGER) is None


def test_it_is_closed_on_phones_that_no_longer_belong_to_it(home: AlertHome) -> None:
    item = home.alert(FIRST, LEFT)
    home.items.open(item, [STRANGER])
    (closed,) = home.items.move(item, [STRANGER], NOW + 60)
    assert (closed.number, closed.code, closed.closed_at, item.codes) == (PHONE, 10, NOW + 60, {})
    assert home.find("OK") is None
    assert home.find("OK 10") == Over(closed, "Water")
    assert home.find("OK", number=STRANGER) == Answer(item, "OK")
    # Whoever comes back gets another number.
    assert home.items.move(item, [STRANGER, PHONE], NOW + 61) == []
    assert home.items.give_code(item, PHONE, ACCOUNT, NOW + 61) == 11
    assert home.items.close(item, NOW + 62)[0].code == 11
    assert len(home.items) == 0


# -- restarts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_loaded", [True, False], ids=["loaded", "not loaded"])
def test_an_alert_keeps_its_number_over_a_restart(home: AlertHome, *, is_loaded: bool) -> None:
    item, question = home.alert(FIRST, LEFT), home.ask(coded=True)
    stored = [*home.items.codes_of(item), *home.items.codes_of(question)]
    home.items = OpenItems()
    home.now += 60
    if is_loaded:
        assert len(home.items.load(stored, home.now)) == 2
    again = home.alert(FIRST)
    again.add(item.sent[PHONE])
    assert home.items.restore(again, stored[:1]) == stored[:1]
    home.items.load(stored, home.now)
    assert again.codes == {PHONE: 10}
    assert home.find("OK 10") == Answer(again, "OK")
    assert isinstance(home.find("OK 11"), Over)
    assert home.alert(SECOND, LEFT).codes == {PHONE: 12}


def test_a_number_that_was_given_to_something_else_is_not_restored(home: AlertHome) -> None:
    item = home.alert(FIRST, LEFT)
    stored = home.items.codes_of(item)
    home.items = OpenItems()
    other = home.alert(SECOND, LEFT)
    assert other.codes == {PHONE: 10}
    again = home.alert(FIRST)
    assert home.items.restore(again, [*stored, replace(stored[0], number=STRANGER)]) == []
    assert again.codes == {}
    assert home.find("OK 10") == Answer(other, "OK")


def test_what_was_closed_before_a_restart_has_its_words(home: AlertHome) -> None:
    stored = home.items.close(home.alert(FIRST, LEFT), home.now)
    stored = [replace(code, item=FIRST) for code in stored]
    home.items = OpenItems()
    home.items.load(stored, home.now)
    home.items.describe(FIRST, "Water in the cellar", alert_choices("en"))
    assert home.find("OK 10") == Over(stored[0], "Water in the cellar")
    assert home.find("10 minutes for the oven") is None


# -- interleavings -----------------------------------------------------------------------------------------------------


class Responder:
    """Somebody with alerts and questions on one phone, some told and some not."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  a repeatable test
        self.home = AlertHome()
        self.open: list[OpenItem] = []
        self.closed: list[int] = []
        self.count = 0

    def begin(self) -> None:
        home, self.count = self.home, self.count + 1
        texts = self.random.choices((LEFT, LEFT, UNCERTAIN, WAITING, SENDING, FAILED), k=self.random.randrange(4))
        self.open.append(home.alert(f"{FIRST[:-3]}{self.count:03}", *texts))

    def ask(self) -> None:
        self.open.append(self.home.ask(choices=self.random.choice((COLORS, ANY)), coded=bool(self.open)))

    def close(self) -> None:
        if self.open:
            item = self.open.pop(self.random.randrange(len(self.open)))
            self.home.items.close(item, self.home.now)
            self.closed += item.codes.values()

    def remind(self) -> None:
        if alerts := [item for item in self.open if item.is_alert]:
            item = self.random.choice(alerts)
            self.home.items.give_code(item, PHONE, ACCOUNT, self.home.now)
            item.add([self.home.message(**self.random.choice((LEFT, WAITING, FAILED)))])

    def leave_and_return(self) -> None:
        if alerts := [item for item in self.open if item.is_alert]:
            item = self.random.choice(alerts)
            self.closed += [code.code for code in self.home.items.move(item, [], self.home.now)]
            assert not self.home.items.is_open(item, PHONE)
            self.home.items.move(item, [PHONE], self.home.now)

    def pass_time(self) -> None:
        self.home.now += self.random.choice((1, 30, 150))

    def answer_numbered(self) -> None:
        if coded := [item for item in self.open if item.codes]:
            item = self.random.choice(coded)
            found = self.home.find(f"OK {item.codes[PHONE]}")
            assert isinstance(found, Answer)
            assert found.item is item

    def answer_closed(self) -> None:
        codes = {code for item in self.open for code in item.codes.values()}
        if (code := self.random.choice(self.closed or [0])) and code not in codes:
            assert isinstance(self.home.find(f"NO {code}"), Over)

    def answer_bare(self) -> None:
        """A bare OK lands only on the one alert that it can mean: the only one told, else the only one."""
        found = self.home.find("OK", waits=False)
        alerts = [item for item in self.open if item.is_alert]
        told = [item for item in self.open if self.home.items._left_at(item, PHONE) is not None]
        takes_it = [item for item in told if item.understands("OK")]
        claims = [item for item in told if item.claims("OK")]
        if isinstance(found, Answer) and found.item.is_alert:
            assert claims == [found.item] or (not takes_it and found.item in alerts)
            if not takes_it:
                pending = [item for item in alerts if any(sent.is_pending for sent in item.sent.get(PHONE, ()))]
                assert [item for item in alerts if item not in told and item not in pending] == [found.item]
        if len(claims) > 1:
            assert isinstance(found, Which)
            assert set(found.items) == set(claims)

    def answer_old(self) -> None:
        """A text from before all that is open answers none of it."""
        moments = [item.began_at for item in self.open if item.is_alert]
        moments += [sent.created_at for item in self.open for sent in item.sent.get(PHONE, ())]
        written = min(moments, default=self.home.now) - 150
        found = self.home.find("OK", sent_at=datetime.fromtimestamp(written, UTC), waits=False)
        assert not isinstance(found, Answer | Which)


@pytest.mark.parametrize("seed", range(300))
def test_an_answer_stops_only_what_it_means(seed: int) -> None:
    person = Responder(seed)
    steps: list[tuple[Callable[[], None], int]] = [
        (person.begin, 5),
        (person.ask, 3),
        (person.close, 4),
        (person.remind, 4),
        (person.leave_and_return, 1),
        (person.pass_time, 4),
        *((answer, 4) for answer in (person.answer_numbered, person.answer_closed)),
        *((answer, 4) for answer in (person.answer_bare, person.answer_old)),
    ]
    calls, weights = zip(*steps, strict=True)
    for call in person.random.choices(calls, weights, k=120):
        call()


def test_the_text_to_a_phone_of_another_account(home: AlertHome) -> None:
    """A text counts where replies to the alert come in."""
    item = home.alert(FIRST, LEFT)
    text = IncomingText(number=PHONE, text="OK 10", account_id=OTHER, words=frozenset({"ok"}))
    assert home.items.find(text) == Answer(item, "OK")
    assert home.items.find(replace(text, text="OK")) is None
