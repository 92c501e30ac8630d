"""Responses of the software that TextioPro runs."""

from datetime import UTC, datetime, timedelta
from typing import Any

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.message import SendResult
from custom_components.texting.gateway.provider import Provider

from .samples import new_message, number, send


def success(data: Any, message: str | None = None) -> dict[str, Any]:
    """Return the envelope of a success."""
    return {"status": "success", "data": data, **({"message": message} if message else {})}


def error(message: str) -> dict[str, Any]:
    """Return the envelope of an error."""
    return {"status": "error", "message": message}


def uid(age: timedelta = timedelta(), place: int = 0) -> str:
    """Return a uid in the form of PHP's uniqid()."""
    return f"{int((datetime.now(UTC) - age).timestamp()):08x}{place:05x}"


def row(last: int = 5601, **fields: Any) -> dict[str, Any]:
    """Return a row of the message list."""
    to = number(Provider.TEXTIOPRO, last).lstrip("+")
    return {
        "uid": uid(place=last),
        "to": to,
        "from": "MyHome",
        "message": "The door is open",
        "status": "Delivered",
    } | fields


def page(*rows: dict[str, Any], last: object = 1, current: int = 1) -> dict[str, Any]:
    """Return a Laravel page in its envelope."""
    return success({"current_page": current, "data": list(rows), "last_page": last, "total": len(rows)})


async def batch(gateway: Gateway, *lasts: int) -> dict[int, SendResult]:
    """Send the same text to several numbers."""
    results = await send(gateway, [new_message(Provider.TEXTIOPRO, last) for last in lasts])
    return dict(zip(lasts, results, strict=True))
