"""A home with an account at TextingHouse, which reports deliveries and brings replies."""

from collections.abc import AsyncIterator, Awaitable, Callable
import sys
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import textinghouse
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.alert_home import BEN, CARA, AlertHome
from tests.support.mobile_app import Phones, StandIn
from tests.support.people import change


@pytest.fixture
def home(
    hass: HomeAssistant, simulator: Simulator, pass_time: PassTime, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> AlertHome:
    """Return a home without accounts, whose clocks stand still until the test moves them."""
    # TextingHouse refuses a text that is repeated within 10 seconds.
    monkeypatch.setattr(textinghouse, "monotonic", hass.loop.time)
    return AlertHome(hass, simulator, pass_time)


@pytest.fixture
async def house(home: AlertHome, set_up: SetUp, connect: Connect) -> MockConfigEntry:
    """Return its account: Anna, Ben and Cara have one phone each."""
    entry = await set_up(Provider.TEXTINGHOUSE)
    await connect(entry)
    change(home.hass, entry, "Ben", numbers=[BEN])
    home.recruit(entry, "Cara", CARA)
    await home.settle()
    return entry


@pytest.fixture
async def phones(
    home: AlertHome, hass_client_no_auth: Callable[[], Awaitable[Any]], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Phones]:
    """Set up the integration of the app. It must come before the account: the web server takes no paths later."""
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, StandIn()])
    assert await async_setup_component(home.hass, "mobile_app", {})
    await home.hass.async_block_till_done()
    phones = Phones(home.hass, hass_client_no_auth)
    async with phones.server:
        yield phones
