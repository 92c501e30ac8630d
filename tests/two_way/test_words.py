"""Texts as people mean them."""

import pytest

from custom_components.texting.two_way.words import normalise


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Yes", "yes"),
        ("  YES!! ", "yes"),
        ("«\u00a0Oui\u00a0»", "oui"),
        ("Éteins la lumière, s’il te plaît…", "eteins la lumiere sil te plait"),
        ("don't", "dont"),
        ("don’t", "dont"),
        ("arm-away", "arm away"),
        ("one\r\n\ttwo", "one two"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("ＯＫ", "ok"),
        ("١", "١"),
        ("كِتاب", "كتاب"),
        ("שָׁלוֹם", "שלום"),
        ("ναί", "ναι"),
        # Signs that make another word.
        ("हाँ", "हाँ"),
        ("दो", "दो"),
        ("が", "が"),
        ("สุข", "สุข"),
        # What a phone adds.
        ("👍", "👍"),
        ("👍\ufe0f", "👍"),
        ("👍🏽", "👍"),
        ("\u202eyes\u202c", "yes"),
        ("\u200fyes\u200b", "yes"),
        ("ye\x00s\x1b", "yes"),
        ("20 €", "20 €"),
        # Nothing but punctuation is what it is.
        ("?", "?"),
        (" ?! ", "?!"),
        ("", ""),
        (" \u200b\u202e\n", ""),
    ],
)
def test_what_people_would_call_the_same(text: str, words: str) -> None:
    assert normalise(text) == words


@pytest.mark.parametrize("text", ["Yes!", "Éteins…", "İ", "ﷺ" * 10, "हाँ", "ﬁn", "ǅ", "?", "한국"])
def test_words_stay_as_they_are(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_different_answers_stay_different() -> None:
    answers = ["yes", "no", "1", "2", "?", "!", "👍", "👎", "on", "one", "か", "が", "हाँ", "नहीं", "+", "-"]
    assert len({normalise(answer) for answer in answers}) == len(answers)
