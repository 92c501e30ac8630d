"""Contact groups and contacts of the "Ultimate SMS" software."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC

from ...contacts import Campaign, Contact, ContactGroup, Contacts
from ...errors import GroupsNotListed, InvalidResponse, Limit, MessageRejected
from ...json_fields import Row, count, rows, text
from ...phone_number import digits, from_gateway
from ...status import FailureReason
from . import campaigns, responses as wire
from .api import GROUPS, MAX_ROWS, Api

GROUP = "contacts/{}"
SHOW = "contacts/{}/show"
ALL = "contacts/{}/all"
STORE = "contacts/{}/store"
SEARCH = "contacts/{}/search/{}"
UPDATE = "contacts/{}/update/{}"
DELETE = "contacts/{}/delete/{}"
CAMPAIGN = "campaign/{}/view"
# Groups that are read.
MAX_GROUPS = 10_000
# The names of the number in a contact. They depend on the version.
NUMBERS = ("phone", "PHONE")
# The fields that some versions read under their names in lower case.
LOWER = ("first_name", "last_name")
# The software's own fields of a contact, in lower case. All others are fields of the group.
OWN = frozenset(
    {
        *("id", "uid", "phone", "status", "group_id", "contact_group_id", "customer_id", "user_id", "api_token"),
        *("created_at", "updated_at", "deleted_at"),
    }
)


class UltimateContacts(Contacts):
    """The groups and contacts of one account."""

    def __init__(self, api: Api) -> None:
        """Use the API of an account."""
        self._api = api

    async def groups(self) -> Sequence[ContactGroup]:
        """Fetch all groups, with their sizes if the list has them."""
        groups = list[ContactGroup]()
        try:
            async for row in self._api.rows(GROUPS):
                groups.append(_group(row))
                if len(groups) == MAX_GROUPS:
                    break
        except MessageRejected as err:
            if err.code == str(wire.METHOD_NOT_ALLOWED):
                raise GroupsNotListed(err.detail, code=err.code) from None
            raise
        return groups

    async def group(self, group_id: str, *, counted: bool = True) -> ContactGroup:
        """Fetch one group. If its row has no size, count its contacts."""
        group = _group(campaigns.row_of(await self._api.read(SHOW, group_id)), group_id)
        if group.size is not None or not counted:
            return group
        return ContactGroup(id=group.id, name=group.name, size=await self._size(group_id))

    async def _size(self, group_id: str) -> int | None:
        """Return the total of the first page if the number of pages confirms it, else count the contacts.

        None: there are too many contacts to count.
        """
        data = await self._api.read(ALL, group_id)
        total = count(data, "total") if isinstance(data, dict) else None
        listed, last = wire.page(data)
        min_size, max_size = len(listed) * (last - 1) + 1 if last > 1 else len(listed), len(listed) * last
        if total is not None and min_size <= total <= max_size:
            return total
        size = 0
        async for _ in self._api.rows(ALL, group_id):
            size += 1
        return size if size < MAX_ROWS else None

    async def create_group(self, name: str) -> ContactGroup:
        """Create a group. Most installations allow two groups of one name."""
        data = await self._api.change("POST", GROUPS, body={"name": _name(name)})
        return _group(_created(data))

    async def rename_group(self, group_id: str, name: str) -> ContactGroup:
        """Rename a group."""
        data = await self._api.change("PATCH", GROUP, group_id, body={"name": _name(name)})
        row = next(iter(rows(data)), {})
        return _group({"name": name.strip(), **row}, group_id)

    async def delete_group(self, group_id: str) -> None:
        """Delete a group and its contacts."""
        # The data is null, "null" or a sentence.
        await self._api.change("DELETE", GROUP, group_id)

    async def contacts(self, group_id: str) -> AsyncIterator[Contact]:
        """Iterate over the contacts of a group; each page is fetched when it is needed."""
        async for row in self._api.rows(ALL, group_id):
            yield _contact(row)

    async def contact(self, group_id: str, contact_id: str) -> Contact:
        """Fetch one contact."""
        return _contact(campaigns.row_of(await self._api.read(SEARCH, group_id, contact_id)), contact_id)

    async def create_contact(self, group_id: str, number: str, fields: Mapping[str, str]) -> Contact:
        """Create a contact with a number in E.164."""
        body = _body(fields, number)
        return _contact(_created(await self._api.change("POST", STORE, group_id, body=body)))

    async def update_contact(self, group_id: str, contact_id: str, number: str, fields: Mapping[str, str]) -> Contact:
        """Change a contact. The number is required; fields that are not given keep their values [documented]."""
        change = self._api.change("PATCH", UPDATE, group_id, contact_id, body=_body(fields, number))
        listed = rows(await change)
        # A row without a number is no contact.
        if listed and _number(listed[0]):
            return _contact(listed[0], contact_id)
        return await self.contact(group_id, contact_id)

    async def delete_contact(self, group_id: str, contact_id: str) -> None:
        """Delete a contact."""
        await self._api.change("DELETE", DELETE, group_id, contact_id)

    async def campaign(self, campaign_id: str) -> Campaign:
        """Fetch the state of a campaign."""
        data = await self._api.read(CAMPAIGN, campaign_id)
        row = campaigns.row_of(data)
        return campaigns.campaign_of(row, campaign_id, await self._api.zone() if text(row, "schedule_time") else UTC)


def _name(name: str) -> str:
    """Return the name of a group; raise if it is empty, because that request would list the groups."""
    if not name.strip():
        raise MessageRejected(limit=Limit.GROUP_NAME, reason=FailureReason.INVALID_MESSAGE)
    return name.strip()


def _created(data: object) -> Row:
    """Return the row of a new contact or group; raise InvalidResponse if it has no id."""
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


def _body(fields: Mapping[str, str], number: str) -> dict[str, str]:
    """Return the fields and the number of a contact; raise if a field is the software's own.

    The names are in upper case [documented]. Some versions only read the number and the names in lower case [seen].
    """
    for name in fields:
        if name.lower() in OWN:
            raise MessageRejected(limit=Limit.CONTACT_FIELD, reason=FailureReason.INVALID_MESSAGE, field=name)
    body = {name.upper(): value for name, value in fields.items()}
    lower = {name: body[name.upper()] for name in LOWER if name.upper() in body}
    return {**body, **lower, **dict.fromkeys(NUMBERS, digits(number))}
