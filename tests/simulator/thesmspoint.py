"""TheSMSPoint: POST (or GET) /api/v1/{command} with the API key in the header `key`."""

from collections.abc import Callable
from decimal import Decimal
from itertools import count
import json
from math import ceil
import re
from secrets import randbelow
from typing import Any

from .accounts import TheSmsPointAccount, bare_number, json_number
from .messages import Message
from .network import Network
from .wire import Request, Response, json_response

MAX_RECIPIENTS = 2000
MAX_LENGTH = 765
# Only code 000 is documented; the others are assumed.
BAD_NUMBER, BAD_SENDER, BAD_PARAMETER, BAD_TEMPLATE, BAD_CHANNEL = "013", "015", "023", "024", "025"
_WITH_DATA = {"SMS Credits Not Available", "Invalid Message ID"}
_REASONS = {
    BAD_NUMBER: "Mobile Number Not Valid",
    BAD_SENDER: "Sender Id Not Valid",
    BAD_PARAMETER: "Parameter Missing",
    BAD_TEMPLATE: "Template Not Valid",
    BAD_CHANNEL: "Channel Not Valid",
}


class _Refused(Exception):
    """The response is an error envelope, with `data: null` if the example has it."""

    def envelope(self, field: str) -> dict[str, Any]:
        """Return an error envelope; by the description, the text is in `errors`."""
        message = str(self)
        said = {"message": message} if field == "message" else {"message": None, "errors": [message]}
        return {"status": "error", **said} | ({"data": None} if message in _WITH_DATA else {})


class _Rejected(Exception):
    """The response of a send is a success envelope with an ErrorCode."""


