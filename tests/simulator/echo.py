"""A provider that repeats the whole request in the words of its error, with the login, in some encoding."""

from collections.abc import Callable
from html import escape
import json
from urllib.parse import quote, urlencode

from .wire import Request, Response, json_response, text_response

# The headers that hold a login.
_LOGINS = ("Authorization", "key")


def _raw(said: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in said.items())


ENCODINGS: dict[str, Callable[[dict[str, str]], str]] = {
    "raw": _raw,
    "url": urlencode,
    "lower": lambda said: urlencode(said).lower(),
    "twice": lambda said: quote(urlencode(said)),
    "json": json.dumps,
    "html": lambda said: escape(_raw(said)),
    "cut": lambda said: _raw({name: value[: max(10, len(value) * 2 // 3)] for name, value in said.items()}),
    # Only the first value of the request, or only the last ones, fits into a short text.
    "reversed": lambda said: _raw(dict(reversed(said.items()))),
}


def echo(request: Request, encoding: str) -> Response:
    """Return an error in the provider's own form. Club and Group Texting have numbers, and words after them."""
    logins = {name: request.headers[name] for name in _LOGINS if name in request.headers}
    said = logins | {name: str(value) for name, value in request.params.items()} | {"path": request.path}
    words = f"Wrong request: {ENCODINGS[encoding](said)}"
    if request.site.startswith("textinghouse"):
        return text_response(f"ERR: 999 | {words}")
    if request.site in ("club_texting", "group_texting"):
        return text_response(f"-99 {words}")
    return json_response({"status": "error", "message": words, "data": said})
