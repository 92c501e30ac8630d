"""The number in a reply."""

import pytest

from custom_components.texting.text.reply_number import Place, ReplyNumber, find_number
from custom_components.texting.text.yes_no import YES_NO, yes_no

GIVEN = frozenset({12, 13, 15, 99})
ALONE, AFTER_WORD, FIRST = Place.ALONE, Place.AFTER_WORD, Place.FIRST


def find(text: str, language: str = "en") -> ReplyNumber:
    return find_number(text, GIVEN, [phrase for phrases in yes_no(language).values() for phrase in phrases])


@pytest.mark.parametrize(
    "text",
    [
        *(
            "12",
            " #12. ",
            "12!",
            "(12)",
            "12?",
            "12 ...",
            "“12”",
            "*12*",
            "№ 12",
            "[12]",
            "«12»",
            "12\n",
            "12 12",
            "12:",
        ),
        # Direction marks, and the digits of Arabic, Persian, Hindi, Bengali, Tamil, Thai, Burmese, Khmer, wide letters.
        *("\u200f12\u200e", "\u206812\u2069", "١٢", "۱۲", "१२", "১২", "௧௨", "๑๒", "၁၂", "១២", "１２", "１2。"),
    ],
)
def test_a_number_alone(text: str) -> None:
    assert find(text) == ReplyNumber((12,), ALONE, "")


@pytest.mark.parametrize(
    ("language", "text", "rest"),
    [
        ("en", "OK 12", "OK"),
        ("en", "No, 12", "No,"),
        ("en", "ok12", "ok"),
        ("en", "OK12!", "OK"),
        ("en", "OK-12", "OK-"),
        ("en", "OK - 12", "OK -"),
        ("en", "OK #12, thanks", "OK thanks"),
        ("en", "OK (12) please", "OK please"),
        ("en", "OK 12 please", "OK please"),
        ("en", "Yes please 12", "Yes please"),
        ("en", "no.12", "no."),
        ("en", "NO №12", "NO"),
        ("en", "y 12", "y"),
        ("en", "OK\n12\nBen", "OK Ben"),
        ("en", "👍 12", "👍"),
        ("en", "👍🏽👍🏽12", "👍🏽👍🏽"),
        ("en", "OK yes 12", "OK yes"),
        ("en", "“OK 12”", "“OK"),
        ("en", "OK 12 pm", "OK pm"),
        ("en", "OK 12. Home at 15", "OK Home at 15"),
        ("de", "Ja 12 bitte", "Ja bitte"),
        ("de", "Nö 12", "Nö"),
        ("fr", "D’accord 12", "D’accord"),
        ("es", "Sí, 12", "Sí,"),
        ("tr", "HAYIR 12", "HAYIR"),
        ("vi", "Không 12", "Không"),
        ("ru", "Да 12, спасибо", "Да спасибо"),
        ("uk", "Ні 12", "Ні"),
        ("el", "Ναι, 12", "Ναι,"),
        ("ar", "نعم ١٢", "نعم"),
        ("ar", "لا، ١٢ شكرا", "لا، شكرا"),
        ("he", "כן 12", "כן"),
        ("hi", "हाँ १२", "हाँ"),
        ("ta", "ஆம் 12", "ஆம்"),
        ("th", "ใช่ ๑๒ ครับ", "ใช่ ครับ"),
        ("th", "ไม่12", "ไม่"),
        ("ja", "はい12", "はい"),
        ("ja", "はい、１２です", None),
        ("ja", "いいえ 12 お願い", "いいえ お願い"),
        ("ko", "네 12", "네"),
        ("ko", "아니요12", "아니요"),
        ("zh", "好的12", "好的"),
        ("zh", "不 12！", "不"),
    ],
)
def test_after_a_word(language: str, text: str, rest: str | None) -> None:
    assert find(text, language) == (
        ReplyNumber((), None, text) if rest is None else ReplyNumber((12,), AFTER_WORD, rest)
    )


@pytest.mark.parametrize(
    ("language", "text", "rest"),
    [
        ("en", "12 yes please", "yes please"),
        ("en", "12: blue", "blue"),
        ("en", "12 : blue", "blue"),
        ("en", "12) no", "no"),
        ("en", "12yes", "yes"),
        ("en", "12ok thanks", "ok thanks"),
        ("en", "12. yes", "yes"),
        ("en", "12-yes", "yes"),
        ("en", "12 - blue", "blue"),
        ("en", "12 -5", "-5"),
        ("en", "12 .5", ".5"),
        ("en", "12, -5 or so", "-5 or so"),
        ("en", "12=21.5", "21.5"),
        ("en", "#12 OK", "OK"),
        ("en", "12 👍", "👍"),
        ("en", "12👎🏽", "👎🏽"),
        ("en", "12\nyes", "yes"),
        ("en", "12 30 yes", "30 yes"),
        ("en", "12 at 13", "at 13"),
        ("en", "12 degrees", "degrees"),
        ("en", "12 Home at 15:30, not before", "Home at 15:30, not before"),
        ("es", "12 ¿qué?", "¿qué?"),
        ("fr", "12 : d'accord", "d'accord"),
        ("ru", "12 да", "да"),
        ("el", "12) ναι", "ναι"),
        ("ar", "١٢ نعم", "نعم"),
        ("he", "12: כן", "כן"),
        ("hi", "१२ हाँ जी", "हाँ जी"),
        ("ta", "௧௨ இல்லை", "இல்லை"),
        ("th", "๑๒ ใช่ครับ", "ใช่ครับ"),
        ("th", "12ไม่", "ไม่"),
        ("ja", "１２、はい", "はい"),
        ("ja", "12はいお願いします", "はいお願いします"),
        ("ko", "12네", "네"),
        ("ko", "12번 네", None),
        ("zh", "12是", "是"),
        ("zh", "12：不要", "不要"),
        # Languages without a list of their own.
        ("ka", "12 კი", "კი"),
        ("hy", "12 այո", "այո"),
        ("bn", "১২ হ্যাঁ", "হ্যাঁ"),
        ("am", "12 አዎ", "አዎ"),
    ],
)
def test_first(language: str, text: str, rest: str | None) -> None:
    assert find(text, language) == (ReplyNumber((), None, text) if rest is None else ReplyNumber((12,), FIRST, rest))


