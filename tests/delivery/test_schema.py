"""How a database of an older version is upgraded. The older versions are made up here."""

from contextlib import closing
from decimal import Decimal
from pathlib import Path
import sqlite3

import pytest

from custom_components.texting.delivery import schema
from custom_components.texting.delivery.database import MessageDatabase
from custom_components.texting.delivery.record import MessageRecord
from custom_components.texting.delivery.serialization import COLUMNS, to_row
from tests.support.records import ACCOUNT, delivered, ended, incoming, numbers, opened, record, reply_code

COLUMN = "message_id TEXT, progress"
ADD_COLUMN = "ALTER TABLE message ADD COLUMN message_id TEXT;"
INDEX = "CREATE INDEX message_message_id ON message (message_id) WHERE message_id IS NOT NULL; "
INDEXES = {
    *("message_pending", "message_message_id", "message_parent", "message_number"),
    *("message_history", "message_recipient"),
    *("incoming_fingerprint", "incoming_number", "incoming_entry", "incoming_text"),
}


@pytest.fixture
def migrations(monkeypatch: pytest.MonkeyPatch) -> tuple[str, str, str]:
    """Scripts of three versions: version 1 lacks a column and an index, and version 2 only the index."""
    script = "".join(schema.MIGRATIONS)
    assert COLUMN in script
    assert INDEX in script
    scripts = (
        script.replace(COLUMN, "progress").replace(INDEX, ""),
        ADD_COLUMN,
        INDEX,
    )
    monkeypatch.setattr(schema, "MIGRATIONS", scripts)
    monkeypatch.setattr(schema, "VERSION", len(scripts))
    return scripts


def create(path: Path, scripts: tuple[str, ...], records: list[MessageRecord]) -> None:
    """Create a database of an older version, as that version wrote it."""
    has_column = any(each in script for each in (COLUMN, ADD_COLUMN) for script in scripts)
    added = {"message_id"} if not has_column else set()
    added |= {"price", "currency"} if "ADD COLUMN price" not in "".join(scripts) else set()
    columns = [column for column in COLUMNS if column not in added]
    rows = [dict(zip(COLUMNS, to_row(each), strict=True)) for each in records]
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("".join(scripts))
        connection.execute(f"PRAGMA user_version = {len(scripts)}")
        with connection:
            connection.executemany(
                f"INSERT INTO message ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608  ours
                [[row[column] for column in columns] for row in rows],
            )
        connection.execute("PRAGMA journal_mode = WAL")


def version_and_indexes(path: Path) -> tuple[int, set[str]]:
    """Return what the file says of itself."""
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        indexes = connection.execute("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE INDEX%'").fetchall()
    return version, {name for (name,) in indexes}


def schema_pages(path: Path) -> list[int]:
    """Return the pages that the schema takes."""
    with closing(sqlite3.connect(path)) as connection:
        return [page for (page,) in connection.execute("SELECT pageno FROM dbstat WHERE name = 'sqlite_schema'")]


