"""Campaigns: one text to all contacts of one or more groups, with the same checks as any other text."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from decimal import Decimal
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting import contact_groups
from custom_components.texting.gateway.capabilities import Capability
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.services.campaigns import ACTIONS
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support import privacy
from tests.support.contacts import FAMILY, NEIGHBOURS, add_group, ask
from tests.support.flows import reauth_flow
from tests.support.home import pass_until, record_changes, restart, state_of, text_of, told, until

PRO = Provider.TEXTIOPRO
REPORT, LAST = "event.textiopro_delivery_report", "sensor.textiopro_last_delivery_status"
# The default limit refuses campaigns whose contacts are not counted.
UNLIMITED = {"daily_limit": 0}
PENDING, SEGMENTS = "sensor.textiopro_pending_messages", "sensor.textiopro_segments_today"
NEEDED: dict[str, dict[str, Any]] = {
    "send_campaign": {"groups": "Family", "message": "Water"},
    "get_campaign": {"campaign_id": "606812e63f78b"},
}


async def campaign(hass: HomeAssistant, entry: MockConfigEntry, groups: Any, **data: Any) -> dict[str, Any]:
    answer = await ask(hass, "send_campaign", entry, groups=groups, **{"message": "Water", **data})
    await told(hass)
    return answer


async def refused(hass: HomeAssistant, entry: MockConfigEntry, key: str, groups: Any, **data: Any) -> str:
    with pytest.raises(HomeAssistantError) as caught:
        await campaign(hass, entry, groups, **data)
    await told(hass)
    return text_of(caught.value, key)


def sent_to(simulator: Simulator) -> list[str]:
    return [message.to for message in simulator.messages("textiopro")]


def campaigns(simulator: Simulator) -> list[dict[str, Any]]:
    return list(simulator.accounts["textiopro"].campaigns.values())


def test_every_action_is_tried() -> None:
    assert {action.name for action in ACTIONS} == set(NEEDED)


# -- sending -------------------------------------------------------------------------------------------------------


async def test_one_text_to_all_of_a_group(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    reports = record_changes(hass, REPORT)
    answer = await campaign(hass, entry, "Family", message="x" * 161, title="Alarm")
    (made,) = campaigns(simulator)
    assert answer == {
        "campaign_id": made["uid"],
        "reference": answer["reference"],
        "status": "accepted",
        "groups": [{"id": FAMILY, "name": "Family", "size": 3}],
        "recipients": 3,
        "segments": 6,
        "reason": None,
        "error": None,
    }
    assert sent_to(simulator) == ["33700000000", "33700000001", "33700000002"]
    assert simulator.messages()[0].text == "Alarm\n" + "x" * 161
    assert state_of(hass, SEGMENTS).state == "6"
    await simulator.settle()
    await pass_time(16)
    assert [state.attributes["event_type"] for state in reports] == ["delivered"]
    shown = reports[-1].attributes
    assert (shown["to"], shown["recipient_name"], shown["message_id"]) == ("Family", None, made["uid"])
    assert state_of(hass, PENDING).state == "0"
    status = await hass.services.async_call(
        "texting", "get_status", {"reference": answer["reference"]}, blocking=True, return_response=True
    )
    assert status is not None
    assert (status["recipient"], status["number"], status["status"]) == ("Family", None, "delivered")
    told_now = await ask(hass, "get_campaign", entry, campaign_id=made["uid"])
    assert told_now == {
        "campaign_id": made["uid"],
        "name": made["campaign_name"],
        "status": "delivered",
        "provider_status": "done",
        "text": "Alarm\n" + "x" * 161,
        "send_at": None,
        "recipients": 3,
        "delivered": 3,
        "failed": 0,
    }


@pytest.mark.parametrize("data", ["null", "sentence"])
async def test_a_campaign_that_is_given_no_id(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, data: str
) -> None:
    simulator.accounts["textiopro"].campaign_data = data
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    answer = await campaign(hass, entry, "Family")
    assert (answer["campaign_id"], answer["status"], answer["segments"]) == (None, "accepted", 3)
    assert len(sent_to(simulator)) == 3
    # Without an ID, the integration cannot ask for the status of the campaign.
    assert (state_of(hass, LAST).state, state_of(hass, PENDING).state) == ("accepted", "0")
    status = await hass.services.async_call(
        "texting", "get_status", {"reference": answer["reference"]}, blocking=True, return_response=True
    )
    assert status is not None
    assert status["status"] == "accepted"


async def test_sizes_that_no_list_tells_are_asked_for(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.accounts["textiopro"].group_counts = False
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 30)
    add_group(simulator, NEIGHBOURS, "Neighbours", 2)
    answer = await campaign(hass, entry, ["Family", "Neighbours"])
    assert [group["size"] for group in answer["groups"]] == [30, 2]
    assert (answer["recipients"], answer["segments"]) == (32, 32)
    # The group is deleted after the integration lists the groups and before it reads the group.
    body = {"status": "error", "message": "Contact group not found."}
    simulator.faults.add("textiopro", "answer", None, path=f"/contacts/{FAMILY}/show", body=body)
    await refused(hass, entry, "unknown_group", ["Family", "Neighbours"])
    # If the gateway does not return the size, the integration uses the last known size.
    await simulator.restore()
    simulator.faults.add("textiopro", "html", None, path=f"/contacts/{FAMILY}/show")
    assert (await campaign(hass, entry, "Family", message="Fire"))["recipients"] == 30
    assert len(campaigns(simulator)) == 2


async def test_several_groups_by_name_and_id_each_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 2)
    add_group(simulator, NEIGHBOURS, "Neighbours", 3)
    answer = await campaign(hass, entry, ["Family", NEIGHBOURS, FAMILY, "Neighbours"])
    assert [group["name"] for group in answer["groups"]] == ["Family", "Neighbours"]
    assert (answer["recipients"], answer["segments"]) == (5, 5)
    assert len(campaigns(simulator)) == 1
    assert len(sent_to(simulator)) == 5
    assert state_of(hass, LAST).attributes["reference"] == answer["reference"]


async def test_two_campaigns_of_the_same_text_are_two(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 2)
    add_group(simulator, NEIGHBOURS, "Neighbours", 3)
    answers = await asyncio.gather(*(campaign(hass, entry, name) for name in ("Family", "Neighbours")))
    assert {answer["campaign_id"] for answer in answers} == {made["uid"] for made in campaigns(simulator)}
    assert len(campaigns(simulator)) == 2
    assert len(sent_to(simulator)) == 5


async def test_the_options_of_a_campaign(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.accounts["textiopro"].scheduled_data = "full"
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 1)
    answer = await campaign(
        hass,
        entry,
        "Family",
        message="Wasser ☃",
        sender="House",
        template_id="110",
        send_at="2030-01-31T08:00:00+00:00",
    )
    (message,) = simulator.messages()
    assert (message.sender, message.extra["type"], message.extra["dlt_template_id"]) == ("House", "unicode", "110")
    assert message.extra["schedule_time"] == "2030-01-31 08:00"
    told_now = await ask(hass, "get_campaign", entry, campaign_id=answer["campaign_id"])
    assert told_now["send_at"] == "2030-01-31T08:00:00+00:00"


async def test_a_group_of_ten_thousand(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.accounts["textiopro"].credit = Decimal(10_000)
    entry = await set_up(PRO, options=UNLIMITED)
    add_group(simulator, FAMILY, "Family", 10_000)
    simulator.clear_requests()
    answer = await campaign(hass, entry, "Family")
    assert (answer["recipients"], answer["segments"]) == (10_000, 10_000)
    assert len(sent_to(simulator)) == 10_000
    # The integration reads the list of groups and sends the campaign. It does not read the contacts.
    assert len(simulator.requests("textiopro")) <= 3
    assert len(entry.runtime_data.outbox) == 1


def unlisted(simulator: Simulator) -> None:
    """Make the site reject GET on the list of groups. It accepts only POST, which creates groups."""
    body = {"message": "The GET method is not supported for this route. Supported methods: POST."}
    simulator.faults.add("textiopro", "answer", None, path="/contacts", method="GET", body=body, status=405)


async def test_where_groups_are_not_listed_ids_find_them(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    add_group(simulator, NEIGHBOURS, "Neighbours", 2)
    unlisted(simulator)
    assert (await campaign(hass, entry, FAMILY))["groups"] == [{"id": FAMILY, "name": "Family", "size": 3}]
    assert (await campaign(hass, entry, [FAMILY, NEIGHBOURS, FAMILY], message="Fire"))["recipients"] == 5
    for wanted in ("Family", "Our family", [FAMILY, "6415907d00000"], [FAMILY, "Our family"]):
        await refused(hass, entry, "groups_not_listed", wanted)
    assert len(campaigns(simulator)) == 2


# -- credit and daily limit ----------------------------------------------------------------------------------------


async def test_the_credit_must_do_for_all(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    simulator.accounts["textiopro"].credit = Decimal(5)
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    simulator.clear_requests()
    text = await refused(hass, entry, "limit_credit", "Family", message="x" * 161, urgent=True)
    assert "6" in text
    assert not [request for request in simulator.requests() if request.path.endswith("/campaign")]
    assert (await campaign(hass, entry, "Family"))["segments"] == 3


async def test_the_daily_limit_counts_all(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO, options={"daily_limit": 5})
    add_group(simulator, FAMILY, "Family", 3)
    await campaign(hass, entry, "Family")
    await refused(hass, entry, "limit_daily", "Family", message="Water again")
    assert len(campaigns(simulator)) == 1
    await campaign(hass, entry, "Family", message="Fire", urgent=True)
    assert state_of(hass, SEGMENTS).state == "6"
    await restart(hass, entry)
    assert state_of(hass, SEGMENTS).state == "6"


# -- bad input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "key"),
    [
        ([], "no_group"),
        ("", "no_group"),
        (["Family", " "], "no_group"),
        ("family", "unknown_group"),
        (["Family", "6415907d00000"], "unknown_group"),
        (f"{FAMILY},{NEIGHBOURS}", "unknown_group"),
        ("Twins", "ambiguous_group"),
        ("Nobody", "limit_group_empty"),
    ],
)
async def test_groups_that_are_none(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, groups: Any, key: str
) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    add_group(simulator, NEIGHBOURS, "Nobody")
    for group_id in ("a1", "a2"):
        add_group(simulator, group_id, "Twins", 1)
    await refused(hass, entry, key, groups)
    assert not campaigns(simulator)
    assert state_of(hass, PENDING).state == "0"


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"message": " "}, "limit_text_empty"),
        ({"message": "\ud83d"}, "limit_characters"),
        ({"sender": "MyHomeIsTooLong"}, "limit_sender_or_number"),
        ({"type": "voice", "language": "xx"}, "limit_language"),
        ({"type": "mms"}, "limit_media_missing"),
        ({"media_url": "https://example.com/a.png"}, "limit_option"),
    ],
)
async def test_texts_that_break_a_limit(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, data: dict[str, Any], key: str
) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    await refused(hass, entry, key, "Family", **data)
    assert not campaigns(simulator)


async def test_what_the_provider_refuses_says_why(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    body = {"status": "error", "message": "Campaigns are not in your plan."}
    simulator.faults.add("textiopro", "answer", None, path="/campaign", body=body)
    assert "Campaigns are not in your plan." in await refused(hass, entry, "rejected_other", "Family")
    assert state_of(hass, LAST).state == "rejected"


@pytest.mark.parametrize("campaign_id", ["606812e63f78b", "", "..", "a/b"])
async def test_a_campaign_that_is_not_there(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, campaign_id: str
) -> None:
    entry = await set_up(PRO)
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "get_campaign", entry, campaign_id=campaign_id)
    text_of(caught.value, "not_found")


@pytest.mark.parametrize("action", NEEDED)
@pytest.mark.parametrize("provider", Provider)
async def test_who_has_no_campaigns(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider, action: str
) -> None:
    if Capability.CAMPAIGNS in GATEWAYS[provider].info.capabilities:
        provider_data = {"provider": "route", "accounts": [(await set_up(provider)).entry_id], "confirm_within": 0}
        entry = MockConfigEntry(domain="texting", title="Alarms", data=provider_data)
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
    else:
        entry = await set_up(provider)
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, action, entry, **NEEDED[action])
    text_of(caught.value, "not_offered")


# -- gateway errors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["refuse", "rate_limited"])
@pytest.mark.usefixtures("impatient")
async def test_a_campaign_waits_for_a_gateway_that_is_out_of_reach(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, fault: str
) -> None:
    """The integration uses the last known name and size of the group, also after a restart."""
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Our family", 3)
    await campaign(hass, entry, "Our family")
    await restart(hass, entry)
    if fault == "refuse":
        await simulator.faults.refuse("textiopro")
    else:
        simulator.faults.add("textiopro", fault, None)
    answer = await campaign(hass, entry, "Our family", message="Fire")
    assert (answer["status"], answer["campaign_id"], answer["error"]) == ("queued", None, None)
    assert (answer["recipients"], answer["segments"]) == (3, 3)
    await restart(hass, entry)
    assert state_of(hass, PENDING).state == "2"
    assert [made["message"] for made in campaigns(simulator)] == ["Water"]
    await simulator.restore()
    await pass_time(61)
    await told(hass)
    assert [made["message"] for made in campaigns(simulator)] == ["Water", "Fire"]
    assert len(sent_to(simulator)) == 6
    assert state_of(hass, SEGMENTS).state == "6"


@pytest.mark.usefixtures("impatient")
async def test_an_id_that_was_never_heard_of_waits_and_a_name_does_not(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(PRO, options=UNLIMITED)
    add_group(simulator, FAMILY, "Our family", 3)
    await simulator.faults.refuse("textiopro")
    await refused(hass, entry, "request_cannot_connect", "Our family")
    answer = await campaign(hass, entry, FAMILY)
    # The integration does not know the size of the group yet.
    assert (answer["status"], answer["recipients"]) == ("queued", None)
    assert answer["groups"] == [{"id": FAMILY, "name": FAMILY, "size": None}]
    await simulator.restore()
    await pass_time(61)
    await told(hass)
    assert len(sent_to(simulator)) == 3


@pytest.mark.usefixtures("impatient")
async def test_what_waits_can_be_cancelled(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO, options=UNLIMITED)
    await simulator.faults.refuse("textiopro")
    answer = await campaign(hass, entry, FAMILY)
    cancelled = await hass.services.async_call(
        "texting", "cancel_message", {"reference": answer["reference"]}, blocking=True, return_response=True
    )
    assert cancelled is not None
    assert cancelled["cancelled"] is True
    await told(hass)
    assert state_of(hass, PENDING).state == "0"


async def test_a_gateway_that_takes_its_time(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    entry = await set_up(PRO, options=UNLIMITED)
    add_group(simulator, FAMILY, "Family", 3)
    fault = simulator.faults.add("textiopro", "latency", None, path="/contacts", delay=20)

    async def send(message: str) -> dict[str, Any]:
        """Send a campaign, and wait neither for the group nor for its size longer than the integration does."""
        asked = fault.used
        sending = asyncio.create_task(ask(hass, "send_campaign", entry, groups=FAMILY, message=message))
        while not sending.done():
            await until(lambda: fault.used > asked or sending.done())  # noqa: B023  it is called at once
            asked = fault.used
            await pass_time(contact_groups.GROUPS_TIMEOUT + 0.1, wait=False)
        return await sending

    answer = await send("Water")
    assert (answer["status"], answer["recipients"]) == ("accepted", None)
    await until(lambda: len(sent_to(simulator)) == 3)
    # The integration finishes the lookup of the group in the background, less than 30 seconds after it began.
    await simulator.restore()
    await pass_time(15, wait=False)
    await told(hass)
    fault = simulator.faults.add("textiopro", "latency", None, path="/contacts", delay=20)
    assert (await send("Fire"))["recipients"] == 3
    await pass_time(20, wait=False)
    await told(hass)


type Counting = Callable[[Callable[[], object]], Awaitable[None]]


@pytest.fixture
def counting(simulator: Simulator, pass_time: PassTime) -> Counting:
    """Leave the sizes out of the list of groups, so that contacts are counted, one page a second.

    Return a function that lets time pass until a condition is true.
    """
    kept = simulator.accounts["textiopro"]
    kept.group_counts, kept.page_fields, kept.per_page = False, "next", 2
    fault = simulator.faults.add("textiopro", "latency", None, path="/all", delay=1)

    async def count_until(happened: Callable[[], object]) -> None:
        while not happened():
            pages = fault.used
            await pass_time(1, wait=False)
            await until(lambda: fault.used > pages or happened())  # noqa: B023  it is called at once

    return count_until


async def test_contacts_are_counted_once_and_to_the_end(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, counting: Counting
) -> None:
    entry = await set_up(PRO, options=UNLIMITED)
    add_group(simulator, FAMILY, "Family", 30)
    simulator.clear_requests()
    send = {"groups": "Family", "message": "Water"}
    sending = [asyncio.create_task(ask(hass, "send_campaign", entry, **send)) for _ in range(2)]
    await counting(lambda: all(each.done() for each in sending))
    answers = await asyncio.gather(*sending)
    assert [answer["recipients"] for answer in answers] == [None, None]
    assert [answer["groups"][0]["size"] for answer in answers] == [None, None]
    await counting(lambda: not entry.runtime_data.contact_groups._counting)
    assert len([request for request in simulator.requests() if request.path.endswith("/all")]) == 16
    again = asyncio.create_task(campaign(hass, entry, "Family", message="Fire"))
    await counting(again.done)
    assert (await again)["recipients"] == 30


async def test_a_daily_limit_waits_for_the_count(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, counting: Counting
) -> None:
    """A group of unknown size could exceed the daily limit, so the campaign is rejected."""
    entry = await set_up(PRO, options={"daily_limit": 40})
    add_group(simulator, FAMILY, "Family", 30)
    add_group(simulator, NEIGHBOURS, "Neighbours", 2)

    async def after_counting[T](asking: Coroutine[Any, Any, T]) -> T:
        asked = asyncio.create_task(asking)
        await counting(asked.done)
        return await asked

    await after_counting(refused(hass, entry, "limit_group_uncounted", ["Family", "Neighbours"]))
    assert not campaigns(simulator)
    await counting(lambda: not entry.runtime_data.contact_groups._counting)
    answer = await after_counting(campaign(hass, entry, ["Family", "Neighbours"]))
    assert (answer["recipients"], answer["segments"]) == (32, 32)
    await after_counting(refused(hass, entry, "limit_daily", "Family", message="Fire"))
    add_group(simulator, "a1", "Street", 30)
    answer = await after_counting(campaign(hass, entry, "Street", message="Fire", urgent=True))
    assert (answer["recipients"], answer["status"]) == (None, "accepted")


async def test_counting_ends_with_the_account(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, counting: Counting
) -> None:
    entry = await set_up(PRO, options=UNLIMITED)
    add_group(simulator, FAMILY, "Family", 30)
    sending = asyncio.create_task(ask(hass, "send_campaign", entry, groups=FAMILY, message="Water"))
    await counting(sending.done)
    assert (await sending)["recipients"] is None
    account = entry.runtime_data
    (task,) = account.contact_groups._counting.values()
    await hass.config_entries.async_unload(entry.entry_id)
    assert task.cancelled()
    assert not account.contact_groups._counting


@pytest.mark.parametrize("if_unsure", ["leave", "resend"])
@pytest.mark.parametrize("fault", ["cut", "http_error", "html"])
@pytest.mark.usefixtures("eager")
async def test_a_lost_answer_is_not_repeated(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, fault: str, if_unsure: str
) -> None:
    """The gateway cannot tell if it created the campaign. The account's option if_unsure does not resend campaigns."""
    entry = await set_up(PRO, options={"if_unsure": if_unsure})
    add_group(simulator, FAMILY, "Family", 3)
    simulator.faults.add("textiopro", fault, path="/campaign", accept=True)
    with pytest.raises(HomeAssistantError):
        await campaign(hass, entry, "Family")
    await told(hass)
    assert len(campaigns(simulator)) == 1
    assert state_of(hass, LAST).state == "uncertain"
    assert state_of(hass, PENDING).state == "0"


