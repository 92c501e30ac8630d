from collections.abc import Callable

import pytest

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.exceptions import HomeAssistantError
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.flows import suggested
from tests.support.home import TRANSLATIONS, notify, record_changes

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
HOUSE, PRO, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
CONFIGURE = TRANSLATIONS["selector"]["configure"]["options"]
NEVER_CALLED = "Nobody has called yet"
PUSHING = pytest.mark.parametrize("provider", [HOUSE, CLUB, GROUP])


async def choose(hass: HomeAssistant, entry: ConfigEntry, step: str) -> ConfigFlowResult:
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    return await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": step})


async def submit(hass: HomeAssistant, form: ConfigFlowResult, **values: object) -> ConfigFlowResult:
    result = await hass.config_entries.options.async_configure(form["flow_id"], values)
    await hass.async_block_till_done()
    return result


async def webhook_page(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, str]:
    page = await choose(hass, entry, "webhook")
    assert (page["type"], page["step_id"]) == (FlowResultType.MENU, "webhook")
    assert page["menu_options"] == {"test_webhook": "Test now", "close_webhook": "Done"}
    placeholders = dict(page["description_placeholders"] or {})
    assert placeholders.pop("where") == CONFIGURE[f"paste_{entry.data['provider']}"]
    return placeholders


# -- settings ------------------------------------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_the_menu_offers_what_the_provider_has(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "init")
    page = {"webhook": "Receive replies"} if GATEWAYS[provider].info.uses_webhook else {}
    buy = {"buy_credits": "Buy credits"} if provider in (CLUB, GROUP) else {}
    first = {"settings": "Settings", "messages": "Messages"}
    assert menu["menu_options"] == {**first, **page, **buy, "check": "Check the connection"}


@EVERY_PROVIDER
async def test_settings_are_stored_and_shown_again(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    set_ups: Callable[[ConfigEntry], int],
    provider: Provider,
) -> None:
    entry = await set_up(provider)
    form = await choose(hass, entry, "settings")
    assert form["data_schema"] is not None
    defaults: dict[str, object] = {
        "balance_interval": 15,
        "low_credit": 20,
        "daily_limit": 200,
        "if_unsure": "leave",
        "keep_days": 30,
    }
    defaults["urgent_limit"] = 500
    chosen: dict[str, object] = {
        "balance_interval": 60,
        "low_credit": 12,
        "daily_limit": 100,
        "urgent_limit": 0,
        "if_unsure": "resend",
        "keep_days": 365,
    }
    if provider is not Provider.THESMSPOINT:
        defaults["keep_incoming_days"], chosen["keep_incoming_days"] = 30, 0
    if provider is PRO:
        defaults["incoming_interval"], chosen["incoming_interval"] = 30, 120
    if provider in (CLUB, GROUP):
        defaults |= {"replace_characters": True, "reply_timeout": 0}
        chosen |= {"replace_characters": False, "reply_timeout": 45}
    if provider is HOUSE:
        defaults["add_stop_mention"], chosen["add_stop_mention"] = False, True
    assert form["data_schema"]({}) == defaults
    before = set_ups(entry)
    result = await submit(hass, form, **chosen)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert dict(entry.options) == chosen
    # The running account applies them.
    assert set_ups(entry) == before
    assert suggested(await choose(hass, entry, "settings")) == {**chosen, "currency": "EUR"}


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        *(("balance_interval", wrong) for wrong in (0, 1441, "often")),
        *(("low_credit", wrong) for wrong in (-0.01, "little", "nan", "inf")),
        *(("daily_limit", wrong) for wrong in (-1, "nan")),
        *(("if_unsure", wrong) for wrong in ("", "ask")),
        *(("keep_days", wrong) for wrong in (0, 366)),
        *(("keep_incoming_days", wrong) for wrong in (-1, 366, "long")),
        *(("reply_timeout", wrong) for wrong in (-1, 51, "long")),
    ],
)
async def test_settings_have_limits(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, option: str, wrong: object
) -> None:
    entry = await set_up(CLUB if option == "reply_timeout" else HOUSE)
    form = await choose(hass, entry, "settings")
    with pytest.raises(InvalidData) as caught:
        await submit(hass, form, **{option: wrong})
    assert set(caught.value.schema_errors) == {option}
    assert dict(entry.options) == {}


