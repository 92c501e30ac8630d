"""The own numbers of an account as people write them: national ones, and short codes."""

from typing import Any

import pytest

from custom_components.texting.flows.forms import numbers_error
from custom_components.texting.gateway.providers.ultimate_sms.textiopro import INFO


@pytest.mark.parametrize(
    ("region", "written", "kept"),
    [
        ("FR", "06 12 34 56 78, 38080", "+33612345678, 38080"),
        ("FR", "+33 6 12 34 56 78", "+33612345678"),
        # Whole numbers of these countries have seven or eight digits.
        ("NO", "41234567", "+4741234567"),
        ("DK", "20 12 34 56", "+4520123456"),
        ("SG", "81234567,81234568", "+6581234567, +6581234568"),
        ("IS", "6123456", "+3546123456"),
        # Not here: these are short codes.
        ("US", "5551234", "5551234"),
        (None, "12345678", "12345678"),
        ("NO", "12345", "12345"),
    ],
)
def test_numbers_and_short_codes(region: str | None, written: str, kept: str) -> None:
    values: dict[str, Any] = {"own_number": written}
    assert numbers_error(INFO, values, region) == {}
    assert values["own_number"] == kept


@pytest.mark.parametrize("written", ["12", "the desk", "41234567 / 41234568", "+47", "١٢٣٤٥"])
def test_anything_else_is_refused(written: str) -> None:
    values: dict[str, Any] = {"own_number": written}
    assert numbers_error(INFO, values, "NO") == {"own_number": "invalid_own_number"}
    assert values["own_number"] == written
