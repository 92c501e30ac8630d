"""The home of a flood: as that of a soak, with recipients, a recorder and Activity."""

from contextlib import closing
import json
from pathlib import Path
import re
import sqlite3
from typing import Any, override

import psutil

from scripts.flood_home.calls import MARK, RECIPIENTS
from scripts.flood_home.meter import SWITCH
from scripts.soak_home.home import WEBHOOK_PROVIDERS, SoakHome, stored_recipient, webhook_id

CONFIGURATION = f"""\
api:
history:
input_boolean:
  {SWITCH.partition(".")[2]}:
logbook:
logger:
  default: warning
recorder:
  commit_interval: 1
websocket_api:
"""
MEBIBYTE = 1024 * 1024
# Digits that may be a number that a text came from or went to.
_DIGITS = re.compile(r"\d{9,}")
# The event that makes the lines of Activity.
_EVENTS = (
    "SELECT count(*) FROM events JOIN event_types USING (event_type_id) "
    "WHERE event_types.event_type = 'texting_message'"
)


class FloodHome(SoakHome):
    """A home for a flood."""

    @override
    def configuration(self) -> str:
        return CONFIGURATION

    @override
    def subentries(self, provider: str) -> list[dict[str, Any]]:
        if provider not in RECIPIENTS:
            return []
        return [stored_recipient(f"person_{provider}", f"Person at {provider}", RECIPIENTS[provider])]

    @property
    def process(self) -> psutil.Process:
        """The process of Home Assistant."""
        self.ensure_running()
        return psutil.Process(self.pid)

    def waited(self) -> float:
        """Return the seconds that the event loop's thread has waited for a processor; 0 where nobody counts them."""
        try:
            # https://www.kernel.org/doc/html/latest/scheduler/sched-stats.html#proc-pid-schedstat
            return int(Path(f"/proc/{self.pid}/schedstat").read_text("ascii").split()[1]) / 1e9
        except OSError:
            return 0.0

    def memory(self, provider: str) -> dict[str, Any]:
        """Return what an account remembers on disk."""
        stored: dict[str, Any] = json.loads((self._storage / f"texting.{provider}").read_text("utf-8"))
        data: dict[str, Any] = stored["data"]
        return data

    def count_activity(self) -> int:
        """Return how many lines of Activity the recorder keeps."""
        path = self._config / "home-assistant_v2.db"
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            (count,) = database.execute(_EVENTS).fetchone()
        return int(count)

    def find_private(self, numbers: set[str]) -> list[str]:
        """Return the lines of the log with a text, a number or the address of a webhook."""
        words = (MARK, *(webhook_id(provider) for provider in WEBHOOK_PROVIDERS))
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return [
            line
            for line in lines
            if any(word in line for word in words) or not numbers.isdisjoint(_DIGITS.findall(line))
        ]

    def warnings(self) -> list[str]:
        """Return the logged warnings and errors of every part of Home Assistant."""
        return [
            line
            for line in self.log.read_text("utf-8", "replace").splitlines()
            if re.match(r"\d{4}-\d\d-\d\d .* (WARNING|ERROR|CRITICAL) ", line) and "We found a custom" not in line
        ]

    @property
    def _storage(self) -> Path:
        return self._config / ".storage"
