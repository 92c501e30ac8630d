"""What an outbox does with delivery reports, in any order, and how it finds their messages."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.texting.delivery.database import MessageDatabase
from custom_components.texting.delivery.outbox import (
    EARLY_REPORT_TIMEOUT,
    MAX_EARLY_REPORTS,
    MAX_PUBLISH,
    Change,
    Outbox,
)
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.gateway.errors import MessageRejected, OutcomeUnknown
from custom_components.texting.gateway.message import DeliveryReport
from custom_components.texting.gateway.status import FailureReason, Status
from tests.support.clock import ACCOUNT, Clocks, report, result
from tests.support.records import UpdateLog

FORWARD = (Status.ACCEPTED, Status.SENT, Status.DELIVERED)
ERRORS = {Status.REJECTED: MessageRejected(), Status.UNCERTAIN: OutcomeUnknown()}
FINAL = (Status.DELIVERED, Status.UNDELIVERED, Status.EXPIRED, Status.REJECTED)


@pytest.fixture
def outbox(memory_outbox: Outbox) -> Outbox:
    return memory_outbox


def sending(clocks: Clocks, outbox: Outbox, reference: str = "one", **changes: Any) -> MessageRecord:
    """Return a message that was handed to the provider."""
    outbox.take(record := clocks.message(reference, **changes))
    record.phase = Phase.SENDING
    return record


def sent(clocks: Clocks, outbox: Outbox, reference: str = "one", **known: Any) -> MessageRecord:
    """Return a message that the provider accepted."""
    record = sending(clocks, outbox, reference)
    outbox.apply_result(record, result(record, **known))
    return record


# -- the order of reports and result -------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [Status.ACCEPTED, Status.UNCERTAIN, Status.REJECTED])
def test_a_report_before_the_answer_is_not_undone_by_it(clocks: Clocks, outbox: Outbox, answer: Status) -> None:
    record = sending(clocks, outbox)
    assert outbox.apply_report(record, report(Status.SENT))
    error = ERRORS.get(answer)
    outbox.apply_result(record, result(record, answer, message_id="id", error=error))
    assert (record.status, record.phase, record.message_id) == (Status.SENT, Phase.TRACKED, "id")
    assert record.failure is None
    assert outbox.match(report(Status.DELIVERED, reference=None, message_id="id")) is record


def test_a_final_report_before_the_result_ends_the_message(clocks: Clocks, outbox: Outbox) -> None:
    record = sending(clocks, outbox)
    assert outbox.apply_report(record, report(Status.DELIVERED))
    accepted_at = record.accepted_at
    clocks.advance(1)
    outbox.apply_result(record, result(record, Status.UNCERTAIN, error=OutcomeUnknown()))
    assert (record.status, record.phase, record.failure, len(outbox)) == (Status.DELIVERED, Phase.DONE, None, 0)
    assert record.accepted_at == accepted_at == clocks.time() - 1


def test_a_lost_result_keeps_the_message_id(clocks: Clocks, outbox: Outbox) -> None:
    record = sending(clocks, outbox)
    outbox.apply_report(record, report(Status.SENT, message_id="id"))
    outbox.apply_result(record, result(record, Status.UNCERTAIN, error=OutcomeUnknown()))
    assert record.message_id == "id"
    assert outbox.match(report(Status.DELIVERED, reference=None, message_id="id")) is record


def test_a_message_is_found_by_the_id_that_a_report_named(clocks: Clocks, outbox: Outbox) -> None:
    record = sent(clocks, outbox)
    assert outbox.apply_report(record, report(Status.SENT, message_id="id"))
    assert outbox.match(report(Status.DELIVERED, reference=None, message_id="id")) is record


@pytest.mark.parametrize(
    "order",
    [
        FORWARD,
        (Status.SENT, Status.ACCEPTED, Status.DELIVERED),
        (Status.DELIVERED, Status.SENT, Status.ACCEPTED),
        (Status.DELIVERED, Status.UNCERTAIN, Status.QUEUED),
        (Status.SENT, Status.SENT, Status.DELIVERED, Status.DELIVERED),
    ],
)
def test_in_any_order_the_message_ends_delivered(clocks: Clocks, outbox: Outbox, order: Sequence[Status]) -> None:
    record = sent(clocks, outbox)
    changed = [status for status in order if outbox.apply_report(record, report(status))]
    assert (record.status, record.phase, len(outbox)) == (Status.DELIVERED, Phase.DONE, 0)
    assert len(changed) == len(set(changed))


RANK = [Status.UNCERTAIN, Status.QUEUED, Status.ACCEPTED, Status.SENT]


def rank(status: Status) -> int:
    return RANK.index(status) if status in RANK else len(RANK)


@given(st.lists(st.sampled_from(Status), max_size=12), st.integers(0, 12), st.sampled_from(Status))
def test_no_order_of_reports_and_answer_goes_backwards(reports: list[Status], at: int, answer: Status) -> None:
    clocks = Clocks()
    outbox = Outbox(ACCOUNT, MessageDatabase(Path("unused")), UpdateLog(), now=clocks.now, time=clocks.time)
    record = sending(clocks, outbox)
    seen, changes, accepted = [record.status], 0, set[float]()
    for number, status in enumerate([*reports, None]):
        clocks.advance(1)
        if number == min(at, len(reports)):
            before = record.status
            outbox.apply_result(record, result(record, answer, error=ERRORS.get(answer)))
            # The result is the first status if nothing was reported, else it ranks as the report does or higher.
            assert before is Status.QUEUED or rank(record.status) >= rank(before)
            seen = [record.status]
        if status:
            changes += (is_changed := outbox.apply_report(record, report(status)))
            seen.append(record.status)
            assert is_changed == (seen[-1] is not seen[-2])
        accepted |= {record.accepted_at} if record.accepted_at else set()
    assert [rank(status) for status in seen] == sorted(rank(status) for status in seen)
    finals = [status for status in seen if rank(status) == len(RANK)]
    assert len(set(finals)) <= 1
    assert len(accepted) <= 1
    assert (record.reference in {each.reference for each in outbox}) == record.is_pending
    assert changes <= len(RANK)


@pytest.mark.parametrize("first", FINAL)
@pytest.mark.parametrize("second", Status)
def test_a_final_status_stays(clocks: Clocks, outbox: Outbox, first: Status, second: Status) -> None:
    record = sent(clocks, outbox)
    assert outbox.apply_report(record, report(first, reason=FailureReason.OTHER))
    assert not outbox.apply_report(record, report(second, provider_status="other"))
    assert (record.status, record.provider_status, record.reason) == (first, str(first), FailureReason.OTHER)


def test_an_unknown_word_is_kept_and_changes_nothing(clocks: Clocks, outbox: Outbox) -> None:
    record = sent(clocks, outbox)
    assert not outbox.apply_report(record, report(Status.UNCERTAIN, provider_status="42"))
    assert (record.status, record.provider_status) == (Status.ACCEPTED, "42")


def test_a_late_report_makes_a_message_pending_again(clocks: Clocks, outbox: Outbox) -> None:
    record = clocks.message(phase=Phase.DONE, status=Status.UNCERTAIN)
    assert outbox.apply_report(record, report(Status.SENT, message_id="id"))
    assert (record.phase, list(outbox), record.accepted_at) == (Phase.TRACKED, [record], clocks.time())
    clocks.advance(1)
    assert outbox.apply_report(record, report(Status.DELIVERED))
    assert (record.phase, list(outbox), record.accepted_at) == (Phase.DONE, [], clocks.time() - 1)


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
    ],
)
def test_a_report_matches_by_reference_then_by_message_id(
    clocks: Clocks, outbox: Outbox, about: dict[str, Any], found: str | None
) -> None:
    sent(clocks, outbox, "one", message_id="id-one")
    sent(clocks, outbox, "two", message_id="id-two")
    record = outbox.match(report(Status.DELIVERED, **about))
    assert (record.reference if record else None) == found


# -- reports that come before the result ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "status"), [(EARLY_REPORT_TIMEOUT - 1, Status.DELIVERED), (EARLY_REPORT_TIMEOUT, Status.ACCEPTED)]
)
def test_an_early_report_is_kept_ten_minutes(clocks: Clocks, outbox: Outbox, after: float, status: Status) -> None:
    record, other = sending(clocks, outbox), sending(clocks, outbox, "two")
    early = report(Status.DELIVERED, reference=None, message_id="id")
    assert outbox.match(early) is None
    assert outbox.keep_early(early)
    clocks.advance(after)
    assert outbox.keep_early(report(Status.SENT, reference=None, message_id="other"))
    outbox.apply_result(other, result(other, message_id="another"))
    outbox.apply_result(record, result(record, message_id="id"))
    assert (record.status, other.status) == (status, Status.ACCEPTED)


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.TRACKED])
def test_a_report_is_kept_only_while_a_message_is_being_sent(clocks: Clocks, outbox: Outbox, phase: Phase) -> None:
    outbox.take(clocks.message(phase=phase))
    assert not outbox.keep_early(report(Status.DELIVERED, reference=None, message_id="id"))


def test_forged_reports_fill_no_memory(clocks: Clocks, outbox: Outbox) -> None:
    sending(clocks, outbox)
    assert not outbox.keep_early(report(Status.DELIVERED, reference="nobody's", message_id=None))
    kept = [
        outbox.keep_early(report(Status.SENT, message_id=f"id{number}")) for number in range(MAX_EARLY_REPORTS + 10)
    ]
    assert sum(kept) == MAX_EARLY_REPORTS
    clocks.advance(EARLY_REPORT_TIMEOUT)
    assert outbox.keep_early(report(Status.SENT, message_id="id"))


# -- several reports, saved and published --------------------------------------------------------------------------


@pytest.fixture
def saved_outbox(database: MessageDatabase, log: UpdateLog, clocks: Clocks) -> Outbox:
    """An outbox with a database."""
    return Outbox(ACCOUNT, database, log, now=clocks.now, time=clocks.time)


async def add_accepted(clocks: Clocks, outbox: Outbox, message_id: str | None = None) -> MessageRecord:
    """Add a message that the provider accepted."""
    await outbox.add([record := clocks.message()])
    record.phase = Phase.SENDING
    outbox.apply_result(record, result(record, message_id=message_id))
    await outbox.save([record])
    return record


async def test_a_report_finds_a_message_that_is_done(saved_outbox: Outbox, log: UpdateLog, clocks: Clocks) -> None:
    record = await add_accepted(clocks, saved_outbox, "id")
    saved_outbox.fail(record, Status.ACCEPTED)  # no more reports are expected
    await saved_outbox.save([record], changed=())
    assert await saved_outbox.apply_reports([report(Status.DELIVERED, reference=None, message_id="id")]) == 0
    assert await saved_outbox.apply_reports([report(Status.DELIVERED, reference="nobody's", message_id="id")]) == 0
    assert log.news == [("one", Status.ACCEPTED), ("one", Status.DELIVERED)]


async def test_several_reports_about_one_message_are_published_once_each(
    saved_outbox: Outbox, log: UpdateLog, clocks: Clocks
) -> None:
    await saved_outbox.add([record := clocks.message()])
    statuses = (Status.SENT, Status.SENT, Status.DELIVERED, Status.DELIVERED)
    await saved_outbox.apply_reports([report(status) for status in statuses])
    published = [status for _, status in log.news]
    assert published[-1] is Status.DELIVERED
    assert len(published) == len(set(published))
    assert record.phase is Phase.DONE


async def test_a_report_twice_at_the_same_time_is_told_once(
    saved_outbox: Outbox, log: UpdateLog, clocks: Clocks
) -> None:
    records = [clocks.message(str(number)) for number in range(3 * MAX_PUBLISH)]
    await saved_outbox.add(records)
    reports = [report(Status.DELIVERED, reference=record.reference) for record in records]

    async def again() -> None:
        for each in reports:
            await saved_outbox.apply_reports([each])

    # The second call begins while the first one waits.
    first = saved_outbox.apply_reports(reports)
    async with asyncio.TaskGroup() as group:
        group.create_task(first)
        group.create_task(again())
    assert sorted(reference for reference, _ in log.news) == sorted(record.reference for record in records)
    assert len(log.of(Change.ENDED)) == len(records)


@pytest.mark.parametrize("about_it", [{"reference": "x"}, {"reference": None, "message_id": "x"}, {"reference": None}])
async def test_a_report_of_nobody_is_counted(
    saved_outbox: Outbox, log: UpdateLog, clocks: Clocks, about_it: dict[str, str | None]
) -> None:
    await saved_outbox.add([clocks.message()])
    forged = DeliveryReport(status=Status.DELIVERED, provider_status="3", **about_it)  # type: ignore[arg-type]
    assert await saved_outbox.apply_reports([forged, forged]) == 2
    assert log.updates == []


async def test_another_accounts_message_is_nobodys(
    database: MessageDatabase, saved_outbox: Outbox, clocks: Clocks
) -> None:
    record = await add_accepted(clocks, saved_outbox, "id")
    other = Outbox("other", database, UpdateLog(), now=clocks.now, time=clocks.time)
    reports = [report(Status.DELIVERED), report(Status.SENT, reference=None, message_id="id")]
    assert await other.apply_reports(reports) == 2
    assert record.status is Status.ACCEPTED


async def test_a_report_before_the_answer_is_told_after_it(
    saved_outbox: Outbox, log: UpdateLog, clocks: Clocks
) -> None:
    await saved_outbox.add([record := clocks.message()])
    record.phase = Phase.SENDING
    assert await saved_outbox.apply_reports([report(Status.DELIVERED, reference=None, message_id="id")]) == 0
    assert log.updates == []
    saved_outbox.apply_result(record, result(record, message_id="id"))
    await saved_outbox.save([record])
    assert log.news == [("one", Status.DELIVERED)]
    assert log.changes == [("one", Change.ACCEPTED), ("one", Change.ENDED)]
