"""Lost responses in a whole home: a message is sent again only if that is safe, and its status is correct."""

from typing import Any

import pytest

from custom_components.texting.gateway.provider import Provider
from tests.support.engine import CLUB, GROUP, HOUSE, POINT, PRO, TAKEN, UNKNOWN_KEYS, House

from .conftest import Enter

pytestmark = pytest.mark.usefixtures("quick")
EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)

# For each row of faults.md: the kinds of faults, their options, and whether the gateway accepts the message.
AFTER_IT_LEFT = [
    ("hang", {}, False),
    ("hang", {"accept": True}, True),
    ("cut", {}, False),
    ("cut", {"accept": True}, True),
    ("truncated_body", {}, True),
]
HTTP_ERRORS = [
    (kind, {"status": status, "accept": accept}, accept)
    for kind, status in (("http_error", 500), ("http_error", 502), ("http_error", 504))
    for accept in (False, True)
]
NO_ANSWER = [
    ("html", {}, False),
    ("html", {"accept": True}, True),
    ("empty", {}, False),
    ("empty", {"accept": True}, True),
    ("answer", {"body": '{"status": "succ'}, False),
    ("truncated", {}, True),
]
NO_END = [("slow", {"seconds": 36_000.0}, True), ("endless", {}, True)]


async def check(home: House, *, accepted: bool) -> None:
    """Send a message while the fault is active, and check its status and the number of requests."""
    sent = await home.send()
    provider = home.provider
    finds = provider is HOUSE or (provider is PRO and accepted)
    assert home.held == (1 if provider is HOUSE else accepted)
    if finds:
        assert (sent.key, sent.status in TAKEN, home.shown in TAKEN) == (None, True, True)
        assert home.sensor("segments_today") == "1"
    else:
        assert sent.key in UNKNOWN_KEYS
        assert "may or may not have been sent" in sent.text
        assert home.shown == "uncertain"
    assert home.tries == (2 if provider is HOUSE and not accepted else 1)
    # Nothing more is sent, even after the account reloads.
    await home.reload()
    assert home.tries == (2 if provider is HOUSE and not accepted else 1)
    assert home.held == (1 if provider is HOUSE else accepted)


@EVERY_PROVIDER
@pytest.mark.parametrize(("kind", "options", "accepted"), AFTER_IT_LEFT)
async def test_cut_off_after_it_left(
    enter: Enter, provider: Provider, kind: str, options: dict[str, Any], *, accepted: bool
) -> None:
    home = await enter(provider)
    home.fail(kind, **options)
    await check(home, accepted=accepted)


@EVERY_PROVIDER
@pytest.mark.parametrize(("kind", "options", "accepted"), HTTP_ERRORS)
async def test_http_errors(
    enter: Enter, provider: Provider, kind: str, options: dict[str, Any], *, accepted: bool
) -> None:
    home = await enter(provider)
    home.fail(kind, **options)
    await check(home, accepted=accepted)


@pytest.mark.parametrize("provider", [HOUSE, PRO, POINT])
async def test_503_where_it_is_not_documented(enter: Enter, provider: Provider) -> None:
    home = await enter(provider)
    home.fail("unavailable")
    await check(home, accepted=False)


@EVERY_PROVIDER
@pytest.mark.parametrize(("kind", "options", "accepted"), NO_ANSWER)
async def test_200_with_no_answer(
    enter: Enter, provider: Provider, kind: str, options: dict[str, Any], *, accepted: bool
) -> None:
    home = await enter(provider)
    home.fail(kind, **options)
    if provider is HOUSE and kind == "truncated":
        # A truncated id looks like a complete id. The home can still find the message by its own reference.
        assert (await home.send()).status in TAKEN
        assert (home.held, home.tries) == (1, 1)
        return
    await check(home, accepted=accepted)


@EVERY_PROVIDER
@pytest.mark.parametrize(("kind", "options", "accepted"), NO_END)
async def test_a_body_without_end(
    enter: Enter, provider: Provider, kind: str, options: dict[str, Any], *, accepted: bool
) -> None:
    home = await enter(provider)
    home.fail(kind, **options)
    await check(home, accepted=accepted)


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        (HOUSE, "ERR: 300 | Error processing request"),
        (CLUB, "-10"),
        (GROUP, "-10"),
        (POINT, {"status": "error", "message": "Internal Server Error", "data": None, "code": 500}),
    ],
)
@pytest.mark.parametrize("accepted", [False, True])
async def test_the_documented_unknown_error(enter: Enter, provider: Provider, body: object, *, accepted: bool) -> None:
    home = await enter(provider)
    home.fail("answer", body=body, accept=accepted)
    await check(home, accepted=accepted)


@EVERY_PROVIDER
async def test_a_wrong_content_type_is_no_fault(enter: Enter, provider: Provider) -> None:
    home = await enter(provider)
    home.fail("content_type")
    assert (await home.send()).status in TAKEN
    assert (home.held, home.tries) == (1, 1)


@EVERY_PROVIDER
async def test_while_nothing_at_all_can_be_asked_it_goes_on(enter: Enter, provider: Provider) -> None:
    """If the gateway fails after it loses a response, the home looks the message up when the gateway works again.

    Only TextingHouse and TextioPro can look up a message.
    """
    # Incoming texts would be asked for too, in vain.
    home = await enter(provider, options={"incoming_interval": 3600} if provider is PRO else {})
    home.fail("cut", accept=True)
    home.fail("latency", None, delay=0.0)
    lookup = home.simulator.faults.add(provider, "http_error", None)
    if provider is HOUSE:
        home.simulator.faults.add("textinghouse_backup", "http_error", None)
    sent = await home.send_late(when=lookup.reached.is_set)
    if provider in (HOUSE, PRO):
        assert sent.status == "queued"
        assert home.sensor("pending_messages") == "1"
        home.simulator.faults.clear()
        await home.until_shown(*TAKEN)
    else:
        assert sent.key == "outcome_unknown"
    assert (home.held, home.tries) == (1, 1)
