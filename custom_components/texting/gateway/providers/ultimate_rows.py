"""What the "Ultimate SMS" software keeps: the texts of its message list, and whose the account is."""

from collections.abc import Mapping
from decimal import Decimal

from ..answers import Row, amount, text
from ..capabilities import MessageType
from ..errors import InvalidResponse
from ..message import ListedMessage, Profile
from ..phone_number import from_gateway
from ..status import Status
from . import ultimate_sms as wire

TYPES: Mapping[str, MessageType] = {
    "plain": MessageType.SMS,
    "unicode": MessageType.SMS,
    **{kind.value: kind for kind in MessageType if kind is not MessageType.SMS},
}
DIRECTIONS: Mapping[str, bool] = {"incoming": True, "inbound": True, "outgoing": False, "outbound": False}


def listed(row: Row, message_id: str = "") -> ListedMessage:
    """A row of the message list, or the text that was asked for by its id."""
    word = wire.word_of(row)
    return ListedMessage(
        message_id=wire.id_of(row) or message_id,
        to=from_gateway(text(row, "to")),
        sender=from_gateway(text(row, "from")),
        text=text(row, "message"),
        status=wire.STATUSES.get(word.lower(), (Status.UNKNOWN, None))[0],
        provider_status=word,
        incoming=DIRECTIONS.get(text(row, "direction").lower()),
        type=TYPES.get((text(row, "sms_type") or text(row, "type")).lower()),
        sent_at=wire.date_of(row) or wire.created(row),
        cost=_cost(text(row, "cost")),
    )


def profile(data: object, token: str) -> Profile:
    """Whose account it is; the answer repeats the account's token, which is left out wherever it stands."""
    if not isinstance(data, dict):
        raise InvalidResponse("no profile")
    row = {name: value for name, value in data.items() if token not in text(data, name)}
    names = (text(row, "first_name"), text(row, "last_name"))
    return Profile(
        id=wire.id_of(row),
        name=" ".join(filter(None, names)) or text(row, "name"),
        email=text(row, "email"),
        language=text(row, "locale") or text(row, "language"),
        time_zone=text(row, "timezone"),
    )


def _cost(written: str) -> Decimal | None:
    try:
        return amount(written)
    except InvalidResponse:
        return None
