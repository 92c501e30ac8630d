"""TextioPro's messages."""

from datetime import UTC, datetime
import re
from time import time_ns
from typing import Any

from .accounts import TextioProAccount, bare_number
from .messages import Message, count_segments
from .network import Network
from .textiopro_replies import ApiError, DeniedError, MissingError, page, required, success
from .textiopro_words import CLOSED_REGION, INVALID, STATUS_FORMS, say
from .wire import Request, Response

MAX_RECIPIENTS = 100
TYPES = {"plain", "unicode", "voice", "mms", "whatsapp", "viber", "otp"}
LANGUAGES = (
    "cy-gb da-dk de-de el-gr en-au en-gb en-gb-wls en-in en-us es-es es-mx es-us fr-ca fr-fr id-id is-is it-it ja-jp "
    "ko-kr ms-my nb-no nl-nl pl-pl pt-br pt-pt ro-ro ru-ru sv-se ta-in th-th tr-tr vi-vn zh-cn zh-hk"
)
_NUMBER = re.compile(r"[0-9]{7,15}")
_last_uid_at = [0]
_SENDER = re.compile(r"[A-Za-z0-9 ._-]{1,11}|\+?[0-9]{1,15}")


class Messages:
    """Sends, lists and shows messages."""

    def __init__(self, account: TextioProAccount, network: Network) -> None:
        """Serve one account."""
        self._account = account
        self._network = network
        self._by_id: dict[str, Message] = {}
        self._others: list[Message] = []

    def send(self, request: Request) -> Response:
        """Send one text to one or more numbers."""
        recipients = [entry.strip() for entry in required(request, "recipient").split(",") if entry.strip()]
        check_content(request)
        self._check_sender(request)
        schedule = schedule_of(request)
        if len(recipients) > MAX_RECIPIENTS:
            raise ApiError(f"You cannot send more than {MAX_RECIPIENTS} SMS in a single request.")
        if 0 < self._account.one_number_from <= len(recipients):
            recipients = [",".join(recipients)]
        refused = {recipient: words for recipient in recipients if (words := self._refusal(recipient))}
        if refused and self._account.refusals == "words":
            return self._without_refused(request, recipients, refused, schedule)
        valid = [recipient for recipient in recipients if recipient not in refused]
        named = f"Invalid phone number: {', '.join(refused)}." if refused else ""
        if not valid:
            raise ApiError(named or "The recipient field is required.")
        rows = [self._row(message) for message in self.accept(request, valid, schedule)]
        if len(recipients) > 1:
            rows = [self._as_batch_row(row) for row in rows]
        message = f"{self._say('Your message was successfully accepted.')} {self._say(named)}".strip()
        if schedule is not None and self._account.scheduled_data == "null":
            return success(None, message)
        return success(rows if len(recipients) > 1 else rows[0], message)

    def _say(self, sentence: str) -> str:
        return say(sentence, self._account.language)

    def _check_sender(self, request: Request) -> None:
        account, sender = self._account, str(request.params["sender_id"])
        if account.refused_sender and sender == account.refused_sender:
            raise ApiError(f"Sender ID {sender} is not authorized")
        if request.params["type"] == "otp" and account.otp_placeholder not in str(request.params["message"]):
            raise ApiError(f"The OTP template must hold {account.otp_placeholder}")

    def _refusal(self, recipient: str) -> str:
        """Return why a number is refused; empty if it is not."""
        if not _NUMBER.fullmatch(recipient) or recipient in self._account.invalid_numbers:
            return INVALID.format(recipient)
        if recipient.startswith(tuple(self._account.closed_regions)):
            return CLOSED_REGION.format(recipient)
        return ""

    def _without_refused(
        self, request: Request, recipients: list[str], refused: dict[str, str], schedule: datetime | None
    ) -> Response:
        """Return a success with a list of what was accepted. Only the words beside it name what was refused."""
        valid = [recipient for recipient in recipients if recipient not in refused]
        rows = [self._as_batch_row(self._row(message)) for message in self.accept(request, valid, schedule)]
        return success(rows, " ".join(self._say(words) for words in refused.values()))

    def list_all(self, request: Request) -> Response:
        """List all messages, newest first unless the account has the oldest first.

        The parameter direction may be honoured, ignored or refused. Some versions list the messages of all users.
        """
        wanted = request.params.get("direction")
        if wanted and self._account.direction_filter == "refused":
            raise ApiError("The direction field is prohibited.")
        outgoing = [message for message in self._network.messages if message.provider == "textiopro"]
        everyones = [*outgoing, *self._network.incoming, *self._of_other_users()]
        if wanted and self._account.direction_filter == "honoured":
            everyones = [message for message in everyones if self._direction(message) == wanted]
        messages = sorted(everyones, key=lambda message: message.accepted_at)
        listed = messages if self._account.oldest_first else messages[::-1]
        return page(request, listed, self._account, self._row)

    def show(self, request: Request, uid: str) -> Response:
        """Show one message."""
        incoming = (message for message in self._network.incoming if message.id == uid)
        message = self._by_id.get(uid) or next(incoming, None)
        if message is None:
            raise MissingError("Message not found.")
        return success(self._row(message))

    def accept(self, request: Request, numbers: list[str], schedule: datetime | None) -> list[Message]:
        """Charge and store a text to each of these numbers."""
        text = str(request.params["message"])
        segments = count_segments(text)
        cost = segments * self._account.price * len(numbers)
        if not self._account.unlimited and cost > self._account.credit:
            raise ApiError("You have reached the sending limit of your plan.")
        if self._account.carrier_error:
            raise ApiError(self._account.carrier_error)
        self._account.credit -= 0 if self._account.unlimited else cost
        names = ("type", "language", "gender", "media_url", "schedule_time", "dlt_template_id")
        extra = {name: request.params[name] for name in names if request.params.get(name)}
        messages = [
            self._network.accept(
                "textiopro",
                new_uid(),
                number,
                text,
                segments=segments,
                sender=str(request.params["sender_id"]),
                not_before=schedule,
                extra=dict(extra),
            )
            for number in numbers
        ]
        self._by_id |= {message.id: message for message in messages}
        if self._account.exception and self._account.exception_in == "sends":
            raise DeniedError(200, self._account.exception)
        return messages

    def _row(self, message: Message) -> dict[str, Any]:
        row = {
            "uid": message.id,
            "to": message.to,
            "from": message.sender,
            "message": message.text,
            "status": self._status(message),
            "sms_type": message.extra.get("type", "plain"),
            "cost": bare_number(message.segments * self._account.price),
            "sms_count": message.segments,
        }
        if self._account.with_direction:
            row["direction"] = self._direction(message)
        # The fields of an incoming picture are not documented.
        row |= message.extra.get("media", {})
        return row

    def _status(self, message: Message) -> str:
        account, status = self._account, message.status
        if account.hand_over_word and status in ("Accepted", "Enroute"):
            status = account.hand_over_word
        status = STATUS_FORMS.get(account.status_form, {}).get(status, status)
        return f"{status}|SM{message.id}" if account.status_form == "carrier" else status

    def _direction(self, message: Message) -> str:
        incoming, outgoing = self._account.direction_words
        return incoming if message.extra.get("direction") == "incoming" else outgoing

    def _of_other_users(self) -> list[Message]:
        """Return messages between phones and other users of the site, incoming and outgoing in turn."""
        while len(self._others) < self._account.other_users:
            now, place = self._network.clock(), len(self._others)
            phone, user = f"3370000{place:04}", f"3375555{place:04}"
            incoming = place % 2 == 0
            self._others.append(
                Message(
                    provider="textiopro",
                    id=new_uid(),
                    client_id=None,
                    to=user if incoming else phone,
                    text=f"Message {place} of somebody else",
                    sender=phone if incoming else user,
                    status="Delivered",
                    segments=1,
                    accepted_at=now,
                    not_before=now,
                    received=True,
                    extra={"direction": "incoming" if incoming else "outgoing"},
                )
            )
        return self._others[: self._account.other_users]

    def _as_batch_row(self, row: dict[str, Any]) -> dict[str, Any]:
        return {self._account.status_key if name == "status" else name: value for name, value in row.items()}


