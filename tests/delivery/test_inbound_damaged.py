"""What is left of incoming messages, reply codes and incidents when pages of the file are damaged."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
import json
import os
from pathlib import Path
import random
import sqlite3

import pytest

from custom_components.texting.delivery import inbound_rows, incidents, incoming as columns, reply_codes, schema
from custom_components.texting.delivery.database import MessageDatabase
from custom_components.texting.delivery.inbound_rows import InboundRows
from custom_components.texting.delivery.serialization import Row
from custom_components.texting.delivery.sqlite_file import SqliteFile
from tests.support.records import (
    NUMBER,
    OTHER,
    incident,
    incoming,
    incoming_numbers,
    look_up,
    opened,
    record,
    reply_code,
)

PAGE = 4096
TEXTS, PHONES, INCIDENTS = 300, 4, 40
# Bytes between two that are changed; with 97 the test takes a minute.
STEP = 1009

# Where a row of each table, which its length tells, has an id that no other has.
_ID = {len(columns.COLUMNS): 0, len(reply_codes.COLUMNS): 3, len(incidents.COLUMNS): 1}

type Damage = Callable[[bytes], bytes]
DAMAGES: dict[str, Damage] = {
    "zeros": lambda page: bytes(len(page)),
    # A power failure may write half of a page.
    "torn": lambda page: page[: PAGE // 2] + bytes(PAGE // 2),
    "noise": lambda page: random.Random(7).randbytes(len(page)),  # noqa: S311  the same in each run
}


@dataclass(frozen=True)
class Whole:
    """An intact file."""

    path: Path
    # The rows of the tables, by their keys.
    rows: dict[object, Row]
    # The pages of each table and index, in the order of their keys, as (page, type).
    pages: dict[str, list[tuple[int, str]]]

    def leaves(self, name: str) -> list[int]:
        return [page for page, kind in self.pages[name] if kind == "leaf"]

    def on(self, *pages: int) -> set[object]:
        """Return the keys of the rows that are on pages, also in part. Each has an id that no other has."""
        content = self.path.read_bytes()
        parts = [content[(page - 1) * PAGE : page * PAGE] for page in pages]
        items = {key: row[_ID[len(row)]] for key, row in self.rows.items()}
        return {key for key, item in items.items() if any(str(item).encode() in part for part in parts)}

    def damaged(self, folder: Path, damage: Damage, *pages: int) -> Path:
        """Return a copy with damaged pages. The file seems not to have changed."""
        content, stat = bytearray(self.path.read_bytes()), self.path.stat()
        for page in pages:
            at = slice((page - 1) * PAGE, page * PAGE)
            content[at] = damage(bytes(content[at]))
        path = folder / f"{'-'.join(map(str, pages))}.db"
        path.write_bytes(content)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        return path


def rows(path: Path) -> dict[object, Row]:
    """Return the texts, codes and incidents of an intact file, by their keys."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = schema.read_text
        texts = {row[0]: row for row in connection.execute(schema.SELECT_INCOMING)}
        others = (connection.execute(sql) for sql in (schema.SELECT_CODE, schema.SELECT_INCIDENT))
        return texts | {row[:2]: row for table in others for row in table}


def recovered(path: Path) -> dict[object, Row]:
    """Open a damaged file. Return what is left of it."""
    damaged, _ = opened(path)
    assert damaged
    return rows(path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    path = tmp_path_factory.mktemp("whole") / "texting.db"
    written = InboundRows()
    written.add(
        (
            incoming(number, sender=f"+3361234567{number % 7}", text=f"Yes {number}", message={"message_id": "17"})
            for number in range(TEXTS)
        ),
        (
            # Long items make the table larger than a page.
            reply_code(code, number=f"{NUMBER}{phone}", item=f"{phone}{code}{'x' * 40}", entry_id=OTHER)
            for phone in range(PHONES)
            for code in range(10, 100)
        ),
        (
            # The second is on pages of its own.
            incident(number, entry_id=OTHER, content=json.dumps(["Water" * (1500 if number == 1 else 100)]))
            for number in range(INCIDENTS)
        ),
        (),
    )
    sqlite = SqliteFile(path)
    sqlite.open()
    sqlite.write([record(number) for number in range(3)], written)
    sqlite.close()
    with closing(sqlite3.connect(path)) as connection:
        pages: dict[str, list[tuple[int, str]]] = {}
        for name, page, kind in connection.execute("SELECT name, pageno, pagetype FROM dbstat ORDER BY path"):
            pages.setdefault(name, []).append((page, kind))
    return Whole(path, rows(path), pages)


def test_the_file_is_large_enough_for_these_tests(whole: Whole) -> None:
    assert len(whole.rows) == TEXTS + PHONES * 90 + INCIDENTS
    assert len(whole.leaves("incoming")) > 10
    assert len(whole.leaves("reply_code")) > 5
    assert len(whole.leaves("incident")) > 5
    assert all(whole.on(page) for table in ("incoming", "reply_code", "incident") for page in whole.leaves(table))


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("table", ["incoming", "reply_code", "incident"])
def test_a_damaged_page_of_a_table_loses_only_its_own_rows(
    whole: Whole, tmp_path: Path, table: str, damage: Damage
) -> None:
    for page in whole.leaves(table)[::3]:
        found = recovered(whole.damaged(tmp_path, damage, page))
        assert found.items() >= {key: row for key, row in whole.rows.items() if key not in whole.on(page)}.items()
        # Of a torn page, some rows may be left.
        assert found.keys() <= whole.rows.keys()


@pytest.mark.parametrize("name", ["incoming_fingerprint", "incoming_number", "incoming_entry", "incoming_text"])
def test_a_damaged_page_of_an_index_loses_nothing(whole: Whole, tmp_path: Path, name: str) -> None:
    for page, _ in whole.pages[name]:
        assert recovered(whole.damaged(tmp_path, DAMAGES["zeros"], page)) == whole.rows


def test_the_texts_between_two_damaged_pages_are_found(whole: Whole, tmp_path: Path) -> None:
    """Also if an index is damaged too, since another one tells their ids."""
    leaves, index = whole.leaves("incoming"), whole.leaves("incoming_entry")
    for pages in ((leaves[1], leaves[-2]), (leaves[0], leaves[-1], index[0], index[-1])):
        lost = whole.on(*pages[:2])
        assert 0 < len(lost) < TEXTS / 4
        found = recovered(whole.damaged(tmp_path, DAMAGES["zeros"], *pages))
        assert found == {key: row for key, row in whole.rows.items() if key not in lost}


def test_memory_takes_only_the_newest_texts_of_a_damaged_file(
    whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound_rows, "MAX_MEMORY_ROWS", 100)
    texts = sorted(key for key in whole.rows if isinstance(key, str))
    leaves, index = whole.leaves("incoming"), whole.leaves("incoming_entry")
    for pages in ((leaves[0],), (leaves[-2],), (leaves[-1], index[-1])):
        path = whole.damaged(tmp_path, DAMAGES["zeros"], *pages)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(":memory:")) as memory:
            schema.migrate(memory)
            inbound_rows.merge_inbound(source, memory, only_newest=True)
            found = [key for (key,) in memory.execute("SELECT id FROM incoming ORDER BY id")]
        assert found == [key for key in texts[-100:] if key not in whole.on(pages[0])]


