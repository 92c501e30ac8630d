"""A message that is handed over twice with one reference leaves once."""

import asyncio

import pytest

from custom_components.texting.gateway.message import Message
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import Status
from custom_components.texting.messenger import OutgoingMessage
from homeassistant.core import HomeAssistant
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.routes import ANNA, set_up_route

REFERENCE = "01JD0000000000000000000077"


def outgoing(text: str) -> OutgoingMessage:
    return OutgoingMessage(message=Message(reference=REFERENCE, to=ANNA, text=text), recipient=None)


@pytest.mark.parametrize("is_route", [False, True], ids=["account", "route"])
async def test_it_leaves_once(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, *, is_route: bool) -> None:
    entry = await set_up(Provider.TEXTINGHOUSE)
    if is_route:
        entry = await set_up_route(hass, [entry])
    messenger = entry.runtime_data
    first, again = await asyncio.gather(
        messenger.async_send_composed([outgoing("Water")]), messenger.async_send_composed([outgoing("Wind")])
    )
    assert [message.text for message in simulator.messages()] == ["Water"]
    assert first == again
    assert [(each.reference, each.status) for each in again] == [(REFERENCE, Status.ACCEPTED)]
