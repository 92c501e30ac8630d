from datetime import time
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.delivery.checks import QuietHours
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.recipients import recipients as known_recipients
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigEntryState, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.flows import suggested
from tests.support.home import notify

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
HOUSE, PRO = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO


async def begin(hass: HomeAssistant, entry: MockConfigEntry) -> SubentryFlowResult:
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "recipient"), context={"source": SOURCE_USER}
    )


async def change(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> SubentryFlowResult:
    subentry = next(subentry for subentry in entry.subentries.values() if subentry.title == name)
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "recipient"), context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry.subentry_id}
    )


async def submit(hass: HomeAssistant, form: SubentryFlowResult, **values: Any) -> SubentryFlowResult:
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], values)
    await hass.async_block_till_done()
    return result


def recipients(entry: MockConfigEntry) -> dict[str, dict[str, Any]]:
    return {subentry.title: dict(subentry.data) for subentry in entry.subentries.values()}


def quiet_of(entry: MockConfigEntry, name: str) -> QuietHours | None:
    return next(recipient.quiet_hours for recipient in known_recipients(entry) if recipient.name == name)


@EVERY_PROVIDER
async def test_the_form_asks_for_what_the_provider_has(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    form = await begin(hass, await set_up(provider))
    assert (form["type"], form["step_id"], form["errors"]) == (FlowResultType.FORM, "user", {})
    assert form["description_placeholders"] == {"number": "", "country": "FR", "note": ""}
    assert form["data_schema"] is not None
    fields = {str(marker) for marker in form["data_schema"].schema}
    info = GATEWAYS[provider].info
    assert fields == {"name", "numbers", "person", "quiet_start", "quiet_end"} | (
        {"type", "group"} if provider is PRO else set()
    ) | ({"sender"} if "sender" in info.capabilities else set()) | (
        {"allow_commands", "pin"} if info.receives else set()
    ) | (set() if info.blocks_opt_outs else {"urgent_after_stop"})


@EVERY_PROVIDER
async def test_a_national_number_is_read_with_the_homes_country(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    result = await submit(hass, await begin(hass, entry), name=" Zoe ", numbers=["06 12 34 56 78"])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert recipients(entry)["Zoe"]["numbers"] == ["+33612345678"]
    assert entry.state is ConfigEntryState.LOADED
    assert hass.states.get("notify.zoe") is not None


async def test_several_numbers_each_once(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    numbers = ["0612345678", " ", "+33 6 12 34 56 78", "0033 7 12 34 56 78", "+1 (212) 555-0142"]
    await submit(hass, await begin(hass, entry), name="Zoe", numbers=numbers)
    assert recipients(entry)["Zoe"] == {"numbers": ["+33612345678", "+33712345678", "+12125550142"]}


async def test_a_type_and_a_sender_of_its_own(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    values = {"numbers": ["0612345678"], "type": "whatsapp", "sender": "House"}
    await submit(hass, await begin(hass, entry), name="Zoe", **values)
    assert recipients(entry)["Zoe"] == values | {"numbers": ["+33612345678"]}
    await notify(hass, "notify.zoe", "Hello")
    (message,) = simulator.messages()
    assert (message.sender, message.extra["type"]) == ("House", "whatsapp")


async def test_a_sender_left_empty_is_none(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE, data={"sender": "MyHome"})
    await submit(hass, await begin(hass, entry), name="Zoe", numbers=["0612345678"], sender=" ")
    assert recipients(entry)["Zoe"] == {"numbers": ["+33612345678"]}
    await notify(hass, "notify.zoe", "Hello")
    assert simulator.messages()[0].sender == "MyHome"


@EVERY_PROVIDER
@pytest.mark.parametrize(
    ("values", "errors", "number"),
    [
        ({"numbers": ["0612345678", "12"]}, {"numbers": "invalid_number"}, "12"),
        ({"numbers": ["Anna"]}, {"numbers": "invalid_number"}, "Anna"),
        ({"numbers": ["", " "]}, {"numbers": "no_number"}, ""),
        ({"numbers": []}, {"numbers": "no_number"}, ""),
        ({"name": "  "}, {"name": "no_name"}, ""),
        ({"name": "{first}"}, {"name": "name_exists"}, ""),
        ({"quiet_start": "22:00:00"}, {"quiet_end": "quiet_hours_incomplete"}, ""),
        ({"quiet_end": "07:00:00"}, {"quiet_start": "quiet_hours_incomplete"}, ""),
        ({"quiet_start": "22:00", "quiet_end": "22:00:00"}, {"quiet_end": "quiet_hours_empty"}, ""),
    ],
)
async def test_errors_are_shown_and_can_be_corrected(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    provider: Provider,
    values: dict[str, Any],
    errors: dict[str, str],
    number: str,
) -> None:
    entry = await set_up(provider)
    before = recipients(entry)
    taken = next(iter(before)).upper()
    right = {"name": "Zoe", "numbers": ["0612345678"]}
    wrong = right | {
        name: value.format(first=taken) if isinstance(value, str) else value for name, value in values.items()
    }
    if provider is PRO and errors == {"numbers": "no_number"}:
        errors = {"numbers": "no_number_or_group"}
    form = await submit(hass, await begin(hass, entry), **wrong)
    assert (form["type"], form["errors"]) == (FlowResultType.FORM, errors)
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["number"] == number
    assert suggested(form)["numbers"] == wrong["numbers"]
    assert recipients(entry) == before
    result = await submit(hass, form, **right)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@EVERY_PROVIDER
async def test_quiet_hours(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider) -> None:
    entry = await set_up(provider)
    numbers = recipients(entry).popitem()[1]["numbers"]
    hours = {"quiet_start": "22:30", "quiet_end": "7:05:00"}
    await submit(hass, await begin(hass, entry), name="Zoe", numbers=numbers, **hours)
    form = await change(hass, entry, "Zoe")
    assert {name: suggested(form)[name] for name in hours} == {"quiet_start": "22:30:00", "quiet_end": "07:05:00"}
    assert quiet_of(entry, "Zoe") == QuietHours(time(22, 30), time(7, 5))
    await submit(hass, form, name="Zoe", numbers=numbers)
    assert not hours.keys() & recipients(entry)["Zoe"].keys()
    assert quiet_of(entry, "Zoe") is None


@pytest.mark.parametrize("wrong", ["late", "25:00:00", "", 22])
async def test_quiet_hours_are_times(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, wrong: object) -> None:
    entry = await set_up(HOUSE)
    with pytest.raises(InvalidData) as caught:
        await submit(hass, await begin(hass, entry), name="Zoe", numbers=["0612345678"], quiet_start=wrong)
    assert set(caught.value.schema_errors) == {"quiet_start"}


async def test_without_a_country_only_whole_numbers_are_read(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    hass.config.country = None
    form = await begin(hass, await set_up(HOUSE))
    assert form["description_placeholders"] == {"number": "", "country": "—", "note": ""}
    form = await submit(hass, form, name="Zoe", numbers=["0612345678"])
    assert form["errors"] == {"numbers": "invalid_number"}
    result = await submit(hass, form, name="Zoe", numbers=["+33612345678"])
    assert result["type"] is FlowResultType.CREATE_ENTRY


# -- changing ------------------------------------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_a_recipient_is_changed(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    (first, data), (second, _) = recipients(entry).items()
    form = await change(hass, entry, first)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "reconfigure")
    assert suggested(form) == {"name": first, **data}
    form = await submit(hass, form, name=second.lower(), numbers=data["numbers"])
    assert form["errors"] == {"name": "name_exists"}
    result = await submit(hass, form, name=f"{first} at work", numbers=["06 12 34 56 78"])
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert set(recipients(entry)) == {f"{first} at work", second}
    assert recipients(entry)[f"{first} at work"]["numbers"] == ["+33612345678"]
    assert entry.state is ConfigEntryState.LOADED


async def test_the_case_of_a_name_can_change(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    result = await submit(hass, await change(hass, entry, "Anna"), name="ANNA", numbers=["0612345601"])
    assert result["reason"] == "reconfigure_successful"
    assert set(recipients(entry)) == {"ANNA", "Ben"}


async def test_changes_apply_from_the_next_text_on(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE)
    await submit(hass, await change(hass, entry, "Anna"), name="Anna", numbers=["0612345699"], sender="House")
    await notify(hass, "notify.anna", "Hello")
    (message,) = simulator.messages()
    assert (message.to, message.sender) == ("33612345699", "House")
    await submit(hass, await change(hass, entry, "Anna"), name="Anna", numbers=["0612345699"])
    await notify(hass, "notify.anna", "Hello again")
    assert simulator.messages()[-1].sender == ""


async def test_a_recipient_can_be_added_to_an_account_that_does_not_load(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE, data={"password": "wrong"})
    assert entry.state is ConfigEntryState.SETUP_ERROR
    result = await submit(hass, await begin(hass, entry), name="Zoe", numbers=["0612345678"])
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("provider", "sender", "kind", "fits"),
    [
        (HOUSE, "My Home", None, False),
        (HOUSE, "TwelveLetter", None, False),
        (HOUSE, "+33612345678", None, False),
        (HOUSE, "Home42", None, True),
        (PRO, "My Home", "sms", True),
        (PRO, "My/Home", "sms", False),
        (PRO, "My/Home", "voice", False),
        (PRO, "My Home", "whatsapp", True),
        (PRO, "My Home", "viber", True),
        (PRO, "+33612345678", "sms", True),
        (Provider.THESMSPOINT, "A sender, as it likes", None, True),
    ],
)
async def test_a_sender_the_provider_does_not_take(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    provider: Provider,
    sender: str,
    kind: str | None,
    fits: bool,
) -> None:
    entry = await set_up(provider)
    values: dict[str, Any] = {"name": "Zoe", "numbers": ["0612345678"], "sender": sender}
    result = await submit(hass, await begin(hass, entry), **values, **({"type": kind} if kind else {}))
    if not fits:
        error = "invalid_sender_or_number" if provider is Provider.TEXTIOPRO else "invalid_sender"
        assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"sender": error})
        assert "Zoe" not in recipients(entry)
        result = await submit(hass, result, **values | {"sender": "Home"})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_the_groups_of_an_account_that_is_not_loaded_are_unknown(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(PRO)
    await hass.config_entries.async_unload(entry.entry_id)
    simulator.clear_requests()
    form = await begin(hass, entry)
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["note"].startswith("The account's contact groups cannot be read")
    result = await submit(hass, form, name="Everyone", group="6415907d0d37a")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert not [request for request in simulator.requests() if "contacts" in request.path]
