"""A text is taken once: by the event entity, automations, commands and questions, also after a restart or a crash."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
import sqlite3
import time
from typing import Any

import aiohttp
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN, MAX_EVENT_AGE
from custom_components.texting.delivery.database import RETRY_DELAY
from custom_components.texting.gateway.message import IncomingMessage
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.receiver import Receiver
from homeassistant.auth.const import GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.core import Context, HomeAssistant, State
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.assist import Agent, Phone, add_agent, allow
from tests.support.automations import automate, received
from tests.support.engine import House
from tests.support.home import first_number, notify_entities, post, record_changes, restart, told, until
from tests.support.processes import crash
from tests.support.records import full_disk
from tests.support.users import new_user

HOUSE, PRO, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
EZ = pytest.mark.parametrize("provider", [CLUB, GROUP])
MINUTE, HOUR = 60.0, 3600.0
POLL = 31.0


@dataclass
class Taken:
    """A home, and who heard of the texts that came in."""

    hass: HomeAssistant
    simulator: Simulator
    entry: MockConfigEntry
    provider: Provider
    pass_time: PassTime
    phone: Phone
    events: list[State]
    runs: list[dict[str, Any]]
    agent: Agent
    # States of the event entity that do not count.
    ignored: set[str] = field(default_factory=lambda: {"unknown", "unavailable"})

    @property
    def count(self) -> tuple[int, int, int]:
        """How many texts the event entity, an automation and the conversation agent got."""
        # The state is the time of the latest event. It comes again when the entity is loaded again.
        times = {state.state for state in self.events} - self.ignored
        return len(times), len(self.runs), len(self.agent.asked)

    async def others(self, count: int) -> None:
        """Let so many other phones send a text."""
        take = self.entry.runtime_data.receiver.async_receive
        texts = [IncomingMessage(sender=f"+1646{number:07}", text="Hello") for number in range(count)]
        assert all(await asyncio.gather(*map(take, texts)))
        await told(self.hass)
        del self.runs[-count:]
        self.ignored |= {state.state for state in self.events[-count:]}

    async def restart(self) -> None:
        await told(self.hass)
        await restart(self.hass, self.entry)

    async def crash(self, *, waits: bool = True) -> None:
        """End the home as kill -9 does, and start it with what is on disk."""
        await crash(House(self.hass, self.simulator, self.provider, self.entry, self.pass_time))
        if waits:
            await told(self.hass)

    def ask(self, question: str) -> asyncio.Task[Any]:
        """Ask the first recipient."""
        fields = {"entity_id": notify_entities(self.provider)[0], "question": question, "timeout": {"hours": 1}}
        return asyncio.create_task(
            self.hass.services.async_call(DOMAIN, "ask", fields, blocking=True, return_response=True)
        )

    async def until_asked(self, count: int) -> None:
        """Wait until so many texts have left."""
        await until(lambda: len(self.simulator.messages()) == count)
        await told(self.hass)


type MoveIn = Callable[..., Awaitable[Taken]]


@pytest.fixture
def move_in(hass: HomeAssistant, simulator: Simulator, set_up: SetUp, connect: Connect, pass_time: PassTime) -> MoveIn:
    """A function that sets up an account whose first recipient may command the home."""

    async def set_home_up(provider: Provider, *, commands: bool = True, **options: Any) -> Taken:
        agent, agent_id = await add_agent(hass)
        runs = await automate(hass, received())
        entry = await set_up(provider, options={**options, **({"conversation_agent": agent_id} if commands else {})})
        if commands:
            await allow(hass, entry)
        url = await connect(entry) if "webhook_id" in entry.data else ""
        events = record_changes(hass, f"event.{provider}_incoming_message")
        phone = Phone(provider, url)
        await pass_time(POLL)
        events.clear()
        return Taken(hass, simulator, entry, provider, pass_time, phone, events, runs, agent)

    return set_home_up


def now() -> str:
    return datetime.fromtimestamp(int(time.time()), UTC).isoformat()


# -- a text with an id of its own, or a date -------------------------------------------------------------------------


@pytest.mark.parametrize("provider", [HOUSE, CLUB, GROUP])
async def test_a_repetition_is_known_for_48_hours(move_in: MoveIn, provider: Provider) -> None:
    home = await move_in(provider)
    fields = {"date": now()} if provider is HOUSE else {"messageid": "7"}

    async def again() -> tuple[int, int, int]:
        await home.phone.text("Boiler on", **fields)
        await told(home.hass)
        return home.count

    assert await again() == (1, 1, 1)
    # At once, also while the first call is under way.
    await asyncio.gather(*(again() for _ in range(3)))
    assert home.count == (1, 1, 1)
    await home.pass_time(10 * MINUTE)
    assert await again() == (1, 1, 1)
    await home.others(1000)
    assert await again() == (1, 1, 1)
    await home.restart()
    assert await again() == (1, 1, 1)
    await home.pass_time(47 * HOUR - 10 * MINUTE)
    assert await again() == (1, 1, 1)
    await home.restart()
    assert await again() == (1, 1, 1)
    await home.pass_time(2 * HOUR)
    # What was written two days ago is no command any more.
    assert await again() == (2, 2, 1 if provider is HOUSE else 2)


async def test_a_list_is_read_again_and_again(move_in: MoveIn) -> None:
    """TextioPro is asked for its list, in which every text has an id."""
    home = await move_in(PRO)
    await home.simulator.answer(first_number(PRO), "Boiler on", PRO)
    for seconds in (POLL, POLL, 10 * MINUTE):
        await home.pass_time(seconds)
        await told(home.hass)
        assert home.count == (1, 1, 1)
    await home.others(1000)
    for hours in (0, 47, 2):
        await home.restart()
        await home.pass_time(hours * HOUR + POLL)
        assert home.count == (1, 1, 1)


async def test_a_list_whose_ids_were_not_saved(move_in: MoveIn) -> None:
    """After a crash the ids that were read last may be missing. The database knows the texts."""
    home = await move_in(PRO)
    await home.simulator.answer(first_number(PRO), "Long ago", PRO)
    await home.pass_time(POLL)
    memory = home.entry.runtime_data.store.memory
    before = list(memory.seen)
    await home.simulator.answer(first_number(PRO), "Boiler on", PRO)
    await home.pass_time(POLL)
    assert home.count == (2, 2, 2)
    memory.seen = before
    await home.restart()
    assert home.entry.runtime_data.store.memory.seen[1:] == before
    await home.pass_time(POLL)
    await told(home.hass)
    assert home.count == (2, 2, 2)


# -- a text without id and date --------------------------------------------------------------------------------------


@EZ
@pytest.mark.parametrize("is_restarted", [False, True])
async def test_without_an_id_a_minute_tells(move_in: MoveIn, provider: Provider, *, is_restarted: bool) -> None:
    home = await move_in(provider, commands=False)
    for seconds, count in ((0, 1), (59, 1), (2, 2)):
        await home.pass_time(seconds)
        if is_restarted:
            await home.restart()
        await home.phone.text("Hello")
        assert home.count == (count, count, 0)


@EZ
@pytest.mark.parametrize("is_restarted", [False, True])
async def test_without_an_id_an_answered_command_is_known_for_5_seconds(
    move_in: MoveIn, provider: Provider, *, is_restarted: bool
) -> None:
    home = await move_in(provider)
    for seconds, count, response in ((0, 1, "You said: Boiler on"), (4, 1, ""), (2, 2, "You said: Boiler on")):
        await home.pass_time(seconds)
        if is_restarted:
            await home.restart()
        assert await home.phone.text("Boiler on") == response
        await told(home.hass)
        assert home.count == (count, count, count)


@EZ
@pytest.mark.parametrize("is_restarted", [False, True])
async def test_without_an_id_an_answer_is_known_for_5_seconds(
    move_in: MoveIn, provider: Provider, *, is_restarted: bool
) -> None:
    """The same word six seconds later answers the next question, and the repetition before does not."""
    home = await move_in(provider, commands=False)
    first = home.ask("One?")
    await home.until_asked(1)
    await home.phone.text("Yes")
    assert (await first)["choice"] == "yes"
    if is_restarted:
        await home.restart()
    second = home.ask("Two?")
    await home.until_asked(2)
    for seconds, count in ((4, 1), (2, 2)):
        await home.pass_time(seconds, background=False)
        assert not second.done()
        await home.phone.text("Yes")
        assert home.count == (count, count, 0)
    assert (await second)["choice"] == "yes"


@pytest.mark.parametrize("provider", [HOUSE, CLUB])
async def test_an_answer_that_comes_again_answers_no_other_question(move_in: MoveIn, provider: Provider) -> None:
    """With an id or a date, a repetition is known, and a second yes is another text, however soon it comes."""
    home = await move_in(provider, commands=False)

    def fields(number: int) -> dict[str, str]:
        sent_at = datetime.fromtimestamp(int(time.time()) + number, UTC).isoformat()
        return {"apimsgid": "", "date": sent_at} if provider is HOUSE else {"messageid": str(number)}

    one = fields(1)
    first = home.ask("One?")
    await home.until_asked(1)
    await home.phone.text("Yes", **one)
    assert (await first)["choice"] == "yes"
    second = home.ask("Two?")
    await home.until_asked(2)
    for seconds in (0, 10, 20 * MINUTE):
        await home.pass_time(seconds, background=False)
        await home.phone.text("Yes", **one)
        await home.hass.async_block_till_done()
        assert not second.done()
    await home.phone.text("Yes", **fields(2))
    assert (await second)["choice"] == "yes"
    assert home.count == (2, 2, 0)


# -- a home that keeps no texts --------------------------------------------------------------------------------------

MARK = "yakquartz"


def files_with(folder: Path, word: str) -> list[str]:
    """Return the names of the files that hold a word."""
    encoded = [word.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "texting.db" for path in files)
    return [path.name for path in files if any(each in path.read_bytes() for each in encoded)]


@pytest.mark.parametrize("provider", [HOUSE, CLUB])
async def test_no_text_is_kept(move_in: MoveIn, provider: Provider, tmp_path: Path) -> None:
    home = await move_in(provider, keep_incoming_days=0)
    home.agent.says("Done")
    await home.entry.runtime_data.store.async_save()
    fields = {"date": now()} if provider is HOUSE else {"messageid": "7"}
    for text in (f"Boiler {MARK}", f"{MARK} on"):
        await home.phone.text(text, **fields)
        await told(home.hass)
        assert files_with(tmp_path, MARK) == []
    assert home.count == (2, 2, 2)
    await home.restart()
    for text in (f"Boiler {MARK}", f"{MARK} on"):
        await home.phone.text(text, **fields)
    await told(home.hass)
    assert home.count == (2, 2, 2)
    assert files_with(tmp_path, MARK) == []
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert files_with(tmp_path, MARK) == []


async def test_texts_are_gone_when_they_are_not_to_be_kept_any_more(move_in: MoveIn, tmp_path: Path) -> None:
    home = await move_in(HOUSE)
    home.agent.says("Done")
    fields = {"date": now()}
    await home.phone.text(f"Boiler {MARK}", **fields)
    await told(home.hass)
    assert files_with(tmp_path, MARK)
    options = {**home.entry.options, "keep_incoming_days": 0}
    home.hass.config_entries.async_update_entry(home.entry, options=options)
    await home.pass_time(MINUTE)
    await home.entry.runtime_data.state.async_purge(datetime.fromtimestamp(time.time(), UTC))
    await home.restart()
    await home.phone.text(f"Boiler {MARK}", **fields)
    assert home.count == (1, 1, 1)
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert files_with(tmp_path, MARK) == []


async def test_what_was_lost_with_a_run_that_keeps_no_texts_is_taken_when_it_comes_again(
    move_in: MoveIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left of the text but that it came, so nothing is handed on until the provider repeats it."""
    home, fields = await move_in(CLUB, keep_incoming_days=0), {"messageid": "7"}
    with monkeypatch.context() as patch:
        patch.setattr(Receiver, "_publish", lambda *_args: None)
        request = asyncio.create_task(home.phone.text("Boiler on", **fields))
        await until(lambda: stored(home) == [(None, 0)])
        await home.pass_time(21)  # the request waits for the command no longer
        await request
    await home.crash()
    assert home.count == (0, 0, 0)
    for _ in range(2):
        await home.phone.text("Boiler on", **fields)
        await told(home.hass)
        assert home.count == (1, 1, 1)
    assert home.agent.texts == ["Boiler on"]


