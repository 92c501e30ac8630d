"""Files that cannot be used are moved aside, also if a crash interrupts that."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
import os
from pathlib import Path
import sqlite3

import pytest

from custom_components.texting.delivery import integrity, schema
from custom_components.texting.delivery.sqlite_file import SqliteFile
from tests.support.records import copy, full_disk, names, opened, record, wal


class Crash(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with three messages. The last one is only in the -wal."""
    (tmp_path / "running").mkdir()
    sqlite = SqliteFile(tmp_path / "running" / "texting.db")
    sqlite.open()
    sqlite.write([record(1), record(2)])
    sqlite.pause_checkpoints(pause=True)
    sqlite.write([record(3)])
    path = copy(sqlite.path, tmp_path / "home")
    sqlite.close()
    return path


def change(path: Path, sql: str) -> None:
    """Change the file from outside."""
    connection = sqlite3.connect(path)
    connection.executescript(sql)
    connection.close()


def test_an_intact_file_stays(path: Path) -> None:
    damaged, found = opened(path)
    assert (found, damaged) == ([1, 2, 3], None)
    assert names(path.parent) == ["texting.db"]


@pytest.mark.parametrize(
    "content", [b"", b"\0", b"no database", bytes(8192), integrity.MAGIC], ids=["", "0", "text", "0s", "magic"]
)
def test_a_file_that_is_no_database_is_moved_aside(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    committed = wal(path).read_bytes()
    damaged, _ = opened(path)
    assert damaged
    assert damaged.read_bytes() == content
    assert wal(damaged).read_bytes() == committed
    assert names(path.parent) == ["texting.db", damaged.name, f"{damaged.name}-wal"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_header_with_a_wrong_length(path: Path) -> None:
    content = path.read_bytes()
    for pages in (0xFFFFFFFF, 3):
        path.write_bytes(content[:28] + pages.to_bytes(4) + content[32:])
        wal(path).unlink(missing_ok=True)
        damaged, found = opened(path)
        assert damaged
        assert found == [1, 2]


def test_a_wal_alone_is_not_replayed_over_a_new_file(path: Path) -> None:
    path.unlink()
    damaged, found = opened(path)
    assert damaged
    assert found == []
    assert names(path.parent) == ["texting.db", f"{damaged.name}-wal"]


def test_a_file_of_a_newer_version_is_moved_aside_unchanged(path: Path) -> None:
    change(path, f"PRAGMA user_version = {schema.VERSION + 1}; ALTER TABLE message ADD COLUMN more TEXT")
    content = path.read_bytes()
    damaged, found = opened(path)
    assert damaged
    assert damaged.read_bytes() == content
    assert found == [1, 2, 3]


@pytest.mark.parametrize(
    ("sql", "left"),
    [
        ("DROP TABLE message", []),
        ("ALTER TABLE message DROP COLUMN progress", []),
        ("PRAGMA user_version = 0", [1, 2, 3]),
        ("PRAGMA user_version = -1", [1, 2, 3]),
        ("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'message_pending'", [1, 2, 3]),
        (
            "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'phase !=', 'status !=')",
            [1, 2, 3],
        ),
    ],
)
def test_a_file_that_lacks_something_is_moved_aside(path: Path, sql: str, left: list[int]) -> None:
    change(path, sql)
    damaged, found = opened(path)
    assert damaged
    assert found == left


@pytest.mark.parametrize(
    "sql", ["content = '{'", "content = '[]'", "content = '3'", "phase = 'gone'", "progress = 'x'", "number = x'ff'"]
)
def test_a_row_that_is_no_message_is_skipped(path: Path, sql: str) -> None:
    change(path, "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '')")
    change(path, f"UPDATE message SET {sql} WHERE id = 2; PRAGMA user_version = 0")  # noqa: S608  our own words
    damaged, found = opened(path)
    assert damaged
    assert found == [1, 3]


def test_older_damaged_files_stay(path: Path) -> None:
    contents = [bytes([number]) * 10 for number in range(3)]
    for content in contents:
        path.write_bytes(content)
        opened(path)
    aside = [name for name in names(path.parent) if "-wal" not in name]
    assert sorted(path.with_name(name).read_bytes() for name in aside[1:]) == contents


@pytest.mark.parametrize("lived", range(7))
def test_a_crash_while_a_file_is_moved_aside(path: Path, monkeypatch: pytest.MonkeyPatch, lived: int) -> None:
    """Moving a file aside takes six renames. After a crash at any of them, the next start finds the same."""
    change(path, "PRAGMA user_version = 0")
    content = path.read_bytes()
    left = iter(range(lived))
    for name in ("rename", "replace"):
        monkeypatch.setattr(os, name, _until(left, getattr(os, name)))
    sqlite = SqliteFile(path)
    with nullcontext() if lived == 6 else pytest.raises(Crash):
        sqlite.open()
    sqlite.close()
    monkeypatch.undo()

    damaged, found = opened(path)
    damaged = damaged or sqlite.damaged
    assert damaged
    assert damaged.read_bytes() == content
    assert found == [1, 2, 3]
    assert [name for name in names(path.parent) if not name.startswith("texting.db.damaged-")] == ["texting.db"]


def test_nothing_is_moved_without_room_for_the_new_file(path: Path) -> None:
    change(path, "PRAGMA user_version = 0")
    before = names(path.parent)
    sqlite = SqliteFile(path)
    with full_disk():
        sqlite.open()
        assert sqlite.failing
        assert set(before) <= set(names(path.parent))
    sqlite.write([record(4)])
    assert (sqlite.failing, sqlite.recovered) == (False, 3)
    sqlite.close()
    assert opened(path) == (None, [1, 2, 3, 4])


def _until(left: Iterator[int], rename: Callable[..., None]) -> Callable[..., None]:
    """Return a rename that crashes when none is left."""

    def renamed(*names: Path) -> None:
        if next(left, None) is None:
            raise Crash
        rename(*names)

    return renamed
