"""What became of a text, in a few words that everybody understands."""

from homeassistant.core import HomeAssistant

from .delivery.record import MessageRecord
from .translations import known_texts

# The reasons in words.
REASON = "reason"


def reason_text(hass: HomeAssistant, record: MessageRecord) -> str | None:
    """Return why a text failed, such as "Phone off or out of reach"; None if no reason is known."""
    return known_texts(hass, REASON).get(record.reason) if record.reason else None
