"""The data that goes to a provider and comes back: messages, results, reports, incoming messages, balances."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import islice
import re
import unicodedata

from .capabilities import MessageType
from .encoding import Encoding
from .errors import GatewayError
from .status import FailureReason, Status

OPT_OUT_WORDS = frozenset({"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "arret"})
# These end an opt-out. Without an opt-out they have no special meaning.
OPT_IN_WORDS = frozenset({"start", "unstop"})
# The longest text that can be an opt-out or an opt-in.
_MAX_WORDS = 100
_PUNCTUATION = re.compile(r"^[\W_]+|[\W_]+$")

# Parts of the names of fields that may hold links to pictures. No provider documents these names.
_MEDIA_NAMES = ("media", "mms")
_SCHEMES = ("https://", "http://")
# So many links are looked for in the text.
_MAX_LINKS = 10
_MAX_LINK_LENGTH = 2000
# A longer id is none of a provider. Ids are kept, on disk and in memory.
_MAX_ID_LENGTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text to one number, or to the contacts of contact groups."""

    # Our own id of the message, a ULID.
    reference: str
    # A number in E.164 or a provider's test number; with group_size, the ids of groups, separated by commas.
    to: str
    text: str
    title: str | None = None
    type: MessageType = MessageType.SMS
    # None: the account's sender.
    sender: str | None = None
    # The picture or video of a type in MEDIA_TYPES.
    media_url: str | None = None
    # The language of a voice message, as en-gb.
    language: str | None = None
    # The gender of the voice of a voice message.
    gender: str | None = None
    # When the provider is to send the message, with a time zone. None: at once.
    send_at: datetime | None = None
    commercial: bool = False
    # None: the provider's default.
    express: bool | None = None
    # The registered template that the text follows. None: the account's.
    template_id: str | None = None
    # None: the account's.
    channel: int | None = None
    # The number of contacts in the groups of to. None: to is a number.
    group_size: int | None = None
    # Replace characters that the provider does not take, even if the account's option is off.
    replace_characters: bool = False

    @property
    def groups(self) -> tuple[str, ...]:
        """The ids of the contact groups that the message goes to; empty if it goes to a number."""
        return () if self.group_size is None else tuple(filter(None, map(str.strip, self.to.split(","))))


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceBroadcast:
    """A sound that is played to numbers: either sound_file or sound_url."""

    # In E.164.
    numbers: tuple[str, ...]
    # In E.164.
    caller_id: str
    # The name of a file of the account.
    sound_file: str | None = None
    sound_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """The result of sending one message."""

    message: Message
    status: Status
    # The provider's id of the message.
    message_id: str | None = None
    # The provider's id of the request, such as TheSMSPoint's job.
    batch_id: str | None = None
    # The status in the provider's own words.
    provider_status: str | None = None
    # What the provider says that the message costs: in credits, or in money if the account's balance is. None: nothing.
    cost: Decimal | None = None
    # Why the message was not accepted. None: it was accepted.
    error: GatewayError | None = None

    @property
    def reason(self) -> FailureReason | None:
        """Why the message failed, or None."""
        return self.error.reason if self.error else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a message would contain and cost."""

    # Title and text as the provider would get them.
    title: str | None
    text: str
    encoding: Encoding
    segments: int
    # In the provider's credits.
    cost: int
    # The length of the text as the provider counts it.
    units: int
    # The characters that were replaced, and their replacements.
    replaced: Mapping[str, str] = field(default_factory=dict)
    # The characters that some networks of the provider may replace.
    may_be_replaced: str = ""
    # How long the provider would hold the message if it got it now, with a time zone. None: it would send it at once.
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """A new status of a message. The message is found by reference, else by message_id."""

    status: Status
    # The status in the provider's own words.
    provider_status: str
    message_id: str | None = None
    reference: str | None = None
    reason: FailureReason | None = None
    # The final status of the message if no better report comes in time. None: its last status stays.
    status_on_timeout: Status | None = None


class IncomingType(StrEnum):
    """The type of an incoming message."""

    REPLY = "reply"
    KEYWORD = "keyword"
    OPT_OUT = "opt_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """A text that a phone sent."""

    # E.164 if it is a phone number, else as the provider writes it.
    sender: str
    text: str
    type: IncomingType = IncomingType.REPLY
    # The keyword that it begins with.
    keyword: str | None = None
    # The provider's id of this text.
    message_id: str | None = None
    # The provider's id of our message that it answers, if the provider says so.
    replied_message_id: str | None = None
    # Our reference of the message that it answers, if the provider says so.
    reference: str | None = None
    sent_at: datetime | None = None
    # Our reference of the message that it answers, which is found out after the text came in.
    in_reply_to: str | None = None
    # The provider says that the sender opts in again.
    opts_in: bool = False
    # Whether the provider sends the response to its request to the phone, if it does so at all.
    takes_reply: bool = True
    # It is an old text that the provider had not reported before.
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMessage:
    """A message in the provider's list, sent or received. None: the provider does not say."""

    message_id: str
    # to and sender are E.164 if they are phone numbers.
    to: str
    sender: str
    text: str
    status: Status
    # The status in the provider's own words.
    provider_status: str
    incoming: bool | None = None
    type: MessageType | None = None
    sent_at: datetime | None = None
    # In the provider's credits.
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The owner of an account. Empty: the provider does not say."""

    id: str
    name: str = ""
    email: str = ""
    # As en.
    language: str = ""
    # As Europe/Paris.
    time_zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The credit of an account, or of one of its pools."""

    # None: unlimited.
    amount: Decimal | None
    # "credits", another unit, the ISO code of a currency, or a sign that several currencies share.
    unit: str = "credits"
    # One of ProviderInfo.pools.
    pool: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A sender that an account may use."""

    # The provider's id of this row.
    id: str
    # The name that a message takes.
    sender_id: str
    type: str
    approved: bool
    # Who registered the sender.
    entity_id: str = ""
    # What the sender was registered for.
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A registered text."""

    # The id that a message takes.
    template_id: str
    name: str
    type: str
    # The sender that the template belongs to.
    sender_id: str
    message: str
    approved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCall:
    """A request to our webhook."""

    method: str
    # The parameters of query and body, with their names as they were sent.
    parameters: Mapping[str, object]


