"""The action get_history: who wrote what, to whom, and what became of it."""

import base64
from datetime import datetime, timedelta
from pathlib import Path
import re
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service
import voluptuous as vol
import yaml

from custom_components.texting.const import DOMAIN
from custom_components.texting.delivery.incoming import IncomingRecord
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.gateway.message import IncomingMessage, Message
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import FailureReason, Status
from custom_components.texting.recipients import recipient_with_number
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_at_time
from tests.conftest import Connect, SetUp
from tests.simulator import Simulator
from tests.support import people
from tests.support.home import TRANSLATIONS, ask_to_send, text_of, told
from tests.support.routes import set_up_route
from tests.support.users import controls, new_user

HOUSE, PRO, CLUB = Provider.TEXTINGHOUSE, Provider.TEXTIOPRO, Provider.CLUB_TEXTING
ANNA, BEN, BEN_AT_WORK = "+33612345601", "+33612345602", "+33612345603"
STRANGER = "+33698765432"
# The moment of a message whose number is 0, in Unix seconds.
START = 1_790_000_000.0


async def history(hass: HomeAssistant, *, context: Context | None = None, **data: Any) -> dict[str, Any]:
    """Call the action and return its response."""
    response: Any = await hass.services.async_call(
        DOMAIN, "get_history", data, blocking=True, return_response=True, context=context
    )
    return dict(response)


async def texts(hass: HomeAssistant, **data: Any) -> list[str]:
    """Return the texts of the first page, which holds all."""
    answer = await history(hass, **data)
    assert answer["cursor"] is None
    return [row["text"] for row in answer["messages"]]


async def refused(hass: HomeAssistant, key: str, **data: Any) -> str:
    """Return the error of a mistake."""
    with pytest.raises(ServiceValidationError) as caught:
        await history(hass, **data)
    return text_of(caught.value, key)


def sent(entry: MockConfigEntry, number: int, *, to: str = ANNA, **changes: Any) -> MessageRecord:
    """Return a message that ended, as it is stored. The number is its time and its text."""
    recipient = recipient_with_number(entry, to)
    known = {"recipient_id": recipient.id if recipient else None}
    values: dict[str, Any] = {"status": Status.DELIVERED, "phase": Phase.DONE, **known, **changes}
    moment = START + number
    return MessageRecord(
        message=Message(reference=f"01JD{number:022}", to=to, text=f"sent {number}"),
        entry_id=entry.entry_id,
        created_at=moment,
        expires_at=moment + 3600,
        **values,
    )


def received(entry: MockConfigEntry, number: int, *, sender: str = ANNA, **changes: Any) -> IncomingRecord:
    """Return a text that came in, as it is stored."""
    moment = START + number
    return IncomingRecord(
        id=ulid_at_time(moment),
        entry_id=entry.entry_id,
        message=IncomingMessage(sender=sender, text=f"received {number}"),
        received_at=moment,
        fingerprint=f"{number:032}",
        is_handed_on=True,
        **changes,
    )


async def store(
    entry: MockConfigEntry, messages: list[MessageRecord] | None = None, incoming: list[IncomingRecord] | None = None
) -> None:
    """Write messages to the database."""
    await entry.runtime_data.outbox.database.write(messages or (), incoming=incoming or ())


async def link(hass: HomeAssistant, entry: MockConfigEntry, name: str, person: str) -> None:
    """Link a recipient to a person of Home Assistant, which is added."""
    await async_setup_component(hass, "person", {"person": [{"id": person, "name": person}]})
    await hass.async_block_till_done()
    subentry = next(each for each in entry.subentries.values() if each.title == name)
    entity = er.async_get(hass).async_get(f"person.{person}")
    assert entity
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "person": entity.id})
    await hass.async_block_till_done()


# -- what a message looks like -----------------------------------------------------------------------------------------


