"""The reply matcher finds the message that a text answers, and it does not wait for a stuck disk."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from threading import Event
import time
from unittest.mock import Mock

import pytest

from custom_components.texting.delivery.database import MessageDatabase
from custom_components.texting.delivery.outbox import Outbox
from custom_components.texting.gateway.message import IncomingMessage
from custom_components.texting.inbound import reply_matcher as matching
from custom_components.texting.inbound.reply_matcher import ReplyMatcher
from tests.simulator.loop_clock import LoopClock
from tests.support.records import ACCOUNT, record

NUMBER = "+33612345678"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[MessageDatabase]:
    database = MessageDatabase(tmp_path / "texting.db")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def matcher(database: MessageDatabase) -> ReplyMatcher:
    return ReplyMatcher(Outbox(ACCOUNT, database, Mock(), now=asyncio.get_running_loop().time))


@pytest.fixture
async def loop_clock(monkeypatch: pytest.MonkeyPatch) -> LoopClock:
    """The clock of the loop. It moves only when the test moves it."""
    return LoopClock(asyncio.get_running_loop(), monkeypatch, stands_still=True)


async def turns() -> None:
    """Let everything happen that waits neither for the disk nor for the clock."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def stuck(database: MessageDatabase) -> Iterator[Event]:
    """Block the database thread until the test sets this event."""
    free = Event()
    assert database._thread
    database._thread.submit(free.wait)
    yield free
    free.set()


def text(words: str, reference: str | None = None) -> IncomingMessage:
    return IncomingMessage(sender=NUMBER, text=words, reference=reference)


async def test_what_it_answers(database: MessageDatabase, matcher: ReplyMatcher) -> None:
    now = time.time()
    parent = record(8).reference
    await database.write([record(1, accepted_at=now - 72 * 3600 + 60), record(2, accepted_at=now - 72 * 3600 - 60)])
    told: list[IncomingMessage] = []
    await matcher.match(text("one"), told.append)
    await matcher.match(text("two", record(2).reference), told.append)
    await database.write([record(3, accepted_at=now, parent=parent)])
    await matcher.match(text("three"), told.append)
    await matcher.match(IncomingMessage(sender="+33699999999", text="four"), told.append)
    assert [each.in_reply_to for each in told] == [record(1).reference, record(2).reference, parent, None]
    assert [each.text for each in told] == ["one", "two", "three", "four"]


async def test_a_stuck_disk_is_not_waited_for(matcher: ReplyMatcher, stuck: Event, loop_clock: LoopClock) -> None:
    told: list[IncomingMessage] = []
    matches = [asyncio.create_task(matcher.match(text(str(number)), told.append)) for number in range(100)]
    await turns()
    assert told == []
    loop_clock.advance(matching.LOOKUP_TIMEOUT)
    await asyncio.gather(*matches)
    assert not stuck.is_set()
    assert [each.text for each in told] == [str(number) for number in range(100)]
    assert {each.in_reply_to for each in told} == {None}


async def test_texts_are_told_in_their_order(database: MessageDatabase, matcher: ReplyMatcher, stuck: Event) -> None:
    """The second text waits until the disk has returned the result for the first text."""
    now = time.time()
    written = database.write([record(1, accepted_at=now)])
    told: list[IncomingMessage] = []
    first = asyncio.create_task(matcher.match(text("first"), told.append))
    await asyncio.sleep(0)
    second = asyncio.create_task(matcher.match(text("second"), told.append))
    await turns()
    assert told == []
    stuck.set()
    await asyncio.gather(first, second, written)
    assert [(each.text, each.in_reply_to) for each in told] == [
        ("first", record(1).reference),
        ("second", record(1).reference),
    ]


async def test_a_closed_outbox_delays_nothing(database: MessageDatabase, matcher: ReplyMatcher) -> None:
    await database.close()
    told: list[IncomingMessage] = []
    await matcher.match(text("one"), told.append)
    assert [(each.text, each.in_reply_to) for each in told] == [("one", None)]


async def test_the_end_loses_nothing(matcher: ReplyMatcher, stuck: Event) -> None:
    told: list[IncomingMessage] = []
    tasks = [asyncio.create_task(matcher.match(text(str(number)), told.append)) for number in range(3)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert [each.text for each in told] == ["0", "1", "2"]
    assert all(task.cancelled() for task in tasks)


async def test_one_who_fails_does_not_stop_the_next(matcher: ReplyMatcher) -> None:
    def fail(_incoming: IncomingMessage) -> None:
        raise ValueError("no")

    told: list[IncomingMessage] = []
    with pytest.raises(ValueError, match="no"):
        await matcher.match(text("one"), fail)
    await matcher.match(text("two"), told.append)
    assert [each.text for each in told] == ["two"]
