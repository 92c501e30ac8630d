"""Phone numbers as people and providers write them."""

from hypothesis import given, strategies as st
import phonenumbers
import pytest

from custom_components.texting.gateway.errors import Limit, MessageRejected
from custom_components.texting.gateway.phone_number import digits, from_gateway, mask, to_e164
from custom_components.texting.gateway.status import FailureReason


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("+33 6 12 34 56 78", None, "+33612345678"),
        ("0033 612345678", None, "+33612345678"),
        ("06.12.34.56.78", "FR", "+33612345678"),
        (" (212) 555-1234 ", "US", "+12125551234"),
        ("+1 212\u00a0555 1234", "FR", "+12125551234"),
        ("98123 45678", "IN", "+919812345678"),
    ],
)
def test_reads_what_people_write(written: str, region: str | None, number: str) -> None:
    assert to_e164(written, region) == number


@pytest.mark.parametrize(
    "written", ["", "Anna", "0612345678", "+33", "+33 6 12 34 56 78 90 12", "+999123456789", "12x34"]
)
def test_refuses_what_can_be_no_number(written: str) -> None:
    with pytest.raises(MessageRejected) as raised:
        to_e164(written)
    assert (raised.value.limit, raised.value.reason) == (Limit.NUMBER, FailureReason.INVALID_NUMBER)
    assert not written or written not in str(raised.value)


@pytest.mark.parametrize(("written", "region"), [("5551234", "US"), ("+1 555 1234", None), ("555-1234", "CA")])
def test_refuses_what_reaches_only_its_own_town(written: str, region: str | None) -> None:
    with pytest.raises(MessageRejected) as raised:
        to_e164(written, region)
    assert raised.value.limit is Limit.NUMBER


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)))
def test_every_countrys_example_is_read_back(region: str) -> None:
    example = phonenumbers.example_number(region)
    assert example is not None
    e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    national = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    assert to_e164(e164) == to_e164(national) == from_gateway(digits(e164)) == e164


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("33612345678", None, "+33612345678"),
        ("+33612345678", None, "+33612345678"),
        ("2125551234", "US", "+12125551234"),
        ("12125551234", "US", "+12125551234"),
        (" 38000 ", None, "38000"),
        ("5551234", "US", "5551234"),
        ("MyBank", None, "MyBank"),
    ],
)
def test_reads_what_gateways_write(written: str, region: str | None, number: str) -> None:
    assert from_gateway(written, region) == number


@pytest.mark.parametrize(("number", "masked"), [("+33612345678", "+33…78"), ("38000", "…"), ("", "…")])
def test_masks(number: str, masked: str) -> None:
    assert mask(number) == masked


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_a_masked_number_keeps_its_middle(number: str) -> None:
    assert len(mask(number)) == 6
    assert number[3:-2] not in mask(number)
