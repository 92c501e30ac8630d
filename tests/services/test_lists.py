"""The actions that read senders, templates, messages and the profile from the provider."""

from decimal import Decimal
from typing import Any

import pytest
import voluptuous as vol

from custom_components.texting.gateway.capabilities import Capability
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.services.provider import ACTIONS
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.conftest import SetUp
from tests.simulator import Simulator
from tests.support.contacts import ask
from tests.support.flows import SECRETS, reauth_flow
from tests.support.home import ask_to_send, notify, text_of

PRO, POINT = Provider.TEXTIOPRO, Provider.THESMSPOINT
NEEDS = {
    "list_senders": Capability.SENDER_LIST,
    "list_templates": Capability.SENDER_LIST,
    "list_messages": Capability.MESSAGE_LIST,
    "get_profile": Capability.PROFILE,
}
PLACES = [
    (action, provider)
    for action, capability in NEEDS.items()
    for provider in Provider
    if capability in GATEWAYS[provider].info.capabilities
]
ELSEWHERE = [(action, provider) for action in NEEDS for provider in Provider if (action, provider) not in PLACES]


def test_every_action_is_tried_and_offered_somewhere() -> None:
    listing = {action.name for action in ACTIONS if action.name.startswith(("list_", "get_"))}
    assert listing == set(NEEDS) == {action for action, _ in PLACES}


async def test_senders(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    listed = await ask(hass, "list_senders", await set_up(POINT))
    entity = "1101000000000000001"
    first = {"id": "11", "sender_id": "HOMEHA", "type": "Transactional", "approved": True, "purpose": "Home alerts"}
    second = {"id": "12", "sender_id": "HOMEAD", "type": "Promotional", "approved": False, "purpose": "Offers"}
    assert listed == {"senders": [first | {"entity_id": entity}, second | {"entity_id": entity}]}


async def test_templates(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    listed = await ask(hass, "list_templates", await set_up(POINT))
    assert len(listed["templates"]) == len(simulator.accounts[POINT].templates)
    assert listed["templates"][2] == {
        "template_id": "1107000000000000003",
        "name": "Water leak",
        "type": "Transactional",
        "sender_id": "HOMEHA",
        "message": "Water in the {#var#}.",
        "approved": False,
    }


async def test_texts_newest_first(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    assert await ask(hass, "list_messages", entry) == {"messages": []}
    (sent,) = await ask_to_send(hass, "Water", account=entry.entry_id, to="Anna")
    await simulator.settle()
    await simulator.answer("+33612345601", "Coming", "textiopro")
    reply, text = (await ask(hass, "list_messages", entry))["messages"]
    assert (reply["incoming"], reply["from"], reply["text"]) == (True, "+33612345601", "Coming")
    assert (text["incoming"], text["to"], text["from"], text["text"]) == (False, "+33612345601", "MyHome", "Water")
    assert (text["message_id"], text["status"], text["provider_status"]) == (
        sent["message_id"],
        "delivered",
        "Delivered",
    )
    assert text["cost"] == 1
    assert await ask(hass, "list_messages", entry, message_id=sent["message_id"]) == {"messages": [text]}


async def test_texts_of_all_pages_up_to_a_limit(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.accounts["textiopro"].credit = Decimal(1000)
    entry = await set_up(PRO)
    for number in range(3):
        targets = [f"+336123{number:02}{place:03}" for place in range(50)]
        await ask_to_send(hass, f"Text {number}", account=entry.entry_id, to=targets)
    simulator.accounts["textiopro"].per_page = 7
    for limit, expected in ((None, 100), (150, 150), (10_000, 150), (8, 8), (1, 1)):
        simulator.clear_requests()
        data = {} if limit is None else {"limit": limit}
        listed = (await ask(hass, "list_messages", entry, **data))["messages"]
        assert len({message["message_id"] for message in listed}) == len(listed) == expected
        assert len(simulator.requests("textiopro")) <= expected // 7 + 1


@pytest.mark.parametrize("message_id", ["606812e63f78b", "", "..", "a/b", "?page=2"])
async def test_a_text_that_is_not_there(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, message_id: str
) -> None:
    entry = await set_up(PRO)
    await notify(hass, "notify.anna", "Water")
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "list_messages", entry, message_id=message_id)
    text_of(caught.value, "not_found")


@pytest.mark.parametrize("limit", [0, -1, 10_001, "many"])
async def test_a_limit_that_is_none(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, limit: Any) -> None:
    with pytest.raises(vol.Invalid):
        await ask(hass, "list_messages", await set_up(PRO), limit=limit)


@pytest.mark.parametrize("page", [{"last_page": 99, "total": 9999}, {"last_page": 1, "total": 0}])
async def test_a_page_that_lies_about_its_length(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, page: dict[str, Any]
) -> None:
    entry = await set_up(PRO)
    rows = [{"uid": uid, "to": "33612345601", "from": "MyHome", "message": "Water"} for uid in "ab"]
    body = {"status": "success", "data": {"current_page": 1, "data": rows, **page}}
    simulator.faults.add("textiopro", "answer", None, path="/sms", body=body)
    listed = await ask(hass, "list_messages", entry)
    assert [message["message_id"] for message in listed["messages"]] == ["a", "b"]


@pytest.mark.parametrize("api", ["bearer", "token"])
async def test_a_profile_shows_no_token(hass: HomeAssistant, set_up: SetUp, simulator: Simulator, api: str) -> None:
    entry = await set_up(PRO, data={"api": api})
    profile = await ask(hass, "get_profile", entry)
    assert set(profile) == {"id", "name", "email", "language", "time_zone"}
    assert (profile["name"], profile["email"]) == ("Demo Home", "demo@example.com")
    assert (profile["language"], profile["time_zone"]) == ("en", "UTC")
    assert simulator.accounts["textiopro"].token not in str(profile)


@pytest.mark.parametrize(("action", "provider"), ELSEWHERE)
async def test_who_does_not_offer_it(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, action: str, provider: Provider
) -> None:
    entry = await set_up(provider)
    simulator.clear_requests()
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, action, entry)
    text_of(caught.value, "not_offered")
    assert not simulator.requests()


@pytest.mark.parametrize(("action", "provider"), PLACES)
@pytest.mark.parametrize("fault", ["refuse", "cut", "html", "http_error", "truncated", "rate_limited"])
async def test_a_gateway_in_trouble(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, action: str, provider: Provider, fault: str
) -> None:
    entry = await set_up(provider)
    if fault == "refuse":
        await simulator.faults.refuse(provider)
    else:
        simulator.faults.add(provider, fault, None)
    with pytest.raises(HomeAssistantError) as caught:
        await ask(hass, action, entry)
    assert str(caught.value.translation_key).startswith("request_")
    assert entry.title in str(caught.value)


@pytest.mark.parametrize(("action", "provider"), PLACES)
async def test_refused_credentials_are_asked_for(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, action: str, provider: Provider
) -> None:
    entry = await set_up(provider)
    setattr(simulator.accounts[provider], SECRETS[provider][1], "8|another")
    with pytest.raises(HomeAssistantError) as caught:
        await ask(hass, action, entry)
    text_of(caught.value, "authentication_failed")
    await hass.async_block_till_done()
    assert reauth_flow(hass)["context"]["entry_id"] == entry.entry_id
