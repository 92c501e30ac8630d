"""Who may call which action: every action, called by every kind of user, at a home with every kind of provider."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
import itertools
from pathlib import Path
import sqlite3
from types import MappingProxyType
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.permissions import ADMINISTRATOR
from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.auth.models import User
from homeassistant.config_entries import ConfigEntryDisabler, ConfigSubentry, ConfigSubentryData
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.setup import async_setup_component
from scripts.permission_table import BEGIN, LEGACY, NEEDED, NO, PAGE, USERS, YES, page_with_tables, who_may
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.simulator.accounts import Keyword
from tests.support.alerts import set_up_alert
from tests.support.contacts import FAMILY, add_group
from tests.support.home import ask_to_send, state_of, text_of, told, until
from tests.support.routes import ANNA, set_up_route
from tests.support.users import controls, new_user, token_of

HOUSE, PRO, CLUB, POINT = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.THESMSPOINT
BEN, STRANGER = "+33612345602", "+33612345699"
# Home Assistant's own actions in the domain notify.
CORES = {"send_message", "persistent_notification"}
# All day: a text that is not urgent waits, so that it can be cancelled.
ALL_DAY = {"quiet_start": "00:00:00", "quiet_end": "23:59:59.999999"}
AUTOMATION = Context()
LEAVES_NOTHING = ("texting.preview_message", "texting.get_status", "texting.get_history")


@dataclass
class Home:
    """A home with four accounts, a route and an alert, where Anna and Ben were texted and wrote back."""

    hass: HomeAssistant
    simulator: Simulator
    entries: dict[str, MockConfigEntry] = field(default_factory=dict)
    # The incoming id of a text, by who wrote it.
    incoming: dict[str, str] = field(default_factory=dict)
    # Of the texts.
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def id(self, name: str) -> str:
        """Return the entry id of an account, or of the route."""
        return self.entries[name].entry_id

    async def call(self, action: str, data: dict[str, Any], context: Context) -> Any:
        """Call an action, given by its full name."""
        domain, _, name = action.partition(".")
        return await self.hass.services.async_call(
            domain, name, data, blocking=True, context=context, return_response=domain == DOMAIN
        )

    async def write(self, name: str, number: str) -> None:
        """Write back to the home."""
        await self.send(account=self.id(HOUSE), to=number, urgent=True)
        await self.simulator.answer(number, f"I am {name}", HOUSE)
        await told(self.hass)
        self.incoming[name] = state_of(self.hass, "event.textinghouse_incoming_message").attributes["incoming_id"]

    async def send(self, **data: Any) -> dict[str, Any]:
        """Send a text as an automation does. Return what the response says of its first number."""
        # TextingHouse refuses the same text again.
        sent, *_ = await ask_to_send(self.hass, f"Text {next(self.numbers)}", **data)
        await self.simulator.settle()
        await told(self.hass)
        return sent

    async def traces(self) -> list[Any]:
        """Return what a call may leave: requests to providers, texts at phones, and messages on disk."""
        await self.simulator.settle()
        await told(self.hass)
        path = Path(self.hass.config.path("texting.db"))
        with sqlite3.connect(path) as database:
            rows = database.execute("SELECT reference, phase, status FROM message ORDER BY id").fetchall()
        database.close()
        return [len(self.simulator.requests()), len(self.simulator.messages()), rows]

    async def refuses(self, action: str, data: dict[str, Any], context: Context) -> Unauthorized:
        """Check that a call is refused and leaves nothing. Return the error."""
        before = await self.traces()
        with pytest.raises(Unauthorized) as caught:
            await self.call(action, data, context)
        assert await self.traces() == before
        assert caught.value.context is context
        return caught.value


@pytest.fixture
async def home(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, pass_time: PassTime) -> Home:
    """Return a home whose texts have all arrived. Its clocks stand still, so it asks the providers for nothing."""
    home = Home(hass, simulator)
    for provider in (HOUSE, PRO, CLUB, POINT):
        home.entries[provider] = await set_up(provider)
    home.entries["route"] = await set_up_route(hass, [home.entries[HOUSE]])
    home.entries["alert"] = await set_up_alert(hass, who=["notify.ben"])
    await connect(home.entries[HOUSE])
    house = home.entries[HOUSE]
    anna = next(each for each in house.subentries.values() if each.title == "Anna")
    hass.config_entries.async_update_subentry(house, anna, data={**anna.data, **ALL_DAY})
    add_group(simulator, FAMILY, "Family", 2)
    simulator.accounts[CLUB].keywords["home"] = Keyword()
    await told(hass)
    for name, number in (("Anna", ANNA), ("Ben", BEN), ("a stranger", STRANGER)):
        await home.write(name, number)
    return home


@pytest.fixture
async def web(hass: HomeAssistant) -> None:
    """Set up what Home Assistant offers to browsers. It must be there before the web server starts."""
    for component in ("api", "websocket_api", "config", "diagnostics", "repairs"):
        assert await async_setup_component(hass, component, {})


async def context_of(hass: HomeAssistant, kind: str) -> Context:
    """Return the context in which a kind of user calls."""
    groups: dict[str, Any] = {
        "administrator": GROUP_ID_ADMIN,
        "user": GROUP_ID_USER,
        "read-only user": GROUP_ID_READ_ONLY,
        "limited user": controls("notify.anna", "sensor.leak_state"),
    }
    return Context(user_id=(await new_user(hass, groups[kind])).id) if kind in groups else AUTOMATION


# -- every action ------------------------------------------------------------------------------------------------------


async def answered(home: Home, context: Context, data: dict[str, Any]) -> Any:
    """Ask a question. Once it has arrived, Anna answers."""
    arrived = len(home.simulator.messages())
    asked = asyncio.create_task(home.call("texting.ask", data, context))
    await until(lambda: asked.done() or len(home.simulator.messages()) > arrived)
    if not asked.done():
        await home.simulator.answer(ANNA, "Yes", HOUSE)
    return await asked


async def data_of(home: Home) -> dict[str, dict[str, Any]]:
    """Return the data with which each action works, in this order.

    What concerns a person concerns Anna at TextingHouse.
    """
    waiting = await home.send(entity_id="notify.anna")
    sent = await home.send(entity_id="notify.anna", urgent=True)
    assert (waiting["status"], sent["status"]) == ("queued", "sent")
    failed = await home.send(entity_id="notify.anna")
    await home.call("texting.cancel_message", {"reference": failed["reference"]}, AUTOMATION)
    campaign = await home.call(
        "texting.send_campaign", {"account": home.id(PRO), "groups": [FAMILY], "message": "Hi"}, AUTOMATION
    )
    await told(home.hass)
    pro, club, point = ({"account": home.id(provider)} for provider in (PRO, CLUB, POINT))
    group = {**pro, "group": FAMILY}
    contact = {**group, "contact": "0700000000"}
    return {
        LEGACY: {"message": "Fire", "target": ["Anna"], "data": {"urgent": True}},
        "texting.send_message": {"entity_id": "notify.anna", "message": "Water", "urgent": True},
        "texting.preview_message": {"account": home.id(HOUSE), "to": "Anna", "message": "Water"},
        "texting.ask": {"entity_id": "notify.anna", "question": "Is it you?", "urgent": True},
        "texting.reply": {"incoming_id": home.incoming["Anna"], "message": "Good"},
        "texting.get_status": {"message_id": sent["message_id"]},
        "texting.cancel_message": {"reference": waiting["reference"]},
        "texting.get_history": {"entity_id": "notify.anna"},
        "texting.resend_message": {"reference": failed["reference"]},
        "texting.list_contact_groups": pro,
        "texting.get_contact_group": group,
        "texting.create_contact_group": {**pro, "name": "New"},
        "texting.update_contact_group": {**group, "name": "Clan"},
        "texting.list_contacts": group,
        "texting.get_contact": contact,
        "texting.create_contact": {**group, "number": "0612345678"},
        "texting.update_contact": {**contact, "fields": {"FIRST_NAME": "Eve"}},
        "texting.delete_contact": {**contact, "contact": "0700000001"},
        "texting.send_campaign": {**pro, "groups": [FAMILY], "message": "Water"},
        "texting.get_campaign": {**pro, "campaign_id": campaign["campaign_id"]},
        "texting.delete_contact_group": group,
        "texting.list_messages": pro,
        "texting.get_profile": pro,
        "texting.list_senders": point,
        "texting.list_templates": point,
        "texting.check_keyword": {**club, "keyword": "ALARM"},
        "texting.set_up_keyword": {**club, "keyword": "HOME", "url": "https://example.com/foreign"},
        "texting.look_up_carrier": {**club, "to": "Clara"},
        "texting.broadcast_voice": {**club, "to": ["Clara"], "caller_id": "2125550100", "sound_file": "alarm.wav"},
        "texting.raise_alert": {"entity_id": "sensor.leak_state", "message": "Water"},
        "texting.acknowledge_alert": {"entity_id": "sensor.leak_state"},
        "texting.clear_alert": {"entity_id": "sensor.leak_state"},
        "texting.test_alert": {"entity_id": "sensor.leak_state"},
    }


def full_name(action: str) -> str:
    """Return the name of an action at this home."""
    return "notify.textinghouse" if action == LEGACY else action


async def test_every_action_is_in_the_table_and_tried(home: Home) -> None:
    registered = {f"texting.{name}" for name in home.hass.services.async_services()[DOMAIN]}
    legacy = {*home.hass.services.async_services()["notify"]} - CORES
    assert registered | {LEGACY} == set(NEEDED) == set(await data_of(home))
    assert legacy == {"textinghouse", "textiopro", "club_texting", "thesmspoint", "alerts"}


def test_the_table_is_current() -> None:
    text = PAGE.read_text("utf-8")
    assert BEGIN in text
    assert page_with_tables(text) == text, "run: python -m scripts.permission_table"


@pytest.mark.parametrize("kind", USERS)
async def test_every_action_does_what_the_table_says(home: Home, kind: str) -> None:
    """What a limited user may do for Anna, nobody else's entity is needed for."""
    context, data = await context_of(home.hass, kind), await data_of(home)
    allowed, refused = [], []
    for action, fields in data.items():
        if who_may(NEEDED[action])[kind] == NO:
            error = await home.refuses(full_name(action), fields, context)
            assert not isinstance(error, UnknownUser)
            refused.append(action)
        elif action == "texting.ask":
            assert (await answered(home, context, fields))["choice"] == "yes"
            allowed.append(action)
        else:
            before = await home.traces()
            response = await home.call(full_name(action), fields, context)
            assert response is not None or action == LEGACY
            # What only reads leaves nothing.
            assert (await home.traces() != before) or action in LEAVES_NOTHING
            allowed.append(action)
    expected = {action for action, need in NEEDED.items() if who_may(need)[kind] != NO}
    assert (set(allowed), set(refused)) == (expected, set(NEEDED) - expected)


