"""Adding and changing a keyword: whether it is free, renting it, and what happens when it is texted in."""

from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.selector import BooleanSelector, TextSelector, TextSelectorConfig, TextSelectorType

from ..account import Account
from ..const import (
    CONF_ANSWER,
    CONF_AUTOREPLY,
    CONF_CALL_HOME,
    CONF_EMAIL,
    CONF_GROUP,
    CONF_KEYWORD,
    SUBENTRY_KEYWORD,
)
from ..exceptions import form_error, home_assistant_error
from ..gateway.errors import Field, GatewayError, MessageRejected, SetupRejected
from ..gateway.message import Message
from ..gateway.orders import Card, KeywordSetup, Orders
from ..texts import CONFIGURE, async_texts
from ..webhook import async_address
from .card import Ordered, async_order, card_fields, loaded_account, suggestions
from .forms import flatten

# Where the form has another field for what the provider refuses; it has none for the keyword.
_SHOWN_AT = {
    Field.GROUP: CONF_GROUP,
    Field.AUTOREPLY: CONF_AUTOREPLY,
    Field.EMAIL: CONF_EMAIL,
    Field.URL: CONF_CALL_HOME,
}


class KeywordFlow(ConfigSubentryFlow):
    """The flow of one keyword."""

    def __init__(self) -> None:
        """Begin with none."""
        self._keyword = ""
        self._ordered = Ordered()

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the keyword, and whether it is free."""
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
                errors = _failed(account, err)
        schema = vol.Schema({vol.Required(CONF_KEYWORD): TextSelector()})
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or {}),
            errors=errors,
            description_placeholders={"account": account.entry.title},
        )

    def _exists(self) -> bool:
        """Whether the account has the keyword here already."""
        keywords = self._get_entry().get_subentries_of_type(SUBENTRY_KEYWORD)
        return self._keyword.casefold() in {keyword.data[CONF_KEYWORD].casefold() for keyword in keywords}

    async def async_step_free(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Nobody has it: rent it here or on the provider's site."""
        return await self._async_menu("free", rent="rent", set_up="rent_there", user="other")

    async def async_step_taken(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Somebody has it, perhaps this account."""
        return await self._async_menu("taken", set_up="mine", user="other")

    async def _async_menu(self, step_id: str, **choices: str) -> SubentryFlowResult:
        """A menu of steps, each with the key of its text."""
        return self.async_show_menu(
            step_id=step_id,
            menu_options={step: await self._async_text(key) for step, key in choices.items()},
            description_placeholders={"keyword": self._keyword, "account": self._get_entry().title},
        )

    async def async_step_rent(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the card and rent, once."""
        if self._ordered.done:
            return await self.async_step_set_up()
        account = self._account()
        errors: dict[str, str] = {}
        if user_input is not None:

            async def rent(orders: Orders, card: Card) -> None:
                await orders.rent(self._keyword, card)

            errors = await async_order(account, self._ordered, user_input, rent)
            if not errors:
                return await self.async_step_set_up()
            if errors == {"base": "keyword_taken"}:
                return await self.async_step_taken()
        schema = vol.Schema(card_fields(account.gateway.orders.card_types))
        return self.async_show_form(
            step_id="rent",
            data_schema=self.add_suggested_values_to_schema(schema, suggestions(user_input)),
            errors=errors,
            description_placeholders={"keyword": self._keyword, "account": account.entry.title},
        )

    # -- what happens when it is texted in -------------------------------------------------------------------------

    async def async_step_set_up(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Set the new keyword up."""
        return await self._async_step_set_up("set_up", user_input, {})

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change what happens."""
        subentry = self._get_reconfigure_subentry()
        self._keyword = subentry.data[CONF_KEYWORD]
        return await self._async_step_set_up("reconfigure", user_input, dict(subentry.data))

    async def _async_step_set_up(
        self, step_id: str, user_input: dict[str, Any] | None, known: dict[str, Any]
    ) -> SubentryFlowResult:
        account = self._account()
        address, public = await async_address(self.hass, account.entry)
        notes = ["rented"] if self._ordered.done else []
        if not public:
            notes.append("not_public" if address else "no_address")
        told = {
            "keyword": self._keyword,
            "account": account.entry.title,
            "note": "\n\n".join([await self._async_text(note) for note in notes]),
            "said": "",
        }
        errors: dict[str, str] = {}
        if user_input is not None:
            data = {CONF_KEYWORD: self._keyword, **flatten(user_input)}
            url = address if public and data.get(CONF_CALL_HOME) else None
            errors, told["said"] = await self._async_apply(data, url)
            if not errors:
                return self._save(step_id, data)
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(_schema(public=public), user_input or known),
            errors=errors,
            description_placeholders=told,
        )

    async def _async_apply(self, data: dict[str, Any], url: str | None) -> tuple[dict[str, str], str]:
        """Tell the provider; what is wrong by field, and in its words."""
        account = self._account()
        try:
            if CONF_ANSWER in data:
                data[CONF_ANSWER] = account.prepare(Message(reference="", to="", text=data[CONF_ANSWER]))[0].text
        except MessageRejected as err:
            return {CONF_ANSWER: "invalid_answer"}, str(home_assistant_error(err, account.entry.title))
        fields = {name: data.get(name) for name in (CONF_GROUP, CONF_AUTOREPLY, CONF_EMAIL)}
        try:
            await account.gateway.orders.set_up(KeywordSetup(keyword=self._keyword, url=url, **fields))
        except SetupRejected as err:
            return {_SHOWN_AT.get(err.field, "base"): form_error(err)}, ""
        except GatewayError as err:
            return _failed(account, err), ""
        return {}, ""

    def _account(self) -> Account:
        """The account; ends the dialog where it is not running, and says where the keyword is rented already."""
        try:
            return loaded_account(self._get_entry())
        except AbortFlow:
            if self._ordered.done:
                raise AbortFlow("rented_not_loaded") from None
            raise

    def _save(self, step_id: str, data: dict[str, Any]) -> SubentryFlowResult:
        if step_id == "reconfigure":
            return self.async_update_and_abort(self._get_entry(), self._get_reconfigure_subentry(), data=data)
        return self.async_create_entry(title=self._keyword, data=data, unique_id=self._keyword.casefold())

    async def _async_text(self, key: str) -> str:
        return (await async_texts(self.hass, CONFIGURE))[key]


def _failed(account: Account, error: GatewayError) -> dict[str, str]:
    """The error as a form shows it."""
    account.async_failed(error)
    return {"base": form_error(error)}


def _schema(*, public: bool) -> vol.Schema:
    """The form of what happens; without an address on the internet, the provider cannot call."""
    text = TextSelector(TextSelectorConfig(multiline=True))
    call_home: dict[vol.Marker, Any] = {vol.Required(CONF_CALL_HOME, default=True): BooleanSelector()} if public else {}
    return vol.Schema(
        {
            vol.Optional(CONF_GROUP): TextSelector(),
            vol.Optional(CONF_AUTOREPLY): text,
            vol.Optional(CONF_EMAIL): TextSelector(TextSelectorConfig(type=TextSelectorType.EMAIL)),
            **call_home,
            vol.Optional(CONF_ANSWER): text,
        }
    )
