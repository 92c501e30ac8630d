"""Stored values of wrong types: rows, the file of an account, options, recipients. The account works without them."""

import asyncio
from collections.abc import Callable
from contextlib import closing
import json
from pathlib import Path
import sqlite3
from typing import Any

import pytest

from custom_components.texting.diagnostics import async_get_config_entry_diagnostics
from custom_components.texting.gateway.fitting import fitting_values
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.options import Options, read_options
from custom_components.texting.recipients import recipients
from custom_components.texting.storage.account_store import AccountStore, Memory, read_memory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.accounts import new_entry
from tests.support.home import notify, state_of
from tests.support.records import record

HOUSE = Provider.TEXTINGHOUSE
# What damages one row: each is a value of a column.
DAMAGES = {
    "content": '{"message": []}',
    "progress": '{"resend_count": 1e400}',
    "phase": "lost",
    "status": "?",
    "created_at": float("inf"),
    "segments": -1,
}


async def test_rows_of_wrong_types_are_skipped_and_counted(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    database = entry.runtime_data.outbox.database
    waiting = [record(number, entry_id=entry.entry_id, expires_at=9e9, not_before=8e9) for number in range(8)]
    await database.write(waiting)
    await hass.config_entries.async_unload(entry.entry_id)

    def damage() -> None:
        with closing(sqlite3.connect(database.path)) as connection, connection:
            for number, (column, value) in enumerate(DAMAGES.items()):
                sql = f"UPDATE message SET {column} = ? WHERE reference = ?"  # noqa: S608  our own names
                connection.execute(sql, (value, waiting[number].reference))
            # Bytes that are no UTF-8.
            sql = "UPDATE message SET content = CAST(? AS TEXT) WHERE reference = ?"
            connection.execute(sql, (b"{\xff", waiting[6].reference))

    await asyncio.to_thread(damage)
    hass.data.pop("texting_states")  # as after a restart
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["database"] == {"failing": False, "damaged": False, "recovered": 0, "skipped_rows": len(DAMAGES) + 1}
    assert [each.reference for each in entry.runtime_data.outbox] == [waiting[7].reference]
    await notify(hass, "notify.anna", "Water")
    assert [message.text for message in simulator.messages()] == ["Water"]
    # Each row counts once, however often it is read.
    assert await database.find(reference=waiting[0].reference) is None
    assert database.skipped == len(DAMAGES) + 1


FILE: dict[str, Any] = {
    "seen": ["1", 2, None, "3"],
    "webhook_called_at": "\ud800",
    "webhook_refused": "many",
    "reports_unknown": float("inf"),
    "unknown_words": {"status: enroute": "2", "status: gone": 3, "error: x": -1},
    "opted_out": {"+33612345601": None, "+33612345602": ["yesterday"]},
    "groups": {"a": {"name": 5, "size": 1}, "b": {"name": "B", "size": "1"}, "c": [], "d": {"name": "D", "size": None}},
    "newer": {"x": 1},
}


def test_what_fits_of_a_file_is_remembered() -> None:
    memory, skipped = read_memory(FILE)
    assert memory == Memory(
        seen=["1", "3"],
        unknown_words={"status: gone": 3},
        opted_out={"+33612345601": "", "+33612345602": ""},
        groups={"d": {"name": "D", "size": None}},
    )
    assert skipped == 10


@pytest.mark.parametrize("stored", [[], "x", 5, [{"seen": []}]])
def test_a_file_that_is_no_object(stored: object) -> None:
    assert read_memory(stored) == (Memory(), 1)


def test_a_list_of_opt_outs_is_kept() -> None:
    memory, _ = read_memory({"opted_out": ["+33612345601", 5]})
    assert memory.opted_out == {"+33612345601": ""}


@pytest.mark.parametrize("name", [*FILE][:-1])
@pytest.mark.parametrize("value", [None, True, 5, -1, "x", [], ["x", 1], {}, {"x": {"y": 1}}, float("nan"), "\udfff"])
def test_any_value_in_a_file(name: str, value: Any) -> None:
    memory, _ = read_memory({name: value})
    for field, expected in (("seen", list | None), ("opted_out", dict), ("groups", dict), ("webhook_refused", int)):
        assert isinstance(getattr(memory, field), expected)
    assert memory.webhook_called_at is None


@pytest.mark.parametrize(
    "content",
    ["[]", '"x"', "5", '{"a": 1}', '{"version": "x", "data": {}}', '{"version": 1}', '{"version": 0, "data": {}}'],
)
async def test_a_file_without_version_or_data(tmp_path: Path, content: str) -> None:
    """The test kit's Home Assistant reads no such files, so this is a bare one."""
    hass = HomeAssistant(str(tmp_path))
    store = AccountStore(hass, "an-account")
    file = Path(store._store.path)
    await asyncio.to_thread(file.parent.mkdir)
    await asyncio.to_thread(file.write_text, content)
    await store.async_load()
    assert (store.memory, store.skipped) == (Memory(), 1)
    await store.async_save()
    restarted = AccountStore(hass, "an-account")
    await restarted.async_load()
    assert restarted.skipped == 0
    await hass.async_stop(force=True)


async def test_an_account_whose_file_has_wrong_types_works(
    hass: HomeAssistant, simulator: Simulator, hass_storage: dict[str, Any]
) -> None:
    entry = new_entry(HOUSE, simulator, options={"balance_interval": "soon", "daily_limit": None, "reply_timeout": -5})
    key = f"texting.{entry.entry_id}"
    stored = FILE | {"webhook_called_at": 5, "opted_out": {"+33612345601": None}}
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": stored}
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert (told["skipped_values"], told["opted_out"]) == (10, 1)
    await notify(hass, "notify.ben", "Water")
    assert {message.text for message in simulator.messages()} == {"Water"}
    assert state_of(hass, "sensor.textinghouse_credit_balance").state != "unavailable"
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["type"] == "menu"


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ({}, Options()),
        ({"balance_interval": 20.0}, Options(balance_interval=20)),
        ({"balance_interval": "20", "low_credit": "x", "log_texts": 1, "conversation_agent": 5}, Options()),
        ({"daily_limit": -5, "keep_days": 0, "reply_timeout": 1e300}, Options(keep_days=1)),
        ({"incoming_interval": float("nan"), "if_unsure": ["resend"], "add_stop_mention": None}, Options()),
        ({"low_credit": float("inf")}, Options()),
        ({"keep_incoming_days": 0}, Options(keep_incoming_days=0)),
        ({"keep_incoming_days": 366}, Options(keep_incoming_days=365)),
    ],
)
def test_options_of_wrong_types_have_their_defaults(
    simulator: Simulator, stored: dict[str, Any], expected: Options
) -> None:
    assert read_options(new_entry(HOUSE, simulator, options=stored)) == expected


