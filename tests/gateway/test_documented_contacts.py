"""TextioPro's documentation of contacts, groups, campaigns, lists and the profile: each fact once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    GatewayError,
    MessageRejected,
    NotFound,
    OutcomeUnknown,
)
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import FailureReason, Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond
from tests.support.laravel import error
from tests.support.samples import TOKEN, new_message, send, send_one

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO
APIS = pytest.mark.parametrize("api", ["bearer", "token"])
GROUP, CONTACT, CAMPAIGN = "6065ecdc9184a", "606732aec8705", "606812e63f78b"
ANNA = {"FIRST_NAME": "Jhon", "LAST_NAME": "Doe"}

type Operation = Callable[[Gateway], Awaitable[Any]]


async def collect[T](rows: AsyncIterator[T]) -> list[T]:
    """Return all items of an iterator."""
    return [row async for row in rows]


async def campaign(account: Gateway, *groups: str, size: int = 1, **fields: Any) -> Any:
    """Send to groups; return the result."""
    return await send_one(account, to=",".join(groups), group_size=size, **fields)


# Each operation with its documented request: method, path, and body.
OPERATIONS = [
    pytest.param(
        lambda account: account.contacts.create_contact(GROUP, "+8801721970168", ANNA),
        ("POST", f"contacts/{GROUP}/store"),
        # Names in lower case are for other versions of the software.
        {"PHONE": "8801721970168", "phone": "8801721970168", **ANNA, **{name.lower(): ANNA[name] for name in ANNA}},
        id="create a contact",
    ),
    pytest.param(
        lambda account: account.contacts.contact(GROUP, CONTACT),
        ("POST", f"contacts/{GROUP}/search/{CONTACT}"),
        {},
        id="show a contact",
    ),
    pytest.param(
        lambda account: account.contacts.update_contact(GROUP, CONTACT, "+8801721970169", {"FIRST_NAME": "Johnathan"}),
        ("PATCH", f"contacts/{GROUP}/update/{CONTACT}"),
        {"PHONE": "8801721970169", "phone": "8801721970169", "FIRST_NAME": "Johnathan"} | {"first_name": "Johnathan"},
        id="change a contact",
    ),
    pytest.param(
        lambda account: account.contacts.delete_contact(GROUP, CONTACT),
        ("DELETE", f"contacts/{GROUP}/delete/{CONTACT}"),
        {},
        id="delete a contact",
    ),
    pytest.param(
        lambda account: collect(account.contacts.contacts(GROUP)),
        ("POST", f"contacts/{GROUP}/all"),
        {},
        id="all contacts of a group",
    ),
    pytest.param(
        lambda account: account.contacts.create_group("Nouveau Groupe"),
        ("POST", "contacts"),
        {"name": "Nouveau Groupe"},
        id="create a group",
    ),
    pytest.param(
        lambda account: account.contacts.group(GROUP), ("POST", f"contacts/{GROUP}/show"), {}, id="show a group"
    ),
    pytest.param(
        lambda account: account.contacts.rename_group(GROUP, "Nouveau Nom du Groupe"),
        ("PATCH", f"contacts/{GROUP}"),
        {"name": "Nouveau Nom du Groupe"},
        id="rename a group",
    ),
    pytest.param(
        lambda account: account.contacts.delete_group(GROUP), ("DELETE", f"contacts/{GROUP}"), {}, id="delete a group"
    ),
    pytest.param(lambda account: account.contacts.groups(), ("GET", "contacts"), {}, id="all groups"),
    pytest.param(
        lambda account: account.contacts.campaign(CAMPAIGN), ("READ", f"campaign/{CAMPAIGN}/view"), {}, id="a campaign"
    ),
    pytest.param(lambda account: collect(account.fetch_messages(5)), ("READ", "sms"), {}, id="all messages"),
    pytest.param(lambda account: account.fetch_message(CAMPAIGN), ("READ", f"sms/{CAMPAIGN}"), {}, id="a message"),
    pytest.param(lambda account: account.fetch_profile(), ("READ", "me"), {}, id="the profile"),
]


def keep(simulator: Simulator) -> None:
    """Create the group, the contact and the campaign of the documentation's examples."""
    kept = simulator.accounts[TEXTIOPRO]
    contact = {"uid": CONTACT, "group_id": GROUP, "phone": "8801721970168", **ANNA}
    kept.groups[GROUP] = {"uid": GROUP, "name": "Family", "contacts": {CONTACT: contact}}
    kept.campaigns[CAMPAIGN] = {"uid": CAMPAIGN, "campaign_name": "C", "message": "Hi", "messages": []}


