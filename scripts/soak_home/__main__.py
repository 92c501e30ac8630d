"""Kill a real Home Assistant while it sends messages: python -m scripts.soak_home [--short] [--alerts] ..."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from random import Random
import secrets
import sys
import time

import aiohttp

from scripts.demo_home.__main__ import free_port, print_progress
from scripts.demo_home.api import Api
from scripts.soak_home import gateways
from scripts.soak_home.alerts import run_alerts
from scripts.soak_home.count import count_messages, format_table
from scripts.soak_home.database import read_handed_on, read_statuses
from scripts.soak_home.home import SoakHome
from scripts.soak_home.incoming import Listener, Phones, count_texts, format_row
from scripts.soak_home.plan import plan_calls, plan_kills
from scripts.soak_home.program import run_in_folder
from scripts.soak_home.soak import Soak
from tests.simulator import Simulator

MESSAGES, SHORT_MESSAGES, SHORT_KILLS = 10_000, 2_000, 20
ALERT_KILLS, SHORT_ALERT_KILLS = 50, 3
# The default number of messages for each kill. With fewer messages, a home hardly sends anything between two kills.
MESSAGES_PER_KILL = 80
MAX_PRINTED_ERRORS = 3


def main() -> int:
    """Read the command line and run. Return 1 if a message was lost or doubled or has a wrong status."""
    options = _options()
    if options.alerts:
        print(f"seed {options.seed}: alerts, {options.kills} kills", flush=True)
        return run_in_folder("soak", run_alerts, options)
    print(f"seed {options.seed}: {options.messages} messages, {options.kills} kills", flush=True)
    return run_in_folder("soak", run, options)


async def run(options: argparse.Namespace, folder: Path) -> int:
    """Make the calls and the kills, wait for pending messages, and print the table."""
    random, began = Random(options.seed), time.monotonic()  # noqa: S311  not for cryptography
    calls, kills = plan_calls(options.messages, random), plan_kills(options.kills, options.messages, random)
    async with Simulator(sent_after=0.2, delivered_after=0.5) as simulator, aiohttp.ClientSession() as session:
        gateways.prepare(simulator, random)
        if options.faults:
            gateways.add_faults(simulator)
        await (listener := Listener()).start()
        home = SoakHome(folder, free_port(0), simulator, listener.url)
        home.create_config()
        soak = Soak(home, simulator, Api(session, home.url, home.token), calls, Phones(session, home.url, random))
        try:
            await soak.run(kills)
            nothing_pending = await soak.wait_for_pending()
        finally:
            await home.stop()
            await listener.stop()
        rows = count_messages(soak.load.results, gateways.count_by_key(simulator), read_statuses(home.database))
    _print_summary(soak, home.errors(), time.monotonic() - began)
    print(format_table(rows), flush=True)
    texts = count_texts(soak.phones, listener.heard, read_handed_on(home.database))
    print(format_row(texts), flush=True)
    if options.keep:
        print_progress(f"The home's folder is {folder}")
    return 1 if not nothing_pending or texts.lost or any(row.is_wrong for row in rows) else 0


def _print_summary(soak: Soak, errors: Sequence[str], seconds: float) -> None:
    starts = sorted(soak.start_seconds)
    kills_per_minute = soak.killed / soak.kill_seconds * 60
    print(
        f"{soak.load.requested} messages and {soak.killed} kills in {seconds:.0f} s ({kills_per_minute:.1f} kills/min)"
    )
    print(f"start to usable: median {starts[len(starts) // 2]:.1f} s, slowest {starts[-1]:.1f} s")
    print(f"nothing pending after {soak.pending_seconds:.0f} s; the integration logged {len(errors)} errors")
    for text in (*sorted(soak.load.errors), *errors[:MAX_PRINTED_ERRORS]):
        first, *others = text.strip().splitlines()
        print(f"  {first}", *others[-1:], sep=" … ")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/soak", description="Kill a real Home Assistant while it sends messages, and count the outcomes."
    )
    parser.add_argument("--messages", type=int, metavar="N", help=f"how many messages to send ({MESSAGES})")
    parser.add_argument(
        "--kills", type=int, metavar="K", help=f"how many kills (one for each {MESSAGES_PER_KILL} messages)"
    )
    parser.add_argument(
        "--short",
        action="store_true",
        help=f"{SHORT_MESSAGES} messages, {SHORT_KILLS} kills; {SHORT_ALERT_KILLS} kills with --alerts",
    )
    parser.add_argument("--faults", action="store_true", help="also make some sends fail at the gateways")
    parser.add_argument(
        "--alerts",
        action="store_true",
        help=f"let alerts text people, and count the outcomes of each incident, with {ALERT_KILLS} kills by default",
    )
    parser.add_argument("--seed", type=int, help="the seed of a run to repeat")
    parser.add_argument("--keep", action="store_true", help="keep the home's folder")
    options = parser.parse_args()
    options.messages = options.messages or (SHORT_MESSAGES if options.short else MESSAGES)
    if options.kills is None and options.alerts:
        options.kills = SHORT_ALERT_KILLS if options.short else ALERT_KILLS
    elif options.kills is None:
        options.kills = SHORT_KILLS if options.short else options.messages // MESSAGES_PER_KILL
    if options.seed is None:
        options.seed = secrets.randbelow(10**6)
    return options


if __name__ == "__main__":
    sys.exit(main())
