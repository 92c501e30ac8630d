"""Contact groups, contacts and campaigns, where a provider keeps them."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .status import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactGroup:
    """A list of contacts; size is how many there are, None where the gateway does not say."""

    id: str
    name: str
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A number (E.164 where it is one) with the fields that its group has, as {FIRST_NAME: Anna}."""

    id: str
    number: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One text to all contacts of groups; the counts are of phones, None where the gateway does not say."""

    id: str
    status: Status
    provider_status: str
    name: str = ""
    text: str = ""
    send_at: datetime | None = None
    total: int | None = None
    delivered: int | None = None
    failed: int | None = None


class Contacts(ABC):
    """What an account keeps at its provider. Methods raise GatewayError; an id that is not there: NotFound."""

    @abstractmethod
    async def groups(self) -> Sequence[ContactGroup]:
        """All groups; raises GroupsNotListed where there is no such list."""

    @abstractmethod
    async def group(self, group_id: str, *, counted: bool = True) -> ContactGroup:
        """One group, with its size; uncounted only where that is told at once."""

    @abstractmethod
    async def create_group(self, name: str) -> ContactGroup:
        """Make a group; the provider allows two of one name."""

    @abstractmethod
    async def rename_group(self, group_id: str, name: str) -> ContactGroup:
        """Give a group another name."""

    @abstractmethod
    async def delete_group(self, group_id: str) -> None:
        """Delete a group and its contacts."""

    @abstractmethod
    def contacts(self, group_id: str) -> AsyncIterator[Contact]:
        """The contacts of a group, page by page as they are asked for."""

    @abstractmethod
    async def contact(self, group_id: str, contact_id: str) -> Contact:
        """One contact."""

    @abstractmethod
    async def create_contact(self, group_id: str, number: str, fields: Mapping[str, str]) -> Contact:
        """Add a contact, its number in E.164."""

    @abstractmethod
    async def update_contact(self, group_id: str, contact_id: str, number: str, fields: Mapping[str, str]) -> Contact:
        """Change a contact; fields that are not given stay."""

    @abstractmethod
    async def delete_contact(self, group_id: str, contact_id: str) -> None:
        """Delete a contact."""

    @abstractmethod
    async def campaign(self, campaign_id: str) -> Campaign:
        """What has become of a campaign."""