# -- replies after a restart -----------------------------------------------------------------------------------------


async def reply(home: Taken, incoming_id: str, context: Context | None = None) -> str:
    response: Any = await home.hass.services.async_call(
        DOMAIN,
        "reply",
        {"incoming_id": incoming_id, "message": "On its way"},
        blocking=True,
        return_response=True,
        context=context,
    )
    method: str = response["method"]
    return method


@pytest.mark.parametrize("keep_incoming_days", [30, 0])
async def test_a_text_can_be_replied_to_after_a_restart(move_in: MoveIn, keep_incoming_days: int) -> None:
    home = await move_in(CLUB, commands=False, keep_incoming_days=keep_incoming_days)
    await home.phone.text("Hello")
    incoming_id = home.events[-1].attributes["incoming_id"]
    await home.restart()
    await home.pass_time(12 * HOUR - MINUTE)
    reader = Context(user_id=(await new_user(home.hass, GROUP_ID_READ_ONLY)).id)
    with pytest.raises(Unauthorized):
        await reply(home, incoming_id, reader)
    user = Context(user_id=(await new_user(home.hass, GROUP_ID_USER)).id)
    assert await reply(home, incoming_id, user) == "message"
    assert [(message.to, message.text) for message in home.simulator.messages()] == [("2125550142", "On its way")]
    await home.restart()
    await home.pass_time(2 * MINUTE)
    with pytest.raises(ServiceValidationError) as raised:
        await reply(home, incoming_id, user)
    assert raised.value.translation_key == "unknown_incoming"