async def test_a_conversation(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, settle: Any
) -> None:
    entry = await set_up(HOUSE)
    await connect(entry)
    (first,) = await ask_to_send(hass, "Are you at home?", entity_id="notify.anna")
    await settle()
    await simulator.answer(ANNA, "Yes, = all good 👍")
    await settle()
    answer = await history(hass, entity_id="notify.anna")
    assert answer["cursor"] is None
    reply, text = answer["messages"]
    times = [datetime.fromisoformat(row.pop("time")) for row in (text, reply)]
    assert times == sorted(times)
    assert abs(dt_util.utcnow() - times[1]) < timedelta(minutes=1)
    assert times[0].utcoffset() == dt_util.now().utcoffset()
    accepted, delivered = (datetime.fromisoformat(text.pop(name)) for name in ("accepted_at", "delivered_at"))
    assert times[0] <= accepted <= delivered <= times[0] + timedelta(minutes=1)
    assert text == {
        "direction": "sent",
        "account": "TextingHouse",
        "account_id": entry.entry_id,
        "via": None,
        "recipient": "Anna",
        "number": ANNA,
        "text": "Are you at home?",
        "status": "delivered",
        "reason": None,
        "reason_text": None,
        "provider_status": text["provider_status"],
        "segments": 1,
        "cost": 1,
        "price": None,
        "currency": None,
        "reference": first["reference"],
        "message_id": first["message_id"],
        "incoming_id": None,
        "in_reply_to": None,
        "type": "sms",
    }
    assert text["provider_status"]
    found = await entry.runtime_data.outbox.database.find_incoming(reply["incoming_id"])
    assert found
    assert reply == {
        "direction": "received",
        "account": "TextingHouse",
        "account_id": entry.entry_id,
        "via": None,
        "recipient": "Anna",
        "number": ANNA,
        "text": "Yes, = all good 👍",
        "status": "received",
        "reason": None,
        "reason_text": None,
        "provider_status": None,
        "segments": None,
        "cost": None,
        "price": None,
        "currency": None,
        "reference": None,
        "message_id": found.message.message_id,
        "incoming_id": found.id,
        "in_reply_to": first["reference"],
        "type": "reply",
        "accepted_at": None,
        "delivered_at": None,
    }


async def test_a_text_that_failed_says_why_and_costs_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    with pytest.raises(HomeAssistantError):
        await ask_to_send(hass, "Water", account=entry.entry_id, to="+1 212 555 0142", sender="x" * 50)
    await told(hass)
    (row,) = (await history(hass))["messages"]
    assert (row["status"], row["cost"], row["recipient"], row["number"]) == ("rejected", 0, None, "+12125550142")
    unreachable = sent(
        entry,
        1,
        status=Status.UNDELIVERED,
        reason=FailureReason.UNREACHABLE,
        provider_status="UNDELIV",
        accepted_at=2.0,
    )
    await store(entry, [unreachable])
    row = (await history(hass, entity_id="notify.anna"))["messages"][0]
    in_words = TRANSLATIONS["selector"]["reason"]["options"]["unreachable"]
    assert (row["reason"], row["reason_text"]) == ("unreachable", in_words)
    # It was stored before costs were.
    assert (row["provider_status"], row["cost"]) == ("UNDELIV", None)


async def test_the_text_of_a_person_is_not_shown_if_it_is_not_kept(hass: HomeAssistant, set_up: SetUp) -> None:
    entry = await set_up(HOUSE)
    await store(entry, [], [received(entry, 1, keeps_text=False)])
    (row,) = (await history(hass))["messages"]
    assert (row["text"], row["number"], row["recipient"]) == (None, ANNA, "Anna")


async def test_names_are_those_of_now_and_removed_recipients_keep_theirs(hass: HomeAssistant, set_up: SetUp) -> None:
    entry = await set_up(HOUSE)
    anna, ben = entry.subentries.values()
    messages = [
        sent(entry, number, recipient_id=each.subentry_id, recipient_name=each.title)
        for number, each in enumerate((anna, ben))
    ]
    await store(entry, messages, [received(entry, 2, sender=STRANGER)])
    hass.config_entries.async_update_subentry(entry, anna, title="Anne")
    hass.config_entries.async_remove_subentry(entry, ben.subentry_id)
    await hass.async_block_till_done()
    assert [row["recipient"] for row in (await history(hass))["messages"]] == [None, "Ben", "Anne"]


