"""Commands by text while an alert is open: who may give commands still can."""

from custom_components.texting.alerting.model import Kind, State
from homeassistant.core import HomeAssistant
from tests.conftest import Connect, SetUp
from tests.support.alerts import set_up_alert
from tests.support.assist import home as make_home
from tests.support.home import until

CELLAR = "binary_sensor.cellar"


async def test_other_words_of_who_gives_commands_are_commands(
    hass: HomeAssistant, set_up: SetUp, connect: Connect
) -> None:
    _, agent, phone = await make_home(hass, set_up, connect)()
    alert = await set_up_alert(hass, who=["notify.clara"], causes=[CELLAR])
    hass.states.async_set(CELLAR, "on")
    await until(lambda: alert.runtime_data.incident.told)
    assert await phone.text("Turn the water off") == "You said: Turn the water off"
    assert alert.runtime_data.incident.state is State.ALERTING
    assert (await phone.text("OK")).startswith("Thank you.")
    assert agent.texts == ["Turn the water off"]
    assert alert.runtime_data.incident.owner == "notify.clara"
    assert Kind.SORRY not in {each.kind for each in alert.runtime_data.incident.notifications}


async def test_others_hear_that_they_were_not_understood(hass: HomeAssistant, set_up: SetUp, connect: Connect) -> None:
    _, agent, phone = await make_home(hass, set_up, connect)(allow_commands=False)
    alert = await set_up_alert(hass, who=["notify.clara"], causes=[CELLAR])
    hass.states.async_set(CELLAR, "on")
    await until(lambda: alert.runtime_data.incident.told)
    assert (await phone.text("Turn the water off")).startswith("Sorry, not understood.")
    assert not agent.texts
    assert alert.runtime_data.incident.state is State.ALERTING


async def test_with_two_alerts_other_words_are_asked_about_once(
    hass: HomeAssistant, set_up: SetUp, connect: Connect
) -> None:
    _, agent, phone = await make_home(hass, set_up, connect)(allow_commands=False)
    alerts = [
        await set_up_alert(hass, who=["notify.clara"], title=title, causes=[CELLAR]) for title in ("Leak", "Smoke")
    ]
    hass.states.async_set(CELLAR, "on")
    await until(lambda: all(alert.runtime_data.incident.told for alert in alerts))
    assert (await phone.text("On my way")).startswith("Which one?")
    assert await phone.text("Where are the keys?") == ""
    assert (await phone.text("OK")).startswith("Which one?")
    assert {alert.runtime_data.incident.state for alert in alerts} == {State.ALERTING}
    assert not agent.texts
