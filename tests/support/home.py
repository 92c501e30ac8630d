"""Helpers that send texts, read entities and wait, in a home that uses the integration."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import json
from pathlib import Path
import time
from types import MappingProxyType
from typing import Any

import aiohttp
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from custom_components.texting.entries import messenger_entries
from custom_components.texting.gateway.provider import Provider
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, HomeAssistant, State, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.aiohttp_client import DATA_CONNECTOR
from tests.support.accounts import RECIPIENTS

# After so many seconds a test that waits in vain fails.
GUARD = 50.0
# The most steps in which a test lets time pass until something happens.
MAX_STEPS = 1000


TRANSLATIONS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "custom_components/texting/translations/en.json").read_text("utf-8")
)
EXCEPTIONS: dict[str, str] = {key: text["message"] for key, text in TRANSLATIONS["exceptions"].items()}


def first_number(provider: Provider) -> str:
    """Return the number of the recipient who has only one number."""
    return next(iter(RECIPIENTS[provider].values()))[0]


def numbers(provider: Provider) -> list[str]:
    """Return all numbers of all recipients."""
    return [number for each in RECIPIENTS[provider].values() for number in each]


def notify_entities(provider: Provider) -> list[str]:
    """Return the ids of the recipients' notify entities."""
    return [f"notify.{name.lower()}" for name in RECIPIENTS[provider]]


async def notify(hass: HomeAssistant, entity_id: str, message: str, **data: Any) -> None:
    """Send a text through a notify entity."""
    await hass.services.async_call(
        "notify", "send_message", {"entity_id": entity_id, "message": message, **data}, blocking=True
    )


async def send(hass: HomeAssistant, message: str, **data: Any) -> None:
    """Send a text with texting.send_message, without a response."""
    await hass.services.async_call(DOMAIN, "send_message", {"message": message, **data}, blocking=True)


async def ask_to_send(hass: HomeAssistant, message: str, **data: Any) -> list[dict[str, Any]]:
    """Send a text with texting.send_message. Return the messages in its response."""
    response: Any = await hass.services.async_call(
        DOMAIN, "send_message", {"message": message, **data}, blocking=True, return_response=True
    )
    messages: list[dict[str, Any]] = json.loads(json.dumps(response))["messages"]
    return messages


async def preview(hass: HomeAssistant, entry: MockConfigEntry, message: str, **data: Any) -> dict[str, Any]:
    """Preview a text with texting.preview_message. Return the response."""
    response: Any = await hass.services.async_call(
        DOMAIN,
        "preview_message",
        {"account": entry.entry_id, "message": message, **data},
        blocking=True,
        return_response=True,
    )
    previewed: dict[str, Any] = json.loads(json.dumps(response))
    return previewed


def text_of(error: HomeAssistantError, key: str) -> str:
    """Return the error's English text. It must be the translation of this key with all placeholders filled."""
    assert (error.translation_domain, error.translation_key) == (DOMAIN, key)
    text = str(error)
    # Home Assistant removes the period at the end.
    assert text == EXCEPTIONS[key].rstrip(".").format(**(error.translation_placeholders or {}))
    assert "{" not in text
    return text


def state_of(hass: HomeAssistant, entity_id: str) -> State:
    """Return the state of an entity. The entity must exist."""
    state = hass.states.get(entity_id)
    assert state is not None
    return state


async def told(hass: HomeAssistant) -> None:
    """Wait until all work is done, saved and published."""
    await hass.async_block_till_done(wait_background_tasks=True)
    for entry in messenger_entries(hass, only_loaded=True):
        outbox = entry.runtime_data.outbox
        await outbox.database.write(())
        while outbox.is_publishing:  # noqa: ASYNC110  no event to wait for
            await asyncio.sleep(0)
    await hass.async_block_till_done(wait_background_tasks=True)


