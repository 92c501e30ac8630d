"""Which variables the code gives to the texts that Home Assistant formats, and whether the texts use exactly these."""

from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

import pytest
import voluptuous as vol

from custom_components.texting.const import DOMAIN
from homeassistant.config_entries import ConfigFlow, ConfigSubentryFlow, OptionsFlow
from homeassistant.data_entry_flow import FlowHandler
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from tests.support.home import EXCEPTIONS, TRANSLATIONS

# Given to every exception about a provider, whether its text uses them or not.
ALWAYS = {"account", "detail", "host", "target", "firewall"}


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


def names(texts: object) -> set[str]:
    """Return the names of the variables of all strings."""
    return {name for _, text in strings(texts) for name in placeholders(text)}


class GivenVariables:
    """Compares the variables of every dialog, issue and exception that a test sees with those of its texts."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def compare(self, where: str, given: Mapping[str, Any] | None, needed: set[str], known: set[str]) -> None:
        """Note a variable that a text needs and the code does not give, and one that it gives for no text."""
        missing, surplus = needed - set(given or ()), set(given or ()) - known
        if missing or surplus:
            self.wrong.append(f"{where}: missing {sorted(missing)}, surplus {sorted(surplus)}")

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Look at every dialog, issue and exception from now on."""
        for method in ("async_show_form", "async_show_menu", "async_abort"):
            monkeypatch.setattr(FlowHandler, method, self._watched_flow(method, getattr(FlowHandler, method)))
        create, raised = ir.async_create_issue, HomeAssistantError.__init__

        def create_issue(hass: Any, domain: str, issue_id: str, **values: Any) -> None:
            if domain == DOMAIN:
                texts = TRANSLATIONS["issues"][values["translation_key"]]
                self.compare(f"issue {issue_id}", values.get("translation_placeholders"), names(texts), names(texts))
            create(hass, domain, issue_id, **values)

        def init(error: HomeAssistantError, *args: Any, **values: Any) -> None:
            raised(error, *args, **values)
            if values.get("translation_domain") == DOMAIN:
                key = values["translation_key"]
                needed = placeholders(EXCEPTIONS[key])
                self.compare(f"exception {key}", values.get("translation_placeholders"), needed, needed | ALWAYS)

        monkeypatch.setattr(ir, "async_create_issue", create_issue)
        monkeypatch.setattr(HomeAssistantError, "__init__", init)

    def _watched_flow(self, method: str, original: Any) -> Any:
        def watched(flow: FlowHandler[Any, Any, Any], **values: Any) -> Any:
            if (texts := _texts_of(flow)) is not None:
                given = values.get("description_placeholders")
                if method == "async_abort":
                    needed = known = names(texts["abort"][values["reason"]])
                else:
                    step = texts["step"][values["step_id"]]
                    errors = [texts["error"][key] for key in (values.get("errors") or {}).values()]
                    needed = names(_shown(step, values.get("data_schema"))) | names(dict(enumerate(errors)))
                    known = (
                        names(step) | names(texts.get("error", {})) | {"name"}
                    )  # Home Assistant gives the name to a reauth
                self.compare(f"{type(flow).__name__} {values.get('step_id', method)}", given, needed, known)
            return original(flow, **values)

        return watched


def _texts_of(flow: FlowHandler[Any, Any, Any]) -> dict[str, Any] | None:
    """Return the texts of a dialog of ours."""
    if not type(flow).__module__.startswith(f"custom_components.{DOMAIN}."):
        return None
    if isinstance(flow, ConfigSubentryFlow):
        return dict(TRANSLATIONS["config_subentries"][flow.handler[1]])
    kinds = {ConfigFlow: "config", OptionsFlow: "options"}
    return next((dict(TRANSLATIONS[kind]) for each, kind in kinds.items() if isinstance(flow, each)), None)


def _shown(step: Mapping[str, Any], schema: vol.Schema | None) -> dict[str, Any]:
    """Return the texts of a step without the fields that the form does not show."""
    fields = {str(marker) for marker in (schema.schema if schema else ())}
    shown = {key: text for key, text in step.items() if key not in ("data", "data_description")}
    for part in ("data", "data_description"):
        shown[part] = {field: text for field, text in step.get(part, {}).items() if field in fields}
    return shown
