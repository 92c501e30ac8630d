"""Several accounts at once, and how many requests many texts take."""

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

LATENCY = 0.05
ROUNDS = 5
EACH = 20
AT_MOST = 1.2
PREFIXES = {
    Provider.TEXTINGHOUSE: "336123",
    Provider.TEXTIOPRO: "336123",
    Provider.CLUB_TEXTING: "121255",
    Provider.GROUP_TEXTING: "121255",
    Provider.THESMSPOINT: "9198123",
}
# Texts, and the requests they may take.
REQUESTS = {Provider.TEXTIOPRO: (100, 1), Provider.THESMSPOINT: (2000, 4)}


async def measure_accounts(hass: HomeAssistant, simulator: SimulatorProcess, table: Table) -> None:
    """A hundred urgent texts through all five accounts in one action, beside the slowest account's share alone."""
    await simulator.answer_after(LATENCY)
    async with AsyncExitStack() as stack:
        accounts = [
            await stack.enter_async_context(
                account(hass, provider, simulator, [f"{prefix}{50000 + number}" for number in range(EACH)])
            )
            for provider, prefix in PREFIXES.items()
        ]
        await _seconds(accounts, 0)
        ratios = []
        for turn in range(1, ROUNDS + 1):
            alone = [await _seconds([each], turn * 10 + place) for place, each in enumerate(accounts)]
            ratios.append(await _seconds(accounts, turn * 10 + len(accounts)) / max(alone))
    await simulator.answer_after(0)
    table.figure("100 urgent texts to 5 accounts at once ÷ the slowest alone", median(ratios), Limit(AT_MOST))


async def _seconds(accounts: list[Account], number: int) -> float:
    entities = [entity for each in accounts for entity in each.entities]
    data = {"entity_id": entities, "message": f"Alarm {number}", "urgent": True}
    started = perf_counter()
    await accounts[0].hass.services.async_call(DOMAIN, "send_message", data, blocking=True)
    return perf_counter() - started


async def measure_requests(hass: HomeAssistant, simulator: SimulatorProcess, table: Table) -> None:
    """How many requests many numbers take."""
    known = wires(simulator)
    for provider, (texts, at_most) in REQUESTS.items():
        async with account(hass, provider, simulator) as ours:
            await simulator.forget()
            await ours.send([f"+{number}" for number in known[provider].numbers(texts)], "Together")
            made = [request for request in await simulator.requests(provider) if "send" in request["path"]]
        table.figure(f"{texts} texts through {ours.entry.title}, requests", len(made), Limit(at_most))
