"""A minimal Home Assistant with five accounts and one user, whose token is set up before the first start."""

from collections.abc import Mapping, Sequence
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
from scripts.demo_home.home import Home, write_store
from scripts.demo_home.waiting import until
from tests.simulator import Simulator
from tests.simulator.messages import TITLES

PROVIDERS = tuple(PEOPLE)
# Providers that call a webhook.
WEBHOOK_PROVIDERS = ("textinghouse", "club_texting", "group_texting")
DATABASE = "texting.db"
# Seconds.
TOKEN_LIFETIME = 10 * 365 * 24 * 3600
START_TIMEOUT = 120.0

CONFIGURATION = """\
api:
logger:
  default: warning
"""
# Passes each incoming text on to the soak.
AUTOMATION = """\
rest_command:
  pass_on:
    url: "{url}"
    method: post
    content_type: text/plain
    payload: "{{{{ text }}}}"
automation:
  - id: pass_on
    alias: Pass on
    mode: parallel
    max: 1000
    triggers:
      - trigger: texting.message_received
    actions:
      - action: rest_command.pass_on
        data:
          text: "{{{{ trigger.text }}}}"
"""


class SoakHome(Home):
    """A home for a soak. The entry ID of each account is its provider."""

    program = "scripts.soak_home.bare"

    def __init__(self, folder: Path, port: int, simulator: Simulator, listener: str = "") -> None:
        """Use this folder, this port and this simulator. listener is the address that gets each incoming text."""
        super().__init__(folder, port)
        self._listener = listener
        self.database = folder / "config" / DATABASE
        self._simulator = simulator
        self._refresh_token = {name: secrets.token_hex(32) for name in ("id", "token", "jwt_key")}

    @property
    def token(self) -> str:
        """Return an access token that is valid during the whole soak."""
        now = int(time.time())
        claims = {"iss": self._refresh_token["id"], "iat": now, "exp": now + TOKEN_LIFETIME}
        return jwt.encode(claims, self._refresh_token["jwt_key"], algorithm="HS256")

    async def wait_until_usable(self, api: Api) -> None:
        """Wait until everything has started. Ignore connection errors until then."""

        async def is_running() -> bool:
            self.ensure_running()
            with suppress(aiohttp.ClientError, TimeoutError, ApiError):
                return bool((await api.get("/api/config"))["state"] == "RUNNING")
            return False

        await until(is_running, f"Home Assistant did not start (see {self.log})", START_TIMEOUT)

    def configuration(self) -> str:
        """Return a configuration with only the API and the log, and what passes incoming texts on."""
        return CONFIGURATION + (AUTOMATION.format(url=self._listener) if self._listener else "")

    def subentries(self, provider: str) -> list[dict[str, Any]]:
        """Return the recipients of an account, as they are stored."""
        return []

    def other_entries(self) -> list[dict[str, Any]]:
        """Return the config entries besides the accounts, as they are stored."""
        return []

    def write_stores(self, storage: Path) -> None:
        """Write the user and the accounts, and set the webhook addresses at the gateways."""
        write_store(storage, "auth", 1, _user(self._refresh_token))
        entries = [_account(provider, self._simulator, self.subentries(provider)) for provider in PROVIDERS]
        entries += self.other_entries()
        write_store(storage, "core.config_entries", 1, {"entries": entries}, minor_version=5)
        for provider in WEBHOOK_PROVIDERS:
            self._simulator.accounts[provider].callback_url = f"{self.url}/api/webhook/{webhook_id(provider)}"


def webhook_id(provider: str) -> str:
    """Return the id of a provider's webhook."""
    return f"soak-{provider}"


def _account(provider: str, simulator: Simulator, subentries: list[dict[str, Any]]) -> dict[str, Any]:
    data = {"provider": provider, "url": simulator.url(provider)}
    for fields in (FIELDS, ADVANCED, SECOND_STEP):
        data |= fields.get(provider, {})
    if provider == "textinghouse":
        data["backup_url"] = simulator.url("textinghouse_backup")
    if provider in WEBHOOK_PROVIDERS:
        data["webhook_id"] = webhook_id(provider)
    # More texts than a home may send by default.
    options = {"daily_limit": 0, "urgent_limit": 0}
    return stored_entry(provider, TITLES[provider], data, options, subentries)


def stored_entry(
    entry_id: str,
    title: str,
    data: Mapping[str, Any],
    options: Mapping[str, Any],
    subentries: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return a config entry of the integration, as Home Assistant stores it."""
    now = datetime.now(UTC).isoformat()
    return {
        "entry_id": entry_id,
        "domain": DOMAIN,
        "title": title,
        "data": data,
        "options": options,
        "subentries": list(subentries),
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


def stored_recipient(recipient_id: str, name: str, number: str) -> dict[str, Any]:
    """Return a recipient of an entry, as Home Assistant stores it."""
    return {
        "data": {"numbers": [number]},
        "subentry_id": recipient_id,
        "subentry_type": "recipient",
        "title": name,
        "unique_id": None,
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
        "access_token_expiration": TOKEN_LIFETIME,
    }
    groups = [{"id": "system-admin", "name": "Administrators"}]
    return {"users": [{**user, **flags}], "groups": groups, "credentials": [], "refresh_tokens": [token]}
