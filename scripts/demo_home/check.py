"""Tries the demo out over Home Assistant's API, one line a check."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
import time
from typing import Any

from scripts.demo_home.accounts import PEOPLE, Account
from scripts.demo_home.api import Api, ApiError
from scripts.demo_home.home import Home
from scripts.demo_home.waiting import NotInTime, until
from tests.simulator import Simulator
from tests.simulator.messages import Message

# A report is asked for after fifteen seconds where it does not come by itself.
PATIENCE = 30.0
REPORTING = ("textinghouse", "textiopro", "thesmspoint")


class Check:
    """Counts what holds and what does not."""

    def __init__(self, api: Api, simulator: Simulator) -> None:
        """Begin to watch the phones."""
        self.passed = 0
        self.failed = 0
        self._api = api
        self._simulator = simulator
        self._received: list[Message] = []
        simulator.on_text(self._received.append)

    async def run(self, accounts: Iterable[Account], home: Home) -> None:
        """Check everything; the accounts side by side."""
        await asyncio.gather(*(self._account(account) for account in accounts))
        await self._that("an alert goes out until Anna acknowledges it", self._acknowledge)
        await self._that("the log has no error of the integration", lambda: self._no_errors(home))
        print(f"{self.passed} passed, {self.failed} failed", flush=True)

    async def _account(self, account: Account) -> None:
        title, provider = account.title, account.provider
        name, entity = next(iter(account.people.items()))
        await self._that(f"{title}: a text reaches {name}'s phone", lambda: self._send(account, name, entity))
        await self._that(f"{title}: texting.send_message tells what it did", lambda: self._respond(account, name))
        await self._that(f"{title}: the credit shown is the gateway's", lambda: self._credit(account))
        if "incoming_message" in account.entities:
            await self._that(f"{title}: {name}'s reply comes in", lambda: self._reply(account, name))
        wanted = ("delivered",) if provider in REPORTING else ("accepted", "sent")
        await self._that(f"{title}: the text is {wanted[0]}", lambda: self._status(account, name, wanted))
        if provider == "textinghouse":
            await self._that(f"{title}: the test button sends", lambda: self._press(account))

    async def _that(self, what: str, check: Callable[[], Awaitable[object]]) -> None:
        began = time.monotonic()
        try:
            await check()
        except (AssertionError, ApiError, LookupError, NotInTime) as error:
            self.failed += 1
            print(f"✗ {what}: {error}", flush=True)
        else:
            self.passed += 1
            print(f"✓ {what} ({time.monotonic() - began:.1f} s)", flush=True)

    async def _send(self, account: Account, name: str, entity: str) -> None:
        text = f"Home alert: checking {account.title}"
        await self._api.action("notify.send_message", entity_id=entity, message=text)
        number = PEOPLE[account.provider][name].removeprefix("+")

        async def look() -> bool:
            return any((message.phone_number, message.text) == (number, text) for message in self._received)

        await until(look, "the phone received nothing", PATIENCE)

    async def _respond(self, account: Account, name: str) -> None:
        text = "Home alert: checking the action"
        fields = {"account": account.entry_id, "to": [name], "message": text}
        (told,) = (await self._api.action("texting.send_message", response=True, **fields))["messages"]
        _expect((told["recipient"], told["error"]) == (name, None), f"it told {told}")

    async def _credit(self, account: Account) -> None:
        credit = self._simulator.accounts[account.provider].credit
        wanted = credit if isinstance(credit, dict) else {None: credit}

        async def look() -> bool:
            return all(
                [
                    float((await self._api.state(account.entities[_credit_key(pool)]))["state"]) == float(amount)
                    for pool, amount in wanted.items()
                ]
            )

        await until(look, f"it is not {wanted}", PATIENCE)

    async def _press(self, account: Account) -> None:
        await self._api.action("button.press", entity_id=account.entities["send_test_message"])
        tests = [message for message in self._simulator.messages(account.provider) if message.to == "999"]
        _expect(bool(tests), "the gateway got nothing")

    async def _reply(self, account: Account, name: str) -> None:
        text = f"{name} here, all is well"
        if account.provider == "textiopro":
            await until(self._asked_for_replies, "nobody asked TextioPro for replies", PATIENCE)
        await self._simulator.answer(PEOPLE[account.provider][name], text, account.provider)

        async def look() -> bool:
            attributes = (await self._api.state(account.entities["incoming_message"]))["attributes"]
            return (attributes.get("text"), attributes.get("sender_name")) == (text, name)

        await until(look, "the event entity shows nothing of it", PATIENCE)

    async def _asked_for_replies(self) -> bool:
        """Whether TextioPro was asked once: what was there before that is not news."""
        return any(request.method == "GET" and request.path == "/api/v3/sms" for request in self._simulator.requests())

    async def _status(self, account: Account, name: str, wanted: tuple[str, ...]) -> None:
        async def look() -> bool:
            status = await self._api.state(account.entities["last_delivery_status"])
            return status["state"] in wanted and status["attributes"]["recipient_name"] == name

        await until(look, "the sensor says otherwise", PATIENCE)

    async def _acknowledge(self) -> None:
        water, number = "input_boolean.water", PEOPLE["textinghouse"]["Anna"]
        await self._api.action("input_boolean.turn_on", entity_id=water)

        async def alerted() -> bool:
            return any(message.text == "Alert: Water in the cellar. Reply OK." for message in self._received)

        await until(alerted, "the phone received nothing", PATIENCE)
        await self._simulator.answer(number, "ok!", "textinghouse")

        async def acknowledged() -> bool:
            return bool((await self._api.state(water))["state"] == "off")

        await until(acknowledged, "nothing came of the reply", PATIENCE)

    async def _no_errors(self, home: Home) -> None:
        errors = home.errors()
        _expect(not errors, f"{len(errors)}, the first is: {errors[:1]}")


def _credit_key(pool: str | None) -> str:
    return f"credit_balance_{pool.lower()}" if pool else "credit_balance"


def _expect(holds: Any, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
