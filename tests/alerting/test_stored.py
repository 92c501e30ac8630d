"""What is stored of an incident, and what is read of it."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
import json
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import given, strategies as st
import pytest

from custom_components.texting.alerting.model import (
    Alert,
    Cause,
    EndReason,
    Incident,
    Kind,
    Notification,
    Progress,
    Skipped,
    State,
    Target,
    Timer,
    Timing,
)
from custom_components.texting.alerting.stored import from_content, to_content, what_of
from custom_components.texting.delivery.serialization import INVALID

ALERT = Alert(id="01JD0000000000000000000099", name="Water alarm")
START = 1_795_800_000.0
NOW = START + 5000.0

# Moments and durations that are exact, also after a shift was added and subtracted.
moments = st.integers(0, 4000 * 8).map(lambda eighths: START + eighths / 8)
seconds = st.integers(0, 100_000).map(float)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
counts = st.integers(0, 500)
# Timers that are not over, and began before now: nothing of them changes.
timers = st.builds(lambda since, rest: Timer(since, NOW - since + rest), moments, seconds)
targets = st.builds(Target, id=texts, is_text=st.booleans(), messenger=texts)
causes = st.builds(Cause, id=texts, name=texts, is_on=st.booleans(), hold=st.none() | timers)
notifications = st.builds(
    Notification,
    kind=st.sampled_from(Kind),
    responder=texts,
    target=targets,
    visit=st.none() | counts,
    planned_at=moments,
    what=texts,
    who=texts,
    text=texts,
    code=st.none() | st.integers(10, 99),
    incoming=st.none() | texts,
    account=st.none() | texts,
    segments=counts,
    progress=st.sampled_from(Progress),
    is_withdrawn=st.booleans(),
)
incidents = st.builds(
    Incident,
    id=texts,
    alert=st.just(ALERT),
    nonce=texts,
    state=st.sampled_from(State),
    is_drill=st.booleans(),
    causes=st.lists(causes, max_size=4).map(lambda found: {cause.id: cause for cause in found}),
    what=texts,
    round=counts,
    step=counts,
    visits=counts,
    owner=st.none() | texts,
    owner_name=texts,
    declined=st.frozensets(texts, max_size=3),
    puzzled=st.frozensets(texts, max_size=3),
    notifications=st.lists(notifications, max_size=5).map(
        lambda found: tuple(replace(each, number=number) for number, each in enumerate(found, 1))
    ),
    timers=st.dictionaries(st.sampled_from(Timing), timers),
    further=counts,
    is_limited=st.booleans(),
    is_unreachable=st.booleans(),
    cleared_after=seconds,
    raised_at=st.none() | moments,
    acknowledged_at=st.none() | moments,
    changed_at=moments,
    ended_at=st.none() | moments,
    end_reason=st.none() | st.sampled_from(EndReason),
    answered=st.dictionaries(texts, seconds, max_size=3),
    names=st.dictionaries(texts, texts, max_size=3),
    skipped=st.dictionaries(texts, st.sampled_from(Skipped), max_size=3),
)

NOTIFICATION = Notification(
    number=1,
    kind=Kind.ALERT,
    responder="person.anna",
    target=Target(id="+33612345678", messenger="01JD0000000000000000000001"),
    planned_at=START,
    what="Water in the cellar",
    who="Ben",
    text="ALERT 12: Water in the cellar, 08:00.",
    code=12,
)
INCIDENT = Incident(
    id="01JD0000000000000000000011",
    alert=ALERT,
    state=State.ALERTING,
    what="Water in the cellar",
    causes={"binary_sensor.water": Cause(id="binary_sensor.water", name="Water")},
    notifications=(NOTIFICATION,),
    timers={Timing.WAIT: Timer(START, 300.0)},
    raised_at=START,
    changed_at=START + 1,
)


def without_words(incident: Incident) -> Incident:
    """Return what is stored of an incident that is over."""
    settled = (each if each.is_waiting else replace(each, text="", what="", who="") for each in incident.notifications)
    return replace(incident, notifications=tuple(settled)) if incident.is_over else incident


def mistakes(value: Any, hint: Any) -> list[str]:
    """Return the values that have another type than the model says."""
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    for kind in kinds:
        origin, arguments = get_origin(kind) or kind, get_args(kind)
        if kind is type(None) and value is None:
            return []
        if origin is Mapping and isinstance(value, dict):
            key, one = arguments
            return [each for item in value.items() for each in mistakes(item[0], key) + mistakes(item[1], one)]
        if origin in (tuple, frozenset) and type(value) is origin:
            return [each for item in value for each in mistakes(item, arguments[0])]
        if is_dataclass(kind) and type(value) is kind:
            hints = get_type_hints(kind)
            return [each for field in fields(kind) for each in mistakes(getattr(value, field.name), hints[field.name])]
        if type(value) is origin:
            return []
    return [f"{value!r} is no {hint}"]


@given(incidents, st.sampled_from([0.0, 86400.0, -3600.0]))
def test_an_incident_is_read_as_it_was_stored(incident: Incident, shift: float) -> None:
    content = to_content(incident, shift)
    assert from_content(content, ALERT, NOW, shift) == without_words(incident)


@given(incidents)
def test_the_order_of_causes_stays(incident: Incident) -> None:
    found = from_content(to_content(incident, 0.0), ALERT, NOW)
    assert list(found.causes) == list(incident.causes)


def test_the_checks_of_these_tests_find_what_is_wrong() -> None:
    assert mistakes(INCIDENT, Incident) == []
    wrong: Any = replace(INCIDENT, round=1.0, timers={"wait": Timer(0, 1.0)}, owner=7)  # type: ignore[arg-type]
    assert len(mistakes(wrong, Incident)) == 4


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where the values of a JSON document are."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, one in items for each in paths(one, (*path, key)))]


def changed(document: Any, path: tuple[Any, ...], change: Any) -> Any:
    """Return a copy with another value at a place."""
    if not path:
        return change
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = changed(copy[path[0]], path[1:], change)
    return copy


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda each: st.lists(each, max_size=2) | st.dictionaries(st.text(max_size=3), each, max_size=2),
    max_leaves=4,
)


@given(st.data())
def test_any_change_is_refused_or_gives_an_incident_with_right_types(data: st.DataObject) -> None:
    document = json.loads(to_content(data.draw(incidents), 0.0))
    path = data.draw(st.sampled_from(paths(document)))
    content = json.dumps(changed(document, path, data.draw(JSON)))
    try:
        found = from_content(content, ALERT, NOW)
    except INVALID:
        return
    assert mistakes(found, Incident) == []
    assert [each.number for each in found.notifications] == list(range(1, len(found.notifications) + 1))
    assert from_content(to_content(found, 0.0), ALERT, NOW) == without_words(found)
    assert all(0 <= found_timer.due - NOW <= found_timer.seconds for found_timer in found.timers.values())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("id",), 7),
        (("id",), None),
        (("id",), "\ud800"),
        (("state",), "sleeping"),
        (("state",), ["alerting"]),
        (("what",), 7),
        (("raised_at",), "1"),
        (("raised_at",), True),
        (("raised_at",), -1),
        (("raised_at",), 1e300),
        (("raised_at",), float("nan")),
        (("raised_at",), 10**400),
        (("causes",), {}),
        (("causes", 0), []),
        (("causes", 0, "is_on"), 0),
        (("notifications", 0, "kind"), "song"),
        (("notifications", 0, "code"), 12.0),
        (("notifications", 0, "target"), "+33612345678"),
        (("notifications", 0, "target", "id"), 33),
        (("timers", "wait"), [START]),
        (("timers", "wait"), [START, "300"]),
        (("timers", "wait"), {"since": START}),
        ((), []),
        ((), "incident"),
        ((), None),
    ],
    ids=repr,
)
def test_a_value_of_a_wrong_type_is_refused(path: tuple[Any, ...], value: Any) -> None:
    document = json.loads(to_content(INCIDENT, 0.0))
    with pytest.raises(INVALID):
        from_content(json.dumps(changed(document, path, value)), ALERT, NOW)


@pytest.mark.parametrize("content", ["", "{", "{}", "[" * 100_000, '{"id": "1", "id": 2}'])
def test_what_is_no_incident_is_refused(content: str) -> None:
    with pytest.raises(INVALID):
        from_content(content, ALERT, NOW)
    assert what_of(content) == ""


def test_what_a_newer_version_stored_too_is_ignored() -> None:
    document = json.loads(to_content(INCIDENT, 0.0))
    document |= {"color": "red", "timers": {**document["timers"], "nap": [START, 5.0]}}
    document["notifications"][0]["sound"] = {"name": "siren"}
    document["notifications"][0]["target"]["floor"] = 2
    document["causes"][0]["area"] = None
    assert from_content(json.dumps(document), ALERT, START + 10) == INCIDENT


# -- clocks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("away", "rest"), [(-86400.0, 300.0), (-1.0, 300.0), (0.0, 300.0), (100.0, 200.0), (300.0, 0.0), (86400.0, 0.0)]
)
def test_the_rest_of_a_timer_is_at_least_nothing_and_at_most_all_of_it(away: float, rest: float) -> None:
    """The home was away for so many seconds, as its clock says."""
    hold = {"binary_sensor.water": Cause(id="binary_sensor.water", name="Water", hold=Timer(START, 300.0))}
    content = to_content(replace(INCIDENT, causes=hold), 0.0)
    found = from_content(content, ALERT, START + away)
    for timer in (found.timers[Timing.WAIT], found.causes["binary_sensor.water"].hold):
        assert timer is not None
        assert (timer.due - START - away, timer.seconds) == (rest, 300.0)


def test_a_clock_that_was_set_during_the_run_changes_no_timer() -> None:
    """It was set a day ahead, so the row has that time. The next run begins with it."""
    content = to_content(INCIDENT, 86400.0)
    assert json.loads(content)["raised_at"] == START + 86400
    found = from_content(content, ALERT, START + 86400 + 100)
    assert found.timers[Timing.WAIT].due == START + 86400 + 300
    # Within the same run, everything is as it was.
    assert from_content(content, ALERT, START + 100, 86400.0) == INCIDENT


# -- size --------------------------------------------------------------------------------------------------------------


def test_once_it_is_over_only_what_waits_keeps_its_words() -> None:
    clear = replace(NOTIFICATION, number=3, kind=Kind.CLEAR, text="All clear", progress=Progress.PLANNED)
    sent = replace(NOTIFICATION, progress=Progress.DELIVERED)
    withdrawn = replace(NOTIFICATION, number=2, is_withdrawn=True)
    over = replace(INCIDENT, state=State.CLOSED, ended_at=NOW, notifications=(sent, withdrawn, clear))
    found = from_content(to_content(over, 0.0), ALERT, NOW)
    assert [each.text for each in found.notifications] == ["", "", "All clear"]
    # People who answer later are told what was wrong.
    assert what_of(to_content(over, 0.0)) == found.what == "Water in the cellar"
    # A message is found by its reference, which stays the same.
    assert [*map(found.reference, found.notifications)] == [*map(over.reference, over.notifications)]


def test_an_incident_is_stored_in_a_few_bytes() -> None:
    many = tuple(
        replace(NOTIFICATION, number=number, text="x" * 130, progress=Progress.DELIVERED) for number in range(1, 21)
    )
    open_size = len(to_content(replace(INCIDENT, notifications=many), 0.0))
    over = replace(INCIDENT, state=State.CLOSED, ended_at=NOW, notifications=many)
    assert open_size < 10_000
    assert len(to_content(over, 0.0)) < 0.6 * open_size


def test_odd_characters_are_replaced() -> None:
    content = to_content(replace(INCIDENT, what="\ud83d Keller \U0001f6b0\0"), 0.0)
    content.encode()
    assert from_content(content, ALERT, START).what == "? Keller \U0001f6b0\0"
