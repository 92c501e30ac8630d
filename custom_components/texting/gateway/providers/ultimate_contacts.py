"""Contact groups and contacts of the "Ultimate SMS" software, as TextioPro runs it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC

from ..answers import Row, count, rows, text
from ..contacts import Campaign, Contact, ContactGroup, Contacts
from ..errors import GroupsNotListed, InvalidResponse, Limit, MessageRejected
from ..phone_number import digits, from_gateway
from ..status import FailureReason
from . import ultimate_campaigns as campaigns, ultimate_sms as wire
from .ultimate_api import GROUPS, Api

GROUP = "contacts/{}"
SHOW = "contacts/{}/show"
ALL = "contacts/{}/all"
STORE = "contacts/{}/store"
SEARCH = "contacts/{}/search/{}"
UPDATE = "contacts/{}/update/{}"
DELETE = "contacts/{}/delete/{}"
CAMPAIGN = "campaign/{}/view"
# A contact's number, as installations write and read it.
NUMBERS = ("phone", "PHONE")
# What a contact's row holds of the software's own, in lower case; the rest are the group's fields.
OWN = frozenset(
    {
        *("id", "uid", "phone", "status", "group_id", "contact_group_id", "customer_id", "user_id", "api_token"),
        *("created_at", "updated_at", "deleted_at"),
    }
)


class UltimateContacts(Contacts):
    """The groups and contacts of one account."""

    def __init__(self, api: Api) -> None:
        """Ask the account's installation."""
        self._api = api

    async def groups(self) -> Sequence[ContactGroup]:
        """All groups, with their sizes where the list holds them."""
        try:
            return [_group(row) async for row in self._api.rows(GROUPS)]
        except MessageRejected as err:
            if err.code == str(wire.METHOD_NOT_ALLOWED):
                raise GroupsNotListed(err.detail, code=err.code) from None
            raise

    async def group(self, group_id: str, *, counted: bool = True) -> ContactGroup:
        """One group; where nobody says its size, its contacts are counted."""
        group = _group(campaigns.row_of(await self._api.read(SHOW, group_id)), group_id)
        if group.size is not None or not counted:
            return group
        return ContactGroup(id=group.id, name=group.name, size=await self._size(group_id))

    async def _size(self, group_id: str) -> int:
        """By the first page's total where the page bears it out, else by counting."""
        data = await self._api.read(ALL, group_id)
        total = count(data, "total") if isinstance(data, dict) else None
        listed, last = wire.page(data)
        most, least = len(listed) * last, len(listed) * (last - 1) + 1 if last > 1 else len(listed)
        if total is not None and least <= total <= most:
            return total
        return sum([1 async for _ in self.contacts(group_id)])

    async def create_group(self, name: str) -> ContactGroup:
        """Make a group; installations allow two of one name, unless they say otherwise."""
        data = await self._api.change("POST", GROUPS, body={"name": _name(name)})
        return _group(_made(data))

    async def rename_group(self, group_id: str, name: str) -> ContactGroup:
        """Give a group another name."""
        data = await self._api.change("PATCH", GROUP, group_id, body={"name": _name(name)})
        row = next(iter(rows(data)), {})
        return _group({"name": name.strip(), **row}, group_id)

    async def delete_group(self, group_id: str) -> None:
        """Delete a group and its contacts."""
        # Answers null, "null" or a sentence.
        await self._api.change("DELETE", GROUP, group_id)

    async def contacts(self, group_id: str) -> AsyncIterator[Contact]:
        """The contacts of a group, page by page as they are asked for."""
        async for row in self._api.rows(ALL, group_id):
            yield _contact(row)

    async def contact(self, group_id: str, contact_id: str) -> Contact:
        """One contact."""
        return _contact(campaigns.row_of(await self._api.read(SEARCH, group_id, contact_id)), contact_id)

    async def create_contact(self, group_id: str, number: str, fields: Mapping[str, str]) -> Contact:
        """Add a contact, its number in E.164."""
        body = {**_tags(fields), "PHONE": digits(number)}
        return _contact(_made(await self._api.change("POST", STORE, group_id, body=body)))

    async def update_contact(self, group_id: str, contact_id: str, number: str, fields: Mapping[str, str]) -> Contact:
        """Change a contact.

        The number is required, the other fields are those to be changed [documented]: the rest stay.
        """
        # Some versions check the number under its lower-case name [seen].
        body = {**_tags(fields), **dict.fromkeys(NUMBERS, digits(number))}
        listed = rows(await self._api.change("PATCH", UPDATE, group_id, contact_id, body=body))
        # A row without a number is none of a contact.
        if listed and _number(listed[0]):
            return _contact(listed[0], contact_id)
        return await self.contact(group_id, contact_id)

    async def delete_contact(self, group_id: str, contact_id: str) -> None:
        """Delete a contact."""
        await self._api.change("DELETE", DELETE, group_id, contact_id)

    async def campaign(self, campaign_id: str) -> Campaign:
        """What has become of a campaign."""
        data = await self._api.read(CAMPAIGN, campaign_id)
        row = campaigns.row_of(data)
        return campaigns.campaign_of(row, campaign_id, await self._api.zone() if text(row, "schedule_time") else UTC)


def _name(name: str) -> str:
    """A group's name; without one, the same request would list the groups."""
    if not name.strip():
        raise MessageRejected(limit=Limit.GROUP_NAME, reason=FailureReason.INVALID_MESSAGE)
    return name.strip()


def _made(data: object) -> Row:
    """The row of what was made; raises InvalidResponse where its id is not told."""
    listed = rows(data)
    if not listed or not wire.id_of(listed[0]):
        raise InvalidResponse("made without an id")
    return listed[0]


def _group(row: Row, group_id: str = "") -> ContactGroup:
    return ContactGroup(id=wire.id_of(row) or group_id, name=text(row, "name"), size=count(row, "contacts_count"))


def _contact(row: Row, contact_id: str = "") -> Contact:
    return Contact(
        id=wire.id_of(row) or contact_id,
        number=from_gateway(_number(row)),
        fields={name.upper(): value for name in row if name.lower() not in OWN and (value := text(row, name))},
    )


def _number(row: Row) -> str:
    return next(filter(None, (text(row, name) for name in NUMBERS)), "")


def _tags(fields: Mapping[str, str]) -> dict[str, str]:
    """Fields as they are sent: named in upper case, as the software names them; raises where one is its own."""
    for name in fields:
        if name.lower() in OWN:
            raise MessageRejected(limit=Limit.CONTACT_FIELD, reason=FailureReason.INVALID_MESSAGE, field=name)
    return {name.upper(): value for name, value in fields.items()}
