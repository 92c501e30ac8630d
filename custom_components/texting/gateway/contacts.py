"""Contact groups, contacts and campaigns that a provider keeps."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .status import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactGroup:
    """A list of contacts."""

    id: str
    name: str
    # The number of contacts. None: the provider does not say.
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A phone number with the fields of its group."""

    id: str
    # E.164 if it is a phone number, else as the provider writes it.
    number: str
    # By name in upper case: {"FIRST_NAME": "Anna"}.
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One text to all contacts of some groups. A count of None: the provider does not say."""

    id: str
    status: Status
    # The status in the provider's own words.
    provider_status: str
    name: str = ""
    text: str = ""
    send_at: datetime | None = None
    # Numbers of phones.
    total: int | None = None
    delivered: int | None = None
    failed: int | None = None


class Contacts(ABC):
    """The contacts of one account. Methods raise GatewayError, and NotFound if an id does not exist."""

    @abstractmethod
    async def groups(self) -> Sequence[ContactGroup]:
        """Fetch all groups; raise GroupsNotListed if the provider has no such list."""

    @abstractmethod
    async def group(self, group_id: str, *, counted: bool = True) -> ContactGroup:
        """Fetch one group with its size. Without counted, leave out a size that takes more requests."""

    @abstractmethod
    async def create_group(self, name: str) -> ContactGroup:
        """Create a group. The provider allows two groups of one name."""

    @abstractmethod
    async def rename_group(self, group_id: str, name: str) -> ContactGroup:
        """Rename a group."""

    @abstractmethod
    async def delete_group(self, group_id: str) -> None:
        """Delete a group and its contacts."""

    @abstractmethod
    def contacts(self, group_id: str) -> AsyncIterator[Contact]:
        """Iterate over the contacts of a group; each page is fetched when it is needed."""

    @abstractmethod
    async def contact(self, group_id: str, contact_id: str) -> Contact:
        """Fetch one contact."""

    @abstractmethod
    async def create_contact(self, group_id: str, number: str, fields: Mapping[str, str]) -> Contact:
        """Create a contact with a number in E.164."""

    @abstractmethod
    async def update_contact(self, group_id: str, contact_id: str, number: str, fields: Mapping[str, str]) -> Contact:
        """Change a contact; fields that are not given keep their values."""

    @abstractmethod
    async def delete_contact(self, group_id: str, contact_id: str) -> None:
        """Delete a contact."""

    @abstractmethod
    async def campaign(self, campaign_id: str) -> Campaign:
        """Fetch the state of a campaign."""
