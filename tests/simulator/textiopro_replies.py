"""The shapes TextioPro answers in: envelopes and Laravel pages."""

from collections.abc import Callable
from math import ceil
from typing import Any

from .accounts import TextioProAccount
from .wire import Answer, Request, json_answer


class ApiError(Exception):
    """Ends a request in the error envelope; the text is its `message`."""


class MissingError(ApiError):
    """Ends a request for something that is not there."""


def success(data: Any, message: str | None = None) -> Answer:
    """Answer in the success envelope."""
    envelope = {"status": "success"} | ({"message": message} if message else {})
    return json_answer(envelope | {"data": data})


def page(request: Request, rows: list[Any], account: TextioProAccount, shown: Callable[[Any], Any]) -> Answer:
    """Answer with one page of a list, picked by `?page=N`, each row as `shown` makes it.

    The account may let pages lie: those after the first are empty or repeat it, the last page is said to be far
    behind the end (many) or the first (few), or the total is too large.
    """
    per_page, lies = account.per_page, account.lying_pages
    given = str(request.params.get("page", "1"))
    current = max(1, int(given)) if given.isascii() and given.isdecimal() else 1
    last = max(1, ceil(len(rows) / per_page))
    first_row = 0 if lies == "repeated" else (current - 1) * per_page
    listed = [] if lies == "empty" and current > 1 else rows[first_row : first_row + per_page]
    last = {"many": last * 10, "few": 1}.get(lies, last)
    address = f"http://{request.host}{request.path}?page="
    data = {
        "current_page": current,
        "data": [shown(row) for row in listed],
        "last_page": last,
        "next_page_url": f"{address}{current + 1}" if current < last else None,
        "prev_page_url": f"{address}{current - 1}" if current > 1 else None,
        "per_page": per_page,
        "total": len(rows) + (1000 if lies == "total" else 0),
    }
    # Laravel's simplePaginate() knows of the next page only.
    for name in {"next": ("last_page", "total"), "total": ("last_page", "next_page_url")}.get(account.page_fields, ()):
        del data[name]
    return success(data)


def required(request: Request, name: str) -> str:
    """Return a parameter that must be given."""
    value = str(request.params.get(name) or "").strip()
    if not value:
        raise ApiError(f"The {name.replace('_', ' ')} field is required.")
    return value
