import pytest

from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.home import first_number, preview

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
CLUB, HOUSE, POINT = Provider.CLUB_TEXTING, Provider.TEXTINGHOUSE, Provider.THESMSPOINT


@EVERY_PROVIDER
async def test_a_preview_sends_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    simulator.clear_requests()
    seen = await preview(hass, entry, "Water", to=first_number(provider))
    assert seen["error"] is None
    assert (seen["text"], seen["encoding"], seen["segments"], seen["cost"]) == ("Water", "gsm7", 1, 1)
    assert (seen["units"], seen["replaced"]) == (5, {})
    assert not simulator.requests()


@pytest.mark.parametrize(
    ("provider", "text", "encoding", "segments", "units"),
    [
        (HOUSE, "x" * 160, "gsm7", 1, 160),
        (HOUSE, "x" * 161, "gsm7", 2, 161),
        (HOUSE, "€" * 80, "gsm7", 1, 160),
        (HOUSE, "☃" * 70, "ucs2", 1, 70),
        (HOUSE, "☃" * 71, "ucs2", 2, 71),
        (POINT, "😀" * 36, "ucs2", 2, 72),
    ],
)
async def test_what_a_text_is(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    provider: Provider,
    text: str,
    encoding: str,
    segments: int,
    units: int,
) -> None:
    entry = await set_up(provider)
    seen = await preview(hass, entry, text)
    assert (seen["encoding"], seen["segments"], seen["units"]) == (encoding, segments, units)


async def test_the_title_is_a_part_of_the_text(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    assert (await preview(hass, entry, "Water", title="Alarm"))["text"] == "Alarm\nWater"


async def test_the_test_number_costs_nothing(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    assert (await preview(hass, entry, "Water", to="999"))["cost"] == 0


async def test_replaced_characters_are_named(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(CLUB, options={"replace_characters": True})
    seen = await preview(hass, entry, "Café “Zoé”…")
    assert seen["text"] == 'Cafe "Zoe"...'
    assert seen["replaced"] == {"é": "e", "“": '"', "”": '"', "…": "..."}


@pytest.mark.parametrize(
    ("fields", "limit", "reason", "part"),
    [
        ({"message": "Café"}, "characters", "invalid_message", "é"),
        ({"message": "x" * 161}, "text_length", "invalid_message", "161"),
        ({"message": "Water", "to": "Zoe"}, "number", "invalid_number", "no recipient named “Zoe”"),
        ({"message": "Water", "type": "mms"}, "type", "other", "mms"),
        ({"message": "Water", "sender": "Home"}, "option", "other", "sender"),
        ({"message": ""}, "text_empty", "invalid_message", "no text"),
    ],
)
async def test_a_refusal_is_told_and_not_raised(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    fields: dict[str, str],
    limit: str,
    reason: str,
    part: str,
) -> None:
    entry = await set_up(CLUB, options={"replace_characters": False})
    seen = await preview(hass, entry, **fields)
    assert (seen["limit"], seen["reason"]) == (limit, reason)
    assert part in seen["error"]


async def test_a_recipients_settings_count(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    anna = next(iter(entry.subentries.values()))
    hass.config_entries.async_update_subentry(entry, anna, data={**anna.data, "sender": "No sender"})
    await hass.async_block_till_done()
    assert (await preview(hass, entry, "Water", to="Anna"))["limit"] == "sender"


async def test_an_account_that_is_none(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError):
        await preview(hass, entry, "Water")
