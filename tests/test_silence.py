"""Test that people are told when a provider never calls the webhook, and that this ends by itself."""

import asyncio
from collections.abc import Callable
import time
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.storage.account_store import Memory
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.home import first_number, notify, notify_entities, pass_until, post, restart, told, until
from tests.support.routes import set_up_route

HOUSE, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
EZ = pytest.mark.parametrize("provider", [CLUB, GROUP])
HOUR, DAY = 3600.0, 86400.0


def told_about(hass: HomeAssistant) -> list[str]:
    """Return the titles of the accounts that were never called."""
    issues = ir.async_get(hass).issues.values()
    return sorted(
        (issue.translation_placeholders or {})["account"]
        for issue in issues
        if issue.translation_key == "never_called" and issue.active
    )


def memory_of(entry: MockConfigEntry) -> Memory:
    memory: Memory = entry.runtime_data.store.memory
    return memory


async def ask(hass: HomeAssistant, simulator: Simulator, pass_time: PassTime, entity_id: str) -> None:
    """Ask a question that nobody answers."""
    fields = {"entity_id": entity_id, "question": "Shut it?", "timeout": {"seconds": 60}}
    count = len(simulator.messages())
    asked = asyncio.create_task(hass.services.async_call(DOMAIN, "ask", fields, blocking=True, return_response=True))
    await until(lambda: len(simulator.messages()) > count)
    await pass_until(hass, pass_time, asked.done, 30)
    response: Any = await asked
    assert response["timed_out"]
    await told(hass)


# -- when it is told -----------------------------------------------------------------------------------------------