def test_the_table_is_that_of_the_design() -> None:
    """Who may only read may do nothing; managing is for administrators; automations may do all."""
    for need in set(NEEDED.values()):
        may = who_may(need)
        assert (may["automation"], may["administrator"], may["read-only user"]) == (YES, YES, NO)
        assert (may["user"] == NO) == (need is ADMINISTRATOR)


NOBODY: dict[str, Any] = {
    "a user who controls other things": controls("light.kitchen", "notify.mobile_app_phone"),
    "a user who may read and edit": {"all": {"read": True, "edit": True}},
    "a user whose group allows nothing": {},
    "a user who controls devices that are gone": {"device_ids": {"gone": {"control": True}}},
}


@pytest.mark.parametrize("group", NOBODY.values(), ids=list(NOBODY))
async def test_who_controls_nothing_of_ours_may_do_nothing(home: Home, group: dict[str, Any]) -> None:
    context, data = Context(user_id=(await new_user(home.hass, group)).id), await data_of(home)
    told_apart = {
        "texting.get_status": {"reference": "none"},
        "texting.cancel_message": {"reference": "none"},
        "texting.resend_message": {"reference": "none"},
        "texting.get_history": {"entity_id": "none"},
        "texting.reply": {"incoming_id": "none", "message": "Hi"},
        "texting.preview_message": {"account": "none", "message": "Hi"},
        "texting.send_message": {"area_id": "none", "message": "Hi"},
        "texting.ask": {"entity_id": "none", "question": "Hi"},
        "texting.get_profile": {"account": "none"},
        "texting.raise_alert": {"entity_id": "none"},
    }
    errors = [await home.refuses(full_name(action), fields, context) for action, fields in data.items()]
    errors += [await home.refuses(action, fields, context) for action, fields in told_apart.items()]
    assert {(error.entity_id, error.config_entry_id, error.permission) for error in errors} == {(None, None, "control")}


