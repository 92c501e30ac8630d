"""Long texts, page by page."""

from itertools import pairwise
import unicodedata

import pytest

from custom_components.texting.gateway.encoding import measure
from custom_components.texting.text.split_page import split_page
from tests.support.sampling import sample

MORE = " (Reply MORE)"


def fits(text: str) -> bool:
    """Return True if a text fits into two segments."""
    return measure(text).segments <= 2


def pages(text: str, more: str = MORE) -> list[str]:
    """Return all pages of a text without the suffix. Check that each page can be sent."""
    found = []
    while text:
        page, rest = split_page(text, fits, more)
        assert fits(page)
        assert page.endswith(more) is bool(rest)
        assert len(rest) < len(text)
        found.append(page.removesuffix(more) if rest else page)
        text = rest
    return found


def test_a_short_text_is_one_page() -> None:
    assert split_page(" The lamp is on.\n", fits, MORE) == ("The lamp is on.", "")
    assert split_page("x" * 306, fits, MORE) == ("x" * 306, "")


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_an_empty_text_has_no_page(text: str) -> None:
    assert split_page(text, fits, MORE) == ("", "")


@pytest.mark.parametrize(
    "word",
    ["word", "a", "été", "[braces]", "дом", "lamp😀", "very-long-word-" * 8],
    ids=["4", "1", "5", "2", "u", "e", "l"],
)
@pytest.mark.parametrize("count", sample([100, 400], 1))
def test_words_stay_whole(word: str, count: int) -> None:
    words = [f"{word}{number}" for number in range(count)]
    found = pages("  ".join(words))
    assert len(found) > 1
    assert " ".join(found).split() == words


def test_each_page_is_as_long_as_possible() -> None:
    words = [f"word{number}" for number in range(300)]
    found = pages(" ".join(words))
    for page, following in pairwise(found):
        assert not fits(f"{page} {following.split()[0]}{MORE}")


def test_line_breaks_stay() -> None:
    text = "\n".join(f"Lamp {number}: on" for number in range(60))
    found = pages(text)
    assert all(page in text for page in found)
    assert sum(page.count("\n") for page in found) > 50


@pytest.mark.parametrize("sign", ["x", "é", "€", "😀", "е\u0301", "👨\u200d👩\u200d👧"])  # the fifth is a Cyrillic e
def test_a_word_longer_than_a_page_is_split_between_signs(sign: str) -> None:
    text = sign * 400
    found = pages(text)
    assert "".join(found) == text
    for page in found:
        assert page.count(sign) * len(sign) == len(page)
        assert not unicodedata.combining(page[0])


def test_a_long_word_after_a_short_one() -> None:
    found = pages(f"See {'x' * 1000} now")
    assert found[0] == "See"
    assert "".join(found[1:]) == f"{'x' * 1000} now"


def test_no_page_if_nothing_fits() -> None:
    assert split_page("x", lambda _text: False, MORE) == ("", "")
    assert split_page("one two", lambda _text: False, MORE) == ("", "")


def test_few_lengths_are_tried() -> None:
    tried = []

    def count(text: str) -> bool:
        tried.append(text)
        return len(text) < 1000

    page, rest = split_page("word " * 20_000, count)
    assert (len(page), len(rest)) == (999, 99_999 - 1000)
    assert len(tried) < 30


def test_a_long_text_is_not_measured_again_and_again() -> None:
    """Only the whole text is tried first; then pages of twice the length, until one does not fit."""
    lengths: list[int] = []

    def fits(page: str) -> bool:
        lengths.append(len(page))
        return len(page) <= 100

    page, rest = split_page("word " * 10_000, fits)
    assert page == ("word " * 20).strip()
    assert page + " " + rest == ("word " * 10_000).strip()
    assert sum(lengths[1:]) < 2000
