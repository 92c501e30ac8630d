"""Which account a route tries next, and when it stops."""

from dataclasses import replace
from datetime import UTC, datetime
from math import inf
from typing import Any

import pytest

from custom_components.texting.delivery.record import Phase, Record
from custom_components.texting.delivery.route import (
    End,
    TakeBack,
    Trail,
    Try,
    Wait,
    Way,
    flatten,
    next_step,
    patience,
    reaches,
)
from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    CannotConnect,
    GatewayError,
    MessageRejected,
    RateLimited,
)
from custom_components.texting.gateway.message import Message
from custom_components.texting.gateway.status import FailureReason, Status

NOW, TODAY = 1000.0, 1_700_000_000.0
LEFT = 3600.0


def record(account: str, number: int = 0, **known: Any) -> Record:
    message = Message(reference=f"{account}{number}", to="+33612345601", text="Water")
    return Record(message=message, account=account, asked_at=TODAY, expires_at=TODAY + LEFT, **known)


def waiting(account: str, number: int = 0, **known: Any) -> Record:
    return record(account, number, phase=Phase.WAITING, **known)


def refused(account: str, error: GatewayError, number: int = 0) -> Record:
    return record(account, number, phase=Phase.ENDED, status=Status.REJECTED, error=error, reason=error.reason)


def taken(account: str, status: Status = Status.ACCEPTED, *, ago: float = 0.0, **known: Any) -> Record:
    phase = Phase.ENDED if status.is_final else Phase.FOLLOWED
    return record(account, **{"phase": phase, "status": status, "taken_at": TODAY - ago, **known})


def trail(*children: Record, **known: Any) -> Trail:
    parent = record("route", deadline=NOW + LEFT, **known)
    return Trail(parent, {child.reference: child for child in children}, began=NOW)


def way(accounts: str = "ABC", **known: Any) -> Way:
    return Way(**{"accounts": list(accounts), "open": frozenset(accounts), **known})


def step(what: Trail, how: Way | None = None, now: float = NOW) -> object:
    return next_step(what, how or way(), now, TODAY + now - NOW)


NO_CREDIT = MessageRejected(reason=FailureReason.INSUFFICIENT_CREDIT)
AWAY = CannotConnect("no connection")


def test_it_begins_with_the_first_account_when_its_time_has_come() -> None:
    assert step(trail()) == Try("A")
    assert step(trail(ready=NOW + 60)) == Wait(NOW + 60)
    assert step(trail(), way(open=frozenset("BC"))) == Try("B")


@pytest.mark.parametrize("error", [NO_CREDIT, AuthenticationFailed(), MessageRejected(), RateLimited(), AWAY])
def test_the_next_account_tries_after_a_refusal(error: GatewayError) -> None:
    assert step(trail(refused("A", error))) == Try("B")
    assert step(trail(refused("A", error)), way(open=frozenset("AC"))) == Try("C")


def test_nobody_is_sent_by_another_way_what_they_asked_not_to_get() -> None:
    child = refused("A", MessageRejected(reason=FailureReason.OPTED_OUT))
    assert step(trail(child)) == End(child)


def test_all_have_refused() -> None:
    errors = [NO_CREDIT, MessageRejected(), AuthenticationFailed()]
    children = [refused(account, error) for account, error in zip("ABC", errors, strict=True)]
    assert step(trail(*children)) == End(None, Status.REJECTED, errors[-1])


def test_why_the_last_one_refused_is_known_after_a_restart() -> None:
    child = refused("A", NO_CREDIT)
    child.error, child.provider_status = None, "41"
    end = step(trail(child), way("A"))
    assert isinstance(end, End)
    assert isinstance(end.error, MessageRejected)
    assert (end.error.reason, end.error.code) == (FailureReason.INSUFFICIENT_CREDIT, "41")


def test_where_none_takes_it() -> None:
    assert step(trail(), way(open=frozenset(), error=NO_CREDIT)) == End(None, Status.REJECTED, NO_CREDIT)
    assert step(trail(), way(open=frozenset(), later=True)) == Wait(NOW + LEFT)


def test_an_account_that_is_being_loaded_is_awaited_in_its_turn() -> None:
    loading = way(open=frozenset("BC"), loading=frozenset("A"), patient_until=NOW + 15)
    assert step(trail(), loading) == Wait(NOW + 15)
    assert step(trail(refused("A", NO_CREDIT)), loading) == Try("B")


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.SENDING])
def test_out_of_reach_for_long(phase: Phase) -> None:
    child = record("A", phase=phase)
    assert step(trail(child)) == Wait(NOW + 15)
    assert step(trail(child), now=NOW + 15) == TakeBack(child)


def test_where_no_other_would_take_it_the_account_goes_on_trying() -> None:
    child = waiting("A")
    assert step(trail(child), way("A"), now=NOW + 600) == Wait(NOW + LEFT)
    assert step(trail(refused("B", NO_CREDIT), child), way("AB"), now=NOW + 600) == Wait(NOW + LEFT)
    assert step(trail(child), way("A"), now=NOW + LEFT) == TakeBack(child)


