"""Every dialog, action and failure with marked secrets, numbers and texts. Nothing that the home writes holds a mark.

tests/support/marks.py says what may hold them, and why.
"""

import gzip
import itertools
from typing import Any

import aiohttp
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS, textinghouse
from homeassistant.components.webhook import async_generate_path
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.simulator.echo import ENCODINGS
from tests.support.alerts import set_up_alert
from tests.support.assist import Phone, add_agent, allow
from tests.support.cards import card_input
from tests.support.flows import SECRETS, SENDER_INPUT, SITES, account_input, begin, recipient_input, reconfigure
from tests.support.home import (
    first_number,
    notify_entities,
    pass_until,
    requests_under_way,
    told,
    until,
)
from tests.support.marks import ANSWERED, ASKED, PIN, RECEIVED, STRANGER, TEXT, USER, Marks, marked_login

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
FAULTS = ("html", "http_error", "cut", "empty", "truncated", "rate_limited", "unavailable", "redirect", "challenge")
_numbers = itertools.count()
type Action = tuple[str, dict[str, Any]]


@pytest.fixture
def marks(
    recorder_mock: Any,
    hass_storage: dict[str, Any],
    hass: HomeAssistant,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> Marks:
    """Return the search, in a home with a recorder."""
    monkeypatch.setattr(textinghouse, "ASK_AGAIN_AFTER", 0.0)
    return Marks(hass, caplog, hass_storage)


def stranger_of(provider: Provider) -> str:
    """Return a number that belongs to no recipient, in a country that the provider serves."""
    north_american = provider in (Provider.CLUB_TEXTING, Provider.GROUP_TEXTING)
    return STRANGER["us" if north_american else "in" if provider is Provider.THESMSPOINT else "fr"]


def new_text() -> str:
    """Return a text that was not sent before, since TextingHouse refuses the same one again."""
    return f"{TEXT} {next(_numbers)}"


def every_action(provider: Provider, entry_id: str) -> list[Action]:
    """Return a call of every action, with marks wherever a user writes something. No text is sent twice."""
    to, people, account = stranger_of(provider), notify_entities(provider), {"account": entry_id}
    group = {**account, "group": f"Group {to}"}
    contact = {**group, "contact": to}
    return [
        ("send_message", {"entity_id": people, "message": new_text(), "title": "Title"}),
        (
            "send_message",
            {**account, "to": [to, first_number(provider), f"{to} or so"], "message": f"{TEXT} once more"},
        ),
        ("preview_message", {**account, "to": to, "message": new_text()}),
        ("reply", {"incoming_id": "01JDZZZZZZZZZZZZZZZZZZZZZZ", "message": new_text()}),
        ("cancel_message", {"reference": "none"}),
        ("get_status", {"reference": "none"}),
        ("get_history", {"entity_id": people, "account": entry_id}),
        ("get_history", {"cursor": f"{to} {TEXT}"}),
        ("resend_message", {"reference": "none"}),
        ("list_contact_groups", account),
        ("create_contact_group", {**account, "name": f"Group {to}"}),
        ("get_contact_group", group),
        ("update_contact_group", {**group, "name": f"Group 2 {to}"}),
        ("create_contact", {**group, "number": to, "fields": {"FIRST_NAME": TEXT}}),
        ("list_contacts", group),
        ("get_contact", contact),
        ("update_contact", {**contact, "number": to, "fields": {"FIRST_NAME": TEXT}}),
        ("send_campaign", {**account, "groups": [f"Group {to}"], "message": new_text()}),
        ("get_campaign", {**account, "campaign_id": "1"}),
        ("delete_contact", contact),
        ("delete_contact_group", group),
        ("list_senders", account),
        ("list_templates", account),
        ("list_messages", account),
        ("get_profile", account),
        ("check_keyword", {**account, "keyword": "LEAK"}),
        ("set_up_keyword", {**account, "keyword": "LEAK", "autoreply": TEXT, "email": f"{USER}@example.com"}),
        ("look_up_carrier", {**account, "to": to}),
        ("broadcast_voice", {**account, "to": [to], "caller_id": to, "sound_url": "https://example.com/a.wav"}),
        ("raise_alert", {"entity_id": "sensor.leak_state", "message": f"{TEXT} {to}"}),
        ("acknowledge_alert", {"entity_id": "sensor.leak_state"}),
        ("clear_alert", {"entity_id": "sensor.leak_state"}),
        ("test_alert", {"entity_id": "sensor.leak_state"}),
        ("ask", {"entity_id": people[:1], "question": f"{TEXT}: {ASKED}?", "timeout": 1}),
    ]


async def do_everything(
    hass: HomeAssistant, marks: Marks, pass_time: PassTime, provider: Provider, entry: MockConfigEntry
) -> None:
    """Call every action and both of Home Assistant's own, then read what is read regularly."""
    actions = every_action(provider, entry.entry_id)
    registered = hass.services.async_services()["texting"]
    assert {name for name, _ in actions} == set(registered)
    legacy = entry.title.lower().replace(" ", "_")
    for name, data in actions:
        returns = registered[name].supports_response.value != "none"
        call = hass.services.async_call("texting", name, data, blocking=True, return_response=returns)
        await finish(hass, pass_time, marks, call)
    for name, data in (
        ("send_message", {"entity_id": notify_entities(provider)[0], "message": new_text()}),
        (legacy, {"message": new_text(), "target": [stranger_of(provider), "Zoe"]}),
    ):
        await finish(hass, pass_time, marks, hass.services.async_call("notify", name, data, blocking=True))
    await finish(hass, pass_time, marks, entry.runtime_data.balance.async_refresh())
    if entry.runtime_data.incoming:
        await finish(hass, pass_time, marks, entry.runtime_data.incoming.async_refresh())


async def finish(hass: HomeAssistant, pass_time: PassTime, marks: Marks, call: Any) -> None:
    """Wait until an action is done. Time passes while it waits."""
    doing = hass.async_create_task(marks.attempt(call))
    await pass_until(hass, pass_time, doing.done, 2)
    await doing


@EVERY_PROVIDER
@pytest.mark.usefixtures("impatient")
async def test_actions_and_failures(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    marks: Marks,
    pass_time: PassTime,
    provider: Provider,
) -> None:
    """With the fault "echo", the provider's error repeats the whole request, with the login."""
    entry = await set_up(provider, data=marked_login(provider, simulator))
    assert entry.state is ConfigEntryState.LOADED
    await set_up_alert(hass, who=notify_entities(provider))
    await do_everything(hass, marks, pass_time, provider, entry)
    assert simulator.messages(provider)
    faults = [("echo", {"encoding": encoding}) for encoding in ENCODINGS] + [(fault, {}) for fault in FAULTS]
    for kind, options in faults:
        for site in SITES[provider]:
            simulator.faults.add(site, kind, None, **options)
        await do_everything(hass, marks, pass_time, provider, entry)
        simulator.faults.clear()
    for site in SITES[provider]:
        await simulator.faults.refuse(site)
    await do_everything(hass, marks, pass_time, provider, entry)
    await simulator.restore()
    setattr(simulator.accounts[provider], SECRETS[provider][1], "changed")
    await do_everything(hass, marks, pass_time, provider, entry)
    await until(lambda: not requests_under_way(hass))
    await hass.config_entries.async_unload(entry.entry_id)
    assert await marks.found() == []


@EVERY_PROVIDER
async def test_dialogs(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, marks: Marks, provider: Provider
) -> None:
    login = marked_login(provider, simulator)
    secret = SECRETS[provider][0]
    flow, options, subentries = (
        hass.config_entries.flow,
        hass.config_entries.options,
        hass.config_entries.subentries,
    )
    # A new account: each failure, then success.
    form = await begin(hass, provider)
    for encoding in ENCODINGS:
        for site in SITES[provider]:
            simulator.faults.add(site, "echo", None, encoding=encoding)
        form = await flow.async_configure(form["flow_id"], account_input(provider, simulator, **login))
        assert form["errors"]
        simulator.faults.clear()
    changed = {**login, secret: f"{login[secret]}-changed"}
    form = await flow.async_configure(form["flow_id"], account_input(provider, simulator, **changed))
    form = await flow.async_configure(form["flow_id"], account_input(provider, simulator, **login))
    if form.get("step_id") == f"{provider}_sender":
        form = await flow.async_configure(form["flow_id"], SENDER_INPUT)
    entry = form["result"]
    await told(hass)
    # Its first recipient, and its keyword.
    receives = {"allow_commands": True, "pin": PIN} if GATEWAYS[provider].info.receives else {}
    number = first_number(provider)
    form = await subentries.async_init((entry.entry_id, "recipient"), context={"source": "user"})
    for values in ({"numbers": [f"{number}x"]}, {"numbers": [number], **receives}):
        form = await subentries.async_configure(form["flow_id"], recipient_input({"name": "Zoe", **values}))
    form = await subentries.async_configure(form["flow_id"], {"next_step_id": "send_test"})
    assert form["reason"] == "tested"
    if "keyword" in entry.supported_subentry_types:
        form = await subentries.async_init((entry.entry_id, "keyword"), context={"source": "user"})
        form = await subentries.async_configure(form["flow_id"], {"keyword": "LEAK"})
        form = await subentries.async_configure(form["flow_id"], {"next_step_id": "set_up"})
        await subentries.async_configure(form["flow_id"], {"autoreply": TEXT})
        for kind in ("echo", "html"):
            simulator.faults.add(provider, kind, path="/credits/buy")
            form = await options.async_init(entry.entry_id)
            form = await options.async_configure(form["flow_id"], {"next_step_id": "buy_credits"})
            await marks.attempt(options.async_configure(form["flow_id"], {"credits": 200, **card_input()}))
    await told(hass)
    # Every page of its settings.
    menu = await options.async_init(entry.entry_id)
    assert menu["menu_options"]
    for step in menu["menu_options"]:
        menu = await options.async_init(entry.entry_id)
        form = await options.async_configure(menu["flow_id"], {"next_step_id": step})
        if form["type"] == "form" and step != "buy_credits":
            await options.async_configure(form["flow_id"], {})
    # The login changes, and is entered again.
    form = await reconfigure(hass, entry)
    await flow.async_configure(form["flow_id"], account_input(provider, simulator, **changed))
    flow.async_abort(form["flow_id"])
    setattr(simulator.accounts[provider], SECRETS[provider][1], changed[secret])
    await entry.runtime_data.balance.async_refresh()
    await told(hass)
    (form,) = [each for each in flow.async_progress() if each["context"]["source"] == "reauth"]
    for each in (login[secret], changed[secret]):
        form = await flow.async_configure(form["flow_id"], {secret: each})
    await told(hass)
    marks.raised.append("nothing is raised here")
    assert await marks.found() == []


@pytest.mark.parametrize("provider", [each for each in Provider if GATEWAYS[each].info.receives])
async def test_incoming_texts(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    marks: Marks,
    pass_time: PassTime,
    provider: Provider,
) -> None:
    """Replies, keywords, commands, PINs and opt-outs; calls that are broken, refused or not heard."""
    agent, agent_id = await add_agent(hass)
    agent.says(f"{ANSWERED} {first_number(provider)}")
    assert await async_setup_component(hass, "automation", {"automation": [_reply()]})
    entry = await set_up(provider, data=marked_login(provider, simulator), options={"conversation_agent": agent_id})
    await allow(hass, entry, PIN)
    await pass_time(31)
    texts = [
        f"{RECEIVED} & more",
        f"{PIN} {RECEIVED} on",
        f"{PIN[:-1]}0 {RECEIVED}",
        RECEIVED,
        f"{PIN}MORE",
        "STOP",
        "START",
    ]
    senders = (first_number(provider), stranger_of(provider))
    if GATEWAYS[provider].info.uses_webhook:
        url = await connect(entry)
        for sender in senders:
            phone = Phone(provider, url, sender)
            for text in texts:
                await phone.text(text)
                if provider is not Provider.TEXTINGHOUSE:
                    await phone.submit(f"{text} {RECEIVED}")
                await told(hass)
        await break_webhook(hass, entry, url)
    else:
        for sender in senders:
            for text in texts:
                await simulator.answer(sender, text, provider)
                await pass_time(31)
        for encoding in ENCODINGS:
            simulator.faults.add(provider, "echo", encoding=encoding)
            await pass_time(31)
    await pass_until(hass, pass_time, lambda: agent.texts, 5)
    assert any(RECEIVED in text for text in agent.texts)
    marks.raised.append("nothing is raised here")
    assert await marks.found() == []


def _reply() -> dict[str, Any]:
    return {
        "alias": "Reply",
        "triggers": [{"trigger": "texting.message_received"}],
        "actions": [
            {"action": "texting.reply", "data": {"incoming_id": "{{ trigger.incoming_id }}", "message": TEXT}},
        ],
    }


async def break_webhook(hass: HomeAssistant, entry: MockConfigEntry, url: str) -> None:
    """Call the webhook in every wrong way, also while the account is not loaded."""
    bodies: list[dict[str, Any]] = [
        {"data": f'{{"from": "{first_number(entry.data["provider"])}", "txt": "{RECEIVED}'},
        {"data": RECEIVED.encode("utf-16")},
        {"data": gzip.compress(RECEIVED.encode())[:20], "headers": {"Content-Encoding": "gzip"}},
        {"data": RECEIVED.encode(), "headers": {"Content-Encoding": "deflate"}},
        {"data": RECEIVED.encode() * 10_000},
        {"params": {"text": RECEIVED}},
    ]
    for loaded in (True, False):
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"):
            for body in bodies:
                async with aiohttp.ClientSession() as session, session.request(method, url, **body) as response:
                    assert loaded or response.status != 200 or method == "HEAD"
        if loaded:
            await hass.config_entries.async_unload(entry.entry_id)
    await hass.config_entries.async_setup(entry.entry_id)
    assert url.endswith(async_generate_path(entry.data["webhook_id"]))
