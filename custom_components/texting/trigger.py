"""The triggers of automations: a text came in, a text was delivered, a text failed. See alert_trigger.py for alerts."""

from abc import abstractmethod
from collections.abc import Sequence
import time
from typing import Any, ClassVar, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig
from homeassistant.helpers.typing import ConfigType

from .alert_trigger import AlertTrigger
from .automations import (
    async_listen,
    check_target,
    entry_option,
    invalid_option,
    is_in_target,
    is_route,
    text_option,
)
from .const import ATTR_ACCOUNT, CONF_PROVIDER
from .delivery.outbox import Change, Update
from .delivery.record import MessageRecord
from .entries import messenger_entries
from .gateway.errors import Cancelled
from .gateway.message import IncomingMessage
from .gateway.provider import Provider
from .gateway.providers import GATEWAYS
from .gateway.status import FailureReason, Status
from .outcomes import reason_text
from .people import person_entity_id
from .recipients import recipient_by_id, recipient_for_number
from .signals import MESSAGE_RECEIVED, MESSAGES_UPDATED
from .text.text_filter import CONTAINS, EQUALS, PATTERN, TextFilter

CONF_FROM = "from"
ANYONE, KNOWN = "anyone", "known"
FROM = (ANYONE, KNOWN)
CONF_REASON = "reason"
# Uncertain texts that are remembered, so that a later failure does not trigger again.
MAX_UNCERTAIN = 1000

_ACCOUNT = {vol.Optional(ATTR_ACCOUNT): text_option}
_TARGET = {vol.Optional(CONF_TARGET): cv.TARGET_FIELDS}


class TextingTrigger(Trigger):
    """The base of the triggers of texts: an account, and a target of recipients and persons. No target: anybody."""

    schema: ClassVar[vol.Schema]

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        checked: ConfigType = cls.schema(config)
        options = checked[CONF_OPTIONS]
        if ATTR_ACCOUNT in options:
            cls._check_account(hass, options[ATTR_ACCOUNT])
        check_target(hass, checked.get(CONF_TARGET, {}))
        return checked

    @staticmethod
    def _check_account(hass: HomeAssistant, entry_id: str) -> None:
        entry_option(hass, entry_id)

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Read the validated options."""
        super().__init__(hass, config)
        self._options: dict[str, Any] = config.options or {}
        self._target: dict[str, Any] = config.target or {}

    def _matches(self, entry_id: str, number: str, recipient_id: str | None = None) -> bool:
        """Return True if the options choose this account, and the target this number or recipient, as it is now."""
        if self._options.get(ATTR_ACCOUNT, entry_id) != entry_id:
            return False
        return not self._target or is_in_target(self._hass, self._target, number, recipient_id)

    def _name(self, entry_id: str | None) -> str | None:
        entry = self._hass.config_entries.async_get_entry(entry_id or "")
        return entry.title if entry else None


class MessageReceived(TextingTrigger):
    """The trigger of a text that came in."""

    schema = vol.Schema(
        {
            **_TARGET,
            vol.Required(CONF_OPTIONS, default=dict): {
                **_ACCOUNT,
                vol.Optional(CONF_FROM): vol.In(FROM),
                vol.Optional(EQUALS): vol.All(cv.ensure_list, [text_option]),
                vol.Optional(CONTAINS): vol.All(cv.ensure_list, [text_option]),
                vol.Optional(PATTERN): text_option,
            },
        }
    )

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        checked = await super().async_validate_config(hass, config)
        try:
            TextFilter.from_options(checked[CONF_OPTIONS])
        except ValueError as err:
            raise invalid_option(str(err.args[0]), str(err.args[1])) from None
        return checked

    @override
    @staticmethod
    def _check_account(hass: HomeAssistant, entry_id: str) -> None:
        entry = entry_option(hass, entry_id)
        if is_route(entry):
            raise invalid_option(ATTR_ACCOUNT, f"{entry.title} is a route: texts come in at its accounts")
        info = GATEWAYS[Provider(entry.data[CONF_PROVIDER])].info
        if not info.receives:
            raise invalid_option(ATTR_ACCOUNT, f"{info.name} cannot receive texts")

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Read the validated options."""
        super().__init__(hass, config)
        self._filter = TextFilter.from_options(self._options)

    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: object = None
    ) -> CALLBACK_TYPE:
        """Run the action for each matching text. Home Assistant passes did_not_trigger from 2026.7 on."""

        @callback
        def received(entry_id: str, incoming: IncomingMessage, incoming_id: str) -> None:
            if not self._matches(entry_id, incoming.sender):
                return
            sender = recipient_for_number(self._hass, entry_id, incoming.sender)
            if self._options.get(CONF_FROM) == KNOWN and not sender:
                return
            if (match := self._filter.match(incoming.text)) is None:
                return
            account = self._name(entry_id)
            variables = {
                "account": account,
                "account_id": entry_id,
                "from": incoming.sender,
                "recipient": sender.name if sender else None,
                "person": person_entity_id(self._hass, sender) if sender else None,
                "text": incoming.text,
                "type": incoming.type.value,
                "keyword": incoming.keyword,
                "reference": incoming.reference,
                "message_id": incoming.message_id or incoming.replied_message_id,
                "incoming_id": incoming_id,
                "in_reply_to": incoming.in_reply_to,
                "late": incoming.late,
                "sent_at": incoming.sent_at.isoformat() if incoming.sent_at else None,
                "match": match,
            }
            run_action(variables, f"text received by {account}", Context(id=incoming_id))

        return async_listen(self._hass, MESSAGE_RECEIVED, received)


