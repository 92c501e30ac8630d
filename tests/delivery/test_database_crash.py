"""Commits survive SIGKILL, and a backup of a database in use is complete."""

import asyncio
from pathlib import Path
import signal
import subprocess
import sys
import textwrap

import pytest

from custom_components.texting.delivery.database import DatabaseError, MessageDatabase
from tests.support.records import ACCOUNT, full_disk, numbers, opened, record, wal

PROGRAM = textwrap.dedent("""
    import asyncio, itertools, pathlib, sys
    from custom_components.texting.delivery.database import MessageDatabase
    from tests.support.records import record

    async def main():
        database = MessageDatabase(pathlib.Path(sys.argv[1]))
        await database.open()
        for number in itertools.count():
            await database.write([record(number)])
            print(number, flush=True)

    asyncio.run(main())
""")


async def test_commits_survive_a_kill(tmp_path: Path) -> None:
    """1000 commits include some checkpoints."""
    for count in (1, 1000):
        path = tmp_path / f"{count}.db"
        committed = await asyncio.to_thread(_killed_after, path, count)
        database = MessageDatabase(path)
        await database.open()
        found = numbers(await database.load(ACCOUNT))
        await database.close()
        assert database.damaged is None
        assert found in (
            list(range(committed)),
            list(range(committed + 1)),
        )  # the last number may not have been printed


async def test_a_backup_made_while_writing_is_whole(database: MessageDatabase, tmp_path: Path) -> None:
    """A backup copies the main file in pieces, then the -wal, which may be cut anywhere, and never the -shm."""
    await database.write([record(number) for number in range(1000)])
    stop = asyncio.Event()
    writer = asyncio.create_task(_write_until(stop, database))
    while (mark := (await database.segments_on(ACCOUNT, "2026-11-21"))[0]) < 50:
        pass  # each look lets the writer go on
    await database.pause_checkpoints()
    before, pieces = database.path.stat(), []
    with database.path.open("rb") as file:
        while piece := file.read(65536):
            pieces.append(piece)
            await database.write(())  # what was written until now is committed
    await database.write([record(-1, text="Water in the cellar" * 300_000)])  # SQLite would make a checkpoint now
    committed = wal(database.path).read_bytes()
    assert database.path.stat().st_mtime_ns == before.st_mtime_ns
    await database.resume_checkpoints()
    stop.set()
    await writer

    for cut in (len(committed), len(committed) // 2, len(committed) // 3 + 17, 0):
        backup = MessageDatabase(tmp_path / f"backup{cut}" / "texting.db")
        backup.path.parent.mkdir()
        backup.path.write_bytes(b"".join(pieces))
        wal(backup.path).write_bytes(committed[:cut])
        await backup.open()
        assert (backup.failing, backup.damaged) == (False, None)
        found = numbers(await backup.load(ACCOUNT))
        assert set(found) - {-1} == set(range(len(set(found) - {-1})))
        assert len(found) >= 1000 + mark
        await backup.close()


async def test_checkpoints_stay_paused_when_the_file_is_opened_again(database: MessageDatabase) -> None:
    await database.pause_checkpoints()
    await database.write([record(1)])
    before = database.path.stat()
    with full_disk(), pytest.raises(DatabaseError):
        await database.write([record(2, text="Water in the cellar" * 500)])
    await database.write([record(number) for number in range(3, 10_000)])
    assert database.path.stat().st_mtime_ns == before.st_mtime_ns
    await database.resume_checkpoints()
    assert database.path.stat().st_size > 2**20


async def test_closing_during_a_backup_does_not_change_the_main_file(database: MessageDatabase) -> None:
    await database.pause_checkpoints()
    await database.write([record(1)])
    before = database.path.stat()
    await database.close()
    assert database.path.stat().st_mtime_ns == before.st_mtime_ns
    assert opened(database.path) == (None, [1])


async def _write_until(stop: asyncio.Event, database: MessageDatabase) -> None:
    number = 1000
    while not stop.is_set():
        await database.write([record(number + more, accepted_at=1.0, day="2026-11-21") for more in range(10)])
        number += 10


def _killed_after(path: Path, count: int) -> int:
    """Kill a process after it committed at least count messages. Return how many it committed."""
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  our own program
        assert process.stdout
        for _ in range(count):
            assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        return count + len(process.stdout.readlines())
