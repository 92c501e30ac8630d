"""Checks of card data."""

from dataclasses import replace
from datetime import date

from hypothesis import given, strategies as st
import pytest

from custom_components.texting.gateway.orders import Card, check_card
from tests.support.samples import CARD

TODAY = date(2026, 7, 31)

# Test numbers that the card companies publish.
NUMBERS = {
    "Visa": ("4111111111111111", "4012 8888 8888 1881", "4222222222222"),
    "MC": ("5555-5555-5555-4444", "2223003122003222"),
    "AX": ("378282246310005", "341111111111111"),
    "DS": ("6011111111111117", "6011000990139424"),
    "JCB": ("3530111333300000", "3566002020360505"),
}


@pytest.mark.parametrize(("kind", "number"), [(kind, number) for kind in NUMBERS for number in NUMBERS[kind]])
def test_numbers_that_can_be_right(kind: str, number: str) -> None:
    code = "1234" if kind == "AX" else "123"
    assert check_card(replace(CARD, type=kind, number=number, code=code), TODAY) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        *(({name: " "}, name) for name in Card.__slots__),
        ({"last_name": "Lind\nqvist"}, "last_name"),
        ({"city": "Y\ud800"}, "city"),
        ({"number": "4111111111111112"}, "number"),
        ({"number": "4111 1111 1111"}, "number"),
        ({"number": "4" * 20}, "number"),
        ({"number": "4111x1111111111111"}, "number"),
        ({"number": "٤١١١١١١١١١١١١١١١"}, "number"),
        ({"type": "MC"}, "type"),
        ({"type": "AX", "code": "1234"}, "type"),
        ({"number": "5555555555554444"}, "type"),
        ({"number": "378282246310005", "type": "DS", "code": "1234"}, "type"),
        ({"code": "12"}, "code"),
        ({"code": "1234"}, "code"),
        ({"code": "12x"}, "code"),
        ({"type": "AX", "number": "378282246310005"}, "code"),
        ({"month": "0"}, "month"),
        ({"month": "00"}, "month"),
        ({"month": "13"}, "month"),
        ({"month": "7", "year": "27"}, "month"),
        ({"year": "2027"}, "year"),
        ({"year": "7"}, "year"),
        ({"year": "25"}, "year"),
        ({"month": "06", "year": "26"}, "month"),
    ],
)
def test_what_cannot_be_right(changes: dict[str, str], field: str) -> None:
    assert check_card(replace(CARD, **changes), TODAY) == field


@pytest.mark.parametrize(("month", "year"), [("07", "26"), ("08", "26"), ("01", "27"), ("12", "99")])
def test_a_card_is_good_to_the_end_of_its_month(month: str, year: str) -> None:
    assert check_card(replace(CARD, month=month, year=year), TODAY) is None


def test_a_type_that_is_not_known_here_is_the_providers_to_judge() -> None:
    assert check_card(replace(CARD, type="Diners", number="30569309025904"), TODAY) is None


@given(st.integers(0, 15), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(place: int, shift: int) -> None:
    digits = list("4111111111111111")
    digits[place] = str((int(digits[place]) + shift) % 10)
    assert check_card(replace(CARD, number="".join(digits)), TODAY) == "number"
