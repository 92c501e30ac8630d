"""The receiver finds what a text answers and publishes texts in their order. It does not wait for a stuck disk."""

import asyncio
from collections.abc import Iterator
from threading import Event
import time
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting import receiver as receiving
from custom_components.texting.delivery.database import MessageDatabase
from custom_components.texting.gateway.message import IncomingMessage
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.receiver import Receiver
from custom_components.texting.signals import MESSAGE_RECEIVED
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from tests.conftest import PassTime, SetUp
from tests.support.home import pass_until, told, until
from tests.support.records import record

NUMBER = "+33612345678"


@pytest.fixture
async def entry(set_up: SetUp) -> MockConfigEntry:
    return await set_up(Provider.TEXTINGHOUSE)


@pytest.fixture
def receiver(entry: MockConfigEntry) -> Receiver:
    account: Any = entry.runtime_data
    found: Receiver = account.receiver
    return found


@pytest.fixture
def database(entry: MockConfigEntry) -> MessageDatabase:
    found: MessageDatabase = entry.runtime_data.outbox.database
    return found


@pytest.fixture
def heard(hass: HomeAssistant, entry: MockConfigEntry) -> list[IncomingMessage]:
    """The texts that were published, in their order."""
    texts: list[IncomingMessage] = []

    @callback
    def take(_entry_id: str, incoming: IncomingMessage, _incoming_id: str) -> None:
        texts.append(incoming)

    async_dispatcher_connect(hass, MESSAGE_RECEIVED, take)
    return texts


@pytest.fixture
def stuck(database: MessageDatabase) -> Iterator[Event]:
    """Block the database thread until the test sets this event."""
    free = Event()
    assert database._thread
    database._thread.submit(free.wait)
    yield free
    free.set()


def text(words: str, sender: str = NUMBER, **more: Any) -> IncomingMessage:
    return IncomingMessage(sender=sender, text=words, **more)


async def turns() -> None:
    """Let everything happen that waits neither for the disk nor for the clock."""
    for _ in range(50):
        await asyncio.sleep(0)


async def receive(receiver: Receiver, incoming: IncomingMessage) -> None:
    """Receive a text that is no repetition, and wait until it is published."""
    received = await receiver.async_receive(incoming)
    assert received
    if received.published:
        await received.published


async def test_what_it_answers(
    entry: MockConfigEntry, database: MessageDatabase, receiver: Receiver, heard: list[IncomingMessage]
) -> None:
    now, parent = time.time(), record(8).reference
    await database.write(
        [
            record(1, entry_id=entry.entry_id, accepted_at=now - 72 * 3600 + 60),
            record(2, entry_id=entry.entry_id, accepted_at=now - 72 * 3600 - 60, message_id="theirs"),
            record(4, accepted_at=now),  # of another account
        ]
    )
    await receive(receiver, text("one"))
    await receive(receiver, text("two", reference=record(2).reference))
    await receive(receiver, text("three", replied_message_id="theirs"))
    await database.write([record(3, entry_id=entry.entry_id, accepted_at=now, parent=parent)])
    await receive(receiver, text("four"))
    await receive(receiver, text("five", sender="+33699999999"))
    assert [(each.text, each.in_reply_to) for each in heard] == [
        ("one", record(1).reference),
        ("two", record(2).reference),
        ("three", record(2).reference),
        ("four", parent),
        ("five", None),
    ]


async def test_a_stuck_disk_is_not_waited_for(
    hass: HomeAssistant,
    database: MessageDatabase,
    receiver: Receiver,
    heard: list[IncomingMessage],
    stuck: Event,
    pass_time: PassTime,
) -> None:
    """100 people get no answer for the time of one look-up and one commit, and one person's texts stay in order."""
    senders = [f"+3361234{number:04}" for number in range(100)]
    tasks = [asyncio.create_task(receive(receiver, text("one", sender))) for sender in senders]
    second = asyncio.create_task(receive(receiver, text("two", senders[0])))
    await turns()
    assert heard == []
    for _ in range(2):
        await pass_time(receiving.LOOKUP_TIMEOUT, wait=False)
        await turns()
    await asyncio.gather(*tasks)
    assert not stuck.is_set()
    assert sorted((each.sender, each.text) for each in heard) == [(sender, "one") for sender in senders]
    await pass_until(hass, pass_time, second.done, receiving.LOOKUP_TIMEOUT)
    assert [each.text for each in heard if each.sender == senders[0]] == ["one", "two"]
    assert {each.in_reply_to for each in heard} == {None}
    # They are written as soon as the disk works.
    stuck.set()
    await told(hass)
    stored = await database._read("SELECT number FROM incoming WHERE handed_on ORDER BY id")
    assert sorted(str(number) for (number,) in stored) == sorted([*senders, senders[0]])


async def test_texts_are_published_in_their_order(
    entry: MockConfigEntry, database: MessageDatabase, receiver: Receiver, heard: list[IncomingMessage], stuck: Event
) -> None:
    """The second text waits until the disk has returned what is known of the first. Another person's does not wait."""
    written = database.write([record(1, entry_id=entry.entry_id, accepted_at=time.time())])
    await turns()  # it waits before the look-ups
    first = asyncio.create_task(receive(receiver, text("first")))
    await asyncio.sleep(0)
    second = asyncio.create_task(receive(receiver, text("second")))
    await turns()
    assert heard == []
    stuck.set()
    await asyncio.gather(first, second, written)
    assert [(each.text, each.in_reply_to) for each in heard] == [
        ("first", record(1).reference),
        ("second", record(1).reference),
    ]


async def test_a_closed_database_delays_nothing(
    hass: HomeAssistant, database: MessageDatabase, receiver: Receiver, heard: list[IncomingMessage]
) -> None:
    await database.close()
    await receive(receiver, text("one"))
    assert [(each.text, each.in_reply_to) for each in heard] == [("one", None)]
    assert await receiver.async_receive(text("one")) is None
    await database.open()


async def test_a_caller_who_hangs_up_loses_nothing(
    hass: HomeAssistant, database: MessageDatabase, receiver: Receiver, heard: list[IncomingMessage], stuck: Event
) -> None:
    tasks = [asyncio.create_task(receive(receiver, text(str(number)))) for number in range(3)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert all(task.cancelled() for task in tasks)
    assert heard == []
    stuck.set()
    await until(lambda: len(heard) == 3)
    assert [each.text for each in heard] == ["0", "1", "2"]
    await told(hass)
    assert await database._read("SELECT count(*) FROM incoming WHERE handed_on AND text IS NOT NULL") == [(3,)]


async def test_a_text_that_fails_does_not_stop_the_next(
    entry: MockConfigEntry, receiver: Receiver, heard: list[IncomingMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise ValueError("no")

    with monkeypatch.context() as patch:
        patch.setattr(entry.runtime_data.state.inbox, "receive", fail)
        with pytest.raises(ValueError, match="no"):
            await receiver.async_receive(text("one"))
    await receive(receiver, text("two"))
    assert [each.text for each in heard] == ["two"]
    assert receiver._turns == {}