@pytest.mark.parametrize("group", [GROUP_ID_ADMIN, GROUP_ID_USER])
async def test_who_was_deactivated_may_do_nothing(home: Home, group: str) -> None:
    user, data = await new_user(home.hass, group), await data_of(home)
    await home.hass.auth.async_deactivate_user(user)
    for action, fields in data.items():
        await home.refuses(full_name(action), fields, Context(user_id=user.id))


@pytest.mark.parametrize("user_id", ["gone", ""])
async def test_who_is_unknown_may_do_nothing(home: Home, user_id: str) -> None:
    for action, fields in (await data_of(home)).items():
        error = await home.refuses(full_name(action), fields, Context(user_id=user_id))
        assert isinstance(error, UnknownUser)


async def test_the_owner_may_do_everything(home: Home, hass_owner_user: MockUser) -> None:
    context, data = Context(user_id=hass_owner_user.id), await data_of(home)
    assert await home.call("texting.get_profile", data["texting.get_profile"], context)
    assert await home.call("texting.cancel_message", data["texting.cancel_message"], context)


# -- users who control some entities -----------------------------------------------------------------------------------

ALLOWED, REFUSED = "allowed", "refused"
SEND, PREVIEW, ASK, REPLY = "texting.send_message", "texting.preview_message", "texting.ask", "texting.reply"
STATUS, CANCEL = "texting.get_status", "texting.cancel_message"
# What is called, with which data, and what must happen: allowed, refused, or the key of the error.
type Case = tuple[str, dict[str, Any], str]


async def outcomes(home: Home, user: User, cases: dict[str, Case]) -> dict[str, str]:
    """Make each call as this user. Return what happened; a refused call must have left nothing."""
    happened = {}
    for name, (action, data, _) in cases.items():
        text = f"{name} {next(home.numbers)}"
        fields = data if action in (STATUS, CANCEL) else {"question" if action == ASK else "message": text, **data}
        before = await home.traces()
        context = Context(user_id=user.id)
        try:
            await home.call(action, fields, context)
        except Unauthorized:
            assert await home.traces() == before, name
            happened[name] = REFUSED
        except HomeAssistantError as err:
            happened[name] = err.translation_key or str(err)
        else:
            happened[name] = ALLOWED
    return happened


