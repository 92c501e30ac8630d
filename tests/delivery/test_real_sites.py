"""Texts through real sites of TextioPro's software: what the home shows, repeats, and asks the user for."""

import pytest

from custom_components.texting.delivery.status_poller import FIRST_POLL, TRACKING_TIMEOUT
from homeassistant.config_entries import ConfigEntryState
from tests.support.engine import PRO, House
from tests.support.home import numbers, restart, told

from .conftest import Enter

pytestmark = pytest.mark.usefixtures("quick")


def asks_for_nothing(home: House) -> bool:
    """Return True if the user is asked for no login, no credit and no change at the provider."""
    issues = [home.issue(kind) for kind in ("low_credit", "access_denied")]
    return not any(issues) and not home.hass.config_entries.flow.async_progress()


@pytest.mark.parametrize("status", [200, 401, 403])
@pytest.mark.parametrize("variant", ["carrier-refuses", "carrier-is-broke"])
async def test_trouble_of_the_carrier_is_not_the_users(enter: Enter, variant: str, status: int) -> None:
    home = await enter(PRO)
    home.simulator.use_variant(PRO, variant)
    account = home.simulator.accounts[PRO]
    account.error_status = status
    sent = await home.send()
    assert (sent.key, home.shown, home.tries) == ("rejected_other", "rejected", 1)
    # The user reads the carrier's own words.
    assert account.carrier_error in sent.text
    assert asks_for_nothing(home)


async def test_an_exception_sends_nothing_twice(enter: Enter) -> None:
    home = await enter(PRO)
    home.simulator.use_variant(PRO, "exception-in-sends")
    home.simulator.sent_after = None
    sent = await home.send(to=numbers(PRO), if_unsure="resend")
    assert {message["status"] for message in sent.messages} == {"accepted"}
    assert (home.tries, home.held) == (1, len(numbers(PRO)))
    assert asks_for_nothing(home)


async def test_an_exception_before_anything_was_accepted(enter: Enter) -> None:
    home = await enter(PRO)
    home.fail("answer", body={"status": "error", "message": "Undefined array key 0"})
    sent = await home.send()
    assert (sent.key, home.shown) == ("server_error", "uncertain")
    await home.reload()
    assert (home.tries, home.held) == (1, 0)
    assert asks_for_nothing(home)


async def test_exceptions_in_reads_pass(enter: Enter) -> None:
    home = await enter(PRO)
    balance = home.sensor("credit_balance")
    home.simulator.use_variant(PRO, "exception-in-reads")
    await home.entry.runtime_data.balance.async_refresh()
    assert home.sensor("credit_balance") == "unavailable"
    assert asks_for_nothing(home)
    # Texts go out all the same.
    assert (await home.send()).status == "accepted"
    home.simulator.accounts[PRO].exception = ""
    await home.entry.runtime_data.balance.async_refresh()
    assert home.sensor("credit_balance") == str(int(balance) - 1)
    assert home.entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize("variant", ["throttled", "throttled-200"])
async def test_a_rate_limit_only_delays(enter: Enter, variant: str) -> None:
    home = await enter(PRO)
    home.simulator.use_variant(PRO, variant)
    assert (await home.send_late()).status == "queued"
    assert home.held == 0
    home.simulator.accounts[PRO].throttled_status = 0
    await home.pass_time(2)
    await home.until_shown("accepted", "sent", "delivered")
    assert home.held == 1
    assert asks_for_nothing(home)


async def test_three_numbers_read_as_one_are_sent_one_by_one(enter: Enter) -> None:
    home = await enter(PRO)
    home.simulator.use_variant(PRO, "one-number")
    sent = await home.send(to=numbers(PRO))
    assert [message["status"] for message in sent.messages] == ["accepted"] * 3
    assert sorted(f"+{message.to}" for message in home.simulator.messages()) == sorted(numbers(PRO))
    assert home.tries == 1 + 3


async def test_a_rate_limit_between_single_sends(enter: Enter) -> None:
    """What was accepted is not sent again, and the rest follows."""
    home = await enter(PRO)
    home.simulator.use_variant(PRO, "one-number")
    first, second, third = (number.removeprefix("+") for number in numbers(PRO))
    home.simulator.faults.add(PRO, "rate_limited", path="sms/send", params={"recipient": second}, seconds=0)
    sent = await home.send(to=numbers(PRO))
    assert [message["status"] for message in sent.messages] == ["accepted"] * 3
    assert sorted(message.to for message in home.simulator.messages()) == sorted((first, second, third))


async def test_refusals_in_words(enter: Enter) -> None:
    home = await enter(PRO)
    home.simulator.use_variant(PRO, "refuses-in-words")
    first, *others = numbers(PRO)
    home.simulator.accounts[PRO].invalid_numbers = {first.removeprefix("+")}
    sent = await home.send(to=[first, *others])
    assert [message["status"] for message in sent.messages] == ["rejected", "accepted", "accepted"]
    assert sent.messages[0]["reason"] == "invalid_number"
    assert (home.tries, home.held) == (1, 2)


async def poll(home: House) -> None:
    """Let the first poll of the message's status pass."""
    await home.pass_time(FIRST_POLL + 1)
    await told(home.hass)


@pytest.mark.parametrize("restarts", [False, True])
async def test_delivered_at_the_hand_over_is_not_delivered(enter: Enter, restarts: bool) -> None:
    home = await enter(PRO)
    home.simulator.use_variant(PRO, "delivered-at-hand-over")
    assert (await home.send()).status == "sent"
    await home.simulator.settle()
    if restarts:
        await restart(home.hass, home.entry)
    await poll(home)
    assert (home.shown, home.sensor("pending_messages")) == ("sent", "1")
    # A later report may still be of a failure.
    await home.simulator.set_status(home.simulator.messages()[0], "Undelivered")
    await home.pass_time(2 * FIRST_POLL + 1)
    await home.until_shown("undelivered")
    assert home.sensor("pending_messages") == "0"


async def test_polls_of_what_was_handed_over_end(enter: Enter) -> None:
    home = await enter(PRO)
    home.simulator.use_variant(PRO, "delivered-at-hand-over")
    await home.send()
    await home.simulator.settle()
    path = f"/api/v3/sms/{home.simulator.messages()[0].id}"
    await poll(home)
    assert path in {request.path for request in home.simulator.requests()}
    await home.pass_time(TRACKING_TIMEOUT + 1)
    await told(home.hass)
    assert (home.shown, home.sensor("pending_messages")) == ("sent", "0")
    home.simulator.clear_requests()
    await home.pass_time(TRACKING_TIMEOUT)
    assert path not in {request.path for request in home.simulator.requests()}
