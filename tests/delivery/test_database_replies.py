"""Which message an incoming text answers."""

from pathlib import Path

import pytest

from custom_components.texting.delivery.database import DatabaseError, MessageDatabase
from tests.support.records import OTHER, ended, look_up, numbers, record

NUMBER = "+33612345678"


async def find(
    database: MessageDatabase,
    *,
    reference: str | None = None,
    message_id: str | None = None,
    number: str = NUMBER,
    since: float = 100.0,
) -> int | None:
    looked_up = await look_up(database, number=number, reference=reference, message_id=message_id, accepted_since=since)
    found = looked_up.named or looked_up.last
    return numbers([found])[0] if found else None


async def test_the_reference_counts_before_the_message_id_and_the_number(database: MessageDatabase) -> None:
    await database.write(
        [
            ended(1, accepted_at=101.0),
            record(2, accepted_at=102.0, message_id="17"),
            ended(3, accepted_at=103.0),
            record(4, accepted_at=104.0, message_id="18"),
        ]
    )
    reference = record(1).reference
    assert await find(database, reference=reference, message_id="17") == 1
    assert await find(database, reference="01JDUNKNOWN", message_id="17") == 2
    assert await find(database, reference="", message_id="unknown") == 4
    assert await find(database) == 4


async def test_the_newest_message_with_a_message_id_counts(database: MessageDatabase) -> None:
    await database.write([ended(1, message_id="17"), ended(2, message_id="17"), ended(3, accepted_at=200.0)])
    assert await find(database, message_id="17") == 2


async def test_the_message_accepted_last_counts(database: MessageDatabase) -> None:
    """The message created last may have waited longer than another."""
    await database.write([ended(1, accepted_at=300.0), ended(2, accepted_at=200.0), record(3), ended(4)])
    assert await find(database) == 1
    await database.write([record(3, accepted_at=300.0)])
    assert await find(database) == 3


async def test_old_messages_other_numbers_and_other_accounts_do_not_count(database: MessageDatabase) -> None:
    await database.write(
        [
            ended(1, accepted_at=99.9),
            ended(2, accepted_at=150.0, entry_id=OTHER, message_id="17"),
            record(3, message_id="18"),
        ]
    )
    assert await find(database) is None
    assert await find(database, since=99.0) == 1
    assert await find(database, reference=record(2).reference, message_id="17") is None
    assert await find(database, message_id="18", number="+33699999999") == 3
    assert await find(database, number="+33699999999", since=0.0) is None


async def test_odd_characters_find_nothing_and_break_nothing(database: MessageDatabase) -> None:
    await database.write([ended(1, accepted_at=150.0)])
    odd = "\ud800\0' OR 1=1 --"
    assert await find(database, reference=odd, message_id=odd, number=odd) is None
    assert not database.failing
    assert await find(database, reference=odd, message_id=odd) == 1


async def test_a_closed_database_raises(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError):
        await find(MessageDatabase(tmp_path / "texting.db"))
