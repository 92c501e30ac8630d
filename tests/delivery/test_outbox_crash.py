"""The outbox's promises towards the disk: what is committed outlives SIGKILL, and a backup is whole."""

import asyncio
from pathlib import Path
import signal
import subprocess
import sys
import textwrap

import pytest

from custom_components.texting.delivery.outbox import Outbox, OutboxError
from tests.delivery.messages import ACCOUNT, full_disk, numbers, opened, record, wal

PROGRAM = textwrap.dedent("""
    import asyncio, itertools, pathlib, sys
    from custom_components.texting.delivery.outbox import Outbox
    from tests.delivery.messages import record

    async def main():
        outbox = Outbox(pathlib.Path(sys.argv[1]))
        await outbox.open()
        for number in itertools.count():
            await outbox.write([record(number)])
            print(number, flush=True)

    asyncio.run(main())
""")


async def test_what_was_committed_outlives_a_kill(tmp_path: Path) -> None:
    """Also after some checkpoints."""
    for count in (1, 1000):
        path = tmp_path / f"{count}.db"
        committed = await asyncio.to_thread(_killed_after, path, count)
        outbox = Outbox(path)
        await outbox.open()
        found = numbers(await outbox.load(ACCOUNT))
        await outbox.close()
        assert outbox.damaged is None
        assert found in (list(range(committed)), list(range(committed + 1)))  # it may have died before it told


async def test_a_backup_made_while_writing_is_whole(outbox: Outbox, tmp_path: Path) -> None:
    """The main file in pieces, then the -wal, which may be cut anywhere; never the -shm."""
    await outbox.write([record(number) for number in range(1000)])
    stop = asyncio.Event()
    writer = asyncio.create_task(_write_until(stop, outbox))
    await asyncio.sleep(0.05)
    mark = await outbox.segments_since(ACCOUNT, 0.0)
    await outbox.pause_checkpoints()
    before, pieces = outbox.path.stat(), []
    with outbox.path.open("rb") as file:
        while piece := file.read(65536):
            pieces.append(piece)
            await asyncio.sleep(0.01)
    await outbox.write([record(-1, text="Water in the cellar" * 300_000)])  # SQLite would make a checkpoint now
    committed = wal(outbox.path).read_bytes()
    assert outbox.path.stat().st_mtime_ns == before.st_mtime_ns
    await outbox.resume_checkpoints()
    stop.set()
    await writer

    for cut in (len(committed), len(committed) // 2, len(committed) // 3 + 17, 0):
        backup = Outbox(tmp_path / f"backup{cut}" / "texting.db")
        backup.path.parent.mkdir()
        backup.path.write_bytes(b"".join(pieces))
        wal(backup.path).write_bytes(committed[:cut])
        await backup.open()
        assert (backup.failing, backup.damaged) == (False, None)
        found = numbers(await backup.load(ACCOUNT))
        assert set(found) - {-1} == set(range(len(set(found) - {-1})))
        assert len(found) >= 1000 + mark
        await backup.close()


async def test_checkpoints_stay_paused_when_the_file_is_opened_again(outbox: Outbox) -> None:
    await outbox.pause_checkpoints()
    await outbox.write([record(1)])
    before = outbox.path.stat()
    with full_disk(), pytest.raises(OutboxError):
        await outbox.write([record(2, text="Water in the cellar" * 500)])
    await outbox.write([record(number) for number in range(3, 10_000)])
    assert outbox.path.stat().st_mtime_ns == before.st_mtime_ns
    await outbox.resume_checkpoints()
    assert outbox.path.stat().st_size > 2**20


async def test_closing_within_a_backup_leaves_the_main_file_alone(outbox: Outbox) -> None:
    await outbox.pause_checkpoints()
    await outbox.write([record(1)])
    before = outbox.path.stat()
    await outbox.close()
    assert outbox.path.stat().st_mtime_ns == before.st_mtime_ns
    assert opened(outbox.path) == (None, [1])


async def _write_until(stop: asyncio.Event, outbox: Outbox) -> None:
    number = 1000
    while not stop.is_set():
        await outbox.write([record(number + more, taken_at=1.0) for more in range(10)])
        number += 10


def _killed_after(path: Path, count: int) -> int:
    """How many messages a process had told to be committed when it was killed, count at least."""
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 -- ours
        assert process.stdout
        for _ in range(count):
            assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        return count + len(process.stdout.readlines())
