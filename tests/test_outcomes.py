"""The table of outcomes: every status, reason and word of a provider has a decision, and every decision a sentence."""

from collections.abc import Iterable, Mapping
import re

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.gateway.errors import Cancelled, InsufficientCredit
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import textinghouse
from custom_components.texting.gateway.providers.ez_texting import codes
from custom_components.texting.gateway.providers.thesmspoint import responses as thesmspoint
from custom_components.texting.gateway.providers.ultimate_sms import campaigns, responses as ultimate_sms, words
from custom_components.texting.gateway.status import FailureReason, Status
from custom_components.texting.outcomes import (
    _OF_CARRIERS,
    _OWN,
    STATUSES,
    WORDS,
    Cause,
    Why,
    kind_of,
    reason_text,
    sentence,
    why_failed,
    within_sentence,
    words_of,
)
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from tests.support.home import TRANSLATIONS
from tests.support.records import ended

EZ_CODES = {str(code) for code in (codes.SENT, *codes.SEND)}
CARRIERS_TROUBLE = {word.replace(" ", "_") for word in words._CARRIER.pattern.split("|")}
# The words and codes of each provider's own tables.
OWN: Mapping[Provider, set[str]] = {
    Provider.TEXTINGHOUSE: {*textinghouse.STATUSES, *textinghouse.ERRORS},
    Provider.TEXTIOPRO: {*ultimate_sms.STATUSES, *campaigns.STATUSES, *CARRIERS_TROUBLE},
    Provider.CLUB_TEXTING: EZ_CODES,
    Provider.GROUP_TEXTING: EZ_CODES,
    Provider.THESMSPOINT: set(thesmspoint.STATUSES),
}
# The providers with words. A carrier's word may stand beside them.
IN_WORDS = (Provider.TEXTIOPRO, Provider.THESMSPOINT)
FAILURES = [status for status in Status if status.is_failure]


@pytest.fixture
async def entries(hass: HomeAssistant) -> dict[str, str]:
    """Return the id of an account at each provider, which are not loaded, and of one that does not exist."""
    assert await async_setup_component(hass, "texting", {})
    ids = {"removed": "removed"}
    for provider in (*Provider, "route"):
        entry = MockConfigEntry(domain="texting", data={"provider": str(provider)})
        entry.add_to_hass(hass)
        ids[str(provider)] = entry.entry_id
    return ids


# -- the table is complete ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", Provider)
def test_every_word_of_a_provider_has_a_decision(provider: Provider) -> None:
    carriers = set(_OF_CARRIERS) if provider in IN_WORDS else set()
    assert set(WORDS[provider]) - carriers == OWN[provider] - carriers


def test_every_provider_and_every_status_has_one() -> None:
    assert set(WORDS) == set(Provider)
    assert set(STATUSES) == set(Status)
    assert {status for status, why in STATUSES.items() if why} == set(FAILURES)


@pytest.mark.parametrize(
    ("provider", "statuses"),
    [
        (Provider.TEXTINGHOUSE, textinghouse.STATUSES),
        (Provider.TEXTIOPRO, ultimate_sms.STATUSES),
        (Provider.TEXTIOPRO, campaigns.STATUSES),
        # "Expired" is a failure only if no other word comes.
        (Provider.THESMSPOINT, {**thesmspoint.STATUSES, "expired": (Status.EXPIRED, FailureReason.EXPIRED)}),
    ],
)
def test_a_word_has_a_sentence_if_it_is_a_failure(
    provider: Provider, statuses: Mapping[str, tuple[Status, FailureReason | None]]
) -> None:
    assert {word for word in statuses if WORDS[provider][word]} == {
        word for word, (status, _) in statuses.items() if status.is_failure
    }


def test_every_decision_has_a_sentence_and_every_sentence_a_decision(
    hass: HomeAssistant, entries: dict[str, str]
) -> None:
    decisions = {why for table in WORDS.values() for why in table.values() if why}
    decisions |= {*FailureReason, *filter(None, STATUSES.values()), *filter(None, _OWN.values())}
    assert decisions >= set(Cause)
    sentences = TRANSLATIONS["selector"]["outcome"]["options"]
    assert {str(why): words_of(hass, why) for why in decisions} == sentences


