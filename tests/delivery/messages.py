"""Records to keep, and a look into the files that keep them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import resource
import shutil
import struct
from typing import Any

from custom_components.texting.delivery.database import Database
from custom_components.texting.delivery.record import Phase, Record
from custom_components.texting.delivery.schema import SELECT
from custom_components.texting.gateway.message import Message

ACCOUNT = "01JD0000000000000000000001"
OTHER = "01JD0000000000000000000002"
FRAME = 24 + 4096  # bytes of a page in a -wal, after the 32 of its header


def record(number: int, *, text: str = "Water in the cellar", **changes: Any) -> Record:
    """A message of ACCOUNT, asked for at second number."""
    message = Message(reference=f"01JD{number:022}", to="+33612345678", text=text)
    values: dict[str, Any] = {"account": ACCOUNT, "asked_at": float(number), "expires_at": number + 3600.0} | changes
    return Record(message=message, **values)


def ended(number: int, **changes: Any) -> Record:
    """A message that nothing is to be done about any more."""
    return record(number, phase=Phase.ENDED, **changes)


def numbers(records: list[Record]) -> list[int]:
    """The numbers that records were made with."""
    return [int(each.reference[4:]) for each in records]


def copy(path: Path, folder: Path) -> Path:
    """Copy main file and -wal, as they are at this moment."""
    folder.mkdir(exist_ok=True)
    for name in (path.name, f"{path.name}-wal"):
        if (path.parent / name).exists():
            shutil.copyfile(path.parent / name, folder / name)
    return folder / path.name


def wal(path: Path) -> Path:
    """Where SQLite keeps what was committed last."""
    return Path(f"{path}-wal")


def opened(path: Path) -> tuple[Path | None, list[int]]:
    """Open a file as an outbox does, in this thread: where a damaged file went, and what is found."""
    database = Database(path)
    database.open()
    assert not database.failing
    found = [int(str(row[0])[4:]) for row in database.read(f"{SELECT} ORDER BY id", ())]
    assert database.salvaged == (len(found) if database.damaged else 0)
    database.close()
    return database.damaged, found


def commits(path: Path) -> int:
    """How many commits the -wal holds: frames whose header gives a length of the database."""
    frames = wal(path).read_bytes()
    return sum(
        struct.unpack_from(">I", frames, start + 4)[0] > 0
        for start in range(32, len(frames), FRAME)
        if frames[start + 8 : start + 16] == frames[16:24]
    )


def open_files() -> list[Path]:
    """The files that this process has open."""
    return [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.exists()]


def names(folder: Path) -> list[str]:
    """The files of a folder."""
    return sorted(file.name for file in folder.iterdir())


@contextmanager
def full_disk(limit: int = 4096) -> Iterator[None]:
    """Let no file of this process grow over limit bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
