"""The calls of a flood: what the providers really send, and garbage. The same seed always gives the same calls."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
import gzip
import json
from random import Random
from typing import Any
from urllib.parse import urlencode

REPLY, REPEATED, REPORT = "reply", "repeated", "report"
OK, BAD_REQUEST, NOT_ALLOWED, TIMED_OUT, TOO_LARGE = 200, 400, 405, 408, 413
KIB = 1024
# Every text of a flood contains this.
MARK = "flood text"
# The part of the genuine calls that the provider repeats although they were answered.
REPEATED_SHARE = 0.15
# A repetition may come at once, on another connection, or up to these seconds later.
REPEAT_WITHIN = 3.0
# Texts of a flood that are long, and the seconds between the pieces of a slow body.
LONG_TEXT = 48 * KIB
SLOW_PAUSE = 0.25
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request to a webhook."""

    # What kind of call it is; a line of the table.
    kind: str
    # What is sent. There is a pause between two parts.
    parts: tuple[bytes, ...]
    # The HTTP status that it must get; None if the connection may also end without one.
    expected: int | None
    # What a genuine call says, different for each text and each report.
    key: str | None = None
    # The connection is closed when everything is sent, before there is a response.
    is_cut: bool = False
    # Whether the integration itself refuses it and counts it as refused.
    is_counted: bool = False

    def again(self) -> Call:
        """Return the repetition of a genuine call."""
        first = self.kind.partition(",")[0]
        return replace(self, kind=f"{first}, {REPEATED}", is_cut=False)