@pytest.mark.usefixtures("eager")
async def test_a_lost_answer_is_repeated_where_the_action_says_so(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    simulator.faults.add("textiopro", "cut", path="/campaign", accept=True)
    answer = await campaign(hass, entry, "Family", if_unsure="resend")
    assert answer["status"] == "accepted"
    assert len(campaigns(simulator)) == 2


async def test_refused_credentials_are_asked_for(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(PRO)
    simulator.accounts["textiopro"].token = "8|another"
    await refused(hass, entry, "authentication_failed", "Family")
    await hass.async_block_till_done()
    assert reauth_flow(hass)["context"]["entry_id"] == entry.entry_id
    assert state_of(hass, PENDING).state == "0"


@pytest.mark.parametrize("path", ["/contacts", "/campaign"])
async def test_unloading_meanwhile_loses_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, path: str
) -> None:
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "Family", 3)
    fault = simulator.faults.add("textiopro", "latency", path=path)
    sending = asyncio.create_task(campaign(hass, entry, "Family"))
    await until(lambda: fault.used)
    await hass.config_entries.async_unload(entry.entry_id)
    await pass_time(1, wait=False)
    await pass_until(hass, pass_time, sending.done)
    await asyncio.wait([sending])
    await hass.config_entries.async_setup(entry.entry_id)
    await told(hass)
    assert len(campaigns(simulator)) == 1
    assert len(sent_to(simulator)) == 3


