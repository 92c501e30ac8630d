"""What sending costs: the whole way through Home Assistant, against bare requests to the same simulator."""

# First: it lets the test kit run on a Home Assistant that is newer than it.
import tests.kit  # noqa: F401, I001

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import aiohttp
from aiohttp.test_utils import unused_port
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

import custom_components.texting  # noqa: F401  the kit's own custom_components would hide it
from custom_components.texting.gateway.provider import Provider
from homeassistant.const import __version__
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, frame
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from scripts.demo_home.home import HOST, store
from tests.accounts import new_entry
from tests.simulator import Simulator

LATENCY = 0.05
PAIRS = 40
MANY = 100
BULK = 2000


async def main() -> None:
    """Print the table."""
    simulator = Simulator(latency=LATENCY)
    with TemporaryDirectory(prefix="texting-measure-") as folder:
        storage = Path(folder) / ".storage"
        storage.mkdir()
        store(storage, "core.network", 1, {"configured_adapters": ["lo", "lo0"]})
        store(storage, "http", 1, {"server_host": [HOST], "server_port": unused_port()})
        async with simulator, async_test_home_assistant(config_dir=folder) as hass:
            await _measure(hass, simulator)


async def _measure(hass: HomeAssistant, simulator: Simulator) -> None:
    frame.async_setup(hass)
    hass.data.pop(DATA_CUSTOM_COMPONENTS, None)
    hass.config.country = "FR"
    accounts = {provider: await _set_up(hass, provider, simulator) for provider in Provider}
    print(f"Home Assistant {__version__}, the gateway answers after {LATENCY * 1000:.0f} ms")
    print(f"{'what':<64} {'measured':>10} {'at most':>8}")
    await _one(hass, accounts[Provider.TEXTINGHOUSE], simulator)
    await _hundred(hass, accounts[Provider.TEXTINGHOUSE])
    for provider, count, at_most in ((Provider.TEXTIOPRO, MANY, 1), (Provider.THESMSPOINT, BULK, 4)):
        await _requests(hass, accounts[provider], simulator, count, at_most)
    await hass.async_stop(force=True)


async def _set_up(hass: HomeAssistant, provider: Provider, simulator: Simulator) -> MockConfigEntry:
    entry = new_entry(provider, simulator)
    entry.add_to_hass(hass)
    if not await hass.config_entries.async_setup(entry.entry_id):
        raise SystemExit(f"{provider} could not be set up: {entry.reason}")
    await hass.async_block_till_done()
    return entry


async def _one(hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator) -> None:
    """One text through a notify entity, in turn with the same request made bare."""
    registry = er.async_get(hass)
    entity_id = next(
        entity.entity_id
        for entity in er.async_entries_for_config_entry(registry, entry.entry_id)
        if entity.domain == "notify"
    )
    url = simulator.url("textinghouse") + "/http/v1/do"
    async with aiohttp.ClientSession() as session:

        async def bare(number: int) -> None:
            form = {"user": "demo", "pass": "demo-password", "cmd": "sendsms", "to": "33612345609", "iscom": "N"}
            async with session.post(url, data={**form, "txt": f"Bare {number}"}) as response:
                await response.text()

        async def through_entity(number: int) -> None:
            await hass.services.async_call(
                "notify", "send_message", {"entity_id": entity_id, "message": f"Text {number}"}, blocking=True
            )

        await bare(-1)
        await through_entity(-1)
        ratios = []
        for number in range(PAIRS):
            entity, request = await _seconds(through_entity, number), await _seconds(bare, number)
            ratios.append(entity / request)
    _row("one text through the notify entity / one bare request", median(ratios), 1.2)


async def _hundred(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A hundred numbers in one action, against as many actions one after another."""
    numbers = [f"+336123{number:05}" for number in range(MANY)]

    async def send(text: str, to: list[str]) -> None:
        data = {"account": entry.entry_id, "to": to, "message": text}
        await hass.services.async_call("texting", "send_message", data, blocking=True)

    async def one_after_another(_: int) -> None:
        for number in numbers:
            await send("One after another", [number])

    together = await _seconds(lambda _: send("Together", numbers), 0)
    _row(
        f"{MANY} texts through TextingHouse / one after another", together / await _seconds(one_after_another, 0), 1 / 6
    )


async def _requests(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, count: int, at_most: int
) -> None:
    """How many requests many numbers take."""
    country = "91" if entry.data["provider"] == Provider.THESMSPOINT else "33"
    numbers = [f"+{country}{'98123' if country == '91' else '6123'}{number:05}" for number in range(count)]
    simulator.clear_requests()
    data = {"account": entry.entry_id, "to": numbers, "message": "Together"}
    await hass.services.async_call("texting", "send_message", data, blocking=True)
    made = [request for request in simulator.requests() if "send" in request.path]
    _row(f"{count} texts through {entry.title}, requests", len(made), at_most)


async def _seconds(work: Callable[[int], Awaitable[None]], number: int) -> float:
    started = perf_counter()
    await work(number)
    return perf_counter() - started


def _row(what: str, measured: float, at_most: float) -> None:
    print(f"{what:<64} {measured:>10.3g} {at_most:>8.3g}{'' if measured <= at_most else '   ✗'}")


if __name__ == "__main__":
    asyncio.run(main())
