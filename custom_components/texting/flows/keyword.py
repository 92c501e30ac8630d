"""Adding and changing a keyword: check if it is free, rent it, and set what happens when somebody texts it."""

from typing import Any, override

import voluptuous as vol

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.core import callback
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.selector import BooleanSelector, TextSelector, TextSelectorConfig, TextSelectorType

from ..account import Account
from ..const import (
    CONF_AUTOREPLY,
    CONF_EMAIL,
    CONF_FIXED_REPLY,
    CONF_GROUP,
    CONF_KEYWORD,
    CONF_USE_WEBHOOK,
    SUBENTRY_KEYWORD,
)
from ..error_messages import form_error, home_assistant_error
from ..gateway.errors import Field, GatewayError, MessageRejected, SetupRejected
from ..gateway.message import Message
from ..gateway.orders import Card, KeywordSetup, Orders
from ..outcomes import words_of
from ..translations import CONFIGURE, async_translations
from ..webhook import async_webhook_url
from .card import Order, async_card_name, async_card_note, card_fields
from .forms import flatten
from .purchase import async_order, enter_card, loaded_account, seller

# The form's field for what the provider refuses. The form has no field for the keyword.
_FORM_FIELDS = {
    Field.GROUP: CONF_GROUP,
    Field.AUTOREPLY: CONF_AUTOREPLY,
    Field.EMAIL: CONF_EMAIL,
    Field.URL: CONF_USE_WEBHOOK,
}


