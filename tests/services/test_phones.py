"""The actions look_up_carrier and broadcast_voice."""

from decimal import Decimal
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.accounts import new_entry
from tests.support.home import state_of, text_of

CLUB = Provider.CLUB_TEXTING
CLARA, CARL = ["+12125550142"], ["+12125550143", "+12125550144"]
BALANCE = "sensor.club_texting_credit_balance"


async def act(hass: HomeAssistant, action: str, entry: MockConfigEntry, **data: Any) -> dict[str, Any]:
    response: Any = await hass.services.async_call(
        DOMAIN, action, {"account": entry.entry_id, **data}, blocking=True, return_response=True
    )
    found: dict[str, Any] = response
    return found


async def call(hass: HomeAssistant, entry: MockConfigEntry, *to: str, **data: Any) -> dict[str, Any]:
    sound = {} if {"sound_file", "sound_url"} & set(data) else {"sound_file": "alarm.wav"}
    return await act(hass, "broadcast_voice", entry, to=list(to), **{"caller_id": "2125550100", **sound, **data})


def called(simulator: Simulator) -> list[str]:
    return [f"+1{message.phone_number[-10:]}" for message in simulator.messages()]


@pytest.fixture
async def quiet(hass: HomeAssistant, simulator: Simulator, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """An account at night. Clara has quiet hours and Carl has none."""
    await hass.config.async_set_time_zone("America/New_York")
    freezer.move_to("2026-11-21T04:00:00+00:00")
    entry = new_entry(CLUB, simulator)
    hours = {"quiet_start": "22:00:00", "quiet_end": "07:00:00"}
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=entry.title,
        data=entry.data,
        subentries_data=[
            ConfigSubentryData(data={"numbers": numbers, **more}, subentry_type="recipient", title=name, unique_id=None)
            for name, numbers, more in (("Clara", CLARA, hours), ("Carl", CARL, {}))
        ],
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


# -- look_up_carrier -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["Clara", "clara ", "+1 (212) 555-0142"])
async def test_who_serves_a_number(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, to: str
) -> None:
    entry = await set_up(CLUB)
    assert await act(hass, "look_up_carrier", entry, to=to) == {"to": CLARA[0], "carrier": "VERIZONUS"}
    await pass_time(6)
    assert state_of(hass, BALANCE).state == "499"


@pytest.mark.parametrize(
    ("to", "key"),
    [("Carl", "several_numbers"), ("Zoe", "unknown_recipient"), ("12", "limit_number"), ("", "limit_number")],
)
async def test_whom_cannot_be_looked_up(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, to: str, key: str
) -> None:
    entry = await set_up(CLUB)
    simulator.clear_requests()
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "look_up_carrier", entry, to=to)
    text_of(caught.value, key)
    assert not simulator.requests()


@pytest.mark.parametrize("last", ["0004", "0006"])
async def test_a_carrier_that_nobody_knows(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, last: str) -> None:
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "look_up_carrier", await set_up(CLUB), to=f"+1212555{last}")
    text_of(caught.value, "carrier_unknown")


@pytest.mark.parametrize(
    ("credit", "to", "key"),
    [(0, "+12125550142", "request_insufficient_credit"), (9, "+33612345678", "request_rejected")],
)
async def test_what_the_provider_does_not_look_up(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, credit: int, to: str, key: str
) -> None:
    entry = await set_up(CLUB)
    simulator.accounts[CLUB].credit = credit
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "look_up_carrier", entry, to=to)
    assert to[1:] not in text_of(caught.value, key)


@pytest.mark.parametrize("action", ["look_up_carrier", "broadcast_voice"])
@pytest.mark.parametrize("provider", [provider for provider in Provider if provider is not CLUB])
async def test_who_has_no_such_thing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider, action: str
) -> None:
    entry = await set_up(provider)
    with pytest.raises(ServiceValidationError) as caught:
        await (call(hass, entry, "1") if action == "broadcast_voice" else act(hass, action, entry, to="1"))
    assert "Club Texting" in text_of(caught.value, "not_offered")


# -- broadcast_voice -----------------------------------------------------------------------------------------------


