"""A bare Home Assistant with five accounts, which knows its one user's token from the beginning."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
import secrets
import time
from typing import Any

import aiohttp
import jwt

from scripts.demo_home.accounts import ADVANCED, DOMAIN, FIELDS, PEOPLE, SECOND_STEP
from scripts.demo_home.api import Api, ApiError
from scripts.demo_home.home import Home, store
from scripts.demo_home.waiting import until
from tests.simulator import Simulator
from tests.simulator.messages import TITLES

PROVIDERS = tuple(PEOPLE)
PUSHING = ("textinghouse", "club_texting", "group_texting")
OUTBOX = "texting.db"
LIFETIME = 10 * 365 * 24 * 3600
RUNNING_WITHIN = 120.0

CONFIGURATION = """\
api:
logger:
  default: warning
"""


class SoakHome(Home):
    """Its accounts' config entries have the providers' names as their ids."""

    program = "scripts.soak_home.bare"

    def __init__(self, folder: Path, port: int, simulator: Simulator) -> None:
        """Keep everything in this folder; text through this simulator."""
        super().__init__(folder, port)
        self.outbox = folder / "config" / OUTBOX
        self._simulator = simulator
        self._refresh_token = {name: secrets.token_hex(32) for name in ("id", "token", "jwt_key")}

    @property
    def token(self) -> str:
        """The access token, good for the whole soak."""
        now = int(time.time())
        claims = {"iss": self._refresh_token["id"], "iat": now, "exp": now + LIFETIME}
        return jwt.encode(claims, self._refresh_token["jwt_key"], algorithm="HS256")

    async def usable(self, api: Api) -> None:
        """Wait until all of it has started."""

        async def look() -> bool:
            self.check()
            with suppress(aiohttp.ClientError, TimeoutError, ApiError):
                return bool((await api.get("/api/config"))["state"] == "RUNNING")
            return False

        await until(look, f"Home Assistant did not start, and {self.log} may tell why,", RUNNING_WITHIN)

    def configuration(self) -> str:
        """Only what a caller needs."""
        return CONFIGURATION

    def fill(self, storage: Path) -> None:
        """Write the user and the accounts, and tell the gateways where to call."""
        store(storage, "auth", 1, _user(self._refresh_token))
        entries = [_entry(provider, self._simulator) for provider in PROVIDERS]
        store(storage, "core.config_entries", 1, {"entries": entries}, minor_version=5)
        for provider in PUSHING:
            self._simulator.accounts[provider].callback_url = f"{self.url}/api/webhook/{_webhook_id(provider)}"


def _webhook_id(provider: str) -> str:
    return f"soak-{provider}"


def _entry(provider: str, simulator: Simulator) -> dict[str, Any]:
    data = {"provider": provider, "url": simulator.url(provider)}
    for fields in (FIELDS, ADVANCED, SECOND_STEP):
        data |= fields.get(provider, {})
    if provider == "textinghouse":
        data["backup_url"] = simulator.url("textinghouse_backup")
    if provider in PUSHING:
        data["webhook_id"] = _webhook_id(provider)
    now = datetime.now(UTC).isoformat()
    return {
        "entry_id": provider,
        "domain": DOMAIN,
        "title": TITLES[provider],
        "data": data,
        "options": {},
        "subentries": [],
        "source": "user",
        "unique_id": None,
        "version": 1,
        "minor_version": 1,
        "created_at": now,
        "modified_at": now,
        "disabled_by": None,
        "discovery_keys": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
    }


def _user(refresh_token: Mapping[str, str]) -> dict[str, Any]:
    user = {"id": "soak", "name": "Soak", "group_ids": ["system-admin"]}
    flags = {"is_owner": True, "is_active": True, "system_generated": False, "local_only": False}
    token = {
        **refresh_token,
        "user_id": user["id"],
        "client_id": None,
        "client_name": "Soak",
        "token_type": "long_lived_access_token",
        "created_at": datetime.now(UTC).isoformat(),
        "access_token_expiration": LIFETIME,
    }
    groups = [{"id": "system-admin", "name": "Administrators"}]
    return {"users": [{**user, **flags}], "groups": groups, "credentials": [], "refresh_tokens": [token]}
