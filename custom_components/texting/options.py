"""Every option of an account or a route: its type, its default and its bounds. Nothing else reads entry.options."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import UnitOfTime

from .gateway.fitting import fitting_values

LEAVE, RESEND = IF_UNSURE = ("leave", "resend")
_MAX_AMOUNT = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a number may be."""

    min: int
    max: int
    # Home Assistant's unit of time, or None for a plain number.
    unit: str | None = None


def _number(default: int, least: int, most: int = _MAX_AMOUNT, unit: str | None = None) -> Any:
    return field(default=default, metadata={"bounds": Bounds(least, most, unit)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of one entry. A route has only keep_days."""

    # Minutes between two reads of the balance.
    balance_interval: int = _number(15, 1, 1440, UnitOfTime.MINUTES)
    # Seconds between two reads of the incoming texts.
    incoming_interval: int = _number(30, 5, 3600, UnitOfTime.SECONDS)
    # The credit is low if it pays for fewer segments.
    low_credit: float = _number(20, 0)
    # Segments a day of texts that are not urgent, and of urgent ones. Texts beyond it are refused. 0 is no limit.
    daily_limit: int = _number(200, 0)
    urgent_limit: int = _number(500, 0)
    # What happens to a text whose outcome stays uncertain: "leave" or "resend".
    if_unsure: str = LEAVE
    # Days until a finished message is deleted.
    keep_days: int = _number(30, 1, 365, UnitOfTime.DAYS)
    # Days until an incoming text is deleted. 0: no text is kept, only what recognizes repetitions.
    keep_incoming_days: int = _number(30, 0, 365, UnitOfTime.DAYS)
    # Whether characters that the provider does not take are replaced by similar ones.
    replace_characters: bool = True
    # Seconds that the provider's request stays open for a reply. A provider gives up after 60.
    reply_timeout: int = _number(0, 0, 45, UnitOfTime.SECONDS)
    # The conversation agent that runs commands by text, or None if there are no commands.
    conversation_agent: str | None = None
    # What a segment costs in money, for types of messages that have no price of their own. None: that is not known.
    segment_price: float | None = None
    # What a segment of another type costs, by type.
    type_prices: dict[str, float] = field(default_factory=dict)
    # The ISO code of the currency of prices and budget. None: the home's.
    currency: str | None = None
    # What texts that are not urgent may cost in a month of the home. None: there is no budget.
    monthly_budget: float | None = None
    # Whether a commercial text gets the mention that the law asks for.
    add_stop_mention: bool = False

    def limit_of(self, *, urgent: bool) -> int:
        """Return the segments a day of urgent texts, or of the others."""
        return self.urgent_limit if urgent else self.daily_limit

    def price_of(self, kind: str) -> float | None:
        """Return the price of a segment of a type of messages. None: that is not known."""
        return self.type_prices.get(kind) or self.segment_price or None

    @property
    def has_price(self) -> bool:
        """Return True if a price is known."""
        return bool(self.segment_price or self.type_prices)

    @property
    def resend_if_unsure(self) -> bool:
        """Return True if a text of uncertain outcome is sent again."""
        return self.if_unsure == RESEND


_BOUNDS: Mapping[str, Bounds] = {each.name: each.metadata["bounds"] for each in fields(Options) if each.metadata}
_DEFAULTS = Options()
# What was read of each entry, by its id. Changed options are another object.
_READ: dict[str, tuple[Mapping[str, Any], Options]] = {}


def read_options(entry: ConfigEntry[Any]) -> Options:
    """Return the options of an entry as they are now. A number out of its bounds counts as the nearest one allowed."""
    known = _READ.get(entry.entry_id)
    if known is None or known[0] is not entry.options:
        known = _READ[entry.entry_id] = entry.options, read_stored(entry.options)
    return known[1]


def read_stored(stored: Mapping[str, Any]) -> Options:
    """Return the stored options. One of a wrong type has its default."""
    values, _ = fitting_values(Options, stored)
    return Options(**{name: _limited(name, value) for name, value in values.items()})


def _limited(name: str, value: Any) -> Any:
    return max(_BOUNDS[name].min, min(value, _BOUNDS[name].max)) if name in _BOUNDS else value


def gateway_values(entry: ConfigEntry[Any]) -> dict[str, Any]:
    """Return what the settings of the account's gateway are made from: its data and its options."""
    return {**entry.data, **entry.options, "replace_characters": read_options(entry).replace_characters}


def stored_options(entry: ConfigEntry[Any]) -> dict[str, Any]:
    """Return only what the user has set, as a form shows it."""
    return dict(entry.options)


def bounds_of(name: str) -> Bounds:
    """Return the bounds of a number."""
    return _BOUNDS[name]


def default_of(name: str) -> Any:
    """Return the default of an option."""
    return getattr(_DEFAULTS, name)
