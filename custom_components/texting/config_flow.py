"""The config flow: adding an account, a route or an alert, changing it, signing in again.

Providers declare their fields.
"""

from collections.abc import Mapping, Sequence
from functools import partialmethod
import logging
from typing import Any, override

from homeassistant.components import webhook
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigFlowResult,
    ConfigSubentryFlow,
    FlowType,
    SubentryFlowContext,
)
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import callback

from .account import TextingConfigEntry
from .const import ALERT, CONF_PROVIDER, DOMAIN, ROUTE, SUBENTRY_KEYWORD, SUBENTRY_RECIPIENT
from .country_names import async_country_names
from .entries import is_alert
from .error_messages import FORM_ERRORS, form_error, hosts_named
from .flows.alert import AlertFlow
from .flows.forms import (
    SENDER_STEP,
    account_schema,
    flatten,
    nest,
    numbers_error,
    other_host,
    secrets_schema,
    sender_error,
    sender_schema,
    suggestions,
    url_error,
)
from .flows.gateways import open_gateway
from .flows.keyword import KeywordFlow
from .flows.options import TextingOptionsFlow
from .flows.phone_numbers import example_number, facts
from .flows.recipient import RecipientFlow
from .flows.route import RouteFlow
from .gateway.capabilities import Capability
from .gateway.errors import GatewayError
from .gateway.message import Sender, Template
from .gateway.provider import Provider, ProviderInfo
from .gateway.providers import GATEWAYS
from .gateway.transport import host_of
from .translations import CONFIGURE, async_translations

_LOGGER = logging.getLogger(__name__)
# The errors at the top of an account's form that are about a field in its section.
_OF_SECTION = frozenset({"invalid_url", "invalid_own_number", "redirected"})


