"""The option wait_for of the action send_message: wait until it is known who got the texts, and tell it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import voluptuous as vol

from homeassistant.core import HassJob, HassJobType, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv

from ..const import ATTR_WAIT_FOR, ATTR_WAIT_LIMIT, DOMAIN
from ..delivery.record import MessageRecord
from ..gateway.status import Status
from ..messenger import Messenger, Outcome
from ..outcomes import reason_text, within_sentence
from ..people import identity
from ..targets import Address, deduplicate

# The one thing that can be waited for.
DELIVERED = "delivered"
DEFAULT_LIMIT = timedelta(minutes=5)
MIN_LIMIT, MAX_LIMIT = timedelta(seconds=1), timedelta(minutes=15)

WAIT_SCHEMA: dict[Any, Any] = {
    vol.Optional(ATTR_WAIT_FOR): vol.In((DELIVERED,)),
    vol.Optional(ATTR_WAIT_LIMIT): vol.All(cv.time_period, vol.Range(min=MIN_LIMIT, max=MAX_LIMIT)),
}

# The keys of the response.
GOT_IT, DID_NOT, UNKNOWN = "delivered", "not_delivered", "unknown"
REASONS = "reasons"


def limit_needs_wait(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Validate that a limit has something to limit."""
    if ATTR_WAIT_LIMIT in data and ATTR_WAIT_FOR not in data:
        raise vol.Invalid(f"it needs '{ATTR_WAIT_FOR}: {DELIVERED}'", path=[ATTR_WAIT_LIMIT])
    return data


class DeliveryWait:
    """The wait of one call for all of its texts.

    It follows the messages through a reload or an unload of their account, since both keep the outbox. If the account
    is removed, they end. If Home Assistant stops, the wait ends with an error.
    """

    def __init__(self, hass: HomeAssistant, limit: timedelta) -> None:
        """Wait no longer than a limit, from now on."""
        self._hass = hass
        self._until = hass.loop.time() + limit.total_seconds()

    async def async_follow(self, messenger: Messenger, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Wait until each text is delivered, or ends, or is certainly held longer. Return how they stand then."""
        if self._hass.is_stopping:
            raise _ended()
        left = max(0.0, self._until - self._hass.loop.time())
        records = [outcome.record for outcome in outcomes if outcome.record]
        ahead = [record for record in records if not _is_held(messenger, record, left)]
        try:
            async with asyncio.timeout(None) as stop:
                end = HassJob(partial(stop.reschedule, 0.0), job_type=HassJobType.Callback)
                remove = self._hass.async_add_shutdown_job(end)
                try:
                    await messenger.outbox.wait_for_ends(ahead, left)
                finally:
                    remove()
        except TimeoutError:
            raise _ended() from None
        return [_latest(messenger, outcome) for outcome in outcomes]


def _ended() -> HomeAssistantError:
    return HomeAssistantError(translation_domain=DOMAIN, translation_key="wait_ended")


def _is_held(messenger: Messenger, record: MessageRecord, seconds: float) -> bool:
    """Return True if the provider holds a message back for more than some seconds."""
    moments = filter(None, (messenger.held_until(record), record.message.send_at))
    return any(moment.timestamp() > messenger.outbox.time() + seconds for moment in moments)


def _latest(messenger: Messenger, outcome: Outcome) -> Outcome:
    """Return how a text stands now. A delivery that failed is an error too."""
    record = outcome.record
    latest = messenger.outcome(outcome.address, record) if record else outcome
    if latest.error or record is None or _fate(latest) != DID_NOT:
        return latest
    error = HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="not_delivered",
        translation_placeholders={"reason": reason_text(messenger.hass, record) or "—"},
    )
    return replace(latest, error=error)


# -- who got it --------------------------------------------------------------------------------------------------------


def who_got_it(
    hass: HomeAssistant, asked: Iterable[tuple[Sequence[Address], Sequence[Outcome]]]
) -> dict[str, list[str]]:
    """Return the names of those who got a text, of those who did not, and of those of whom that is not known.

    asked has, for each account or route, the addresses that the call named, and the outcomes of the texts, in the order
    of targets.deduplicate. A person with several numbers got it if one of them did, and did not get it if all failed.
    reasons says in words why, for each of not_delivered.
    """
    names: dict[str, str] = {}
    found: dict[str, list[Outcome]] = {}
    for addresses, outcomes in asked:
        by_target = dict(zip(map(_key, deduplicate(addresses)), outcomes, strict=True))
        # Two people may share a number, which gets one text.
        for address in addresses:
            person = identity(address.recipient) if address.recipient else _key(address)
            names.setdefault(person, address.recipient.name if address.recipient else address.display_name)
            found.setdefault(person, []).append(by_target[_key(address)])
    response: dict[str, list[str]] = {GOT_IT: [], DID_NOT: [], UNKNOWN: [], REASONS: []}
    for person, name in names.items():
        fates = {_fate(outcome) for outcome in found[person]}
        best = next(fate for fate in (GOT_IT, UNKNOWN, DID_NOT) if fate in fates)
        response[best].append(name)
        if best == DID_NOT:
            response[REASONS].append(_why(hass, found[person][0]))
    return response


def _why(hass: HomeAssistant, outcome: Outcome) -> str:
    """Return why a text was not delivered, as it stands in the middle of a sentence."""
    words = reason_text(hass, outcome.record) if outcome.record else None
    return within_sentence(words) if words else str(outcome.error)


def _key(address: Address) -> str:
    """Return what makes two addresses the same, as in targets.deduplicate."""
    return address.target or address.label.casefold()


def _fate(outcome: Outcome) -> str:
    record = outcome.record
    if record is None:
        return DID_NOT
    if record.status is Status.DELIVERED:
        return GOT_IT
    return DID_NOT if record.status.is_final else UNKNOWN
