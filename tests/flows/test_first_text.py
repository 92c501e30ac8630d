"""The offer to send a test text to a recipient who was just added."""

import asyncio
from datetime import timedelta
import html
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.flows import first_text
from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.util import dt as dt_util
from tests.conftest import Connect, SetUp
from tests.simulator import Simulator
from tests.support.contacts import FAMILY, add_group
from tests.support.flows import recipient_input
from tests.support.home import state_of, told, until
from tests.support.people import change, recipient_id
from tests.support.routes import disconnect, set_up_route

HOUSE, PRO, CLUB = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING
POINT = Provider.THESMSPOINT
ZOE = "+33612345699"
NUMBERS = {HOUSE: ZOE, PRO: ZOE, CLUB: "+12125550149", Provider.GROUP_TEXTING: "+12125550149", POINT: "+918123456789"}


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for delivery reports."""
    monkeypatch.setattr(first_text, "REPORT_TIMEOUT", 0.0)


async def add(hass: HomeAssistant, entry: MockConfigEntry, name: str = "Zoe", **values: Any) -> SubentryFlowResult:
    """Fill in the form. Return what follows."""
    form = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "recipient"), context={"source": SOURCE_USER}
    )
    entered = recipient_input({"name": name, "numbers": [NUMBERS.get(entry.data["provider"], ZOE)], **values})
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], entered)
    await told(hass)
    return result


async def choose(hass: HomeAssistant, menu: SubentryFlowResult, step: str) -> SubentryFlowResult:
    """Choose in the menu."""
    result = await hass.config_entries.subentries.async_configure(menu["flow_id"], {"next_step_id": step})
    await told(hass)
    return result


async def send(hass: HomeAssistant, menu: SubentryFlowResult) -> str:
    """Send the text. Return what the dialog says, with its punctuation."""
    result = await choose(hass, menu, "send_test")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "tested")
    assert not hass.config_entries.subentries.async_progress()
    assert result["description_placeholders"] is not None
    return plain(result["description_placeholders"]["result"])


def plain(text: str) -> str:
    """Return a text as Markdown shows it."""
    return html.unescape(text)


def names(entry: MockConfigEntry) -> list[str]:
    return [each.title for each in entry.subentries.values()]


@pytest.mark.parametrize("provider", Provider)
async def test_a_text_is_sent_and_counts_as_the_recipients(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    menu = await add(hass, entry)
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "first_text")
    assert menu["menu_options"] == {"send_test": "Send a test text", "not_now": "Not now"}
    assert menu["description_placeholders"] == {"name": "Zoe", "text": "Test from Home Assistant"}
    # The recipient exists before anything is chosen.
    assert names(entry)[-1] == "Zoe"
    assert not simulator.messages()
    said = await send(hass, menu)
    has_reports = provider in (HOUSE, PRO, POINT)
    assert said == "Text to Zoe was sent. " + (
        "No report of its delivery has come yet. When it comes, the recipient’s page shows it."
        if has_reports
        else "The provider does not report whether it arrives."
    )
    (message,) = simulator.messages()
    assert message.text == "Test from Home Assistant"
    assert names(entry).count("Zoe") == 1
    history = await hass.services.async_call(
        "texting", "get_history", {"entity_id": "notify.zoe"}, blocking=True, return_response=True
    )
    assert history is not None
    assert [row["text"] for row in history["messages"]] == ["Test from Home Assistant"]


async def test_not_now(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    result = await choose(hass, await add(hass, entry, "Zoe *x*"), "not_now")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "added")
    assert result["description_placeholders"] == {"name": "Zoe &#42;x&#42;"}
    assert names(entry)[-1] == "Zoe *x*"
    assert not simulator.messages()


async def test_closing_the_dialog_keeps_the_recipient(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    menu = await add(hass, entry)
    hass.config_entries.subentries.async_abort(menu["flow_id"])
    await told(hass)
    assert names(entry).count("Zoe") == 1
    assert hass.states.get("notify.zoe") is not None


async def test_a_text_that_is_delivered(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_text, "REPORT_TIMEOUT", 60.0)
    entry = await set_up(HOUSE)
    await connect(entry)
    menu = await add(hass, entry)
    assert await send(hass, menu) == "Text to Zoe was delivered."
    await until(lambda: state_of(hass, "sensor.zoe_last_message").state == "delivered")


async def test_a_dialog_that_is_submitted_twice_adds_and_sends_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(CLUB)
    menu = await add(hass, entry)
    results = await asyncio.gather(*(choose(hass, menu, "send_test") for _ in range(2)), return_exceptions=True)
    assert len(simulator.messages()) == 1
    assert any(isinstance(result, dict) and result["reason"] == "tested" for result in results)
    assert names(entry).count("Zoe") == 1


async def test_a_form_that_is_submitted_twice_adds_one_recipient(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """The second one comes while the first one waits for the account's templates."""
    entry, flows = await set_up(POINT), hass.config_entries.subentries
    form = await flows.async_init((entry.entry_id, "recipient"), context={"source": SOURCE_USER})
    entered = recipient_input({"name": "Zoe", "numbers": [NUMBERS[POINT]]})
    held = simulator.faults.add("thesmspoint", "hold", 1, path="get-templates")
    first = asyncio.create_task(flows.async_configure(form["flow_id"], entered))
    await held.reached.wait()
    second = await flows.async_configure(form["flow_id"], entered)
    held.release()
    for result in (await first, second):
        assert (result["type"], result["step_id"]) == (FlowResultType.MENU, "first_text")
    assert names(entry).count("Zoe") == 1


