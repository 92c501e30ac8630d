"""Run every client at the simulator and print a table: python -m scripts.foreign_clients --folder F --node N."""

import argparse
import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import re
import sys

from scripts.foreign_clients.clients import CLIENTS, WITHOUT, Client
from tests.simulator import Simulator
from tests.simulator.accounts import TEXTIOPRO_TOKEN

HERE = Path(__file__).parent
TIMEOUT = 60.0
TEXT = "The front door is open."
# The steps that each client has a column for.
MAIN_STEPS = ("send", "balance")
HEADING = """\
Each client runs at a simulator that is as the document says, and at one that is as the client's own site.
yes: works at both. site: works at the latter. -: the client has no such call.
"""


@dataclass
class Outcome:
    """What one client did at one server."""

    version: str = "?"
    # The error of each step, or an empty string if it worked.
    errors: dict[str, str] = field(default_factory=dict)


async def main(folder: Path, node: str) -> int:
    """Print the table, and return 1 if a client that is known to work does not."""
    print(HEADING)
    print(f"{'client':<12} {'version':<8} {'registry':<9} {'platform':<10} {'sends':<9} {'balance':<9} other calls")
    errors: list[str] = []
    for client in CLIENTS:
        documented = await run(client, folder, node, variants=())
        site = await run(client, folder, node, variants=client.variants)
        print(line(client, documented, site), flush=True)
        errors += unexpected(client, documented, "the document", {*client.only_at_its_site, *client.never})
        errors += unexpected(client, site, client.site, client.never)
    reasons = [
        (client.name, *each) for client in CLIENTS for each in {**client.only_at_its_site, **client.never}.items()
    ]
    print("\nWhy something does not work, or only at the client's site:")
    print(*(f"  {name}, {step}: {reason}" for name, step, reason in reasons), sep="\n")
    print(f"\nNo client in the registries: {', '.join(WITHOUT)}.")
    for error in errors:
        print(f"\033[31m✗\033[0m {error}", file=sys.stderr)
    return 1 if errors else 0


def unexpected(client: Client, outcome: Outcome, server: str, known: Collection[str]) -> list[str]:
    """Return what failed at a server although it is known to work."""
    missing = {step: "the client did not get there" for step in MAIN_STEPS if step not in outcome.errors}
    expected = {*known, *client.lacks}
    return [
        f"{client.name} at a server like {server}, {step}: {error}"
        for step, error in (missing | outcome.errors).items()
        if error and step not in expected
    ]


def line(client: Client, documented: Outcome, site: Outcome) -> str:
    """Return the line of a client."""
    words = []
    for step in MAIN_STEPS:
        if step in client.lacks:
            words.append("-")
        else:
            worked = [outcome.errors.get(step) == "" for outcome in (documented, site)]
            words.append("yes" if all(worked) else "site" if worked[1] else "no")
    others = [error for step, error in site.errors.items() if step not in MAIN_STEPS]
    count = f"{others.count('')} of {len(others)}" if others else "-"
    return (
        f"{client.name:<12} {site.version:<8} {client.registry:<9} {client.platform:<10} "
        f"{words[0]:<9} {words[1]:<9} {count}"
    )


async def run(client: Client, folder: Path, node: str, variants: tuple[str, ...]) -> Outcome:
    """Run all steps of a client at a simulator with these variants, and check what the simulator saw."""
    async with Simulator() as simulator:
        for variant in variants:
            simulator.use_variant(client.provider, variant)
        arguments = (client.name, simulator.url(client.provider), TEXTIOPRO_TOKEN, client.number, TEXT)
        if client.runtime == "node":
            command: tuple[str, ...] = (node, str(HERE / "node_client.mjs"), str(folder / "npm"), *arguments)
        else:
            command = (str(folder / "python/bin/python"), str(HERE / "python_client.py"), *arguments)
        outcome = Outcome()
        process = await asyncio.create_subprocess_exec(
            *command,
            stdout=asyncio.subprocess.PIPE,
            # Without a proxy, as the client must reach this machine.
            env={"PATH": os.environ.get("PATH", ""), "NO_PROXY": "*"},
        )
        try:
            async with asyncio.timeout(TIMEOUT):
                output, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            return outcome
        read(output.decode(), outcome, simulator, client)
    return outcome


def read(output: str, outcome: Outcome, simulator: Simulator, client: Client) -> None:
    """Read the steps of the output, and compare them with the simulator."""
    texts = [(message.to, message.text) for message in simulator.messages(client.provider)]
    credit = 100 - texts.count((client.number, TEXT))
    for row in map(json.loads, output.splitlines()):
        if "step" not in row:
            outcome.version = row["version"]
            continue
        error = row.get("error", "")
        if row["step"] == "send" and not error and texts.count((client.number, TEXT)) != 1:
            error = "the simulator has not exactly this text"
        if row["step"] == "balance" and not error and _number(row["result"]) != credit:
            error = f"the client says {row['result']}, the simulator {credit}"
        outcome.errors[row["step"]] = error


def _number(text: str) -> float | None:
    match = re.search(r"\d+(\.\d+)?", text)
    return float(match[0]) if match else None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m scripts.foreign_clients")
    parser.add_argument("--folder", type=Path, required=True, help="where the clients are installed")
    parser.add_argument("--node", required=True, help="the path of Node.js")
    options = parser.parse_args()
    sys.exit(asyncio.run(main(options.folder, options.node)))
