"""Adding and changing a recipient."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState, SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import config_validation as cv, entity_registry as er

from ..account import Account
from ..const import (
    CONF_ALLOW_COMMANDS,
    CONF_GROUP,
    CONF_GROUP_NAME,
    CONF_NUMBER,
    CONF_NUMBERS,
    CONF_OPTED_OUT,
    CONF_ORIGINAL,
    CONF_PERSON,
    CONF_PIN,
    CONF_PROVIDER,
    CONF_QUIET_END,
    CONF_QUIET_START,
    CONF_REMOVE_PIN,
    CONF_SENDER,
    CONF_TYPE,
    CONF_URGENT_AFTER_STOP,
    ROUTE,
    SUBENTRY_RECIPIENT,
)
from ..contact_groups import GROUPS_TIMEOUT, matching, may_be_id
from ..country_names import async_country_names
from ..gateway.capabilities import Capability, MessageType
from ..gateway.contacts import ContactGroup
from ..gateway.errors import GatewayError
from ..gateway.provider import Provider, ProviderInfo
from ..gateway.providers import GATEWAYS
from ..links import linked_data, linked_name, originals
from ..people import RecipientOf, all_recipients, is_person
from ..recipients import recipients
from ..routing.accounts import account_ids
from ..storage.opt_outs import OptOuts
from ..storage.stores import async_store
from ..text.pin import is_pin, to_ascii_digits
from ..translations import CONFIGURE, async_translations
from .first_text import FirstTextFlow
from .forms import flatten, sender_error
from .phone_numbers import NumberRefused, Reach
from .recipient_form import as_shown, filled_sections, nest, recipient_schema, sections_of


class RecipientFlow(FirstTextFlow):
    """The flow of one recipient."""

    # The contact groups of the account, or None if they cannot be read.
    _groups: Sequence[ContactGroup] | None = None
    # The recipient's numbers that opted out.
    _opted_out: Sequence[str] = ()
    # The number that the last error is about, as it was entered.
    _refused_number = ""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a recipient. A form that is submitted again, or whose browser disconnected, has added it already."""
        if self._added_id:
            return await self.async_step_first_text()
        return await self._async_step("user", user_input, {})

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change a recipient."""
        subentry = self._get_reconfigure_subentry()
        stores = [
            await async_store(self.hass, entry_id) for entry_id in account_ids(self.hass, self._get_entry().entry_id)[0]
        ]
        lists = [OptOuts(store) for store in stores]
        self._opted_out = [
            number for number in subentry.data[CONF_NUMBERS] if any(number in opt_outs for opt_outs in lists)
        ]
        result = await self._async_step("reconfigure", user_input, {CONF_NAME: subentry.title, **subentry.data})
        if result["type"] is FlowResultType.ABORT and user_input and not user_input.get(CONF_OPTED_OUT, True):
            for store, opt_outs in zip(stores, lists, strict=True):
                if [number for number in self._opted_out if opt_outs.async_discard(number)]:
                    await store.async_save()
        return result

    async def _async_step(
        self, step_id: str, user_input: dict[str, Any] | None, known: dict[str, Any]
    ) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        self._refused_number = ""
        if self._has_groups and self._groups is None:
            await self._async_read_groups()
        if user_input is not None:
            data = flatten(user_input)
            data.pop(CONF_OPTED_OUT, None)
            for switch in (CONF_ALLOW_COMMANDS, CONF_URGENT_AFTER_STOP):
                if not data.get(switch):
                    data.pop(switch, None)
            numbers = [data.pop(CONF_NUMBER, ""), *data.pop(CONF_NUMBERS, ())]
            if CONF_ORIGINAL in data:
                errors = self._take_original(data, step_id, numbers, known)
            else:
                errors = self._take_numbers(data, numbers, known) or self._target_errors(data, known)
                errors = errors or self._person_error(data)
            name = data.pop(CONF_NAME, "")
            errors = errors or self._name_error(step_id, name)
            errors = errors or _quiet_error(data) or self._sender_error(data) or _pin_error(data, known)
            if not errors:
                return await self._async_save(step_id, name, data)
        shown = nest(self._suggestions(known)) if user_input is None else user_input
        opened = filled_sections(flatten(shown)) | sections_of([*errors, *{CONF_PIN} & known.keys()])
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(self._schema(known, opened), shown),
            errors=as_shown(errors),
            description_placeholders=await self._async_placeholders(),
        )

    async def _async_placeholders(self) -> dict[str, str]:
        """Return the variables of the form's texts."""
        names, texts = await async_country_names(self.hass), await async_translations(self.hass, CONFIGURE)
        home = self.hass.config.country
        notes = {
            "first_recipient": not self._get_entry().subentries,
            "groups_unknown": self._has_groups and self._groups is None,
        }
        return {
            **self._reach.placeholders(names),
            "number": self._refused_number,
            "country": names.get(home, home) if home else texts["no_country"],
            "note": " ".join(texts[note] for note, applies in notes.items() if applies),
            **({"opted_out": ", ".join(self._opted_out)} if self._opted_out else {}),
        }

    def _schema(self, known: dict[str, Any], opened: Collection[str]) -> vol.Schema:
        """Return the form. It can remove a PIN and an opt-out that exist."""
        labels = {group.id: _label(group) for group in self._groups or ()}
        people = {each.recipient.id: f"{each.recipient.name} ({each.entry.title})" for each in self._originals.values()}
        return recipient_schema(
            self._info,
            labels if self._has_groups else None,
            people,
            opened=opened,
            has_pin=CONF_PIN in known,
            opted_out=bool(self._opted_out),
        )

    # -- who it is -----------------------------------------------------------------------------------------------------

    @property
    def _originals(self) -> dict[str, RecipientOf]:
        """The people whom a route's recipient can be linked to. An account's recipients are originals themselves."""
        return originals(self.hass, self._get_entry()) if self._info is None else {}

    def _take_original(
        self, data: dict[str, Any], step_id: str, numbers: Sequence[str], known: dict[str, Any]
    ) -> dict[str, str]:
        """Take over name, numbers and person from the chosen recipient. Return why that is not possible."""
        entry, own_id = self._get_entry(), self._own_id(step_id)
        if any((data.get(CONF_NAME), data.get(CONF_PERSON), *map(str.strip, numbers))):
            return {CONF_ORIGINAL: "original_and_own"}
        if own_id and any(each.recipient.original == own_id for each in all_recipients(self.hass)):
            return {CONF_ORIGINAL: "is_original"}
        # It may have been removed while the form was open.
        if (original := self._originals.get(data[CONF_ORIGINAL])) is None:
            return {CONF_ORIGINAL: "original_gone"}
        if any(each.original == original.recipient.id and each.id != own_id for each in recipients(entry)):
            return {CONF_ORIGINAL: "name_exists"}
        data |= {CONF_NAME: linked_name(entry, original, own_id), **linked_data(original.recipient)}
        refused = self._take_numbers(data, original.recipient.numbers, known)
        return {CONF_ORIGINAL: "original_not_served"} if refused else {}

    def _own_id(self, step_id: str) -> str | None:
        """Return the id of the recipient that is changed."""
        return self._get_reconfigure_subentry().subentry_id if step_id == "reconfigure" else None

    def _person_error(self, data: dict[str, Any]) -> dict[str, str]:
        """Write the person as its id in the entity registry. Without a name, the recipient has the person's."""
        if CONF_PERSON not in data:
            return {}
        entity = er.async_get(self.hass).async_get(data[CONF_PERSON])
        if entity is None or not is_person(entity.entity_id):
            return {CONF_PERSON: "unknown_person"}
        state = self.hass.states.get(entity.entity_id)
        data[CONF_PERSON] = entity.id
        data.setdefault(CONF_NAME, state.name if state else entity.original_name or "")
        return {}

    def _name_error(self, step_id: str, name: str) -> dict[str, str]:
        if not name:
            return {CONF_NAME: "no_name"}
        return {CONF_NAME: "name_exists"} if name.casefold() in self._other_names(step_id) else {}

    def _suggestions(self, known: dict[str, Any]) -> dict[str, Any]:
        """Return the values that the form may show: never the PIN, and of a link only what is its own."""
        is_link = known.get(CONF_ORIGINAL) in self._originals
        hidden = {CONF_PIN, CONF_PERSON} | ({CONF_NAME, CONF_NUMBERS} if is_link else {CONF_ORIGINAL})
        shown = {name: value for name, value in known.items() if name not in hidden}
        person = er.async_get(self.hass).async_get(known.get(CONF_PERSON, ""))
        return shown if is_link or person is None else {**shown, CONF_PERSON: person.entity_id}

    # -- numbers, or a group -----------------------------------------------------------------------------------------

    @property
    def _info(self) -> ProviderInfo | None:
        provider = self._get_entry().data[CONF_PROVIDER]
        return GATEWAYS[Provider(provider)].info if provider != ROUTE else None

    @property
    def _has_groups(self) -> bool:
        return self._info is not None and Capability.CAMPAIGNS in self._info.capabilities

    async def _async_read_groups(self) -> None:
        """Ask the provider for the account's groups. If that fails, the user can still enter an id."""
        entry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return
        account: Account = entry.runtime_data
        with suppress(GatewayError, TimeoutError):
            async with asyncio.timeout(GROUPS_TIMEOUT):
                self._groups = await account.gateway.contacts.groups()

    def _target_errors(self, data: dict[str, Any], known: dict[str, Any]) -> dict[str, str]:
        """Return the error of the choice between numbers and a group. Replace a group's name by its id."""
        if CONF_GROUP not in data:
            missing = "no_number_or_group" if self._has_groups else "no_number"
            return {} if data[CONF_NUMBERS] else {CONF_NUMBER: missing}
        if data[CONF_NUMBERS]:
            return {CONF_GROUP: "number_and_group"}
        entered = data[CONF_GROUP]
        if self._groups is None:
            if entered == known.get(CONF_GROUP) and CONF_GROUP_NAME in known:
                data[CONF_GROUP_NAME] = known[CONF_GROUP_NAME]
            return {} if may_be_id(entered) else {CONF_GROUP: "group_id"}
        found = matching(self._groups, entered)
        if len(found) != 1:
            return {CONF_GROUP: "ambiguous_group" if found else "unknown_group"}
        data |= {CONF_GROUP: found[0].id, CONF_GROUP_NAME: found[0].name}
        return {}

    def _sender_error(self, data: dict[str, Any]) -> dict[str, str]:
        """Return the error of a sender that the provider does not take for the type. A route has no sender."""
        sender, kind = data.get(CONF_SENDER), MessageType(data.get(CONF_TYPE, MessageType.SMS))
        if not sender or self._info is None or self._info.takes_sender(sender, kind):
            return {}
        return {CONF_SENDER: sender_error(self._info)}

    @property
    def _reach(self) -> Reach:
        return Reach.of_entry(self.hass, self._get_entry())

    def _take_numbers(self, data: dict[str, Any], entered: Sequence[str], known: dict[str, Any]) -> dict[str, str]:
        """Write the numbers in E.164. Return the error of the first that is refused. The first field has the first."""
        try:
            data[CONF_NUMBERS] = self._reach.read(entered, known.get(CONF_NUMBERS, ()))
        except NumberRefused as err:
            self._refused_number = err.text
            return {CONF_NUMBERS if err.place else CONF_NUMBER: err.key}
        return {}

    def _other_names(self, step_id: str) -> set[str]:
        """Return the names of the other recipients. Actions find a recipient by its name."""
        own = self._own_id(step_id)
        return {
            subentry.title.casefold()
            for subentry in self._get_entry().get_subentries_of_type(SUBENTRY_RECIPIENT)
            if subentry.subentry_id != own
        }

    async def _async_save(self, step_id: str, name: str, data: dict[str, Any]) -> SubentryFlowResult:
        if step_id == "reconfigure":
            return self.async_update_and_abort(
                self._get_entry(), self._get_reconfigure_subentry(), title=name, data=data
            )
        return await self.async_add(name, data)


