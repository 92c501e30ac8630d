"""Flood a real Home Assistant: python -m scripts.flood_home [--seconds N] [--rate N] ..."""

import argparse
import asyncio
from collections import Counter
from dataclasses import asdict, dataclass, field
import json
import os
from pathlib import Path
import secrets
import sys
from typing import Any

import aiohttp

from scripts.demo_home.__main__ import free_port, print_progress
from scripts.demo_home.api import Api
from scripts.demo_home.home import HOST
from scripts.demo_home.waiting import until
from scripts.flood_home.calls import MARK, RECIPIENTS, REPORT
from scripts.flood_home.client import Plan, Results
from scripts.flood_home.count import find_doubled, find_lost, format_requests, format_responses, percentile
from scripts.flood_home.home import MEBIBYTE, FloodHome
from scripts.flood_home.meter import Meter
from scripts.soak_home import gateways
from scripts.soak_home.database import count_pending, read_statuses
from scripts.soak_home.home import WEBHOOK_PROVIDERS, webhook_id
from scripts.soak_home.program import run_in_folder
from tests.simulator import Simulator

SECONDS, RATE, CONNECTIONS, ENDLESS = 30.0, 400.0, 16, 10
# The limits: milliseconds of the API's 99th percentile, and mebibytes that the home's memory may grow by.
MAX_P99 = 100.0
MAX_GROWTH = 100.0
# Texts that are sent before the flood, whose reports are a part of it. Their numbers end with four of these digits.
BATCH = 100
SENT_NUMBER = "+3361234{:04}"
LAST_STATUSES = {"3": "delivered", "4": "expired", "6": "undelivered"}
SETTLE_TIMEOUT = 60.0
MAX_PRINTED = 5


@dataclass(slots=True)
class Witness:
    """What automations and the event entities hear of."""

    # How often each text triggered, and how often it was the state of an event entity.
    triggered: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)

    async def watch(self, api: Api) -> None:
        """Hear of everything from now on."""
        trigger = {"trigger": "texting.message_received"}
        await api.subscribe("subscribe_trigger", self._take_trigger, trigger=trigger)
        await api.subscribe("subscribe_events", self._take_state, event_type="state_changed")

    def _take_trigger(self, event: dict[str, Any]) -> None:
        values = event["variables"]["trigger"]
        self.triggered[_key(values["text"], values["from"])] += 1

    def _take_state(self, event: dict[str, Any]) -> None:
        data = event["data"]
        if data["entity_id"].endswith("_incoming_message") and data["entity_id"].startswith("event."):
            values = (data["new_state"] or {}).get("attributes", {})
            if values.get("incoming_id"):
                self.shown[_key(values["text"], values["from"])] += 1


def _key(text: str, sender: str) -> str:
    return text if text.startswith(MARK) else f"{text} {sender}"


def main() -> int:
    """Read the command line and run. Return 1 if something was lost or doubled, or a limit was exceeded."""
    options = _options()
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    print(f"seed {options.seed}: {options.seconds:.0f} s, {options.rate:.0f} calls/s; load before: {load}", flush=True)
    return run_in_folder("flood", run, options)


async def run(options: argparse.Namespace, folder: Path) -> int:
    """Start a home, flood it, stop it, and print the tables."""
    async with Simulator(sent_after=None) as simulator, aiohttp.ClientSession() as session:
        home = FloodHome(folder, free_port(0), simulator)
        home.create_config()
        gateways.add_credit(simulator)
        flood = Flood(options, home, simulator, Api(session, home.url, home.token))
        try:
            await flood.run()
        finally:
            await home.stop()
    if options.keep:
        print_progress(f"The home's folder is {folder}")
    return flood.report()


