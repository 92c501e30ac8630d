"""Wrong PINs: they lock commands for a time that doubles, are told, and are kept nowhere."""

import asyncio
import dataclasses
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.message import IncomingMessage
from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.assist import Home, Phone, allow, command_sessions, home as make_home
from tests.support.automations import automate, received
from tests.support.home import TRANSLATIONS, first_number, record_changes, rent, told, until
from tests.support.routes import CLARA

HOUSE, PRO, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
TEXTS: dict[str, str] = TRANSLATIONS["selector"]["assist"]["options"]
LOCKED = TEXTS["blocked"]
PIN = "2580"
INCOMING = "event.club_texting_incoming_message"


@pytest.fixture
def home(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect) -> Home:
    """Return a function that sets up an account whose first recipient may command an agent of the tests."""
    return make_home(hass, set_up, connect)


@pytest.fixture
def locks(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return a list that gets the data of each event of a lock."""
    fired: list[dict[str, Any]] = []

    @callback
    def record(event: Event[Any]) -> None:
        fired.append(dict(event.data))

    hass.bus.async_listen("texting_commands_locked", record)
    return fired


def issues(hass: HomeAssistant) -> list[dict[str, str]]:
    """Return the placeholders of each issue about a lock. It holds no number and no PIN."""
    found = [issue for issue in ir.async_get(hass).issues.values() if issue.translation_key == "commands_locked"]
    for issue in found:
        assert not issue.is_persistent
        # The digits of a time may be those of any secret.
        told = str({**dataclasses.asdict(issue), "created": None})
        assert not any(secret in told for secret in (CLARA[2:], PIN, "1004"))
    return [issue.translation_placeholders or {} for issue in found]


def clara(minutes: int, name: str = "Clara") -> list[dict[str, str]]:
    """Return the issue that says that Clara's commands are locked."""
    return [{"name": name, "minutes": str(minutes)}]


async def guess(phone: Phone, count: int = 5, first: int = 1000) -> list[str]:
    """Text wrong PINs. Return the responses."""
    return [await phone.text(f"{pin} Boiler on") for pin in range(first, first + count)]


def recipient(entry: MockConfigEntry) -> ConfigSubentry:
    """Return the first recipient."""
    return next(each for each in entry.subentries.values() if each.subentry_type == "recipient")


async def change(hass: HomeAssistant, entry: MockConfigEntry, **data: Any) -> None:
    """Change the first recipient, as its dialog does. None removes a setting."""
    known = {**recipient(entry).data, **data}
    kept = {key: value for key, value in known.items() if value is not None}
    hass.config_entries.async_update_subentry(entry, recipient(entry), data=kept)
    await hass.async_block_till_done()


# -- the lock ----------------------------------------------------------------------------------------------------------


async def test_each_lock_is_twice_as_long_and_is_told(
    hass: HomeAssistant, home: Home, pass_time: PassTime, locks: list[dict[str, Any]]
) -> None:
    entry, agent, phone = await home(pin=PIN)
    notifier = er.async_get(hass).async_get("notify.clara")
    assert notifier
    about = {"device_id": notifier.device_id, "name": "Clara", "account": entry.entry_id}
    for round_, minutes in enumerate((10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440)):
        assert await guess(phone) == ["", "", "", "", LOCKED]
        assert locks[round_:] == [{**about, "minutes": minutes}]
        assert issues(hass) == clara(minutes)
        await pass_time(minutes * 60 - 1)
        assert await phone.text(f"{PIN} Boiler on {round_}") == ""
        assert issues(hass) == clara(minutes)
        await pass_time(2)
        assert issues(hass) == []
    assert agent.asked == []
    assert await phone.text(f"{PIN} Boiler on") == "You said: Boiler on"
    await guess(phone)
    assert locks[-1]["minutes"] == 10


async def test_a_quiet_day_ends_the_doubling(
    hass: HomeAssistant, home: Home, pass_time: PassTime, locks: list[dict[str, Any]]
) -> None:
    _, _, phone = await home(pin=PIN)
    await guess(phone)
    await pass_time(601)
    await guess(phone)
    await pass_time(20 * 60 + 86_401)
    await guess(phone)
    assert [lock["minutes"] for lock in locks] == [10, 20, 10]


async def test_while_locked_the_right_pin_is_not_told_apart(hass: HomeAssistant, home: Home) -> None:
    entry, agent, phone = await home(pin=PIN)
    await rent(hass, entry, "house", "A fixed answer")
    await guess(phone)
    runs = await automate(hass, received())
    incoming = record_changes(hass, INCOMING)
    texts = (
        ("{} on", ""),
        ("{}", ""),
        ("({}) on", ""),
        ("{} {}", ""),
        ("{} 1234 watts", ""),
        ("1234 {} watts", ""),
        ("{} MORE", ""),
        ("{} START now", ""),
        ("house {} on", "A fixed answer"),
        ("house {} {} on", "A fixed answer"),
    )
    seen = []
    for pin in ("1999", PIN):
        for text, response in texts:
            assert await phone.text(text.replace("{}", pin)) == response
        assert await phone.submit(f"{pin} lamp") == ""
        assert await phone.submit(f"home {pin} lamp") == ""
        await told(hass)
        seen.append([(run["text"], run["keyword"], run["type"]) for run in runs])
        shown = [(state.attributes["text"], state.attributes["keyword"], state.state) for state in incoming]
        assert PIN not in str((runs, [state.attributes["text"] for state in incoming]))
        assert len(runs) == len(shown) == len(texts) + 2
        runs.clear()
        incoming.clear()
    assert seen[0] == seen[1]
    assert agent.asked == []


async def test_two_hundred_guesses_at_once(
    hass: HomeAssistant, simulator: Simulator, home: Home, locks: list[dict[str, Any]]
) -> None:
    _, agent, phone = await home(HOUSE, pin=PIN)
    await asyncio.gather(*(phone.text(f"{pin} Boiler on") for pin in range(2570, 2770) if pin != int(PIN)))
    await phone.text(f"{PIN} Boiler on")
    await told(hass)
    assert agent.asked == []
    assert len(locks) == 1
    assert [message.text for message in simulator.messages()] == [LOCKED]


async def test_a_lock_outlives_a_reload(hass: HomeAssistant, home: Home, pass_time: PassTime) -> None:
    entry, _, phone = await home(pin=PIN)
    await guess(phone)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert issues(hass) == clara(10)
    assert await phone.text(f"{PIN} Boiler on") == ""
    await pass_time(601)
    assert issues(hass) == []
    assert await phone.text(f"{PIN} Boiler off") == "You said: Boiler off"


async def test_two_numbers_of_one_person(hass: HomeAssistant, home: Home, pass_time: PassTime) -> None:
    """There is one issue until the last lock is over."""
    other = "+12125550177"
    entry, _, phone = await home(pin=PIN, numbers=[CLARA, other])
    await guess(phone)
    await pass_time(300)
    assert await phone.of(other).text(f"{PIN} Boiler on") == "You said: Boiler on"
    await guess(phone.of(other))
    assert issues(hass) == clara(10)
    await pass_time(301)
    assert issues(hass) == clara(10)
    assert await phone.text(f"{PIN} Boiler on") == "You said: Boiler on"
    await change(hass, entry, numbers=[CLARA])
    assert issues(hass) == []


# -- several accounts --------------------------------------------------------------------------------------------------


async def test_wrong_pins_at_one_account_count_for_all(
    hass: HomeAssistant, home: Home, set_up: SetUp, connect: Connect, locks: list[dict[str, Any]]
) -> None:
    entry, agent, phone = await home(pin=PIN)
    other = await set_up(GROUP, options=dict(entry.options))
    await allow(hass, other, "777777")
    elsewhere = Phone(GROUP, await connect(other))
    assert await guess(phone, 3) == ["", "", ""]
    # The PIN of another account is wrong here, but is not shown.
    assert await elsewhere.text(f"{PIN} Boiler on") == ""
    assert (await guess(elsewhere, 1)) == [LOCKED]
    assert [lock["account"] for lock in locks] == [other.entry_id]
    assert len(issues(hass)) == 1
    assert await phone.text(f"{PIN} Boiler on") == ""
    assert await elsewhere.text("777777 Boiler on") == ""
    assert agent.asked == []
    await hass.config_entries.async_remove(other.entry_id)
    assert issues(hass) == []
    assert await phone.text(f"{PIN} Boiler off") == "You said: Boiler off"


async def test_a_command_without_a_pin_forgets_no_wrong_pin(
    hass: HomeAssistant, home: Home, set_up: SetUp, connect: Connect
) -> None:
    """A guesser could otherwise text an account without a PIN after each fourth guess."""
    entry, _, phone = await home(pin=PIN)
    other = await set_up(GROUP, options=dict(entry.options))
    await allow(hass, other)
    elsewhere = Phone(GROUP, await connect(other))
    assert await guess(phone, 4) == [""] * 4
    assert await elsewhere.text("Lamp on") == "You said: Lamp on"
    assert await guess(phone, 1, 1100) == [LOCKED]


# -- what ends a lock --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"pin": "13579"}, "13579 Boiler on"),
        ({"pin": None}, "Boiler on"),
        ({"allow_commands": False}, None),
        ({"numbers": ["+12125550177"]}, None),
    ],
)
async def test_a_lock_ends_when_its_pin_does_not_matter(
    hass: HomeAssistant, home: Home, changes: dict[str, Any], text: str | None, locks: list[dict[str, Any]]
) -> None:
    entry, agent, phone = await home(pin=PIN)
    await guess(phone)
    assert issues(hass) == clara(10)
    await change(hass, entry, **changes)
    assert issues(hass) == []
    if text:
        assert await phone.text(text) == "You said: Boiler on"
    else:
        assert await phone.text(f"{PIN} Boiler on") == ""
    assert len(agent.asked) == bool(text)
    if changes.get("pin"):
        # It is a first lock again.
        await guess(phone)
        assert [lock["minutes"] for lock in locks] == [10, 10]


