"""The check of the connection: what it asks, what it says, and what it never says."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.gateway import connection_check
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers.ultimate_sms.textiopro import TextioPro
from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.flows import SITES, WRONG
from tests.support.home import notify, notify_entities
from tests.support.privacy import told

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
HOUSE, PRO, CLUB, POINT = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.THESMSPOINT
TEXT = "Nobody else shall read this"
SECRET = {
    Provider.TEXTINGHOUSE: "password",
    Provider.TEXTIOPRO: "api_token",
    Provider.CLUB_TEXTING: "password",
    Provider.GROUP_TEXTING: "password",
    Provider.THESMSPOINT: "api_key",
}


async def start(hass: HomeAssistant, entry: ConfigEntry) -> ConfigFlowResult:
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert menu["menu_options"]["check"] == "Check the connection"
    return await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": "check"})


async def check(hass: HomeAssistant, entry: ConfigEntry, *, send_test: bool = False) -> ConfigFlowResult:
    form = await start(hass, entry)
    if form["step_id"] == "check":
        form = await hass.config_entries.options.async_configure(form["flow_id"], {"send_test": send_test})
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "check_result")
    return form


async def report(hass: HomeAssistant, entry: ConfigEntry, *, send_test: bool = False) -> dict[str, str]:
    """Check the connection, and return the lines of the report by their items."""
    placeholders: Any = (await check(hass, entry, send_test=send_test))["description_placeholders"]
    text: str = placeholders["report"]
    assert told(text, TEXT, "demo@example.com", "HOMEHA", "MyHome") == []
    lines = text.splitlines()
    assert lines[0].startswith("Texting 0.1.0, Home Assistant 20")
    found = dict(line.split(": ", 1) for line in lines[1:])
    assert list(found)[-1] == "Unknown words so far"
    return found


ALL_WELL = {
    Provider.TEXTINGHOUSE: {"Balance": "understood; in: credits"},
    Provider.TEXTIOPRO: {
        "Balance": "understood; in: sms",
        "List of texts": "understood; entries: 2",
        "Incoming texts": "understood; entries: 1",
        "Contact groups": "understood; entries: 0",
        "Profile": "understood",
    },
    Provider.CLUB_TEXTING: {"Balance": "understood; in: credits"},
    Provider.GROUP_TEXTING: {"Balance": "understood; in: credits"},
    Provider.THESMSPOINT: {
        "Balance": "understood; in: credits",
        "Senders": "understood; entries: 2",
        "Templates": "understood; entries: 4",
    },
}


@EVERY_PROVIDER
async def test_each_provider_is_asked_everything_that_is_free(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider, options={"balance_interval": 20})
    await notify(hass, notify_entities(provider)[0], TEXT)
    if provider is PRO:
        await simulator.answer("+33612345601", TEXT, PRO)
    await hass.async_block_till_done(wait_background_tasks=True)
    messages = len(simulator.messages())
    found = await report(hass, entry)
    choices = {PRO: ", api bearer", CLUB: ", country us", POINT: ", channel 1"}
    assert found == {
        entry.title: f"the provider's own site{choices.get(provider, '')}",
        "Login": "accepted",
        **ALL_WELL[provider],
        "Unknown words so far": "—",
    }
    # Nothing was sent and nothing is paid for.
    assert len(simulator.messages()) == messages


@EVERY_PROVIDER
async def test_closing_the_report_changes_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    set_ups: Callable[[ConfigEntry], int],
    provider: Provider,
) -> None:
    entry = await set_up(provider, options={"balance_interval": 20})
    before = set_ups(entry)
    form = await check(hass, entry)
    result = await hass.config_entries.options.async_configure(form["flow_id"], {})
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert dict(entry.options) == {"balance_interval": 20}
    assert set_ups(entry) == before


async def test_the_free_test_text_is_asked_about_first(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    form = await start(hass, entry)
    assert (form["step_id"], form["description_placeholders"]) == ("check", {"number": "999"})
    assert form["data_schema"] is not None
    assert form["data_schema"]({}) == {"send_test": False}
    simulator.clear_requests()
    credit = simulator.accounts[HOUSE].credit
    for times in (1, 2):  # also twice within the ten seconds in which a text may not be repeated
        found = await report(hass, entry, send_test=True)
        assert found["Test text"] == "understood; status: delivered"
        assert [message.to for message in simulator.messages()] == ["999"] * times
    assert simulator.accounts[HOUSE].credit == credit


async def test_a_test_text_that_is_refused(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    simulator.faults.add(HOUSE, "answer", params={"cmd": "sendsms"}, body="ERR: 100 | Missing parameter: iscom")
    found = await report(hass, entry, send_test=True)
    assert found["Test text"] == "refused; its words: 100 missing parameter …"
    assert found["Login"] == "accepted"


@EVERY_PROVIDER
@pytest.mark.parametrize("is_loaded", [True, False])
async def test_a_refused_login(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider, is_loaded: bool
) -> None:
    entry = await set_up(provider, data=None if is_loaded else {SECRET[provider]: WRONG})
    assert entry.state is (ConfigEntryState.LOADED if is_loaded else ConfigEntryState.SETUP_ERROR)
    if is_loaded:
        account = simulator.accounts[provider]
        setattr(account, {PRO: "token", POINT: "key"}.get(provider, "password"), "changed")
    found = await report(hass, entry)
    assert found["Login"] == "refused the login"
    assert found["Balance"].startswith("refused the login")


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "html": ({}, "answered, but not understood"),
    "empty": ({}, "answered, but not understood"),
    "http_error": ({"status": 502}, "answered, but not understood"),
    "cut": ({}, "no answer; its words: ServerDisconnectedError"),
    "hang": ({}, "no answer"),
    "rate_limited": ({}, "refused because of too many requests; its words: 429"),
    "endless": ({}, "answered, but not understood"),
}


@EVERY_PROVIDER
@pytest.mark.parametrize("kind", FAULTS)
async def test_faults_of_a_provider(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    provider: Provider,
    kind: str,
) -> None:
    entry = await set_up(provider)
    options, expected = FAULTS[kind]
    if kind == "hang":
        monkeypatch.setattr(connection_check, "TIMEOUT", 0.2)
    for site in SITES[provider]:
        simulator.faults.add(site, kind, None, **options)
    found = await report(hass, entry)
    assert found["Login"] == "not known"
    asked = [found[item] for item in ALL_WELL[provider]]
    assert [line for line in asked if not line.startswith(expected)] == []


@EVERY_PROVIDER
async def test_a_provider_out_of_reach(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    for site in SITES[provider]:
        await simulator.faults.refuse(site)
    found = await report(hass, entry)
    assert found["Login"] == "not known"
    assert found["Balance"] == "no connection; its words: ClientConnectorError"


@EVERY_PROVIDER
async def test_an_account_that_is_not_loaded(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    found = await report(hass, entry)
    assert found["Login"] == "accepted"
    assert all(found[item].startswith("understood") for item in ALL_WELL[provider])


async def answer(simulator: Simulator, path: str, data: object) -> None:
    body = {"status": "success", "message": "", "data": data}
    simulator.faults.add(PRO, "answer", None, path=path, body=body)


def row(**fields: object) -> dict[str, object]:
    known = {"to": "33612345601", "from": "MyHome", "message": TEXT, "status": "Delivered", "direction": "outgoing"}
    return {**known, **fields}


async def test_what_is_not_understood_of_a_list(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    rows = [
        row(uid="5f0e1d2c3b4a5"),
        row(uid="5f0e1d2c3b4a6", status="Buffered"),
        row(uid="5f0e1d2c3b4a7", status="Buffered|33612345601"),
        row(uid="5f0e1d2c3b4a8", status=TEXT),
        row(uid="no-time", status="", direction=None),
    ]
    await answer(simulator, "sms", {"data": rows, "last_page": 1})
    found = await report(hass, entry)
    assert found["List of texts"] == (
        "understood; entries: 5; unknown status: buffered (2); unknown status: — (1); unknown status: … (1);"
        " without a direction: 1; without a time: 1"
    )


@pytest.mark.parametrize(
    ("variant", "line"),
    [
        ("balance-euros", "understood; in: EUR"),
        ("remaining-balance", "understood; in: $"),
        ("balance-unlimited", "understood; in: credits; without a limit"),
        ("balance-unreadable", "answered, but the balance cannot be read; it looks like: a a, a a a"),
    ],
)
async def test_balances(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, variant: str, line: str) -> None:
    simulator.use_variant(PRO, variant)
    found = await report(hass, await set_up(PRO))
    assert (found["Login"], found["Balance"]) == ("accepted", line)


async def test_a_pool_that_is_missing(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    del simulator.accounts[POINT].credit["OTP"]
    found = await report(hass, await set_up(POINT))
    assert found["Balance"] == "understood; in: credits; missing: OTP"


async def test_words_that_repeat_what_is_private(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    message = f"Route of 33612345601 (key 7|demoTokenTextioPro) refused: {TEXT}, MyHome"
    for path, status in (("contacts", 200), ("balance", 500)):
        simulator.faults.add(
            PRO, "answer", None, path=path, status=status, body={"status": "error", "message": message}
        )
    await answer(simulator, "me", {"uid": "1", "first_name": "Anna", "email": "demo@example.com"})
    found = await report(hass, entry)
    assert found["Contact groups"] == "refused the login; its words: route … key … refused …"
    assert found["Profile"] == "understood; without a time zone"


async def test_a_failure_at_the_provider(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    simulator.accounts[HOUSE].processing_fails = True
    simulator.faults.add(HOUSE, "answer", body="ERR: 300 | Processing error")
    found = await report(hass, entry)
    assert found["Balance"] == "failed at the provider; its words: 300 processing error"


async def test_an_error_of_our_own_is_reported(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    with patch.object(TextioPro, "fetch_profile", side_effect=ZeroDivisionError):
        found = await report(hass, entry)
    assert found["Profile"] == "an error in Texting; its words: ZeroDivisionError"
    assert found["Login"] == "accepted"


async def test_another_site_and_unknown_words(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, localhost: None
) -> None:
    entry = await set_up(PRO)
    await notify(hass, "notify.anna", TEXT)
    (message,) = simulator.messages()
    await simulator.set_status(message, "Buffered")
    await pass_time(16)
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "url": entry.data["url"].replace("127.0.0.1", "localhost"), "api": "token"}
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    found = await report(hass, entry)
    assert found["TextioPro"] == "another site, api token"
    assert found["Unknown words so far"] == "status: buffered (1)"


async def test_a_route_has_no_connection(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    account = await set_up(HOUSE)
    data = {"provider": "route", "accounts": [account.entry_id], "confirm_within": 0}
    route = MockConfigEntry(domain="texting", title="Route", data=data)
    route.add_to_hass(hass)
    await hass.config_entries.async_setup(route.entry_id)
    form = await hass.config_entries.options.async_init(route.entry_id)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "settings")
