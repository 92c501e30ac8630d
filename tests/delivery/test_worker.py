"""What leaves when: batches, places, retries, the end of a message's time, a clock that is set."""

import asyncio
from dataclasses import replace
from itertools import chain

from hypothesis import given, strategies as st
import pytest

from custom_components.texting.delivery import worker as module
from custom_components.texting.delivery.record import Phase
from custom_components.texting.delivery.worker import FASTEST_RETRY, SLOWEST_RETRY, backoff
from custom_components.texting.gateway.errors import (
    CannotConnect,
    CertificateInvalid,
    InsufficientCredit,
    MessageRejected,
    RateLimited,
)
from custom_components.texting.gateway.status import FailureReason, Status

from .clock import DAY
from .toy import Bench, until


@given(st.integers(0, 100_000))
def test_each_wait_is_between_2_s_and_5_minutes(failures: int) -> None:
    assert FASTEST_RETRY == 2 <= backoff(failures) <= SLOWEST_RETRY == 300


def test_waits_grow_and_are_not_all_the_same() -> None:
    assert max(backoff(1) for _ in range(100)) <= 4
    assert min(backoff(4) for _ in range(100)) >= 16
    assert min(backoff(20) for _ in range(100)) >= 150
    assert len({backoff(8) for _ in range(10)}) > 1


async def test_nothing_is_sent_before_start_and_all_after(bench: Bench) -> None:
    records = await bench.ask("a", "b", "c", "d", start=False)
    await asyncio.sleep(0.01)
    assert bench.gateway.sent == []
    bench.worker.start(bench.gateway)
    assert set(await bench.answered(records)) == {Status.ACCEPTED}
    assert sorted(map(len, bench.gateway.sent)) == [1, 3]
    assert sorted(chain(*bench.gateway.sent)) == ["a", "b", "c", "d"]


async def test_that_it_leaves_is_on_disk_before_it_leaves(bench: Bench) -> None:
    phases: list[asyncio.Task[Phase | None]] = []
    bench.gateway.before = lambda: phases.append(asyncio.ensure_future(bench.phase("a")))
    bench.gateway.open.clear()
    records = await bench.ask("a")
    await until(lambda: phases and phases[0].done())
    assert phases[0].result() is Phase.SENDING
    bench.gateway.open.set()
    assert await bench.answered(records) == [Status.ACCEPTED]
    assert await bench.phase("a") is Phase.FOLLOWED


async def test_no_more_than_its_places_at_once(bench: Bench) -> None:
    bench.gateway.open.clear()
    records = await bench.ask(*map(str, range(20)))
    await until(lambda: bench.gateway.in_flight == 2)
    await asyncio.sleep(0.02)
    bench.gateway.open.set()
    await bench.answered(records)
    assert (bench.gateway.most_in_flight, sum(map(len, bench.gateway.sent))) == (2, 20)


async def test_urgent_ones_go_first_and_texts_apart(bench: Bench) -> None:
    bench.gateway.info = replace(bench.gateway.info, in_flight=1)  # type: ignore[misc]
    await bench.ask("a", start=False)
    await bench.ask("b", text="Fire", start=False)
    await bench.ask("c", urgent=True, text="Gas", start=False)
    records = list(bench.book)
    bench.worker.start(bench.gateway)
    await bench.answered(records)
    assert bench.gateway.sent == [["c"], ["a"], ["b"]]


async def test_an_error_of_one_message_is_its_own(bench: Bench) -> None:
    bench.gateway.endings.append([None, MessageRejected(reason=FailureReason.OPTED_OUT), InsufficientCredit()])
    records = await bench.ask("a", "b", "c")
    assert await bench.answered(records) == [Status.ACCEPTED, Status.REJECTED, Status.REJECTED]
    assert [record.reason for record in records] == [None, FailureReason.OPTED_OUT, FailureReason.INSUFFICIENT_CREDIT]
    assert (len(bench.gateway.sent), bench.trouble) == (1, [])


