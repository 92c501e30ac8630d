"""The five accounts and their recipients, added through Home Assistant's own dialogs as a user would."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scripts.demo_home.api import Api, ApiError
from scripts.demo_home.waiting import until
from tests.simulator import Simulator
from tests.simulator.accounts import PASSWORD, TEXTIOPRO_TOKEN, THESMSPOINT_KEY, USER

DOMAIN = "texting"
FLOWS = "/api/config/config_entries"
LOGIN = {"username": USER, "password": PASSWORD}

# Number by name, by provider: each name once, so that entities are called after people.
PEOPLE: dict[str, dict[str, str]] = {
    "textinghouse": {"Anna": "+33612345601", "Ben": "+33612345602"},
    "textiopro": {"Elena": "+34612345603"},
    "club_texting": {"Clara": "+12125550142"},
    "group_texting": {"Grace": "+12125550143"},
    "thesmspoint": {"Dev": "+919812345604"},
}

FIELDS: dict[str, dict[str, Any]] = {
    "textinghouse": LOGIN,
    "textiopro": {"api_token": TEXTIOPRO_TOKEN, "sender_id": "33756789012"},
    "club_texting": {**LOGIN, "country": "us"},
    "group_texting": LOGIN,
    "thesmspoint": {"api_key": THESMSPOINT_KEY},
}
ADVANCED: dict[str, dict[str, Any]] = {"textiopro": {"api": "bearer"}}
SECOND_STEP: dict[str, dict[str, Any]] = {
    "thesmspoint": {"sender_id": "HOMEHA", "template_id": "1107000000000000004", "channel": "1"}
}
SETTINGS: dict[str, dict[str, Any]] = {"textiopro": {"balance_interval": 1, "incoming_interval": 5}}


@dataclass(frozen=True, slots=True)
class Account:
    """An account that was set up: its entities by what they are, and each person's notify entity."""

    provider: str
    title: str
    entry_id: str
    entities: Mapping[str, str]
    people: Mapping[str, str]


async def add_accounts(api: Api, simulator: Simulator) -> list[Account]:
    """Add them all, in the order of PEOPLE."""
    entries = [await _add(api, simulator, provider) for provider in PEOPLE]
    for entry in entries:
        await _connect(api, simulator, entry)
    entities = await _entities(api)
    return [_account(entry, entities) for entry in entries]


async def _add(api: Api, simulator: Simulator, provider: str) -> dict[str, Any]:
    menu = await api.post(f"{FLOWS}/flow", {"handler": DOMAIN})
    step = await api.post(f"{FLOWS}/flow/{menu['flow_id']}", {"next_step_id": provider})
    advanced = {"url": simulator.url(provider), **ADVANCED.get(provider, {})}
    if provider == "textinghouse":
        advanced["backup_url"] = simulator.url("textinghouse_backup")
    step = await api.post(f"{FLOWS}/flow/{step['flow_id']}", {**FIELDS[provider], "advanced": advanced})
    if provider in SECOND_STEP:
        step = await api.post(f"{FLOWS}/flow/{step['flow_id']}", SECOND_STEP[provider])
    _expect(step, "create_entry")
    entry: dict[str, Any] = {"provider": provider, **step["result"]}
    _, flow_id = step["next_flow"]
    for name, number in PEOPLE[provider].items():
        if flow_id is None:
            handler = [entry["entry_id"], "recipient"]
            flow_id = (await api.post(f"{FLOWS}/subentries/flow", {"handler": handler}))["flow_id"]
        recipient = {"name": name, "numbers": [number]}
        _expect(await api.post(f"{FLOWS}/subentries/flow/{flow_id}", recipient), "create_entry")
        flow_id = None
    return entry


async def _connect(api: Api, simulator: Simulator, entry: dict[str, Any]) -> None:
    """Shorten the waits, and paste the webhook's address at the provider."""
    provider = entry["provider"]
    if provider in SETTINGS:
        step = await _configure(api, entry, "settings")
        _expect(await api.post(f"{FLOWS}/options/flow/{step['flow_id']}", SETTINGS[provider]), "create_entry")
    if (webhook := f"webhook_{provider}") in await _options(api, entry):
        step = await _configure(api, entry, webhook)
        simulator.accounts[provider].callback_url = step["description_placeholders"]["url"]
        _expect(await api.post(f"{FLOWS}/options/flow/{step['flow_id']}", {}), "create_entry")


async def _options(api: Api, entry: dict[str, Any]) -> list[str]:
    menu = await api.post(f"{FLOWS}/options/flow", {"handler": entry["entry_id"]})
    return list(menu["menu_options"])


async def _configure(api: Api, entry: dict[str, Any], step_id: str) -> dict[str, Any]:
    menu = await api.post(f"{FLOWS}/options/flow", {"handler": entry["entry_id"]})
    step: dict[str, Any] = await api.post(f"{FLOWS}/options/flow/{menu['flow_id']}", {"next_step_id": step_id})
    return step


def _expect(step: dict[str, Any], kind: str) -> None:
    if step["type"] != kind:
        raise ApiError(f"{step.get('handler')}, {step.get('step_id')}: {step.get('errors') or step}")


async def _entities(api: Api) -> list[dict[str, Any]]:
    """The integration's entities, once everybody has one: an account starts anew after each change."""
    wanted = {f"notify.{name.lower()}" for names in PEOPLE.values() for name in names}

    async def everybody() -> bool:
        states = await api.get("/api/states")
        return wanted <= {state["entity_id"] for state in states if state["state"] != "unavailable"}

    await until(everybody, "not every recipient got an entity")
    registry = await api.command("config/entity_registry/list")
    return [entity for entity in registry if entity["platform"] == DOMAIN]


def _account(entry: dict[str, Any], entities: list[dict[str, Any]]) -> Account:
    """Find the account's entities; the unique id of those that are no recipient's ends in what they are."""
    own = {
        entity["unique_id"].removeprefix(f"{entry['entry_id']}_"): entity["entity_id"]
        for entity in entities
        if entity["config_entry_id"] == entry["entry_id"]
    }
    people = {name: f"notify.{name.lower()}" for name in PEOPLE[entry["provider"]]}
    return Account(entry["provider"], entry["title"], entry["entry_id"], own, people)
