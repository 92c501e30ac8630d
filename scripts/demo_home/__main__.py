"""Start the demo: python -m scripts.demo_home [--check] [--port N]."""

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

from scripts.demo_home.accounts import Account, add_accounts
from scripts.demo_home.alert import add_alert
from scripts.demo_home.api import Api, ApiError
from scripts.demo_home.check import Check
from scripts.demo_home.dashboard import begin_statistics, show_dashboard
from scripts.demo_home.home import HOST, ROOT, Home, HomeStopped
from scripts.demo_home.tour import FIRST_LINE, WELCOME, WELCOMED, people, tour
from scripts.demo_home.waiting import WaitTimeout, until
from tests.simulator import Simulator
from tests.simulator.terminal import Terminal

USER = PASSWORD = "demo"  # noqa: S105  the demo has no secrets
PORT = 8123


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo."""

    # The simulated providers.
    simulator: Simulator
    # Providers for accounts that a visitor adds.
    spare: Simulator
    # What is typed, and the texts of all phones.
    terminal: Terminal
    # The Home Assistant process.
    home: Home
    # A client that is signed in as the owner.
    api: Api
    # The accounts that were added.
    accounts: list[Account]
    # The URL of the dashboard.
    address: str


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description="Run a Home Assistant that sends messages through simulated providers."
    )
    parser.add_argument("--check", action="store_true", help="check everything and exit")
    parser.add_argument("--port", type=int, default=PORT, help="Home Assistant's port (%(default)s)")
    options = parser.parse_args()
    try:
        return asyncio.run(check() if options.check else run(options.port))
    except KeyboardInterrupt, asyncio.CancelledError:
        return 130
    except (ApiError, HomeStopped, WaitTimeout, OSError) as error:
        print(f"\033[31m✗\033[0m The demo failed: {error}", file=sys.stderr)
        return 1


async def check() -> int:
    """Start on free ports in a temporary folder, check everything, and stop."""
    with tempfile.TemporaryDirectory(prefix="texting-demo-") as folder:
        async with start_demo(Path(folder), free_port(0)) as demo:
            check = Check(demo.api, demo.simulator, demo.terminal)
            await check.run(demo.accounts, demo.home)
            return 1 if check.failed else 0


async def run(port: int) -> int:
    """Start, print the tour, and run until Ctrl-C."""
    port = free_port(port)
    folder = Path(os.environ.get("TEXTING_ENV", ROOT / ".env")) / "demo" / str(port)
    async with start_demo(folder, port) as demo:
        demo.terminal.show_texts()
        print(tour(demo.address, (USER, PASSWORD), demo.accounts, demo.spare), flush=True)
        tasks = [
            asyncio.create_task(demo.terminal.read_until_interrupted()),
            asyncio.create_task(demo.home.wait_until_stopped()),
        ]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        print_progress("Stopping")
        for task in done:
            task.result()
    return 0


@asynccontextmanager
async def start_demo(folder: Path, port: int) -> AsyncIterator[Demo]:
    """Start and set up everything. Stop it at the end, also after a signal."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    if task:
        for stop_signal in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(stop_signal, task.cancel)
    home = Home(folder, port, people())
    print_progress("Starting Home Assistant and five simulated providers")
    async with (
        Simulator(latency=0.05, sent_after=0.5, delivered_after=1.0) as simulator,
        Simulator(latency=0.05, sent_after=0.5, delivered_after=1.0) as spare,
        home,
        aiohttp.ClientSession() as session,
    ):
        try:
            demo = await _set_up(simulator, spare, home, session)
        except ApiError, WaitTimeout:
            print(*home.errors(), sep="\n", file=sys.stderr)
            raise
        yield demo


async def _set_up(simulator: Simulator, spare: Simulator, home: Home, session: aiohttp.ClientSession) -> Demo:
    await home.wait_until_responding(session)
    api = await Api(session, home.url).sign_up(USER, PASSWORD)
    await home.wait_until_running(api)
    print_progress("Adding accounts, recipients and an alert")
    accounts = await add_accounts(api, simulator)
    await add_alert(api)
    address = await show_dashboard(api, accounts, FIRST_LINE)
    await _welcome(api, simulator)
    await begin_statistics(api)
    terminal = Terminal([simulator, spare], people())
    return Demo(simulator, spare, terminal, home, api, accounts, address)


async def _welcome(api: Api, simulator: Simulator) -> None:
    """Text the first person, so that the phone has something to reply to."""

    async def arrived() -> bool:
        return any(message.received and message.text == WELCOME for message in simulator.messages())

    await api.action("notify.send_message", entity_id=f"notify.{WELCOMED.lower()}", message=WELCOME)
    await until(arrived, "The first text did not arrive")


def free_port(preferred: int) -> int:
    """Return the preferred port, or another one if it is in use."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("No port is free.")


def print_progress(step: str) -> None:
    """Print the current step."""
    print(f"\033[36m▸\033[0m {step}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
