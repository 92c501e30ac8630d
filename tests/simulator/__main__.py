"""Run the simulator alone: it prints all texts, and phones reply with typed lines (terminal.py)."""

import argparse
import asyncio

from . import Simulator, variants
from .accounts import PASSWORD, TEXTIOPRO_TOKEN, THESMSPOINT_KEY, USER
from .messages import SPECIAL_NUMBERS, TITLES
from .server import SITES
from .terminal import Terminal

DEFAULT_PORT = 8800
CREDENTIALS = {
    "textinghouse": f"user {USER}, password {PASSWORD}",
    "textinghouse_backup": "the same",
    "textiopro": f"token {TEXTIOPRO_TOKEN}",
    "club_texting": f"user {USER}, password {PASSWORD}",
    "group_texting": f"user {USER}, password {PASSWORD}",
    "thesmspoint": f"key {THESMSPOINT_KEY}",
}


def main() -> None:
    """Read the command line and run until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulator",
        description="Five SMS gateways on 127.0.0.1.",
        epilog=f"{special_numbers()}\n\n{variants.table()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="the first of seven ports (%(default)s)")
    parser.add_argument("--latency", type=float, default=50, metavar="MS", help="before each response (%(default)s)")
    parser.add_argument("--sent-after", type=float, default=0.5, metavar="S", help="accepted to sent (%(default)s)")
    parser.add_argument("--delivered-after", type=float, default=1, metavar="S", help="sent to the end (%(default)s)")
    parser.add_argument("--callback", action="append", default=[], type=_callback, metavar="PROVIDER=URL")
    parser.add_argument("--variant", action="append", default=[], type=_variant, metavar="PROVIDER=NAME")
    options = parser.parse_args()
    asyncio.run(run(options))


def special_numbers() -> str:
    """Return the table of numbers that decide how a message ends."""
    lines = ["A number that ends in one of these never gets its text:"]
    for suffix, (meaning, statuses) in SPECIAL_NUMBERS.items():
        words = ", ".join(f"{TITLES[provider]} {status}" for provider, status in statuses.items())
        lines.append(f"  {suffix}  {meaning:<19} {words}")
    lines.append("  999   TextingHouse's free test, delivered at once and to no phone")
    return "\n".join(lines)


async def run(options: argparse.Namespace) -> None:
    """Run until interrupted."""
    simulator = Simulator(options.latency / 1000, options.sent_after, options.delivered_after)
    for provider, url in options.callback:
        simulator.accounts[provider].callback_url = url
    for provider, name in options.variant:
        simulator.use_variant(provider, name)
    await simulator.start(options.port)
    try:
        for site in SITES:
            print(f"{site:<20} {simulator.url(site):<23} {CREDENTIALS[site]}")
        print(f"{'control':<20} {simulator.control_url}\n\n{special_numbers()}\n", flush=True)
        terminal = Terminal([simulator])
        print(f"{terminal.help()}\n", flush=True)
        terminal.show_texts()
        await terminal.read_until_interrupted()
    finally:
        await simulator.stop()


def _callback(given: str) -> tuple[str, str]:
    provider, equals, url = given.partition("=")
    if not equals or provider not in TITLES:
        raise argparse.ArgumentTypeError(f"write PROVIDER=URL, with one of {', '.join(TITLES)}")
    return provider, url


def _variant(given: str) -> tuple[str, str]:
    provider, equals, name = given.partition("=")
    if not equals or name not in variants.VARIANTS.get(provider, {}):
        raise argparse.ArgumentTypeError("write PROVIDER=NAME, with a variant from the list below")
    return provider, name


if __name__ == "__main__":
    main()
