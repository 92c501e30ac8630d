"""Responses with odd headers, broken encodings, and values that no provider means."""

from collections.abc import Awaitable, Callable
from compression import zstd
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
import gzip
import tracemalloc
import zlib

from aiohttp import web
import pytest

from custom_components.texting.gateway.balance_text import read_balance
from custom_components.texting.gateway.errors import InvalidResponse, OutcomeUnknown, RateLimited, WebhookRejected
from custom_components.texting.gateway.json_fields import amount, count
from custom_components.texting.gateway.message import WebhookCall
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.time_text import read_time
from custom_components.texting.gateway.transport import Response, Transport, host_of
from custom_components.texting.gateway.unknown_words import MORE, safe_status
from tests.support.gateways import OpenGateway, Serve

JSON = b'{"status": "success"}'
NOW = "Wed, 21 Oct 2026 07:28:00 GMT"


def answering(body: bytes, **headers: str) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    """Return a handler that responds with this body and these headers, written with _ for -."""

    async def handle(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return handle


async def fetch(transport: Transport, serve: Serve, body: bytes, **headers: str) -> Response:
    return await transport.request("GET", f"http://{await serve(answering(body, **headers))}/")


@pytest.mark.parametrize(
    "header",
    [
        *("²", "١٠", "1e9", "-1", "+5", "nan", "inf", "Infinity", "0x10", "1_0", "1.5", "9" * 101, "5 seconds", "soon"),
        *("Wed, 99 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:00 +9999"),
        *("Wed, 21 Oct 2026 99:99:99 GMT", "Oct"),
    ],
)
async def test_an_odd_time_to_wait_is_ignored(transport: Transport, serve: Serve, header: str) -> None:
    response = await fetch(transport, serve, JSON, Retry_After=header, Date=NOW)
    assert response.retry_after is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("9" * 100, 3600),
        ("Wed, 21 Oct 2026 07:30:00 GMT", 120),
        ("Wed, 21 Oct 2026 09:30:00 +0200", 120),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 3600),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0),
        ("Wed, 21 Oct 0000 07:28:00 GMT", 0),
    ],
)
async def test_a_time_to_wait(transport: Transport, serve: Serve, header: str, seconds: float) -> None:
    assert (await fetch(transport, serve, JSON, Retry_After=header, Date=NOW)).retry_after == seconds


async def test_a_busy_provider_with_an_odd_time_to_wait(transport: Transport, serve: Serve) -> None:
    async def busy(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": "²"})

    with pytest.raises(RateLimited) as raised:
        await transport.request("GET", f"http://{await serve(busy)}/")
    assert raised.value.retry_after is None


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"this is no gzip"),
        ("gzip", gzip.compress(JSON)[:-8] + bytes(8)),
        ("deflate", b"nope"),
        ("br", b"nope"),
        ("zstd", b"nope"),
    ],
)
async def test_a_broken_encoding_is_no_answer(transport: Transport, serve: Serve, encoding: str, body: bytes) -> None:
    with pytest.raises(OutcomeUnknown) as raised:
        await fetch(transport, serve, body, Content_Encoding=encoding)
    assert raised.value.host
    assert "nope" not in str(raised.value)


@pytest.mark.parametrize(("encoding", "body"), [("gzip", gzip.compress(JSON)[:12]), ("zstd", zstd.compress(JSON)[:-3])])
async def test_half_of_an_encoded_answer_is_none(
    transport: Transport, serve: Serve, encoding: str, body: bytes
) -> None:
    with pytest.raises(OutcomeUnknown):
        (await fetch(transport, serve, body, Content_Encoding=encoding)).json()


@pytest.mark.parametrize(("encoding", "encode"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_an_answer_that_grows_takes_little_memory(
    transport: Transport, serve: Serve, encoding: str, encode: Callable[[bytes, int], bytes]
) -> None:
    """An older aiohttp unpacks up to 32 MiB before it gives up. A newer one unpacks no more than we read."""
    address = await serve(answering(encode(bytes(150_000_000), 1), Content_Encoding=encoding))
    tracemalloc.start()
    try:
        with pytest.raises(OutcomeUnknown):
            await transport.request("GET", f"http://{address}/")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 80 * 2**20


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-06T10:31:18.724Z", datetime(2026, 3, 6, 10, 31, 18, 724000, UTC)),
        (" 2026-03-06 10:31:18 ", datetime(2026, 3, 6, 10, 31, 18, tzinfo=UTC)),
        ("2026-03-06T10:31:18+02:00", datetime(2026, 3, 6, 10, 31, 18, tzinfo=timezone(timedelta(hours=2)))),
        ("0001-01-01T00:00:00+23:59", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("1969-12-31", None),
        ("yesterday", None),
        ("\ud800", None),
        ("", None),
    ],
)
def test_a_time_exists_in_every_zone(text: str, expected: datetime | None) -> None:
    found = read_time(text, UTC)
    assert found == expected
    if found:
        assert found.astimezone(timezone(timedelta(hours=-23))) == found
        assert (read_time(text, None) is None) is ("+" not in text and "Z" not in text)


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_an_impossible_date_of_a_text_is_left_out(gateway: OpenGateway, date: str) -> None:
    reply = {"from": "33612345601", "txt": "Yes", "date": date}
    (house,) = gateway(Provider.TEXTINGHOUSE).parse_webhook(WebhookCall(method="POST", parameters=reply))
    reply = {"type": "inbound_text.received", "fromNumber": "12125550142", "message": "Yes", "received": date}
    (club,) = gateway(Provider.CLUB_TEXTING).parse_webhook(WebhookCall(method="POST", parameters=reply))
    assert [getattr(text, "sent_at", "") for text in (house, club)] == [None, None]


@pytest.mark.parametrize("status", ["²", "١", "1" * 10])
def test_only_digits_are_a_status(gateway: OpenGateway, status: str) -> None:
    with pytest.raises(WebhookRejected):
        gateway(Provider.TEXTINGHOUSE).parse_webhook(
            WebhookCall(method="POST", parameters={"apimsgid": "5d72", "status": status})
        )


@pytest.mark.parametrize("value", ["1e999999999", "1e-400", "nan", "inf", "1e16", "x"])
def test_an_amount_can_be_written_out(value: str) -> None:
    with pytest.raises(InvalidResponse):
        amount(value)


def test_usual_amounts() -> None:
    assert [amount(value) for value in ("0", "1.5", -2, 0.30000000000000004, "0e500")] == [
        *(Decimal(value) for value in ("0", "1.5", "-2", "0.30000000000000004")),
        Decimal(),
    ]


def test_a_tiny_balance_is_none() -> None:
    assert str(read_balance(5e-324).amount) == "0"
    assert read_balance(0.30000000000000004).amount == Decimal("0.30000000000000004")


def test_a_count_that_nothing_has() -> None:
    """Times the segments of a text, it would not fit into the database."""
    assert count({"contacts_count": "9" * 18}, "contacts_count") is None
    assert count({"contacts_count": 100_000}, "contacts_count") == 100_000


def test_a_long_address_has_no_host() -> None:
    assert host_of("//a.example/" + "ﷺ" * 60_000) == ""
    assert host_of("//a.example/" + "x" * 1000, "https://b.example") == "a.example"


def test_a_status_in_a_text_that_is_too_long_to_search_is_not_shown() -> None:
    assert safe_status("Enroute", "ﷺ" * 10_000) == "enroute"
    assert safe_status("Enroute", "ﷺ" * 10_001) == MORE
