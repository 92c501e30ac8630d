"""When the gateway is asked what became of messages, and what a poll that fails does."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from custom_components.texting.delivery import book as module, tracker as tracker_module
from custom_components.texting.delivery.book import FOLLOWED_FOR
from custom_components.texting.delivery.tracker import Tracker
from custom_components.texting.gateway.errors import AuthenticationFailed, GatewayError
from custom_components.texting.gateway.status import Status

from .clock import DAY, report
from .toy import Bench, until


@pytest.fixture
def failures() -> list[GatewayError]:
    return []


@pytest.fixture
async def tracker(
    bench: Bench, failures: list[GatewayError], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Tracker]:
    """Asks after 50 ms, then every 100 ms."""
    monkeypatch.setattr(module, "FIRST_POLL", 0.05)
    monkeypatch.setattr(module, "SLOWEST_POLL", 0.1)
    tracker = Tracker(
        bench.desk,
        bench.gateway,
        lambda work, name: asyncio.get_running_loop().create_task(work, name=name),
        failures.append,
    )
    yield tracker
    tracker.stop()


async def follow(bench: Bench, *references: str) -> None:
    for record in await bench.ask(*references, start=False):
        record.interval = 0.05
        record.message_id = f"id-{record.reference}"
        bench.book.settle(record, record.result)
        bench.book.apply(record, report(Status.ACCEPTED, reference=record.reference))


async def test_it_asks_until_all_is_known(bench: Bench, tracker: Tracker) -> None:
    tracker.start()
    await follow(bench, "a", "b")
    bench.gateway.news += [(), [report(Status.DELIVERED, reference="a")], [report(Status.SENT, reference="b")]]
    await until(lambda: len(bench.gateway.asked) > 3)
    assert bench.gateway.asked[:3] == [["a", "b"], ["a", "b"], ["b"]]
    assert [each for each in bench.told if each[1] is not Status.ACCEPTED] == [
        ("a", Status.DELIVERED),
        ("b", Status.SENT),
    ]
    bench.gateway.news.append([report(Status.DELIVERED, reference="b")])
    await until(lambda: not len(bench.book))
    asked = len(bench.gateway.asked)
    await asyncio.sleep(0.3)
    assert len(bench.gateway.asked) == asked


async def test_it_asks_of_what_was_there_before_it_began_and_not_after_it_ends(bench: Bench, tracker: Tracker) -> None:
    await follow(bench, "a")
    await asyncio.sleep(0.1)
    assert bench.gateway.asked == []
    tracker.start()
    await until(lambda: bench.gateway.asked)
    tracker.stop()
    asked = len(bench.gateway.asked)
    await follow(bench, "b")
    await asyncio.sleep(0.2)
    assert len(bench.gateway.asked) == asked


async def test_a_poll_that_fails_is_told_and_asked_again(
    bench: Bench, tracker: Tracker, failures: list[GatewayError], caplog: pytest.LogCaptureFixture
) -> None:
    error = AuthenticationFailed()
    bench.gateway.news += [error, RuntimeError("secret"), [report(Status.DELIVERED, reference="a")]]
    tracker.start()
    await follow(bench, "a")
    await until(lambda: not len(bench.book))
    assert failures == [error]
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


async def test_many_are_asked_about_in_parts(bench: Bench, tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracker_module, "POLL_AT_ONCE", 4)
    tracker.start()
    await follow(bench, *map(str, range(10)))
    await until(lambda: len(bench.gateway.asked) > 2)
    assert [len(asked) for asked in bench.gateway.asked[:3]] == [4, 4, 2]


async def test_who_is_too_old_ends_unasked(bench: Bench, tracker: Tracker) -> None:
    await follow(bench, "a")
    bench.clocks.jump(FOLLOWED_FOR + 1)
    tracker.start()
    await until(lambda: not len(bench.book))
    # There is no news of it.
    assert (bench.told, bench.gateway.asked) == ([], [])


@pytest.mark.parametrize("jump", [-DAY, DAY])
async def test_a_clock_that_is_set_neither_freezes_nor_bursts(bench: Bench, tracker: Tracker, jump: float) -> None:
    tracker.start()
    await follow(bench, "a")
    bench.clocks.jump(jump)
    await until(lambda: bench.gateway.asked)
    await asyncio.sleep(0.25)
    assert 2 <= len(bench.gateway.asked) <= 4
