"""The last step of an alert's dialog: the first text as it will be sent, and the registered templates it must fit."""

from typing import Any

import pytest

from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.alert_flow import ADVANCED, ALERT, PEOPLE, TEXTS, add_alert, begin, go_through
from tests.support.alert_home import ANNA
from tests.support.alerts import set_up_alert
from tests.support.flows import choices, opened, reconfigure, submit
from tests.support.home import until
from tests.support.people import add, change

HOUSE, POINT = Provider.TEXTINGHOUSE, Provider.THESMSPOINT
CELLAR = "binary_sensor.cellar"
# The templates of the account at the simulator: without a placeholder, with one at the end, and only placeholders.
FIXED, HOME_ALERT, ANYTHING = "1107000000000000001", "1107000000000000002", "1107000000000000004"


def plain(text: str) -> str:
    """Return Markdown with its characters, which are written as entities."""
    for code in range(33, 127):
        text = text.replace(f"&#{code};", chr(code))
    return text


async def shown(hass: HomeAssistant, **changes: Any) -> dict[str, str]:
    """Go through the dialog. Return what its last step shows, without escapes."""
    form = await go_through(hass, await begin(hass), **changes)
    return {name: plain(text) for name, text in form["description_placeholders"].items()}


def asked(*who: str) -> dict[str, Any]:
    """Return the second step with one step for each."""
    return {"steps": [{"who": [each]} for each in who]}


@pytest.fixture(autouse=True)
def _noon(hass: HomeAssistant, freezer: Any) -> None:
    hass.states.async_set(CELLAR, "off", {"friendly_name": "Water in the cellar"})
    freezer.move_to("2026-11-20 20:05:00+00:00")


