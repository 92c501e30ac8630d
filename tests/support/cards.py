"""Invented credit cards, and a search of every place that could store one."""

import gc
import json
import logging
from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.texting.diagnostics import async_get_config_entry_diagnostics
from custom_components.texting.gateway.orders import Card
from homeassistant.components.trace.util import async_get_trace, async_list_contexts
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, MATCH_ALL
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.setup import async_setup_component

AMEX, AMEX_CODE = "378282246310005", "7391"
# The simulator's bank declines every order with this card.
DECLINED = "4000000000000002"


def card_input(**changes: Any) -> dict[str, Any]:
    """Return what a user enters in the form. A change to None omits the field."""
    card = {
        "first_name": "Clara",
        "last_name": "Carlson",
        "address": "1 Main Street",
        "city": "New York",
        "state": "NY",
        "zip": "10001",
        "country": "US",
        "type": "ax",
        "number": "3782 822463 10005",
        "code": AMEX_CODE,
        "month": "7",
        "year": "2031",
        **changes,
    }
    return {name: value for name, value in card.items() if value is not None}


def finds(text: str) -> list[str]:
    """Return the card numbers in a text, with or without separators, and the security codes that are whole words."""
    plain = re.sub(r"(?<=\d)[ -](?=\d)", "", text)
    numbers = [number for number in (AMEX, DECLINED) if number in plain or number[:12] in plain]
    return numbers + re.findall(rf"(?<![\w.:+-])({AMEX_CODE})(?![\w:])", text)


class Watch:
    """A record of everything that a home publishes, writes and stores."""

    def __init__(self, hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
        """Listen to every event."""
        self._hass = hass
        self._caplog = caplog
        self.events: list[str] = []
        self.answers: list[str] = []
        hass.bus.async_listen(MATCH_ALL, self._note)

    @callback
    def _note(self, event: Event[Any]) -> None:
        self.events.append(json.dumps(event.as_dict(), default=str))

    async def start(self, balance: str) -> None:
        """Log everything, and set up an automation that runs and is traced when the balance changes."""
        self._caplog.set_level(logging.DEBUG)
        follow = {
            "id": "follow",
            "alias": "Follow",
            "triggers": [{"trigger": "state", "entity_id": balance}],
            "actions": [{"event": "seen", "event_data": {"balance": "{{ trigger.to_state.state }}"}}],
        }
        assert await async_setup_component(self._hass, "automation", {"automation": [follow]})

    async def places(self, entry: ConfigEntry) -> dict[str, str]:
        """Return the contents of each place that could store a card."""
        hass = self._hass
        hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
        await hass.async_block_till_done(wait_background_tasks=True)
        flows = [flow for manager in self._managers() for flow in manager.values()]
        return {
            "disk": await hass.async_add_executor_job(_written, Path(hass.config.config_dir)),
            "log": "\n".join(map(_line, self._caplog.records)),
            "events": "\n".join(self.events),
            "states": "\n".join(str(state.as_dict()) for state in hass.states.async_all()),
            "answers": "\n".join(self.answers),
            "flows": "\n".join(f"{vars(flow)} {_shown(flow.cur_step)}" for flow in flows),
            "entry": f"{entry.data} {entry.options} {[subentry.as_dict() for subentry in entry.subentries.values()]}",
            "diagnostics": json.dumps(await async_get_config_entry_diagnostics(hass, entry), default=str),
            "traces": await self._traces(),
        }

    async def _traces(self) -> str:
        runs = (await async_list_contexts(self._hass, None)).values()
        traces = [await async_get_trace(self._hass, f"{run['domain']}.{run['item_id']}", run["run_id"]) for run in runs]
        return "\n".join(json.dumps(trace, default=str) for trace in traces)

    def _managers(self) -> list[dict[str, Any]]:
        entries = self._hass.config_entries
        return [manager._progress for manager in (entries.flow, entries.options, entries.subentries)]


def in_memory() -> list[object]:
    """Return the cards, and the forms that contain one, that are still in memory."""
    gc.collect()
    return [thing for thing in gc.get_objects() if isinstance(thing, Card) or _is_form(thing)]


def _is_form(thing: Any) -> bool:
    return type(thing) is dict and finds(str(thing.get("number", ""))) != []


def _written(folder: Path) -> str:
    return "\n".join(path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file())


def _line(record: logging.LogRecord) -> str:
    return f"{record.getMessage()} {logging.Formatter().formatException(record.exc_info) if record.exc_info else ''}"


def _shown(step: Any) -> str:
    """Return a step as the browser gets it, including the values that its form shows."""
    schema = step.get("data_schema") if step else None
    return f"{step} {[marker.description for marker in schema.schema] if schema else ''}"
