"""Check the demo through Home Assistant's API. Print one line for each check."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from decimal import Decimal
import time
from typing import Any

from scripts.demo_home.accounts import PEOPLE, SEGMENT_PRICE, Account
from scripts.demo_home.alert import CAUSE, STATE, WATER
from scripts.demo_home.api import Api, ApiError
from scripts.demo_home.dashboard import SPENT, URL_PATH, documented_dashboard, documented_entities, red_states
from scripts.demo_home.home import Home
from scripts.demo_home.tour import FIRST_LINE
from scripts.demo_home.waiting import WaitTimeout, until
from tests.simulator import Simulator
from tests.simulator.accounts import TextingHouseAccount
from tests.simulator.messages import Message
from tests.simulator.terminal import Terminal

# Seconds. If no delivery report arrives, the integration requests the status after 15 seconds.
CHECK_TIMEOUT = 30.0
# An alert ends after a while.
ALERT_TIMEOUT = 90.0
# Providers that say that a message was delivered.
REPORTING_PROVIDERS = ("textinghouse", "textiopro", "thesmspoint")


class Check:
    """Run the checks and count the results."""

    def __init__(self, api: Api, simulator: Simulator, terminal: Terminal) -> None:
        """Start to collect the messages that the phones receive."""
        self.passed = 0
        self.failed = 0
        self._api = api
        self._simulator = simulator
        self._terminal = terminal
        self._received: list[Message] = []
        simulator.on_text(self._received.append)

    async def run(self, accounts: Iterable[Account], home: Home) -> None:
        """Run all checks. The accounts are checked in parallel."""
        accounts = list(accounts)
        await self._check("the dashboard is that of docs/dashboard.md", self._check_dashboard)
        await self._check("the dashboard's entities are there", self._check_dashboard_entities)
        await self._check("the example that is printed works at once", lambda: self._check_first_line(accounts))
        await asyncio.gather(*(self._check_account(account) for account in accounts))
        await self._check("an alert is red until somebody takes it, and ends with its cause", self._check_alert)
        await self._check("spent this month is what TextingHouse billed", self._check_spent)
        await self._check("the integration logged no error", lambda: self._check_log(home))
        print(f"{self.passed} passed, {self.failed} failed", flush=True)

    async def _check_dashboard(self) -> None:
        shown, documented = await self._api.command("lovelace/config", url_path=URL_PATH), documented_dashboard()
        own = shown | {"views": shown["views"][: len(documented["views"])]}
        _expect(own == documented, "it differs")

    async def _check_dashboard_entities(self) -> None:
        known = {state["entity_id"] for state in await self._api.get("/api/states")}
        missing = [entity for entity in documented_entities() if entity not in known]
        _expect(not missing, f"{', '.join(missing)} do not exist")

    async def _check_first_line(self, accounts: Iterable[Account]) -> None:
        said = await self._terminal.follow(FIRST_LINE)
        name, _, text = FIRST_LINE.partition(": ")
        (account,) = (account for account in accounts if name in account.people)
        await self._until_arrived(account, name, text, f"the terminal said: {said}")

    async def _check_account(self, account: Account) -> None:
        title, provider = account.title, account.provider
        name, entity = next(iter(account.people.items()))
        await self._check(f"{title}: {name}'s phone receives a text", lambda: self._check_send(account, name, entity))
        await self._check(f"{title}: texting.send_message returns a result", lambda: self._check_result(account, name))
        await self._check(f"{title}: the credit balance is correct", lambda: self._check_credit(account))
        if "incoming_message" in account.entities:
            await self._check(f"{title}: {name}'s reply arrives", lambda: self._check_reply(account, name))
        expected = ("delivered",) if provider in REPORTING_PROVIDERS else ("accepted", "sent")
        await self._check(f"{title}: the text is {expected[0]}", lambda: self._check_status(account, name, expected))
        if provider == "textinghouse":
            await self._check(f"{title}: the test button sends a text", lambda: self._check_button(account))

    async def _check(self, name: str, check: Callable[[], Awaitable[object]]) -> None:
        began = time.monotonic()
        try:
            await check()
        except (AssertionError, ApiError, LookupError, WaitTimeout) as error:
            self.failed += 1
            print(f"✗ {name}: {error}", flush=True)
        else:
            self.passed += 1
            print(f"✓ {name} ({time.monotonic() - began:.1f} s)", flush=True)

    async def _check_send(self, account: Account, name: str, entity: str) -> None:
        text = f"Home alert: checking {account.title}"
        await self._api.action("notify.send_message", entity_id=entity, message=text)
        number = PEOPLE[account.provider][name].removeprefix("+")

        async def received() -> bool:
            return any((message.phone_number, message.text) == (number, text) for message in self._received)

        await until(received, "the phone received nothing", CHECK_TIMEOUT)

    async def _check_result(self, account: Account, name: str) -> None:
        text = "Home alert: checking the action"
        fields = {"account": account.entry_id, "to": [name], "message": text}
        (result,) = (await self._api.action("texting.send_message", return_response=True, **fields))["messages"]
        _expect((result["recipient"], result["error"]) == (name, None), f"it returned {result}")

    async def _check_credit(self, account: Account) -> None:
        credit = self._simulator.accounts[account.provider].credit
        expected = credit if isinstance(credit, dict) else {None: credit}

        async def is_correct() -> bool:
            return all(
                [
                    float((await self._api.state(account.entities[_credit_key(pool)]))["state"]) == float(amount)
                    for pool, amount in expected.items()
                ]
            )

        await until(is_correct, f"the balance is not {expected}", CHECK_TIMEOUT)

    async def _check_button(self, account: Account) -> None:
        await self._api.action("button.press", entity_id=account.entities["send_test_message"])
        tests = [message for message in self._simulator.messages(account.provider) if message.to == "999"]
        _expect(bool(tests), "the provider received nothing")

    async def _check_reply(self, account: Account, name: str) -> None:
        text = f"{name} here, all is well"
        if account.provider == "textiopro":
            await until(self._fetched_incoming, "no request for incoming messages was made", CHECK_TIMEOUT)
        await self._simulator.answer(PEOPLE[account.provider][name], text, account.provider)
        await self._until_arrived(account, name, text, "the event entity does not show the reply")

    async def _until_arrived(self, account: Account, name: str, text: str, error: str) -> None:
        """Wait until the account's event entity shows a person's text."""

        async def arrived() -> bool:
            attributes = (await self._api.state(account.entities["incoming_message"]))["attributes"]
            return (attributes.get("text"), attributes.get("sender_name")) == (text, name)

        await until(arrived, error, CHECK_TIMEOUT)

    async def _fetched_incoming(self) -> bool:
        """Return True after the first request to TextioPro. The integration ignores messages from before that."""
        return any(request.method == "GET" and request.path == "/api/v3/sms" for request in self._simulator.requests())

    async def _check_status(self, account: Account, name: str, expected: tuple[str, ...]) -> None:
        async def has_status() -> bool:
            status = await self._api.state(account.entities["last_delivery_status"])
            return status["state"] in expected and status["attributes"]["recipient_name"] == name

        await until(has_status, "the sensor has another status", CHECK_TIMEOUT)

    async def _check_alert(self) -> None:
        """Anna takes it and hands it on, then Ben takes it."""
        await self._api.action("input_boolean.turn_on", entity_id=CAUSE)
        await self._until_alert("Anna", f"{WATER}, ", "alerting", is_red=True)
        await self._terminal.follow("Anna: OK")
        await self._until_alert("Anna", "Thank you. ", "acknowledged", is_red=False)
        await self._terminal.follow("Anna: NO")
        await self._until_alert("Ben", f"{WATER}, ", "alerting", is_red=True)
        await self._terminal.follow("Ben: OK")
        await self._until_alert("Anna", "Ben takes care of ", "acknowledged", is_red=False)
        await self._api.action("input_boolean.turn_off", entity_id=CAUSE)
        await self._until_alert("Ben", "All clear: ", "idle", is_red=False)

    async def _until_alert(self, name: str, text: str, state: str, *, is_red: bool) -> None:
        """Wait until a phone has a text that contains this. Then the alert is in a state, and red or not."""
        number = next(people[name] for people in PEOPLE.values() if name in people).removeprefix("+")

        async def is_so() -> bool:
            texts = [message.text for message in self._received if message.phone_number == number]
            return any(text in each for each in texts) and (await self._api.state(STATE))["state"] == state

        await until(is_so, f"{name} got no “{text}”, or the alert is not {state}", ALERT_TIMEOUT)
        _expect((state in red_states()) is is_red, f"the dashboard does not show {state} as it should")

    async def _check_spent(self) -> None:
        """Each segment costs a credit at the simulator, and a test text nothing."""
        billed = TextingHouseAccount().credit - self._simulator.accounts["textinghouse"].credit
        expected = billed * Decimal(SEGMENT_PRICE)

        async def is_correct() -> bool:
            return bool(Decimal((await self._api.state(SPENT))["state"]) == expected)

        _expect(billed > 0, "nothing was billed")
        await until(is_correct, f"it is not {expected}", CHECK_TIMEOUT)

    async def _check_log(self, home: Home) -> None:
        errors = home.errors()
        _expect(not errors, f"{len(errors)} errors, the first is: {errors[:1]}")


def _credit_key(pool: str | None) -> str:
    return f"credit_balance_{pool.lower()}" if pool else "credit_balance"


def _expect(condition: Any, error: str) -> None:
    if not condition:
        raise AssertionError(error)
