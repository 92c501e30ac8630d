"""Outcomes in words: the one table from every status, reason and provider's word to a short sentence.

The sentences are the options of the selector "outcome" in translations/en.json.
"""

from collections.abc import Mapping
from enum import StrEnum
import re

from homeassistant.core import HomeAssistant

from .const import CONF_PROVIDER
from .delivery.record import MessageRecord
from .gateway.provider import Provider
from .gateway.status import FailureReason, Status
from .text.single_line import single_line
from .translations import known_text

# The selector with the sentences.
OUTCOME = "outcome"


class Cause(StrEnum):
    """Why a text failed, where more is known than a FailureReason says, or less."""

    # The phone is off or has no network.
    PHONE_UNREACHABLE = "phone_unreachable"
    NOT_RECEIVED = "not_received"
    MEMORY_FULL = "memory_full"
    # The number, or its owner's contract or wish.
    NOT_SUBSCRIBED = "not_subscribed"
    LANDLINE = "landline"
    BARRED = "barred"
    BLOCKED = "blocked"
    DO_NOT_DISTURB = "do_not_disturb"
    OPTED_OUT_EVERYWHERE = "opted_out_everywhere"
    SKIPPED = "skipped"
    # The text.
    TOO_LONG = "too_long"
    MENTION_MISSING = "mention_missing"
    FILTERED = "filtered"
    # The provider or the network.
    NETWORK_ERROR = "network_error"
    PROVIDER_TROUBLE = "provider_trouble"
    # Somebody canceled it, or removed or disabled what would have sent it.
    CANCELLED = "cancelled"
    NO_ACCOUNT = "no_account"
    ACCOUNT_REMOVED = "account_removed"
    # The budget of the month is spent.
    BUDGET = "budget"
    # Nobody says why.
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


type Why = FailureReason | Cause


def _each(words: str, why: Why | None) -> dict[str, Why | None]:
    """Return a row for each of several words."""
    return dict.fromkeys(words.split(), why)


# What carriers write beside a status, in lower case with "_" between the words.
_OF_CARRIERS: Mapping[str, Why | None] = {
    **_each("absent absent_subscriber subscriber_absent absentsubscriber", Cause.PHONE_UNREACHABLE),
    **_each("handset_off phone_off switched_off not_reachable unreachable out_of_coverage", Cause.PHONE_UNREACHABLE),
    **_each("memory_full memory_capacity_exceeded mem_capacity_exceeded", Cause.MEMORY_FULL),
    **_each("unknown_subscriber unidentified_subscriber", FailureReason.INVALID_NUMBER),
    **_each("invalid_number invalid_msisdn invalid_destination", FailureReason.INVALID_NUMBER),
    **_each("landline", Cause.LANDLINE),
    **_each("barred call_barred barred_subscriber operator_barring", Cause.BARRED),
    **_each("blacklist blacklisted black_listed blocked", Cause.BLOCKED),
    **_each("dnd dnd_number dnd_failed dnd_reject ndnc ncpr", Cause.DO_NOT_DISTURB),
    **_each("opted_out opt_out unsubscribed", FailureReason.OPTED_OUT),
    **_each("spam spam_filtered filtered", Cause.FILTERED),
    **_each("network_error network_failure operator_error system_failure", Cause.NETWORK_ERROR),
}
_EZ_TEXTING: Mapping[str, Why | None] = {
    "1": None,
    "-1": FailureReason.AUTHENTICATION,
    "-2": FailureReason.INSUFFICIENT_CREDIT,
    "-5": FailureReason.OPTED_OUT,
    "-7": Cause.TOO_LONG,
    "-10": Cause.UNCERTAIN,
    "-104": Cause.OPTED_OUT_EVERYWHERE,
    "-106": FailureReason.INVALID_NUMBER,
}
# Every status and every error code of a provider. None: it tells of no failure.
WORDS: Mapping[str, Mapping[str, Why | None]] = {
    Provider.TEXTINGHOUSE: {
        **_each("0 1 3", None),
        "4": Cause.PHONE_UNREACHABLE,
        "5": Cause.NOT_SUBSCRIBED,
        "6": Cause.NOT_RECEIVED,
        "7": FailureReason.PROHIBITED,
        "20": FailureReason.INSUFFICIENT_CREDIT,
        "101": FailureReason.AUTHENTICATION,
        "104": FailureReason.INSUFFICIENT_CREDIT,
        "300": Cause.UNCERTAIN,
        "350": FailureReason.FLOOD,
        "400": Cause.MENTION_MISSING,
    },
    Provider.TEXTIOPRO: {
        **_OF_CARRIERS,
        **_each("accepted queued pending processing enroute sent delivered delivrd", None),
        # Of campaigns.
        **_each("new queuing scheduled paused sending done", None),
        "expired": FailureReason.EXPIRED,
        **_each("undelivered undeliv failed error", FailureReason.OTHER),
        "rejected": Cause.REFUSED,
        "skipped": Cause.SKIPPED,
        **_each("cancelled canceled", Cause.CANCELLED),
        # The site's login and credit at the carrier behind it.
        **_each("authentication_error access_token_not_found", Cause.PROVIDER_TROUBLE),
        **_each("balance_insufficient insufficient_balance invalid_request", Cause.PROVIDER_TROUBLE),
    },
    Provider.CLUB_TEXTING: _EZ_TEXTING,
    Provider.GROUP_TEXTING: _EZ_TEXTING,
    Provider.THESMSPOINT: {
        **_OF_CARRIERS,
        **_each("sent delivered", None),
        **_each("undelivered u", FailureReason.OTHER),
        "expired": FailureReason.EXPIRED,
    },
}
# Our own words for what was decided here.
_OWN: Mapping[str, Why | None] = {
    "cancelled": Cause.CANCELLED,
    "no_account": Cause.NO_ACCOUNT,
    "account_removed": Cause.ACCOUNT_REMOVED,
    "budget": Cause.BUDGET,
}
# What is known if there is neither a word nor a reason. None: it did not fail.
STATUSES: Mapping[Status, Why | None] = {
    **dict.fromkeys((Status.QUEUED, Status.ACCEPTED, Status.SENT, Status.DELIVERED), None),
    Status.UNDELIVERED: FailureReason.OTHER,
    Status.EXPIRED: FailureReason.EXPIRED,
    Status.REJECTED: Cause.REFUSED,
    Status.UNCERTAIN: Cause.UNCERTAIN,
}
# What says no more than a status does.
_PLAIN = (None, FailureReason.OTHER, Cause.REFUSED)
# Characters of a provider's word that are read.
_MAX_WORD = 200
# A status, and what stands beside it: "Undelivered: Absent Subscriber", "Delivered|SM123".
_PARTS = re.compile(r"[|:]")
_CODE = re.compile(r"-?[0-9]+")
_BETWEEN = re.compile(r"[\W_]+")


