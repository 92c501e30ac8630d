"""What an event does to an incident: one test for each row of the table of states."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from custom_components.texting.alerting.events import Answer, Occasion
from custom_components.texting.alerting.model import EndReason, Kind, Progress, Responder, State

from .people import ANNA, BEN, CARLA, DAY, DORA, HOUR, MINUTE, Run, alert


def alerting(*steps: list[str], **fields: Any) -> Run:
    """Return an incident whose first step was asked. What happened so far is forgotten."""
    run = Run(alert(*(steps or (["anna"], ["ben"])), **fields))
    run.on("leak")
    run.sent()
    return run


def acknowledged(*steps: list[str], **fields: Any) -> Run:
    """Return an incident that Anna took."""
    run = alerting(*(steps or (["anna", "ben"], ["carla"])), **fields)
    run.yes(ANNA)
    run.sent()
    return run


def exhausted(**fields: Any) -> Run:
    """Return an incident that nobody took: Anna and Ben were asked once."""
    run = alerting(["anna"], ["ben"], rounds=1, **fields)
    run.wait(10 * MINUTE)
    assert run.incident.state is State.EXHAUSTED
    run.sent()
    return run


# -- idle, pending -----------------------------------------------------------------------------------------------------


def test_a_cause_raises_the_alert_and_the_first_step_is_asked() -> None:
    run = Run(alert(["anna", "ben"], ["carla"]))
    run.on("leak")
    assert run.look() == ([(Kind.ALERT, "anna"), (Kind.ALERT, "ben")], [Occasion.RAISED])
    assert (run.incident.state, run.incident.raised_at) == (State.ALERTING, run.now)
    assert run.newest(ANNA).what == "leak"


def test_a_cause_counts_only_after_it_was_on_for_a_time() -> None:
    run = Run(alert(["anna"], hold=30.0))
    run.on("leak")
    run.wait(29)
    assert (run.incident.state, run.look()) == (State.PENDING, ([], []))
    run.wait(1)
    assert (run.incident.state, run.look()) == (State.ALERTING, ([(Kind.ALERT, "anna")], [Occasion.RAISED]))


def test_a_cause_that_goes_off_before_that_is_forgotten() -> None:
    run = Run(alert(["anna"], hold=30.0))
    run.on("leak")
    run.wait(29)
    run.off()
    run.wait(HOUR)
    assert (run.incident.is_over, run.incident.due, run.look()) == (True, None, ([], []))


# -- alerting ----------------------------------------------------------------------------------------------------------


def test_the_next_step_follows_when_the_wait_is_over() -> None:
    run = alerting()
    run.wait(5 * MINUTE - 1)
    assert run.look() == ([], [])
    run.wait(1)
    assert run.look() == ([(Kind.ESCALATED, "ben")], [Occasion.ESCALATED])
    assert run.newest(BEN).who == "Anna"


def test_after_the_last_step_the_next_round_follows_and_then_it_is_exhausted() -> None:
    run = alerting()
    run.wait(10 * MINUTE)
    assert [who for _, who in run.sent()] == ["ben", "anna"]
    assert (run.incident.round, run.incident.step) == (1, 0)
    run.wait(10 * MINUTE)
    assert run.look() == ([(Kind.ESCALATED, "ben")], [Occasion.ESCALATED, Occasion.EXHAUSTED])
    assert run.incident.state is State.EXHAUSTED


def test_a_reminder_goes_to_everybody_told_who_has_not_declined() -> None:
    run = alerting(["anna", "ben"], ["carla"], remind_every=2 * MINUTE)
    run.no(BEN)
    run.sent()
    run.wait(2 * MINUTE)
    assert run.look() == ([(Kind.REMINDER, "anna")], [Occasion.REMINDED])
    run.wait(2 * MINUTE)
    assert run.sent() == [(Kind.REMINDER, "anna")]


def test_ok_withdraws_what_waits_thanks_and_tells_the_others_told() -> None:
    run = alerting(["anna", "ben"], ["carla"])
    run.accepts = False
    run.wait(5 * MINUTE)
    waiting = run.newest(CARLA)
    run.sent()
    run.yes(ANNA)
    assert run.withdrawn() == [waiting.number]
    assert run.look() == ([(Kind.THANKS, "anna"), (Kind.TAKEN, "ben")], [Occasion.ACKNOWLEDGED])
    assert (run.incident.state, run.incident.owner_name) == (State.ACKNOWLEDGED, "Anna")
    assert run.newest(BEN).who == "Anna"


def test_after_ok_nobody_is_asked_or_reminded() -> None:
    run = alerting(remind_every=MINUTE)
    run.yes(ANNA)
    run.sent()
    run.wait(30 * MINUTE - 1)
    assert run.look() == ([], [])


def test_no_of_one_of_a_step_leaves_it_to_the_others() -> None:
    run = alerting(["anna", "ben"], ["carla"])
    run.no(ANNA)
    assert run.look() == ([(Kind.DECLINED, "anna")], [Occasion.DECLINED])
    run.wait(5 * MINUTE - 1)
    assert run.sent() == []
    run.wait(1)
    assert run.sent() == [(Kind.ESCALATED, "carla")]
    assert run.newest(CARLA).who == "Ben"
    run.wait(5 * MINUTE)
    assert run.sent() == [(Kind.ESCALATED, "ben")]


def test_no_that_spends_the_step_leads_to_the_next() -> None:
    run = alerting()
    run.wait(20)
    run.no(ANNA)
    sent = run.sent()
    assert [who for kind, who in sent if kind is not Kind.DECLINED] == ["ben"]
    assert (Kind.DECLINED, "anna") in sent
    assert run.incident.step == 1


def test_no_of_somebody_who_was_not_asked_yet_counts() -> None:
    run = alerting(["anna"], ["ben"], ["carla"])
    run.no(BEN)
    run.wait(5 * MINUTE)
    assert [who for kind, who in run.sent() if kind is not Kind.DECLINED] == []
    run.wait(10)
    assert [who for _, who in run.sent()] == ["carla"]


def test_a_further_cause_is_told_once_to_those_told() -> None:
    run = alerting(["anna", "ben"], ["carla"])
    run.on("leak", "smoke")
    assert run.sent() == [(Kind.ALSO, "anna"), (Kind.ALSO, "ben")]
    assert run.newest(ANNA).what == "smoke"
    assert run.incident.what == "leak, smoke"
    run.on("smoke")
    run.on("leak", "smoke")
    assert run.sent() == []


def test_a_further_cause_reaches_also_who_gets_a_push() -> None:
    run = alerting(["dora"])
    run.on("leak", "smoke")
    assert [who for _, who in run.sent()] == ["dora"]
    assert "smoke" in run.newest(DORA).what


def test_a_further_cause_replaces_a_text_that_still_waits() -> None:
    run = Run(alert(["anna"]), accepts=False)
    run.on("leak")
    first = run.newest(ANNA)
    run.sent()
    run.on("leak", "smoke")
    assert run.withdrawn() == [first.number]
    assert run.sent() == [(Kind.ALERT, "anna")]
    assert run.newest(ANNA).what == "leak, smoke"


# -- acknowledged ------------------------------------------------------------------------------------------------------


def test_ok_of_another_is_told_who_takes_care() -> None:
    run = acknowledged()
    run.yes(BEN)
    assert run.look() == ([(Kind.TAKEN, "ben")], [])
    assert (run.incident.owner, run.newest(BEN).who) == ("anna", "Anna")


def test_no_of_the_owner_begins_again_without_them() -> None:
    run = acknowledged()
    run.no(ANNA)
    sent, announced = run.look()
    assert sorted(sent) == [(Kind.DECLINED, "anna"), (Kind.REMINDER, "ben")]
    assert announced == [Occasion.DECLINED]
    assert (run.incident.state, run.incident.step, run.incident.owner) == (State.ALERTING, 0, None)


@pytest.mark.parametrize(("who", "answer"), [(BEN, Answer.NO), (ANNA, Answer.YES)])
def test_no_of_another_and_a_second_ok_change_nothing(who: Responder, answer: Answer) -> None:
    run = acknowledged()
    before = run.incident
    run.says(who, answer)
    sent, announced = run.look()
    assert ([each for _, each in sent], announced) == ([who.id], [])
    after = run.incident
    assert (after.state, after.owner, after.declined) == (before.state, before.owner, before.declined)
    assert after.timers == before.timers


def test_the_owner_is_asked_again_while_the_cause_lasts() -> None:
    run = acknowledged()
    run.wait(30 * MINUTE)
    assert run.sent() == [(Kind.AGAIN, "anna")]
    run.yes(ANNA)
    assert [kind for kind, _ in run.sent()] == [Kind.THANKS]
    run.wait(30 * MINUTE - 1)
    assert run.sent() == []
    run.wait(1)
    assert run.sent() == [(Kind.AGAIN, "anna")]


def test_an_owner_who_does_not_answer_again_loses_it() -> None:
    run = acknowledged()
    run.wait(35 * MINUTE - 1)
    assert run.sent() == [(Kind.AGAIN, "anna")]
    run.wait(1)
    assert [who for _, who in run.sent()] == ["anna", "ben"]
    assert (run.incident.state, run.incident.step, run.incident.owner) == (State.ALERTING, 0, None)


def test_an_owner_who_cannot_be_asked_again_loses_it_at_once() -> None:
    run = acknowledged()
    run.accepts = False
    run.wait(30 * MINUTE)
    run.accepts = True
    run.news(ANNA, Progress.FAILED)
    run.wait(0)
    assert [who for _, who in run.sent()] == ["anna", "anna", "ben"]
    assert run.incident.state is State.ALERTING


def test_the_owner_is_not_asked_again_while_all_causes_are_off() -> None:
    run = Run(alert(["anna"], acknowledged_for=0.0, cleared_after=HOUR))
    run.incident = replace(run.incident, cleared_after=HOUR)
    run.on("leak")
    run.yes(ANNA)
    run.off()
    run.sent()
    run.wait(HOUR)
    assert run.sent() == [(Kind.CLEAR, "anna")]


def test_a_further_cause_after_ok_begins_again_with_the_owner() -> None:
    run = alerting(["ben"], ["anna"])
    run.wait(5 * MINUTE)
    run.yes(ANNA)
    run.sent()
    run.on("leak", "smoke")
    assert run.sent() == [(Kind.ALSO, "ben"), (Kind.ALSO, "anna")]
    assert (run.incident.state, run.incident.step, run.incident.round) == (State.ALERTING, 0, 0)


def test_a_further_cause_asks_an_owner_of_the_first_step_once() -> None:
    run = acknowledged(["anna", "ben"], ["carla"])
    run.on("leak", "smoke")
    assert run.sent() == [(Kind.ALSO, "anna"), (Kind.ALSO, "ben")]


# -- exhausted ---------------------------------------------------------------------------------------------------------


def test_exhausted_asks_everybody_every_hour() -> None:
    run = exhausted()
    run.wait(HOUR - 1)
    assert run.look() == ([], [])
    run.wait(1)
    assert run.look() == ([(Kind.REMINDER, "anna"), (Kind.REMINDER, "ben")], [Occasion.EXHAUSTED])
    run.wait(HOUR)
    assert run.sent() == [(Kind.REMINDER, "anna"), (Kind.REMINDER, "ben")]


def test_exhausted_does_not_ask_who_declined() -> None:
    run = exhausted()
    run.no(ANNA)
    assert run.look() == ([(Kind.DECLINED, "anna")], [Occasion.DECLINED])
    assert run.incident.state is State.EXHAUSTED
    run.wait(HOUR)
    assert run.sent() == [(Kind.REMINDER, "ben")]


def test_exhausted_asks_everybody_if_all_declined() -> None:
    run = exhausted()
    run.no(ANNA)
    run.no(BEN)
    run.sent()
    run.wait(HOUR)
    assert run.sent() == [(Kind.REMINDER, "anna"), (Kind.REMINDER, "ben")]


def test_ok_ends_exhausted() -> None:
    run = exhausted()
    run.yes(BEN)
    assert run.look() == ([(Kind.THANKS, "ben"), (Kind.TAKEN, "anna")], [Occasion.ACKNOWLEDGED])
    assert run.incident.state is State.ACKNOWLEDGED


def test_a_further_cause_ends_exhausted() -> None:
    run = exhausted()
    run.on("leak", "smoke")
    assert run.sent() == [(Kind.ALSO, "anna")]
    assert (run.incident.state, run.incident.step, run.incident.round) == (State.ALERTING, 0, 0)


# -- the end -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", [alerting, acknowledged, exhausted])
def test_it_ends_when_all_causes_are_off_for_a_time(begin: Callable[..., Run]) -> None:
    run = begin()
    told = {each.responder for each in run.incident.told}
    run.off()
    run.wait(59)
    assert (run.incident.is_open, run.sent()) == (True, [])
    run.wait(1)
    sent, announced = run.look()
    assert (set(sent), len(sent)) == ({(Kind.CLEAR, who) for who in told}, len(told))
    assert announced == [Occasion.CLOSED]
    assert (run.incident.state, run.incident.end_reason) == (State.CLOSED, EndReason.CLEARED)
    assert (run.incident.due, run.incident.ended_at) == (None, run.now)


def test_a_cause_that_returns_in_time_keeps_it_open() -> None:
    run = alerting()
    run.off()
    run.wait(59)
    run.on("leak")
    run.wait(2 * MINUTE)
    assert (run.incident.state, run.sent()) == (State.ALERTING, [])


def test_one_of_two_causes_keeps_it_open() -> None:
    run = alerting()
    run.on("leak", "smoke")
    run.on("smoke")
    run.wait(2 * MINUTE)
    assert run.incident.is_open


def test_without_all_clear_nobody_hears_of_the_end() -> None:
    run = alerting(all_clear=False)
    run.off()
    run.wait(MINUTE)
    assert run.look() == ([], [Occasion.CLOSED])


@pytest.mark.parametrize("begin", [alerting, acknowledged, exhausted])
def test_switched_off_it_ends_at_once(begin: Callable[..., Run]) -> None:
    run = begin(all_clear=False)
    told = {each.responder for each in run.incident.told}
    run.unwatch()
    sent, announced = run.look()
    assert (set(sent), announced) == ({(Kind.OFF, who) for who in told}, [Occasion.CLOSED])
    assert (run.incident.end_reason, run.incident.due) == (EndReason.UNWATCHED, None)


def test_what_waits_at_the_end_is_withdrawn() -> None:
    run = Run(alert(["anna"]), accepts=False)
    run.on("leak")
    run.off()
    run.wait(MINUTE - 1)
    run.sent()
    run.wait(1)
    assert run.withdrawn() == [run.newest(ANNA).number]
    assert run.sent() == []


def test_after_the_end_nothing_happens_any_more() -> None:
    run = alerting()
    run.unwatch()
    run.sent()
    before = run.incident
    run.on("leak")
    run.raise_alert("Fire")
    run.yes(ANNA)
    run.clear()
    run.drill()
    run.wait(DAY)
    assert (run.incident, run.look()) == (before, ([], []))
