"""What a home does with the integration: sends, looks at its entities, waits."""

import asyncio
from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, HomeAssistant, State, callback
from homeassistant.exceptions import HomeAssistantError
from tests.accounts import RECIPIENTS

TRANSLATIONS: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "custom_components/texting/translations/en.json").read_text("utf-8")
)
EXCEPTIONS: dict[str, str] = {key: text["message"] for key, text in TRANSLATIONS["exceptions"].items()}


def first_number(provider: Provider) -> str:
    """The number of the recipient who has only one."""
    return next(iter(RECIPIENTS[provider].values()))[0]


def numbers(provider: Provider) -> list[str]:
    """All numbers of all recipients."""
    return [number for each in RECIPIENTS[provider].values() for number in each]


def notify_entities(provider: Provider) -> list[str]:
    """The recipients' notify entities."""
    return [f"notify.{name.lower()}" for name in RECIPIENTS[provider]]


async def notify(hass: HomeAssistant, entity_id: str, message: str, **data: Any) -> None:
    """Send through a notify entity."""
    await hass.services.async_call(
        "notify", "send_message", {"entity_id": entity_id, "message": message, **data}, blocking=True
    )


async def send(hass: HomeAssistant, message: str, **data: Any) -> None:
    """Send with texting.send_message, without asking for a response."""
    await hass.services.async_call(DOMAIN, "send_message", {"message": message, **data}, blocking=True)


async def ask_to_send(hass: HomeAssistant, message: str, **data: Any) -> list[dict[str, Any]]:
    """Send with texting.send_message; one answer a message."""
    response: Any = await hass.services.async_call(
        DOMAIN, "send_message", {"message": message, **data}, blocking=True, return_response=True
    )
    messages: list[dict[str, Any]] = json.loads(json.dumps(response))["messages"]
    return messages


async def preview(hass: HomeAssistant, entry: MockConfigEntry, message: str, **data: Any) -> dict[str, Any]:
    """Preview with texting.preview_message."""
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
    """The error's English text, which must be the one of this key with its placeholders filled."""
    assert (error.translation_domain, error.translation_key) == (DOMAIN, key)
    text = str(error)
    # Home Assistant takes the full stop off.
    assert text == EXCEPTIONS[key].rstrip(".").format(**(error.translation_placeholders or {}))
    assert "{" not in text
    return text


def state_of(hass: HomeAssistant, entity_id: str) -> State:
    """The state of an entity that must be there."""
    state = hass.states.get(entity_id)
    assert state is not None
    return state


async def told(hass: HomeAssistant) -> None:
    """Wait until all that is under way is done, on disk, and told."""
    await hass.async_block_till_done(wait_background_tasks=True)
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        await entry.runtime_data.desk.outbox.write(())
    await hass.async_block_till_done(wait_background_tasks=True)


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Load an account anew with no more than what is on disk."""
    await hass.config_entries.async_unload(entry.entry_id)
    hass.data.pop(f"{DOMAIN}_states")
    await hass.config_entries.async_setup(entry.entry_id)
    await told(hass)


async def until(happened: Callable[[], object]) -> None:
    """Wait for what happens at the gateway, which nothing in the home can tell."""
    while not happened():  # noqa: ASYNC110  it is no event of ours
        await asyncio.sleep(0.001)


def record_changes(hass: HomeAssistant, entity_id: str) -> list[State]:
    """Every state that an entity takes from now on."""
    states: list[State] = []

    @callback
    def record(event: Event[Any]) -> None:
        if event.data["entity_id"] == entity_id and event.data["new_state"]:
            states.append(event.data["new_state"])

    hass.bus.async_listen(EVENT_STATE_CHANGED, record)
    return states
