"""What a drill shows."""

from dataclasses import replace

import pytest

from custom_components.texting.alerting.drill import DRILL_TIME, REST
from custom_components.texting.alerting.events import Occasion, Progressed, Renamed
from custom_components.texting.alerting.model import Kind, Progress, Responder, Skipped, State
from custom_components.texting.alerting.report import Answer, DrillReport, Result, drill_report

from .people import ANNA, BEN, CARLA, DORA, MINUTE, Run, alert


def drill(*people: Responder, accepts: bool = True) -> Run:
    """Begin a drill of these people, each in a step of their own."""
    run = Run(alert(*([each.id] for each in people), known=people), accepts=accepts)
    run.drill()
    return run


def end(run: Run) -> DrillReport:
    """Let time go by until the drill is over. Return its report."""
    run.wait(DRILL_TIME)
    assert run.incident.state is State.CLOSED
    return drill_report(run.incident)


def test_who_answered_and_who_did_not() -> None:
    run = drill(ANNA, BEN, CARLA, DORA)
    run.wait(12)
    run.yes(BEN)
    run.wait(8)
    run.no(ANNA)
    run.news(CARLA, Progress.UNDELIVERED)
    report = end(run)
    assert report.answered == (Answer("Ben", 12.0), Answer("Anna", 20.0))
    assert (report.silent, report.undelivered, report.skipped) == (("Dora",), ("Carla",), {})
    assert (report.people, report.result) == (4, Result.FAILED)
    assert report.ended_at == run.incident.ended_at


def test_who_is_silent_alone_is_no_failure() -> None:
    run = drill(ANNA, BEN)
    run.yes(ANNA)
    report = end(run)
    assert (report.silent, report.result) == (("Ben",), Result.PASSED)


def test_nobody_answers() -> None:
    report = end(drill(ANNA))
    assert (report.silent, report.result) == (("Anna",), Result.FAILED)


@pytest.mark.parametrize("progress", [Progress.FAILED, Progress.UNDELIVERED, Progress.UNCERTAIN])
def test_who_was_not_reached(progress: Progress) -> None:
    run = drill(ANNA, BEN, accepts=False)
    run.news(ANNA, Progress.DELIVERED)
    run.news(BEN, progress)
    run.yes(ANNA)
    report = end(run)
    assert (report.undelivered, report.result) == (("Ben",), Result.FAILED)


def test_a_text_that_never_leaves_reaches_nobody() -> None:
    run = drill(ANNA, accepts=False)
    report = end(run)
    assert (report.silent, report.undelivered) == ((), ("Anna",))
    # It was on its way after all.
    run.news(ANNA, Progress.DELIVERED)
    assert drill_report(run.incident).silent == ("Anna",)


def test_who_was_uncertain_and_answers_was_reached() -> None:
    run = drill(ANNA, accepts=False)
    run.news(ANNA, Progress.UNCERTAIN)
    run.yes(ANNA)
    assert end(run).result is Result.PASSED


def test_a_report_of_delivery_after_the_end_counts() -> None:
    run = drill(ANNA, BEN)
    run.yes(ANNA)
    assert end(run).silent == ("Ben",)
    run.news(BEN, Progress.UNDELIVERED)
    report = drill_report(run.incident)
    assert (report.silent, report.undelivered, report.result) == ((), ("Ben",), Result.FAILED)


def test_who_is_skipped_and_why() -> None:
    quiet = replace(BEN, quiet_for=100.0)
    opted_out = replace(CARLA, targets=(), has_opted_out=True)
    run = drill(ANNA, quiet, opted_out, replace(DORA, targets=()))
    assert run.sent() == [(Kind.DRILL, "anna")]
    run.yes(ANNA)
    report = end(run)
    assert report.skipped == {
        Skipped.QUIET_HOURS: ("Ben",),
        Skipped.OPTED_OUT: ("Carla",),
        Skipped.UNREACHABLE: ("Dora",),
    }
    assert (report.people, report.result) == (4, Result.FAILED)


def test_quiet_hours_are_no_failure() -> None:
    run = drill(ANNA, replace(BEN, quiet_for=100.0))
    run.yes(ANNA)
    assert end(run).result is Result.PASSED


def test_nobody_can_be_asked() -> None:
    run = drill(replace(ANNA, quiet_for=100.0))
    run.wait(REST)
    report = drill_report(run.incident)
    assert (report.people, report.result) == (1, Result.FAILED)
    assert run.look() == ([], [Occasion.RAISED, Occasion.DRILL_ENDED])


def test_it_ends_soon_after_everybody_answered() -> None:
    run = drill(ANNA, BEN, CARLA)
    run.wait(MINUTE)
    run.yes(ANNA)
    run.yes(BEN)
    run.news(CARLA, Progress.UNDELIVERED)
    run.sent()
    run.wait(REST - 0.1)
    run.yes(ANNA)  # again, which does not keep it open
    assert run.look() == ([(Kind.DRILL_THANKS, "anna")], [])
    run.wait(0.1)
    assert run.look() == ([], [Occasion.DRILL_ENDED])
    assert drill_report(run.incident).answered == (Answer("Anna", MINUTE), Answer("Ben", MINUTE))


def test_it_waits_for_who_may_have_been_reached() -> None:
    run = drill(ANNA, BEN, accepts=False)
    run.news(ANNA, Progress.ACCEPTED)
    run.news(BEN, Progress.UNCERTAIN)
    run.yes(ANNA)
    run.wait(DRILL_TIME - 1)
    assert run.incident.is_open


def test_somebody_else_answers() -> None:
    run = drill(ANNA)
    run.yes(replace(BEN, id="user"))
    report = end(run)
    assert report.answered == (Answer("Ben", 0.0),)
    # It is about the people of the alert.
    assert (report.silent, report.result) == (("Anna",), Result.FAILED)


def test_two_people_with_one_phone_are_asked_once() -> None:
    run = drill(ANNA, replace(BEN, targets=ANNA.targets))
    run.yes(ANNA)
    run.wait(REST)
    report = drill_report(run.incident)
    assert (report.people, report.result) == (1, Result.PASSED)


def test_a_person_with_two_phones_needs_one() -> None:
    run = drill(replace(ANNA, targets=(*ANNA.targets, *BEN.targets)))
    run.do(Progressed(1, Progress.UNDELIVERED))
    run.yes(ANNA)
    assert end(run).result is Result.PASSED


def test_what_ends_it_early_is_no_failure() -> None:
    for interrupt in (lambda run: run.on("leak"), Run.clear, Run.unwatch):
        run = drill(ANNA, BEN)
        run.yes(ANNA)
        interrupt(run)
        report = drill_report(run.incident)
        assert (report.answered, report.silent) == ((Answer("Anna", 0.0),), ("Ben",))
        assert report.result is Result.INTERRUPTED


def test_a_new_id_is_the_same_person() -> None:
    run = drill(ANNA, replace(BEN, quiet_for=100.0), CARLA)
    run.yes(ANNA)
    for each in ("anna", "ben", "carla"):
        run.do(Renamed(each, f"{each}_new"))
    report = end(run)
    assert (report.answered, report.silent) == ((Answer("Anna", 0.0),), ("Carla",))
    assert report.skipped == {Skipped.QUIET_HOURS: ("Ben",)}
    assert report.result is Result.PASSED
