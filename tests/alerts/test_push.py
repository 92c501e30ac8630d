"""People who get a push notification of another integration, which goes one way."""

import asyncio

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.model import State
from homeassistant.components.notify import DATA_COMPONENT, NotifyEntity
from homeassistant.const import EVENT_HOMEASSISTANT_START
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from tests.support.alert_home import ANNA, AlertHome
from tests.support.home import until

PHONE = "notify.app"


class App(NotifyEntity):
    """An app that shows push notifications, or fails."""

    _attr_name = "App"
    _attr_should_poll = False

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.error: Exception | None = None

    async def async_send_message(self, message: str, title: str | None = None) -> None:
        if self.error:
            raise self.error
        self.shown.append(message)


@pytest.fixture
async def app(hass: HomeAssistant, house: MockConfigEntry) -> App:
    """Return the app."""
    entity = App()
    await hass.data[DATA_COMPONENT].async_add_entities([entity])
    assert hass.states.get(PHONE)
    return entity


async def test_it_is_told_one_way(home: AlertHome, app: App) -> None:
    alert = await home.alert(PHONE, "notify.anna")
    home.switch("on")
    await home.settle()
    assert len(app.shown) == 1
    assert app.shown[0].startswith("ALERT: Water in the cellar, ")
    assert app.shown[0].endswith("Acknowledge it in Home Assistant.")
    assert home.texts(ANNA) == []
    await home.wait(290)
    assert home.texts(ANNA) == []
    await home.wait(20)
    assert home.kinds(ANNA) == ["escalated"]
    await home.answer(ANNA, "OK")
    assert "Anna takes care" in app.shown[-1]
    home.switch("off")
    await home.wait(61)
    assert app.shown[-1].startswith("All clear")
    assert home.state(alert) is State.CLOSED


@pytest.mark.parametrize("error", [HomeAssistantError("out of reach"), ValueError("odd"), TimeoutError()])
async def test_a_push_that_fails(home: AlertHome, app: App, error: Exception) -> None:
    app.error = error
    alert = await home.alert(PHONE, "notify.anna")
    home.switch("on")
    await home.wait(12, 6)
    # Nobody saw it, so the next is asked at once.
    assert len(home.texts(ANNA)) == 1
    assert home.state(alert) is State.ALERTING


async def test_a_push_that_fails_beside_a_text(home: AlertHome, app: App) -> None:
    app.error = HomeAssistantError("out of reach")
    alert = await home.alert([PHONE, "notify.anna"], "notify.ben")
    await home.begin()
    await home.wait(290)
    assert home.incident(alert).step == 0
    await home.answer(ANNA, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED


async def test_a_push_that_hangs_holds_back_no_text(home: AlertHome, app: App) -> None:
    hangs, goes_on = asyncio.Event(), asyncio.Event()

    async def hang(message: str, title: str | None = None) -> None:
        hangs.set()
        await goes_on.wait()

    app.async_send_message = hang  # type: ignore[method-assign]
    alert = await home.alert([PHONE, "notify.anna"])
    home.switch("on")
    await until(lambda: home.texts(ANNA) and hangs.is_set())
    await home.simulator.answer(ANNA, "OK")
    await until(lambda: home.state(alert) is State.ACKNOWLEDGED)
    goes_on.set()
    await home.settle()


async def test_pushes_leave_while_no_provider_works(home: AlertHome, app: App) -> None:
    for site in ("textinghouse", "textinghouse_backup"):
        await home.simulator.faults.refuse(site)
    await home.alert("notify.anna", PHONE)
    home.switch("on")
    await home.wait(70, 10)
    assert len(app.shown) == 1


async def test_an_app_that_is_unavailable(home: AlertHome, app: App) -> None:
    app._attr_available = False
    app.async_write_ha_state()
    await home.alert(PHONE, "notify.anna")
    home.switch("on")
    await home.wait(12, 6)
    assert app.shown == []
    assert len(home.texts(ANNA)) == 1


async def test_an_app_that_is_removed(home: AlertHome, app: App) -> None:
    await app.async_remove()
    await home.alert(PHONE, "notify.anna")
    home.switch("on")
    await home.wait(12, 6)
    assert len(home.texts(ANNA)) == 1


async def test_an_integration_that_starts_after_the_alert(home: AlertHome, app: App) -> None:
    alert = await home.alert(PHONE)
    home.switch("on")
    await home.settle()
    assert len(app.shown) == 1
    # Home Assistant starts again, which takes so long that the next round begins meanwhile.
    await home.hass.config_entries.async_unload(alert.entry_id)
    await app.async_remove(force_remove=True)
    assert home.hass.states.get(PHONE) is None
    home.hass.set_state(CoreState.not_running)
    await home.hass.config_entries.async_setup(alert.entry_id)
    await until(lambda: alert.runtime_data.incident.is_open)
    for _ in range(6):
        await home.pass_time(60, background=False)
        await home.hass.async_block_till_done()
    incident = home.incident(alert)
    assert (incident.state, incident.round, incident.is_unreachable) == (State.ALERTING, 1, False)
    again = App()
    await home.hass.data[DATA_COMPONENT].async_add_entities([again])
    assert home.hass.states.get(PHONE)
    assert again.shown == []
    home.hass.set_state(CoreState.running)
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_START)
    await until(lambda: again.shown)
    assert again.shown[-1].startswith("ALERT: Water in the cellar")
    assert home.state(alert) is State.ALERTING
    await home.settle()