# -- whose messages ----------------------------------------------------------------------------------------------------


async def test_each_person_has_its_own_history(hass: HomeAssistant, set_up: SetUp) -> None:
    house, pro = await set_up(HOUSE), await set_up(PRO)
    await store(
        house,
        [
            sent(house, 1),
            sent(house, 2, to=BEN),
            sent(house, 3, to=BEN_AT_WORK),
            sent(house, 4, to=STRANGER),
            sent(pro, 5),
        ],
        [received(house, 6), received(house, 7, sender=BEN), received(pro, 8), received(house, 9, sender=STRANGER)],
    )
    assert await texts(hass, entity_id="notify.anna") == ["received 6", "sent 1"]
    assert await texts(hass, entity_id="notify.ben") == ["received 7", "sent 3", "sent 2"]
    assert await texts(hass, entity_id="notify.anna_2") == ["received 8", "sent 5"]
    both = ["received 7", "received 6", "sent 3", "sent 2", "sent 1"]
    assert await texts(hass, entity_id=["notify.anna", "notify.ben"]) == both
    assert len(await texts(hass)) == 9
    assert await texts(hass, account=pro.entry_id) == ["received 8", "sent 5"]
    assert await texts(hass, account=pro.entry_id, entity_id="notify.anna") == []


async def test_a_person_is_all_its_recipients(hass: HomeAssistant, set_up: SetUp) -> None:
    house, pro = await set_up(HOUSE), await set_up(PRO)
    for entry in (house, pro):
        await link(hass, entry, "Anna", "eve")
    await store(house, [sent(house, 1), sent(pro, 2), sent(house, 3, to=BEN)], [received(pro, 4)])
    assert await texts(hass, entity_id="person.eve") == ["received 4", "sent 2", "sent 1"]
    assert await texts(hass, entity_id="person.eve", account=house.entry_id) == ["sent 1"]
    area = ar.async_get(hass).async_create("Cellar")
    ben = er.async_get(hass).async_get("notify.ben")
    assert ben
    assert ben.device_id
    dr.async_get(hass).async_update_device(ben.device_id, area_id=area.id)
    assert await texts(hass, area_id=area.id) == ["sent 3"]
    await refused(hass, "nobody_named", area_id=ar.async_get(hass).async_create("Attic").id)


async def test_a_route_shows_each_message_once_and_an_account_its_attempts(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, settle: Any, connect: Connect
) -> None:
    house, pro = await set_up(HOUSE), await set_up(PRO)
    await connect(house)
    route = await set_up_route(hass, [house, pro])
    (first,) = await ask_to_send(hass, "Fire", entity_id="notify.rita")
    await settle()
    await simulator.answer(ANNA, "Coming")
    await settle()
    for whose in ({"entity_id": "notify.rita"}, {}, {"entity_id": "notify.rita", "direction": "sent"}):
        rows = (await history(hass, **whose))["messages"]
        text = rows[-1]
        assert (text["reference"], text["account"], text["via"]) == (first["reference"], "Alerts", "TextingHouse")
        assert (text["cost"], text["recipient"]) == (1, "Rita")
        assert [row["text"] for row in rows[:-1]] == ([] if "direction" in whose else ["Coming"])
    for whose in ({"account": house.entry_id}, {"account": house.entry_id, "entity_id": "notify.rita"}):
        reply, attempt = (await history(hass, **whose))["messages"]
        assert (attempt["account"], attempt["via"], attempt["recipient"]) == ("TextingHouse", None, "Rita")
        assert attempt["reference"] != first["reference"]
        assert reply["in_reply_to"] == first["reference"]
    assert await texts(hass, account=route.entry_id) == ["Fire"]
    assert await texts(hass, account=pro.entry_id, entity_id="notify.rita") == []