def test_round_and_round_with_more_patience_each_time() -> None:
    children = [refused(account, AWAY, 0) for account in "AB"]
    assert step(trail(*children), way("AB")) == Try("A")
    again = waiting("A", 1)
    assert patience(trail(*children, again)) == 30
    assert step(trail(*children, again), way("AB")) == Wait(NOW + 30)
    many = [refused("A", AWAY, number) for number in range(9)]
    assert patience(trail(*many)) == 300


@pytest.mark.parametrize("reason", [FailureReason.UNREACHABLE, FailureReason.RATE_LIMITED])
def test_what_was_out_of_reach_is_known_after_a_restart(reason: FailureReason) -> None:
    child = refused("A", AWAY)
    child.error, child.reason = None, reason
    assert step(trail(child), way("A")) == Try("A")


def test_a_gateway_that_cannot_reach_the_number_is_not_asked_again() -> None:
    error = MessageRejected(reason=FailureReason.UNREACHABLE)
    assert step(trail(refused("A", error)), way("A")) == End(None, Status.REJECTED, error)


def test_its_time_is_over() -> None:
    end = step(trail(refused("A", AWAY)), now=NOW + LEFT)
    assert isinstance(end, End)
    assert (end.status, end.error and end.error.reason) == (Status.EXPIRED, FailureReason.EXPIRED)
    expired = record("A", phase=Phase.ENDED, status=Status.EXPIRED)
    assert step(trail(expired)) == End(expired)


def test_a_route_that_was_changed_goes_on_from_the_beginning() -> None:
    assert step(trail(refused("X", NO_CREDIT))) == Try("A")


def test_the_outcome_is_unknown() -> None:
    child = taken("A", Status.UNKNOWN, phase=Phase.ENDED)
    assert step(trail(child)) == End(child)
    assert step(trail(child, resend=True)) == Try("B")
    assert step(trail(child, resend=True), way("A")) == End(child)
    found_out = taken("A", Status.UNKNOWN)
    assert step(trail(found_out)) == Wait(inf)
    assert trail(found_out).shown is found_out
    assert trail(found_out, resend=True).shown is None


@pytest.mark.parametrize("status", [Status.ACCEPTED, Status.SENT])
def test_accepted_is_enough_unless_it_is_to_be_confirmed(status: Status) -> None:
    child = taken("A", status)
    assert step(trail(child)) == Wait(inf)
    assert trail(child).shown is child
    given_up = taken("A", status, phase=Phase.ENDED)
    assert step(trail(given_up)) == End(given_up)


CONFIRM = way(confirming=frozenset("AC"), confirm_within=300.0)


def test_to_be_confirmed() -> None:
    child = taken("A", ago=60)
    assert step(trail(child), CONFIRM) == Wait(NOW + 240)
    assert step(trail(child), CONFIRM, now=NOW + 240) == Try("B")


@pytest.mark.parametrize("status", [Status.UNDELIVERED, Status.EXPIRED])
def test_a_bad_report_is_not_awaited(status: Status) -> None:
    child = taken("A", status)
    assert step(trail(child), CONFIRM) == Try("B")
    assert trail(child).shown is None
    alone = way("A", confirming=frozenset("A"), confirm_within=300.0)
    assert step(trail(child), alone) == End(child)


def test_what_an_account_cannot_confirm_counts_as_confirmed() -> None:
    first, second = taken("A", ago=400), taken("B", phase=Phase.ENDED)
    assert step(trail(first, second), CONFIRM) == End(second)


def test_nobody_confirms() -> None:
    first, last = taken("A", ago=900), taken("C", Status.UNDELIVERED)
    refusal = refused("B", NO_CREDIT)
    assert step(trail(first, refusal, last), CONFIRM) == Wait(inf)
    ended = taken("A", phase=Phase.ENDED)
    assert step(trail(ended, refusal, last), CONFIRM) == End(last)
    assert step(trail(first), CONFIRM, now=NOW + LEFT) == Wait(inf)


def test_a_scheduled_text_is_to_be_confirmed_after_its_time() -> None:
    child = taken("A")
    child.message = replace(child.message, send_at=datetime.fromtimestamp(TODAY + 1000, UTC))
    assert step(trail(child), CONFIRM) == Wait(NOW + 1300)


def test_delivered_ends_it_whoever_did() -> None:
    late, other = taken("A", Status.DELIVERED), waiting("B")
    assert step(trail(late, other), CONFIRM) == End(late)


def test_accounts_of_routes_once_each_in_their_order() -> None:
    members = {"route": ["A", "inner", "C"], "inner": ["B", "A", "D"]}
    assert flatten("route", members, set("ABCD")) == (["A", "B", "D", "C"], False)


@pytest.mark.parametrize(
    ("members", "accounts"),
    [({"route": ["A", "gone"]}, ["A"]), ({"route": ["inner", "A"], "inner": ["B", "route"]}, ["B", "A"])],
)
def test_a_broken_route_reaches_the_rest(members: dict[str, list[str]], accounts: list[str]) -> None:
    assert flatten("route", members, set("AB")) == (accounts, True)


def test_a_route_that_leads_back() -> None:
    members = {"route": ["A"], "inner": ["middle"], "middle": ["A", "route"], "round": ["round", "A"]}
    assert reaches(["A", "inner"], "route", members)
    assert not reaches(["A", "round"], "route", members)
