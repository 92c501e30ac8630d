"""Run a real Home Assistant as a separate process with its own folder."""

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
from typing import Any, NoReturn, Self

import aiohttp

from scripts.demo_home.api import Api
from scripts.demo_home.waiting import until

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[2]
# Seconds.
STOP_TIMEOUT = 15

# There is no "http:" here: Home Assistant only tries HTTP settings from YAML for five minutes and then reverts them.
CONFIGURATION = """\
automation: !include automations.yaml
history:
input_boolean:
  water:
    name: Water in the cellar
    icon: mdi:water-alert
logbook:
person: {persons}
recorder:
  commit_interval: 1
input_select:
  recipient:
    name: To
    icon: mdi:account
    options: {people}
input_text:
  message:
    name: Text
    icon: mdi:message-text
    initial: "Home alert: the washing machine is done"
script: !include scripts.yaml
logger:
  default: warning
  logs:
    haffmpeg: critical  # the demo has no cameras and no speakers
    homeassistant.components.camera.img_util: critical
    homeassistant.bootstrap: error
"""

PICTURE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><rect width="100" height="100" fill="hsl({hue} 50% 45%)"/>
<text x="50" y="68" font-family="sans-serif" font-size="52" fill="white" text-anchor="middle">{initial}</text></svg>
"""

# This is saved as JSON, which Home Assistant reads as YAML.
SCRIPTS = {
    "send_test_text": {
        "alias": "Send a test text",
        "icon": "mdi:send",
        "sequence": [
            {
                "action": "notify.send_message",
                "target": {"entity_id": "notify.{{ states('input_select.recipient') | lower }}"},
                # The time makes each text different: some gateways reject the same text twice in a row.
                "data": {"message": "{{ states('input_text.message') }} ({{ now().strftime('%H:%M:%S') }})"},
            }
        ],
    }
}

# These onboarding steps are done. `Api.sign_up` does the other one: it creates the owner.
ONBOARDING_STEPS_DONE = ["core_config", "analytics", "integration"]

# The marketplace is disabled because it makes requests to the internet.
DISABLED_MARKETPLACE = {
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
    """Home Assistant stopped unexpectedly."""


class Home:
    """A Home Assistant process. `async with` starts and stops it."""

    # The Python module to run.
    program = "homeassistant"

    def __init__(self, folder: Path, port: int, people: Iterable[str] = ()) -> None:
        """Use this folder and port. Starting deletes the old configuration. `people` are offered on the dashboard."""
        self._people = list(people)
        self.url = f"http://{HOST}:{port}"
        self.log = folder / "home-assistant.txt"
        self._port = port
        self._config = folder / "config"
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Create the configuration and start."""
        self.create_config()
        await self.start()
        return self

    async def start(self) -> None:
        """Start. Home Assistant responds after a few seconds."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", self.program, "--config", str(self._config)),
                *("--skip-pip", "--ignore-os-check", "--log-no-color"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONPATH": str(Path(__file__).with_name("silence"))},
                start_new_session=True,  # Ctrl-C reaches this process only, which then stops Home Assistant
            )

    async def __aexit__(self, *error: object) -> None:
        """Stop Home Assistant."""
        await self.stop()

    async def stop(self) -> None:
        """Ask Home Assistant to stop, and kill it if that takes too long."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT):
                await process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """Kill the process and its children."""
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    async def wait_until_stopped(self) -> NoReturn:
        """Wait until the process ends without `stop`, then raise HomeStopped."""
        if self._process:
            await self._process.wait()
        raise HomeStopped(f"Home Assistant stopped. See {self.log}.")

    @property
    def pid(self) -> int:
        """The id of the process. Raises HomeStopped if it does not run."""
        if self._process is None or self._process.returncode is not None:
            raise HomeStopped(f"Home Assistant does not run. See {self.log}.")
        return self._process.pid

    def ensure_running(self) -> None:
        """Raise HomeStopped if the process does not run."""
        _ = self.pid

    async def wait_until_responding(self, session: aiohttp.ClientSession) -> None:
        """Wait until Home Assistant responds to requests."""

        async def is_responding() -> bool:
            self.ensure_running()
            with suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(f"{self.url}/api/onboarding") as response:
                    return response.ok
            return False

        await until(is_responding, f"Home Assistant did not respond (see {self.log})")

    async def wait_until_running(self, api: Api) -> None:
        """Wait until everything has started."""

        async def is_running() -> bool:
            state: str = (await api.get("/api/config"))["state"]
            return state == "RUNNING"

        await until(is_running, "Home Assistant did not start")

    def errors(self) -> list[str]:
        """Return the logged errors that name the integration, with their tracebacks."""
        entries = re.split(r"\n(?=\d{4}-\d\d-\d\d )", self.log.read_text("utf-8", "replace"))
        return [entry for entry in entries if " ERROR " in entry and "texting" in entry]

    def create_config(self) -> None:
        """Replace the configuration folder."""
        shutil.rmtree(self._config, ignore_errors=True)
        storage = self._config / ".storage"
        storage.mkdir(parents=True)
        self.log.unlink(missing_ok=True)
        (self._config / "configuration.yaml").write_text(self.configuration(), "utf-8")
        (self._config / "automations.yaml").write_text("[]", "utf-8")
        (self._config / "scripts.yaml").write_text(json.dumps(SCRIPTS, indent=2), "utf-8")
        (self._config / "custom_components").symlink_to(ROOT / "custom_components")
        # This is a copy because the blueprint editor does not follow links.
        shutil.copytree(ROOT / "blueprints", self._config / "blueprints")
        (self._config / "www").mkdir()
        for number, name in enumerate(self._people):
            (self._config / "www" / f"{name}.svg").write_text(PICTURE.format(initial=name[0], hue=number * 60), "utf-8")
        write_store(storage, "core.config", 1, {**LOCATION, "internal_url": self.url}, minor_version=4)
        # With only the loopback adapter, Home Assistant announces and discovers nothing in the network.
        write_store(storage, "core.network", 1, {"configured_adapters": ["lo", "lo0"]})
        write_store(storage, "http", 1, {"server_host": [HOST], "server_port": self._port})
        self.write_stores(storage)

    def configuration(self) -> str:
        """Return the contents of configuration.yaml."""
        persons = [{"id": each.lower(), "name": each, "picture": f"/local/{each}.svg"} for each in self._people]
        # YAML reads JSON.
        return CONFIGURATION.format(people=json.dumps(self._people), persons=json.dumps(persons))

    def write_stores(self, storage: Path) -> None:
        """Write the other files in the folder .storage."""
        write_store(storage, "onboarding", 4, {"done": ONBOARDING_STEPS_DONE})
        write_store(storage, "core.config_entries", 1, {"entries": [DISABLED_MARKETPLACE]})


def write_store(storage: Path, key: str, version: int, data: dict[str, Any], *, minor_version: int = 1) -> None:
    """Write one file in the folder .storage."""
    stored = {"version": version, "minor_version": minor_version, "key": key, "data": data}
    (storage / key).write_text(json.dumps(stored), "utf-8")