async def test_a_recording_is_played_to_all(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(CLUB)
    told = await call(hass, entry, "Carl", "Clara", "+12125550143", "+1 212 555 0199")
    assert told == {"to": [*CARL, *CLARA, "+12125550199"], "skipped": [], "status": "accepted"}
    assert called(simulator) == told["to"]
    assert {(message.sender, message.text) for message in simulator.messages()} == {("2125550100", "alarm.wav")}
    await pass_time(6)
    assert state_of(hass, BALANCE).state == "496"


async def test_a_recording_on_the_internet(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    url = "https://example.com/alarm.wav"
    await hass.services.async_call(
        DOMAIN,
        "broadcast_voice",
        {"account": (await set_up(CLUB)).entry_id, "to": "Clara", "caller_id": "+1 212 555 0100", "sound_url": url},
        blocking=True,
    )
    assert [message.text for message in simulator.messages()] == [url]


async def test_nobody_is_called_in_quiet_hours(
    hass: HomeAssistant, simulator: Simulator, quiet: MockConfigEntry
) -> None:
    """The quiet hours of a recipient also apply if the action names the recipient's number."""
    told = await call(hass, quiet, "Clara", "Carl")
    assert told == {"to": CARL, "skipped": CLARA, "status": "accepted"}
    assert called(simulator) == CARL
    with pytest.raises(ServiceValidationError) as caught:
        await call(hass, quiet, CLARA[0])
    text_of(caught.value, "all_quiet")
    assert called(simulator) == CARL


async def test_urgent_calls_pass_quiet_hours(hass: HomeAssistant, simulator: Simulator, quiet: MockConfigEntry) -> None:
    assert (await call(hass, quiet, "Clara", urgent=True))["to"] == CLARA
    assert called(simulator) == CLARA


@pytest.mark.parametrize(
    ("to", "key"),
    [(["Clara", "Zoe"], "unknown_recipient"), (["Clara", "12"], "limit_number"), ([], "no_target")],
)
async def test_nobody_is_called_where_one_is_nobody(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, to: list[str], key: str
) -> None:
    entry = await set_up(CLUB)
    with pytest.raises(ServiceValidationError) as caught:
        await call(hass, entry, *to)
    text_of(caught.value, key)
    assert not simulator.messages()


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"caller_id": "1"}, "wrong_caller_id"),
        ({"sound_file": "none.wav"}, "wrong_sound_file"),
        ({"sound_file": " "}, "wrong_sound_file"),
        ({"sound_url": "https://example.com/alarm.mp3"}, "wrong_sound_url"),
        ({"sound_url": "alarm.wav"}, "wrong_sound_url"),
        ({"to": ["+33612345678"]}, "wrong_numbers"),
    ],
)
async def test_what_is_wrong_is_told(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, values: dict[str, Any], key: str
) -> None:
    entry = await set_up(CLUB)
    to = values.pop("to", ["Clara"])
    with pytest.raises(ServiceValidationError) as caught:
        await call(hass, entry, *to, **values)
    text_of(caught.value, key)
    assert not simulator.messages()


async def test_calls_cost_credit(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(CLUB)
    simulator.accounts[CLUB].credit = 1
    with pytest.raises(HomeAssistantError) as caught:
        await call(hass, entry, "Carl")
    text_of(caught.value, "request_insufficient_credit")
    assert not simulator.messages()


async def test_nobody_is_called_without_a_credit_each(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(CLUB)
    simulator.accounts[CLUB].credit = Decimal(1)
    await entry.runtime_data.balance.async_refresh()
    simulator.clear_requests()
    with pytest.raises(ServiceValidationError) as caught:
        await call(hass, entry, "Carl")
    assert "2 is needed, and 1 is left" in text_of(caught.value, "limit_credit")
    assert [request for request in simulator.requests() if "voice" in request.path] == []
    assert not simulator.messages()
    # The integration reads the balance again before it checks the credit.
    simulator.accounts[CLUB].credit = Decimal(500)
    assert (await call(hass, entry, "Carl"))["to"] == CARL


async def test_a_balance_that_is_unknown_keeps_no_call_back(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(CLUB)
    simulator.accounts[CLUB].credit = Decimal(0)
    await entry.runtime_data.balance.async_refresh()
    simulator.accounts[CLUB].credit = Decimal(500)
    simulator.faults.add(CLUB, "cut", path="credits/check")
    assert (await call(hass, entry, "Carl"))["to"] == CARL


async def test_a_lost_answer_does_not_call_again(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(CLUB)
    simulator.faults.add(CLUB, "cut", path="voicemessages", accept=True)
    with pytest.raises(HomeAssistantError) as caught:
        await call(hass, entry, "Clara")
    text_of(caught.value, "request_outcome_unknown")
    await pass_time(3600)
    assert called(simulator) == CLARA


@pytest.mark.parametrize("values", [{}, {"sound_file": "alarm.wav", "sound_url": "https://example.com/alarm.wav"}])
async def test_exactly_one_recording(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, values: dict[str, Any]
) -> None:
    entry = await set_up(CLUB)
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "broadcast_voice", entry, **{"to": ["Clara"], "caller_id": "2125550100", **values})
    text_of(caught.value, "one_sound")


@pytest.mark.parametrize("urgent", [False, True])
async def test_who_wants_no_more_is_not_called(
    hass: HomeAssistant, quiet: MockConfigEntry, simulator: Simulator, *, urgent: bool
) -> None:
    """An urgent call also skips numbers that opted out, but it ignores quiet hours."""
    quiet.runtime_data.state.opt_outs.async_add(CARL[0])
    told = await call(hass, quiet, "Carl", "Clara", urgent=urgent)
    left_out = [CARL[0]] if urgent else [CARL[0], *CLARA]
    assert told["skipped"] == left_out
    assert called(simulator) == [number for number in (*CARL, *CLARA) if number not in left_out]


@pytest.mark.parametrize("urgent", [False, True])
async def test_nobody_is_left_to_call(
    hass: HomeAssistant, quiet: MockConfigEntry, simulator: Simulator, *, urgent: bool
) -> None:
    for number in CARL:
        quiet.runtime_data.state.opt_outs.async_add(number)
    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, quiet, "Carl", urgent=urgent)
    text_of(raised.value, "named_opted_out")
    if not urgent:
        with pytest.raises(ServiceValidationError) as raised:
            await call(hass, quiet, "Carl", "Clara")
        text_of(raised.value, "all_quiet")
    quiet.runtime_data.state.opt_outs.async_add(CLARA[0])
    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, quiet, "Carl", "Clara", urgent=urgent)
    text_of(raised.value, "named_opted_out")
    assert called(simulator) == []
