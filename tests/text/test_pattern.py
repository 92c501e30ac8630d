"""Regular expressions on texts of strangers."""

import asyncio
from contextlib import suppress
import signal

import pytest
import regex

from custom_components.texting.text.normalize import MAX_TEXT
from custom_components.texting.text.pattern import MAX_PATTERN, compile_pattern, search


def test_case_does_not_matter() -> None:
    match = search(compile_pattern("gate (?P<what>open|close)"), "GATE Close")
    assert match
    assert match["what"] == "Close"


def test_numbers_of_repetitions() -> None:
    uuid = compile_pattern("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
    assert search(uuid, "id 12345678-1234-1234-1234-123456789ABC")


@pytest.mark.parametrize(
    ("pattern", "error"),
    [
        ("(", "unterminated subpattern"),
        ("*", "nothing to repeat"),
        ("[a", "unterminated character set"),
        ("(?P<a>x)(?P<a>y)", "redefinition of group name"),
        ("a{99999999999999999999}", "too large"),
        ("(((a{999}){999}){999}){999}", "too large together"),
        ("x" * (MAX_PATTERN + 1), f"it has 501 characters, at most {MAX_PATTERN}"),
        # The language of the package regex is larger than the one of re.
        (r"\p{L}", "bad escape"),
        ("(?R)", "unknown extension"),
    ],
)
def test_an_invalid_pattern_says_what_is_wrong(pattern: str, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        compile_pattern(pattern)


def test_only_the_beginning_of_a_text_is_searched() -> None:
    pattern = compile_pattern("water")
    assert search(pattern, "." * (MAX_TEXT - 5) + "water")
    assert search(pattern, "." * (MAX_TEXT - 4) + "water") is None


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$"])
def test_a_slow_search_is_stopped(pattern: str) -> None:
    with pytest.raises(TimeoutError):
        search(compile_pattern(pattern), "a" * 500 + "b" * 9500)
    assert search(compile_pattern("b"), "ab")


async def test_a_search_is_stopped_in_any_thread_and_without_a_signal() -> None:
    """A signal would be taken from the process, and works only in the main thread."""
    # The test run itself may have set a timer.
    timers = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
    times = [signal.getitimer(timer) for timer in timers]
    before = [(signal.getsignal(each), each in signal.pthread_sigmask(signal.SIG_BLOCK, ())) for each in signal.Signals]
    with pytest.raises(TimeoutError):
        await asyncio.to_thread(search, compile_pattern("(a+)+$"), "a" * 500 + "b")
    with pytest.raises(TimeoutError):
        search(compile_pattern("(a+)+$"), "a" * 500 + "b")
    left = [signal.getitimer(timer) for timer in timers]
    assert all(now[0] <= then[0] and now[1] == then[1] for now, then in zip(left, times, strict=True))
    after = [(signal.getsignal(each), each in signal.pthread_sigmask(signal.SIG_BLOCK, ())) for each in signal.Signals]
    assert after == before


@pytest.mark.parametrize("pattern", [r"(\w*)*#", ".*a.*a.*a.*a.*a.*#", r"(?:(\w)\1?)*#"])
def test_a_slow_search_ends(pattern: str) -> None:
    with suppress(TimeoutError):
        assert search(compile_pattern(pattern), "a" * 500 + "b" * 9499 + "c") is None


@pytest.mark.parametrize("text", ["", "\x00", "\u202e", "{{ 1/0 }}", "\ud800"])
def test_any_text_can_be_searched(text: str) -> None:
    match = search(compile_pattern("(?s)^.*$"), text)
    assert isinstance(match, regex.Match)
    assert match[0] == text
