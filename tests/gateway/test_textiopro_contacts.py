"""TextioPro's contact groups and contacts, also with wrong pages."""

from collections.abc import Sequence
from typing import Any

import pytest

from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.contacts import Contact, ContactGroup
from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    CannotConnect,
    GroupsNotListed,
    InvalidResponse,
    Limit,
    MessageRejected,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    ServerError,
)
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers.ultimate_sms import api as ultimate_api
from custom_components.texting.gateway.status import FailureReason
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway, Respond
from tests.support.laravel import error, page, success
from tests.support.samples import TOKEN

PROVIDER = TEXTIOPRO = Provider.TEXTIOPRO
APIS = pytest.mark.parametrize("api", ["bearer", "token"])
ANNA = {"uid": "606732aec8705", "phone": "33612345601", "FIRST_NAME": "Anna"}


def fill(simulator: Simulator, count: int, group_id: str = "g") -> None:
    """Create a group with this many contacts at the provider."""
    contacts = {f"c{place}": {"uid": f"c{place}", "phone": f"336{place:08}"} for place in range(count)}
    simulator.accounts[TEXTIOPRO].groups[group_id] = {"uid": group_id, "name": "Family", "contacts": contacts}


def asked(simulator: Simulator) -> list[tuple[str, str]]:
    """Return the requests with their pages."""
    found = [(request.method, f"{request.path}?{request.query.get('page', '')}") for request in simulator.requests()]
    return [(method, path.rstrip("?").rpartition("/api/")[2].partition("/")[2]) for method, path in found]


async def all_contacts(account: Gateway, group_id: str = "g") -> list[Contact]:
    return [contact async for contact in account.contacts.contacts(group_id)]


@APIS
async def test_a_group_lives_and_dies(gateway: OpenGateway, simulator: Simulator, api: str) -> None:
    contacts = gateway(TEXTIOPRO, api=api).contacts
    group = await contacts.create_group(" Family ")
    assert group == ContactGroup(id=group.id, name="Family", size=0)
    anna = await contacts.create_contact(group.id, "+33612345601", {"FIRST_NAME": "Anna", "CITY": "Lyon"})
    assert anna == Contact(id=anna.id, number="+33612345601", fields={"FIRST_NAME": "Anna", "CITY": "Lyon"})
    assert await contacts.contact(group.id, anna.id) == anna
    changed = await contacts.update_contact(group.id, anna.id, "+33612345602", {"CITY": "Paris"})
    assert changed == Contact(id=anna.id, number="+33612345602", fields={"FIRST_NAME": "Anna", "CITY": "Paris"})
    assert await all_contacts(gateway(TEXTIOPRO, api=api), group.id) == [changed]
    assert await contacts.rename_group(group.id, "Friends") == ContactGroup(id=group.id, name="Friends", size=1)
    assert await contacts.group(group.id) == ContactGroup(id=group.id, name="Friends", size=1)
    assert await contacts.groups() == [ContactGroup(id=group.id, name="Friends", size=1)]
    await contacts.delete_contact(group.id, anna.id)
    with pytest.raises(NotFound):
        await contacts.contact(group.id, anna.id)
    await contacts.delete_group(group.id)
    assert await contacts.groups() == []
    for request in simulator.requests():
        assert "api_token" not in request.query
        assert (request.params.get("api_token") == TOKEN) is (api == "token")
        # With POST, the same request creates a group.
        assert not request.path.endswith("/contacts") or request.method == "GET" or request.params["name"] == "Family"


@APIS
async def test_groups_are_never_listed_with_post(
    gateway: OpenGateway, simulator: Simulator, respond: Respond, api: str
) -> None:
    respond({"message": "The GET method is not supported for this route."}, status=405)
    with pytest.raises(GroupsNotListed, match="405"):
        await gateway(TEXTIOPRO, api=api).contacts.groups()
    assert [request.method for request in simulator.requests()] == ["GET"]
    assert not simulator.accounts[TEXTIOPRO].groups


@APIS
async def test_contacts_are_read_with_the_method_that_works(
    gateway: OpenGateway, simulator: Simulator, api: str
) -> None:
    simulator.accounts[TEXTIOPRO].contact_reads = "GET"
    fill(simulator, 1)
    account = gateway(TEXTIOPRO, api=api)
    for _ in range(2):
        assert (await account.contacts.group("g")).size == 1
    assert [request.method for request in simulator.requests()] == ["POST", "GET", "GET"]
    assert (await account.contacts.contact("g", "c0")).number == "+33600000000"
    assert len(await all_contacts(account)) == 1


