"""Test that strangers and broken servers cannot fill the disk, the memory or the event loop."""

import asyncio
from collections.abc import Callable
import json
from pathlib import Path
import threading
from typing import Any

import aiohttp
import pytest

from custom_components.texting.gateway.message import with_media
from custom_components.texting.gateway.phone_number import from_gateway, is_e164
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers.thesmspoint import responses as thesmspoint
from custom_components.texting.gateway.providers.ultimate_sms import responses as ultimate_sms, sends
from custom_components.texting.storage.account_store import AccountStore
from homeassistant.core import HomeAssistant
from homeassistant.helpers import json as json_helper
from tests.conftest import Connect, SetUp
from tests.support.home import record_changes
from tests.support.samples import new_message
from tests.test_webhook import EVERY, REPLY, incoming_of, text_field

HOUSE, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
LONG = "9" * 50_000


async def call(url: str, *bodies: dict[str, Any]) -> None:
    async with aiohttp.ClientSession() as session:
        for body in bodies:
            async with session.post(url, json=body) as response:
                assert response.status == 200


# -- senders -----------------------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("sender", ["+0001", "Bank"])
async def test_a_forged_stop_of_no_number_is_no_opt_out(
    hass: HomeAssistant, set_up: SetUp, connect: Connect, provider: Provider, sender: str
) -> None:
    entry = await set_up(provider)
    events = record_changes(hass, incoming_of(entry))
    url = await connect(entry)
    body = {**REPLY[provider], text_field(provider): "STOP"}
    await call(url, *({**body, "from": f"{sender}{number}{'x' * 50_000}"} for number in range(20)))
    await hass.async_block_till_done()
    assert entry.runtime_data.store.memory.opted_out == {}
    # It is shown as a text.
    assert len(events) == 20
    assert all(len(event.attributes["from"]) <= 20 for event in events)


@EVERY
async def test_the_opt_out_of_a_number_counts(set_up: SetUp, connect: Connect, provider: Provider) -> None:
    entry = await set_up(provider)
    await call(await connect(entry), {**REPLY[provider], text_field(provider): "STOP"})
    assert len(entry.runtime_data.store.memory.opted_out) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+33612345601", True),
        ("+1234567", True),
        *((text, False) for text in ("+0612345601", "+123456", "+1234567890123456", "33612345601", "+3361234560x")),
        *((text, False) for text in ("+33612345601\n", "+٣٣٦١٢٣٤٥٦٠١", "")),
    ],
)
def test_a_number_in_e164(text: str, expected: bool) -> None:
    assert is_e164(text) is expected


@pytest.mark.parametrize("region", [None, "US"])
@pytest.mark.parametrize(
    "written", ["x" * 60_000, "+" + "1" * 60_000, "+1212555014" + "2" * 20, "+12125550142" + " x" * 9]
)
def test_a_long_sender_is_cut_and_becomes_no_number(written: str, region: str | None) -> None:
    sender = from_gateway(written, region)
    assert sender == written[:20]
    assert not is_e164(sender)


async def test_the_file_is_written_outside_the_event_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 100,000 opt-outs that would hold up the whole home at each STOP.

    The test kit's Home Assistant writes no such files, so this is a bare one.
    """
    hass = HomeAssistant(str(tmp_path))
    store, threads = AccountStore(hass, "an-account"), list[int]()
    prepare: Callable[..., Any] = json_helper.prepare_save_json

    def noted(data: dict[str, Any], **options: Any) -> Any:
        threads.append(threading.get_ident())
        # It changes while the thread writes a copy of it.
        store.memory.opted_out["+33612345602"] = ""
        return prepare(data, **options)

    monkeypatch.setattr(json_helper, "prepare_save_json", noted)
    store.memory.opted_out["+33612345601"] = ""
    store.async_changed()
    await store.async_save()
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    saved = json.loads(await asyncio.to_thread(Path(store._store.path).read_text))["data"]["opted_out"]
    assert list(saved) == ["+33612345601"]
    await hass.async_stop(force=True)


# -- ids ---------------------------------------------------------------------------------------------------------------


def test_long_ids_of_thesmspoint_are_none() -> None:
    message = new_message(Provider.THESMSPOINT)
    (result,) = thesmspoint.results([message], {"status": "success", "message_id": LONG})
    assert (result.message_id, result.batch_id) == (None, None)
    data = {"ErrorCode": "000", "JobId": LONG, "MessageData": [{"Number": message.to, "message_id": LONG}]}
    (result,) = thesmspoint.results([message], data)
    assert (result.message_id, result.batch_id) == (None, None)


def test_long_ids_of_textiopro_are_none() -> None:
    assert ultimate_sms.id_of({"uid": LONG, "id": 5}) == "5"
    assert ultimate_sms.id_of({"uid": LONG}) == ""
    assert ultimate_sms.id_of({"uid": "a" * 100}) == "a" * 100
    assert ultimate_sms.incoming({"uid": LONG, "from": "33612345601", "message": "Hi"}).message_id is None
    assert sends.result(new_message(Provider.TEXTIOPRO), {"uid": LONG, "status": "Sent"}).message_id is None


@pytest.mark.parametrize("provider", [CLUB, GROUP])
async def test_the_inbox_keeps_no_long_id(set_up: SetUp, connect: Connect, provider: Provider) -> None:
    entry = await set_up(provider)
    url = await connect(entry)
    await call(
        url,
        {"from": "2125550142", "message": "Hi", "messageid": LONG},
        {
            "id": LONG,
            "type": "inbound_text.received",
            "fromNumber": "2125550142",
            "toNumber": "58392",
            "message": "Yes",
        },
    )
    kept = [each.record.message for each in entry.runtime_data.state.inbox._messages.values()]
    assert [(each.message_id, each.replied_message_id) for each in kept] == [(None, None)] * 2


async def test_the_inbox_keeps_no_long_id_of_textinghouse(set_up: SetUp, connect: Connect) -> None:
    entry = await set_up(HOUSE)
    await call(await connect(entry), {**REPLY[HOUSE], "apimsgid": LONG})
    (kept,) = entry.runtime_data.state.inbox._messages.values()
    assert kept.record.message.replied_message_id is None


# -- links -------------------------------------------------------------------------------------------------------------


class Counted(str):
    """A text that counts how often something is looked for in it."""

    __slots__ = ("searches",)

    def __contains__(self, part: object) -> bool:
        self.searches = getattr(self, "searches", 0) + 1
        return isinstance(part, str) and str.__contains__(self, part)


def test_few_links_are_looked_for_in_a_text() -> None:
    text = Counted("http://" * 4_500)
    links = [f"http://{number:x}" for number in range(2_700)]
    assert with_media(text, {"media": " ".join(links)}).splitlines() == [text, *links[:10]]
    assert text.searches == 10
