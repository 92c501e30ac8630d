"""Starts the demo: python -m scripts.demo_home [--check] [--port N]."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import os
from pathlib import Path
import signal
import socket
import sys
import tempfile

import aiohttp

from scripts.demo_home.accounts import PEOPLE, Account, add_accounts
from scripts.demo_home.api import Api, ApiError
from scripts.demo_home.check import Check
from scripts.demo_home.dashboard import show_dashboard
from scripts.demo_home.home import HOST, ROOT, Home, HomeStopped
from scripts.demo_home.waiting import NotInTime
from tests.simulator import Simulator
from tests.simulator.__main__ import show, until_interrupted

USER = PASSWORD = "demo"  # noqa: S105  the demo's, for everybody to see
PORT = 8123


@dataclass(frozen=True, slots=True)
class Demo:
    """All that runs."""

    simulator: Simulator
    home: Home
    api: Api
    accounts: list[Account]
    address: str


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description="A Home Assistant that texts through simulated gateways."
    )
    parser.add_argument("--check", action="store_true", help="try everything out and end")
    parser.add_argument("--port", type=int, default=PORT, help="Home Assistant's port (%(default)s)")
    options = parser.parse_args()
    try:
        return asyncio.run(check() if options.check else run(options.port))
    except KeyboardInterrupt, asyncio.CancelledError:
        return 130
    except (ApiError, HomeStopped, NotInTime, OSError) as error:
        print(f"\033[31m✗\033[0m The demo cannot run: {error}", file=sys.stderr)
        return 1


async def check() -> int:
    """Start on free ports in a folder of its own, try it out, stop."""
    with tempfile.TemporaryDirectory(prefix="texting-demo-") as folder:
        async with started(Path(folder), free_port(0)) as demo:
            check = Check(demo.api, demo.simulator)
            await check.run(demo.accounts, demo.home)
            return 1 if check.failed else 0


async def run(port: int) -> int:
    """Start, say where to look, and go on until Ctrl-C."""
    port = free_port(port)
    folder = Path(os.environ.get("TEXTING_ENV", ROOT / ".env")) / "demo" / str(port)
    async with started(folder, port) as demo:
        print(welcome(demo), flush=True)
        demo.simulator.on_text(show)
        ends = [asyncio.create_task(until_interrupted(demo.simulator)), asyncio.create_task(demo.home.stopped())]
        done, pending = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in pending:
            end.cancel()
        say("Stopping")
        for end in done:
            end.result()
    return 0


@asynccontextmanager
async def started(folder: Path, port: int) -> AsyncIterator[Demo]:
    """Everything up and set up; stopped at the end, also when a signal ends it early."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    if task:
        for end in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(end, task.cancel)
    people = [name for names in PEOPLE.values() for name in names]
    home = Home(folder, port, people)
    say("Starting Home Assistant and five gateways")
    async with (
        Simulator(latency=0.05, sent_after=0.5, delivered_after=1.0) as simulator,
        home,
        aiohttp.ClientSession() as session,
    ):
        try:
            demo = await _set_up(simulator, home, session)
        except ApiError, NotInTime:
            print(*home.errors(), sep="\n", file=sys.stderr)
            raise
        yield demo


async def _set_up(simulator: Simulator, home: Home, session: aiohttp.ClientSession) -> Demo:
    await home.answering(session)
    api = await Api(session, home.url).sign_up(USER, PASSWORD)
    await home.running(api)
    say("Adding accounts and recipients")
    accounts = await add_accounts(api, simulator)
    address = await show_dashboard(api, accounts, PEOPLE["textinghouse"]["Anna"])
    return Demo(simulator, home, api, accounts, address)


def free_port(wanted: int) -> int:
    """The port wanted where it is free, else another."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no port is free.")


def welcome(demo: Demo) -> str:
    """Where to look and what to type."""
    lines = [f"\n  Open      {demo.address}", f"  Sign in   user {USER}, password {PASSWORD}\n"]
    for account in demo.accounts:
        phones = ", ".join(f"{name} {number}" for name, number in PEOPLE[account.provider].items())
        lines.append(f"  {account.title:<14} {phones}")
    anna = PEOPLE["textinghouse"]["Anna"]
    lines += [
        "",
        "Texts appear here. A phone that got one answers: type NUMBER: text, as",
        f"{anna}: I am on my way",
        "Let water into the cellar on the dashboard, and acknowledge the alert with",
        f"{anna}: OK",
    ]
    return "\n".join([*lines, "Ctrl-C stops everything.\n"])


def say(what: str) -> None:
    """Tell how far it is."""
    print(f"\033[36m▸\033[0m {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