@APIS
@pytest.mark.parametrize(("operation", "asked", "body"), OPERATIONS)
async def test_each_operation(
    gateway: OpenGateway,
    simulator: Simulator,
    *,
    api: str,
    operation: Operation,
    asked: tuple[str, str],
    body: dict[str, str],
) -> None:
    keep(simulator)
    account = gateway(TEXTIOPRO, api=api)
    if asked[1] == f"sms/{CAMPAIGN}":
        simulator.faults.add(TEXTIOPRO, "answer", body={"status": "success", "data": {"uid": CAMPAIGN}})
    await operation(account)
    request = simulator.requests()[0]
    method, path = asked
    read = "POST" if api == "token" else "GET"
    assert (request.method, request.path) == (
        read if method == "READ" else method,
        f"/api/{'http' if api == 'token' else 'v3'}/{path}",
    )
    assert {name: value for name, value in request.params.items() if name != "api_token"} == body
    assert "api_token" not in request.query


@pytest.mark.parametrize(("operation", "asked", "body"), OPERATIONS)
@pytest.mark.parametrize(
    ("words", "kind"),
    [
        pytest.param("Authentification échouée", AuthenticationFailed, id="Authentification échouée"),
        pytest.param("Description lisible de l'erreur.", MessageRejected, id="Description lisible de l'erreur."),
        pytest.param("Erreur interne du serveur", OutcomeUnknown, id="Erreur interne du serveur"),
    ],
)
async def test_each_operation_may_fail(
    account: Gateway,
    respond: Respond,
    *,
    operation: Operation,
    asked: tuple[str, str],
    body: dict[str, str],
    words: str,
    kind: type[GatewayError],
) -> None:
    respond(error(words), asked[1], times=None)
    with pytest.raises(kind):
        await operation(account)


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(lambda account: account.contacts.group(GROUP), id="an unknown group"),
        pytest.param(lambda account: account.contacts.rename_group(GROUP, "Family"), id="an unknown group renamed"),
        pytest.param(lambda account: account.contacts.delete_group(GROUP), id="an unknown group deleted"),
        pytest.param(
            lambda account: account.contacts.create_contact(GROUP, "+8801721970168", {}), id="into an unknown group"
        ),
        pytest.param(lambda account: collect(account.contacts.contacts(GROUP)), id="contacts of an unknown group"),
        pytest.param(lambda account: account.contacts.contact(GROUP, CONTACT), id="an unknown contact"),
        pytest.param(
            lambda account: account.contacts.update_contact(GROUP, CONTACT, "+8801721970168", {}),
            id="an unknown contact changed",
        ),
        pytest.param(lambda account: account.contacts.delete_contact(GROUP, CONTACT), id="an unknown contact deleted"),
        pytest.param(lambda account: account.contacts.campaign(CAMPAIGN), id="an unknown campaign"),
        pytest.param(lambda account: account.fetch_message(CAMPAIGN), id="an unknown message"),
    ],
)
async def test_what_is_not_there(account: Gateway, operation: Operation) -> None:
    with pytest.raises(NotFound):
        await operation(account)


async def test_both_answers_of_deleting(account: Gateway, simulator: Simulator) -> None:
    keep(simulator)
    await account.contacts.delete_contact(GROUP, CONTACT)
    assert simulator.accounts[TEXTIOPRO].groups[GROUP]["contacts"] == {}
    await account.contacts.delete_group(GROUP)
    assert simulator.accounts[TEXTIOPRO].groups == {}