async def test_whole_numbers_are_stored_whole(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    await submit(hass, await choose(hass, entry, "settings"), daily_limit=50.0, keep_days=7.0)
    stored = [entry.options[option] for option in ("daily_limit", "keep_days")]
    assert (stored, [type(value) for value in stored]) == ([50, 7], [int, int])


async def test_the_balance_is_read_as_often_as_was_set(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(HOUSE)
    await submit(hass, await choose(hass, entry, "settings"), balance_interval=2)
    simulator.clear_requests()
    await pass_time(119)
    assert not simulator.requests()
    await pass_time(2)
    assert [request.params["cmd"] for request in simulator.requests()] == ["getcredit"]


async def test_incoming_texts_are_looked_for_as_often_as_was_set(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(PRO)
    await submit(hass, await choose(hass, entry, "settings"), balance_interval=60, incoming_interval=100)
    incoming = record_changes(hass, "event.textiopro_incoming_message")
    await pass_time(101)
    await simulator.answer("+33612345601", "Yes", PRO)
    await pass_time(90)
    assert incoming == []
    await pass_time(11)
    assert len(incoming) == 1


@pytest.mark.parametrize("provider", [CLUB, GROUP])
async def test_replacing_characters_changes_what_the_phone_gets(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    """They are replaced unless the user turns that off."""
    entry = await set_up(provider)
    await notify(hass, "notify.clara", "Café ouvert…")
    form = await choose(hass, entry, "settings")
    await submit(hass, form, balance_interval=15, replace_characters=False)
    with pytest.raises(HomeAssistantError):
        await notify(hass, "notify.clara", "Café fermé…")
    assert [message.text for message in simulator.messages()] == ["Cafe ouvert..."]


# -- the webhook's page --------------------------------------------------------------------------------------------


@PUSHING
async def test_the_page_shows_the_address_and_what_came_there(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider
) -> None:
    await async_process_ha_core_config(hass, {"external_url": "https://home.example.com"})
    await hass.config.async_set_time_zone("Europe/Paris")
    entry = await set_up(provider)
    address = f"https://home.example.com/api/webhook/{entry.data['webhook_id']}"
    assert await webhook_page(hass, entry) == {"url": address, "note": "", "last_call": NEVER_CALLED, "refused": "0"}
    await connect(entry)
    await notify(hass, next(iter(hass.states.async_entity_ids("notify"))), "Water")
    number = f"+{simulator.messages()[0].phone_number}"
    await simulator.answer(number, "Yes", provider)
    entry.runtime_data.store.memory.webhook_refused += 2
    entry.runtime_data.store.memory.webhook_called_at = "2026-11-20T12:00:00+00:00"
    page = await webhook_page(hass, entry)
    assert page == {"url": address, "note": "", "last_call": "2026-11-20 13:00:00", "refused": "2"}


async def test_an_address_of_the_home_network_is_shown_with_a_warning(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    await async_process_ha_core_config(hass, {"internal_url": "http://192.168.1.5:8123"})
    page = await webhook_page(hass, await set_up(Provider.TEXTINGHOUSE))
    assert page["url"].startswith("http://192.168.1.5:8123/api/webhook/")
    assert "on the internet" in page["note"]


@PUSHING
async def test_a_call_shows_on_the_page(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider
) -> None:
    entry = await set_up(provider)
    await connect(entry)
    await notify(hass, hass.states.async_entity_ids("notify")[0], "Water")
    await simulator.answer(f"+{simulator.messages()[0].phone_number}", "Yes", provider)
    assert (await webhook_page(hass, entry))["last_call"].startswith("20")


@PUSHING
async def test_closing_the_page_changes_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    set_ups: Callable[[ConfigEntry], int],
    provider: Provider,
) -> None:
    entry = await set_up(provider, options={"balance_interval": 20})
    before = set_ups(entry)
    result = await submit(hass, await choose(hass, entry, "webhook"), next_step_id="close_webhook")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert dict(entry.options) == {"balance_interval": 20}
    assert set_ups(entry) == before


@PUSHING
async def test_an_account_that_is_not_loaded_has_its_page_too(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    entry.runtime_data.store.memory.webhook_refused = 3
    await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    page = await webhook_page(hass, entry)
    assert (page["last_call"], page["refused"]) == (NEVER_CALLED, "3")
    form = await choose(hass, entry, "settings")
    assert form["type"] is FlowResultType.FORM


async def test_a_home_without_an_address_says_so(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    hass.config.api = None
    assert (await webhook_page(hass, entry))["url"] == "—"


async def test_a_time_that_cannot_be_read_is_left_out(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    entry.runtime_data.store.memory.webhook_called_at = "yesterday"
    assert (await webhook_page(hass, entry))["last_call"] == "—"
