"""A file cut anywhere opens, and everything in it that is intact is there."""

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

from custom_components.texting.delivery import salvage, schema
from custom_components.texting.delivery.database import Database
from custom_components.texting.delivery.record import Row
from tests.delivery.messages import FRAME, copy, opened, record, wal

PAGE = 4096
STEP = 7  # bytes from cut to cut; 1 takes half a minute


@dataclass(frozen=True)
class Kept:
    """A file with its -wal: what it holds, by page, and how long its -wal was after each commit."""

    path: Path
    pages: dict[int, set[int]]
    commits: list[tuple[int, set[int]]]

    @property
    def numbers(self) -> set[int]:
        return self.commits[-1][1]

    def pages_in_wal(self) -> set[int]:
        """The pages that SQLite takes from the -wal, however the main file looks."""
        frames = wal(self.path).read_bytes()
        return {struct.unpack_from(">I", frames, start)[0] for start in range(32, len(frames), FRAME)}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """120 messages in the main file, which ends with a page of messages, and some more in seven commits in the -wal."""
    folder = tmp_path_factory.mktemp("kept")
    database = Database(folder / "texting.db")
    database.open()
    number = 120
    database.write([record(number) for number in range(number)])
    while not _ends_with_messages(database):
        database.write([record(number)])
        number += 1
    database.pause_checkpoints(pause=True)
    there = set(range(number))
    commits = [(0, there)]
    for _ in range(7):
        some = [record(each) for each in range(number, number + 5)]
        number += len(some)
        database.write(some)
        there = set(range(number))
        commits.append((wal(database.path).stat().st_size, there))
    path = copy(database.path, folder / "copy")
    kept = Kept(path, _pages(database), commits)
    database.close()
    return kept


@pytest.fixture
def copied(kept: Kept, tmp_path: Path) -> Path:
    return copy(kept.path, tmp_path)


def test_a_main_file_cut_anywhere_in_its_last_page(kept: Kept, copied: Path) -> None:
    """The shorter it is, there is never more, and always all that stands on the other pages."""
    whole = copied.stat().st_size
    others = {number for page, rows in kept.pages.items() if page * PAGE < whole for number in rows}
    wal(copied).unlink()
    before = len(kept.commits[0][1])
    for length in range(whole - 1, whole - PAGE - 1, -STEP):
        os.truncate(copied, length)
        with pytest.raises(schema.Damaged):
            schema.connect(copied)
        found = _numbers(salvage.read(copied))
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
        if length >= 2 * PAGE or {1, 2} <= safe:  # else the root is lost
            assert intact & there <= set(found), length
        assert set(found) <= there
        assert damaged or (with_wal and set(found) == there)  # all that was cut off stands in the -wal, too
        assert not damaged or damaged.stat().st_size == length
        shutil.rmtree(folder)


def test_a_page_of_zeros(kept: Kept, copied: Path) -> None:
    """Any but the table's roots (1, 2): what stands on the others is there, also where no index and no count is."""
    wal(copied).unlink()
    content, there = copied.read_bytes(), kept.commits[0][1]
    for page in range(3, len(content) // PAGE + 1):
        path = copied.with_name(f"{page}.db")
        path.write_bytes(content[: (page - 1) * PAGE] + bytes(PAGE) + content[page * PAGE :])
        damaged, found = opened(path)
        assert damaged
        assert set(found) == there - kept.pages.get(page, set())


def test_a_wal_cut_anywhere_holds_the_commits_before(kept: Kept, copied: Path) -> None:
    """In each frame, and around each border of one."""
    whole = wal(copied).stat().st_size
    borders = range(32, whole + 1, FRAME)
    cuts = {at + by for at in borders for by in (-1, 0, 1, 23, 24, 25)} | set(range(0, whole, 97)) | set(range(34))
    cuts |= set(range(borders[6], borders[7], STEP))
    for length in sorted((cut for cut in cuts if cut <= whole), reverse=True):
        os.truncate(wal(copied), length)
        with closing(schema.connect(copied)) as connection:
            connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)  # noqa: FBT003 -- no keyword
            found = _numbers(connection.execute(schema.SELECT).fetchall())
        expected = max((size, numbers) for size, numbers in kept.commits if size <= length)[1]
        assert found == expected, length


@pytest.mark.parametrize(
    "tail", [bytes(3 * FRAME), os.urandom(3 * FRAME), b"\xff" * 100, None], ids=["0", "?", "f", "="]
)
def test_what_was_not_synced_after_a_commit_does_no_harm(kept: Kept, tmp_path: Path, tail: bytes | None) -> None:
    """After the last commit that was on the disk may stand anything, also frames of an earlier -wal (None)."""
    frames = wal(kept.path).read_bytes()
    old = frames[32 : 32 + 3 * FRAME]
    for size, numbers in kept.commits:
        path = copy(kept.path, tmp_path / str(size))
        wal(path).write_bytes(frames[:size] + (old if tail is None else tail))
        damaged, found = opened(path)
        assert damaged is None
        assert set(found) == numbers


def test_a_checkpoint_that_was_cut_short_does_no_harm(kept: Kept, copied: Path) -> None:
    """Whatever pages of it reached the main file: the -wal has them all."""
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


def _ends_with_messages(database: Database) -> bool:
    """Whether the last page holds messages, once everything is in the main file."""
    database.pause_checkpoints(pause=False)
    ((pages,),) = database.read("PRAGMA page_count", ())
    return pages in _pages(database)


def _pages(database: Database) -> dict[int, set[int]]:
    """The messages that stand on each page: leaves in the order of their keys have rows in the order of theirs."""
    leaves = database.read(
        "SELECT pageno, ncell FROM dbstat WHERE name = 'message' AND pagetype = 'leaf' ORDER BY path", ()
    )
    rows = iter(database.read("SELECT reference FROM message ORDER BY id", ()))
    pages: dict[int, set[int]] = defaultdict(set)
    for page, cells in leaves:
        pages[int(page or 0)] |= _numbers(next(rows) for _ in range(int(cells or 0)))
    return dict(pages)


def _numbers(rows: Iterable[Row]) -> set[int]:
    return {int(str(row[0])[4:]) for row in rows}
