"""TextingHouse, "API SMS PRO" 1.1.1: one address, three commands, plain-text responses."""

from datetime import datetime, time, timedelta
import re
from secrets import token_hex
from typing import Any
from zoneinfo import ZoneInfo

from .accounts import TextingHouseAccount, bare_number
from .messages import Message, count_segments
from .network import Network
from .wire import Request, Response, html_response, text_response

PATH = "/http/v1/do"
TEST_NUMBER = "999"
STOP_MENTION = "STOP sms-s.top"
ERRORS = {
    100: "Missing parameter",
    101: "Authentication failed",
    104: "Insufficient credit",
    201: "Unknown api_id",
    202: "Unknown climsgid",
    300: "Error processing request",
    350: "Stop flooding",
    400: "STOP mention missing",
}
_WEEKDAY_HOURS = (time(8), time(20))
_SATURDAY_HOURS = (time(10), time(15))
_SATURDAY, _SUNDAY = 5, 6


class _Refused(Exception):
    """The response is `ERR: code | text`."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(f"ERR: {code} | {ERRORS[code]}{detail and f': {detail}'}")


class TextingHouse:
    """The main host and the backup host, which share this state."""

    reads_json = True
    connection_limit = None

    def __init__(self, account: TextingHouseAccount, network: Network) -> None:
        """Serve one account."""
        self._account = account
        self._network = network
        self._last_accepted: dict[tuple[str, str], datetime] = {}
        self._by_id: dict[str, Message] = {}
        self._by_client_id: dict[str, Message] = {}

    def handle(self, request: Request) -> Response:
        """Handle a request to the only documented path."""
        if request.path != PATH or request.method not in ("GET", "POST"):
            return html_response(404, "Not Found")
        try:
            return text_response(self._run(request.params))
        except _Refused as refused:
            return text_response(str(refused))

    def _run(self, params: dict[str, Any]) -> str:
        self._authenticate(params)
        commands = {"sendsms": self._send, "getstatus": self._get_status, "getcredit": self._get_credit}
        command = commands.get(params.get("cmd", ""))
        if command is None:
            raise _Refused(100, "cmd")
        return command(params)

    def _authenticate(self, params: dict[str, Any]) -> None:
        credentials = (_required(params, "user"), _required(params, "pass"))
        if credentials != (self._account.user, self._account.password) or self._account.ip_locked:
            raise _Refused(101)

    def _send(self, params: dict[str, Any]) -> str:
        to, text = _required(params, "to"), _required(params, "txt")
        commercial = _required(params, "iscom") == "Y"
        _check_form(params)
        if commercial and STOP_MENTION not in text:
            raise _Refused(400)
        if self._account.processing_fails:
            raise _Refused(300)
        now = self._network.clock()
        last = self._last_accepted.get((to, text))
        if last is not None and now - last < timedelta(seconds=self._account.flood_seconds):
            raise _Refused(350)
        segments = count_segments(text)
        self._charge(to, segments)
        self._last_accepted[to, text] = now
        message = self._network.accept(
            "textinghouse",
            token_hex(12),
            to,
            text,
            segments=segments,
            sender=params.get("from") or "",
            client_id=params.get("climsgid") or None,
            not_before=next_allowed(now, self._account, to) if commercial and to != TEST_NUMBER else now,
            extra={"commercial": commercial, "test": to == TEST_NUMBER},
        )
        self._by_id[message.id] = message
        if message.client_id:
            self._by_client_id[message.client_id] = message
        return f"ID:{message.id}"

    def _charge(self, to: str, segments: int) -> None:
        cost = 0 if to == TEST_NUMBER else segments * self._account.price
        if cost > self._account.credit:
            raise _Refused(104)
        self._account.credit -= cost

    def _get_status(self, params: dict[str, Any]) -> str:
        api_id, client_id = params.get("api_id"), params.get("climsgid")
        if api_id:
            code, message = 201, self._by_id.get(api_id)
        elif client_id:
            code, message = 202, self._by_client_id.get(client_id)
        else:
            raise _Refused(100, "api_id")
        if message is None:
            raise _Refused(code)
        return message.status

    def _get_credit(self, params: dict[str, Any]) -> str:
        return bare_number(self._account.credit, comma=self._account.decimal_comma)


def next_allowed(now: datetime, account: TextingHouseAccount, to: str) -> datetime:
    """Return when a commercial message may be sent: `now`, or when the next hours begin (section 4.3)."""
    zones = (zone for prefix, zone in account.time_zones.items() if to.startswith(prefix))
    local = now.astimezone(ZoneInfo(next(zones, account.time_zone)))
    day = local.date()
    while True:
        opens, closes = _SATURDAY_HOURS if day.weekday() == _SATURDAY else _WEEKDAY_HOURS
        start = datetime.combine(day, opens, local.tzinfo)
        end = datetime.combine(day, closes, local.tzinfo)
        if day.weekday() != _SUNDAY and day not in account.holidays and local < end:
            return max(start, local)
        day += timedelta(days=1)


def _required(params: dict[str, Any], name: str) -> str:
    value = str(params.get(name) or "")
    if not value:
        raise _Refused(100, name)
    return value


def _check_form(params: dict[str, Any]) -> None:
    """Refuse invalid parameters; only code 100 is documented for them."""
    forms = {"to": r"[0-9]+", "iscom": r"[YN]", "climsgid": r".{0,32}", "from": r"[a-zA-Z0-9]{0,11}"}
    for name, form in forms.items():
        if not re.fullmatch(form, str(params.get(name) or "")):
            raise _Refused(100, name)
