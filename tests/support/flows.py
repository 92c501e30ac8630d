"""Helpers that complete the integration's forms as a user does."""

import socket
from typing import Any, override

from aiohttp.abc import AbstractResolver, ResolveResult

from custom_components.texting.const import DOMAIN
from custom_components.texting.flows.recipient_form import SECTIONS
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlowResult,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section
from tests.simulator import Simulator
from tests.support.accounts import account_data

WRONG = "a-wrong-secret"
# The secret field of each provider's account, and the attribute of the simulator's account with the same secret.
SECRETS = {
    Provider.TEXTINGHOUSE: ("password", "password"),
    Provider.TEXTIOPRO: ("api_token", "token"),
    Provider.CLUB_TEXTING: ("password", "password"),
    Provider.GROUP_TEXTING: ("password", "password"),
    Provider.THESMSPOINT: ("api_key", "key"),
}
# The error of an action and the error of a form when the provider refuses the login.
LOGIN_REFUSED = {
    Provider.TEXTINGHOUSE: ("login_or_address_refused", "invalid_auth_or_address"),
    Provider.TEXTIOPRO: ("authentication_failed", "invalid_auth"),
    Provider.CLUB_TEXTING: ("login_or_api_refused", "invalid_auth_or_api"),
    Provider.GROUP_TEXTING: ("login_or_api_refused", "invalid_auth_or_api"),
    Provider.THESMSPOINT: ("authentication_failed", "invalid_auth"),
}
# The sites of the simulator that each provider's account uses.
SITES = {
    Provider.TEXTINGHOUSE: ("textinghouse", "textinghouse_backup"),
    Provider.TEXTIOPRO: ("textiopro",),
    Provider.CLUB_TEXTING: ("club_texting",),
    Provider.GROUP_TEXTING: ("group_texting",),
    Provider.THESMSPOINT: ("thesmspoint",),
}
# What a user enters in the second step of TheSMSPoint.
SENDER_INPUT = {"sender_id": "HOMEHA", "template_id": "1107000000000000004", "channel": "1"}


class Loopback(AbstractResolver):
    """A resolver that resolves every host to this machine."""

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0),
        ]

    @override
    async def close(self) -> None:
        """Do nothing, because nothing is open."""

    real_close = close


def account_input(provider: Provider, simulator: Simulator, **changes: Any) -> dict[str, Any]:
    """Return what a user enters in the account form. A change to None omits the field."""
    values = {**account_data(provider, simulator), **changes}
    fields = [
        field for field in GATEWAYS[provider].info.fields if not field.step and values.get(field.name) is not None
    ]
    return {
        **{field.name: values[field.name] for field in fields if not field.advanced},
        "advanced": {field.name: values[field.name] for field in fields if field.advanced},
    }


async def begin(hass: HomeAssistant, provider: Provider) -> ConfigFlowResult:
    """Go from the menu to the account form."""
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert menu["type"] is FlowResultType.MENU
    return await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": provider.value})


async def submit(hass: HomeAssistant, form: ConfigFlowResult, values: dict[str, Any]) -> ConfigFlowResult:
    """Submit the form, and wait until the work that it started is done."""
    result = await hass.config_entries.flow.async_configure(form["flow_id"], values)
    await hass.async_block_till_done()
    return result


async def submit_account(
    hass: HomeAssistant, form: ConfigFlowResult, provider: Provider, values: dict[str, Any]
) -> ConfigFlowResult:
    """Submit the account form, and the sender form if there is one."""
    result = await submit(hass, form, values)
    if result.get("step_id") == f"{provider}_sender":
        result = await submit(hass, result, SENDER_INPUT)
    return result


async def reconfigure(hass: HomeAssistant, entry: ConfigEntry) -> ConfigFlowResult:
    """Open the form that changes an account."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )


def reauth_flow(hass: HomeAssistant) -> ConfigFlowResult:
    """Return the only form that asks the user to sign in again."""
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"
    return flow


def recipient_input(values: dict[str, Any]) -> dict[str, Any]:
    """Return what a user enters in the form of a recipient, from its flat values: numbers are all of its numbers."""
    first, *others = values.get("numbers") or [""]
    flat = {**values, **({"number": first} if "numbers" in values else {}), "numbers": others}
    if not others:
        del flat["numbers"]
    inside = {field for fields in SECTIONS.values() for field in fields}
    sections = {name: {each: flat[each] for each in fields if each in flat} for name, fields in SECTIONS.items()}
    plain = {name: value for name, value in flat.items() if name not in inside}
    return plain | {name: fields for name, fields in sections.items() if fields}


async def submit_recipient(hass: HomeAssistant, form: SubentryFlowResult, **values: Any) -> SubentryFlowResult:
    """Submit the form of a recipient, and send no test text."""
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], recipient_input(values))
    if result["type"] is FlowResultType.MENU:
        result = await hass.config_entries.subentries.async_configure(form["flow_id"], {"next_step_id": "not_now"})
    await hass.async_block_till_done()
    return result


def is_added(result: SubentryFlowResult) -> bool:
    """Return True if the dialog of a recipient ended because the recipient was added."""
    return result["type"] is FlowResultType.ABORT and result["reason"] == "added"


def recipient_values(form: Any) -> dict[str, Any]:
    """Return the values that the form of a recipient suggests, as flat as they are stored."""
    values = suggested(form)
    first, others = values.pop("number", None), values.pop("numbers", [])
    return {**values, "numbers": [*([first] if first else []), *others]}


def fields_of(form: Any) -> dict[str, Any]:
    """Return the fields of a form by name, including those in its sections."""
    fields: dict[str, Any] = {}
    for marker, selector in form["data_schema"].schema.items():
        fields |= (
            fields_of({"data_schema": selector.schema}) if isinstance(selector, section) else {str(marker): marker}
        )
    return fields


def opened(form: Any) -> set[str]:
    """Return the sections of a form that are open."""
    parts = form["data_schema"].schema.items()
    return {str(name) for name, part in parts if isinstance(part, section) and not part.options["collapsed"]}


def suggested(form: Any) -> dict[str, Any]:
    """Return the values that a form suggests, including the values in its section."""
    values: dict[str, Any] = {}
    for marker, selector in form["data_schema"].schema.items():
        if hasattr(selector, "schema") and hasattr(selector, "options"):
            values |= suggested({"data_schema": selector.schema})
        elif marker.description and "suggested_value" in marker.description:
            values[str(marker)] = marker.description["suggested_value"]
    return values


def choices(form: Any, field: str) -> dict[str, str]:
    """Return the choices of a form's field as {value: label}, also of one in a section."""
    parts = form["data_schema"].schema.items()
    inside = [each for _, part in parts if isinstance(part, section) for each in part.schema.schema.items()]
    selector = next(selector for marker, selector in [*parts, *inside] if marker == field)
    return {option["value"]: option["label"] for option in selector.config["options"]}
