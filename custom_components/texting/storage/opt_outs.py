"""OptOuts: the numbers that want no more texts from an account. They are refused without a request."""

from datetime import datetime, timedelta

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..delivery.record import MessageRecord
from ..gateway.errors import Limit, MessageRejected
from ..gateway.phone_number import is_e164
from ..gateway.status import FailureReason
from ..gateway.time_text import read_time
from .account_store import AccountStore

# The provider's clock may be wrong by this much.
CLOCK_ERROR = timedelta(minutes=2)


class OptOuts:
    """Numbers in E.164, kept in the account's store."""

    def __init__(self, store: AccountStore) -> None:
        """Read and write this store."""
        self._store = store

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._store.memory.opted_out)

    def __contains__(self, number: str) -> bool:
        """Return True if the number opted out."""
        return number in self._store.memory.opted_out

    @property
    def numbers(self) -> set[str]:
        """All numbers that opted out."""
        return set(self._store.memory.opted_out)

    @callback
    def async_add(self, number: str, written_at: datetime | None = None) -> bool:
        """Return True if the number was not opted out before. Values that are no phone number are ignored.

        written_at is when the person wrote it, if the provider tells that with a zone.
        """
        if not is_e164(number):
            return False
        opted_out, now = self._store.memory.opted_out, dt_util.utcnow()
        moment = min(written_at, now) if written_at and written_at.tzinfo else now
        known = number in opted_out
        if not known or not self._is_older(moment, number):
            opted_out[number] = moment.isoformat()
            self._store.async_changed()
        if not known:
            self._async_changed(number, is_opted_out=True)
        return not known

    @callback
    def async_discard(self, number: str, written_at: datetime | None = None) -> bool:
        """Return True if the number was opted out before. What was written before the opt-out does not end it."""
        if number not in self or (written_at and self._is_older(written_at, number)):
            return False
        del self._store.memory.opted_out[number]
        self._async_changed(number, is_opted_out=False)
        return True

    @callback
    def async_note(self, record: MessageRecord) -> None:
        """Remember a number that the provider refuses because it opted out there."""
        if is_provider_opt_out(record):
            self.async_add(record.message.to)

    def _is_older(self, moment: datetime, number: str) -> bool:
        opted_out_at = read_time(self._store.memory.opted_out[number], None)
        return moment.tzinfo is not None and opted_out_at is not None and moment + CLOCK_ERROR < opted_out_at

    def _async_changed(self, number: str, *, is_opted_out: bool) -> None:
        self._store.async_changed()
        self._store.on_opt_out(number, is_opted_out)

    def check(self, number: str) -> None:
        """Raise MessageRejected if the number opted out."""
        if number in self:
            raise opted_out()


def is_provider_opt_out(record: MessageRecord) -> bool:
    """Return True if the provider, not we, refused the message because its recipient opted out."""
    limit = record.error.limit if isinstance(record.error, MessageRejected) else None
    return record.reason is FailureReason.OPTED_OUT and limit is None


def opted_out() -> MessageRejected:
    """Return the error of a text to a person who opted out."""
    return MessageRejected(limit=Limit.OPTED_OUT, reason=FailureReason.OPTED_OUT)
