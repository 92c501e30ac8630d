"""TextingHouse's two hosts: which request goes to the backup host, and which never does (section 4.9)."""

from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    CannotConnect,
    GatewayError,
    InvalidResponse,
    OutcomeUnknown,
    RateLimited,
    Redirected,
)
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers.textinghouse import BACKUP_URL, TextingHouseSettings
from custom_components.texting.gateway.status import Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway
from tests.support.samples import commands, new_message, send, send_one

PROVIDER = HOUSE = Provider.TEXTINGHOUSE
BACKUP = "textinghouse_backup"
# The main host gives no response, or none of the gateway.
SILENT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("cut", {}),
    ("cut", {"accept": True}),
    ("html", {}),
    ("empty", {}),
    ("http_error", {"status": 502}),
    ("truncated_body", {}),
    ("endless", {}),
)
# The main host has certainly not processed the request.
UNPROCESSED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("redirect", {"status": 301}),
    ("redirect", {"status": 302}),
    ("challenge", {"status": 403}),
    ("challenge", {"status": 503}),
)


@pytest.mark.parametrize(("kind", "options"), SILENT + UNPROCESSED)
async def test_reads_go_to_the_backup_host(
    account: Gateway, simulator: Simulator, kind: str, options: dict[str, Any]
) -> None:
    result = await send_one(account)
    await simulator.settle()
    simulator.clear_requests()
    simulator.faults.add(HOUSE, kind, times=None, **options)
    (balance,) = await account.fetch_balance()
    assert balance.amount == 1422
    (report,) = await account.fetch_reports([result])
    assert report.status is Status.DELIVERED
    for site in (HOUSE, BACKUP):
        assert commands(simulator, site) == ["getcredit", "getstatus"]
    first, second = (simulator.requests(site)[1] for site in (HOUSE, BACKUP))
    assert first.params == second.params


async def test_a_main_host_that_is_silent(account: Gateway, simulator: Simulator) -> None:
    simulator.use_variant(HOUSE, "silent-main-host")
    (balance,) = await account.fetch_balance()
    assert balance.amount == 1423
    result = await send_one(account)
    # The main host may have got the text, so the backup host is only asked about it. Nothing is sent there.
    assert (result.status, type(result.error)) == (Status.UNCERTAIN, OutcomeUnknown)
    assert commands(simulator, BACKUP) == ["getcredit", "getstatus", "getstatus"]
    assert not simulator.messages()


@pytest.mark.parametrize(("kind", "options"), SILENT)
async def test_a_send_without_a_response_never_goes_to_the_backup_host(
    account: Gateway, simulator: Simulator, kind: str, options: dict[str, Any]
) -> None:
    simulator.faults.add(HOUSE, kind, times=None, **options)
    (result,) = await account.send([new_message(HOUSE)])
    assert result.status is Status.UNCERTAIN
    assert not simulator.requests(BACKUP)


@pytest.mark.parametrize(("kind", "options"), UNPROCESSED)
async def test_a_send_that_was_not_processed_goes_to_the_backup_host(
    account: Gateway, simulator: Simulator, kind: str, options: dict[str, Any]
) -> None:
    simulator.faults.add(HOUSE, kind, times=None, **options)
    assert (await send_one(account)).status is Status.ACCEPTED
    assert (commands(simulator), commands(simulator, BACKUP)) == (["sendsms"], ["sendsms"])
    assert len(simulator.messages()) == 1


@pytest.mark.parametrize("kind", ["cut", "html", "empty", "http_error", "truncated_body", "endless"])
async def test_a_lost_text_is_looked_up_at_the_backup_host_and_not_sent_twice(
    account: Gateway, simulator: Simulator, kind: str
) -> None:
    simulator.accounts[HOUSE].flood_seconds = 0
    accept = {} if kind in ("truncated_body", "endless") else {"accept": True}
    simulator.faults.add(HOUSE, kind, times=None, **accept)
    result = await send_one(account)
    assert (result.error, result.status in (Status.ACCEPTED, Status.SENT, Status.DELIVERED)) == (None, True)
    assert len(simulator.messages()) == 1
    assert (commands(simulator), commands(simulator, BACKUP)) == (["sendsms", "getstatus"], ["getstatus"])


