"""The fuzzing itself: it finds errors outside the tree, repeats them by seed and index, and covers every parser."""

from collections.abc import Iterator
from contextlib import closing
import inspect
import os
import random
import shlex
import subprocess
import sys

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.errors import InvalidResponse
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from scripts.fuzz_parsers import __main__ as program, answers
from scripts.fuzz_parsers.examples import run_examples
from scripts.fuzz_parsers.mutate import LARGE, Mutator
from scripts.fuzz_parsers.parser import AnyParser, Parser
from scripts.fuzz_parsers.run import LARGE_EVERY, Fuzzing, Tally, is_large
from scripts.fuzz_parsers.table import format_table, slow_share
from scripts.fuzz_parsers.wrong_types import WrongTypeError, check_types
from tests.support.records import record
from tests.support.repository import ROOT

SEED = 5
MAX_DIGITS = 100
# Methods of a gateway that read nothing from the provider but by other methods, or are the base's own.
NOT_ASKED = {"prepare", "preview", "held_until", "batch_key", "knows_status", "refresh", "parse_webhook", "clock"}


@pytest.fixture
def fuzzing(_loopback: None) -> Iterator[Fuzzing]:
    with closing(Fuzzing(SEED)) as fuzzing:
        yield fuzzing


def odd_number(text: str) -> int:
    """A parser with an error: it raises ValueError, which is not documented, for the digit ²."""
    if not text.isdigit() or len(text) > MAX_DIGITS:
        raise InvalidResponse
    return int(text)


def make_text(mutator: Mutator, is_large: bool) -> str:
    return mutator.text(["12", "34"], is_large=is_large)


BROKEN: AnyParser = Parser(name="broken", make=make_text, feed=odd_number, errors=(InvalidResponse,))


def test_every_parser_stays_inside_the_tree(fuzzing: Fuzzing) -> None:
    found = [fuzzing.run(parser, range(2 * LARGE_EVERY)) for parser in fuzzing.parsers]
    assert [violation for tally in found for violation in tally.violations] == []
    assert all(tally.inputs == 2 * LARGE_EVERY and len(tally.large) == 2 for tally in found)


def test_parsers_read_some_of_the_inputs(fuzzing: Fuzzing) -> None:
    """Else only what is no answer at all would be tried."""
    indexes = range(5 * LARGE_EVERY)
    found = [fuzzing.run(parser, indexes) for parser in fuzzing.parsers]
    unread = [
        parser for parser, tally in zip(fuzzing.parsers, found, strict=True) if tally.errors.total() == tally.inputs
    ]
    # Of a single digit, most damages leave nothing.
    assert [parser.name for parser in unread if fuzzing.run(parser, range(1000)).errors.total() > 995] == []


def test_an_error_outside_the_tree_is_found_and_repeated(fuzzing: Fuzzing) -> None:
    tally = fuzzing.run(BROKEN, range(500))
    assert tally.outside == len(tally.violations) > 0
    assert tally.errors["InvalidResponse"] > 0
    with closing(Fuzzing(SEED)) as again:
        for violation in tally.violations:
            assert violation.index is not None
            error, _ = again.feed(BROKEN, again.input_of(BROKEN, violation.index))
            assert type(error) is ValueError
            assert violation.error.startswith("ValueError")


def test_hypothesis_finds_it_too_and_makes_it_small(fuzzing: Fuzzing) -> None:
    tally = run_examples(fuzzing, BROKEN, 5000)
    (violation,) = tally.violations
    assert violation.index is None
    assert violation.error.startswith("ValueError")
    assert len(violation.error) < 150


def test_the_seed_and_the_index_decide_an_input(fuzzing: Fuzzing) -> None:
    random.seed(1)
    with closing(Fuzzing(SEED)) as again, closing(Fuzzing(SEED + 1)) as other:
        for number, parser in enumerate(fuzzing.parsers):
            first = [repr(fuzzing.input_of(parser, index)) for index in range(5)]
            assert first == [repr(again.input_of(again.parsers[number], index)) for index in range(5)]
            assert first != [repr(other.input_of(other.parsers[number], index)) for index in range(5)]


def test_some_inputs_are_large(fuzzing: Fuzzing) -> None:
    sizes = [len(str(fuzzing.input_of(BROKEN, index))) for index in range(8 * LARGE_EVERY)]
    assert all(size <= LARGE for size in sizes)
    assert sum(size == LARGE for size in sizes) == 8
    assert [index for index in range(2 * LARGE_EVERY) if is_large(index)] == [LARGE_EVERY - 1, 2 * LARGE_EVERY - 1]