# -- what it says ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "status", "reason", "word", "why"),
    [
        # Codes.
        ("textinghouse", Status.EXPIRED, FailureReason.EXPIRED, "4", Cause.PHONE_UNREACHABLE),
        ("textinghouse", Status.REJECTED, FailureReason.INVALID_MESSAGE, "400", Cause.MENTION_MISSING),
        ("club_texting", Status.REJECTED, FailureReason.OPTED_OUT, "-104", Cause.OPTED_OUT_EVERYWHERE),
        ("group_texting", Status.REJECTED, FailureReason.INVALID_MESSAGE, "-7", Cause.TOO_LONG),
        # The same code means nothing, or another thing, at another provider.
        ("thesmspoint", Status.REJECTED, FailureReason.OTHER, "4", Cause.REFUSED),
        ("club_texting", Status.REJECTED, FailureReason.OTHER, "5", Cause.REFUSED),
        ("removed", Status.EXPIRED, FailureReason.EXPIRED, "4", FailureReason.EXPIRED),
        # Words, and what a carrier writes beside them.
        ("textiopro", Status.REJECTED, FailureReason.OTHER, "Skipped", Cause.SKIPPED),
        ("textiopro", Status.UNDELIVERED, FailureReason.OTHER, "UNDELIV|SM123", FailureReason.OTHER),
        ("textiopro", Status.REJECTED, FailureReason.OTHER, "Balance Insufficient", Cause.PROVIDER_TROUBLE),
        ("thesmspoint", Status.UNDELIVERED, FailureReason.OTHER, "UnDelivered", FailureReason.OTHER),
        ("thesmspoint", Status.UNDELIVERED, FailureReason.OTHER, "UnDelivered: DND", Cause.DO_NOT_DISTURB),
        (
            *("thesmspoint", Status.UNDELIVERED, FailureReason.OTHER),
            *("UnDelivered: Absent-Subscriber", Cause.PHONE_UNREACHABLE),
        ),
        ("thesmspoint", Status.UNDELIVERED, FailureReason.OTHER, "U: ABSENT_SUBSCRIBER", Cause.PHONE_UNREACHABLE),
        # Our reason, if the word says no more.
        ("textiopro", Status.REJECTED, FailureReason.PROHIBITED, "Failed", FailureReason.PROHIBITED),
        ("textiopro", Status.REJECTED, FailureReason.OPTED_OUT, "Rejected", FailureReason.OPTED_OUT),
        ("textinghouse", Status.REJECTED, FailureReason.INVALID_NUMBER, "999", FailureReason.INVALID_NUMBER),
        ("thesmspoint", Status.EXPIRED, FailureReason.EXPIRED, "Expired", FailureReason.EXPIRED),
        ("textinghouse", Status.EXPIRED, FailureReason.UNREACHABLE, None, FailureReason.UNREACHABLE),
        # The status, if there is neither.
        ("textinghouse", Status.REJECTED, FailureReason.OTHER, "999", Cause.REFUSED),
        ("textinghouse", Status.REJECTED, None, None, Cause.REFUSED),
        ("textinghouse", Status.UNDELIVERED, None, None, FailureReason.OTHER),
        ("textinghouse", Status.EXPIRED, None, None, FailureReason.EXPIRED),
        # Nobody can say whether it was sent, whatever the provider said before.
        ("textinghouse", Status.UNCERTAIN, FailureReason.OTHER, "350", Cause.UNCERTAIN),
        ("textinghouse", Status.UNCERTAIN, None, None, Cause.UNCERTAIN),
        # Canceled here, by any entry, also after a restart.
        ("textinghouse", Status.REJECTED, FailureReason.OTHER, "cancelled", Cause.CANCELLED),
        ("route", Status.REJECTED, FailureReason.OTHER, "cancelled", Cause.CANCELLED),
        ("removed", Status.REJECTED, FailureReason.OTHER, "cancelled", Cause.CANCELLED),
        # It did not fail.
        ("textinghouse", Status.DELIVERED, None, "3", None),
        ("textiopro", Status.SENT, None, "Skipped", None),
        ("textinghouse", Status.QUEUED, None, None, None),
    ],
)
async def test_why_a_text_failed(
    hass: HomeAssistant,
    entries: dict[str, str],
    provider: str,
    status: Status,
    reason: FailureReason | None,
    word: str | None,
    why: Why | None,
) -> None:
    record = ended(1, entry_id=entries[provider], status=status, reason=reason, provider_status=word)
    assert why_failed(hass, record) == why
    assert reason_text(hass, record) == (TRANSLATIONS["selector"]["outcome"]["options"][why] if why else None)