class TextingConfigFlow(RouteFlow, AlertFlow, domain=DOMAIN):
    """The flow of one account, route or alert."""

    def __init__(self) -> None:
        """Start without values."""
        self._values: dict[str, Any] = {}
        # The placeholders of the last error.
        self._named: dict[str, str] = {}

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        """Return recipients, and keywords if the provider lets us set them up. An alert has neither."""
        if is_alert(config_entry):
            return {}
        types: dict[str, type[ConfigSubentryFlow]] = {SUBENTRY_RECIPIENT: RecipientFlow}
        if config_entry.data[CONF_PROVIDER] != ROUTE and Capability.KEYWORD_SETUP in _info(config_entry).capabilities:
            types[SUBENTRY_KEYWORD] = KeywordFlow
        return types

    @classmethod
    @callback
    @override
    def async_supports_options_flow(cls, config_entry: ConfigEntry) -> bool:
        """Return True for accounts and routes. The dialog that changes an alert shows all that it has."""
        return not is_alert(config_entry)

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: TextingConfigEntry) -> TextingOptionsFlow:
        """Return the flow of the options, the webhook's page and the purchase of credits."""
        return TextingOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose a provider, a route or an alert."""
        texts, countries = await async_translations(self.hass, CONFIGURE), await async_country_names(self.hass)
        options = {str(provider): gateway.info.name for provider, gateway in GATEWAYS.items()}
        options |= {each: texts[each] for each in (ROUTE, ALERT)}
        # A narrow screen cuts the lines of a menu, but not those of its description.
        about = [facts(gateway.info, countries, texts) for gateway in GATEWAYS.values()]
        about += [texts["about_route"], texts["about_alert"]]
        lines = [f"* **{name}**: {fact}" for name, fact in zip(options.values(), about, strict=True)]
        return self.async_show_menu(
            step_id="user", menu_options=options, description_placeholders={"choices": "\n".join(lines)}
        )

    async def _async_step_account(
        self, provider: Provider, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the credentials of a new account."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._values = {CONF_PROVIDER: provider.value, **flatten(user_input)}
            errors = self._errors()
            if not errors:
                self._async_abort_entries_match(self._identity())
                errors = await self._async_check()
            if not errors:
                return await self._async_continue()
        suggested = suggestions(GATEWAYS[provider].info) if user_input is None else user_input
        return self._show_account(provider.value, suggested, errors)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change an account, a route or an alert."""
        entry = self._get_reconfigure_entry()
        if entry.data[CONF_PROVIDER] == ROUTE:
            return await self.async_step_reconfigure_route()
        if is_alert(entry):
            return await self.async_step_reconfigure_alert()
        errors: dict[str, str] = {}
        if user_input is not None:
            # A secret that is left empty stays as it is. A later step asks for the rest.
            kept = {field.name for field in _info(entry).fields if field.secret or field.step}
            kept |= {CONF_PROVIDER, CONF_WEBHOOK_ID} & entry.data.keys()
            self._values = {**{name: entry.data[name] for name in kept}, **flatten(user_input)}
            errors = self._errors()
            if not errors:
                self._abort_if_taken(entry)
                errors = await self._async_check(entry)
            if not errors:
                return await self._async_continue()
        return self._show_account("reconfigure", user_input or nest(_info(entry), entry.data), errors, entry.data)

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start because the provider refused the credentials."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the secrets again."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            self._values = {**entry.data, **flatten(user_input)}
            self._abort_if_taken(entry)
            errors = await self._async_check(entry)
            if not errors:
                return self.update_entry(entry, self._values)
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=secrets_schema(_info(entry)),
            errors=errors,
            description_placeholders={"account": entry.title, **self._named},
        )

    # -- the second step, if the account's senders can be read -------------------------------------------------------

    async def _async_continue(self) -> ConfigFlowResult:
        """Continue with the sender if the provider has senders to choose from, else finish."""
        if any(field.step == SENDER_STEP for field in self._info.fields):
            return await self._async_step_sender(self._info.provider)
        return self._finish()

    async def _async_step_sender(
        self, provider: Provider, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Choose a sender and a template of the account."""
        if user_input is not None:
            self._values |= flatten(user_input)
            return self._finish()
        senders: Sequence[Sender] = ()
        templates: Sequence[Template] = ()
        errors: dict[str, str] = {}
        entry = None if self.source == SOURCE_USER else self._get_reconfigure_entry()
        async with open_gateway(self.hass, self._values, entry) as gateway:
            try:
                senders = await gateway.fetch_senders()
                templates = await gateway.fetch_templates()
            except GatewayError as err:
                errors = self._account_error(err)
        schema = sender_schema(self._info, senders, templates, await async_translations(self.hass, CONFIGURE))
        return self.async_show_form(
            step_id=f"{provider}_{SENDER_STEP}",
            data_schema=self.add_suggested_values_to_schema(schema, self._values),
            errors=errors,
            description_placeholders=self._named,
        )

    # -- helpers of the steps ----------------------------------------------------------------------------------------

    @property
    def _info(self) -> ProviderInfo:
        return GATEWAYS[Provider(self._values[CONF_PROVIDER])].info

    def _identity(self) -> dict[str, Any]:
        """Return the values that make two accounts the same login."""
        return {name: self._values[name] for name in (CONF_PROVIDER, *self._info.identity)}

    def _abort_if_taken(self, entry: ConfigEntry) -> None:
        """Abort if an account would become another one. It could if the secret is the login."""
        identity = self._identity()
        if identity != {name: entry.data[name] for name in identity}:
            self._async_abort_entries_match(identity)

    def _errors(self) -> dict[str, str]:
        """Return the errors that are found without asking the provider."""
        if error := url_error(self._values):
            return {"base": error}
        country = self.hass.config.country
        if errors := numbers_error(self._info, self._values, country):
            self._named = {"example": example_number(*filter(None, (country,)))}
        field = self._info.sender_field
        sender = self._values.get(field) if field else None
        if sender and not self._info.takes_sender(sender):
            errors[str(field)] = sender_error(self._info)
        # A form shows the error of a field in a section only at the top.
        return {"base" if self._is_advanced(name) else name: error for name, error in errors.items()}

    def _is_advanced(self, name: str) -> bool:
        return any(field.advanced and field.name == name for field in self._info.fields)

    async def _async_check(self, entry: ConfigEntry | None = None) -> dict[str, str]:
        """Check the credentials of a new or a known account with the provider, and return the errors."""
        self._named = {}
        try:
            async with open_gateway(self.hass, self._values, entry) as gateway:
                await gateway.verify()
        except GatewayError as err:
            return self._account_error(err)
        except Exception as err:  # noqa: BLE001  its text may hold a secret
            _LOGGER.error("Unexpected %s while checking the account", type(err).__name__)  # noqa: TRY400
            return {"base": "unknown"}
        return {}

    def _account_error(self, error: GatewayError) -> dict[str, str]:
        """Return the error as a form shows it, and remember the hosts that it names. Log it if it has no text."""
        key = form_error(error)
        if key not in FORM_ERRORS:
            key = "unknown"
        self._named = hosts_named(error, host_of(self._values["url"]))
        if key == "unknown":
            _LOGGER.error("The account cannot be checked: %s", error)
        return {"base": key}

    def _show_account(
        self,
        step_id: str,
        suggested: Mapping[str, Any],
        errors: dict[str, str],
        known: Mapping[str, Any] | None = None,
    ) -> ConfigFlowResult:
        provider = known[CONF_PROVIDER] if known else step_id
        info = GATEWAYS[Provider(provider)].info
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                account_schema(info, known, opened=errors.get("base") in _OF_SECTION), suggested
            ),
            errors=errors,
            description_placeholders={"provider": info.name, **self._named},
        )

    def _finish(self) -> ConfigFlowResult:
        """Create the account, or change it."""
        if self.source != SOURCE_USER:
            return self.update_entry(self._get_reconfigure_entry(), self._values)
        if self._info.uses_webhook:
            self._values[CONF_WEBHOOK_ID] = webhook.async_generate_id()
        return self.async_create_entry(title=self._free_title(), data=self._values)

    def _free_title(self) -> str:
        """Return the name of the provider or of another site, with a number if an account already has the name."""
        taken = {entry.title for entry in self._async_current_entries()}
        name, number = other_host(self._info, self._values) or self._info.name, 2
        title = name
        while title in taken:
            title, number = f"{name} {number}", number + 1
        return title

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Continue with the first recipient of an account or a route."""
        if is_alert(result["result"]):
            return result
        flow = await self.hass.config_entries.subentries.async_init(
            (result["result"].entry_id, SUBENTRY_RECIPIENT), context=SubentryFlowContext(source=SOURCE_USER)
        )
        result["next_flow"] = (FlowType.CONFIG_SUBENTRIES_FLOW, flow["flow_id"])
        return result


# Home Assistant finds steps by name: async_step_<provider>, and async_step_<provider>_sender for the second step.
for _provider, _gateway in GATEWAYS.items():
    setattr(
        TextingConfigFlow,
        f"async_step_{_provider}",
        partialmethod(TextingConfigFlow._async_step_account, _provider),  # noqa: SLF001  own class
    )
    if any(_field.step for _field in _gateway.info.fields):
        setattr(
            TextingConfigFlow,
            f"async_step_{_provider}_{SENDER_STEP}",
            partialmethod(TextingConfigFlow._async_step_sender, _provider),  # noqa: SLF001  own class
        )


def _info(entry: ConfigEntry) -> ProviderInfo:
    return GATEWAYS[Provider(entry.data[CONF_PROVIDER])].info
