"""The spending of each account is what its simulated provider has charged, text by text."""

import asyncio
from contextlib import suppress
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from custom_components.texting.delivery.record import Phase
from custom_components.texting.gateway.provider import Provider
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from tests.conftest import PassTime, SetUp
from tests.simulator import Simulator
from tests.support.contacts import FAMILY, add_group
from tests.support.home import pass_until, state_of, until
from tests.support.samples import number
from tests.support.sampling import sample

TEXTS = 500
# Of a segment, by provider. The last one counts in money itself, but does not say what a campaign costs.
PRICES = {
    Provider.TEXTINGHOUSE: "0.07",
    Provider.CLUB_TEXTING: "0.05",
    Provider.GROUP_TEXTING: "0.041",
    Provider.THESMSPOINT: "0.0033",
    Provider.TEXTIOPRO: "0.045",
}
CREDIT = Decimal(100_000)
NO_LIMITS = {"daily_limit": 0, "urgent_limit": 0, "low_credit": 0}


def credit(simulator: Simulator, provider: Provider) -> Decimal:
    left = simulator.accounts[provider].credit
    return sum(left.values(), Decimal(0)) if isinstance(left, dict) else left


def give(simulator: Simulator, provider: Provider, amount: Decimal) -> None:
    account = simulator.accounts[provider]
    account.credit = dict.fromkeys(account.credit, amount) if isinstance(account.credit, dict) else amount


class Customer:
    """Sends texts at random: short and long ones, to wrong numbers, without credit, over bad lines, campaigns."""

    def __init__(self, hass: HomeAssistant, simulator: Simulator, pass_time: PassTime, seed: int) -> None:
        self.hass = hass
        self.simulator = simulator
        self.pass_time = pass_time
        self.random = Random(seed)  # noqa: S311  no secret
        self.entries: dict[Provider, Any] = {}
        self.texts = 0
        self.failed: list[str] = []

    async def run(self) -> None:
        """Send TEXTS texts, then wait until all of them have a result."""
        while self.texts < TEXTS:
            provider = self.random.choice(list(self.entries))
            await self.random.choice((self.send, self.send, self.send, self.campaign, self.resend))(provider)

    async def send(self, provider: Provider) -> None:
        """Send a text to some numbers. The line may be bad, or the credit used up."""
        length = self.random.choice((5, 50, 120) if provider.value.endswith("_texting") else (5, 60, 150, 300, 500))
        words = "".join(self.random.choice("abcdefg ") for _ in range(length - 1)) + "x"
        if provider is Provider.THESMSPOINT:
            words = f"Home alert: {words[:40].strip() or 'x'}"
        elif self.random.random() < 0.2 and not provider.value.endswith("_texting"):
            words = f"é漢{words}"
        wrong = [4, 5, 6, 7, 20]
        lasts = self.random.sample(range(1000, 9000), self.random.choice((1, 1, 2, 5, 20)))
        to = [number(provider, last) for last in lasts] + [number(provider, each) for each in wrong if self.is_rare()]
        kind = {"type": "voice"} if provider is Provider.TEXTIOPRO and self.is_rare() else {}
        if self.is_rare():
            self.add_fault(provider)
        is_broke = self.is_rare()
        account = self.simulator.accounts[provider]
        before = account.credit
        if is_broke:
            give(self.simulator, provider, Decimal(0))
            await self.entries[provider].runtime_data.balance.async_refresh()
        await self.act("send_message", provider, to=to, message=words, if_unsure="resend", **kind)
        self.texts += len(to)
        if is_broke:
            account.credit = before
            await self.entries[provider].runtime_data.balance.async_refresh()

    def add_fault(self, provider: Provider) -> None:
        """Let the next request fail. Its outcome can be found out, or it was charged before the response got lost."""
        kind = self.random.choice(("cut", "unavailable" if provider is not Provider.THESMSPOINT else "cut"))
        finds = provider in (Provider.TEXTINGHOUSE, Provider.TEXTIOPRO)
        is_accepted = {} if kind == "unavailable" else {"accept": not finds or self.random.random() < 0.5}
        self.simulator.faults.add(provider.value, kind, 1, method="POST", **is_accepted)

    async def campaign(self, provider: Provider) -> None:
        """Send a text to a group."""
        if provider is Provider.TEXTIOPRO:
            if self.is_rare():
                self.simulator.faults.add(provider.value, "cut", 1, "campaign", method="POST", accept=True)
            message = {"message": f"Water {self.texts}", "if_unsure": "resend"}
            await self.act("send_campaign", provider, groups=[FAMILY], **message)
            self.texts += 1

    async def resend(self, provider: Provider) -> None:
        """Send a text again that failed."""
        if self.failed:
            reference = self.failed.pop()
            await self.act("resend_message", None, reference=reference)
            self.texts += 1

    def is_rare(self) -> bool:
        return self.random.random() < 0.08

    async def act(self, action: str, provider: Provider | None, **data: Any) -> None:
        """Call an action, and wait until each text has a result. Remember the texts that failed."""
        account = {"account": self.entries[provider].entry_id} if provider else {}

        async def call() -> dict[str, Any]:
            try:
                response: Any = await self.hass.services.async_call(
                    "texting", action, account | data, blocking=True, return_response=True
                )
            except HomeAssistantError:
                return {}
            return response if isinstance(response, dict) else {}

        task = asyncio.create_task(call())
        await pass_until(self.hass, self.pass_time, lambda: task.done() and not self.has_waiting())
        self.simulator.faults.clear()
        found = (await task).get("messages", [])
        self.failed += [each["reference"] for each in found if each["status"] == "rejected" and each["reference"]]

    def has_waiting(self) -> bool:
        outboxes = [entry.runtime_data.outbox for entry in self.entries.values()]
        return any(record.phase in (Phase.WAITING, Phase.SENDING) for outbox in outboxes for record in outbox)


@pytest.mark.parametrize("seed", sample(range(20), 2))
async def test_the_spending_is_the_bill(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, seed: int
) -> None:
    """10,000 texts with --full."""
    customer = Customer(hass, simulator, pass_time, seed)
    add_group(simulator, FAMILY, "Family", 7)
    pro = simulator.accounts[Provider.TEXTIOPRO]
    pro.balance_shape, pro.balance_text, pro.price = "remaining", "€{:.2f}", Decimal("0.045")
    for provider, price in PRICES.items():
        give(simulator, provider, CREDIT)
        prices = {"segment_price": float(price), "currency": "EUR"}
        customer.entries[provider] = await set_up(provider, options=NO_LIMITS | prices)
    before = {provider: credit(simulator, provider) for provider in PRICES}
    await customer.run()
    await hass.async_block_till_done()
    for provider, price in PRICES.items():
        charged = before[provider] - credit(simulator, provider)
        bill = charged if provider is Provider.TEXTIOPRO else charged * Decimal(price)
        sensor = f"sensor.{provider}_spent_this_month"
        assert bill > 0
        # The sensor hears of a text a turn after it was saved.
        with suppress(TimeoutError, AssertionError):
            await until(lambda sensor=sensor, bill=bill: Decimal(state_of(hass, sensor).state) == bill)
        assert (provider, Decimal(state_of(hass, sensor).state)) == (provider, bill)
