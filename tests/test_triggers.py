"""The trigger message_received, in real automations."""

import asyncio
from collections.abc import Awaitable, Callable
import json
from typing import Any

import pytest
import voluptuous as vol

from custom_components.texting import automations
from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.trigger import async_get_all_descriptions
from homeassistant.setup import async_setup_component
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.simulator.accounts import Keyword
from tests.support.automations import DELIVERED, FAILED, RECEIVED, automate, check_trigger, received, to
from tests.support.home import notify, post, state_of
from tests.support.routes import set_up_route

HOUSE, PRO, CLUB, POINT = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.THESMSPOINT
ANNA, BEN, BENS_OTHER, STRANGER = "+33612345601", "+33612345602", "+33612345603", "+33699999999"
# Who can be a target.
WHO = [{"integration": DOMAIN, "domain": ["notify"]}, {"domain": ["person"]}]
type Receive = Callable[..., Awaitable[None]]
type Settle = Callable[[], Awaitable[None]]


@pytest.fixture
async def house(set_up: SetUp) -> Any:
    """Set up an account whose provider pushes texts."""
    return await set_up(HOUSE)


@pytest.fixture
async def receive(hass: HomeAssistant, house: Any, connect: Connect, settle: Settle) -> Receive:
    """Return a function that posts texts to the webhook as the provider does, each with its own ID."""
    url = await connect(house)
    count = 0

    async def post_texts(*texts: str, sender: str = ANNA) -> None:
        nonlocal count
        for text in texts:
            count += 1
            fields = {"apimsgid": f"{count}", "climsgid": "", "from": sender.removeprefix("+"), "txt": text}
            assert await post(url, **fields, date="2026-01-02T03:04:05Z") == 200
        await settle()

    return post_texts


def texts(runs: list[dict[str, Any]]) -> list[str]:
    return [each["text"] for each in runs]


# -- incoming texts -------------------------------------------------------------------------------------------------


async def test_the_variables_of_a_trigger(hass: HomeAssistant, house: Any, receive: Receive) -> None:
    runs = await automate(hass, received() | {"id": "heard"})
    await receive("Je viens à l'instant 👍")
    (variables,) = runs
    assert variables["incoming_id"] == state_of(hass, "event.textinghouse_incoming_message").attributes["incoming_id"]
    assert {name: variables[name] for name in variables if name not in ("idx", "alias", "incoming_id")} == {
        "id": "heard",
        "platform": RECEIVED,
        "description": "text received by TextingHouse",
        "account": "TextingHouse",
        "account_id": house.entry_id,
        "from": ANNA,
        "recipient": "Anna",
        "person": None,
        "text": "Je viens à l'instant 👍",
        "type": "reply",
        "keyword": None,
        "reference": None,
        "message_id": "1",
        "in_reply_to": None,
        "late": True,
        "sent_at": "2026-01-02T03:04:05+00:00",
        "match": {"text": None, "groups": [], "named": {}},
    }


async def test_a_reply_names_the_message_it_replies_to(
    hass: HomeAssistant, house: Any, receive: Receive, simulator: Simulator, settle: Settle
) -> None:
    runs = await automate(hass, received())
    await notify(hass, "notify.anna", "Water in the cellar")
    await settle()
    message = simulator.messages()[0]
    await simulator.answer(ANNA, "On my way")
    await settle()
    assert (runs[0]["reference"], runs[0]["message_id"]) == (message.client_id, message.id)


