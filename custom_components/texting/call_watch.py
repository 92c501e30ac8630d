"""CallWatch: notices that a provider never calls the webhook. A repair issue tells it, and ends with the first call."""

from datetime import datetime, timedelta
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .delivery.record import MessageRecord
from .gateway.provider import ProviderInfo
from .issues import Issue, async_delete, async_never_called
from .open_questions import async_open_items
from .storage.account_store import AccountStore

# The provider calls about each text, so it should have called so long after the first one.
REPORT_WITHIN = timedelta(hours=1)
# The provider calls only if somebody replies, so it should have called so long after the first question.
REPLY_WITHIN = timedelta(days=1)
# After a start, the provider has so long to call.
GRACE = timedelta(minutes=10)


class CallWatch:
    """Waits for the first call of an account's webhook."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, info: ProviderInfo, store: AccountStore) -> None:
        """Expect no call yet."""
        self._hass = hass
        self._entry = entry
        self._info = info
        self._store = store
        self._within = REPORT_WITHIN if info.awaits_reports else REPLY_WITHIN
        self._cancel_timer: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Go on waiting for the call that an earlier run expected."""
        memory = self._store.memory
        if not (self._info.uses_webhook and memory.call_awaited_since):
            return
        since, now = dt_util.parse_datetime(memory.call_awaited_since), _now()
        if since is None or since > now:
            # The clock was set back.
            since = now
            self._note(since.isoformat())
        if memory.call_missed:
            self._tell()
        elif (left := since + self._within - now) > timedelta():
            self._wait(left)
        else:  # while the home was off, nobody could call it
            self._wait(GRACE)

    @callback
    def async_stop(self) -> None:
        """Wait no longer. The issue of an account that goes on after a reload stays, so that it stays ignored."""
        self._end_timer()
        if self._entry.disabled_by:
            async_delete(self._hass, Issue.NEVER_CALLED, self._entry)

    @callback
    def async_accepted(self, record: MessageRecord) -> None:
        """The provider accepted a message. From the first one that it should call about, wait for the call."""
        memory = self._store.memory
        if memory.webhook_called_at or memory.call_awaited_since or not self._is_called_about(record):
            return
        self._note(_now().isoformat())
        self._wait(self._within)

    @callback
    def async_called(self) -> None:
        """The provider called."""
        self._store.memory.webhook_called_at = _now().isoformat()
        self.async_forget()

    @callback
    def async_forget(self) -> None:
        """Expect no call until the next message that the provider should call about."""
        self._note(None)
        self._end_timer()
        async_delete(self._hass, Issue.NEVER_CALLED, self._entry)

    def _is_called_about(self, record: MessageRecord) -> bool:
        """Return True if the provider should call: for any text, or because somebody is asked to reply to it."""
        if not self._info.uses_webhook or record.message.to == self._info.test_number:
            return False
        return self._info.awaits_reports or async_open_items(self._hass).includes(record.parent or record.reference)

    def _note(self, since: str | None) -> None:
        self._store.memory.call_awaited_since, self._store.memory.call_missed = since, False
        self._store.async_changed()

    def _wait(self, left: timedelta) -> None:
        """Create the issue after some time. Setting the clock does not change how long that is."""
        self._cancel_timer = async_call_later(self._hass, left, HassJob(self._tell, cancel_on_shutdown=True))

    @callback
    def _tell(self, _now: datetime | None = None) -> None:
        self._cancel_timer = None
        self._store.memory.call_missed = True
        self._store.async_changed()
        async_never_called(self._hass, self._entry)

    def _end_timer(self) -> None:
        if self._cancel_timer:
            self._cancel_timer()
            self._cancel_timer = None


def _now() -> datetime:
    return dt_util.utc_from_timestamp(time.time())
