"""Which message leaves next."""

from collections.abc import Hashable
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.texting.delivery.queue import SPARE, Queue
from custom_components.texting.delivery.record import Record

from .clock import Clocks


def key(record: Record) -> Hashable:
    """Messages of one text share a batch."""
    return record.message.text


@pytest.fixture
def queue() -> Queue:
    return Queue(key)


def put(queue: Queue, clocks: Clocks, reference: str, **changes: object) -> Record:
    """A message that was asked for now, waiting; ready and deadline in seconds from now."""
    now, ready, valid_for = clocks.now(), changes.pop("ready", 0.0), changes.pop("deadline", 3600.0)
    record = clocks.message(reference, **changes)
    assert isinstance(ready, float | int)
    assert isinstance(valid_for, float | int)
    record.ready, record.deadline = now + ready, now + valid_for
    queue.put(record, now)
    return record


def taken(queue: Queue, clocks: Clocks, most: int = 1) -> list[str]:
    return [record.reference for record in queue.take(most, clocks.now())]


def test_the_oldest_leaves_first_and_urgent_ones_before(queue: Queue, clocks: Clocks) -> None:
    for reference, urgent in (("a", False), ("b", True), ("c", False), ("d", True)):
        put(queue, clocks, reference, urgent=urgent)
        clocks.pass_(1)
    assert [taken(queue, clocks) for _ in range(5)] == [["b"], ["d"], ["a"], ["c"], []]


def test_age_counts_not_when_it_was_put_there(queue: Queue, clocks: Clocks) -> None:
    young = put(queue, clocks, "young")
    old = clocks.message("old", text="Fire")
    old.asked_at -= 10
    queue.put(old, clocks.now())
    assert taken(queue, clocks, 9) == ["old"]
    queue.put(old, clocks.now())
    queue.put(young, clocks.now())
    assert [taken(queue, clocks), taken(queue, clocks), taken(queue, clocks)] == [["old"], ["young"], []]


def test_those_of_one_key_share_a_batch(queue: Queue, clocks: Clocks) -> None:
    for reference, text in (("a", "Water"), ("b", "Fire"), ("c", "Water"), ("d", "Water"), ("e", "Fire")):
        put(queue, clocks, reference, text=text)
    assert [taken(queue, clocks, 2) for _ in range(4)] == [["a", "c"], ["b", "e"], ["d"], []]


def test_an_urgent_one_takes_its_group_along(queue: Queue, clocks: Clocks) -> None:
    put(queue, clocks, "a", text="Fire")
    put(queue, clocks, "b")
    put(queue, clocks, "c", urgent=True)
    assert [taken(queue, clocks, 9), taken(queue, clocks, 9)] == [["c", "b"], ["a"]]


def test_a_held_one_waits_until_it_is_ready(queue: Queue, clocks: Clocks) -> None:
    put(queue, clocks, "a", ready=60)
    assert queue.next_change(clocks.now()) == clocks.now() + 60
    assert taken(queue, clocks) == []
    clocks.pass_(59)
    assert taken(queue, clocks) == []
    clocks.pass_(1)
    assert taken(queue, clocks) == ["a"]
    assert taken(queue, clocks) == []


def test_a_message_expires_also_while_it_is_held(queue: Queue, clocks: Clocks) -> None:
    put(queue, clocks, "a", ready=600, deadline=60)
    put(queue, clocks, "b", deadline=30)
    assert queue.take_expired(clocks.now()) == []
    assert queue.next_change(clocks.now()) == clocks.now() + 30
    clocks.pass_(60)
    assert [record.reference for record in queue.take_expired(clocks.now())] == ["b", "a"]
    clocks.pass_(600)
    assert taken(queue, clocks) == []
    assert queue.take_expired(clocks.now()) == []


def test_a_held_one_that_is_due_hides_no_end(queue: Queue, clocks: Clocks) -> None:
    """While nothing can be sent, what is due stays where it is; others expire meanwhile, and that is to be told."""
    put(queue, clocks, "a", ready=10)
    put(queue, clocks, "b", deadline=60)
    clocks.pass_(20)
    assert queue.next_change(clocks.now()) == clocks.now() + 40


def test_one_that_was_taken_back_is_not_taken(queue: Queue, clocks: Clocks) -> None:
    first, second, held = put(queue, clocks, "a"), put(queue, clocks, "b"), put(queue, clocks, "c", ready=5)
    queue.remove(first)
    queue.remove(held)
    clocks.pass_(10)
    assert taken(queue, clocks, 9) == ["b"]
    clocks.pass_(7200)
    assert queue.take_expired(clocks.now()) == []
    assert {first.ticket, second.ticket, held.ticket} == {0}


def test_one_that_is_put_twice_leaves_once(queue: Queue, clocks: Clocks) -> None:
    record = put(queue, clocks, "a", ready=5)
    record.ready = clocks.now()
    queue.put(record, clocks.now())
    clocks.pass_(10)
    assert [taken(queue, clocks, 9), taken(queue, clocks, 9)] == [["a"], []]


def test_entries_that_are_not_true_any_more_do_not_pile_up(queue: Queue, clocks: Clocks) -> None:
    for number in range(10 * SPARE):
        put(queue, clocks, str(number))
        assert taken(queue, clocks) == [str(number)]
    assert len(queue._deadlines) <= SPARE + 2
    assert (queue._ready, queue._groups, queue._held) == ([], {}, [])


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
def test_each_leaves_or_expires_or_was_taken_back_exactly_once(
    wanted: list[tuple[bool, str, int, int, bool]], most: int, seed: int
) -> None:
    clocks, queue, order = Clocks(), Queue(key), Random(seed)  # noqa: S311  no secret
    left: list[Record] = []
    removed: list[Record] = []
    waiting: dict[str, Record] = {}
    expired: list[Record] = []
    for number, (urgent, text, ready, deadline, take_back) in enumerate(wanted):
        record = put(queue, clocks, str(number), urgent=urgent, text=text, ready=ready, deadline=deadline)
        waiting[record.reference] = record
        if take_back:
            queue.remove(record)
            removed.append(waiting.pop(record.reference))
        clocks.pass_(order.choice([0, 1, 7]))
        if order.random() < 0.3:
            expired += [waiting.pop(record.reference) for record in queue.take_expired(clocks.now())]
            batch = queue.take(most, clocks.now())
            ready_now = [each for each in waiting.values() if each.ready <= clocks.now()]
            assert bool(batch) == bool(ready_now)
            if batch:
                assert batch[0] is min(ready_now, key=lambda each: (not each.urgent, each.asked_at, each.ticket or 0))
                assert len({key(each) for each in batch}) == 1
                assert len(batch) == min(most, sum(key(each) == key(batch[0]) for each in ready_now))
            left += [waiting.pop(each.reference) for each in batch]
    clocks.pass_(1000)
    expired += [waiting.pop(record.reference) for record in queue.take_expired(clocks.now())]
    assert waiting == {}
    assert len(left) + len(expired) + len(removed) == len(wanted)
    assert (queue.take(9, clocks.now()), queue.next_change(clocks.now())) == ([], None)
