"""Tests that every provider passes, whatever its capabilities."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from custom_components.texting.gateway.capabilities import Capability, MessageType
from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    InsufficientCredit,
    Limit,
    MessageRejected,
    Unsupported,
    WebhookRejected,
)
from custom_components.texting.gateway.message import WebhookCall
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS
from custom_components.texting.gateway.status import FailureReason, Status
from tests.support.gateways import Bench, limit_of
from tests.support.samples import new_message, send, send_one

PROVIDERS = pytest.mark.parametrize("provider", Provider)


# The secret field of an account.
SECRETS = {
    Provider.TEXTINGHOUSE: "password",
    Provider.TEXTIOPRO: "api_token",
    Provider.CLUB_TEXTING: "password",
    Provider.GROUP_TEXTING: "password",
    Provider.THESMSPOINT: "api_key",
}
NO_CREDIT: dict[Provider, Any] = {
    Provider.THESMSPOINT: dict.fromkeys(("OTP", "Promotional", "Transactional"), Decimal())
}


@PROVIDERS
def test_data_fits_together(provider: Provider) -> None:
    info = GATEWAYS[provider].info
    fields = {field.name: field for field in info.fields}
    pushed = {Capability.DELIVERY_REPORTS, Capability.INCOMING_PUSH}
    assert info.provider is provider
    assert set(info.identity) <= set(fields)
    assert [field.name for field in info.fields if field.secret] == [SECRETS[provider]]
    assert fields["url"].advanced
    assert str(fields["url"].default).startswith("https://")
    assert all(field.default in field.choices for field in info.fields if field.choices)
    assert info.uses_webhook is bool(pushed & info.capabilities)
    assert info.receives is bool({Capability.INCOMING_PUSH, Capability.INCOMING_POLL} & info.capabilities)
    assert info.reports is bool({Capability.STATUS, Capability.DELIVERY_REPORTS} & info.capabilities)
    assert (info.batch_size > 1) is (Capability.BATCH in info.capabilities)
    assert (info.test_number is not None) is (Capability.FREE_TEST in info.capabilities)
    assert bool(info.languages) is (MessageType.VOICE in info.message_types)
    assert info.sender_field in {None, *fields}


@PROVIDERS
def test_settings_are_read_from_a_mapping(provider: Provider) -> None:
    kind = GATEWAYS[provider]
    secret = kind.settings_type.from_mapping({SECRETS[provider]: "s3cret"})
    assert "s3cret" not in repr(secret)
    by_default = kind.settings_type.from_mapping(
        {"provider": provider, "webhook_id": "secret", "add_stop_mention": True}
    )
    for field in kind.info.fields:
        assert getattr(by_default, field.name) == (field.default or (False if field.switch else ""))
        other = True if field.switch else "other"
        assert getattr(kind.settings_type.from_mapping({field.name: other}), field.name) == other
    assert (by_default.replace_characters, by_default.add_stop_mention) == (False, True)
    applied = {field.name for field in kind.info.fields if field.applied_in_place}
    assert applied == {"sender", "sender_id", "template_id", "channel", "country", "own_number"} & {
        f.name for f in kind.info.fields
    }


@PROVIDERS
def test_settings_may_be_replaced_in_place(bench: Bench) -> None:
    if (field := bench.info.sender_field) is None:
        assert not bench.gateway.settings.default_sender
        return
    gateway = bench.gateway
    gateway.settings = replace(gateway.settings, **{field: "not a sender!"})
    if bench.info.sender_pattern:
        with pytest.raises(MessageRejected):
            gateway.preview(new_message(bench.provider))
    gateway.settings = replace(gateway.settings, **{field: "Other"})
    assert gateway.preview(new_message(bench.provider))
    assert gateway._sender(new_message(bench.provider)) == "Other"


@PROVIDERS
async def test_sends_one(bench: Bench) -> None:
    message, preview = bench.gateway.prepare(new_message(bench.provider))
    (result,) = await bench.gateway.send([message])
    assert (result.message, result.status, result.error) == (message, Status.ACCEPTED, None)
    assert (preview.text, preview.segments) == ("The door is open", 1)
    assert (bench.last.text, len(bench.simulator.messages())) == ("The door is open", 1)


@PROVIDERS
async def test_what_is_prepared_is_what_was_previewed(bench: Bench) -> None:
    message = new_message(bench.provider, title="Alarm")
    ready, preview = bench.gateway.prepare(message)
    assert bench.gateway.preview(message) == preview
    assert ready == replace(message, title=preview.title, text=preview.text)
    has_titles = Capability.TITLE in bench.info.capabilities
    expected = ("Alarm", "The door is open") if has_titles else (None, "Alarm\nThe door is open")
    assert (ready.title, ready.text) == expected
    # Preparing it again changes nothing.
    assert bench.gateway.prepare(ready) == (ready, preview)
    with pytest.raises(MessageRejected):
        bench.gateway.prepare(replace(message, title=None, text=" "))
    assert not bench.simulator.requests()


@PROVIDERS
def test_a_batchs_messages_differ_in_number_and_reference_only(bench: Bench) -> None:
    first, second = new_message(bench.provider), new_message(bench.provider, 5602)
    key = bench.gateway.batch_key(first)
    assert hash(key) == hash(bench.gateway.batch_key(second))
    assert key == bench.gateway.batch_key(second)
    assert key == bench.gateway.batch_key(replace(second, replace_characters=True))
    for other in ({"sender": "Home"}, {"title": "Alarm"}, {"text": "ê"}, {"template_id": "1"}):
        assert key != bench.gateway.batch_key(replace(second, **other))


@PROVIDERS
async def test_nothing_secret_stands_in_a_url(bench: Bench) -> None:
    sent = await send(bench.gateway, [new_message(bench.provider, last) for last in (5601, 5602)])
    await bench.gateway.verify()
    if Capability.STATUS in bench.info.capabilities:
        await bench.gateway.fetch_reports(sent)
    assert bench.simulator.requests(bench.provider)
    assert all(set(request.query) <= {"page"} for request in bench.simulator.requests(bench.provider))


@PROVIDERS
async def test_one_refused_number_stops_no_other(bench: Bench) -> None:
    bad = {Provider.TEXTINGHOUSE: "letters"}.get(bench.provider, "+12")
    messages = [
        new_message(bench.provider, 5601),
        new_message(bench.provider, to=bad),
        new_message(bench.provider, 5602),
    ]
    first, second, third = await send(bench.gateway, messages)
    assert (first.status, third.status) == (Status.ACCEPTED, Status.ACCEPTED)
    assert second.status in (Status.REJECTED, Status.UNCERTAIN)
    assert second.error is not None
    assert len(bench.simulator.messages()) == 2


@PROVIDERS
async def test_wrong_credentials(bench: Bench) -> None:
    await bench.gateway.verify()
    locked_out = bench.open(bench.provider, **{SECRETS[bench.provider]: "wrong"})
    with pytest.raises(AuthenticationFailed):
        await locked_out.verify()
    assert (await send_one(locked_out)).reason is FailureReason.AUTHENTICATION


@PROVIDERS
async def test_no_credit(bench: Bench) -> None:
    bench.account.credit = NO_CREDIT.get(bench.provider, Decimal())
    result = await send_one(bench.gateway)
    assert isinstance(result.error, InsufficientCredit)
    assert result.reason is FailureReason.INSUFFICIENT_CREDIT


@PROVIDERS
async def test_empty_texts_are_refused(bench: Bench) -> None:
    assert limit_of(await send_one(bench.gateway, text=" \n")) is Limit.TEXT_EMPTY
    assert not bench.simulator.requests()


@PROVIDERS
async def test_half_characters_stop_no_other(bench: Bench) -> None:
    texts = ("The door is open", "a\ud83d", "The door is shut")
    first, second, third = await send(bench.gateway, [new_message(bench.provider, text=text) for text in texts])
    assert (first.status, third.status) == (Status.ACCEPTED, Status.ACCEPTED)
    assert limit_of(second) is Limit.CHARACTERS
    assert isinstance(second.error, MessageRejected)
    assert second.error.details["characters"] == "U+D83D"
    assert limit_of(await send_one(bench.gateway, title="\udc4d")) is Limit.CHARACTERS
    assert len(bench.simulator.messages()) == 2


OPTIONS: dict[Capability, dict[str, Any]] = {
    Capability.SENDER: {"sender": "Home"},
    Capability.SCHEDULE: {"send_at": datetime(2099, 1, 1, tzinfo=UTC)},
    Capability.COMMERCIAL: {"commercial": True},
    Capability.EXPRESS: {"express": True},
    Capability.TEMPLATES: {"template_id": "1"},
    Capability.CHANNEL: {"channel": 1},
}


@PROVIDERS
@pytest.mark.parametrize("capability", OPTIONS)
async def test_what_a_provider_has_not_is_refused(bench: Bench, capability: Capability) -> None:
    if capability in bench.info.capabilities:
        assert bench.gateway.preview(new_message(bench.provider, **_allowed(OPTIONS[capability])))
        return
    with pytest.raises(Unsupported) as raised:
        bench.gateway.preview(new_message(bench.provider, **OPTIONS[capability]))
    assert raised.value.details["option"] in OPTIONS[capability]


def _allowed(option: dict[str, Any]) -> dict[str, Any]:
    return {**option, "text": "Sale! STOP sms-s.top"} if "commercial" in option else option


@PROVIDERS
async def test_other_types_and_media(bench: Bench) -> None:
    for kind in set(MessageType) - set(bench.info.message_types):
        with pytest.raises(Unsupported):
            bench.gateway.preview(new_message(bench.provider, type=kind))
    with pytest.raises(Unsupported):
        bench.gateway.preview(new_message(bench.provider, media_url="https://example.com/a.jpg"))


@PROVIDERS
async def test_calls_a_provider_has_not(bench: Bench) -> None:
    has, gateway = bench.info.capabilities, bench.gateway
    calls: dict[Capability, Callable[[], Awaitable[object]]] = {
        Capability.STATUS: lambda: gateway.fetch_reports([]),
        Capability.INCOMING_POLL: gateway.fetch_incoming,
        Capability.MESSAGE_LIST: lambda: anext(gateway.fetch_messages(1)),
        Capability.PROFILE: gateway.fetch_profile,
    }
    for capability, call in calls.items():
        if capability not in has:
            with pytest.raises(Unsupported):
                await call()
    if Capability.MESSAGE_LIST not in has:
        with pytest.raises(Unsupported):
            await gateway.fetch_message("1")
    if Capability.CONTACTS not in has:
        with pytest.raises(Unsupported):
            _ = gateway.contacts
    if Capability.CAMPAIGNS not in has:
        for size in (0, 3):
            with pytest.raises(Unsupported):
                gateway.preview(new_message(bench.provider, to="6415907d0d7a6", group_size=size))
    if Capability.SENDER_LIST not in has:
        for list_all in (gateway.fetch_senders, gateway.fetch_templates):
            with pytest.raises(Unsupported):
                await list_all()
    with pytest.raises(WebhookRejected if bench.info.uses_webhook else Unsupported):
        gateway.parse_webhook(WebhookCall(method="POST", parameters={"nonsense": "1"}))


@PROVIDERS
async def test_a_title_is_never_lost(bench: Bench) -> None:
    await send_one(bench.gateway, title="Alarm")
    if Capability.TITLE not in bench.info.capabilities:
        assert bench.last.text == "Alarm\nThe door is open"
