"""Matching a text with the choices of a question."""

from hypothesis import given, strategies as st
import pytest

from custom_components.texting.text.normalize import normalize
from custom_components.texting.text.phrases import Choice, InvalidPhrase, match_choice, parse_choices
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
        ("shut the valve now", None),
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
