"""Feed every parser of foreign data with damaged inputs: python -m scripts.fuzz_parsers [--inputs N] [--seed S] ..."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
import faulthandler
from functools import partial
import multiprocessing
from multiprocessing.sharedctypes import SynchronizedArray
import os
import sys
import time
import traceback
from typing import NamedTuple
import warnings

from .examples import run_examples
from .parser import AnyParser
from .run import Fuzzing, Tally
from .table import format_table, slow_share

# Inputs without --inputs, and inputs that a process takes at a time.
INPUTS, PIECE = 50_000, 1_000
# One of so many inputs is made by Hypothesis, which takes longer.
EXAMPLE_EVERY = 100
# The file descriptor.
STANDARD_ERROR = 2
# The part of the large inputs that may take longer than its limit.
MAX_SLOW = 0.001


class Work(NamedTuple):
    """A piece of work: a range of inputs, or, without an end, so many examples."""

    parser: str
    begin: int
    end: int | None


class Died(Exception):
    """A parser ended its process: a library in C crashed, or the memory was used up."""

    def __init__(self, indexes: Sequence[int]) -> None:
        """Remember the indexes of the inputs that the processes had. One of them is the reason."""
        super().__init__(f"a process died at one of the indexes {indexes}")


_fuzzing: Fuzzing
_note: Callable[[int], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run. Return 1 if an error is outside the tree, or if too many inputs are slow."""
    options = _options(arguments)
    fuzzing = Fuzzing(options.seed)
    chosen = [parser for parser in fuzzing.parsers if options.only in parser.name]
    if not chosen:
        fuzzing.close()
        print(
            f"No parser's name has '{options.only}' in it. There are:",
            *(each.name for each in fuzzing.parsers),
            sep="\n",
        )
        return 2
    if options.index is not None:
        return _repeat(fuzzing, chosen, options.index)
    fuzzing.close()
    print(f"seed {options.seed}: {options.inputs} inputs for {len(chosen)} parsers", flush=True)
    began = time.monotonic()
    try:
        tallies = run(chosen, options.inputs, options.seed, options.jobs)
    except Died as err:
        print(f"\033[31m✗\033[0m {err}. The lines above name the parser.", file=sys.stderr)
        print(f"  scripts/fuzz --seed {options.seed} --only PARSER --index INDEX", file=sys.stderr)
        return 1
    seconds = time.monotonic() - began
    print(format_table(tallies, seconds))
    return _judge(tallies, options.seed, options.inputs, seconds)


def run(chosen: Sequence[AnyParser], inputs: int, seed: int, jobs: int) -> list[Tally]:
    """Run all inputs in some processes; return what each parser made of its own. Raise Died if a process does."""
    tallies = {parser.name: Tally(parser.name, parser.limit) for parser in chosen}
    # Forked processes need no imports of their own. There is no other thread yet.
    context = multiprocessing.get_context("fork")
    # How many processes there are, then the index of the input that each has now.
    shared = context.Array("q", jobs + 1)
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_prepare, initargs=(seed, shared)) as pool:
        done: list[Future[Tally]] = [pool.submit(_work, work) for work in plan(chosen, inputs)]
        for future in as_completed(done):
            try:
                tally = future.result()
            except BrokenProcessPool:
                raise Died(sorted({*shared[1:]})) from None
            tallies[tally.parser].add(tally)
    return list(tallies.values())


def plan(chosen: Sequence[AnyParser], inputs: int) -> Iterator[Work]:
    """Yield the pieces of work. The inputs are shared out by the weights of the parsers."""
    per_weight = inputs / sum(parser.weight for parser in chosen)
    for parser in chosen:
        count = max(1, round(per_weight * parser.weight))
        examples = count // EXAMPLE_EVERY
        if examples:
            yield Work(parser.name, examples, None)
        for begin in range(0, count - examples, PIECE):
            yield Work(parser.name, begin, min(begin + PIECE, count - examples))


def _prepare(seed: int, shared: SynchronizedArray[int]) -> None:
    """Prepare a process. If it crashes, Python prints where it was."""
    global _fuzzing, _note  # noqa: PLW0603  one for each process
    faulthandler.enable(file=STANDARD_ERROR)
    # Python warns of some damaged patterns.
    warnings.simplefilter("ignore")
    _fuzzing = Fuzzing(seed)
    with shared.get_lock():
        shared[0] += 1
        place = shared[0]
    _note = partial(shared.get_obj().__setitem__, place)


def _work(work: Work) -> Tally:
    """Do a piece of work in this process."""
    parser = next(each for each in _fuzzing.parsers if each.name == work.parser)
    if work.end is None:
        return run_examples(_fuzzing, parser, work.begin)
    return _fuzzing.run(parser, range(work.begin, work.end), _note)


def _repeat(fuzzing: Fuzzing, chosen: Sequence[AnyParser], index: int) -> int:
    """Feed one input again, and print it with what came out of it."""
    is_wrong = False
    for parser in chosen:
        made = fuzzing.input_of(parser, index)
        error, took = fuzzing.feed(parser, made)
        print(f"{parser.name} {index}: {took * 1000:.1f} ms of CPU\n{made!r:.5000}")
        if error:
            traceback.print_exception(error)
            is_wrong = is_wrong or not isinstance(error, parser.errors)
    fuzzing.close()
    return int(is_wrong)


def _judge(tallies: Sequence[Tally], seed: int, inputs: int, seconds: float) -> int:
    """Print the violations and how to repeat them. Return 1 if there are any."""
    for violation in (violation for tally in tallies for violation in tally.violations):
        again = f"--inputs {inputs}" if violation.index is None else f"--index {violation.index}"
        print(f"\033[31m✗\033[0m {violation.parser}: {violation.error}", file=sys.stderr)
        print(f"  scripts/fuzz --seed {seed} --only '{violation.parser}' {again}", file=sys.stderr)
    slow = slow_share(tallies)
    if slow > MAX_SLOW:
        slowest = max(tallies, key=lambda tally: tally.slowest[1] / tally.limit)
        print(f"\033[31m✗\033[0m {slow:.2%} of the large inputs took longer than their limit.", file=sys.stderr)
        print(f"  scripts/fuzz --seed {seed} --only '{slowest.parser}' --index {slowest.slowest[0]}", file=sys.stderr)
    outside = sum(tally.outside for tally in tallies)
    count = sum(tally.inputs for tally in tallies)
    print(f"{count} inputs in {seconds:.0f} s, {outside} errors outside the tree, {slow:.3%} of the large inputs slow")
    return int(outside > 0 or slow > MAX_SLOW)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__.partition(":")[0] + ".")
    parser.add_argument(
        "--inputs", type=int, default=INPUTS, help=f"how many inputs all parsers get (default: {INPUTS})"
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other inputs (default: 1)")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count(), help="how many processes (default: one for each processor)"
    )
    parser.add_argument("--only", default="", metavar="NAME", help="only the parsers with this in their names")
    parser.add_argument("--index", type=int, help="feed one input again and print it")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