@pytest.mark.parametrize("name", ["", " \n"])
async def test_a_group_has_a_name(account: Gateway, simulator: Simulator, name: str) -> None:
    fill(simulator, 0)
    for call in (account.contacts.create_group(name), account.contacts.rename_group("g", name)):
        with pytest.raises(MessageRejected) as raised:
            await call
        assert raised.value.limit is Limit.GROUP_NAME
    assert not simulator.requests()


async def test_two_groups_of_one_name(account: Gateway, simulator: Simulator) -> None:
    first, second = await account.contacts.create_group("Family"), await account.contacts.create_group("Family")
    assert first.id != second.id
    simulator.accounts[TEXTIOPRO].unique_names = True
    with pytest.raises(MessageRejected) as raised:
        await account.contacts.create_group("Family")
    assert "already been taken" in raised.value.detail
    with pytest.raises(MessageRejected) as raised:
        await account.contacts.rename_group(first.id, "Family")
    assert "already been taken" in raised.value.detail
    assert len(await account.contacts.groups()) == 2


@pytest.mark.parametrize("shape", ["envelope", "laravel"])
@pytest.mark.parametrize("status", [200, 404, 422, 500])
async def test_unknown_ids(account: Gateway, simulator: Simulator, shape: str, status: int) -> None:
    kept = simulator.accounts[TEXTIOPRO]
    kept.missing_shape, kept.error_status = shape, status
    fill(simulator, 1)
    contacts = account.contacts
    calls = (
        contacts.group("x"),
        contacts.rename_group("x", "Family"),
        contacts.delete_group("x"),
        anext(contacts.contacts("x")),
        contacts.contact("x", "c0"),
        contacts.contact("g", "x"),
        contacts.create_contact("x", "+33612345601", {}),
        contacts.update_contact("g", "x", "+33612345601", {}),
        contacts.delete_contact("g", "x"),
        contacts.campaign("x"),
        account.fetch_message("x"),
    )
    for call in calls:
        with pytest.raises(NotFound):
            await call
    assert len(await all_contacts(account)) == 1


@pytest.mark.parametrize("data", [None, "null", []])
async def test_a_success_without_data_is_nothing(account: Gateway, respond: Respond, data: object) -> None:
    respond(success(data), times=3)
    for call in (account.contacts.group("g"), account.contacts.contact("g", "c"), account.contacts.campaign("c")):
        with pytest.raises(NotFound):
            await call


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (error("Contact group not found"), NotFound),
        (error("Ressource non trouvée"), NotFound),
        (error("L'ID du contact n'existe pas"), NotFound),
        (error("Sending server not found"), MessageRejected),
        (error("Invalid phone number: 12"), MessageRejected),
        (error("Something went wrong"), ServerError),
        (error("Unauthenticated."), AuthenticationFailed),
        (error("Too Many Attempts."), RateLimited),
        ("<html>", InvalidResponse),
    ],
)
async def test_errors_of_contacts(account: Gateway, respond: Respond, body: object, kind: type[Exception]) -> None:
    calls = (account.contacts.contact("g", "c"), account.contacts.delete_contact("g", "c"))
    respond(body, times=2)
    for call in calls:
        with pytest.raises(kind) as raised:
            await call
        assert type(raised.value) is kind


async def test_laravels_own_404(account: Gateway, respond: Respond) -> None:
    respond({"message": ""}, status=404)
    with pytest.raises(NotFound):
        await account.contacts.group("g")
    # An installation without this request.
    respond({"message": "The route api/v3/contacts/g could not be found."}, status=404)
    with pytest.raises(MessageRejected) as raised:
        await account.contacts.delete_group("g")
    assert type(raised.value) is MessageRejected


async def test_out_of_reach(account: Gateway, simulator: Simulator) -> None:
    simulator.faults.add(TEXTIOPRO, "cut")
    with pytest.raises(OutcomeUnknown):
        await account.contacts.create_group("Family")
    await simulator.faults.refuse(TEXTIOPRO)
    with pytest.raises(CannotConnect):
        await account.contacts.groups()


async def test_a_number_that_is_refused(account: Gateway, simulator: Simulator) -> None:
    fill(simulator, 0)
    with pytest.raises(MessageRejected) as raised:
        await account.contacts.create_contact("g", "+12", {})
    assert raised.value.reason is FailureReason.INVALID_NUMBER
    assert await all_contacts(account) == []


@pytest.mark.parametrize("name", ["PHONE", "phone"])
async def test_both_names_of_the_number_are_sent(account: Gateway, simulator: Simulator, name: str) -> None:
    simulator.accounts[TEXTIOPRO].update_requires = name
    fill(simulator, 1)
    assert (await account.contacts.update_contact("g", "c0", "+33612345601", {})).number == "+33612345601"