def expected(cases: dict[str, Case]) -> dict[str, str]:
    return {name: outcome for name, (_, _, outcome) in cases.items()}


def device_of(hass: HomeAssistant, entity_id: str) -> str:
    entity = er.async_get(hass).async_get(entity_id)
    assert entity is not None
    assert entity.device_id is not None
    return entity.device_id


async def test_who_controls_one_recipient_reaches_only_that_one(home: Home) -> None:
    hass, house, pro, route = home.hass, home.id(HOUSE), home.id(PRO), home.id("route")
    devices, areas = dr.async_get(hass), ar.async_get(hass)
    anna, ben = device_of(hass, "notify.anna"), device_of(hass, "notify.ben")
    floor, label = fr.async_get(hass).async_create("First"), lr.async_get(hass).async_create("Everybody")
    family, hers = areas.async_create("Family", floor_id=floor.floor_id), areas.async_create("Hers")
    devices.async_update_device(ben, area_id=family.id, labels={label.label_id})
    devices.async_update_device(anna, area_id=hers.id, labels={label.label_id})
    # Another integration may have subentries of the same type.
    theirs = ConfigSubentryData(data={}, subentry_type="recipient", title="Anna", unique_id=None)
    other = MockConfigEntry(domain="other", title="Other", subentries_data=[theirs])
    other.add_to_hass(hass)
    phone = devices.async_get_or_create(config_entry_id=other.entry_id, identifiers={("other", "phone")})
    er.async_get(hass).async_get_or_create("notify", "other", "1", device_id=phone.id, config_entry=other)
    hass.states.async_set("group.both", "on", {"entity_id": ["notify.anna", "notify.ben"]})
    cases: dict[str, Case] = {
        "her entity": (SEND, {"entity_id": "notify.anna"}, ALLOWED),
        "her device": (SEND, {"device_id": anna}, ALLOWED),
        "her area": (SEND, {"area_id": hers.id}, ALLOWED),
        "her name": (SEND, {"account": house, "to": "anna "}, ALLOWED),
        "her number": (SEND, {"account": house, "to": ANNA}, ALLOWED),
        "her number as people write it": (SEND, {"account": house, "to": ["06 12 34 56 01"]}, ALLOWED),
        "a preview for her": (PREVIEW, {"account": house, "to": "Anna"}, ALLOWED),
        "the legacy action to her": ("notify.textinghouse", {"target": ["Anna", ANNA]}, ALLOWED),
        "a reply to her": (REPLY, {"incoming_id": home.incoming["Anna"]}, ALLOWED),
        # Everybody else
        "another entity": (SEND, {"entity_id": ["notify.anna", "notify.ben"]}, REFUSED),
        "all": (SEND, {"entity_id": "all"}, REFUSED),
        "a group entity": (SEND, {"entity_id": "group.both"}, REFUSED),
        "his device": (SEND, {"device_id": [ben]}, REFUSED),
        "a device and her entity": (SEND, {"device_id": [ben], "entity_id": "notify.anna"}, REFUSED),
        "his area": (SEND, {"area_id": family.id}, REFUSED),
        "his floor": (SEND, {"floor_id": floor.floor_id}, REFUSED),
        "the label of both": (SEND, {"label_id": label.label_id}, REFUSED),
        "his name": (SEND, {"account": house, "to": "Ben"}, REFUSED),
        "his number": (SEND, {"account": house, "to": [BEN]}, REFUSED),
        "her name and a number": (SEND, {"account": house, "to": ["Anna", STRANGER]}, REFUSED),
        "her entity and a number": (SEND, {"entity_id": "notify.anna", "account": house, "to": STRANGER}, REFUSED),
        "a number": (SEND, {"account": house, "to": STRANGER}, REFUSED),
        "the free test number": (SEND, {"account": house, "to": "20304050"}, REFUSED),
        "a name of nobody": (SEND, {"account": house, "to": "Zoe"}, REFUSED),
        "an account alone": (SEND, {"account": house}, REFUSED),
        "her entity and another account": (SEND, {"entity_id": "notify.anna", "account": pro}, REFUSED),
        "her name at another account": (SEND, {"account": pro, "to": "Anna"}, REFUSED),
        "her number at another account": (SEND, {"account": pro, "to": ANNA}, REFUSED),
        "her number at a route": (SEND, {"account": route, "to": ANNA}, REFUSED),
        "the same number in a route": (SEND, {"account": route, "to": "Rita"}, REFUSED),
        "an account that is none": (SEND, {"account": "none", "to": "Anna"}, REFUSED),
        "an entry of others": (SEND, {"account": other.entry_id, "to": "Anna"}, REFUSED),
        "an entity that is not there": (SEND, {"entity_id": "notify.zoe"}, REFUSED),
        "an entity of the account": (SEND, {"entity_id": "sensor.textinghouse_credit_balance"}, REFUSED),
        "a preview of nothing": (PREVIEW, {"account": house}, REFUSED),
        "a preview for him": (PREVIEW, {"account": house, "to": "Ben"}, REFUSED),
        "a question to him": (ASK, {"entity_id": "notify.ben"}, REFUSED),
        "a question through another account": (ASK, {"account": pro, "to": ANNA}, REFUSED),
        "the legacy action to all": ("notify.textinghouse", {}, REFUSED),
        "the legacy action to nobody": ("notify.textinghouse", {"target": []}, REFUSED),
        "the legacy action to both": ("notify.textinghouse", {"target": ["Anna", "Ben"]}, REFUSED),
        "the legacy action to a number": ("notify.textinghouse", {"target": STRANGER}, REFUSED),
        "another legacy action": ("notify.textiopro", {"target": "Anna"}, REFUSED),
        "the route's legacy action": ("notify.alerts", {"target": [ANNA]}, REFUSED),
        "a reply to him": (REPLY, {"incoming_id": home.incoming["Ben"]}, REFUSED),
        "a reply to a stranger": (REPLY, {"incoming_id": home.incoming["a stranger"]}, REFUSED),
        "a reply to nothing": (REPLY, {"incoming_id": "none"}, REFUSED),
        # What names nobody
        "a device of others": (SEND, {"device_id": phone.id}, "no_target"),
        "none": (SEND, {"entity_id": "none"}, "no_target"),
        "no account": (SEND, {"device_id": anna, "to": ANNA}, "no_account"),
    }
    user = await new_user(hass, controls("notify.anna"))
    assert await outcomes(home, user, cases) == expected(cases)


