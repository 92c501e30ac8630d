"""The other ways to make the same requests: each takes how many recipients and a text."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, override

import aiohttp
import requests

from custom_components.texting.gateway.provider import Provider
from homeassistant.components.notify import ATTR_TARGET, BaseNotificationService
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .wire import Wire

type Way = Callable[[int, str], Awaitable[None]]


def in_loop(session: aiohttp.ClientSession, wire: Wire) -> Way:
    """A bare loop: one request a text, as many in flight as the integration has, over kept connections."""

    async def work(numbers: Iterator[str], text: str) -> None:
        for number in numbers:
            async with session.post(wire.one_url, **wire.options(wire.one(number, text))) as response:
                await response.text()

    async def send(count: int, text: str) -> None:
        numbers = iter(wire.numbers(count))
        await asyncio.gather(*(work(numbers, text) for _ in range(min(count, wire.in_flight))))

    return send


def in_batch(session: aiohttp.ClientSession, wire: Wire) -> Way:
    """One bare request with all numbers."""

    async def send(count: int, text: str) -> None:
        if wire.batch is None:
            raise LookupError(f"{wire.provider} takes no batches")
        url, fields = wire.batch_url, wire.batch(wire.numbers(count), text)
        async with session.post(url, **wire.options(fields)) as response:
            await response.text()

    return send


async def by_rest_command(hass: HomeAssistant, wires: dict[Provider, Wire]) -> dict[Provider, Way]:
    """Home Assistant's own rest_command, called for all recipients at once."""
    commands = {
        provider.value: {
            "url": wire.one_url,
            "method": "post",
            "payload": wire.rest,
            "content_type": wire.content_type,
            "headers": dict(wire.headers),
        }
        for provider, wire in wires.items()
    }
    if not await async_setup_component(hass, "rest_command", {"rest_command": commands}):
        raise SystemExit("rest_command could not be set up")

    def way(wire: Wire) -> Way:
        async def send(count: int, text: str) -> None:
            await asyncio.gather(
                *(
                    hass.services.async_call("rest_command", wire.provider, {"to": number, "text": text}, blocking=True)
                    for number in wire.numbers(count)
                )
            )

        return send

    return {provider: way(wire) for provider, wire in wires.items()}


async def by_requests(hass: HomeAssistant, wire: Wire) -> Way:
    """A legacy notify action that works as core's twilio_sms does: requests, in a thread, one after another."""
    name = f"requests_{wire.provider}"
    service = _RequestsService(wire)
    await service.async_setup(hass, name, name)
    await service.async_register_services()

    async def send(count: int, text: str) -> None:
        data = {"message": text, "target": wire.numbers(count)}
        await hass.services.async_call("notify", name, data, blocking=True)

    return send


class _RequestsService(BaseNotificationService):
    """Kept as close to twilio_sms as another gateway's URL allows; its client too keeps one session."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._session = requests.Session()

    @override
    def send_message(self, message: str, **kwargs: Any) -> None:
        for target in kwargs[ATTR_TARGET]:
            options = self._wire.options(self._wire.one(target, message))
            self._session.post(self._wire.one_url, timeout=30, **options).raise_for_status()
