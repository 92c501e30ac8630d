"""A conversation agent, and phones that text the home."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, override

import aiohttp
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.inbound.command_sessions import CommandSession
from custom_components.texting.inbound.commands import COMMAND_SESSIONS
from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component
from tests.conftest import SetUp
from tests.support.home import first_number, state_of
from tests.support.privacy import digits_of

BOILER = "input_boolean.boiler"
HOME_ASSISTANT = "conversation.home_assistant"

type Answer = Callable[[conversation.ConversationInput], Awaitable[str]]


class Agent(conversation.AbstractConversationAgent):
    """An agent that remembers its inputs and replies with the result of `answer`."""

    def __init__(self) -> None:
        self.asked: list[conversation.ConversationInput] = []
        self.texts: list[str] = []
        self.answer: Answer = self._repeat
        self.error: intent.IntentResponseErrorCode | None = None
        self.conversation_id: str | None = None

    @staticmethod
    async def _repeat(asked: conversation.ConversationInput) -> str:
        return f"You said: {asked.text}"

    def says(self, text: str) -> None:
        """Give the same reply to every input."""

        async def same(_asked: conversation.ConversationInput) -> str:
            return text

        self.answer = same

    def waits(self) -> asyncio.Event:
        """Delay each reply until the returned event is set."""
        event = asyncio.Event()

        async def later(asked: conversation.ConversationInput) -> str:
            await event.wait()
            return f"At last: {asked.text}"

        self.answer = later
        return event

    @property
    @override
    def supported_languages(self) -> Any:
        return "*"

    @override
    async def async_process(self, user_input: conversation.ConversationInput) -> conversation.ConversationResult:
        self.asked.append(user_input)
        self.texts.append(user_input.text)
        response = intent.IntentResponse(language=user_input.language)
        said = await self.answer(user_input)
        if self.error:
            response.async_set_error(self.error, said)
        elif said:
            response.async_set_speech(said)
        return conversation.ConversationResult(response, self.conversation_id or user_input.conversation_id)


async def start(hass: HomeAssistant) -> None:
    """Set up Home Assistant's own agent and an entity that it can switch."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"boiler": {"name": "Boiler"}}})
    async_expose_entity(hass, "conversation", BOILER, True)  # noqa: FBT003  Home Assistant's signature
    await hass.async_block_till_done()
    assert state_of(hass, BOILER).state == "off"


async def add_agent(hass: HomeAssistant) -> tuple[Agent, str]:
    """Add a test agent. Return the agent and its id."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    entry, agent = MockConfigEntry(domain="tests", title="Agent"), Agent()
    entry.add_to_hass(hass)
    conversation.async_set_agent(hass, entry, agent)
    return agent, entry.entry_id


async def allow(hass: HomeAssistant, entry: MockConfigEntry, pin: str | None = None, **changes: Any) -> None:
    """Allow commands from the first recipient, as the recipient's dialog does."""
    subentry = next(iter(entry.subentries.values()))
    data = {**subentry.data, "allow_commands": True, **({"pin": pin} if pin else {}), **changes}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    await hass.async_block_till_done(wait_background_tasks=True)


class Phone:
    """A phone that texts the home through a provider's webhook. The default number is the first recipient's."""

    def __init__(self, provider: Provider, url: str, number: str | None = None) -> None:
        self.number = number or first_number(provider)
        self._provider = provider
        self._url = url

    async def text(self, text: str, **fields: str) -> str:
        """Text the home. Return the home's response to the webhook call."""
        digits = digits_of(self.number)
        data = {"from": digits.removeprefix("1"), "message": text, **fields}
        if self._provider is Provider.TEXTINGHOUSE:
            data = {"apimsgid": "1", "climsgid": "", "from": digits, "txt": text, **fields}
        return await self._call(data)

    async def submit(self, text: str) -> str:
        """Text the home as the older API of Club and Group does. That API treats the first word as a keyword."""
        return await self._call({"PhoneNumber": digits_of(self.number).removeprefix("1"), "Message": text})

    def of(self, number: str) -> Phone:
        """Return a phone with another number at the same provider."""
        return Phone(self._provider, self._url, number)

    async def _call(self, data: dict[str, str]) -> str:
        connector = aiohttp.TCPConnector(limit=0)
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.post(self._url, json=data) as response,
        ):
            assert response.status == 200
            return await response.text()


type Home = Callable[..., Awaitable[tuple[MockConfigEntry, Agent, Phone]]]


def home(hass: HomeAssistant, set_up: SetUp, connect: Callable[[MockConfigEntry], Awaitable[str]]) -> Home:
    """Return a function that sets up an account whose first recipient may send commands to an agent."""

    async def set_home_up(
        provider: Provider = Provider.CLUB_TEXTING,
        *,
        pin: str | None = None,
        options: dict[str, Any] | None = None,
        **changes: Any,
    ) -> tuple[MockConfigEntry, Agent, Phone]:
        agent, agent_id = await add_agent(hass)
        entry = await set_up(provider, options={"conversation_agent": agent_id, **(options or {})})
        await allow(hass, entry, pin, **changes)
        return entry, agent, Phone(provider, await connect(entry))

    return set_home_up


def command_sessions(hass: HomeAssistant) -> dict[str, CommandSession]:
    """Return the command sessions by phone number."""
    return hass.data.get(COMMAND_SESSIONS, {})
