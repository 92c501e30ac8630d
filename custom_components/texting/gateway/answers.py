"""Reading what gateways answer in JSON: objects, fields, and errors that have words and no code."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
import json
import re
from typing import Any

from .errors import GatewayError, InvalidResponse, MessageRejected
from .status import FailureReason

type Row = dict[str, Any]
_COUNT = re.compile(r"[0-9]{1,18}")
# Patterns of words to what they mean; a reason makes a MessageRejected. The first that fits counts.
type ErrorWords = Mapping[str, type[GatewayError] | FailureReason]


def read_json(written: str) -> Any:
    """JSON as values, halves of surrogate pairs replaced: JSON can spell them, no later step could write them as UTF-8.

    Raises ValueError, or RecursionError for what is too deep.
    """
    value = json.loads(written)
    if "\\u" not in written:
        return value
    again = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass")
    return json.loads(again.decode("utf-16", "replace"))


def rows(data: object) -> list[Row]:
    """The objects of a list, or of one alone; a sentence or null has none."""
    return [row for row in (data if isinstance(data, list) else [data]) if isinstance(row, dict)]


def text(row: Row, name: str) -> str:
    """A field as text: ids, numbers and amounts come as strings or as numbers, and may be null."""
    value = row.get(name)
    return str(value).strip() if isinstance(value, str | int | float) else ""


def count(row: Row, *names: str) -> int | None:
    """The first of these fields that is a whole number, 0 or more; None where none is."""
    written = (text(row, name) for name in names)
    return next((int(number) for number in written if _COUNT.fullmatch(number)), None)


def amount(value: object) -> Decimal:
    """A number as it was written, a balance; raises InvalidResponse for what is none, or no finite one."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise InvalidResponse("no number") from None
    if not number.is_finite():
        raise InvalidResponse("no number")
    return number


def error_of(words: str, table: ErrorWords, code: str | None = None) -> GatewayError:
    """The error that a gateway's words mean; a refusal where they are not known."""
    kinds = (kind for pattern, kind in table.items() if re.search(pattern, words, re.IGNORECASE))
    kind = next(kinds, FailureReason.OTHER)
    return MessageRejected(words, code=code, reason=kind) if isinstance(kind, FailureReason) else kind(words, code=code)