async def test_every_type_of_text_triggers(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    simulator.accounts[CLUB].keywords["status"] = Keyword(autoreply="")
    await connect(await set_up(CLUB))
    runs = await automate(hass, received())
    await notify(hass, "notify.clara", "Water")
    await settle()
    for text in ("On my way", "status", "STOP"):
        await simulator.answer("+12125550142", text)
    await settle()
    assert [(each["type"], each["keyword"]) for each in runs] == [
        ("reply", None),
        ("keyword", "status"),
        ("opt_out", None),
    ]


async def test_a_reply_goes_back_within_the_providers_own_request(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    simulator.accounts[CLUB].wait_for_response = True
    await connect(await set_up(CLUB, options={"reply_timeout": 30}))
    answer = {"incoming_id": "{{ trigger.incoming_id }}", "message": "{{ trigger.match.named.what }} is shut"}
    await automate(
        hass, received(pattern="shut the (?P<what>.+)"), actions=[{"action": "texting.reply", "data": answer}]
    )
    await notify(hass, "notify.clara", "Water")
    await settle()
    assert await simulator.answer("+12125550142", "Shut the valve") == (200, "valve is shut")


async def test_a_text_that_is_polled(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    await set_up(PRO)
    runs = await automate(hass, received())
    await simulator.answer(ANNA, "One", PRO)
    await pass_time(31)
    await pass_time(31)
    assert texts(runs) == ["One"]


async def test_a_repetition_is_one_text(hass: HomeAssistant, house: Any, connect: Connect, settle: Settle) -> None:
    url = await connect(house)
    runs = await automate(hass, received())
    for _ in range(3):
        fields = {"apimsgid": "a", "climsgid": "", "from": "33612345601", "txt": "Yes", "date": "2026-01-02T03:04:05Z"}
        assert await post(url, **fields) == 200
    await settle()
    assert texts(runs) == ["Yes"]


async def test_which_account(
    hass: HomeAssistant, house: Any, receive: Receive, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    pro = await set_up(PRO)
    runs = await automate(hass, received(account=pro.entry_id) | {"id": "pro"}, received() | {"id": "any"})
    await receive("House")
    await simulator.answer(ANNA, "Pro", PRO)
    await pass_time(31)
    assert {(each["id"], each["text"], each["account"]) for each in runs} == {
        ("any", "House", "TextingHouse"),
        ("any", "Pro", "TextioPro"),
        ("pro", "Pro", "TextioPro"),
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [ANNA, BEN, BENS_OTHER, STRANGER]),
        ({"from": "anyone"}, [ANNA, BEN, BENS_OTHER, STRANGER]),
        ({"from": "known"}, [ANNA, BEN, BENS_OTHER]),
        ({"target": to("notify.ben")}, [BEN, BENS_OTHER]),
        ({"target": to("notify.ben"), "from": "known"}, [BEN, BENS_OTHER]),
        ({"target": to("notify.anna", "notify.ben")}, [ANNA, BEN, BENS_OTHER]),
        ({"target": {}}, [ANNA, BEN, BENS_OTHER, STRANGER]),
    ],
)
async def test_who_writes(hass: HomeAssistant, receive: Receive, options: dict[str, Any], expected: list[str]) -> None:
    runs = await automate(hass, received(**options))
    for number in (ANNA, BEN, BENS_OTHER, STRANGER):
        await receive(f"I am {number}", sender=number)
    names = {ANNA: "Anna", BEN: "Ben", BENS_OTHER: "Ben"}
    assert [(each["from"], each["recipient"]) for each in runs] == [(number, names.get(number)) for number in expected]


async def test_a_recipient_of_a_route_is_known(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """People who are texted through a route reply to one of its accounts."""
    pro = await set_up(PRO)
    for subentry_id in list(pro.subentries):
        hass.config_entries.async_remove_subentry(pro, subentry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await set_up_route(hass, [pro])
    runs = await automate(hass, received(**{"from": "known"}), received(to("notify.rita")))
    await simulator.answer(ANNA, "It is me", PRO)
    await simulator.answer(STRANGER, "And me", PRO)
    await pass_time(31)
    assert [(each["idx"], each["recipient"]) for each in runs] == [("0", "Rita"), ("1", "Rita")]


@pytest.mark.parametrize(
    ("options", "expected", "others"),
    [
        ({"equals": "yes"}, ["Yes!", " YES ", "yés…", "\u202eyes"], ["yes please", "no", ""]),
        ({"equals": ["yes", "OK"]}, ["ok.", "Yes"], ["yes ok"]),
        ({"equals": 1}, ["1", "1."], ["11"]),
        ({"contains": "water"}, ["The WATER!", "waterleak", "Wáter"], ["wate r", "fire"]),
        ({"contains": ["water", "l'eau"]}, ["De l’eau partout", "Water"], ["eau"]),
        ({"pattern": "^gate (open|close)$"}, ["Gate OPEN"], ["gate  open", "the gate open"]),
        ({"equals": "gate open", "pattern": "GATE"}, ["gate open!"], ["gate opens"]),
        ({"equals": "?"}, [" ? "], ["Who?", "!"]),
        ({"equals": []}, ["anything"], []),
    ],
)
async def test_which_texts(
    hass: HomeAssistant, receive: Receive, options: dict[str, Any], expected: list[str], others: list[str]
) -> None:
    runs = await automate(hass, received(**options))
    await receive(*others, *expected)
    assert texts(runs) == expected


@pytest.mark.parametrize(
    ("options", "text", "match"),
    [
        ({"equals": ["No", "Yes!"]}, "yes", {"text": "Yes!", "groups": [], "named": {}}),
        ({"contains": "water"}, "Much Water", {"text": "water", "groups": [], "named": {}}),
        (
            {"pattern": r"(?P<what>gate|door)\s+(open|close)( now)?"},
            "Please: Gate  open",
            {"text": "Gate  open", "groups": ["Gate", "open", None], "named": {"what": "Gate"}},
        ),
    ],
)
async def test_what_was_found(
    hass: HomeAssistant, receive: Receive, options: dict[str, Any], text: str, match: dict[str, Any]
) -> None:
    runs = await automate(hass, received(**options))
    await receive(text)
    assert runs[0]["match"] == match


async def test_templates_reach_all_of_it(hass: HomeAssistant, receive: Receive) -> None:
    """The template is written as the author of an automation writes it."""
    template = "{{ trigger.from }} {{ trigger.match.groups[0] }} {{ trigger.match.named.what }} {{ trigger.keyword }}"
    await automate(
        hass,
        received(pattern="(?P<what>gate)"),
        actions=[{"event": "seen", "event_data": {"seen": template}}],
    )
    seen: list[str] = []
    hass.bus.async_listen("seen", lambda event: seen.append(event.data["seen"]))
    await receive("The gate")
    assert seen == [f"{ANNA} gate gate None"]


HOSTILE = [
    "{{ 1/0 }}",
    "{% for x in range(10**9) %}x{% endfor %}",
    "{{ states('sun.sun') }}",
    "<script>alert(1)</script><b>&amp;",
    "\x01\x1b[31m\x7f",
    "\u202etxet\u202c \u200f\u200b",
    "é" * 9000 + "👍🏽" * 300,
    "a" * 10_000,
    "'; DROP TABLE messages; --",
    "!secret password",
    "${HOME} $(id) `id`",
    "[1, 2]",
    "null",
    "%s %d {0} {text}",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
async def test_texts_are_data(
    hass: HomeAssistant, receive: Receive, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    runs = await automate(
        hass,
        received() | {"variables": {"said": "a{{ trigger.text }}z"}},
        received(pattern="(?s)^(.*)$"),
        received(contains="no such word"),
        received(equals="anything else"),
    )
    await receive(text)
    by_trigger = {each["idx"]: each for each in runs}
    assert by_trigger["0"]["text"] == text
    assert by_trigger["1"]["match"]["groups"] == [text[:1000]]
    assert set(by_trigger) == {"0", "1"}
    assert "Error" not in caplog.text


async def test_a_pattern_that_takes_too_long_is_stopped(
    hass: HomeAssistant, receive: Receive, caplog: pytest.LogCaptureFixture
) -> None:
    runs = await automate(hass, received(pattern="^(a|aa)+$"), received(contains="aaa"))
    # Without a limit, this would take longer than anyone can wait.
    await receive("a" * 500 + "b")
    assert [each["idx"] for each in runs] == ["1"]
    assert "A pattern took more than 0.05 s for a text and was stopped" in caplog.text
    assert "aaa" not in caplog.text
    await receive("aaa")
    assert [each["idx"] for each in runs] == ["1", "0", "1"]


async def test_two_hundred_texts_at_once(hass: HomeAssistant, house: Any, connect: Connect, settle: Settle) -> None:
    url = await connect(house)
    runs = await automate(hass, received(contains="answer"))
    for ten in range(20):
        await asyncio.gather(
            *(
                post(url, apimsgid=f"{ten}-{n}", climsgid="", txt=f"Answer {ten} {n}", **{"from": f"336{ten:04}{n:04}"})
                for n in range(10)
            )
        )
    await settle()
    assert len({each["text"] for each in runs}) == len(runs) == 200


# -- when it triggers -------------------------------------------------------------------------------------------------


async def test_an_automation_outlives_reloads_of_its_account(
    hass: HomeAssistant, house: Any, receive: Receive, settle: Settle
) -> None:
    runs = await automate(hass, received(to("notify.anna"), account=house.entry_id))
    for _ in range(2):
        await hass.config_entries.async_reload(house.entry_id)
        await settle()
    await receive("Still there?")
    assert texts(runs) == ["Still there?"]


async def test_an_automation_from_before_its_account(
    hass: HomeAssistant, house: Any, receive: Receive, settle: Settle
) -> None:
    await hass.config_entries.async_unload(house.entry_id)
    runs = await automate(hass, received(to("notify.anna"), account=house.entry_id))
    await hass.config_entries.async_setup(house.entry_id)
    await settle()
    await receive("Hello")
    assert texts(runs) == ["Hello"]


async def test_a_recipient_that_changes_its_number(
    hass: HomeAssistant, house: Any, receive: Receive, settle: Settle
) -> None:
    runs = await automate(hass, received(to("notify.anna")))
    (anna,) = [each for each in house.subentries.values() if each.title == "Anna"]
    hass.config_entries.async_update_subentry(house, anna, data={"numbers": [STRANGER]})
    await settle()
    await receive("Old")
    await receive("New", sender=STRANGER)
    assert texts(runs) == ["New"]


async def test_a_text_that_comes_in_at_startup_triggers_once_automations_listen(
    hass: HomeAssistant, house: Any, receive: Receive, pass_time: PassTime
) -> None:
    hass.set_state(CoreState.not_running)
    runs = await automate(hass, received())
    await receive("Early")
    assert runs == []
    await hass.async_start()
    await hass.async_block_till_done()
    await pass_time(automations.AUTOMATIONS_DELAY + 1)
    assert texts(runs) == ["Early"]


async def test_an_automation_that_is_off_does_not_trigger(hass: HomeAssistant, receive: Receive) -> None:
    runs = await automate(hass, received(), received() | {"enabled": False})
    target = {"entity_id": "automation.tested"}
    await hass.services.async_call("automation", "turn_off", target, blocking=True)
    await receive("Off")
    assert runs == []
    await hass.services.async_call("automation", "turn_on", target, blocking=True)
    await receive("On")
    assert [(each["idx"], each["text"]) for each in runs] == [("0", "On")]


async def test_an_account_or_recipient_that_is_gone_is_no_error(
    hass: HomeAssistant, house: Any, receive: Receive, set_up: SetUp, settle: Settle, caplog: pytest.LogCaptureFixture
) -> None:
    pro = await set_up(PRO)
    pro_anna = er.async_get(hass).async_get_entity_id("notify", DOMAIN, _unique_id(hass, pro, "Anna"))
    runs = await automate(hass, received(account=pro.entry_id), received(to(pro_anna or "")), received())
    await hass.config_entries.async_remove(pro.entry_id)
    await settle()
    await receive("Hello")
    assert [each["idx"] for each in runs] == ["2"]
    await hass.config_entries.async_remove(house.entry_id)
    await settle()
    assert state_of(hass, "automation.tested").state == "on"
    assert "Traceback" not in caplog.text


def _unique_id(hass: HomeAssistant, entry: Any, name: str) -> str:
    (found,) = [
        entity.unique_id
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if entity.domain == "notify" and entry.subentries[entity.config_subentry_id].title == name
    ]
    return found


# -- invalid options ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"account": "nobody"}, "there is no such account"),
        ({"target": to("notify.zoe")}, "notify.zoe is neither the notify entity of a recipient nor a person"),
        ({"target": to("person.zoe")}, "person.zoe is neither the notify entity of a recipient nor a person"),
        ({"target": to("sensor.textinghouse_credit_balance")}, "is neither the notify entity of a recipient nor"),
        ({"target": to("Anna")}, "valid entity ID|invalid"),
        ({"target": to()}, "nobody is chosen"),
        ({"target": {"label_id": []}}, "nobody is chosen"),
        ({"recipient": ["notify.anna"]}, "extra keys not allowed|not a valid|unexpected|unknown"),
        ({"from": "one"}, "value must be one of|not a valid option|expected"),
        ({"from": "everybody"}, "value must be one of|not a valid option|expected"),
        ({"equals": ""}, "a phrase is empty"),
        ({"contains": ["yes", " \u202e "]}, "a phrase is empty"),
        ({"equals": True}, "put it in quotes"),
        ({"equals": "{{ states('sensor.word') }}"}, "templates cannot be used here"),
        ({"contains": ["{% if x %}"]}, "templates cannot be used here"),
        ({"pattern": "{{ word }}"}, "templates cannot be used here"),
        ({"account": "{{ account }}"}, "templates cannot be used here"),
        ({"pattern": "("}, "not a regular expression that can be used: .*unterminated subpattern"),
        ({"pattern": "x" * 501}, "it has 501 characters, at most 500 are possible"),
        ({"text": "yes"}, "extra keys not allowed|not a valid|unexpected|unknown"),
    ],
)
async def test_options_that_are_refused(hass: HomeAssistant, house: Any, options: dict[str, Any], error: str) -> None:
    with pytest.raises(vol.Invalid, match=error):
        await check_trigger(hass, received(**options))


async def test_an_invalid_option_is_logged_with_the_automation(
    hass: HomeAssistant, house: Any, caplog: pytest.LogCaptureFixture
) -> None:
    await automate(hass, received(pattern="("))
    assert state_of(hass, "automation.tested").state == "unavailable"
    assert "not a regular expression that can be used: missing ), unterminated subpattern at position 0" in caplog.text


async def test_accounts_that_receive_nothing_are_refused(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    route = await set_up_route(hass, [await set_up(HOUSE)])
    with pytest.raises(vol.Invalid, match="Alerts is a route: texts come in at its accounts"):
        await check_trigger(hass, received(account=route.entry_id))
    point = await set_up(POINT)
    with pytest.raises(vol.Invalid, match="TheSMSPoint cannot receive texts"):
        await check_trigger(hass, received(account=point.entry_id))


async def test_options_may_be_left_out(hass: HomeAssistant, house: Any) -> None:
    assert (await check_trigger(hass, {"trigger": RECEIVED}))["options"] == {}


async def test_home_assistant_describes_them(hass: HomeAssistant, house: Any) -> None:
    """Read the descriptions as the automation editor does."""
    assert await async_setup_component(hass, "automation", {})
    await check_trigger(hass, received())
    descriptions = await async_get_all_descriptions(hass)
    found = {name: json.loads(json.dumps(each)) for name, each in descriptions.items() if name.startswith(DOMAIN)}
    assert set(found) == {RECEIVED, DELIVERED, FAILED, "texting.alert"}
    assert set(found[RECEIVED]["fields"]) == {"account", "from", "equals", "contains", "pattern"}
    assert all(found[each]["target"]["entity"] == WHO for each in (RECEIVED, DELIVERED, FAILED))
