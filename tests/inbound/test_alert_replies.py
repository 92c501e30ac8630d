"""Replies to alerts in whole homes: each is taken before it is saved, and answered within the provider's call."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.texting import receiver
from custom_components.texting.alerting.events import Answer, Cleared
from custom_components.texting.alerting.model import State
from custom_components.texting.alerting.reply_choices import alert_choices, answer_of
from custom_components.texting.delivery.record import MessageRecord
from custom_components.texting.gateway.errors import MessageRejected
from custom_components.texting.gateway.message import IncomingMessage
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import Status
from custom_components.texting.inbound.loop_guard import MAX_TEXTS
from custom_components.texting.inbound.open_item import OpenItem, Reply
from custom_components.texting.open_questions import async_open_items, async_save_codes
from custom_components.texting.replies import async_reply
from custom_components.texting.targets import Address
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from tests.conftest import Connect, SetUp
from tests.services.test_ask import ask, texts_to, times_asked
from tests.services.test_questions import stop
from tests.simulator import Simulator
from tests.support.alerts import set_up_alert
from tests.support.home import restart, told, until
from tests.support.routes import ANNA, CLARA, set_up_route

HOUSE, CLUB, GROUP = Provider.TEXTINGHOUSE, Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
INCIDENT = "01JD0000000000000000000011"


class Alert:
    """An open incident of one account, which answers each reply with what it understood."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], number: str, place: int = 0) -> None:
        self.hass = hass
        self.account = entry.runtime_data
        self.number = number
        self.reference = f"ALERT{place}REPLY"
        self.replies: list[Reply] = []
        self.was_saved: list[bool] = []
        self.records: list[MessageRecord] = []
        self.item = OpenItem(
            question=("Water", "Smoke")[place],
            accounts=lambda: (entry.entry_id,),
            choices=alert_choices(hass.config.language),
            take=self.take,
            incident=f"{INCIDENT[:-1]}{place}",
            began_at=self.account.outbox.time(),
        )
        async_open_items(hass).open(self.item, [number])

    def compose(self, text: str, reference: str, **changes: Any) -> Any:
        address = Address(self.number, self.number, None)
        return self.account.compose(address, {"message": text, **changes}, reference=reference)

    async def tell(self, text: str, reference: str) -> MessageRecord:
        """Text the phone, with the incident's number."""
        code = async_open_items(self.hass).give_code(
            self.item, self.number, self.account.entry.entry_id, self.account.outbox.time()
        )
        async_save_codes(self.account.outbox.database, async_open_items(self.hass).codes_of(self.item))
        (record,) = await self.account.async_send_composed([self.compose(f"{text} {code}", reference)], self.item.add)
        return record

    def take(self, reply: Reply) -> None:
        received = self.account.state.inbox.find(reply.incoming_id)
        self.was_saved.append(received.is_saved or received.saved is not None)
        self.replies.append(reply)
        self.hass.async_create_background_task(self.answer(reply, len(self.replies)), "test")

    async def answer(self, reply: Reply, count: int) -> None:
        said = answer_of(reply.incoming.text, self.hass.config.language)
        outgoing = self.compose(f"Understood: {said}", f"{self.reference}{count}")
        record, _ = await async_reply(self.account, reply.incoming_id, outgoing, self.records.extend)
        if record.failure:
            self.account.state.inbox.cancel_reply(reply.incoming_id)


async def begin(hass: HomeAssistant, entry: ConfigEntry[Any], number: str) -> Alert:
    """Begin an incident. The phone was texted before, but not told of it."""
    account = entry.runtime_data
    hello = account.compose(Address(number, number, None), {"message": "Hello"}, reference="HELLO")
    await account.async_send_composed([hello])
    return Alert(hass, entry, number)


