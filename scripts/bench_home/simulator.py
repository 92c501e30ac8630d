"""The simulator as a process of its own, so that none of its work is done in Home Assistant's loop."""

import asyncio
from pathlib import Path
import sys
from typing import Any, Self

import aiohttp

STARTS_WITHIN = 20.0
CREDIT = 10_000_000


class SimulatorProcess:
    """Started and stopped with `async with`; it answers at once until it is told otherwise."""

    def __init__(self, folder: Path) -> None:
        """Keep its output in this folder."""
        self._output = folder / "simulator.txt"
        self._urls: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        """Start, learn its addresses, and pay in what the texts cost."""
        with self._output.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "tests.simulator", "--port", "0", "--latency", "0"),
                *("--sent-after", "0", "--delivered-after", "0"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
            )
        self._session = aiohttp.ClientSession()
        async with asyncio.timeout(STARTS_WITHIN):
            while "control" not in self._urls:
                await asyncio.sleep(0.05)
                lines = self._output.read_text("utf-8").split("\n\n", maxsplit=1)[0].splitlines()
                self._urls = {name: rest[0] for name, *rest in map(str.split, lines)}
        for provider in ("textinghouse", "textiopro", "club_texting", "group_texting"):
            await self._call("POST", "credit", {"provider": provider, "credit": CREDIT})
        await self._call("POST", "credit", {"provider": "thesmspoint", "credit": CREDIT, "pool": "Transactional"})
        return self

    async def __aexit__(self, *error: object) -> None:
        """Stop it."""
        await self._session.close()
        self._process.terminate()
        await self._process.wait()

    def url(self, site: str) -> str:
        """The address of a site, without a slash at its end."""
        return self._urls[site]

    async def answer_after(self, seconds: float) -> None:
        """Let every site wait so long before each answer."""
        await self._call("POST", "latency", {"seconds": seconds})

    async def refuse(self, *sites: str) -> None:
        """Let sites refuse connections."""
        for site in sites:
            await self._call("POST", "faults", {"site": site, "kind": "refuse"})

    async def restore(self) -> None:
        """Let all sites listen again."""
        await self._call("DELETE", "faults")

    async def forget(self) -> None:
        """Forget the requests made so far."""
        await self._call("DELETE", "requests")

    async def requests(self, site: str) -> list[dict[str, Any]]:
        """The requests made to a site since the last forget()."""
        made: list[dict[str, Any]] = await self._call("GET", f"requests?site={site}")
        return made

    async def texts(self, provider: str) -> int:
        """How many texts a provider has accepted."""
        accepted: int = (await self._call("GET", f"count?provider={provider}"))["messages"]
        return accepted

    async def _call(self, method: str, path: str, data: dict[str, Any] | None = None) -> Any:
        async with self._session.request(method, f"{self._urls['control']}/{path}", json=data) as response:
            response.raise_for_status()
            return await response.json()
