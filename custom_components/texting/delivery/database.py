"""MessageDatabase: all messages, sent and received, in one SQLite file that a thread of its own writes."""

import asyncio
from collections.abc import Callable, Container, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

from . import inbound_rows, queries
from .check_task import CheckTask
from .database_reads import DatabaseReads
from .inbound_rows import InboundRows
from .incidents import IncidentRow
from .incoming import IncomingRecord, LookUp, TextQuery, lowest_id
from .integrity import FullCheck
from .record import MessageRecord
from .reply_codes import ReplyCode
from .sqlite_file import DatabaseError, SqliteFile

__all__ = ["DatabaseError", "MessageDatabase"]

RETRY_DELAY = 10.0  # seconds
# Messages that are deleted in one commit. That takes less than 20 ms, so that texts are not kept waiting.
MAX_PURGE = 200
# The same for incoming messages and incidents: one may be as long as a webhook takes.
MAX_PURGE_LONG = 50
# The same for rows of a removed entry. For each message, attempts are looked for.
MAX_REMOVE = 50

# What waits for a commit: a future, and what is called before it.
type Writer = tuple[asyncio.Future[None], Callable[[], None]]


class MessageDatabase(DatabaseReads):
    """Records in one file. The event loop never waits for the disk.

    While the file cannot be written, failing is True. The rows that are written are then kept in memory, with the
    pending messages and the newest others, are found by every read, and are written as soon as that works again.
    A damaged file is moved aside, also while it is open. Its intact rows go on in a new file.
    """

    def __init__(self, path: Path, on_changed: Callable[[], None] = lambda: None) -> None:
        """Do not touch the file yet. on_changed is called in the event loop if failing or damaged changed."""
        super().__init__(SqliteFile(path))
        self.path = path
        self.failing = False
        # Where a damaged file was moved to, None if there was none.
        self.damaged: Path | None = None
        self._on_changed = on_changed
        self._thread: ThreadPoolExecutor | None = None
        self._records: dict[str, MessageRecord] = {}
        self._inbound = InboundRows()
        self._syncs = False
        # Ids of removed entries.
        self._removed: set[str] = set()
        self._writers: list[Writer] = []
        # How many commits have begun and not ended.
        self._commits = 0
        # Done when what waits is given to the thread.
        self._next_flush: asyncio.Future[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._checks = CheckTask(self._finish_check)

    @property
    def recovered(self) -> int:
        """How many messages of the damaged file were intact."""
        return self._file.recovered

    async def open(self) -> None:
        """Open or create the file. If that fails, failing is True."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="texting database")
        await self._run(self._file.open)

    def write(  # noqa: PLR0913  each is a fact of its own
        self,
        records: Iterable[MessageRecord],
        *,
        incoming: Iterable[IncomingRecord] = (),
        codes: Iterable[ReplyCode] = (),
        incidents: Iterable[IncidentRow] = (),
        syncs: bool = True,
        then: Callable[[], None] = lambda: None,
    ) -> asyncio.Future[None]:
        """Save snapshots. The future is done when they are on disk, or raises DatabaseError; then is called before.

        All rows of one call are written together. An incoming message may change afterward. The row of an incident that
        is written last counts. A message is known by its reference: writing it again replaces what was known, and may
        make it pending again. Whoever is not sure looks with find first.

        If syncs is false, they are committed then, and survive a power failure a moment later.

        Everything that is written in one or two turns of the loop, or while a commit runs, becomes one commit. Messages
        of an entry that was removed are left out. Incoming messages alone are refused while too many of them wait.
        """
        records, incoming, incidents = list(records), list(incoming), list(incidents)
        if error := self._refusal(is_full=bool(incoming and not (records or incidents)) and self._inbound.is_full):
            return _refused(error, then)
        self._records |= {record.reference: record for record in records if record.entry_id not in self._removed}
        self._inbound.add(incoming, codes, incidents, self._removed)
        return self._commit_soon(then, syncs=syncs)

    def hand_on(self, incoming_id: str, *, syncs: bool = False) -> asyncio.Future[None]:
        """Mark an incoming message as handed on, and delete its command, which begins now.

        The future is like that of write. The mark stays, also if the message is written without it later.
        """
        if error := self._refusal(is_full=len(self._inbound.handed_on) >= inbound_rows.MAX_MEMORY_ROWS):
            return _refused(error, lambda: None)
        self._inbound.handed_on[incoming_id] = None
        return self._commit_soon(lambda: None, syncs=syncs)

    def _refusal(self, *, is_full: bool) -> str | None:
        """Return why nothing can be written now: the database is closed, or a disk hangs and memory is full."""
        return "closed" if self._thread is None else "busy" if is_full else None

    def _commit_soon(self, then: Callable[[], None], *, syncs: bool) -> asyncio.Future[None]:
        future = asyncio.get_running_loop().create_future()
        future.add_done_callback(_retrieve_error)
        self._syncs |= syncs
        self._writers.append((future, then))
        if len(self._writers) == 1 and not self._commits:
            loop = asyncio.get_running_loop()
            if syncs:  # in the next turn, the worker saves that new messages leave
                loop.call_soon(loop.call_soon, self._flush)
            else:
                loop.call_soon(self._flush)
        return future

    async def look_up(self, text: TextQuery) -> LookUp:
        """Return what may matter for a new text.

        What waits for the next commit is found only if no commit is running: many texts must not force a commit each.
        """
        if not self._commits:
            self._flush()
        return await self._run_soon(self._reader.look_up, text)

    async def purge(self, before: float, entry_id: str) -> int:
        """Delete messages of an entry that are done and were created before a moment; return how many.

        The totals stay. What is written meanwhile does not wait for the end. Raise DatabaseError.
        """
        return await self._purge(MAX_PURGE, queries.PURGE, entry_id, before)

    async def purge_incoming(self, entry_id: str, before: float, texts_before: float) -> None:
        """Delete incoming messages of an entry that came in before a moment, and the texts of those before another one.

        Moments are in Unix seconds. Raise DatabaseError.
        """
        await self._purge(MAX_PURGE_LONG, queries.PURGE_INCOMING, entry_id, lowest_id(before))
        await self._purge(MAX_PURGE_LONG, queries.PURGE_TEXTS, entry_id, lowest_id(texts_before))

    async def purge_reply_codes(self, closed_before: float) -> None:
        """Delete codes that were closed before a moment, in Unix seconds. Raise DatabaseError."""
        await self._purge(MAX_PURGE, queries.PURGE_CODES, closed_before)

    async def purge_incidents(self, entry_id: str, ended_before: float) -> None:
        """Delete incidents of an alert that ended before a moment, in Unix seconds. Raise DatabaseError."""
        await self._purge(MAX_PURGE_LONG, queries.PURGE_INCIDENTS, entry_id, ended_before)

    async def remove(self, entry_id: str) -> None:
        """Delete everything of an entry that was removed, in pieces, and write nothing of it any more.

        A message stays as long as a pending one of another entry belongs to it. Raise DatabaseError.
        """
        self._removed.add(entry_id)
        await self._run(self._file.forget, entry_id)
        while await self._run(self._file.remove, entry_id, MAX_REMOVE):
            pass
        await self._run(self._file.empty_wal)

    async def remove_others(self, existing: Container[str]) -> None:
        """Delete everything of entries that do not exist. Raise DatabaseError."""
        for entry_id in {str(entry_id) for (entry_id,) in await self._read(queries.ENTRIES)}:
            if entry_id not in existing:
                await self.remove(entry_id)

    async def erase(self) -> None:
        """Delete the closed database, with all that damage or a crash left of it. Raise OSError."""
        await asyncio.get_running_loop().run_in_executor(None, self._file.erase)
        self._check_state()

    async def pause_checkpoints(self) -> None:
        """Leave the main file as it is and only append to its -wal, so that both can be copied one after the other."""
        await self._pause(pause=True)

    async def resume_checkpoints(self) -> None:
        """Write to the main file again."""
        await self._pause(pause=False)

    @property
    def is_paused(self) -> bool:
        """Return True from pause_checkpoints to resume_checkpoints."""
        return self._file.is_paused

    async def _pause(self, *, pause: bool) -> None:
        if self._thread:
            await self._run(partial(self._file.pause_checkpoints, pause=pause))
        else:  # it applies when the file is opened
            self._file.pause_checkpoints(pause=pause)

    async def close(self) -> None:
        """Commit what was written, then release the file and the thread."""
        await self._checks.end()
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

    async def _purge(self, size: int, sql: str, *parameters: object) -> int:
        """Delete what a query finds, in pieces of a size. Return how many rows were deleted."""
        deleted = 0
        while piece := await self._run(self._file.delete, sql, (*parameters, size)):
            deleted += piece
        # What was deleted before may still be in it.
        await self._run(self._file.empty_wal)
        return deleted

    async def _run[*Arguments, Result](self, job: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """Run a job in the thread, after everything that was written before."""
        if not self._commits:
            self._flush()
        elif self._writers:  # they wait for the next commit, and reads force none of their own
            self._next_flush = self._next_flush or asyncio.get_running_loop().create_future()
            await asyncio.shield(self._next_flush)
        return await self._run_soon(job, *arguments)

    async def _run_soon[*Arguments, Result](
        self, job: Callable[[*Arguments], Result], *arguments: *Arguments
    ) -> Result:
        """Run a job in the thread, after the commits that have begun."""
        if self._thread is None:
            raise DatabaseError("closed")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, job, *arguments)
        finally:
            self._check_state()

    def _flush(self) -> None:
        """Commit what was written. What is written from now on waits for the next commit."""
        if not self._writers or self._thread is None:
            return
        records, self._records = list(self._records.values()), {}
        inbound, self._inbound = self._inbound, InboundRows()
        writers, self._writers = self._writers, []
        syncs, self._syncs = self._syncs, False
        flush, self._next_flush = self._next_flush, None
        self._commits += 1
        run = partial(asyncio.get_running_loop().run_in_executor, self._thread)
        run(partial(self._file.write, records, inbound, syncs=syncs)).add_done_callback(
            partial(self._committed, writers)
        )
        if not syncs and (records or inbound.incoming or inbound.incidents):
            # Marks alone are synced with the next commit: it is enough that they survive the end of the process.
            run(self._file.sync).add_done_callback(lambda _synced: self._check_state())
        if flush:
            flush.set_result(None)

    def _committed(self, writers: list[Writer], commit: asyncio.Future[None]) -> None:
        self._commits -= 1
        self._check_state()
        error = commit.exception()
        for future, then in writers:
            then()
            if future.done():  # its caller was cancelled
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(DatabaseError(_kind(error)))
        if not self._commits:
            self._flush()

    def _check_state(self) -> None:
        """Tell of a change, try again later as long as the file cannot be written, and begin a check that is due."""
        state = self._file.failing, self._file.damaged
        if state[0] and self._retry is None and self._thread:
            self._retry = asyncio.get_running_loop().call_later(RETRY_DELAY, self._try_again)
        if (check := self._file.due_check) and self._thread:
            self._checks.begin(check)
        if state != (self.failing, self.damaged):
            self.failing, self.damaged = state
            self._on_changed()

    async def _finish_check(self, check: FullCheck, is_intact: bool | None) -> None:
        with suppress(DatabaseError):
            await self._run(partial(self._file.finish_check, check, is_intact=is_intact))

    def _try_again(self) -> None:
        self._retry = None
        self.write(())


def _kind(error: BaseException) -> str:
    """Return what went wrong, without a value."""
    return str(error) if isinstance(error, DatabaseError) else type(error).__name__


def _refused(error: str, then: Callable[[], None]) -> asyncio.Future[None]:
    """Return a future that has failed. What writes calls then a moment later, as for every other failure."""
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.set_exception(DatabaseError(error))
    future.add_done_callback(_retrieve_error)
    future.add_done_callback(lambda _refused: then())
    return future


def _retrieve_error(future: asyncio.Future[None]) -> None:
    """Mark an error as seen, since nobody may be waiting for it."""
    if not future.cancelled():
        future.exception()
