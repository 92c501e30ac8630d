"""Everything that an unloaded account may have left behind."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
import sys
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import DATA_DISPATCHER
from homeassistant.util.async_ import get_scheduled_timer_handles

# The paths of this checkout and of the installed packages may also contain "texting".
FOLDERS = (sys.prefix, str(Path(__file__).parents[2]))


def ours(thing: object) -> bool:
    text = repr(thing)
    for folder in FOLDERS:
        text = text.replace(folder, "")
    return "texting" in text.lower() and "simulator" not in text


def timers(hass: HomeAssistant) -> list[str]:
    handles = get_scheduled_timer_handles(hass.loop)
    return [repr(handle) for handle in handles if not handle.cancelled() and ours((handle, handle._args))]


def tasks() -> list[str]:
    found = []
    for task in asyncio.all_tasks():
        coroutine: Any = task.get_coro()
        if isinstance(coroutine, Coroutine) and "custom_components/texting" in repr(getattr(coroutine, "cr_code", "")):
            found.append(repr(task))
    return found


def listens_for(target: Any, entry: ConfigEntry) -> bool:
    """Return True if the target of a signal is an entity of the entry, or a function that holds the entry."""
    messenger = getattr(getattr(target, "__self__", None), "_messenger", None)
    cells = getattr(target, "__closure__", None) or ()
    return getattr(messenger, "entry", None) is entry or any(cell.cell_contents is entry for cell in cells)


def what_is_left(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, Any]:
    """Return everything that an account still holds, by kind. Empty kinds are left out."""
    ids = {each.data.get("webhook_id") for each in hass.config_entries.async_entries()}
    listening = hass.data.get("texting_listening", {})
    held = {
        "timers": timers(hass),
        "tasks": tasks(),
        "signals": [
            signal
            for signal, targets in hass.data[DATA_DISPATCHER].items()
            if targets and (entry.entry_id in str(signal) or any(listens_for(target, entry) for target in targets))
        ],
        # The webhook stays as long as the account exists, but does not hold it.
        "webhooks": [*(each for each in hass.data.get("webhook", ()) if each not in ids), *listening],
        "actions": sorted(set(hass.services.async_services()["notify"]) - {"send_message", "persistent_notification"}),
        "run-time data": [entry.runtime_data] if hasattr(entry, "runtime_data") else [],
    }
    return {kind: found for kind, found in held.items() if found}
