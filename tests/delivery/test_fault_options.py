"""Choices of the user: resending uncertain messages, validity, urgency, quiet hours and the daily limit."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

import pytest

from custom_components.texting.const import CONF_QUIET_END, CONF_QUIET_START
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.options import LEAVE, RESEND
from homeassistant.util import dt as dt_util
from tests.support.engine import CLUB, GROUP, HOUSE, POINT, PRO, TAKEN, House
from tests.support.home import until
from tests.support.processes import crash

from .conftest import Enter

pytestmark = pytest.mark.usefixtures("quick")
EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
UNSURE = pytest.mark.parametrize("provider", [CLUB, GROUP, POINT])


# -- if_unsure -----------------------------------------------------------------------------------------------------


@UNSURE
@pytest.mark.parametrize(
    ("option", "field", "again"),
    [
        (LEAVE, None, False),
        (LEAVE, RESEND, True),
        (RESEND, None, True),
        (RESEND, LEAVE, False),
    ],
)
async def test_sent_again_where_it_is_asked_for(
    enter: Enter, provider: Provider, option: str, field: str | None, *, again: bool
) -> None:
    home = await enter(provider, options={"if_unsure": option})
    home.fail("cut", accept=True)
    sent = await home.send(**({"if_unsure": field} if field else {}))
    if again:
        await home.until_shown(*TAKEN)
    else:
        assert (sent.key, home.shown) == ("outcome_unknown", "uncertain")
    assert (home.held, home.tries) == (1 + again, 1 + again)


@pytest.mark.parametrize("provider", [HOUSE, PRO])
async def test_what_can_be_found_out_is_not_sent_again(enter: Enter, provider: Provider) -> None:
    home = await enter(provider, options={"if_unsure": RESEND})
    home.fail("cut", accept=True)
    assert (await home.send()).status in TAKEN
    assert (home.held, home.tries) == (1, 1)


@UNSURE
async def test_sending_again_ends(enter: Enter, provider: Provider) -> None:
    home = await enter(provider, options={"if_unsure": RESEND})
    home.fail("cut", None)
    await home.send()
    await home.until_shown("uncertain")
    assert (home.held, home.tries) == (0, 4)


# -- valid_for -----------------------------------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_what_waits_too_long_expires(enter: Enter, provider: Provider) -> None:
    home = await enter(provider)
    home.fail("rate_limited", None, seconds=0)
    assert (await home.send_late(valid_for={"seconds": 1000})).status == "queued"
    await home.pass_time(900)
    await home.until_shown("expired")
    await home.simulator.restore()
    await home.pass_time(900)
    assert (home.held, home.sensor("pending_messages"), home.sensor("segments_today")) == (0, "0", "0")


async def test_what_expired_while_nobody_was_there_is_not_sent(enter: Enter) -> None:
    home = await enter(HOUSE)
    home.fail("rate_limited", None, seconds=0)
    assert (await home.send_late(valid_for={"seconds": 1000})).status == "queued"
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    await home.pass_time(900)
    await home.simulator.restore()
    assert await home.hass.config_entries.async_setup(home.entry.entry_id)
    await home.until_shown("expired")
    assert home.held == 0


# -- urgency, quiet hours, limits ----------------------------------------------------------------------------------


async def be_quiet(home: House, begin: timedelta, end: timedelta) -> None:
    """Set the first recipient's quiet hours. Their begin and end are given relative to now."""
    now = dt_util.now()
    hours = {name: clock(now + shift) for name, shift in ((CONF_QUIET_START, begin), (CONF_QUIET_END, end))}
    subentry = next(iter(home.entry.subentries.values()))
    data = MappingProxyType({**subentry.data, **hours})
    home.hass.config_entries.async_update_subentry(home.entry, subentry, data=data)
    await home.hass.async_block_till_done()


def clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}"


@EVERY_PROVIDER
async def test_quiet_hours_hold_and_release(enter: Enter, provider: Provider) -> None:
    home = await enter(provider)
    recipient = next(iter(home.entry.subentries.values())).title
    await be_quiet(home, timedelta(hours=-1), timedelta(minutes=30))
    # No time passes: the action does not wait for the end of the quiet hours.
    assert (await home.ask(to=recipient)).status == "queued"
    assert (home.held, home.sensor("pending_messages")) == (0, "1")
    await home.reload()
    assert home.held == 0
    # An urgent message does not wait for the end of the quiet hours.
    assert (await home.send("Fire", to=recipient, urgent=True)).status in TAKEN
    assert home.held == 1
    await home.pass_time(900)
    assert home.held == 1
    await home.pass_time(901)
    await until(lambda: home.held == 2)
    assert [message.text for message in home.simulator.messages()] == ["Fire", "Water"]


@EVERY_PROVIDER
async def test_the_daily_limit_counts_across_a_restart(enter: Enter, provider: Provider) -> None:
    home = await enter(provider, options={"daily_limit": 2})
    assert (await home.send()).status in TAKEN
    await crash(home)
    assert home.sensor("segments_today") == "1"
    assert (await home.send("Two")).status in TAKEN
    assert (await home.send("Three")).key == "limit_daily"
    await crash(home)
    assert (await home.send("Four")).key == "limit_daily"
    assert (await home.send("Fire", urgent=True)).status in TAKEN
    assert (home.held, home.sensor("segments_today")) == (3, "3")


async def test_what_waits_counts_to_the_daily_limit(enter: Enter) -> None:
    home = await enter(HOUSE, options={"daily_limit": 1})
    home.fail("rate_limited", None, seconds=0)
    assert (await home.send_late()).status == "queued"
    assert (await home.send("Two")).key == "limit_daily"
    await home.simulator.restore()
    await home.until_shown(*TAKEN)
    assert home.held == 1


@EVERY_PROVIDER
async def test_nobody_is_urgent_enough_for_credit_that_is_not_there(enter: Enter, provider: Provider) -> None:
    home = await enter(provider)
    account = home.simulator.accounts[provider]
    account.credit = dict.fromkeys(account.credit, Decimal(0)) if provider is POINT else Decimal(0)
    await home.entry.runtime_data.balance.async_refresh()
    assert (await home.send(urgent=True)).key == "limit_credit"
    assert (home.held, home.tries) == (0, 0)


# -- the caller ----------------------------------------------------------------------------------------------------


@EVERY_PROVIDER
async def test_a_caller_who_is_cancelled_takes_nothing_back(enter: Enter, provider: Provider) -> None:
    home = await enter(provider)
    held = home.fail("hold")
    sending = asyncio.create_task(home.ask())
    await held.reached.wait()
    sending.cancel()
    await asyncio.wait([sending])
    assert sending.cancelled()
    held.release()
    await home.until_shown(*TAKEN)
    assert (home.held, home.tries) == (1, 1)
