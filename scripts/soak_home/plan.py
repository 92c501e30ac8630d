"""What is asked for and when the home is killed: all of it follows from one seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from scripts.soak_home.home import PROVIDERS

# A number without its last four digits, which count from 1000 on: those below decide how a message ends.
NUMBERS = {
    "textinghouse": "+3361234",
    "textiopro": "+3461234",
    "club_texting": "+1212555",
    "group_texting": "+1212555",
    "thesmspoint": "+91981234",
}
LAST_DIGITS = range(1000, 10000)

# Numbers of one call, and how often there are so many.
SIZES = {range(1, 2): 700, range(2, 6): 240, range(6, 21): 55, range(100, 131): 5}

# A home is killed at once, in the midst of what it was asked for, or when it has worked on that for a while.
WAITS = {(0.0, 0.0): 30, (0.0, 0.2): 45, (0.2, 2.0): 20, (2.0, 15.0): 5}
# Some do not even get to start.
KILLED_STARTING = 0.2
STARTING = (0.3, 2.5)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the action: one text to one or more numbers."""

    provider: str
    numbers: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Kill:
    """Seconds to wait once so many messages have been asked for, or after the start where asked is None."""

    asked: int | None
    wait: float


def calls(messages: int, random: Random) -> list[Call]:
    """All calls, as many messages at each provider, in a random order."""
    shares = [messages // len(PROVIDERS) + (place < messages % len(PROVIDERS)) for place in range(len(PROVIDERS))]
    sizes = [
        (provider, size) for provider, share in zip(PROVIDERS, shares, strict=True) for size in _sizes(share, random)
    ]
    random.shuffle(sizes)
    return [
        Call(provider, _numbers(provider, size, random), f"soak {place:06}")
        for place, (provider, size) in enumerate(sizes)
    ]


def kills(times: int, messages: int, random: Random) -> list[Kill]:
    """All kills, in their order."""
    starting = sum(random.random() < KILLED_STARTING for _ in range(times))
    asked = sorted(random.randrange(messages) for _ in range(times - starting))
    planned = [Kill(at, random.uniform(*_weighted(WAITS, random))) for at in asked]
    for _ in range(starting):
        planned.insert(random.randrange(len(planned) + 1), Kill(None, random.uniform(*STARTING)))
    return planned


def _sizes(messages: int, random: Random) -> list[int]:
    sizes: list[int] = []
    while messages:
        among = _weighted(SIZES, random)
        sizes.append(min(messages, random.choice(among)))
        messages -= sizes[-1]
    return sizes


def _numbers(provider: str, size: int, random: Random) -> tuple[str, ...]:
    return tuple(f"{NUMBERS[provider]}{last}" for last in random.sample(LAST_DIGITS, size))


def _weighted[T](weights: Mapping[T, int], random: Random) -> T:
    return random.choices(list(weights), list(weights.values()))[0]
