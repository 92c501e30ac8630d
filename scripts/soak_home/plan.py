"""Plan the calls and the kills of a soak. The same seed always gives the same plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from scripts.soak_home.home import PROVIDERS

# The numbers of each provider without their last four digits.
NUMBERS = {
    "textinghouse": "+3361234",
    "textiopro": "+3461234",
    "club_texting": "+1212555",
    "group_texting": "+1212555",
    "thesmspoint": "+91981234",
}
# The last four digits of a number. The simulator uses digits below 1000 to decide how a message ends.
LAST_DIGITS = range(1000, 10000)

# How many numbers a call has, with the weight of each range.
SIZES = {range(1, 2): 700, range(2, 6): 240, range(6, 21): 55, range(100, 131): 5}

# Minimum and maximum seconds before a kill, with their weights: at once, during the calls, or some time after them.
WAITS = {(0.0, 0.0): 30, (0.0, 0.2): 45, (0.2, 2.0): 20, (2.0, 15.0): 5}
# The share of the kills that happen while the home starts.
KILLED_DURING_START = 0.2
# Minimum and maximum seconds between such a start and its kill.
START_WAIT = (0.3, 2.5)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the action: one text to one or more numbers."""

    # The provider whose account sends the text.
    provider: str
    # The recipients' numbers (+33612345601).
    numbers: tuple[str, ...]
    # The text. Each call has a different text.
    text: str


@dataclass(frozen=True, slots=True)
class Kill:
    """When a home is killed."""

    # The kill happens after this many messages were requested, or during the start if this is None.
    after_messages: int | None
    # Seconds to wait before the kill.
    wait: float


def plan_calls(messages: int, random: Random) -> list[Call]:
    """Return all calls in random order. The providers get equal shares of the messages."""
    shares = [messages // len(PROVIDERS) + (place < messages % len(PROVIDERS)) for place in range(len(PROVIDERS))]
    sizes = [
        (provider, size) for provider, share in zip(PROVIDERS, shares, strict=True) for size in _sizes(share, random)
    ]
    random.shuffle(sizes)
    return [
        Call(provider, _numbers(provider, size, random), f"soak {place:06}")
        for place, (provider, size) in enumerate(sizes)
    ]


def plan_kills(times: int, messages: int, random: Random) -> list[Kill]:
    """Return all kills in their order."""
    starting = sum(random.random() < KILLED_DURING_START for _ in range(times))
    after_messages = sorted(random.randrange(messages) for _ in range(times - starting))
    planned = [Kill(after, random.uniform(*_weighted_choice(WAITS, random))) for after in after_messages]
    for _ in range(starting):
        planned.insert(random.randrange(len(planned) + 1), Kill(None, random.uniform(*START_WAIT)))
    return planned


def _sizes(messages: int, random: Random) -> list[int]:
    sizes: list[int] = []
    while messages:
        size_range = _weighted_choice(SIZES, random)
        sizes.append(min(messages, random.choice(size_range)))
        messages -= sizes[-1]
    return sizes


def _numbers(provider: str, size: int, random: Random) -> tuple[str, ...]:
    return tuple(f"{NUMBERS[provider]}{last}" for last in random.sample(LAST_DIGITS, size))


def _weighted_choice[T](weights: Mapping[T, int], random: Random) -> T:
    return random.choices(list(weights), list(weights.values()))[0]
