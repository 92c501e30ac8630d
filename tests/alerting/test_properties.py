"""Random worlds keep the promises of alerts, also if the home is killed at any boundary of a change."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest

from custom_components.texting.alerting.events import Announce, Effect, Event, Notify, Occasion, Ticked
from custom_components.texting.alerting.machine import decide
from custom_components.texting.alerting.model import Incident, State, Timer, Timing
from tests.alerting import home
from tests.alerting.home import Boundary
from tests.alerting.matching import Matching
from tests.alerting.network import Incoming
from tests.alerting.world import Plan, World, play
from tests.support import sampling

EVENTS = 60
# Each block is one test, so that several processes share them.
BLOCK = 40
RUNS, ALL_RUNS = 80, 20_000
SEEDS, ALL_SEEDS = 8, 500


def count(few: int, many: int) -> int:
    """Return how many runs there are."""
    return many if sampling.is_full() else few


def play_one(seed: int, plan: Plan | None = None) -> World:
    """Let a world run until everything is over."""
    world = World(seed, plan=plan)
    play(world, EVENTS)
    world.calm_down()
    return world


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each block of seeds."""
    if "first_seed" in metafunc.fixturenames:
        metafunc.parametrize("first_seed", range(0, count(RUNS, ALL_RUNS), BLOCK))
    if "first_crash" in metafunc.fixturenames:
        seeds = count(SEEDS, ALL_SEEDS)
        metafunc.parametrize("first_crash", range(0, seeds, min(BLOCK, seeds)))


@pytest.mark.timeout(600)
def test_random_worlds_keep_the_promises(first_seed: int) -> None:
    """Whatever happens, no promise is broken."""
    broken = {seed: world.broken for seed in range(first_seed, first_seed + BLOCK) if (world := play_one(seed)).broken}
    assert broken == {}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("boundary", Boundary)
def test_a_crash_loses_and_doubles_nothing(boundary: Boundary, first_crash: int) -> None:
    """A home that is killed within a change goes on where it was."""
    seeds = range(first_crash, first_crash + min(BLOCK, count(SEEDS, ALL_SEEDS)))
    worlds = {seed: play_one(seed, Plan(boundary, 1 + seed * 7 % 40)) for seed in seeds}
    assert {seed: world.broken for seed, world in worlds.items() if world.broken} == {}
    assert sum(world.crashes[boundary] for world in worlds.values()) > len(worlds) / 2


# -- the promises notice -----------------------------------------------------------------------------------------------

type Decision = tuple[Incident, Sequence[Effect]]
type Wrong = Callable[[Incident, Event, Incident, Sequence[Effect]], Decision]


def _forget_texts(_before: Incident, _event: Event, after: Incident, effects: Sequence[Effect]) -> Decision:
    return after, [effect for effect in effects if not isinstance(effect, Notify)]


def _forget_timers(_before: Incident, _event: Event, after: Incident, effects: Sequence[Effect]) -> Decision:
    return replace(after, timers={}), effects


def _repeat_texts(_before: Incident, _event: Event, after: Incident, effects: Sequence[Effect]) -> Decision:
    return after, [*effects, *(effect for effect in effects if isinstance(effect, Notify))]


def _skip_steps(before: Incident, _event: Event, after: Incident, effects: Sequence[Effect]) -> Decision:
    moved = after.visits > before.visits and before.state is State.ALERTING
    return (replace(after, step=after.step + 1), effects) if moved else (after, effects)


def _ask_after_the_end(before: Incident, _event: Event, after: Incident, effects: Sequence[Effect]) -> Decision:
    if after.state is not State.CLOSED or before.state is State.CLOSED or not after.notifications:
        return after, effects
    number = len(after.notifications) + 1
    late = replace(before.notifications[0] if before.notifications else after.notifications[0], number=number)
    return replace(after, notifications=(*after.notifications, late)), effects


def _no_limit(_before: Incident, _event: Event, after: Incident, effects: Sequence[Effect]) -> Decision:
    each_costs_more = tuple(replace(each, segments=9 * each.segments) for each in after.notifications[-1:])
    return replace(after, notifications=(*after.notifications[:-1], *each_costs_more)), effects


def _never_end(before: Incident, event: Event, after: Incident, effects: Sequence[Effect]) -> Decision:
    if isinstance(event, Ticked) and after.state is State.CLOSED is not before.state:
        return replace(before, timers={Timing.REMIND: Timer(after.changed_at, 1e9)}), ()
    return after, effects


def _keep_quiet(_before: Incident, _event: Event, after: Incident, effects: Sequence[Effect]) -> Decision:
    told = tuple(replace(each, what="Something") for each in after.notifications)
    shown = (Occasion.UNREACHABLE, Occasion.LIMIT, Occasion.EXHAUSTED)
    kept = [each for each in effects if not (isinstance(each, Announce) and each.occasion in shown)]
    return replace(after, notifications=told), kept


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (_forget_texts, "not begun"),
        (_forget_timers, "nothing goes on"),
        (_repeat_texts, "begun twice"),
        (_skip_steps, "steps"),
        (_ask_after_the_end, "after the end"),
        (_no_limit, "segments of"),
        (_never_end, "it never ended"),
        (_keep_quiet, "nobody heard of"),
    ],
)
def test_the_promises_notice_a_wrong_machine(monkeypatch: pytest.MonkeyPatch, wrong: Wrong, words: str) -> None:
    """A machine that does one thing wrong breaks a promise within a few worlds."""

    def decide_wrongly(incident: Incident, event: Event, now: float) -> Decision:
        return wrong(incident, event, *decide(incident, event, now))

    monkeypatch.setattr(home, "decide", decide_wrongly)
    broken: list[str] = []
    for seed in range(20):
        broken += play_one(seed).broken
        if any(words in what for what in broken):
            return
    raise AssertionError(f"Nobody noticed: {words}; {broken[:3]}")


def test_the_promises_notice_a_text_that_is_sent_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that forgets which texts it has begun doubles them after a crash."""

    def start(self: home.Home) -> None:
        for text in self.world.disk.texts.values():
            text.is_sending = False
            self.after(0.0, partial(self._send, text))
        started(self)

    started = home.Home.start
    monkeypatch.setattr(home.Home, "start", start)
    broken = [what for seed in range(20) for what in play_one(seed, Plan(Boundary.DONE, 5)).broken]
    assert any("was taken 2 times" in what for what in broken)


def test_the_promises_notice_an_effect_before_its_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that writes its changes a second late begins texts that a crash would forget."""
    commit = home.Home._commit

    def commit_late(self: home.Home, incident: Incident, incoming: str | None = None) -> None:
        self.after(1.0, lambda: commit(self, incident, incoming))

    monkeypatch.setattr(home.Home, "_commit", commit_late)
    world = World(1)
    world.switch("alert 0", "water", on=True)
    world.run(60.0)
    assert any("before the commit" in what for what in world.broken)


def test_the_promises_notice_an_answer_to_the_wrong_incident(monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that gives each reply to the oldest incident takes answers for what they do not name."""
    find = Matching.find

    def find_oldest(self: Matching, text: Incoming, written_at: datetime | None) -> tuple[str, str] | str | None:
        found = find(self, text, written_at)
        return (next(iter(self._open)), found[1]) if isinstance(found, tuple) else found

    monkeypatch.setattr(Matching, "find", find_oldest)
    broken = [what for seed in range(10) for what in play_one(seed).broken]
    assert any("went to" in what for what in broken)