# -- a crash ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", [HOUSE, CLUB, GROUP])
@pytest.mark.parametrize(("age", "is_young"), [(0.0, True), (MAX_EVENT_AGE - 10, True), (MAX_EVENT_AGE + 10, False)])
async def test_what_was_not_handed_on_is_handed_on_at_the_next_start(
    move_in: MoveIn, monkeypatch: pytest.MonkeyPatch, provider: Provider, age: float, *, is_young: bool
) -> None:
    """The run ends between the commit and the moment in which the text is published."""
    home = await move_in(provider)
    with monkeypatch.context() as patch:
        patch.setattr(Receiver, "_publish", lambda *_args: None)
        request = asyncio.create_task(home.phone.text("Boiler on"))
        await until(lambda: stored(home) == [("Boiler on", 0)])
        await home.pass_time(21)  # the request waits for the command no longer
        await request
    assert home.count == (0, 0, 0)
    await home.pass_time(max(age - 21, 0))
    await home.crash()
    expected = (1, 1, 1) if is_young else (0, 0, 0)
    assert home.count == expected
    for _ in range(2):
        await home.crash()
        assert home.count == expected
    assert home.agent.texts == ["Boiler on"] * is_young
    if is_young:
        assert [message.text for message in home.simulator.messages()] == ["You said: Boiler on"]
        assert home.runs[0]["incoming_id"] == home.events[-1].attributes["incoming_id"]