@pytest.mark.parametrize("what", ["recipient", "account", "agent"])
async def test_a_lock_goes_with_its_recipient(hass: HomeAssistant, home: Home, what: str, pass_time: PassTime) -> None:
    entry, _, phone = await home(pin=PIN)
    await guess(phone)
    assert issues(hass) == clara(10)
    if what == "recipient":
        hass.config_entries.async_remove_subentry(entry, recipient(entry).subentry_id)
    elif what == "account":
        await hass.config_entries.async_remove(entry.entry_id)
    else:
        hass.config_entries.async_update_entry(entry, options={})
    await hass.async_block_till_done()
    assert issues(hass) == []
    await pass_time(601)
    assert issues(hass) == []


async def test_other_changes_end_no_lock(hass: HomeAssistant, home: Home, pass_time: PassTime) -> None:
    entry, _, phone = await home(pin=PIN)
    await guess(phone)
    hass.config_entries.async_update_subentry(entry, recipient(entry), title="Chiara")
    await change(hass, entry, quiet_start="22:00:00", quiet_end="06:00:00")
    hass.config_entries.async_remove_subentry(entry, list(entry.subentries)[1])
    await hass.async_block_till_done()
    assert issues(hass) == clara(10, "Chiara")
    assert await phone.text(f"{PIN} Boiler on") == ""
    await pass_time(601)
    assert issues(hass) == []
    assert await phone.text(f"{PIN} Boiler off") == "You said: Boiler off"


