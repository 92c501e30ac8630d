"""Measure questions: how soon an urgent one leaves while others are open, and what an incoming text costs then."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter, process_time

from custom_components.texting.const import DOMAIN
from custom_components.texting.delivery.outbox import Change, Update
from custom_components.texting.gateway.message import IncomingMessage
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.signals import MESSAGES_UPDATED
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .home import Account, account as new_account
from .simulator import SimulatorProcess
from .table import Limit, Table

PROVIDER = Provider.TEXTINGHOUSE
# Open questions on one phone while an urgent one is asked, and in the home while texts come in.
OPEN, MANY_OPEN = 10, 1000
ROUNDS, TEXTS = 30, 500

type Asked = asyncio.Task[object]


async def measure_questions(hass: HomeAssistant, simulator: SimulatorProcess, table: Table) -> None:
    """Ask one phone 10 questions, then 1,000 phones one question each."""
    numbers = [f"336124{number:05}" for number in range(MANY_OPEN)]
    async with new_account(hass, PROVIDER, simulator, numbers) as sender:
        alone = [await _seconds_until_accepted(sender, 0, f"{place}") for place in range(ROUNDS)]
        asked = [await _ask(sender, 0, f"Question {place}?") for place in range(OPEN)]
        beside = [await _seconds_until_accepted(sender, 0, f"{place} again") for place in range(ROUNDS)]
        await _stop(asked)
        times = f"{median(alone) * 1000:.3g} ms alone, {median(beside) * 1000:.3g} ms beside {OPEN}"
        table.add_value("an urgent question beside 10, ÷ alone", median(beside) / median(alone), Limit(1.5))
        table.add_note(f"until the provider has accepted it: {times}")
        before = await _milliseconds_a_text(sender, len(numbers), "before")
        asked = await asyncio.gather(*(_ask(sender, place, "Question?") for place in range(MANY_OPEN)))
        value = await _milliseconds_a_text(sender, len(numbers), "after")
        table.add_value("an incoming text, 1,000 open questions, processor time", value, Limit(1.0, " ms"))
        table.add_note(f"{before:.3g} ms without an open question")
        await _stop(asked)


async def _ask(sender: Account, place: int, question: str, *, urgent: bool = False) -> Asked:
    """Ask, and wait until the provider has accepted the question."""
    accepted, hass = asyncio.Event(), sender.hass

    @callback
    def updated(_entry_id: str, updates: Sequence[Update]) -> None:
        for record, change in updates:
            if change is Change.ACCEPTED and record.message.to == sender.numbers[place]:
                accepted.set()

    stop = async_dispatcher_connect(hass, MESSAGES_UPDATED, updated)
    data = {
        "account": sender.entry.entry_id,
        "to": sender.numbers[place],
        "question": question,
        "timeout": {"hours": 1},
        "urgent": urgent,
    }
    task: Asked = hass.async_create_background_task(
        hass.services.async_call(DOMAIN, "ask", data, blocking=True, return_response=True), "bench question"
    )
    waiter = asyncio.ensure_future(accepted.wait())
    await asyncio.wait([waiter, task], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()  # it raises
    stop()
    return task


async def _stop(asked: Sequence[Asked]) -> None:
    for task in asked:
        task.cancel()
    await asyncio.wait(asked)


async def _seconds_until_accepted(sender: Account, place: int, words: str) -> float:
    """Return how long an urgent question takes. TextingHouse takes each text only once in 10 seconds."""
    start = perf_counter()
    task = await _ask(sender, place, f"Smoke {words}. Leave?", urgent=True)
    seconds = perf_counter() - start
    await _stop([task])
    return seconds


async def _milliseconds_a_text(sender: Account, phones: int, words: str) -> float:
    """Return the processor time of a text that was written before the open question of its phone."""
    receive = sender.entry.runtime_data.receiver.async_receive
    sent_at = datetime.now(UTC) - timedelta(hours=1)
    texts = [
        IncomingMessage(sender=sender.numbers[place % phones], text=f"10 perhaps {words} {place}", sent_at=sent_at)
        for place in range(TEXTS)
    ]
    before = process_time()
    for text in texts:
        await receive(text)
    await sender.hass.async_block_till_done()
    return (process_time() - before) / TEXTS * 1000
