"""Measure several accounts at the same time, and count the requests for many texts."""

from contextlib import AsyncExitStack
from statistics import median
from time import perf_counter

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant

from .home import Account, account
from .simulator import SimulatorProcess
from .table import Limit, Table
from .wire import wires

# Seconds before each response.
LATENCY = 0.05
ROUNDS = 5
# Recipients of each account.
RECIPIENTS = 20
MAX_RATIO = 1.2
# How each number begins.
PREFIXES = {
    Provider.TEXTINGHOUSE: "336123",
    Provider.TEXTIOPRO: "336123",
    Provider.CLUB_TEXTING: "121255",
    Provider.GROUP_TEXTING: "121255",
    Provider.THESMSPOINT: "9198123",
}
# The number of texts, and the maximum number of requests for them.
REQUESTS = {Provider.TEXTIOPRO: (100, 1), Provider.THESMSPOINT: (2000, 4)}


async def measure_accounts(hass: HomeAssistant, simulator: SimulatorProcess, table: Table) -> None:
    """Send 100 urgent texts through all five accounts in one action. Compare with the slowest account alone."""
    await simulator.set_latency(LATENCY)
    async with AsyncExitStack() as stack:
        accounts = [
            await stack.enter_async_context(
                account(hass, provider, simulator, [f"{prefix}{50000 + number}" for number in range(RECIPIENTS)])
            )
            for provider, prefix in PREFIXES.items()
        ]
        await _seconds(accounts, 0)
        ratios = []
        for round_number in range(1, ROUNDS + 1):
            alone = [await _seconds([one], round_number * 10 + place) for place, one in enumerate(accounts)]
            ratios.append(await _seconds(accounts, round_number * 10 + len(accounts)) / max(alone))
    await simulator.set_latency(0)
    table.add_value("100 urgent texts to 5 accounts ÷ the slowest alone", median(ratios), Limit(MAX_RATIO))


async def _seconds(accounts: list[Account], number: int) -> float:
    entities = [entity for account in accounts for entity in account.entities]
    data = {"entity_id": entities, "message": f"Alarm {number}", "urgent": True}
    started = perf_counter()
    await accounts[0].hass.services.async_call(DOMAIN, "send_message", data, blocking=True)
    return perf_counter() - started


async def measure_requests(hass: HomeAssistant, simulator: SimulatorProcess, table: Table) -> None:
    """Count the requests for many numbers."""
    wire_by_provider = wires(simulator)
    for provider, (texts, max_requests) in REQUESTS.items():
        async with account(hass, provider, simulator) as sender:
            await simulator.clear_requests()
            await sender.send([f"+{number}" for number in wire_by_provider[provider].numbers(texts)], "Together")
            sends = [request for request in await simulator.requests(provider) if "send" in request["path"]]
        table.add_value(f"{texts} texts through {sender.entry.title}, requests", len(sends), Limit(max_requests))
