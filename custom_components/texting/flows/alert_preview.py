"""The last step of an alert's dialog: its first text as it will be sent, and what its people should know."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.template import Template, result_as_boolean
from homeassistant.util import dt as dt_util

from ..alerting.model import MAX_FURTHER_SEGMENTS, Kind, Responder, Target
from ..alerting.wording import Facts, word, words_of
from ..alerts.app import is_app
from ..alerts.definition import Definition
from ..alerts.registered import follow
from ..alerts.responders import async_responders
from ..const import ATTR_MESSAGE, ATTR_TEMPLATE_ID
from ..entries import messenger_entry
from ..gateway.encoding import measure
from ..gateway.errors import MessageRejected
from ..people import preferred, recipient_of_entity, recipients_of_person
from ..recipients import recipient_with_number
from ..replies import takes_letters
from ..targets import Address
from ..test_text import async_template
from ..translations import ALERT_PREVIEW, async_translations
from .literal import literal

# The number in the example, which a reply names.
_NUMBER = 23
_MAX_NAME = 50
_MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class _Way:
    """How some people are told, and what they read."""

    # text, one_way, app or notification.
    kind: str
    text: str
    segments: int = 0
    # Of the text, as the account counts them.
    characters: int = 0
    # Whether the account would refuse it.
    is_refused: bool = False


async def async_preview(hass: HomeAssistant, definition: Definition, stored: Definition | None) -> dict[str, str]:
    """Return the variables of the last step. stored is the alert as it is now; None: it is new. Nothing is sent."""
    texts = await async_translations(hass, ALERT_PREVIEW)
    responders = async_responders(hass, definition.responders, urgent=definition.alert.urgent)
    ways: dict[_Way, list[str]] = {}
    for responder in responders.values():
        for target in responder.targets:
            names = ways.setdefault(await _async_way(hass, definition, target), [])
            if responder.name not in names:
                names.append(responder.name)
    alert = definition.alert
    return {
        "texts": "\n\n".join(_shown(way, names, texts) for way, names in ways.items()) or texts["nobody"],
        "notes": "\n".join([*_begins(hass, definition, stored, texts), *_notes(hass, responders, ways, texts)]),
        "people": str(len(responders)),
        "segments": str(alert.max_segments),
        "most": str(alert.max_segments + MAX_FURTHER_SEGMENTS),
    }


@callback
def what_is_wrong(hass: HomeAssistant, definition: Definition) -> str:
    """Return what a text says is wrong if the first cause is on."""
    name = cause_names(hass, definition.causes[:1] or [definition.alert.name])[0]
    try:
        rendered = Template(definition.message or "", hass).async_render({"causes": [name]}, parse_result=False)
    except TemplateError:
        return name
    return str(rendered).strip() or name


@callback
def cause_names(hass: HomeAssistant, entity_ids: Iterable[str]) -> list[str]:
    """Return the names of causes. One that does not exist has its id."""
    return [state.name if (state := hass.states.get(each)) else each for each in entity_ids]


async def _async_way(hass: HomeAssistant, definition: Definition, target: Target) -> _Way:
    """Return what one target gets, worded as items.py and sender.py do it."""
    words, what = words_of(hass.config.language), what_is_wrong(hass, definition)
    now = dt_util.now().strftime("%H:%M")
    entry = messenger_entry(hass, target.messenger) if target.is_text else None
    messenger = entry.runtime_data if entry and entry.state is ConfigEntryState.LOADED else None
    can_reply = target.is_text and (messenger is None or bool(messenger.receiving_accounts))
    has_buttons = not target.is_text and is_app(hass, target.id)
    facts = Facts(what=what, time=now, code=_NUMBER if can_reply else None, has_buttons=has_buttons)
    text = word(Kind.ALERT, facts, words)
    if not target.is_text:
        return _Way("app" if has_buttons else "notification", text)
    if messenger is None:
        size = measure(text)
        return _Way("text", text, size.segments, size.units)
    template = await async_template(hass, messenger.entry, definition.template_id)
    if template:
        text = follow(hass, template.message, Kind.ALERT, facts, text)
    elif not takes_letters(messenger, target.id, text):
        text = word(Kind.ALERT, facts.simplified, words)
    address = Address(target.id, target.id, recipient_with_number(messenger.entry, target.id))
    fields = {ATTR_MESSAGE: text, ATTR_TEMPLATE_ID: template.template_id if template else None}
    kind = "text" if can_reply else "one_way"
    try:
        _, preview = messenger.prepare(
            replace(messenger.message(address, fields), replace_characters=True), ignores_opt_out=True
        )
    except MessageRejected:
        return _Way(kind, text, is_refused=True)
    return _Way(kind, preview.text, preview.segments, preview.units)


def _shown(way: _Way, names: Sequence[str], texts: Mapping[str, str]) -> str:
    """Return a text with whom it goes to and its size, as Markdown."""
    about = f"**{_listed(names)}**"
    if way.kind in ("app", "notification"):
        about = f"{about}: {texts[way.kind]}"
    elif way.is_refused:
        about = f"{about}: {texts['refused']}"
    else:
        about = f"{about} ({texts['segments']}: {way.segments}, {texts['characters']}: {way.characters})"
    return f"{about}\n> {literal(way.text, _MAX_TEXT)}"


def _notes(
    hass: HomeAssistant,
    responders: Mapping[str, Responder],
    ways: Mapping[_Way, Sequence[str]],
    texts: Mapping[str, str],
) -> Iterator[str]:
    """Yield the lines about people, each if there are any."""
    about: dict[str, list[str]] = {}
    for way, names in ways.items():
        if way.kind == "one_way":
            about.setdefault("cannot_reply", []).extend(names)
    for entity_id, responder in responders.items():
        if responder.has_opted_out:
            about.setdefault("opted_out", []).append(responder.name)
        elif not responder.targets:
            about.setdefault(_why_unreached(hass, entity_id), []).append(responder.name)
    yield from (f"* **{texts[key]}**: {_listed(list(dict.fromkeys(names)))}" for key, names in about.items())


def _begins(
    hass: HomeAssistant, definition: Definition, stored: Definition | None, texts: Mapping[str, str]
) -> Iterator[str]:
    """Yield what saving does at once."""
    if stored:
        yield f"* {texts['applies_at_once']}"
        if not stored.is_armed:
            return
    before = _on(hass, stored) if stored else {}
    if on := [name for cause, name in _on(hass, definition).items() if cause not in before]:
        yield f"* **{texts['begins_at_once']}**: {_listed(on)}"


def _on(hass: HomeAssistant, definition: Definition) -> dict[str, str]:
    """Return the names of what raises an alert now, by entity id or template."""
    states = filter(None, map(hass.states.get, definition.causes))
    on = {each.entity_id: each.name for each in states if each.state in definition.states}
    with suppress(TemplateError):
        template = definition.template or ""
        if result_as_boolean(Template(template, hass).async_render()):
            on[template] = definition.alert.name
    return on


def _why_unreached(hass: HomeAssistant, entity_id: str) -> str:
    found = recipient_of_entity(hass, entity_id)
    if found is None:
        own = recipients_of_person(hass, entity_id)
        found = preferred([each for each in own if not each.entry.disabled_by] or own)
    if found is None:
        return "not_there"
    return "disabled" if found.entry.disabled_by else "no_number"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(literal(name, _MAX_NAME) for name in names)