async def test_who_controls_all_notify_entities_reaches_recipients_but_no_other_number(home: Home) -> None:
    house, pro = home.id(HOUSE), home.id(PRO)
    data = {"numbers": [], "group": FAMILY, "group_name": "Family"}
    group = ConfigSubentry(data=MappingProxyType(data), subentry_type="recipient", title="Kin", unique_id=None)
    home.hass.config_entries.async_add_subentry(home.entries[PRO], group)
    await told(home.hass)
    for name in (CLUB, POINT, "route"):
        await home.hass.config_entries.async_set_disabled_by(home.id(name), ConfigEntryDisabler.USER)
    cases: dict[str, Case] = {
        "a recipient": (SEND, {"account": house, "to": "Ben"}, ALLOWED),
        "another account's": (SEND, {"account": pro, "to": ["Anna", BEN]}, ALLOWED),
        "a group": (SEND, {"entity_id": "notify.kin"}, ALLOWED),
        "the legacy action to all": ("notify.textiopro", {}, ALLOWED),
        "a reply to Ben": (REPLY, {"incoming_id": home.incoming["Ben"]}, ALLOWED),
        "a number": (SEND, {"account": house, "to": STRANGER}, REFUSED),
        "an account": (PREVIEW, {"account": house}, REFUSED),
        "a reply to a stranger": (REPLY, {"incoming_id": home.incoming["a stranger"]}, REFUSED),
        "an account that is disabled": (SEND, {"account": home.id(CLUB), "to": "Clara"}, REFUSED),
        "a recipient that is disabled": (SEND, {"entity_id": "notify.clara"}, REFUSED),
    }
    user = await new_user(home.hass, {"domains": {"notify": {"control": True}}})
    assert await outcomes(home, user, cases) == expected(cases)
    arrived = len(home.simulator.messages())
    await home.call(SEND, {"entity_id": "all", "message": "Water", "urgent": True}, Context(user_id=user.id))
    # The group must be named.
    texted = [f"+{message.phone_number}" for message in home.simulator.messages()[arrived:]]
    assert sorted(texted) == sorted([ANNA, BEN, "+33612345603"] * 2)


@pytest.mark.parametrize("by", ["entity", "device"])
async def test_who_controls_an_account_sends_to_any_number_there(home: Home, by: str) -> None:
    hass, house = home.hass, home.id(HOUSE)
    sensor = "sensor.textinghouse_credit_balance"
    group: Any = controls(sensor) if by == "entity" else {"device_ids": {device_of(hass, sensor): {"control": True}}}
    to_ben = await home.send(entity_id="notify.ben", urgent=True)
    cases: dict[str, Case] = {
        "a number": (SEND, {"account": house, "to": STRANGER}, ALLOWED),
        "a recipient": (SEND, {"account": house, "to": "Ben"}, ALLOWED),
        "nobody": (SEND, {"account": house, "to": "Zoe"}, "unknown_recipient"),
        "the legacy action to all": ("notify.textinghouse", {"target": ["Ben", STRANGER]}, ALLOWED),
        "a preview": (PREVIEW, {"account": house}, ALLOWED),
        "a reply to a stranger": (REPLY, {"incoming_id": home.incoming["a stranger"]}, ALLOWED),
        "the status of any message": (STATUS, {"reference": to_ben["reference"]}, ALLOWED),
        "what is not there, at this account": (STATUS, {"reference": "none", "account": house}, "unknown_message"),
        "what is not there": (STATUS, {"reference": "none"}, REFUSED),
        "what is not there, at another account": (STATUS, {"reference": "none", "account": home.id(PRO)}, REFUSED),
        "a recipient's entity": (SEND, {"entity_id": "notify.ben"}, REFUSED),
        "another account": (SEND, {"account": home.id(PRO), "to": STRANGER}, REFUSED),
        "a route that uses it": (SEND, {"account": home.id("route"), "to": "Rita"}, REFUSED),
    }
    assert await outcomes(home, await new_user(hass, group), cases) == expected(cases)


