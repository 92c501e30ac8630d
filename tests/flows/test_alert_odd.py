"""The last step of an alert's dialog in odd cases: accounts that go, long words, causes that are on, slow providers."""

import html
from typing import Any

import pytest

from custom_components.texting import test_text as test_texts
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.alert_flow import ALERT, PEOPLE, TEXTS, begin, go_through
from tests.support.alerts import set_up_alert
from tests.support.flows import reconfigure, submit
from tests.support.people import add

HOUSE, POINT = Provider.TEXTINGHOUSE, Provider.THESMSPOINT
ANY_WORDS, WITHOUT_ROOM = "1107000000000000004", "1107000000000000001"


def asks(*who: str) -> dict[str, Any]:
    return {"people": {"steps": [{"who": list(who)}]}}


async def shown(hass: HomeAssistant, **changes: Any) -> dict[str, str]:
    """Return what the last step of a new alert shows."""
    return read(await go_through(hass, await begin(hass), **changes))


def read(form: Any) -> dict[str, str]:
    return {name: html.unescape(text) for name, text in form["description_placeholders"].items()}


async def test_an_account_that_is_removed_between_the_steps(hass: HomeAssistant, set_up: SetUp) -> None:
    house = await set_up(HOUSE)
    form = await submit(hass, await submit(hass, await begin(hass), ALERT), PEOPLE)
    await hass.config_entries.async_remove(house.entry_id)
    form = await submit(hass, form, TEXTS)
    assert form["step_id"] == "alert_check"
    assert read(form)["notes"] == "* **Cannot be reached**: notify.anna, notify.ben"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("**Run** <b>now</b>\n# [x](http://y)", "Run"),
        ("{{ causes | join }}: {{ 1 / 0 }}", None),
        ("{{ '' }}", "binary sensor.cellar"),
        ("Water " * 500, "Water Water"),
        ("Вода у підвалі", "23"),
    ],
)
async def test_messages(hass: HomeAssistant, set_up: SetUp, message: str, text: str | None) -> None:
    await set_up(HOUSE)
    form = await submit(hass, await submit(hass, await begin(hass), ALERT), PEOPLE)
    form = await submit(hass, form, TEXTS | {"message": message})
    if text is None:
        assert form["errors"] == {"message": "template_fails"}
        return
    raw = form["description_placeholders"]["texts"]
    about, shown_text = raw.split("\n> ")
    assert about.startswith("**Anna, Ben** (segments: 1, ")
    # One line, in which nothing is Markdown or HTML.
    assert not set(shown_text) & set("\n<>*[]")
    assert text in html.unescape(shown_text)


async def test_a_message_that_fails_with_one_cause(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    found = await shown(hass, texts={"message": "{{ 1 / (causes | count - 1) }}"})
    assert "ALERT 23: binary sensor.cellar, " in found["texts"]


async def test_what_is_on_when_it_is_saved(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    hass.states.async_set("binary_sensor.cellar", "on", {"friendly_name": "Cellar"})
    begins = "* **As things are now, the alert begins when you save, because of**: "
    assert (await shown(hass))["notes"] == f"{begins}Cellar"
    template = {"advanced": {"template": "{{ true }}", "when_unavailable": "keep"}}
    assert (await shown(hass, alert=template))["notes"] == f"{begins}Cellar, Water leak"
    at_once = "* Changes apply at once, also to an alert that is open."
    # What is on already is open already.
    alert = await set_up_alert(hass, causes=["binary_sensor.cellar"])
    assert read(await go_through(hass, await reconfigure(hass, alert)))["notes"] == at_once
    hass.states.async_set("binary_sensor.kitchen", "on", {"friendly_name": "Kitchen"})
    found = read(await go_through(hass, await reconfigure(hass, alert)))
    assert found["notes"].splitlines() == [at_once, f"{begins}Kitchen"]
    hass.config_entries.async_update_entry(alert, options={**alert.options, "armed": False})
    assert read(await go_through(hass, await reconfigure(hass, alert)))["notes"] == at_once


async def test_who_opted_out(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    house = await set_up(HOUSE)
    house.runtime_data.state.opt_outs.async_add("+33612345601")
    assert (await shown(hass, **asks("notify.anna")))["notes"] == "* **Opted out, and gets no texts**: Anna"


# -- registered templates ----------------------------------------------------------------------------------------------


async def test_a_provider_that_hangs_is_waited_for_once_a_step(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = await set_up(POINT)
    add(hass, point, "Dora", numbers=["+919812345699"])
    await hass.async_block_till_done(wait_background_tasks=True)
    monkeypatch.setattr(test_texts, "_TIMEOUT", 0.2)
    simulator.faults.add("thesmspoint", "hang", None, path="get-templates")
    before = len(simulator.requests("thesmspoint"))
    found = await shown(hass, **asks("notify.dev", "notify.dora"))
    assert found["texts"].startswith("**Dev, Dora** ")
    asked = [each for each in simulator.requests("thesmspoint")[before:] if "get-templates" in each.path]
    assert len(asked) == 1