async def test_a_text_that_can_be_replied_to(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(HOUSE)
    text = "ALERT 23: Water in the cellar, 12:05. Reply OK 23 if you take care of it, NO 23 if you cannot."
    found = await shown(hass)
    assert found == {
        "texts": f"**Anna, Ben** (segments: 1, characters: {len(text)})\n> {text}",
        "notes": "",
        "people": "2",
        "segments": "50",
        "most": "80",
    }
    assert simulator.messages() == []


async def test_the_text_is_the_one_that_is_sent(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    await set_up(HOUSE)
    found = await shown(hass, texts={"message": "Water: {{ causes | join }}!"})
    await add_alert(hass, texts={"message": "Water: {{ causes | join }}!"})
    hass.states.async_set(CELLAR, "on", {"friendly_name": "Water in the cellar"})
    await until(simulator.messages)
    (sent,) = simulator.messages()
    number = sent.text.split()[1].rstrip(":")
    assert sent.text.replace(number, "23") == found["texts"].split("> ")[1]


@pytest.mark.parametrize(
    ("alert", "texts", "what"),
    [
        ({"causes": []}, {}, "Water leak"),
        ({"causes": ["binary_sensor.gone"]}, {}, "binary sensor.gone"),
        ({}, {"message": "{{ '' }}"}, "Water in the cellar"),
        ({"name": "[x](http://evil)", "causes": []}, {}, "x (http: evil)"),
    ],
)
async def test_what_is_wrong(
    hass: HomeAssistant, set_up: SetUp, alert: dict[str, Any], texts: dict[str, Any], what: str
) -> None:
    await set_up(HOUSE)
    found = await shown(hass, alert=alert, texts=texts)
    assert f"> ALERT 23: {what}, 12:05." in found["texts"]


async def test_a_message_that_fails_only_later(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    # It works with the two causes that the check gives it, and fails with the only one that is on.
    found = await shown(hass, texts={"message": "{{ causes[1].upper() }}"})
    assert "> ALERT 23: Water in the cellar, 12:05." in found["texts"]


async def test_notifications(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    hass.states.async_set("notify.telegram", "unknown", {"friendly_name": "Telegram"})
    found = await shown(hass, people=asked("notify.anna", "notify.telegram"))
    of_anna, of_telegram = found["texts"].split("\n\n")
    assert of_anna.startswith("**Anna** (segments: 1")
    assert of_telegram == (
        "**Telegram**: a notification, which nobody can answer\n"
        "> ALERT: Water in the cellar, 12:05. Acknowledge it in Home Assistant."
    )


async def test_who_gets_nothing(hass: HomeAssistant, set_up: SetUp) -> None:
    house = await set_up(HOUSE)
    add(hass, house, "Eve", numbers=[])
    await hass.async_block_till_done(wait_background_tasks=True)
    house.runtime_data.state.opt_outs.async_add(ANNA)
    found = await shown(hass, people=asked("notify.anna", "notify.ben", "notify.eve"))
    assert found["texts"].startswith("**Ben** (")
    assert found["notes"] == "* **Opted out, and gets no texts**: Anna\n* **Has no number, and gets nothing**: Eve"
    assert found["people"] == "3"


async def test_an_account_that_is_disabled_or_not_loaded(hass: HomeAssistant, set_up: SetUp) -> None:
    house = await set_up(HOUSE)
    await hass.config_entries.async_unload(house.entry_id)
    assert (await shown(hass))["texts"].startswith("**Anna, Ben** (segments: 1, characters: 94)\n> ALERT 23: ")
    await hass.config_entries.async_set_disabled_by(house.entry_id, ConfigEntryDisabler.USER)
    found = await shown(hass)
    assert found["texts"] == "Nobody can be reached now."
    assert found["notes"] == "* **The account is disabled. Gets nothing**: Anna, Ben"


async def test_who_is_removed_while_the_dialog_is_open(hass: HomeAssistant, set_up: SetUp) -> None:
    house = await set_up(HOUSE)
    form = await submit(hass, await begin(hass), ALERT)
    form = await submit(hass, form, PEOPLE)
    await hass.config_entries.async_remove(house.entry_id)
    form = await submit(hass, form, TEXTS)
    notes = plain(form["description_placeholders"]["notes"])
    assert notes == "* **Cannot be reached**: notify.anna, notify.ben"


async def test_letters_that_a_provider_refuses(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(Provider.CLUB_TEXTING)
    found = await shown(hass, people=asked("notify.clara"), texts={"message": "Вода Cellar"})
    assert "> ALERT 23: Cellar, 12:05." in found["texts"]


async def test_a_text_that_the_account_would_refuse(hass: HomeAssistant, set_up: SetUp) -> None:
    house = await set_up(HOUSE)
    change(hass, house, "Anna", numbers=["+41791234567"], type="whatsapp")
    found = await shown(hass, people=asked("notify.anna"))
    assert found["texts"].startswith("**Anna**: the account would refuse this text\n> ALERT 23: ")


async def test_reconfigure_says_when_changes_apply(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    form = await go_through(hass, await reconfigure(hass, await set_up_alert(hass)))
    assert form["description_placeholders"]["notes"] == "* Changes apply at once, also to an alert that is open."


# -- registered templates ----------------------------------------------------------------------------------------------


async def test_who_needs_no_template_sees_no_choice(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(HOUSE)
    form = await submit(hass, await begin(hass), ALERT)
    form = await submit(hass, form, PEOPLE)
    with pytest.raises(StopIteration):
        _template_field(form)


def _template_field(form: Any) -> dict[str, str]:
    """Return the templates to choose from, by id."""
    inside = next(selector for marker, selector in form["data_schema"].schema.items() if marker == "advanced")
    return choices({"data_schema": inside.schema}, "template_id")


async def test_a_template_is_chosen(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.accounts[POINT].checks_templates = True
    await set_up(POINT, data={"template_id": FIXED})
    form = await submit(hass, await begin(hass), ALERT)
    form = await submit(hass, form, asked("notify.dev"))
    assert list(_template_field(form)) == [FIXED, HOME_ALERT, "1107000000000000003", ANYTHING]
    # No word of an alert follows the account's own one.
    for chosen in ({}, {"template_id": FIXED}):
        form = await submit(hass, form, TEXTS | {"advanced": {**ADVANCED, **chosen}})
        assert (form["step_id"], form["errors"]) == ("alert_texts", {"base": "template_without_room"})
        assert opened(form) == {"advanced"}
    form = await submit(hass, form, TEXTS | {"advanced": {**ADVANCED, "template_id": HOME_ALERT}})
    assert plain(form["description_placeholders"]["texts"]).endswith("\n> Home alert: Water in the cellar")
    notes = form["description_placeholders"]["notes"]
    assert notes.startswith("* **Cannot reply, because the account has no incoming texts.")
    assert notes.endswith("**: Dev")
    alert = (await submit(hass, form, {}))["result"]
    assert alert.options["template_id"] == HOME_ALERT

    hass.states.async_set(CELLAR, "on", {"friendly_name": "Water in the cellar"})
    await until(simulator.messages)
    # The provider takes it only with this template.
    assert [sent.text for sent in simulator.messages()] == ["Home alert: Water in the cellar"]


async def test_a_template_that_is_gone_can_be_replaced(hass: HomeAssistant, set_up: SetUp) -> None:
    await set_up(POINT)
    alert = await set_up_alert(hass, who=["notify.dev"], template_id="gone")
    form = await submit(hass, await reconfigure(hass, alert), ALERT)
    form = await submit(hass, form, asked("notify.dev"))
    assert _template_field(form)["gone"] == "gone"
    assert opened(form) == {"advanced"}
    form = await submit(hass, form, TEXTS)
    # The account's own template takes its place.
    assert (form["step_id"], await _saved(hass, form, alert)) == ("alert_check", None)


async def _saved(hass: HomeAssistant, form: Any, alert: Any) -> str | None:
    """Save, and return the template that is stored."""
    await submit(hass, form, {})
    template: str | None = alert.options.get("template_id")
    return template


async def test_templates_that_cannot_be_read_are_no_error(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    point = await set_up(POINT)
    await hass.config_entries.async_unload(point.entry_id)
    alert = await add_alert(hass, people=asked("notify.dev"))
    assert "template_id" not in alert.options


async def test_a_template_is_remembered_while_its_provider_is_down(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    await set_up(POINT)
    found = await shown(hass, people=asked("notify.dev"), texts={"advanced": {**ADVANCED, "template_id": HOME_ALERT}})
    simulator.faults.add("thesmspoint", "html", None, path="get-templates")
    again = await shown(hass, people=asked("notify.dev"), texts={"advanced": {**ADVANCED, "template_id": HOME_ALERT}})
    assert found["texts"] == again["texts"]
    assert again["texts"].endswith("> Home alert: Water in the cellar")
