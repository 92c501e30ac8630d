"""Answers that come in before the engine of their alert runs: they are kept for it."""

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..delivery.database import MessageDatabase
from ..entries import alert_entries
from ..open_questions import async_save_codes
from .clock import async_clock
from .definition import read_definition
from .items import IncidentItems
from .store import IncidentStore

_DONE: HassKey[bool] = HassKey(f"{DOMAIN}_early_answers")


async def async_keep_early_answers(hass: HomeAssistant, database: MessageDatabase) -> None:
    """Open the items of all incidents that an earlier run left open, once in a run, before a text comes in."""
    if hass.data.get(_DONE):
        return
    clock = async_clock(hass)
    for entry in alert_entries(hass):
        if entry.disabled_by:
            continue
        store = IncidentStore(entry.entry_id, database, clock)
        for incident in await store.async_load(read_definition(entry).alert):
            found = await store.async_find(incident)
            items = IncidentItems(hass, clock, lambda _incident_id: None, lambda _incident_id, _answered: None)
            if incident.is_open and not items.is_known(incident.id):
                async_save_codes(database, items.async_restore(incident, found.records.values()))
                items.async_release()
    hass.data[_DONE] = True
