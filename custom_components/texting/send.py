"""From what a user asks for to messages, and from results to what a user is told. Every action sends through here."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import voluptuous as vol

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_now

from .account import Account
from .address import Address
from .const import (
    ATTR_CHANNEL,
    ATTR_COMMERCIAL,
    ATTR_EXPRESS,
    ATTR_GENDER,
    ATTR_IF_UNSURE,
    ATTR_LANGUAGE,
    ATTR_MEDIA_URL,
    ATTR_MESSAGE,
    ATTR_SEND_AT,
    ATTR_SENDER,
    ATTR_TEMPLATE_ID,
    ATTR_TITLE,
    ATTR_TYPE,
    ATTR_URGENT,
    ATTR_VALID_FOR,
    DOMAIN,
    IF_UNSURE,
    IF_UNSURE_RESEND,
)
from .contact_groups import async_measure
from .delivery.record import Record
from .exceptions import home_assistant_error
from .gateway.capabilities import MessageType
from .gateway.message import Message
from .gateway.status import FailureReason
from .line import DEFAULT_VALID_FOR, Line, Outgoing
from .reply import async_reply

LONGEST_VALID_FOR = timedelta(hours=48)

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
    vol.Optional(ATTR_VALID_FOR): vol.All(cv.time_period, vol.Range(min=timedelta(seconds=1), max=LONGEST_VALID_FOR)),
    vol.Optional(ATTR_URGENT): cv.boolean,
    vol.Optional(ATTR_IF_UNSURE): vol.In(IF_UNSURE),
}
MESSAGE_SCHEMA: dict[Any, Any] = {
    vol.Required(ATTR_MESSAGE): cv.string,
    vol.Optional(ATTR_TITLE): cv.string,
    **MESSAGE_OPTIONS,
}

# Who reads a voice message unless an action says otherwise.
GENDER = "female"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message: record is None where there was no address, error is what a user is told.

    held_until is when its provider sends it, where that holds it back.
    """

    address: Address
    record: Record | None = None
    error: HomeAssistantError | None = None
    held_until: datetime | None = None

    @property
    def reason(self) -> FailureReason | None:
        """Why it failed, or None."""
        if self.error is None:
            return None
        return self.record.reason if self.record else self.address.reason


async def async_send(line: Line | None, addresses: Sequence[Address], fields: Mapping[str, Any]) -> list[Outcome]:
    """Send one text to all addresses; what is wrong with one of them keeps it from no other."""
    if line is None:
        return [Outcome(address, error=address.error) for address in addresses]
    addresses = await async_measured(line, addresses)
    outgoing = {
        index: _outgoing(line, address, fields)
        for index, address in enumerate(addresses)
        if address.target and not address.error
    }
    records = dict(zip(outgoing, await line.async_send(list(outgoing.values())), strict=True)) if outgoing else {}
    return [_outcome(line, address, records.get(index)) for index, address in enumerate(addresses)]


async def async_send_reply(
    account: Account, incoming_id: str, address: Address, fields: Mapping[str, Any]
) -> tuple[Outcome, bool]:
    """Answer a text that came in; whether within the request that told of it, else as any other message."""
    record, within = await async_reply(account, incoming_id, _outgoing(account, address, fields))
    return _outcome(account, address, record), within


async def async_measured(line: Line, addresses: Sequence[Address]) -> list[Address]:
    """The addresses, each group with its size; one that is gone says so."""
    if not any(address.group for address in addresses):
        return list(addresses)
    return list(await asyncio.gather(*(_async_measured(line, address) for address in addresses)))


async def _async_measured(line: Line, address: Address) -> Address:
    if address.group is None or address.group.size is not None or not isinstance(line, Account):
        return address
    try:
        group = await async_measure(line, address.group)
    except ServiceValidationError as err:
        return replace(address, error=err, reason=FailureReason.INVALID_NUMBER)
    return replace(address, group=group, uncounted=group.size is None)


def _outgoing(line: Line, address: Address, fields: Mapping[str, Any]) -> Outgoing:
    """A message, and how the action asks for it to be sent."""
    valid_for: timedelta | None = fields.get(ATTR_VALID_FOR)
    unsure: str | None = fields.get(ATTR_IF_UNSURE)
    return Outgoing(
        message=message_to(line, address, fields),
        recipient=address.recipient,
        valid_for=valid_for.total_seconds() if valid_for else DEFAULT_VALID_FOR,
        urgent=fields.get(ATTR_URGENT, False),
        resend=unsure == IF_UNSURE_RESEND if unsure else None,
        groups=address.group.name if address.group else None,
        uncounted=address.uncounted,
    )


def _outcome(line: Line, address: Address, record: Record | None) -> Outcome:
    if record and record.failure:
        return Outcome(address, record, home_assistant_error(record.failure, line.entry.title))
    return Outcome(address, record, address.error, held_until=line.held_until(record) if record else None)


def message_to(line: Line, address: Address, fields: Mapping[str, Any]) -> Message:
    """One message: what the action says, else what the recipient's settings say."""
    recipient, group = address.recipient, address.group
    message = Message(
        reference=ulid_now(),
        to=address.target or "",
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
        group_size=(1 if group.size is None else group.size) if group else None,
    )
    if message.type is MessageType.VOICE:
        language, gender = message.language or _spoken(line), message.gender or GENDER
        message = replace(message, language=language, gender=gender)
    if send_at := fields.get(ATTR_SEND_AT):
        # A time without a zone is the home's.
        message = replace(message, send_at=dt_util.as_local(send_at))
    return message


def _spoken(line: Line) -> str | None:
    """The home's language, as one that the provider reads voice messages in; None where it has none of them."""
    config, known = line.hass.config, line.languages
    language = config.language.lower()
    exact = (language, f"{language}-{config.country}".lower())
    akin = [name for name in known if name.split("-")[0] == language.split("-")[0]]
    return next((name for name in (*exact, *akin) if name in known), None)


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
    record, recipient = outcome.record, outcome.address.recipient
    return {
        "to": outcome.address.shown,
        "recipient": recipient.name if recipient else None,
        "reference": record.reference if record else None,
        "message_id": record.message_id if record else None,
        "status": record.status if record else "rejected",
        "segments": record.segments if record and not record.failure else 0,
        "reason": outcome.reason,
        "error": str(outcome.error) if outcome.error else None,
        "held_until": outcome.held_until.isoformat() if outcome.held_until else None,
    }
