"""The triggers of automations: a text came in, a text did not get through."""

from typing import Any, ClassVar, override

import voluptuous as vol

from homeassistant.const import CONF_OPTIONS
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig
from homeassistant.helpers.typing import ConfigType

from .automations import account_of, check_recipients, is_recipient, is_route, words, wrong
from .const import ATTR_ACCOUNT, ATTR_RECIPIENT, CONF_PROVIDER
from .delivery.record import Record
from .gateway.message import IncomingMessage
from .gateway.provider import Provider
from .gateway.providers import GATEWAYS
from .gateway.status import FailureReason, Status
from .recipient import known_as
from .signals import FAILED, RECEIVED
from .two_way.filter import CONTAINS, EQUALS, PATTERN, TextFilter

CONF_FROM = "from"
ANYONE, KNOWN, ONE = "anyone", "known", "one"
FROM = (ANYONE, KNOWN, ONE)
CONF_REASON = "reason"
# Texts of unknown fate that are remembered, as the gateway may yet say that they failed.
MOST_UNKNOWN = 1000

_RECIPIENTS = vol.All(cv.ensure_list, [cv.entity_id_or_uuid])
_WHOSE = {vol.Optional(ATTR_ACCOUNT): words, vol.Optional(ATTR_RECIPIENT): _RECIPIENTS}


class TextingTrigger(Trigger):
    """What both have: an account, recipients."""

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
        account_of(hass, entry_id)

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Read the options, which are checked."""
        super().__init__(hass, config)
        self._options: dict[str, Any] = config.options or {}

    def _is_of(self, entry_id: str, number: str, recipient_id: str | None = None) -> bool:
        """Whether it is this account and this number, or recipient, that are listened to."""
        if self._options.get(ATTR_ACCOUNT, entry_id) != entry_id:
            return False
        chosen = self._options.get(ATTR_RECIPIENT)
        return not chosen or is_recipient(self._hass, chosen, number, recipient_id)

    def _name(self, entry_id: str | None) -> str | None:
        entry = self._hass.config_entries.async_get_entry(entry_id or "")
        return entry.title if entry else None


class MessageReceived(TextingTrigger):
    """A text came in."""

    schema = vol.Schema(
        {
            vol.Required(CONF_OPTIONS, default=dict): {
                **_WHOSE,
                vol.Optional(CONF_FROM): vol.In(FROM),
                vol.Optional(EQUALS): vol.All(cv.ensure_list, [words]),
                vol.Optional(CONTAINS): vol.All(cv.ensure_list, [words]),
                vol.Optional(PATTERN): words,
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
            raise wrong(ATTR_RECIPIENT, f"'{CONF_FROM}: {ONE}' needs the recipients that are meant")
        if who in (ANYONE, KNOWN) and chosen:
            raise wrong(CONF_FROM, f"with recipients it can only be '{ONE}'")
        try:
            TextFilter.of(options)
        except ValueError as err:
            raise wrong(str(err.args[0]), str(err.args[1])) from None
        return checked

    @override
    @staticmethod
    def _check_account(hass: HomeAssistant, entry_id: str) -> None:
        entry = account_of(hass, entry_id)
        if is_route(entry):
            raise wrong(ATTR_ACCOUNT, f"{entry.title} is a route: texts come in at its accounts")
        info = GATEWAYS[Provider(entry.data[CONF_PROVIDER])].info
        if not info.receives:
            raise wrong(ATTR_ACCOUNT, f"{info.name} does not tell of texts that come in")

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Read the options, which are checked."""
        super().__init__(hass, config)
        self._filter = TextFilter.of(self._options)

    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: object = None
    ) -> CALLBACK_TYPE:
        """Run the action for each text that is meant; did_not_trigger is there from Home Assistant 2026.7 on."""

        @callback
        def received(entry_id: str, incoming: IncomingMessage, incoming_id: str) -> None:
            if not self._is_of(entry_id, incoming.sender):
                return
            sender = known_as(self._hass, entry_id, incoming.sender)
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
                "message_id": incoming.message_id or incoming.answered_id,
                "incoming_id": incoming_id,
                "answers": incoming.answers,
                "late": incoming.late,
                "sent_at": incoming.sent_at.isoformat() if incoming.sent_at else None,
                "match": match,
            }
            run_action(variables, f"text received by {account}")

        return async_dispatcher_connect(self._hass, RECEIVED, received)


class DeliveryFailed(TextingTrigger):
    """A text did not get through, and no more is tried; once for each."""

    schema = vol.Schema(
        {
            vol.Required(CONF_OPTIONS, default=dict): {
                **_WHOSE,
                vol.Optional(CONF_REASON): vol.All(
                    cv.ensure_list, [vol.In([reason.value for reason in FailureReason])]
                ),
            }
        }
    )

    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: object = None
    ) -> CALLBACK_TYPE:
        """Run the action for each text that is meant; did_not_trigger is there from Home Assistant 2026.7 on."""
        unknown: dict[str, None] = {}

        @callback
        def failed(record: Record) -> None:
            if not self._is_meant(record) or record.reference in unknown:
                return
            if record.status is Status.UNKNOWN:
                unknown[record.reference] = None
                if len(unknown) > MOST_UNKNOWN:
                    del unknown[next(iter(unknown))]
            account = self._name(record.account)
            variables = {
                "account": account,
                "account_id": record.account,
                "via": self._name(record.via),
                "to": record.message.to,
                "recipient": record.recipient,
                "text": record.message.text,
                "reference": record.reference,
                "message_id": record.message_id,
                "status": record.status.value,
                "reason": record.reason.value if record.reason else None,
                "provider_status": record.provider_status,
            }
            run_action(variables, f"text not delivered by {account}")

        return async_dispatcher_connect(self._hass, FAILED, failed)

    def _is_meant(self, record: Record) -> bool:
        # What an account fails to send for a route is sent by the next one: it is no failure but of that account.
        if record.parent and ATTR_ACCOUNT not in self._options:
            return False
        reasons = self._options.get(CONF_REASON)
        if reasons and record.reason not in reasons:
            return False
        return self._is_of(record.account, record.message.to, record.recipient_id)


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """The triggers by name."""
    return {"message_received": MessageReceived, "delivery_failed": DeliveryFailed}
