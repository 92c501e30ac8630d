"""Incoming messages and reply codes in the database: what it stores, finds and deletes."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
import sqlite3

import pytest

from custom_components.texting.delivery import database as module
from custom_components.texting.delivery.database import DatabaseError, MessageDatabase
from custom_components.texting.delivery.incoming import lowest_id
from custom_components.texting.delivery.sqlite_file import SqliteFile
from tests.support.records import (
    ACCOUNT,
    OTHER,
    commits,
    count,
    ended,
    incident,
    incoming,
    incoming_numbers,
    look_up,
    numbers,
    record,
    reply_code,
)


async def texts(database: MessageDatabase, *numbers: int) -> list[str | None]:
    """Return the texts with these numbers: None for one that is not there."""
    found = [await database.find_incoming(incoming(number).id) for number in numbers]
    return [each.message.text if each else None for each in found]


async def test_a_text_is_found_by_its_id(database: MessageDatabase) -> None:
    await database.write((), incoming=[incoming(5, text="Water"), incoming(6)])
    found = await database.find_incoming(incoming(5).id)
    assert found
    assert (found.message.text, found.received_at, found.is_handed_on) == ("Water", 5.0, False)
    assert await database.find_incoming("01JD\ud800") is None


async def test_a_message_a_text_and_a_code_are_one_commit(database: MessageDatabase) -> None:
    before = commits(database.path)
    saved = database.write([record(1)], incoming=[incoming(2)], codes=[reply_code(10)])
    database.write([record(2)], incoming=[incoming(3)])
    await saved
    assert commits(database.path) == before + 1
    assert numbers(await database.load(ACCOUNT)) == [1, 2]
    assert await texts(database, 2, 3) == ["Yes please"] * 2
    assert await database.reply_codes(0.0) == [reply_code(10)]


async def test_a_text_is_saved_as_it_was_when_write_was_called(database: MessageDatabase) -> None:
    text = incoming(1)
    saved = database.write((), incoming=[text])
    text.is_handed_on = True
    await saved
    assert incoming_numbers(await database.not_handed_on(ACCOUNT, 0.0)) == [1]


async def test_a_read_sees_what_was_written_before(database: MessageDatabase) -> None:
    database.write((), incoming=[incoming(1)], codes=[reply_code(10)])
    assert await texts(database, 1) == ["Yes please"]
    database.write((), codes=[reply_code(10, closed_at=50.0)])
    assert await database.reply_codes(0.0) == [reply_code(10, closed_at=50.0)]


async def test_what_was_not_handed_on_comes_oldest_first(database: MessageDatabase) -> None:
    await database.write((), incoming=[incoming(number) for number in (30, 10, 20, 40)])
    await database.write((), incoming=[incoming(50, entry_id=OTHER), incoming(60, is_handed_on=True)])
    assert incoming_numbers(await database.not_handed_on(ACCOUNT, 20.0)) == [20, 30, 40]
    await database.write((), incoming=[incoming(30, is_handed_on=True)], syncs=False)
    assert incoming_numbers(await database.not_handed_on(ACCOUNT, 0.0)) == [10, 20, 40]


async def test_what_a_text_answered_is_added_later(database: MessageDatabase) -> None:
    await database.write((), incoming=[incoming(1, text="Yes")])
    changes = {"is_handed_on": True, "was_answered": True, "message": {"in_reply_to": "01JC"}}
    await database.write((), incoming=[incoming(1, text="Yes", **changes)])
    found = await database.find_incoming(incoming(1).id)
    assert found
    assert (found.message.in_reply_to, found.was_answered, found.message.text) == ("01JC", True, "Yes")
    assert await count(database, "incoming") == 1


async def test_a_text_that_is_not_kept_is_in_no_file(database: MessageDatabase) -> None:
    secret = "Nobody reads this"
    kept = incoming(1, text=secret, keeps_text=False, message={"keyword": "SECRET"})
    await database.write((), incoming=[kept])
    known = (await look_up(database, text=secret)).known
    assert incoming_numbers(known) == [1]
    assert (known[0].message.text, known[0].message.keyword, known[0].keeps_text) == ("", None, False)
    contents = b"".join(path.read_bytes() for path in database.path.parent.iterdir())
    assert b"Nobody" not in contents
    assert b"SECRET" not in contents


# -- What may matter for a new text ------------------------------------------------------------------------------------


async def test_known_texts_have_the_same_account_sender_and_words(database: MessageDatabase) -> None:
    await database.write(
        (),
        incoming=[
            incoming(10),
            incoming(20),
            incoming(30, text="No"),
            incoming(40, sender="+33699999999"),
            incoming(50, entry_id=OTHER),
            incoming(60),
        ],
    )
    assert incoming_numbers((await look_up(database)).known) == [60, 20, 10]
    assert incoming_numbers((await look_up(database, since=20.0)).known) == [60, 20]
    assert incoming_numbers((await look_up(database, text=" Yes please ", since=20.001)).known) == [60]
    assert (await look_up(database, text="Yes")).known == []


async def test_at_most_50_known_texts_are_returned(database: MessageDatabase) -> None:
    await database.write((), incoming=[incoming(number) for number in range(60)])
    assert incoming_numbers((await look_up(database)).known) == list(range(59, 9, -1))


async def test_a_text_is_known_by_its_id_among_thousands_of_others_with_the_same_words(
    database: MessageDatabase,
) -> None:
    others = [incoming(number, message={"message_id": f"id{number}"}) for number in range(1, 5001)]
    await database.write((), incoming=[incoming(0), *others, incoming(6000)])
    # A text without an id may be any of them, and the one without an id may be any text.
    assert incoming_numbers((await look_up(database)).known) == [6000, *range(5000, 4951, -1)]
    assert incoming_numbers((await look_up(database, own_id="id7")).known) == [6000, 7, 0]
    assert incoming_numbers((await look_up(database, own_id="new")).known) == [6000, 0]
    assert incoming_numbers((await look_up(database, own_id="id7", since=8.0)).known) == [6000]
    # SQLite cannot compare it.
    assert incoming_numbers((await look_up(database, own_id="\ud800")).known) == [6000, 0]


async def test_a_text_is_known_by_its_id_among_many_without_one(database: MessageDatabase) -> None:
    named = incoming(0, message={"message_id": "17"})
    await database.write((), incoming=[named, *(incoming(number) for number in range(1, 101))])
    assert incoming_numbers((await look_up(database, own_id="17")).known) == [*range(100, 50, -1), 0]


async def test_the_latest_text_of_a_number(database: MessageDatabase) -> None:
    await database.write(
        (),
        incoming=[
            *(incoming(20, text="Later"), incoming(10, text="Sooner")),
            *(incoming(30, entry_id=OTHER), incoming(40, sender="Bank")),
        ],
    )
    latest = (await look_up(database, since=1000.0)).latest
    assert latest
    assert latest.message.text == "Later"
    latest = (await look_up(database, number="Bank")).latest
    assert latest
    assert incoming_numbers([latest]) == [40]
    assert (await look_up(database, number="\ud800' OR 1=1 --")).latest is None


async def test_the_named_message_and_the_last_one_are_told_apart(database: MessageDatabase) -> None:
    """A caller that may not take the named message needs the other one."""
    await database.write(
        [
            ended(1, accepted_at=101.0),
            record(2, accepted_at=102.0, message_id="17"),
            ended(3, accepted_at=103.0),
            ended(4, accepted_at=99.0, message_id="18"),
            ended(5, accepted_at=200.0, entry_id=OTHER, message_id="19"),
        ]
    )

    async def found(**named: str) -> list[int | None]:
        result = await look_up(database, **named)
        return [numbers([each])[0] if each else None for each in (result.named, result.last)]

    assert await found() == [None, 3]
    assert await found(reference=record(1).reference, message_id="17") == [1, 3]
    assert await found(reference="01JDUNKNOWN", message_id="17") == [2, 3]
    assert await found(message_id="18") == [4, 3]
    assert await found(reference=record(5).reference, message_id="19") == [None, 3]
    assert await found(message_id="17", number="+33699999999") == [2, None]
    assert await found(reference="\ud800", message_id="\ud800") == [None, 3]


async def test_a_look_up_is_one_hop_to_the_thread(database: MessageDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    hops: list[object] = []
    run = database._run_soon

    async def noted[Result](job: Callable[..., Result], *arguments: object) -> Result:
        hops.append(job)
        return await run(job, *arguments)

    monkeypatch.setattr(database, "_run_soon", noted)
    await look_up(database, reference="01JD", message_id="17")
    assert len(hops) == 1


async def test_rows_that_hold_no_text_are_skipped_and_counted(database: MessageDatabase) -> None:
    await database.write((), incoming=[incoming(1), incoming(2)], codes=[reply_code(code) for code in range(10, 13)])
    with closing(sqlite3.connect(database.path)) as outside, outside:
        outside.execute("UPDATE incoming SET content = '{' WHERE id = ?", (incoming(1).id,))
        outside.execute("UPDATE reply_code SET code = code - 10 WHERE code > 10")
    for _ in range(2):
        found = await look_up(database, own_id="17")
        assert incoming_numbers(found.known) == [2]
        assert incoming_numbers(await database.not_handed_on(ACCOUNT, 0.0)) == [2]
        assert await database.reply_codes(0.0) == [reply_code(10)]
    assert await texts(database, 1) == [None]
    # One text, and two codes of one phone.
    assert database.skipped == 3
    # It does not stop the purge either.
    await database.purge_incoming(ACCOUNT, 0.0, 100.0)
    assert await texts(database, 2) == [""]


# -- Codes -------------------------------------------------------------------------------------------------------------


async def test_codes_that_are_open_or_were_closed_lately(database: MessageDatabase) -> None:
    codes = [
        reply_code(10),
        reply_code(11, closed_at=99.0),
        reply_code(12, closed_at=100.0),
        reply_code(10, number="+33699999999", entry_id=OTHER),
    ]
    await database.write((), codes=codes)
    assert await database.reply_codes(100.0) == [codes[0], codes[2], codes[3]]
    # A code is used again.
    again = reply_code(11, item="another", opened_at=300.0)
    await database.write((), codes=[again])
    assert await database.reply_codes(100.0) == [codes[0], again, codes[2], codes[3]]


async def test_closed_codes_are_purged(database: MessageDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PURGE", 7)
    codes = [reply_code(code, closed_at=float(code) if code % 2 else None) for code in range(10, 100)]
    await database.write((), codes=codes)
    await database.purge_reply_codes(50.0)
    left = await database.reply_codes(0.0)
    assert left == [code for code in codes if code.closed_at is None or code.closed_at >= 50.0]
    assert await count(database, "reply_code") == len(left) == 45 + 25


# -- What is deleted ---------------------------------------------------------------------------------------------------


async def test_old_texts_are_purged_in_two_steps(database: MessageDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PURGE_LONG", 7)
    monkeypatch.setattr(SqliteFile, "empty_wal", lambda _file: None)  # so that commits can be counted
    await database.write((), incoming=[incoming(number, message={"keyword": "HOME"}) for number in range(100)])
    await database.write((), incoming=[incoming(0, entry_id=OTHER, id=f"{lowest_id(0)}{1000:016}")])
    before = commits(database.path)
    await database.purge_incoming(ACCOUNT, 30.0, 60.0)
    # 30 rows in pieces of 7, then 30 texts.
    assert commits(database.path) == before + 5 + 5
    assert await texts(database, 29, 30, 59, 60, 99) == [None, "", "", "Yes please", "Yes please"]
    blank = await database.find_incoming(incoming(30).id)
    assert blank
    assert (blank.message.keyword, blank.fingerprint, blank.keeps_text) == (None, incoming(30).fingerprint, False)
    assert await count(database, "incoming") == 70 + 1


async def test_a_purged_text_does_not_come_back(database: MessageDatabase) -> None:
    """A text may be marked after its words were deleted."""
    await database.write((), incoming=[incoming(1, message={"keyword": "HOME"})])
    await database.purge_incoming(ACCOUNT, 0.0, 10.0)
    await database.write((), incoming=[incoming(1, message={"keyword": "HOME"}, is_handed_on=True)])
    found = await database.find_incoming(incoming(1).id)
    assert found
    assert (found.message.text, found.message.keyword, found.is_handed_on) == ("", None, True)


async def test_a_text_is_written_between_the_pieces_of_a_purge(
    database: MessageDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_PURGE_LONG", 10)
    await database.write((), incoming=[incoming(number) for number in range(200)])
    purging = asyncio.create_task(database.purge_incoming(ACCOUNT, 150.0, 190.0))
    for number in range(3):
        await asyncio.sleep(0)
        await database.write((), incoming=[incoming(1000 + number)])
        assert not purging.done()
    await purging
    assert await texts(database, 149, 189, 190, 1000, 1002) == [None, "", *["Yes please"] * 3]


async def test_what_was_purged_is_in_no_file(database: MessageDatabase) -> None:
    secret = "Nobody reads this any more"
    await database.write((), incoming=[incoming(number, text=f"{secret} {number}" * 20) for number in range(200)])
    await database.write((), incoming=[incoming(500, text="What is kept")])

    def holds(text: str) -> bool:
        return any(text.encode() in path.read_bytes() for path in database.path.parent.iterdir())

    assert holds(secret)
    await database.purge_incoming(ACCOUNT, 100.0, 400.0)
    assert holds("What is kept")
    assert not holds(secret)
    await database.close()
    assert not holds(secret)


async def test_texts_and_codes_of_a_removed_entry_are_deleted(
    database: MessageDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_REMOVE", 7)
    await database.write(
        [record(number) for number in range(10)],
        incoming=[*(incoming(number) for number in range(20)), incoming(30, entry_id=OTHER)],
        codes=[*(reply_code(code) for code in range(10, 30)), reply_code(30, entry_id=OTHER)],
    )
    await database.remove(ACCOUNT)
    await database.write((), incoming=[incoming(40), incoming(50, entry_id=OTHER)], codes=[reply_code(40)])
    assert await count(database, "message") == 0
    assert await count(database, "incoming") == 2
    assert await texts(database, 30, 50) == ["Yes please"] * 2
    assert await database.reply_codes(0.0) == [reply_code(30, entry_id=OTHER)]


@pytest.mark.parametrize("table", ["incoming", "reply_code", "incident"])
async def test_an_entry_that_left_only_these_is_found(database: MessageDatabase, table: str) -> None:
    if table == "incoming":
        await database.write((), incoming=[incoming(1)])
    elif table == "incident":
        await database.write((), incidents=[incident(1)])
    else:
        await database.write((), codes=[reply_code(10)])
    await database.remove_others([ACCOUNT])
    assert await count(database, table) == 1
    await database.remove_others([OTHER])
    assert await count(database, table) == 0


async def test_a_closed_database_raises(database: MessageDatabase) -> None:
    await database.close()
    reads: list[Awaitable[object]] = [
        look_up(database),
        database.find_incoming("01JD"),
        database.not_handed_on(ACCOUNT, 0.0),
        database.reply_codes(0.0),
        database.purge_incoming(ACCOUNT, 0.0, 0.0),
        database.purge_reply_codes(0.0),
        database.write((), incoming=[incoming(1)]),
    ]
    for read in reads:
        with pytest.raises(DatabaseError, match="closed"):
            await read
