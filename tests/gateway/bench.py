"""One provider with all that a check of it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from custom_components.texting.gateway.errors import Limit, MessageRejected
from custom_components.texting.gateway.gateway import Gateway
from custom_components.texting.gateway.message import DeliveryReport, IncomingMessage, WebhookCall
from custom_components.texting.gateway.provider import Provider, ProviderInfo
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.gateway.status import Status
from tests.simulator import Simulator
from tests.simulator.customer import Home

type OpenGateway = Callable[..., Gateway]
type GiveAnswer = Callable[..., None]


class Calls(Home):
    """The callback URL, and what it received as the integration's webhook passes it on."""

    @property
    def webhook_calls(self) -> list[WebhookCall]:
        """The calls so far, oldest first."""
        return [WebhookCall(method=method, parameters=data) for method, _, data in self.received]


@dataclass
class Bench:
    """What a check works with."""

    provider: Provider
    simulator: Simulator
    open: OpenGateway
    home: Calls

    @property
    def gateway(self) -> Gateway:
        """The provider's default account."""
        return self.open(self.provider)

    @property
    def info(self) -> ProviderInfo:
        """The provider as data."""
        return GATEWAYS[self.provider].info

    @property
    def account(self) -> Any:
        """The account as the simulator keeps it."""
        return self.simulator.accounts[self.provider]

    @property
    def last(self) -> Any:
        """The last message that the simulator accepted."""
        return self.simulator.messages(self.provider)[-1]

    def news(self) -> list[DeliveryReport | IncomingMessage]:
        """What the simulator's calls so far say."""
        return [news for call in self.home.webhook_calls for news in self.gateway.parse_webhook(call)]


def limit_of(result: Any) -> Limit | None:
    """The rule that a message broke here."""
    assert result.status is Status.REJECTED
    assert isinstance(result.error, MessageRejected)
    return result.error.limit
