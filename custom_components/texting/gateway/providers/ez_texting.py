"""The EZ Texting platform's HTTP API, which Club Texting and Group Texting share (docs of both)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
import re
from string import ascii_letters, digits as decimal_digits
from typing import ClassVar
import unicodedata

from ..capabilities import Capability
from ..encoding import Encoding
from ..errors import InvalidResponse, Limit, LoginOrApiRefused, MessageRejected, WebhookRejected
from ..gateway import Gateway, accepted
from ..media import with_media
from ..message import (
    Balance,
    DeliveryReport,
    IncomingMessage,
    IncomingType,
    Message,
    Preview,
    SendResult,
    WebhookCall,
    incoming_type,
)
from ..orders import Orders
from ..phone_number import digits, from_gateway
from ..provider import AccountField, Provider, ProviderInfo
from ..status import FailureReason
from ..transport import TOO_MANY_REQUESTS, Answer
from .ez_texting_codes import CREDITS, SEND, SENT, failure
from .ez_texting_orders import EZTextingOrders, Form

TITLE_LENGTH = 13
TEXT_LENGTH = 160
HTTP_ERROR = 400
UNAUTHORIZED = 401
# More than two connections at once are answered with it, and not processed.
UNAVAILABLE = 503

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

# What typographic characters become when replacing is allowed; accents are taken off by Unicode's own tables.
REPLACEMENTS: Mapping[str, str] = {
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'",
    "–": "-", "—": "-", "−": "-", "…": "...", "•": "-", "°": " deg", "€": "EUR", "£": "GBP",
    "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L",
    "\t": " ", "\u00a0": " ", "\u202f": " ", '"': "", "'": "", "[": "(", "]": ")", "{": "(", "}": ")",
    "|": "/", "⁄": "/", "`": "", "^": "", "*": "-", "<": "(", ">": ")",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand's own characters: those allowed besides letters, digits, space and line end; those that count double.

    Where line_end is set, CR LF counts as one character.
    """

    characters: frozenset[str]
    double: frozenset[str]
    line_end: bool = False

    @property
    def allowed(self) -> frozenset[str]:
        """Every character a text may hold."""
        return self.characters | frozenset(f"{ascii_letters}{decimal_digits} \r\n")

    def units(self, text: str) -> int:
        """The text's length as the brand counts it."""
        if self.line_end:
            text = text.replace("\r\n", "\n")
        return sum(2 if character in self.double else 1 for character in text)


def info(
    provider: Provider,
    name: str,
    *fields: AccountField,
    url: str,
    more: Sequence[Capability] = (),
    opt_in_words: tuple[str, ...] = (),
) -> ProviderInfo:
    """A brand of the platform as data."""
    return ProviderInfo(
        provider=provider,
        name=name,
        fields=(
            AccountField(name="username"),
            AccountField(name="password", secret=True),
            *fields,
            AccountField(name="url", advanced=True, default=url),
        ),
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
        calling_codes=("1",),
        opt_in_words=opt_in_words,
    )


