"""Which variables the code gives to the texts that Home Assistant formats, and whether the texts have the same."""

from collections.abc import Iterator, Mapping, Set as AbstractSet
from functools import cache
from string import Formatter
from typing import Any

import pytest

from custom_components.texting.const import DOMAIN
from homeassistant.components.repairs import RepairsFlow
from homeassistant.config_entries import ConfigFlow, ConfigSubentryFlow, OptionsFlow
from homeassistant.data_entry_flow import FlowHandler, FlowManager, FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from tests.support.home import TRANSLATIONS

# Given together to every exception that comes from a provider, whether its text has them or not.
ALWAYS = frozenset({"account", "detail", "host", "target", "firewall"})
# The texts of a step besides those of its fields.
STEP = ("title", "description", "submit", "sections", "menu_options", "menu_option_descriptions")


def placeholders(text: str) -> set[str]:
    """Return the names of the variables of a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def strings(texts: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the text of every string."""
    if isinstance(texts, Mapping):
        for key, value in texts.items():
            yield from strings(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, str(texts)


# The step of a dialog that only confirms an issue.
CONFIRM = "fix_flow.step.confirm"
# The variables of every text.
VARIABLES = {path: frozenset(placeholders(text)) for path, text in strings(TRANSLATIONS)}


@cache
def variables(path: str) -> frozenset[str] | None:
    """Return the variables of a text, or of all texts below a path. None if there is no text."""
    found = [names for each, names in VARIABLES.items() if each == path or each.startswith(f"{path}.")]
    return frozenset[str]().union(*found) if found else None


class GivenVariables:
    """Compares the variables of every dialog, issue and exception that a test sees with those of its texts.

    A dialog may have variables that no text shows, because Home Assistant ignores them there.
    """

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def see_exception(self, key: str, given: Mapping[str, Any] | None) -> None:
        """Compare the variables of an exception."""
        given = given or {}
        self._compare(
            f"exceptions.{key}.message", given, surplus=given.keys() - (ALWAYS if given.keys() >= ALWAYS else ())
        )

    def see_issue(self, key: str, given: Mapping[str, Any] | None) -> None:
        """Compare the variables of an issue. If it has a dialog to confirm it, that gets the same."""
        path = f"issues.{key}"
        has_own_dialog = variables(f"{path}.fix_flow") is not None and variables(f"{path}.{CONFIRM}") is None
        self._compare(f"{path}.title" if has_own_dialog else path, given or {}, surplus=set(given or ()))

    def see_dialog(self, flow: FlowHandler[Any, Any, Any], result: Mapping[str, Any]) -> None:
        """Compare the variables of a step that is shown, or of the reason why a dialog ends."""
        place, given = _place_of(flow), result.get("description_placeholders") or {}
        if place is None:
            return
        if result["type"] is FlowResultType.ABORT:
            self._compare(f"{place}.abort.{result['reason']}", given)
        elif result["type"] in (FlowResultType.FORM, FlowResultType.MENU):
            step, schema = f"{place}.step.{result['step_id']}", result.get("data_schema")
            fields = [str(marker) for marker in (schema.schema if schema else ())]
            parts = [*STEP, *(f"{part}.{field}" for field in fields for part in ("data", "data_description"))]
            for part in parts:
                if variables(f"{step}.{part}") is not None:
                    self._compare(f"{step}.{part}", given)
            for error in (result.get("errors") or {}).values():
                self._compare(f"{place}.error.{error}", given)

    def _compare(self, path: str, given: Mapping[str, Any], surplus: AbstractSet[str] = frozenset()) -> None:
        """Note a missing text, a variable that it has and does not get, and one of surplus that it does not have."""
        needed = variables(path)
        if needed is None:
            self.wrong.append(f"{path}: no such text")
        elif (missing := needed - given.keys()) or surplus - needed:
            self.wrong.append(f"{path}: missing {sorted(missing)}, surplus {sorted(surplus - needed)}")

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Look at every dialog, issue and exception from now on, where they reach Home Assistant."""
        step, created = FlowManager._async_handle_step, ir.IssueRegistry.async_get_or_create
        raised = HomeAssistantError.__init__

        async def handle_step(manager: Any, flow: Any, *args: Any) -> Any:
            result = await step(manager, flow, *args)
            self.see_dialog(flow, result)
            return result

        def create_issue(registry: Any, domain: str, issue_id: str, **values: Any) -> Any:
            if domain == DOMAIN:
                self.see_issue(values["translation_key"], values.get("translation_placeholders"))
            return created(registry, domain, issue_id, **values)

        def init(error: HomeAssistantError, *args: Any, **values: Any) -> None:
            raised(error, *args, **values)
            if values.get("translation_domain") == DOMAIN:
                self.see_exception(values["translation_key"], values.get("translation_placeholders"))

        monkeypatch.setattr(FlowManager, "_async_handle_step", handle_step)
        monkeypatch.setattr(ir.IssueRegistry, "async_get_or_create", create_issue)
        monkeypatch.setattr(HomeAssistantError, "__init__", init)


def _place_of(flow: FlowHandler[Any, Any, Any]) -> str | None:
    """Return where the texts of one of our dialogs are, None of anybody else's."""
    if isinstance(flow, RepairsFlow):
        issue = ir.async_get(flow.hass).async_get_issue(DOMAIN, flow.issue_id) if flow.handler == DOMAIN else None
        return f"issues.{issue.translation_key}.fix_flow" if issue else None
    if not type(flow).__module__.startswith(f"custom_components.{DOMAIN}."):
        return None
    if isinstance(flow, ConfigSubentryFlow):
        return f"config_subentries.{flow.handler[1]}"
    kinds = {ConfigFlow: "config", OptionsFlow: "options"}
    return next((place for kind, place in kinds.items() if isinstance(flow, kind)), None)
