"""Which texts match a template, and where others differ."""

import random
import re
import sys

import pytest

from custom_components.texting.gateway.template import MAX_VARIABLE, Mismatch, find_mismatch

VAR = "{#var#}"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("The front door is open.", "The front door is open."),
        ("The front door is open.", "  The front  door\r\nis open. "),
        (f"Home alert: {VAR}", "Home alert: water"),
        (f"Home alert: {VAR}", "Home alert: " + "x" * MAX_VARIABLE),
        (f"Home alert: {VAR}{VAR}", "Home alert: " + "x" * MAX_VARIABLE * 2),
        (f"Home alert: {VAR} {VAR}", "Home alert: short"),
        (VAR, "é"),
        (f"{VAR} is open. {VAR} is shut.", "A door is open. It is open. is shut. B is shut."),
        (f"{VAR}.{VAR}.", "1.2.3."),
        (f"a{VAR}b{VAR}c", "a" + "b" * 39 + "xb" + "y" * 40 + "c"),
        ("Pay {#numeric#} at {#url#}, {#alphanumeric#}", "Pay 12 at https://example.com/x, Bob"),
        ("Pay {# var #} or {#VAR#}!", "Pay me or else!"),
        ("50% off (only) [a-z]+ $", "50% off (only) [a-z]+ $"),
        (f"Hôtel {VAR} 😀", "Hôtel 😀 😀"),
        ("Use {#} and {##}", "Use {#} and {##}"),
    ],
)
def test_what_follows(template: str, text: str) -> None:
    assert find_mismatch(text, template) is None


@pytest.mark.parametrize(
    ("template", "text", "position", "expected"),
    [
        ("The front door is open.", "The door is open", 5, "front door is open."),
        ("The front door is open.", "The front door is open", 23, "."),
        ("The front door is open.", "The front door is open. Run", 24, ""),
        ("The front door is open.", "the front door is open.", 1, "The front door is open."),
        (f"Home alert: {VAR}", "Water", 1, "Home alert: "),
        (f"Home alert: {VAR}", "Home alarm: water", 8, "ert: "),
        (f"Home alert: {VAR}", "Home alert:", 12, f" {VAR}"),
        (f"Home alert:{VAR}", "Home alert:", 12, VAR),
        (f"Home alert: {VAR}", "Home alert: " + "x" * (MAX_VARIABLE + 1), 13 + MAX_VARIABLE, ""),
        (f"Home alert: {VAR}{VAR}", "Home alert: " + "x" * 82, 13 + 81, ""),
        (f"Water in the {VAR}.", "Water in the kitchen", 21, "."),
        (f"Water in the {VAR}.", "Water in the kitchen. Run", 22, ""),
        (f"Water in the {VAR}. Call {VAR} now", "Water in the kitchen. Ring Bob now", 23, "Call "),
        (f"Water in the {VAR}. Call {VAR} now", "Water in the kitchen. Call Bob later", 32, "now"),
        (f"Water in the {VAR}. Call {VAR} now", "Water in the " + "x" * 50 + ". Call Bob now", 54, ". Call "),
        (f"Home {VAR} {VAR}!", "  Home\n\n", 7, f" {VAR} {VAR}"),
    ],
)
def test_what_differs(template: str, text: str, position: int, expected: str) -> None:
    found = find_mismatch(text, template)
    assert found is not None
    assert (found.position, found.expected, found.template) == (position, expected, template)


def test_long_templates_are_told_in_part() -> None:
    found = find_mismatch("No", "a" * 5000)
    assert found == Mismatch(1, "a" * 200, "a" * 200)


def test_against_a_plain_pattern() -> None:
    """A text matches if and only if a regular expression matches."""
    chance = random.Random(7)  # noqa: S311  no secret
    follow = 0
    for _ in range(3000):
        fixed = ["".join(chance.choices("ab.", k=chance.randint(1, 3))) for _ in range(chance.randint(1, 4))]
        pattern = re.compile(f".{{1,{MAX_VARIABLE}}}".join(map(re.escape, fixed)), re.DOTALL)
        values = ["".join(chance.choices("ab.", k=chance.choice((0, 1, 2, 3, 40, 41)))) for _ in fixed]
        text = "".join(word for pair in zip(fixed, values, strict=True) for word in pair)
        text = text[: chance.choice((len(text), len(text) - len(values[-1])))]
        matches = pattern.fullmatch(text) is not None
        assert (find_mismatch(text, VAR.join(fixed)) is None) is matches, (fixed, text)
        follow += matches
    assert 500 < follow < 2500


@pytest.mark.parametrize(
    ("template", "text"),
    [
        (f"{VAR}a" * 100 + "b", "a" * 765),
        (f"{VAR}a" * 30000, "a" * 765),
        (f"{VAR} " * 30000, "a " * 382),
        ("a" * 200000 + VAR, "a" * 765),
        (f"{VAR}{'a' * 300}b" * 50, "a" * 765),
    ],
    ids=["many", "thousands", "spaces", "one at the end", "long words"],
)
def test_no_template_takes_long(template: str, text: str) -> None:
    """The work is at most proportional to the product of both lengths. A search with backtracking would never end."""
    calls, limit = 0, 2 * len(text) * len(template)

    def count(*_call: object) -> None:
        nonlocal calls
        calls += 1
        if calls > limit:
            sys.setprofile(None)
            pytest.fail("too many calls")

    sys.setprofile(count)
    try:
        find_mismatch(text, template)
    finally:
        sys.setprofile(None)
    assert 0 < calls <= limit
