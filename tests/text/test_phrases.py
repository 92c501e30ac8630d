"""Matching a text with the choices of a question."""

from hypothesis import given, strategies as st
import pytest

from custom_components.texting.text.normalize import normalize
from custom_components.texting.text.phrases import (
    Choice,
    InvalidPhrase,
    match_choice,
    parse_choices,
    without_free_text,
)
from custom_components.texting.text.yes_no import YES_NO, yes_no

CHOICES = {
    "shut": ["1", "shut the valve", "Ferme !"],
    "ignore": ["2", "ignore"],
    "later": ["in {time} minutes", "{when} later"],
    "set": ["set {room} to {degrees}"],
}


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("1", Choice("shut")),
        ("  Shut THE valve!! ", Choice("shut")),
        ("fermé", Choice("shut")),
        ("FERME", Choice("shut")),
        ("\u200e2\u200f", Choice("ignore")),
        ("1gnore", None),
        ("shut the", None),
        ("shut the valve now", Choice("shut")),
        ("please shut the valve", None),
        ("", None),
        ("?!", None),
        ("in 5 minutes", Choice("later", {"time": "5"})),
        ("In  five or SIX, minutes.", Choice("later", {"time": "five or SIX"})),
        ("in minutes", None),
        ("tomorrow later", Choice("later", {"when": "tomorrow"})),
        ("later", None),
        ("Set “Ben's room” to 21.5!", Choice("set", {"room": "Ben's room", "degrees": "21.5"})),
        ("set a to b to c", Choice("set", {"room": "a", "degrees": "b to c"})),
        ("set to to to", Choice("set", {"room": "to", "degrees": "to"})),
        ("set <b>{{ 1/0 }}</b> to x", Choice("set", {"room": "<b> 1/0 </b>", "degrees": "x"})),
    ],
)
def test_a_text_matches_a_choice(text: str, choice: Choice | None) -> None:
    assert match_choice(parse_choices(CHOICES), text) == choice


def test_phrases_without_slots_are_tried_first() -> None:
    choices = parse_choices({"any": ["{words}"], "yes": ["yes"]})
    assert match_choice(choices, "YES") == Choice("yes")
    assert match_choice(choices, "yes please") == Choice("any", {"words": "yes please"})


SWITCH = {
    "on": ["on", "turn it on", "1", "+", "开"],
    "off": ["off", "turn it off", "2", "-", "不开", "on hold"],
    "21.5": ["21.5"],
    "22": ["22", "12:30"],
}


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("off please", "off"),
        ("OFF! Now.", "off"),
        ("on, turn it on", "on"),
        # The phrase of another choice follows.
        ("on off", None),
        ("on or off?", None),
        ("on. No, turn it OFF", None),
        ("on turn it on off", None),
        # The longest phrase counts, at the beginning and after it.
        ("on hold for now", "off"),
        ("off, keep it on hold", "off"),
        ("off, keep it on", None),
        # Another word, or words before the phrase.
        ("offline", None),
        ("once", None),
        ("on2", None),
        ("please on", None),
        ("off, once more", "off"),
        # One letter or digit alone. A symbol is a word.
        ("1", "on"),
        ("1 please", None),
        ("off, in 1 hour", "off"),
        ("+ please", "on"),
        ("+++", "on"),
        ("- please", None),
        # A part of a number is another number.
        ("21.5 please", "21.5"),
        ("21,5 °C", "21.5"),
        ("22 please", "22"),
        ("22.5", None),
        ("22:15", None),
        ("12.30 is fine", "22"),
        ("22, not 21.5", None),
        ("22 and 21.55", "22"),
        # Scripts without spaces.
        ("开吧", "on"),
        ("不开了", "off"),
        ("开不开", None),
        ("on吧", "on"),
    ],
)
def test_the_first_words_decide(text: str, choice: str | None) -> None:
    assert match_choice(parse_choices(SWITCH), text) == (Choice(choice) if choice else None)