class Calls:
    """All calls of a flood, without end."""

    def __init__(self, paths: Mapping[str, str], sent: Sequence[Sequence[str]], seed: int) -> None:
        """Take the path of each provider's webhook, and [message id, our reference, last status] of sent messages."""
        self._paths = paths
        self._random = Random(seed)  # noqa: S311  not for cryptography
        self._count = 0
        reports = [(*message, status) for *message, last in sent for status in ("1", last)]
        self._random.shuffle(reports)
        self._reports = iter(reports)
        self._deep = b'{"a":' * 12_000 + b"1" + b"}" * 4_000
        self._escaped = json.dumps({"a": "\u00e9" * 10_800}).encode()
        self._fields = b"&".join(b"f%d=1" % number for number in range(7_000))
        self._mebibyte = b"x" * KIB * KIB

    def __iter__(self) -> Iterator[Call]:
        """Yield calls of all kinds, mixed."""
        kinds = self._kinds()
        while True:
            (make,) = self._random.choices(list(kinds), list(kinds.values()))
            yield make()

    def _kinds(self) -> dict[Callable[[], Call], int]:
        """Return what makes the calls, with the weight of each kind."""
        return {
            self._textinghouse_json: 12,
            self._textinghouse_form: 4,
            self._textinghouse_recipient: 4,
            self._club_query: 6,
            self._group_form: 6,
            self._ez_json: 6,
            self._cut_reply: 3,
            self._slow_reply: 1,
            self._long_reply: 1,
            self._stop: 1,
            self._report: 14,
            self._unknown_report: 8,
            self._garbage("empty", b""): 3,
            self._garbage("no UTF-8", bytes(range(256)) * 8): 5,
            self._garbage("deep JSON", self._deep): 3,
            self._garbage("JSON with escapes", self._escaped): 2,
            self._garbage("thousands of fields", self._fields): 2,
            self._garbage("65 KiB", b"x" * 65 * KIB, TOO_LARGE): 3,
            self._garbage("1 MiB", self._mebibyte, TOO_LARGE): 1,
            self._broken_encoding: 3,
            self._wrong_method: 4,
            self._unknown_webhook: 4,
            self._header_flood: 2,
            self._cut_body: 4,
        }

    # -- genuine calls -------------------------------------------------------------------------------------------------

    def _textinghouse_json(self) -> Call:
        number, text = self._next()
        return self._textinghouse(f"336{10_000_000 + number}", text)

    def _textinghouse_form(self) -> Call:
        number, text = self._next()
        return self._textinghouse(f"336{10_000_000 + number}", text, content_type=FORM)

    def _textinghouse_recipient(self) -> Call:
        """Return one of many different texts of one person."""
        return self._textinghouse(RECIPIENTS["textinghouse"].removeprefix("+"), self._next()[1])

    def _textinghouse(self, sender: str, text: str, kind: str = REPLY, content_type: str = JSON) -> Call:
        fields = {"apimsgid": "", "climsgid": "", "from": sender, "txt": text, "date": f"{_now():%Y-%m-%d %H:%M:%S}"}
        return self._genuine("textinghouse", kind, text, fields, content_type)

    def _club_query(self) -> Call:
        number, text = self._next()
        query = urlencode({"from": f"212{2_000_000 + number}", "message": text})
        parts = (_head("GET", f"{self._paths['club_texting']}?{query}"),)
        return Call(kind=REPLY, parts=parts, expected=OK, key=text)

    def _group_form(self) -> Call:
        number, text = self._next()
        fields = {"from": f"212{2_000_000 + number}", "message": text}
        return self._genuine("group_texting", REPLY, text, fields, FORM)

    def _ez_json(self) -> Call:
        number, text = self._next()
        provider = self._random.choice(("club_texting", "group_texting"))
        fields = {
            "id": f"{self._random.getrandbits(48):012x}",
            "type": "inbound_text.received",
            "fromNumber": f"1212{2_000_000 + number}",
            "toNumber": "13135550100",
            "message": text,
            "received": _now().isoformat(timespec="milliseconds"),
            "optIn": False,
            "optOut": False,
        }
        return self._genuine(provider, REPLY, text, fields, JSON)

    def _cut_reply(self) -> Call:
        """Return a text whose provider gives up before the response, and repeats it."""
        return replace(self._textinghouse_json(), kind=f"{REPLY}, cut before the response", expected=None, is_cut=True)

    def _slow_reply(self) -> Call:
        number, text = self._next()
        body = json.dumps({"from": f"336{10_000_000 + number}", "txt": text, "apimsgid": "", "climsgid": ""}).encode()
        pieces = [body[start : start + 40] for start in range(0, len(body), 40)]
        head = _head("POST", self._paths["textinghouse"], "Transfer-Encoding: chunked")
        parts = (head, *(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces), b"0\r\n\r\n")
        return Call(kind=f"{REPLY}, slow body", parts=parts, expected=OK, key=text)

    def _long_reply(self) -> Call:
        number, text = self._next()
        text = text.ljust(LONG_TEXT, "x")
        return self._textinghouse(f"336{10_000_000 + number}", text, f"{REPLY}, 48 KiB")

    def _stop(self) -> Call:
        self._count += 1
        sender = f"336{10_000_000 + self._count}"
        fields = {"apimsgid": "", "climsgid": "", "from": sender, "txt": "STOP", "date": ""}
        return self._genuine("textinghouse", "STOP", f"STOP +{sender}", fields, JSON)

    def _report(self) -> Call:
        report = next(self._reports, None)
        if report is None:
            return self._unknown_report()
        message_id, reference, status = report
        fields = {"apimsgid": message_id, "climsgid": reference, "status": status}
        return self._genuine("textinghouse", REPORT, f"{message_id} {status}", fields, FORM)

    def _genuine(self, provider: str, kind: str, key: str, fields: Mapping[str, Any], content_type: str) -> Call:
        body = (json.dumps(fields) if content_type == JSON else urlencode(fields)).encode()
        return Call(kind=kind, parts=(_post(self._paths[provider], body, content_type),), expected=OK, key=key)

    def _next(self) -> tuple[int, str]:
        """Return the number and the text of the next reply. No other has the same."""
        self._count += 1
        return self._count, f"{MARK} {self._count:06}"

    # -- the others ----------------------------------------------------------------------------------------------------

    def _unknown_report(self) -> Call:
        fields = {"apimsgid": f"{self._random.getrandbits(48)}", "climsgid": "", "status": "3"}
        body = urlencode(fields).encode()
        return Call(kind="unknown report", parts=(_post(self._paths["textinghouse"], body, FORM),), expected=OK)

    def _garbage(self, kind: str, body: bytes, expected: int = BAD_REQUEST) -> Callable[[], Call]:
        """Return what makes calls with this body to any webhook."""

        def make() -> Call:
            return Call(kind=kind, parts=(_post(self._any_path(), body, JSON),), expected=expected, is_counted=True)

        return make

    def _broken_encoding(self) -> Call:
        encoding, is_large = self._random.choice(
            (("gzip", True), ("gzip", False), ("deflate", True), ("deflate", False))
        )
        body = gzip.compress(self._mebibyte)[:-40] if is_large else b'{"from": "33612345601", "txt": "Yes"}'
        parts = (_post(self._any_path(), body, JSON, f"Content-Encoding: {encoding}"),)
        if is_large and encoding == "gzip":
            # It exceeds the limit before it ends.
            return Call(kind="1 MiB, packed", parts=parts, expected=TOO_LARGE, is_counted=True)
        return Call(kind="broken encoding", parts=parts, expected=BAD_REQUEST, is_counted=True)

    def _wrong_method(self) -> Call:
        method = self._random.choice(("PUT", "DELETE", "PATCH"))
        return Call(kind="wrong method", parts=(_head(method, self._any_path()),), expected=NOT_ALLOWED)

    def _unknown_webhook(self) -> Call:
        """Return a call that only Home Assistant sees. It responds with 200."""
        path = f"/api/webhook/{self._random.getrandbits(128):032x}"
        return Call(kind="unknown webhook", parts=(_post(path, b'{"a": 1}', JSON),), expected=OK)

    def _header_flood(self) -> Call:
        headers = [f"X-{number}: {'x' * 90}" for number in range(1_000)]
        parts = (_head("POST", self._any_path(), *headers),)
        return Call(kind="header flood", parts=parts, expected=BAD_REQUEST)

    def _cut_body(self) -> Call:
        """Return a call whose connection ends in the middle of its body."""
        whole = _post(self._any_path(), b'{"from": "33612345601", "txt": "Yes"}' * 20, JSON)
        return Call(kind="cut in the body", parts=(whole[:-100],), expected=None, is_cut=True)

    def _any_path(self) -> str:
        return self._random.choice(list(self._paths.values()))


# One person of each provider that calls a webhook.
RECIPIENTS = {"textinghouse": "+33612345601", "club_texting": "+12125550142", "group_texting": "+12125550143"}


def endless_head(path: str) -> bytes:
    """Return the beginning of a call whose body never ends."""
    return _head("POST", path, "Transfer-Encoding: chunked")


def _post(path: str, body: bytes, content_type: str, *headers: str) -> bytes:
    return _head("POST", path, f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers) + body


def _head(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", "")).encode()


def _now() -> datetime:
    return datetime.now(UTC)
