"""Adding and changing a route: its name, and the accounts that it sends through."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.helpers.typing import UNDEFINED, UndefinedType

from ..const import CONF_ACCOUNTS, CONF_CONFIRM_WITHIN, CONF_PROVIDER, ROUTE
from ..delivery.failover import reaches
from ..entries import messenger_entries
from ..routing.accounts import routes
from .forms import route_schema


class RouteFlow(ConfigFlow):
    """The steps of a route."""

    async def async_step_route(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Add a route."""
        if not (choices := self._choices()):
            return self.async_abort(reason="no_accounts")
        errors = _errors(user_input) if user_input is not None else {}
        if user_input is not None and not errors:
            return self.async_create_entry(title=user_input[CONF_NAME].strip(), data=_data(user_input))
        return self._show_route(ROUTE, choices, user_input or {}, errors)

    async def async_step_reconfigure_route(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change a route."""
        entry = self._get_reconfigure_entry()
        choices = self._choices(entry)
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = _errors(user_input)
            if reaches(user_input[CONF_ACCOUNTS], entry.entry_id, routes(self.hass)):
                errors[CONF_ACCOUNTS] = "cyclic"
            if not errors:
                return self.update_entry(entry, _data(user_input), user_input[CONF_NAME].strip())
        existing = [entry_id for entry_id in entry.data[CONF_ACCOUNTS] if entry_id in choices]
        known = {CONF_NAME: entry.title, **entry.data, CONF_ACCOUNTS: existing}
        return self._show_route("reconfigure_route", choices, user_input or known, errors)

    def update_entry(
        self, entry: ConfigEntry, data: Mapping[str, Any], title: str | UndefinedType = UNDEFINED
    ) -> ConfigFlowResult:
        """Save the changes. The update listener applies them to a loaded entry; any other entry is reloaded here."""
        if entry.state is ConfigEntryState.LOADED:
            return self.async_update_and_abort(entry, title=title, data=data)
        return self.async_update_reload_and_abort(entry, title=title, data=data)

    def _choices(self, route: ConfigEntry | None = None) -> dict[str, str]:
        """Return the titles of accounts and of other routes by entry id."""
        entries = messenger_entries(self.hass)
        return {entry.entry_id: entry.title for entry in entries if entry is not route}

    def _show_route(
        self, step_id: str, choices: dict[str, str], suggested: Mapping[str, Any], errors: dict[str, str]
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(route_schema(choices), suggested),
            errors=errors,
        )


def _errors(user_input: dict[str, Any]) -> dict[str, str]:
    errors = {}
    if not user_input[CONF_NAME].strip():
        errors[CONF_NAME] = "no_name"
    if not user_input[CONF_ACCOUNTS]:
        errors[CONF_ACCOUNTS] = "no_account"
    return errors


def _data(user_input: dict[str, Any]) -> dict[str, Any]:
    kept = {name: user_input[name] for name in (CONF_ACCOUNTS, CONF_CONFIRM_WITHIN)}
    return {CONF_PROVIDER: ROUTE, **kept}
