"""Each provider, and each real site that differs from its document, with a failing server: what is sent, how often."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from custom_components.texting.gateway.base import accepted
from custom_components.texting.gateway.capabilities import Capability
from custom_components.texting.gateway.errors import CannotConnect, GatewayError, OutcomeUnknown, RateLimited
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import Status
from tests.simulator.variants import VARIANTS
from tests.support.flows import SITES
from tests.support.gateways import Bench
from tests.support.samples import new_message, send_one

PROVIDERS = pytest.mark.parametrize(
    ("provider", "site"),
    [(provider, "") for provider in Provider]
    + [(provider, name) for provider in Provider for name, variant in VARIANTS[provider].items() if variant.is_site],
)


@pytest.fixture(autouse=True)
def _site(bench: Bench, site: str) -> None:
    """Switch the account to a real site, if there is one."""
    if site:
        bench.fields = bench.simulator.use_variant(bench.provider, site).fields


LOST: tuple[tuple[str, dict[str, Any]], ...] = (
    ("cut", {"accept": False}),
    ("cut", {"accept": True}),
    ("http_error", {"status": 500}),
    ("http_error", {"status": 502, "accept": True}),
    ("html", {}),
    ("html", {"accept": True}),
    ("empty", {}),
    ("truncated_body", {}),
    ("endless", {}),
)


@PROVIDERS
@pytest.mark.parametrize(("kind", "options"), LOST)
async def test_a_lost_answer_is_never_sent_twice(bench: Bench, kind: str, options: dict[str, Any]) -> None:
    bench.simulator.faults.add(bench.provider, kind, **options)
    result = await send_one(bench.gateway)
    arrived = len(bench.simulator.messages())
    assert arrived <= 1
    if not result.error:
        assert arrived == 1
    else:
        assert result.status is Status.UNCERTAIN
        assert isinstance(result.error, OutcomeUnknown)
        assert not arrived or Capability.LOST_ANSWERS not in bench.info.capabilities


@PROVIDERS
@pytest.mark.parametrize(("kind", "options"), LOST)
async def test_sending_is_one_request_and_looks_for_nothing(bench: Bench, kind: str, options: dict[str, Any]) -> None:
    bench.simulator.faults.add(bench.provider, kind, **options)
    (result,) = await bench.gateway.send([message := new_message(bench.provider)])
    assert (result.message, result.status) == (message, Status.UNCERTAIN)
    assert isinstance(result.error, OutcomeUnknown)
    assert len(bench.simulator.requests()) == 1


@PROVIDERS
async def test_what_became_of_lost_messages(bench: Bench) -> None:
    gateway, messages = bench.gateway, [new_message(bench.provider, last) for last in (5601, 5602)]
    found = await gateway.resolve_unknown(messages)
    assert [result.message for result in found] == messages
    # Only a provider that knows our reference can tell that it never got a message.
    knows = bench.provider is Provider.TEXTINGHOUSE
    assert {result.status for result in found} == {Status.QUEUED if knows else Status.UNCERTAIN}
    assert all((result.error is None) if knows else isinstance(result.error, OutcomeUnknown) for result in found)
    assert bool(bench.simulator.requests()) is (Capability.LOST_ANSWERS in bench.info.capabilities)
    assert await gateway.resolve_unknown([]) == []


@PROVIDERS
async def test_a_wrong_content_type_is_no_fault(bench: Bench) -> None:
    bench.simulator.faults.add(bench.provider, "content_type", times=None)
    assert (await send_one(bench.gateway)).status in (Status.ACCEPTED, Status.SENT)
    assert await bench.gateway.fetch_balance()


@PROVIDERS
async def test_too_many_requests(bench: Bench) -> None:
    bench.simulator.faults.add(bench.provider, "rate_limited", seconds=30)
    result = await send_one(bench.gateway)
    assert isinstance(result.error, RateLimited)
    assert (result.error.retry_after, result.status) == (30, Status.REJECTED)
    assert not bench.simulator.messages()


@PROVIDERS
async def test_nobody_listens(bench: Bench) -> None:
    await bench.simulator.faults.refuse(bench.provider)
    gateway = bench.open(bench.provider, **{**bench.fields, "backup_url": ""})
    result = await send_one(gateway)
    assert isinstance(result.error, CannotConnect)
    with pytest.raises(CannotConnect):
        await gateway.verify()


@PROVIDERS
@pytest.mark.parametrize("kind", ["html", "empty", "http_error", "cut", "truncated_body"])
async def test_reads_fail_clearly(bench: Bench, kind: str) -> None:
    for site in SITES[bench.provider]:
        bench.simulator.faults.add(site, kind, times=None)
    calls: list[Callable[[], Awaitable[Any]]] = [bench.gateway.fetch_balance]
    if Capability.STATUS in bench.info.capabilities:
        sent = [accepted(new_message(bench.provider, 5601 + n), message_id=f"id{n}") for n in range(2)]
        calls.append(lambda: bench.gateway.fetch_reports(sent))
    if Capability.INCOMING_POLL in bench.info.capabilities:
        calls.append(bench.gateway.fetch_incoming)
    if Capability.SENDER_LIST in bench.info.capabilities:
        calls += [bench.gateway.fetch_senders, bench.gateway.fetch_templates]
    for call in calls:
        with pytest.raises(GatewayError):
            await call()
