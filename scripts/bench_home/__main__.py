"""Print the table: python -m scripts.bench_home, or with --rows that of the message database."""

# This import comes first. It makes the test kit work with a newer Home Assistant.
import tests.kit  # noqa: F401, I001

from argparse import ArgumentParser
import asyncio
import os
from pathlib import Path
import sys
from tempfile import TemporaryDirectory

from homeassistant.const import __version__
from scripts.bench_home.accounts import measure_accounts, measure_requests
from scripts.bench_home import rows
from scripts.bench_home.home import home
from scripts.bench_home.database import measure_outbox
from scripts.bench_home.incoming import measure_incoming
from scripts.bench_home.lists import measure_lists
from scripts.bench_home.questions import measure_questions
from scripts.bench_home.sending import measure_sending
from scripts.bench_home.simulator import SimulatorProcess
from scripts.bench_home.table import Table
from scripts.bench_home.loop_monitor import MonitoredSelector


HEADING = f"""\
Home Assistant {__version__}. Each number is the time of Texting divided by the time of another method for the same
texts. It is the median of ratios that were measured in turn, with its 95 % interval. "bare" is aiohttp: at
TextingHouse one request for each text, with 8 at the same time, and elsewhere one request for all texts. "write" is one
durable write to the disk, which is the minimum for a text that must survive a crash. "rest_command" is called for all
texts at the same time. "twilio_sms" works like Home Assistant's twilio_sms: it makes one request after another in a
thread.
"""
ROWS_HEADING = """\
The message database with a short and a long history, in milliseconds: CPU time of its thread, and the time until the
result is there, each as the median and the worst. The limit is for the median of the CPU time, or in a purge for the
worst.
"""


async def main(loop: MonitoredSelector, *, of_rows: bool) -> int:
    """Print the table and return how many limits are exceeded.

    TEXTING_ENV names a folder on a real disk. The default folder for temporary files may be in memory.
    """
    with TemporaryDirectory(prefix="texting-bench-", dir=os.environ.get("TEXTING_ENV")) as folder:
        if of_rows:
            print(ROWS_HEADING)
            table = Table(rows.HEADINGS)
            await rows.measure_rows(Path(folder), loop, table)
            return table.exceeded
        async with SimulatorProcess(Path(folder)) as simulator, home(Path(folder)) as hass:
            print(HEADING)
            table = Table()
            # This comes first. Memory that other measurements have freed would hide the growth.
            await measure_outbox(hass, simulator, loop, table)
            await measure_lists(hass, loop, table)
            await measure_sending(hass, simulator, Path(folder), table)
            await measure_incoming(hass, simulator, table)
            await measure_questions(hass, simulator, table)
            await measure_accounts(hass, simulator, table)
            await measure_requests(hass, simulator, table)
            return table.exceeded


if __name__ == "__main__":
    parser = ArgumentParser(prog="scripts/bench")
    parser.add_argument("--rows", action="store_true", help="measure the message database with up to 1,000,000 rows")
    arguments = parser.parse_args()
    selector = MonitoredSelector()
    work = main(selector, of_rows=arguments.rows)
    exceeded = asyncio.run(work, loop_factory=lambda: asyncio.SelectorEventLoop(selector))
    # With --rows, the exit code is the number of exceeded limits.
    sys.exit(exceeded if arguments.rows else min(exceeded, 1))
