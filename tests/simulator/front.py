"""What stands in front of a provider's program: a redirect, a firewall, a queue that is full, and a session cookie."""

from dataclasses import dataclass, field, replace
from secrets import token_hex

from .wire import Request, Response, html_response

# The session cookies of Laravel sites; the others run plain PHP.
_COOKIES = {"textiopro": "laravel_session", "thesmspoint": "laravel_session"}
_COOKIE = "PHPSESSID"
# Where a request holds its login.
_LOGIN_PARAMS = ("user", "pass", "User", "Pass", "api_token")
_LOGIN_HEADERS = ("Authorization", "key")
# What a response says if the login was wrong.
_NO_LOGIN = (b"ERR: 101", b'"error"', b"Unauthenticated")


@dataclass(slots=True)
class Front:
    """The switches of an account's site that are the same for all providers."""

    # The HTTP status of a redirect (0: no redirect) and its target.
    redirect_status: int = 0
    redirect_to: str = "https://sms.example.com/moved?session=0123456789abcdef"
    # The HTTP status of the page with which a firewall asks for a browser; 0: no firewall.
    challenge_status: int = 0
    # The header Retry-After of 429 responses; None: the site is not busy.
    busy_for: str | None = None
    # The site opens a session at each login, and prefers the session of the cookie to the login in the request.
    session_cookie: bool = False
    # The only site of the account that closes each connection without a response; empty: none.
    silent_site: str = ""
    # The requests that opened the sessions, by the value of the cookie.
    sessions: dict[str, Request] = field(default_factory=dict)


def redirect_response(status: int, target: str) -> Response:
    """Return a redirect with a page, as web servers send it."""
    return replace(html_response(status, "Moved"), headers={"Location": target})


def challenge_response(status: int) -> Response:
    """Return the page with which a firewall asks for a browser."""
    return replace(
        html_response(status, "Just a moment..."), headers={"cf-mitigated": "challenge", "Server": "cloudflare"}
    )


def busy_response(retry_after: str) -> Response:
    """Return the response of a site that takes no more requests now."""
    return replace(html_response(429, "Too Many Requests"), headers={"Retry-After": retry_after})


def turn_away(front: Front) -> Response | None:
    """Return the response of what stands in front, None if the request gets through to the provider."""
    if front.redirect_status:
        return redirect_response(front.redirect_status, front.redirect_to)
    if front.challenge_status:
        return challenge_response(front.challenge_status)
    if front.busy_for is not None:
        return busy_response(front.busy_for)
    return None


def with_session(front: Front, request: Request) -> Request:
    """Return the request as a site with sessions takes it: with the login of the session, whatever else it holds."""
    cookie = request.headers.get("Cookie", "")
    opened = next((opened for value, opened in front.sessions.items() if value in cookie), None)
    if not front.session_cookie or opened is None:
        return request
    params = {name: opened.params[name] for name in _LOGIN_PARAMS if name in opened.params}
    headers = {name: opened.headers[name] for name in _LOGIN_HEADERS if name in opened.headers}
    return replace(request, params={**request.params, **params}, headers={**request.headers, **headers})


def open_session(front: Front, provider: str, request: Request, response: Response) -> Response:
    """Set the cookie of a session; the session has the login of the request if that was right."""
    if not front.session_cookie:
        return response
    value = token_hex(13)
    if response.body != b"-1" and not any(words in response.body for words in _NO_LOGIN):
        front.sessions[value] = request
    cookie = f"{_COOKIES.get(provider, _COOKIE)}={value}; path=/"
    return replace(response, headers={**response.headers, "Set-Cookie": cookie})
