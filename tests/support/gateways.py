"""A test bench for the gateway of one provider."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.errors import Limit, MessageRejected
from custom_components.texting.gateway.message import DeliveryReport, IncomingMessage, WebhookCall
from custom_components.texting.gateway.provider import Provider, ProviderInfo
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.gateway.status import Status
from tests.simulator import Simulator
from tests.simulator.customer import Home

type OpenGateway = Callable[..., Gateway]
type Respond = Callable[..., None]
# Starts a server with a handler, and returns its address without the scheme.
type Serve = Callable[..., Awaitable[str]]


class Calls(Home):
    """A callback URL, and its calls in the form that the integration's webhook uses."""

    @property
    def webhook_calls(self) -> list[WebhookCall]:
        """All calls so far, oldest first."""
        return [WebhookCall(method=method, parameters=data) for method, _, data in self.received]


@dataclass
class Bench:
    """The provider, the simulator and the home of a test."""

    provider: Provider
    simulator: Simulator
    open: OpenGateway
    home: Calls
    # What differs in the account from the default one.
    fields: Mapping[str, object] = field(default_factory=dict)

    @property
    def gateway(self) -> Gateway:
        """A new gateway for the default account."""
        return self.open(self.provider, **self.fields)

    @property
    def info(self) -> ProviderInfo:
        """The description of the provider."""
        return GATEWAYS[self.provider].info

    @property
    def account(self) -> Any:
        """The account at the simulator."""
        return self.simulator.accounts[self.provider]

    @property
    def accepted(self) -> Status:
        """The status of a message that the site has just accepted. Some sites call it delivered at once."""
        return Status.SENT if getattr(self.account, "hand_over_word", "") else Status.ACCEPTED

    @property
    def arrived(self) -> Status:
        """The last status of a message that arrives, as far as the site can tell."""
        return Status.SENT if getattr(self.account, "hand_over_word", "") else Status.DELIVERED

    @property
    def last(self) -> Any:
        """The last message that the simulator accepted."""
        return self.simulator.messages(self.provider)[-1]

    def news(self) -> list[DeliveryReport | IncomingMessage]:
        """Return the reports and incoming messages of all calls so far."""
        return [news for call in self.home.webhook_calls for news in self.gateway.parse_webhook(call)]


def limit_of(result: Any) -> Limit | None:
    """Return the limit that a message exceeded. The message was refused without a request."""
    assert result.status is Status.REJECTED
    assert isinstance(result.error, MessageRejected)
    return result.error.limit
