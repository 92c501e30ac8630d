"""What a provider is, as data."""

from dataclasses import dataclass
from enum import StrEnum
import re

from .capabilities import Capability, MessageType
from .transport import TOO_MANY_REQUESTS


class Provider(StrEnum):
    """The five companies."""

    TEXTINGHOUSE = "textinghouse"
    TEXTIOPRO = "textiopro"
    CLUB_TEXTING = "club_texting"
    GROUP_TEXTING = "group_texting"
    THESMSPOINT = "thesmspoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountField:
    """One thing to ask for when an account is added.

    choices are values, advanced ones stand in the closed section; those of a step are asked for after the
    others, when the credentials have been checked.
    """

    name: str
    required: bool = True
    secret: bool = False
    advanced: bool = False
    default: str | None = None
    choices: tuple[str, ...] = ()
    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderInfo:
    """A provider as data.

    identity are the fields that make two accounts the same login, batch_size messages fit one request,
    in_flight requests may run at once, busy are HTTP statuses that mean not processed, pools are the names
    of its balances where there are several, test_number delivers at once and costs nothing, webhook_methods
    are the HTTP methods it calls us with, calling_codes are of the countries it sends to (none: any),
    opt_in_words in lower case take an opt-out back besides those that do everywhere.
    sender_field is the field that holds an account's sender, sender_pattern what a sender must be (None: anything)
    but for types with senders of their own; number_senders says whether it may be a number.
    """

    provider: Provider
    name: str
    fields: tuple[AccountField, ...]
    identity: tuple[str, ...]
    capabilities: frozenset[Capability]
    message_types: tuple[MessageType, ...] = (MessageType.SMS,)
    languages: tuple[str, ...] = ()
    batch_size: int = 1
    in_flight: int = 2
    busy: frozenset[int] = frozenset({TOO_MANY_REQUESTS})
    pools: tuple[str, ...] = ()
    test_number: str | None = None
    webhook_methods: tuple[str, ...] = ()
    calling_codes: tuple[str, ...] = ()
    opt_in_words: tuple[str, ...] = ()
    sender_field: str | None = None
    sender_pattern: str | None = None
    number_senders: bool = False
    free_sender_types: frozenset[MessageType] = frozenset()

    def takes_sender(self, sender: str, kind: MessageType = MessageType.SMS) -> bool:
        """Whether a sender is one that the provider takes."""
        free = self.sender_pattern is None or kind in self.free_sender_types
        return free or re.fullmatch(self.sender_pattern or "", sender) is not None

    @property
    def uses_webhook(self) -> bool:
        """Whether the provider calls our webhook for anything."""
        return bool(self.webhook_methods)

    def serves(self, number: str) -> bool:
        """Whether it sends to the country of a number in E.164."""
        return not self.calling_codes or number.startswith(tuple(f"+{code}" for code in self.calling_codes))

    @property
    def receives(self) -> bool:
        """Whether texts of phones come in through it."""
        return not self.capabilities.isdisjoint({Capability.INCOMING_PUSH, Capability.INCOMING_POLL})

    @property
    def reports(self) -> bool:
        """Whether what becomes of a message after it was accepted can be known."""
        return not self.capabilities.isdisjoint({Capability.STATUS, Capability.DELIVERY_REPORTS})
