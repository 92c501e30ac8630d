"""What texts leave through: an account, or a route over several."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .const import DEFAULT_IF_UNSURE, IF_UNSURE_RESEND, OPTION_IF_UNSURE
from .delivery.record import Record
from .gateway.message import Message, Preview
from .recipient import Recipient
from .state import LineState

# How long an action waits for the gateway's answer before it goes on in the background, in seconds.
ANSWER_WITHIN = 10.0
DEFAULT_VALID_FOR = 3600.0

type LineConfigEntry = ConfigEntry[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message and how it is to be sent.

    valid_for are the seconds it may wait, resend says whether it is sent again when its outcome cannot be found
    out (None: as the account's options say), groups are the names of the contact groups it goes to, uncounted says
    that these have more contacts than is known, parent is the reference of a route's message it is sent for. An answer
    is sent in quiet hours too: who wrote is awake.
    """

    message: Message
    recipient: Recipient | None = None
    valid_for: float = DEFAULT_VALID_FOR
    urgent: bool = False
    resend: bool | None = None
    groups: str | None = None
    uncounted: bool = False
    parent: str | None = None
    is_answer: bool = False


class Line(ABC):
    """A config entry's run-time data."""

    entry: ConfigEntry[Any]
    name: str
    receives = False
    test_number: str | None = None

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], state: LineState) -> None:
        """Put the parts together; nothing runs yet."""
        self.hass = hass
        self.entry = entry
        self.state = state
        self.desk = state.desk

    async def async_send(self, outgoing: Sequence[Outgoing]) -> list[Record]:
        """The one path on which messages leave: each is on disk before it is sent.

        Returns within ANSWER_WITHIN, at once for what is known to wait longer; what is under way goes on.
        """
        return await self.async_hand_over(await self.async_admit(outgoing))

    async def async_hand_over(self, records: list[Record]) -> list[Record]:
        """Keep admitted messages and let them leave; see async_send."""
        written = self.desk.add(records)
        self.state.async_changed()
        await self.desk.answered(records, ANSWER_WITHIN)
        await asyncio.shield(written)
        return records

    @property
    def languages(self) -> Sequence[str]:
        """What it reads voice messages in."""
        return ()

    @property
    def hears_through(self) -> Collection[str]:
        """The ids of the accounts that texts come in through."""
        return ()

    @property
    def resends(self) -> bool:
        """Whether what may have been lost is sent again where nobody said."""
        return bool(self.entry.options.get(OPTION_IF_UNSURE, DEFAULT_IF_UNSURE) == IF_UNSURE_RESEND)

    def _resends(self, message: Message) -> bool:
        """The same of one message: a campaign that was made once too often is many texts."""
        return self.resends and message.group_size is None

    def attributes(self, record: Record) -> dict[str, Any]:
        """What its entities tell of a message besides what all do."""
        return {}

    def _record(self, item: Outgoing) -> Record:
        """The message as it is to be kept, held back in its recipient's quiet hours."""
        now, recipient = self.desk.book.today(), item.recipient
        quiet = recipient.quiet if recipient and not (item.urgent or item.is_answer) else None
        due_at = now + (quiet.seconds_left(dt_util.now()) if quiet else 0.0)
        return Record(
            message=item.message,
            account=self.entry.entry_id,
            recipient=recipient.name if recipient else None,
            recipient_id=recipient.id if recipient else None,
            groups=item.groups,
            parent=item.parent,
            urgent=item.urgent,
            resend=self._resends(item.message) if item.resend is None else item.resend,
            asked_at=now,
            due_at=due_at,
            expires_at=due_at + item.valid_for,
        )

    def held_until(self, record: Record) -> datetime | None:
        """When the provider sends a message that it holds back now; None where it does not, or none can say."""
        return None

    @callback
    @abstractmethod
    def async_stop(self) -> None:
        """Begin nothing more; what is under way comes to its end."""

    @abstractmethod
    async def async_admit(self, outgoing: Sequence[Outgoing]) -> list[Record]:
        """Messages as they are to be kept; those that are refused here have ended."""

    @abstractmethod
    async def async_cancel(self, record: Record) -> bool:
        """Take back a message that still waits here; whether it did."""

    async def async_look(self, record: Record) -> bool:
        """Ask the gateway what has become of a message, where it can be asked and may have news; whether it said."""
        return False

    @abstractmethod
    def prepare(self, message: Message) -> tuple[Message, Preview]:
        """The message as it is sent, and its preview; raises MessageRejected."""
