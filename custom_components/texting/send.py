"""From what a user asks for to messages, and from results to what a user is told. Every action sends through here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import voluptuous as vol

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_now

from .account import Account, Outgoing
from .const import (
    ATTR_CHANNEL,
    ATTR_COMMERCIAL,
    ATTR_EXPRESS,
    ATTR_GENDER,
    ATTR_LANGUAGE,
    ATTR_MEDIA_URL,
    ATTR_MESSAGE,
    ATTR_SEND_AT,
    ATTR_SENDER,
    ATTR_TEMPLATE_ID,
    ATTR_TITLE,
    ATTR_TYPE,
    DOMAIN,
)
from .exceptions import home_assistant_error
from .gateway.capabilities import MessageType
from .gateway.errors import GatewayError, MessageRejected, redact
from .gateway.message import Message, SendResult
from .gateway.phone_number import mask, to_e164
from .recipient import Recipient, recipients

# What a message may hold besides its text and its title: the fields of texting.send_message, and the data of
# the legacy action.
MESSAGE_OPTIONS: dict[Any, Any] = {
    vol.Optional(ATTR_TYPE): vol.Coerce(MessageType),
    vol.Optional(ATTR_SENDER): cv.string,
    vol.Optional(ATTR_MEDIA_URL): cv.url,
    vol.Optional(ATTR_LANGUAGE): vol.All(cv.string, vol.Lower),
    vol.Optional(ATTR_GENDER): vol.In(("male", "female")),
    vol.Optional(ATTR_SEND_AT): cv.datetime,
    vol.Optional(ATTR_COMMERCIAL): cv.boolean,
    vol.Optional(ATTR_EXPRESS): cv.boolean,
    vol.Optional(ATTR_TEMPLATE_ID): cv.string,
    vol.Optional(ATTR_CHANNEL): vol.All(vol.Coerce(int), vol.Range(min=1, max=3)),
}
MESSAGE_SCHEMA: dict[Any, Any] = {
    vol.Required(ATTR_MESSAGE): cv.string,
    vol.Optional(ATTR_TITLE): cv.string,
    **MESSAGE_OPTIONS,
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message shall go: label is what the user called it, error why that is no address."""

    label: str
    number: str | None = None
    recipient: Recipient | None = None
    error: MessageRejected | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message; result is None where there was no address."""

    address: Address
    account: Account
    result: SendResult | None = None

    @property
    def refusal(self) -> GatewayError | None:
        """Why it failed, or None."""
        return self.result.error if self.result else self.address.error

    @property
    def error(self) -> HomeAssistantError | None:
        """Why it failed, in words for people, or None."""
        return home_assistant_error(self.refusal, self.account.entry.title) if self.refusal else None


def addresses_of(recipient: Recipient) -> list[Address]:
    """A recipient's numbers."""
    return [Address(recipient.name, number, recipient) for number in recipient.numbers]


def resolve(hass: HomeAssistant, account: Account, wanted: Iterable[str]) -> list[Address]:
    """Names of recipients and numbers, as addresses."""
    by_name = {recipient.name.casefold(): recipient for recipient in recipients(account.entry)}
    found: list[Address] = []
    for label in wanted:
        if recipient := by_name.get(label.strip().casefold()):
            found += addresses_of(recipient)
        else:
            found.append(_number(label.strip(), account, hass.config.country))
    return each_once(found)


def each_once(addresses: Iterable[Address]) -> list[Address]:
    """No number twice: who is named alone and in a group gets one text."""
    found: dict[str | Address, Address] = {}
    for address in addresses:
        found.setdefault(address.number or address, address)
    return list(found.values())


def _number(text: str, account: Account, country: str | None) -> Address:
    """A number, or the provider's test number, or a mistake that is named by what was written."""
    if text == account.info.test_number:
        return Address(text, text)
    try:
        number = to_e164(text, country)
    except MessageRejected as err:
        has_letters = any(character.isalpha() for character in text)
        return Address(redact(text) if has_letters else mask(text), error=err)
    recipient = next((known for known in recipients(account.entry) if number in known.numbers), None)
    return Address(recipient.name if recipient else mask(number), number, recipient)


async def async_send(account: Account, addresses: Sequence[Address], fields: Mapping[str, Any]) -> list[Outcome]:
    """Send one text to all addresses; what is wrong with one of them keeps it from no other."""
    outgoing = {
        index: Outgoing(message_to(address.number, address.recipient, fields), address.recipient)
        for index, address in enumerate(addresses)
        if address.number
    }
    results = dict(zip(outgoing, await account.async_send(list(outgoing.values())), strict=True)) if outgoing else {}
    return [Outcome(address, account, results.get(index)) for index, address in enumerate(addresses)]


def message_to(number: str, recipient: Recipient | None, fields: Mapping[str, Any]) -> Message:
    """One message: what the action says, else what the recipient's settings say."""
    message = Message(
        reference=ulid_now(),
        to=number,
        text=fields[ATTR_MESSAGE],
        title=fields.get(ATTR_TITLE) or None,
        type=fields.get(ATTR_TYPE) or (recipient.type if recipient else MessageType.SMS),
        sender=fields.get(ATTR_SENDER) or (recipient.sender if recipient else None),
        media_url=fields.get(ATTR_MEDIA_URL),
        language=fields.get(ATTR_LANGUAGE),
        gender=fields.get(ATTR_GENDER),
        commercial=fields.get(ATTR_COMMERCIAL, False),
        express=fields.get(ATTR_EXPRESS),
        template_id=fields.get(ATTR_TEMPLATE_ID),
        channel=fields.get(ATTR_CHANNEL),
    )
    if send_at := fields.get(ATTR_SEND_AT):
        # A time without a zone is the home's.
        message = replace(message, send_at=dt_util.as_local(send_at))
    return message


def raise_for(outcomes: Sequence[Outcome]) -> None:
    """Raise what failed: one message's own error, or one that names all that failed."""
    failed = [(outcome.address.label, error) for outcome in outcomes if (error := outcome.error)]
    if not failed:
        return
    if len(outcomes) == 1:
        raise failed[0][1]
    raise HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="some_failed",
        translation_placeholders={
            "failed": str(len(failed)),
            "total": str(len(outcomes)),
            # Home Assistant takes the full stop off.
            "reasons": " ".join(f"{label}: {error}." for label, error in failed),
        },
    )


def as_response(outcome: Outcome) -> dict[str, Any]:
    """One message as an action's response shows it."""
    result, recipient = outcome.result, outcome.address.recipient
    return {
        "to": outcome.address.number or outcome.address.label,
        "recipient": recipient.name if recipient else None,
        "reference": result.message.reference if result else None,
        "message_id": result.message_id if result else None,
        "status": result.status if result else "rejected",
        "segments": result.segments if result and not result.error else 0,
        "reason": outcome.refusal.reason if outcome.refusal else None,
        "error": str(outcome.error) if outcome.refusal else None,
    }
