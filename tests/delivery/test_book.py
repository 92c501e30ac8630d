"""What a book makes of answers and reports, in whatever order they come."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.texting.delivery.book import EARLY_KEPT, EARLY_KEPT_FOR, Book
from custom_components.texting.delivery.record import Phase, Record
from custom_components.texting.gateway.errors import CannotConnect, MessageRejected, OutcomeUnknown
from custom_components.texting.gateway.status import FailureReason, Status

from .clock import NUMBER, Clocks, report, result

FORWARD = (Status.ACCEPTED, Status.SENT, Status.DELIVERED)
ERRORS = {Status.REJECTED: MessageRejected(), Status.UNKNOWN: OutcomeUnknown()}
FINAL = (Status.DELIVERED, Status.UNDELIVERED, Status.EXPIRED, Status.REJECTED)


def sending(clocks: Clocks, book: Book, reference: str = "one", **changes: Any) -> Record:
    """A message that the gateway was handed."""
    book.add(record := clocks.message(reference, **changes))
    record.phase = Phase.SENDING
    return record


def sent(clocks: Clocks, book: Book, reference: str = "one", *, to: str = NUMBER, **known: Any) -> Record:
    """A message that the gateway took."""
    record = sending(clocks, book, reference, to=to)
    book.settle(record, result(record, **known))
    return record


# -- answers -------------------------------------------------------------------------------------------------------


def test_a_message_is_queued_until_the_gateway_answers(clocks: Clocks, book: Book) -> None:
    book.add(record := clocks.message())
    assert (record.status, record.is_answered, record.is_pending, record.failure) == (Status.QUEUED, False, True, None)
    assert (list(book), len(book), book.get("one"), book.get("two")) == ([record], 1, record, None)
    assert book.next_poll() is None


def test_an_answer_moves_it(clocks: Clocks, book: Book, taken: list[Record]) -> None:
    record = sent(clocks, book, provider_status="0", message_id="id", batch_id="job")
    assert (record.status, record.phase, record.provider_status) == (Status.ACCEPTED, Phase.FOLLOWED, "0")
    assert (record.result.message_id, record.result.batch_id) == ("id", "job")
    assert (record.taken_at, taken) == (clocks.today(), [record])


def test_a_refusal_ends_it(clocks: Clocks, book: Book, taken: list[Record]) -> None:
    error = MessageRejected(reason=FailureReason.OPTED_OUT, code="-5")
    record = sent(clocks, book, status=Status.REJECTED, error=error, provider_status="-5")
    assert (record.status, record.reason, record.failure) == (Status.REJECTED, FailureReason.OPTED_OUT, error)
    assert (len(book), taken, record.taken_at) == (0, [], None)


@pytest.mark.parametrize("finds", [False, True])
def test_an_unknown_outcome_is_followed_only_where_it_may_be_found(clocks: Clocks, *, finds: bool) -> None:
    book = Book(clocks.now, clocks.today, finds=finds)
    record = sent(clocks, book, status=Status.UNKNOWN, error=OutcomeUnknown())
    assert (record.status, record.reason) == (Status.UNKNOWN, FailureReason.OTHER)
    assert (record.phase is Phase.FOLLOWED, len(book), book.next_poll() is not None) == (finds, finds, finds)
    # It may have been accepted, so it counts.
    assert record.taken_at == clocks.today()


def test_where_nothing_more_is_told_accepted_is_the_end(clocks: Clocks) -> None:
    book = Book(clocks.now, clocks.today, follows=False)
    assert (sent(clocks, book).phase, len(book)) == (Phase.ENDED, 0)


def test_what_ends_here_says_why(clocks: Clocks, book: Book) -> None:
    book.add(record := clocks.message())
    error = CannotConnect(code="7")
    book.end(record, Status.EXPIRED, error)
    assert (record.status, record.reason, record.failure) == (Status.EXPIRED, FailureReason.UNREACHABLE, error)
    assert (record.provider_status, list(book)) == ("7", [])


def test_what_has_ended_is_not_taken_on(clocks: Clocks, book: Book) -> None:
    book.add(clocks.message(phase=Phase.ENDED))
    assert len(book) == 0


# -- reports -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [Status.ACCEPTED, Status.UNKNOWN, Status.REJECTED])
def test_a_report_before_the_answer_is_not_undone_by_it(clocks: Clocks, book: Book, answer: Status) -> None:
    record = sending(clocks, book)
    assert book.apply(record, report(Status.SENT))
    error = ERRORS.get(answer)
    book.settle(record, result(record, answer, message_id="id", error=error))
    assert (record.status, record.phase, record.message_id) == (Status.SENT, Phase.FOLLOWED, "id")
    assert record.failure is None
    assert book.find(report(Status.DELIVERED, reference=None, message_id="id")) is record


def test_a_final_report_before_the_answer_ends_it(clocks: Clocks, book: Book, taken: list[Record]) -> None:
    record = sending(clocks, book)
    assert book.apply(record, report(Status.DELIVERED))
    book.settle(record, result(record, Status.UNKNOWN, error=OutcomeUnknown()))
    assert (record.status, record.phase, record.failure, len(book)) == (Status.DELIVERED, Phase.ENDED, None, 0)
    assert taken == [record]


def test_an_answer_that_is_lost_takes_no_id_away(clocks: Clocks, book: Book) -> None:
    record = sending(clocks, book)
    book.apply(record, report(Status.SENT, message_id="id"))
    book.settle(record, result(record, Status.UNKNOWN, error=OutcomeUnknown()))
    assert record.message_id == "id"
    assert book.find(report(Status.DELIVERED, reference=None, message_id="id")) is record


def test_an_id_that_a_report_tells_finds_the_message(clocks: Clocks, book: Book) -> None:
    record = sent(clocks, book)
    assert book.apply(record, report(Status.SENT, message_id="id"))
    assert book.find(report(Status.DELIVERED, reference=None, message_id="id")) is record


@pytest.mark.parametrize(
    "order",
    [
        FORWARD,
        (Status.SENT, Status.ACCEPTED, Status.DELIVERED),
        (Status.DELIVERED, Status.SENT, Status.ACCEPTED),
        (Status.DELIVERED, Status.UNKNOWN, Status.QUEUED),
        (Status.SENT, Status.SENT, Status.DELIVERED, Status.DELIVERED),
    ],
)
def test_whatever_the_order_it_ends_delivered(clocks: Clocks, book: Book, order: Sequence[Status]) -> None:
    record = sent(clocks, book)
    moved = [status for status in order if book.apply(record, report(status))]
    assert (record.status, record.phase, len(book)) == (Status.DELIVERED, Phase.ENDED, 0)
    assert len(moved) == len(set(moved))


RANK = [Status.UNKNOWN, Status.QUEUED, Status.ACCEPTED, Status.SENT]


def rank(status: Status) -> int:
    return RANK.index(status) if status in RANK else len(RANK)


@given(st.lists(st.sampled_from(Status), max_size=12), st.integers(0, 12), st.sampled_from(Status))
def test_no_order_of_reports_and_answer_goes_backwards(reports: list[Status], at: int, answer: Status) -> None:
    clocks = Clocks()
    taken: list[Record] = []
    book = Book(clocks.now, clocks.today, on_taken=taken.append)
    record = sending(clocks, book)
    seen, told = [record.status], 0
    for number, status in enumerate([*reports, None]):
        if number == min(at, len(reports)):
            before = record.status
            book.settle(record, result(record, answer, error=ERRORS.get(answer)))
            # The answer is the first word where nothing was reported, else a report's equal.
            assert before is Status.QUEUED or rank(record.status) >= rank(before)
            seen = [record.status]
        if status:
            told += (moved := book.apply(record, report(status)))
            seen.append(record.status)
            assert moved == (seen[-1] is not seen[-2])
    assert [rank(status) for status in seen] == sorted(rank(status) for status in seen)
    finals = [status for status in seen if rank(status) == len(RANK)]
    assert len(set(finals)) <= 1
    assert len(taken) <= 1
    assert (record.reference in {each.reference for each in book}) == record.is_pending
    assert told <= len(RANK)


@pytest.mark.parametrize("first", FINAL)
@pytest.mark.parametrize("second", Status)
def test_a_final_status_stays(clocks: Clocks, book: Book, first: Status, second: Status) -> None:
    record = sent(clocks, book)
    assert book.apply(record, report(first, reason=FailureReason.OTHER))
    assert not book.apply(record, report(second, provider_status="other"))
    assert (record.status, record.provider_status, record.reason) == (first, str(first), FailureReason.OTHER)


def test_an_unknown_word_is_kept_and_moves_nothing(clocks: Clocks, book: Book) -> None:
    record = sent(clocks, book)
    assert not book.apply(record, report(Status.UNKNOWN, provider_status="42"))
    assert (record.status, record.provider_status) == (Status.ACCEPTED, "42")


def test_news_of_a_message_that_was_given_up_is_taken(clocks: Clocks, book: Book, taken: list[Record]) -> None:
    record = clocks.message(phase=Phase.ENDED, status=Status.UNKNOWN)
    assert book.apply(record, report(Status.SENT, message_id="id"))
    assert (record.phase, list(book), taken) == (Phase.FOLLOWED, [record], [record])
    assert book.apply(record, report(Status.DELIVERED))
    assert (record.phase, list(book), taken) == (Phase.ENDED, [], [record])


@pytest.mark.parametrize(
    ("about", "found"),
    [
        ({"reference": "one"}, "one"),
        ({"reference": None, "message_id": "id-one"}, "one"),
        ({"reference": "nobody's", "message_id": "id-one"}, "one"),
        ({"reference": "two", "message_id": "id-one"}, "two"),
        ({"reference": None}, None),
        ({"reference": "nobody's"}, None),
        ({"reference": None, "message_id": ""}, None),
        ({"reference": None, "message_id": "nobody's"}, None),
        ({"reference": None, "batch_id": "job", "to": NUMBER}, None),
    ],
)
def test_a_message_is_found_by_what_a_report_names(
    clocks: Clocks, book: Book, about: dict[str, Any], found: str | None
) -> None:
    sent(clocks, book, "one", message_id="id-one", batch_id="job")
    sent(clocks, book, "two", message_id="id-two", batch_id="job")
    record = book.find(report(Status.DELIVERED, **about))
    assert (record.reference if record else None) == found


# -- reports that come before the answer ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "status"), [(EARLY_KEPT_FOR - 1, Status.DELIVERED), (EARLY_KEPT_FOR, Status.ACCEPTED)]
)
def test_an_early_report_is_kept_ten_minutes(clocks: Clocks, book: Book, after: float, status: Status) -> None:
    record, other = sending(clocks, book), sending(clocks, book, "two")
    early = report(Status.DELIVERED, reference=None, message_id="id")
    assert book.find(early) is None
    assert book.keep_early(early)
    clocks.pass_(after)
    assert book.keep_early(report(Status.SENT, reference=None, message_id="other"))
    book.settle(other, result(other, message_id="another"))
    book.settle(record, result(record, message_id="id"))
    assert (record.status, other.status) == (status, Status.ACCEPTED)


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.FOLLOWED])
def test_a_report_that_no_answer_can_name_is_not_kept(clocks: Clocks, book: Book, phase: Phase) -> None:
    book.add(clocks.message(phase=phase))
    assert not book.keep_early(report(Status.DELIVERED, reference=None, message_id="id"))


def test_forged_reports_fill_no_memory(clocks: Clocks, book: Book) -> None:
    sending(clocks, book)
    assert not book.keep_early(report(Status.DELIVERED, reference="nobody's", message_id=None))
    kept = [book.keep_early(report(Status.SENT, message_id=f"id{number}")) for number in range(EARLY_KEPT + 10)]
    assert sum(kept) == EARLY_KEPT
    clocks.pass_(EARLY_KEPT_FOR)
    assert book.keep_early(report(Status.SENT, message_id="id"))
