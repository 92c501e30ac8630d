"""Telling what a text answers, whatever the disk does."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from threading import Event
import time

import pytest

from custom_components.texting.delivery.book import Book
from custom_components.texting.delivery.desk import Desk
from custom_components.texting.delivery.outbox import Outbox
from custom_components.texting.gateway.message import IncomingMessage
from custom_components.texting.two_way import matching
from custom_components.texting.two_way.matching import Matcher
from tests.delivery.messages import ACCOUNT, record

NUMBER = "+33612345678"


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    outbox = Outbox(tmp_path / "texting.db")
    await outbox.open()
    yield outbox
    await outbox.close()


@pytest.fixture
async def matcher(outbox: Outbox) -> Matcher:
    return Matcher(Desk(ACCOUNT, outbox, Book(asyncio.get_running_loop().time, time.time)))


@pytest.fixture
def stuck(outbox: Outbox) -> Iterator[Event]:
    """The disk answers only when this is set."""
    free = Event()
    assert outbox._thread
    outbox._thread.submit(free.wait)
    yield free
    free.set()


def text(words: str, reference: str | None = None) -> IncomingMessage:
    return IncomingMessage(sender=NUMBER, text=words, reference=reference)


async def test_what_it_answers(outbox: Outbox, matcher: Matcher) -> None:
    now = time.time()
    parent = record(8).reference
    await outbox.write([record(1, taken_at=now - 72 * 3600 + 60), record(2, taken_at=now - 72 * 3600 - 60)])
    told: list[IncomingMessage] = []
    await matcher.tell(text("one"), told.append)
    await matcher.tell(text("two", record(2).reference), told.append)
    await outbox.write([record(3, taken_at=now, parent=parent)])
    await matcher.tell(text("three"), told.append)
    await matcher.tell(IncomingMessage(sender="+33699999999", text="four"), told.append)
    assert [each.answers for each in told] == [record(1).reference, record(2).reference, parent, None]
    assert [each.text for each in told] == ["one", "two", "three", "four"]


async def test_a_stuck_disk_is_not_waited_for(matcher: Matcher, stuck: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "FOUND_WITHIN", 0.05)
    told: list[IncomingMessage] = []
    async with asyncio.timeout(5):
        await asyncio.gather(*(matcher.tell(text(str(number)), told.append) for number in range(100)))
    assert not stuck.is_set()
    assert [each.text for each in told] == [str(number) for number in range(100)]
    assert {each.answers for each in told} == {None}


async def test_texts_are_told_in_their_order(outbox: Outbox, matcher: Matcher, stuck: Event) -> None:
    """Also those whose turn comes before the disk has answered the one before."""
    now = time.time()
    written = outbox.write([record(1, taken_at=now)])
    told: list[IncomingMessage] = []
    first = asyncio.create_task(matcher.tell(text("first"), told.append))
    await asyncio.sleep(0)
    second = asyncio.create_task(matcher.tell(text("second"), told.append))
    await asyncio.sleep(0.02)
    assert told == []
    stuck.set()
    await asyncio.gather(first, second, written)
    assert [(each.text, each.answers) for each in told] == [
        ("first", record(1).reference),
        ("second", record(1).reference),
    ]


async def test_a_closed_outbox_delays_nothing(outbox: Outbox, matcher: Matcher) -> None:
    await outbox.close()
    told: list[IncomingMessage] = []
    await matcher.tell(text("one"), told.append)
    assert [(each.text, each.answers) for each in told] == [("one", None)]


async def test_the_end_loses_nothing(matcher: Matcher, stuck: Event) -> None:
    told: list[IncomingMessage] = []
    tasks = [asyncio.create_task(matcher.tell(text(str(number)), told.append)) for number in range(3)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert [each.text for each in told] == ["0", "1", "2"]
    assert all(task.cancelled() for task in tasks)


async def test_one_who_fails_does_not_stop_the_next(matcher: Matcher) -> None:
    def fail(_incoming: IncomingMessage) -> None:
        raise ValueError("no")

    told: list[IncomingMessage] = []
    with pytest.raises(ValueError, match="no"):
        await matcher.tell(text("one"), fail)
    await matcher.tell(text("two"), told.append)
    assert [each.text for each in told] == ["two"]
