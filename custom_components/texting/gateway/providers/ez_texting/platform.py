"""The HTTP API of the EZ Texting platform, which Club Texting and Group Texting share (docs of both)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
import re
from string import ascii_letters, digits as decimal_digits
from typing import ClassVar
import unicodedata

from ...balance_text import read_balance
from ...base import Gateway, accepted
from ...capabilities import Capability
from ...encoding import Encoding
from ...errors import BalanceUnreadable, InvalidResponse, Limit, LoginOrApiRefused, MessageRejected, WebhookRejected
from ...message import (
    Balance,
    DeliveryReport,
    IncomingMessage,
    IncomingType,
    Message,
    Preview,
    SendResult,
    WebhookCall,
    read_id,
    type_of_text,
    with_media,
)
from ...orders import Orders
from ...phone_number import digits, from_gateway
from ...provider import AccountField, Provider, ProviderInfo, Settings, account_field
from ...status import FailureReason
from ...time_text import read_time
from ...transport import TOO_MANY_REQUESTS, Response
from .codes import CREDITS, SEND, SENT, failure
from .orders import EZTextingOrders, Form

MAX_TITLE = 13
# Title and text together.
MAX_TEXT = 160
# Characters of a code or a credit.
MAX_NUMBER = 30
HTTP_ERROR = 400
UNAUTHORIZED = 401
# The response to a third connection at the same time. The request is not processed.
UNAVAILABLE = 503

_NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")
# The paths that end without a slash, as other clients of the platform call them. The document names none.
WITHOUT_SLASH = frozenset({"lookup"})
# The type of a JSON call that brings a text.
INBOUND_TEXT = "inbound_text.received"

# The replacements of typographic characters. Accents are removed by the tables of Unicode.
REPLACEMENTS: Mapping[str, str] = {
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'",
    "–": "-", "—": "-", "−": "-", "…": "...", "•": "-", "°": " deg", "€": "EUR", "£": "GBP",
    "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L",
    "\t": " ", "\u00a0": " ", "\u202f": " ", '"': "", "'": "", "[": "(", "]": ")", "{": "(", "}": ")",
    "|": "/", "⁄": "/", "`": "", "^": "", "*": "-", "<": "(", ">": ")",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Brand:
    """The characters of a brand."""

    # Allowed besides letters, digits, space, CR and LF.
    characters: frozenset[str]
    # Characters that count twice.
    double: frozenset[str]
    # CR LF counts as LF.
    line_end: bool = False

    @property
    def allowed(self) -> frozenset[str]:
        """All characters that a text may hold."""
        return self.characters | frozenset(f"{ascii_letters}{decimal_digits} \r\n")

    def units(self, text: str) -> int:
        """Return the length of a text as the brand counts it."""
        if self.line_end:
            text = text.replace("\r\n", "\n")
        return sum(2 if character in self.double else 1 for character in text)


@dataclass(frozen=True, slots=True, kw_only=True)
class EZTextingSettings(Settings):
    """The settings of an account at a brand of the platform."""

    username: str = account_field()
    password: str = account_field(secret=True)


def info(
    provider: Provider,
    name: str,
    fields: tuple[AccountField, ...],
    *,
    more: Sequence[Capability] = (),
    opt_in_words: tuple[str, ...] = (),
) -> ProviderInfo:
    """Return a brand of the platform as data."""
    return ProviderInfo(
        provider=provider,
        name=name,
        fields=fields,
        identity=("username", "url"),
        capabilities=frozenset(
            {
                Capability.BALANCE,
                Capability.INCOMING_PUSH,
                Capability.KEYWORDS,
                Capability.TITLE,
                Capability.REPLACE_CHARACTERS,
                Capability.WEBHOOK_REPLY,
                Capability.CREDIT_PURCHASE,
                Capability.KEYWORD_SETUP,
                *more,
            }
        ),
        in_flight=2,
        busy=frozenset({TOO_MANY_REQUESTS, UNAVAILABLE}),
        webhook_methods=("GET", "POST"),
        countries=("US", "CA"),
        opt_in_words=opt_in_words,
        blocks_opt_outs=True,
    )


class EZTexting[S: EZTextingSettings](Gateway[S]):
    """One account at a brand of the platform."""

    brand: ClassVar[Brand]

    def _preview(self, message: Message) -> Preview:
        title, text, replaced = message.title or "", message.text, dict[str, str]()
        replaces = message.replace_characters or self.settings.replace_characters
        if replaces:
            title, replaced = rewrite(title, self.brand.allowed)
            text, in_text = rewrite(text, self.brand.allowed)
            replaced |= in_text
            if not text.strip():
                raise MessageRejected(limit=Limit.TEXT_EMPTY, reason=FailureReason.INVALID_MESSAGE)
        if invalid := set(title + text) - self.brand.allowed:
            raise MessageRejected(
                limit=Limit.CHARACTERS_LEFT if replaces else Limit.CHARACTERS,
                reason=FailureReason.INVALID_MESSAGE,
                characters=" ".join(sorted(invalid)[:10]),
            )
        if len(title) > MAX_TITLE:
            raise _too_long(Limit.TITLE_LENGTH, len(title), MAX_TITLE)
        units, limit = self.brand.units(title + text), self._max_length(message.express)
        if units > limit:
            raise _too_long(Limit.TEXT_LENGTH, units, limit)
        return Preview(
            title=title or None,
            text=text,
            encoding=Encoding.GSM7,
            segments=1,
            cost=1,
            units=units,
            replaced=replaced,
        )

    def _max_length(self, express: bool | None) -> int:
        """Return the maximum length of title and text together."""
        return MAX_TEXT

    async def _send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        (message,) = messages
        form = {"PhoneNumber": national(message.to), "Subject": message.title or "", "Message": message.text}
        if Capability.EXPRESS in self.info.capabilities:
            form["Express"] = "0" if message.express is False else "1"
        code = await self._call("sending", form.items())
        if code != SENT:
            raise failure(code, SEND, MessageRejected)
        return [accepted(message, provider_status=str(SENT))]

    async def fetch_balance(self) -> Sequence[Balance]:
        """Fetch the credit."""
        response = await self._request("credits/check", ())
        credit = code_of(response)
        if credit < 0:
            raise failure(credit, CREDITS)
        try:
            return [read_balance(response.text.split()[0])]
        except BalanceUnreadable:
            return [Balance(amount=credit)]

    @property
    def orders(self) -> Orders:
        """The credits and keywords of the account."""
        return EZTextingOrders(self._call, self.brand.allowed)

    def parse_webhook(self, call: WebhookCall) -> Sequence[DeliveryReport | IncomingMessage]:
        """Read a keyword (PhoneNumber, Message), a reply (from, message) or a text in JSON (fromNumber, message).

        The case of names does not count.
        """
        if "type" in call.parameters and "fromNumber" in call.parameters:
            return [_text_of_json(call.parameters)]
        fields = {name.lower(): value for name, value in call.parameters.items() if isinstance(value, str)}
        text = fields.get("message")
        sender, keyword = fields.get("from"), fields.get("phonenumber")
        if text is None or not (sender or keyword):
            raise WebhookRejected("neither a keyword nor a reply")
        words, kind = text.split(maxsplit=1), type_of_text(text)
        by_keyword = sender is None and bool(words) and kind is not IncomingType.OPT_OUT
        return [
            IncomingMessage(
                sender=from_gateway(sender or keyword or "", "US"),
                text=with_media(text, call.parameters),
                type=IncomingType.KEYWORD if by_keyword else kind,
                keyword=words[0] if by_keyword else None,
                message_id=read_id(fields.get("messageid"), fields.get("message_id")),
            )
        ]

    async def _call(self, path: str, form: Form = ()) -> Decimal:
        """Make a request and return the code of the response."""
        return code_of(await self._request(path, form))

    async def _request(self, path: str, form: Form) -> Response:
        """Make a request once."""
        fields = [("User", self.settings.username), ("Pass", self.settings.password), *form]
        try:
            url = f"{self.settings.url}/api/{path}{'' if path in WITHOUT_SLASH else '/'}"
            response = await self._transport.request("POST", url, form=fields)
        finally:
            fields.clear()
        if response.status == UNAUTHORIZED:
            raise LoginOrApiRefused(code="-1")
        return response


def code_of(response: Response) -> Decimal:
    """Return the leading number of a response. With an HTTP error nothing may follow it, as in "500 Internal …"."""
    find = _NUMBER.match if response.status < HTTP_ERROR else _NUMBER.fullmatch
    # The longest numbers would keep the event loop busy for seconds.
    if not (match := find(response.text)) or len(match[0]) > MAX_NUMBER:
        raise InvalidResponse(f"no number, HTTP {response.status}")
    return Decimal(match[0].replace(",", "."))


def _text_of_json(fields: Mapping[str, object]) -> IncomingMessage:
    """Return the text of a call {id, type, fromNumber, toNumber, message, received, optIn, optOut}.

    id is that of our message that it answers. The text has no id of its own.
    """
    sender, text, received = fields["fromNumber"], fields.get("message") or "", fields.get("received")
    if fields["type"] != INBOUND_TEXT or not isinstance(sender, str | int) or not isinstance(text, str):
        raise WebhookRejected("no incoming text")
    answered = fields.get("id")
    return IncomingMessage(
        sender=from_gateway(str(sender), "US"),
        text=with_media(text, fields),
        type=IncomingType.OPT_OUT if _is_true(fields.get("optOut")) else type_of_text(text),
        replied_message_id=read_id(str(answered)) if isinstance(answered, str | int) and answered else None,
        sent_at=read_time(received, None) if isinstance(received, str) else None,
        opts_in=_is_true(fields.get("optIn")),
        takes_reply=False,
    )


def _is_true(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def rewrite(text: str, allowed: frozenset[str]) -> tuple[str, dict[str, str]]:
    """Replace characters that are not allowed by similar ones; return the text and the replacements."""
    replaced: dict[str, str] = {}
    for character in text:
        if character not in allowed:
            plain = REPLACEMENTS.get(character, _without_accent(character))
            plain = "".join(REPLACEMENTS.get(part, part) if part not in allowed else part for part in plain)
            if set(plain) <= allowed:
                replaced[character] = plain
    return "".join(replaced.get(character, character) for character in text), replaced


def _without_accent(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(part for part in decomposed if not unicodedata.combining(part))


def national(number: str) -> str:
    """Return the ten digits of a North American number; the provider refuses other lengths with -106."""
    plain = digits(number)
    return plain[1:] if len(plain) == 11 and plain.startswith("1") else plain  # noqa: PLR2004  1 and ten digits


def _too_long(limit: Limit, length: int, max_length: int) -> MessageRejected:
    return MessageRejected(limit=limit, reason=FailureReason.INVALID_MESSAGE, length=length, most=max_length)
