"""The time of a run: it begins as Unix time, and then runs evenly, also if the clock is set."""

from datetime import datetime
import time

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

_CLOCK: HassKey[RunClock] = HassKey(f"{DOMAIN}_clock")


class RunClock:
    """One for all alerts of the home."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with the time as it is now."""
        self._monotonic = hass.loop.time
        self._start = time.time() - self._monotonic()

    def now(self) -> float:
        """Return the present moment."""
        return self._start + self._monotonic()

    @property
    def shift(self) -> float:
        """How many seconds the clock of the home is ahead, because it was set since the start."""
        return time.time() - self.now()

    def unix(self) -> float:
        """Return the present Unix time, as the clock of the home shows it."""
        return self.now() + self.shift

    def local(self, moment: float) -> datetime:
        """Return a moment as the clock of the home shows it now."""
        return dt_util.as_local(dt_util.utc_from_timestamp(moment + self.shift))


@callback
def async_clock(hass: HomeAssistant) -> RunClock:
    """Return the clock of the home."""
    if _CLOCK not in hass.data:
        hass.data[_CLOCK] = RunClock(hass)
    return hass.data[_CLOCK]
