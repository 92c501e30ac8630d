"""The other methods that make the same requests. Each sends one text to a number of recipients."""

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

# The arguments are the number of recipients and the text.
type SendFunction = Callable[[int, str], Awaitable[None]]


def loop_method(session: aiohttp.ClientSession, wire: Wire) -> SendFunction:
    """Return a method that makes one request for each text with aiohttp.

    It makes as many requests at the same time as the integration, over persistent connections.
    """

    async def send_each(numbers: Iterator[str], text: str) -> None:
        for number in numbers:
            async with session.post(wire.one_url, **wire.options(wire.one(number, text))) as response:
                await response.text()

    async def send(count: int, text: str) -> None:
        numbers = iter(wire.numbers(count))
        await asyncio.gather(*(send_each(numbers, text) for _ in range(min(count, wire.in_flight))))

    return send


def batch_method(session: aiohttp.ClientSession, wire: Wire) -> SendFunction:
    """Return a method that makes one request for all numbers with aiohttp."""

    async def send(count: int, text: str) -> None:
        if wire.batch is None:
            raise LookupError(f"{wire.provider} takes only one number in each request.")
        url, fields = wire.batch_url, wire.batch(wire.numbers(count), text)
        async with session.post(url, **wire.options(fields)) as response:
            await response.text()

    return send


async def rest_command_methods(hass: HomeAssistant, wires: dict[Provider, Wire]) -> dict[Provider, SendFunction]:
    """Return methods that call Home Assistant's rest_command for all recipients at the same time."""
    commands = {
        provider.value: {
            "url": wire.one_url,
            "method": "post",
            "payload": wire.rest_template,
            "content_type": wire.content_type,
            "headers": dict(wire.headers),
        }
        for provider, wire in wires.items()
    }
    if not await async_setup_component(hass, "rest_command", {"rest_command": commands}):
        raise SystemExit("rest_command could not be set up.")

    def method(wire: Wire) -> SendFunction:
        async def send(count: int, text: str) -> None:
            await asyncio.gather(
                *(
                    hass.services.async_call("rest_command", wire.provider, {"to": number, "text": text}, blocking=True)
                    for number in wire.numbers(count)
                )
            )

        return send

    return {provider: method(wire) for provider, wire in wires.items()}


async def requests_method(hass: HomeAssistant, wire: Wire) -> SendFunction:
    """Return a method that works as Home Assistant's twilio_sms: one request after another in a thread."""
    name = f"requests_{wire.provider}"
    service = _RequestsService(wire)
    await service.async_setup(hass, name, name)
    await service.async_register_services()

    async def send(count: int, text: str) -> None:
        data = {"message": text, "target": wire.numbers(count)}
        await hass.services.async_call("notify", name, data, blocking=True)

    return send


class _RequestsService(BaseNotificationService):
    """A legacy notify action. As in twilio_sms, the client uses one session."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._session = requests.Session()

    @override
    def send_message(self, message: str, **kwargs: Any) -> None:
        for target in kwargs[ATTR_TARGET]:
            options = self._wire.options(self._wire.one(target, message))
            self._session.post(self._wire.one_url, timeout=30, **options).raise_for_status()
