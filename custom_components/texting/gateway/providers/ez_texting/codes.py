"""The numeric codes of the EZ Texting platform's responses (docs of both brands).

Each operation has its own codes. A table holds the errors of one operation; the codes of success are above it.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial

from ...errors import (
    BroadcastRejected,
    Declined,
    Field,
    GatewayError,
    InsufficientCredit,
    InvalidResponse,
    KeywordTaken,
    LoginOrApiRefused,
    MessageRejected,
    OrderTooSmall,
    OrderUnknown,
    OutcomeUnknown,
    RateLimited,
    SetupRejected,
)
from ...redaction import redact
from ...status import FailureReason

type Outcomes = Mapping[int, Callable[..., GatewayError]]

SENT = 1
SEND: Outcomes = {
    -1: LoginOrApiRefused,
    -2: InsufficientCredit,
    -5: partial(MessageRejected, reason=FailureReason.OPTED_OUT),
    # The brands count some characters twice, and not always as they document it.
    -7: partial(MessageRejected, reason=FailureReason.INVALID_MESSAGE),
    -10: OutcomeUnknown,
    -104: partial(MessageRejected, reason=FailureReason.OPTED_OUT),
    -106: partial(MessageRejected, reason=FailureReason.INVALID_NUMBER),
}
CREDITS: Outcomes = {-1: LoginOrApiRefused, -10: OutcomeUnknown}
BOUGHT = 1
BUY: Outcomes = {0: Declined, -1: LoginOrApiRefused, -2: OrderTooSmall, -10: OrderUnknown}
FREE, TAKEN = 1, 0
# -2 is documented here too, but with the text of a purchase ("below the minimum order"). Its meaning is unclear.
CHECK: Outcomes = {-1: LoginOrApiRefused, -2: Declined, -10: OutcomeUnknown}
RENTED = 2
RENT: Outcomes = {1: KeywordTaken, 0: Declined, -1: LoginOrApiRefused, -10: OrderUnknown}
UPDATED = 1
SET_UP: Outcomes = {
    -1: LoginOrApiRefused,
    -2: partial(SetupRejected, field=Field.KEYWORD),
    -3: partial(SetupRejected, field=Field.GROUP),
    -4: partial(SetupRejected, field=Field.EMAIL),
    -5: partial(SetupRejected, field=Field.URL),
    -7: partial(SetupRejected, field=Field.AUTOREPLY),
    -10: OutcomeUnknown,
}
CALLED = 1
BROADCAST: Outcomes = {
    -1: LoginOrApiRefused,
    -2: InsufficientCredit,
    -3: partial(BroadcastRejected, field=Field.CALLER_ID),
    -4: partial(BroadcastRejected, field=Field.NUMBERS),
    -5: partial(BroadcastRejected, field=Field.SOUND_FILE),
    -6: partial(BroadcastRejected, field=Field.SOUND_URL),
    -7: partial(BroadcastRejected, field=Field.REQUEST),
    -10: OutcomeUnknown,
}
LOOKUP: Outcomes = {
    -1: LoginOrApiRefused,
    -2: partial(MessageRejected, reason=FailureReason.INVALID_NUMBER),
    -3: InsufficientCredit,
    -4: RateLimited,
}


def failure(code: Decimal, outcomes: Outcomes, default: Callable[..., GatewayError] = Declined) -> GatewayError:
    """Return the error of a code. If it is undocumented, a negative code means default, any other InvalidResponse."""
    make = outcomes.get(int(code)) if code == int(code) else None
    # A long number is no code. It may be a phone number or a card number.
    return (make or (default if code < 0 else InvalidResponse))(code=redact(str(code)))
