"""Test that every text that the code uses exists, and no other. The test kit has no such check."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
import json
from pathlib import Path
import re
from string import Formatter
import tomllib
from typing import Any

import pytest
import voluptuous as vol

from custom_components.texting import own_call
from custom_components.texting.alert_condition import OPEN_STATES
from custom_components.texting.alerting.events import Occasion
from custom_components.texting.alerting.model import Skipped
from custom_components.texting.alerting.outlook import Upcoming
from custom_components.texting.alerts.definition import KEEP, RAISE
from custom_components.texting.condition import async_get_conditions
from custom_components.texting.error_messages import FORM_ERRORS, NAMED, ORDER_ERRORS, request_error, translation_key
from custom_components.texting.flows.alert_form import ALERT_STATES, alert_schema, people_schema, texts_schema
from custom_components.texting.flows.card import card_fields, type_key
from custom_components.texting.flows.forms import route_schema
from custom_components.texting.flows.recipient_form import SECTIONS
from custom_components.texting.flows.settings import MONEY, MONEY_FIELDS, TYPE_PRICES, priced_types, settings_schema
from custom_components.texting.gateway import errors
from custom_components.texting.gateway.capabilities import MessageType
from custom_components.texting.gateway.connection_check import Item, Note, Outcome
from custom_components.texting.gateway.errors import Field, FieldRejected, GatewayError, Limit, MessageRejected
from custom_components.texting.gateway.message import IncomingType
from custom_components.texting.gateway.provider import Provider, ProviderInfo
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.gateway.providers.ez_texting.club_texting import ClubTexting
from custom_components.texting.gateway.providers.ez_texting.group_texting import GroupTexting
from custom_components.texting.gateway.status import FailureReason, Status
from custom_components.texting.history import DIRECTIONS, RECEIVED
from custom_components.texting.inbound.command_sessions import Kind
from custom_components.texting.inbound.commands import MORE
from custom_components.texting.options import IF_UNSURE
from custom_components.texting.outcomes import Cause
from custom_components.texting.services import ACTIONS
from custom_components.texting.services.wait_for import DELIVERED
from custom_components.texting.trigger import FROM, async_get_triggers
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.util.yaml import load_yaml_dict
from tests.conftest import Connect, SetUp
from tests.simulator import Simulator
from tests.support.alerts import set_up_alert
from tests.support.home import EXCEPTIONS, TRANSLATIONS, notify, state_of

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "custom_components/texting"
ICONS: dict[str, Any] = json.loads((PACKAGE / "icons.json").read_text("utf-8"))
CONFIG = TRANSLATIONS["config"]
OPTIONS = TRANSLATIONS["options"]
SELECTORS: dict[str, Any] = TRANSLATIONS["selector"]
INFOS: list[ProviderInfo] = [gateway.info for gateway in GATEWAYS.values()]
EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
# The names of the cards that the EZ Texting platform accepts.
CARD_TYPES = ("MC", "Visa", "AX", "DS", "JCB")
# The fields of a card.
CARD = {str(marker) for marker in card_fields(CARD_TYPES)}
# The errors of a card or an order. An uncertain order ends the dialog, and an error without a text is "declined".
PAYING = (FORM_ERRORS - {"invalid_response"}) | {
    "declined",
    "order_under_way",
    "invalid_field",
    "card_forgotten",
    "code_again",
}
PAYING |= {f"invalid_{field}" for field in ("type", "number", "code", "month", "year")}
# The placeholders of every exception.
ALWAYS = {"account", "detail", "host", "target", "firewall"}
# The fields of an action's target.
TARGETS = {str(marker) for marker in cv.ENTITY_SERVICE_FIELDS}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def calls() -> Iterator[tuple[ast.Call, ast.Module]]:
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        yield from ((node, tree) for node in ast.walk(tree) if isinstance(node, ast.Call))


def keywords(call: ast.Call) -> dict[str, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


def named(step: dict[str, Any], part: str = "data") -> set[str]:
    """Return the fields that a step names. It must also describe them."""
    fields = set(step.get(part, {}))
    assert fields == set(step.get("data_description", {}))
    assert all(step[part].values())
    return fields


# -- exceptions ----------------------------------------------------------------------------------------------------


def gateway_errors() -> Iterator[GatewayError]:
    """Yield one error of every kind."""
    for kind in vars(errors).values():
        if not (isinstance(kind, type) and issubclass(kind, GatewayError)):
            continue
        if issubclass(kind, MessageRejected):
            for limit, reason in product((None, *Limit), FailureReason):
                yield kind(limit=limit, reason=reason)
        elif issubclass(kind, FieldRejected):
            yield from (kind(field=field) for field in Field)
        else:
            yield kind()


@cache
def keys_in_code() -> dict[str, set[str]]:
    """Return the keys that the code names, with the placeholders that it gives."""
    found: dict[str, set[str]] = {}
    for call, _ in calls():
        given = keywords(call)
        if "translation_domain" in given and isinstance(key := given["translation_key"], ast.Constant):
            provided = given.get("translation_placeholders")
            names = [node.value for node in provided.keys] if isinstance(provided, ast.Dict) else []  # type: ignore[union-attr]
            found[str(key.value)] = {str(name) for name in names}
        if isinstance(call.func, ast.Name) and call.func.id == "validation_error":
            keys = [node.value for node in ast.walk(call.args[0]) if isinstance(node, ast.Constant)]
            found |= {str(key): set(given) for key in keys}
    return found


def test_every_error_has_a_text_and_every_text_an_error() -> None:
    keys = {translation_key(error) for error in gateway_errors()} | set(keys_in_code()) | set(NAMED.values())
    keys |= {str(request_error(error, "A").translation_key) for error in gateway_errors()}
    assert keys == set(EXCEPTIONS)


def test_errors_give_the_placeholders_of_their_texts() -> None:
    for key, given in keys_in_code().items():
        assert placeholders(EXCEPTIONS[key]) == given, key
    for key, text in EXCEPTIONS.items():
        if not key.startswith("limit_") and key not in keys_in_code():
            given = ALWAYS | ({"reason"} if key.startswith("rejected_") else set())
            given |= {"name", "reason"} if key in NAMED.values() else set()
            assert placeholders(text) <= given, key


def details_given() -> Iterator[tuple[str, set[str]]]:
    """Yield the limit and the details of each place that refuses a message for a limit."""
    for call, tree in calls():
        given = keywords(call)
        limits = [
            node.attr
            for value in (*call.args, *given.values())
            for node in ast.walk(value)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Limit"
        ]
        if limits and isinstance(call.func, ast.Name):
            helper = next(
                (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == call.func.id), None
            )
            inner = [node for node in ast.walk(helper or call) if isinstance(node, ast.Call)]
            for limit in limits:
                yield limit, {name for node in inner for name in keywords(node)}


def test_limits_give_the_placeholders_of_their_texts() -> None:
    places = list(details_given())
    for limit, given in places:
        if limit == "NUMBER":
            continue  # raised before a message exists
        text = EXCEPTIONS[f"limit_{Limit[limit]}"]
        assert placeholders(text) <= given | ALWAYS, (limit, text)
        assert given - {"limit", "reason", "code"} <= placeholders(text), (limit, text)
    assert {Limit[limit] for limit, _ in places} == set(Limit)


# -- forms ---------------------------------------------------------------------------------------------------------


def test_errors_and_aborts_of_forms() -> None:
    assert set(CONFIG["error"]) == FORM_ERRORS | {
        "unknown",
        "invalid_url",
        "invalid_sender",
        "invalid_sender_or_number",
        "invalid_own_number",
        "no_name",
        "no_account",
        "cyclic",
        "name_exists",
        "nobody_chosen",
        "not_a_recipient",
        "person_without_recipient",
        "group_cannot_answer",
        "wait_range",
        "template_fails",
        "template_without_room",
        "own_cause",
        "never_in_state",
        "no_known_state",
    }
    assert set(CONFIG["abort"]) == {
        "already_configured",
        "no_accounts",
        "reauth_successful",
        "reconfigure_successful",
    }


def test_every_step_has_its_texts_and_no_other() -> None:
    steps = {"user", "reauth_confirm", "reconfigure", "route", "reconfigure_route"}
    steps |= {"alert", "alert_people", "alert_texts", "alert_check"}
    steps |= {str(info.provider) for info in INFOS}
    steps |= {f"{info.provider}_{field.step}" for info in INFOS for field in info.fields if field.step}
    assert set(CONFIG["step"]) == steps
    assert all(step["title"] and step["description"] for step in CONFIG["step"].values())


@EVERY_PROVIDER
def test_the_fields_of_an_account(provider: Provider) -> None:
    info = GATEWAYS[provider].info
    step = CONFIG["step"][provider]
    assert named(step) == {field.name for field in info.fields if not (field.advanced or field.step)}
    advanced = step["sections"]["advanced"]
    assert advanced["name"]
    assert named(advanced) == {field.name for field in info.fields if field.advanced}
    for later in {field.step for field in info.fields if field.step}:
        expected = {field.name for field in info.fields if field.step == later}
        assert named(CONFIG["step"][f"{provider}_{later}"]) == expected


def test_the_fields_of_a_route() -> None:
    for step_id in ("route", "reconfigure_route"):
        assert named(CONFIG["step"][step_id]) == {str(marker) for marker in route_schema({}).schema}


def test_the_fields_of_an_alert() -> None:
    schemas = {"alert": alert_schema(), "alert_people": people_schema(), "alert_texts": texts_schema({"1": "One"})}
    for step_id, schema in schemas.items():
        step, fields = CONFIG["step"][step_id], {str(marker): selector for marker, selector in schema.schema.items()}
        if advanced := fields.pop("advanced", None):
            assert step["sections"]["advanced"]["name"]
            assert named(step["sections"]["advanced"]) == {str(marker) for marker in advanced.schema.schema}
        assert named(step) == set(fields)
    check = placeholders(json_text(CONFIG["step"]["alert_check"]))
    assert check == {"texts", "notes", "people", "segments", "most"}


def test_the_fields_of_changing_an_account() -> None:
    fields = [field for info in INFOS for field in info.fields if not field.step]
    step = CONFIG["step"]["reconfigure"]
    assert named(step) == {field.name for field in fields if not field.advanced}
    assert named(step["sections"]["advanced"]) == {field.name for field in fields if field.advanced}
    assert named(CONFIG["step"]["reauth_confirm"]) == {field.name for field in fields if field.secret}


def test_the_placeholders_of_the_account_steps() -> None:
    """Each form gives the provider's name. Signing in again gives the account's title."""
    for step_id, step in CONFIG["step"].items():
        allowed = {"account"} if step_id == "reauth_confirm" else {"provider"}
        if step_id == "alert_check":
            continue  # see the fields of an alert
        if step_id == "user" or step_id.endswith("_sender"):
            allowed = {"choices"} if step_id == "user" else set()
        assert placeholders(json_text(step)) <= allowed, step_id


def test_recipients() -> None:
    texts = TRANSLATIONS["config_subentries"]["recipient"]
    assert texts["entry_type"]
    assert set(texts["initiate_flow"]) == {"user", "reconfigure"}
    steps = dict(texts["step"])
    assert placeholders(json_text(steps.pop("first_text"))) == {"name", "text"}
    assert set(steps) == {"user", "reconfigure"}
    for name, step in steps.items():
        only_here = {"opted_out"} if name == "reconfigure" else set()
        assert named(step) == {"name", "number", "group", "original", "person"} | only_here
        assert set(step["sections"]) == set(SECTIONS)
        for section, fields in SECTIONS.items():
            assert step["sections"][section]["name"]
            absent = {"remove_pin"} if name == "user" else set()
            assert named(step["sections"][section]) == set(fields) - absent
        assert placeholders(json_text(step)) == {"example", "country", "note"} | only_here
    wrong = {"invalid_number", "no_number", "no_name", "name_exists", "quiet_hours_incomplete", "quiet_hours_empty"}
    wrong |= {"no_number_or_group", "number_and_group", "unknown_group", "ambiguous_group", "group_id"}
    wrong |= {"original_and_own", "original_gone", "is_original", "unknown_person"}
    wrong |= {"country_not_served", "original_not_served"}
    assert set(texts["error"]) == wrong | {"invalid_sender", "invalid_sender_or_number", "invalid_pin"}
    assert placeholders(json_text(texts["error"])) == {"number", "provider", "countries", "example"}
    assert set(texts["abort"]) == {"added", "tested", "no_test_text", "reconfigure_successful"}


def test_options() -> None:
    pages = {"webhook", "test_webhook"}
    assert placeholders(json_text(OPTIONS["step"]["test_webhook"])) == {"result", "note"}
    checks = {"check", "check_result", "messages"}
    assert (
        set(OPTIONS["step"])
        == {"init", "settings", "buy_credits", "confirm_credits", "credits_bought"} | checks | pages
    )
    assert named(OPTIONS["step"]["check"]) == {"send_test"}
    assert named(OPTIONS["step"]["messages"]) == {"recipient"}
    assert placeholders(json_text(OPTIONS["step"]["messages"])) == {"who", "totals", "messages", "download"}
    assert placeholders(json_text(OPTIONS["step"]["check"])) == {"number"}
    assert placeholders(json_text(OPTIONS["step"]["check_result"])) == {"report"}
    fields = {str(marker) for info in INFOS for marker in settings_schema(info).schema}
    sections = OPTIONS["step"]["settings"]["sections"]
    assert named(OPTIONS["step"]["settings"]) == fields - {MONEY, TYPE_PRICES}
    assert named(sections[MONEY]) == set(MONEY_FIELDS)
    assert set(sections[TYPE_PRICES]["data"]) == {kind for info in INFOS for kind in priced_types(info)}
    page = json_text(OPTIONS["step"]["webhook"])
    assert placeholders(page) == {"url", "note", "where", "last_call", "refused"}
    assert placeholders(json_text(OPTIONS["step"]["settings"])) == set()
    assert named(OPTIONS["step"]["buy_credits"]) == {"credits", *CARD}
    assert OPTIONS["step"]["credits_bought"]["title"]
    assert placeholders(json_text(OPTIONS["step"]["buy_credits"])) == {"account", "note"}
    assert placeholders(json_text(OPTIONS["step"]["confirm_credits"])) == {"provider", "credits", "card", "price"}
    assert placeholders(json_text(OPTIONS["step"]["credits_bought"])) == {"account", "credits"}
    money = {"invalid_amount", "budget_needs_price", "currency_of_provider"}
    assert set(OPTIONS["error"]) == PAYING | {"order_too_small", "invalid_credits"} | money
    assert set(OPTIONS["abort"]) == {"account_not_loaded", "order_unknown"}
    assert placeholders(json_text(OPTIONS["error"]) + json_text(OPTIONS["abort"])) == {"currency"}


def test_replies_to_commands() -> None:
    texts = SELECTORS["assist"]["options"]
    assert set(texts) == {"done", "sorry", "more_with_pin", *Kind} - {Kind.ASK}
    assert all(texts.values())
    # They can be part of a text through any provider.
    assert not placeholders(json_text(texts))
    for brand in (ClubTexting.brand, GroupTexting.brand):
        assert set("".join(texts.values())) <= brand.allowed
    assert MORE in texts["more"]


def test_keywords() -> None:
    texts = TRANSLATIONS["config_subentries"]["keyword"]
    assert texts["entry_type"]
    assert set(texts["initiate_flow"]) == {"user", "reconfigure"}
    fields: dict[str, set[str]] = {
        "user": {"keyword"},
        "free": set(),
        "taken": set(),
        "rent": CARD,
        "confirm_rent": set(),
        "set_up": {"group", "autoreply", "email", "use_webhook", "fixed_reply"},
        "reconfigure": {"group", "autoreply", "email", "use_webhook", "fixed_reply"},
    }
    assert set(texts["step"]) == set(fields)
    for name, step in texts["step"].items():
        assert step["title"]
        assert step["description"]
        assert (named(step) if "data" in step else set()) == fields[name]
        given = {"account"} if name == "user" else {"account", "keyword"}
        given |= {"provider", "card"} if name == "confirm_rent" else {"note"} if len(fields[name]) > 1 else set()
        assert placeholders(json_text(step)) <= given
    of_keyword = {"invalid_keyword", "keyword_exists", "invalid_reply", "invalid_response", "unknown"}
    wrong = {error for error in ORDER_ERRORS if error.startswith("wrong_")}
    assert set(texts["error"]) == PAYING | of_keyword | wrong
    assert placeholders(json_text(texts["error"])) == {"keyword", "detail"}
    ends = {"account_not_loaded", "rented_not_loaded", "order_unknown", "already_configured", "reconfigure_successful"}
    assert set(texts["abort"]) == ends


def json_text(texts: object) -> str:
    """Return all texts of a branch, joined."""
    if isinstance(texts, dict):
        return "\n".join(json_text(text) for text in texts.values())
    return str(texts)


def test_choices() -> None:
    choices = {field.name: set(field.choices) for info in INFOS for field in info.fields if field.choices}
    choices |= {
        "type": {str(kind) for kind in MessageType},
        "gender": {"male", "female"},
        "if_unsure": set(IF_UNSURE),
        "direction": set(DIRECTIONS),
        "status": {*map(str, Status), RECEIVED},
        "from": set(FROM),
        "wait_for": {DELIVERED},
        "reason": {str(reason) for reason in FailureReason},
        "occasion": set(map(str, Occasion)),
        "open_state": set(map(str, OPEN_STATES)),
        "outcome": {*FailureReason, *Cause},
        "configure": {"settings", "webhook", "not_public", "no_address", "route", "pending"}
        | {"first_recipient", "groups_unknown"}
        | {"alert", "about_alert"}
        | {"about_route", "most_countries", "replies", "delivery_reports", "no_country", "not_approved"}
        | {"send_test", "not_now", "report_follows", "no_report_follows", "after_quiet_hours", "sent_later"}
        | {"buy_credits", "check", "rent", "rent_there", "mine", "other", "rented"}
        | {"messages", "no_messages", "download", "last_7_days", "this_month", "texts", "segments", "cost"}
        | {"card_kept", "card_again", "pay", "change_order", "expected_price"}
        | {"test_webhook", "close_webhook", "never_called", "no_reports", "no_replies"}
        | {f"paste_{info.provider}" for info in INFOS if info.uses_webhook},
        "webhook_test": set(own_call.Outcome),
        "check": {*Item, *Outcome, *Note, "own_site", "other_site", "unknown_words"},
        "card_type": {type_key(kind) for kind in CARD_TYPES},
        "assist": {"more", "more_with_pin", "done", "sorry", "too_many", "blocked"},
        "alert_states": set(ALERT_STATES),
        "when_unavailable": {KEEP, RAISE},
        "alert_preview": {"segments", "characters", "app", "notification", "refused", "nobody", "applies_at_once"}
        | {"begins_at_once", "cannot_reply", "opted_out", "no_number", "disabled", "not_there"},
        "drill": {"title", "everybody", "some", "nobody", "interrupted", "ended", "answered", "silent", "undelivered"}
        | set(Skipped),
    }
    named_options = {key: set(texts["options"]) for key, texts in SELECTORS.items() if "options" in texts}
    assert named_options == choices
    # The others name the fields of rows.
    rows = {key: set(texts["fields"]) for key, texts in SELECTORS.items() if key not in named_options}
    assert rows == {"choices": {"id", "phrases"}, "alert_steps": {"who", "wait"}}


# -- entities ------------------------------------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_every_entity_has_a_name_and_an_icon(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        assert entity.translation_key
        assert ICONS["entity"][entity.domain][entity.translation_key]["default"]
        if entity.domain != "notify":  # a recipient's entity has the name of its device
            name = TRANSLATIONS["entity"][entity.domain][entity.translation_key]["name"]
            assert placeholders(name) <= ({"pool"} if provider is Provider.THESMSPOINT else set())


def test_every_icon_is_one_of_the_frontends() -> None:
    """The frontend silently omits an icon that it does not know."""
    frontend = pytest.importorskip("hass_frontend", reason="comes with the demo's Home Assistant")
    known = {each["name"] for each in json.loads((frontend.where() / "static/mdi/iconList.json").read_text("utf-8"))}
    in_activity = "".join((PACKAGE / f"{name}.py").read_text("utf-8") for name in ("logbook", "alert_activity"))
    assert set(re.findall(r"mdi:([\w-]+)", json.dumps(ICONS) + in_activity)) <= known


async def test_every_text_and_icon_belongs_to_an_entity(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    for provider in Provider:
        await set_up(provider, options={"segment_price": 0.05})
    await set_up_alert(hass)
    entities = [entity for entity in er.async_get(hass).entities.values() if entity.platform == "texting"]
    used = {(entity.domain, str(entity.translation_key)) for entity in entities}
    assert pairs(ICONS["entity"]) == used
    assert pairs(TRANSLATIONS["entity"]) == used - {("notify", "recipient")}


def pairs(texts: dict[str, Iterable[str]]) -> set[tuple[str, str]]:
    return {(domain, key) for domain, keys in texts.items() for key in keys}


def test_an_alert_has_the_same_words_everywhere() -> None:
    entities = TRANSLATIONS["entity"]
    told = entities["event"]["alert"]["state_attributes"]["event_type"]["state"]
    assert SELECTORS["occasion"]["options"] == told
    states = entities["sensor"]["alert_state"]["state"]
    assert SELECTORS["open_state"]["options"] == {state: states[state] for state in OPEN_STATES}
    assert set(entities["sensor"]["alert_next"]["state_attributes"]["what"]["state"]) == set(Upcoming)


def test_a_reason_has_the_same_words_everywhere() -> None:
    words = {reason: SELECTORS["outcome"]["options"][reason] for reason in FailureReason}
    entities = TRANSLATIONS["entity"]
    assert SELECTORS["reason"]["options"] == words
    assert entities["sensor"]["last_delivery_status"]["state_attributes"]["reason"]["state"] == words
    assert entities["event"]["delivery_report"]["state_attributes"]["reason"]["state"] == words


def test_a_recipients_entities_have_the_words_of_its_accounts() -> None:
    entities = TRANSLATIONS["entity"]
    for kind, of_recipient, of_account, part in (
        ("sensor", "last_message_status", "last_delivery_status", "state"),
        ("event", "message", "incoming_message", "state_attributes"),
    ):
        # An opt-out is told by another entity of the recipient.
        words = json_text(entities[kind][of_account][part]).replace("Opt-out\n", "")
        assert json_text(entities[kind][of_recipient][part]) == words
        icons = json.dumps(ICONS["entity"][kind][of_account]).replace(', "opt_out": "mdi:message-off"', "")
        assert ICONS["entity"][kind][of_recipient] == json.loads(icons)


def test_a_reason_is_no_sentence_yet() -> None:
    """It stands alone or in the middle of a sentence."""
    for text in SELECTORS["outcome"]["options"].values():
        assert re.fullmatch(r"[A-Z][^.:]*[^.:!]", text), text
        assert len(text) <= 60, text


def test_every_state_has_a_name() -> None:
    statuses, reasons = set(map(str, Status)), set(map(str, FailureReason))
    sensor = TRANSLATIONS["entity"]["sensor"]["last_delivery_status"]
    report = TRANSLATIONS["entity"]["event"]["delivery_report"]["state_attributes"]
    incoming = TRANSLATIONS["entity"]["event"]["incoming_message"]["state_attributes"]
    assert set(sensor["state"]) == statuses | {"none"}
    assert set(report["event_type"]["state"]) == statuses
    assert set(incoming["event_type"]["state"]) == set(map(str, IncomingType))
    assert set(sensor["state_attributes"]["reason"]["state"]) == reasons
    assert set(report["reason"]["state"]) == reasons
    assert set(ICONS["entity"]["sensor"]["last_delivery_status"]["state"]) <= statuses | {"none"}


async def test_every_attribute_has_a_name(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    simulator.accounts["textiopro"].unlimited = True
    simulator.accounts["textiopro"].balance_shape = "remaining"
    await set_up(Provider.TEXTIOPRO)
    await connect(await set_up(Provider.TEXTINGHOUSE))
    await hass.services.async_call("notify", "textinghouse", {"message": "Water", "target": "Anna"}, blocking=True)
    await simulator.settle()
    await simulator.answer("+33612345601", "Yes", "textinghouse")
    await hass.async_block_till_done()
    kinds = {
        "event.textinghouse_incoming_message": "incoming_message",
        "event.textinghouse_delivery_report": "delivery_report",
        "sensor.textinghouse_last_delivery_status": "last_delivery_status",
        "sensor.textiopro_credit_balance": "credit_balance",
    }
    of_routes = {"delivery_report": {"account"}, "last_delivery_status": {"account"}}
    own = {"friendly_name", "event_types", "device_class", "options", "state_class", "unit_of_measurement"}
    for entity_id, key in kinds.items():
        attributes = set(state_of(hass, entity_id).attributes) - own | of_routes.get(key, set())
        domain = entity_id.split(".", maxsplit=1)[0]
        assert attributes == set(TRANSLATIONS["entity"][domain][key]["state_attributes"]), entity_id


# -- actions -------------------------------------------------------------------------------------------------------


def fields_of(action: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of an action, including those of its sections."""
    found: dict[str, Any] = {}
    for name, field in action["fields"].items():
        found |= field.get("fields", {name: field})
    return found


