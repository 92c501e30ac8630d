"""The actions check_keyword and set_up_keyword."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.simulator.accounts import Keyword
from tests.support.flows import reauth_flow
from tests.support.home import text_of

CLUB, GROUP = Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
SELLING = pytest.mark.parametrize("provider", [CLUB, GROUP])


async def act(hass: HomeAssistant, action: str, entry: MockConfigEntry, **data: Any) -> dict[str, Any]:
    response: Any = await hass.services.async_call(
        DOMAIN, action, {"account": entry.entry_id, **data}, blocking=True, return_response=True
    )
    found: dict[str, Any] = response
    return found


# -- check_keyword -------------------------------------------------------------------------------------------------


@SELLING
@pytest.mark.parametrize(("keyword", "free"), [("ALARM", True), ("pizza", False), (" Pizza ", False)])
async def test_whether_a_keyword_is_free(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider, keyword: str, *, free: bool
) -> None:
    found = await act(hass, "check_keyword", await set_up(provider), keyword=keyword)
    assert found == {"keyword": keyword.strip(), "free": free}


@pytest.mark.parametrize("keyword", ["", "two words"])
async def test_what_is_no_keyword(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, keyword: str) -> None:
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "check_keyword", await set_up(CLUB), keyword=keyword)
    text_of(caught.value, "wrong_keyword")


@pytest.mark.parametrize("action", ["check_keyword", "set_up_keyword"])
@pytest.mark.parametrize("provider", [provider for provider in Provider if provider not in (CLUB, GROUP)])
async def test_who_has_no_keywords(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider, action: str
) -> None:
    more = {"group": "Home"} if action == "set_up_keyword" else {}
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, action, await set_up(provider), keyword="ALARM", **more)
    assert "Club Texting, Group Texting" in text_of(caught.value, "not_offered")


async def test_an_account_that_is_not_there(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(CLUB)
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call(
            DOMAIN, "check_keyword", {"account": "none", "keyword": "ALARM"}, blocking=True, return_response=True
        )


@pytest.mark.parametrize(
    ("fault", "key"),
    [("cut", "request_outcome_unknown"), ("unavailable", "request_rate_limited"), ("html", "request_invalid_response")],
)
@pytest.mark.parametrize("action", ["check_keyword", "set_up_keyword"])
async def test_what_goes_wrong_at_the_gateway(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, action: str, fault: str, key: str
) -> None:
    entry = await set_up(CLUB)
    simulator.faults.add(CLUB, fault)
    more = {"group": "Home"} if action == "set_up_keyword" else {}
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, action, entry, keyword="ALARM", **more)
    text_of(caught.value, key)


async def test_refused_credentials_are_asked_for(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(CLUB)
    simulator.accounts[CLUB].password = "changed"
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "check_keyword", entry, keyword="ALARM")
    text_of(caught.value, "login_or_api_refused")
    await hass.async_block_till_done()
    assert reauth_flow(hass)["context"]["entry_id"] == entry.entry_id


# -- set_up_keyword ------------------------------------------------------------------------------------------------


@SELLING
async def test_a_keyword_is_set_up(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    kept = simulator.accounts[provider].keywords["alarm"] = Keyword()
    entry = await set_up(provider)
    values = {"group": "Home", "autoreply": "We will call.", "email": "home@example.com"}
    told = await act(hass, "set_up_keyword", entry, keyword="ALARM", url="https://example.com/alarm", **values)
    assert told == {"keyword": "ALARM", "url": "https://example.com/alarm", "use_webhook": False, **values}
    assert kept == Keyword(url="https://example.com/alarm", **values)
    # Omitted fields keep their values. The action also works without a response.
    await hass.services.async_call(
        DOMAIN, "set_up_keyword", {"account": entry.entry_id, "keyword": "alarm", "group": "Home"}, blocking=True
    )
    assert kept == Keyword(url="https://example.com/alarm", **values)


async def test_the_provider_calls_home(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    """The webhook URL is a secret. The response does not contain it, because traces store responses."""
    kept = simulator.accounts[CLUB].keywords["alarm"] = Keyword()
    await async_process_ha_core_config(hass, {"external_url": "https://home.example.com"})
    entry = await set_up(CLUB)
    told = await act(hass, "set_up_keyword", entry, keyword="alarm", use_webhook=True)
    assert kept.url == f"https://home.example.com/api/webhook/{entry.data['webhook_id']}"
    assert told == {
        "keyword": "alarm", "group": None, "autoreply": None, "email": None, "url": None, "use_webhook": True
    }  # fmt: skip


@pytest.mark.parametrize("url", ["http://192.168.1.5:8123", None])
async def test_without_an_address_on_the_internet_nothing_is_changed(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, url: str | None
) -> None:
    kept = simulator.accounts[CLUB].keywords["alarm"] = Keyword()
    entry = await set_up(CLUB)
    if url:
        await async_process_ha_core_config(hass, {"internal_url": url})
    else:
        hass.config.api = None
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "set_up_keyword", entry, keyword="alarm", group="Home", use_webhook=True)
    text_of(caught.value, "no_public_address")
    assert kept == Keyword()


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"group": "Nobody"}, "wrong_group"),
        ({"autoreply": "a" * 161}, "wrong_autoreply"),
        ({"autoreply": ""}, "wrong_autoreply"),
        ({"email": "nobody"}, "wrong_email"),
        ({"url": "home"}, "wrong_url"),
        ({"keyword": "pizza", "group": "Home"}, "wrong_keyword"),
    ],
)
async def test_what_is_wrong_is_told(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, values: dict[str, str], key: str
) -> None:
    kept = simulator.accounts[CLUB].keywords["alarm"] = Keyword()
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "set_up_keyword", await set_up(CLUB), **{"keyword": "alarm", **values})
    text_of(caught.value, key)
    assert kept == Keyword()


@pytest.mark.parametrize(
    ("values", "key"),
    [({}, "keyword_unchanged"), ({"url": "https://example.com", "use_webhook": True}, "one_address")],
)
async def test_there_must_be_something_to_set_up(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, values: dict[str, Any], key: str
) -> None:
    entry = await set_up(CLUB)
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "set_up_keyword", entry, keyword="alarm", **values)
    text_of(caught.value, key)


async def test_the_action_takes_no_card(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(CLUB)
    with pytest.raises(vol.Invalid):
        await act(hass, "set_up_keyword", entry, keyword="alarm", group="Home", card="4111")