# -- what does not count -----------------------------------------------------------------------------------------------


async def test_strangers_lock_nobody_and_fill_no_memory(
    hass: HomeAssistant, home: Home, locks: list[dict[str, Any]]
) -> None:
    entry, agent, phone = await home(pin=PIN)
    for number in range(10_000):
        incoming = IncomingMessage(sender=f"+1646555{number:04}", text=f"{number:04} Boiler on")
        await entry.runtime_data.receiver.async_receive(incoming)
    await told(hass)
    assert command_sessions(hass) == {}
    assert (locks, issues(hass), agent.asked) == ([], [], [])
    # Carl is a recipient, but may not command.
    await guess(phone.of("+12125550143"), 10)
    assert command_sessions(hass) == {}
    assert await phone.text(f"{PIN} Boiler on") == "You said: Boiler on"


async def test_without_a_pin_nothing_is_a_wrong_one(
    hass: HomeAssistant, home: Home, locks: list[dict[str, Any]]
) -> None:
    _, _, phone = await home()
    assert await guess(phone, 6) == [f"You said: {pin} Boiler on" for pin in range(1000, 1006)]
    assert locks == []


async def test_a_repeated_delivery_counts_once(
    hass: HomeAssistant, home: Home, pass_time: PassTime, locks: list[dict[str, Any]]
) -> None:
    """The provider sends no ids, and repeats texts also when others came in meanwhile."""
    _, _, phone = await home(pin=PIN)
    incoming = record_changes(hass, INCOMING)
    for _ in range(3):
        assert await guess(phone, 4) == [""] * 4
        await pass_time(61)
    assert len(incoming) > 4
    assert locks == []
    assert await guess(phone, 1, 1100) == [LOCKED]


