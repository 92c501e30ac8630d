"""Tests that end the home as kill -9 does, at each step of sending.

No accepted message is lost. If the result of a message is unknown, the message is sent again only if the gateway does
not have it or the user chose to resend.
"""

import asyncio
from contextlib import closing
from pathlib import Path
import sqlite3

import pytest

from custom_components.texting.delivery.record import Phase
from custom_components.texting.gateway.provider import Provider
from tests.support.engine import HOUSE, PRO, RESULT_TIMEOUT, TAKEN, House
from tests.support.home import until
from tests.support.processes import crash, until_on_disk

from .conftest import Enter

pytestmark = pytest.mark.usefixtures("quick")
EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)


async def under_way(home: House, *, accepted: bool, **data: str) -> asyncio.Task[object]:
    """Start sending a message whose response never arrives. Return the task when the request is at the gateway."""
    home.fail("hang", accept=accepted)
    sending = asyncio.create_task(home.ask(**data))
    await until_on_disk(home, Phase.SENDING)
    await until(lambda: home.tries)
    return sending


async def test_before_the_intent_is_on_disk_the_action_has_not_returned(enter: Enter) -> None:
    """An action never returns before its message is on disk."""
    home = await enter(HOUSE)
    home.fail("rate_limited", None, seconds=0)
    sent = await home.send_late()
    assert sent.status == "queued"
    path = Path(home.hass.config.path("texting.db"))
    with closing(sqlite3.connect(path)) as file:
        found = file.execute(
            "SELECT phase FROM message WHERE reference = ?", (sent.messages[0]["reference"],)
        ).fetchall()
    assert found in ([(Phase.WAITING,)], [(Phase.SENDING,)])


@EVERY_PROVIDER
async def test_after_the_intent_it_is_sent_once(enter: Enter, provider: Provider) -> None:
    home = await enter(provider)
    home.fail("rate_limited", seconds=1000)  # the wait continues after the restart
    assert (await home.send_late()).status == "queued"
    await until_on_disk(home, Phase.WAITING)
    await crash(home)
    await home.pass_time(500)
    assert home.held == 0
    await home.pass_time(500)
    await home.until_shown(*TAKEN)
    assert home.held == 1
    await crash(home)
    await home.hass.async_block_till_done()
    assert home.held == 1


@EVERY_PROVIDER
@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("if_unsure", ["leave", "resend"])
async def test_while_sending_the_rule_decides(
    enter: Enter, provider: Provider, if_unsure: str, *, accepted: bool
) -> None:
    home = await enter(provider)
    sending = await under_way(home, accepted=accepted, if_unsure=if_unsure)
    await crash(home)
    finds = provider is HOUSE or (provider is PRO and accepted)
    if finds or if_unsure == "resend":
        await home.until_shown(*TAKEN)
    else:
        await home.until_shown("uncertain")
    if finds or if_unsure == "leave":
        assert home.held == (1 if provider is HOUSE else accepted)
    else:
        # The user prefers two texts to none.
        assert home.held == 1 + accepted
    await crash(home)
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert home.tries == 1 + (not accepted if provider is HOUSE else if_unsure == "resend" and not finds)
    await home.pass_time(RESULT_TIMEOUT)
    await sending


@EVERY_PROVIDER
async def test_after_the_answer_is_on_disk_nothing_is_sent(enter: Enter, provider: Provider) -> None:
    home = await enter(provider)
    assert (await home.send()).status in TAKEN
    await crash(home)
    await home.hass.async_block_till_done()
    assert (home.held, home.tries) == (1, 1)
    assert home.sensor("segments_today") == "1"


async def test_while_several_are_sent_each_is_found_out(enter: Enter) -> None:
    home = await enter(HOUSE)
    home.fail("hang", 2, accept=True)
    home.fail("hang", 1)
    sending = asyncio.create_task(home.ask(to=["Anna", "Ben"]))
    await until_on_disk(home, Phase.SENDING, 3)
    await until(lambda: home.tries == 3)
    await crash(home)
    await until(lambda: home.held == 3)
    await home.until_shown(*TAKEN)
    assert (home.held, home.tries) == (3, 4)
    assert len({message.to for message in home.simulator.messages()}) == 3
    await home.pass_time(RESULT_TIMEOUT)
    await sending