@pytest.mark.parametrize(
    "text",
    [
        # Elsewhere.
        *("OK, home at 15", "we are 12 people", "call 12", "Alert 12", "yesterday 12", "not 12", "nr. 12"),
        *("the answer is 12", "a" * 200 + " 12", "OK " * 50 + "12", "OK thanks 12", "是 12", "да 12"),
        # A part of something else.
        *("112", "0012", "012", "120", "12.5 degrees", "12,5", "12:30", "OK 12:30", "12/3", "12.11.", "12-13", "12–15"),
        *("12*3", "-12", "OK -12", "–12", "−12", "+12", "+1 212", "12%", "12 %", "12 ٪", "12°", "$12", "12€", "€ 12"),
        *("1 2", "12h", "12th", "12pm", "12x30", "x12", "y12", "12y", "12n", "a12", "12min", "12²", "12時", "12月"),
        *("12월", "١٢٫٥", "12\u0301", "12🏽"),
        # A number that was not given.
        *("30", "OK 30", "30 12", "OK 30 12", "14: blue", "٣٠", "１４"),
        # No number at all.
        *("", " ", "OK", "?!", "twelve", "⑫", "Ⅻ", "十二", "👍", "²²"),
    ],
)  # fmt: skip
def test_ordinary_words(text: str) -> None:
    assert find(text) == ReplyNumber((), None, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 13", ReplyNumber((12, 13), ALONE, "")),
        ("13, 12!", ReplyNumber((13, 12), ALONE, "")),
        ("12 & 13", ReplyNumber((12, 13), ALONE, "")),
        ("12 13 12", ReplyNumber((12, 13), ALONE, "")),
        ("12+13", ReplyNumber((12, 13), FIRST, "+")),
        ("12 + 13", ReplyNumber((12, 13), FIRST, "+")),
        ("OK 12 13", ReplyNumber((12, 13), AFTER_WORD, "OK")),
        ("OK 12, 13 and 99", ReplyNumber((12, 13, 99), AFTER_WORD, "OK and")),
        ("12 and 13 yes", ReplyNumber((12, 13), FIRST, "and yes")),
        ("12 or 13?", ReplyNumber((12, 13), FIRST, "or")),
        ("12 und 13 ja", ReplyNumber((12, 13), FIRST, "und ja")),
        ("12 и 13", ReplyNumber((12, 13), FIRST, "и")),
        ("١٢ و ١٣", ReplyNumber((12, 13), FIRST, "و")),
        ("12と13", ReplyNumber((12, 13), FIRST, "と")),
        ("12와 13", ReplyNumber((12, 13), FIRST, "와")),
        ("12和13", ReplyNumber((12, 13), FIRST, "和")),
        ("OK 12, NO 13", ReplyNumber((12, 13), AFTER_WORD, "OK NO")),
        ("OK 12 and no 13 please", ReplyNumber((12, 13), AFTER_WORD, "OK and no please")),
        ("12 yes 13 no", ReplyNumber((12, 13), FIRST, "yes no")),
        ("OK 12, NO 30", ReplyNumber((12,), AFTER_WORD, "OK NO 30")),
        ("12 -13", ReplyNumber((12,), FIRST, "-13")),
        ("12 13.5", ReplyNumber((12,), FIRST, "13.5")),
    ],
)
def test_several_numbers(text: str, expected: ReplyNumber) -> None:
    assert find(text) == expected


@pytest.mark.parametrize("language", YES_NO)
def test_every_phrase_for_yes_or_no_can_stand_before_a_number(language: str) -> None:
    for phrases in yes_no(language).values():
        for phrase in phrases:
            assert find(f"{phrase.upper()}: 13.", language) == ReplyNumber((13,), AFTER_WORD, f"{phrase.upper()}:")


def test_only_given_numbers_count() -> None:
    assert find_number("12", (), ("ok",)) == ReplyNumber((), None, "12")
    assert find_number("OK 12", {13}, ("ok",)) == ReplyNumber((), None, "OK 12")
    assert find_number("OK 13", {13}, ()) == ReplyNumber((), None, "OK 13")
    assert find_number("OK 13", {13}, ("", "ok")) == ReplyNumber((13,), AFTER_WORD, "OK")
    assert find_number("13 OK", {13}, ()) == ReplyNumber((13,), FIRST, "OK")


def test_a_text_of_many_numbers_names_the_first_ones() -> None:
    found = find_number(" ".join(map(str, range(10, 100))), range(10, 100), ())
    assert (found.codes, found.place) == (tuple(range(10, 30)), FIRST)
    assert found.rest.startswith("30 31")


def test_the_rest_of_a_long_text_is_whole() -> None:
    assert find("12 " + "x\ny " * 3000) == ReplyNumber((12,), FIRST, ("x\ny " * 3000).strip())
    assert find("12" + " " * 10_000) == ReplyNumber((12,), ALONE, "")