def type_of_text(text: str) -> IncomingType:
    """Return whether a text is an opt-out or a reply."""
    return IncomingType.OPT_OUT if bare_words(text) in OPT_OUT_WORDS else IncomingType.REPLY


def bare_words(text: str) -> str:
    """Return a short text in lower case, without accents and outer punctuation: "Arrêt!" gives "arret"."""
    if len(text) > _MAX_WORDS:
        return ""
    plain = "".join(part for part in unicodedata.normalize("NFKD", text) if not unicodedata.combining(part))
    return _PUNCTUATION.sub("", " ".join(plain.split())).casefold()


def with_media(text: str, fields: Mapping[str, object]) -> str:
    """Return an incoming text with the links to its pictures, each on a line of its own if it is not in the text."""
    values = [value for name, value in fields.items() if any(part in name.lower() for part in _MEDIA_NAMES)]
    links = islice(dict.fromkeys(link for value in values for link in _links(value)), _MAX_LINKS)
    return "\n".join([*([text] if text else []), *(link for link in links if link not in text)])


def read_id(*values: str | None) -> str | None:
    """Return the first of these texts that can be a provider's id: 1 to 100 characters. None if there is none."""
    return next((value for value in values if value and len(value) <= _MAX_ID_LENGTH), None)


def _links(value: object) -> Iterator[str]:
    """Yield the links of a field, which is a text or a list of texts."""
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, str):
            for word in part.split():
                if word.lower().startswith(_SCHEMES) and len(word) <= _MAX_LINK_LENGTH:
                    yield word
