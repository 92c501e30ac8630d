"""When a book asks for news, how long a message lives, and what a clock that is set does to both."""

from dataclasses import replace

import pytest

from custom_components.texting.delivery.book import (
    COMMERCIAL_HELD_FOR,
    FOLLOWED_FOR,
    SLOWEST_POLL,
    UNKNOWN_FOLLOWED_FOR,
    Book,
)
from custom_components.texting.delivery.record import FIRST_POLL, Phase, Record
from custom_components.texting.gateway.status import FailureReason, Status

from .clock import DAY, Clocks, report, result


def follow(clocks: Clocks, book: Book, reference: str = "one", status: Status = Status.ACCEPTED) -> Record:
    book.add(record := clocks.message(reference))
    book.settle(record, result(record, status))
    return record


def due(book: Book, most: int = 500) -> list[str]:
    """Whom to ask about; nobody ends meanwhile."""
    records, ended = book.take_due(most)
    assert ended == []
    return [record.reference for record in records]


def test_messages_are_due_after_15_s_and_then_less_and_less_often(clocks: Clocks, book: Book) -> None:
    follow(clocks, book)
    assert due(book) == []
    waits = []
    for _ in range(8):
        moment = book.next_poll()
        assert moment is not None
        waits.append(moment - clocks.now())
        clocks.pass_(waits[-1])
        assert due(book) == ["one"]
        assert due(book) == []
    assert waits == [15, 30, 60, 120, 240, 480, SLOWEST_POLL, SLOWEST_POLL]


def test_only_those_that_are_due_are_asked_for(clocks: Clocks, book: Book) -> None:
    follow(clocks, book)
    clocks.pass_(10)
    follow(clocks, book, "two")
    clocks.pass_(5)
    assert due(book) == ["one"]
    assert book.next_poll() == clocks.now() + 10


def test_no_more_than_wanted_at_once(clocks: Clocks, book: Book) -> None:
    for number in range(5):
        follow(clocks, book, str(number))
    clocks.pass_(FIRST_POLL)
    assert [due(book, 2) for _ in range(4)] == [["0", "1"], ["2", "3"], ["4"], []]


def test_what_has_ended_is_not_asked_for(clocks: Clocks, book: Book) -> None:
    record = follow(clocks, book)
    book.apply(record, report(Status.UNDELIVERED))
    clocks.pass_(60)
    assert due(book) == []
    assert book.next_poll() is None


def test_an_earlier_question_is_told_of(clocks: Clocks, book: Book) -> None:
    heard: list[float | None] = []
    book.on_follow = lambda: heard.append(book.next_poll())
    follow(clocks, book)
    follow(clocks, book, "two")
    assert heard == [clocks.now() + FIRST_POLL]


@pytest.mark.parametrize(
    ("status", "seconds"), [(Status.ACCEPTED, FOLLOWED_FOR), (Status.UNKNOWN, UNKNOWN_FOLLOWED_FOR)]
)
def test_nobody_is_followed_for_ever(clocks: Clocks, status: Status, seconds: float) -> None:
    book = Book(clocks.now, clocks.today, finds=True)
    record = follow(clocks, book, status=status)
    clocks.pass_(seconds)
    assert due(book) == ["one"]
    clocks.pass_(seconds)
    assert book.take_due(9) == ([], [record])
    assert (record.phase, record.status, len(book), book.next_poll()) == (Phase.ENDED, status, 0, None)


def test_what_a_gateway_holds_is_followed_for_longer(clocks: Clocks, book: Book) -> None:
    record = clocks.message()
    record.message = replace(record.message, commercial=True)
    book.add(record)
    book.settle(record, result(record, Status.ACCEPTED))
    for seconds in (FOLLOWED_FOR, COMMERCIAL_HELD_FOR):
        clocks.pass_(seconds)
        assert due(book) == ["one"]
    clocks.pass_(SLOWEST_POLL)
    assert book.take_due(9) == ([], [record])


def test_what_would_be_expired_ends_so_when_nobody_waits_any_more(clocks: Clocks, book: Book) -> None:
    record = follow(clocks, book)
    assert book.apply(record, report(Status.SENT, provider_status="Expired", otherwise=Status.EXPIRED))
    clocks.pass_(FOLLOWED_FOR + 1)
    assert book.take_due(9) == ([], [record])
    assert (record.status, record.provider_status, record.reason) == (Status.EXPIRED, "Expired", FailureReason.EXPIRED)


def test_better_news_take_the_end_back(clocks: Clocks, book: Book) -> None:
    record = follow(clocks, book)
    book.apply(record, report(Status.SENT, otherwise=Status.EXPIRED))
    book.apply(record, report(Status.SENT))
    clocks.pass_(FOLLOWED_FOR + 1)
    assert book.take_due(9) == ([], [record])
    assert record.status is Status.SENT


# -- the clock is set ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jump", [-DAY, DAY, -3600, 3600])
def test_a_clock_that_is_set_moves_no_question(clocks: Clocks, book: Book, jump: float) -> None:
    follow(clocks, book)
    moment = book.next_poll()
    clocks.jump(jump)
    assert (book.next_poll(), due(book)) == (moment, [])
    clocks.pass_(FIRST_POLL)
    assert due(book) == ["one"]
    assert due(book) == []
    assert book.next_poll() == clocks.now() + 2 * FIRST_POLL


@pytest.mark.parametrize(
    ("jump", "left"),
    [(0, 3000), (1000, 2000), (3000, 0), (DAY, 3000 - DAY), (-300, 3300), (-600, 3600), (-3600, 3600), (-DAY, 3600)],
)
def test_after_a_restart_no_message_lives_longer_than_it_was_to(clocks: Clocks, jump: float, left: float) -> None:
    record = clocks.message()
    clocks.pass_(600)
    clocks.jump(jump)
    Book(clocks.now, clocks.today).add(record)
    assert record.deadline == clocks.now() + left


@pytest.mark.parametrize(("jump", "wait"), [(0, 500), (500, 0), (DAY, 500 - DAY), (-100, 600), (-DAY, 600)])
def test_after_a_restart_no_message_waits_longer_than_it_was_to(clocks: Clocks, jump: float, wait: float) -> None:
    record = clocks.message()
    record.due_at += 600
    clocks.pass_(100)
    clocks.jump(jump)
    Book(clocks.now, clocks.today).add(record)
    assert record.ready == clocks.now() + wait


def test_what_is_loaded_is_asked_for_soon(clocks: Clocks, book: Book) -> None:
    book.add(clocks.message(phase=Phase.FOLLOWED, status=Status.SENT, message_id="id"))
    assert book.next_poll() == clocks.now() + FIRST_POLL
    assert book.find(report(Status.DELIVERED, reference=None, message_id="id")) is book.get("one")
