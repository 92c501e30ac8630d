"""The conformance suite: each provider against each of its capabilities, over real sockets."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import batched

import pytest

from custom_components.texting.gateway.capabilities import Capability
from custom_components.texting.gateway.errors import Limit, NotFound
from custom_components.texting.gateway.message import (
    DeliveryReport,
    IncomingMessage,
    IncomingType,
    SendResult,
    VoiceBroadcast,
)
from custom_components.texting.gateway.orders import KeywordSetup
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.gateway.status import Status
from tests.simulator.accounts import Keyword
from tests.simulator.variants import VARIANTS
from tests.support.gateways import Bench, limit_of
from tests.support.samples import CARD, new_message, number, send, send_one

type Check = Callable[[Bench], Awaitable[None]]
CHECKS: dict[Capability, Check] = {}


def checks(capability: Capability) -> Callable[[Check], Check]:
    """Register a function as the check of a capability."""

    def register(check: Check) -> Check:
        CHECKS[capability] = check
        return check

    return register


@pytest.mark.parametrize(
    ("provider", "capability"),
    [(provider, each) for provider in Provider for each in sorted(GATEWAYS[provider].info.capabilities)],
)
async def test_capability(bench: Bench, capability: Capability) -> None:
    await CHECKS[capability](bench)


def test_every_capability_is_declared_and_checked() -> None:
    assert set(CHECKS) == set(Capability) == {each for kind in GATEWAYS.values() for each in kind.info.capabilities}


@pytest.mark.parametrize(
    ("provider", "variant", "capability"),
    [
        (provider, name, capability)
        for provider in Provider
        for name, variant in VARIANTS[provider].items()
        for capability in sorted(GATEWAYS[provider].info.capabilities)
        if variant.is_site and capability not in variant.lacks
    ],
)
async def test_capability_of_a_real_site(bench: Bench, variant: str, capability: Capability) -> None:
    bench.fields = bench.simulator.use_variant(bench.provider, variant).fields
    await CHECKS[capability](bench)


@checks(Capability.BATCH)
async def _one_request_serves_many(bench: Bench) -> None:
    count, requests = {Provider.TEXTIOPRO: (100, 1), Provider.THESMSPOINT: (2000, 4)}[bench.provider]
    messages = [bench.gateway.prepare(new_message(bench.provider, 2000 + place))[0] for place in range(count)]
    assert len({bench.gateway.batch_key(message) for message in messages}) == 1
    results: list[SendResult] = []
    for batch in batched(messages, bench.info.batch_size, strict=True):
        results += await bench.gateway.send(batch)
    assert [result.message for result in results] == messages
    assert {result.status for result in results} == {bench.accepted}
    assert len({result.message_id for result in results}) == count
    assert len(bench.simulator.requests(bench.provider)) == requests
    assert len(bench.simulator.messages(bench.provider)) == count


@checks(Capability.BALANCE)
async def _balance_goes_down(bench: Bench) -> None:
    before = await bench.gateway.fetch_balance()
    assert tuple(balance.pool for balance in before if balance.pool) == bench.info.pools
    await send_one(bench.gateway)
    after = await bench.gateway.fetch_balance()
    spent = [was.amount - left.amount for was, left in zip(before, after, strict=True) if was.amount and left.amount]
    assert sum(spent) == 1


@checks(Capability.STATUS)
async def _reports_to_final(bench: Bench) -> None:
    ends = {"5601": bench.arrived, "0006": Status.UNDELIVERED, "0009": Status.SENT}
    sent = await send(bench.gateway, [new_message(bench.provider, last) for last in ends])
    await bench.simulator.settle()
    reports = {report.message_id: report for report in await bench.gateway.fetch_reports(sent)}
    assert [reports[result.message_id].status for result in sent] == list(ends.values())
    (alone,) = await bench.gateway.fetch_reports(sent[:1])
    assert alone.status is bench.arrived
    assert alone.provider_status


@checks(Capability.DELIVERY_REPORTS)
async def _reports_are_pushed(bench: Bench) -> None:
    for as_form in (False, True):
        bench.account.callback_form = as_form
        bench.home.received.clear()
        result = await send_one(bench.gateway, "0006" if as_form else "5601")
        await bench.simulator.settle()
        reports = [news for news in bench.news() if isinstance(news, DeliveryReport)]
        assert {report.reference for report in reports} == {result.message.reference}
        assert {report.message_id for report in reports} == {result.message_id}
        assert reports[-1].status is (Status.UNDELIVERED if as_form else Status.DELIVERED)


@checks(Capability.INCOMING_PUSH)
async def _answers_are_pushed(bench: Bench) -> None:
    result = await send_one(bench.gateway)
    await bench.simulator.settle()
    bench.home.received.clear()
    for text in ("Yes, €5 👍", "stop"):
        await bench.simulator.answer(result.message.to, text, bench.provider)
    assert {call.method for call in bench.home.webhook_calls} <= set(bench.info.webhook_methods)
    first, second = bench.news()
    assert isinstance(first, IncomingMessage)
    assert isinstance(second, IncomingMessage)
    assert (first.sender, first.text, first.type) == (result.message.to, "Yes, €5 👍", IncomingType.REPLY)
    assert second.type is IncomingType.OPT_OUT
    # Club and Group tell no id when a text is sent.
    if first.replied_message_id and result.message_id:
        assert (first.replied_message_id, first.reference) == (result.message_id, result.message.reference)


@checks(Capability.INCOMING_POLL)
async def _answers_are_fetched(bench: Bench) -> None:
    result = await send_one(bench.gateway)
    await bench.simulator.settle()
    assert await bench.gateway.fetch_incoming() == []
    await bench.simulator.answer(result.message.to, "Yes", bench.provider)
    await bench.simulator.answer(result.message.to, "Stop!", bench.provider)
    newest, oldest = await bench.gateway.fetch_incoming()
    assert (oldest.sender, oldest.text, oldest.type) == (result.message.to, "Yes", IncomingType.REPLY)
    assert newest.type is IncomingType.OPT_OUT
    assert newest.message_id != oldest.message_id
    assert oldest.sent_at is not None
    assert abs(oldest.sent_at - datetime.now(UTC)) < timedelta(minutes=1)


@checks(Capability.KEYWORDS)
async def _keywords_come_in(bench: Bench) -> None:
    bench.account.keywords["lights"] = Keyword(url=bench.home.url)
    bench.account.unique_requests = True
    await bench.simulator.answer(number(bench.provider), "Lights", bench.provider)
    (keyword,) = bench.news()
    assert isinstance(keyword, IncomingMessage)
    assert (keyword.sender, keyword.text, keyword.keyword) == (number(bench.provider), "Lights", "Lights")
    assert keyword.type is IncomingType.KEYWORD


@checks(Capability.LOST_ANSWERS)
async def _lost_answers_are_found_out(bench: Bench) -> None:
    bench.simulator.sent_after = None
    bench.simulator.faults.add(bench.provider, "cut", accept=True)
    result = await send_one(bench.gateway)
    assert (result.status, result.error) == (bench.accepted, None)
    (message,) = bench.simulator.messages()
    assert (result.message_id or result.message.reference) in (message.id, message.client_id)


@checks(Capability.FREE_TEST)
async def _the_test_number_is_free(bench: Bench) -> None:
    assert bench.info.test_number is not None
    message = new_message(bench.provider, to=bench.info.test_number)
    before = await bench.gateway.fetch_balance()
    assert bench.gateway.preview(message).cost == 0
    sent = await send(bench.gateway, [message])
    await bench.simulator.settle()
    (report,) = await bench.gateway.fetch_reports(sent)
    assert report.status is Status.DELIVERED
    assert await bench.gateway.fetch_balance() == before


@checks(Capability.TITLE)
async def _titles_are_sent(bench: Bench) -> None:
    assert (await send_one(bench.gateway, title="Front door")).status is Status.ACCEPTED
    assert (bench.last.extra["subject"], bench.last.text) == ("Front door", "The door is open")
    assert limit_of(await send_one(bench.gateway, title="Fourteen chars")) is Limit.TITLE_LENGTH


@checks(Capability.SENDER)
async def _senders_are_sent(bench: Bench) -> None:
    if bench.provider is Provider.THESMSPOINT:
        bench.account.senders[1]["approve_status"] = "Approved"
        bench.account.templates[3]["sender_id"] = "HOMEAD"
    assert (await send_one(bench.gateway, sender="HOMEAD")).status is bench.accepted
    assert bench.last.sender == "HOMEAD"


@checks(Capability.SCHEDULE)
async def _messages_are_scheduled(bench: Bench) -> None:
    send_at = datetime(2099, 7, 1, 18, 30, tzinfo=timezone(timedelta(hours=2)))
    assert (await send_one(bench.gateway, send_at=send_at)).status is Status.ACCEPTED
    assert bench.last.not_before == send_at


@checks(Capability.COMMERCIAL)
async def _commercial_messages_say_how_to_stop(bench: Bench) -> None:
    assert limit_of(await send_one(bench.gateway, commercial=True)) is Limit.COMMERCIAL_MENTION
    result = await send_one(bench.gateway, commercial=True, text="Sale! STOP sms-s.top")
    assert result.status is Status.ACCEPTED
    assert bench.last.extra["commercial"] is True


@checks(Capability.EXPRESS)
async def _delivery_is_express_or_standard(bench: Bench) -> None:
    for express in (None, True, False):
        assert (await send_one(bench.gateway, express=express)).status is Status.ACCEPTED
        assert bench.last.extra["express"] is (express is not False)


@checks(Capability.TEMPLATES)
async def _templates_are_sent(bench: Bench) -> None:
    assert (await send_one(bench.gateway, template_id="1107000000000000001")).status is bench.accepted
    assert "1107000000000000001" in bench.last.extra.values()


@checks(Capability.SENDER_LIST)
async def _senders_and_templates_are_listed(bench: Bench) -> None:
    senders, templates = await bench.gateway.fetch_senders(), await bench.gateway.fetch_templates()
    assert [(sender.sender_id, sender.approved) for sender in senders] == [("HOMEHA", True), ("HOMEAD", False)]
    assert [template.approved for template in templates] == [True, True, False, True]
    assert templates[0].message == "The front door is open."


@checks(Capability.CHANNEL)
async def _channels_are_sent(bench: Bench) -> None:
    for given, used in ((None, "1"), (3, "3")):
        assert (await send_one(bench.gateway, channel=given)).status is Status.ACCEPTED
        assert bench.last.extra["channel"] == used
    assert limit_of(await send_one(bench.gateway, channel=4)) is Limit.CHANNEL


@checks(Capability.REPLACE_CHARACTERS)
async def _characters_are_replaced(bench: Bench) -> None:
    text = "Été: 21°, “ok”…"
    assert limit_of(await send_one(bench.gateway, text=text)) is Limit.CHARACTERS
    replacing = bench.open(bench.provider, replace_characters=True)
    result = await send_one(replacing, text=text)
    assert result.status is Status.ACCEPTED
    assert bench.last.text.startswith("Ete: 21 deg, ")
    assert replacing.preview(new_message(bench.provider, text=text)).replaced["É"] == "E"


@checks(Capability.WEBHOOK_REPLY)
async def _answers_go_back_within_the_call(bench: Bench) -> None:
    bench.account.wait_for_response = True
    sent = await send_one(bench.gateway)
    longest = new_message(bench.provider, text="Thanks. ".ljust(160, "a"))
    bench.home.body = bench.gateway.prepare(longest)[0].text
    await bench.simulator.answer(sent.message.to, "On my way", bench.provider)
    assert (bench.last.text, bench.last.phone_number) == (longest.text, sent.message.to.removeprefix("+"))


@checks(Capability.CREDIT_PURCHASE)
async def _credits_are_bought(bench: Bench) -> None:
    (before,) = await bench.gateway.fetch_balance()
    assert CARD.type in bench.gateway.orders.card_types
    await bench.gateway.orders.buy_credits(CARD, 200)
    (after,) = await bench.gateway.fetch_balance()
    assert (after.amount or 0) - (before.amount or 0) == 200


@checks(Capability.KEYWORD_SETUP)
async def _keywords_are_rented_and_set_up(bench: Bench) -> None:
    orders = bench.gateway.orders
    assert await orders.is_free("home") is True
    await orders.rent("home", CARD)
    assert await orders.is_free("home") is False
    await orders.set_up(KeywordSetup(keyword="home", url=bench.home.url, autoreply="Welcome"))
    await orders.set_up(KeywordSetup(keyword="home", group="Home"))
    kept = bench.account.keywords["home"]
    assert (kept.url, kept.autoreply, kept.group, kept.email) == (bench.home.url, "Welcome", "Home", "")


@checks(Capability.CARRIER_LOOKUP)
async def _carriers_are_looked_up(bench: Bench) -> None:
    assert await bench.gateway.look_up_carrier(number(bench.provider)) == "VERIZONUS"


@checks(Capability.VOICE_BROADCAST)
async def _sounds_are_played(bench: Bench) -> None:
    numbers = (number(bench.provider, 5601), number(bench.provider, 5602))
    await bench.gateway.broadcast(VoiceBroadcast(numbers=numbers, caller_id="+12125550000", sound_file="alarm.wav"))
    calls = bench.simulator.messages(bench.provider)
    assert [f"+1{call.to}" for call in calls] == list(numbers)
    assert {(call.sender, call.text) for call in calls} == {("2125550000", "alarm.wav")}


@checks(Capability.CONTACTS)
async def _contacts_are_kept(bench: Bench) -> None:
    contacts, to = bench.gateway.contacts, number(bench.provider)
    group = await contacts.create_group("Family")
    made = await contacts.create_contact(group.id, to, {"FIRST_NAME": "Anna", "CITY": "Lyon"})
    assert (made.number, made.fields) == (to, {"FIRST_NAME": "Anna", "CITY": "Lyon"})
    changed = await contacts.update_contact(group.id, made.id, to, {"CITY": "Paris"})
    assert changed.fields == {"FIRST_NAME": "Anna", "CITY": "Paris"}
    assert [contact async for contact in contacts.contacts(group.id)] == [changed]
    assert await contacts.contact(group.id, made.id) == changed
    renamed = await contacts.rename_group(group.id, "Friends")
    assert (renamed.id, renamed.name) == (group.id, "Friends")
    assert (await contacts.group(group.id)).size == 1
    assert [kept.name for kept in await contacts.groups()] == ["Friends"]
    await contacts.delete_contact(group.id, made.id)
    await contacts.delete_group(group.id)
    assert await contacts.groups() == []
    for call in (contacts.group(group.id), contacts.contact(group.id, made.id)):
        with pytest.raises(NotFound):
            await call


@checks(Capability.CAMPAIGNS)
async def _campaigns_go_to_groups(bench: Bench) -> None:
    contacts = bench.gateway.contacts
    group = await contacts.create_group("Family")
    for last in (5601, 5602):
        await contacts.create_contact(group.id, number(bench.provider, last), {})
    (result,) = sent = await send(bench.gateway, [new_message(bench.provider, to=group.id, group_size=2)])
    assert result.status is Status.ACCEPTED
    assert result.message_id
    assert bench.gateway.preview(result.message).cost == 2
    await bench.simulator.settle()
    assert len(bench.simulator.messages(bench.provider)) == 2
    (report,) = await bench.gateway.fetch_reports(sent)
    campaign = await contacts.campaign(result.message_id)
    assert report.status is campaign.status is Status.DELIVERED
    assert (campaign.text, campaign.total, campaign.delivered) == ("The door is open", 2, 2)
    assert limit_of((await send(bench.gateway, [replace(result.message, group_size=0)]))[0]) is Limit.GROUP_EMPTY
    with pytest.raises(NotFound):
        await contacts.campaign("no-such-campaign")


@checks(Capability.MESSAGE_LIST)
async def _texts_are_listed(bench: Bench) -> None:
    sent = await send(bench.gateway, [new_message(bench.provider, last) for last in (5601, 5602)])
    await bench.simulator.settle()
    listed = [message async for message in bench.gateway.fetch_messages(10)]
    assert {message.message_id for message in listed} == {result.message_id for result in sent}
    assert [message async for message in bench.gateway.fetch_messages(1)] == listed[:1]
    assert await bench.gateway.fetch_message(listed[0].message_id) == listed[0]
    assert {message.status for message in listed} == {Status.DELIVERED}
    with pytest.raises(NotFound):
        await bench.gateway.fetch_message("no-such-text")


@checks(Capability.PROFILE)
async def _whose_account_it_is(bench: Bench) -> None:
    profile = await bench.gateway.fetch_profile()
    assert (profile.name, profile.email) == ("Demo Home", "demo@example.com")
    assert profile.id
