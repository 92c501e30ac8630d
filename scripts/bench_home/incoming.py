"""Measure the processor time of incoming texts."""

from http import HTTPStatus
from time import process_time
from typing import Any
from urllib.parse import urlencode

from custom_components.texting.account import Account
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.webhook import async_handle_call
from homeassistant.core import HomeAssistant
from homeassistant.util.aiohttp import MockRequest

from .home import NotAccepted, account as new_account
from .simulator import SimulatorProcess
from .table import Limit, Table

PROVIDER = Provider.TEXTINGHOUSE
RECIPIENTS = 100
# Texts before the measurement, and texts that are measured.
WARM_UP = 300
TEXTS = 1000
MAX_MILLISECONDS = Limit(0.3, " ms")


async def measure_incoming(hass: HomeAssistant, simulator: SimulatorProcess, table: Table) -> None:
    """Let 100 people write 1,000 texts to an account, from the parsed HTTP request to the event."""
    numbers = [f"336123{number:05}" for number in range(RECIPIENTS)]
    async with new_account(hass, PROVIDER, simulator, numbers) as sender:
        for number in range(WARM_UP):
            await _receive(sender.entry.runtime_data, numbers, number)
        await hass.async_block_till_done()
        before = process_time()
        for number in range(WARM_UP, WARM_UP + TEXTS):
            await _receive(sender.entry.runtime_data, numbers, number)
        await hass.async_block_till_done()
        seconds = process_time() - before
    table.add_value("an incoming text, processor time", seconds / TEXTS * 1000, MAX_MILLISECONDS)


async def _receive(account: Account, numbers: list[str], number: int) -> None:
    fields = {"from": numbers[number % len(numbers)], "txt": f"Text {number}", "apimsgid": "", "climsgid": ""}
    # Home Assistant Cloud passes calls on like this.
    request: Any = MockRequest(content=urlencode(fields).encode(), method="POST", mock_source="bench")
    response = await async_handle_call(account, request)
    if response.status != HTTPStatus.OK:
        raise NotAccepted(f"an incoming text got HTTP {response.status}")
