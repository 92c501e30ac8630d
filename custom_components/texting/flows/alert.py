"""Adding and changing an alert: what causes it, and who is asked in which order."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_NAME, Platform, UnitOfTime
from homeassistant.helpers.selector import EntitySelector, EntitySelectorConfig, TextSelector

from ..alerts.definition import CONF_ARMED, CONF_CAUSES, CONF_STEPS, CONF_WAIT, CONF_WHO
from ..const import ALERT, CONF_PROVIDER, DOMAIN, PERSON
from ..entries import is_alert
from ..people import is_person, recipients_named
from .forms import whole

# The fields of the people who are asked first, and next.
FIRST, NEXT = "first", "next"
# How long the people of a step have to answer, in minutes.
_WAIT, _MAX_WAIT = 5, 1440
_PEOPLE = EntitySelector(
    EntitySelectorConfig(
        multiple=True,
        filter=[{"integration": DOMAIN, "domain": Platform.NOTIFY}, {"domain": PERSON}],
    )
)
ALERT_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_NAME): TextSelector(),
        vol.Optional(CONF_CAUSES, default=[]): EntitySelector(EntitySelectorConfig(multiple=True)),
        vol.Required(FIRST, default=[]): _PEOPLE,
        vol.Required(CONF_WAIT, default=_WAIT): whole(1, _MAX_WAIT, UnitOfTime.MINUTES),
        vol.Optional(NEXT, default=[]): _PEOPLE,
    }
)


class AlertFlow(ConfigFlow):
    """The steps of an alert."""

    async def async_step_alert(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Add an alert."""
        errors, entity = self._alert_errors(user_input)
        if user_input is not None and not errors:
            options = {**_options(user_input, {}), CONF_ARMED: True}
            title = user_input[CONF_NAME].strip()
            return self.async_create_entry(title=title, data={CONF_PROVIDER: ALERT}, options=options)
        return self._show_alert(ALERT, user_input or {}, errors, entity)

    async def async_step_reconfigure_alert(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change an alert. A loaded one takes the changes without a reload."""
        entry = self._get_reconfigure_entry()
        errors, entity = self._alert_errors(user_input, entry)
        if user_input is not None and not errors:
            title, options = user_input[CONF_NAME].strip(), _options(user_input, entry.options)
            if entry.state is ConfigEntryState.LOADED:
                return self.async_update_and_abort(entry, title=title, options=options)
            return self.async_update_reload_and_abort(entry, title=title, options=options)
        return self._show_alert("reconfigure_alert", user_input or _values(entry), errors, entity)

    def _show_alert(
        self, step_id: str, suggested: Mapping[str, Any], errors: dict[str, str], entity: str
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(ALERT_SCHEMA, suggested),
            errors=errors,
            description_placeholders={"entity": entity},
        )

    def _alert_errors(
        self, user_input: dict[str, Any] | None, changed: ConfigEntry | None = None
    ) -> tuple[dict[str, str], str]:
        """Return the errors of the fields, and the entity that one of them names."""
        if user_input is None:
            return {}, ""
        errors, named = {}, ""
        alerts = [entry for entry in self._async_current_entries() if is_alert(entry) and entry is not changed]
        if not (name := user_input[CONF_NAME].strip()):
            errors[CONF_NAME] = "no_name"
        elif name.casefold() in {entry.title.casefold() for entry in alerts}:
            errors[CONF_NAME] = "name_exists"
        if not user_input[FIRST]:
            errors[FIRST] = "nobody_chosen"
        for step in (FIRST, NEXT):
            nobody = [each for each in user_input[step] if not any(recipients_named(self.hass, [each]))]
            if nobody and not named:
                named = nobody[0]
                errors[step] = "person_without_recipient" if is_person(named) else "not_a_recipient"
        return errors, named


def _values(entry: ConfigEntry) -> dict[str, Any]:
    """Return the definition of an alert as its form shows it."""
    first, following = [*entry.options.get(CONF_STEPS, ()), {}, {}][:2]
    return {
        CONF_NAME: entry.title,
        CONF_CAUSES: entry.options.get(CONF_CAUSES, []),
        FIRST: first.get(CONF_WHO, []),
        CONF_WAIT: first.get(CONF_WAIT, _WAIT),
        NEXT: following.get(CONF_WHO, []),
    }


def _options(user_input: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition of an alert. What the form does not show stays as it is."""
    steps = [{CONF_WHO: user_input[each], CONF_WAIT: user_input[CONF_WAIT]} for each in (FIRST, NEXT)]
    return {
        **known,
        CONF_CAUSES: user_input[CONF_CAUSES],
        CONF_STEPS: [step for step in steps if step[CONF_WHO]] + list(known.get(CONF_STEPS, ()))[2:],
    }
