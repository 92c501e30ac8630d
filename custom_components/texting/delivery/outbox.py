"""The outbox: every message of all accounts, on disk before it is sent and after each news of it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
import json
from pathlib import Path

from .database import Database, OutboxError
from .record import Phase, Record, plain
from .salvage import records
from .schema import SELECT

__all__ = ["Outbox", "OutboxError"]

RETRY_AFTER = 10.0  # seconds

# Which message a text answers, the surest way first. The plus keeps SQLite from looking through the whole account.
ANSWERED = (
    "account = ? AND reference = ?",
    "+account = ? AND message_id = ? ORDER BY id DESC LIMIT 1",
    "account = ? AND number = ? AND taken_at >= ? ORDER BY taken_at DESC, id DESC LIMIT 1",
)

_PENDING = ", ".join(f"'{phase}'" for phase in Phase if phase is not Phase.ENDED)


class Outbox:
    """Records in one SQLite file. Its own thread does the work; the loop never waits for the disk.

    While the file cannot be written, failing is True: the rows are kept in memory, where all reads find them, and
    written as soon as that works. on_trouble is called in the loop each time failing changes.
    """

    def __init__(self, path: Path, on_trouble: Callable[[], None] = lambda: None) -> None:
        """Touch nothing yet."""
        self.path = path
        self.failing = False
        self._on_trouble = on_trouble
        self._database = Database(path)
        self._thread: ThreadPoolExecutor | None = None
        self._records: dict[str, Record] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._commits = 0
        self._retry: asyncio.TimerHandle | None = None

    @property
    def damaged(self) -> Path | None:
        """Where a damaged file was put aside, or None."""
        return self._database.damaged

    @property
    def salvaged(self) -> int:
        """How many messages of the damaged file were intact."""
        return self._database.salvaged

    async def open(self) -> None:
        """Open or make the file; where that cannot be, failing is True."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="texting outbox")
        await self._run(self._database.open)

    def write(self, records: Iterable[Record]) -> asyncio.Future[None]:
        """Keep the records, which change no more: hand it copies; done when they are on the disk, or with OutboxError.

        What is written within one iteration of the loop, or while a commit is running, is one commit.
        """
        future = asyncio.get_running_loop().create_future()
        future.add_done_callback(_look_at)
        if self._thread is None:
            future.set_exception(OutboxError("closed"))
            return future
        self._records |= {record.reference: record for record in records}
        self._waiting.append(future)
        if len(self._waiting) == 1 and not self._commits:
            asyncio.get_running_loop().call_soon(self._flush)
        return future

    async def load(self, account: str) -> list[Record]:
        """An account's messages that are not ended, oldest first."""
        return await self._find(f"account = ? AND phase IN ({_PENDING}) ORDER BY asked_at, id", account)

    async def find(
        self, *, reference: str | None = None, message_id: str | None = None, account: str | None = None
    ) -> Record | None:
        """The newest message with this reference or message id, of any account where none is given."""
        found = await self._find(
            "(reference = ?1 OR message_id = ?2) AND (?3 IS NULL OR account = ?3) ORDER BY id DESC LIMIT 1",
            reference,
            message_id and plain(message_id),
            account,
        )
        return found[0] if found else None

    async def answered(
        self, account: str, number: str, since: float, *, reference: str | None, message_id: str | None
    ) -> Record | None:
        """What a text from a number answers: the message with this reference, else the newest with this message id.

        Else the last to the number that the gateway has accepted, or may have, since a moment.
        """
        told = ((reference and plain(reference),), (message_id and plain(message_id),), (plain(number), since))

        def find() -> Record | None:
            for where, values in zip(ANSWERED, told, strict=True):
                if found := list(records(self._database.read(f"{SELECT} WHERE {where}", (account, *values)))):
                    return found[0]
            return None

        return await self._run(find)

    async def latest(self, account: str) -> Record | None:
        """The message that an account was asked for last."""
        found = await self._find("account = ? ORDER BY id DESC LIMIT 1", account)
        return found[0] if found else None

    async def count(self, account: str) -> dict[str, int]:
        """How many messages of an account have which status."""
        sql = "SELECT status, count(*) FROM message WHERE account = ? GROUP BY status ORDER BY status"
        return {
            str(status): int(number or 0) for status, number in await self._run(self._database.read, sql, (account,))
        }

    async def children(self, parents: Sequence[str]) -> list[Record]:
        """The messages that were sent for these, oldest first."""
        return await self._find(
            "parent IN (SELECT value FROM json_each(?)) ORDER BY asked_at, id", json.dumps(list(parents))
        )

    async def segments_since(self, account: str, since: float) -> int:
        """How many segments the gateway accepted since a moment."""
        sql = "SELECT coalesce(sum(segments), 0) FROM message WHERE account = ? AND taken_at >= ?"
        ((segments,),) = await self._run(self._database.read, sql, (account, since))
        return int(segments or 0)

    async def purge(self, before: float, account: str | None = None) -> int:
        """Forget the ended messages that were asked for before a moment; how many. Raises OutboxError."""
        sql = "DELETE FROM message WHERE phase = ?1 AND asked_at < ?2 AND (?3 IS NULL OR account = ?3)"
        return await self._run(self._database.delete, sql, (Phase.ENDED.value, before, account))

    async def pause_checkpoints(self) -> None:
        """Change the main file no more, only lengthen its -wal: both may be copied one after the other."""
        await self._pause(pause=True)

    async def resume_checkpoints(self) -> None:
        """Change the main file again."""
        await self._pause(pause=False)

    async def _pause(self, *, pause: bool) -> None:
        if self._thread:
            await self._run(partial(self._database.pause_checkpoints, pause=pause))
        else:  # it holds when the file is opened
            self._database.pause_checkpoints(pause=pause)

    async def close(self) -> None:
        """Commit what was written, and let go of file and thread."""
        if self._thread is None:
            return
        self._flush()
        thread, self._thread = self._thread, None
        if self._retry:
            self._retry.cancel()
            self._retry = None
        try:
            await asyncio.get_running_loop().run_in_executor(thread, self._database.close)
        finally:
            thread.shutdown()

    async def _find(self, where: str, *parameters: object) -> list[Record]:
        """The records of the rows that a condition finds."""

        def find() -> list[Record]:
            return list(records(self._database.read(f"{SELECT} WHERE {where}", parameters)))

        return await self._run(find)

    async def _run[*Arguments, Result](self, job: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """Do a job in the thread, after all that was written before."""
        if self._thread is None:
            raise OutboxError("closed")
        self._flush()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, job, *arguments)
        finally:
            self._look()

    def _flush(self) -> None:
        """Commit what was written; more waits for its end."""
        if not self._waiting or self._thread is None:
            return
        records, self._records = list(self._records.values()), {}
        waiting, self._waiting = self._waiting, []
        self._commits += 1
        commit = asyncio.get_running_loop().run_in_executor(self._thread, self._database.write, records)
        commit.add_done_callback(partial(self._committed, waiting))

    def _committed(self, waiting: list[asyncio.Future[None]], commit: asyncio.Future[None]) -> None:
        self._commits -= 1
        self._look()
        error = commit.exception()
        for future in waiting:
            if future.done():  # its caller was cancelled
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(OutboxError(_kind(error)))
        if not self._commits:
            self._flush()

    def _look(self) -> None:
        """Tell of a change, and try again later while the file cannot be written."""
        failing = self._database.failing
        if failing and self._retry is None and self._thread:
            self._retry = asyncio.get_running_loop().call_later(RETRY_AFTER, self._try_again)
        if failing != self.failing:
            self.failing = failing
            self._on_trouble()

    def _try_again(self) -> None:
        self._retry = None
        self.write(())


def _kind(error: BaseException) -> str:
    """What went wrong, without a value."""
    return str(error) if isinstance(error, OutboxError) else type(error).__name__


def _look_at(future: asyncio.Future[None]) -> None:
    """Take note of an error that nobody may be waiting for."""
    if not future.cancelled():
        future.exception()
