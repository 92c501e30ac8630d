"""Kills a real Home Assistant while it texts: python -m scripts.soak_home [--short] [--faults] ..."""

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random
import secrets
import signal
import sys
import tempfile
import time

import aiohttp

from scripts.demo_home.__main__ import free_port, say
from scripts.demo_home.api import Api, ApiError
from scripts.demo_home.home import HomeStopped
from scripts.demo_home.waiting import NotInTime
from scripts.soak_home import gateways
from scripts.soak_home.count import count, table
from scripts.soak_home.home import SoakHome
from scripts.soak_home.outbox import statuses
from scripts.soak_home.plan import calls, kills
from scripts.soak_home.soak import Soak
from tests.simulator import Simulator

MESSAGES, SHORT_MESSAGES, SHORT_KILLS = 10_000, 2_000, 20
# With more kills than one for so many messages a home hardly gets to work.
MESSAGES_A_LIFE = 80
ERRORS_SHOWN = 3


def main() -> int:
    """Read the command line and run; 1 means that a message was lost, doubled, or not what the outbox says."""
    options = _options()
    print(f"seed {options.seed}: {options.messages} messages, {options.kills} kills", flush=True)
    folder = tempfile.TemporaryDirectory(prefix="texting-soak-", delete=not options.keep)
    try:
        with folder as path:
            return asyncio.run(run(options, Path(path)))
    except KeyboardInterrupt, asyncio.CancelledError:
        return 130
    except (ApiError, HomeStopped, NotInTime, OSError) as error:
        print(f"\033[31m✗\033[0m The soak ends early: {error}", file=sys.stderr)
        return 1


async def run(options: argparse.Namespace, folder: Path) -> int:
    """Text and kill, let everything settle, count."""
    task = asyncio.current_task()
    if task:
        for end in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(end, task.cancel)
    random, began = Random(options.seed), time.monotonic()  # noqa: S311  a soak can be repeated
    planned, ends = calls(options.messages, random), kills(options.kills, options.messages, random)
    async with Simulator(sent_after=0.2, delivered_after=0.5) as simulator, aiohttp.ClientSession() as session:
        gateways.prepare(simulator, random)
        if options.faults:
            gateways.fail(simulator)
        home = SoakHome(folder, free_port(0), simulator)
        home.write()
        soak = Soak(home, simulator, Api(session, home.url, home.token), planned)
        try:
            await soak.live_and_die(ends)
            is_settled = await soak.settle()
        finally:
            await home.stop()
        rows = count(soak.load.told, gateways.held(simulator), statuses(home.outbox))
    _tell(soak, home.errors(), time.monotonic() - began)
    print(table(rows), flush=True)
    if options.keep:
        say(f"Everything is kept in {folder}")
    return 1 if not is_settled or any(row.is_wrong for row in rows) else 0


def _tell(soak: Soak, errors: Sequence[str], seconds: float) -> None:
    starts = sorted(soak.starts)
    pace = soak.killed / soak.killing * 60
    print(f"{soak.load.asked} messages and {soak.killed} kills in {seconds:.0f} s, {pace:.1f} kills a minute")
    print(f"start to usable: median {starts[len(starts) // 2]:.1f} s, slowest {starts[-1]:.1f} s")
    print(f"settled in {soak.settling:.0f} s; the integration logged {len(errors)} errors")
    for text in (*sorted(soak.load.complaints), *errors[:ERRORS_SHOWN]):
        first, *others = text.strip().splitlines()
        print(f"  {first}", *others[-1:], sep=" … ")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/soak", description="Kills a real Home Assistant while it texts, and counts the messages."
    )
    parser.add_argument("--messages", type=int, metavar="N", help=f"to ask for ({MESSAGES})")
    parser.add_argument("--kills", type=int, metavar="K", help=f"one for {MESSAGES_A_LIFE} messages, if not given")
    parser.add_argument("--short", action="store_true", help=f"{SHORT_MESSAGES} messages, {SHORT_KILLS} kills")
    parser.add_argument("--faults", action="store_true", help="let some sends fail at the gateways, too")
    parser.add_argument("--seed", type=int, help="repeat a run")
    parser.add_argument("--keep", action="store_true", help="keep the home's folder")
    options = parser.parse_args()
    options.messages = options.messages or (SHORT_MESSAGES if options.short else MESSAGES)
    if options.kills is None:
        options.kills = SHORT_KILLS if options.short else options.messages // MESSAGES_A_LIFE
    if options.seed is None:
        options.seed = secrets.randbelow(10**6)
    return options


if __name__ == "__main__":
    sys.exit(main())
