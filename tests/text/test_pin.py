"""The PIN at the beginning of a text."""

import pytest

from custom_components.texting.text.pin import (
    PinCheck,
    begins_with_pin,
    is_pin,
    strip_guesses,
    strip_pin,
    to_ascii_digits,
)

PIN = "2580"


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("2580 lights on", "lights on"),
        ("  2580\tlights on ", "lights on "),
        ("2580lights on", "lights on"),
        ("2580: lights on", "lights on"),
        ("2580, lights on", "lights on"),
        ("(2580) lights on", "lights on"),
        ("“2580” lights on", "lights on"),
        ("#2580\nlights on", "lights on"),
        ("2580 -5 degrees", "-5 degrees"),
        ("\u200f2580 lights on", "lights on"),
        ("\u202a2580\u202c lights on", "lights on"),
        ("٢٥٨٠ lights on", "lights on"),
        ("２５８０ lights on", "lights on"),
        ("2580", ""),
        ("2580.", ""),
        ("2580 2580 on", "on"),
        ("2580, (٢٥٨٠) on", "on"),
        ("2580 2581 on", "2581 on"),
        ("2580 STOP", "STOP"),
    ],
)
def test_the_right_pin_is_removed(text: str, rest: str) -> None:
    assert strip_pin(text, PIN) == (rest, PinCheck.RIGHT)


@pytest.mark.parametrize(
    "text", ["2581 on", "25801 on", "02580 on", "258000", "0000", "+33612345678 called", "2026 is over", "８５２０ on"]
)
def test_a_wrong_pin_stays(text: str) -> None:
    assert strip_pin(text, PIN) == (text, PinCheck.WRONG)


@pytest.mark.parametrize(
    "text",
    ["", "lights on", "1", "no", "258 on", "2 5 8 0 on", "x2580 on", "on 2580", "😀", "²⁵⁸⁰ on", "9" * 10_000, "…"],
)
def test_a_text_without_a_pin_stays(text: str) -> None:
    assert strip_pin(text, PIN) == (text, PinCheck.NONE)


@pytest.mark.parametrize("pin", ["2580", "123456789012", "٢٥٨٠"])
def test_a_valid_pin(pin: str) -> None:
    assert is_pin(pin)
    assert strip_pin(f"{pin} on", to_ascii_digits(pin)) == ("on", PinCheck.RIGHT)


@pytest.mark.parametrize("pin", ["", "123", "1234567890123", "12 34", "abcd", "12e4", "-123", "²⁵⁸⁰"])
def test_an_invalid_pin(pin: str) -> None:
    assert not is_pin(pin)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("2581 on", "on"),
        (" (2581): on", "on"),
        ("2581on", "on"),
        ("123456789012 on", "on"),
        ("٢٥٨١ on", "on"),
        ("2581", ""),
        ("2581 2580 99999, on", "on"),
        ("2581 -5 degrees", "-5 degrees"),
        ("1234 " * 20_000 + "on", "on"),
    ],
)
def test_what_could_be_a_pin_is_removed(text: str, rest: str) -> None:
    assert begins_with_pin(text)
    assert strip_guesses(text) == rest


@pytest.mark.parametrize(
    "text", ["", "on", "on 2581", "258 on", "1234567890123 on", "x2581 on", "²⁵⁸⁰ on", "9" * 10_000, ".,_ " * 20_000]
)
def test_what_cannot_be_a_pin_stays(text: str) -> None:
    assert not begins_with_pin(text)
    assert strip_guesses(text) == text