async def test_messages_of_others_look_like_missing_ones(home: Home) -> None:
    house, pro = home.entries[HOUSE].runtime_data.outbox, home.id(PRO)
    hers, his = await home.send(entity_id="notify.anna", urgent=True), await home.send(entity_id="notify.ben")
    waiting, stranger = await home.send(entity_id="notify.anna"), await home.send(account=home.id(HOUSE), to=STRANGER)
    # Two accounts may have a message of the same id. The newest one counts, unless the account is named.
    both = await home.send(account=home.id(HOUSE), to="Anna", urgent=True)
    others = await home.send(entity_id="notify.ben_2")
    record = await house.database.find(reference=others["reference"])
    record.message_id = both["message_id"]
    await asyncio.wait([house.database.write([record])])
    cases: dict[str, Case] = {
        "hers": (STATUS, {"reference": hers["reference"]}, ALLOWED),
        "hers by the provider's id": (STATUS, {"message_id": hers["message_id"]}, ALLOWED),
        "hers at the account": (STATUS, {"message_id": both["message_id"], "account": home.id(HOUSE)}, ALLOWED),
        "hers that waits": (CANCEL, {"reference": waiting["reference"]}, ALLOWED),
        "hers that left": (CANCEL, {"reference": hers["reference"]}, "not_queued"),
        "hers at another account": (STATUS, {"reference": hers["reference"], "account": pro}, REFUSED),
        "his": (STATUS, {"reference": his["reference"]}, REFUSED),
        "his by the provider's id": (STATUS, {"message_id": his["message_id"]}, REFUSED),
        "his to cancel": (CANCEL, {"reference": his["reference"]}, REFUSED),
        "another account's": (STATUS, {"reference": others["reference"]}, REFUSED),
        "the id of two": (STATUS, {"message_id": both["message_id"]}, REFUSED),
        "the id of two at the other account": (STATUS, {"message_id": both["message_id"], "account": pro}, REFUSED),
        "a stranger's": (STATUS, {"reference": stranger["reference"]}, REFUSED),
        "none": (STATUS, {"reference": "none"}, REFUSED),
        "none to cancel": (CANCEL, {"reference": "none"}, REFUSED),
        "none by the provider's id": (STATUS, {"message_id": "none"}, REFUSED),
        "none at an account": (STATUS, {"reference": "none", "account": home.id(HOUSE)}, REFUSED),
        "none at no account": (STATUS, {"reference": "none", "account": "none"}, REFUSED),
    }
    user = await new_user(home.hass, controls("notify.anna"))
    assert await outcomes(home, user, cases) == expected(cases)
    context = Context(user_id=user.id)
    errors = [await home.refuses(STATUS, {"reference": each}, context) for each in (his["reference"], "none")]
    assert vars(errors[0]) == vars(errors[1])


@pytest.mark.parametrize("entity_id", ["notify.rita", "sensor.alerts_last_delivery_status"])
async def test_a_routes_messages_are_of_the_route_and_its_recipients(home: Home, entity_id: str) -> None:
    sent, other = await home.send(entity_id="notify.rita", urgent=True), await home.send(entity_id="notify.ben")
    reference = sent["reference"]
    (attempt,) = await home.entries["route"].runtime_data.outbox.database.attempts([reference])
    cases: dict[str, Case] = {
        "the route's": (STATUS, {"reference": reference}, ALLOWED),
        # The newest message of this id is the attempt at the account.
        "by the provider's id": (STATUS, {"message_id": attempt.message_id}, ALLOWED),
        "her name": (SEND, {"account": home.id("route"), "to": "Rita"}, ALLOWED),
        "the account": (SEND, {"account": home.id(HOUSE), "to": ANNA}, REFUSED),
        "the account's": (STATUS, {"reference": other["reference"]}, REFUSED),
    }
    assert await outcomes(home, await new_user(home.hass, controls(entity_id)), cases) == expected(cases)


