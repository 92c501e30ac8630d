"""Messages to send, and what gateways are told of accounts."""

from typing import Any

from ulid_transform import ulid_now

from custom_components.texting.gateway.message import Message, SendResult
from custom_components.texting.gateway.provider import Gateway, Provider
from tests.simulator import Simulator

TOKEN = "7|demoTokenTextioPro"
KEY = "demo-key"
PASSWORD = "demo-password"

# All but the last four digits of a number that the provider takes.
PREFIXES = {
    Provider.TEXTINGHOUSE: "+3361234",
    Provider.TEXTIOPRO: "+3361234",
    Provider.CLUB_TEXTING: "+1212555",
    Provider.GROUP_TEXTING: "+1212555",
    Provider.THESMSPOINT: "+91981234",
}


def number(provider: Provider, last: int | str = 5601) -> str:
    """A number by its last four digits; the simulator takes some of them as special."""
    return f"{PREFIXES[provider]}{last:0>4}"


def new_message(provider: Provider, last: int | str = 5601, **fields: Any) -> Message:
    """A message with a reference of its own."""
    return Message(**{"reference": ulid_now(), "to": number(provider, last), "text": "The door is open", **fields})


async def send_one(gateway: Gateway, last: int | str = 5601, **fields: Any) -> SendResult:
    """Send one message and return what became of it."""
    (result,) = await gateway.send([new_message(gateway.info.provider, last, **fields)])
    return result


def commands(simulator: Simulator, site: str = Provider.TEXTINGHOUSE) -> list[str]:
    """What was asked of a host of TextingHouse, in order."""
    return [request.params["cmd"] for request in simulator.requests(site)]
