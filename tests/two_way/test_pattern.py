"""Regular expressions over the texts of strangers."""

import re
import signal
import time

import pytest

from custom_components.texting.two_way.pattern import MOST_PATTERN, MOST_SECONDS, MOST_TEXT, compile_pattern, search

SLOW = ["(a+)+$", "(a|a)*$", "(a|aa)+$", r"(\w*)*#", ".*a.*a.*a.*a.*a.*#"]


def test_case_does_not_matter() -> None:
    match = search(compile_pattern("gate (?P<what>open|close)"), "GATE Close")
    assert match
    assert match["what"] == "Close"


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", "unterminated subpattern"),
        ("*", "nothing to repeat"),
        ("[a", "unterminated character set"),
        ("(?P<a>x)(?P<a>y)", "redefinition of group name"),
        ("a{99999999999999999999}", "too large"),
        ("x" * (MOST_PATTERN + 1), f"it has 501 characters, at most {MOST_PATTERN}"),
    ],
)
def test_what_is_wrong_with_a_pattern_is_said(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        compile_pattern(pattern)


def test_only_the_beginning_of_a_text_is_seen() -> None:
    pattern = compile_pattern("water")
    assert search(pattern, "." * (MOST_TEXT - 5) + "water")
    assert search(pattern, "." * (MOST_TEXT - 4) + "water") is None


@pytest.mark.parametrize("pattern", SLOW)
def test_a_text_made_for_a_pattern_holds_nothing_up(pattern: str) -> None:
    began = time.thread_time()
    with pytest.raises(TimeoutError):
        search(compile_pattern(pattern), "a" * 500 + "b" * 9500)
    assert time.thread_time() - began < 5 * MOST_SECONDS


def test_after_one_that_was_given_up_all_is_as_before() -> None:
    with pytest.raises(TimeoutError):
        search(compile_pattern(SLOW[0]), "a" * 100 + "b")
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
    # An alarm that comes late harms nobody.
    signal.raise_signal(signal.SIGVTALRM)
    assert search(compile_pattern("b"), "ab")


@pytest.mark.parametrize("text", ["", "\x00", "\u202e", "{{ 1/0 }}", "\ud800"])
def test_any_text_can_be_searched(text: str) -> None:
    match = search(compile_pattern("(?s)^.*$"), text)
    assert isinstance(match, re.Match)
    assert match[0] == text