async def test_of_a_batch_only_what_was_too_much_is_sent_again(bench: Bench) -> None:
    bench.gateway.endings.append([None, RateLimited(), MessageRejected()])
    records = await bench.ask("a", "b", "c")
    assert await bench.answered(records) == [Status.ACCEPTED, Status.ACCEPTED, Status.REJECTED]
    assert bench.gateway.sent == [["a", "b", "c"], ["b"]]


# -- out of reach --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("hasty")
async def test_what_never_left_waits_and_is_told_once(bench: Bench) -> None:
    bench.gateway.endings += [CannotConnect(), CannotConnect(), CannotConnect()]
    records = await bench.ask("a", "b")
    assert await bench.answered(records) == [Status.ACCEPTED] * 2
    assert bench.gateway.sent == [["a", "b"]] * 4
    assert bench.told == [("a", Status.QUEUED), ("b", Status.QUEUED), ("a", Status.ACCEPTED), ("b", Status.ACCEPTED)]
    assert [type(error) for error in bench.trouble] == [CannotConnect, type(None)]
    assert records[0].failure is None


@pytest.mark.usefixtures("hasty")
async def test_after_a_failure_one_request_tries(bench: Bench) -> None:
    bench.gateway.endings += [CannotConnect()] * 4
    records = await bench.ask(*map(str, range(12)))
    await until(lambda: len(bench.gateway.sent) > 3)
    bench.gateway.open.clear()
    await until(lambda: bench.gateway.in_flight)
    await asyncio.sleep(0.05)
    assert bench.gateway.in_flight == 1
    bench.gateway.open.set()
    assert set(await bench.answered(records)) == {Status.ACCEPTED}


async def test_it_waits_2_s_at_least(bench: Bench) -> None:
    """Real seconds."""
    bench.gateway.endings.append(CannotConnect())
    records = await bench.ask("a")
    assert await bench.answered(records) == [Status.ACCEPTED]
    assert 2 <= bench.gateway.at[1] - bench.gateway.at[0] < 4.5


@pytest.mark.usefixtures("hasty")
async def test_it_waits_as_long_as_the_gateway_asks(bench: Bench) -> None:
    bench.gateway.endings.append(RateLimited(retry_after=3600))
    records = await bench.ask("a")
    await until(lambda: bench.told)
    record = await bench.outbox.find(reference="a")
    assert record is not None
    # Also after a restart.
    assert (record.phase, round(record.due_at - bench.clocks.today())) == (Phase.WAITING, 3600)
    await bench.ask("b", urgent=True)  # a start begins anew: the user has loaded the account again
    assert await bench.answered(records) == [Status.ACCEPTED]


@pytest.mark.usefixtures("hasty")
async def test_nobody_jumps_the_queue_of_a_busy_gateway(bench: Bench) -> None:
    bench.gateway.endings.append(RateLimited(retry_after=0.3))
    records = await bench.ask("a")
    await until(lambda: bench.trouble)
    records += await bench.ask("b", urgent=True, start=False)
    assert set(await bench.answered(records)) == {Status.ACCEPTED}
    assert bench.gateway.at[1] - bench.gateway.at[0] >= 0.3


@pytest.mark.usefixtures("hasty")
async def test_a_certificate_that_fails_later_is_told_too(bench: Bench) -> None:
    bench.gateway.endings += [CannotConnect(), CertificateInvalid(), CertificateInvalid(), CannotConnect()]
    records = await bench.ask("a")
    assert await bench.answered(records) == [Status.ACCEPTED]
    assert [type(error) for error in bench.trouble] == [CannotConnect, CertificateInvalid, CannotConnect, type(None)]


@pytest.mark.usefixtures("hasty")
async def test_a_message_ends_with_its_time_and_never_leaves(bench: Bench) -> None:
    bench.gateway.endings += [RateLimited(retry_after=3600)]
    records = await bench.ask("a", "b", valid_for=0.15)
    assert await bench.answered(records) == [Status.EXPIRED] * 2
    assert [record.reason for record in records] == [FailureReason.EXPIRED] * 2
    assert len(bench.gateway.sent) == 1
    assert await bench.phase("a") is Phase.ENDED


