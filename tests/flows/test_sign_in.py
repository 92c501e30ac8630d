"""Why an account cannot sign in: each reason is named in the form in plain words, with what to do."""

import asyncio
from string import Formatter
from typing import Any

import aiohttp
import pytest

from custom_components.texting.flows import gateways
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers.textinghouse import BACKUP_URL
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.simulator.variants import ANYWHERE
from tests.support.flows import (
    LOGIN_REFUSED,
    SECRETS,
    SENDER_INPUT,
    WRONG,
    account_input,
    begin,
    reauth_flow,
    reconfigure,
    submit,
    submit_account,
    suggested,
)
from tests.support.home import TRANSLATIONS, notify, notify_entities, until

HOUSE = Provider.TEXTINGHOUSE
EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
MOVED = [name for name in ANYWHERE if name.startswith("moved")]
CHALLENGED = [name for name in ANYWHERE if name.startswith("challenge")]


def error_text(form: ConfigFlowResult) -> str:
    """Return the text of the form's error, with its placeholders filled as the frontend does."""
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] is not None
    text: str = TRANSLATIONS["config"]["error"][form["errors"]["base"]]
    given = form["description_placeholders"] or {}
    names = [name for _, name, _, _ in Formatter().parse(text) if name]
    assert all(given.get(name, "—") != "—" for name in names)
    return text.format(**given)


def host_of(simulator: Simulator, site: str) -> str:
    return simulator.url(site).removeprefix("http://")


