"""Test the soak of alerts: it finds what must not happen, and the same seed always gives the same plan."""

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
import sqlite3

import pytest

from custom_components.texting.alerting.model import (
    Alert,
    Cause,
    Incident,
    Kind,
    Notification,
    Progress,
    State,
    Target,
)
from custom_components.texting.alerting.stored import to_row
from custom_components.texting.delivery import incidents
from scripts.soak_home.alert_count import AlertRow, Outcome, count_alerts, format_alert_row, is_at_rest
from scripts.soak_home.alert_plan import (
    AMPLE,
    PEOPLE,
    Habit,
    Person,
    PlannedAlert,
    plan_alert_kills,
    plan_alerts,
    script_of,
)
from scripts.soak_home.alert_steps import find_step_faults
from scripts.soak_home.database import MessageRow, read_incidents, read_open_states
from tests.simulator.people import GivenReply

ANNA, BEN, CLARA = (Person("textinghouse", habit) for habit in (Habit.WILLING, Habit.MIXED, Habit.SILENT))
ALERT = PlannedAlert(1, [[ANNA], [BEN]], {"rounds": 2, "max_segments": AMPLE, "cleared_after": 0})
NAME = "Leak 00001"
ASKED = f"ALERT 10: {NAME}, 14:05. Reply OK 10 or NO 10."
NOW = 1_800_000_000.0


def notification(
    number: int,
    person: Person = ANNA,
    kind: Kind = Kind.ALERT,
    progress: Progress = Progress.ACCEPTED,
    *,
    visit: int | None = None,
    at: float = 0.0,
) -> Notification:
    return Notification(
        number=number,
        kind=kind,
        responder=person.entity_id,
        target=Target(id=person.number, messenger=person.entry_id),
        visit=visit,
        planned_at=NOW + at,
        progress=progress,
    )


def incident(*notifications: Notification, state: State = State.CLOSED, **changes: object) -> Incident:
    stored = Incident(
        id="01JD0000000000000000000011",
        alert=Alert(id=ALERT.entry_id, name=""),
        state=state,
        causes={"a": Cause(id="a", name=NAME)},
        notifications=notifications,
        raised_at=NOW,
        acknowledged_at=NOW + 5,
        ended_at=NOW + 100,
    )
    return replace(stored, **changes)  # type: ignore[arg-type]


def message(known: Incident, number: int, status: str = "delivered", text: str = ASKED) -> MessageRow:
    told = known.notification(number)
    return MessageRow(known.reference(told), None, (ANNA.entry_id, told.target.id, text), status)


def outcome(
    known: Incident,
    messages: Sequence[MessageRow] = (),
    given: Sequence[GivenReply] = (),
    confirmed: Sequence[str] = (),
    **copies: int,
) -> Outcome:
    """Return what is left of one incident. The gateways have each text that arrived, or as many copies of it."""
    texts = Counter(each.key for each in messages if each.status == "delivered")
    return Outcome(
        alerts=[ALERT],
        incidents=[known],
        messages=messages,
        gateway_counts={key: copies.get("copies", count) for key, count in texts.items()},
        given=given,
        confirmed=confirmed,
    )


def reply(text: str = "OK 10", status: int = 200, at: float = 5.0) -> GivenReply:
    moment = datetime.fromtimestamp(NOW + at, UTC)
    number = ANNA.number.removeprefix("+")
    return GivenReply(number=number, text=text, message="1", asked=ASKED, status=status, at=moment)


def faults(found: Outcome) -> dict[str, int]:
    """Return the counts that must be 0 and are not."""
    row = count_alerts(found).row
    names = ("unended", "not_raised", "lost", "doubled", "unexplained", "missteps", "forgotten")
    return {name: count for name in names if (count := getattr(row, name))}


def test_nothing_is_wrong_with_an_incident_that_went_well() -> None:
    known = incident(notification(1, visit=1), notification(2, kind=Kind.THANKS, at=5.0), visits=1)
    found = outcome(known, [message(known, 1), message(known, 2, text="Thank you.")], [reply()], [NAME])
    counts = count_alerts(found)
    assert counts.faults == []
    assert not counts.is_wrong
    assert counts.row == AlertRow(incidents=1, closed=1, taken=1, notifications=2, texts=2)
    heading, numbers = format_alert_row(counts.row).splitlines()
    assert len(heading) == len(numbers)


def test_a_soak_without_a_text_proves_nothing() -> None:
    assert count_alerts(outcome(incident())).is_wrong


