"""TextioPro ("Ultimate SMS"): the bearer API under /api/v3 and the token API under /api/http."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
import re
from typing import Any

from .accounts import TextioProAccount, json_number
from .network import Network
from .textiopro_campaigns import Campaigns
from .textiopro_contacts import Contacts
from .textiopro_messages import Messages
from .textiopro_replies import ApiError, MissingError, success
from .wire import Request, Response, html_response, json_response

type Handler = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class Route:
    """A path of both APIs, and its methods in each API.

    A read is GET in v3. Reads of contacts are documented as POST, but are GET at some sites.
    """

    method: str
    pattern: str
    handler: Handler
    read: bool = False
    of_contacts: bool = False

    def methods(self, api: str, http_reads: str, contact_reads: str) -> Iterable[str]:
        """Return the methods of this route."""
        if self.of_contacts:
            return (contact_reads,)
        if api == "v3" or not self.read:
            return (self.method,)
        return ("GET", "POST") if http_reads == "any" else (http_reads,)


class TextioPro:
    """Both APIs of one installation."""

    reads_json = True
    connection_limit = None

    def __init__(self, account: TextioProAccount, network: Network) -> None:
        """Serve one account."""
        self._account = account
        messages = Messages(account, network)
        campaigns = Campaigns(account, network, messages)
        contacts = Contacts(account)
        uid = r"([^/]+)"
        self._routes = (
            Route("POST", "sms/send", messages.send),
            Route("POST", "sms/campaign", campaigns.send),
            Route("GET", "sms", messages.list_all, read=True),
            Route("GET", f"sms/(?!send$|campaign$){uid}", messages.show, read=True),
            Route("GET", f"campaign/{uid}/view", campaigns.show, read=True),
            Route("GET", "balance", self._balance, read=True),
            Route("GET", "me", self._profile, read=True),
            # The token API's document has the same request for listing and creating groups: POST creates, GET lists.
            Route("GET", "contacts", contacts.list_groups),
            Route("POST", "contacts", contacts.create_group),
            Route("POST", f"contacts/{uid}/show", contacts.show_group, of_contacts=True),
            Route("PATCH", f"contacts/{uid}", contacts.rename_group),
            Route("DELETE", f"contacts/{uid}", contacts.delete_group),
            Route("POST", f"contacts/{uid}/store", contacts.store),
            Route("POST", f"contacts/{uid}/all", contacts.list_all, of_contacts=True),
            Route("POST", f"contacts/{uid}/search/{uid}", contacts.show, of_contacts=True),
            Route("PATCH", f"contacts/{uid}/update/{uid}", contacts.update),
            Route("DELETE", f"contacts/{uid}/delete/{uid}", contacts.delete),
        )
        self._get_send = Route("GET", "sms/send", messages.send)

    def handle(self, request: Request) -> Response:
        """Handle a request to either API."""
        match = re.fullmatch(r"/api/(v3|http)/(.+?)/?", request.path)
        if match is None:
            return html_response(404, "Not Found")
        if not self._is_authenticated(match[1], request):
            return json_response({"message": "Unauthenticated."}, self._account.unauthenticated_status)
        try:
            return self._dispatch(match[1], match[2], request)
        except MissingError as error:
            if self._account.missing_shape == "laravel":
                return json_response({"message": "No query results for model [App\\Models\\Contacts]."}, 404)
            return json_response({"status": "error", "message": str(error)}, self._account.error_status)
        except ApiError as error:
            return json_response({"status": "error", "message": str(error)}, self._account.error_status)

    def _is_authenticated(self, api: str, request: Request) -> bool:
        if api == "v3":
            return request.headers.get("Authorization") == f"Bearer {self._account.token}"
        return bool(request.params.get("api_token") == self._account.token)

    def _dispatch(self, api: str, path: str, request: Request) -> Response:
        if not self._account.strict:
            request = replace(request, params={"type": "plain"} | request.params)
        elif "application/json" not in request.headers.get("Accept", ""):
            raise ApiError("The Accept header must be application/json.")
        routes = (*self._routes, self._get_send) if api == "http" else self._routes
        known: set[str] = set()
        for route in routes:
            if match := re.fullmatch(route.pattern, path):
                methods = route.methods(api, self._account.http_reads, self._account.contact_reads)
                if request.method in methods:
                    return route.handler(request, *match.groups())
                known.update(methods)
        if known:
            return _method_not_allowed(request, known)
        raise ApiError("The requested resource was not found.")

    def _balance(self, request: Request) -> Response:
        if self._account.balance_shape == "remaining":
            credit = "Unlimited" if self._account.unlimited else f"${self._account.credit:.2f}"
            return success({"remaining_balance": credit, "expired_on": "31st Dec 30, 11:59 PM"})
        if self._account.balance_shape == "remaining_unit":
            return success({"remaining_unit": json_number(self._account.credit)})
        return success({"balance": json_number(self._account.credit), "unit": "sms"})

    def _profile(self, request: Request) -> Response:
        return success(
            {
                "id": 1,
                "uid": "5f0e1d2c3b4a5",
                "api_token": self._account.token,
                "first_name": "Demo",
                "last_name": "Home",
                "email": "demo@example.com",
                "locale": "en",
                "timezone": "UTC",
            }
        )


def _method_not_allowed(request: Request, methods: set[str]) -> Response:
    message: dict[str, Any] = {
        "message": f"The {request.method} method is not supported for route {request.path.strip('/')}. "
        f"Supported methods: {', '.join(sorted(methods))}."
    }
    return json_response(message, 405)
