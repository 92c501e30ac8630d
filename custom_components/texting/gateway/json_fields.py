"""Parse responses in JSON: objects, fields, and errors that have a text but no code."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
import json
import re
from typing import Any

from .errors import GatewayError, InvalidResponse, MessageRejected
from .status import FailureReason

type Row = dict[str, Any]
# Rows of one response. A response of 256 KiB with more rows has none of a provider.
MAX_ROWS = 5000
_COUNT = re.compile(r"[0-9]{1,9}")
# Digits before and after the point of an amount.
MAX_DIGITS = 15
# Characters of an error text that are read. Patterns with two words take quadratic time.
MAX_ERROR_TEXT = 1000
# Patterns of error texts and their errors; a reason means MessageRejected. The first pattern that matches counts.
type ErrorWords = Mapping[str, type[GatewayError] | FailureReason]


def read_json(document: str) -> Any:
    """Parse JSON and replace unpaired surrogates, which JSON may hold but UTF-8 cannot encode.

    Raises ValueError, or RecursionError if the document is nested too deeply.
    """
    value = json.loads(document)
    if "\\u" not in document:
        return value
    encoded = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass")
    return json.loads(encoded.decode("utf-16", "replace"))


def rows(data: object) -> list[Row]:
    """Return the objects of a list, at most MAX_ROWS, or a single object as a list; a string or null has none."""
    data = as_list(data)
    return [row for row in (data[:MAX_ROWS] if isinstance(data, list) else [data]) if isinstance(row, dict)]


def as_list(data: object) -> object:
    """Return a list that PHP wrote as an object, because it had removed some of its rows: {"1": {…}, "4": {…}}."""
    if isinstance(data, dict) and data and all(map(_COUNT.fullmatch, data)):
        return list(data.values())
    return data


def text(row: Row, name: str) -> str:
    """Return a field as text. Ids, numbers and amounts may be strings, numbers or null."""
    value = row.get(name)
    return str(value).strip() if isinstance(value, str | int | float) else ""


def count(row: Row, *names: str) -> int | None:
    """Return the first of these fields that is a whole number of 0 or more; None if there is none."""
    values = (text(row, name) for name in names)
    return next((int(value) for value in values if _COUNT.fullmatch(value)), None)


def amount(value: object) -> Decimal:
    """Return an amount such as a price; raise InvalidResponse if it is no finite number, or one of many digits."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise InvalidResponse("no number") from None
    if not number.is_finite() or (number and abs(number.adjusted()) > MAX_DIGITS):
        raise InvalidResponse("no number")
    return number


def error_of(message: str, table: ErrorWords, code: str | None = None) -> GatewayError:
    """Return the error of an error text; MessageRejected if no pattern matches."""
    start = message[:MAX_ERROR_TEXT]
    kinds = (kind for pattern, kind in table.items() if re.search(pattern, start, re.IGNORECASE))
    kind = next(kinds, FailureReason.OTHER)
    return (
        MessageRejected(message, code=code, reason=kind)
        if isinstance(kind, FailureReason)
        else kind(message, code=code)
    )