def test_phrases_with_slots_come_before_the_first_words() -> None:
    choices = parse_choices({"on": ["on"], "later": ["on {when} please"], "off": ["off"]})
    assert match_choice(choices, "on") == Choice("on")
    assert match_choice(choices, "on monday please") == Choice("later", {"when": "monday"})
    assert match_choice(choices, "on monday") == Choice("on")


def test_phrases_that_stand_for_no_choice() -> None:
    choices = parse_choices({"yes": ["yes"], "no": ["no", "no clue"]}, ["no idea", "no clue", "yes and no"])
    assert match_choice(choices, "No idea!") is None
    assert match_choice(choices, "No ideas") == Choice("no")
    assert match_choice(choices, "Yes, no idea when") == Choice("yes")
    assert match_choice(choices, "yes and no") is None
    # A choice's own phrase counts more.
    assert match_choice(choices, "No clue, sorry") == Choice("no")


@pytest.mark.parametrize(
    ("phrases", "expected"),
    [
        (["{words}"], True),
        (["stop", "{a} {b}"], True),
        (["- {words} -"], True),
        (["set {a}"], False),
        (["yes"], False),
        ([], False),
    ],
)
def test_which_choices_take_free_text(phrases: list[str], *, expected: bool) -> None:
    choices = parse_choices({"yes": ["yes please"], "other": phrases})
    assert (match_choice(choices, "any words") == match_choice(without_free_text(choices), "any words")) is not expected


@pytest.mark.parametrize("phrase", ["", " ", "{a} {a}", "{a}{b}", "x{a}", "{", "}", "{a b}", "{}"])
def test_an_invalid_phrase(phrase: str) -> None:
    with pytest.raises(InvalidPhrase):
        parse_choices({"a": [phrase]})


@pytest.mark.parametrize(("text", "choice"), [("?", Choice("what")), ("what?", None), ("!", None), ("", None)])
def test_a_phrase_can_be_punctuation_only(text: str, choice: Choice | None) -> None:
    assert match_choice(parse_choices({"what": ["?"], "more": ["more !"]}), text) == choice
    assert match_choice(parse_choices({"more": ["more !"]}), "MORE") == Choice("more")


def test_a_phrase_stands_for_one_choice() -> None:
    assert parse_choices({"a": ["Yes", "yes!"]})
    with pytest.raises(InvalidPhrase):
        parse_choices({"a": ["Yes"], "b": ["yes!"]})
    with pytest.raises(InvalidPhrase):
        parse_choices({"a": ["in {x}"], "b": ["in {y}"]})


@pytest.mark.parametrize("language", YES_NO)
def test_yes_and_no(language: str) -> None:
    words = yes_no(f"{language.upper()}-XX")
    for choice, phrases in words.items():
        for phrase in phrases:
            assert match_choice(parse_choices(words), f" {phrase.upper()}. ") == Choice(choice)


def test_an_unknown_language_uses_english() -> None:
    assert yes_no("tlh") == yes_no("en-GB") == yes_no("en")


@given(st.text())
def test_any_text_matches_if_it_has_a_word(text: str) -> None:
    found = match_choice(parse_choices({"any": ["{words}"], "more": ["set {a} to {b} and {c}"]}), text)
    assert (found is None) is not any(map(normalize, text[:1000].split()))


def test_many_slots_and_a_long_text() -> None:
    choices = parse_choices({"a": [" ".join(f"x {{s{index}}}" for index in range(30))]})
    assert match_choice(choices, "x " * 5000 + "y") is not None


def test_many_phrases_and_a_long_text() -> None:
    choices = parse_choices({f"{number}": [f"a{number}{' b' * count}" for count in range(20)] for number in range(50)})
    assert match_choice(choices, "a7" + " b" * 30_000) == Choice("7")
    assert match_choice(choices, "a7" + " b" * 300 + " a8") is None
    # Only the beginning of a text is read.
    assert match_choice(choices, "a7" + " b" * 600 + " a8") == Choice("7")
    assert match_choice(parse_choices({"yes": ["是"], "no": ["不"]}), "是" * 65_536) == Choice("yes")
