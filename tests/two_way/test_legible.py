import pytest

from custom_components.texting.two_way.legible import legible


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
def test_a_line(text: str, line: str) -> None:
    assert legible(text) == line


def test_a_long_text_is_cut() -> None:
    assert legible("a" * 200) == "a" * 200
    assert legible("a" * 201) == "a" * 199 + "…"
    assert legible("ab " * 100, 5) == "ab a…"
    assert len(legible("\0" * 10_000_000 + "a")) <= 200