class KeywordFlow(ConfigSubentryFlow):
    """The flow of one keyword."""

    def __init__(self) -> None:
        """Start without a keyword."""
        self._keyword = ""
        self._order = Order()

    @callback
    @override
    def async_remove(self) -> None:
        """Forget the card when the dialog is closed."""
        self._order.forget()

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the keyword, and check if it is free."""
        account = self._account()
        errors: dict[str, str] = {}
        if user_input is not None:
            self._keyword = user_input[CONF_KEYWORD].strip()
            try:
                if not self._exists():
                    free = await account.gateway.orders.is_free(self._keyword)
                    return await (self.async_step_free() if free else self.async_step_taken())
                errors = {CONF_KEYWORD: "keyword_exists"}
            except SetupRejected:
                errors = {CONF_KEYWORD: "invalid_keyword"}
            except GatewayError as err:
                errors = _request_error(account, err)
        schema = vol.Schema({vol.Required(CONF_KEYWORD): TextSelector()})
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or {}),
            errors=errors,
            description_placeholders={"account": account.entry.title},
        )

    def _exists(self) -> bool:
        """Return True if the entry already has the keyword."""
        keywords = self._get_entry().get_subentries_of_type(SUBENTRY_KEYWORD)
        return self._keyword.casefold() in {keyword.data[CONF_KEYWORD].casefold() for keyword in keywords}

    async def async_step_free(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Choose where to rent a keyword that nobody has: here or on the provider's site."""
        return await self._async_menu("free", rent="rent", set_up="rent_there", user="other")

    async def async_step_taken(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Choose what to do with a keyword that somebody has rented, perhaps with this account."""
        return await self._async_menu("taken", set_up="mine", user="other")

    async def _async_menu(self, step_id: str, **text_keys: str) -> SubentryFlowResult:
        """Show a menu. text_keys are {next step: key of its text}."""
        texts = await async_translations(self.hass, CONFIGURE)
        return self.async_show_menu(
            step_id=step_id,
            menu_options={step: texts[key] for step, key in text_keys.items()},
            description_placeholders={"keyword": self._keyword, "account": self._get_entry().title},
        )

    async def async_step_rent(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the card."""
        if self._order.done:
            return await self.async_step_set_up()
        account = self._account()
        errors = enter_card(account, self._order, user_input) if user_input is not None else {}
        if user_input is None or errors:
            return await self._async_show_card(account, errors)
        return await self.async_step_confirm_rent()

    async def _async_show_card(self, account: Account, errors: dict[str, str]) -> SubentryFlowResult:
        schema = vol.Schema(card_fields(account.gateway.orders.card_types))
        return self.async_show_form(
            step_id="rent",
            data_schema=self.add_suggested_values_to_schema(schema, self._order.suggested),
            errors=errors,
            description_placeholders={
                "keyword": self._keyword,
                "account": account.entry.title,
                "note": await async_card_note(self.hass, self._order),
            },
        )

    async def async_step_confirm_rent(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Say what will be charged to which card, and ask whether to rent."""
        account, card = self._account(), self._order.card
        if card is None:
            return await self.async_step_rent()
        texts = await async_translations(self.hass, CONFIGURE)
        return self.async_show_menu(
            step_id="confirm_rent",
            menu_options={"pay": texts["pay"], "rent": texts["change_order"]},
            description_placeholders={
                "provider": seller(account),
                "keyword": self._keyword,
                "card": await async_card_name(self.hass, card),
            },
        )

    async def async_step_pay(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Rent the keyword once."""
        account = self._account()

        async def rent(orders: Orders, card: Card) -> None:
            await orders.rent(self._keyword, card)

        errors = await async_order(account, self._order, rent)
        if errors == {"base": "keyword_taken"}:
            return await self.async_step_taken()
        return await self._async_show_card(account, errors) if errors else await self.async_step_set_up()

    # -- what happens when somebody texts the keyword ----------------------------------------------------------------

    async def async_step_set_up(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Set up the new keyword."""
        return await self._async_step_set_up("set_up", user_input, {})

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change what happens when somebody texts the keyword."""
        subentry = self._get_reconfigure_subentry()
        self._keyword = subentry.data[CONF_KEYWORD]
        return await self._async_step_set_up("reconfigure", user_input, dict(subentry.data))

    async def _async_step_set_up(
        self, step_id: str, user_input: dict[str, Any] | None, known: dict[str, Any]
    ) -> SubentryFlowResult:
        account = self._account()
        address, is_public = await async_webhook_url(self.hass, account.entry)
        notes = ["rented"] if self._order.done else []
        if not is_public:
            notes.append("not_public" if address else "no_address")
        texts = await async_translations(self.hass, CONFIGURE)
        placeholders = {
            "keyword": self._keyword,
            "account": account.entry.title,
            "note": "\n\n".join(texts[note] for note in notes),
            "detail": "",
        }
        errors: dict[str, str] = {}
        if user_input is not None:
            data = {CONF_KEYWORD: self._keyword, **flatten(user_input)}
            url = address if is_public and data.get(CONF_USE_WEBHOOK) else None
            errors, placeholders["detail"] = await self._async_apply(data, url)
            if not errors:
                return self._save(step_id, data)
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(_schema(is_public=is_public), user_input or known),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _async_apply(self, data: dict[str, Any], url: str | None) -> tuple[dict[str, str], str]:
        """Set up the keyword at the provider. Return the errors by field, and what is wrong with the fixed reply."""
        account = self._account()
        try:
            if CONF_FIXED_REPLY in data:
                reply = Message(reference="", to="", text=data[CONF_FIXED_REPLY])
                data[CONF_FIXED_REPLY] = account.prepare(reply)[0].text
        except MessageRejected as err:
            error = home_assistant_error(err, account.entry.title, words_of(self.hass, err.reason))
            return {CONF_FIXED_REPLY: "invalid_reply"}, str(error)
        fields = {name: data.get(name) for name in (CONF_GROUP, CONF_AUTOREPLY, CONF_EMAIL)}
        try:
            await account.gateway.orders.set_up(KeywordSetup(keyword=self._keyword, url=url, **fields))
        except SetupRejected as err:
            return {_FORM_FIELDS.get(err.field, "base"): form_error(err)}, ""
        except GatewayError as err:
            return _request_error(account, err), ""
        return {}, ""

    def _account(self) -> Account:
        """Return the account. Abort if it is not loaded, and say so if the keyword is already rented."""
        try:
            return loaded_account(self._get_entry())
        except AbortFlow:
            if self._order.done:
                raise AbortFlow("rented_not_loaded") from None
            raise

    def _save(self, step_id: str, data: dict[str, Any]) -> SubentryFlowResult:
        if step_id == "reconfigure":
            return self.async_update_and_abort(self._get_entry(), self._get_reconfigure_subentry(), data=data)
        return self.async_create_entry(title=self._keyword, data=data, unique_id=self._keyword.casefold())


def _request_error(account: Account, error: GatewayError) -> dict[str, str]:
    """Return the error as a form shows it, and let the account react to it."""
    account.async_failed(error)
    return {"base": form_error(error)}


def _schema(*, is_public: bool) -> vol.Schema:
    """Return the form of the setup. The provider can call Home Assistant only at a public address."""
    text = TextSelector(TextSelectorConfig(multiline=True))
    fields: dict[vol.Marker, Any] = {
        vol.Optional(CONF_GROUP): TextSelector(),
        vol.Optional(CONF_AUTOREPLY): text,
        vol.Optional(CONF_EMAIL): TextSelector(TextSelectorConfig(type=TextSelectorType.EMAIL)),
    }
    if is_public:
        fields[vol.Required(CONF_USE_WEBHOOK, default=True)] = BooleanSelector()
    return vol.Schema({**fields, vol.Optional(CONF_FIXED_REPLY): text})
