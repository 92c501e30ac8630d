"""Buying credits: the form, errors and uncertain orders. No place stores the card."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.texting.flows.card import FORGET_AFTER, SECRET
from custom_components.texting.gateway.orders import Card
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.gateway.transport import Transport
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData, UnknownFlow
from homeassistant.setup import async_setup_component
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.cards import AMEX, AMEX_CODE, DECLINED, Watch, card_input, finds, in_memory
from tests.support.flows import reauth_flow, suggested
from tests.support.home import TRANSLATIONS, state_of, until

CLUB, GROUP = Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
SELLING = pytest.mark.parametrize("provider", [CLUB, GROUP])
TEXTS = TRANSLATIONS["options"]
BUY = "/api/credits/buy"
PAY = {"next_step_id": "pay"}
BALANCE = "sensor.club_texting_credit_balance"


async def choose(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    return await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": "buy_credits"})


async def enter(hass: HomeAssistant, form: ConfigFlowResult, amount: int = 200, **changes: Any) -> ConfigFlowResult:
    """Submit the form, and check that its errors have texts."""
    return await submit(hass, form, {"credits": amount, **card_input(**changes)})


async def pay(hass: HomeAssistant, page: ConfigFlowResult) -> ConfigFlowResult:
    """Confirm the order."""
    assert (page["type"], page["step_id"]) == (FlowResultType.MENU, "confirm_credits")
    return await submit(hass, page, PAY)


async def buy(hass: HomeAssistant, form: ConfigFlowResult, amount: int = 200, **changes: Any) -> ConfigFlowResult:
    """Submit the form, and confirm the order if the form has no errors."""
    result = await enter(hass, form, amount, **changes)
    return await pay(hass, result) if result["type"] is FlowResultType.MENU else result


async def submit(hass: HomeAssistant, form: ConfigFlowResult, values: dict[str, Any]) -> ConfigFlowResult:
    result = await hass.config_entries.options.async_configure(form["flow_id"], values)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert set((result.get("errors") or {}).values()) <= set(TEXTS["error"])
    assert result["type"] is not FlowResultType.ABORT or result["reason"] in TEXTS["abort"]
    return result


def orders(simulator: Simulator, path: str = BUY) -> list[dict[str, Any]]:
    return [request.params for request in simulator.requests() if path in request.path]


# -- the form ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", Provider)
async def test_the_menu_offers_it_where_the_provider_sells(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    menu = await hass.config_entries.options.async_init((await set_up(provider)).entry_id)
    assert menu["menu_options"] is not None
    assert ("buy_credits" in menu["menu_options"]) is ("credit_purchase" in GATEWAYS[provider].info.capabilities)
    assert ("buy_credits" in menu["menu_options"]) is (provider in (CLUB, GROUP))


async def test_the_browser_can_fill_in_the_fields(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    form = await choose(hass, await set_up(CLUB))
    assert (form["step_id"], form["errors"]) == ("buy_credits", {})
    assert form["data_schema"] is not None
    fields = {str(marker): selector for marker, selector in form["data_schema"].schema.items()}
    assert set(fields) == {"credits", *card_input()}
    masked = {name for name, field in fields.items() if getattr(field, "config", {}).get("type") == "password"}
    assert masked == set(SECRET)
    assert fields["type"].config["options"] == ["mc", "visa", "ax", "ds", "jcb"]
    # A browser chooses a value for a required field without one: the first card type, or 0 credits.
    assert form["description_placeholders"] == {"account": "Club Texting", "note": ""}
    assert not any(isinstance(marker, vol.Required) for marker in form["data_schema"].schema)
    assert suggested(form) == {}
    filled = [fields[name].config["autocomplete"] for name in ("number", "code", "month", "year")]
    assert filled == ["cc-number", "cc-csc", "cc-exp-month", "cc-exp-year"]


# -- orders --------------------------------------------------------------------------------------------------------


@SELLING
async def test_credits_are_bought(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider) -> None:
    entry = await set_up(provider, options={"balance_interval": 60})
    balance = f"sensor.{provider}_credit_balance"
    before = int(state_of(hass, balance).state)
    result = await buy(hass, await choose(hass, entry))
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "credits_bought")
    assert result["description_placeholders"] == {"account": entry.title, "credits": "200"}
    assert int(state_of(hass, balance).state) == before + 200
    (order,) = orders(simulator)
    given = [order[name] for name in ("FirstName", "Zip", "Type", "Expm", "Expy", "Credits")]
    assert given == ["Clara", "10001", "AX", "07", "31", "200"]
    # The page can be shown again. The options stay the same when the user closes it.
    page = await hass.config_entries.options.async_configure(result["flow_id"])
    assert page["step_id"] == "credits_bought"
    closed = await hass.config_entries.options.async_configure(result["flow_id"], {})
    assert closed["type"] is FlowResultType.CREATE_ENTRY
    assert dict(entry.options) == {"balance_interval": 60}
    assert len(orders(simulator)) == 1


@pytest.mark.parametrize(
    ("kind", "number", "code", "word"),
    [
        ("mc", "5555-5555-5555-4444", "123", "MC"),
        ("visa", "4111 1111 1111 1111", "123", "Visa"),
        ("ax", AMEX, "1234", "AX"),
        ("ds", "6011111111111117", "123", "DS"),
        ("jcb", "3530111333300000", "123", "JCB"),
    ],
)
async def test_every_card_type_is_told_in_the_providers_word(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, kind: str, number: str, code: str, word: str
) -> None:
    form = await choose(hass, await set_up(CLUB))
    result = await buy(hass, form, type=kind, number=number, code=code, month="07", year="31")
    assert result["step_id"] == "credits_bought"
    assert orders(simulator)[0]["Type"] == word


async def test_credits_that_arrive_later_are_shown_a_little_later(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(CLUB, options={"balance_interval": 60})
    await buy(hass, await choose(hass, entry))
    simulator.accounts[CLUB].credit += 50
    await pass_time(6)
    assert state_of(hass, BALANCE).state == "750"


# -- the confirmation ----------------------------------------------------------------------------------------------


@SELLING
async def test_nothing_is_charged_before_it_is_confirmed(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    hass.config_entries.async_update_entry(entry, title="Home", data={**entry.data, "url": entry.data["url"]})
    page = await enter(hass, await choose(hass, entry))
    assert (page["type"], page["step_id"]) == (FlowResultType.MENU, "confirm_credits")
    assert page["menu_options"] == {"pay": "Pay now", "buy_credits": "Change the order"}
    assert page["description_placeholders"] == {
        "provider": GATEWAYS[provider].info.name,
        "credits": "200",
        "card": "American Express •••• 0005",
        "price": "",
    }
    # The page can be shown again.
    again = await hass.config_entries.options.async_configure(page["flow_id"])
    assert again["description_placeholders"] == page["description_placeholders"]
    assert not orders(simulator)
    assert (await pay(hass, page))["step_id"] == "credits_bought"
    assert len(orders(simulator)) == 1


@pytest.mark.parametrize(
    ("options", "price"),
    [
        ({"segment_price": 0.07, "currency": "CAD"}, "14 CAD"),
        ({"segment_price": 0.0125, "currency": "USD"}, "2.50 USD"),
    ],
)
async def test_the_confirmation_tells_the_price_if_it_is_known(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, options: dict[str, Any], price: str
) -> None:
    page = await enter(hass, await choose(hass, await set_up(CLUB, options=options)))
    assert page["description_placeholders"] is not None
    assert page["description_placeholders"]["price"] == f"By the price in the account's settings, that is: **{price}**"
    assert (await pay(hass, page))["step_id"] == "credits_bought"


async def test_an_order_can_be_changed_without_the_card(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    page = await enter(hass, await choose(hass, await set_up(CLUB)))
    form = await submit(hass, page, {"next_step_id": "buy_credits"})
    assert (form["step_id"], form["errors"]) == ("buy_credits", {})
    assert suggested(form) == {"credits": 200, **without_secrets()}
    assert keeps_card(form)
    # What is left empty stays as it is, also if something else is wrong.
    form = await submit(hass, form, {"credits": 300, **without_secrets(city="")})
    assert form["errors"] == {"city": "invalid_field"}
    page = await submit(hass, form, {"credits": 300, **without_secrets(city="Boston", number=AMEX)})
    assert page["description_placeholders"] is not None
    assert page["description_placeholders"]["credits"] == "300"
    assert (await pay(hass, page))["step_id"] == "credits_bought"
    (order,) = orders(simulator)
    assert [order[name] for name in ("CCNumber", "CCCode", "City", "Credits")] == [
        "*" * len(AMEX),
        "****",
        "Boston",
        "300",
    ]


VISA = "4111111111111111"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"month": "8"}, "code_again"),
        ({"year": "2032"}, "code_again"),
        ({"type": "visa", "number": VISA}, "code_again"),
        ({"type": "visa", "number": VISA, "code": "12"}, "invalid_code"),
    ],
)
async def test_a_changed_card_needs_its_code(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, changes: dict[str, str], error: str
) -> None:
    page = await enter(hass, await choose(hass, await set_up(CLUB)))
    form = await submit(hass, page, {"next_step_id": "buy_credits"})
    values = {"credits": 200, **without_secrets(), **changes}
    form = await submit(hass, form, values)
    assert form["errors"] == {"code": error}
    # A new number is not kept without its code, and the old one is not used in its place.
    assert keeps_card(form) is ("number" not in changes)
    if "number" in changes:
        form = await submit(hass, form, {name: value for name, value in values.items() if name != "number"})
        assert form["errors"] is not None
        assert form["errors"]["number"] == "invalid_number"
    page = await submit(hass, form, {**values, "code": "123" if "number" in changes else AMEX_CODE})
    assert (await pay(hass, page))["step_id"] == "credits_bought"


async def test_a_dialog_that_is_closed_forgets_the_card(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    page = await enter(hass, await choose(hass, await set_up(CLUB)))
    assert len(in_memory()) == 1
    hass.config_entries.options.async_abort(page["flow_id"])
    assert in_memory() == []


async def test_a_dialog_that_nobody_closes_forgets_the_card(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    page = await enter(hass, await choose(hass, await set_up(CLUB)))
    await pass_time(FORGET_AFTER - 1)
    assert len(in_memory()) == 1
    await pass_time(1)
    assert in_memory() == []
    form = await pay(hass, page)
    assert (form["step_id"], form["errors"]) == ("buy_credits", {"base": "card_forgotten"})
    assert suggested(form) == {"credits": 200, **without_secrets()}
    assert not keeps_card(form)
    assert not orders(simulator)
    assert (await buy(hass, form))["step_id"] == "credits_bought"


async def test_a_page_without_its_card_shows_the_form(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    page = await enter(hass, await choose(hass, await set_up(CLUB)))
    await pass_time(FORGET_AFTER)
    assert (await hass.config_entries.options.async_configure(page["flow_id"]))["step_id"] == "buy_credits"


# -- errors found by the form --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        *(({name: " "}, {name: "invalid_field"}) for name in ("first_name", "last_name", "address", "city")),
        *(({name: ""}, {name: "invalid_field"}) for name in ("state", "zip", "country")),
        ({"city": "New\nYork"}, {"city": "invalid_field"}),
        ({"city": "\ud800"}, {"city": "invalid_field"}),
        *(
            ({"number": number}, {"number": "invalid_number"})
            for number in (
                "",
                "378282246310006",
                "37828224631000",
                "378282246310005x",
                "３７８２８２２４６３１０００５",
                "0" * 20,
            )
        ),
        *(({"code": code}, {"code": "invalid_code"}) for code in ("", "739", "73911", "abcd")),
        ({"type": "visa"}, {"type": "invalid_type"}),
        *(({"month": month}, {"month": "invalid_month"}) for month in ("", "0", "13", "July", "007")),
        *(({"year": year}, {"year": "invalid_year"}) for year in ("", "1", "2025", "25", "1931", "2131", "soon")),
        ({"month": "10", "year": "2026"}, {"month": "invalid_month"}),
    ],
)
async def test_what_cannot_be_a_card_does_not_leave_the_house(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    freezer: Any,
    changes: dict[str, Any],
    errors: dict[str, str],
) -> None:
    freezer.move_to("2026-11-21T12:00:00+00:00")
    form = await choose(hass, await set_up(CLUB))
    result = await buy(hass, form, **changes)
    assert (result["type"], result["step_id"], result["errors"]) == (FlowResultType.FORM, "buy_credits", errors)
    assert not orders(simulator)
    entered = {"credits": 200, **card_input(**changes)}
    assert suggested(result) == {name: value for name, value in entered.items() if name not in SECRET}


async def test_a_card_is_good_until_its_month_ends(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, freezer: Any
) -> None:
    freezer.move_to("2026-11-30T12:00:00+00:00")
    simulator.clock = lambda: datetime(2026, 11, 30, tzinfo=UTC)
    result = await buy(hass, await choose(hass, await set_up(CLUB)), month="11", year="26")
    assert result["step_id"] == "credits_bought"


@pytest.mark.parametrize("amount", [None, 0, -5, 1.5, 2_000_000, "nan", "inf", AMEX])
async def test_the_number_of_credits_is_chosen(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, amount: Any
) -> None:
    form = await choose(hass, await set_up(CLUB))
    chosen = {} if amount is None else {"credits": amount}
    form = await submit(hass, form, {**chosen, **card_input()})
    assert form["errors"] == {"credits": "invalid_credits"}
    # It may be a card's number.
    assert suggested(form) == without_secrets()
    page = await submit(hass, form, {"credits": 200, **without_secrets()})
    assert (await pay(hass, page))["step_id"] == "credits_bought"


async def test_an_empty_form_says_at_each_field_what_is_missing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    form = await submit(hass, await choose(hass, await set_up(CLUB)), {})
    explained = ("credits", "type", "number", "code", "month", "year")
    assert form["errors"] == {
        **dict.fromkeys(card_input(), "invalid_field"),
        **{name: f"invalid_{name}" for name in explained},
    }


@pytest.mark.parametrize("values", [{"credits": "many"}, {"type": AMEX}, {"number": int(AMEX)}])
async def test_errors_of_the_form_do_not_show_the_card(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, values: dict[str, Any]
) -> None:
    form = await choose(hass, await set_up(CLUB))
    with pytest.raises(InvalidData) as caught:
        await hass.config_entries.options.async_configure(
            form["flow_id"], {"credits": 200, **card_input(), "more": AMEX, **values}
        )
    assert set(values) <= set(caught.value.schema_errors)
    assert finds(str(caught.value.schema_errors)) == []
    assert not orders(simulator)


async def test_an_account_that_does_not_run_buys_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(CLUB)
    form, page = await choose(hass, entry), await enter(hass, await choose(hass, entry))
    await hass.config_entries.async_unload(entry.entry_id)
    for result in (await buy(hass, form), await pay(hass, page)):
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "account_not_loaded")
    assert in_memory() == []
    result = await choose(hass, entry)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "account_not_loaded")
    assert not orders(simulator)


# -- errors of the provider ----------------------------------------------------------------------------------------


async def test_a_declined_card_may_be_mended(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    form = await choose(hass, await set_up(CLUB))
    form = await buy(hass, form, number=DECLINED, type="visa", code="123")
    assert form["errors"] == {"base": "declined"}
    assert not {*SECRET} & set(suggested(form))
    assert suggested(form)["address"] == "1 Main Street"
    assert (await buy(hass, form))["step_id"] == "credits_bought"
    assert simulator.accounts[CLUB].credit == 700


async def test_an_order_may_be_too_small(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    form = await buy(hass, await choose(hass, await set_up(CLUB)), 99)
    assert form["errors"] == {"credits": "order_too_small"}
    assert (await buy(hass, form, 100))["step_id"] == "credits_bought"


async def test_refused_credentials_are_asked_for(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(CLUB)
    simulator.accounts[CLUB].password = "changed"
    form = await buy(hass, await choose(hass, entry))
    assert form["errors"] == {"base": "invalid_auth_or_api"}
    assert reauth_flow(hass)["context"]["entry_id"] == entry.entry_id


@pytest.mark.parametrize(("fault", "error"), [("refuse", "cannot_connect"), ("unavailable", "rate_limited")])
async def test_an_order_that_never_arrived_can_be_repeated(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, fault: str, error: str
) -> None:
    form = await choose(hass, await set_up(CLUB))
    if fault == "refuse":
        await simulator.faults.refuse(CLUB)
    else:
        simulator.faults.add(CLUB, fault)
    form = await buy(hass, form)
    assert form["errors"] == {"base": error}
    await simulator.restore()
    assert (await buy(hass, form))["step_id"] == "credits_bought"
    assert simulator.accounts[CLUB].credit == 700


# -- uncertain orders ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", [True, False])
@pytest.mark.parametrize("fault", ["cut", "html", "empty", "http_error"])
async def test_a_lost_answer_ends_the_dialog_and_never_buys_again(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, fault: str, *, accept: bool
) -> None:
    form = await choose(hass, await set_up(CLUB))
    simulator.faults.add(CLUB, fault, path=BUY, accept=accept)
    result = await buy(hass, form)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "order_unknown")
    with pytest.raises(UnknownFlow):
        await buy(hass, form)
    assert in_memory() == []
    await pass_time(3600)
    assert len(orders(simulator)) == 1
    # The balance shows whether the order was made.
    assert state_of(hass, BALANCE).state == ("700" if accept else "500")


async def test_an_order_that_is_confirmed_twice_buys_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """Twice in one dialog, and once in another one. The other dialog keeps its card, since it was not charged."""
    entry = await set_up(CLUB)
    form, other = [await enter(hass, await choose(hass, entry)) for _ in range(2)]
    late = await choose(hass, entry)
    simulator.latency = 1
    buying = [asyncio.create_task(configure(hass, each)) for each in (form, form, other)]
    await until(lambda: orders(simulator) and sum(each.done() for each in buying) == 2)
    late = await hass.config_entries.options.async_configure(late["flow_id"], {"credits": 200, **card_input()})
    assert late["errors"] == {"base": "order_under_way"}
    simulator.latency = 0
    await pass_time(1, wait=False)
    first, second, third = await asyncio.gather(*buying)
    assert first["step_id"] == "credits_bought"
    assert [result["errors"] for result in (second, third)] == [{"base": "order_under_way"}] * 2
    assert [keeps_card(result) for result in (second, third, late)] == [False, True, False]
    assert len(orders(simulator)) == 1
    assert simulator.accounts[CLUB].credit == 700
    assert (await pay(hass, await submit(hass, third, {"credits": 100, **without_secrets()})))["step_id"] == (
        "credits_bought"
    )
    assert simulator.accounts[CLUB].credit == 800


async def configure(hass: HomeAssistant, page: ConfigFlowResult) -> ConfigFlowResult:
    """Confirm the order, and wait for nothing else."""
    return await hass.config_entries.options.async_configure(page["flow_id"], PAY)


def without_secrets(**changes: Any) -> dict[str, Any]:
    """Return what a user enters who does not change the number and the code."""
    return card_input(**{"number": None, "code": None, **changes})


def keeps_card(form: ConfigFlowResult) -> bool:
    """Return True if a form says that the card is already entered, and False if it asks for it again."""
    assert form["description_placeholders"] is not None
    note = form["description_placeholders"]["note"]
    assert note.startswith(("American Express •••• 0005. To keep this card", "Enter the card number"))
    return "To keep" in note


async def disconnect(hass: HomeAssistant, simulator: Simulator, form: ConfigFlowResult, amount: int) -> None:
    """Confirm an order, and cancel the request during the order.

    Home Assistant does the same when a browser disconnects.
    """
    submitting = asyncio.create_task(configure(hass, await enter(hass, form, amount)))
    await until(lambda: orders(simulator))
    submitting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await submitting


async def test_a_browser_that_disconnects_buys_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(CLUB, options={"balance_interval": 60})
    form = await choose(hass, entry)
    simulator.latency = 1
    await disconnect(hass, simulator, form, 200)
    again = await configure(hass, form)
    assert (again["step_id"], again["errors"]) == ("buy_credits", {"base": "order_under_way"})
    simulator.latency = 0
    await pass_time(1, wait=False)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert in_memory() == []
    assert state_of(hass, BALANCE).state == "700"
    result = await buy(hass, form, 300)
    assert result["step_id"] == "credits_bought"
    assert result["description_placeholders"] == {"account": entry.title, "credits": "200"}
    assert len(orders(simulator)) == 1
    # A new dialog places a new order.
    assert (await buy(hass, await choose(hass, entry), 100))["step_id"] == "credits_bought"
    assert simulator.accounts[CLUB].credit == 800


@pytest.mark.parametrize("accept", [True, False])
async def test_a_browser_that_disconnects_before_the_response_is_lost(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    pass_time: PassTime,
    caplog: pytest.LogCaptureFixture,
    *,
    accept: bool,
) -> None:
    form = await choose(hass, await set_up(CLUB, options={"balance_interval": 60}))
    simulator.latency = 1
    simulator.faults.add(CLUB, "cut", path=BUY, accept=accept)
    await disconnect(hass, simulator, form, 200)
    simulator.latency = 0
    await pass_time(1, wait=False)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert in_memory() == []
    assert state_of(hass, BALANCE).state == ("700" if accept else "500")
    result = await configure(hass, form)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "order_unknown")
    assert len(orders(simulator)) == 1
    assert "Traceback" not in caplog.text


async def test_a_browser_that_disconnects_before_a_refusal(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """The user can order with the same form, because nothing was bought."""
    form = await choose(hass, await set_up(CLUB))
    simulator.latency = 1
    simulator.faults.add(CLUB, "answer", path=BUY, body="0")
    await disconnect(hass, simulator, form, 200)
    simulator.latency = 0
    await pass_time(1, wait=False)
    await hass.async_block_till_done(wait_background_tasks=True)
    form = await configure(hass, form)
    assert form["errors"] == {"base": "card_forgotten"}
    assert (await buy(hass, form))["step_id"] == "credits_bought"
    assert simulator.accounts[CLUB].credit == 700


async def test_another_account_may_order_meanwhile(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    pages = [await enter(hass, await choose(hass, await set_up(provider))) for provider in (CLUB, GROUP)]
    simulator.latency = 1
    buying = [asyncio.create_task(configure(hass, page)) for page in pages]
    await until(lambda: all(any(BUY in each.path for each in simulator.requests(site)) for site in (CLUB, GROUP)))
    await pass_time(1, wait=False)
    results = await asyncio.gather(*buying)
    assert [result["step_id"] for result in results] == ["credits_bought"] * 2


# -- no place stores the card --------------------------------------------------------------------------------------

type Break = Callable[[Simulator, pytest.MonkeyPatch, str], Awaitable[None]]


def fault(kind: str, **options: Any) -> Break:
    async def add(simulator: Simulator, _monkeypatch: pytest.MonkeyPatch, path: str) -> None:
        simulator.faults.add(CLUB, kind, path=path, **options)

    return add


async def nothing(_simulator: Simulator, _monkeypatch: pytest.MonkeyPatch, _path: str) -> None:
    """Cause no fault."""


async def gateway_down(simulator: Simulator, _monkeypatch: pytest.MonkeyPatch, _path: str) -> None:
    await simulator.faults.refuse(CLUB)


async def wrong_password(simulator: Simulator, _monkeypatch: pytest.MonkeyPatch, _path: str) -> None:
    simulator.accounts[CLUB].password = "changed"


async def bug_in_the_order(_simulator: Simulator, monkeypatch: pytest.MonkeyPatch, _path: str) -> None:
    """Simulate a bug in the integration that raises an error with the card in its text."""
    gateway: Any = GATEWAYS[CLUB]
    kind = type(gateway.orders.fget(gateway(None, gateway.settings_type(url="", username="", password=""))))

    async def raise_all(_self: Any, *things: Any) -> None:
        cards = [thing for thing in things if isinstance(thing, Card)]
        raise ValueError(*(f"{card.number} {card.code}" for card in cards))

    monkeypatch.setattr(kind, "buy_credits", raise_all)
    monkeypatch.setattr(kind, "rent", raise_all)


async def bug_in_the_request(_simulator: Simulator, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    request = Transport.request

    async def raise_all(self: Transport, method: str, url: str, **things: Any) -> Any:
        if path in url:
            raise ValueError(f"{method} {url} {things}")
        return await request(self, method, url, **things)

    monkeypatch.setattr(Transport, "request", raise_all)


DONE, AGAIN, UNKNOWN = "done", "again", "unknown"
OUTCOMES: dict[str, tuple[Break, str]] = {
    "bought": (nothing, DONE),
    "declined": (fault("answer", body="0"), AGAIN),
    "refused in the card's own words": (fault("answer", body=f"-{AMEX} {AMEX_CODE}"), AGAIN),
    "wrong password": (wrong_password, AGAIN),
    "gateway down": (gateway_down, AGAIN),
    "busy": (fault("unavailable"), AGAIN),
    "answer lost": (fault("cut", accept=True), UNKNOWN),
    "answer broken": (fault("truncated_body"), UNKNOWN),
    "web page": (fault("html"), UNKNOWN),
    "echo": (fault("answer", body=f"{AMEX} {AMEX_CODE}"), UNKNOWN),
    "echo as an error": (fault("answer", status=500, body=f"ERR {AMEX} {AMEX_CODE}"), UNKNOWN),
    "bug in the order": (bug_in_the_order, UNKNOWN),
    "bug in the request": (bug_in_the_request, UNKNOWN),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("ordered", ["credits", "keyword"])
async def test_a_card_is_kept_nowhere(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    hass_client: Any,
    ordered: str,
    outcome: str,
) -> None:
    """Order through the web server, as a browser does. Then search every place that could store the card."""
    entry = await set_up(CLUB)
    watch = Watch(hass, caplog)
    assert await async_setup_component(hass, "config", {})
    await watch.start(BALANCE)
    client = await hass_client()
    base, handler, steps, path = {
        "credits": ("options", entry.entry_id, [{"next_step_id": "buy_credits"}], BUY),
        "keyword": (
            "subentries",
            [entry.entry_id, "keyword"],
            [{"keyword": "ALARM"}, {"next_step_id": "rent"}],
            "/api/keyword/rent",
        ),
    }[ordered]

    async def post(flow_id: str, data: dict[str, Any]) -> Any:
        async with client.post(f"/api/config/config_entries/{base}/flow{flow_id}", json=data) as response:
            watch.answers.append(await response.text())
            return await response.json()

    flow = await post("", {"handler": handler})
    flow_id = f"/{flow['flow_id']}"
    for step in steps:
        await post(flow_id, step)
    break_it, expected = OUTCOMES[outcome]
    form = {"credits": 200} if ordered == "credits" else {}
    # A field is wrong at first. Nothing of the card is shown again.
    await post(flow_id, {**form, **card_input(city=" ")})
    page = await post(flow_id, {**form, **card_input()})
    assert "American Express •••• 0005" in page["description_placeholders"]["card"]
    await break_it(simulator, monkeypatch, path)
    result = await post(flow_id, PAY)
    if expected != AGAIN:
        # Submit the card again. If there is a next page, it does not accept the card.
        await post(flow_id, {"credits": 200, **card_input()})
    await hass.async_block_till_done(wait_background_tasks=True)
    places = await watch.places(entry)
    assert in_memory() == []
    assert all(places[place] for place in ("disk", "log", "events", "states", "answers", "diagnostics"))
    assert {place: finds(text) for place, text in places.items() if finds(text)} == {}
    if expected == UNKNOWN:
        assert (result["type"], result["reason"]) == ("abort", "order_unknown")
    elif expected == AGAIN:
        assert result["step_id"] == {"credits": "buy_credits", "keyword": "rent"}[ordered]
        assert result["errors"]
        assert '"suggested_value": "1 Main Street"' in watch.answers[-1].replace('":"', '": "')
    else:
        assert result["step_id"] == {"credits": "credits_bought", "keyword": "set_up"}[ordered]
        assert (places["traces"] != "") is (ordered == "credits")  # only credits change the balance
    assert len(orders(simulator, path)) <= 1


def test_the_search_finds_what_it_looks_for() -> None:
    texts = ["3782 822463 10005", AMEX, f"x{AMEX}y", "3782-8224-6310", f"'{AMEX_CODE}'", f"code={AMEX_CODE}&", DECLINED]
    assert all(finds(text) for text in texts)
    assert finds(f"2026-11-21T12:00:00.{AMEX_CODE} a{AMEX_CODE}b 378282") == []
    card = Card(**{field: card_input()[field] for field in Card.__slots__})
    form = card_input()
    assert len([thing for thing in in_memory() if thing is card or thing is form]) == 2
