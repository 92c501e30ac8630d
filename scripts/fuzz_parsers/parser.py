"""What a parser is to the fuzzing: how its inputs are made, how one is fed, and which errors it may raise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .mutate import Mutator


@dataclass(frozen=True, slots=True, kw_only=True)
class Parser[Input]:
    """One parser of foreign data."""

    # As it is printed, and as --only takes it.
    name: str
    # Makes an input; a large one has about 64 KiB.
    make: Callable[[Mutator, bool], Input]
    # Feeds an input, and returns what was read, whose types are checked then.
    feed: Callable[[Input], object]
    # The errors that are documented. Any other is a violation.
    errors: tuple[type[Exception], ...] = ()
    # Inputs of this parser, for one of a plain parser.
    weight: float = 1.0
    # Seconds of CPU that 99.9 % of the large inputs may take.
    limit: float = 0.05


type AnyParser = Parser[Any]