def why_failed(hass: HomeAssistant, record: MessageRecord) -> Why | None:
    """Return why a text failed: what the provider's word says, else our reason, else its status. None: it did not."""
    by_status = STATUSES[record.status]
    if by_status is None or by_status is Cause.UNCERTAIN:
        return by_status
    by_word = _by_word(hass, record)
    if by_word not in _PLAIN:
        return by_word
    return by_status if record.reason in _PLAIN else record.reason


def reason_text(hass: HomeAssistant, record: MessageRecord) -> str | None:
    """Return why a text failed in words, such as "Phone off or out of reach"; None if it did not fail."""
    why = why_failed(hass, record)
    return words_of(hass, why) if why else None


def words_of(hass: HomeAssistant, why: str) -> str | None:
    """Return the sentence of a reason or a cause in the language of Home Assistant; None if it is neither."""
    return known_text(hass, OUTCOME, why)


def _by_word(hass: HomeAssistant, record: MessageRecord) -> Why | None:
    """Return what the provider's word says. What stands beside a status says more than the status."""
    if not (word := record.provider_status):
        return None
    entry = hass.config_entries.async_get_entry(record.via or record.entry_id)
    known = WORDS.get(str(entry.data.get(CONF_PROVIDER)), _OWN) if entry else _OWN
    parts = [_normalize(part) for part in _PARTS.split(word[:_MAX_WORD])]
    found = [why for part in parts if (why := known.get(part) or _OWN.get(part))]
    return next((why for why in reversed(found) if why not in _PLAIN), found[0] if found else None)


def _normalize(word: str) -> str:
    """Return a word as the table has it. A code keeps its sign."""
    word = word.strip()
    return word if _CODE.fullmatch(word) else _BETWEEN.sub("_", word.casefold()).strip("_")


# -- the whole sentence ------------------------------------------------------------------------------------------------

_CANCELLED = str(Cause.CANCELLED)
# How a text ended.
_SENT: Mapping[str, str] = {
    "queued": "is waiting",
    "accepted": "was sent",
    "sent": "was sent",
    "delivered": "was delivered",
    "undelivered": "was not delivered",
    "expired": "was not delivered",
    "rejected": "was not delivered",
    "uncertain": "may not have been delivered",
    _CANCELLED: "was canceled",
}
# Reasons that the sentence says already.
_SAID = frozenset({Cause.UNCERTAIN, Cause.CANCELLED})


def kind_of(record: MessageRecord, why: Why | None) -> str:
    """Return how a text ended: its status, or that it was canceled."""
    return _CANCELLED if why is Cause.CANCELLED else str(record.status)


def sentence(hass: HomeAssistant, kind: str, name: str, why: str | None = None) -> str:
    """Return how a text ended, such as "Text to Ben was not delivered: phone off or out of reach".

    kind is that of kind_of, and why that of why_failed.
    """
    ended = f"Text to {single_line(name)} {_SENT.get(kind, kind)}"
    if why == FailureReason.EXPIRED:
        return f"{ended} in time"
    words = words_of(hass, why) if why and why not in _SAID else None
    return f"{ended}: {within_sentence(words)}" if words else ended


def within_sentence(words: str) -> str:
    """Return words as they stand in the middle of a sentence. An abbreviation keeps its capitals."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]
