"""The offer to send a test text to a recipient who was just added."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigSubentry, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.util import dt as dt_util

from ..const import ATTR_MESSAGE, CONF_GROUP, CONF_PROVIDER, ROUTE, SUBENTRY_RECIPIENT
from ..delivery.record import MessageRecord
from ..gateway.provider import Provider
from ..gateway.providers import GATEWAYS
from ..gateway.status import Status
from ..messenger import Messenger, Outcome
from ..outcomes import kind_of, sentence, why_failed
from ..recipients import Recipient, recipient_by_id
from ..targets import addresses_of
from ..test_text import async_test_text
from ..translations import CONFIGURE, async_translations
from .literal import literal

# The longest wait for delivery reports, in seconds.
REPORT_TIMEOUT = 5.0
_MAX_NAME = 50
_MAX_LINE = 500


class FirstTextFlow(ConfigSubentryFlow):
    """The steps after the form of a new recipient."""

    # The new recipient's id.
    _added_id = ""
    _name = ""
    # What the text says. A template may decide it.
    _text = ""
    # The text on its way. A dialog that is submitted twice, or again after its browser disconnected, sends one.
    _sending: asyncio.Task[list[Outcome]] | None = None

    async def async_add(self, name: str, data: Mapping[str, Any]) -> SubentryFlowResult:
        """Add a recipient. If it can be texted now, offer a test text.

        It is added before that. So it stays whatever happens to the dialog, and the text counts as its own.
        """
        entry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED or CONF_GROUP in data:
            return self.async_create_entry(title=name, data=data)
        subentry = ConfigSubentry(
            data=MappingProxyType(dict(data)), subentry_type=SUBENTRY_RECIPIENT, title=name, unique_id=None
        )
        self.hass.config_entries.async_add_subentry(entry, subentry)
        self._added_id, self._name = subentry.subentry_id, name
        return await self.async_step_first_text()

    async def async_step_first_text(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask whether to send the text."""
        texts = await async_translations(self.hass, CONFIGURE)
        self._text = await async_test_text(self.hass, self._get_entry())
        return self.async_show_menu(
            step_id="first_text",
            menu_options={step: texts[step] for step in ("send_test", "not_now")},
            description_placeholders={**self._placeholders, "text": literal(self._text, _MAX_LINE)},
        )

    async def async_step_send_test(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Send the text, and end with what happened."""
        entry = self._get_entry()
        recipient = recipient_by_id(entry, self._added_id)
        if entry.state is not ConfigEntryState.LOADED or recipient is None or not recipient.numbers:
            return self.async_abort(reason="no_test_text", description_placeholders=self._placeholders)
        if self._sending is None:
            self._sending = self.hass.async_create_task(
                self._async_send(entry.runtime_data, recipient), "texting test text"
            )
        outcomes = await asyncio.shield(self._sending)
        texts = await async_translations(self.hass, CONFIGURE)
        sent = [(outcome, outcome.record) for outcome in outcomes if outcome.record]
        lines = [self._line(outcome, record, texts, alone=len(sent) == 1) for outcome, record in sent]
        result = "\n\n".join(literal(line, _MAX_LINE) for line in lines)
        return self.async_abort(reason="tested", description_placeholders={**self._placeholders, "result": result})

    async def async_step_not_now(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """End the dialog."""
        return self.async_abort(reason="added", description_placeholders=self._placeholders)

    @property
    def _placeholders(self) -> dict[str, str]:
        return {"name": literal(self._name, _MAX_NAME)}

    async def _async_send(self, messenger: Messenger, recipient: Recipient) -> list[Outcome]:
        """Send the text. Return how it stands once it ended, or after a few seconds."""
        outcomes = await messenger.async_send(addresses_of(recipient), {ATTR_MESSAGE: self._text})
        records = [outcome.record for outcome in outcomes if outcome.record]
        await messenger.outbox.wait_for_ends(records, REPORT_TIMEOUT)
        return [messenger.outcome(outcome.address, outcome.record) for outcome in outcomes]

    def _line(self, outcome: Outcome, record: MessageRecord, texts: Mapping[str, str], *, alone: bool) -> str:
        """Return what happened to one text, and what follows from it."""
        name = self._name if alone else f"{self._name}, {outcome.address.display_name},"
        why = why_failed(self.hass, record)
        if record.status is Status.QUEUED and record.error:
            why = record.error.reason
        said = f"{sentence(self.hass, kind_of(record, why), name, why)}."
        follows = f"{outcome.error}." if outcome.error else self._next(outcome.address.recipient, record, texts)
        return f"{said} {follows}".strip()

    def _next(self, recipient: Recipient | None, record: MessageRecord, texts: Mapping[str, str]) -> str:
        """Return when a waiting text is sent, or whether a report of one that was sent will come."""
        if record.status in (Status.ACCEPTED, Status.SENT):
            return texts["report_follows" if self._reports(record) else "no_report_follows"]
        if record.status is not Status.QUEUED:
            return ""
        quiet = recipient.quiet_hours if recipient else None
        if quiet and quiet.seconds_left(dt_util.now()):
            return f"{texts['after_quiet_hours']} {quiet.end:%H:%M}."
        return texts["sent_later"]

    def _reports(self, record: MessageRecord) -> bool:
        """Return True if the provider that took a text tells what happens to it."""
        entry = self.hass.config_entries.async_get_entry(record.via or record.entry_id)
        provider = entry.data[CONF_PROVIDER] if entry else ROUTE
        return provider != ROUTE and GATEWAYS[Provider(provider)].info.reports
