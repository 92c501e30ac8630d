"""Config entries of accounts at the simulator."""

from typing import Any, Protocol

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from homeassistant.config_entries import ConfigSubentryData

WEBHOOK_ID = "webhook-id-that-is-secret"

RECIPIENTS = {
    Provider.TEXTINGHOUSE: {"Anna": ["+33612345601"], "Ben": ["+33612345602", "+33612345603"]},
    Provider.TEXTIOPRO: {"Anna": ["+33612345601"], "Ben": ["+33612345602", "+33612345603"]},
    Provider.CLUB_TEXTING: {"Clara": ["+12125550142"], "Carl": ["+12125550143", "+12125550144"]},
    Provider.GROUP_TEXTING: {"Clara": ["+12125550142"], "Carl": ["+12125550143", "+12125550144"]},
    Provider.THESMSPOINT: {"Dev": ["+919812345601"], "Dana": ["+919812345602", "+919812345603"]},
}


class Sites(Protocol):
    """The addresses of the simulator."""

    def url(self, site: str) -> str:
        """Return the address of a site, without a slash at the end."""


def account_data(provider: Provider, simulator: Sites) -> dict[str, Any]:
    """Return the data of a config entry for the simulator's default account."""
    url = {"url": simulator.url(provider)}
    login = {"username": "demo", "password": "demo-password"}
    fields: dict[Provider, dict[str, Any]] = {
        Provider.TEXTINGHOUSE: {**login, **url, "backup_url": simulator.url("textinghouse_backup")},
        Provider.TEXTIOPRO: {"api_token": "7|demoTokenTextioPro", "sender_id": "MyHome", "api": "bearer", **url},
        Provider.CLUB_TEXTING: {**login, "country": "us", **url},
        Provider.GROUP_TEXTING: {**login, **url},
        Provider.THESMSPOINT: {
            "api_key": "demo-key",
            "sender_id": "HOMEHA",
            "template_id": "1107000000000000004",
            "channel": "1",
            **url,
        },
    }
    data = {"provider": provider.value, **fields[provider]}
    if GATEWAYS[provider].info.uses_webhook:
        data["webhook_id"] = f"{WEBHOOK_ID}-{provider}"
    return data


def new_entry(
    provider: Provider,
    simulator: Sites,
    *,
    data: dict[str, Any] | None = None,
    options: dict[str, Any] | None = None,
) -> MockConfigEntry:
    """Return an account with two recipients. The given data and options override the defaults."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=GATEWAYS[provider].info.name,
        data={**account_data(provider, simulator), **(data or {})},
        options=options or {},
        subentries_data=[
            ConfigSubentryData(data={"numbers": numbers}, subentry_type="recipient", title=name, unique_id=None)
            for name, numbers in RECIPIENTS[provider].items()
        ],
    )
