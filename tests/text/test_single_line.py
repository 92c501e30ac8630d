"""Texts of strangers, made safe to show."""

import pytest

from custom_components.texting.text.single_line import single_line, strip_unprintable


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  On my\r\n way\t! ", "On my way !"),
        ("\0bell\x07\x1b[31mred", "bell [31mred"),
        ("\u202egnitset\u202c \u2066x\u2069 \u200fy\ufeff", "gnitset x y"),
        ("\ud800 half", "half"),
        ("👨\u200d👩\u200d👧 é नमस्ते", "👨\u200d👩\u200d👧 é नमस्ते"),
        ("{{ 1/0 }} <script>alert(1)</script>", "{{ 1/0 }} <script>alert(1)</script>"),
        ("\u2028\u2029", ""),
        ("", ""),
    ],
)
def test_a_text_becomes_one_line(text: str, line: str) -> None:
    assert single_line(text) == line


def test_a_long_text_is_shortened() -> None:
    assert single_line("a" * 200) == "a" * 200
    assert single_line("a" * 201) == "a" * 199 + "…"
    assert single_line("ab " * 100, 5) == "ab a…"
    assert len(single_line("\0" * 10_000_000 + "a")) <= 200


@pytest.mark.parametrize(
    ("text", "printable"),
    [("a\x00b\x1b[31m\x7fc", "ab[31mc"), ("one\r\ntwo\tthree\u00a0four", "one \ntwo three four"), ("\u202e\u200b", "")],
)
def test_unprintable_characters_are_removed(text: str, printable: str) -> None:
    assert strip_unprintable(text) == printable
