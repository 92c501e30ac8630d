"""The duration of an action with the default timeouts."""

import asyncio

from tests.support.engine import HOUSE

from .conftest import Enter


async def test_an_action_returns_after_ten_seconds_whatever_happens(enter: Enter) -> None:
    home = await enter(HOUSE)
    hang = home.fail("hang", accept=True)
    loop = asyncio.get_running_loop()
    begin, returned_at = loop.time(), list[float]()
    sending = asyncio.create_task(home.ask())
    sending.add_done_callback(lambda _: returned_at.append(loop.time()))
    await hang.reached.wait()
    for _ in range(2):
        await home.skip(5, background=False)
    sent = await sending
    assert returned_at[0] - begin >= 10
    assert (sent.status, home.sensor("pending_messages"), home.held) == ("queued", "1", 1)
