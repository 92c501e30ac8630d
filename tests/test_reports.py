import asyncio
from collections.abc import Awaitable, Callable

import pytest

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from homeassistant.core import HomeAssistant
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.home import ask_to_send, first_number, notify, notify_entities, post, record_changes, state_of, until

type Settle = Callable[[], Awaitable[None]]

HOUSE, PRO, POINT = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.THESMSPOINT
POLLED = pytest.mark.parametrize("provider", [HOUSE, PRO, POINT])


def entity(provider: Provider, key: str) -> str:
    domain = "event" if key == "delivery_report" else "sensor"
    return f"{domain}.{GATEWAYS[provider].info.name.lower()}_{key}"


def asks_for_status(simulator: Simulator) -> bool:
    return any(
        request.params.get("cmd") == "getstatus" or "status" in request.path or "/sms/" in request.path
        for request in simulator.requests()
    )


# -- pushed: TextingHouse ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [False, True])
async def test_reports_follow_a_text_to_its_phone(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle, *, form: bool
) -> None:
    simulator.accounts[HOUSE].callback_form = form
    await connect(await set_up(HOUSE))
    reports = record_changes(hass, entity(HOUSE, "delivery_report"))
    (answer,) = await ask_to_send(hass, "Water", entity_id="notify.anna")
    await settle()
    assert [callback.status for callback in simulator.callbacks] == [200, 200]
    assert [report.attributes["event_type"] for report in reports] == ["delivered"]
    last = dict(reports[-1].attributes)
    assert (
        last.items()
        >= {
            "to": "+33612345601",
            "recipient_name": "Anna",
            "reference": answer["reference"],
            "message_id": answer["message_id"],
            "reason": None,
            "reason_text": None,
        }.items()
    )
    status = state_of(hass, entity(HOUSE, "last_delivery_status"))
    assert status.state == "delivered"
    assert status.attributes["reference"] == answer["reference"]
    assert state_of(hass, entity(HOUSE, "pending_messages")).state == "0"


@pytest.mark.parametrize(
    ("number", "status", "reason", "in_words"),
    [
        ("+33600000004", "expired", "expired", "Phone off or out of reach"),
        ("+33600000005", "undelivered", "other", "The provider calls the number “not subscribed”"),
        ("+33600000006", "undelivered", "other", "The phone did not get it"),
        ("+33600000007", "rejected", "prohibited", "The account is not allowed to send this"),
        ("+33600000020", "rejected", "insufficient_credit", "Not enough credit"),
    ],
)
async def test_a_text_that_never_arrives_says_why(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    settle: Settle,
    number: str,
    status: str,
    reason: str,
    in_words: str,
) -> None:
    entry = await set_up(HOUSE)
    await connect(entry)
    reports = record_changes(hass, entity(HOUSE, "delivery_report"))
    await ask_to_send(hass, "Water", account=entry.entry_id, to=number)
    await settle()
    assert [report.attributes["event_type"] for report in reports] == [status]
    for shown in (reports[-1], state_of(hass, entity(HOUSE, "last_delivery_status"))):
        assert (shown.attributes["reason"], shown.attributes["reason_text"]) == (reason, in_words)
        assert "provider_status" not in shown.attributes


