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
from tests.support.accounts import RECIPIENTS
from tests.support.flows import fields_of, is_added, opened, recipient_values, submit_recipient as submit, suggested
from tests.support.home import notify

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
HOUSE, PRO = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO
CLUB, POINT = Provider.CLUB_TEXTING, Provider.THESMSPOINT
# A country of each provider, and a number there as people write it at home and in E.164.
_FRANCE = ("FR", "06 12 34 56 78", "+33612345678")
_AMERICA = ("US", "(212) 555-0149", "+12125550149")
NATIONAL = {
    HOUSE: _FRANCE,
    PRO: _FRANCE,
    CLUB: _AMERICA,
    Provider.GROUP_TEXTING: _AMERICA,
    POINT: ("IN", "081234 56789", "+918123456789"),
}
# The variables of the form that tell which numbers a provider takes, in a French home.
_ANYWHERE = {"countries": "", "example": "+33 6 12 34 56 78"}
_THERE = {"countries": "the United States and Canada", "example": "+1 201-555-0123"}
OF_PROVIDER = {
    HOUSE: {"provider": "TextingHouse", **_ANYWHERE},
    PRO: {"provider": "TextioPro", **_ANYWHERE},
    CLUB: {"provider": "Club Texting", **_THERE},
    Provider.GROUP_TEXTING: {"provider": "Group Texting", **_THERE},
    POINT: {"provider": "TheSMSPoint", "countries": "India", "example": "+91 81234 56789"},
}


async def begin(hass: HomeAssistant, entry: MockConfigEntry) -> SubentryFlowResult:
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "recipient"), context={"source": SOURCE_USER}
    )


async def change(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> SubentryFlowResult:
    subentry = next(subentry for subentry in entry.subentries.values() if subentry.title == name)
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "recipient"), context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry.subentry_id}
    )


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
    info = GATEWAYS[provider].info
    assert form["description_placeholders"] == {"number": "", "country": "France", "note": ""} | OF_PROVIDER[provider]
    assert form["data_schema"] is not None
    visible = [str(marker) for marker in form["data_schema"].schema]
    sections = ["more_numbers", "quiet_hours", "commands", "advanced"]
    if not info.receives:
        sections.remove("commands")
    if provider in (Provider.CLUB_TEXTING, Provider.GROUP_TEXTING):
        sections.remove("advanced")
    assert visible == ["name", "number", *(["group"] if provider is PRO else []), "person", *sections]
    assert opened(form) == set()
    assert fields_of(form).keys() == {"name", "number", "numbers", "person", "quiet_start", "quiet_end"} | (
        {"type", "group"} if provider is PRO else set()
    ) | ({"sender"} if "sender" in info.capabilities else set()) | (
        {"allow_commands", "pin"} if info.receives else set()
    ) | (set() if info.blocks_opt_outs else {"urgent_after_stop"})