def _label(group: ContactGroup) -> str:
    return group.name if group.size is None else f"{group.name} ({group.size})"


def _pin_error(data: dict[str, Any], known: dict[str, Any]) -> dict[str, str]:
    """Return the error of the PIN. If it is left empty it stays as it is, unless the user removes it."""
    removes = data.pop(CONF_REMOVE_PIN, False)
    if CONF_PIN not in data:
        if CONF_PIN in known and not removes:
            data[CONF_PIN] = known[CONF_PIN]
        return {}
    if not is_pin(data[CONF_PIN]):
        return {CONF_PIN: "invalid_pin"}
    data[CONF_PIN] = to_ascii_digits(data[CONF_PIN])
    return {}


def _quiet_error(data: dict[str, Any]) -> dict[str, str]:
    """Return the error of the quiet hours by field, and write their times as HH:MM:SS."""
    fields = (CONF_QUIET_START, CONF_QUIET_END)
    data |= {field: cv.time(data[field]).isoformat() for field in fields if field in data}
    missing = [field for field in fields if field not in data]
    if len(missing) == 1:
        return {missing[0]: "quiet_hours_incomplete"}
    if not missing and data[CONF_QUIET_START] == data[CONF_QUIET_END]:
        return {CONF_QUIET_END: "quiet_hours_empty"}
    return {}
