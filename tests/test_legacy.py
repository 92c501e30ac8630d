from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.accounts import RECIPIENTS, account_data, new_entry
from tests.support.home import numbers, state_of, text_of

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
HOUSE, PRO = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO


def action(provider: Provider) -> str:
    return GATEWAYS[provider].info.name.lower().replace(" ", "_")


async def call(hass: HomeAssistant, name: str, **data: Any) -> None:
    await hass.services.async_call("notify", name, {"message": "Water", **data}, blocking=True)


def arrived(simulator: Simulator) -> list[str]:
    return sorted(f"+{message.phone_number}" for message in simulator.messages())


@EVERY_PROVIDER
async def test_without_a_target_everyone_is_texted(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    await set_up(provider)
    await call(hass, action(provider))
    assert arrived(simulator) == numbers(provider)
    for name in RECIPIENTS[provider]:
        assert state_of(hass, f"notify.{name.lower()}").state != "unknown"


@EVERY_PROVIDER
async def test_targets_are_names_and_numbers(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    await set_up(provider)
    alone, several = RECIPIENTS[provider].values()
    await call(hass, action(provider), target=[next(iter(RECIPIENTS[provider])).upper(), several[0]])
    assert arrived(simulator) == [*alone, several[0]]


async def test_a_number_is_texted_once(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(HOUSE)
    await call(hass, "textinghouse", target=["Ben", "ben", "+33612345602", "06 12 34 56 03"])
    assert arrived(simulator) == ["+33612345602", "+33612345603"]


async def test_title_and_data(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(PRO)
    data = {"type": "mms", "media_url": "https://example.com/a.jpg", "sender": "House"}
    await call(hass, "textiopro", target="Anna", title="Alarm", data=data)
    (message,) = simulator.messages()
    assert (message.text, message.sender) == ("Alarm\nWater", "House")
    assert message.extra == {"type": "mms", "media_url": "https://example.com/a.jpg"}


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"type": "fax"}, "type"),
        ({"channel": "many"}, "channel"),
        ({"message": "Other"}, "message"),
        ({"sender": {"a": 1}}, "sender"),
    ],
)
async def test_a_bad_data_field_is_named(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, data: dict[str, Any], field: str
) -> None:
    await set_up(PRO)
    with pytest.raises(ServiceValidationError) as caught:
        await call(hass, "textiopro", target="Anna", data=data)
    assert f"“{field}”" in text_of(caught.value, "invalid_data")
    assert not simulator.messages()


async def test_nobody_to_text(hass: HomeAssistant, simulator: Simulator) -> None:
    entry = MockConfigEntry(domain=DOMAIN, title="TextingHouse", data=account_data(HOUSE, simulator))
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    with pytest.raises(ServiceValidationError) as caught:
        await call(hass, "textinghouse")
    text_of(caught.value, "no_recipients")


@EVERY_PROVIDER
async def test_a_bad_target_stops_no_other(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    await set_up(provider)
    name = next(iter(RECIPIENTS[provider]))
    with pytest.raises(HomeAssistantError) as caught:
        await call(hass, action(provider), target=["Zoe", name])
    assert "1 of 2 texts failed. Zoe: " in text_of(caught.value, "some_failed")
    assert arrived(simulator) == RECIPIENTS[provider][name]


async def test_the_actions_name_is_the_accounts_title(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    hass.config_entries.async_update_entry(entry, title="My alarms")
    await hass.async_block_till_done()
    assert not hass.services.has_service("notify", "textinghouse")
    await call(hass, "my_alarms", target="Anna")
    assert len(simulator.messages()) == 1


def legacy_actions(hass: HomeAssistant) -> set[str]:
    """Return the names of the actions that are not Home Assistant's own."""
    return {*hass.services.async_services()["notify"]} - {"send_message", "persistent_notification"}


@pytest.mark.parametrize(
    ("title", "taken", "name"),
    [
        ("Alarms", [], "alarms"),
        ("Alarms", ["alarms"], "texting_alarms"),
        ("Alarms", ["alarms", "texting_alarms"], "texting_alarms_2"),
        ("Alarms", ["alarms", "texting_alarms", "texting_alarms_2"], "texting_alarms_3"),
        ("Send message", [], "texting_send_message"),
        ("Persistent notification", [], "texting_persistent_notification"),
        ("Notify", [], "texting_notify"),
    ],
)
async def test_a_name_that_is_taken_or_home_assistants_own_gets_a_prefix(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, title: str, taken: list[str], name: str
) -> None:
    others: list[str] = []
    for other in taken:
        hass.services.async_register("notify", other, lambda called: others.append(called.service))
    entry = await set_up(HOUSE)
    hass.config_entries.async_update_entry(entry, title=title)
    await hass.async_block_till_done()
    assert legacy_actions(hass) == {*taken, name}
    await call(hass, name, target="Anna")
    assert (len(simulator.messages()), others) == (1, [])
    await hass.config_entries.async_unload(entry.entry_id)
    assert legacy_actions(hass) == set(taken)


async def test_an_action_that_replaced_ours_stays_when_the_account_goes(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    others: list[str] = []
    hass.services.async_register("notify", "textinghouse", lambda called: others.append(called.service))
    await hass.config_entries.async_unload(entry.entry_id)
    await call(hass, "textinghouse")
    assert (others, simulator.messages()) == (["textinghouse"], [])


@pytest.mark.parametrize("latency", [0.0, 0.05])
async def test_two_accounts_of_one_title_have_an_action_each(
    hass: HomeAssistant, simulator: Simulator, latency: float
) -> None:
    """Home Assistant sets up entries concurrently when it starts."""
    entries = [new_entry(PRO, simulator, data={"sender_id": sender}) for sender in ("One", "Two")]
    for entry in entries:
        entry.add_to_hass(hass)
    simulator.latency = latency
    await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    for name in ("textiopro", "texting_textiopro"):
        await call(hass, name, target="Anna")
    assert {message.sender for message in simulator.messages()} == {"One", "Two"}


async def test_recipients_are_read_when_it_is_called(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    anna = next(iter(entry.subentries.values()))
    hass.config_entries.async_update_subentry(entry, anna, data={"numbers": ["+33612345699"]})
    await hass.async_block_till_done()
    await call(hass, "textinghouse", target="Anna")
    assert arrived(simulator) == ["+33612345699"]


async def test_yaml_alone_makes_no_action(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    assert await async_setup_component(hass, "notify", {"notify": [{"platform": DOMAIN, "name": "Texts"}]})
    await hass.async_block_till_done()
    assert not hass.services.has_service("notify", "texts")
    assert "Error setting up platform texting" in caplog.text


async def test_a_reload_leaves_one_action_that_works(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    actions = {name for name in hass.services.async_services()["notify"] if name.startswith("texting")}
    assert actions == {"textinghouse"}
    await call(hass, "textinghouse", target=["Anna"])
    assert entry.runtime_data.state.counters.segments_today == 1
    await hass.config_entries.async_unload(entry.entry_id)
    assert "textinghouse" not in hass.services.async_services()["notify"]