def stored(home: Taken) -> list[tuple[str | None, int]]:
    """Return each text on disk, and whether it was handed on."""
    path = Path(home.hass.config.path("texting.db"))
    with closing(sqlite3.connect(path)) as file:
        return file.execute("SELECT text, handed_on FROM incoming ORDER BY id").fetchall()


async def test_a_command_that_had_begun_is_not_run_again(move_in: MoveIn) -> None:
    home = await move_in(HOUSE)
    answer = home.agent.waits()
    request = asyncio.create_task(home.phone.text("Boiler on"))
    await until(lambda: home.agent.asked)
    assert stored(home) == [("Boiler on", 1)]
    await home.crash(waits=False)
    # The agent still works, as nothing ends a task of this process.
    answer.set()
    await asyncio.gather(request, return_exceptions=True)
    await told(home.hass)
    assert home.count == (1, 1, 1)
    await home.crash()
    assert home.agent.texts == ["Boiler on"]


async def test_an_answer_that_was_not_handed_on_is_an_ordinary_text(
    move_in: MoveIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its question ended with the run. It is no command either."""
    home = await move_in(HOUSE)
    asked = home.ask("Shut it?")
    await home.until_asked(1)
    with monkeypatch.context() as patch:
        patch.setattr(Receiver, "_publish", lambda *_args: None)
        await home.phone.text("Yes")
        await asked
    await home.crash()
    await home.crash()
    assert home.count == (1, 1, 0)
    assert home.runs[0]["in_reply_to"] is not None


# -- a disk that fails -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", [HOUSE, CLUB, GROUP])
async def test_a_text_that_cannot_be_saved_is_handed_on_once(move_in: MoveIn, provider: Provider) -> None:
    """The provider is told with 503, and repeats the call."""
    home = await move_in(provider, commands=False)
    number = first_number(provider)[1:] if provider is HOUSE else first_number(provider)[2:]
    call = (
        {"from": number, "txt": "Hello", "date": now()} if provider is HOUSE else {"from": number, "message": "Hello"}
    )
    with full_disk():
        for _ in range(2):
            assert await post(home.phone._url, **call) == HTTPStatus.SERVICE_UNAVAILABLE
            assert home.count == (1, 1, 0)
    assert stored(home) == []
    await home.pass_time(RETRY_DELAY)
    await told(home.hass)
    assert stored(home) == [("Hello", 1)]
    assert await post(home.phone._url, **call) == HTTPStatus.OK
    assert home.count == (1, 1, 0)
    await home.crash()
    assert await post(home.phone._url, **call) == HTTPStatus.OK
    assert home.count == (1, 1, 0)


async def test_a_command_runs_once_while_the_disk_fails(move_in: MoveIn) -> None:
    home = await move_in(CLUB)
    async with aiohttp.ClientSession() as session:

        async def call() -> tuple[int, str]:
            fields = {"from": "2125550142", "message": "Boiler on", "messageid": "7"}
            async with session.post(home.phone._url, json=fields) as response:
                return response.status, await response.text()

        with full_disk():
            assert await call() == (HTTPStatus.OK, "You said: Boiler on")
            assert await call() == (HTTPStatus.SERVICE_UNAVAILABLE, "")
        await home.pass_time(RETRY_DELAY)
        await told(home.hass)
        assert await call() == (HTTPStatus.OK, "")
    await home.crash()
    assert home.count == (1, 1, 1)
    assert home.agent.texts == ["Boiler on"]