async def test_a_held_message_leaves_when_it_is_due(bench: Bench) -> None:
    records = await bench.ask("a", due_at=bench.clocks.today() + 0.2)
    await bench.ask("b")
    await asyncio.sleep(0.05)
    assert bench.gateway.sent == [["b"]]
    assert await bench.answered(records) == [Status.ACCEPTED]


# -- taken back, stopped, started again ----------------------------------------------------------------------------


async def test_what_waits_can_be_taken_back(bench: Bench) -> None:
    first, second = await bench.ask("a", "b", start=False)
    assert await bench.worker.cancel(first, MessageRejected("taken back"))
    bench.worker.start(bench.gateway)
    assert await bench.answered([first, second]) == [Status.REJECTED, Status.ACCEPTED]
    assert bench.gateway.sent == [["b"]]
    assert not await bench.worker.cancel(second, MessageRejected("taken back"))
    assert await bench.phase("a") is Phase.ENDED


async def test_what_is_under_way_when_it_stops_comes_to_its_end(bench: Bench) -> None:
    bench.gateway.open.clear()
    records = await bench.ask(*map(str, range(9)))
    await until(lambda: bench.gateway.in_flight == 2)
    bench.worker.stop()
    bench.gateway.open.set()
    await until(lambda: not bench.worker.requests)
    assert len(bench.gateway.sent) == 2
    assert [record.status for record in records].count(Status.ACCEPTED) == 6
    bench.worker.start(bench.gateway)
    assert set(await bench.answered(records)) == {Status.ACCEPTED}
    assert sorted(chain(*bench.gateway.sent)) == [str(number) for number in range(9)]


async def test_starting_again_counts_what_is_under_way(bench: Bench) -> None:
    bench.gateway.open.clear()
    records = await bench.ask(*map(str, range(9)))
    await until(lambda: bench.gateway.in_flight == 2)
    for _ in range(3):
        bench.worker.stop()
        bench.worker.start(bench.gateway)
        await asyncio.sleep(0.01)
    assert (bench.gateway.in_flight, bench.gateway.asked) == (2, [])
    bench.gateway.open.set()
    assert set(await bench.answered(records)) == {Status.ACCEPTED}
    assert bench.gateway.most_in_flight == 2


@pytest.mark.usefixtures("hasty")
async def test_a_fault_of_ours_is_an_unknown_outcome(bench: Bench) -> None:
    bench.gateway.endings.append(RuntimeError("Water"))
    records = await bench.ask("a")
    assert await bench.answered(records) == [Status.UNKNOWN]
    assert len(bench.gateway.sent) == 1


# -- the clock is set ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("jump", [-DAY, DAY])
async def test_a_clock_that_is_set_neither_freezes_nor_bursts(bench: Bench, jump: float) -> None:
    bench.gateway.endings += [CannotConnect()] * 3
    held = await bench.ask("held", due_at=bench.clocks.today() + 1.5, start=False)
    records = await bench.ask("a", "b")
    bench.clocks.jump(jump)
    assert set(await bench.answered(records)) == {Status.ACCEPTED}
    assert "held" not in chain(*bench.gateway.sent)
    assert await bench.answered(held) == [Status.ACCEPTED]
    gaps = [after - before for before, after in zip(bench.gateway.at, bench.gateway.at[1:], strict=False)]
    assert min(gaps[:3]) >= module.FASTEST_RETRY * 0.9


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("jump", [-DAY, DAY])
async def test_a_clock_that_is_set_makes_nobody_live_longer(bench: Bench, jump: float) -> None:
    bench.gateway.endings += [RateLimited(retry_after=3600)]
    begin = asyncio.get_running_loop().time()
    records = await bench.ask("a", valid_for=0.2)
    bench.clocks.jump(jump)
    assert await bench.answered(records) == [Status.EXPIRED]
    assert 0.15 < asyncio.get_running_loop().time() - begin < 1
