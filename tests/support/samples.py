"""Sample messages, credentials and a card."""

import asyncio
from collections import defaultdict
from collections.abc import Hashable, Sequence
from itertools import batched
from typing import Any

from ulid_transform import ulid_now

from custom_components.texting.gateway.base import Gateway, refused
from custom_components.texting.gateway.errors import MessageRejected, OutcomeUnknown
from custom_components.texting.gateway.message import Message, SendResult
from custom_components.texting.gateway.orders import Card
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import Status
from tests.simulator import Simulator

TOKEN = "7|demoTokenTextioPro"
KEY = "demo-key"
PASSWORD = "demo-password"
CARD = Card(
    first_name="Anna",
    last_name="Lindqvist",
    address="1 Main Street",
    city="New York",
    state="NY",
    zip="10001",
    country="US",
    type="Visa",
    number="4111 1111 1111 1111",
    code="937",
    month="12",
    year="99",
)

# The first digits of each provider's numbers, without the last four.
PREFIXES = {
    Provider.TEXTINGHOUSE: "+3361234",
    Provider.TEXTIOPRO: "+3361234",
    Provider.CLUB_TEXTING: "+1212555",
    Provider.GROUP_TEXTING: "+1212555",
    Provider.THESMSPOINT: "+91981234",
}


def number(provider: Provider, last: int | str = 5601) -> str:
    """Return the number with these last four digits. Some have a special meaning in the simulator."""
    return f"{PREFIXES[provider]}{last:0>4}"


def new_message(provider: Provider, last: int | str = 5601, **fields: Any) -> Message:
    """Return a message with a new reference."""
    return Message(**{"reference": ulid_now(), "to": number(provider, last), "text": "The door is open", **fields})


async def send_one(gateway: Gateway, last: int | str = 5601, **fields: Any) -> SendResult:
    """Send one message and return its result."""
    (result,) = await send(gateway, [new_message(gateway.info.provider, last, **fields)])
    return result


async def send(gateway: Gateway, messages: Sequence[Message]) -> list[SendResult]:
    """Send messages in as few requests as possible. If a response is lost, find out its result."""
    results: dict[str, SendResult] = {}
    groups: defaultdict[Hashable, list[Message]] = defaultdict(list)
    for message in messages:
        try:
            ready, _ = gateway.prepare(message)
        except MessageRejected as err:
            results[message.reference] = refused(message, err)
        else:
            groups[gateway.batch_key(ready)].append(ready)
    size = gateway.info.batch_size
    batches = [batch for group in groups.values() for batch in batched(group, size, strict=False)]
    for answered in await asyncio.gather(*map(gateway.send, batches)):
        results |= {result.message.reference: result for result in answered}
    if lost := [result.message for result in results.values() if isinstance(result.error, OutcomeUnknown)]:
        for found in await gateway.resolve_unknown(lost):
            if found.status is Status.QUEUED:
                (results[found.message.reference],) = await gateway.send([found.message])
            elif not isinstance(found.error, OutcomeUnknown):
                results[found.message.reference] = found
    return [results[message.reference] for message in messages]


def commands(simulator: Simulator, site: str = Provider.TEXTINGHOUSE) -> list[str]:
    """Return the commands that a TextingHouse host received, in order."""
    return [request.params["cmd"] for request in simulator.requests(site)]
