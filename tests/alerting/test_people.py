"""People who cannot be asked, steps that change, quiet hours, and reminders."""

from dataclasses import replace

import pytest

from custom_components.texting.alerting.events import Occasion
from custom_components.texting.alerting.model import Kind, Progress, Responder, State, Step

from .people import ANNA, BEN, CARLA, HOUR, MINUTE, Run, alert, people, phone, push


@pytest.mark.parametrize("steps", [[], [[]], [["nobody"]], [["anna"]]])
def test_without_anybody_to_ask_it_is_unreachable_and_exhausted(steps: list[list[str]]) -> None:
    run = Run(alert(*steps, known=(replace(ANNA, targets=()),)))
    run.on("leak")
    run.wait(MINUTE)
    sent, announced = run.look()
    assert sent == []
    assert announced.count(Occasion.UNREACHABLE) == 1
    assert Occasion.EXHAUSTED in announced
    assert run.incident.state is State.EXHAUSTED
    run.wait(2 * HOUR)
    assert run.look() == ([], [Occasion.EXHAUSTED, Occasion.EXHAUSTED])
    run.off()
    run.wait(MINUTE)
    assert run.look() == ([], [Occasion.CLOSED])


def test_a_step_that_asks_nobody_is_passed_at_once() -> None:
    run = Run(alert([], ["ben"]))
    run.on("leak")
    run.wait(1)
    assert [who for _, who in run.sent()] == ["ben"]


def test_no_from_everybody_is_exhausted_soon_and_asks_all_every_hour() -> None:
    run = Run(alert(["anna", "ben"], ["carla"]))
    run.on("leak")
    for each in (ANNA, BEN, CARLA):
        run.no(each)
    run.wait(40)
    assert run.incident.state is State.EXHAUSTED
    assert [who for kind, who in run.sent() if kind in (Kind.ESCALATED, Kind.REMINDER)] == []
    run.wait(HOUR)
    assert [who for _, who in run.sent()] == ["anna", "ben", "carla"]


def test_fewer_steps_while_it_is_open() -> None:
    run = Run(alert(["anna"], ["ben"], ["carla"]), accepts=False)
    run.on("leak")
    run.news(ANNA, Progress.FAILED)
    run.wait(10)
    run.news(BEN, Progress.FAILED)
    run.wait(10)
    run.news(CARLA, Progress.ACCEPTED)
    run.sent()
    run.define(steps=(Step(responders=("ben",)),))
    run.wait(5 * MINUTE)
    assert [who for _, who in run.sent()] == ["ben"]
    assert (run.incident.round, run.incident.step) == (1, 0)


@pytest.mark.parametrize("remaining", [(), (Step(responders=("anna",)),)])
def test_fewer_steps_in_quiet_hours(remaining: tuple[Step, ...]) -> None:
    run = Run(alert(["anna"], ["ben"], known=(ANNA, replace(BEN, quiet_for=HOUR)), urgent=False))
    run.on("leak")
    run.wait(5 * MINUTE)
    run.define(steps=remaining, responders=people(ANNA, BEN))
    run.sent()
    run.wait(2 * HOUR)
    assert run.incident.state is State.EXHAUSTED


# -- quiet hours -------------------------------------------------------------------------------------------------------


def test_quiet_hours_skip_a_person() -> None:
    run = Run(alert(["anna", "ben"], ["carla"], known=(replace(ANNA, quiet_for=HOUR), BEN, CARLA), urgent=False))
    run.on("leak")
    assert run.sent() == [(Kind.ALERT, "ben")]


def test_if_all_are_quiet_the_step_waits_for_the_first() -> None:
    quiet = (replace(ANNA, quiet_for=2 * HOUR), replace(BEN, quiet_for=HOUR), CARLA)
    run = Run(alert(["anna", "ben"], ["carla"], known=quiet, urgent=False))
    run.on("leak")
    run.wait(HOUR - 1)
    assert run.look() == ([], [Occasion.RAISED])
    run.define(responders=people(replace(ANNA, quiet_for=HOUR), BEN, CARLA))
    run.wait(1)
    assert run.sent() == [(Kind.ALERT, "ben")]


# -- reminders ---------------------------------------------------------------------------------------------------------


def test_reminders_stop_if_they_are_switched_off_while_it_is_open() -> None:
    run = Run(alert(["anna"], remind_every=2 * MINUTE))
    run.on("leak")
    run.sent()
    run.define(remind_every=0.0)
    run.wait(4 * MINUTE)
    assert run.look() == ([], [])


@pytest.mark.parametrize("accepted_after", [0, 2, 50])
def test_a_phone_does_not_get_a_reminder_and_a_step_together(accepted_after: float) -> None:
    run = Run(alert(["anna"], ["ben"], remind_every=5 * MINUTE), accepts=False)
    run.on("leak")
    for who in (ANNA, BEN):
        run.wait(accepted_after)
        run.news(who, Progress.ACCEPTED)
        run.wait(5 * MINUTE)
    run.accepts = True
    assert run.sent() == [
        (Kind.ALERT, "anna"),
        (Kind.ESCALATED, "ben"),
        (Kind.REMINDER, "anna"),
        (Kind.ESCALATED, "anna"),
        (Kind.REMINDER, "ben"),
    ]


def test_nobody_is_reminded_who_was_not_told() -> None:
    run = Run(alert(["anna"], remind_every=MINUTE / 2), accepts=False)
    run.on("leak")
    run.sent()
    run.wait(MINUTE / 2)
    assert run.look() == ([], [])


# -- responders who are one person -------------------------------------------------------------------------------------

APP = Responder(id="app", name="Anna's app", person="anna", targets=(push("app"),))
TEXT = Responder(id="text", name="Anna", person="anna", targets=(phone("+33600000001"),))


def test_who_declines_in_one_way_is_not_asked_in_another() -> None:
    run = Run(alert(["app"], ["text", "ben"], known=(APP, TEXT, BEN)))
    run.on("leak")
    run.no(APP)
    run.sent()
    run.wait(10)
    assert run.sent() == [(Kind.ALERT, "ben")]
    # They may still take it, in any way.
    run.yes(TEXT)
    assert run.incident.owner == "text"
    assert run.incident.declined == frozenset()


def test_who_took_it_in_one_way_hands_it_on_in_another() -> None:
    run = Run(alert(["app", "text", "ben"], known=(APP, TEXT, BEN)))
    run.on("leak")
    run.sent()
    run.yes(APP)
    # Nobody is told that they take care themselves.
    assert run.sent() == [(Kind.THANKS, "app"), (Kind.TAKEN, "ben")]
    run.yes(TEXT)
    assert run.sent() == [(Kind.THANKS, "app")]
    assert run.incident.notifications[-1].target.id == "+33600000001"
    run.no(TEXT)
    assert run.incident.owner is None
    assert run.incident.declined == {"app", "text"}
    assert run.sent()[-1] == (Kind.REMINDER, "ben")


def test_one_person_answers_a_drill_once() -> None:
    run = Run(alert(["app", "text"], known=(APP, TEXT)))
    run.drill()
    run.wait(20)
    run.yes(TEXT)
    run.wait(20)
    run.yes(APP)
    assert run.incident.answered == {"text": 20.0}