def taken_by(schema: Any) -> set[str]:
    """Return the fields of a schema. If there are several validators, the first one is the schema."""
    return {str(marker) for marker in getattr(schema, "validators", [schema])[0].schema}


async def test_every_action_and_field_has_its_texts(hass: HomeAssistant) -> None:
    described: dict[str, Any] = await hass.async_add_executor_job(load_yaml_dict, str(PACKAGE / "services.yaml"))
    texts = TRANSLATIONS["services"]
    assert set(described) == set(texts) == set(ICONS["services"])
    for name, action in described.items():
        assert texts[name]["name"]
        assert texts[name]["description"]
        assert set(fields_of(action)) == set(texts[name]["fields"])
        assert all(field["name"] and field["description"] for field in texts[name]["fields"].values())
        sections = {name for name, field in action["fields"].items() if "fields" in field}
        assert sections == set(texts[name].get("sections", ())) == set(ICONS["services"][name].get("sections", ()))


async def test_the_actions_describe_every_field_they_take(hass: HomeAssistant) -> None:
    described: dict[str, Any] = await hass.async_add_executor_job(load_yaml_dict, str(PACKAGE / "services.yaml"))
    taken = {action.name: taken_by(action.schema) - TARGETS for action in ACTIONS}
    assert set(described) == set(taken)
    for key, action in described.items():
        fields = fields_of(action)
        assert set(fields) == taken[key]
        for name, field in fields.items():
            assert field["selector"], name
            assert "example" in field or name == "account", name
            select = field["selector"].get("select")
            if select:
                assert set(select["options"]) == set(SELECTORS[select["translation_key"]]["options"])