@pytest.mark.parametrize("state", [State.PENDING, State.ALERTING])
def test_an_incident_that_goes_on_has_not_ended(state: State) -> None:
    assert faults(outcome(incident(state=state))) == {"unended": 1}


def test_what_an_action_raised_and_nobody_remembers_is_found() -> None:
    assert faults(outcome(incident(), confirmed=[NAME, "Leak 00002"])) == {"not_raised": 1}


@pytest.mark.parametrize(
    ("progress", "status", "copies", "expected"),
    [
        (Progress.DELIVERED, "delivered", 1, {}),
        (Progress.FAILED, "rejected", 1, {}),
        (Progress.FAILED, None, 1, {}),
        (Progress.UNCERTAIN, "uncertain", 0, {}),
        (Progress.PLANNED, None, 1, {"lost": 1}),
        (Progress.PLANNED, "queued", 1, {"lost": 1}),
        (Progress.ACCEPTED, None, 1, {"lost": 1}),
        (Progress.CANCELLED, "delivered", 1, {"lost": 1}),
        (Progress.DELIVERED, "delivered", 0, {"lost": 1}),
        (Progress.DELIVERED, "delivered", 2, {"doubled": 1}),
    ],
)
def test_texts_are_compared_in_three_places(
    progress: Progress, status: str | None, copies: int, expected: dict[str, int]
) -> None:
    known = incident(notification(1, progress=progress))
    messages = [message(known, 1, status)] if status else []
    assert faults(outcome(known, messages, copies=copies)) == expected


def test_a_response_that_was_cut_off_is_counted_apart() -> None:
    known = incident(notification(1, kind=Kind.THANKS))
    response = replace(message(known, 1, "accepted", "Thank you."), is_response=True)
    found = outcome(known, [response])
    assert (faults(found), count_alerts(found).row.cut_off) == ({}, 1)
    found = replace(found, gateway_counts={response.key: 1})
    assert (faults(found), count_alerts(found).row.cut_off) == ({}, 0)


def test_texts_without_a_notification_are_found() -> None:
    known = incident(notification(1))
    other = MessageRow("OTHER", None, (ANNA.entry_id, ANNA.number, "ALERT 11: Smoke."), "delivered")
    assert faults(outcome(known, [message(known, 1), other])) == {"unexplained": 1}
    over = replace(other, key=(*other.key[:2], f"{NAME} (10) is over since 14:05."))
    assert faults(outcome(known, [message(known, 1), over])) == {}
    found = outcome(known, [message(known, 1)])
    assert faults(replace(found, gateway_counts={**found.gateway_counts, other.key: 1})) == {"unexplained": 1}


def test_the_attempts_of_a_route_belong_to_its_text() -> None:
    known = incident(notification(1))
    parent = message(known, 1)
    attempt = MessageRow("ATTEMPT", parent.reference, parent.key, "delivered")
    routed = replace(parent, key=("route", *parent.key[1:]))
    found = replace(outcome(known, [routed, attempt]), gateway_counts={attempt.key: 1})
    assert faults(found) == {}


def test_a_reply_that_was_answered_must_count() -> None:
    asked = notification(1, visit=1)
    thanked = notification(2, kind=Kind.THANKS, at=5.0)
    reminded = notification(3, kind=Kind.REMINDER, at=20.0)

    def forgotten(*known: Notification, given: GivenReply | None = None) -> int:
        left = incident(*known, visits=1)
        messages = [message(left, each.number, text=f"{each.kind}") for each in known]
        return faults(outcome(left, messages, [given or reply()])).get("forgotten", 0)

    assert forgotten(asked) == 1
    assert forgotten(asked, given=reply(status=503)) == 0
    assert forgotten(asked, given=reply("OK 99")) == 0
    assert forgotten(asked, given=reply("NO 10")) == 1
    assert forgotten(asked, given=reply(at=120.0)) == 0
    assert forgotten(asked, thanked, reminded) == 1
    handed_on = notification(3, kind=Kind.DECLINED, at=10.0)
    assert forgotten(asked, thanked, handed_on, replace(reminded, number=4)) == 0
    assert forgotten(asked, thanked, replace(reminded, planned_at=NOW + 66.0)) == 0