class TheSmsPoint:
    """One account."""

    reads_json = True
    connection_limit = None

    def __init__(self, account: TheSmsPointAccount, network: Network) -> None:
        """Serve one account."""
        self._account = account
        self._network = network
        self._by_id: dict[str, list[Message]] = {}  # the id of a message, and that of its job
        self._ids = count(10**8 + randbelow(8 * 10**8))
        self._commands: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "get-sms-balance": self._balance,
            "get-sender-id": lambda _: _success(account.senders),
            "get-templates": lambda _: _success(account.templates),
            "send-single-sms": self._send_single,
            "send-bulk-sms": self._send_bulk,
            "sms-delivery-status": self._delivery_status,
        }

    def handle(self, request: Request) -> Response:
        """Handle a request."""
        framework = self._account.error_shape == "framework"
        try:
            if framework and (wrong := _framework_error(request, self._account.key)):
                return wrong
            return json_response(self._run(request))
        except _Refused as refused:
            return json_response(refused.envelope(self._account.error_field), self._account.error_status)
        except _Rejected as rejected:
            code = str(rejected)
            data: dict[str, Any] = {"ErrorCode": code, "ErrorMessage": _REASONS[code], "JobId": None, "MessageData": []}
            return json_response({"status": "success", "message": _REASONS[code], "data": data, "code": 200})

    def _run(self, request: Request) -> dict[str, Any]:
        key = request.headers.get("key") or (request.query.get("key") if request.method == "GET" else None)
        if key != self._account.key:
            raise _Refused("API Key Does Not Exists")
        match = re.fullmatch(r"/api/v1/([a-z-]+)/?", request.path)
        command = self._commands.get(match[1]) if match else None
        if command is None or request.method not in ("GET", "POST"):
            raise _Refused("Request Type Not Allowed")
        return command(request.params)

    def _balance(self, params: dict[str, Any]) -> dict[str, Any]:
        account = self._account
        pools = {
            pool: bare_number(credit, comma=True) if account.decimal_comma else json_number(credit)
            for pool, credit in account.credit.items()
        }
        return _success({"balance": {**pools, **account.empty_pools}})

    def _send_single(self, params: dict[str, Any]) -> dict[str, Any]:
        text = str(params.get("message") or "")
        return self._sent(self._send(params, [{"number": params.get("recipient"), "text": text}]))

    def _send_bulk(self, params: dict[str, Any]) -> dict[str, Any]:
        try:
            recipients = json.loads(params.get("recipient", ""))
        except TypeError, ValueError:
            raise _Rejected(BAD_PARAMETER) from None
        if not isinstance(recipients, list) or not recipients or len(recipients) > MAX_RECIPIENTS:
            raise _Rejected(BAD_PARAMETER)
        messages = self._send(params, [entry for entry in recipients if isinstance(entry, dict)])
        if self._account.bulk_shape == "message_id":
            return _success({"status": "success", "message_id": messages[0].extra["job_id"]}, "SMS Sent Successfully")
        return self._sent(messages)

    def _send(self, params: dict[str, Any], recipients: list[dict[str, Any]]) -> list[Message]:
        """Accept the messages with valid numbers; the credit must be enough for all of them."""
        sender, template = self._check(params)
        is_unicode = str(params["is_unicode"]) == "1"
        valid = [entry for entry in recipients if re.fullmatch(r"91[0-9]{10}", str(entry.get("number") or ""))]
        if not valid:
            raise _Rejected(BAD_NUMBER)
        # By the cost table, a longer message is truncated and not refused.
        texts = [str(entry.get("text") or "")[:MAX_LENGTH] for entry in valid]
        if not all(texts):
            raise _Rejected(BAD_PARAMETER)
        if self._account.checks_templates and not all(_follows(text, template["message"]) for text in texts):
            raise _Rejected(BAD_TEMPLATE)
        self._charge(sender["type_value"], sum(credits_for(text, is_unicode=is_unicode) for text in texts))
        job_id = str(10**11 + randbelow(10**11))
        extra = {name: str(params[name]) for name in ("template_id", "channel", "is_unicode")}
        messages = [
            self._network.accept(
                "thesmspoint",
                str(next(self._ids)),
                str(entry["number"]),
                text,
                segments=credits_for(text, is_unicode=is_unicode),
                sender=sender["sender_id"],
                extra={**extra, "job_id": job_id},
            )
            for entry, text in zip(valid, texts, strict=True)
        ]
        self._by_id |= {job_id: messages, **{message.id: [message] for message in messages}}
        return messages

    def _check(self, params: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
        """Check the parameters of a send; return its sender and template."""
        # The description means the list's `id`, but the example sends a name. Both are accepted.
        given = str(params.get("sender_id") or "")
        sender = next((entry for entry in self._account.senders if given in (entry["id"], entry["sender_id"])), None)
        if sender is None or sender["approve_status"] != "Approved":
            raise _Rejected(BAD_SENDER)
        template_id = str(params.get("template_id") or "")
        template = next((entry for entry in self._account.templates if entry["template_id"] == template_id), None)
        if template is None or template["template_status"] != "Approved":
            raise _Rejected(BAD_TEMPLATE)
        if template["sender_id"] != sender["sender_id"]:
            raise _Rejected(BAD_TEMPLATE)
        if str(params.get("channel", "")) not in ("1", "2", "3"):
            raise _Rejected(BAD_CHANNEL)
        if str(params.get("is_unicode", "")) not in ("0", "1"):
            raise _Rejected(BAD_PARAMETER)
        return sender, template

    def _charge(self, pool: str, cost: int) -> None:
        if self._account.credit.get(pool, Decimal(0)) < cost:
            raise _Refused("SMS Credits Not Available")
        self._account.credit[pool] -= cost

    def _sent(self, messages: list[Message]) -> dict[str, Any]:
        rows = [{"Number": message.to, "message_id": message.id, "message": message.text} for message in messages]
        data = {
            "ErrorCode": "000",
            "ErrorMessage": "Success",
            "JobId": messages[0].extra["job_id"],
            "MessageData": rows,
        }
        return {**_success(data, "SMS Sent Successfully"), "code": 200}

    def _delivery_status(self, params: dict[str, Any]) -> dict[str, Any]:
        job_id = str(params.get("job_id") or "")
        messages = self._by_id.get(job_id)
        if messages is None:
            raise _Refused("Invalid Message ID")
        if self._account.report_shape == "single":
            return {"status": self._account.report_status, "message": None, "data": _single_report(messages[0])}
        rows = [self._report_row(message, place) for place, message in enumerate(messages)]
        return {"status": self._account.report_status, "job_id": job_id, "data": rows, "code": "200"}

    def _report_row(self, message: Message, place: int) -> dict[str, str]:
        shape = self._account.report_shape
        name = ("mobile_number", "recipient")[place % 2] if shape == "mixed" else shape
        # The example of the list has the state in lower case, unlike the table and the single report.
        state = message.status if message.status == "U" else message.status.lower()
        return {"status_name": state, name: message.to, "content": message.text, "message_id": message.id}


def _framework_error(request: Request, key: str) -> Response | None:
    """Return the error that Laravel itself makes: no login, or parameters that are missing or no numbers."""
    if request.headers.get("key") != key:
        return json_response({"message": "Unauthenticated."}, 401)
    errors: dict[str, list[str]] = {}
    if "/send-" in request.path:
        for name in ("recipient", "sender_id", "template_id", "channel"):
            if not request.params.get(name):
                errors[name] = [f"The {name.replace('_', ' ')} field is required."]
    if request.path.endswith("/send-single-sms") and not re.fullmatch(
        r"91[0-9]{10}", str(request.params.get("recipient") or "")
    ):
        errors["recipient"] = ["The recipient format is invalid."]
    if not errors:
        return None
    return json_response({"message": "The given data was invalid.", "errors": errors}, 422)


def _follows(text: str, template: str) -> bool:
    """Return True if only 1 to 40 characters stand for each {#var#} (the operators' rule, DLT)."""
    fixed = (re.escape(part) for part in template.split("{#var#}"))
    return re.fullmatch(".{1,40}".join(fixed), text, re.DOTALL) is not None


def credits_for(text: str, *, is_unicode: bool) -> int:
    """Return the cost of a text, by the table of characters."""
    single, joined = (70, 67) if is_unicode else (160, 153)
    return 1 if len(text) <= single else ceil(len(text) / joined)


def _success(data: Any, message: str = "") -> dict[str, Any]:
    return {"status": "success", "message": message, "data": data}


def _single_report(message: Message) -> dict[str, str]:
    return {
        "status": "success",
        "recipient": message.to,
        "sender_id": message.sender,
        "content": message.text,
        "delivery_status_id": message.status,
        "delivery_status_remark": "",
    }
