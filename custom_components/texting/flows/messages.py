"""The step that shows an account's last messages, and links to all of them as a file."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig, SelectSelectorMode
from homeassistant.util import dt as dt_util

from ..const import ATTR_RECIPIENT
from ..delivery.history import HistoryQuery
from ..delivery.money import written
from ..history import RECEIVED, as_rows, async_page, async_totals
from ..history_view import async_signed_link, sources_of_account
from ..options import stored_options
from ..outcomes import within_sentence
from ..recipients import recipient_by_id, recipients
from ..translations import CONFIGURE, STATUS, async_translations
from .literal import literal

_SHOWN = 20
_MAX_NAME = 30
_MAX_TEXT = 320


class MessagesFlow(OptionsFlow):
    """The step of the last messages."""

    # The id of the recipient whose messages are shown; None: all.
    _chosen: str | None = None

    async def async_step_messages(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the last messages. Choosing another person shows that one's; submitting the same one closes the page."""
        chosen = (user_input or {}).get(ATTR_RECIPIENT)
        if user_input is not None and chosen == self._chosen:
            return self.async_create_entry(data=stored_options(self.config_entry))
        self._chosen = chosen
        people = [SelectOptionDict(value=each.id, label=each.name) for each in recipients(self.config_entry)]
        selector = SelectSelector(SelectSelectorConfig(options=people, mode=SelectSelectorMode.DROPDOWN))
        schema = vol.Schema({vol.Optional(ATTR_RECIPIENT): selector})
        return self.async_show_form(
            step_id="messages",
            data_schema=self.add_suggested_values_to_schema(schema, {ATTR_RECIPIENT: chosen}),
            description_placeholders=await self._async_texts(chosen),
        )

    async def _async_texts(self, recipient_id: str | None) -> dict[str, str]:
        """Return the table and the link."""
        entry_id, texts = self.config_entry.entry_id, await async_translations(self.hass, CONFIGURE)
        sent, received = sources_of_account(self.hass, entry_id, recipient_id) or (frozenset(), frozenset())
        try:
            page = await async_page(self.hass, HistoryQuery(sent=sent, received=received, limit=_SHOWN))
            totals = await self._async_totals(texts) if page.messages and not recipient_id else ""
        except HomeAssistantError as err:
            return {"who": self._who(recipient_id), "totals": "", "messages": f"{err}.", "download": ""}
        rows = as_rows(self.hass, page.messages)
        statuses = await async_translations(self.hass, STATUS)
        # A link without a target would be opened as a page of Home Assistant.
        link = (
            f'<a href="{async_signed_link(self.hass, entry_id, recipient_id)}" target="_blank">{texts["download"]}</a>'
        )
        return {
            "who": self._who(recipient_id),
            "totals": totals,
            "messages": "\n\n".join(_lines(row, statuses[row["status"]]) for row in rows) or texts["no_messages"],
            "download": link if rows else "",
        }

    async def _async_totals(self, texts: Mapping[str, str]) -> str:
        """Return what the account sent in the last week and in this month, and what that cost."""
        today = dt_util.now().date()
        periods = {"last_7_days": today - timedelta(days=6), "this_month": today.replace(day=1)}
        lines = []
        for name, first in periods.items():
            sums, spent = await async_totals(self.hass, self.config_entry.entry_id, first)
            counts = [f"{texts['texts']}: {sums.texts}", f"{texts['segments']}: {sums.segments}"]
            money = [f"{texts['cost']}: {written(amount, currency)}" for currency, amount in spent.items()]
            lines.append(" · ".join((f"**{texts[name]}**", *counts, *money)))
        return "\n\n".join(lines)

    def _who(self, recipient_id: str | None) -> str:
        recipient = recipient_by_id(self.config_entry, recipient_id) if recipient_id else None
        return literal(recipient.name if recipient else self.config_entry.title, _MAX_NAME)


def _lines(row: dict[str, Any], status: str) -> str:
    """Return a message in two lines: to or from whom, when and how it ended; and its text."""
    outcome = f"{status}: {within_sentence(row['reason_text'])}" if row["reason_text"] else status
    who = literal(row["recipient"] or row["number"], _MAX_NAME)
    when = f"{datetime.fromisoformat(row['time']):%Y-%m-%d %H:%M}"
    price = f" · {written(row['price'], row['currency'])}" if row["price"] else ""
    text = "—" if row["text"] is None else literal(row["text"], _MAX_TEXT)
    arrow = "←" if row["direction"] == RECEIVED else "→"
    return f"{arrow} **{who}** · {when} · {literal(outcome, _MAX_TEXT)}{price}\n> {text}"