async def test_a_disabled_entity_allows_nothing(home: Home) -> None:
    registry, house = er.async_get(home.hass), home.id(HOUSE)
    limited = await new_user(home.hass, controls("notify.anna", "notify.ben", "sensor.textinghouse_credit_balance"))
    ordinary = await new_user(home.hass, GROUP_ID_USER)
    for entity_id in ("notify.anna", "sensor.textinghouse_credit_balance"):
        registry.async_update_entity(entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await told(home.hass)
    cases: dict[str, Case] = {
        "the entity": (SEND, {"entity_id": "notify.anna"}, REFUSED),
        "the name": (SEND, {"account": house, "to": "Anna"}, REFUSED),
        "a number": (SEND, {"account": house, "to": STRANGER}, REFUSED),
        "the legacy action": ("notify.textinghouse", {"target": "Anna"}, REFUSED),
        "a reply": (REPLY, {"incoming_id": home.incoming["Anna"]}, REFUSED),
        "another": (SEND, {"entity_id": "notify.ben"}, ALLOWED),
    }
    assert await outcomes(home, limited, cases) == expected(cases)
    assert set((await outcomes(home, ordinary, cases)).values()) == {ALLOWED}


async def test_an_account_that_is_not_loaded_is_told_only_to_those_who_control_it(home: Home) -> None:
    await home.hass.config_entries.async_unload(home.id(HOUSE))
    house = home.id(HOUSE)
    anna, clara = [await new_user(home.hass, controls(f"notify.{name}")) for name in ("anna", "clara")]
    cases: dict[str, Case] = {
        "the name": (SEND, {"account": house, "to": "Anna"}, "account_not_loaded"),
        "the entity": (SEND, {"entity_id": "notify.anna"}, "account_not_loaded"),
        "a reply": (REPLY, {"incoming_id": home.incoming["Anna"]}, "account_not_loaded"),
    }
    assert await outcomes(home, anna, cases) == expected(cases)
    assert set((await outcomes(home, clara, cases)).values()) == {REFUSED}
    # Without any account there is no database to ask.
    for name in (PRO, CLUB, POINT, "route"):
        await home.hass.config_entries.async_unload(home.id(name))
    with pytest.raises(Unauthorized):
        await home.call(STATUS, {"reference": "none"}, Context(user_id=anna.id))
    with pytest.raises(ServiceValidationError) as caught:
        await home.call(STATUS, {"reference": "none"}, AUTOMATION)
    text_of(caught.value, "unknown_message")


# -- how people reach the actions, and what Home Assistant itself guards -----------------------------------------------


async def test_a_read_only_user_gets_401_by_rest(
    web: None, home: Home, hass_client_no_auth: ClientSessionGenerator
) -> None:
    user = await new_user(home.hass, GROUP_ID_READ_ONLY)
    client, headers = await hass_client_no_auth(), {"Authorization": f"Bearer {await token_of(home.hass, user)}"}
    data, before = await data_of(home), await home.traces()
    statuses = {}
    for action, fields in data.items():
        query = "" if action == LEGACY else "?return_response"
        path = f"/api/services/{full_name(action).replace('.', '/')}{query}"
        statuses[action] = (await client.post(path, json=fields, headers=headers)).status
    assert statuses == dict.fromkeys(NEEDED, HTTPStatus.UNAUTHORIZED)
    assert await home.traces() == before


async def test_a_read_only_user_is_unauthorized_by_websocket(
    web: None, home: Home, hass_ws_client: WebSocketGenerator
) -> None:
    """Home Assistant puts the same code on each error of an action. The words are those of its own actions."""
    user = await new_user(home.hass, GROUP_ID_READ_ONLY)
    client = await hass_ws_client(home.hass, await token_of(home.hass, user))
    data, before = await data_of(home), await home.traces()
    data["notify.send_message"] = {"entity_id": "notify.anna", "message": "Water"}
    errors = {}
    for action, fields in data.items():
        domain, name = full_name(action).split(".")
        call = {"domain": domain, "service": name, "service_data": fields, "return_response": domain == DOMAIN}
        await client.send_json_auto_id({"type": "call_service", **call})
        errors[action] = (await client.receive_json())["error"]
    cores = errors.pop("notify.send_message")
    assert cores["message"] == "Unauthorized"
    assert errors == dict.fromkeys(NEEDED, cores)
    assert await home.traces() == before


@pytest.mark.parametrize("group", [GROUP_ID_READ_ONLY, GROUP_ID_USER])
async def test_commands_that_tell_or_run_ours_are_for_administrators(
    web: None, home: Home, hass_ws_client: WebSocketGenerator, group: str
) -> None:
    """Not webhook/list, which Home Assistant 2026.5 opens to every user: see docs/permissions.md."""
    client = await hass_ws_client(home.hass, await token_of(home.hass, await new_user(home.hass, group)))
    step = {"action": SEND, "data": {"entity_id": "notify.anna", "message": "Water", "urgent": True}}
    commands: list[dict[str, Any]] = [
        {"type": "execute_script", "sequence": [step]},
        {"type": "subscribe_trigger", "trigger": {"trigger": "texting.message_received", "options": {}}},
        {"type": "subscribe_events", "event_type": "texting_message"},
        {"type": "subscribe_events"},
        {"type": "config_entries/subentries/list", "entry_id": home.id(HOUSE)},
        {"type": "config_entries/subentries/delete", "entry_id": home.id(HOUSE), "subentry_id": "any"},
        {"type": "config_entries/disable", "entry_id": home.id(HOUSE), "disabled_by": "user"},
        {"type": "diagnostics/list"},
    ]
    before, codes = await home.traces(), {}
    for command in commands:
        await client.send_json_auto_id(dict(command))
        answer = await client.receive_json()
        codes[f"{command['type']} {command.get('event_type')}"] = answer.get("error", {}).get("code")
    assert set(codes.values()) == {"unauthorized"}, codes
    assert await home.traces() == before


@pytest.mark.parametrize("group", [GROUP_ID_READ_ONLY, GROUP_ID_USER])
async def test_dialogs_and_diagnostics_are_for_administrators(
    web: None, home: Home, hass_client_no_auth: ClientSessionGenerator, group: str
) -> None:
    hass, house = home.hass, home.id(HOUSE)
    token = await token_of(hass, await new_user(hass, group))
    client, headers = await hass_client_no_auth(), {"Authorization": f"Bearer {token}"}
    flows = "/api/config/config_entries"
    before = await home.traces()
    statuses = {
        path: (await client.post(path, json=data, headers=headers)).status
        for path, data in (
            (f"{flows}/flow", {"handler": DOMAIN}),
            (f"{flows}/options/flow", {"handler": house}),
            (f"{flows}/subentries/flow", {"handler": [house, "recipient"]}),
            (f"{flows}/subentries/flow", {"handler": [house, "keyword"]}),
            (f"{flows}/entry/{house}/reload", {}),
            ("/api/repairs/issues/fix", {"handler": DOMAIN, "issue_id": "any"}),
        )
    }
    path = f"/api/diagnostics/config_entry/{house}"
    statuses[path] = (await client.get(path, headers=headers)).status
    assert set(statuses.values()) == {HTTPStatus.UNAUTHORIZED}, statuses
    assert not hass.config_entries.flow.async_progress()
    assert await home.traces() == before


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("notify.send_message", {"entity_id": "notify.anna", "message": "Water"}),
        ("notify.send_message", {"entity_id": ["notify.ben", "notify.rita"], "message": "Water"}),
        ("button.press", {"entity_id": "button.textinghouse_send_test_message"}),
    ],
)
async def test_home_assistant_guards_the_entities_itself(home: Home, action: str, data: dict[str, Any]) -> None:
    for group in (GROUP_ID_READ_ONLY, controls("light.kitchen")):
        await home.refuses(action, data, Context(user_id=(await new_user(home.hass, group)).id))
    before = await home.traces()
    await home.call(action, data, Context(user_id=(await new_user(home.hass, GROUP_ID_USER)).id))
    assert await home.traces() != before


