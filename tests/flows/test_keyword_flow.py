"""The keyword dialog finds, rents, sets up and changes keywords of an account."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import SUBENTRY_KEYWORD
from custom_components.texting.flows import keyword
from custom_components.texting.flows.card import FORGET_AFTER
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.recipients import recipients
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigEntryState, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.data_entry_flow import FlowResultType, UnknownHandler
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.simulator.accounts import Keyword
from tests.support.cards import DECLINED, card_input, in_memory
from tests.support.flows import reauth_flow, suggested
from tests.support.home import TRANSLATIONS, until

CLUB, GROUP = Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
SELLING = pytest.mark.parametrize("provider", [CLUB, GROUP])
TEXTS = TRANSLATIONS["config_subentries"]["keyword"]
HOME = "https://home.example.com"


@pytest.fixture
async def public(hass: HomeAssistant) -> None:
    """Give Home Assistant an address on the internet."""
    await async_process_ha_core_config(hass, {"external_url": HOME})


async def begin(hass: HomeAssistant, entry: MockConfigEntry) -> SubentryFlowResult:
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, SUBENTRY_KEYWORD), context={"source": SOURCE_USER}
    )


async def change(hass: HomeAssistant, entry: MockConfigEntry) -> SubentryFlowResult:
    (subentry,) = entry.get_subentries_of_type(SUBENTRY_KEYWORD)
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, SUBENTRY_KEYWORD),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry.subentry_id},
    )


async def submit(hass: HomeAssistant, form: SubentryFlowResult, **values: Any) -> SubentryFlowResult:
    """Submit a form, and check that its errors have texts."""
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], values)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert set((result.get("errors") or {}).values()) <= set(TEXTS["error"])
    assert result["type"] is not FlowResultType.ABORT or result["reason"] in TEXTS["abort"]
    return result


async def pay(hass: HomeAssistant, form: SubentryFlowResult, **card: Any) -> SubentryFlowResult:
    """Enter the card, and confirm the order."""
    page = await submit(hass, form, **card)
    assert page["step_id"] == "confirm_rent"
    return await choose(hass, page, "pay")


async def choose(hass: HomeAssistant, menu: SubentryFlowResult, step: str) -> SubentryFlowResult:
    assert menu["type"] is FlowResultType.MENU
    return await submit(hass, menu, next_step_id=step)


async def begin_own(hass: HomeAssistant, entry: MockConfigEntry, keyword: str = "ALARM") -> SubentryFlowResult:
    """Go to the setup of a keyword that is already rented."""
    return await choose(hass, await submit(hass, await begin(hass, entry), keyword=keyword), "set_up")


def keywords(entry: MockConfigEntry) -> dict[str, dict[str, Any]]:
    return {subentry.title: dict(subentry.data) for subentry in entry.get_subentries_of_type(SUBENTRY_KEYWORD)}


def own(simulator: Simulator, *names: str) -> dict[str, Keyword]:
    """Rent keywords as a user does on the provider's website."""
    rented: dict[str, Keyword] = simulator.accounts[CLUB].keywords
    rented |= {name: Keyword() for name in names}
    return rented


# -- finding a keyword -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", Provider)
async def test_only_where_the_provider_has_them(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    assert (SUBENTRY_KEYWORD in entry.supported_subentry_types) is (provider in (CLUB, GROUP))
    if provider not in (CLUB, GROUP):
        with pytest.raises(UnknownHandler):
            await begin(hass, entry)


async def test_a_route_has_recipients_only(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    account = await set_up(CLUB)
    route = MockConfigEntry(
        domain="texting",
        title="Route",
        data={"provider": "route", "accounts": [account.entry_id], "confirm_within": 0},
    )
    route.add_to_hass(hass)
    assert set(route.supported_subentry_types) == {"recipient"}


@pytest.mark.parametrize("keyword", ["", " ", "two words", "a\nb", "a\x00b", "\ud800"])
async def test_a_keyword_is_one_word(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, keyword: str) -> None:
    entry = await set_up(CLUB)
    simulator.clear_requests()
    form = await submit(hass, await begin(hass, entry), keyword=keyword)
    assert (form["step_id"], form["errors"]) == ("user", {"keyword": "invalid_keyword"})
    assert not simulator.requests()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "cut"}, "cannot_connect"),
        ({"kind": "unavailable"}, "rate_limited"),
        ({"kind": "html"}, "invalid_response"),
        ({"kind": "answer", "body": "-10"}, "cannot_connect"),
        ({"kind": "answer", "body": "-2"}, "declined"),
        ({"kind": "answer", "body": "-77"}, "declined"),
    ],
)
async def test_the_provider_cannot_check_a_keyword(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, fault: dict[str, Any], error: str
) -> None:
    form = await begin(hass, await set_up(CLUB))
    assert form["description_placeholders"] == {"account": "Club Texting"}
    simulator.faults.add(CLUB, path="keyword/check", **fault)
    form = await submit(hass, form, keyword="alarm")
    assert form["errors"] == {"base": error}
    assert suggested(form) == {"keyword": "alarm"}
    assert (await submit(hass, form, keyword="alarm"))["step_id"] == "free"


