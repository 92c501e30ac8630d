"""A soak of alerts: prepare the simulator and the people, run, and print what is counted."""

import argparse
from collections.abc import Iterable
from pathlib import Path
from random import Random
import time

import aiohttp

from scripts.demo_home.__main__ import free_port, print_progress
from scripts.demo_home.api import Api
from scripts.soak_home import gateways
from scripts.soak_home.alert_callers import AlertCallers
from scripts.soak_home.alert_count import AlertCounts, Outcome, count_alerts, format_alert_row
from scripts.soak_home.alert_home import AlertHome
from scripts.soak_home.alert_plan import PEOPLE, ROUTE, Habit, plan_alert_kills, plan_alerts, script_of
from scripts.soak_home.alert_soak import AlertSoak
from scripts.soak_home.database import read_incidents, read_messages
from tests.simulator import Simulator

MAX_PRINTED = 10


async def run_alerts(options: argparse.Namespace, folder: Path) -> int:
    """Run a soak of alerts. Return 1 if anything was lost, doubled, forgotten, skipped or repeated."""
    random, began = Random(options.seed), time.monotonic()  # noqa: S311  not for cryptography
    alerts, kills = plan_alerts(random), plan_alert_kills(options.kills, random)
    async with Simulator(sent_after=0.2, delivered_after=0.5) as simulator, aiohttp.ClientSession() as session:
        gateways.prepare(simulator, random)
        gateways.add_faults(simulator)
        _prepare_people(simulator, random)
        home = AlertHome(folder, free_port(0), simulator, alerts)
        home.create_config()
        api = Api(session, home.url, home.token)
        callers = AlertCallers(api, home.database, alerts, random, is_patient=not options.short)
        soak = AlertSoak(home, simulator, api, callers)
        try:
            has_ended = await soak.run(kills)
        finally:
            # Nothing changes any more: an incident that somebody took asks again after a minute.
            await home.kill()
        outcome = Outcome(
            alerts=alerts,
            incidents=read_incidents(home.database),
            messages=read_messages(home.database),
            gateway_counts=gateways.count_by_key(simulator),
            given=simulator.people.given,
            confirmed=callers.confirmed,
        )
        counts = count_alerts(outcome)
        _print_summary(soak, callers, home.errors(), time.monotonic() - began)
        _print_counts(counts)
    if options.keep:
        print_progress(f"The home's folder is {folder}")
    return 0 if has_ended and not counts.is_wrong else 1


def _prepare_people(simulator: Simulator, random: Random) -> None:
    """Let people follow their scripts, and let gateways refuse the numbers of some."""
    for provider in gateways.BUSY:
        # It sends what the home responds to an incoming text, to the phone that sent it.
        simulator.accounts[provider].wait_for_response = True
    for person in PEOPLE:
        simulator.people.script(person.number, *script_of(person, random))
        if person.habit is Habit.REFUSED:
            gateways.refuse(simulator, "textinghouse" if person.entry_id == ROUTE else person.entry_id, person.number)


def _print_summary(soak: AlertSoak, callers: AlertCallers, errors: Iterable[str], seconds: float) -> None:
    starts, errors = sorted(soak.start_seconds), list(errors)
    print(
        f"{soak.killed} kills in {soak.kill_seconds:.0f} s of {seconds:.0f} s, "
        f"{soak.killed_open} of them while incidents were open; {callers.raised} times raised"
    )
    print(f"start to usable: median {starts[len(starts) // 2]:.1f} s, slowest {starts[-1]:.1f} s")
    print(f"all incidents were over after {soak.end_seconds:.0f} s; the integration logged {len(errors)} errors")
    for text in (*sorted(callers.errors), *errors[:MAX_PRINTED]):
        first, *others = text.strip().splitlines()
        print(f"  {first}", *others[-1:], sep=" … ")


def _print_counts(counts: AlertCounts) -> None:
    print(format_alert_row(counts.row), flush=True)
    for fault in counts.faults[:MAX_PRINTED]:
        print(f"  {fault}", flush=True)
