"""Which answer a text is."""

from time import perf_counter

from hypothesis import given, strategies as st
import pytest

from custom_components.texting.two_way.answers import Answer, InvalidPhrase, find, parse
from custom_components.texting.two_way.words import normalise
from custom_components.texting.two_way.yes_no import YES_NO, yes_no

ANSWERS = {
    "shut": ["1", "shut the valve", "Ferme !"],
    "ignore": ["2", "ignore"],
    "later": ["in {time} minutes", "{when} later"],
    "set": ["set {room} to {degrees}"],
}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("1", Answer("shut")),
        ("  Shut THE valve!! ", Answer("shut")),
        ("fermé", Answer("shut")),
        ("FERME", Answer("shut")),
        ("\u200e2\u200f", Answer("ignore")),
        ("1gnore", None),
        ("shut the", None),
        ("shut the valve now", None),
        ("", None),
        ("?!", None),
        ("in 5 minutes", Answer("later", {"time": "5"})),
        ("In  five or SIX, minutes.", Answer("later", {"time": "five or SIX"})),
        ("in minutes", None),
        ("tomorrow later", Answer("later", {"when": "tomorrow"})),
        ("later", None),
        ("Set “Ben's room” to 21.5!", Answer("set", {"room": "Ben's room", "degrees": "21.5"})),
        ("set a to b to c", Answer("set", {"room": "a", "degrees": "b to c"})),
        ("set to to to", Answer("set", {"room": "to", "degrees": "to"})),
        ("set <b>{{ 1/0 }}</b> to x", Answer("set", {"room": "<b> 1/0 </b>", "degrees": "x"})),
    ],
)
def test_an_answer(text: str, answer: Answer | None) -> None:
    assert find(parse(ANSWERS), text) == answer


def test_words_go_before_slots() -> None:
    answers = parse({"any": ["{words}"], "yes": ["yes"]})
    assert find(answers, "YES") == Answer("yes")
    assert find(answers, "yes please") == Answer("any", {"words": "yes please"})


@pytest.mark.parametrize("phrase", ["", " ", "{a} {a}", "{a}{b}", "x{a}", "{", "}", "{a b}", "{}"])
def test_what_is_no_phrase(phrase: str) -> None:
    with pytest.raises(InvalidPhrase):
        parse({"a": [phrase]})


@pytest.mark.parametrize(("text", "answer"), [("?", Answer("what")), ("what?", None), ("!", None), ("", None)])
def test_marks_alone_can_be_an_answer(text: str, answer: Answer | None) -> None:
    assert find(parse({"what": ["?"], "more": ["more !"]}), text) == answer
    assert find(parse({"more": ["more !"]}), "MORE") == Answer("more")


def test_a_phrase_means_one_answer() -> None:
    assert parse({"a": ["Yes", "yes!"]})
    with pytest.raises(InvalidPhrase):
        parse({"a": ["Yes"], "b": ["yes!"]})
    with pytest.raises(InvalidPhrase):
        parse({"a": ["in {x}"], "b": ["in {y}"]})


@pytest.mark.parametrize("language", YES_NO)
def test_yes_and_no(language: str) -> None:
    words = yes_no(f"{language.upper()}-XX")
    for answer, phrases in words.items():
        for phrase in phrases:
            assert find(parse(words), f" {phrase.upper()}. ") == Answer(answer)


def test_a_language_without_words_has_the_english_ones() -> None:
    assert yes_no("tlh") == yes_no("en-GB") == yes_no("en")


@given(st.text())
def test_any_text_is_some_answer_or_none(text: str) -> None:
    found = find(parse({"any": ["{words}"], "more": ["set {a} to {b} and {c}"]}), text)
    assert (found is None) is not any(map(normalise, text[:1000].split()))


def test_a_long_text_is_looked_at_in_no_time() -> None:
    answers = parse({"a": [" ".join(f"x {{s{place}}}" for place in range(30))]})
    begun = perf_counter()
    assert find(answers, "x " * 5000 + "y") is not None
    assert perf_counter() - begun < 0.5