async def test_who_is_nobody(hass: HomeAssistant, set_up: SetUp) -> None:
    entry = await set_up(HOUSE)
    await async_setup_component(hass, "person", {"person": [{"id": "eve", "name": "Eve"}]})
    await refused(hass, "not_a_recipient", entity_id="notify.bne")
    await refused(hass, "not_a_recipient", entity_id=["notify.anna", "sensor.textinghouse_last_delivery_status"])
    await refused(hass, "person_unknown", entity_id="person.eve")
    await refused(hass, "unknown_account", account="gone")
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    await refused(hass, "unknown_account", account=other.entry_id)
    assert await texts(hass, account=entry.entry_id) == []


async def test_who_may_read(hass: HomeAssistant, set_up: SetUp) -> None:
    entry = await set_up(HOUSE)
    await link(hass, entry, "Anna", "eve")
    await store(entry, [sent(entry, 1), sent(entry, 2, to=BEN)])
    user = Context(user_id=(await new_user(hass, controls("notify.anna", "person.eve"))).id)
    assert await texts(hass, context=user, entity_id="notify.anna") == ["sent 1"]
    assert await texts(hass, context=user, entity_id="person.eve") == ["sent 1"]
    for data in ({}, {"account": entry.entry_id}, {"entity_id": ["notify.anna", "notify.ben"]}, {"entity_id": "none"}):
        with pytest.raises(Unauthorized):
            await history(hass, context=user, **data)
    page = await history(hass, limit=1)
    with pytest.raises(Unauthorized):
        await history(hass, context=user, cursor=page["cursor"])
    await refused(hass, "wrong_cursor", context=user, entity_id="notify.anna", cursor=page["cursor"])


# -- which messages ----------------------------------------------------------------------------------------------------


async def test_directions_statuses_and_periods(hass: HomeAssistant, set_up: SetUp) -> None:
    entry = await set_up(HOUSE)
    await store(
        entry,
        [sent(entry, 1), sent(entry, 2, status=Status.EXPIRED), sent(entry, 3, status=Status.UNCERTAIN)],
        [received(entry, 4)],
    )
    assert await texts(hass, direction="sent") == ["sent 3", "sent 2", "sent 1"]
    assert await texts(hass, direction="received") == ["received 4"]
    assert await texts(hass, status="expired") == ["sent 2"]
    assert await texts(hass, status=["uncertain", "received", "rejected"]) == ["received 4", "sent 3"]
    assert await texts(hass, status=["received"], direction="sent") == []
    assert await texts(hass, status="delivered", direction="received") == []
    assert len(await texts(hass, status=[])) == 4
    first = dt_util.utc_from_timestamp(START + 2)
    assert await texts(hass, start=first.isoformat()) == ["received 4", "sent 3", "sent 2"]
    assert await texts(hass, end=first.isoformat()) == ["sent 1"]
    assert await texts(hass, start=first, end=first + timedelta(seconds=1)) == ["sent 2"]
    # A time without a zone is in the home's.
    await hass.config.async_set_time_zone("Asia/Kolkata")
    local = dt_util.as_local(first).replace(tzinfo=None)
    assert await texts(hass, start=local, end=local + timedelta(seconds=1)) == ["sent 2"]
    for start in (datetime.min, first):  # noqa: DTZ901  the action takes times without a zone
        assert len(await texts(hass, start=start, end=datetime.max)) >= 3  # noqa: DTZ901
    for end in (first, first - timedelta(days=1)):
        await refused(hass, "period_backwards", start=first, end=end)


@pytest.mark.parametrize(
    "data", [{"limit": 0}, {"limit": 201}, {"direction": "up"}, {"status": "lost"}, {"start": "x"}]
)
async def test_filters_that_are_none(hass: HomeAssistant, set_up: SetUp, data: dict[str, Any]) -> None:
    await set_up(HOUSE)
    with pytest.raises(vol.Invalid):
        await history(hass, **data)


# -- pages -------------------------------------------------------------------------------------------------------------


async def pages(hass: HomeAssistant, **data: Any) -> list[str]:
    """Return the texts of all pages."""
    answer = await history(hass, **data)
    found = [row["text"] for row in answer["messages"]]
    while answer["cursor"]:
        assert len(answer["messages"]) == data["limit"]
        answer = await history(hass, **data, cursor=answer["cursor"])
        found += [row["text"] for row in answer["messages"]]
    return found


