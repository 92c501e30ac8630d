"""A message at a provider, its statuses, and the numbers that decide its last status."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import smsutil  # type: ignore[import-untyped]  # brings no types

TITLES = {
    "textinghouse": "TextingHouse",
    "textiopro": "TextioPro",
    "club_texting": "Club Texting",
    "group_texting": "Group Texting",
    "thesmspoint": "TheSMSPoint",
}

# The provider's words for accepted, sent and delivered. Club and Group report nothing after "1".
PROGRESS = {
    "textinghouse": ("0", "1", "3"),
    "textiopro": ("Accepted", "Enroute", "Delivered"),
    "club_texting": ("1", "1", "1"),
    "group_texting": ("1", "1", "1"),
    "thesmspoint": ("Sent", "Sent", "Delivered"),
}

# The last four digits of a number, their meaning, and the last status of a message at each provider. Club and Group
# accept all of these messages, but the text never arrives.
SPECIAL_NUMBERS: dict[str, tuple[str, dict[str, str]]] = {
    "0004": ("out of reach", {"textinghouse": "4", "textiopro": "Expired", "thesmspoint": "Expired"}),
    "0005": ("not subscribed", {"textinghouse": "5", "textiopro": "Rejected", "thesmspoint": "UnDelivered"}),
    "0006": ("not received", {"textinghouse": "6", "textiopro": "Undelivered", "thesmspoint": "U"}),
    "0007": ("prohibited", {"textinghouse": "7", "textiopro": "Failed", "thesmspoint": "UnDelivered"}),
    "0009": ("never final", {"textinghouse": "1", "textiopro": "Enroute", "thesmspoint": "Sent"}),
    "0020": ("no credit later on", {"textinghouse": "20", "textiopro": "Skipped", "thesmspoint": "UnDelivered"}),
}


@dataclass(slots=True)
class Message:
    """One accepted text to one number; `status` is the provider's own word or code."""

    provider: str
    id: str
    client_id: str | None
    to: str
    text: str
    sender: str
    status: str
    segments: int
    accepted_at: datetime
    not_before: datetime
    received: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def phone_number(self) -> str:
        """The number with its country code, which Club and Group leave out."""
        return f"1{self.to}" if self.provider in ("club_texting", "group_texting") else self.to


def count_segments(text: str) -> int:
    """Return the number of segments of a text (3GPP TS 23.038)."""
    return max(1, len(smsutil.split(text).parts))


def final_status(message: Message) -> str | None:
    """Return the last status of a message that never arrives; None if it arrives."""
    special = SPECIAL_NUMBERS.get(message.to[-4:])
    return special[1].get(message.provider, message.status) if special else None


def off_status(message: Message) -> str:
    """Return the last status of a message to a phone that is off, as of one that never gets it."""
    return SPECIAL_NUMBERS["0006"][1].get(message.provider, message.status)
