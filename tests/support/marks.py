"""A home whose secrets, numbers and texts are marked, and a search of everything that it writes."""

from collections.abc import Awaitable
import json
import logging
from pathlib import Path
import traceback
from typing import Any

import pytest

from custom_components.texting.diagnostics import async_get_config_entry_diagnostics
from custom_components.texting.gateway.provider import Provider
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.util import session_scope
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from tests.simulator import Simulator
from tests.support.home import numbers

# Each mark is a word that stays as it is in every encoding. Around it are characters that do not.
SECRET, USER, WEBHOOK = "zx9secret", "qz8user", "jq7webhook"
SENT, RECEIVED, ASKED, ANSWERED = "zebraquartz", "yakquartz", "quizquartz", "agentquartz"
PIN, STRANGER = "739154", {"fr": "+33698765432", "us": "+12125550199", "in": "+919812345699"}
TEXT = f"An {SENT} & more: 5/6 + 1"

# What may hold them, below the configuration folder. docs/security.md names it too.
EXCLUDED = {
    "core.config_entries": "the login, the recipients' numbers and PINs are entered by the user, and needed",
    "texting.db": "our database of messages; it is 0600, and deleted texts are overwritten",
    "core.restore_state": "Home Assistant restores the live state of the event entities, which has the text",
    "trace.saved_traces": "the traces of automations show what triggered them",
}
# In the recorder, the event of an action holds what the user gave to the action.
EXCLUDED_EVENT = "call_service"


def marked_login(provider: Provider, simulator: Simulator) -> dict[str, Any]:
    """Change the account at the simulator to a marked login; return the changed fields of the config entry."""
    account = simulator.accounts[provider]
    webhook = {"webhook_id": f"{WEBHOOK}-{provider}-0123456789abcdef"}
    if provider is Provider.TEXTIOPRO:
        account.token = f"7|{SECRET}Token"
        return {"api_token": account.token}
    if provider is Provider.THESMSPOINT:
        account.key = f"a+{SECRET}/b=c%20"
        return {"api_key": account.key}
    account.user, account.password = f"{USER}@example.com", f"pä ss&+{SECRET}/%41"
    return {"username": account.user, "password": account.password, **webhook}


class Marks:
    """What was raised so far, and the marks to look for."""

    def __init__(self, hass: HomeAssistant, caplog: pytest.LogCaptureFixture, stored: dict[str, Any]) -> None:
        """Log what Home Assistant logs by default, and everything of ours. stored are the files of .storage by name."""
        self._hass = hass
        self._stored = stored
        self._caplog = caplog
        self.raised: list[str] = []
        caplog.set_level(logging.INFO)
        caplog.set_level(logging.DEBUG, logger="custom_components.texting")
        # As Home Assistant does when it starts.
        caplog.set_level(logging.WARNING, logger="aiohttp.access")
        every = {*STRANGER.values(), *(number for provider in Provider for number in numbers(provider))}
        self._marks = [SECRET, USER, WEBHOOK, SENT, RECEIVED, ASKED, ANSWERED, PIN]
        self._marks += sorted({number[-9:] for number in every})

    async def attempt(self, work: Awaitable[Any]) -> Any:
        """Do something that may fail. Remember the error as Home Assistant would log it."""
        try:
            return await work
        except HomeAssistantError as err:
            self.raised += [*traceback.format_exception(err), str(err.translation_placeholders)]

    def finds(self, text: str) -> list[str]:
        """Return the marks in a text."""
        text = text.lower()
        return [mark for mark in self._marks if mark in text]

    async def found(self) -> list[str]:
        """Return each place that holds a mark, with the mark."""
        hass = self._hass
        await hass.async_block_till_done()
        recorder = get_instance(hass)
        await recorder.async_block_till_done()
        recorded = await recorder.async_add_executor_job(_recorded, hass)
        # The recorder closes with it.
        hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
        await hass.async_block_till_done()
        places = {
            "log": [_line(record) for record in self._caplog.records if not record.name.startswith("sqlalchemy")],
            "recorder": recorded,
            "registries": [repr(each) for each in _registered(hass)],
            "diagnostics": [
                json.dumps(await async_get_config_entry_diagnostics(hass, entry), default=str)
                for entry in hass.config_entries.async_loaded_entries("texting")
            ],
            "files": await hass.async_add_executor_job(_written, Path(hass.config.config_dir)),
            ".storage": [
                f"{name} {_without_opt_outs(name, json.dumps(data))}"
                for name, data in self._stored.items()
                if not name.startswith(tuple(EXCLUDED))
            ],
            "errors": self.raised,
        }
        assert all(places[name] for name in ("log", "recorder", "registries", "errors"))
        assert {"core.device_registry", "core.entity_registry"} <= set(self._stored)
        assert any(name.startswith("texting.") for name in self._stored)
        return [
            f"{place}: {mark}: {text[:400]}"
            for place, texts in places.items()
            for text in texts
            for mark in self.finds(text)
        ]


def _line(record: logging.LogRecord) -> str:
    return f"{record.name} {logging.Formatter().format(record)}"


def _registered(hass: HomeAssistant) -> list[object]:
    """Return the devices, the entities and the issues."""
    devices, entities = dr.async_get(hass), er.async_get(hass)
    found: list[object] = [*ir.async_get(hass).issues.values()]
    for entry in hass.config_entries.async_entries("texting"):
        found += dr.async_entries_for_config_entry(devices, entry.entry_id)
        found += er.async_entries_for_config_entry(entities, entry.entry_id)
    return found


def _recorded(hass: HomeAssistant) -> list[str]:
    """Return every row of the recorder's database, except the data of the excluded events."""
    with session_scope(hass=hass, read_only=True) as session:
        connection = session.connection()

        def rows(sql: str) -> list[Any]:
            return list(connection.exec_driver_sql(sql).fetchall())

        excluded = {
            row.data_id
            for row in rows("SELECT data_id, event_types.event_type FROM events JOIN event_types USING (event_type_id)")
            if row.event_type == EXCLUDED_EVENT
        }
        tables = [name for (name,) in rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert {"states", "state_attributes", "events", "event_data"} <= set(tables)
        return [
            f"{table} {row}"
            for table in tables
            for row in rows(f"SELECT * FROM {table}")  # noqa: S608  a name of the database itself
            if not (table == "event_data" and row[0] in excluded)
        ]


def _written(folder: Path) -> list[str]:
    """Return the contents of every file of the configuration folder, except the excluded ones."""
    return [
        f"{path.name} {path.read_bytes().decode('latin-1')}"
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(tuple(EXCLUDED))
    ]


def _without_opt_outs(name: str, text: str) -> str:
    """Return an account's own file without the numbers that opted out, which must be known to be refused."""
    if not name.startswith("texting."):
        return text
    stored = json.loads(text)
    stored["data"].pop("opted_out")
    return json.dumps(stored)
