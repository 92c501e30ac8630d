"""Sender: the notifications of one alert as messages, and what becomes of them."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
import logging
from typing import Any, Protocol

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from ..alerting.events import Progressed
from ..alerting.model import Incident, Notification, Progress
from ..alerting.wording import Facts
from ..const import ATTR_IF_UNSURE, ATTR_MESSAGE, ATTR_TEMPLATE_ID, ATTR_URGENT, ATTR_VALID_FOR
from ..delivery.record import MessageRecord
from ..gateway.errors import Cancelled
from ..gateway.one_segment import latin
from ..gateway.status import Status
from ..messenger import Messenger
from ..options import LEAVE
from ..recipients import recipient_with_number
from ..replies import async_loaded, async_reply, takes_letters
from ..storage.entry_state import async_cancel_record
from ..storage.open_database import open_database
from ..targets import Address
from ..test_text import async_template
from .definition import parse_definition
from .push import Push, async_push
from .registered import follow

_LOGGER = logging.getLogger(__name__)

# A text of an alert may wait so long for a provider. It is withdrawn once nobody needs it.
VALID_FOR = timedelta(hours=24)


class Owner(Protocol):
    """Whose notifications these are."""

    def find(self, incident_id: str) -> Incident | None:
        """Return an incident as it is now."""

    def progressed(self, incident_id: str, news: Progressed) -> None:
        """Take the result of a notification that has no message."""

    def admitted(self, incident: Incident, number: int, records: Sequence[MessageRecord]) -> None:
        """Take the message of a notification before it is saved."""


class Sender:
    """Sends and withdraws. What became of messages comes with the signal MESSAGES_UPDATED."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], owner: Owner, push: Push = async_push) -> None:
        """Send nothing yet."""
        self._hass = hass
        self._entry = entry
        self._owner = owner
        self._push = push
        self._tasks: set[asyncio.Task[None]] = set()
        # The notifications that are being sent: the incident's id, and the number there.
        self._sending: set[tuple[str, int]] = set()

    @callback
    def async_send(self, incident_id: str, number: int) -> None:
        """Begin to send a notification."""
        self._begin(self._async_send(incident_id, number))

    @callback
    def async_withdraw(self, incident_id: str, number: int) -> None:
        """Do not let a notification leave any more, if it has not left."""
        self._begin(self._async_withdraw(incident_id, number))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._entry.async_create_background_task(self._hass, work, "texting alert")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def async_finish(self, timeout: float) -> None:  # noqa: ASYNC109  it raises nothing
        """Wait until everything that began is sent, and what follows from it, and no longer than timeout seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self._tasks:
                    await asyncio.wait(set(self._tasks))

    def is_sending(self, incident_id: str, number: int) -> bool:
        """Return True while a notification is being sent."""
        return (incident_id, number) in self._sending

    async def _async_send(self, incident_id: str, number: int) -> None:
        if self.is_sending(incident_id, number):
            return
        self._sending.add((incident_id, number))
        try:
            await self._async_try(incident_id, number)
        finally:
            self._sending.discard((incident_id, number))

    async def _async_try(self, incident_id: str, number: int) -> None:
        if (found := self._wanted(incident_id, number)) is None:
            return
        incident, notification = found
        progress: Progress | None
        try:
            if notification.target.is_text:
                progress = await self._async_text(incident, notification)
            else:
                progress = await self._push(self._hass, incident, notification)
        except Exception as err:  # noqa: BLE001  a push is another integration's code, and its error may hold the text
            _LOGGER.warning("%s: a notification was not sent: %s", self._entry.title, type(err).__name__)
            progress = Progress.FAILED
        if progress:
            self._owner.progressed(incident_id, Progressed(number, progress, 0))

    def _wanted(self, incident_id: str, number: int) -> tuple[Incident, Notification] | None:
        """Return a notification that is to be sent; tell if it is not wanted any more."""
        if (incident := self._owner.find(incident_id)) is None:
            return None
        notification = incident.notification(number)
        if notification.is_waiting:
            return incident, notification
        if notification.progress is Progress.PLANNED:
            self._owner.progressed(incident_id, Progressed(number, Progress.CANCELLED, 0))
        return None

    async def _async_text(self, incident: Incident, notification: Notification) -> Progress | None:
        """Send a text. Return FAILED if no account can send it, else None: a signal brings the result."""
        account = await async_loaded(self._hass, notification.account) if notification.account else None
        messenger: Messenger | None = account or await async_loaded(self._hass, notification.target.messenger)
        if messenger is None:
            return Progress.FAILED
        number, text = notification.target.id, notification.text
        template = await async_template(self._hass, messenger.entry, parse_definition(self._entry.options).template_id)
        if template:
            facts = Facts(what=notification.what, who=notification.who)
            text = follow(self._hass, template.message, notification.kind, facts, text)
        elif not takes_letters(messenger, number, text):  # it was worded before that was known
            text = latin(text)
        outgoing = messenger.compose(
            Address(number, number, recipient_with_number(messenger.entry, number)),
            {**_fields(incident, text), ATTR_TEMPLATE_ID: template.template_id if template else None},
            reference=incident.reference(notification),
            passes_limit=incident.is_first(notification),
        )
        # An alert leaves also with other letters.
        outgoing = replace(outgoing, message=replace(outgoing.message, replace_characters=True))
        admitted = partial(self._async_admitted, messenger, incident.id, notification.number)
        if account and notification.incoming:
            record, _ = await async_reply(account, notification.incoming, outgoing, admitted)
            if record.failure:
                account.state.inbox.cancel_reply(notification.incoming)
        else:
            await messenger.async_send_composed([outgoing], admitted)
        return None

    @callback
    def _async_admitted(
        self, messenger: Messenger, incident_id: str, number: int, records: Sequence[MessageRecord]
    ) -> None:
        """Take a message before it is saved. If it was withdrawn meanwhile, it does not leave."""
        incident = self._owner.find(incident_id)
        is_wanted = incident is not None and not incident.notification(number).is_withdrawn
        for record in records:
            if record.is_pending and not is_wanted:
                messenger.outbox.fail(record, Status.REJECTED, Cancelled(code="cancelled"))
        if incident:
            self._owner.admitted(incident, number, records)

    async def _async_withdraw(self, incident_id: str, number: int) -> None:
        if (incident := self._owner.find(incident_id)) is None:
            return
        notification = incident.notification(number)
        # An answer leaves through the account that received the text.
        entry = self._hass.config_entries.async_get_entry(notification.account or notification.target.messenger)
        if entry is None or not notification.target.is_text:
            return
        reference = incident.reference(notification)
        if entry.state is ConfigEntryState.LOADED:
            messenger: Messenger = entry.runtime_data
            # Without a message, it is not sent as soon as that is tried.
            if record := messenger.outbox.get(reference):
                await messenger.async_cancel(record)
            if notification.incoming:
                messenger.state.inbox.cancel_reply(notification.incoming)
        elif (database := open_database(self._hass)) and (record := await database.find(reference=reference)):
            await async_cancel_record(self._hass, database, record, Cancelled(code="cancelled"))


def _fields(incident: Incident, text: str) -> dict[str, Any]:
    return {
        ATTR_MESSAGE: text,
        ATTR_URGENT: incident.alert.urgent and not incident.is_drill,
        ATTR_VALID_FOR: VALID_FOR,
        # If it may have left, it is not repeated: the next step covers that.
        ATTR_IF_UNSURE: LEAVE,
    }
