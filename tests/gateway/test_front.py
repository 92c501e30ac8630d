"""What may stand in front of a provider: redirects, a firewall, a busy site, session cookies."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
from aiohttp import web
import pytest

from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    Blocked,
    CannotConnect,
    RateLimited,
    Redirected,
)
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import create_gateway
from custom_components.texting.gateway.redaction import add_secrets
from custom_components.texting.gateway.status import Status
from custom_components.texting.gateway.transport import Transport
from tests.simulator import Simulator
from tests.simulator.variants import ANYWHERE
from tests.support.accounts import account_data
from tests.support.flows import SECRETS, SITES, WRONG
from tests.support.gateways import Bench, Serve
from tests.support.samples import send_one

SITE = "thesmspoint"
PATH = "/api/v1/get-sms-balance"
PROVIDERS = pytest.mark.parametrize("provider", Provider)
MOVED = [name for name in ANYWHERE if name.startswith("moved")]
CHALLENGED = [name for name in ANYWHERE if name.startswith("challenge")]


# -- requests ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(
    transport: Transport, serve: Serve, simulator: Simulator, status: int
) -> None:
    async def redirect(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": simulator.url(SITE) + PATH})

    address = await serve(redirect)
    with pytest.raises(Redirected) as raised:
        await transport.request("POST", f"http://{address}/", form={"pass": "secret"})
    target = simulator.url(SITE).removeprefix("http://")
    assert (raised.value.host, raised.value.target, raised.value.code) == (address, target, str(status))
    assert str(raised.value) == f"Redirected: {status}, to {target}"
    assert not simulator.requests()


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://new.example.com/api?token=abcdef0123456789", "new.example.com"),
        ("https://user:pass@New.Example.com:8443/", "new.example.com:8443"),
        ("https://[2001:db8::7]/", "2001:db8::7"),
        ("//new.example.com/login", "new.example.com"),
        ("https:///", ""),
        ("https://new.example.com:port/", ""),
        ("https://[", ""),
        ("https://a b<script>/", ""),
        (f"https://{'a' * 300}/", ""),
        ("mailto:me@example.com", ""),
    ],
)
async def test_a_redirect_names_a_host_and_nothing_else(
    transport: Transport, serve: Serve, location: str, target: str
) -> None:
    async def redirect(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=301, headers={"Location": location})

    with pytest.raises(Redirected) as raised:
        await transport.request("GET", f"http://{await serve(redirect)}/")
    assert raised.value.target == target


@pytest.mark.parametrize("secret", ["Tulipe-Garden", "AbC1"])
async def test_a_redirect_to_a_host_with_a_secret_names_none(transport: Transport, serve: Serve, secret: str) -> None:
    async def redirect(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=301, headers={"Location": f"https://{secret}.evil.example/x"})

    add_secrets(transport, [secret])
    with pytest.raises(Redirected) as raised:
        await transport.request("GET", f"http://{await serve(redirect)}/")
    assert (raised.value.target, str(raised.value)) == ("", "Redirected: 301")


@pytest.mark.parametrize("headers", [{}, {"Location": ""}, {"Location": "/login"}])
async def test_a_redirect_to_the_same_host(transport: Transport, serve: Serve, headers: dict[str, str]) -> None:
    async def redirect(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=302, headers=headers)

    address = await serve(redirect)
    with pytest.raises(Redirected) as raised:
        await transport.request("GET", f"http://{address}/")
    assert raised.value.target == address


@pytest.mark.parametrize("status", [300, 303, 304])
async def test_other_statuses_are_no_redirects(transport: Transport, serve: Serve, status: int) -> None:
    """A 303 leads to the result of what was processed, so a text may have been sent."""

    async def answer(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": "https://new.example.com/"})

    assert (await transport.request("GET", f"http://{await serve(answer)}/")).status == status


@pytest.mark.parametrize("status", [200, 403, 429, 503])
async def test_the_page_of_a_firewall(session: aiohttp.ClientSession, serve: Serve, status: int) -> None:
    async def challenge(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, headers={"CF-Mitigated": "challenge"}, text="<html>Just a moment...</html>")

    address = await serve(challenge)
    with pytest.raises(Blocked) as raised:
        await Transport(session, in_flight=1, busy={429, 503}).request("POST", f"http://{address}/")
    assert (raised.value.host, raised.value.firewall, raised.value.code) == (address, "Cloudflare", str(status))


@pytest.mark.parametrize("status", [403, 503])
async def test_a_page_without_the_header_may_be_the_providers(transport: Transport, serve: Serve, status: int) -> None:
    async def refuse(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, headers={"Server": "cloudflare"}, text="<html>Just a moment...</html>")

    assert (await transport.request("POST", f"http://{await serve(refuse)}/")).status == status


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5),
        (" 5 ", 5),
        ("86400", 3600),
        ("9" * 100, 3600),
        ("9" * 5000, None),
        ("Wed, 21 Oct 2026 07:29:00 GMT", 60),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2016 07:28:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0),
        ("Wed Oct 21 07:28:30 2026", 30),
        ("Wed, 99 Oct 2026 07:28:00 GMT", None),
        ("Wed, 21 Oct 99999 07:28:00 GMT", None),
        ("Wed, 21 Oct 2026 07:28:00 +99999999", None),
        ("-1", None),
        ("1.5", None),
        ("1e9", None),
        ("²", None),
        ("٣", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
async def test_retry_after(transport: Transport, serve: Serve, header: str | None, seconds: float | None) -> None:
    async def refuse(_request: web.BaseRequest) -> web.StreamResponse:
        # The provider's clock counts, not ours.
        headers = {"Date": "Wed, 21 Oct 2026 07:28:00 GMT"}
        return web.Response(status=429, headers=headers if header is None else {**headers, "Retry-After": header})

    with pytest.raises(RateLimited) as raised:
        await transport.request("GET", f"http://{await serve(refuse)}/")
    assert raised.value.retry_after == seconds


async def test_a_date_without_the_providers_clock(transport: Transport, serve: Serve) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=1000), usegmt=True)

    async def refuse(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": later, "Date": "now"})

    with pytest.raises(RateLimited) as raised:
        await transport.request("GET", f"http://{await serve(refuse)}/")
    assert raised.value.retry_after == pytest.approx(1000, abs=100)


# -- each provider -------------------------------------------------------------------------------------------------


@PROVIDERS
@pytest.mark.parametrize("variant", MOVED)
async def test_a_provider_that_moved_gets_nothing(bench: Bench, variant: str) -> None:
    bench.account.redirect_to = bench.simulator.url("textiopro" if bench.provider != "textiopro" else SITE)
    bench.simulator.use_variant(bench.provider, variant)
    target = bench.account.redirect_to.removeprefix("http://")
    with pytest.raises(Redirected) as raised:
        await bench.gateway.verify()
    assert (raised.value.target, raised.value.code) == (target, variant[-3:])
    assert raised.value.host == bench.simulator.url(bench.provider).removeprefix("http://")
    result = await send_one(bench.gateway)
    # It is certain that the text was not processed, so it may be sent again.
    assert (result.status, type(result.error)) == (Status.REJECTED, Redirected)
    assert isinstance(result.error, CannotConnect)
    assert not bench.simulator.messages()
    assert {request.site for request in bench.simulator.requests()} <= set(SITES[bench.provider])


@PROVIDERS
@pytest.mark.parametrize("variant", CHALLENGED)
async def test_a_firewall_lets_nothing_through(bench: Bench, variant: str) -> None:
    bench.simulator.use_variant(bench.provider, variant)
    with pytest.raises(Blocked) as raised:
        await bench.gateway.verify()
    assert (raised.value.firewall, raised.value.code) == ("Cloudflare", variant[-3:])
    result = await send_one(bench.gateway)
    assert (result.status, type(result.error)) == (Status.REJECTED, Blocked)
    assert not bench.simulator.messages()
    bench.account.challenge_status = 0
    assert (await send_one(bench.gateway)).status is Status.ACCEPTED


@PROVIDERS
async def test_a_busy_site_may_say_anything(bench: Bench) -> None:
    bench.simulator.use_variant(bench.provider, "busy")
    for said, seconds in (("²", None), ("9" * 4999, None), ("-5", None), ("120", 120), ("9" * 20, 3600)):
        bench.account.busy_for = said
        result = await send_one(bench.gateway)
        assert isinstance(result.error, RateLimited)
        assert result.error.retry_after == seconds
    assert not bench.simulator.messages()


@PROVIDERS
@pytest.mark.parametrize("keeps_cookies", [True, False])
async def test_a_session_outweighs_a_login(bench: Bench, keeps_cookies: bool) -> None:
    """With a cookie of the right login, wrong credentials look right. This is why the integration keeps none."""
    bench.simulator.use_variant(bench.provider, "sessions")
    data = account_data(bench.provider, bench.simulator)
    secret, _ = SECRETS[bench.provider]
    jar = aiohttp.CookieJar(unsafe=True) if keeps_cookies else aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        await create_gateway(session, data).verify()
        wrong = create_gateway(session, {**data, secret: WRONG})
        if keeps_cookies:
            await wrong.verify()
        else:
            with pytest.raises(AuthenticationFailed):
                await wrong.verify()
