"""The triggers of automations: a text came in, a text failed."""

from collections.abc import Sequence
from typing import Any, ClassVar, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig
from homeassistant.helpers.typing import ConfigType

from .automations import (
    async_listen,
    check_recipients,
    entry_option,
    invalid_option,
    is_recipient,
    is_route,
    text_option,
)
from .const import ATTR_ACCOUNT, ATTR_RECIPIENT, CONF_PROVIDER
from .delivery.outbox import Change, Update
from .delivery.record import MessageRecord
from .gateway.errors import Cancelled
from .gateway.message import IncomingMessage
from .gateway.provider import Provider
from .gateway.providers import GATEWAYS
from .gateway.status import FailureReason, Status
from .recipients import recipient_for_number
from .signals import MESSAGE_RECEIVED, MESSAGES_UPDATED
from .text.text_filter import CONTAINS, EQUALS, PATTERN, TextFilter

CONF_FROM = "from"
ANYONE, KNOWN, ONE = "anyone", "known", "one"
FROM = (ANYONE, KNOWN, ONE)
CONF_REASON = "reason"
# Uncertain texts that are remembered, so that a later failure does not trigger again.
MAX_UNCERTAIN = 1000

_RECIPIENTS = vol.All(cv.ensure_list, [cv.entity_id_or_uuid])
_FILTERS = {vol.Optional(ATTR_ACCOUNT): text_option, vol.Optional(ATTR_RECIPIENT): _RECIPIENTS}


class TextingTrigger(Trigger):
    """The base of both triggers: an account and recipients."""

    schema: ClassVar[vol.Schema]

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        checked: ConfigType = cls.schema(config)
        options = checked[CONF_OPTIONS]
        if ATTR_ACCOUNT in options:
            cls._check_account(hass, options[ATTR_ACCOUNT])
        check_recipients(hass, options.get(ATTR_RECIPIENT, ()))
        return checked

    @staticmethod
    def _check_account(hass: HomeAssistant, entry_id: str) -> None:
        entry_option(hass, entry_id)

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Read the validated options."""
        super().__init__(hass, config)
        self._options: dict[str, Any] = config.options or {}

    def _matches(self, entry_id: str, number: str, recipient_id: str | None = None) -> bool:
        """Return True if the options choose this account, and this number or recipient."""
        if self._options.get(ATTR_ACCOUNT, entry_id) != entry_id:
            return False
        chosen = self._options.get(ATTR_RECIPIENT)
        return not chosen or is_recipient(self._hass, chosen, number, recipient_id)

    def _name(self, entry_id: str | None) -> str | None:
        entry = self._hass.config_entries.async_get_entry(entry_id or "")
        return entry.title if entry else None


class MessageReceived(TextingTrigger):
    """The trigger of a text that came in."""

    schema = vol.Schema(
        {
            vol.Required(CONF_OPTIONS, default=dict): {
                **_FILTERS,
                vol.Optional(CONF_FROM): vol.In(FROM),
                vol.Optional(EQUALS): vol.All(cv.ensure_list, [text_option]),
                vol.Optional(CONTAINS): vol.All(cv.ensure_list, [text_option]),
                vol.Optional(PATTERN): text_option,
            }
        }
    )

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        checked = await super().async_validate_config(hass, config)
        options = checked[CONF_OPTIONS]
        who, chosen = options.get(CONF_FROM), options.get(ATTR_RECIPIENT)
        if who == ONE and not chosen:
            raise invalid_option(ATTR_RECIPIENT, f"'{CONF_FROM}: {ONE}' needs recipients")
        if who in (ANYONE, KNOWN) and chosen:
            raise invalid_option(CONF_FROM, f"with recipients it can only be '{ONE}'")
        try:
            TextFilter.from_options(options)
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


class DeliveryFailed(TextingTrigger):
    """The trigger of a text that finally failed. It triggers once for each text."""

    schema = vol.Schema(
        {
            vol.Required(CONF_OPTIONS, default=dict): {
                **_FILTERS,
                vol.Optional(CONF_REASON): vol.All(
                    cv.ensure_list, [vol.In([reason.value for reason in FailureReason])]
                ),
            }
        }
    )

    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: object = None
    ) -> CALLBACK_TYPE:
        """Run the action for each matching text. Home Assistant passes did_not_trigger from 2026.7 on."""
        uncertain: dict[str, None] = {}

        @callback
        def updated(_entry_id: str, updates: Sequence[Update]) -> None:
            for record, change in updates:
                take(record, change)

        @callback
        def take(record: MessageRecord, change: Change) -> None:
            is_failure = change is Change.ENDED and record.status.is_failure and not isinstance(record.error, Cancelled)
            if not is_failure or not self._is_chosen(record) or record.reference in uncertain:
                return
            if record.status is Status.UNCERTAIN:
                uncertain[record.reference] = None
                if len(uncertain) > MAX_UNCERTAIN:
                    del uncertain[next(iter(uncertain))]
            account = self._name(record.entry_id)
            variables = {
                "account": account,
                "account_id": record.entry_id,
                "via": self._name(record.via),
                "to": record.message.to,
                "recipient": record.recipient_name,
                "text": record.message.text,
                "reference": record.reference,
                "message_id": record.message_id,
                "status": record.status.value,
                "reason": record.reason.value if record.reason else None,
                "provider_status": record.provider_status,
            }
            run_action(variables, f"text not delivered by {account}")

        return async_listen(self._hass, MESSAGES_UPDATED, updated)

    def _is_chosen(self, record: MessageRecord) -> bool:
        # If an account of a route fails, the next account sends the text. Only a trigger of that account cares.
        if record.parent and ATTR_ACCOUNT not in self._options:
            return False
        reasons = self._options.get(CONF_REASON)
        if reasons and record.reason not in reasons:
            return False
        return self._matches(record.entry_id, record.message.to, record.recipient_id)


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by name."""
    return {"message_received": MessageReceived, "delivery_failed": DeliveryFailed}