async def test_the_same_report_twice_is_one_event(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    url = await connect(await set_up(HOUSE))
    await notify(hass, "notify.anna", "Water")
    await settle()
    reports = record_changes(hass, entity(HOUSE, "delivery_report"))
    message = simulator.messages()[0]
    assert message.client_id is not None
    for _ in range(2):
        assert await post(url, apimsgid=message.id, climsgid=message.client_id, status="3") == 200
    await settle()
    assert reports == []


async def test_reports_out_of_order_never_go_back(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    simulator.sent_after = None
    url = await connect(await set_up(HOUSE))
    (answer,) = await ask_to_send(hass, "Water", entity_id="notify.anna")
    reports = record_changes(hass, entity(HOUSE, "delivery_report"))
    for code in ("3", "1", "0", "6", "20", "99"):
        assert await post(url, apimsgid=answer["message_id"], climsgid="", status=code) == 200
    await settle()
    assert [report.attributes["event_type"] for report in reports] == ["delivered"]
    assert state_of(hass, entity(HOUSE, "last_delivery_status")).state == "delivered"


async def test_a_report_before_the_answer_ends_right(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle, pass_time: PassTime
) -> None:
    """The gateway's reports of a text arrive before its response to the request that sent the text."""
    await connect(await set_up(HOUSE))
    simulator.faults.add(HOUSE, "latency", params={"cmd": "sendsms"}, delay=1)
    reports = record_changes(hass, entity(HOUSE, "delivery_report"))
    sending = asyncio.create_task(ask_to_send(hass, "Water", entity_id="notify.anna"))
    await until(lambda: len(simulator.callbacks) == 2)
    await pass_time(1, wait=False)
    (answer,) = await sending
    await settle()
    assert [report.attributes["event_type"] for report in reports] == ["delivered"]
    # The report is already known when the response arrives.
    assert answer["status"] in ("sent", "delivered")
    status = state_of(hass, entity(HOUSE, "last_delivery_status"))
    assert (status.state, status.attributes["message_id"]) == ("delivered", answer["message_id"])
    assert state_of(hass, entity(HOUSE, "pending_messages")).state == "0"


async def test_unknown_ids_only_count(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    entry = await set_up(HOUSE)
    url = await connect(entry)
    reports = record_changes(hass, entity(HOUSE, "delivery_report"))
    assert await post(url, apimsgid="nobody's", climsgid="nobody's", status="3") == 200
    await settle()
    assert reports == []
    assert state_of(hass, entity(HOUSE, "last_delivery_status")).state == "none"
    assert entry.runtime_data.store.memory.reports_unknown == 1


async def test_reports_of_several_texts_are_told_apart(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Settle
) -> None:
    simulator.sent_after = None
    await connect(await set_up(HOUSE))
    await notify(hass, "notify.ben", "Water")
    assert state_of(hass, entity(HOUSE, "pending_messages")).state == "2"
    first, second = simulator.messages()
    reports = record_changes(hass, entity(HOUSE, "delivery_report"))
    await simulator.set_status(second, "3")
    await simulator.set_status(first, "4")
    await settle()
    assert {report.attributes["to"]: report.attributes["event_type"] for report in reports} == {
        f"+{second.to}": "delivered",
        f"+{first.to}": "expired",
    }
    assert state_of(hass, entity(HOUSE, "pending_messages")).state == "0"


# -- polled --------------------------------------------------------------------------------------------------------


@POLLED
async def test_what_became_of_a_text_is_asked_for_after_15_s(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, provider: Provider
) -> None:
    await set_up(provider)
    reports = record_changes(hass, entity(provider, "delivery_report"))
    await notify(hass, notify_entities(provider)[0], "Water")
    await simulator.settle()
    assert state_of(hass, entity(provider, "pending_messages")).state == "1"
    await pass_time(14)
    assert reports == []
    assert state_of(hass, entity(provider, "last_delivery_status")).state == "accepted"
    await pass_time(1.1)
    assert [report.attributes["event_type"] for report in reports] == ["delivered"]
    assert reports[-1].attributes["to"] == first_number(provider)
    assert state_of(hass, entity(provider, "last_delivery_status")).state == "delivered"
    assert state_of(hass, entity(provider, "pending_messages")).state == "0"


@POLLED
async def test_a_text_that_is_not_final_is_asked_for_less_and_less_often(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, provider: Provider
) -> None:
    simulator.delivered_after = None
    await set_up(provider)
    await notify(hass, notify_entities(provider)[0], "Water")
    await simulator.settle()
    asked = []
    for second in range(0, 240, 5):
        simulator.clear_requests()
        await pass_time(5)
        if asks_for_status(simulator):
            asked.append(second + 5)
    assert asked == [15, 45, 105, 225]
    # The text is still on its way, so this shows no news.
    assert state_of(hass, entity(provider, "last_delivery_status")).state == "accepted"


@POLLED
async def test_a_gateway_out_of_reach_is_asked_again_later(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, provider: Provider
) -> None:
    await set_up(provider)
    await notify(hass, notify_entities(provider)[0], "Water")
    await simulator.settle()
    for site in ("textinghouse_backup", provider):
        await simulator.faults.refuse(site)
    await pass_time(16)
    assert state_of(hass, entity(provider, "last_delivery_status")).state == "accepted"
    await simulator.restore()
    await pass_time(31)
    assert state_of(hass, entity(provider, "last_delivery_status")).state == "delivered"


async def test_credentials_that_were_changed_meanwhile_ask_to_sign_in_again(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    await set_up(PRO)
    await notify(hass, "notify.anna", "Water")
    simulator.accounts[PRO].token = "8|changed"
    # The read of the balance after the send tells nothing. The refused status causes another one.
    simulator.faults.add(PRO, "empty", path="balance")
    await pass_time(16)
    await pass_time(16)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"


@pytest.mark.parametrize("provider", [Provider.CLUB_TEXTING, Provider.GROUP_TEXTING])
async def test_gateways_without_reports_end_at_accepted(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, provider: Provider
) -> None:
    await set_up(provider)
    await notify(hass, notify_entities(provider)[0], "Water")
    name = GATEWAYS[provider].info.name.lower().replace(" ", "_")
    simulator.clear_requests()
    await pass_time(20)
    assert {request.path for request in simulator.requests()} <= {"/api/credits/check/"}
    assert state_of(hass, f"sensor.{name}_last_delivery_status").state == "accepted"
    assert state_of(hass, f"sensor.{name}_pending_messages").state == "0"


@POLLED
async def test_following_ends_after_two_days(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, provider: Provider
) -> None:
    simulator.delivered_after = None
    await set_up(provider)
    await notify(hass, notify_entities(provider)[0], "Water")
    await simulator.settle()
    await pass_time(49 * 3600)
    await pass_time(3600)
    assert state_of(hass, entity(provider, "pending_messages")).state == "0"
    simulator.clear_requests()
    await pass_time(3600)
    assert not asks_for_status(simulator)


async def test_what_the_gateway_calls_expired_ends_only_after_two_days(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    """TheSMSPoint reports "expired" for texts that are still on their way."""
    entry = await set_up(POINT)
    reports = record_changes(hass, entity(POINT, "delivery_report"))
    await ask_to_send(hass, "Water", account=entry.entry_id, to="+919812340004")
    await simulator.settle()
    await pass_time(16)
    assert reports == []
    assert state_of(hass, entity(POINT, "pending_messages")).state == "1"
    await pass_time(48 * 3600)
    await pass_time(3600)
    assert [report.attributes["event_type"] for report in reports] == ["expired"]
    assert state_of(hass, entity(POINT, "last_delivery_status")).state == "expired"
    assert state_of(hass, entity(POINT, "pending_messages")).state == "0"


async def test_several_texts_of_a_batch_are_asked_for_together(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime
) -> None:
    await set_up(POINT)
    await asyncio.gather(*(notify(hass, entity_id, "Water") for entity_id in notify_entities(POINT)))
    await simulator.settle()
    simulator.clear_requests()
    await pass_time(16)
    jobs = [request for request in simulator.requests() if request.path.endswith("sms-delivery-status")]
    # The texts of both actions were sent in one batch.
    assert len(jobs) == 1
    assert state_of(hass, entity(POINT, "pending_messages")).state == "0"