@EVERY_PROVIDER
async def test_a_national_number_is_read_with_the_homes_country(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    hass.config.country, national, number = NATIONAL[provider]
    entry = await set_up(provider)
    result = await submit(hass, await begin(hass, entry), name=" Zoe ", numbers=[national])
    assert is_added(result)
    assert recipients(entry)["Zoe"]["numbers"] == [number]
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
        ({"numbers": ["{number}", "12"]}, {"base": "invalid_number"}, "12"),
        ({"numbers": ["Anna"]}, {"number": "invalid_number"}, "Anna"),
        ({"numbers": ["+33 6 12 34 56 78 ext 5"]}, {"number": "invalid_number"}, "+33 6 12 34 56 78 ext 5"),
        ({"numbers": ["0612345678, 0612345679"]}, {"number": "invalid_number"}, "0612345678, 0612345679"),
        ({"numbers": [" "]}, {"number": "no_number"}, ""),
        ({"numbers": [""]}, {"number": "no_number"}, ""),
        ({"name": "  "}, {"name": "no_name"}, ""),
        ({"name": "{first}"}, {"name": "name_exists"}, ""),
        ({"quiet_start": "22:00:00"}, {"base": "quiet_hours_incomplete"}, ""),
        ({"quiet_end": "07:00:00"}, {"base": "quiet_hours_incomplete"}, ""),
        ({"quiet_start": "22:00", "quiet_end": "22:00:00"}, {"base": "quiet_hours_empty"}, ""),
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
    right: dict[str, Any] = {"name": "Zoe", "numbers": [NATIONAL[provider][2]]}
    wrong = right | {
        name: value.format(first=taken) if isinstance(value, str) else value for name, value in values.items()
    }
    if "numbers" in values:
        wrong["numbers"] = [each.format(number=right["numbers"][0]) for each in values["numbers"]]
    if provider is PRO and errors == {"number": "no_number"}:
        errors = {"number": "no_number_or_group"}
    form = await submit(hass, await begin(hass, entry), **wrong)
    assert (form["type"], form["errors"]) == (FlowResultType.FORM, errors)
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["number"] == number
    assert recipient_values(form)["numbers"] == [each for each in wrong["numbers"] if each]
    # A section whose field is wrong is open, because its error stands at the top.
    assert bool(opened(form)) is ("base" in errors)
    assert recipients(entry) == before
    assert is_added(await submit(hass, form, **right))


@EVERY_PROVIDER
async def test_quiet_hours(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider) -> None:
    entry = await set_up(provider)
    numbers = recipients(entry).popitem()[1]["numbers"]
    hours = {"quiet_start": "22:30", "quiet_end": "7:05:00"}
    await submit(hass, await begin(hass, entry), name="Zoe", numbers=numbers, **hours)
    form = await change(hass, entry, "Zoe")
    assert {name: suggested(form)[name] for name in hours} == {"quiet_start": "22:30:00", "quiet_end": "07:05:00"}
    assert opened(form) == {"more_numbers", "quiet_hours"}
    assert quiet_of(entry, "Zoe") == QuietHours(time(22, 30), time(7, 5))
    await submit(hass, form, name="Zoe", numbers=numbers)
    assert not hours.keys() & recipients(entry)["Zoe"].keys()
    assert quiet_of(entry, "Zoe") is None


@pytest.mark.parametrize("wrong", ["late", "25:00:00", "", 22])
async def test_quiet_hours_are_times(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, wrong: object) -> None:
    entry = await set_up(HOUSE)
    with pytest.raises(InvalidData) as caught:
        await submit(hass, await begin(hass, entry), name="Zoe", numbers=["0612345678"], quiet_start=wrong)
    assert set(caught.value.schema_errors) == {"base"}


async def test_without_a_country_only_whole_numbers_are_read(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    hass.config.country = None
    form = await begin(hass, await set_up(HOUSE))
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["country"] == "not set yet"
    assert form["description_placeholders"]["example"] == "+33 6 12 34 56 78"
    form = await submit(hass, form, name="Zoe", numbers=["0612345678"])
    assert form["errors"] == {"number": "invalid_number"}
    assert is_added(await submit(hass, form, name="Zoe", numbers=["+33612345678"]))


@EVERY_PROVIDER
@pytest.mark.parametrize("place", ["first", "later", "first of several"])
async def test_a_number_of_a_country_that_is_not_served(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider, place: str
) -> None:
    entry = await set_up(provider)
    right = NATIONAL[provider][2]
    for country, national, number in (_FRANCE, _AMERICA, NATIONAL[POINT], ("CA", "(204) 234-5678", "+12042345678")):
        hass.config.country = country
        numbers = {"first": [national], "later": [right, national], "first of several": [national, right]}[place]
        result = await submit(hass, await begin(hass, entry), name=f"Zoe {country}", numbers=numbers)
        if GATEWAYS[provider].info.serves(number):
            assert is_added(result)
            continue
        assert result["errors"] == {"base" if place == "later" else "number": "country_not_served"}
        assert ("more_numbers" in opened(result)) is (place != "first")
        assert result["description_placeholders"] == OF_PROVIDER[provider] | {
            "number": national,
            "country": {"FR": "France", "US": "United States", "IN": "India", "CA": "Canada"}[country],
            "note": "",
        }
        assert is_added(await submit(hass, result, name=f"Zoe {country}", numbers=[right]))


@pytest.mark.parametrize(("country", "example"), [("CA", "+1 506-234-5678"), ("US", "+1 201-555-0123")])
async def test_the_example_is_of_the_homes_country_if_that_is_served(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, country: str, example: str
) -> None:
    hass.config.country = country
    form = await begin(hass, await set_up(CLUB))
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["example"] == example
    form = await begin(hass, await set_up(POINT))
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["example"] == "+91 81234 56789"


@pytest.mark.parametrize(
    ("country", "name", "example"),
    [
        ("CI", "Côte d’Ivoire", "+225 01 23 45 6789"),
        ("BL", "St Barthelemy", "+590 690 00 12 34"),
        # Nobody lives there, so there is no example of a number.
        ("BV", "Bouvet Island", "+33 6 12 34 56 78"),
        # A country that the table does not know keeps its code.
        ("XK", "XK", "+383 43 201 234"),
    ],
)
async def test_countries_are_named(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, country: str, name: str, example: str
) -> None:
    hass.config.country = country
    form = await begin(hass, await set_up(HOUSE))
    assert form["description_placeholders"] is not None
    assert (form["description_placeholders"]["country"], form["description_placeholders"]["example"]) == (name, example)


@pytest.mark.parametrize(
    ("entered", "read"),
    [
        (["0033 6 12 34 56 78"], ["+33612345678"]),
        (["06.12.34.56.78", "+33612345678", "06 12 34 56 79"], ["+33612345678", "+33612345679"]),
        (["", "0612345678"], ["+33612345678"]),
    ],
)
async def test_numbers_as_people_write_them(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, entered: list[str], read: list[str]
) -> None:
    entry = await set_up(HOUSE)
    assert is_added(await submit(hass, await begin(hass, entry), name="Zoe", numbers=entered))
    assert recipients(entry)["Zoe"]["numbers"] == read


# -- changing ------------------------------------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_a_recipient_is_changed(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    (first, data), (second, _) = recipients(entry).items()
    form = await change(hass, entry, first)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "reconfigure")
    assert recipient_values(form) == {"name": first, **data}
    assert opened(form) == set()
    form = await submit(hass, form, name=second.lower(), numbers=data["numbers"])
    assert form["errors"] == {"name": "name_exists"}
    hass.config.country, national, number = NATIONAL[provider]
    result = await submit(hass, form, name=f"{first} at work", numbers=[national])
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert set(recipients(entry)) == {f"{first} at work", second}
    assert recipients(entry)[f"{first} at work"]["numbers"] == [number]
    assert entry.state is ConfigEntryState.LOADED


async def test_the_sections_with_something_in_them_are_open(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(PRO)
    values: dict[str, Any] = {"name": "Zoe", "numbers": ["0612345678"]}
    for more, section in (
        ({"numbers": ["0612345678", "0612345679"]}, "more_numbers"),
        ({"quiet_start": "22:00:00", "quiet_end": "07:00:00"}, "quiet_hours"),
        ({"allow_commands": True}, "commands"),
        ({"pin": "2580"}, "commands"),
        ({"type": "whatsapp"}, "advanced"),
        ({"sender": "House"}, "advanced"),
        ({"urgent_after_stop": True}, "advanced"),
    ):
        await submit(hass, await begin(hass, entry), **values | more)
        form = await change(hass, entry, "Zoe")
        assert opened(form) == {section}, more
        assert {"name": "Zoe", "number": "+33612345678"}.items() <= suggested(form).items()
        hass.config_entries.async_remove_subentry(entry, list(entry.subentries)[-1])


@pytest.mark.parametrize("stored", ["+33612345678", "+12125550142"])
async def test_a_stored_number_of_another_country_stays(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, stored: str
) -> None:
    """It was accepted once. Changing something else must not fail because of it, and adding another one must."""
    entry = await set_up(POINT)
    first = next(iter(RECIPIENTS[POINT]))
    subentry = next(each for each in entry.subentries.values() if each.title == first)
    hass.config_entries.async_update_subentry(entry, subentry, data={"numbers": [stored, "+918123456789"]})
    form = await change(hass, entry, first)
    result = await submit(hass, form, name="Zoe", numbers=[stored, "+918123456789"])
    assert result["reason"] == "reconfigure_successful"
    form = await submit(hass, await change(hass, entry, "Zoe"), name="Zoe", numbers=[stored, "+33612345699"])
    assert form["errors"] == {"base": "country_not_served"}
    await submit(hass, form, name="Zoe", numbers=["+918123456789"])
    form = await submit(hass, await change(hass, entry, "Zoe"), name="Zoe", numbers=[stored])
    assert form["errors"] == {"number": "country_not_served"}


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
    values: dict[str, Any] = {"name": "Zoe", "numbers": [NATIONAL[provider][2]], "sender": sender}
    result = await submit(hass, await begin(hass, entry), **values, **({"type": kind} if kind else {}))
    if not fits:
        error = "invalid_sender_or_number" if provider is Provider.TEXTIOPRO else "invalid_sender"
        assert (result["type"], result["errors"]) == (FlowResultType.FORM, {"base": error})
        assert "advanced" in opened(result)
        assert "Zoe" not in recipients(entry)
        result = await submit(hass, result, **values | {"sender": "Home"})
    assert is_added(result)


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