async def test_texts_with_ids_of_their_own_count_each(hass: HomeAssistant, home: Home) -> None:
    _, _, phone = await home(pin=PIN)
    texts = [await phone.text("1000 Boiler on", message_id=f"m{number}") for number in (1, 1, 1, 2, 3, 4, 5)]
    assert texts == ["", "", "", "", "", "", LOCKED]


async def test_late_texts_and_stops_do_not_count(
    hass: HomeAssistant, simulator: Simulator, home: Home, locks: list[dict[str, Any]]
) -> None:
    _, _, phone = await home(HOUSE, pin=PIN)
    late = dt_util.utcnow() - timedelta(minutes=11)
    for pin in range(1000, 1010):
        await phone.text(f"{pin} Boiler on", date=f"{late:%Y-%m-%dT%H:%M:%SZ}")
    await phone.text("STOP")
    await phone.text("START")
    await told(hass)
    assert (locks, simulator.messages()) == ([], [])
    assert command_sessions(hass) == {}


async def test_guesses_during_an_opt_out_lock_too(
    hass: HomeAssistant, simulator: Simulator, home: Home, locks: list[dict[str, Any]]
) -> None:
    """Commands run while a number is opted out. So a forged STOP must not let anybody guess for free."""
    _, agent, phone = await home(HOUSE, pin=PIN)
    await phone.text("STOP")
    await guess(phone)
    await phone.text(f"{PIN} Boiler on")
    await told(hass)
    assert len(locks) == 1
    assert (agent.asked, simulator.messages()) == ([], [])


# -- questions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "heard", "choice"),
    [("4711", "4711", None), ("yes", "yes", "yes"), (f"{PIN} yes", "yes", "yes"), ("2581 yes", "2581 yes", None)],
)
@pytest.mark.parametrize("is_locked", [False, True])
async def test_an_answer_counts_also_while_locked(
    hass: HomeAssistant,
    simulator: Simulator,
    home: Home,
    text: str,
    heard: str,
    choice: str | None,
    *,
    is_locked: bool,
    locks: list[dict[str, Any]],
) -> None:
    _, _, phone = await home(pin=PIN)
    await guess(phone, 5 if is_locked else 4)
    question = {"entity_id": "notify.clara", "question": "Shut it?", "ask_again": False, "timeout": {"seconds": 30}}
    asked = asyncio.create_task(hass.services.async_call(DOMAIN, "ask", question, blocking=True, return_response=True))
    await until(simulator.messages)
    incoming = record_changes(hass, INCOMING)
    assert await phone.text(text) == ""
    said: Any = await asked
    assert (said["choice"], said["text"]) == (choice, heard)
    await told(hass)
    assert [state.attributes["text"] for state in incoming] == [heard]
    # The answer is no guess.
    assert len(locks) == is_locked
    assert await guess(phone, 1, 1100) == ["" if is_locked else LOCKED]


