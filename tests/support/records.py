"""Records to store, a listener that remembers updates, and helpers that read database files."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
import os
from pathlib import Path
import resource
import shutil
import sqlite3
import struct
from typing import Any

from custom_components.texting.delivery.database import MessageDatabase
from custom_components.texting.delivery.incidents import IncidentRow
from custom_components.texting.delivery.incoming import IncomingRecord, LookUp, TextQuery, fingerprint, lowest_id
from custom_components.texting.delivery.outbox import Change, Update
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.delivery.reply_codes import ReplyCode
from custom_components.texting.delivery.schema import SELECT
from custom_components.texting.delivery.sqlite_file import SqliteFile
from custom_components.texting.gateway.capabilities import MessageType
from custom_components.texting.gateway.message import IncomingMessage, Message
from custom_components.texting.gateway.status import FailureReason, Status

ACCOUNT = "01JD0000000000000000000001"
OTHER = "01JD0000000000000000000002"
NUMBER = "+33612345678"
# The key of fingerprints.
KEY = "0123456789abcdef0123456789abcdef"
FRAME = 24 + 4096  # bytes of one page in a -wal file; the file header has 32 bytes


class UpdateLog:
    """A listener of an outbox that remembers every update."""

    def __init__(self) -> None:
        self.updates: list[Update] = []

    def messages_updated(self, updates: Sequence[Update]) -> None:
        self.updates.extend(updates)

    @property
    def news(self) -> list[tuple[str, Status]]:
        """The reference and status of each message that was accepted or changed."""
        return [(record.reference, record.status) for record, change in self.updates if change is not Change.ENDED]

    @property
    def changes(self) -> list[tuple[str, Change]]:
        """The reference and the change of each update."""
        return [(record.reference, change) for record, change in self.updates]

    def of(self, change: Change) -> list[tuple[str, Status]]:
        """Return the reference and status of each update of one kind."""
        return [(record.reference, record.status) for record, each in self.updates if each is change]


# A record that sets every stored field.
FULL = MessageRecord(
    message=Message(
        reference="one",
        to="+33612345678",
        text="Wasser \U0001f6b0",
        title="Keller",
        type=MessageType.VOICE,
        sender="MyHome",
        media_url="https://example.com/a.png",
        language="de-de",
        gender="female",
        send_at=datetime(2026, 3, 29, 2, 30, tzinfo=UTC),
        commercial=True,
        express=False,
        template_id="110",
        channel=2,
        group_size=3,
    ),
    entry_id="account",
    created_at=1.5,
    expires_at=2.5,
    not_before=1.75,
    accepted_at=2.0,
    delivered_at=2.25,
    recipient_name="Anna",
    recipient_id="sub",
    day="2026-03-29",
    groups="Family",
    parent="parent",
    via="account",
    urgent=True,
    ignores_opt_out=True,
    passes_limit=True,
    resend=True,
    resend_count=2,
    segments=3,
    cost=6,
    price=0.42,
    currency="EUR",
    phase=Phase.TRACKED,
    status=Status.SENT,
    message_id="id",
    batch_id="job",
    provider_status="Enroute",
    reason=FailureReason.FLOOD,
    status_on_timeout=Status.EXPIRED,
)


def record(number: int, *, text: str = "Water in the cellar", **changes: Any) -> MessageRecord:
    """Return a message of ACCOUNT. The number is the time of its creation in seconds, and part of its reference."""
    message = Message(reference=f"01JD{number:022}", to="+33612345678", text=text)
    values: dict[str, Any] = {"entry_id": ACCOUNT, "created_at": float(number), "expires_at": number + 3600.0} | changes
    return MessageRecord(message=message, **values)


def ended(number: int, **changes: Any) -> MessageRecord:
    """Return a message that is done."""
    return record(number, phase=Phase.DONE, **changes)


def delivered(number: int, **changes: Any) -> MessageRecord:
    """Return a message that was delivered. It is counted on 2026-11-21."""
    values: dict[str, Any] = {"status": Status.DELIVERED, "accepted_at": 5.0, "day": "2026-11-21"} | changes
    return ended(number, **values)


def incoming(
    number: int, *, entry_id: str = ACCOUNT, sender: str = NUMBER, text: str = "Yes please", **changes: Any
) -> IncomingRecord:
    """Return a text that came in at a time in seconds, which is the number."""
    message = IncomingMessage(sender=sender, text=text, **changes.pop("message", {}))
    values: dict[str, Any] = {
        "id": f"{lowest_id(number)}{number:016}",
        "received_at": float(number),
        "fingerprint": fingerprint(KEY, entry_id, sender, text),
    } | changes
    return IncomingRecord(entry_id=entry_id, message=message, **values)


def reply_code(code: int, *, entry_id: str = ACCOUNT, number: str = NUMBER, **changes: Any) -> ReplyCode:
    """Return a code that is open since as many seconds as it says."""
    values: dict[str, Any] = {"item": f"item{code}", "opened_at": float(code)} | changes
    return ReplyCode(number=number, code=code, entry_id=entry_id, **values)


def incident(
    number: int, *, entry_id: str = ACCOUNT, ended_at: float | None = None, content: str = "{}"
) -> IncidentRow:
    """Return the row of an incident that began at a time in seconds, which is the number."""
    return IncidentRow(entry_id, f"{lowest_id(number)}A{number:015}", ended_at, content)


def incoming_numbers(records: Iterable[IncomingRecord]) -> list[int]:
    """Return the numbers that the texts were created with."""
    return [int(each.id[10:]) for each in records]


async def count(database: MessageDatabase, table: str) -> int:
    """Return the number of rows of a table."""
    ((rows,),) = await database._read(f"SELECT count(*) FROM {table}")  # noqa: S608  our own names
    return int(rows or 0)


async def look_up(
    database: MessageDatabase,
    *,
    text: str = "Yes please",
    number: str = NUMBER,
    since: float = 0.0,
    reference: str | None = None,
    message_id: str | None = None,
    own_id: str | None = None,
    accepted_since: float = 100.0,
) -> LookUp:
    """Look up a text of ACCOUNT."""
    return await database.look_up(
        TextQuery(
            entry_id=ACCOUNT,
            number=number,
            fingerprint=fingerprint(KEY, ACCOUNT, number, text),
            since=since,
            accepted_since=accepted_since,
            reference=reference,
            message_id=message_id,
            own_id=own_id,
        )
    )


def numbers(records: list[MessageRecord]) -> list[int]:
    """Return the numbers that the records were created with."""
    return [int(each.reference[4:]) for each in records]


def copy(path: Path, folder: Path) -> Path:
    """Copy the main file and the -wal file as they are now."""
    folder.mkdir(exist_ok=True)
    for name in (path.name, f"{path.name}-wal"):
        if (path.parent / name).exists():
            shutil.copyfile(path.parent / name, folder / name)
    return folder / path.name


def wal(path: Path) -> Path:
    """Return the file that holds the latest commits."""
    return Path(f"{path}-wal")


def erase(path: Path, name: str) -> None:
    """Fill the root page of a table or an index with zeros. The file seems not to have changed."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
    stat = path.stat()
    with path.open("r+b") as file:
        file.seek(4096 * (page - 1))
        file.write(bytes(4096))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def opened(path: Path) -> tuple[Path | None, list[int]]:
    """Open a database in this thread. Return the new path of a damaged file, and the numbers of the records."""
    sqlite = SqliteFile(path)
    sqlite.open()
    assert not sqlite.failing
    found = [int(str(row[0])[4:]) for row in sqlite.read(f"{SELECT} ORDER BY id", ())]
    assert sqlite.recovered == (len(found) if sqlite.damaged else 0)
    sqlite.close()
    return sqlite.damaged, found


def commits(path: Path) -> int:
    """Return the number of commits in the -wal file. The last frame of a commit has the database size in its header."""
    frames = wal(path).read_bytes()
    return sum(
        struct.unpack_from(">I", frames, start + 4)[0] > 0
        for start in range(32, len(frames), FRAME)
        if frames[start + 8 : start + 16] == frames[16:24]
    )


def open_files() -> list[Path]:
    """Return the files that this process has open."""
    files = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # another thread closed it meanwhile
            if link.exists():
                files.append(link.readlink())
    return files


def names(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return sorted(file.name for file in folder.iterdir())


@contextmanager
def full_disk(limit: int = 4096) -> Iterator[None]:
    """Prevent this process from writing files larger than this number of bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
