"""Users of Home Assistant: administrators, ordinary, read-only and limited ones."""

from collections.abc import Mapping
import itertools
from typing import Any

from pytest_homeassistant_custom_component.common import ensure_auth_manager_loaded

from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.auth.models import Group, User
from homeassistant.auth.permissions import PermissionLookup
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

_NUMBERS = itertools.count()


async def new_user(hass: HomeAssistant, group: str | Mapping[str, Any]) -> User:
    """Return a new user in one of Home Assistant's groups, or in a new group whose policy on entities is given."""
    store = hass.auth._store
    ensure_auth_manager_loaded(hass.auth)
    # The test kit does not load the store.
    store._perm_lookup = PermissionLookup(er.async_get(hass), dr.async_get(hass))
    if not any(user.is_owner for user in await hass.auth.async_get_users()):
        # The first user owns the home, and may do everything.
        await hass.auth.async_create_user("Owner", group_ids=[GROUP_ID_ADMIN])
    if not isinstance(group, str):
        name = f"group {next(_NUMBERS)}"
        store._groups[name] = Group(name=name, policy={"entities": group}, id=name)
        group = name
    return await hass.auth.async_create_user("User", group_ids=[group])


def controls(*entity_ids: str) -> dict[str, Any]:
    """Return the policy of a user who controls only these entities."""
    return {"entity_ids": {entity_id: {"control": True} for entity_id in entity_ids}}


async def token_of(hass: HomeAssistant, user: User) -> str:
    """Return an access token."""
    return hass.auth.async_create_access_token(await hass.auth.async_create_refresh_token(user, "https://example.com"))
