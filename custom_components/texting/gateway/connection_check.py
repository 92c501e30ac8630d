"""Ask a provider everything that costs nothing, and say what was understood, without secrets, numbers and texts."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .balance_text import currency_of
from .base import Gateway
from .capabilities import Capability
from .errors import (
    AuthenticationFailed,
    BalanceUnreadable,
    CannotConnect,
    GatewayError,
    InvalidResponse,
    OutcomeUnknown,
    RateLimited,
)
from .message import IncomingMessage, ListedMessage, Message
from .status import Status
from .unknown_words import MORE, safe_status, safe_words

# Seconds for each question. All are asked at the same time.
TIMEOUT = 10.0
# Texts that are read of the provider's list.
MAX_MESSAGES = 20
MAX_WORDS = 120


class Item(StrEnum):
    """What is asked for."""

    LOGIN = "login"
    BALANCE = "balance"
    MESSAGES = "messages"
    INCOMING = "incoming"
    GROUPS = "groups"
    SENDERS = "senders"
    TEMPLATES = "templates"
    PROFILE = "profile"
    TEST_TEXT = "test_text"


class Outcome(StrEnum):
    """How the provider responded."""

    ACCEPTED = "accepted"
    UNDERSTOOD = "understood"
    # The login was accepted, but the balance cannot be read.
    UNREADABLE = "unreadable"
    NOT_UNDERSTOOD = "not_understood"
    LOGIN_REFUSED = "login_refused"
    REFUSED = "refused"
    FAILED = "failed"
    BUSY = "busy"
    NO_CONNECTION = "no_connection"
    NO_RESPONSE = "no_response"
    UNEXPECTED = "unexpected"
    NOT_KNOWN = "not_known"


class Note(StrEnum):
    """What else there is to say about a response."""

    ENTRIES = "entries"
    UNIT = "unit"
    UNLIMITED = "unlimited"
    MISSING = "missing"
    UNKNOWN_STATUS = "unknown_status"
    NO_DIRECTION = "no_direction"
    NO_TIME = "no_time"
    NO_TIME_ZONE = "no_time_zone"
    STATUS = "status"
    SHAPE = "shape"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Finding:
    """The response to one question. It is safe to show to anybody."""

    item: Item
    outcome: Outcome
    # What else there is to say, with a value; empty if the note says all.
    notes: Sequence[tuple[Note, str]] = field(default=())


_OUTCOMES: Mapping[type[GatewayError], Outcome] = {
    BalanceUnreadable: Outcome.UNREADABLE,
    InvalidResponse: Outcome.NOT_UNDERSTOOD,
    AuthenticationFailed: Outcome.LOGIN_REFUSED,
    RateLimited: Outcome.BUSY,
    CannotConnect: Outcome.NO_CONNECTION,
}
type Notes = list[tuple[Note, str]]
type Question = Callable[[], Awaitable[Notes]]
_TEST_TEXT = "Connection check"


async def check_connection(gateway: Gateway[Any], test_reference: str | None = None) -> list[Finding]:
    """Ask all questions at the same time; never raises. With a reference, a free test text is sent too."""
    secrets = gateway.settings.own_words
    questions = _questions(gateway, secrets)
    if test_reference:
        questions[Item.TEST_TEXT] = lambda: _send_test(gateway, test_reference)
    findings = await asyncio.gather(*(_ask(item, question, secrets) for item, question in questions.items()))
    return [_login(findings), *findings]


def _questions(gateway: Gateway[Any], secrets: str) -> dict[Item, Question]:
    """Return the questions that the provider can be asked."""
    capabilities = gateway.info.capabilities
    questions: dict[Item, Question] = {Item.BALANCE: lambda: _balance(gateway, secrets)}
    if Capability.MESSAGE_LIST in capabilities:
        questions[Item.MESSAGES] = lambda: _messages(gateway, secrets)
    if Capability.INCOMING_POLL in capabilities:
        questions[Item.INCOMING] = lambda: _incoming(gateway)
    if Capability.CONTACTS in capabilities:
        questions[Item.GROUPS] = lambda: _groups(gateway)
    if Capability.SENDER_LIST in capabilities:
        questions[Item.SENDERS] = lambda: _entries(gateway.fetch_senders())
        questions[Item.TEMPLATES] = lambda: _entries(gateway.fetch_templates())
    if Capability.PROFILE in capabilities:
        questions[Item.PROFILE] = lambda: _profile(gateway)
    return questions


async def _ask(item: Item, question: Question, secrets: str) -> Finding:
    """Ask one question within the timeout."""
    try:
        async with asyncio.timeout(TIMEOUT):
            return Finding(item, Outcome.UNDERSTOOD, await question())
    except TimeoutError:
        return Finding(item, Outcome.NO_RESPONSE)
    except GatewayError as err:
        return Finding(item, _outcome(err), _words(err, secrets))
    except Exception as err:  # noqa: BLE001  whatever a provider says, the others are still reported
        return Finding(item, Outcome.UNEXPECTED, [(Note.WORDS, type(err).__name__)])


def _outcome(error: GatewayError) -> Outcome:
    """Return what an error means. An error of unknown outcome has a code or words if the provider responded."""
    for kind, outcome in _OUTCOMES.items():
        if isinstance(error, kind):
            return outcome
    if isinstance(error, OutcomeUnknown):
        return Outcome.FAILED if error.code or " " in error.detail else Outcome.NO_RESPONSE
    return Outcome.REFUSED


def _words(error: GatewayError, secrets: str) -> Notes:
    """Return the words of an error that may be shown; of a balance only its shape."""
    if isinstance(error, BalanceUnreadable):
        return [(Note.SHAPE, error.detail)]
    # The transport names a class of aiohttp. Words of a provider come in a subclass, or with a code.
    is_own = type(error) in {CannotConnect, OutcomeUnknown} and error.code is None
    words = error.detail if is_own and error.detail.isidentifier() and error.detail.endswith("Error") else ""
    if not words:
        words = safe_words(" ".join(filter(None, (error.code, error.detail))), secrets, MAX_WORDS)
    return [] if words == MORE else [(Note.WORDS, words)]


def _login(findings: Sequence[Finding]) -> Finding:
    """Return whether the login was accepted, by what the questions say about it."""
    outcomes = {finding.outcome for finding in findings}
    if outcomes & {Outcome.UNDERSTOOD, Outcome.UNREADABLE}:
        return Finding(Item.LOGIN, Outcome.ACCEPTED)
    return Finding(Item.LOGIN, Outcome.LOGIN_REFUSED if Outcome.LOGIN_REFUSED in outcomes else Outcome.NOT_KNOWN)


# -- the questions -------------------------------------------------------------------------------------------------


async def _balance(gateway: Gateway[Any], secrets: str) -> Notes:
    balances = await gateway.fetch_balance()
    notes: Notes = [(Note.UNIT, unit) for unit in dict.fromkeys(_unit(balance.unit, secrets) for balance in balances)]
    if any(balance.amount is None for balance in balances):
        notes.append((Note.UNLIMITED, ""))
    known = {balance.pool for balance in balances}
    notes += [(Note.MISSING, pool) for pool in gateway.info.pools if pool not in known]
    return notes


def _unit(unit: str, secrets: str) -> str:
    """Return a unit that may be shown: the code or the sign of a currency, or one word."""
    return unit if currency_of(unit) == unit or (len(unit) == 1 and not unit.isalnum()) else safe_status(unit, secrets)


async def _messages(gateway: Gateway[Any], secrets: str) -> Notes:
    listed = [message async for message in gateway.fetch_messages(MAX_MESSAGES)]
    unknown = Counter(_status(message, secrets) for message in listed if message.status is Status.UNCERTAIN)
    return [
        (Note.ENTRIES, str(len(listed))),
        *((Note.UNKNOWN_STATUS, f"{word} ({times})") for word, times in sorted(unknown.items())),
        *_missing(Note.NO_DIRECTION, [message.incoming for message in listed]),
        *_missing(Note.NO_TIME, [message.sent_at for message in listed]),
    ]


def _status(message: ListedMessage, secrets: str) -> str:
    own = f"{message.text} {message.sender} {secrets}"
    return safe_status(message.provider_status, own) if message.provider_status else "—"


async def _incoming(gateway: Gateway[Any]) -> Notes:
    found: Sequence[IncomingMessage] = await gateway.fetch_incoming()
    return [(Note.ENTRIES, str(len(found))), *_missing(Note.NO_TIME, [message.sent_at for message in found])]


async def _groups(gateway: Gateway[Any]) -> Notes:
    return await _entries(gateway.contacts.groups())


async def _entries(fetch: Awaitable[Sequence[object]]) -> Notes:
    return [(Note.ENTRIES, str(len(await fetch)))]


async def _profile(gateway: Gateway[Any]) -> Notes:
    profile = await gateway.fetch_profile()
    return [] if profile.time_zone else [(Note.NO_TIME_ZONE, "")]


async def _send_test(gateway: Gateway[Any], reference: str) -> Notes:
    """Send a text to the free test number, and fetch its status. The reference in it makes each one different."""
    text = f"{_TEST_TEXT} {reference}"
    message, _ = gateway.prepare(Message(reference=reference, to=gateway.info.test_number or "", text=text))
    (result,) = await gateway.send([message])
    if result.error:
        raise result.error
    return [(Note.STATUS, report.status.value) for report in await gateway.fetch_reports([result])]


def _missing(note: Note, values: Sequence[object]) -> Notes:
    """Return a note with how many values are missing, none if all are there."""
    count = sum(value is None for value in values)
    return [(note, str(count))] if count else []
