"""Long lists of incoming texts: a home takes some at each read, and never blocks."""

from datetime import timedelta
from typing import Any

from custom_components.texting.coordinator import MAX_SEEN, PIECE
from custom_components.texting.gateway.base import MAX_INCOMING
from custom_components.texting.gateway.message import IncomingMessage
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.signals import MESSAGE_RECEIVED
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.laravel import page, row, uid

PRO = Provider.TEXTIOPRO
POLL = 31


def record(hass: HomeAssistant) -> list[IncomingMessage]:
    """Return a list that gets each text that comes in."""
    received: list[IncomingMessage] = []

    @callback
    def take(_entry_id: str, incoming: IncomingMessage, _incoming_id: str) -> None:
        received.append(incoming)

    async_dispatcher_connect(hass, MESSAGE_RECEIVED, take)
    return received


def old_row(place: int, text: str) -> dict[str, Any]:
    """Return the row of a text that came in two hours ago."""
    return row(uid=uid(timedelta(hours=2), place), direction="incoming", message=text) | {"from": "33612345601"}


async def test_many_new_texts_are_taken_in_several_reads(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(PRO)
    received = record(hass)
    simulator.accounts[PRO].per_page = 1000
    simulator.accounts[PRO].other_users = 2 * (2 * MAX_INCOMING + PIECE + 7)
    counts = []
    for _ in range(4):
        await pass_time(POLL)
        counts.append(len(received))
    assert counts == [MAX_INCOMING, 2 * MAX_INCOMING, 2 * MAX_INCOMING + PIECE + 7, 2 * MAX_INCOMING + PIECE + 7]
    # Each comes once, and the texts of one phone in their order.
    ids = [str(incoming.message_id) for incoming in received]
    assert len(set(ids)) == len(ids)
    for sender in {incoming.sender for incoming in received}:
        own = [str(incoming.message_id) for incoming in received if incoming.sender == sender]
        assert own == sorted(own)
    ids.sort()
    assert entry.runtime_data.store.memory.seen == ids[::-1][:MAX_SEEN]


async def test_texts_that_wait_for_the_next_read_get_no_newer_by_that(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """What came in long ago is no command any more, also if a later read takes it."""
    entry = await set_up(PRO)
    received = record(hass)
    await hass.config_entries.async_unload(entry.entry_id)
    old = [old_row(place, f"Text {place}") for place in range(MAX_INCOMING + 20)]
    simulator.faults.add(PRO, "answer", None, path="/sms", body=page(*old[::-1]))
    await hass.config_entries.async_setup(entry.entry_id)
    await pass_time(POLL)
    assert len(received) == MAX_INCOMING + 20
    assert {incoming.late for incoming in received} == {True}
    # A text that was not there a moment ago is new, whatever its date.
    new = old_row(9999, "Now")
    simulator.faults.clear()
    simulator.faults.add(PRO, "answer", None, path="/sms", body=page(new, *old[::-1]))
    await pass_time(POLL)
    assert (received[-1].text, received[-1].late) == ("Now", False)