@APIS
async def test_what_a_campaign_holds(gateway: OpenGateway, simulator: Simulator, api: str) -> None:
    keep(simulator)
    simulator.accounts[TEXTIOPRO].groups["6415907d0d7a6"] = {
        "uid": "6415907d0d7a6", "name": "Friends", "contacts": {"a": {"uid": "a", "phone": "33612345601"}},
    }  # fmt: skip
    result = await campaign(
        gateway(TEXTIOPRO, api=api),
        GROUP,
        "6415907d0d7a6",
        size=2,
        sender="YourName",
        send_at=datetime(2099, 12, 20, 7, tzinfo=UTC),
        template_id="1107",
    )
    assert (result.status, result.error) == (Status.ACCEPTED, None)
    request = next(request for request in simulator.requests() if request.path.endswith("/sms/campaign"))
    assert request.method == "POST"
    assert {name: value for name, value in request.params.items() if name != "api_token"} == {
        "contact_list_id": f"{GROUP},6415907d0d7a6",
        "sender_id": "YourName",
        "type": "plain",
        "message": "The door is open",
        "schedule_time": "2099-12-20 07:00",
        "dlt_template_id": "1107",
    }
    assert len(simulator.messages()) == 2


async def test_what_becomes_of_a_campaign(account: Gateway, simulator: Simulator) -> None:
    keep(simulator)
    result = await campaign(account, GROUP, text="ê")
    assert simulator.requests()[-1].params["type"] == "unicode"
    assert result.message_id is not None
    await simulator.settle()
    (report,) = await account.fetch_reports([result])
    assert report.status is Status.DELIVERED
    shown = await account.contacts.campaign(result.message_id)
    assert (shown.text, shown.total, shown.delivered, shown.failed) == ("ê", 1, 1, 0)


@pytest.mark.parametrize(
    ("groups", "contacts"),
    [pytest.param([CAMPAIGN], True, id="an unknown list"), pytest.param([GROUP], False, id="an empty list")],
)
async def test_a_campaign_to_nobody(
    account: Gateway, simulator: Simulator, groups: list[str], *, contacts: bool
) -> None:
    keep(simulator)
    if not contacts:
        simulator.accounts[TEXTIOPRO].groups[GROUP]["contacts"] = {}
    result = await campaign(account, *groups)
    assert result.status is Status.REJECTED
    assert isinstance(result.error, MessageRejected)
    assert not simulator.messages()


async def test_the_documented_profile(account: Gateway, respond: Respond) -> None:
    names = {"first_name": "John", "last_name": "Doe", "email": "john.doe@example.com"}
    respond({"status": "success", "data": {"id": 1, "uid": "some-uid", **names, "api_token": TOKEN}})
    profile = await account.fetch_profile()
    assert (profile.id, profile.name, profile.email) == ("some-uid", "John Doe", "john.doe@example.com")
    assert TOKEN not in repr(profile)


async def test_all_messages_and_each_alone(account: Gateway, simulator: Simulator) -> None:
    sent = await send(account, [new_message(TEXTIOPRO, last) for last in (5601, 5602)])
    await simulator.settle()
    await simulator.answer(sent[0].message.to, "Yes", TEXTIOPRO)
    listed = await collect(account.fetch_messages(10))
    assert [row.text for row in listed] == ["Yes", "The door is open", "The door is open"]
    assert [await account.fetch_message(row.message_id) for row in listed] == listed
    assert len(await collect(account.fetch_messages(2))) == 2


async def test_a_contacts_number_is_invalid(account: Gateway, simulator: Simulator) -> None:
    keep(simulator)
    with pytest.raises(MessageRejected) as raised:
        await account.contacts.create_contact(GROUP, "+12345", {})
    assert raised.value.reason is FailureReason.INVALID_NUMBER
