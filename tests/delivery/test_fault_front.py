"""A provider that moved, or a firewall in front of it: texts wait, Repairs names the host, each text is sent once."""

import logging

import pytest

from custom_components.texting.gateway.provider import Provider
from homeassistant.helpers.update_coordinator import UpdateFailed
from tests.simulator.variants import ANYWHERE
from tests.support.engine import HOUSE, TAKEN, House
from tests.support.home import TRANSLATIONS, text_of
from tests.support.samples import commands

from .conftest import Enter

pytestmark = pytest.mark.usefixtures("quick")
EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
FRONTS = {name: "redirected" if "moved" in name else "blocked" for name in ANYWHERE if "-" in name}
EVERY_FRONT = pytest.mark.parametrize("variant", FRONTS)


def clear(home: House) -> None:
    """Take away what stands in front of the provider."""
    account = home.simulator.accounts[home.provider]
    account.redirect_status = account.challenge_status = 0


def issue_text(home: House, kind: str) -> str:
    """Return the text of a repair issue, with its placeholders filled."""
    issue = home.issue(kind)
    assert issue is not None
    text: str = TRANSLATIONS["issues"][kind]["description"]
    return text.format(**(issue.translation_placeholders or {}))


@EVERY_PROVIDER
@EVERY_FRONT
async def test_texts_wait_until_the_provider_can_be_reached(
    enter: Enter, provider: Provider, variant: str, caplog: pytest.LogCaptureFixture
) -> None:
    home, kind = await enter(provider), FRONTS[variant]
    home.simulator.use_variant(provider, variant)
    assert (await home.send_late()).status == "queued"
    assert (home.held, home.shown) == (0, "queued")
    host = home.simulator.url(provider).removeprefix("http://")
    text = issue_text(home, kind)
    assert host in text
    assert ("sms.example.com" if kind == "redirected" else "Cloudflare") in text
    assert "0123456789abcdef" not in text
    (line,) = [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and "cannot send texts now" in record.getMessage()
    ]
    assert ("sms.example.com" if kind == "redirected" else "Cloudflare") in line
    clear(home)
    await home.until_shown(*TAKEN)
    assert (home.held, home.issue(kind)) == (1, None)
    await home.reload()
    assert home.held == 1


@EVERY_PROVIDER
async def test_reading_the_balance_tells_it_before_a_text_must_leave(enter: Enter, provider: Provider) -> None:
    home = await enter(provider)
    home.simulator.use_variant(provider, "moved-301")
    balance = home.entry.runtime_data.balance
    await balance.async_refresh()
    assert "sms.example.com" in issue_text(home, "redirected")
    assert isinstance(balance.last_exception, UpdateFailed)
    assert "(sms.example.com)" in text_of(balance.last_exception, "redirected")
    home.simulator.accounts[provider].redirect_status = 0
    home.simulator.use_variant(provider, "challenge-503")
    await balance.async_refresh()
    assert "Cloudflare" in issue_text(home, "blocked")
    clear(home)
    await balance.async_refresh()
    assert home.issue("redirected") is home.issue("blocked") is None
    assert balance.last_update_success


async def test_only_what_is_still_true_stays_in_repairs(enter: Enter) -> None:
    home = await enter(Provider.TEXTIOPRO)
    balance = home.entry.runtime_data.balance
    home.simulator.use_variant(Provider.TEXTIOPRO, "moved-301")
    await balance.async_refresh()
    clear(home)
    home.simulator.use_variant(Provider.TEXTIOPRO, "challenge-503")
    await balance.async_refresh()
    assert home.issue("blocked")
    assert home.issue("redirected") is None
    # The provider itself answers again, though it refuses.
    clear(home)
    home.simulator.use_variant(Provider.TEXTIOPRO, "no-permission")
    await balance.async_refresh()
    assert home.issue("access_denied")
    assert home.issue("blocked") is None


async def test_the_issue_goes_with_the_account(enter: Enter) -> None:
    home = await enter(Provider.TEXTIOPRO)
    home.simulator.use_variant(Provider.TEXTIOPRO, "moved-301")
    await home.entry.runtime_data.balance.async_refresh()
    assert home.issue("redirected")
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert home.issue("redirected") is None


@EVERY_PROVIDER
@pytest.mark.usefixtures("localhost")
async def test_another_address_ends_it(enter: Enter, provider: Provider) -> None:
    """The user enters the address that the provider moved to."""
    home = await enter(provider)
    home.simulator.use_variant(provider, "moved-308")
    assert (await home.send_late()).status == "queued"
    assert home.issue("redirected")
    clear(home)
    moved = {**home.entry.data, "url": home.simulator.url(provider).replace("127.0.0.1", "localhost")}
    home.hass.config_entries.async_update_entry(home.entry, data=moved)
    await home.until_shown(*TAKEN)
    assert (home.held, home.issue("redirected")) == (1, None)


@pytest.mark.parametrize("kind", ["redirect", "challenge"])
async def test_the_backup_host_takes_over(enter: Enter, kind: str) -> None:
    home = await enter(HOUSE)
    home.simulator.faults.add("textinghouse", kind, None)
    assert (await home.send()).status in TAKEN
    assert (home.held, home.tries) == (1, 2)


@EVERY_PROVIDER
@pytest.mark.parametrize("busy_for", ["²", "9" * 4999, "-5", "Sat, 01 Jan 2000 00:00:00 GMT"])
async def test_a_strange_retry_after_is_ignored(enter: Enter, provider: Provider, busy_for: str) -> None:
    home = await enter(provider)
    account = home.simulator.accounts[provider]
    account.busy_for = busy_for
    assert (await home.send_late()).status == "queued"
    account.busy_for = None
    await home.until_shown(*TAKEN)
    assert home.held == 1


async def test_a_main_host_that_never_responds(enter: Enter) -> None:
    """The backup host says that it does not have the text, so the text is sent once, when the main host responds."""
    home = await enter(HOUSE)
    home.simulator.use_variant(HOUSE, "silent-main-host")
    assert (await home.send_late(when=lambda: home.tries > 2)).status in ("queued", "uncertain")
    assert home.held == 0
    assert home.sensor("credit_balance") == "1423"
    await home.entry.runtime_data.balance.async_refresh()
    assert home.sensor("credit_balance") == "1423"
    home.simulator.accounts[HOUSE].silent_site = ""
    await home.until_shown(*TAKEN)
    assert home.held == 1
    # All sends went to the main host, and all look-ups in between to the backup host.
    assert "sendsms" not in commands(home.simulator, "textinghouse_backup")
    assert "getstatus" in commands(home.simulator, "textinghouse_backup")
