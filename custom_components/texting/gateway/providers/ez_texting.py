"""The EZ Texting platform's HTTP API, which Club Texting and Group Texting share (docs of both)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
import re
from string import ascii_letters, digits as decimal_digits
from typing import ClassVar
import unicodedata

from ..capabilities import Capability
from ..encoding import Encoding
from ..errors import (
    AuthenticationFailed,
    GatewayError,
    InsufficientCredit,
    InvalidResponse,
    Limit,
    MessageRejected,
    OutcomeUnknown,
    WebhookRejected,
)
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
from ..phone_number import digits, from_gateway
from ..provider import AccountField, Gateway, Provider, ProviderInfo, accepted
from ..status import FailureReason
from ..transport import TOO_MANY_REQUESTS

TITLE_LENGTH = 13
TEXT_LENGTH = 160
HTTP_ERROR = 400
UNAUTHORIZED = 401
# More than two connections at once are answered with it, and not processed.
UNAVAILABLE = 503

SENT = 1
ERRORS: Mapping[int, Callable[[str], GatewayError]] = {
    -1: lambda code: AuthenticationFailed(code=code),
    -2: lambda code: InsufficientCredit(code=code),
    -5: lambda code: MessageRejected(code=code, reason=FailureReason.OPTED_OUT),
    -7: lambda code: MessageRejected(code=code, reason=FailureReason.INVALID_MESSAGE),
    -10: lambda code: OutcomeUnknown(code=code),
    -104: lambda code: MessageRejected(code=code, reason=FailureReason.OPTED_OUT),
    -106: lambda code: MessageRejected(code=code, reason=FailureReason.INVALID_NUMBER),
}
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
    """A brand's own characters: those allowed besides letters, digits, space and line end; those that count double."""

    characters: frozenset[str]
    double: frozenset[str]

    @property
    def allowed(self) -> frozenset[str]:
        """Every character a text may hold."""
        return self.characters | frozenset(f"{ascii_letters}{decimal_digits} \r\n")

    def units(self, text: str) -> int:
        """The text's length as the brand counts it."""
        return sum(2 if character in self.double else 1 for character in text)


def info(
    provider: Provider, name: str, *fields: AccountField, url: str, more: Sequence[Capability] = ()
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
                *more,
            }
        ),
        in_flight=2,
        busy=frozenset({TOO_MANY_REQUESTS, UNAVAILABLE}),
        webhook_methods=("GET", "POST"),
        calling_codes=("1",),
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
        form = {"PhoneNumber": _national(message.to), "Subject": message.title or "", "Message": message.text}
        if Capability.EXPRESS in self.info.capabilities:
            form["Express"] = "0" if message.express is False else "1"
        code = await self._call("sending", form)
        if code != SENT:
            raise _error(code)
        return [accepted(message, provider_status=str(SENT))]

    async def balance(self) -> Sequence[Balance]:
        """What the account holds."""
        credit = await self._call("credits/check", {})
        if credit < 0:
            raise _error(credit)
        return [Balance(amount=credit)]

    def parse_webhook(self, call: WebhookCall) -> Sequence[DeliveryReport | IncomingMessage]:
        """A keyword alone (PhoneNumber, Message) or a reply (from, message), names in any case."""
        fields = {name.lower(): value for name, value in call.parameters.items() if isinstance(value, str)}
        text = fields.get("message")
        sender, keyword = fields.get("from"), fields.get("phonenumber")
        if text is None or not (sender or keyword):
            raise WebhookRejected("neither a keyword nor a reply")
        words = text.split(maxsplit=1)
        by_keyword = sender is None and bool(words)
        return [
            IncomingMessage(
                sender=from_gateway(sender or keyword or "", "US"),
                text=text,
                type=IncomingType.KEYWORD if by_keyword else incoming_type(text),
                keyword=words[0] if by_keyword else None,
                message_id=fields.get("messageid") or fields.get("message_id"),
            )
        ]

    async def _call(self, path: str, form: Mapping[str, str]) -> Decimal:
        """Ask the API; its answer is a bare number."""
        credentials = {"User": self._account["username"], "Pass": self._account["password"]}
        answer = await self._transport.request(
            "POST", f"{self._account['url']}/api/{path}/", form={**credentials, **form}
        )
        if answer.status == UNAUTHORIZED:
            raise AuthenticationFailed(code="-1")
        # The leading number counts; with an HTTP error only a body that is nothing else ("500 Internal …" is none).
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


def _national(number: str) -> str:
    """Ten digits for North America; other lengths pass through, and the gateway answers -106."""
    plain = digits(number)
    return plain[1:] if len(plain) == 11 and plain.startswith("1") else plain  # noqa: PLR2004  1 and ten digits


def _error(code: Decimal) -> GatewayError:
    """The documented error of a code; an undocumented one is a refusal where it is negative, else no answer at all."""
    if make := ERRORS.get(int(code)):
        return make(str(code))
    return MessageRejected(code=str(code)) if code < 0 else InvalidResponse(code=str(code))


def _too_long(limit: Limit, length: int, most: int) -> MessageRejected:
    return MessageRejected(limit=limit, reason=FailureReason.INVALID_MESSAGE, length=length, most=most)
