"""The shapes TextioPro answers in: envelopes and Laravel pages."""

from collections.abc import Callable
from math import ceil
from typing import Any

from .wire import Answer, Request, json_answer


class ApiError(Exception):
    """Ends a request in the error envelope; the text is its `message`."""


def success(data: Any, message: str | None = None) -> Answer:
    """Answer in the success envelope."""
    envelope = {"status": "success"} | ({"message": message} if message else {})
    return json_answer(envelope | {"data": data})


def page(request: Request, rows: list[Any], per_page: int, shown: Callable[[Any], Any]) -> Answer:
    """Answer with one page of a list, picked by `?page=N`, each row as `shown` makes it."""
    given = str(request.params.get("page", "1"))
    current = max(1, int(given)) if given.isascii() and given.isdecimal() else 1
    last = max(1, ceil(len(rows) / per_page))
    first_row = (current - 1) * per_page
    address = f"http://{request.host}{request.path}?page="
    return success(
        {
            "current_page": current,
            "data": [shown(row) for row in rows[first_row : first_row + per_page]],
            "last_page": last,
            "next_page_url": f"{address}{current + 1}" if current < last else None,
            "prev_page_url": f"{address}{current - 1}" if current > 1 else None,
            "per_page": per_page,
            "total": len(rows),
        }
    )


def required(request: Request, name: str) -> str:
    """Return a parameter that must be given."""
    value = str(request.params.get(name) or "").strip()
    if not value:
        raise ApiError(f"The {name.replace('_', ' ')} field is required.")
    return value
