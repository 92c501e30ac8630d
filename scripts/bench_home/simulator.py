"""Run the simulator as a separate process, so that it does not use Home Assistant's event loop."""

import asyncio
from pathlib import Path
import sys
from typing import Any, Self

import aiohttp

# Seconds.
START_TIMEOUT = 20.0
CREDIT = 10_000_000


class SimulatorProcess:
    """A simulator process. `async with` starts and stops it. It responds without latency at first."""

    def __init__(self, folder: Path) -> None:
        """Save the output in this folder."""
        self._output = folder / "simulator.txt"
        self._urls: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        """Start the simulator, read its addresses, and add credit."""
        with self._output.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "tests.simulator", "--port", "0", "--latency", "0"),
                *("--sent-after", "0", "--delivered-after", "0"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
            )
        self._session = aiohttp.ClientSession()
        async with asyncio.timeout(START_TIMEOUT):
            while "control" not in self._urls:
                await asyncio.sleep(0.05)
                lines = self._output.read_text("utf-8").split("\n\n", maxsplit=1)[0].splitlines()
                self._urls = {name: rest[0] for name, *rest in map(str.split, lines)}
        for provider in ("textinghouse", "textiopro", "club_texting", "group_texting"):
            await self._call("POST", "credit", {"provider": provider, "credit": CREDIT})
        await self._call("POST", "credit", {"provider": "thesmspoint", "credit": CREDIT, "pool": "Transactional"})
        return self

    async def __aexit__(self, *error: object) -> None:
        """Stop the simulator."""
        await self._session.close()
        self._process.terminate()
        await self._process.wait()

    def url(self, site: str) -> str:
        """Return the URL of a site without a final slash."""
        return self._urls[site]

    async def set_latency(self, seconds: float) -> None:
        """Make every site wait before each response."""
        await self._call("POST", "latency", {"seconds": seconds})

    async def refuse(self, *sites: str) -> None:
        """Make sites refuse connections."""
        for site in sites:
            await self._call("POST", "faults", {"site": site, "kind": "refuse"})

    async def restore(self) -> None:
        """Make all sites accept connections again."""
        await self._call("DELETE", "faults")

    async def clear_requests(self) -> None:
        """Delete the recorded requests."""
        await self._call("DELETE", "requests")

    async def requests(self, site: str) -> list[dict[str, Any]]:
        """Return the requests to a site since the last `clear_requests`."""
        requests: list[dict[str, Any]] = await self._call("GET", f"requests?site={site}")
        return requests

    async def count_texts(self, provider: str) -> int:
        """Count the texts that a provider has accepted."""
        accepted: int = (await self._call("GET", f"count?provider={provider}"))["messages"]
        return accepted

    async def _call(self, method: str, path: str, data: dict[str, Any] | None = None) -> Any:
        async with self._session.request(method, f"{self._urls['control']}/{path}", json=data) as response:
            response.raise_for_status()
            return await response.json()
