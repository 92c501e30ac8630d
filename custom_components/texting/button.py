"""Buttons that send a test text: to the provider's free test number, or to a recipient."""

from homeassistant.components.button import ButtonEntity
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .account import Account
from .alert_entities import AcknowledgeButton, DrillButton
from .alerts.engine import AlertConfigEntry, AlertEngine
from .const import ATTR_MESSAGE
from .entity import MessengerEntity, RecipientEntity, async_follow_recipients
from .messenger import Messenger, MessengerConfigEntry, raise_for
from .targets import Address, reachable_addresses
from .test_text import TEST_TEXT, async_test_text

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MessengerConfigEntry | AlertConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the buttons of an alert, or that of an account with a free test number and one for each recipient."""
    if isinstance(entry.runtime_data, AlertEngine):
        async_add_entities([AcknowledgeButton(entry.runtime_data), DrillButton(entry.runtime_data)])
        return
    messenger = entry.runtime_data
    if isinstance(messenger, Account) and (number := messenger.info.test_number):
        async_add_entities([SendTestMessageButton(messenger, number)])
    async_follow_recipients(messenger, async_add_entities, lambda subentry: RecipientTestButton(messenger, subentry))


class SendTestMessageButton(MessengerEntity, ButtonEntity):
    """A button that sends a text to the provider's test number."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, account: Account, number: str) -> None:
        """Send to this number."""
        super().__init__(account, "send_test_message")
        self._number = number

    async def async_press(self) -> None:
        """Send the text."""
        address = Address(self._number, self._number)
        raise_for(await self._messenger.async_send([address], {ATTR_MESSAGE: TEST_TEXT}))


class RecipientTestButton(RecipientEntity, ButtonEntity):
    """A button that sends a text to a recipient. It costs as much as any other text."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_entity_registry_enabled_default = False

    def __init__(self, messenger: Messenger, subentry: ConfigSubentry) -> None:
        """Belong to the recipient's device."""
        super().__init__(messenger, subentry, "send_test_message")

    async def async_press(self) -> None:
        """Send the text."""
        addresses = reachable_addresses(self._recipient)
        text = await async_test_text(self.hass, self._messenger.entry)
        raise_for(await self._messenger.async_send(addresses, {ATTR_MESSAGE: text}, self._action_context))
