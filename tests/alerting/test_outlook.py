"""What people see of an incident at a glance. What is foretold must happen then."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.texting.alerting.events import Occasion
from custom_components.texting.alerting.model import Kind, Responder, State
from custom_components.texting.alerting.outlook import (
    Outlook,
    Upcoming,
    asked_names,
    minutes_of,
    outlook,
    told_names,
)

from .people import ANNA, BEN, DAY, HOUR, MINUTE, Run, alert, phone


def foretold(run: Run) -> tuple[float, Upcoming, tuple[str, ...]]:
    """Return in how many seconds what comes next, and whom it is about."""
    following = outlook(run.incident)
    assert isinstance(following, Outlook)
    return following.due - run.now, following.what, following.who


def begun(*steps: list[str], **fields: Any) -> Run:
    run = Run(alert(*(steps or (["anna"], ["ben"])), **fields))
    run.on("leak")
    run.look()
    return run


def test_nothing_comes_while_all_is_well() -> None:
    assert outlook(Run(alert(["anna"])).incident) is None


def test_a_cause_that_must_last() -> None:
    run = Run(alert(["anna"], hold=30.0))
    run.on("leak")
    assert foretold(run) == (30, Upcoming.RAISED, ())
    run.wait(30)
    assert run.look()[1] == [Occasion.RAISED]


def test_each_step_and_then_nobody() -> None:
    run = begun(["anna"], ["ben", "carla"], rounds=1)
    assert foretold(run) == (5 * MINUTE, Upcoming.STEP, ("Ben", "Carla"))
    run.wait(5 * MINUTE)
    assert run.sent() == [(Kind.ESCALATED, "ben"), (Kind.ESCALATED, "carla")]
    assert foretold(run) == (5 * MINUTE, Upcoming.EXHAUSTED, ())
    run.wait(5 * MINUTE)
    assert run.incident.state is State.EXHAUSTED
    run.look()
    assert foretold(run) == (HOUR, Upcoming.EVERYBODY, ())
    run.wait(HOUR)
    assert len(run.sent()) == 3


def test_the_next_round_begins_with_the_first_step() -> None:
    run = begun()
    run.wait(5 * MINUTE)
    run.look()
    assert foretold(run) == (5 * MINUTE, Upcoming.STEP, ("Anna",))
    run.wait(5 * MINUTE)
    assert run.sent() == [(Kind.ESCALATED, "anna")]


def test_who_cannot_is_not_asked_next() -> None:
    run = begun(["anna"], ["ben", "carla"])
    run.no(BEN)
    assert foretold(run)[1:] == (Upcoming.STEP, ("Carla",))


def test_it_is_not_known_before_a_provider_accepts_the_text() -> None:
    run = Run(alert(["anna"], ["ben"], remind_every=300.0), accepts=False)
    run.on("leak")
    assert outlook(run.incident) is None


def test_a_reminder() -> None:
    run = begun(remind_every=2 * MINUTE)
    assert foretold(run) == (2 * MINUTE, Upcoming.REMINDER, ())
    run.wait(2 * MINUTE)
    assert run.sent() == [(Kind.REMINDER, "anna")]


def test_a_reminder_shortly_before_the_next_step_waits_for_it() -> None:
    run = begun(remind_every=5 * MINUTE - 30)
    assert foretold(run) == (5 * MINUTE, Upcoming.STEP, ("Ben",))
    run.wait(5 * MINUTE - 1)
    assert run.sent() == []


def test_who_took_it_is_asked_again_and_then_everybody() -> None:
    run = begun(acknowledged_for=20 * MINUTE)
    run.yes(ANNA)
    run.look()
    assert foretold(run) == (20 * MINUTE, Upcoming.AGAIN, ("Anna",))
    run.wait(20 * MINUTE)
    assert run.sent() == [(Kind.AGAIN, "anna")]
    run.wait(MINUTE)
    in_seconds, what, who = foretold(run)
    assert (what, who) == (Upcoming.STEP, ("Anna",))
    run.wait(in_seconds)
    assert run.sent() == [(Kind.REMINDER, "anna")]


def test_who_took_it_without_a_name_is_nobody() -> None:
    run = begun(known=(Responder(id="anna", name="", targets=ANNA.targets),))
    run.yes(Responder(id="anna", name="", targets=ANNA.targets))
    assert foretold(run)[1:] == (Upcoming.AGAIN, ())


def test_the_all_clear() -> None:
    run = begun()
    run.off()
    assert foretold(run) == (MINUTE, Upcoming.ALL_CLEAR, ())
    run.wait(MINUTE)
    assert run.look()[1] == [Occasion.CLOSED]
    assert outlook(run.incident) is None


@pytest.mark.parametrize("takes_care", [False, True])
def test_nobody_is_texted_while_it_may_be_about_to_end(*, takes_care: bool) -> None:
    run = begun(["anna"], remind_every=2 * MINUTE, acknowledged_for=2 * MINUTE)
    run.incident = replace(run.incident, cleared_after=4 * MINUTE)
    if takes_care:
        run.yes(ANNA)
    run.off()
    run.look()
    assert foretold(run) == (4 * MINUTE, Upcoming.ALL_CLEAR, ())
    run.wait(4 * MINUTE)
    assert run.sent() == [(Kind.CLEAR, "anna")]


def test_everybody_is_not_texted_while_it_may_be_about_to_end() -> None:
    run = begun(["anna"], rounds=1, remind_every=0)
    run.incident = replace(run.incident, cleared_after=2 * HOUR)
    run.wait(5 * MINUTE)
    run.off()
    run.look()
    assert foretold(run) == (2 * HOUR, Upcoming.ALL_CLEAR, ())
    run.wait(2 * HOUR)
    assert run.sent() == [(Kind.CLEAR, "anna")]


def test_quiet_hours() -> None:
    quiet = Responder(id="anna", name="Anna", targets=ANNA.targets, quiet_for=HOUR)
    run = begun(["anna"], known=(quiet,))
    assert foretold(run) == (HOUR, Upcoming.STEP, ("Anna",))


def test_a_drill_ends() -> None:
    run = Run(alert(["anna"], ["ben"]))
    run.drill()
    assert foretold(run) == (30 * MINUTE, Upcoming.END, ())
    assert asked_names(run.incident) == ["Anna", "Ben"]


def test_what_was_raised_by_hand_without_steps_ends_after_a_day() -> None:
    run = Run(alert())
    run.raise_alert("Fire")
    run.wait(MINUTE)
    in_seconds, what, who = foretold(run)
    assert (what, who) == (Upcoming.EVERYBODY, ())
    assert in_seconds < DAY


def test_who_is_asked_and_who_was_told() -> None:
    run = begun(["anna", "ben"], ["carla"])
    assert asked_names(run.incident) == told_names(run.incident) == ["Anna", "Ben"]
    run.wait(5 * MINUTE)
    assert asked_names(run.incident) == ["Carla"]
    assert told_names(run.incident) == ["Anna", "Ben", "Carla"]


def test_a_person_who_is_in_no_step_any_more_has_no_name() -> None:
    run = begun()
    run.define(responders={})
    assert told_names(run.incident) == ["anna"]


def test_who_has_two_phones_is_told_once() -> None:
    twice = Responder(id="anna", name="Anna", targets=(phone("+33600000001"), phone("+33600000009")))
    run = begun(["anna"], known=(twice,))
    assert asked_names(run.incident) == told_names(run.incident) == ["Anna"]


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (29, 0), (12 * MINUTE + 1, 12), (DAY, 1440)])
def test_how_long_it_lasts(seconds: float, minutes: int) -> None:
    run = begun(["anna"])
    assert minutes_of(run.incident, run.now + seconds) == minutes


def test_how_long_it_lasted() -> None:
    run = begun(["anna"])
    run.off()
    run.wait(10 * MINUTE)
    assert minutes_of(run.incident, run.now) == 1
    assert minutes_of(Run(alert()).incident, run.now) == 0