class EZTexting(Gateway):
    """One account at a brand of the platform."""

    brand: ClassVar[Brand]

    def _preview(self, message: Message) -> Preview:
        title, text, replaced = message.title or "", message.text, dict[str, str]()
        replaces = bool(self._account.get("replace_characters"))
        if replaces:
            title, replaced = rewrite(title, self.brand.allowed)
            text, in_text = rewrite(text, self.brand.allowed)
            replaced |= in_text
            if not text.strip():
                raise MessageRejected(limit=Limit.TEXT_EMPTY, reason=FailureReason.INVALID_MESSAGE)
        if wrong := set(title + text) - self.brand.allowed:
            raise MessageRejected(
                limit=Limit.CHARACTERS_LEFT if replaces else Limit.CHARACTERS,
                reason=FailureReason.INVALID_MESSAGE,
                characters=" ".join(sorted(wrong)[:10]),
            )
        if len(title) > TITLE_LENGTH:
            raise _too_long(Limit.TITLE_LENGTH, len(title), TITLE_LENGTH)
        units, most = self.brand.units(title + text), self._length(message.express)
        if units > most:
            raise _too_long(Limit.TEXT_LENGTH, units, most)
        return Preview(
            title=title or None,
            text=text,
            encoding=Encoding.GSM7,
            segments=1,
            cost=1,
            units=units,
            replaced=replaced,
        )

    def _length(self, express: bool | None) -> int:
        """The most that title and text may hold together."""
        return TEXT_LENGTH

    async def _send(self, messages: Sequence[Message]) -> Sequence[SendResult]:
        (message,) = messages
        form = {"PhoneNumber": national(message.to), "Subject": message.title or "", "Message": message.text}
        if Capability.EXPRESS in self.info.capabilities:
            form["Express"] = "0" if message.express is False else "1"
        code = await self._call("sending", form.items())
        if code != SENT:
            raise failure(code, SEND, MessageRejected)
        return [accepted(message, provider_status=str(SENT))]

    async def balance(self) -> Sequence[Balance]:
        """What the account holds."""
        credit = await self._call("credits/check")
        if credit < 0:
            raise failure(credit, CREDITS)
        return [Balance(amount=credit)]

    @property
    def orders(self) -> Orders:
        """Credits and keywords."""
        return EZTextingOrders(self._call, self.brand.allowed)

    def parse_webhook(self, call: WebhookCall) -> Sequence[DeliveryReport | IncomingMessage]:
        """A keyword alone (PhoneNumber, Message) or a reply (from, message), names in any case."""
        fields = {name.lower(): value for name, value in call.parameters.items() if isinstance(value, str)}
        text = fields.get("message")
        sender, keyword = fields.get("from"), fields.get("phonenumber")
        if text is None or not (sender or keyword):
            raise WebhookRejected("neither a keyword nor a reply")
        words, kind = text.split(maxsplit=1), incoming_type(text)
        by_keyword = sender is None and bool(words) and kind is not IncomingType.OPT_OUT
        return [
            IncomingMessage(
                sender=from_gateway(sender or keyword or "", "US"),
                text=with_media(text, call.parameters),
                type=IncomingType.KEYWORD if by_keyword else kind,
                keyword=words[0] if by_keyword else None,
                message_id=fields.get("messageid") or fields.get("message_id"),
            )
        ]

    async def _call(self, path: str, form: Form = ()) -> Decimal:
        """Ask the API for a bare number."""
        return number_of(await self._ask(path, form))

    async def _ask(self, path: str, form: Form) -> Answer:
        """Make a request, once."""
        fields = [("User", self._account["username"]), ("Pass", self._account["password"]), *form]
        try:
            answer = await self._transport.request("POST", f"{self._account['url']}/api/{path}/", form=fields)
        finally:
            fields.clear()
        if answer.status == UNAUTHORIZED:
            raise LoginOrApiRefused(code="-1")
        return answer


def number_of(answer: Answer) -> Decimal:
    """The leading number, which counts; with an HTTP error only where nothing follows ("500 Internal …" is none)."""
    read = _NUMBER.match if answer.status < HTTP_ERROR else _NUMBER.fullmatch
    if not (match := read(answer.text)):
        raise InvalidResponse(f"no number, HTTP {answer.status}")
    return Decimal(match[0])


def rewrite(text: str, allowed: frozenset[str]) -> tuple[str, dict[str, str]]:
    """The text in allowed characters as far as they have a likeness, and what was replaced by what."""
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
    """Ten digits for North America; other lengths pass through, and the gateway answers -106."""
    plain = digits(number)
    return plain[1:] if len(plain) == 11 and plain.startswith("1") else plain  # noqa: PLR2004  1 and ten digits


def _too_long(limit: Limit, length: int, most: int) -> MessageRejected:
    return MessageRejected(limit=limit, reason=FailureReason.INVALID_MESSAGE, length=length, most=most)