# -- what is kept of a wrong PIN ---------------------------------------------------------------------------------------


async def test_a_wrong_pin_is_cut_out(hass: HomeAssistant, home: Home) -> None:
    entry, agent, phone = await home(pin=PIN)
    await rent(hass, entry, "house")
    await rent(hass, entry, "123456")
    runs = await automate(hass, received())
    incoming = record_changes(hass, INCOMING)
    texts = {
        "1000 Boiler on": "Boiler on",
        "(1001): Boiler on": "Boiler on",
        "١٠٠٢ on": "on",
        f"1003 {PIN} on": "on",
        "house on 1004": "house on 1004",
        f"{PIN} {PIN} lamp": "lamp",
        "house 1005, on": "house on",
        "123456 on": "123456 on",
        "123456 1006 on": "123456 on",
        f"{PIN} 1007 watts": "1007 watts",
    }
    for text in texts:
        await phone.text(text)
        await told(hass)
    assert [state.attributes["text"] for state in incoming] == list(texts.values())
    assert [run["text"] for run in runs] == list(texts.values())
    assert agent.texts == ["lamp", "1007 watts"]


async def test_the_older_api_calls_no_guess_a_keyword(
    hass: HomeAssistant, home: Home, locks: list[dict[str, Any]]
) -> None:
    """It calls the first word of any text a keyword."""
    _, agent, phone = await home(pin=PIN)
    runs = await automate(hass, received())
    for text in ("1000 on", "1001: on", "1002on", "home 1003 on"):
        assert await phone.submit(text) == ""
    assert await phone.submit("1004") == LOCKED
    await told(hass)
    assert [(run["text"], run["keyword"]) for run in runs] == [
        ("on", None),
        ("on", None),
        ("on", None),
        ("home on", "home"),
        ("", None),
    ]
    assert (len(locks), agent.asked) == (1, [])


async def test_a_wrong_pin_of_another_account_is_cut_out(
    hass: HomeAssistant, set_up: SetUp, connect: Connect, locks: list[dict[str, Any]]
) -> None:
    url = await connect(await set_up(CLUB))
    other = await set_up(GROUP)
    hass.config_entries.async_update_subentry(
        other, recipient(other), data=MappingProxyType({**recipient(other).data, "pin": PIN})
    )
    incoming = record_changes(hass, INCOMING)
    phone = Phone(CLUB, url)
    await guess(phone, 6)
    await phone.of("+12125550143").text("1000 is a number")
    await told(hass)
    assert [state.attributes["text"] for state in incoming] == ["Boiler on"] * 6 + ["1000 is a number"]
    assert locks == []


async def test_the_list_of_texts_shows_no_wrong_pin(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    await allow(hass, entry, PIN)
    for text in ("2581 Boiler on", f"2582 {PIN} Boiler off", f"{PIN} 1500 watts"):
        await simulator.answer(first_number(PRO), text, PRO)
    await simulator.answer("+33612345699", "7391 is my number", PRO)
    response: Any = await hass.services.async_call(
        DOMAIN, "list_messages", {"account": entry.entry_id}, blocking=True, return_response=True
    )
    assert [message["text"] for message in response["messages"]] == [
        "7391 is my number",
        "1500 watts",
        "Boiler off",
        "Boiler on",
    ]
