"""Many causes, the limit of segments, the action, drills, restarts, and late texts."""

from custom_components.texting.alerting.events import Occasion, Progressed
from custom_components.texting.alerting.model import CLOSING, EndReason, Kind, Progress, Responder, State

from .people import ANNA, BEN, DAY, HOUR, MINUTE, Run, alert, phone


def crowd(size: int) -> tuple[Responder, ...]:
    return tuple(Responder(id=f"p{each}", name="", targets=(phone(f"+3361{each:07}"),)) for each in range(size))


# -- many causes -------------------------------------------------------------------------------------------------------


def test_fifty_causes_at_once_are_one_text() -> None:
    run = Run(alert(["anna"]))
    run.on(*(f"leak_{each}" for each in range(50)))
    assert run.sent() == [(Kind.ALERT, "anna")]
    assert "leak_49" in run.incident.what


def test_fifty_further_causes_at_once_are_one_text() -> None:
    run = Run(alert(["anna"]))
    run.on("leak")
    run.sent()
    run.on("leak", *(f"leak_{each}" for each in range(50)))
    assert run.sent() == [(Kind.ALSO, "anna")]


def test_fifty_causes_one_by_one_stay_within_the_limit() -> None:
    run = Run(alert(["anna", "ben"], max_segments=50))
    for last in range(1, 51):
        run.on(*(f"leak_{each}" for each in range(last)))
    run.off()
    run.wait(MINUTE)
    assert run.incident.max_segments == 80
    assert run.incident.segments <= 80
    assert run.sent()[-2:] == [(Kind.CLEAR, "anna"), (Kind.CLEAR, "ben")]


def test_a_further_cause_also_needs_its_time() -> None:
    run = Run(alert(["anna"], hold=30.0))
    run.on("leak")
    run.wait(30)
    run.sent()
    run.on("leak", "smoke")
    run.wait(29)
    assert run.sent() == []
    run.wait(1)
    assert run.sent() == [(Kind.ALSO, "anna")]


def test_it_does_not_end_while_a_further_cause_begins() -> None:
    run = Run(alert(["anna"], hold=90.0))
    run.on("leak")
    run.wait(90)
    run.on("smoke")
    run.sent()
    run.wait(90)
    assert run.sent() == [(Kind.ALSO, "anna")]
    run.on("smoke", "gas")
    run.off()
    run.wait(MINUTE)
    assert run.sent() == [(Kind.CLEAR, "anna")]


def test_a_cause_that_does_not_count_yet_ends_with_the_alert() -> None:
    run = Run(alert(["anna"], hold=90.0))
    run.on("leak")
    run.unwatch()
    assert (run.incident.state, run.incident.due, run.look()) == (State.CLOSED, None, ([], []))


# -- the limit ---------------------------------------------------------------------------------------------------------


def test_one_last_text_says_that_the_limit_is_reached() -> None:
    run = Run(alert(["anna", "ben"], remind_every=MINUTE, wait=HOUR, max_segments=12))
    run.on("leak")
    run.wait(HOUR - 1)
    sent, announced = run.look()
    assert [each for each in sent if each[0] is Kind.LIMIT] == [(Kind.LIMIT, "anna"), (Kind.LIMIT, "ben")]
    assert sent[-2:] == [(Kind.LIMIT, "anna"), (Kind.LIMIT, "ben")], "it is the last text"
    assert announced.count(Occasion.LIMIT) == 1
    run.off()
    run.wait(MINUTE)
    assert run.sent() == [(Kind.CLEAR, "anna"), (Kind.CLEAR, "ben")]
    assert run.incident.segments <= 12


def test_beyond_the_limit_only_pushes_leave() -> None:
    run = Run(alert(["anna", "dora"], remind_every=MINUTE, wait=HOUR, max_segments=6))
    run.on("leak")
    run.wait(30 * MINUTE)
    run.sent()
    run.wait(2 * MINUTE)
    assert {who for _, who in run.sent()} == {"dora"}


def test_a_further_cause_adds_ten_segments_and_is_told() -> None:
    run = Run(alert(["anna"], remind_every=MINUTE, wait=HOUR, max_segments=6))
    run.on("leak")
    run.wait(30 * MINUTE)
    run.sent()
    run.on("leak", "smoke")
    assert run.sent() == [(Kind.ALSO, "anna")]
    assert run.incident.max_segments == 16


def test_further_causes_add_thirty_segments_at_most() -> None:
    run = Run(alert(["anna"], remind_every=MINUTE, wait=DAY, max_segments=6))
    for last in range(1, 8):
        run.on(*(f"leak_{each}" for each in range(last)))
        run.wait(HOUR)
    run.unwatch()
    assert run.incident.max_segments == 36
    assert run.incident.segments <= 36
    assert run.sent()[-1] == (Kind.OFF, "anna")


