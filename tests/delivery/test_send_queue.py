"""Which message leaves next, and in which batch."""

from collections.abc import Hashable
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.texting.delivery.record import MessageRecord
from custom_components.texting.delivery.send_queue import MAX_OUTDATED, SendQueue
from tests.support.clock import Clocks


def key(record: MessageRecord) -> Hashable:
    """Let messages with the same text share a batch."""
    return record.message.text


@pytest.fixture
def queue() -> SendQueue:
    return SendQueue(key)


def put(queue: SendQueue, clocks: Clocks, reference: str, **changes: object) -> MessageRecord:
    """Queue a message that is created now. ready and deadline are in seconds from now."""
    now, ready, valid_for = clocks.now(), changes.pop("ready", 0.0), changes.pop("deadline", 3600.0)
    record = clocks.message(reference, **changes)
    assert isinstance(ready, float | int)
    assert isinstance(valid_for, float | int)
    record.ready, record.deadline = now + ready, now + valid_for
    queue.put(record, now)
    return record


def taken(queue: SendQueue, clocks: Clocks, most: int = 1) -> list[str]:
    return [record.reference for record in queue.take(most, clocks.now())]


def test_urgent_messages_leave_first_then_the_oldest(queue: SendQueue, clocks: Clocks) -> None:
    for reference, urgent in (("a", False), ("b", True), ("c", False), ("d", True)):
        put(queue, clocks, reference, urgent=urgent)
        clocks.advance(1)
    assert [taken(queue, clocks) for _ in range(5)] == [["b"], ["d"], ["a"], ["c"], []]


def test_the_age_of_a_message_counts_and_not_when_it_was_queued(queue: SendQueue, clocks: Clocks) -> None:
    young = put(queue, clocks, "young")
    old = clocks.message("old", text="Fire")
    old.created_at -= 10
    queue.put(old, clocks.now())
    assert taken(queue, clocks, 9) == ["old"]
    queue.put(old, clocks.now())
    queue.put(young, clocks.now())
    assert [taken(queue, clocks), taken(queue, clocks), taken(queue, clocks)] == [["old"], ["young"], []]


def test_messages_with_one_key_share_a_batch(queue: SendQueue, clocks: Clocks) -> None:
    for reference, text in (("a", "Water"), ("b", "Fire"), ("c", "Water"), ("d", "Water"), ("e", "Fire")):
        put(queue, clocks, reference, text=text)
    assert [taken(queue, clocks, 2) for _ in range(4)] == [["a", "c"], ["b", "e"], ["d"], []]


def test_an_urgent_message_leaves_with_others_of_its_key(queue: SendQueue, clocks: Clocks) -> None:
    put(queue, clocks, "a", text="Fire")
    put(queue, clocks, "b")
    put(queue, clocks, "c", urgent=True)
    assert [taken(queue, clocks, 9), taken(queue, clocks, 9)] == [["c", "b"], ["a"]]


def test_a_held_message_waits_until_it_is_ready(queue: SendQueue, clocks: Clocks) -> None:
    put(queue, clocks, "a", ready=60)
    assert queue.next_change(clocks.now()) == clocks.now() + 60
    assert taken(queue, clocks) == []
    clocks.advance(59)
    assert taken(queue, clocks) == []
    clocks.advance(1)
    assert taken(queue, clocks) == ["a"]
    assert taken(queue, clocks) == []


def test_a_held_message_can_expire(queue: SendQueue, clocks: Clocks) -> None:
    put(queue, clocks, "a", ready=600, deadline=60)
    put(queue, clocks, "b", deadline=30)
    assert queue.take_expired(clocks.now()) == []
    assert queue.next_change(clocks.now()) == clocks.now() + 30
    clocks.advance(60)
    assert [record.reference for record in queue.take_expired(clocks.now())] == ["b", "a"]
    clocks.advance(600)
    assert taken(queue, clocks) == []
    assert queue.take_expired(clocks.now()) == []


def test_a_ready_message_hides_no_deadline(queue: SendQueue, clocks: Clocks) -> None:
    """While nothing can be sent, ready messages stay queued. Others may expire meanwhile, which must be noticed."""
    put(queue, clocks, "a", ready=10)
    put(queue, clocks, "b", deadline=60)
    clocks.advance(20)
    assert queue.next_change(clocks.now()) == clocks.now() + 40


def test_a_removed_message_does_not_leave(queue: SendQueue, clocks: Clocks) -> None:
    first, second, held = put(queue, clocks, "a"), put(queue, clocks, "b"), put(queue, clocks, "c", ready=5)
    queue.remove(first)
    queue.remove(held)
    clocks.advance(10)
    assert taken(queue, clocks, 9) == ["b"]
    clocks.advance(7200)
    assert queue.take_expired(clocks.now()) == []
    assert {first.queue_token, second.queue_token, held.queue_token} == {0}


def test_a_message_that_is_queued_twice_leaves_once(queue: SendQueue, clocks: Clocks) -> None:
    record = put(queue, clocks, "a", ready=5)
    record.ready = clocks.now()
    queue.put(record, clocks.now())
    clocks.advance(10)
    assert [taken(queue, clocks, 9), taken(queue, clocks, 9)] == [["a"], []]


def test_outdated_entries_do_not_pile_up(queue: SendQueue, clocks: Clocks) -> None:
    for number in range(10 * MAX_OUTDATED):
        put(queue, clocks, str(number))
        assert taken(queue, clocks) == [str(number)]
    assert len(queue._deadlines) <= MAX_OUTDATED + 2
    assert (queue._ready, queue._batches, queue._held) == ([], {}, [])


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.sampled_from("xyz"),
            st.sampled_from([0, 5, 50]),
            st.sampled_from([3, 20, 90]),
            st.booleans(),
        ),
        max_size=30,
    ),
    st.integers(1, 4),
    st.integers(0, 1000),
)
def test_each_message_leaves_or_expires_or_is_removed_exactly_once(
    wanted: list[tuple[bool, str, int, int, bool]], most: int, seed: int
) -> None:
    clocks, queue, order = Clocks(), SendQueue(key), Random(seed)  # noqa: S311  no secret
    left: list[MessageRecord] = []
    removed: list[MessageRecord] = []
    waiting: dict[str, MessageRecord] = {}
    expired: list[MessageRecord] = []

    def order_of(each: MessageRecord) -> tuple[bool, float, int]:
        return not each.urgent, each.created_at, each.queue_token

    for number, (urgent, text, ready, deadline, removes) in enumerate(wanted):
        record = put(queue, clocks, str(number), urgent=urgent, text=text, ready=ready, deadline=deadline)
        waiting[record.reference] = record
        if removes:
            queue.remove(record)
            removed.append(waiting.pop(record.reference))
        clocks.advance(order.choice([0, 1, 7]))
        if order.random() < 0.3:
            expired += [waiting.pop(record.reference) for record in queue.take_expired(clocks.now())]
            batch = queue.take(most, clocks.now())
            ready_now = [each for each in waiting.values() if each.ready <= clocks.now()]
            assert bool(batch) == bool(ready_now)
            if batch:
                assert batch[0] is min(ready_now, key=order_of)
                assert len({key(each) for each in batch}) == 1
                assert len(batch) == min(most, sum(key(each) == key(batch[0]) for each in ready_now))
            left += [waiting.pop(each.reference) for each in batch]
    clocks.advance(1000)
    expired += [waiting.pop(record.reference) for record in queue.take_expired(clocks.now())]
    assert waiting == {}
    assert len(left) + len(expired) + len(removed) == len(wanted)
    assert (queue.take(9, clocks.now()), queue.next_change(clocks.now())) == ([], None)