async def test_an_error_is_a_response(account: Gateway, simulator: Simulator) -> None:
    """Also the error 300, which leaves open what happened, and a host that is too busy."""
    simulator.accounts[HOUSE].processing_fails = True
    for body in ("ERR: 300 | Error processing request", "ERR: 104 | no credit", "ERR: 101 | login"):
        simulator.faults.add(HOUSE, "answer", body=body)
        with pytest.raises(GatewayError):
            await account.fetch_balance()
    simulator.faults.add(HOUSE, "rate_limited")
    with pytest.raises(RateLimited):
        await account.fetch_balance()
    assert not simulator.requests(BACKUP)


@pytest.mark.parametrize(("kind", "error"), [("redirect", Redirected), ("cut", OutcomeUnknown)])
async def test_the_error_of_the_main_host_is_told_if_the_backup_host_is_away(
    account: Gateway, simulator: Simulator, kind: str, error: type[GatewayError]
) -> None:
    simulator.faults.add(HOUSE, kind)
    await simulator.faults.refuse(BACKUP)
    with pytest.raises(error) as raised:
        await account.fetch_balance()
    assert raised.value.host == simulator.url(HOUSE).removeprefix("http://")


async def test_a_text_that_the_backup_host_may_have_is_uncertain(account: Gateway, simulator: Simulator) -> None:
    await simulator.faults.refuse(HOUSE)
    simulator.faults.add(BACKUP, "cut", accept=True)
    (result,) = await account.send([new_message(HOUSE)])
    assert (result.status, type(result.error)) == (Status.UNCERTAIN, OutcomeUnknown)
    assert len(simulator.messages()) == 1


# -- the check of the credentials ----------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [HOUSE, BACKUP])
async def test_each_host_is_checked_by_itself(account: Gateway, simulator: Simulator, wrong: str) -> None:
    await account.verify()
    assert (commands(simulator), commands(simulator, BACKUP)) == (["getcredit"], ["getcredit"])
    host = simulator.url(wrong).removeprefix("http://")
    for kind, error in (("html", InvalidResponse), ("redirect", Redirected), ("cut", OutcomeUnknown)):
        simulator.faults.add(wrong, kind)
        with pytest.raises(error) as raised:
            await account.verify()
        assert (type(raised.value), raised.value.host) == (error, host)
    # The login was accepted; only the balance cannot be read.
    simulator.faults.add(wrong, "answer", body="1.2.3,4")
    await account.verify()
    simulator.faults.add(wrong, "answer", body="ERR: 101 | login")
    with pytest.raises(AuthenticationFailed) as refused:
        await account.verify()
    assert refused.value.host == host
    await simulator.faults.refuse(wrong)
    with pytest.raises(CannotConnect) as away:
        await account.verify()
    assert away.value.host == host


@pytest.mark.parametrize(
    ("url", "backup_url", "used"),
    [
        ("https://api.textinghouse.com", BACKUP_URL, BACKUP_URL),
        ("https://API.TextingHouse.com", BACKUP_URL, BACKUP_URL),
        ("https://textinghouse.com:8443", BACKUP_URL, BACKUP_URL),
        ("https://api.textinghouse.com", "", ""),
        ("https://api.textinghouse.com", None, ""),
        # TextingHouse's own backup host is none of another site.
        ("https://sms.example.com", BACKUP_URL, ""),
        ("https://nottextinghouse.com", BACKUP_URL, ""),
        ("https://textinghouse.com.example.com", BACKUP_URL, ""),
        ("https://sms.example.com", None, ""),
        ("https://sms.example.com", "https://sms2.example.com", "https://sms2.example.com"),
    ],
)
def test_which_site_has_a_backup_host(url: str, backup_url: str | None, used: str) -> None:
    settings = TextingHouseSettings.from_mapping({"url": url, "backup_url": backup_url})
    assert isinstance(settings, TextingHouseSettings)
    assert settings.backup == used


@pytest.mark.parametrize("backup", [BACKUP_URL, "", None])
async def test_another_site_without_a_backup_host(
    gateway: OpenGateway, simulator: Simulator, backup: str | None
) -> None:
    account = gateway(HOUSE, backup_url=backup)
    await account.verify()
    simulator.faults.add(HOUSE, "cut", times=None)
    with pytest.raises(OutcomeUnknown):
        await account.fetch_balance()
    await simulator.faults.refuse(HOUSE)
    for result in await send(account, [new_message(HOUSE)]):
        assert type(result.error) is CannotConnect
    assert not simulator.requests(BACKUP)