@pytest.mark.parametrize("provider", [CLUB, GROUP])
async def test_each_reply_is_answered_within_the_providers_call(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, provider: Provider
) -> None:
    """Also one of a phone that was not told, and one that is not understood."""
    entry = await set_up(provider)
    await connect(entry)
    alert = await begin(hass, entry, CLARA)
    assert await simulator.answer(CLARA, "OK", provider) == (200, "Understood: yes")
    await alert.tell("Water in the cellar", "FIRST")
    assert await simulator.answer(CLARA, "What is wrong?", provider) == (200, "Understood: unclear")
    assert await simulator.answer(CLARA, "NO 10", provider) == (200, "Understood: no")
    assert alert.was_saved == [False] * 3
    assert texts_to(simulator, CLARA) == ["Hello", "Water in the cellar 10"]
    stored = await entry.runtime_data.outbox.find(reference="ALERT0REPLY1")
    assert (stored.message.text, stored.status, stored.message.to) == ("Understood: yes", Status.ACCEPTED, CLARA)
    texts = [reply.incoming.text for reply in alert.replies]
    assert texts == ["OK", "What is wrong?", "NO"]
    assert [reply.incoming.in_reply_to for reply in alert.replies] == ["HELLO", "FIRST", "FIRST"]


async def test_a_reply_leaves_as_a_message_with_its_reference(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(HOUSE)
    await connect(entry)
    alert = await begin(hass, entry, ANNA)
    await simulator.answer(ANNA, "OK", HOUSE)
    await times_asked(simulator, ANNA, 2)
    last = simulator.messages()[-1]
    assert (last.text, last.client_id) == ("Understood: yes", "ALERT0REPLY1")
    await until(lambda: alert.records[0].accepted_at)


async def test_answers_count_in_the_loop_guard_and_alerts_do_not(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    """The incident hears of each reply all the same."""
    entry = await set_up(CLUB)
    await connect(entry)
    alert = Alert(hass, entry, CLARA)
    for count in range(MAX_TEXTS):
        await alert.tell("Water", f"TOLD{count}")
        assert await simulator.answer(CLARA, f"OK, {'so ' * count}", CLUB) == (200, "Understood: yes")
    assert await simulator.answer(CLARA, "No, sorry", CLUB) == (200, "")
    assert len(alert.replies) == MAX_TEXTS + 1
    assert isinstance(alert.records[-1].failure, MessageRejected)
    assert (await alert.tell("Water", "LAST")).status is Status.ACCEPTED
    assert len(texts_to(simulator, CLARA)) == MAX_TEXTS + 1


async def test_a_bare_answer_with_two_alerts_open_acknowledges_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(CLUB)
    await connect(entry)
    water, smoke = await begin(hass, entry, CLARA), Alert(hass, entry, CLARA, 1)
    which = "Which one? 10 Water, 11 Smoke. Reply OK and a number."
    assert await simulator.answer(CLARA, "OK", CLUB) == (200, which)
    await water.tell("Water", "FIRST")
    await smoke.tell("Smoke", "SECOND")
    assert await simulator.answer(CLARA, "Yes", CLUB) == (200, which)
    assert water.replies == smoke.replies == []
    assert await simulator.answer(CLARA, "OK 11", CLUB) == (200, "Understood: yes")
    assert (len(water.replies), len(smoke.replies)) == (0, 1)


async def test_a_question_beside_an_alert(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(CLUB)
    await connect(entry)
    alert = Alert(hass, entry, CLARA)
    await alert.tell("Water", "FIRST")
    asked = ask(hass, entity_id="notify.clara", question="Light off?", timeout={"minutes": 30})
    await times_asked(simulator, CLARA, 2)
    assert texts_to(simulator, CLARA)[1] == "Light off? Reply 11 and your answer."
    which = "Which one? 10 Water, 11 Light off. Reply the number and your answer."
    assert await simulator.answer(CLARA, "Yes", CLUB) == (200, which)
    assert await simulator.answer(CLARA, "OK 10", CLUB) == (200, "Understood: yes")
    assert not asked.done()
    assert await simulator.answer(CLARA, "11 yes", CLUB) == (200, "")
    assert (await asked)["choice"] == "yes"
    assert len(alert.replies) == 1
    await stop(asked)


async def test_a_late_text_and_stop_are_no_answers(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(CLUB)
    await connect(entry)
    alert = Alert(hass, entry, CLARA)
    await alert.tell("Water", "FIRST")
    await entry.runtime_data.receiver.async_receive(IncomingMessage(sender=CLARA, text="OK 10"), late=True)
    await simulator.answer(CLARA, "STOP", CLUB)
    assert alert.replies == []
    assert CLARA in entry.runtime_data.state.opt_outs


async def test_a_closed_number_is_told_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(CLUB)
    await connect(entry)
    alert = Alert(hass, entry, CLARA)
    await alert.tell("Water", "FIRST")
    async_open_items(hass).close(alert.item, entry.runtime_data.outbox.time())
    status, body = await simulator.answer(CLARA, "OK 10", CLUB) or (0, "")
    assert status == 200
    assert body.startswith("Water (10) is over since ")
    assert await simulator.answer(CLARA, "NO 10", CLUB) == (200, "")
    assert alert.replies == []


@pytest.mark.parametrize("language", ["de", "cs", "pl", "ja"])
async def test_the_words_that_our_texts_ask_for_count_in_every_home(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, language: str
) -> None:
    hass.config.language = language
    entry = await set_up(CLUB)
    await connect(entry)
    water, smoke = Alert(hass, entry, CLARA), Alert(hass, entry, CLARA, 1)
    await water.tell("Water", "FIRST")
    await smoke.tell("Smoke", "SECOND")
    assert await simulator.answer(CLARA, "NO 11", CLUB) == (200, f"Understood: {Answer.NO}")
    assert await simulator.answer(CLARA, "ok 10", CLUB) == (200, f"Understood: {Answer.YES}")
    assert (len(water.replies), len(smoke.replies)) == (1, 1)


# -- restarts ----------------------------------------------------------------------------------------------------------


async def raised(hass: HomeAssistant, simulator: Simulator) -> Any:
    """Return an alert that was raised and told to Clara."""
    alert = await set_up_alert(hass, who=["notify.clara"])
    alert.runtime_data.async_raise("Water in the cellar")
    await times_asked(simulator, CLARA, 1)
    await until(lambda: alert.runtime_data.incident.told)
    return alert


async def test_an_answer_before_the_alert_is_set_up_counts(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    """Accounts may be ready before alerts. What a phone answers then is neither lost nor over."""
    account = await set_up(CLUB)
    await connect(account)
    alert = await raised(hass, simulator)
    await hass.config_entries.async_unload(alert.entry_id)
    await restart(hass, account)
    answered = hass.async_create_task(simulator.answer(CLARA, "OK 10", CLUB))
    items = async_open_items(hass)
    await until(lambda: hass.data["texting_alert_replies"].get(alert_id(hass)))
    await hass.config_entries.async_setup(alert.entry_id)
    status, body = await answered or (0, "")
    assert (status, body.partition(".")[0]) == (200, "Thank you")
    assert alert.runtime_data.incident.state is State.ACKNOWLEDGED
    assert async_open_items(hass) is items


def alert_id(hass: HomeAssistant) -> str:
    """Return the id of the only incident whose answers are kept."""
    (incident_id,) = hass.data["texting_alert_items"]
    return str(incident_id)


async def test_an_alert_goes_on_with_its_number_after_a_restart(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    account = await set_up(CLUB)
    await connect(account)
    alert = await raised(hass, simulator)
    await hass.config_entries.async_unload(alert.entry_id)
    await restart(hass, account)
    await hass.config_entries.async_setup(alert.entry_id)
    status, body = await simulator.answer(CLARA, "NO 10", CLUB) or (0, "")
    assert (status, body) == (200, "Understood. Others are asked about Water in the cellar (10).")


async def test_an_alert_that_ended_before_a_restart_is_over(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    account = await set_up(CLUB)
    await connect(account)
    alert = await raised(hass, simulator)
    alert.runtime_data.handle(Cleared())
    await times_asked(simulator, CLARA, 2)
    await told(hass)
    await hass.config_entries.async_unload(alert.entry_id)
    await restart(hass, account)
    await hass.config_entries.async_setup(alert.entry_id)
    status, body = await simulator.answer(CLARA, "OK 10", CLUB) or (0, "")
    assert status == 200
    assert body.startswith("Water in the cellar (10) is over since ")


# -- words -------------------------------------------------------------------------------------------------------------


async def test_what_is_not_understood_again_ends_the_request_at_once(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "COMMAND_TIMEOUT", 3600.0)
    await connect(await set_up(CLUB))
    await raised(hass, simulator)
    status, body = await simulator.answer(CLARA, "What?", CLUB) or (0, "")
    assert (status, body.partition(".")[0]) == (200, "Sorry, not understood")
    assert await simulator.answer(CLARA, "Who is this?", CLUB) == (200, "")


async def test_letters_that_a_provider_refuses_are_left_out(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    await connect(await set_up(CLUB, options={"replace_characters": False}))
    alert = await set_up_alert(hass, who=["notify.clara"])
    alert.runtime_data.async_raise("Вода в подвале (café)")
    await times_asked(simulator, CLARA, 1)
    (text,) = texts_to(simulator, CLARA)
    assert text.startswith("ALERT 10: (cafe), ")
    assert text.endswith("Reply OK 10 if you take care of it, NO 10 if you cannot.")


async def test_letters_that_a_provider_refuses_are_left_out_of_what_asks_back(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    entry = await set_up(CLUB)
    await connect(entry)
    water, smoke = await begin(hass, entry, CLARA), Alert(hass, entry, CLARA, 1)
    water.item.question = "Вода в подвале"
    assert await simulator.answer(CLARA, "OK", CLUB) == (200, "Which one? 10, 11 Smoke. Reply OK and a number.")
    async_open_items(hass).close(water.item, entry.runtime_data.outbox.time())
    assert await simulator.answer(CLARA, "OK 10", CLUB) == (200, "Question 10 is over.")
    assert smoke.replies == []


async def test_who_cannot_reply_gets_no_number(hass: HomeAssistant, set_up: SetUp) -> None:
    entry = await set_up(Provider.THESMSPOINT)
    assert not entry.runtime_data.receiving_accounts
    (person,) = [state.entity_id for state in hass.states.async_all("notify")][:1]
    alert = await set_up_alert(hass, who=[person])
    alert.runtime_data.async_raise("Water in the cellar")
    notification = alert.runtime_data.incident.notification(1)
    assert notification.code is None
    assert notification.text.startswith("ALERT: Water in the cellar, ")
    assert notification.text.endswith(" Acknowledge it in Home Assistant.")


# -- the limit of urgent texts -----------------------------------------------------------------------------------------

LIMITED = {"urgent_limit": 1}


async def test_some_urgent_texts_pass_the_daily_limit(hass: HomeAssistant, set_up: SetUp, simulator: Simulator) -> None:
    entry = await set_up(HOUSE, options=LIMITED)
    alert = Alert(hass, entry, ANNA)
    first, second = (alert.compose(each, each, urgent=True) for each in ("FIRST", "SECOND"))
    third = replace(alert.compose("THIRD", "THIRD", urgent=True), passes_limit=True)
    records = await entry.runtime_data.async_send_composed([first, second, third])
    assert [record.status for record in records] == [Status.ACCEPTED, Status.REJECTED, Status.ACCEPTED]
    assert texts_to(simulator, ANNA) == ["FIRST", "THIRD"]
    # They count.
    assert entry.runtime_data.state.segments_used(urgent=True) == 2


async def test_a_text_that_is_not_urgent_does_not_pass(hass: HomeAssistant, set_up: SetUp) -> None:
    entry = await set_up(HOUSE, options={"daily_limit": 1})
    alert = Alert(hass, entry, ANNA)
    passing = [replace(alert.compose(each, each), passes_limit=True) for each in ("FIRST", "SECOND")]
    records = await entry.runtime_data.async_send_composed(passing)
    assert [record.status for record in records] == [Status.ACCEPTED, Status.REJECTED]


@pytest.mark.parametrize("passes", [True, False])
async def test_a_route_hands_it_on_also_after_a_restart(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, passes: bool
) -> None:
    account = await set_up(HOUSE, options=LIMITED)
    alert = Alert(hass, account, ANNA)
    await account.runtime_data.async_send_composed([alert.compose("FIRST", "FIRST", urgent=True)])
    route = await set_up_route(hass, [account])
    await hass.config_entries.async_unload(account.entry_id)
    outgoing = route.runtime_data.compose(
        Address(ANNA, ANNA, None), {"message": "SECOND", "urgent": True}, reference="SECOND", passes_limit=passes
    )
    records = await route.runtime_data.async_admit([outgoing])
    await route.runtime_data.async_add(records)
    await hass.config_entries.async_unload(route.entry_id)
    await hass.config_entries.async_setup(route.entry_id)
    await hass.config_entries.async_setup(account.entry_id)
    await until(lambda: route.runtime_data.outbox.get("SECOND") is None or len(texts_to(simulator, ANNA)) > 1)
    assert texts_to(simulator, ANNA) == (["FIRST", "SECOND"] if passes else ["FIRST"])
