"""The open items of the home, and what they need of it: its language, its accounts, its database."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache, partial

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .alerting.reply_choices import WORDS
from .const import DOMAIN
from .delivery.database import DatabaseError, MessageDatabase
from .delivery.record import MessageRecord
from .delivery.reply_codes import ReplyCode
from .entries import messenger_entries
from .inbound.open_items import CODE_REST, OpenItems
from .storage.entry_state import async_get_state
from .text.yes_no import yes_no

# How long a reply waits for the result of its question's request, in seconds. A request takes no longer.
RESULT_TIMEOUT = 35.0

_OPEN_ITEMS: HassKey[OpenItems] = HassKey(f"{DOMAIN}_open_items")
_CODES_LOADED: HassKey[bool] = HassKey(f"{DOMAIN}_codes_loaded")


@callback
def async_open_items(hass: HomeAssistant) -> OpenItems:
    """Return the open items of the home. All accounts and routes share them."""
    if _OPEN_ITEMS not in hass.data:
        hass.data[_OPEN_ITEMS] = OpenItems(partial(_attempts, hass))
    return hass.data[_OPEN_ITEMS]


async def async_load_codes(hass: HomeAssistant, database: MessageDatabase, now: float) -> None:
    """Close what an earlier run left open, once in a run, except the numbers of open incidents."""
    if hass.data.get(_CODES_LOADED):
        return
    try:
        codes = await database.reply_codes(now - CODE_REST)
        entries = hass.config_entries.async_entries(DOMAIN, include_disabled=False)
        incidents = {row.id for entry in entries for row in await database.open_incidents(entry.entry_id)}
    except DatabaseError:
        return
    if not hass.data.get(_CODES_LOADED):
        hass.data[_CODES_LOADED] = True
        database.write((), codes=async_open_items(hass).load(codes, now, incidents))


@callback
def async_save_codes(database: MessageDatabase, codes: Collection[ReplyCode]) -> None:
    """Save numbers, with the messages that are saved in this turn of the loop."""
    if codes:
        database.write((), codes=codes)


async def async_wait_for_results(hass: HomeAssistant, records: Sequence[MessageRecord]) -> None:
    """Wait for the end of the requests that are sending some messages."""
    with suppress(TimeoutError):
        async with asyncio.timeout(RESULT_TIMEOUT):
            for record in records:
                state = async_get_state(hass, record.entry_id)
                while record.is_in_flight and state and state.worker and state.worker.requests:
                    await asyncio.wait(set(state.worker.requests), return_when=asyncio.FIRST_COMPLETED)


def reply_words(hass: HomeAssistant) -> Collection[str]:
    """Return the words behind which a reply may name a number: those of the home's language, and those of our texts."""
    return _words(hass.config.language)


@lru_cache
def _words(language: str) -> frozenset[str]:
    return frozenset((*WORDS, *(phrase for phrases in yes_no(language).values() for phrase in phrases)))


def _attempts(hass: HomeAssistant, reference: str) -> Iterator[MessageRecord]:
    """Yield what accounts are doing for a route's message."""
    for entry in messenger_entries(hass):
        if state := async_get_state(hass, entry.entry_id):
            yield from state.outbox.attempts(reference)
