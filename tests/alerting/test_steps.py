"""Steps that are spent, pushes, and texts that wait."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.texting.alerting.events import (
    Announce,
    Answer,
    Answered,
    CausesChanged,
    Occasion,
    Progressed,
    Ticked,
)
from custom_components.texting.alerting.machine import decide
from custom_components.texting.alerting.model import Kind, Progress, State

from .people import ANNA, BEN, DORA, HOUR, MINUTE, START, Run, alert, phone, push


def begun(*steps: list[str], **fields: Any) -> Run:
    """Return an incident whose first step is asked. Each text waits until the test accepts it."""
    run = Run(alert(*(steps or (["anna"], ["ben"])), **fields), accepts=False)
    run.on("leak")
    run.sent()
    return run


# -- spent steps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "news",
    [
        [Progress.FAILED],
        [Progress.ACCEPTED, Progress.UNDELIVERED],
        [Progress.UNCERTAIN],
        [Progress.CANCELLED],
    ],
)
def test_a_step_whose_text_reaches_nobody_is_spent(news: list[Progress]) -> None:
    run = begun()
    run.wait(20)
    for each in news:
        run.news(ANNA, each)
    assert run.sent() == [(Kind.ESCALATED, "ben")]


def test_a_step_is_spent_only_when_all_its_texts_are() -> None:
    run = begun(["anna", "ben"], ["carla"])
    run.wait(20)
    run.news(ANNA, Progress.FAILED)
    assert run.sent() == []
    run.news(BEN, Progress.UNCERTAIN)
    assert run.sent() == [(Kind.ESCALATED, "carla")]


def test_steps_are_at_least_ten_seconds_apart() -> None:
    run = begun()
    run.news(ANNA, Progress.FAILED)
    run.wait(9)
    assert run.sent() == []
    run.wait(1)
    assert run.sent() == [(Kind.ESCALATED, "ben")]


@pytest.mark.parametrize("who", ["anna", "dora"])
def test_a_wait_of_nothing_lasts_ten_seconds(who: str) -> None:
    run = Run(alert([who], ["ben"], wait=0.0))
    run.on("leak")
    run.sent()
    run.wait(9)
    assert run.sent() == []
    run.wait(1)
    assert run.sent() == [(Kind.ESCALATED, "ben")]


def test_a_text_that_is_not_accepted_within_a_minute_spends_the_step() -> None:
    run = begun()
    run.wait(MINUTE - 1)
    assert run.sent() == []
    run.wait(1)
    assert run.sent() == [(Kind.ESCALATED, "ben")]


def test_the_wait_begins_with_the_first_accepted_text() -> None:
    run = begun(["anna", "ben"], ["carla"])
    run.wait(30)
    run.news(ANNA, Progress.ACCEPTED)
    run.wait(20)
    run.news(BEN, Progress.ACCEPTED)
    run.wait(5 * MINUTE - 21)
    assert run.sent() == []
    run.wait(1)
    assert run.sent() == [(Kind.ESCALATED, "carla")]


def test_delivery_does_not_lengthen_the_wait() -> None:
    run = begun()
    run.news(ANNA, Progress.ACCEPTED)
    run.wait(MINUTE)
    run.news(ANNA, Progress.DELIVERED)
    run.wait(4 * MINUTE)
    assert run.sent() == [(Kind.ESCALATED, "ben")]


def test_a_delivery_report_makes_an_uncertain_text_count() -> None:
    run = begun(["anna"], ["ben"])
    run.news(ANNA, Progress.UNCERTAIN)
    run.news(ANNA, Progress.DELIVERED)
    run.wait(5 * MINUTE - 1)
    assert run.sent() == []


def test_an_uncertain_text_is_not_repeated() -> None:
    run = begun(["anna"], ["ben"], rounds=1)
    run.news(ANNA, Progress.UNCERTAIN)
    run.wait(10)
    run.news(BEN, Progress.ACCEPTED)
    run.wait(6 * MINUTE)
    assert [who for _, who in run.sent()] == ["ben"]


def test_late_news_of_an_earlier_step_changes_nothing() -> None:
    run = begun(["anna"], ["ben"], ["carla"])
    run.news(ANNA, Progress.ACCEPTED)
    run.wait(5 * MINUTE)
    run.news(BEN, Progress.ACCEPTED)
    run.sent()
    run.do(Progressed(1, Progress.UNDELIVERED))
    run.wait(5 * MINUTE - 1)
    assert run.sent() == []


def test_the_same_news_twice_changes_nothing() -> None:
    run = begun()
    run.news(ANNA, Progress.ACCEPTED)
    run.news(ANNA, Progress.DELIVERED)
    before = run.incident
    run.news(ANNA, Progress.DELIVERED)
    run.news(ANNA, Progress.ACCEPTED)
    run.news(ANNA, Progress.UNCERTAIN)
    assert run.incident == before


# -- pushes ------------------------------------------------------------------------------------------------------------


def test_a_push_does_not_begin_the_wait_beside_a_text() -> None:
    run = begun(["dora", "anna"], ["ben"])
    assert run.newest(DORA).progress is Progress.ACCEPTED
    run.wait(MINUTE)
    assert run.sent() == [(Kind.ESCALATED, "ben")]


def test_a_step_whose_texts_failed_is_spent_in_spite_of_a_push() -> None:
    run = begun(["dora", "anna"], ["ben"])
    run.news(ANNA, Progress.FAILED)
    run.wait(10)
    assert run.sent() == [(Kind.ESCALATED, "ben")]


def test_a_step_of_pushes_waits_from_the_start() -> None:
    run = begun(["dora"], ["ben"])
    run.wait(5 * MINUTE - 1)
    assert run.sent() == []
    run.wait(1)
    assert run.sent() == [(Kind.ESCALATED, "ben")]


def test_no_to_the_only_text_of_a_step_spends_it_in_spite_of_a_push() -> None:
    run = begun(["dora", "anna"], ["ben"])
    run.no(ANNA)
    run.wait(10)
    assert run.sent() == [(Kind.DECLINED, "anna"), (Kind.ESCALATED, "ben")]


def test_a_push_that_is_about_to_leave_is_not_unreachable() -> None:
    run = Run(alert(["dora"], ["ben"]))
    run.on("leak")
    assert run.look() == ([(Kind.ALERT, "dora")], [Occasion.RAISED])


def test_a_push_that_hangs_is_unreachable_soon() -> None:
    incident, _ = decide(Run(alert(["dora"])).incident, CausesChanged({"sensor.leak": "leak"}, "leak"), START)
    assert not incident.is_unreachable
    incident, effects = decide(incident, Ticked(), START + 10)
    assert incident.is_unreachable
    assert [each.occasion for each in effects if isinstance(each, Announce)] == [Occasion.UNREACHABLE]
    incident, _ = decide(incident, Progressed(1, Progress.ACCEPTED), START + 20)
    assert not incident.is_unreachable


def test_the_other_apps_of_who_answers_hear_of_it() -> None:
    two = replace(ANNA, targets=(*ANNA.targets, phone("+33600000009"), push("app"), push("tablet")))
    run = Run(alert(["anna"], known=(two,)))
    run.on("leak")
    known = len(run.incident.notifications)
    run.do(Answered(answer=Answer.YES, who="anna", name="Anna", target="app"))
    told = [(each.kind, each.target.id) for each in run.incident.notifications[known:]]
    assert told == [(Kind.THANKS, "app"), (Kind.TAKEN, "tablet")]
    known += 2
    run.do(Answered(answer=Answer.NO, who="anna", name="Anna", target="tablet"))
    told = [(each.kind, each.target.id) for each in run.incident.notifications[known:]]
    assert told == [(Kind.DECLINED, "tablet"), (Kind.DECLINED, "app")]


def test_a_push_that_failed_spends_a_step_of_pushes() -> None:
    run = begun(["dora"], ["ben"])
    run.news(DORA, Progress.FAILED)
    run.wait(10)
    assert run.sent() == [(Kind.ESCALATED, "ben")]


def test_pushes_are_reminded_of_and_hear_who_takes_care_and_of_the_end() -> None:
    run = Run(alert(["dora", "anna"], remind_every=MINUTE))
    run.on("leak")
    run.sent()
    run.wait(MINUTE)
    assert [who for _, who in run.sent()] == ["dora", "anna"]
    run.yes(ANNA)
    assert run.sent() == [(Kind.THANKS, "anna"), (Kind.TAKEN, "dora")]
    run.off()
    run.wait(MINUTE)
    assert sorted(run.sent()) == [(Kind.CLEAR, "anna"), (Kind.CLEAR, "dora")]
    assert sum(each.segments for each in run.incident.notifications if each.responder == "dora") == 0


def test_each_phone_is_texted_once_a_step() -> None:
    shared = replace(BEN, targets=(*BEN.targets, *ANNA.targets))
    run = Run(alert(["anna", "ben", "anna"], known=(ANNA, shared)))
    run.on("leak")
    assert [each.target.id for each in run.incident.notifications] == ["+33600000001", "+33600000002"]


def test_all_phones_of_a_person_are_texted() -> None:
    two = replace(ANNA, targets=(*ANNA.targets, phone("+33600000009"), push("app")))
    run = Run(alert(["anna"], known=(two,)))
    run.on("leak")
    assert run.sent() == [(Kind.ALERT, "anna")] * 3


# -- all gateways are down ---------------------------------------------------------------------------------------------


def test_while_texts_wait_steps_go_on_and_it_is_never_exhausted() -> None:
    run = begun(["anna"], ["dora", "ben"], rounds=2)
    run.wait(HOUR)
    sent, announced = run.look()
    assert [who for _, who in sent] == ["dora", "ben", "anna", "dora", "ben"]
    assert Occasion.EXHAUSTED not in announced
    assert announced.count(Occasion.UNREACHABLE) == 2, "before the push to Dora, and when all rounds are over"
    assert run.incident.state is State.ALERTING
    waiting = [each.responder for each in run.incident.notifications if each.is_waiting and each.target.is_text]
    assert sorted(waiting) == ["anna", "ben"], "one text for each phone"


def test_a_further_cause_that_nobody_can_be_told_is_shown() -> None:
    run = begun(["anna"], rounds=1)
    run.news(ANNA, Progress.DELIVERED)
    run.on("leak", "smoke")
    run.wait(HOUR)
    _, announced = run.look()
    assert announced.count(Occasion.UNREACHABLE) == 1
    assert run.incident.is_unreachable
    run.news(ANNA, Progress.ACCEPTED)
    assert not run.incident.is_unreachable


def test_it_waits_for_an_answer_when_the_texts_leave_at_last() -> None:
    run = begun(["anna"], ["ben"], rounds=1)
    run.wait(HOUR)
    run.sent()
    run.news(ANNA, Progress.ACCEPTED)
    run.news(BEN, Progress.ACCEPTED)
    run.wait(5 * MINUTE - 1)
    assert (run.incident.state, run.sent()) == (State.ALERTING, [])
    run.wait(1)
    assert (run.incident.state, run.sent()) == (State.EXHAUSTED, [])


def test_it_is_exhausted_when_the_texts_that_waited_fail() -> None:
    run = begun(["anna"], ["ben"], rounds=1)
    run.wait(HOUR)
    run.news(ANNA, Progress.FAILED)
    assert run.incident.is_open
    assert Occasion.EXHAUSTED not in run.look()[1]
    run.news(BEN, Progress.FAILED)
    assert run.incident.state is State.EXHAUSTED


def test_it_is_exhausted_when_the_last_text_that_waited_fails_after_the_wait() -> None:
    run = begun(["anna"], ["ben"], rounds=1)
    run.wait(HOUR)
    run.news(ANNA, Progress.ACCEPTED)
    run.wait(6 * MINUTE)
    assert run.incident.is_open
    assert Occasion.EXHAUSTED not in run.look()[1]
    run.news(BEN, Progress.FAILED)
    assert run.incident.state is State.EXHAUSTED


def test_it_is_exhausted_when_only_the_text_of_a_step_beside_it_fails() -> None:
    run = begun(["anna", "ben"], rounds=1, wait=20.0)
    run.wait(2 * MINUTE)
    run.news(ANNA, Progress.ACCEPTED)
    run.wait(MINUTE)
    assert run.incident.is_open
    assert Occasion.EXHAUSTED not in run.look()[1]
    run.news(BEN, Progress.FAILED)
    assert run.incident.state is State.EXHAUSTED


def test_everybody_knows_after_a_minute_that_no_text_leaves() -> None:
    run = begun(["anna"], ["ben"], ["carla"])
    run.wait(MINUTE - 1)
    assert Occasion.UNREACHABLE not in run.look()[1]
    run.wait(1)
    assert Occasion.UNREACHABLE in run.look()[1]
    run.wait(HOUR)
    assert Occasion.UNREACHABLE not in run.look()[1], "it is told once"
    run.news(ANNA, Progress.ACCEPTED)
    assert not run.incident.is_unreachable


def test_a_newer_text_replaces_one_that_waits() -> None:
    run = begun(["anna"], rounds=2)
    first = run.newest(ANNA)
    run.wait(MINUTE - 1)
    run.sent()
    run.wait(1)
    assert run.withdrawn() == [first.number]
    assert [who for _, who in run.sent()] == ["anna"]


def test_a_phone_never_has_two_texts_that_wait() -> None:
    run = Run(alert(["anna", "ben"]))
    run.on("leak")
    run.accepts = False
    run.yes(ANNA)
    run.yes(BEN)
    run.yes(BEN)
    run.off()
    run.wait(MINUTE)
    waiting = [each.responder for each in run.incident.notifications if each.is_waiting]
    assert sorted(waiting) == ["anna", "ben"]
    assert {run.newest(each).kind for each in (ANNA, BEN)} == {Kind.CLEAR}


def test_what_a_usual_alert_costs() -> None:
    """docs/alerts.md tells these numbers."""
    for people, texts in ([["anna"]], 3), ([["anna"], ["ben"]], 7):
        run = Run(alert(*people, remind_every=5 * MINUTE))
        run.on("leak")
        run.wait(6 * MINUTE if len(people) > 1 else MINUTE)
        run.yes(BEN if len(people) > 1 else ANNA)
        run.off()
        run.wait(MINUTE)
        assert run.incident.segments == texts