async def test_each_number_gets_the_text(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    first, second = (await send(hass, await add(hass, entry, numbers=[ZOE, "+33612345698"]))).split("\n\n")
    assert first.startswith(f"Text to Zoe, {ZOE}, was sent.")
    assert second.startswith("Text to Zoe, +33612345698, was sent.")


async def test_a_refused_text_loses_nobody(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    simulator.accounts["textinghouse"].credit = 0
    said = await send(hass, await add(hass, entry))
    assert said == (
        "Text to Zoe was not delivered: not enough credit. "
        "TextingHouse does not have enough credit for the text. Buy credit, then try again."
    )
    assert names(entry).count("Zoe") == 1


async def test_a_person_who_opted_out(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    entry.runtime_data.state.opt_outs.async_add(ZOE)
    said = await send(hass, await add(hass, entry))
    assert said.startswith("Text to Zoe was not delivered: the person opted out (STOP). ")


@pytest.mark.usefixtures("impatient")
async def test_a_text_that_waits(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    menu = await add(hass, entry)
    await disconnect(simulator, "textinghouse", "textinghouse_backup")
    said = await send(hass, menu)
    assert said == "Text to Zoe is waiting: the provider could not be reached. It is sent as soon as possible."


async def test_quiet_hours_count(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(dt_util.start_of_local_day() + timedelta(days=1, hours=23))
    entry = await set_up(HOUSE)
    menu = await add(hass, entry, quiet_start="22:00:00", quiet_end="07:30:00")
    said = await send(hass, menu)
    assert said == "Text to Zoe is waiting. The recipient has quiet hours. It is sent when they end, at 07:30."
    assert not simulator.messages()


@pytest.mark.parametrize("gone", ["account", "recipient", "numbers"])
async def test_what_is_gone_gets_no_text(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, gone: str) -> None:
    entry = await set_up(HOUSE)
    menu = await add(hass, entry)
    if gone == "account":
        await hass.config_entries.async_unload(entry.entry_id)
    elif gone == "numbers":
        change(hass, entry, "Zoe", numbers=[], group=FAMILY)
    else:
        hass.config_entries.async_remove_subentry(entry, recipient_id(entry, "Zoe"))
    result = await choose(hass, menu, "send_test")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "no_test_text")
    assert not simulator.messages()


async def test_an_account_that_does_not_run_offers_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE, data={"password": "wrong"})
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert (await add(hass, entry))["type"] is FlowResultType.CREATE_ENTRY
    assert names(entry).count("Zoe") == 1


async def test_a_contact_group_offers_nothing(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    assert (await add(hass, entry, numbers=[], group=FAMILY))["type"] is FlowResultType.CREATE_ENTRY


async def test_through_a_route(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    route = await set_up_route(hass, [await set_up(CLUB), await set_up(HOUSE)])
    said = await send(hass, await add(hass, route))
    assert said.startswith("Text to Zoe was sent. No report of its delivery has come yet.")
    route = await set_up_route(hass, ["gone"], title="Nowhere")
    said = await send(hass, await add(hass, route))
    assert said.startswith("Text to Zoe was not delivered")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Home alert: {#var#}", "Home alert: Test from Home Assistant"),
        ("{#var#} {#var#}: {#numeric#} cm in {#alphanumeric#}.", "Test from Home Assistant: 1 cm in 1."),
        ("The front door is open.", "The front door is open."),
    ],
)
async def test_the_text_follows_the_accounts_template(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, template: str, text: str
) -> None:
    row = next(
        each for each in simulator.accounts["thesmspoint"].templates if each["template_id"] == "1107000000000000004"
    )
    row["message"] = template
    point = await set_up(POINT)
    assert (await send(hass, await add(hass, point))).startswith("Text to Zoe was sent.")
    route = await set_up_route(hass, [point])
    await send(hass, await add(hass, route, numbers=[NUMBERS[POINT]]))
    assert [message.text for message in simulator.messages()] == [text, text]


async def test_a_template_that_is_gone(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(POINT, data={"template_id": "1107999999999999999"})
    said = await send(hass, await add(hass, entry))
    assert said.startswith("Text to Zoe was not delivered: the provider does not take a text like this.")


async def test_templates_that_cannot_be_read(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(POINT)
    menu = await add(hass, entry)
    simulator.faults.add("thesmspoint", "html", None, path="get-templates")
    assert (await send(hass, menu)).startswith("Text to Zoe was sent.")