@EVERY_PROVIDER
@pytest.mark.parametrize("variant", MOVED)
async def test_a_provider_that_moved(
    hass: HomeAssistant, simulator: Simulator, provider: Provider, variant: str
) -> None:
    simulator.use_variant(provider, variant)
    form = await submit(hass, await begin(hass, provider), account_input(provider, simulator))
    assert form["errors"] == {"base": "redirected"}
    text = error_text(form)
    assert f"{host_of(simulator, provider)} leads to another address: sms.example.com." in text
    assert "enter it as the address, under Advanced" in text
    assert "0123456789abcdef" not in str(form["description_placeholders"])
    simulator.accounts[provider].redirect_status = 0
    result = await submit_account(hass, form, provider, account_input(provider, simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@EVERY_PROVIDER
@pytest.mark.parametrize("variant", CHALLENGED)
async def test_a_firewall_in_front(hass: HomeAssistant, simulator: Simulator, provider: Provider, variant: str) -> None:
    simulator.use_variant(provider, variant)
    form = await submit(hass, await begin(hass, provider), account_input(provider, simulator))
    assert form["errors"] == {"base": "blocked"}
    text = error_text(form)
    assert f"Cloudflare, the firewall in front of {host_of(simulator, provider)}," in text
    assert "Ask the provider" in text
    simulator.accounts[provider].challenge_status = 0
    result = await submit_account(hass, form, provider, account_input(provider, simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("provider", [Provider.CLUB_TEXTING, Provider.GROUP_TEXTING])
async def test_the_legacy_api_is_closed(hass: HomeAssistant, simulator: Simulator, provider: Provider) -> None:
    """The credentials are right, but the provider responds as it does to wrong ones."""
    simulator.use_variant(provider, "closed-api")
    form = await submit(hass, await begin(hass, provider), account_input(provider, simulator))
    assert form["errors"] == {"base": "invalid_auth_or_api"}
    text = error_text(form)
    assert "(the legacy API) is unavailable for new accounts" in text
    assert "ask its support to allow the legacy API for your account" in text
    simulator.accounts[provider].api_allowed = True
    result = await submit(hass, form, account_input(provider, simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_key_that_the_framework_refuses(hass: HomeAssistant, simulator: Simulator) -> None:
    simulator.use_variant(Provider.THESMSPOINT, "framework-errors")
    values = account_input(Provider.THESMSPOINT, simulator, api_key=WRONG)
    form = await submit(hass, await begin(hass, Provider.THESMSPOINT), values)
    assert form["errors"] == {"base": "invalid_auth"}


@EVERY_PROVIDER
async def test_each_error_names_the_host(hass: HomeAssistant, simulator: Simulator, provider: Provider) -> None:
    form = await begin(hass, provider)
    assert not {"host", "target"} & set(form["description_placeholders"] or {})
    for fault, key in (("html", "invalid_response"), ("cut", "cannot_connect"), ("empty", "invalid_response")):
        simulator.faults.add(provider, fault, None)
        form = await submit(hass, form, account_input(provider, simulator))
        assert form["errors"] == {"base": key}
        assert host_of(simulator, provider) in error_text(form)
        simulator.faults.clear()


@EVERY_PROVIDER
@pytest.mark.parametrize("variant", ["moved-302", "challenge-403"])
async def test_an_account_that_signs_in_again(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider, variant: str
) -> None:
    secret, kept_in = SECRETS[provider]
    setattr(simulator.accounts[provider], kept_in, "8|aNewSecret")
    await set_up(provider)
    simulator.use_variant(provider, variant)
    form = await submit(hass, reauth_flow(hass), {secret: "8|aNewSecret"})
    assert form["errors"] == {"base": "redirected" if variant == "moved-302" else "blocked"}
    assert host_of(simulator, provider) in error_text(form)


@EVERY_PROVIDER
async def test_an_account_that_is_changed(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    simulator.use_variant(provider, "moved-308")
    form = await submit(hass, await reconfigure(hass, entry), account_input(provider, simulator))
    assert form["errors"] == {"base": "redirected"}
    assert "sms.example.com" in error_text(form)


# -- TextingHouse's backup host ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "key"), [("html", "invalid_response"), ("redirect", "redirected"), ("cut", "cannot_connect")]
)
@pytest.mark.parametrize("wrong", ["textinghouse", "textinghouse_backup"])
async def test_a_wrong_host_shows_even_if_the_other_works(
    hass: HomeAssistant, simulator: Simulator, wrong: str, fault: str, key: str
) -> None:
    simulator.faults.add(wrong, fault)
    form = await submit(hass, await begin(hass, HOUSE), account_input(HOUSE, simulator))
    assert form["errors"] == {"base": key}
    assert host_of(simulator, wrong) in error_text(form)


async def test_a_host_that_is_away_shows_even_if_the_other_works(hass: HomeAssistant, simulator: Simulator) -> None:
    form = await begin(hass, HOUSE)
    for wrong in ("textinghouse", "textinghouse_backup"):
        await simulator.faults.refuse(wrong)
        form = await submit(hass, form, account_input(HOUSE, simulator))
        assert form["errors"] == {"base": "cannot_connect"}
        assert host_of(simulator, wrong) in error_text(form)
        await simulator.restore()


async def test_the_backup_host_can_be_left_out(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    form = await begin(hass, HOUSE)
    assert suggested(form) == {"backup_url": BACKUP_URL}
    result = await submit(hass, form, account_input(HOUSE, simulator, backup_url=None))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert "backup_url" not in result["data"]
    assert not simulator.requests("textinghouse_backup")
    # The dialog that changes the account does not suggest it again.
    form = await reconfigure(hass, result["result"])
    assert "backup_url" not in suggested(form)


async def test_the_own_backup_host_is_none_of_another_site(hass: HomeAssistant, simulator: Simulator) -> None:
    """If it were asked, the check would fail, because a test reaches no other machine."""
    values = account_input(HOUSE, simulator, backup_url=BACKUP_URL)
    result = await submit(hass, await begin(hass, HOUSE), values)
    assert result["type"] is FlowResultType.CREATE_ENTRY


# -- cookies and connections ---------------------------------------------------------------------------------------


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> list[aiohttp.ClientSession]:
    """Return the sessions that the dialogs open."""
    opened: list[aiohttp.ClientSession] = []
    create = gateways.async_create_clientsession

    def remember(*args: Any, **kwargs: Any) -> aiohttp.ClientSession:
        opened.append(create(*args, **kwargs))
        return opened[-1]

    monkeypatch.setattr(gateways, "async_create_clientsession", remember)
    return opened


def at_localhost(provider: Provider, simulator: Simulator, **changes: Any) -> dict[str, Any]:
    """Return the input of an account at a host with a name. A session never keeps the cookies of an IP address."""
    hosts = {"url": simulator.url(provider)}
    if provider is HOUSE:
        hosts["backup_url"] = simulator.url("textinghouse_backup")
    hosts = {name: url.replace("127.0.0.1", "localhost") for name, url in hosts.items()}
    return account_input(provider, simulator, **hosts, **changes)


@EVERY_PROVIDER
@pytest.mark.usefixtures("localhost")
async def test_a_session_of_another_login_is_never_used(
    hass: HomeAssistant, simulator: Simulator, sessions: list[aiohttp.ClientSession], provider: Provider
) -> None:
    simulator.use_variant(provider, "sessions")
    secret, kept_in = SECRETS[provider]
    form = await begin(hass, provider)
    result = await submit_account(hass, form, provider, at_localhost(provider, simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert simulator.accounts[provider].sessions
    # Another dialog at the same host, with a wrong secret.
    other = {"username": "other"} if secret == "password" else {}
    wrong = at_localhost(provider, simulator, **other, **{secret: WRONG})
    form = await submit(hass, await begin(hass, provider), wrong)
    assert form["errors"] == {"base": LOGIN_REFUSED[provider][1]}
    # Changing the account, with a wrong secret.
    entry = result["result"]
    form = await submit(hass, await reconfigure(hass, entry), at_localhost(provider, simulator, **{secret: WRONG}))
    assert form["errors"] == {"base": LOGIN_REFUSED[provider][1]}
    hass.config_entries.flow.async_abort(form["flow_id"])
    # Signing in again, with a wrong secret.
    setattr(simulator.accounts[provider], kept_in, "8|aNewSecret")
    await entry.runtime_data.balance.async_refresh()
    await hass.async_block_till_done()
    (flow,) = [flow for flow in hass.config_entries.flow.async_progress() if flow["context"]["source"] == "reauth"]
    form = await submit(hass, flow, {secret: WRONG})
    assert form["errors"] == {"base": LOGIN_REFUSED[provider][1]}
    assert not [request for request in simulator.requests() if "Cookie" in request.headers]
    assert len(sessions) >= 4
    assert all(session.closed for session in sessions)


@EVERY_PROVIDER
async def test_a_dialog_closes_its_session_also_after_an_error(
    hass: HomeAssistant, simulator: Simulator, sessions: list[aiohttp.ClientSession], provider: Provider
) -> None:
    simulator.faults.add(provider, "cut", None)
    form = await submit(hass, await begin(hass, provider), account_input(provider, simulator))
    assert form["errors"] == {"base": "cannot_connect"}
    assert [session.closed for session in sessions] == [True]


@pytest.mark.parametrize("provider", [Provider.CLUB_TEXTING, Provider.GROUP_TEXTING])
async def test_a_dialog_and_its_account_share_the_connections(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    """The provider takes two requests at the same time. The dialog waits until one of the account's has ended."""
    entry = await set_up(provider)
    simulator.clear_requests()
    held = simulator.faults.add(provider, "hold", None, path="sending")
    sending = [
        hass.async_create_task(notify(hass, entity, f"Water {place}"))
        for place, entity in enumerate(notify_entities(provider))
    ]
    await until(lambda: held.used == 2)
    form = await reconfigure(hass, entry)
    values = account_input(provider, simulator)
    checking = hass.async_create_task(hass.config_entries.flow.async_configure(form["flow_id"], values))
    waiting = entry.runtime_data.gateway.slots._waiters
    await until(lambda: waiting or checking.done())
    assert not checking.done()
    held.release()
    result = await checking
    assert result["reason"] == "reconfigure_successful"
    await asyncio.gather(*sending)
    assert simulator.max_in_flight(provider) == 2


async def test_the_second_step_uses_such_a_session_too(
    hass: HomeAssistant, simulator: Simulator, sessions: list[aiohttp.ClientSession]
) -> None:
    provider = Provider.THESMSPOINT
    form = await submit(hass, await begin(hass, provider), account_input(provider, simulator))
    assert form["step_id"] == "thesmspoint_sender"
    assert [session.closed for session in sessions] == [True, True]
    assert (await submit(hass, form, SENDER_INPUT))["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("fault", ["redirect", "challenge"])
async def test_the_second_step_names_hosts_too(hass: HomeAssistant, simulator: Simulator, fault: str) -> None:
    provider = Provider.THESMSPOINT
    simulator.faults.add(provider, fault, path="get-sender-id")
    form = await submit(hass, await begin(hass, provider), account_input(provider, simulator))
    assert form["step_id"] == "thesmspoint_sender"
    assert host_of(simulator, provider) in error_text(form)
