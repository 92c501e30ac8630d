"""The history of several entries: sent and received messages in one order, page by page."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
import random

import pytest

from custom_components.texting.delivery.database import MessageDatabase
from custom_components.texting.delivery.history import HistoryQuery, Page, Position, ReceivedBy, SentBy
from custom_components.texting.delivery.incoming import IncomingRecord, lowest_id, time_of_id
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.gateway.status import Status
from tests.support.records import ACCOUNT, NUMBER, OTHER, delivered, ended, erase, incoming, record

BEN = "+33612345602"
# A recipient's id.
ANNA = "01JD0000000000000000000003"
EVERYTHING = HistoryQuery(
    sent=frozenset({SentBy(ACCOUNT), SentBy(OTHER)}), received=frozenset({ReceivedBy(ACCOUNT), ReceivedBy(OTHER)})
)
ATTEMPTS = frozenset({SentBy(ACCOUNT, attempts=True), SentBy(ACCOUNT)})


def to(recipient_id: str, sent: MessageRecord) -> MessageRecord:
    """Return a message to another recipient."""
    sent.recipient_id = recipient_id
    return sent


def names(messages: Iterable[MessageRecord | IncomingRecord]) -> list[str]:
    """Return what the messages are: S and the number that a sent message was created with, R and that of a text."""
    return [
        f"S{int(each.reference[4:])}" if isinstance(each, MessageRecord) else f"R{int(each.id[10:])}"
        for each in messages
    ]


async def found(database: MessageDatabase, query: HistoryQuery) -> list[str]:
    """Return the messages of the first page, which holds all."""
    page = await database.history(query)
    assert page.next is None
    return names(page.messages)


async def pages(database: MessageDatabase, query: HistoryQuery) -> list[Page]:
    """Return all pages."""
    read = [await database.history(query)]
    while before := read[-1].next:
        read.append(await database.history(replace(query, before=before)))
    return read


async def write(
    database: MessageDatabase, sent: Sequence[MessageRecord] = (), received: Sequence[IncomingRecord] = ()
) -> None:
    await database.write(sent, incoming=received)


async def test_sent_and_received_messages_of_all_entries_are_in_one_order(database: MessageDatabase) -> None:
    await write(
        database,
        [delivered(1), record(4), ended(3, entry_id=OTHER, status=Status.REJECTED)],
        [incoming(2), incoming(5, entry_id=OTHER)],
    )
    assert await found(database, EVERYTHING) == ["R5", "S4", "S3", "R2", "S1"]
    assert await found(database, HistoryQuery()) == []


async def test_only_what_is_wanted_is_found(database: MessageDatabase) -> None:
    await write(
        database,
        [
            to(ANNA, delivered(1)),
            to(OTHER, delivered(2)),
            delivered(3, entry_id=OTHER),
            to(ANNA, ended(4, status=Status.UNCERTAIN)),
            to(ANNA, delivered(5, parent="route")),
            to(ANNA, record(6)),
        ],
        [incoming(7), incoming(8, sender=BEN), incoming(9, entry_id=OTHER)],
    )
    for sent, expected in (
        (SentBy(ACCOUNT), ["S6", "S4", "S2", "S1"]),
        (SentBy(ACCOUNT, ANNA), ["S6", "S4", "S1"]),
        (SentBy(ACCOUNT, OTHER), ["S2"]),
        (SentBy(ACCOUNT, attempts=True), ["S5"]),
        (SentBy(ACCOUNT, ANNA, attempts=True), ["S5"]),
        (SentBy(ACCOUNT, OTHER, attempts=True), []),
        (SentBy(OTHER), ["S3"]),
    ):
        assert await found(database, HistoryQuery(sent=frozenset({sent}))) == expected
    for received, expected in (
        (ReceivedBy(ACCOUNT), ["R8", "R7"]),
        (ReceivedBy(ACCOUNT, BEN), ["R8"]),
        (ReceivedBy(OTHER, NUMBER), ["R9"]),
        (ReceivedBy(OTHER, BEN), []),
    ):
        assert await found(database, HistoryQuery(received=frozenset({received}))) == expected
    query = HistoryQuery(sent=ATTEMPTS)
    failed = replace(query, statuses=frozenset({Status.UNCERTAIN, Status.EXPIRED}))
    assert await found(database, failed) == ["S4"]
    assert await found(database, replace(query, statuses=frozenset())) == []
    assert await found(database, replace(query, only_done=True)) == ["S5", "S4", "S2", "S1"]
    newest = HistoryQuery(sent=frozenset({SentBy(ACCOUNT, ANNA)}), only_done=True, limit=1)
    assert names((await database.history(newest)).messages) == ["S4"]


async def test_a_period_has_a_first_moment_and_ends_before_a_moment(database: MessageDatabase) -> None:
    # 2.0005 is within a millisecond, of which a ULID knows nothing. 1.001 * 1000 is a little less than 1001.
    await write(
        database,
        [delivered(number, created_at=moment) for number, moment in enumerate((1.0, 1.001, 2.0, 2.0005, 3.0))],
        [
            incoming(number, id=f"{lowest_id(milliseconds=milliseconds)}{number:016}")
            for number, milliseconds in enumerate((1000, 1001, 2000, 2001, 3000))
        ],
    )

    async def between(since: float, until: float) -> list[str]:
        return await found(database, replace(EVERYTHING, since=since, until=until))

    assert await between(1.0, 2.0) == ["R1", "S1", "R0", "S0"]
    assert await between(1.001, 2.0) == ["R1", "S1"]
    assert await between(2.0, 2.0005) == ["R2", "S2"]
    assert await between(2.0005, 3.0) == ["R3", "S3"]
    assert await between(3.0, 9.0) == ["R4", "S4"]
    assert await between(3.0005, 1e12) == []
    assert await between(0.0, 1.0) == []
    before = Position(2.0005, 0, 4)
    query = replace(EVERYTHING, since=1.001, until=2.0, before=before)
    assert await found(database, query) == ["R1", "S1"]
    assert await found(database, replace(query, until=9.0)) == ["R2", "S2", "R1", "S1"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
async def test_pages_hold_each_message_once_in_order(database: MessageDatabase, limit: int) -> None:
    """Many messages have the same moment, of both kinds and of several entries."""
    rng = random.Random(limit)  # noqa: S311  no secrets
    entries, seconds = (ACCOUNT, OTHER), range(8)
    sent = [
        to(
            rng.choice((NUMBER, BEN)),
            ended(
                number,
                entry_id=rng.choice(entries),
                created_at=float(rng.choice(seconds)),
                status=rng.choice(list(Status)),
                parent=rng.choice((None, "route")),
            ),
        )
        for number in range(150)
    ]
    received = [
        incoming(number, entry_id=rng.choice(entries), id=f"{lowest_id(rng.choice(seconds))}{number:016}")
        for number in range(80)
    ]
    await write(database, sent, received)
    query = HistoryQuery(sent=ATTEMPTS, received=EVERYTHING.received, limit=limit)
    read = await pages(database, query)
    assert {len(page.messages) for page in read[:-1]} <= {limit}
    assert 0 < len(read[-1].messages) <= limit
    moments = {f"S{number}": (each.created_at, number) for number, each in enumerate(sent) if each.entry_id == ACCOUNT}
    ids = {f"R{number}": each.id for number, each in enumerate(received)}
    shown = names(chain.from_iterable(page.messages for page in read))
    assert sorted(shown) == sorted([*moments, *ids])
    assert [name for name in shown if name in moments] == sorted(moments, key=moments.__getitem__, reverse=True)
    assert [name for name in shown if name in ids] == sorted(ids, key=ids.__getitem__, reverse=True)
    times = [
        each.created_at if isinstance(each, MessageRecord) else time_of_id(each.id)
        for page in read
        for each in page.messages
    ]
    assert times == sorted(times, reverse=True)


async def test_thousands_of_messages_of_one_moment_are_paged(database: MessageDatabase) -> None:
    await write(database, [ended(number, created_at=5.0) for number in range(3000)])
    read = await pages(database, replace(EVERYTHING, limit=200))
    assert names(chain.from_iterable(page.messages for page in read)) == [f"S{n}" for n in range(2999, -1, -1)]


async def test_new_messages_shift_no_page(database: MessageDatabase) -> None:
    await write(database, [delivered(number) for number in range(6)], [incoming(number) for number in range(6)])
    query = replace(EVERYTHING, limit=4)
    first = await database.history(query)
    await write(database, [delivered(10), record(11)], [incoming(12)])
    assert first.next
    second = await database.history(replace(query, before=first.next))
    assert names([*first.messages, *second.messages]) == ["R5", "S5", "R4", "S4", "R3", "S3", "R2", "S2"]
    # A message that moves to another status stays where it is.
    await write(database, [delivered(3, status=Status.UNDELIVERED)])
    assert names((await database.history(replace(query, before=first.next))).messages) == ["R3", "S3", "R2", "S2"]


async def test_a_page_that_ends_with_the_last_message_has_no_next(database: MessageDatabase) -> None:
    await write(database, [delivered(1)], [incoming(2)])
    page = await database.history(replace(EVERYTHING, limit=2))
    assert (names(page.messages), page.next) == (["R2", "S1"], None)
    page = await database.history(replace(EVERYTHING, limit=1))
    assert page.next == Position(2.0, 1, incoming(2).id)
    # The last message of the page before may be deleted meanwhile.
    await database.purge_incoming(ACCOUNT, 3.0, 3.0)
    assert names((await database.history(replace(EVERYTHING, before=page.next))).messages) == ["S1"]


async def test_a_message_that_waits_for_a_commit_is_found(database: MessageDatabase) -> None:
    saved = database.write([record(1)], incoming=[incoming(2)])
    assert await found(database, EVERYTHING) == ["R2", "S1"]
    await saved


async def test_rows_that_hold_nothing_are_skipped_and_counted(database: MessageDatabase) -> None:
    await write(database, [delivered(number) for number in range(4)], [incoming(number) for number in range(4)])
    await database._run(database._file.delete, "UPDATE message SET progress = '{' WHERE created_at = 2", ())
    await database._run(database._file.delete, "UPDATE incoming SET content = '{' WHERE id = ?", (incoming(1).id,))
    await database._run(database._file.delete, "UPDATE incoming SET id = 'no ulid' WHERE id = ?", (incoming(0).id,))
    read = await pages(database, replace(EVERYTHING, limit=3))
    assert names(chain.from_iterable(page.messages for page in read)) == ["R3", "S3", "R2", "S1", "S0"]
    assert database.skipped == 2


@pytest.mark.parametrize("index", ["message_history", "message_recipient"])
async def test_a_damaged_index_is_replaced(database: MessageDatabase, index: str) -> None:
    await write(database, [to(ANNA, delivered(1)), to(ANNA, delivered(2))], [incoming(3)])
    await database.close()
    erase(database.path, index)
    await database.open()
    by_recipient = replace(EVERYTHING, sent=frozenset({SentBy(ACCOUNT, ANNA)}))
    assert await found(database, by_recipient) == ["R3", "S2", "S1"]
    assert await found(database, EVERYTHING) == ["R3", "S2", "S1"]
    assert database.damaged


async def test_the_newest_message_of_an_entry_is_no_attempt(database: MessageDatabase) -> None:
    assert await database.latest(ACCOUNT) is None
    await write(database, [delivered(1), delivered(3, parent="route"), record(2), delivered(9, entry_id=OTHER)])
    newest = await database.latest(ACCOUNT)
    assert newest
    assert names([newest]) == ["S2"]
    await write(database, [record(4, phase=Phase.SENDING)])
    newest = await database.latest(ACCOUNT)
    assert newest
    assert names([newest]) == ["S4"]
