"""Prints the table: python -m scripts.bench_home."""

# First: it lets the test kit run on a Home Assistant that is newer than it.
import tests.kit  # noqa: F401, I001

import asyncio
import os
from pathlib import Path
import sys
from tempfile import TemporaryDirectory

from homeassistant.const import __version__
from scripts.bench_home.accounts import measure_accounts, measure_requests
from scripts.bench_home.home import home
from scripts.bench_home.outbox import measure_outbox
from scripts.bench_home.sending import measure_sending
from scripts.bench_home.simulator import SimulatorProcess
from scripts.bench_home.table import Table
from scripts.bench_home.watch import WatchedSelector


HEAD = f"""\
Home Assistant {__version__}. What Texting takes, as multiples of what others take for the same texts; medians of ratios
that were measured in turn. Bare is aiohttp: at TextingHouse a request each, 8 in flight, elsewhere one batched request.
Write is one durable write to the disk, the least that a text costs which a crash must not lose.
rest_command is called for all at once; twilio_sms's way is requests, one after another in a thread.
"""


async def main(loop: WatchedSelector) -> int:
    """Print the table; how many limits are exceeded.

    The outbox is to be on a real disk, which the folder for temporary files may not be.
    """
    with TemporaryDirectory(prefix="texting-bench-", dir=os.environ.get("TEXTING_ENV")) as folder:
        async with SimulatorProcess(Path(folder)) as simulator, home(Path(folder)) as hass:
            print(HEAD)
            table = Table()
            # First: memory that the others have used and given back would hide what grows.
            await measure_outbox(hass, simulator, loop, table)
            await measure_sending(hass, simulator, Path(folder), table)
            await measure_accounts(hass, simulator, table)
            await measure_requests(hass, simulator, table)
            return table.exceeded


if __name__ == "__main__":
    selector = WatchedSelector()
    exceeded = asyncio.run(main(selector), loop_factory=lambda: asyncio.SelectorEventLoop(selector))
    sys.exit(1 if exceeded else 0)
