"""Adding and changing a recipient."""

from typing import Any

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.helpers import config_validation as cv

from ..const import CONF_NUMBERS, CONF_PROVIDER, CONF_QUIET_FROM, CONF_QUIET_TO, ROUTE, SUBENTRY_RECIPIENT
from ..gateway.errors import MessageRejected
from ..gateway.phone_number import to_e164
from ..gateway.provider import Provider
from ..gateway.providers import GATEWAYS
from .forms import flatten, recipient_schema


class RecipientFlow(ConfigSubentryFlow):
    """The flow of one recipient."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a recipient."""
        return self._step("user", user_input, {})

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change a recipient."""
        subentry = self._get_reconfigure_subentry()
        return self._step("reconfigure", user_input, {CONF_NAME: subentry.title, **subentry.data})

    def _step(self, step_id: str, user_input: dict[str, Any] | None, known: dict[str, Any]) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        wrong = ""
        if user_input is not None:
            data = flatten(user_input)
            name = data.pop(CONF_NAME, "")
            data[CONF_NUMBERS], wrong = self._numbers(data[CONF_NUMBERS])
            if wrong:
                errors[CONF_NUMBERS] = "invalid_number"
            elif not data[CONF_NUMBERS]:
                errors[CONF_NUMBERS] = "no_number"
            elif not name:
                errors[CONF_NAME] = "no_name"
            elif name.casefold() in self._other_names(step_id):
                errors[CONF_NAME] = "name_exists"
            elif unfit := _quiet_error(data):
                errors |= unfit
            else:
                return self._save(step_id, name, data)
        provider = self._get_entry().data[CONF_PROVIDER]
        info = GATEWAYS[Provider(provider)].info if provider != ROUTE else None
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(recipient_schema(info), user_input or known),
            errors=errors,
            description_placeholders={"number": wrong, "country": self.hass.config.country or "—"},
        )

    def _numbers(self, written: list[str]) -> tuple[list[str], str]:
        """The numbers in E.164, each once; and the first that is none."""
        numbers: dict[str, None] = {}
        for text in filter(str.strip, written):
            try:
                numbers[to_e164(text, self.hass.config.country)] = None
            except MessageRejected:
                return [], text
        return list(numbers), ""

    def _other_names(self, step_id: str) -> set[str]:
        """Names that are taken: actions find recipients by them."""
        own = self._get_reconfigure_subentry().subentry_id if step_id == "reconfigure" else None
        return {
            subentry.title.casefold()
            for subentry in self._get_entry().get_subentries_of_type(SUBENTRY_RECIPIENT)
            if subentry.subentry_id != own
        }

    def _save(self, step_id: str, name: str, data: dict[str, Any]) -> SubentryFlowResult:
        if step_id == "reconfigure":
            return self.async_update_and_abort(
                self._get_entry(), self._get_reconfigure_subentry(), title=name, data=data
            )
        return self.async_create_entry(title=name, data=data)


def _quiet_error(data: dict[str, Any]) -> dict[str, str]:
    """What is wrong with the quiet hours, by field; their times become HH:MM:SS."""
    fields = (CONF_QUIET_FROM, CONF_QUIET_TO)
    data |= {field: cv.time(data[field]).isoformat() for field in fields if field in data}
    missing = [field for field in fields if field not in data]
    if len(missing) == 1:
        return {missing[0]: "quiet_hours_incomplete"}
    if not missing and data[CONF_QUIET_FROM] == data[CONF_QUIET_TO]:
        return {CONF_QUIET_TO: "quiet_hours_empty"}
    return {}
