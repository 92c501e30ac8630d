"""Faults before a request is processed: the message waits, the log reports it once, and it is sent exactly once."""

import logging

import pytest

from custom_components.texting.gateway.provider import Provider
from tests.support.engine import CLUB, GROUP, HOUSE, TAKEN, House
from tests.support.flows import SITES
from tests.support.tls import Impostor

from .conftest import Enter

pytestmark = pytest.mark.usefixtures("quick")
EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the warnings about the connection. Check that no warning contains a text or a number."""
    found = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.texting") and record.levelno >= logging.WARNING
    ]
    assert not [line for line in found if "Water" in line or "3456" in line]
    return [line for line in found if "sends texts again" in line or "cannot send texts now" in line]


async def recover(home: House, caplog: pytest.LogCaptureFixture) -> None:
    """Check that a message is queued, let the gateway recover, and check that the message is sent once."""
    assert (home.held, home.shown, home.sensor("pending_messages")) == (0, "queued", "1")
    assert home.sensor("segments_today") == "0"
    await home.simulator.restore()
    await home.until_shown(*TAKEN)
    assert home.held == 1
    begin, end = warnings(caplog)
    assert "cannot send texts now" in begin
    assert "sends texts again" in end
    await home.reload()
    assert home.held == 1


@EVERY_PROVIDER
async def test_refused(enter: Enter, provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    home = await enter(provider)
    for site in SITES[provider]:
        await home.simulator.faults.refuse(site)
    assert (await home.send_late()).status == "queued"
    await recover(home, caplog)


async def test_the_backup_host_takes_over_at_once(enter: Enter) -> None:
    home = await enter(HOUSE)
    await home.simulator.faults.refuse("textinghouse")
    assert (await home.send()).status in TAKEN
    assert (home.held, home.tries) == (1, 1)


@EVERY_PROVIDER
async def test_too_many_requests(enter: Enter, provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    home = await enter(provider)
    home.fail("rate_limited", None, seconds=0)
    assert (await home.send_late()).status == "queued"
    await recover(home, caplog)


@pytest.mark.parametrize("provider", [CLUB, GROUP])
async def test_503_where_it_means_not_processed(
    enter: Enter, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    home = await enter(provider)
    home.fail("unavailable", None)
    assert (await home.send_late()).status == "queued"
    await recover(home, caplog)
    assert home.simulator.max_in_flight(provider) <= 2


@EVERY_PROVIDER
async def test_retry_after_is_kept_to(enter: Enter, provider: Provider) -> None:
    home = await enter(provider)
    home.fail("rate_limited", seconds=1000)
    assert (await home.send_late()).status == "queued"
    await home.pass_time(800)
    assert (home.held, home.tries) == (0, 1)
    await home.pass_time(100)
    await home.until_shown(*TAKEN)
    assert (home.held, home.tries) == (1, 2)


@EVERY_PROVIDER
async def test_a_certificate_that_does_not_hold(enter: Enter, provider: Provider, impostor: Impostor) -> None:
    hosts = {"url": impostor.url} | ({"backup_url": impostor.url} if provider is HOUSE else {})
    home = await enter(provider, data=hosts)
    assert (await home.send_late()).status == "queued"
    assert home.issue("certificate_invalid")
    assert (home.held, home.shown) == (0, "queued")
    # The home tried to connect, and sent no data.
    assert impostor.visits
    assert impostor.received == b""
    mended = {**home.entry.data, "url": home.simulator.url(provider)}
    home.hass.config_entries.async_update_entry(home.entry, data=mended)
    await home.until_shown(*TAKEN)
    assert home.held == 1
    assert not home.issue("certificate_invalid")
    assert impostor.received == b""


async def test_a_batch_waits_as_one_and_goes_as_one(enter: Enter) -> None:
    home = await enter(Provider.TEXTIOPRO)
    home.fail("rate_limited", 3, seconds=0)
    sent = await home.send(to=["Anna", "Ben"])
    assert len(sent.messages) == 3
    await home.until_shown(*TAKEN)
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert (home.held, home.tries) == (3, 4)
