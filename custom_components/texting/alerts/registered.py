"""The texts of alerts for providers that only take registered templates."""

from homeassistant.core import HomeAssistant

from ..alerting.model import Kind
from ..alerting.wording import Facts, brief, words_of
from ..gateway.template import fill, find_mismatch, has_placeholder


def follow(hass: HomeAssistant, template: str, kind: Kind, facts: Facts, text: str) -> str:
    """Return a text as it follows a template: itself if it does, else its short form in the first placeholder."""
    if find_mismatch(text, template) is None or not has_placeholder(template):
        return text
    return fill(template, brief(kind, facts, words_of(hass.config.language)))


def fits_all(hass: HomeAssistant, template: str, what: str) -> bool:
    """Return True if every kind of text about something can follow a template."""
    facts = Facts(what=what)
    return all(find_mismatch(follow(hass, template, kind, facts, ""), template) is None for kind in Kind)
