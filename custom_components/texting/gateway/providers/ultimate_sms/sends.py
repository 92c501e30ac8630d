"""The responses to sends of the "Ultimate SMS" software."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
import re

from ...base import accepted, refused
from ...errors import GatewayError, InvalidResponse, MessageRejected, OutcomeUnknown
from ...json_fields import Row, as_list, rows, text
from ...message import Message, SendResult, read_id
from ...phone_number import digits, plain_digits
from ...status import FailureReason, Status
from . import responses as wire, words

# An early version reads so many numbers, or more, as a single one.
_MIN_ONE_NUMBER = 3
# What stands between the numbers if it repeats them.
_BETWEEN = r"[\s,;+]*"


def results(messages: Sequence[Message], envelope: Row) -> list[SendResult]:
    """Return the results of a request that succeeded.

    data is a row, a list of rows, null or a sentence. A list, even an empty one, has every number that was accepted.
    The text beside it may name numbers that were refused.
    """
    data, note = as_list(envelope.get("data")), text(envelope, "message")
    data_rows = rows(data)
    if len(messages) == len(data_rows) == 1:
        return [result(messages[0], data_rows[0])]
    by_number: defaultdict[str, list[Row]] = defaultdict(list)
    for row in data_rows:
        by_number[plain_digits(text(row, "to"))].append(row)
    by_number.pop("", None)
    if not by_number and not (isinstance(data, list) and len(data) < len(messages)):
        return _without_rows(messages, note)
    named, missing = refusals(messages, note), OutcomeUnknown("a number is missing in the answer")
    return [
        result(message, of_number.pop(0))
        if (of_number := by_number[digits(message.to)])
        else refused(message, named.get(message.reference, missing))
        for message in messages
    ]


def _without_rows(messages: Sequence[Message], note: str) -> list[SendResult]:
    """Return the results if nothing says which numbers were accepted. Only words that refuse a number count then."""
    known = refusals(messages, note, certain=True)
    if len(known) == len(messages):
        raise InvalidResponse("a success that refuses every number")
    return [
        refused(message, known[message.reference]) if message.reference in known else accepted(message)
        for message in messages
    ]


def result(message: Message, row: Row, *, hands_over: bool = True) -> SendResult:
    """Return the result of a message from its row; an unknown status means accepted.

    "Delivered" in the response to a send means that a carrier took the message.
    """
    word, uid = wire.status_word(row), read_id(text(row, "uid"))
    state = wire.state_of(word, hands_over=hands_over)
    if state is None:
        state = (
            (Status.REJECTED, FailureReason.OTHER)
            if words.is_of_carrier(wire.raw_status(row))
            else (Status.ACCEPTED, None)
        )
    status, reason = state
    error = MessageRejected(word, reason=reason) if reason else None
    return SendResult(
        message=message,
        status=status,
        message_id=uid,
        provider_status=word or None,
        cost=wire.cost_of(row),
        error=error,
    )


def refusals(messages: Sequence[Message], note: str, *, certain: bool = False) -> Mapping[str, MessageRejected]:
    """Return why messages were refused whose numbers are in a text of the provider, by their references.

    certain: only those whose words refuse single numbers.
    """
    numbers = words.refused_numbers(note)
    return {
        message.reference: refusal[0]
        for message in messages
        if (refusal := numbers.get(digits(message.to))) and (not certain or words.concerns_numbers(*refusal))
    }


def is_one_number(messages: Sequence[Message], envelope: Row, error: GatewayError | None) -> bool:
    """Return True if all numbers of a batch were refused as a single one that is invalid. None of them was sent to."""
    if len(messages) < _MIN_ONE_NUMBER or (error is None and envelope.get("data") != []):
        return False
    note, numbers = text(envelope, "message"), [digits(message.to) for message in messages]
    kind = error or words.error_of_words(note, sending=True)
    return kind.reason is FailureReason.INVALID_NUMBER and re.search(_BETWEEN.join(numbers), note) is not None


def says_delivered(result: SendResult) -> bool | None:
    """Return True if a send was answered with "Delivered", False with a lesser status, None with neither."""
    state = wire.state_of(result.provider_status or "")
    if state is None or state[1]:
        return None
    return state[0] is Status.DELIVERED