class SentTrigger(TextingTrigger):
    """The base of the triggers of texts that ended."""

    # What the description of a run says of the text.
    ended: ClassVar[str]

    @abstractmethod
    def _is_wanted(self, record: MessageRecord) -> bool:
        """Return True if a text ended as the trigger wants. It is asked first, since who is chosen takes longer."""

    def _is_first(self, record: MessageRecord) -> bool:
        """Return True if a text that is wanted and chosen did not trigger before."""
        return True

    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: object = None
    ) -> CALLBACK_TYPE:
        """Run the action for each matching text. Home Assistant passes did_not_trigger from 2026.7 on."""

        @callback
        def updated(_entry_id: str, updates: Sequence[Update]) -> None:
            for record, change in updates:
                if change is not Change.ENDED or not self._is_wanted(record):
                    continue
                if self._is_chosen(record) and self._is_first(record):
                    run_action(self._variables(record), f"text {self.ended} by {self._name(record.entry_id)}")

        return async_listen(self._hass, MESSAGES_UPDATED, updated)

    def _is_chosen(self, record: MessageRecord) -> bool:
        # What becomes of a text at an account of a route only concerns triggers of that account.
        if record.parent and ATTR_ACCOUNT not in self._options:
            return False
        return self._matches(record.entry_id, record.message.to, record.recipient_id)

    def _variables(self, record: MessageRecord) -> dict[str, Any]:
        return {
            "account": self._name(record.entry_id),
            "account_id": record.entry_id,
            "via": self._name(record.via),
            "to": record.message.to,
            "recipient": record.recipient_name,
            "person": self._person(record),
            "text": record.message.text,
            "reference": record.reference,
            "message_id": record.message_id,
            "status": record.status.value,
            "reason": record.reason.value if record.reason else None,
            "reason_text": reason_text(self._hass, record),
        }

    def _person(self, record: MessageRecord) -> str | None:
        """Return the person that the recipient is linked to. An attempt has the recipient of its route."""
        for entry in messenger_entries(self._hass):
            if recipient := recipient_by_id(entry, record.recipient_id or ""):
                return person_entity_id(self._hass, recipient)
        return None


class MessageDelivered(SentTrigger):
    """The trigger of a text that was delivered. It triggers once for each text, since that is final."""

    ended = "delivered"
    schema = vol.Schema({**_TARGET, vol.Required(CONF_OPTIONS, default=dict): _ACCOUNT})

    @override
    def _is_wanted(self, record: MessageRecord) -> bool:
        return record.status is Status.DELIVERED

    @override
    def _variables(self, record: MessageRecord) -> dict[str, Any]:
        accepted_at = record.accepted_at
        seconds = None if accepted_at is None else round(max(0.0, time.time() - accepted_at))
        return {**super()._variables(record), "seconds": seconds}


class DeliveryFailed(SentTrigger):
    """The trigger of a text that finally failed. It triggers once for each text."""

    ended = "not delivered"
    schema = vol.Schema(
        {
            **_TARGET,
            vol.Required(CONF_OPTIONS, default=dict): {
                **_ACCOUNT,
                vol.Optional(CONF_REASON): vol.All(
                    cv.ensure_list, [vol.In([reason.value for reason in FailureReason])]
                ),
            },
        }
    )

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Read the validated options."""
        super().__init__(hass, config)
        self._uncertain: dict[str, None] = {}

    @override
    def _is_wanted(self, record: MessageRecord) -> bool:
        reasons = self._options.get(CONF_REASON)
        is_failure = record.status.is_failure and not isinstance(record.error, Cancelled)
        return is_failure and (not reasons or record.reason in reasons)

    @override
    def _is_first(self, record: MessageRecord) -> bool:
        uncertain = self._uncertain
        if record.reference in uncertain:
            return False
        if record.status is Status.UNCERTAIN:
            uncertain[record.reference] = None
            if len(uncertain) > MAX_UNCERTAIN:
                del uncertain[next(iter(uncertain))]
        return True


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by name."""
    return {
        "message_received": MessageReceived,
        "message_delivered": MessageDelivered,
        "delivery_failed": DeliveryFailed,
        "alert": AlertTrigger,
    }
