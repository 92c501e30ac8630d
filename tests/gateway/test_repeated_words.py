"""What a provider repeats of an account in places where nobody expects it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest

from custom_components.texting.gateway.balance_text import read_balance
from custom_components.texting.gateway.connection_check import Note, check_connection
from custom_components.texting.gateway.errors import CannotConnect, GatewayError, OutcomeUnknown, ServerError
from custom_components.texting.gateway.message import Balance, ListedMessage
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import Status

from .conftest import OpenGateway

HOUSE, PRO = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO


async def words_of(gateway: Any, error: GatewayError) -> dict[Note, str]:
    with patch.object(type(gateway), "fetch_balance", AsyncMock(side_effect=error)):
        return dict((await check_connection(gateway))[1].notes)


@pytest.mark.parametrize("error", [OutcomeUnknown("HunterError", code="300"), ServerError("HunterError")])
async def test_a_word_that_ends_as_a_class_is_no_class(gateway: OpenGateway, error: GatewayError) -> None:
    assert "hunter" not in str(await words_of(gateway(HOUSE), error)).lower()


async def test_the_class_of_a_failure_is_shown(gateway: OpenGateway) -> None:
    for error in (CannotConnect("ClientConnectorError"), OutcomeUnknown("ServerDisconnectedError")):
        assert await words_of(gateway(HOUSE), error) == {Note.WORDS: error.detail}


@pytest.mark.parametrize("field", ["status", "unit"])
async def test_a_token_of_letters_in_another_field(gateway: OpenGateway, field: str) -> None:
    account = gateway(PRO)
    account.settings = replace(account.settings, api_token="HunterSecret")
    listed = ListedMessage(
        message_id="1", to="", sender="", text="", status=Status.UNCERTAIN, provider_status="huntersecret"
    )

    async def messages(limit: int) -> AsyncIterator[ListedMessage]:
        yield listed

    balances = [Balance(amount=Decimal(1), unit="HunterSecret" if field == "unit" else "credits")]
    with (
        patch.object(type(account), "fetch_balance", AsyncMock(return_value=balances)),
        patch.object(type(account), "fetch_messages", lambda _self, limit: messages(limit)),
    ):
        assert "hunter" not in str(await check_connection(account)).lower()


@pytest.mark.parametrize("unit", ["+33612345678", "7|abcDEF", "x" * 21, "The code is 4711"])
def test_a_unit_is_a_word_or_a_sign(unit: str) -> None:
    assert read_balance(5, unit=unit) == Balance(amount=Decimal(5))