async def test_core_alone_sends_all_only_to_whom_the_user_controls(home: Home) -> None:
    """Home Assistant's own action leaves out what the user does not control. Ours refuses the whole call."""
    arrived = len(home.simulator.messages())
    user = await new_user(home.hass, controls("notify.ben"))
    await home.call("notify.send_message", {"entity_id": "all", "message": "Water"}, Context(user_id=user.id))
    await told(home.hass)
    texted = [f"+{message.phone_number}" for message in home.simulator.messages()[arrived:]]
    assert sorted(texted) == [BEN, "+33612345603"]


async def run_script(home: Home, steps: list[dict[str, Any]], context: Context) -> None:
    assert await async_setup_component(home.hass, "script", {"script": {"tested": {"sequence": steps}}})
    await home.hass.services.async_call("script", "tested", {}, blocking=True, context=context)


@pytest.mark.parametrize("action", [SEND, "notify.textinghouse", "texting.get_profile"])
async def test_a_script_keeps_the_user_who_runs_it(home: Home, action: str) -> None:
    data = {
        SEND: {"entity_id": "notify.anna", "message": "Water", "urgent": True},
        "notify.textinghouse": {"message": "Water", "target": "Anna", "data": {"urgent": True}},
        "texting.get_profile": {"account": home.id(PRO)},
    }[action]
    response = {"response_variable": "profile"} if action == "texting.get_profile" else {}
    steps = [{"action": action, "data": data, **response}]
    before = await home.traces()
    user = await new_user(home.hass, GROUP_ID_READ_ONLY)
    with pytest.raises(Unauthorized):
        await run_script(home, steps, Context(user_id=user.id))
    assert await home.traces() == before
    administrator = await new_user(home.hass, GROUP_ID_ADMIN)
    await home.hass.services.async_call("script", "tested", blocking=True, context=Context(user_id=administrator.id))
    assert await home.traces() != before


async def test_an_automation_may_text_whoever_caused_its_trigger(home: Home) -> None:
    """A read-only user cannot press a button, but an event that a user caused may start an automation."""
    automation = {
        "alias": "Tested",
        "triggers": {"trigger": "event", "event_type": "doorbell"},
        "actions": {"action": SEND, "data": {"entity_id": "notify.ben", "message": "Somebody is here"}},
    }
    assert await async_setup_component(home.hass, "automation", {"automation": [automation]})
    await told(home.hass)
    user, arrived = await new_user(home.hass, GROUP_ID_READ_ONLY), len(home.simulator.messages())
    home.hass.bus.async_fire("doorbell", context=Context(user_id=user.id))
    await told(home.hass)
    assert len(home.simulator.messages()) == arrived + 2