def new_uid() -> str:
    """Return a new uid of 13 hexadecimal digits.

    The documented ones (606812e63f78b, and 6415907d0d7a6 beside 6415907d0d37a) are PHP's uniqid(): eight digits of
    seconds, five of microseconds.
    """
    now = max(time_ns() // 1000, _last_uid_at[0] + 1)
    _last_uid_at[0] = now
    return f"{now // 1_000_000:08x}{now % 1_000_000:05x}"


def check_content(request: Request) -> None:
    """Refuse invalid parameters of a message type."""
    sender, kind = required(request, "sender_id"), required(request, "type")
    required(request, "message")
    if kind not in TYPES:
        raise ApiError("The selected type is invalid.")
    if kind not in ("whatsapp", "viber") and not _SENDER.fullmatch(sender):
        raise ApiError("The sender id must be a number or up to 11 characters.")
    if kind == "voice":
        _check_voice(request)
    media = required(request, "media_url") if kind == "mms" else str(request.params.get("media_url") or "")
    if media and not re.fullmatch(r"https?://\S+", media):
        raise ApiError("The media url format is invalid.")


def _check_voice(request: Request) -> None:
    if required(request, "language") not in LANGUAGES.split():
        raise ApiError("The selected language is invalid.")
    if required(request, "gender") not in ("male", "female"):
        raise ApiError("The selected gender is invalid.")


def schedule_of(request: Request) -> datetime | None:
    """Return when to send, or None: at once."""
    given = str(request.params.get("schedule_time") or "")
    if not given:
        return None
    if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", given):
        raise ApiError("The schedule time does not match the format Y-m-d H:i.")
    try:
        return datetime.strptime(given, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError:
        raise ApiError("The schedule time is not a valid date.") from None
