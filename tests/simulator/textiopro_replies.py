"""The shapes of TextioPro's responses: envelopes and Laravel pages."""

from collections.abc import Callable
from math import ceil
from typing import Any

from .accounts import TextioProAccount
from .wire import Request, Response, json_response


class ApiError(Exception):
    """The response is an error envelope with this text as its `message`."""


class DeniedError(ApiError):
    """The account may not do this. The response has an HTTP status of its own."""

    def __init__(self, status: int, message: str) -> None:
        """Remember the status."""
        super().__init__(message)
        self.status = status


class MissingError(ApiError):
    """The request names something that does not exist."""


def success(data: Any, message: str | None = None) -> Response:
    """Return a success envelope."""
    envelope = {"status": "success"} | ({"message": message} if message else {})
    return json_response(envelope | {"data": data})


def page(request: Request, rows: list[Any], account: TextioProAccount, shown: Callable[[Any], Any]) -> Response:
    """Return the page `?page=N` of a list; `shown` makes a row of each item.

    The account may have wrong pages: those after the first are empty or repeat it, the number of pages is too large
    (many) or 1 (few), or the total is too large.
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
    # Laravel's simplePaginate() only has the next page.
    for name in {"next": ("last_page", "total"), "total": ("last_page", "next_page_url")}.get(account.page_fields, ()):
        del data[name]
    return success(data)


def required(request: Request, name: str) -> str:
    """Return a required parameter."""
    value = str(request.params.get(name) or "").strip()
    if not value:
        raise ApiError(f"The {name.replace('_', ' ')} field is required.")
    return value