async def test_refused_credentials_are_asked_for(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(CLUB)
    simulator.accounts[CLUB].password = "changed"
    form = await submit(hass, await begin(hass, entry), keyword="alarm")
    assert form["errors"] == {"base": "invalid_auth_or_api"}
    assert reauth_flow(hass)["context"]["entry_id"] == entry.entry_id


async def test_an_account_that_does_not_run_has_no_keywords(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(CLUB)
    form = await begin(hass, entry)
    await hass.config_entries.async_unload(entry.entry_id)
    for result in (await submit(hass, form, keyword="alarm"), await begin(hass, entry)):
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "account_not_loaded")


async def test_another_keyword_may_be_chosen(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    menu = await submit(hass, await begin(hass, await set_up(CLUB)), keyword=" Pizza ")
    assert menu["step_id"] == "taken"
    assert menu["menu_options"] == {"set_up": "It is mine: set it up", "user": "Choose another keyword"}
    assert menu["description_placeholders"] == {"keyword": "Pizza", "account": "Club Texting"}
    menu = await submit(hass, await choose(hass, menu, "user"), keyword="alarm")
    assert menu["step_id"] == "free"
    assert isinstance(menu["menu_options"], dict)
    assert list(menu["menu_options"]) == ["rent", "set_up", "user"]
    page = await hass.config_entries.subentries.async_configure(menu["flow_id"])
    assert page["step_id"] == "free"
    assert (await choose(hass, menu, "user"))["step_id"] == "user"


# -- renting a keyword ---------------------------------------------------------------------------------------------


@SELLING
@pytest.mark.usefixtures("public")
async def test_a_keyword_is_rented_and_set_up(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    menu = await submit(hass, await begin(hass, entry), keyword="Alarm")
    form = await choose(hass, menu, "rent")
    assert form["data_schema"] is not None
    assert {str(marker) for marker in form["data_schema"].schema} == set(card_input())
    page = await submit(hass, form, **card_input())
    assert (page["type"], page["step_id"]) == (FlowResultType.MENU, "confirm_rent")
    assert page["menu_options"] == {"pay": "Pay now", "rent": "Change the order"}
    assert page["description_placeholders"] == {
        "provider": entry.title,
        "keyword": "Alarm",
        "card": "American Express •••• 0005",
    }
    assert not simulator.accounts[provider].keywords
    form = await choose(hass, page, "pay")
    assert form["step_id"] == "set_up"
    assert in_memory() == []
    assert form["description_placeholders"] == {
        "keyword": "Alarm",
        "account": entry.title,
        "note": "The keyword was rented, and your card was charged.",
        "detail": "",
    }
    values = {"group": "Home", "autoreply": "We will call.", "email": "home@example.com", "fixed_reply": "Thank you."}
    result = await submit(hass, form, use_webhook=True, **values)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert keywords(entry) == {"Alarm": {"keyword": "Alarm", "use_webhook": True, **values}}
    kept = simulator.accounts[provider].keywords["alarm"]
    assert (kept.group, kept.autoreply, kept.email) == ("Home", "We will call.", "home@example.com")
    assert kept.url == f"{HOME}/api/webhook/{entry.data['webhook_id']}"
    # The keyword does not count as a recipient, and the account stays loaded.
    assert entry.state is ConfigEntryState.LOADED
    assert len(recipients(entry)) == 2
    assert len(hass.states.async_entity_ids("notify")) == 2


async def test_a_declined_card_may_be_mended(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    menu = await submit(hass, await begin(hass, await set_up(CLUB)), keyword="alarm")
    form = await choose(hass, menu, "rent")
    form = await pay(hass, form, **card_input(number=DECLINED, type="visa", code="123"))
    assert (form["step_id"], form["errors"]) == ("rent", {"base": "declined"})
    assert not {"number", "code"} & set(suggested(form))
    assert not simulator.accounts[CLUB].keywords
    assert (await pay(hass, form, **card_input()))["step_id"] == "set_up"


async def test_a_card_can_be_changed_before_it_is_charged(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    menu = await submit(hass, await begin(hass, await set_up(CLUB)), keyword="alarm")
    form = await choose(hass, menu, "rent")
    assert form["description_placeholders"] == {"keyword": "alarm", "account": "Club Texting", "note": ""}
    form = await choose(hass, await submit(hass, form, **card_input()), "rent")
    assert suggested(form) == card_input(number=None, code=None)
    assert form["description_placeholders"] is not None
    assert "•••• 0005" in form["description_placeholders"]["note"]
    form = await submit(hass, form, **card_input(number=None, code=None, city=""))
    assert form["errors"] == {"city": "invalid_field"}
    page = await submit(hass, form, **card_input(number=None, code=None))
    assert (await choose(hass, page, "pay"))["step_id"] == "set_up"


async def test_a_dialog_that_is_closed_forgets_the_card(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    menu = await submit(hass, await begin(hass, await set_up(CLUB)), keyword="alarm")
    page = await submit(hass, await choose(hass, menu, "rent"), **card_input())
    await pass_time(FORGET_AFTER)
    assert in_memory() == []
    # The page without its card shows the form.
    form = await hass.config_entries.subentries.async_configure(page["flow_id"])
    assert (form["step_id"], form["errors"]) == ("rent", {})
    page = await submit(hass, form, **card_input())
    hass.config_entries.subentries.async_abort(page["flow_id"])
    assert in_memory() == []
    assert not rents(simulator)


async def test_somebody_else_was_faster(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    menu = await submit(hass, await begin(hass, await set_up(CLUB)), keyword="alarm")
    form = await choose(hass, menu, "rent")
    simulator.accounts[CLUB].taken_keywords.add("alarm")
    assert (await pay(hass, form, **card_input()))["step_id"] == "taken"
    assert in_memory() == []


async def test_a_lost_answer_ends_the_dialog_and_what_was_rented_can_be_set_up(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(CLUB)
    form = await choose(hass, await submit(hass, await begin(hass, entry), keyword="alarm"), "rent")
    simulator.faults.add(CLUB, "cut", path="keyword/rent", accept=True)
    result = await pay(hass, form, **card_input())
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "order_unknown")
    form = await begin_own(hass, entry, "alarm")
    assert (await submit(hass, form))["type"] is FlowResultType.CREATE_ENTRY
    assert set(keywords(entry)) == {"alarm"}


async def confirm(hass: HomeAssistant, page: SubentryFlowResult) -> SubentryFlowResult:
    """Confirm the order, and wait for nothing else."""
    return await hass.config_entries.subentries.async_configure(page["flow_id"], {"next_step_id": "pay"})


async def test_an_order_that_is_confirmed_twice_rents_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    menu = await submit(hass, await begin(hass, await set_up(CLUB)), keyword="alarm")
    page = await submit(hass, await choose(hass, menu, "rent"), **card_input())
    simulator.latency = 1
    renting = [asyncio.create_task(confirm(hass, page)) for _ in range(2)]
    await until(lambda: rents(simulator) and any(each.done() for each in renting))
    simulator.latency = 0
    await pass_time(1, wait=False)
    first, second = await asyncio.gather(*renting)
    assert (first["step_id"], second["errors"]) == ("set_up", {"base": "order_under_way"})
    assert len([request for request in simulator.requests() if "rent" in request.path]) == 1


def rents(simulator: Simulator) -> int:
    return len([request for request in simulator.requests() if "rent" in request.path])


async def test_a_browser_that_disconnects_rents_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    menu = await submit(hass, await begin(hass, await set_up(CLUB)), keyword="alarm")
    form = await submit(hass, await choose(hass, menu, "rent"), **card_input())
    simulator.latency = 1
    submitting = asyncio.create_task(confirm(hass, form))
    await until(lambda: rents(simulator))
    submitting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await submitting
    form = await confirm(hass, form)
    assert (form["step_id"], form["errors"]) == ("rent", {"base": "order_under_way"})
    simulator.latency = 0
    await pass_time(1, wait=False)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert in_memory() == []
    form = await submit(hass, form)
    assert form["step_id"] == "set_up"
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["note"].startswith("The keyword was rented, and your card was charged.")
    assert rents(simulator) == 1
    assert (await submit(hass, form))["type"] is FlowResultType.CREATE_ENTRY


async def test_a_failure_after_renting_does_not_rent_again(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    menu = await submit(hass, await begin(hass, await set_up(CLUB)), keyword="alarm")
    form = await submit(hass, await choose(hass, menu, "rent"), **card_input())
    with monkeypatch.context() as broken:
        broken.setattr(keyword, "async_webhook_url", None)
        with pytest.raises(TypeError):
            await confirm(hass, form)
    assert (await confirm(hass, form))["step_id"] == "set_up"
    assert rents(simulator) == 1


@pytest.mark.parametrize("late", [False, True])
async def test_an_account_that_is_unloaded_after_renting_says_what_was_charged(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, *, late: bool
) -> None:
    entry = await set_up(CLUB)
    form = await choose(hass, await submit(hass, await begin(hass, entry), keyword="alarm"), "rent")
    if late:
        form = await pay(hass, form, **card_input())
        await hass.config_entries.async_unload(entry.entry_id)
        result = await submit(hass, form)
    else:
        simulator.latency = 1
        renting = asyncio.create_task(pay(hass, form, **card_input()))
        await until(lambda: rents(simulator))
        await hass.config_entries.async_unload(entry.entry_id)
        assert not renting.done()
        simulator.latency = 0
        await pass_time(1, wait=False)
        result = await renting
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "rented_not_loaded")
    await hass.config_entries.async_setup(entry.entry_id)
    assert (await submit(hass, await begin_own(hass, entry, "alarm")))["type"] is FlowResultType.CREATE_ENTRY


async def test_it_may_be_rented_on_the_providers_site(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(CLUB)
    menu = await submit(hass, await begin(hass, entry), keyword="alarm")
    form = await submit(hass, await choose(hass, menu, "set_up"))
    assert (form["step_id"], form["errors"]) == ("set_up", {"base": "wrong_keyword"})
    own(simulator, "alarm")
    assert (await submit(hass, form))["type"] is FlowResultType.CREATE_ENTRY


# -- setting up a keyword ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("public")
async def test_a_keyword_that_is_somebody_elses(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(CLUB)
    form = await submit(hass, await begin_own(hass, entry, "pizza"), use_webhook=True)
    assert form["errors"] == {"base": "wrong_keyword"}
    assert keywords(entry) == {}


async def test_a_keyword_is_set_up_only_once(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    own(simulator, "alarm")
    entry = await set_up(CLUB)
    first, second = await begin_own(hass, entry), await begin_own(hass, entry, "alarm")
    assert (await submit(hass, first))["type"] is FlowResultType.CREATE_ENTRY
    form = await submit(hass, await begin(hass, entry), keyword="aLARM")
    assert form["errors"] == {"keyword": "keyword_exists"}
    late = await submit(hass, second)
    assert (late["type"], late["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert list(keywords(entry)) == ["ALARM"]


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"group": "Nobody"}, {"group": "wrong_group"}),
        ({"group": "a\x00b"}, {"group": "wrong_group"}),
        ({"autoreply": "a" * 161}, {"autoreply": "wrong_autoreply"}),
        ({"autoreply": "Réponse"}, {"autoreply": "wrong_autoreply"}),
        ({"email": "nobody"}, {"email": "wrong_email"}),
        ({"fixed_reply": "a" * 161}, {"fixed_reply": "invalid_reply"}),
        ({"fixed_reply": "日本"}, {"fixed_reply": "invalid_reply"}),
        ({"fixed_reply": "\ud800"}, {"fixed_reply": "invalid_reply"}),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, values: dict[str, str], errors: dict[str, str]
) -> None:
    before = own(simulator, "alarm")["alarm"]
    entry = await set_up(CLUB)
    form = await submit(hass, await begin_own(hass, entry), use_webhook=False, **values)
    assert (form["step_id"], form["errors"]) == ("set_up", errors)
    assert suggested(form) == {"use_webhook": False, **values}
    assert form["description_placeholders"] is not None
    assert (form["description_placeholders"]["detail"] != "") is ("fixed_reply" in errors)
    assert before == Keyword()
    assert keywords(entry) == {}
    assert (await submit(hass, form, use_webhook=True))["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("public")
async def test_an_address_that_the_provider_does_not_take(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    own(simulator, "alarm")
    form = await begin_own(hass, await set_up(CLUB))
    simulator.faults.add(CLUB, "answer", path="keyword/setup", body="-5")
    form = await submit(hass, form, use_webhook=True)
    assert form["errors"] == {"use_webhook": "wrong_url"}


async def test_a_lost_answer_of_a_set_up_is_asked_again(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    """The user can submit the form again, because a second setup of a keyword has no further effect."""
    own(simulator, "alarm")
    form = await begin_own(hass, await set_up(CLUB))
    simulator.faults.add(CLUB, "cut", path="keyword/setup", accept=True)
    form = await submit(hass, form, group="Home")
    assert form["errors"] == {"base": "cannot_connect"}
    assert (await submit(hass, form, group="Home"))["type"] is FlowResultType.CREATE_ENTRY


async def test_characters_of_a_fixed_reply_are_replaced_if_the_account_says_so(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    own(simulator, "alarm")
    entry = await set_up(CLUB, options={"replace_characters": True})
    await submit(hass, await begin_own(hass, entry), fixed_reply="Réponse…")
    assert keywords(entry)["ALARM"]["fixed_reply"] == "Reponse..."


@pytest.mark.parametrize(
    ("url", "note"),
    [("http://192.168.1.5:8123", "This address only works within your home."), (None, "Home Assistant has no address")],
)
async def test_without_an_address_on_the_internet_the_provider_cannot_call(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, url: str | None, note: str
) -> None:
    rented = own(simulator, "alarm")
    entry = await set_up(CLUB)
    if url:
        await async_process_ha_core_config(hass, {"internal_url": url})
    else:
        hass.config.api = None
    form = await begin_own(hass, entry)
    assert form["data_schema"] is not None
    assert "use_webhook" not in form["data_schema"].schema
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["note"].startswith(note)
    assert (await submit(hass, form, group="Home"))["type"] is FlowResultType.CREATE_ENTRY
    assert (rented["alarm"].group, rented["alarm"].url) == ("Home", "")


# -- changing a keyword --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("public")
async def test_a_keyword_is_changed(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    rented = own(simulator, "alarm")
    entry = await set_up(CLUB)
    await submit(hass, await begin_own(hass, entry), use_webhook=False, group="Home", fixed_reply="Thank you.")
    assert rented["alarm"].url == ""
    form = await change(hass, entry)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "reconfigure")
    assert suggested(form) == {"use_webhook": False, "group": "Home", "fixed_reply": "Thank you."}
    form = await submit(hass, form, use_webhook=True, group="Nobody")
    assert form["errors"] == {"group": "wrong_group"}
    result = await submit(hass, form, use_webhook=True, email="home@example.com")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert keywords(entry) == {"ALARM": {"keyword": "ALARM", "use_webhook": True, "email": "home@example.com"}}
    # If a field is empty, the provider keeps its setting.
    assert (rented["alarm"].group, rented["alarm"].email) == ("Home", "home@example.com")
    assert rented["alarm"].url.startswith(HOME)
    assert entry.state is ConfigEntryState.LOADED


async def test_a_keyword_that_was_given_up_cannot_be_changed(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    rented = own(simulator, "alarm")
    entry = await set_up(CLUB)
    await submit(hass, await begin_own(hass, entry), group="Home")
    rented.clear()
    form = await submit(hass, await change(hass, entry), group="Home")
    assert form["errors"] == {"base": "wrong_keyword"}
    await hass.config_entries.async_unload(entry.entry_id)
    result = await change(hass, entry)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "account_not_loaded")
