"""LoopGuard: how many texts a phone may cause by its own texts. So two machines never answer each other for long."""

from collections import deque

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

# Texts to one number within WINDOW, in seconds, that were caused by texts from it.
MAX_TEXTS = 10
WINDOW = 600.0


class LoopGuard:
    """The guard of a home. All times are in monotonic seconds."""

    def __init__(self) -> None:
        """Start with no texts."""
        # The times of the latest texts, by number. The number that got one last stands last.
        self._times: dict[str, deque[float]] = {}

    def allows(self, number: str, now: float) -> bool:
        """Return True if a number may get one more text, and count it."""
        while self._times and (oldest := next(iter(self._times))) and self._times[oldest][-1] <= now - WINDOW:
            del self._times[oldest]
        times = self._times.get(number) or deque[float]()
        while times and times[0] <= now - WINDOW:
            times.popleft()
        if len(times) >= MAX_TEXTS:
            return False
        times.append(now)
        self._times.pop(number, None)
        self._times[number] = times
        return True


_LOOP_GUARD: HassKey[LoopGuard] = HassKey(f"{DOMAIN}_loop_guard")


@callback
def async_loop_guard(hass: HomeAssistant) -> LoopGuard:
    """Return the guard of the home. All accounts and routes share it."""
    return hass.data.setdefault(_LOOP_GUARD, LoopGuard())