def test_the_inputs_are_shared_out(fuzzing: Fuzzing) -> None:
    works = list(program.plan(fuzzing.parsers, 50_000))
    inputs = {parser.name: 0 for parser in fuzzing.parsers}
    for work in works:
        inputs[work.parser] += work.begin if work.end is None else work.end - work.begin
    assert abs(sum(inputs.values()) - 50_000) < len(inputs)
    assert inputs["stored row"] == pytest.approx(3 * inputs["text pin"], abs=3)
    pieces = [range(work.begin, work.end) for work in works if work.end is not None and work.parser == "stored row"]
    assert sorted(index for piece in pieces for index in piece) == list(range(pieces[-1].stop))


def test_each_method_of_each_gateway_that_asks_the_provider_is_fed() -> None:
    """A new call must get inputs too."""
    source = inspect.getsource(answers)
    asking = [name for name, each in vars(Gateway).items() if inspect.isroutine(each) and not name.startswith("_")]
    missing = [name for name in asking if name not in NOT_ASKED and f".{name}(" not in source]
    assert missing == []
    assert answers.CALLS.keys() == set(Provider) == set(GATEWAYS)


def die_of_large(text: str) -> None:
    if len(text) == LARGE:
        os._exit(1)


DEADLY: AnyParser = Parser(name="deadly", make=make_text, feed=die_of_large)
FINE: AnyParser = Parser(name="fine", make=make_text, feed=len)
# The program with parsers of this file. It has a process of its own, since it forks others.
PROGRAM = """
import sys
from unittest.mock import patch
from scripts.fuzz_parsers import __main__ as program, texts
from tests import test_fuzz
with patch.object(texts, "parsers", lambda: [test_fuzz.BROKEN, test_fuzz.DEADLY, test_fuzz.FINE]):
    sys.exit(program.main())
"""


def fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603


def test_the_program_counts_the_inputs() -> None:
    done = fuzz("--inputs", "400", "--jobs", "2", "--only", "fine")
    assert (done.returncode, done.stderr) == (0, "")
    line = next(line for line in done.stdout.splitlines() if line.startswith("fine"))
    # One in a hundred is an example of Hypothesis, which may find fewer.
    assert 396 <= int(line.split()[1]) <= 400
    assert fuzz("--only", "no such parser").returncode == 2


def test_the_program_says_how_to_repeat_an_error() -> None:
    done = fuzz("--inputs", "600", "--seed", "5", "--jobs", "1", "--only", "broken")
    assert done.returncode == 1
    again = shlex.split(next(line for line in done.stderr.splitlines() if "--index" in line))
    assert again[:5] == ["scripts/fuzz", "--seed", "5", "--only", "broken"]
    repeated = fuzz(*again[1:])
    assert repeated.returncode == 1
    assert "ValueError" in repeated.stderr


def test_the_program_says_which_input_ended_its_process() -> None:
    done = fuzz("--inputs", "90", "--jobs", "1", "--only", "deadly")
    assert done.returncode == 1
    assert f"[{LARGE_EVERY - 1}]" in done.stderr


def test_slow_inputs_are_counted() -> None:
    tally = Tally("slow", 0.05, inputs=2000, large=[0.01] * 999 + [0.06])
    assert slow_share([tally]) == 0.001
    assert slow_share([tally, Tally("other", 0.1, large=[0.06] * 1000)]) == 0.0005
    tally.slowest = (15, 0.06)
    assert (tally.percentile(50), tally.percentile(99.9)) == (0.01, 0.06)
    assert program._judge([tally], 1, 2000, 1.0) == 0
    tally.large += [0.06]
    assert program._judge([tally], 1, 2000, 1.0) == 1
    assert format_table([tally], 2.0).splitlines()[1].split()[-4:] == ["10.0", "10.0", "60.0", "60.0"]


def test_wrong_types_are_found() -> None:
    check_types([record(1), [record(2)]])
    wrong = record(1)
    wrong.urgent = "yes"  # type: ignore[assignment]
    with pytest.raises(WrongTypeError, match=r"MessageRecord\.urgent"):
        check_types([record(2), wrong])
    later = record(3, created_at=float("inf"))
    with pytest.raises(WrongTypeError):
        check_types(later)
