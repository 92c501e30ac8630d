"""The words of texts about questions."""

from dataclasses import asdict

import pytest

from custom_components.texting.gateway.encoding import Encoding, measure
from custom_components.texting.gateway.one_segment import MAX_LENGTH
from custom_components.texting.gateway.providers.ez_texting.club_texting import MAX_STANDARD, ClubTexting
from custom_components.texting.gateway.providers.ez_texting.group_texting import GroupTexting
from custom_components.texting.inbound.wording import WORDING, Words, numbered, over, sorry, which

LANGUAGES = pytest.mark.parametrize("words", WORDING.values(), ids=list(WORDING))
# What every provider takes, and one segment holds.
PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:()?")
PAIR = [(23, "Shut the water off?"), (42, "Dry it now, or when?")]
LONG = "It has not rained for a week, and the garden is dry: water it tonight, tomorrow morning or not at all? " * 20


def fits(text: str) -> bool:
    return len(text) <= MAX_LENGTH and measure(text).segments == 1


def test_the_words() -> None:
    assert numbered("Shut it?", 23) == "Shut it? Reply 23 and your answer."
    assert sorry("Shut it?") == "Sorry, not understood. Shut it?"
    assert which(PAIR) == (
        "Which one? 23 Shut the water off, 42 Dry it now, or when. Reply the number and your answer."
    )
    assert over("Shut it?", 23, "14:05") == "Shut it? (23) is over since 14:05."
    assert over("", 23, "14:05") == over("Shut it?", 23, "") == over("👍", 23, "14:05") == "Question 23 is over."


@LANGUAGES
def test_the_words_of_a_language_are_what_every_provider_takes(words: Words) -> None:
    for sentence in asdict(words).values():
        plain = sentence.format(question="", code=23, items="", time="14:05")
        assert set(plain) <= PLAIN
    assert PLAIN - ClubTexting.brand.allowed == PLAIN - GroupTexting.brand.allowed == set()
    assert MAX_LENGTH <= MAX_STANDARD


@LANGUAGES
@pytest.mark.parametrize("question", [LONG, LONG[:60], "Shut?", 'Don\'t "shut"!\n\nReply 1/2; it’s [so] €5 👍🏽'])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 20, 90])
def test_texts_about_several_questions_fit_into_one_segment(words: Words, question: str, count: int) -> None:
    for text in (which([(10 + each, question) for each in range(count)], words), over(question, 23, "14:05", words)):
        assert fits(text)
        assert measure(text).encoding is Encoding.GSM7
        assert set(text) <= PLAIN


@LANGUAGES
@pytest.mark.parametrize(
    "question",
    [
        "Перекрыть воду в подвале? Она течёт уже десять минут, и никого нет дома, кроме собаки и кота.",
        "खिड़की खुली है और घर पर कोई नहीं है, क्या मैं हीटिंग बंद कर दूँ या एक घंटा और चलने दूँ, आप बताइए?",
        "𝐒𝐡𝐮𝐭 it? 地下室漏水了要关阀门吗地下室漏水了要关阀门吗地下室漏水了要关阀门吗地下室漏水了",
    ],
)
@pytest.mark.parametrize("count", [1, 2, 3, 20])
def test_other_alphabets_fit_into_one_segment_too(words: Words, question: str, count: int) -> None:
    asked, late = which([(10 + each, question) for each in range(count)], words), over(question, 23, "14:05", words)
    assert fits(asked)
    assert fits(late)
    # What is left of the question is its beginning.
    kept = late.partition("... (23)")[0]
    assert len(kept) > len("20 characters of it.")
    if kept[0] != "i":
        assert question.startswith(kept)


def test_only_long_questions_are_shortened() -> None:
    text = which([(10, "Shut it?"), (11, LONG), (12, "Dry it?")])
    assert len(text) > MAX_LENGTH - 5
    assert "10 Shut it, 11 It has not rained" in text
    assert "..., 12 Dry it. Reply" in text
    short = over(LONG, 10, "14:05")
    assert short.startswith("It has not rained for a week, and the garden is dry: water it")
    assert short.endswith("... (10) is over since 14:05.")
    assert len(short) > MAX_LENGTH - 5


def test_many_questions_are_named_by_their_numbers_alone() -> None:
    codes = list(range(10, 30))
    assert which([(code, LONG) for code in codes]).startswith("Which one? 10, 11, 12, 13")
    assert [str(code) in which([(code, LONG) for code in codes]) for code in codes] == [True] * 20
    # Short ones stay.
    assert which([(code, "") for code in codes[:3]]) == "Which one? 10, 11, 12. Reply the number and your answer."


@pytest.mark.parametrize("question", ["{code} {x} {", "Shut it, or {0}?", LONG, "Перекрыть?", 'Don\'t "shut"!'])
def test_a_question_that_is_asked_is_never_changed(question: str) -> None:
    assert numbered(question, 23) == f"{question} Reply 23 and your answer."
    assert sorry(question) == f"Sorry, not understood. {question}"