async def test_reports_that_never_come_are_told_an_hour_after_the_first_text(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    await set_up(HOUSE)
    await pass_time(2 * HOUR)
    await notify(hass, "notify.anna", "Water")
    await pass_time(HOUR / 2)
    # A later text does not begin the hour again.
    await notify(hass, "notify.anna", "More water")
    await pass_time(HOUR / 2 - 60)
    assert told_about(hass) == []
    await pass_time(120)
    assert told_about(hass) == ["TextingHouse"]


@EZ
async def test_replies_that_never_come_are_told_a_day_after_the_first_question(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, provider: Provider
) -> None:
    entry = await set_up(provider)
    clara = notify_entities(provider)[0]
    await notify(hass, clara, "Water")
    await pass_time(2 * DAY)
    # These providers do not report what happened to a text.
    assert told_about(hass) == []
    await ask(hass, simulator, pass_time, clara)
    await pass_time(DAY - 200)
    assert told_about(hass) == []
    await pass_time(400)
    assert told_about(hass) == [entry.title]


@pytest.mark.parametrize("provider", [Provider.TEXTIOPRO, Provider.THESMSPOINT])
async def test_a_provider_without_a_webhook_is_not_waited_for(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, provider: Provider
) -> None:
    entry = await set_up(provider)
    await notify(hass, notify_entities(provider)[0], "Water")
    await pass_time(2 * DAY)
    assert (told_about(hass), memory_of(entry).call_awaited_since) == ([], None)


async def test_a_question_through_a_route_counts_at_its_account(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    route = await set_up_route(hass, [await set_up(CLUB)])
    (recipient,) = route.subentries.values()
    hass.config_entries.async_update_subentry(route, recipient, data={"numbers": [first_number(CLUB)]})
    await told(hass)
    await notify(hass, "notify.rita", "Water")
    await pass_time(2 * DAY)
    assert told_about(hass) == []
    await ask(hass, simulator, pass_time, "notify.rita")
    await pass_time(DAY + 60)
    assert told_about(hass) == ["Club Texting"]


async def test_a_text_that_is_refused_is_not_waited_for(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    simulator.accounts[HOUSE].password = "another-password"
    with pytest.raises(HomeAssistantError):
        await notify(hass, "notify.anna", "Water")
    await pass_time(2 * HOUR)
    assert (told_about(hass), memory_of(entry).call_awaited_since) == ([], None)


async def test_a_text_to_the_test_number_is_not_waited_for(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    await hass.services.async_call(
        "button", "press", {"entity_id": "button.textinghouse_send_test_message"}, blocking=True
    )
    assert [message.to for message in simulator.messages()] == ["999"]
    await pass_time(2 * HOUR)
    assert (told_about(hass), memory_of(entry).call_awaited_since) == ([], None)


async def test_each_account_is_told_of_alone(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    other = await set_up(HOUSE, data={"webhook_id": "another-webhook-id"})
    hass.config_entries.async_update_entry(other, title="Second")
    await notify(hass, "notify.anna", "Water")
    await notify(hass, "notify.anna_2", "More water")
    await pass_time(HOUR + 60)
    assert told_about(hass) == ["Second", "TextingHouse"]
    assert await post(await connect(entry), climsgid="unknown", status="2") == 200
    assert told_about(hass) == ["Second"]


# -- when it ends --------------------------------------------------------------------------------------------------


async def test_a_call_ends_it_and_a_refused_one_does_not(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    url = await connect(entry)
    simulator.accounts[HOUSE].callback_url = None
    await notify(hass, "notify.anna", "Water")
    await pass_time(HOUR + 60)
    assert await post(url, nothing="known") == 400
    assert told_about(hass) == ["TextingHouse"]
    assert await post(url, climsgid="unknown", status="2") == 200
    assert told_about(hass) == []
    assert memory_of(entry).call_awaited_since is None
    # The provider has called, so a later silence is no reason to doubt the address.
    await notify(hass, "notify.anna", "More water")
    await pass_time(2 * HOUR)
    assert told_about(hass) == []


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_call_before_the_hour_is_over(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    pass_time: PassTime,
    *,
    is_first: bool,
) -> None:
    url = await connect(await set_up(HOUSE))
    simulator.accounts[HOUSE].callback_url = None
    steps = [notify(hass, "notify.anna", "Water"), post(url, climsgid="unknown", status="2")]
    for step in reversed(steps) if is_first else steps:
        await step
    await pass_time(2 * HOUR)
    assert told_about(hass) == []


async def test_an_account_that_is_disabled_or_removed_is_not_told_of(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    await notify(hass, "notify.anna", "Water")
    await pass_time(HOUR / 2)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    await pass_time(HOUR)
    assert told_about(hass) == []
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await told(hass)
    # Meanwhile nobody could call, so there is a little more time.
    assert told_about(hass) == []
    await pass_time(11 * 60)
    assert told_about(hass) == ["TextingHouse"]
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert told_about(hass) == []
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await told(hass)
    await hass.config_entries.async_remove(entry.entry_id)
    assert not [key for key in ir.async_get(hass).issues if key[0] == DOMAIN]


async def test_a_reload_keeps_it_ignored(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    await notify(hass, "notify.anna", "Water")
    await pass_time(HOUR + 60)
    issue_id = f"never_called_{entry.entry_id}"
    ir.async_ignore_issue(hass, DOMAIN, issue_id, ignore=True)
    await hass.config_entries.async_reload(entry.entry_id)
    await told(hass)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert (issue.active, issue.dismissed_version is not None) == (True, True)


# -- over restarts -------------------------------------------------------------------------------------------------


async def test_the_hour_goes_on_after_a_restart(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    await notify(hass, "notify.anna", "Water")
    await pass_time(HOUR - 120)
    await restart(hass, entry)
    assert told_about(hass) == []
    await pass_time(180)
    assert told_about(hass) == ["TextingHouse"]
    ir.async_delete_issue(hass, DOMAIN, f"never_called_{entry.entry_id}")
    await restart(hass, entry)
    assert told_about(hass) == ["TextingHouse"]


async def test_what_is_awaited_is_on_disk_when_the_home_is_killed(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, hass_storage: dict[str, Any]
) -> None:
    entry = await set_up(HOUSE)
    await notify(hass, "notify.anna", "Water")
    await pass_time(2)
    stored = hass_storage[f"{DOMAIN}.{entry.entry_id}"]["data"]["call_awaited_since"]
    assert stored == memory_of(entry).call_awaited_since is not None


@pytest.mark.parametrize(
    ("seconds", "left"), [(-2 * DAY, HOUR), (-60.0, HOUR - 60), (HOUR / 2, HOUR / 2 - 120), (2 * HOUR, 600.0)]
)
async def test_the_clock_may_have_been_set_during_a_restart(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    left: float,
) -> None:
    entry = await set_up(HOUSE)
    await pass_time(120)
    await notify(hass, "notify.anna", "Water")
    await pass_time(120)
    clock: Callable[[], float] = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + seconds)
    await restart(hass, entry)
    # Two minutes had passed. A clock that was set back to before the text begins the hour again, and while the home was
    # off, nobody could call it.
    await pass_time(left - 30)
    assert told_about(hass) == []
    if seconds < HOUR:
        await restart(hass, entry)
    await pass_time(60)
    assert told_about(hass) == ["TextingHouse"]


@pytest.mark.parametrize("seconds", [-2 * DAY, 2 * DAY])
async def test_setting_the_clock_changes_no_wait(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
) -> None:
    await set_up(HOUSE)
    await notify(hass, "notify.anna", "Water")
    clock: Callable[[], float] = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + seconds)
    await pass_time(HOUR - 60)
    assert told_about(hass) == []
    await pass_time(120)
    assert told_about(hass) == ["TextingHouse"]


async def test_the_issue_names_only_the_account(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    await notify(hass, "notify.anna", "Water")
    await pass_time(HOUR + 60)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"never_called_{entry.entry_id}")
    assert issue is not None
    assert (issue.data, issue.translation_placeholders, issue.is_persistent) == (
        {"entry_id": entry.entry_id},
        {"account": "TextingHouse"},
        False,
    )