async def test_pages(hass: HomeAssistant, set_up: SetUp) -> None:
    house, pro = await set_up(HOUSE), await set_up(PRO)
    messages = [sent((house, pro)[number % 2], number, to=(ANNA, BEN)[number % 3 % 2]) for number in range(23)]
    await store(house, messages, [received(house, number) for number in range(23, 40)])
    everything = await texts(hass)
    assert len(everything) == 40
    for limit in (1, 7, 39, 40, 41, 200):
        assert await pages(hass, limit=limit) == everything
    first = await history(hass, limit=5)
    await store(house, [sent(house, 50)], [received(house, 51)])
    # Another size of the page is still the same search.
    second = await history(hass, limit=6, cursor=first["cursor"])
    assert [row["text"] for row in second["messages"]] == everything[5:11]
    anna = {"entity_id": "notify.anna", "status": ["delivered", "received"], "start": dt_util.utc_from_timestamp(START)}
    page = await history(hass, limit=3, **anna)
    # The order of the statuses, and how a time is written, do not matter.
    again = {**anna, "status": ["received", "delivered"], "start": dt_util.as_local(anna["start"]).isoformat()}
    assert await history(hass, limit=3, cursor=page["cursor"], **again) == await history(
        hass, limit=3, cursor=page["cursor"], **anna
    )


async def test_cursors_of_others_and_broken_ones(hass: HomeAssistant, set_up: SetUp, hass_storage: Any) -> None:
    entry = await set_up(HOUSE)
    await store(entry, [sent(entry, number, to=(ANNA, BEN)[number % 2]) for number in range(6)])
    page = await history(hass, entity_id="notify.anna", limit=1)
    cursor: str = page["cursor"]
    assert cursor.isascii()
    assert "sent" not in base64.urlsafe_b64decode(cursor + "==").decode("latin-1")
    start = dt_util.utc_from_timestamp(START).isoformat()
    other_searches: list[dict[str, Any]] = [
        {},
        {"entity_id": "notify.ben"},
        {"entity_id": ["notify.anna", "notify.ben"]},
        {"entity_id": "notify.anna", "account": entry.entry_id},
        {"entity_id": "notify.anna", "direction": "sent"},
        {"entity_id": "notify.anna", "status": "delivered"},
        {"entity_id": "notify.anna", "start": start},
        {"entity_id": "notify.anna", "end": start},
    ]
    for search in other_searches:
        await refused(hass, "wrong_cursor", cursor=cursor, **search)
    middle = len(cursor) // 2
    edited = cursor[:middle] + ("A" if cursor[middle] != "A" else "B") + cursor[middle + 1 :]
    broken = [
        *("", " ", "x", "===", "é", "\udcff", cursor[:-1], cursor[1:], cursor + "A", cursor + "=", cursor + "\n"),
        *(f"{cursor[:9]}!{cursor[9:]}", edited, cursor.lower(), cursor * 2, "A" * 100_000),
        base64.urlsafe_b64encode(bytes(16) + b"[" * 100_000).decode(),
        *(
            base64.urlsafe_b64encode(bytes(16) + text).decode()
            for text in (b"[1.0, 0]", b"{}", b"null", b"[1e999, 0, 1]")
        ),
    ]
    for each in broken:
        await refused(hass, "wrong_cursor", cursor=each, entity_id="notify.anna")
    assert [row["text"] for row in (await history(hass, cursor=cursor, entity_id="notify.anna"))["messages"]] == [
        "sent 2",
        "sent 0",
    ]


