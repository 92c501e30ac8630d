"""Normalized texts."""

import pytest

from custom_components.texting.text.normalize import MAX_TEXT, normalize


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
        # Signs that change the word.
        ("हाँ", "हाँ"),
        ("दो", "दो"),
        ("が", "が"),
        ("สุข", "สุข"),
        # Characters that phones add.
        ("👍", "👍"),
        ("👍\ufe0f", "👍"),
        ("👍🏽", "👍"),
        ("\u202eyes\u202c", "yes"),
        ("\u200fyes\u200b", "yes"),
        ("ye\x00s\x1b", "yes"),
        ("20 €", "20 €"),
        # A text of punctuation alone keeps it.
        ("?", "?"),
        (" ?! ", "?!"),
        ("", ""),
        (" \u200b\u202e\n", ""),
    ],
)
def test_texts_that_people_call_the_same_are_equal(text: str, words: str) -> None:
    assert normalize(text) == words


@pytest.mark.parametrize("text", ["Yes!", "Éteins…", "İ", "ﷺ" * 10, "हाँ", "ﬁn", "ǅ", "?", "한국"])
def test_a_normalized_text_does_not_change(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


def test_different_texts_stay_different() -> None:
    texts = ["yes", "no", "1", "2", "?", "!", "👍", "👎", "on", "one", "か", "が", "हाँ", "नहीं", "+", "-"]
    assert len({normalize(text) for text in texts}) == len(texts)


@pytest.mark.parametrize(("character", "normalized"), [("x", "x"), ("ﷺ", "صلى الله عليه وسلم"), ("각", "각")])
def test_only_the_beginning_of_a_long_text_is_read(character: str, normalized: str) -> None:
    expected = (normalized * MAX_TEXT)[:MAX_TEXT].strip()
    assert normalize(character * 65_536) == expected
