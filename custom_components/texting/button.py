"""The button that sends a free test text."""

from homeassistant.components.button import ButtonEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .account import Account
from .const import ATTR_MESSAGE
from .entity import MessengerEntity
from .messenger import MessengerConfigEntry, raise_for
from .targets import Address

PARALLEL_UPDATES = 0
TEST_TEXT = "Test from Home Assistant"


async def async_setup_entry(
    hass: HomeAssistant, entry: MessengerConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the button if the provider has a free test number."""
    account = entry.runtime_data
    if isinstance(account, Account) and (number := account.info.test_number):
        async_add_entities([SendTestMessageButton(account, number)])


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
