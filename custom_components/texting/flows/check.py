"""The step that checks the connection, and shows what the provider answered, ready for a bug report."""

from collections.abc import Iterable, Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.const import __version__
from homeassistant.helpers.selector import BooleanSelector
from homeassistant.loader import async_get_integration
from homeassistant.util.ulid import ulid_now

from ..const import CONF_PROVIDER, DOMAIN
from ..gateway.base import Gateway
from ..gateway.connection_check import Finding, check_connection
from ..gateway.provider import Provider
from ..gateway.providers import GATEWAYS
from ..options import gateway_values, stored_options
from ..storage.stores import async_memory
from ..translations import CHECK, async_translations
from .forms import other_host
from .gateways import open_gateway

_SEND_TEST = "send_test"


class CheckFlow(OptionsFlow):
    """The steps of a check of the connection."""

    async def async_step_check(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Check the connection. If the provider has a free test number, first ask whether to send a text to it."""
        number = GATEWAYS[Provider(self.config_entry.data[CONF_PROVIDER])].info.test_number
        if number and user_input is None:
            schema = vol.Schema({vol.Required(_SEND_TEST, default=False): BooleanSelector()})
            return self.async_show_form(
                step_id="check", data_schema=schema, description_placeholders={"number": number}
            )
        report = await self._async_report(sends_test=bool((user_input or {}).get(_SEND_TEST)))
        return self.async_show_form(
            step_id="check_result", data_schema=vol.Schema({}), description_placeholders={"report": report}
        )

    async def async_step_check_result(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Close the report."""
        return self.async_create_entry(data=stored_options(self.config_entry))

    async def _async_report(self, *, sends_test: bool) -> str:
        """Ask the provider, and return the report."""
        entry = self.config_entry
        reference = ulid_now() if sends_test else None
        async with open_gateway(self.hass, gateway_values(entry), entry) as gateway:
            findings = await check_connection(gateway, reference)
        texts = await async_translations(self.hass, CHECK)
        integration = await async_get_integration(self.hass, DOMAIN)
        site = texts["other_site" if other_host(gateway.info, gateway_values(entry)) else "own_site"]
        memory = await async_memory(self.hass, entry.entry_id)
        unknown = [f"{word} ({count})" for word, count in memory.unknown_words.items()]
        return "\n".join(
            [
                f"Texting {integration.version}, Home Assistant {__version__}",
                f"{gateway.info.name}: {', '.join([site, *_choices(entry.data, gateway)])}",
                *(_line(finding, texts) for finding in findings),
                f"{texts['unknown_words']}: {', '.join(unknown) or '—'}",
            ]
        )


def _choices(data: Mapping[str, Any], gateway: Gateway[Any]) -> Iterable[str]:
    """Yield the settings that are choices of a list, such as the API."""
    for each in gateway.info.fields:
        if data.get(each.name) in each.choices:
            yield f"{each.name} {data[each.name]}"


def _line(finding: Finding, texts: Mapping[str, str]) -> str:
    """Return a finding in words."""
    notes = [f"{texts[note]}: {value}" if value else texts[note] for note, value in finding.notes]
    return f"{texts[finding.item]}: {'; '.join([texts[finding.outcome], *notes])}"