def test_a_lost_table_costs_no_other_one(whole: Whole, tmp_path: Path) -> None:
    for lost, module in (("incoming", columns), ("reply_code", reply_codes), ("incident", incidents)):
        root = whole.pages[lost][0][0]
        found = recovered(whole.damaged(tmp_path, DAMAGES["zeros"], root))
        assert found == {key: row for key, row in whole.rows.items() if len(row) != len(module.COLUMNS)}


def test_memory_takes_the_open_incidents_and_those_that_ended_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound_rows, "MAX_MEMORY_INCIDENTS", 3)
    ends = {1: None, 2: 90.0, 3: 50.0, 4: 60.0, 5: 10.0}
    written = InboundRows()
    written.add((), (), (incident(number, ended_at=ended_at) for number, ended_at in ends.items()), ())
    with closing(sqlite3.connect(":memory:")) as source, closing(sqlite3.connect(":memory:")) as memory:
        for connection in (source, memory):
            schema.migrate(connection)
        written.write(source)
        inbound_rows.merge_inbound(source, memory, only_newest=True)
        found = [incident(number).id for number in (1, 2, 4)]
        assert [key for (key,) in memory.execute("SELECT id FROM incident ORDER BY id")] == found


def test_a_changed_byte_changes_one_page_only(whole: Whole, tmp_path: Path) -> None:
    """Whatever it means to SQLite, the file can be used then, and what is on other pages is as it was."""
    content = whole.path.read_bytes()
    leaves = {page for table in ("incoming", "reply_code", "incident") for page in whole.leaves(table)}
    indexes = {page for name, pages in whole.pages.items() if name.startswith("incoming_") for page, _ in pages}
    checked = 0
    for at in range(PAGE, len(content), STEP):
        page = at // PAGE + 1
        path = tmp_path / f"{at}.db"
        path.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        opened(path)
        found = rows(path)
        if page in leaves | indexes:
            lost = whole.on(page) if page in leaves else set()
            checked += 1
            assert found.items() >= {key: row for key, row in whole.rows.items() if key not in lost}.items(), at
            assert len(found) <= len(whole.rows), at
    assert checked > 50


async def test_damage_while_the_file_is_open(tmp_path: Path) -> None:
    """What cannot be read is lost, what was in memory is not, and the other texts are found at once."""
    database = MessageDatabase(tmp_path / "texting.db")
    await database.open()
    texts = [incoming(number, text="Water" * 600) for number in range(2000)]  # more than SQLite caches
    await database.write((), incoming=texts, codes=[reply_code(10)])
    await database.close()
    await database.open()
    with closing(sqlite3.connect(database.path)) as connection:
        sql = "SELECT pageno FROM dbstat WHERE name = 'incoming' AND pagetype = 'leaf' ORDER BY path"
        leaves = [page for (page,) in connection.execute(sql)]
    stretch = next(first for first, last in pairwise(leaves[len(leaves) // 2 :]) if last > first)
    with database.path.open("r+b") as file:
        file.seek(PAGE * (stretch - 1))
        file.write(bytes(PAGE * 20))
    database.write((), incoming=[incoming(5000), incoming(0, text="Water" * 600, is_handed_on=True)])
    left = await _numbers(database)
    assert (database.failing, database.damaged is not None) == (False, True)
    assert left == sorted(set(left))
    assert 1500 < len(left) < 2000
    assert (0 in left, 1 in left, left[-1]) == (False, True, 5000)
    assert incoming_numbers((await look_up(database)).known) == [5000]
    assert await database.reply_codes(0.0) == [reply_code(10)]
    await database.close()
    await database.open()
    assert not database.failing
    assert await _numbers(database) == left
    await database.close()


async def _numbers(database: MessageDatabase) -> list[int]:
    """Return the numbers of all texts that were not handed on."""
    found = await database._read("SELECT id FROM incoming WHERE NOT handed_on ORDER BY id")
    return [int(str(incoming_id)[10:]) for (incoming_id,) in found]
