"""A simulated year of a busy home: what alerts cost, and that they keep their promises."""

from dataclasses import replace
from functools import partial
from statistics import quantiles
import time

import pytest

from tests.alerting.network import DAY, HOUR, MINUTE, Mode
from tests.alerting.world import World
from tests.support import sampling

INCIDENTS = 5000
# Some causes come while the incident of their alert is still open.
CAUSES = 1.4 * INCIDENTS
ALERTS, PHONES = 12, 8
YEAR, MONTH, WEEK = 365 * DAY, 30 * DAY, 7 * DAY
# Of a year, in seconds of CPU.
MAX_CPU = 300.0


def live(world: World, seconds: float) -> None:
    """Let causes come and go, as often as in a year with so many incidents. Gateways fail, and homes restart."""
    rng, until = world.rng, world.timeline.now + seconds
    week = world.timeline.now + WEEK
    outage = world.timeline.now + 3 * DAY
    while world.timeline.now < until:
        free = [alert_id for alert_id in world.alerts if not world.on[alert_id]]
        if free:
            alert_id = rng.choice(free)
            for cause in rng.sample(("water", "smoke", "door"), rng.choice((1, 1, 1, 2))):
                world.do(partial(world.switch, alert_id, cause, on=True))
                on_for = rng.expovariate(1 / (20 * MINUTE)) if rng.random() < 0.95 else 10 * HOUR
                world.timeline.after(on_for, partial(world.switch, alert_id, cause, on=False))
        if world.timeline.now > outage:
            outage += rng.expovariate(1 / (3 * DAY))
            fail(world, rng.uniform(10 * MINUTE, 3 * HOUR))
        if world.timeline.now > week:
            week += WEEK
            if world.home:
                world.forget_old()
                world.kill(MINUTE)
            # Who wrote STOP writes START after some days.
            world.disk.opted_out.clear()
            world.clock_error = rng.choice((0.0, 0.0, 0.0, HOUR, -HOUR, DAY, -DAY))
        world.run(rng.expovariate(CAUSES / YEAR))


def fail(world: World, seconds: float) -> None:
    """Let one gateway fail, or now and then all of them."""
    rng, gateways = world.rng, list(world.network.gateways.values())
    mode = rng.choice([each for each in Mode if each is not Mode.WORKS])
    failing = gateways if rng.random() < 0.1 else [rng.choice(gateways)]
    for gateway in failing:
        gateway.mode = mode
        world.timeline.after(seconds, partial(setattr, gateway, "mode", Mode.WORKS))


@pytest.mark.timeout(900)
def test_a_year_keeps_the_promises() -> None:
    """A year, or a month of it, passes without a broken promise. The figures are printed."""
    is_year, began = sampling.is_full(), time.process_time()
    world = World(2026, alerts=ALERTS, phones=PHONES)
    world.keeps_all = False
    world.alerts = {alert_id: replace(alert, hold=0.0) for alert_id, alert in world.alerts.items()}
    live(world, YEAR if is_year else MONTH)
    world.calm_down()
    cpu, promises = time.process_time() - began, world.promises
    incidents = promises.ends.total()
    begun, left = (quantiles(each, n=100) for each in (promises.begun_after, promises.left_after))
    print(  # noqa: T201  the figures are for the reader
        f"\n{incidents} incidents ({dict(promises.ends)}), {promises.texts} texts, {promises.segments} segments, "
        f"{promises.decisions} decisions, {cpu:.0f} s of CPU.\n"
        f"From cause to request p50 {begun[49]:.1f} s, p99 {begun[98]:.1f} s; "
        f"until a text left p50 {left[49]:.1f} s, p99 {left[98]:.1f} s."
    )
    assert world.broken == []
    assert incidents > INCIDENTS * (1.0 if is_year else 0.9 * MONTH / YEAR)
    assert cpu < MAX_CPU