class Flood:
    """One flood and its measurements."""

    def __init__(self, options: argparse.Namespace, home: FloodHome, simulator: Simulator, api: Api) -> None:
        """Prepare; run does everything."""
        self._options = options
        self._home = home
        self._simulator = simulator
        self._api = api
        self._witness = Witness()
        self._meter = Meter(api)
        self._results = Results()
        # The last status of each text that was sent before, by text and number.
        self._last: dict[str, tuple[str, str, str]] = {}
        self._growth: list[float] = []
        # The seconds that the home used a processor, and that its event loop waited for one.
        self._cpu = self._waited = 0.0

    async def run(self) -> None:
        """Start the home, send texts, flood, and wait until everything is settled."""
        await self._home.start()
        await self._home.wait_until_usable(self._api)
        await self._api.connect()
        await self._witness.watch(self._api)
        plan = Plan(
            host=HOST,
            port=int(self._home.url.rpartition(":")[2]),
            paths={provider: f"/api/webhook/{webhook_id(provider)}" for provider in WEBHOOK_PROVIDERS},
            sent=await self._send_before(),
            **{name: getattr(self._options, name) for name in ("seed", "seconds", "rate", "connections", "endless")},
        )
        self._simulator.sent_after, self._simulator.delivered_after = 0.2, 0.5
        print_progress("Flooding")
        await self._flood(plan)
        await self._simulator.settle()

        async def is_settled() -> bool:
            return not count_pending(self._home.database) and not self._lost()

        await until(is_settled, "Not everything was taken", SETTLE_TIMEOUT if self._lost() else 1.0)

    async def _flood(self, plan: Plan) -> None:
        process = self._home.process
        waited = self._home.waited()
        cpu, memory = sum(process.cpu_times()[:2]), process.memory_info().rss
        client = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "scripts.flood_home.client"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        tasks = [asyncio.create_task(self._meter.run()), asyncio.create_task(self._watch_memory(memory))]
        try:
            output, _ = await client.communicate(json.dumps(asdict(plan)).encode())
        finally:
            for task in tasks:
                task.cancel()
            if client.returncode is None:
                client.kill()
        self._cpu = sum(process.cpu_times()[:2]) - cpu
        self._waited = self._home.waited() - waited
        self._results = Results(**json.loads(output))
        await self._meter.wait()

    async def _watch_memory(self, before: float) -> None:
        while True:
            self._growth.append((self._home.process.memory_info().rss - before) / MEBIBYTE)
            await asyncio.sleep(0.5)

    async def _send_before(self) -> list[list[str]]:
        """Send texts whose reports the flood brings. Return their ids, references and last statuses."""
        count = int(self._options.rate * self._options.seconds * 0.06)
        for start in range(0, count, BATCH):
            numbers = [SENT_NUMBER.format(1000 + number) for number in range(min(BATCH, count - start))]
            await self._api.action(
                "texting.send_message", account="textinghouse", to=numbers, message=f"before the flood {start:06}"
            )
        sent: list[list[str]] = []
        for number, message in enumerate(self._simulator.messages("textinghouse")):
            last = list(LAST_STATUSES)[number % len(LAST_STATUSES)]
            sent.append([message.id, message.client_id or "", last])
            self._last[f"{message.id} {last}"] = (f"+{message.to}", message.text, LAST_STATUSES[last])
        return sent

    # -- the outcome ---------------------------------------------------------------------------------------------------

    def _lost(self) -> list[str]:
        """Return the texts that were acknowledged and that nobody heard of."""
        answered = [key for key in self._results.answered if key not in self._reports]
        return [*find_lost(answered, self._witness.triggered), *find_lost(answered, self._witness.shown)]

    @property
    def _reports(self) -> set[str]:
        return {key for key in self._results.made if not key.startswith((MARK, "STOP"))}

    def _find_wrong(self) -> dict[str, list[str]]:
        """Return everything that must be empty, by what it is."""
        results, statuses = self._results, read_statuses(self._home.database)
        answered = results.answered
        memories = {provider: self._home.memory(provider) for provider in WEBHOOK_PROVIDERS}
        opted_out = set(memories["textinghouse"]["opted_out"])
        refused = sum(memory["webhook_refused"] for memory in memories.values())
        taken = self._witness.triggered
        by_key = {(number, text): status for (_, number, text), status in statuses.items()}
        by_text = {text: status for (_, _, text), status in statuses.items()}
        numbers = {number.removeprefix("+") for _, number, _ in statuses} | {key.rpartition("+")[2] for key in taken}
        return {
            "replies lost": self._lost(),
            "replies doubled": [*find_doubled(taken), *find_doubled(self._witness.shown)],
            "replies never acknowledged": [key for key in results.made if key not in answered],
            "opt-outs lost": [
                key for key in answered if key.startswith("STOP") and key.rpartition(" ")[2] not in opted_out
            ],
            "reports lost": [
                f"{key}: {by_key.get((number, text))}"
                for key, (number, text, status) in self._last.items()
                if key in answered and by_key.get((number, text)) != status
            ],
            "texts sent meanwhile that are not delivered": [
                text for text in self._meter.sent if by_text.get(text) != "delivered"
            ],
            "calls with an unexpected status": [
                f"{kind}: {status}, {count} times"
                for (kind, status), count in Counter(map(tuple, results.unexpected)).items()
            ],
            "wrong counts of refusals": [] if 0 <= refused - results.refused <= results.cut else [str(refused)],
            "texts, numbers or webhooks in the log": self._home.find_private(
                numbers | {number.removeprefix("+") for number in RECIPIENTS.values()}
            ),
            "errors in the log": self._home.errors(),
        }

    def report(self) -> int:
        """Print the tables. Return 1 if something is wrong."""
        results = self._results
        slowest = {name: percentile(values, 0.99) for name, values in self._meter.taken.items() if "text" not in name}
        wrong = self._find_wrong()
        print(format_responses(results.responses), format_requests(self._meter.taken), sep="\n\n", end="\n\n")
        taken = self._witness.triggered
        print(
            f"{len(results.responses)} calls in {results.seconds:.0f} s, "
            f"{len(results.responses) / results.seconds:.0f} a second; "
            f"the home used {self._cpu / results.seconds:.0%} of a processor, and its loop waited "
            f"{self._waited / results.seconds:.0%} of the time for one\n"
            f"{len(taken)} texts taken of {sum(made for key, made in results.made.items() if key in taken)} calls; "
            f"{sum(key in results.answered for key in self._last)} {REPORT}s of a last status; "
            f"{len(self._meter.sent)} texts sent meanwhile; {self._home.count_activity()} lines in Activity\n"
            f"{results.refused} calls refused; memory grew by {max(self._growth):.0f} MiB at most, "
            f"{self._growth[-1]:.0f} MiB at the end; {len(self._home.warnings())} warnings in the log"
        )
        for line in self._home.warnings()[:MAX_PRINTED]:
            print(f"  {line[:160]}")
        for name, what in wrong.items():
            print(f"{len(what)} {name}", *(f"  {line[:300]}" for line in what[:MAX_PRINTED]), sep="\n")
        is_slow = max(slowest.values()) > MAX_P99
        print(f"the API's slowest p99 is {max(slowest.values()):.1f} ms (limit {MAX_P99:.0f} ms)")
        return 1 if is_slow or any(wrong.values()) or max(self._growth) > MAX_GROWTH else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/flood", description="Flood the webhooks of a real Home Assistant, and count what happened."
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long (%(default).0f)")
    parser.add_argument("--rate", type=float, default=RATE, help="calls a second (%(default).0f)")
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="connections at once (%(default)s)")
    parser.add_argument(
        "--endless", type=int, default=ENDLESS, help="more connections whose body never ends (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="the seed of a run to repeat")
    parser.add_argument("--keep", action="store_true", help="keep the home's folder")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