def test_everybody_told_hears_of_the_end_whatever_the_limit_is() -> None:
    many = crowd(40)
    run = Run(alert([each.id for each in many], known=many, max_segments=20))
    run.on("leak")
    told = {each.responder for each in run.incident.told}
    assert told
    run.unwatch()
    assert {who for kind, who in run.sent() if kind is Kind.OFF} == told
    assert run.incident.segments <= 20


def test_answers_leave_room_for_the_closing_texts() -> None:
    run = Run(alert(["anna", "ben"], max_segments=8))
    run.on("leak")
    for _ in range(20):
        run.yes(ANNA)
        run.yes(BEN)
    run.unwatch()
    assert run.sent()[-2:] == [(Kind.OFF, "anna"), (Kind.OFF, "ben")]
    assert run.incident.segments <= 8


# -- the action --------------------------------------------------------------------------------------------------------


def test_what_the_action_raised_lasts_until_it_is_cleared() -> None:
    run = Run(alert(["anna"]))
    run.raise_alert("Fire")
    assert run.look() == ([(Kind.ALERT, "anna")], [Occasion.RAISED])
    assert run.newest(ANNA).what == "Fire"
    run.yes(ANNA)
    run.wait(HOUR)
    assert run.incident.is_open
    run.clear()
    assert (run.incident.end_reason, run.sent()[-1]) == (EndReason.BY_HAND, (Kind.CLEAR, "anna"))


def test_what_the_action_raised_lasts_a_day_at_most() -> None:
    run = Run(alert(["anna"]))
    run.raise_alert("Fire")
    run.wait(DAY - 1)
    assert run.incident.is_open
    run.sent()
    run.wait(1)
    assert (run.incident.end_reason, run.sent()) == (EndReason.EXPIRED, [(Kind.CLEAR, "anna")])


def test_after_a_day_a_cause_that_is_on_keeps_it_open() -> None:
    run = Run(alert(["anna"]))
    run.raise_alert("Fire")
    run.on("leak")
    run.wait(DAY + HOUR)
    assert run.incident.is_open
    run.off()
    run.wait(MINUTE)
    assert run.incident.end_reason is EndReason.CLEARED


def test_clearing_ends_only_what_the_action_raised() -> None:
    run = Run(alert(["anna"]))
    run.on("leak")
    run.raise_alert("Fire")
    run.clear()
    run.wait(HOUR)
    assert run.incident.is_open


def test_causes_that_are_off_do_not_end_what_the_action_raised() -> None:
    run = Run(alert(["anna"]))
    run.raise_alert("Fire")
    run.on("leak")
    run.off()
    run.wait(HOUR)
    assert run.incident.is_open


def test_the_same_message_again_tells_nobody() -> None:
    run = Run(alert(["anna"]))
    run.raise_alert("Fire")
    run.sent()
    run.raise_alert("Fire")
    assert run.sent() == []
    run.raise_alert("Flood")
    assert run.sent() == [(Kind.ALSO, "anna")]
    assert run.incident.what == "Fire, Flood"


# -- drills ------------------------------------------------------------------------------------------------------------


def test_a_drill_asks_all_steps_at_once_and_ends_after_half_an_hour() -> None:
    run = Run(alert(["anna"], ["ben"], ["carla"], remind_every=MINUTE))
    run.drill()
    assert run.look() == ([(Kind.DRILL, "anna"), (Kind.DRILL, "ben"), (Kind.DRILL, "carla")], [Occasion.RAISED])
    run.wait(7)
    run.yes(BEN)
    run.wait(3)
    run.yes(BEN)
    assert run.sent() == [(Kind.DRILL_THANKS, "ben")] * 2
    run.wait(30 * MINUTE - 11)
    assert run.look() == ([], [])
    run.wait(1)
    assert run.look() == ([], [Occasion.DRILL_ENDED])
    assert (run.incident.state, dict(run.incident.answered)) == (State.CLOSED, {"ben": 7.0})


def test_a_real_cause_ends_a_drill() -> None:
    run = Run(alert(["anna"]))
    run.drill()
    run.off()
    assert run.incident.is_open
    run.sent()
    run.on("leak")
    assert run.look() == ([], [Occasion.DRILL_ENDED])
    assert run.incident.end_reason is EndReason.INTERRUPTED


def test_what_the_action_raises_ends_a_drill() -> None:
    run = Run(alert(["anna"]))
    run.drill()
    run.raise_alert("Fire")
    assert run.incident.end_reason is EndReason.INTERRUPTED