async def test_the_menu_of_the_options_is_translated(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    await notify(hass, "notify.anna", "Water")
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert isinstance(menu["menu_options"], dict)
    assert set(menu["menu_options"].values()) == {
        SELECTORS["configure"]["options"][name] for name in ("settings", "messages", "webhook", "check")
    }


# -- triggers and conditions ---------------------------------------------------------------------------------------


async def kinds_of(hass: HomeAssistant, kind: str) -> dict[str, Any]:
    """Return the classes of the triggers or the conditions by name."""
    found: dict[str, Any] = dict(await (async_get_triggers if kind == "triggers" else async_get_conditions)(hass))
    return found


@pytest.mark.parametrize("kind", ["triggers", "conditions"])
async def test_every_trigger_and_condition_has_its_texts(hass: HomeAssistant, kind: str) -> None:
    described: dict[str, Any] = await hass.async_add_executor_job(load_yaml_dict, str(PACKAGE / f"{kind}.yaml"))
    texts, icons = TRANSLATIONS[kind], ICONS[kind]
    kinds = await kinds_of(hass, kind)
    assert set(described) == set(texts) == set(icons) == set(kinds)
    for name, each in described.items():
        assert texts[name]["name"]
        assert texts[name]["description"]
        assert icons[name][kind.removesuffix("s")].startswith("mdi:")
        parts = {str(marker): part for marker, part in kinds[name].schema.schema.items()}
        options = parts.pop("options")
        assert parts.keys() == each.keys() & {"target"}
        assert set(each["fields"]) == set(texts[name]["fields"]) == {str(marker) for marker in options}
        assert all(field["name"] and field["description"] for field in texts[name]["fields"].values())
        required = {str(marker) for marker in options if isinstance(marker, vol.Required)}
        assert {field for field, how in each["fields"].items() if how["required"]} == required


async def test_the_choices_of_triggers_and_conditions(hass: HomeAssistant) -> None:
    triggers: dict[str, Any] = await hass.async_add_executor_job(load_yaml_dict, str(PACKAGE / "triggers.yaml"))
    conditions: dict[str, Any] = await hass.async_add_executor_job(load_yaml_dict, str(PACKAGE / "conditions.yaml"))
    reasons = triggers["delivery_failed"]["fields"]["reason"]["selector"]["select"]
    assert set(reasons["options"]) == set(map(str, FailureReason))
    senders = triggers["message_received"]["fields"]["from"]["selector"]["select"]
    assert tuple(senders["options"]) == FROM
    occasions = triggers["alert"]["fields"]["events"]["selector"]["select"]
    assert occasions["options"] == list(map(str, Occasion))
    states = conditions["alert_is_open"]["fields"]["state"]["selector"]["select"]
    assert states["options"] == list(map(str, OPEN_STATES))
    pools = conditions["is_credit_below"]["fields"]["pool"]["selector"]["select"]
    assert pools["options"] == [pool for info in INFOS for pool in info.pools]


# -- versions ------------------------------------------------------------------------------------------------------


def test_manifest_and_pyproject_agree() -> None:
    manifest = json.loads((PACKAGE / "manifest.json").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert manifest["requirements"] == project["dependencies"]
    assert manifest["version"] == project["version"]
    assert manifest["domain"] == project["name"] == "texting"


def test_hacs_requires_the_oldest_home_assistant_that_is_tested() -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text("utf-8"))
    assert hacs["homeassistant"] == "2026.5.0"
