"""MessageDatabase: every message of all entries, in one SQLite file that a thread of its own writes."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
import json
from pathlib import Path

from .record import MessageRecord, Phase
from .schema import SELECT
from .serialization import to_text, valid_records
from .sqlite_file import DatabaseError, SqliteFile

__all__ = ["DatabaseError", "MessageDatabase"]

RETRY_DELAY = 10.0  # seconds

# Which message an incoming text answers, the surest way first. The plus stops SQLite from using the entry's index.
REPLIED_CONDITIONS = (
    "entry_id = ? AND reference = ?",
    "+entry_id = ? AND message_id = ? ORDER BY id DESC LIMIT 1",
    "entry_id = ? AND number = ? AND accepted_at >= ? ORDER BY accepted_at DESC, id DESC LIMIT 1",
)

_PENDING = ", ".join(f"'{phase}'" for phase in Phase if phase is not Phase.DONE)


class MessageDatabase:
    """Records in one file. The event loop never waits for the disk.

    While the file cannot be written, failing is True. The rows are then kept in memory, are found by every read, and
    are written as soon as that works again.
    """

    def __init__(self, path: Path, on_failing_changed: Callable[[], None] = lambda: None) -> None:
        """Do not touch the file yet. on_failing_changed is called in the event loop."""
        self.path = path
        self.failing = False
        self._on_failing_changed = on_failing_changed
        self._file = SqliteFile(path)
        self._thread: ThreadPoolExecutor | None = None
        self._records: dict[str, MessageRecord] = {}
        self._writers: list[asyncio.Future[None]] = []
        self._commits = 0
        self._retry: asyncio.TimerHandle | None = None

    @property
    def damaged(self) -> Path | None:
        """Where a damaged file was moved to, or None."""
        return self._file.damaged

    @property
    def recovered(self) -> int:
        """How many messages of the damaged file were intact."""
        return self._file.recovered

    async def open(self) -> None:
        """Open or create the file. If that fails, failing is True."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="texting database")
        await self._run(self._file.open)

    def write(self, records: Iterable[MessageRecord]) -> asyncio.Future[None]:
        """Save snapshots. The future is done when they are on disk, or raises DatabaseError.

        Everything that is written in two turns of the loop, or while a commit runs, becomes one commit.
        """
        future = asyncio.get_running_loop().create_future()
        future.add_done_callback(_retrieve_error)
        if self._thread is None:
            future.set_exception(DatabaseError("closed"))
            return future
        self._records |= {record.reference: record for record in records}
        self._writers.append(future)
        if len(self._writers) == 1 and not self._commits:
            # Flush in the turn after the next one. In the next one, the worker saves that new messages leave.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._flush)
        return future

    async def load(self, entry_id: str) -> list[MessageRecord]:
        """Return the pending messages of an entry, oldest first."""
        return await self._find(f"entry_id = ? AND phase IN ({_PENDING}) ORDER BY created_at, id", entry_id)

    async def find(
        self, *, reference: str | None = None, message_id: str | None = None, entry_id: str | None = None
    ) -> MessageRecord | None:
        """Return the newest message with this reference or message id, of any entry if none is given."""
        found = await self._find(
            "(reference = ?1 OR message_id = ?2) AND (?3 IS NULL OR entry_id = ?3) ORDER BY id DESC LIMIT 1",
            reference,
            message_id and to_text(message_id),
            entry_id,
        )
        return found[0] if found else None

    async def find_replied(
        self, entry_id: str, number: str, since: float, *, reference: str | None, message_id: str | None
    ) -> MessageRecord | None:
        """Return the message that a text from a number answers.

        It has this reference, else this message id; else it is the last one to the number that the provider accepted
        since a moment, in Unix seconds.
        """
        values = ((reference and to_text(reference),), (message_id and to_text(message_id),), (to_text(number), since))

        def find() -> MessageRecord | None:
            for where, parameters in zip(REPLIED_CONDITIONS, values, strict=True):
                rows = self._file.read(f"{SELECT} WHERE {where}", (entry_id, *parameters))
                if found := next(valid_records(rows), None):
                    return found
            return None

        return await self._run(find)

    async def latest(self, entry_id: str) -> MessageRecord | None:
        """Return the newest message of an entry."""
        found = await self._find("entry_id = ? ORDER BY id DESC LIMIT 1", entry_id)
        return found[0] if found else None

    async def count(self, entry_id: str) -> dict[str, int]:
        """Return how many messages of an entry have which status."""
        sql = "SELECT status, count(*) FROM message WHERE entry_id = ? GROUP BY status ORDER BY status"
        return {str(status): int(number or 0) for status, number in await self._run(self._file.read, sql, (entry_id,))}

    async def attempts(self, parents: Sequence[str]) -> list[MessageRecord]:
        """Return the attempts for these messages of a route, oldest first."""
        return await self._find(
            "parent IN (SELECT value FROM json_each(?)) ORDER BY created_at, id", json.dumps(list(parents))
        )

    async def segments_since(self, entry_id: str, since: float) -> int:
        """Return how many segments the provider accepted since a moment, in Unix seconds."""
        sql = "SELECT coalesce(sum(segments), 0) FROM message WHERE entry_id = ? AND accepted_at >= ?"
        ((segments,),) = await self._run(self._file.read, sql, (entry_id, since))
        return int(segments or 0)

    async def purge(self, before: float, entry_id: str | None = None) -> int:
        """Delete messages that are done and were created before a moment; return how many. Raise DatabaseError."""
        sql = "DELETE FROM message WHERE phase = ?1 AND created_at < ?2 AND (?3 IS NULL OR entry_id = ?3)"
        return await self._run(self._file.delete, sql, (Phase.DONE.value, before, entry_id))

    async def pause_checkpoints(self) -> None:
        """Leave the main file as it is and only append to its -wal, so that both can be copied one after the other."""
        await self._pause(pause=True)

    async def resume_checkpoints(self) -> None:
        """Write to the main file again."""
        await self._pause(pause=False)

    async def _pause(self, *, pause: bool) -> None:
        if self._thread:
            await self._run(partial(self._file.pause_checkpoints, pause=pause))
        else:  # it applies when the file is opened
            self._file.pause_checkpoints(pause=pause)

    async def close(self) -> None:
        """Commit what was written, then release the file and the thread."""
        if self._thread is None:
            return
        self._flush()
        thread, self._thread = self._thread, None
        if self._retry:
            self._retry.cancel()
            self._retry = None
        try:
            await asyncio.get_running_loop().run_in_executor(thread, self._file.close)
        finally:
            thread.shutdown()

    async def _find(self, where: str, *parameters: object) -> list[MessageRecord]:
        """Return the records of the rows that a condition finds."""

        def find() -> list[MessageRecord]:
            return list(valid_records(self._file.read(f"{SELECT} WHERE {where}", parameters)))

        return await self._run(find)

    async def _run[*Arguments, Result](self, job: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """Run a job in the thread, after everything that was written before."""
        if self._thread is None:
            raise DatabaseError("closed")
        self._flush()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, job, *arguments)
        finally:
            self._check_failing()

    def _flush(self) -> None:
        """Commit what was written. What is written from now on waits for the next commit."""
        if not self._writers or self._thread is None:
            return
        records, self._records = list(self._records.values()), {}
        writers, self._writers = self._writers, []
        self._commits += 1
        commit = asyncio.get_running_loop().run_in_executor(self._thread, self._file.write, records)
        commit.add_done_callback(partial(self._committed, writers))

    def _committed(self, writers: list[asyncio.Future[None]], commit: asyncio.Future[None]) -> None:
        self._commits -= 1
        self._check_failing()
        error = commit.exception()
        for future in writers:
            if future.done():  # its caller was cancelled
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(DatabaseError(_kind(error)))
        if not self._commits:
            self._flush()

    def _check_failing(self) -> None:
        """Tell of a change, and try again later as long as the file cannot be written."""
        failing = self._file.failing
        if failing and self._retry is None and self._thread:
            self._retry = asyncio.get_running_loop().call_later(RETRY_DELAY, self._try_again)
        if failing != self.failing:
            self.failing = failing
            self._on_failing_changed()

    def _try_again(self) -> None:
        self._retry = None
        self.write(())


def _kind(error: BaseException) -> str:
    """Return what went wrong, without a value."""
    return str(error) if isinstance(error, DatabaseError) else type(error).__name__


def _retrieve_error(future: asyncio.Future[None]) -> None:
    """Mark an error as seen, since nobody may be waiting for it."""
    if not future.cancelled():
        future.exception()