def test_a_drill_does_not_begin_while_it_is_open() -> None:
    run = Run(alert(["anna"]))
    run.on("leak")
    before = run.incident
    run.sent()
    run.drill()
    assert (run.incident, run.sent()) == (before, [])


# -- restarts ----------------------------------------------------------------------------------------------------------


def test_after_a_restart_what_was_lost_is_sent() -> None:
    run = Run(alert(["anna", "ben"]), accepts=False)
    run.on("leak")
    run.news(BEN, Progress.ACCEPTED)
    reference = run.incident.reference(run.newest(ANNA))
    run.sent()
    run.restart(run.newest(ANNA).number)
    assert run.sent() == [(Kind.ALERT, "anna")]
    assert run.incident.reference(run.newest(ANNA)) == reference


def test_after_a_restart_what_is_not_wanted_any_more_is_cancelled() -> None:
    run = Run(alert(["anna", "ben"]), accepts=False)
    run.on("leak")
    run.news(BEN, Progress.ACCEPTED)
    run.yes(BEN)
    run.sent()
    run.restart(1)
    assert run.sent() == []
    assert run.incident.notification(1).progress is Progress.CANCELLED


def test_a_lost_closing_text_is_sent_after_a_restart() -> None:
    run = Run(alert(["anna"]))
    run.on("leak")
    run.accepts = False
    run.unwatch()
    run.sent()
    run.restart(run.newest(ANNA).number)
    assert run.sent() == [(Kind.OFF, "anna")]


def test_an_incident_of_last_month_ends_in_silence() -> None:
    run = Run(alert(["anna", "ben"]), accepts=False)
    run.on("leak")
    run.news(ANNA, Progress.ACCEPTED)
    run.sent()
    run.now += 30 * DAY
    run.restart(2)
    assert run.sent() == []
    assert (run.incident.state, run.incident.due) == (State.CLOSED, None)


def test_a_long_acknowledgment_outlasts_a_restart() -> None:
    run = Run(alert(["anna"], acknowledged_for=3 * DAY))
    run.on("leak")
    run.yes(ANNA)
    run.sent()
    run.wait(2 * DAY)
    run.restart()
    run.wait(DAY - 1)
    assert (run.incident.state, run.look()) == (State.ACKNOWLEDGED, ([], []))
    run.wait(1)
    assert run.sent() == [(Kind.AGAIN, "anna")]


def test_only_who_was_texted_in_the_last_day_hears_of_the_end() -> None:
    run = Run(alert(["anna"], ["ben"], acknowledged_for=23 * HOUR, rounds=1))
    run.on("leak")
    run.wait(5 * MINUTE)
    run.yes(BEN)
    run.wait(23 * HOUR)
    run.yes(BEN)
    run.wait(HOUR)
    run.sent()
    run.off()
    run.wait(MINUTE)
    assert run.sent() == [(Kind.CLEAR, "ben")]


def test_after_a_long_stop_a_step_is_taken_once() -> None:
    run = Run(alert(["anna"], ["ben"], ["carla"]))
    run.on("leak")
    run.sent()
    run.now += 10 * HOUR
    run.restart()
    run.wait(0)
    assert [who for _, who in run.sent()] == ["ben"]


# -- texts that left too late ------------------------------------------------------------------------------------------


def test_a_text_that_leaves_after_the_end_is_followed_by_the_end() -> None:
    run = Run(alert(["anna", "ben"]), accepts=False)
    run.on("leak")
    run.news(ANNA, Progress.ACCEPTED)
    run.off()
    run.wait(MINUTE - 1)
    run.sent()
    run.wait(1)
    assert run.sent() == [(Kind.CLEAR, "anna")]
    run.do(Progressed(2, Progress.ACCEPTED))
    assert run.sent() == [(Kind.CLEAR, "ben")]
    run.do(Progressed(2, Progress.DELIVERED))
    assert run.sent() == []


def test_after_the_end_only_closing_texts_begin() -> None:
    run = Run(alert(["anna", "ben"], ["carla"]), accepts=False)
    run.on("leak")
    run.unwatch()
    run.sent()
    for number in (1, 2):
        for progress in (Progress.UNCERTAIN, Progress.ACCEPTED, Progress.UNDELIVERED):
            run.do(Progressed(number, progress))
    run.restart(1, 2)
    assert {kind for kind, _ in run.sent()} <= CLOSING


def test_a_text_that_leaves_after_somebody_took_it_is_followed_by_that() -> None:
    run = Run(alert(["anna", "ben"]), accepts=False)
    run.on("leak")
    run.news(ANNA, Progress.ACCEPTED)
    run.yes(ANNA)
    run.sent()
    run.do(Progressed(2, Progress.ACCEPTED))
    assert run.sent() == [(Kind.TAKEN, "ben")]
