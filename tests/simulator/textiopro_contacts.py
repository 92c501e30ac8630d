"""TextioPro's contact groups and contacts."""

import re
from typing import Any

from .accounts import TextioProAccount
from .textiopro_messages import new_uid
from .textiopro_replies import ApiError, MissingError, page, required, success
from .wire import Request, Response

_RESERVED = {"api_token", "phone", "group_id", "uid", "created_at"}
_NAMES = {"first_name", "last_name"}
_CREATED = "2026-11-20T10:00:00.000000Z"


class Contacts:
    """The groups of one account, each with its contacts."""

    def __init__(self, account: TextioProAccount) -> None:
        """Serve one account."""
        self._account = account

    def list_groups(self, request: Request) -> Response:
        """List all groups."""
        return page(request, list(self._account.groups.values()), self._account, self._shown)

    def create_group(self, request: Request) -> Response:
        """Create a group."""
        group: dict[str, Any] = {"uid": new_uid(), "name": self._name(request), "contacts": {}}
        self._account.groups[group["uid"]] = group
        return success(self._shown(group))

    def show_group(self, request: Request, group_id: str) -> Response:
        """Show one group."""
        return success(self._shown(self._group(group_id)))

    def rename_group(self, request: Request, group_id: str) -> Response:
        """Rename a group."""
        group = self._group(group_id)
        group["name"] = self._name(request)
        return success(self._shown(group))

    def delete_group(self, request: Request, group_id: str) -> Response:
        """Delete a group and its contacts; the documented data is the string "null"."""
        self._group(group_id)
        del self._account.groups[group_id]
        return success(self._deleted("null"))

    def store(self, request: Request, group_id: str) -> Response:
        """Create a contact."""
        contacts = self._group(group_id)["contacts"]
        contact = {
            "uid": new_uid(),
            "group_id": group_id,
            "phone": _phone(request, "phone" if self._account.create_reads == "lower" else "PHONE"),
            "created_at": _CREATED,
            **self._fields(request, names_in_lower=self._account.create_reads == "lower"),
        }
        contacts[contact["uid"]] = contact
        return success(contact)

    def list_all(self, request: Request, group_id: str) -> Response:
        """List the contacts of a group."""
        return page(request, list(self._group(group_id)["contacts"].values()), self._account, dict)

    def show(self, request: Request, group_id: str, uid: str) -> Response:
        """Show one contact."""
        return success(self._contact(group_id, uid))

    def update(self, request: Request, group_id: str, uid: str) -> Response:
        """Change a contact; some versions require `phone` in lower case here."""
        contact = self._contact(group_id, uid)
        contact.update(phone=_phone(request, self._account.update_requires), **self._fields(request))
        return success(contact)

    def delete(self, request: Request, group_id: str, uid: str) -> Response:
        """Delete a contact."""
        self._contact(group_id, uid)
        del self._group(group_id)["contacts"][uid]
        return success(self._deleted("Le contact a été supprimé."))

    def _group(self, group_id: str) -> dict[str, Any]:
        if group_id not in self._account.groups:
            raise MissingError("Contact group not found.")
        return self._account.groups[group_id]

    def _contact(self, group_id: str, uid: str) -> dict[str, Any]:
        contact: dict[str, Any] | None = self._group(group_id)["contacts"].get(uid)
        if contact is None:
            raise MissingError("Contact not found.")
        return contact

    def _name(self, request: Request) -> str:
        """Return a group's name; two groups of one name are allowed unless the account has unique names."""
        name = required(request, "name")
        if self._account.unique_names and any(group["name"] == name for group in self._account.groups.values()):
            raise ApiError("The name has already been taken.")
        return name

    def _shown(self, group: dict[str, Any]) -> dict[str, Any]:
        shown = {"uid": group["uid"], "name": group["name"]}
        return shown | ({"contacts_count": len(group["contacts"])} if self._account.group_counts else {})

    def _deleted(self, documented: str) -> str | None:
        return documented if self._account.delete_data == "documented" else None

    def _fields(self, request: Request, *, names_in_lower: bool = False) -> dict[str, Any]:
        """Return the fields of the group: all parameters but the software's own.

        Their names are in upper case, but first and last name may be read in lower case.
        """
        lower, fields = self._account.field_names == "lower", dict[str, Any]()
        for name, value in request.params.items():
            in_lower = names_in_lower and name.lower() in _NAMES
            if name.lower() not in _RESERVED and name == (name.lower() if in_lower else name.upper()):
                fields[name.lower() if lower else name.upper()] = value
        return fields


def _phone(request: Request, name: str) -> str:
    phone = required(request, name)
    if not re.fullmatch(r"[0-9]{7,15}", phone):
        raise ApiError(f"Invalid phone number: {phone}.")
    return phone