@pytest.mark.parametrize("fault", ["refuse", "html", "cut", "echo"])
@pytest.mark.usefixtures("impatient")
async def test_the_log_names_no_group_no_number_and_no_text(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    """With the fault “echo”, the gateway's response repeats the number and the token."""
    caplog.set_level(logging.DEBUG, logger="custom_components.texting")
    entry = await set_up(PRO)
    add_group(simulator, FAMILY, "The Robinsons", 3)
    await campaign(hass, entry, "The Robinsons", message="Nobody else shall read this")
    if fault == "refuse":
        await simulator.faults.refuse("textiopro")
    elif fault == "echo":
        body = {"status": "error", "message": "Wrong: 33700000001, 7|demoTokenTextioPro"}
        simulator.faults.add("textiopro", "answer", None, body=body)
    else:
        simulator.faults.add("textiopro", fault, None)
    raised = []
    for action, data in (
        ("send_campaign", {"groups": "The Robinsons", "message": "Nobody else shall read this"}),
        ("get_contact", {"group": "The Robinsons", "contact": "+33 7 00 00 00 01"}),
        ("create_contact", {"group": "The Robinsons", "number": "0700000001", "fields": {"FIRST_NAME": "Zebulon"}}),
        ("list_messages", {}),
        ("get_profile", {}),
    ):
        try:
            await ask(hass, action, entry, **data)
        except HomeAssistantError as err:
            raised.append(str(err))
    await told(hass)
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components.texting")]
    assert raised
    assert privacy.told("\n".join(raised), "Nobody else", "Zebulon", "33700000001", "700000001") == []
    assert privacy.told("\n".join(lines), "Nobody else", "Zebulon", "33700000001", "Robinson") == []