async def test_the_word_of_a_route_is_that_of_its_account(hass: HomeAssistant, entries: dict[str, str]) -> None:
    record = ended(
        1, entry_id=entries["route"], status=Status.UNDELIVERED, reason=FailureReason.OTHER, provider_status="6"
    )
    assert why_failed(hass, record) == FailureReason.OTHER
    record.via = entries["textinghouse"]
    assert why_failed(hass, record) == Cause.NOT_RECEIVED


async def test_an_error_of_this_run_says_the_same_as_its_row_later(
    hass: HomeAssistant, entries: dict[str, str]
) -> None:
    record = ended(1, entry_id=entries["textinghouse"])
    record.fail(Status.REJECTED, InsufficientCredit(code="104"))
    assert reason_text(hass, record) == "Not enough credit"
    record.fail(Status.REJECTED, Cancelled(code="cancelled"))
    assert reason_text(hass, record) == "Canceled"


@pytest.mark.parametrize("provider", [*Provider, "route", "removed"])
async def test_odd_words_are_no_trouble(hass: HomeAssistant, entries: dict[str, str], provider: str) -> None:
    odd = ["", " ", "|", ":|:", "-", "{}", "{0}", "%s", "\0", "\ud800", "ẞ" * 5000, "a|" * 50_000, "٤", "_", "4" * 9999]
    for word in odd:
        record = ended(
            1,
            entry_id=entries[provider],
            status=Status.UNDELIVERED,
            reason=FailureReason.PROHIBITED,
            provider_status=word,
        )
        assert reason_text(hass, record) == "The account is not allowed to send this", word[:20]


async def test_a_language_without_texts_is_english(hass: HomeAssistant, entries: dict[str, str]) -> None:
    hass.config.language = "tlh"
    assert words_of(hass, Cause.UNCERTAIN) == "Nobody can say whether it was sent"
    assert words_of(hass, "nothing") is None


# -- the whole sentence ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason", "word", "expected"),
    [
        (Status.DELIVERED, None, "3", "was delivered"),
        (Status.ACCEPTED, None, "0", "was sent"),
        (Status.EXPIRED, FailureReason.EXPIRED, "4", "was not delivered: phone off or out of reach"),
        (Status.EXPIRED, FailureReason.EXPIRED, None, "was not delivered in time"),
        (
            *(Status.EXPIRED, FailureReason.UNREACHABLE, None),
            "was not delivered: the provider could not be reached",
        ),
        (Status.UNDELIVERED, FailureReason.OTHER, None, "was not delivered: the reason is not known"),
        (Status.REJECTED, FailureReason.OTHER, None, "was not delivered: the text was refused"),
        (Status.UNCERTAIN, FailureReason.OTHER, None, "may not have been delivered"),
        (Status.REJECTED, FailureReason.OTHER, "cancelled", "was canceled"),
    ],
)
async def test_the_whole_sentence(
    hass: HomeAssistant,
    entries: dict[str, str],
    status: Status,
    reason: FailureReason | None,
    word: str | None,
    expected: str,
) -> None:
    record = ended(1, entry_id=entries["textinghouse"], status=status, reason=reason, provider_status=word)
    why = why_failed(hass, record)
    assert sentence(hass, kind_of(record, why), "Anna", why) == f"Text to Anna {expected}"


@pytest.mark.parametrize("status", Status)
async def test_every_status_makes_a_sentence(hass: HomeAssistant, entries: dict[str, str], status: Status) -> None:
    assert re.fullmatch(r"Text to Anna (is|was|may) [a-z ]+", sentence(hass, status, "Anna"))


@pytest.mark.parametrize("name", ["{name}", "<b>Anna</b>", "%s", "Anna\n{{ 1/0 }}\u202e"])
async def test_a_name_is_only_a_name(hass: HomeAssistant, entries: dict[str, str], name: str) -> None:
    shown = " ".join(name.replace("\u202e", "").split())
    assert sentence(hass, "delivered", name) == f"Text to {shown} was delivered"


@pytest.mark.parametrize(
    ("words", "expected"),
    [("Phone off", "phone off"), ("SIM locked", "SIM locked"), ("A filter", "a filter"), ("", "")],
)
def test_words_within_a_sentence(words: str, expected: str) -> None:
    assert within_sentence(words) == expected


def test_the_words_of_carriers_are_written_as_they_are_looked_up() -> None:
    all_words: Iterable[str] = [word for table in WORDS.values() for word in table]
    assert [word for word in all_words if not re.fullmatch(r"-?[0-9]+|[a-z]+(_[a-z]+)*", word)] == []
