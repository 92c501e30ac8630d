"""Which message a text answers, as the outbox finds it."""

from contextlib import closing
from pathlib import Path
import sqlite3

import pytest

from custom_components.texting.delivery import schema
from custom_components.texting.delivery.outbox import ANSWERED, Outbox, OutboxError
from custom_components.texting.delivery.record import to_row
from tests.delivery.messages import ACCOUNT, OTHER, ended, numbers, record

NUMBER = "+33612345678"


async def answered(
    outbox: Outbox,
    *,
    reference: str | None = None,
    message_id: str | None = None,
    number: str = NUMBER,
    since: float = 100.0,
) -> int | None:
    found = await outbox.answered(ACCOUNT, number, since, reference=reference, message_id=message_id)
    return numbers([found])[0] if found else None


async def test_the_surest_way_counts(outbox: Outbox) -> None:
    await outbox.write(
        [
            ended(1, taken_at=101.0),
            record(2, taken_at=102.0, message_id="17"),
            ended(3, taken_at=103.0),
            record(4, taken_at=104.0, message_id="18"),
        ]
    )
    reference = record(1).reference
    assert await answered(outbox, reference=reference, message_id="17") == 1
    assert await answered(outbox, reference="01JDUNKNOWN", message_id="17") == 2
    assert await answered(outbox, reference="", message_id="unknown") == 4
    assert await answered(outbox) == 4


async def test_the_newest_with_a_message_id(outbox: Outbox) -> None:
    await outbox.write([ended(1, message_id="17"), ended(2, message_id="17"), ended(3, taken_at=200.0)])
    assert await answered(outbox, message_id="17") == 2


async def test_the_last_is_the_one_that_left_last(outbox: Outbox) -> None:
    """Not the one asked for last, which may have waited for another."""
    await outbox.write([ended(1, taken_at=300.0), ended(2, taken_at=200.0), record(3), ended(4)])
    assert await answered(outbox) == 1
    await outbox.write([record(3, taken_at=300.0)])
    assert await answered(outbox) == 3


async def test_old_ones_other_numbers_and_other_accounts_do_not_count(outbox: Outbox) -> None:
    await outbox.write(
        [ended(1, taken_at=99.9), ended(2, taken_at=150.0, account=OTHER, message_id="17"), record(3, message_id="18")]
    )
    assert await answered(outbox) is None
    assert await answered(outbox, since=99.0) == 1
    assert await answered(outbox, reference=record(2).reference, message_id="17") is None
    assert await answered(outbox, message_id="18", number="+33699999999") == 3
    assert await answered(outbox, number="+33699999999", since=0.0) is None


async def test_odd_words_find_nothing_and_break_nothing(outbox: Outbox) -> None:
    await outbox.write([ended(1, taken_at=150.0)])
    odd = "\ud800\0' OR 1=1 --"
    assert await answered(outbox, reference=odd, message_id=odd, number=odd) is None
    assert not outbox.failing
    assert await answered(outbox, reference=odd, message_id=odd) == 1


async def test_a_closed_outbox_says_so(tmp_path: Path) -> None:
    with pytest.raises(OutboxError):
        await answered(Outbox(tmp_path / "texting.db"))


@pytest.mark.parametrize("where", ANSWERED)
def test_no_way_looks_through_all_messages(tmp_path: Path, where: str) -> None:
    path = tmp_path / "texting.db"
    schema.create(path, (to_row(ended(number, taken_at=float(number))) for number in range(1000)))
    with closing(sqlite3.connect(path)) as connection:
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN {schema.SELECT} WHERE {where}", ("a", "b", 0.0)[: where.count("?")]
        ).fetchall()
    told = " ".join(row[3] for row in plan)
    assert told.startswith("SEARCH message USING INDEX")
    assert any(each in told for each in ("(reference=?", "(message_id=?", "(account=? AND number=? AND taken_at>?)"))
    assert "TEMP B-TREE" not in told.removesuffix("USE TEMP B-TREE FOR LAST TERM OF ORDER BY")


async def test_an_outbox_of_before_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "texting.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"{schema.MIGRATIONS[0]} {schema.MIGRATIONS[1]} PRAGMA user_version = 2;")
        schema.fill(connection, [to_row(ended(1, taken_at=150.0))])
    outbox = Outbox(path)
    await outbox.open()
    assert outbox.damaged is None
    assert await answered(outbox) == 1
    await outbox.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
