"""A file that is cut anywhere can be opened, and all of its intact rows are found."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
import os
from pathlib import Path
import shutil
import sqlite3
import struct

import pytest

from custom_components.texting.delivery import integrity, recovery, schema
from custom_components.texting.delivery.serialization import Row
from custom_components.texting.delivery.sqlite_file import SqliteFile
from tests.support.records import FRAME, copy, names, opened, record, wal

PAGE = 4096
STEP = 7  # bytes between two cuts; with 1 the tests take half a minute


@dataclass(frozen=True)
class Kept:
    """A database and what it holds."""

    path: Path
    # The messages on each page of the main file.
    pages: dict[int, set[int]]
    # The length of the -wal after each commit, and the messages that the database held then.
    commits: list[tuple[int, set[int]]]

    @property
    def numbers(self) -> set[int]:
        return self.commits[-1][1]

    def pages_in_wal(self) -> set[int]:
        """Return the pages that SQLite reads from the -wal instead of the main file."""
        frames = wal(self.path).read_bytes()
        return {struct.unpack_from(">I", frames, start)[0] for start in range(32, len(frames), FRAME)}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """120 messages or more in the main file, whose last page holds messages, and seven more commits in the -wal."""
    folder = tmp_path_factory.mktemp("kept")
    sqlite = SqliteFile(folder / "texting.db")
    sqlite.open()
    number = 120
    sqlite.write([record(number) for number in range(number)])
    while not _ends_with_messages(sqlite):
        sqlite.write([record(number)])
        number += 1
    sqlite.pause_checkpoints(pause=True)
    there = set(range(number))
    commits = [(0, there)]
    for _ in range(7):
        some = [record(each) for each in range(number, number + 5)]
        number += len(some)
        sqlite.write(some)
        there = set(range(number))
        commits.append((wal(sqlite.path).stat().st_size, there))
    path = copy(sqlite.path, folder / "copy")
    kept = Kept(path, _pages(sqlite), commits)
    sqlite.close()
    return kept


@pytest.fixture
def copied(kept: Kept, tmp_path: Path) -> Path:
    return copy(kept.path, tmp_path)


def test_a_main_file_cut_anywhere_in_its_last_page(kept: Kept, copied: Path) -> None:
    """A shorter file never holds more. The rows on the other pages are always found."""
    whole = copied.stat().st_size
    others = {number for page, rows in kept.pages.items() if page * PAGE < whole for number in rows}
    wal(copied).unlink()
    before = len(kept.commits[0][1])
    for length in range(whole - 1, whole - PAGE - 1, -STEP):
        os.truncate(copied, length)
        with pytest.raises(integrity.Damaged):
            schema.connect(copied)
        with recovery.readable_copy(copied) as readable:
            found = _numbers(recovery.intact_rows(readable))
        assert others & kept.commits[0][1] <= found
        assert len(found) <= before
        before = len(found)
    assert before < len(kept.commits[0][1])


@pytest.mark.parametrize("with_wal", [True, False])
def test_a_main_file_cut_at_each_page(kept: Kept, copied: Path, *, with_wal: bool) -> None:
    whole = copied.stat().st_size
    safe = kept.pages_in_wal() if with_wal else set()
    there = kept.numbers if with_wal else kept.commits[0][1]
    for length in sorted({at + by for at in range(0, whole, PAGE) for by in (-1, 0, 1) if 0 <= at + by < whole}):
        folder = copied.parent / str(length)
        path = copy(kept.path, folder)
        os.truncate(path, length)
        if not with_wal:
            wal(path).unlink()
        damaged, found = opened(path)
        intact = {row for page, rows in kept.pages.items() if page * PAGE <= length or page in safe for row in rows}
        if length >= 2 * PAGE or {1, 2} <= safe:  # without these two pages, the table is lost
            assert intact & there <= set(found), length
        assert set(found) <= there
        assert damaged or (with_wal and set(found) == there)  # or the -wal holds everything that was cut off
        assert not damaged or damaged.stat().st_size == length
        shutil.rmtree(folder)


def test_a_page_of_zeros(kept: Kept, copied: Path) -> None:
    """The rows of all other pages are found. Only pages 1 and 2, the roots of the table, are never empty here."""
    wal(copied).unlink()
    content, there = copied.read_bytes(), kept.commits[0][1]
    for page in range(3, len(content) // PAGE + 1):
        path = copied.with_name(f"{page}.db")
        path.write_bytes(content[: (page - 1) * PAGE] + bytes(PAGE) + content[page * PAGE :])
        damaged, found = opened(path)
        assert damaged
        assert set(found) == there - kept.pages.get(page, set())


def test_a_wal_cut_anywhere_holds_the_commits_before(kept: Kept, copied: Path) -> None:
    """The cuts are within each frame and around its borders."""
    whole = wal(copied).stat().st_size
    borders = range(32, whole + 1, FRAME)
    cuts = {at + by for at in borders for by in (-1, 0, 1, 23, 24, 25)} | set(range(0, whole, 97)) | set(range(34))
    cuts |= set(range(borders[6], borders[7], STEP))
    for length in sorted((cut for cut in cuts if cut <= whole), reverse=True):
        os.truncate(wal(copied), length)
        with closing(schema.connect(copied)) as connection:
            connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)  # noqa: FBT003  takes no keyword
            found = _numbers(connection.execute(schema.SELECT).fetchall())
        expected = max((size, numbers) for size, numbers in kept.commits if size <= length)[1]
        assert found == expected, length


@pytest.mark.parametrize(
    "tail", [bytes(3 * FRAME), os.urandom(3 * FRAME), b"\xff" * 100, None], ids=["0", "?", "f", "="]
)
def test_unsynced_bytes_after_a_commit_are_ignored(kept: Kept, tmp_path: Path, tail: bytes | None) -> None:
    """Anything may follow the last commit on the disk, also frames of an earlier -wal (None)."""
    frames = wal(kept.path).read_bytes()
    old = frames[32 : 32 + 3 * FRAME]
    for size, numbers in kept.commits:
        path = copy(kept.path, tmp_path / str(size))
        wal(path).write_bytes(frames[:size] + (old if tail is None else tail))
        damaged, found = opened(path)
        assert damaged is None
        assert set(found) == numbers


def test_an_interrupted_checkpoint_loses_nothing(kept: Kept, copied: Path) -> None:
    """The -wal still holds all pages, whichever of them reached the main file."""
    with closing(sqlite3.connect(copied)) as connection:
        connection.execute("PRAGMA wal_checkpoint")
        written = copied.read_bytes()
    for pages in range(0, len(written) // PAGE + 1, 5):
        path = copy(kept.path, copied.parent / str(pages))
        old = path.read_bytes()
        path.write_bytes(written[: pages * PAGE] + old[pages * PAGE :])
        damaged, found = opened(path)
        assert damaged is None
        assert set(found) == kept.numbers


@pytest.mark.parametrize("is_missing", [False, True])
def test_only_the_owner_can_read_a_copy(kept: Kept, copied: Path, *, is_missing: bool) -> None:
    if is_missing:
        copied.unlink()
    mask = os.umask(0o022)
    try:
        with recovery.readable_copy(copied) as connection:
            assert is_missing or connection.execute("SELECT count(*) FROM message").fetchone() == (len(kept.numbers),)
            modes = {file.name: file.stat().st_mode & 0o777 for file in copied.parent.glob("*.copy*")}
    finally:
        os.umask(mask)
    assert {f"{copied.name}.copy", f"{copied.name}.copy-wal"} <= modes.keys()
    assert set(modes.values()) == {0o600}
    assert not list(copied.parent.glob("*.copy*"))


def test_a_copy_that_a_crash_left_is_deleted_at_opening(copied: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{copied}.copy{suffix}").write_bytes(b"Water in the cellar")
    opened(copied)
    assert names(copied.parent) == [copied.name]


def _ends_with_messages(sqlite: SqliteFile) -> bool:
    """Move everything to the main file. Return True if the last page holds messages."""
    sqlite.pause_checkpoints(pause=False)
    ((pages,),) = sqlite.read("PRAGMA page_count", ())
    return pages in _pages(sqlite)


def _pages(sqlite: SqliteFile) -> dict[int, set[int]]:
    """Return the messages on each page. Leaves and rows are read in the order of their keys."""
    leaves = sqlite.read(
        "SELECT pageno, ncell FROM dbstat WHERE name = 'message' AND pagetype = 'leaf' ORDER BY path", ()
    )
    rows = iter(sqlite.read("SELECT reference FROM message ORDER BY id", ()))
    pages: dict[int, set[int]] = defaultdict(set)
    for page, cells in leaves:
        pages[int(page or 0)] |= _numbers(next(rows) for _ in range(int(cells or 0)))
    return dict(pages)


def _numbers(rows: Iterable[Row]) -> set[int]:
    return {int(str(row[0])[4:]) for row in rows}
