"""A real Home Assistant in a folder of its own, as a process of its own."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
import json
import os
from pathlib import Path
import re
import shutil
import signal
import sys
from typing import Any, Self

import aiohttp

from scripts.demo_home.api import Api
from scripts.demo_home.waiting import until

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[2]

# No http: here: what YAML says of it is on trial for five minutes and then undone.
CONFIGURATION = """\
automation: !include automations.yaml
history:
input_boolean:
  water:
    name: Water in the cellar
    icon: mdi:water-alert
logbook:
recorder:
  commit_interval: 1
input_select:
  recipient:
    name: To
    icon: mdi:account
    options: [{people}]
input_text:
  message:
    name: Text
    icon: mdi:message-text
    initial: "Home alert: the washing machine is done"
script:
  send_test_text:
    alias: Send a test text
    icon: mdi:send
    sequence:
      - action: notify.send_message
        target:
          entity_id: "notify.{{{{ states('input_select.recipient') | lower }}}}"
        data:
          # With the time, as some gateways refuse the same text twice in a row.
          message: "{{{{ states('input_text.message') }}}} ({{{{ now().strftime('%H:%M:%S') }}}})"
logger:
  default: warning
  logs:
    haffmpeg: critical  # the demo has no cameras and no loudspeakers
    homeassistant.components.camera.img_util: critical
    homeassistant.bootstrap: error
"""

# Home Assistant reads JSON as YAML.
AUTOMATIONS = [
    {
        "id": "water",
        "alias": "Alert until somebody acknowledges",
        "use_blueprint": {
            "path": "texting/alert_until_acknowledged.yaml",
            "input": {
                "watched": ["input_boolean.water"],
                "people": ["notify.anna", "notify.ben"],
                "minutes": 1,
                "repeat": 0.5,
                "acknowledged": [{"action": "input_boolean.turn_off", "target": {"entity_id": "input_boolean.water"}}],
            },
        },
    }
]

# The last step of onboarding is left: creating the owner.
STEPS_DONE = ["core_config", "analytics", "integration"]

# Switched off, as it asks the internet what there is.
NO_MARKETPLACE = {
    "entry_id": "marketplace",
    "domain": "marketplace",
    "title": "Marketplace",
    "version": 1,
    "source": "system",
    "data": {},
    "disabled_by": "user",
}

LOCATION = {
    "latitude": 45.764,
    "longitude": 4.8357,
    "elevation": 170,
    "unit_system_v2": "metric",
    "location_name": "Home",
    "time_zone": "Europe/Paris",
    "external_url": None,
    "currency": "EUR",
    "country": "FR",
    "language": "en",
    "radius": 100,
}


class HomeStopped(Exception):
    """Home Assistant ended when it should not have."""


class Home:
    """Starts Home Assistant on a port and stops it; use it with `async with`."""

    program = "homeassistant"

    def __init__(self, folder: Path, port: int, people: Iterable[str] = ()) -> None:
        """Keep everything in this folder, which is made anew; people can be texted from the dashboard."""
        self._people = ", ".join(people)
        self.url = f"http://{HOST}:{port}"
        self.log = folder / "home-assistant.txt"
        self._port = port
        self._config = folder / "config"
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Start in a folder made anew."""
        self.write()
        await self.start()
        return self

    async def start(self) -> None:
        """Start; it takes a few seconds until it answers."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", self.program, "--config", str(self._config)),
                *("--skip-pip", "--ignore-os-check", "--log-no-color"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONPATH": str(Path(__file__).with_name("silence"))},
                start_new_session=True,  # Ctrl-C is ours to pass on
            )

    async def __aexit__(self, *error: object) -> None:
        """Stop it, whatever it takes."""
        await self.stop()

    async def stop(self) -> None:
        """Stop it as the system does, and end it where that takes too long."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(15):
                await process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it at once, wherever it is."""
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    async def stopped(self) -> None:
        """Wait until it ends by itself, and complain."""
        if self._process:
            await self._process.wait()
        raise HomeStopped(f"Home Assistant has stopped; {self.log} tells why.")

    def check(self) -> None:
        """Complain where it has ended by itself."""
        if self._process is None or self._process.returncode is not None:
            raise HomeStopped(f"Home Assistant does not run; {self.log} tells why.")

    async def answering(self, session: aiohttp.ClientSession) -> None:
        """Wait until it answers."""

        async def look() -> bool:
            self.check()
            with suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(f"{self.url}/api/onboarding") as response:
                    return response.ok
            return False

        await until(look, f"Home Assistant did not answer, and {self.log} may tell why,")

    async def running(self, api: Api) -> None:
        """Wait until all of it has started."""

        async def look() -> bool:
            state: str = (await api.get("/api/config"))["state"]
            return state == "RUNNING"

        await until(look, "Home Assistant has not started")

    def errors(self) -> list[str]:
        """The errors it has logged about the integration, with their traces."""
        entries = re.split(r"\n(?=\d{4}-\d\d-\d\d )", self.log.read_text("utf-8", "replace"))
        return [entry for entry in entries if " ERROR " in entry and "texting" in entry]

    def write(self) -> None:
        """Write its folder."""
        shutil.rmtree(self._config, ignore_errors=True)
        storage = self._config / ".storage"
        storage.mkdir(parents=True)
        self.log.unlink(missing_ok=True)
        (self._config / "configuration.yaml").write_text(self.configuration(), "utf-8")
        (self._config / "automations.yaml").write_text(json.dumps(AUTOMATIONS, indent=2), "utf-8")
        (self._config / "custom_components").symlink_to(ROOT / "custom_components")
        # A copy: of a link, the editor's list would show nothing.
        shutil.copytree(ROOT / "blueprints", self._config / "blueprints")
        store(storage, "core.config", 1, {**LOCATION, "internal_url": self.url}, minor_version=4)
        # Nothing is announced to the network, and nothing is looked for in it.
        store(storage, "core.network", 1, {"configured_adapters": ["lo", "lo0"]})
        store(storage, "http", 1, {"server_host": [HOST], "server_port": self._port})
        self.fill(storage)

    def configuration(self) -> str:
        """What configuration.yaml says."""
        return CONFIGURATION.format(people=self._people)

    def fill(self, storage: Path) -> None:
        """Write what else it finds in its folder .storage."""
        store(storage, "onboarding", 4, {"done": STEPS_DONE})
        store(storage, "core.config_entries", 1, {"entries": [NO_MARKETPLACE]})


def store(storage: Path, key: str, version: int, data: dict[str, Any], *, minor_version: int = 1) -> None:
    """Write what Home Assistant finds in its folder .storage."""
    stored = {"version": version, "minor_version": minor_version, "key": key, "data": data}
    (storage / key).write_text(json.dumps(stored), "utf-8")
