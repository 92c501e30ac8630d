"""Questions, answers, late and repeated texts, and restarts in any order: no answer lands on another question."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
import time

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.gateway.message import IncomingMessage
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.open_questions import async_open_items
from homeassistant.core import HomeAssistant
from tests.conftest import SetUp
from tests.services.test_ask import Asked, ask
from tests.simulator import Simulator
from tests.support.home import restart, until

PHONES = ("+33612345601", "+33612345602", "+33612345699")
SEEDS, STEPS = 12, 40


@dataclass(eq=False)
class Question:
    """One question, and what its person was told."""

    name: str
    phone: str
    asked: Asked
    # The text that arrived, and our reference of it.
    text: str = ""
    reference: str = ""
    is_answered: bool = False

    @property
    def code(self) -> str:
        """The number that the person can read in the text, or an empty text."""
        return self.text.partition("Reply ")[2][:2]


class Home:
    """A home that asks three phones, and people who reply as they like."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, seed: int) -> None:
        self.hass, self.entry, self.simulator = hass, entry, simulator
        self.random = Random(seed)  # noqa: S311  a repeatable test
        self.open: list[Question] = []
        self.closed: list[Question] = []
        self.texts: list[IncomingMessage] = []
        self.count = 0

    def to(self, phone: str) -> list[str]:
        """Return the texts that a phone has received."""
        return [message.text for message in self.simulator.messages() if message.to == phone[1:]]

    async def receive(self, phone: str, text: str, *, reference: str | None = None, ago: float | None = None) -> None:
        sent_at = None if ago is None else datetime.fromtimestamp(time.time(), UTC) - timedelta(seconds=ago)
        self.count += 1
        incoming = IncomingMessage(
            sender=phone, text=text, message_id=f"own{self.count}", reference=reference, sent_at=sent_at
        )
        self.texts.append(incoming)
        await self.take(incoming)

    async def take(self, incoming: IncomingMessage) -> None:
        received = await self.entry.runtime_data.receiver.async_receive(incoming)
        if received and received.published:
            await asyncio.wait([received.published])
        await self.hass.async_block_till_done()

    async def answered(self, question: Question, name: str) -> None:
        """Check what a question got, and forget it."""
        assert (await question.asked)["slots"] == {"name": name}
        question.is_answered = True
        self.open.remove(question)
        self.closed.append(question)

    # -- what may happen ---------------------------------------------------------------------------------------------

    async def ask(self) -> None:
        self.count += 1
        name, phone = f"q{self.count}", self.random.choice(PHONES)
        fields = {"account": self.entry.entry_id, "to": phone, "choices": {"any": "{name}"}}
        question = Question(name, phone, ask(self.hass, **fields, question=f"{name}?", timeout={"minutes": 30}))
        await until(lambda: any(text.startswith(f"{name}?") for text in self.to(phone)))
        message = next(each for each in self.simulator.messages() if each.text.startswith(f"{name}?"))
        question.text, question.reference = message.text, message.client_id or ""
        outbox = self.entry.runtime_data.outbox
        await until(lambda: (record := outbox.get(question.reference)) is None or record.has_result)
        self.open.append(question)

    async def stop(self) -> None:
        """An automation is stopped."""
        if self.open:
            question = self.open.pop(self.random.randrange(len(self.open)))
            question.asked.cancel()
            await asyncio.wait([question.asked])
            self.closed.append(question)

    async def answer_with_number(self) -> None:
        """It finds its question, whenever it was written, and whatever else is open."""
        if numbered := [each for each in self.open if each.code]:
            question = self.random.choice(numbered)
            words = self.random.choice(("{} {}", "#{}: {}", "{}, {}", "{}. {}"))
            await self.receive(
                question.phone, words.format(question.code, question.name), ago=self.random.choice((None, 0, 90_000))
            )
            await self.answered(question, question.name)

    async def answer_named(self) -> None:
        """It finds the question whose message the provider names."""
        if self.open:
            question = self.random.choice(self.open)
            await self.receive(question.phone, question.name, reference=question.reference)
            await self.answered(question, question.name)

    async def answer_bare(self) -> None:
        """It finds the only open question of the phone, else the person is asked which."""
        if self.open:
            phone = self.random.choice(self.open).phone
            there = [each for each in self.open if each.phone == phone]
            await self.receive(phone, "it is me")
            if len(there) == 1:
                await self.answered(there[0], "it is me")
            else:
                assert not any(each.asked.done() for each in there)

    async def answer_closed(self) -> None:
        """A late reply finds no question: it names a closed number or message, or was written before."""
        late = [each for each in self.closed if not any(each.code == other.code for other in self.open)]
        if late:
            question, before = self.random.choice(late), {each: each.asked.done() for each in self.open}
            if question.code:
                await self.receive(question.phone, f"OK {question.code}")
            if not question.is_answered:
                await self.receive(question.phone, question.name, reference=question.reference)
            await self.receive(question.phone, question.name, ago=3600)
            assert {each: each.asked.done() for each in self.open} == before

    async def repeat(self) -> None:
        """The provider brings an earlier text again."""
        if self.texts:
            before = {each: each.asked.done() for each in self.open}
            await self.take(replace(self.random.choice(self.texts)))
            assert {each: each.asked.done() for each in self.open} == before

    async def restart(self) -> None:
        """All automations stop. Their questions are closed afterwards."""
        for question in self.open:
            question.asked.cancel()
        if self.open:
            await asyncio.wait([each.asked for each in self.open])
        self.closed += self.open
        self.open = []
        await until(lambda: not self.entry.runtime_data.state.worker.requests)
        await restart(self.hass, self.entry)


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_no_answer_lands_on_another_question(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, seed: int
) -> None:
    home = Home(hass, await set_up(Provider.TEXTINGHOUSE, options={"daily_limit": 0}), simulator, seed)
    steps = {home.ask: 8, home.stop: 2, home.answer_with_number: 4, home.answer_named: 2, home.answer_bare: 2}
    steps |= {home.answer_closed: 2, home.repeat: 4, home.restart: 1}
    for step in home.random.choices(list(steps), list(steps.values()), k=STEPS):
        await step()
    await home.restart()
    assert not len(async_open_items(hass))