@pytest.mark.parametrize("data", [None, "null", {"updated": True}, "Le contact a été mis à jour."])
async def test_an_update_that_does_not_say_what_it_made(
    account: Gateway, simulator: Simulator, respond: Respond, data: object
) -> None:
    fill(simulator, 1)
    respond(success(data))
    assert (await account.contacts.update_contact("g", "c0", "+33600000000", {})).id == "c0"
    assert [method for method, _ in asked(simulator)] == ["PATCH", "POST"]
    respond(success(data))
    assert await account.contacts.rename_group("g", " Home ") == ContactGroup(id="g", name="Home")


@pytest.mark.parametrize("data", [None, "null", {"name": "Family"}, {"phone": "33612345601"}])
async def test_what_was_made_without_an_id(account: Gateway, respond: Respond, data: object) -> None:
    respond(success(data), times=2)
    with pytest.raises(InvalidResponse):
        await account.contacts.create_group("Family")
    with pytest.raises(InvalidResponse):
        await account.contacts.create_contact("g", "+33612345601", {})


@pytest.mark.parametrize("data", ["documented", "null"])
async def test_both_answers_of_deleting(account: Gateway, simulator: Simulator, data: str) -> None:
    simulator.accounts[TEXTIOPRO].delete_data = data
    fill(simulator, 1)
    await account.contacts.delete_contact("g", "c0")
    await account.contacts.delete_group("g")
    assert not simulator.accounts[TEXTIOPRO].groups


@pytest.mark.parametrize("data", [None, "null", "The group was deleted.", {"deleted": True}, []])
async def test_any_success_deletes(account: Gateway, respond: Respond, data: object) -> None:
    respond(success(data), times=2)
    await account.contacts.delete_group("g")
    await account.contacts.delete_contact("g", "c")


# -- fields --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", ["upper", "lower"])
async def test_fields_come_back_as_they_were_given(account: Gateway, simulator: Simulator, names: str) -> None:
    simulator.accounts[TEXTIOPRO].field_names = names
    fill(simulator, 0)
    fields = {"FIRST_NAME": "Zoë", "BIRTH_YEAR": "1987"}
    made = await account.contacts.create_contact("g", "+33612345601", fields)
    assert made.fields == (await account.contacts.contact("g", made.id)).fields == fields


async def test_the_softwares_own_columns_are_no_fields(account: Gateway, simulator: Simulator) -> None:
    fill(simulator, 1)
    contacts = account.contacts
    for name in ("phone", "PHONE", "uid", "group_id", "api_token", "created_at", "Status"):
        for call in (
            contacts.create_contact("g", "+33612345601", {"city": "Lyon", name: "1"}),
            contacts.update_contact("g", "c0", "+33612345601", {name: "1"}),
        ):
            with pytest.raises(MessageRejected) as raised:
                await call
            assert (raised.value.limit, raised.value.details) == (Limit.CONTACT_FIELD, {"field": name})
    assert not simulator.requests()
    made = await contacts.create_contact("g", "+33612345601", {"city": "Lyon"})
    assert (made.number, made.fields) == ("+33612345601", {"CITY": "Lyon"})


@pytest.mark.parametrize(
    ("row", "contact"),
    [
        (ANNA, Contact(id="606732aec8705", number="+33612345601", fields={"FIRST_NAME": "Anna"})),
        ({"uid": "a", "PHONE": 33612345601}, Contact(id="a", number="+33612345601")),
        ({"id": 7, "phone": "short"}, Contact(id="7", number="short")),
        ({"phone": "+33 612 345 601", "AGE": 39}, Contact(id="c", number="+33612345601", fields={"AGE": "39"})),
        ({"uid": "a", "phone": None, "CITY": None, "MORE": ["x"]}, Contact(id="a", number="")),
    ],
)
async def test_shapes_of_a_contact(account: Gateway, respond: Respond, row: dict[str, Any], contact: Contact) -> None:
    respond(success(row))
    assert await account.contacts.contact("g", "c") == contact


# -- pages and sizes -----------------------------------------------------------------------------------------------


async def test_all_pages_of_groups(account: Gateway, simulator: Simulator) -> None:
    simulator.accounts[TEXTIOPRO].per_page = 2
    for place in range(5):
        fill(simulator, place, f"g{place}")
    assert [(group.id, group.size) for group in await account.contacts.groups()] == [(f"g{n}", n) for n in range(5)]
    assert asked(simulator) == [("GET", "contacts"), ("GET", "contacts?2"), ("GET", "contacts?3")]


async def test_ten_thousand_contacts_are_as_many_requests_as_pages(account: Gateway, simulator: Simulator) -> None:
    simulator.accounts[TEXTIOPRO].per_page = 250
    fill(simulator, 10_000)
    count = 0
    async for contact in account.contacts.contacts("g"):
        assert contact.id == f"c{count}"
        # A page is fetched only when its first contact is needed.
        assert len(simulator.requests()) == count // 250 + 1
        count += 1
    assert (count, len(simulator.requests())) == (10_000, 40)