@pytest.mark.parametrize(
    ("changes", "is_as_expected"),
    [
        ({"numbers": "+33612345601"}, lambda recipient: recipient.numbers == ()),
        ({"numbers": ["+33612345601", 5, None]}, lambda recipient: recipient.numbers == ("+33612345601",)),
        ({"type": ["voice"]}, lambda recipient: recipient.type == "sms"),
        ({"type": "fax"}, lambda recipient: recipient.type == "sms"),
        ({"sender": 5}, lambda recipient: recipient.sender is None),
        ({"quiet_start": "22:00", "quiet_end": "late"}, lambda recipient: recipient.quiet_hours is None),
        ({"quiet_start": "22:00"}, lambda recipient: recipient.quiet_hours is None),
        ({"group": 5}, lambda recipient: recipient.group is None),
        ({"group": "a", "group_name": ["A"]}, lambda recipient: recipient.group.name == "a"),
        ({"allow_commands": "no"}, lambda recipient: not recipient.allow_commands),
        # Without its PIN, anybody could command the home.
        ({"allow_commands": True, "pin": 1234}, lambda recipient: not recipient.allow_commands and not recipient.pin),
        ({"allow_commands": True, "pin": "1234"}, lambda recipient: recipient.allow_commands),
        ({"allow_commands": True, "pin": None}, lambda recipient: recipient.allow_commands),
    ],
)
async def test_a_recipient_with_values_of_wrong_types(
    hass: HomeAssistant, set_up: SetUp, changes: dict[str, Any], is_as_expected: Callable[[Any], bool]
) -> None:
    entry = await set_up(HOUSE)
    subentry = next(each for each in entry.subentries.values() if each.title == "Anna")
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, **changes})
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert is_as_expected(next(each for each in recipients(entry) if each.name == "Anna"))


def test_only_numbers_that_can_be_stored_fit() -> None:
    numbers = [0, 5, 2.0, 2.5, -1, 10**400, float("nan"), float("-inf"), True, "1"]
    fitting = [number for number in numbers if fitting_values(Options, {"daily_limit": number})[0]]
    assert json.dumps(fitting) == "[0, 5, 2.0]"
