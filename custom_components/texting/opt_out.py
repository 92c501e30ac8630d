"""Who wants no more texts from an account: refused here, without a request, until it is taken back."""

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .delivery.record import Record
from .gateway.errors import Limit, MessageRejected
from .gateway.status import FailureReason
from .store import AccountStore


class OptOuts:
    """Numbers in E.164, as an account's file keeps them."""

    def __init__(self, store: AccountStore) -> None:
        """Read and write the account's file."""
        self._store = store

    def __len__(self) -> int:
        """How many they are."""
        return len(self._store.memory.opted_out)

    def __contains__(self, number: str) -> bool:
        """Whether it wants no more."""
        return number in self._store.memory.opted_out

    @callback
    def async_add(self, number: str) -> bool:
        """Remember it; whether that is news. What is no number is never sent to."""
        if number in self or not number.startswith("+"):
            return False
        self._store.memory.opted_out[number] = dt_util.utcnow().isoformat()
        self._async_changed()
        return True

    @callback
    def async_discard(self, number: str) -> bool:
        """Forget it; whether it was remembered."""
        if number not in self:
            return False
        del self._store.memory.opted_out[number]
        self._async_changed()
        return True

    @callback
    def async_note(self, record: Record) -> None:
        """Remember whom the gateway refuses a message for this reason."""
        if is_refused_there(record):
            self.async_add(record.message.to)

    def _async_changed(self) -> None:
        self._store.async_changed()
        self._store.on_opt_out()

    def check(self, number: str) -> None:
        """Raise MessageRejected for whoever wants no more."""
        if number in self:
            raise opted_out()


def is_refused_there(record: Record) -> bool:
    """Whether the gateway, and not we, refused the message since its recipient wants no more."""
    limit = record.error.limit if isinstance(record.error, MessageRejected) else None
    return record.reason is FailureReason.OPTED_OUT and limit is None


def opted_out() -> MessageRejected:
    """Why nothing is sent to whoever wants no more."""
    return MessageRejected(limit=Limit.OPTED_OUT, reason=FailureReason.OPTED_OUT)
