"""The parsers of what is stored: rows of the database, the file of an account, options, settings and recipients."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
import json
from types import MappingProxyType
from typing import Any

from custom_components.texting.delivery.record import MessageRecord
from custom_components.texting.delivery.serialization import COLUMNS, Row, to_changes, to_row, valid_records
from custom_components.texting.gateway.message import Message
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.options import read_stored
from custom_components.texting.recipients import read_subentry
from custom_components.texting.storage.account_store import read_memory
from homeassistant.config_entries import ConfigSubentry
from tests.support.records import FULL

from .mutate import LARGE, Mutator
from .parser import AnyParser, Parser

SMALL = MessageRecord(
    message=Message(reference="01M8E89CQVGTQ5S6X7RJ4DCSRC", to="+33612345601", text="The door is open"),
    entry_id="account",
    created_at=1795780800.0,
    expires_at=1795784400.0,
)
RECORDS = (SMALL, FULL)
# Columns that hold JSON.
DOCUMENTS = frozenset({"content", "progress"})
MEMORY: Mapping[str, Any] = {
    "seen": ["6b0959389a2f1", "6b0959389a2f2"],
    "webhook_called_at": "2026-11-27T10:00:00+00:00",
    "webhook_refused": 3,
    "reports_unknown": 1,
    "unknown_words": {"status: enroute": 2},
    "opted_out": {"+33612345601": "2026-11-27T10:00:00+00:00"},
    "groups": {"6415907d0d7a6": {"name": "Family", "size": 3}},
}
OPTIONS: Mapping[str, Any] = {
    "balance_interval": 15, "incoming_interval": 30.0, "low_credit": 2.5, "daily_limit": 200, "if_unsure": "resend",
    "keep_days": 30, "keep_incoming_days": 30, "log_texts": True, "replace_characters": False, "reply_timeout": 20,
    "conversation_agent": "conversation.home",
    "add_stop_mention": True,
}  # fmt: skip
SETTINGS: Mapping[str, Any] = {
    "url": "https://a.example", "username": "demo", "password": "demo", "api_token": "7|a", "api_key": "demo",
    "sender": "Home",
    "sender_id": "Home", "own_number": "33612345601", "token_in_url": True, "api": "token", "country": "ca",
    "channel": "1",
    "template_id": "110", "backup_url": "", "replace_characters": True, "add_stop_mention": False,
}  # fmt: skip
RECIPIENT: Mapping[str, Any] = {
    "numbers": ["+33612345601", "+33612345602"], "type": "sms", "sender": "Home", "quiet_start": "22:00:00",
    "quiet_end": "07:00:00", "allow_commands": True, "pin": "1234", "group": "6415907d0d7a6", "group_name": "Family",
}  # fmt: skip


class RowLostError(Exception):
    """A row was neither read nor counted."""


def make_row(mutator: Mutator, is_large: bool) -> Row:
    """Return a row with some damaged columns, or with damage within its JSON."""
    row: list[Any] = list(to_row(mutator.random.choice(RECORDS)))
    for at in mutator.random.sample(range(len(row)), mutator.random.choice((1, 1, 2))):
        if COLUMNS[at] in DOCUMENTS and mutator.chance(80):
            document = json.loads(row[at])
            row[at] = mutator.json(mutator.value(document, is_large=is_large))[: 2 * LARGE]
            if mutator.chance(20):
                row[at] = mutator.text([row[at]])
        else:
            row[at] = mutator.odd_value() if mutator.chance(50) else mutator.text([str(row[at])], is_large=is_large)
    return tuple(row)


def read_row(row: Row) -> object:
    """Read a row. It is skipped and counted, or holds a message that can be written again."""
    skipped: list[object] = []
    found = list(valid_records([row], skipped.append))
    if len(found) + len(skipped) != 1:
        raise RowLostError
    for record in found:
        to_row(record)
        to_changes(record)
        _ = record.snapshot().result, record.to
    return found


def make_stored(seed: Mapping[str, Any]) -> Callable[[Mutator, bool], Any]:
    """Return a function that makes damaged values of a file or of an entry, as JSON brings them."""

    def make(mutator: Mutator, is_large: bool) -> Any:
        value = mutator.value(seed, is_large=is_large)
        return value if isinstance(value, dict) or mutator.chance(20) else {**seed, "seen": value}

    return make


def read_file(stored: object) -> object:
    """Read the file of an account."""
    memory, _ = read_memory(stored)
    asdict(memory)
    if (
        isinstance(stored, dict)
        and isinstance(numbers := stored.get("opted_out"), dict)
        and not set(numbers) <= set(memory.opted_out)
    ):
        raise RowLostError
    return memory


def read_options(stored: object) -> object:
    """Read the options of an entry."""
    return read_stored(stored) if isinstance(stored, dict) else None


def read_settings(stored: object) -> object:
    """Read the settings of each provider."""
    found = [each.settings_type.from_mapping(stored) for each in GATEWAYS.values()] if isinstance(stored, dict) else []
    for settings in found:
        _ = settings.own_words, settings.default_sender
        for name in ("backup", "own_numbers"):
            getattr(settings, name, None)
    return found


def read_recipient(stored: object) -> object:
    """Read a recipient."""
    if not isinstance(stored, dict):
        return None
    data = MappingProxyType(stored)
    return read_subentry(ConfigSubentry(data=data, subentry_type="recipient", title="Anna", unique_id=None))


STORED: Sequence[tuple[str, Mapping[str, Any], Callable[[object], object]]] = (
    ("stored file", MEMORY, read_file),
    ("stored options", OPTIONS, read_options),
    ("stored settings", SETTINGS, read_settings),
    ("stored recipient", RECIPIENT, read_recipient),
)


def parsers() -> Iterator[AnyParser]:
    """Yield the parsers of what is stored."""
    yield Parser(name="stored row", make=make_row, feed=read_row, weight=6)
    for name, seed, read in STORED:
        yield Parser(name=name, make=make_stored(seed), feed=read, weight=2)
