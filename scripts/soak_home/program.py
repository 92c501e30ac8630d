"""What the programs that try a whole home have in common: their folder, their signals, and their errors."""

from argparse import Namespace
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
import signal
import sys
import tempfile

from scripts.demo_home.api import ApiError
from scripts.demo_home.home import HomeStopped
from scripts.demo_home.waiting import WaitTimeout


async def _run(run: Callable[[Namespace, Path], Awaitable[int]], options: Namespace, folder: Path) -> int:
    """Run, and end as after Ctrl-C if somebody asks this process to stop."""
    task = asyncio.current_task()
    if task:
        for stop_signal in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(stop_signal, task.cancel)
    return await run(options, folder)


def run_in_folder(name: str, run: Callable[[Namespace, Path], Awaitable[int]], options: Namespace) -> int:
    """Run in a temporary folder, which options.keep keeps. Return the exit code, 1 if the home failed."""
    folder = tempfile.TemporaryDirectory(prefix=f"texting-{name}-", delete=not options.keep)
    try:
        with folder as path:
            return asyncio.run(_run(run, options, Path(path)))
    except KeyboardInterrupt, asyncio.CancelledError:
        return 130
    except (ApiError, HomeStopped, WaitTimeout, OSError) as error:
        print(f"\033[31m✗\033[0m The {name} failed: {error}", file=sys.stderr)
        return 1