def forget(hass: HomeAssistant) -> None:
    """Forget what a home that stops has only in memory."""
    for memory in ("states", "open_items", "codes_loaded", "clock"):
        hass.data.pop(f"{DOMAIN}_{memory}", None)
    for memory in ("alert_items", "alert_known", "alert_replies", "early_answers"):
        hass.data.pop(f"{DOMAIN}_{memory}", None)


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Load an account again, only from what is on disk."""
    await hass.config_entries.async_unload(entry.entry_id)
    forget(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await told(hass)


def place_of(condition: Callable[[], object]) -> str:
    """Return where a condition is written."""
    code = getattr(condition, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(condition)


async def until(happened: Callable[[], object]) -> None:
    """Wait until a condition is true, for example at the gateway. It also becomes true while the clocks stand still."""
    loop, until_real_time = asyncio.get_running_loop(), time.perf_counter() + GUARD
    while not happened():
        if time.perf_counter() > until_real_time:
            raise AssertionError(f"This never happened: {place_of(happened)}")
        # The event loop's clock may stand still, so a thread waits.
        await loop.run_in_executor(None, time.sleep, 0.001)


def requests_under_way(hass: HomeAssistant) -> bool:
    """Return True while a text is being sent, or Home Assistant waits for the response to another request."""
    states = hass.data.get(f"{DOMAIN}_states", {}).values()
    connectors = hass.data.get(DATA_CONNECTOR, {}).values()
    return any(state.worker and state.worker.requests for state in states) or any(each._acquired for each in connectors)


async def tried(hass: HomeAssistant, action: asyncio.Task[Any]) -> None:
    """Wait until an action is done, or waits for results after every text was tried once."""
    entries = messenger_entries(hass, only_loaded=True)
    await until(lambda: action.done() or any(entry.runtime_data.outbox._waiters for entry in entries))
    await told(hass)


async def kept_open(hass: HomeAssistant) -> None:
    """Wait until each webhook request that is kept open waits for its reply, with its timeout running."""
    inboxes = [state.inbox for state in hass.data[f"{DOMAIN}_states"].values()]
    await until(lambda: all(waiter.done() or waiter._callbacks for inbox in inboxes for waiter in inbox._waiters))


async def pass_until(
    hass: HomeAssistant, pass_time: Callable[..., Awaitable[None]], happened: Callable[[], object], seconds: float = 1.0
) -> None:
    """Let time pass, in steps of so many seconds, until a condition is true. Before each, requests under way end."""
    for _step in range(MAX_STEPS):
        if happened():
            return
        await pass_time(seconds, wait=False)
        for _ in range(20):  # what became due begins its requests
            await asyncio.sleep(0)
        await until(lambda: not requests_under_way(hass))
    raise AssertionError(f"This did not happen in {MAX_STEPS * seconds} seconds: {place_of(happened)}")


def record_changes(hass: HomeAssistant, entity_id: str) -> list[State]:
    """Record each new state of an entity in the returned list."""
    states: list[State] = []

    @callback
    def record(event: Event[Any]) -> None:
        if event.data["entity_id"] == entity_id and event.data["new_state"]:
            states.append(event.data["new_state"])

    hass.bus.async_listen(EVENT_STATE_CHANGED, record)
    return states


def count_writes(hass: HomeAssistant) -> list[str]:
    """Return a list that gets the entity of each state that our entities write, also of one that changes nothing."""
    writes: list[str] = []
    registry = er.async_get(hass)

    @callback
    def is_ours(data: Mapping[str, Any]) -> bool:
        entity = registry.async_get(data["entity_id"])
        return entity is not None and entity.platform == "texting"

    @callback
    def written(event: Event[Any]) -> None:
        writes.append(event.data["entity_id"])

    for kind in (EVENT_STATE_CHANGED, EVENT_STATE_REPORTED):
        hass.bus.async_listen(kind, written, event_filter=is_ours)
    return writes


async def post(url: str, **fields: str) -> int:
    """Call a webhook with JSON, as a provider does. Return the HTTP status."""
    async with aiohttp.ClientSession() as session, session.post(url, json=fields) as response:
        return response.status


async def rent(hass: HomeAssistant, entry: MockConfigEntry, keyword: str, answer: str | None = None) -> None:
    """Add a keyword to the account, as the dialog does."""
    data = MappingProxyType({"keyword": keyword, **({"fixed_reply": answer} if answer else {})})
    subentry = ConfigSubentry(data=data, subentry_type="keyword", title=keyword, unique_id=None)
    hass.config_entries.async_add_subentry(entry, subentry)
    await hass.async_block_till_done(wait_background_tasks=True)