def test_who_cannot_take_it_must_not_be_asked_again() -> None:
    asked = notification(1, visit=1)
    answers = [notification(2, kind=kind, at=5.0) for kind in (Kind.DECLINED, Kind.TAKEN)]
    reminded = notification(3, kind=Kind.REMINDER, at=80.0)
    found = []
    for answer in answers:
        left = incident(asked, answer, reminded, visits=1)
        messages = [message(left, each.number, text=f"{each.kind}") for each in left.notifications]
        found.append(faults(outcome(left, messages, [reply("NO 10")])))
    assert found == [{"forgotten": 1}, {}]


def visited(*visits: tuple[int, Person, Kind]) -> list[Notification]:
    return [notification(number, person, kind, visit=visit) for number, (visit, person, kind) in enumerate(visits, 1)]


FIRST, SECOND = (1, ANNA, Kind.ALERT), (2, BEN, Kind.ESCALATED)


@pytest.mark.parametrize(
    ("visits", "changes", "is_right"),
    [
        ([FIRST, SECOND], {"visits": 2, "step": 1}, True),
        ([FIRST, SECOND, (3, ANNA, Kind.ESCALATED)], {"visits": 3, "round": 1}, True),
        ([FIRST, (2, ANNA, Kind.ESCALATED)], {"visits": 2, "step": 1}, False),
        ([(1, BEN, Kind.ALERT)], {"visits": 1}, False),
        ([FIRST, (3, BEN, Kind.ESCALATED)], {"visits": 3, "round": 1}, False),
        ([FIRST], {"visits": 2}, False),
        ([FIRST, SECOND], {"visits": 4, "round": 1, "step": 1, "state": State.EXHAUSTED}, True),
        ([FIRST, SECOND], {"visits": 2, "step": 1, "state": State.EXHAUSTED}, False),
        ([FIRST, SECOND], {"visits": 5, "round": 2}, False),
        # It begins with the first step again, after somebody took it and gave it back.
        ([FIRST, SECOND, (3, ANNA, Kind.REMINDER)], {"visits": 3, "acknowledged_at": NOW}, True),
        ([FIRST, (2, ANNA, Kind.REMINDER)], {"visits": 2, "acknowledged_at": NOW}, True),
        ([FIRST, (2, ANNA, Kind.ESCALATED)], {"visits": 2, "acknowledged_at": NOW}, False),
        # The owner is asked again, and does not answer.
        ([FIRST, (2, ANNA, Kind.AGAIN), (3, ANNA, Kind.REMINDER)], {"visits": 3, "acknowledged_at": NOW}, True),
        # A text of the first step is accepted once all rounds are over.
        ([(2, ANNA, Kind.ALERT), SECOND], {"visits": 2, "step": 1}, True),
    ],
)
def test_skipped_and_repeated_steps_are_found(
    visits: list[tuple[int, Person, Kind]], changes: dict[str, object], *, is_right: bool
) -> None:
    known = incident(*visited(*visits), **{"acknowledged_at": None, **changes})  # type: ignore[arg-type]
    assert bool(list(find_step_faults(known, ALERT))) != is_right


def test_an_incident_is_at_rest_once_no_text_is_under_way() -> None:
    assert is_at_rest(incident(notification(1), state=State.EXHAUSTED))
    assert not is_at_rest(incident(notification(1, progress=Progress.PLANNED)))
    assert not is_at_rest(incident(state=State.ALERTING))


def test_same_seed_gives_the_same_alerts() -> None:
    first, same, other = (plan_alerts(Random(seed)) for seed in (7, 7, 8))  # noqa: S311  not for cryptography
    assert first == same != other
    for alert in first:
        people = [person for step in alert.steps for person in step]
        assert len(people) == len(set(people))
    assert len({person.number for person in PEOPLE}) == len(PEOPLE)


@pytest.mark.parametrize("times", [0, 1, 50])
def test_number_of_planned_kills(times: int) -> None:
    assert len(plan_alert_kills(times, Random(7))) == times  # noqa: S311  not for cryptography


def test_who_is_silent_never_replies() -> None:
    random = Random(7)  # noqa: S311  not for cryptography
    assert {each.text for each in script_of(CLARA, random)} == {""}
    assert "OK {n}" in {each.text for each in script_of(ANNA, random)}


def test_incidents_are_read_as_the_integration_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "texting.db"
    told = notification(1, visit=1)
    left = incident(told, state=State.ALERTING, ended_at=None)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE incident ({', '.join(incidents.COLUMNS)})")
        row = incidents.to_row(to_row(left, 0.0))
        database.execute(f"INSERT INTO incident VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608  our own names
    assert read_open_states(path) == {ALERT.entry_id: State.ALERTING}
    assert read_incidents(path) == [left]