@pytest.mark.parametrize(
    ("lies", "count", "requests"),
    [("empty", 2, 2), ("repeated", 2, 2), ("many", 5, 4), ("few", 5, 3), ("total", 5, 4), ("", 5, 3)],
)
async def test_pages_that_lie_end_the_walk(
    account: Gateway, simulator: Simulator, lies: str, count: int, requests: int
) -> None:
    kept = simulator.accounts[TEXTIOPRO]
    kept.per_page, kept.lying_pages = 2, lies
    fill(simulator, 5)
    contacts = await all_contacts(account)
    assert [contact.id for contact in contacts] == [f"c{place}" for place in range(count)]
    assert len(simulator.requests()) == requests


async def test_a_next_page_is_a_next_page(account: Gateway, respond: Respond) -> None:
    respond(success({"data": [{"uid": "a", "phone": "1"}], "next_page_url": "https://example.com?page=2"}))
    respond(success({"data": [{"uid": "b", "phone": "2"}], "next_page_url": None}))
    assert [contact.id for contact in await all_contacts(account)] == ["a", "b"]


async def test_a_list_that_grows_for_ever_has_an_end(
    account: Gateway, simulator: Simulator, respond: Respond, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ultimate_api, "MAX_PAGES", 3)
    for place in range(4):
        respond(page({"uid": f"c{place}", "phone": "1"}, last=10**6))
    assert [contact.id for contact in await all_contacts(account)] == ["c0", "c1", "c2"]
    assert len(simulator.requests()) == 3


async def test_an_error_beyond_the_last_page_is_its_end(account: Gateway, respond: Respond) -> None:
    respond(success({"data": [{"uid": "a", "phone": "1"}], "last_page": 1, "total": 9}))
    respond(error("No such page"))
    assert len(await all_contacts(account)) == 1
    # Before the last page it is an error, because contacts are missing.
    respond(success({"data": [{"uid": "a", "phone": "1"}], "last_page": 2}))
    respond(error("Something went wrong"))
    with pytest.raises(ServerError):
        await all_contacts(account)


@pytest.mark.parametrize("data", [None, "no contacts yet", [], {"data": None}, {"data": [], "last_page": "9" * 5000}])
async def test_lists_of_no_contacts(account: Gateway, simulator: Simulator, respond: Respond, data: object) -> None:
    respond(success(data), times=2)
    assert await all_contacts(account) == []
    assert await account.contacts.groups() == []
    assert len(simulator.requests()) == 2


async def test_a_list_without_pages(account: Gateway, respond: Respond) -> None:
    respond(success([ANNA, ANNA, {"phone": "33612345602"}]))
    assert [contact.id for contact in await all_contacts(account)] == ["606732aec8705"]


@pytest.mark.parametrize(
    ("lies", "requests"), [("", 2), ("few", 5), ("total", 6), ("empty", 2), ("repeated", 2), ("many", 6)]
)
async def test_a_size_that_nobody_says_is_counted(
    account: Gateway, simulator: Simulator, lies: str, requests: int
) -> None:
    kept = simulator.accounts[TEXTIOPRO]
    kept.per_page, kept.group_counts, kept.lying_pages = 2, False, lies
    fill(simulator, 5)
    # A total that the number of pages confirms counts more than wrong pages.
    assert (await account.contacts.group("g")).size == 5
    assert len(simulator.requests()) == requests
    assert [group.size for group in await account.contacts.groups()] == [None]


@pytest.mark.parametrize(
    ("pages", "size"),
    [
        ([page(ANNA)], 1),
        ([page()], 0),
        ([success([ANNA]), success([ANNA])], 1),
        ([success({"data": [ANNA], "last_page": 1, "total": 5}), page(ANNA)], 1),
        ([success({"data": [ANNA], "last_page": 3, "total": "3"})], 3),
        ([success({"data": [ANNA], "last_page": 3}), page(ANNA)], 1),
    ],
)
async def test_the_size_by_pages(
    account: Gateway, respond: Respond, pages: Sequence[dict[str, Any]], size: int
) -> None:
    respond(success({"uid": "g", "name": "Family"}), "/show")
    for each in pages:
        respond(each, "/all")
    assert (await account.contacts.group("g")).size == size


async def test_an_id_is_no_path(account: Gateway, simulator: Simulator) -> None:
    with pytest.raises(MessageRejected):
        await account.contacts.delete_contact("../x?y=1", "a/b")
    (request,) = simulator.requests()
    assert request.query == {}
    assert request.method == "DELETE"