def free_bytes(path: Path) -> int:
    """Return the bytes of the first page that hold nothing yet, in one piece."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    page = path.read_bytes()[:4096]
    cells, start = (int.from_bytes(page[at : at + 2]) for at in (103, 105))
    return start - (108 + 2 * cells)


def test_a_new_file_has_the_present_version(tmp_path: Path) -> None:
    assert opened(tmp_path / "texting.db") == (None, [])
    assert version_and_indexes(tmp_path / "texting.db") == (schema.VERSION, INDEXES)


def test_the_schema_fits_into_the_first_page(tmp_path: Path) -> None:
    """If it had a page of its own, all rows would be lost with that page."""
    schema.create(tmp_path / "texting.db")
    assert schema_pages(tmp_path / "texting.db") == [1]


def test_the_schema_has_room_for_the_pages_of_a_large_file(tmp_path: Path) -> None:
    """When a large file is upgraded, its new tables and indexes begin on pages with numbers of up to three bytes."""
    path = tmp_path / "texting.db"
    schema.create(path)
    with closing(sqlite3.connect(":memory:")) as connection:
        schema.migrate(connection, 1)
        sql = "SELECT name FROM sqlite_schema WHERE rootpage > 0"
        before = set(connection.execute(sql))
        schema.migrate(connection)
        added = set(connection.execute(sql)) - before
    assert len(added) > 5
    assert free_bytes(path) >= 2 * len(added)


async def test_a_file_of_the_first_version_is_upgraded(tmp_path: Path) -> None:
    """It has no incoming messages, and two triggers that both count. The schema still fits into the first page."""
    path, first = tmp_path / "texting.db", schema.MIGRATIONS[:1]
    create(path, first, [delivered(1), record(2)])
    database = MessageDatabase(path)
    await database.open()
    assert (database.failing, database.damaged) == (False, None)
    await database.write(
        [delivered(3, price=0.07, currency="EUR"), delivered(2)], incoming=[incoming(1)], codes=[reply_code(10)]
    )
    assert (await database.totals(ACCOUNT, "2026-11-21")).texts == 3
    assert await database.spent(ACCOUNT, "2026-11-21") == {"EUR": Decimal("0.07")}
    await database.close()
    assert version_and_indexes(path) == (schema.VERSION, INDEXES)
    assert schema_pages(path) == [1]
    await database.open()
    assert await database.find_incoming(incoming(1).id)
    assert await database.reply_codes(0.0) == [reply_code(10)]
    await database.close()
    assert opened(path) == (None, [1, 2, 3])


@pytest.mark.parametrize("version", [1, 2, 3])
async def test_an_older_file_is_upgraded_and_keeps_its_rows(
    tmp_path: Path, migrations: tuple[str, ...], version: int
) -> None:
    path = tmp_path / "texting.db"
    create(path, migrations[:version], [record(1, parent="route"), ended(2)])
    database = MessageDatabase(path)
    await database.open()
    assert (database.failing, database.damaged) == (False, None)
    assert numbers(await database.load(ACCOUNT)) == [1]
    await database.write([ended(3, message_id="17")])
    assert numbers(await database.attempts(["route"])) == [1]
    assert (found := await database.find(message_id="17"))
    assert numbers([found]) == [3]
    await database.close()
    assert version_and_indexes(path) == (3, INDEXES)
    assert opened(path) == (None, [1, 2, 3])


def test_an_older_damaged_file_keeps_its_intact_rows(tmp_path: Path, migrations: tuple[str, ...]) -> None:
    path = tmp_path / "texting.db"
    create(path, migrations[:1], [record(1), record(2)])
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'message_pending'"
        )
    content = path.read_bytes()
    damaged, found = opened(path)
    assert damaged
    assert (damaged.read_bytes(), found) == (content, [1, 2])
    assert version_and_indexes(path) == (3, INDEXES)


def test_a_damaged_row_of_version_3_loses_only_itself(tmp_path: Path) -> None:
    """SQLite reads all rows of the table when a column is added, and stops at the damage."""
    path = tmp_path / "texting.db"
    create(path, schema.MIGRATIONS[:3], [record(number, text="Water " * 50) for number in range(1, 101)])
    with closing(sqlite3.connect(path)) as connection:
        pages = [page for (page,) in connection.execute("SELECT pageno FROM dbstat WHERE name = 'message'")]
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek((pages[len(pages) // 2] - 1) * 4096)
        file.write(bytes(4096))
    damaged, found = opened(path)
    assert damaged
    assert 80 < len(found) < 100


def test_an_upgrade_step_that_fails_changes_nothing(tmp_path: Path, migrations: tuple[str, ...]) -> None:
    path = tmp_path / "texting.db"
    create(path, migrations[:1], [record(1)])
    with closing(sqlite3.connect(path)) as connection:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(schema, "MIGRATIONS", (migrations[0], f"{migrations[1]} no sql;"))
            with pytest.raises(sqlite3.OperationalError):
                schema.migrate(connection)
        connection.rollback()
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        schema.migrate(connection)
        assert connection.execute("PRAGMA user_version").fetchone() == (3,)
