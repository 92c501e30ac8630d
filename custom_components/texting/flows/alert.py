"""Adding and changing an alert, in four steps: what raises it, who is asked, what is texted, and how that looks."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import SOURCE_USER, ConfigEntry, ConfigEntryState, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_NAME

from ..account import TextingConfigEntry
from ..alerts.definition import (
    CONF_ARMED,
    CONF_CAUSES,
    CONF_STEPS,
    CONF_TEMPLATE_ID,
    CONF_WHO,
    Definition,
    parse_definition,
    read_definition,
)
from ..alerts.registered import fits_all
from ..alerts.responders import async_responders
from ..const import ALERT, CONF_PROVIDER
from ..entries import is_alert, messenger_entry
from ..gateway.capabilities import Capability
from ..gateway.provider import Provider
from ..gateway.providers import GATEWAYS
from ..test_text import async_template, async_templates
from ..translations import CONFIGURE, async_translations
from . import alert_checks as checks
from .alert_form import alert_schema, is_filled, people_schema, read, shown, texts_schema, values_of
from .alert_preview import async_preview, cause_names, what_is_wrong
from .forms import template_labels


class AlertFlow(ConfigFlow):
    """The steps of an alert."""

    # What was entered so far or is stored, by the names of the options, with the name.
    _alert: Mapping[str, Any] = MappingProxyType(values_of(parse_definition({})))

    async def async_step_reconfigure_alert(self) -> ConfigFlowResult:
        """Change an alert in the same steps."""
        self._alert = values_of(read_definition(self._get_reconfigure_entry()))
        return await self.async_step_alert()

    async def async_step_alert(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what raises the alert."""
        mistakes = checks.Mistakes({}, {"error": ""})
        if user_input is not None:
            self._alert = {**self._alert, **read(alert_schema(), user_input)}
            mistakes = self._causes_mistakes()
            if not mistakes.errors:
                return await self.async_step_alert_people()
        opened = "base" in mistakes.errors or is_filled(alert_schema(), self._alert)
        return self._show_step(ALERT, alert_schema(opened=opened), mistakes)

    async def async_step_alert_people(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask who is asked."""
        mistakes = checks.Mistakes({}, {"entity": ""})
        if user_input is not None:
            self._alert = {**self._alert, **read(people_schema(), user_input)}
            mistakes = checks.people(self.hass, self._alert)
            if not mistakes.errors:
                return await self.async_step_alert_texts()
        return self._show_step("alert_people", people_schema(), mistakes)

    async def async_step_alert_texts(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what is texted, and how often."""
        templates = await self._async_template_choices()
        mistakes = checks.Mistakes({}, {"error": ""})
        if user_input is not None:
            self._alert = {**self._alert, **read(texts_schema(templates), user_input)}
            mistakes = checks.texts(self.hass, self._alert, cause_names(self.hass, self._alert[CONF_CAUSES]))
            if not mistakes.errors and not await self._async_fits():
                mistakes.errors["base"] = "template_without_room"
            if not mistakes.errors:
                return await self.async_step_alert_check()
        schema = texts_schema(templates)
        opened = "base" in mistakes.errors or is_filled(schema, self._alert)
        return self._show_step("alert_texts", texts_schema(templates, opened=opened), mistakes)

    async def async_step_alert_check(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the first text. Then add the alert, or change it."""
        if user_input is None:
            return self.async_show_form(
                step_id="alert_check",
                data_schema=vol.Schema({}),
                description_placeholders=await async_preview(
                    self.hass, self._definition, read_definition(changed) if (changed := self._changed) else None
                ),
                last_step=True,
            )
        mistakes = self._causes_mistakes()
        if mistakes.errors:  # another alert got the name meanwhile
            return self._show_step(ALERT, alert_schema(), mistakes)
        return self._save()

    def _save(self) -> ConfigFlowResult:
        """Add or change the alert. A loaded one takes the changes without a reload."""
        title = self._alert[CONF_NAME]
        entered = {name: value for name, value in self._alert.items() if name != CONF_NAME}
        filled = {name: value for name, value in entered.items() if value != ""}
        if self.source == SOURCE_USER:
            options = {**filled, CONF_ARMED: True}
            return self.async_create_entry(title=title, data={CONF_PROVIDER: ALERT}, options=options)
        entry = self._get_reconfigure_entry()
        options = {name: value for name, value in entry.options.items() if name not in entered} | filled
        if entry.state is ConfigEntryState.LOADED:
            return self.async_update_and_abort(entry, title=title, options=options)
        return self.async_update_reload_and_abort(entry, title=title, options=options)

    def _show_step(self, step_id: str, schema: vol.Schema, mistakes: checks.Mistakes) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, shown(schema, self._alert)),
            errors=mistakes.errors,
            description_placeholders=mistakes.variables,
            last_step=False,
        )

    @property
    def _definition(self) -> Definition:
        return parse_definition(self._alert, name=self._alert[CONF_NAME])

    @property
    def _changed(self) -> ConfigEntry[Any] | None:
        """The alert that is changed; None: a new one is added."""
        return None if self.source == SOURCE_USER else self._get_reconfigure_entry()

    def _causes_mistakes(self) -> checks.Mistakes:
        changed = self._changed
        taken = [entry.title for entry in self._async_current_entries() if is_alert(entry) and entry is not changed]
        return checks.name_and_causes(self.hass, self._alert, taken, changed.entry_id if changed else None)

    # -- accounts whose texts follow a registered template -------------------------------------------------------------

    def _accounts_with_templates(self) -> Iterator[TextingConfigEntry]:
        """Yield the accounts that text anybody of the alert, and only take registered templates."""
        entity_ids = [each for step in self._alert[CONF_STEPS] for each in step[CONF_WHO]]
        responders = async_responders(self.hass, entity_ids, urgent=True).values()
        used = [target.messenger for responder in responders for target in responder.targets]
        for entry in filter(None, (messenger_entry(self.hass, each) for each in dict.fromkeys(used))):
            provider = entry.data[CONF_PROVIDER]
            if provider in Provider and Capability.TEMPLATES in GATEWAYS[Provider(provider)].info.capabilities:
                yield entry

    async def _async_template_choices(self) -> dict[str, str]:
        """Return the names of the templates to choose from, by their ids. The one that is stored stays."""
        labels: dict[str, str] = {}
        texts = await async_translations(self.hass, CONFIGURE)
        for account in self._accounts_with_templates():
            stored = self._alert[CONF_TEMPLATE_ID]
            labels |= {stored: stored} if stored else {}
            labels |= template_labels(await async_templates(self.hass, account), texts)
        return labels

    async def _async_fits(self) -> bool:
        """Return False if a template has no room for what a text of the alert says, as far as templates are known."""
        what = what_is_wrong(self.hass, self._definition)
        for account in self._accounts_with_templates():
            template = await async_template(self.hass, account, self._alert[CONF_TEMPLATE_ID])
            if template and not fits_all(self.hass, template.message, what):
                return False
        return True
