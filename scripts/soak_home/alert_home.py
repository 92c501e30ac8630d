"""The home of a soak of alerts: as that of a soak, with recipients, a route, and alerts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, override

from scripts.soak_home.alert_plan import PEOPLE, ROUTE, ROUTE_ACCOUNTS, PlannedAlert
from scripts.soak_home.home import SoakHome, stored_entry, stored_recipient
from tests.simulator import Simulator

# Minutes without a delivery until a route tries the next account.
CONFIRM_WITHIN = 0.1


class AlertHome(SoakHome):
    """A home with alerts."""

    def __init__(self, folder: Path, port: int, simulator: Simulator, alerts: Sequence[PlannedAlert]) -> None:
        """Use this folder, this port and this simulator."""
        super().__init__(folder, port, simulator)
        self._alerts = alerts

    @override
    def subentries(self, provider: str) -> list[dict[str, Any]]:
        people = [person for person in PEOPLE if person.entry_id == provider]
        return [stored_recipient(f"{provider}_{person.habit}", person.name, person.number) for person in people]

    @override
    def other_entries(self) -> list[dict[str, Any]]:
        route = {"provider": "route", "accounts": list(ROUTE_ACCOUNTS), "confirm_within": CONFIRM_WITHIN}
        return [
            stored_entry(ROUTE, "Route", route, {}, self.subentries(ROUTE)),
            *(stored_entry(each.entry_id, each.title, {"provider": "alert"}, each.options) for each in self._alerts),
        ]
