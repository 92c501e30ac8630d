"""A button that sends the provider's free test text."""

from homeassistant.components.button import ButtonEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .account import Account
from .address import Address
from .const import ATTR_MESSAGE
from .entity import LineEntity
from .line import LineConfigEntry
from .send import async_send, raise_for

PARALLEL_UPDATES = 0
TEST_TEXT = "Test from Home Assistant"


async def async_setup_entry(
    hass: HomeAssistant, entry: LineConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the button where the provider has a free test."""
    account = entry.runtime_data
    if isinstance(account, Account) and (number := account.info.test_number):
        async_add_entities([SendTestMessageButton(account, number)])


class SendTestMessageButton(LineEntity, ButtonEntity):
    """Sends a text to the provider's test number."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, account: Account, number: str) -> None:
        """Send to this number."""
        super().__init__(account, "send_test_message")
        self._number = number

    async def async_press(self) -> None:
        """Send it."""
        address = Address(self._number, self._number)
        raise_for(await async_send(self._line, [address], {ATTR_MESSAGE: TEST_TEXT}))
