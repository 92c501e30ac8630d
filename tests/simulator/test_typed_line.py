"""Test how typed lines are read."""

import pytest

from .typed_line import NotUnderstoodError, Reply, read_line

PEOPLE = {"Anna": "+33612345601", "Ben": "+33612345602", "Mary Ann": "+12125550142"}
NUMBERS = {"33612345699", "919812345604"}
NO_BREAK, NARROW, THIN = "\u00a0", "\u202f", "\u2009"


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("Anna: OK", "33612345601"),
        ("anna: OK", "33612345601"),
        ("BEN : OK", "33612345602"),
        ("  Anna:OK  ", "33612345601"),
        ("mary  ann: OK", "12125550142"),
        (f"Mary{NO_BREAK}Ann{NO_BREAK}:{NO_BREAK}OK", "12125550142"),
        ("+33612345601: OK", "33612345601"),
        ("+33 6 12 34 56 01: OK", "33612345601"),
        (f"+33{NO_BREAK}6{NARROW}12{THIN}34 56 01: OK", "33612345601"),
        ("\u202a+33 6 12 34 56 01\u202c: OK", "33612345601"),
        ("+33 (6) 12-34.56/01: OK", "33612345601"),
        ("+33 6 12–34\u201156 01: OK", "33612345601"),
        ("\uff0b33612345601: OK", "33612345601"),
        ("0033 6 12 34 56 01: OK", "33612345601"),
        ("06 12 34 56 01: OK", "33612345601"),
        ("06 12 34 56 99: OK", "33612345699"),
        ("33612345699: OK", "33612345699"),
        ("(212) 555-0142: OK", "12125550142"),
        ("98123 45604: OK", "919812345604"),
        ("\u0660\u0666\u0661\u0662\u0663\u0664\u0665\u0666\u0660\u0661: OK", "33612345601"),
        # Whoever was never texted is not refused here.
        ("+33 6 99 99 99 99: OK", "33699999999"),
        ("0033 6 99 99 99 99: OK", "33699999999"),
    ],
)
def test_who_texts(line: str, number: str) -> None:
    assert read_line(line, PEOPLE, NUMBERS) == Reply(number, "OK")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("Anna: at 10:30: yes", "at 10:30: yes"),
        ("Anna:: OK", ": OK"),
        ("Anna: 👍", "👍"),
        ("Anna: two  spaces", "two  spaces"),
        (f"Anna: OK{NO_BREAK}", "OK"),
        ("Anna: +33 6 12 34 56 02: OK", "+33 6 12 34 56 02: OK"),
    ],
)
def test_the_text_stays_as_it_is(line: str, text: str) -> None:
    assert read_line(line, PEOPLE, NUMBERS) == Reply("33612345601", text)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("OK", "no colon"),
        ("Anna OK", "no colon"),
        ("Anna", "no colon"),
        (": OK", "nobody before the colon"),
        (f"{NO_BREAK}: OK", "nobody before the colon"),
        ("\u200b: OK", "nobody before the colon"),
        ("Anna:", "no text after the colon"),
        (f"Anna: {NO_BREAK}", "no text after the colon"),
        ("Zoe: OK", "Nobody here has the name Zoe, and it is no phone number"),
        ("Anna B: OK", "Nobody here has the name Anna B"),
        ("06 12 ab: OK", "it is no phone number"),
        ("+: OK", "it is no phone number"),
        ("++33612345601: OK", "it is no phone number"),
        ("²³⁴₅: OK", "No text went to 2345"),
        ("12: OK", "too short"),
        ("06 12 34 56 03: OK", "No text went to 06 12 34 56 03"),
        # The end of a number is not the number.
        ("12345601: OK", "No text went to 12345601"),
    ],
)
def test_why_a_line_is_not_understood(line: str, why: str) -> None:
    with pytest.raises(NotUnderstoodError, match=why):
        read_line(line, PEOPLE, NUMBERS)


def test_a_national_number_of_two_countries_is_refused() -> None:
    # France and Spain.
    with pytest.raises(NotUnderstoodError, match=r"can be \+33612345601 or \+34612345601\. Type .* country code"):
        read_line("612345601: OK", PEOPLE, {"34612345601"})
    assert read_line("+34612345601: OK", PEOPLE, {"34612345601"}).number == "34612345601"


def test_a_known_number_that_exists_nowhere_is_no_national_one() -> None:
    # 999 is TextingHouse's free test, and no country has the code 999.
    assert read_line("999: OK", {}, {"999"}).number == "999"
    assert read_line("06 12 34 56 99: OK", {}, {"999", "9", "33612345699"}).number == "33612345699"
