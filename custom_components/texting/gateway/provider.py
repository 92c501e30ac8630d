"""What a provider is and what an account at it is set to, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
import re
from typing import Any, Self

from .capabilities import Capability, MessageType
from .fitting import fitting_values
from .phone_number import calling_code
from .transport import TOO_MANY_REQUESTS

USERNAME = "username"


class Provider(StrEnum):
    """The five companies."""

    TEXTINGHOUSE = "textinghouse"
    TEXTIOPRO = "textiopro"
    CLUB_TEXTING = "club_texting"
    GROUP_TEXTING = "group_texting"
    THESMSPOINT = "thesmspoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountField:
    """One field of the form that adds an account."""

    name: str
    required: bool = True
    # The field holds a password or a key.
    secret: bool = False
    # The form shows the field in its closed section.
    advanced: bool = False
    default: str | None = None
    # What the form of a new account suggests. Unlike a default, it can be emptied.
    suggested: str | None = None
    # The only values that the field takes. Empty: any text.
    choices: tuple[str, ...] = ()
    # The field is on or off. It is off by default.
    switch: bool = False
    # The field holds phone numbers, separated by commas.
    numbers: bool = False
    # The later step that asks for the field, after the credentials were checked. Empty: the first step.
    step: str = ""
    # A change of it is applied to the running account; any other field reloads it.
    applied_in_place: bool = False


def account_field(*, default: str | None = None, **form: Any) -> Any:
    """Declare a field of Settings that the form asks for; form holds the other attributes of its AccountField."""
    is_secret = form.get("secret", False)
    empty = False if form.get("switch") else ""
    return field(default=default or empty, repr=not is_secret, metadata={"form": {"default": default, **form}})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an account is set to. Each provider adds its own fields."""

    # The address of the API, without a slash at the end.
    url: str
    # Replace characters that the provider does not take by similar ones.
    replace_characters: bool = False
    # Add the mention that the law asks for to commercial texts.
    add_stop_mention: bool = False

    @property
    def default_sender(self) -> str:
        """The sender of messages that name none; empty if there is none."""
        return ""

    @property
    def own_words(self) -> str:
        """What the user entered, except addresses and choices. A provider may repeat it anywhere."""
        names = [each.name for each in self.account_fields() if not (each.choices or each.switch)]
        return " ".join(getattr(self, name) for name in names if not name.endswith("url"))

    @property
    def secrets(self) -> tuple[str, ...]:
        """What proves the login, and the username. Some tokens have an id before the secret part."""
        names = [each.name for each in self.account_fields() if each.secret or each.name == USERNAME]
        values = [getattr(self, name) for name in names]
        return tuple(filter(None, (*values, *(value.partition("|")[2] for value in values))))

    @classmethod
    def account_fields(cls) -> tuple[AccountField, ...]:
        """The fields that the form asks for."""
        return tuple(AccountField(name=each.name, **each.metadata["form"]) for each in fields(cls) if each.metadata)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Return the settings of an account. Unknown keys are ignored.

        Fields that are missing, or of a wrong type, have defaults or are empty.
        """
        known, _ = fitting_values(cls, values)
        return cls(**known)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderInfo:
    """A provider as data."""

    provider: Provider
    name: str
    # What the form of an account asks for.
    fields: tuple[AccountField, ...]
    # The names of the fields that make two accounts the same login.
    identity: tuple[str, ...]
    capabilities: frozenset[Capability]
    message_types: tuple[MessageType, ...] = (MessageType.SMS,)
    # The languages of voice messages, as en-gb.
    languages: tuple[str, ...] = ()
    # The largest number of messages in one request.
    batch_size: int = 1
    # The largest number of requests at the same time.
    in_flight: int = 2
    # The HTTP statuses that mean: the request was not processed.
    busy: frozenset[int] = frozenset({TOO_MANY_REQUESTS})
    # The names of the balances, if an account has several.
    pools: tuple[str, ...] = ()
    # The address of the site where credit is bought. Empty: it has the host of the API.
    site: str = ""
    # A number to which messages cost nothing and are delivered at once.
    test_number: str | None = None
    # The HTTP methods with which the provider calls our webhook.
    webhook_methods: tuple[str, ...] = ()
    # The countries that the provider sends to (ISO 3166). Empty: it names none, and takes every number.
    countries: tuple[str, ...] = ()
    # Texts in lower case that end an opt-out at this provider, besides OPT_IN_WORDS.
    opt_in_words: tuple[str, ...] = ()
    # The provider itself refuses texts to people who opted out.
    blocks_opt_outs: bool = False
    # The name of the field that holds an account's sender.
    sender_field: str | None = None
    # What a sender must look like. None: anything.
    sender_pattern: str | None = None
    # A sender may be a phone number.
    number_senders: bool = False
    # The message types whose senders need not match sender_pattern.
    free_sender_types: frozenset[MessageType] = frozenset()

    def takes_sender(self, sender: str, kind: MessageType = MessageType.SMS) -> bool:
        """Return True if the provider takes this sender."""
        free = self.sender_pattern is None or kind in self.free_sender_types
        return free or re.fullmatch(self.sender_pattern or "", sender) is not None

    @property
    def uses_webhook(self) -> bool:
        """Return True if the provider calls our webhook."""
        return bool(self.webhook_methods)

    @property
    def awaits_reports(self) -> bool:
        """Return True if the provider calls our webhook about each message, not only if somebody replies."""
        return self.uses_webhook and Capability.DELIVERY_REPORTS in self.capabilities

    @property
    def calling_codes(self) -> tuple[str, ...]:
        """The calling codes of the countries, each once. Empty: all."""
        return tuple(dict.fromkeys(map(calling_code, self.countries)))

    def serves(self, number: str) -> bool:
        """Return True if a number in E.164 has a calling code of the provider's countries."""
        return not self.calling_codes or number.startswith(tuple(f"+{code}" for code in self.calling_codes))

    @property
    def receives(self) -> bool:
        """Return True if texts of phones come in through the provider."""
        return not self.capabilities.isdisjoint({Capability.INCOMING_PUSH, Capability.INCOMING_POLL})

    @property
    def reports(self) -> bool:
        """Return True if the provider tells what happens to a message after it was accepted."""
        return not self.capabilities.isdisjoint({Capability.STATUS, Capability.DELIVERY_REPORTS})
