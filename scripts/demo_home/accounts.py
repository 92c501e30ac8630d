"""Add the five accounts and their recipients with the configuration flows that a user sees."""

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

# The recipients of each provider: their names and numbers. Each name is unique because entity IDs contain it.
PEOPLE: dict[str, dict[str, str]] = {
    "textinghouse": {"Anna": "+33612345601", "Ben": "+33612345602"},
    "textiopro": {"Elena": "+34612345603"},
    "club_texting": {"Clara": "+12125550142"},
    "group_texting": {"Grace": "+12125550143"},
    "thesmspoint": {"Dev": "+919812345604"},
}

# The required fields of each provider.
FIELDS: dict[str, dict[str, Any]] = {
    "textinghouse": LOGIN,
    "textiopro": {"api_token": TEXTIOPRO_TOKEN, "sender_id": "33756789012"},
    "club_texting": {**LOGIN, "country": "us"},
    "group_texting": LOGIN,
    "thesmspoint": {"api_key": THESMSPOINT_KEY},
}
# What a segment costs at TextingHouse, and the currency.
SEGMENT_PRICE, CURRENCY = "0.07", "EUR"
# The fields of the section "Advanced".
ADVANCED: dict[str, dict[str, Any]] = {"textiopro": {"api": "bearer"}}
# The fields of the second step.
SECOND_STEP: dict[str, dict[str, Any]] = {
    "thesmspoint": {"sender_id": "HOMEHA", "template_id": "1107000000000000004", "channel": "1"}
}
# The options.
SETTINGS: dict[str, dict[str, Any]] = {
    "textinghouse": {"money": {"segment_price": SEGMENT_PRICE, "currency": CURRENCY}},
    "textiopro": {"balance_interval": 1, "incoming_interval": 5},
}


@dataclass(frozen=True, slots=True)
class Account:
    """An account that was set up."""

    # The provider's key.
    provider: str
    # The title of the config entry.
    title: str
    # The ID of the config entry.
    entry_id: str
    # The entity IDs of the account by the last part of their unique IDs.
    entities: Mapping[str, str]
    # The notify entity of each recipient by name.
    people: Mapping[str, str]


async def add_accounts(api: Api, simulator: Simulator) -> list[Account]:
    """Add all accounts in the order of PEOPLE."""
    entries = [await _add(api, simulator, provider) for provider in PEOPLE]
    for entry in entries:
        await _set_options(api, simulator, entry)
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
        # The name is the person's.
        recipient = {"person": f"person.{name.lower()}", "number": number}
        _expect(await api.post(f"{FLOWS}/subentries/flow/{flow_id}", recipient), "menu")
        _expect(await api.post(f"{FLOWS}/subentries/flow/{flow_id}", {"next_step_id": "not_now"}), "abort")
        flow_id = None
    return entry


async def _set_options(api: Api, simulator: Simulator, entry: dict[str, Any]) -> None:
    """Shorten the intervals, and set the webhook address at the provider."""
    provider = entry["provider"]
    if provider in SETTINGS:
        step = await _configure(api, entry, "settings")
        _expect(await api.post(f"{FLOWS}/options/flow/{step['flow_id']}", SETTINGS[provider]), "create_entry")
    if "webhook" in await _menu_options(api, entry):
        step = await _configure(api, entry, "webhook")
        simulator.accounts[provider].callback_url = step["description_placeholders"]["url"]
        done = {"next_step_id": "close_webhook"}
        _expect(await api.post(f"{FLOWS}/options/flow/{step['flow_id']}", done), "create_entry")


async def _menu_options(api: Api, entry: dict[str, Any]) -> list[str]:
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
    """Return the integration's entities. An account reloads after each change, so wait for all recipients first."""
    expected = {f"notify.{name.lower()}" for names in PEOPLE.values() for name in names}

    async def all_available() -> bool:
        states = await api.get("/api/states")
        return expected <= {state["entity_id"] for state in states if state["state"] != "unavailable"}

    await until(all_available, "Some recipients got no entity")
    registry = await api.command("config/entity_registry/list")
    return [entity for entity in registry if entity["platform"] == DOMAIN]


def _account(entry: dict[str, Any], entities: list[dict[str, Any]]) -> Account:
    """Find the entities of an account. Their unique IDs are the entry ID and a key."""
    own = {
        entity["unique_id"].removeprefix(f"{entry['entry_id']}_"): entity["entity_id"]
        for entity in entities
        if entity["config_entry_id"] == entry["entry_id"]
    }
    people = {name: f"notify.{name.lower()}" for name in PEOPLE[entry["provider"]]}
    return Account(entry["provider"], entry["title"], entry["entry_id"], own, people)
