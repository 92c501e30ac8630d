"""What an alert's entry says. A value of a wrong type counts as missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from homeassistant.config_entries import ConfigEntry

from ..alerting.model import Alert, Step

CONF_ACKNOWLEDGED_FOR = "acknowledged_for"
CONF_ALL_CLEAR = "all_clear"
CONF_ARMED = "armed"
CONF_CAUSES = "causes"
CONF_CLEARED_AFTER = "cleared_after"
CONF_HOLD = "hold"
CONF_MAX_SEGMENTS = "max_segments"
CONF_MESSAGE = "message"
CONF_REMIND_EVERY = "remind_every"
CONF_ROUNDS = "rounds"
CONF_STATES = "states"
CONF_STEPS = "steps"
CONF_TEMPLATE = "template"
CONF_TEMPLATE_ID = "template_id"
CONF_URGENT = "urgent"
CONF_WAIT = "wait"
CONF_WHEN_UNAVAILABLE = "when_unavailable"
CONF_WHO = "who"

# What an unavailable cause does: it stays what it was, or it raises the alert after a while.
KEEP, RAISE = "keep", "raise"

DEFAULT_STATES = ("on",)
DEFAULT_WAIT = 5.0
MINUTE = 60.0
# Longer than any time, and more than any limit.
MAX_NUMBER = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """The definition of an alert."""

    # Without its responders. Where they are reached is looked up for each event.
    alert: Alert
    # Entity ids.
    causes: tuple[str, ...] = ()
    # The states in which a cause is on.
    states: frozenset[str] = frozenset(DEFAULT_STATES)
    # A template that is a cause while it is true.
    template: str | None = field(default=None, repr=False)
    # Whether a cause that is unavailable for a while is on.
    raises_when_unavailable: bool = False
    # A template of what is wrong; None: the names of the causes that are on.
    message: str | None = field(default=None, repr=False)
    # The registered template of a provider that needs one; empty: the account's own.
    template_id: str = ""
    is_armed: bool = True

    @property
    def responders(self) -> list[str]:
        """The entity ids of everybody in all steps, each once."""
        return list(dict.fromkeys(each for step in self.alert.steps for each in step.responders))


def read_definition(entry: ConfigEntry[Any]) -> Definition:
    """Return what an entry says now."""
    return parse_definition(entry.options, entry_id=entry.entry_id, name=entry.title)


def parse_definition(stored: Mapping[str, Any], *, entry_id: str = "", name: str = "") -> Definition:
    """Return what options say."""
    default = Alert(id="", name="")
    alert = Alert(
        id=entry_id,
        name=name,
        steps=_steps(stored.get(CONF_STEPS)),
        rounds=int(_number(stored, CONF_ROUNDS, default.rounds, 1)),
        hold=_number(stored, CONF_HOLD, default.hold),
        remind_every=_number(stored, CONF_REMIND_EVERY, default.remind_every / MINUTE) * MINUTE,
        acknowledged_for=_number(stored, CONF_ACKNOWLEDGED_FOR, default.acknowledged_for / MINUTE, 1) * MINUTE,
        cleared_after=_number(stored, CONF_CLEARED_AFTER, default.cleared_after),
        all_clear=stored.get(CONF_ALL_CLEAR) is not False,
        urgent=stored.get(CONF_URGENT) is not False,
        max_segments=int(_number(stored, CONF_MAX_SEGMENTS, default.max_segments, 4)),
    )
    return Definition(
        alert=alert,
        causes=_texts(stored.get(CONF_CAUSES)),
        states=frozenset(_texts(stored.get(CONF_STATES)) or DEFAULT_STATES),
        template=_text(stored.get(CONF_TEMPLATE)),
        raises_when_unavailable=stored.get(CONF_WHEN_UNAVAILABLE) == RAISE,
        message=_text(stored.get(CONF_MESSAGE)),
        template_id=_text(stored.get(CONF_TEMPLATE_ID)) or "",
        is_armed=stored.get(CONF_ARMED) is not False,
    )


def _steps(stored: object) -> tuple[Step, ...]:
    steps = [each for each in stored if isinstance(each, Mapping)] if isinstance(stored, list | tuple) else []
    return tuple(
        Step(responders=_texts(each.get(CONF_WHO)), wait=_number(each, CONF_WAIT, DEFAULT_WAIT) * MINUTE)
        for each in steps
        if _texts(each.get(CONF_WHO))
    )


def _text(stored: object) -> str | None:
    return stored if isinstance(stored, str) and stored.strip() else None


def _texts(stored: object) -> tuple[str, ...]:
    listed = [stored] if isinstance(stored, str) else stored if isinstance(stored, list | tuple) else ()
    return tuple(each for each in listed if isinstance(each, str) and each)


def _number(stored: Mapping[str, Any], name: str, default: float, least: float = 0.0) -> float:
    """Return a number, or the default in place of what is none."""
    value = stored.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < MAX_NUMBER:
        return default
    return max(float(value), least)
