"""ReplyCode: the number that tells one open question on a phone from the others."""

from dataclasses import astuple, dataclass, fields
from typing import Any

from .serialization import Model, Row, check, to_text

# A code has two digits.
CODES = range(10, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyCode:
    """One code of one phone. Its fields are the columns of its row."""

    # The phone, in E.164.
    number: str
    # 10 to 99.
    code: int
    # The entry that asked.
    entry_id: str
    # The reference of the question's first message.
    item: str
    # In Unix seconds.
    opened_at: float
    # In Unix seconds. None: it is still open.
    closed_at: float | None = None


COLUMNS = tuple(each.name for each in fields(ReplyCode))
_CODE = Model.of(ReplyCode)


def to_row(code: ReplyCode) -> Row:
    """Return the whole row."""
    return (to_text(code.number), *astuple(code)[1:])


def from_row(row: Row) -> ReplyCode:
    """Return the code of a row; raise one of serialization.INVALID if the row holds none."""
    known: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
    code = ReplyCode(**known)
    check(_CODE, code)
    if code.code not in CODES:
        raise ValueError(code.code)
    return code
