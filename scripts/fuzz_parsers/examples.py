"""Feed a parser with examples of Hypothesis, which chooses the damage and makes a failing example small."""

from random import Random

from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st

from .mutate import Mutator
from .parser import AnyParser
from .run import Fuzzing, Tally, Violation, describe


def run_examples(fuzzing: Fuzzing, parser: AnyParser, count: int) -> Tally:
    """Feed a parser with so many examples, fewer if there are no more different ones. The seed decides them."""
    tally = Tally(parser.name, parser.limit)
    made: object = None

    @seed(fuzzing.seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(st.randoms(use_true_random=False))
    def feed(random: Random) -> None:
        nonlocal made
        made = parser.make(Mutator(random), False)  # noqa: FBT003  a parser's own function
        error, _ = fuzzing.feed(parser, made)
        tally.inputs += 1
        if isinstance(error, parser.errors):
            tally.errors[type(error).__name__] += 1
        elif error is not None:
            raise error

    try:
        feed()
    except Exception as err:  # noqa: BLE001  every error is counted
        tally.outside += 1
        tally.violations.append(Violation(parser.name, None, f"{describe(err)} by {made!r:.500}"))
    return tally
