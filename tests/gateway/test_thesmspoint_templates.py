"""TheSMSPoint's templates, which texts are checked against, and its documented errors."""

from decimal import Decimal
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    GatewayError,
    InsufficientCredit,
    Limit,
    MessageRejected,
)
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond, limit_of
from tests.support.samples import new_message, send, send_one

PROVIDER = POINT = Provider.THESMSPOINT
FRONT_DOOR, ALERT, ANY = "1107000000000000001", "1107000000000000002", "1107000000000000004"


@pytest.mark.parametrize(
    ("template_id", "text", "fits"),
    [
        (FRONT_DOOR, "The front door is open.", True),
        (FRONT_DOOR, "The front door is open!", False),
        (ALERT, "Home alert: water", True),
        (ALERT, "Home alert: " + "x" * 40, True),
        (ALERT, "Home alert: " + "x" * 41, False),
        (ALERT, "Water", False),
        (ANY, "x" * 765, True),
    ],
)
async def test_what_is_let_through_is_what_the_gateway_takes(
    account: Gateway, simulator: Simulator, template_id: str, text: str, fits: bool
) -> None:
    simulator.accounts[POINT].checks_templates = True
    # Before the templates are known, the provider decides.
    there = await send_one(account, text=text, template_id=template_id)
    assert (there.error is None) is fits
    assert there.provider_status in (None, "024")
    await account.refresh()
    simulator.clear_requests()
    here = await send_one(account, text=text, template_id=template_id)
    assert (here.error is None) is fits
    assert fits or limit_of(here) is Limit.TEMPLATE_MISMATCH
    assert len(simulator.requests()) == fits


async def test_the_error_shows_where_it_differs(account: Gateway) -> None:
    await account.refresh()
    with pytest.raises(MessageRejected) as raised:
        account.preview(new_message(POINT, text="Home alarm", template_id=ALERT))
    assert raised.value.reason is FailureReason.INVALID_MESSAGE
    assert raised.value.details == {"position": 8, "expected": "ert: ", "template": "Home alert: {#var#}"}
    assert "alarm" not in f"{raised.value!r} {raised.value.details}"


async def test_a_title_is_a_part_of_the_text(account: Gateway) -> None:
    await account.refresh()
    message = new_message(POINT, title="Home alert:", text="water", template_id=ALERT)
    assert account.preview(message).text == "Home alert:\nwater"


async def test_the_accounts_template_counts_where_none_is_asked_for(gateway: OpenGateway) -> None:
    account = gateway(POINT, template_id=FRONT_DOOR)
    await account.refresh()
    assert limit_of((await send(account, [new_message(POINT)]))[0]) is Limit.TEMPLATE_MISMATCH


async def test_a_template_nobody_knows_is_the_gateways_to_judge(account: Gateway, simulator: Simulator) -> None:
    await account.refresh()
    result = await send_one(account, template_id="1107999999999999999")
    assert (limit_of(result), result.provider_status) == (None, "024")


async def test_a_template_without_words_is_not_checked(account: Gateway, simulator: Simulator) -> None:
    simulator.accounts[POINT].templates[0]["message"] = ""
    await account.refresh()
    assert (await send_one(account, template_id=FRONT_DOOR)).status is Status.ACCEPTED


async def test_templates_are_read_anew(account: Gateway, simulator: Simulator, respond: Respond) -> None:
    await account.refresh()
    simulator.accounts[POINT].templates[0]["message"] = "The door is {#var#}"
    assert limit_of(await send_one(account, template_id=FRONT_DOOR)) is Limit.TEMPLATE_MISMATCH
    respond("<html>", "get-templates")
    with pytest.raises(GatewayError):
        await account.refresh()
    assert limit_of(await send_one(account, template_id=FRONT_DOOR)) is Limit.TEMPLATE_MISMATCH
    await account.fetch_templates()
    assert (await send_one(account, template_id=FRONT_DOOR)).status is Status.ACCEPTED


# -- documented errors ---------------------------------------------------------------------------------------------

READS = ("fetch_balance", "fetch_senders", "fetch_templates")


@pytest.mark.parametrize("field", ["message", "errors"])
async def test_documented_errors_as_they_really_come(gateway: OpenGateway, simulator: Simulator, field: Any) -> None:
    kept, wrong, right = simulator.accounts[POINT], gateway(POINT, api_key="wrong"), gateway(POINT)
    kept.error_field = field
    for read in READS:
        with pytest.raises(AuthenticationFailed):
            await getattr(wrong, read)()
    assert type((await send_one(wrong)).error) is AuthenticationFailed
    (sent,) = await send(right, [new_message(POINT)])
    with pytest.raises(AuthenticationFailed):
        await wrong.fetch_reports([sent])
    kept.credit = dict.fromkeys(kept.credit, Decimal(0))
    results = [await send_one(right), *await send(right, [new_message(POINT, last) for last in (5601, 5602)])]
    assert {type(result.error) for result in results} == {InsufficientCredit}
    # "Invalid Message ID" gives no report.
    assert (
        await gateway(POINT).fetch_reports([sent.__class__(message=sent.message, status=sent.status, batch_id="1")])
        == []
    )
    moved = gateway(POINT, url=f"{simulator.url(POINT)}/api/v1/nothing?")
    with pytest.raises(MessageRejected) as raised:
        await moved.fetch_balance()
    assert raised.value.reason is FailureReason.PROHIBITED


@pytest.mark.parametrize(
    "errors",
    [
        "API Key Does Not Exists",
        ["API Key Does Not Exists"],
        {"key": ["API Key Does Not Exists"]},
        {"key": "API Key Does Not Exists"},
    ],
)
async def test_shapes_of_errors(account: Gateway, respond: Respond, errors: object) -> None:
    for command in (account.fetch_balance, account.fetch_senders):
        respond({"status": "failure", "errors": errors})
        with pytest.raises(AuthenticationFailed):
            await command()
    for nothing in (None, 5, [None, 5], {"key": [None]}):
        respond({"status": "failure", "errors": nothing})
        with pytest.raises(MessageRejected) as raised:
            await account.fetch_balance()
        assert raised.value.reason is FailureReason.OTHER