async def test_a_cursor_of_another_home(hass: HomeAssistant, set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = await set_up(HOUSE)
    await store(entry, [sent(entry, number) for number in range(3)])
    cursor = (await history(hass, limit=1))["cursor"]

    async def other_home(_hass: HomeAssistant) -> str:
        return "0" * 32

    monkeypatch.setattr("custom_components.texting.services.history.instance_id.async_get", other_home)
    await refused(hass, "wrong_cursor", limit=1, cursor=cursor)


async def test_the_script_in_the_documentation(hass: HomeAssistant, set_up: SetUp) -> None:
    """It reads all pages."""
    entry = await set_up(HOUSE)
    page = (Path(__file__).parents[2] / "docs/history.md").read_text("utf-8")
    (script,) = [each for each in re.findall(r"```yaml\n(.+?)```", page, re.DOTALL) if each.startswith("sequence")]
    failed = [sent(entry, number, status=Status.EXPIRED) for number in range(405)]
    older, delivered = sent(entry, 500, status=Status.EXPIRED), sent(entry, 501)
    now = dt_util.utcnow().timestamp()
    for each in (*failed, delivered):
        each.created_at = now
    older.created_at = now - timedelta(days=40).total_seconds()
    await store(entry, [*failed, older, delivered])
    shown = async_mock_service(hass, "persistent_notification", "create")
    assert await async_setup_component(hass, "script", {"script": {"count": yaml.safe_load(script)}})
    await hass.services.async_call("script", "count", blocking=True)
    assert [call.data["message"] for call in shown] == ["405 texts did not arrive this month."]


# -- accounts that do not run ------------------------------------------------------------------------------------------


async def test_the_history_of_an_account_that_does_not_run(hass: HomeAssistant, set_up: SetUp) -> None:
    house, pro = await set_up(HOUSE), await set_up(PRO)
    await store(house, [sent(house, 1)], [received(house, 2)])
    await hass.config_entries.async_unload(house.entry_id)
    assert await texts(hass, entity_id="notify.anna") == ["received 2", "sent 1"]
    await hass.config_entries.async_set_disabled_by(house.entry_id, ConfigEntryDisabler.USER)
    assert await texts(hass, account=house.entry_id) == ["received 2", "sent 1"]
    assert await texts(hass) == ["received 2", "sent 1"]
    await hass.config_entries.async_unload(pro.entry_id)
    with pytest.raises(HomeAssistantError) as caught:
        await history(hass)
    text_of(caught.value, "history_closed")


async def test_before_any_account_was_loaded(hass: HomeAssistant) -> None:
    await async_setup_component(hass, DOMAIN, {})
    with pytest.raises(HomeAssistantError) as caught:
        await history(hass)
    text_of(caught.value, "history_closed")


@pytest.mark.parametrize("target", [{"entity_id": []}, {"entity_id": "none"}, {"area_id": []}, {"label_id": []}])
async def test_a_target_that_names_nobody_is_not_everybody(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, target: dict[str, Any]
) -> None:
    entry = await set_up(HOUSE)
    await store(entry, [sent(entry, 1)], [received(entry, 2)])
    await refused(hass, "nobody_named", **target)


async def test_a_number_that_changed_hands_takes_no_texts_along(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    await store(entry, [sent(entry, 1)])
    people.change(hass, entry, "Anna", numbers=["+33612345677"])
    people.change(hass, entry, "Ben", numbers=[ANNA])
    assert await texts(hass, entity_id="notify.ben") == []
    assert await texts(hass, entity_id="notify.anna") == ["sent 1"]


async def test_all_means_all_recipients_of_each_person(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    entry = await set_up(HOUSE)
    route = await set_up_route(hass, [entry])
    people.add(hass, route, "Anna", numbers=[ANNA], original=people.recipient_id(entry, "Anna"))
    await told(hass)
    await store(entry, [sent(entry, 1)], [received(entry, 2)])
    assert await texts(hass, entity_id="all") == ["received 2", "sent 1"]


async def test_a_reply_at_an_account_where_nobody_has_the_number_is_found(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator
) -> None:
    pro, house = await set_up(Provider.TEXTIOPRO), await set_up(HOUSE)
    await store(house, [], [received(house, 1)])
    assert await texts(hass, entity_id="notify.anna") == []
    people.remove(hass, house, "Anna")
    assert await texts(hass, entity_id="notify.anna") == ["received 1"]
    assert pro.entry_id != house.entry_id
