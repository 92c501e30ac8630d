"""TextioPro's contact groups and contacts."""

import re
from typing import Any

from .accounts import TextioProAccount
from .textiopro_messages import new_uid
from .textiopro_replies import ApiError, page, required, success
from .wire import Answer, Request

_RESERVED = {"api_token", "phone", "group_id", "uid"}


class Contacts:
    """The groups of one account, each with its contacts."""

    def __init__(self, account: TextioProAccount) -> None:
        """Serve one account."""
        self._account = account

    def list_groups(self, request: Request) -> Answer:
        """List all groups."""
        return page(request, list(self._account.groups.values()), self._account.per_page, _shown)

    def create_group(self, request: Request) -> Answer:
        """Create a group."""
        group: dict[str, Any] = {"uid": new_uid(), "name": required(request, "name"), "contacts": {}}
        self._account.groups[group["uid"]] = group
        return success(_shown(group))

    def show_group(self, request: Request, group_id: str) -> Answer:
        """Show one group."""
        return success(_shown(self._group(group_id)))

    def rename_group(self, request: Request, group_id: str) -> Answer:
        """Rename a group."""
        group = self._group(group_id)
        group["name"] = required(request, "name")
        return success(_shown(group))

    def delete_group(self, request: Request, group_id: str) -> Answer:
        """Delete a group with its contacts; the documented data is the text "null"."""
        self._group(group_id)
        del self._account.groups[group_id]
        return success("null")

    def store(self, request: Request, group_id: str) -> Answer:
        """Create a contact."""
        contacts = self._group(group_id)["contacts"]
        contact = {"uid": new_uid(), "group_id": group_id, "phone": _phone(request, "PHONE"), **_fields(request)}
        contacts[contact["uid"]] = contact
        return success(contact)

    def list_all(self, request: Request, group_id: str) -> Answer:
        """List the contacts of a group."""
        return page(request, list(self._group(group_id)["contacts"].values()), self._account.per_page, dict)

    def show(self, request: Request, group_id: str, uid: str) -> Answer:
        """Show one contact."""
        return success(self._contact(group_id, uid))

    def update(self, request: Request, group_id: str, uid: str) -> Answer:
        """Change a contact; some versions read `phone` in lower case here."""
        contact = self._contact(group_id, uid)
        contact.update(phone=_phone(request, self._account.update_requires), **_fields(request))
        return success(contact)

    def delete(self, request: Request, group_id: str, uid: str) -> Answer:
        """Delete a contact."""
        self._contact(group_id, uid)
        del self._group(group_id)["contacts"][uid]
        return success("Le contact a été supprimé.")

    def _group(self, group_id: str) -> dict[str, Any]:
        if group_id not in self._account.groups:
            raise ApiError("Contact group not found.")
        return self._account.groups[group_id]

    def _contact(self, group_id: str, uid: str) -> dict[str, Any]:
        contact: dict[str, Any] | None = self._group(group_id)["contacts"].get(uid)
        if contact is None:
            raise ApiError("Contact not found.")
        return contact


def _shown(group: dict[str, Any]) -> dict[str, Any]:
    return {"uid": group["uid"], "name": group["name"], "contacts_count": len(group["contacts"])}


def _phone(request: Request, name: str) -> str:
    phone = required(request, name)
    if not re.fullmatch(r"[0-9]{7,15}", phone):
        raise ApiError(f"Invalid phone number: {phone}.")
    return phone


def _fields(request: Request) -> dict[str, Any]:
    return {name: value for name, value in request.params.items() if name.lower() not in _RESERVED}
