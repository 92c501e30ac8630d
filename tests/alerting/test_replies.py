"""Answers that are not understood, that come by hand, from others or too early, and what changes nothing."""

from dataclasses import replace

from custom_components.texting.alerting.events import Answer, Answered, CausesChanged
from custom_components.texting.alerting.model import Kind, State

from .people import ANNA, BEN, CARLA, MINUTE, Run, alert


def test_sorry_is_said_once_to_each_phone() -> None:
    run = Run(alert(["anna", "ben"]))
    run.on("leak")
    run.sent()
    for who in (ANNA, ANNA, BEN, ANNA):
        run.says(who, Answer.UNCLEAR)
    assert run.sent() == [(Kind.SORRY, "anna"), (Kind.SORRY, "ben")]
    assert run.incident.state is State.ALERTING


def test_sorry_does_not_take_the_place_of_an_alert() -> None:
    run = Run(alert(["anna"], remind_every=MINUTE))
    run.on("leak")
    run.accepts = False
    run.wait(MINUTE)
    run.says(ANNA, Answer.UNCLEAR)
    assert [each.kind for each in run.incident.notifications if each.is_waiting] == [Kind.REMINDER]


def test_on_a_shared_phone_the_answer_of_one_does_not_replace_the_alert_of_the_other() -> None:
    shared = replace(BEN, targets=ANNA.targets)
    run = Run(alert(["anna"], known=(ANNA, shared)), accepts=False)
    run.on("leak")
    run.no(shared)
    assert [each.kind for each in run.incident.notifications if each.is_waiting] == [Kind.ALERT]


def test_an_answer_by_hand_gets_no_text() -> None:
    run = Run(alert(["anna"]))
    run.on("leak")
    run.sent()
    run.do(Answered(answer=Answer.YES, who="user", name="Eva"))
    assert run.sent() == [(Kind.TAKEN, "anna")]
    assert run.incident.owner_name == "Eva"
    run.wait(30 * MINUTE)
    assert run.sent() == [(Kind.REMINDER, "anna")], "Eva cannot be asked again"


def test_who_answers_without_having_been_asked_takes_it() -> None:
    run = Run(alert(["anna"], ["carla"]))
    run.on("leak")
    run.sent()
    run.yes(CARLA)
    assert run.sent() == [(Kind.THANKS, "carla"), (Kind.TAKEN, "anna")]
    run.no(CARLA)
    assert sorted(run.sent()) == [(Kind.DECLINED, "carla"), (Kind.REMINDER, "anna")]


def test_who_said_no_can_still_take_it() -> None:
    run = Run(alert(["anna"], ["ben"]))
    run.on("leak")
    run.no(ANNA)
    run.yes(ANNA)
    assert (run.incident.owner, run.incident.declined) == ("anna", frozenset())


def test_a_second_no_only_gets_an_answer() -> None:
    run = Run(alert(["anna", "ben"]))
    run.on("leak")
    run.no(ANNA)
    run.sent()
    before = run.incident
    run.no(ANNA)
    assert run.look() == ([(Kind.DECLINED, "anna")], [])
    assert (run.incident.declined, run.incident.timers) == (before.declined, before.timers)


def test_before_it_counts_nobody_can_answer() -> None:
    run = Run(alert(["anna"], hold=30.0))
    run.on("leak")
    before = run.incident
    run.yes(ANNA)
    run.no(ANNA)
    assert (run.incident, run.sent()) == (before, [])


def test_the_same_causes_change_nothing() -> None:
    run = Run(alert(["anna"]))
    run.on("leak")
    before = run.incident
    run.now += 1
    run.do(CausesChanged({"sensor.leak": "leak"}, "leak"))
    assert run.incident == before


def test_a_person_who_was_removed_is_asked_no_more() -> None:
    run = Run(alert(["anna", "ben"], remind_every=MINUTE))
    run.on("leak")
    run.sent()
    run.define(responders={BEN.id: replace(BEN, targets=())})
    run.wait(MINUTE)
    assert run.sent() == []
    run.unwatch()
    assert sorted(run.sent()) == [(Kind.OFF, "anna"), (Kind.OFF, "ben")]
