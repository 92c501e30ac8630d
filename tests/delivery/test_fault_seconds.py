"""The duration of an action with the default timeouts, in real time."""

import asyncio

from custom_components.texting.gateway.provider import Provider
from tests.support.engine import HOUSE
from tests.support.home import ask_to_send, first_number

from .conftest import Enter


async def test_an_action_returns_after_ten_seconds_whatever_happens(enter: Enter) -> None:
    home = await enter(HOUSE)
    home.fail("hang", accept=True)
    begin = asyncio.get_running_loop().time()
    fields = {"account": home.entry.entry_id, "to": first_number(Provider.TEXTINGHOUSE)}
    (message,) = await ask_to_send(home.hass, "Water", **fields)
    assert 9.5 < asyncio.get_running_loop().time() - begin < 11
    assert (message["status"], home.sensor("pending_messages"), home.held) == ("queued", "1", 1)
