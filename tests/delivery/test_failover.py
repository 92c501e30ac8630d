"""Which account a route tries next, and when it stops."""

from dataclasses import replace
from datetime import UTC, datetime
from math import inf
from typing import Any

import pytest

from custom_components.texting.delivery.failover import (
    CancelAttempt,
    Finish,
    RouteAttempts,
    RouteCandidates,
    SendThrough,
    Wait,
    account_timeout,
    flatten,
    next_action,
    reaches,
)
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.gateway.errors import (
    AuthenticationFailed,
    CannotConnect,
    GatewayError,
    MessageRejected,
    RateLimited,
)
from custom_components.texting.gateway.message import Message
from custom_components.texting.gateway.status import FailureReason, Status

NOW, TIME = 1000.0, 1_700_000_000.0
LEFT = 3600.0


def record(account: str, number: int = 0, **known: Any) -> MessageRecord:
    message = Message(reference=f"{account}{number}", to="+33612345601", text="Water")
    return MessageRecord(message=message, entry_id=account, created_at=TIME, expires_at=TIME + LEFT, **known)


def waiting(account: str, number: int = 0, **known: Any) -> MessageRecord:
    return record(account, number, phase=Phase.WAITING, **known)


def refused(account: str, error: GatewayError, number: int = 0) -> MessageRecord:
    return record(account, number, phase=Phase.DONE, status=Status.REJECTED, error=error, reason=error.reason)


def accepted(account: str, status: Status = Status.ACCEPTED, *, ago: float = 0.0, **known: Any) -> MessageRecord:
    phase = Phase.DONE if status.is_final else Phase.TRACKED
    return record(account, **{"phase": phase, "status": status, "accepted_at": TIME - ago, **known})


def tried(*attempts: MessageRecord, **known: Any) -> RouteAttempts:
    parent = record("route", deadline=NOW + LEFT, **known)
    return RouteAttempts(parent, {attempt.reference: attempt for attempt in attempts}, began=NOW)


def candidates(accounts: str = "ABC", **known: Any) -> RouteCandidates:
    return RouteCandidates(**{"accounts": list(accounts), "available": frozenset(accounts), **known})


def action(attempts: RouteAttempts, options: RouteCandidates | None = None, now: float = NOW) -> object:
    return next_action(attempts, options or candidates(), now, TIME + now - NOW)


NO_CREDIT = MessageRejected(reason=FailureReason.INSUFFICIENT_CREDIT)
AWAY = CannotConnect("no connection")


def test_the_first_account_begins_when_the_message_is_ready() -> None:
    assert action(tried()) == SendThrough("A")
    assert action(tried(ready=NOW + 60)) == Wait(NOW + 60)
    assert action(tried(), candidates(available=frozenset("BC"))) == SendThrough("B")


@pytest.mark.parametrize("error", [NO_CREDIT, AuthenticationFailed(), MessageRejected(), RateLimited(), AWAY])
def test_the_next_account_tries_after_a_refusal(error: GatewayError) -> None:
    assert action(tried(refused("A", error))) == SendThrough("B")
    assert action(tried(refused("A", error)), candidates(available=frozenset("AC"))) == SendThrough("C")


def test_a_person_who_opted_out_is_not_texted_through_another_account() -> None:
    attempt = refused("A", MessageRejected(reason=FailureReason.OPTED_OUT))
    assert action(tried(attempt)) == Finish(attempt)


def test_the_last_error_counts_if_all_accounts_refuse() -> None:
    errors = [NO_CREDIT, MessageRejected(), AuthenticationFailed()]
    attempts = [refused(account, error) for account, error in zip("ABC", errors, strict=True)]
    assert action(tried(*attempts)) == Finish(None, Status.REJECTED, errors[-1])


def test_the_last_error_is_known_after_a_restart() -> None:
    attempt = refused("A", NO_CREDIT)
    attempt.error, attempt.provider_status = None, "41"
    finish = action(tried(attempt), candidates("A"))
    assert isinstance(finish, Finish)
    assert isinstance(finish.error, MessageRejected)
    assert (finish.error.reason, finish.error.code) == (FailureReason.INSUFFICIENT_CREDIT, "41")


def test_no_account_is_available() -> None:
    assert action(tried(), candidates(available=frozenset(), error=NO_CREDIT)) == Finish(
        None, Status.REJECTED, NO_CREDIT
    )
    assert action(tried(), candidates(available=frozenset(), may_come=True)) == Wait(NOW + LEFT)


def test_an_account_that_is_loading_is_awaited_in_its_turn() -> None:
    loading = candidates(available=frozenset("BC"), loading=frozenset("A"), wait_until=NOW + 15)
    assert action(tried(), loading) == Wait(NOW + 15)
    assert action(tried(refused("A", NO_CREDIT)), loading) == SendThrough("B")


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.SENDING])
def test_an_attempt_is_cancelled_after_a_while_without_connection(phase: Phase) -> None:
    attempt = record("A", phase=phase)
    assert action(tried(attempt)) == Wait(NOW + 15)
    assert action(tried(attempt), now=NOW + 15) == CancelAttempt(attempt)


def test_an_account_keeps_trying_if_no_other_is_available() -> None:
    attempt = waiting("A")
    assert action(tried(attempt), candidates("A"), now=NOW + 600) == Wait(NOW + LEFT)
    assert action(tried(refused("B", NO_CREDIT), attempt), candidates("AB"), now=NOW + 600) == Wait(NOW + LEFT)
    assert action(tried(attempt), candidates("A"), now=NOW + LEFT) == CancelAttempt(attempt)


def test_each_round_waits_longer() -> None:
    attempts = [refused(account, AWAY, 0) for account in "AB"]
    assert action(tried(*attempts), candidates("AB")) == SendThrough("A")
    again = waiting("A", 1)
    assert account_timeout(tried(*attempts, again)) == 30
    assert action(tried(*attempts, again), candidates("AB")) == Wait(NOW + 30)
    many = [refused("A", AWAY, number) for number in range(9)]
    assert account_timeout(tried(*many)) == 300


@pytest.mark.parametrize("reason", [FailureReason.UNREACHABLE, FailureReason.RATE_LIMITED])
def test_an_account_that_was_out_of_reach_is_tried_again_after_a_restart(reason: FailureReason) -> None:
    attempt = refused("A", AWAY)
    attempt.error, attempt.reason = None, reason
    assert action(tried(attempt), candidates("A")) == SendThrough("A")


def test_an_account_that_cannot_reach_the_number_is_not_tried_again() -> None:
    error = MessageRejected(reason=FailureReason.UNREACHABLE)
    assert action(tried(refused("A", error)), candidates("A")) == Finish(None, Status.REJECTED, error)


def test_a_message_expires() -> None:
    finish = action(tried(refused("A", AWAY)), now=NOW + LEFT)
    assert isinstance(finish, Finish)
    assert (finish.status, finish.error and finish.error.reason) == (Status.EXPIRED, FailureReason.EXPIRED)
    expired = record("A", phase=Phase.DONE, status=Status.EXPIRED)
    assert action(tried(expired)) == Finish(expired)


def test_a_changed_route_continues_with_its_first_account() -> None:
    assert action(tried(refused("X", NO_CREDIT))) == SendThrough("A")


def test_an_uncertain_attempt_is_followed_by_another_only_on_request() -> None:
    attempt = accepted("A", Status.UNCERTAIN, phase=Phase.DONE)
    assert action(tried(attempt)) == Finish(attempt)
    assert action(tried(attempt, resend=True)) == SendThrough("B")
    assert action(tried(attempt, resend=True), candidates("A")) == Finish(attempt)
    found_out = accepted("A", Status.UNCERTAIN)
    assert action(tried(found_out)) == Wait(inf)
    assert tried(found_out).visible is found_out
    assert tried(found_out, resend=True).visible is None


@pytest.mark.parametrize("status", [Status.ACCEPTED, Status.SENT])
def test_an_accepted_attempt_is_enough_without_confirmation(status: Status) -> None:
    attempt = accepted("A", status)
    assert action(tried(attempt)) == Wait(inf)
    assert tried(attempt).visible is attempt
    given_up = accepted("A", status, phase=Phase.DONE)
    assert action(tried(given_up)) == Finish(given_up)


CONFIRM = candidates(confirming=frozenset("AC"), confirm_within=300.0)


def test_an_attempt_without_confirmation_is_followed_by_another() -> None:
    attempt = accepted("A", ago=60)
    assert action(tried(attempt), CONFIRM) == Wait(NOW + 240)
    assert action(tried(attempt), CONFIRM, now=NOW + 240) == SendThrough("B")


@pytest.mark.parametrize("status", [Status.UNDELIVERED, Status.EXPIRED])
def test_an_undelivered_attempt_is_followed_by_another_at_once(status: Status) -> None:
    attempt = accepted("A", status)
    assert action(tried(attempt), CONFIRM) == SendThrough("B")
    assert tried(attempt).visible is None
    alone = candidates("A", confirming=frozenset("A"), confirm_within=300.0)
    assert action(tried(attempt), alone) == Finish(attempt)


def test_an_account_that_cannot_confirm_is_enough() -> None:
    first, second = accepted("A", ago=400), accepted("B", phase=Phase.DONE)
    assert action(tried(first, second), CONFIRM) == Finish(second)


def test_no_account_confirms() -> None:
    first, last = accepted("A", ago=900), accepted("C", Status.UNDELIVERED)
    refusal = refused("B", NO_CREDIT)
    assert action(tried(first, refusal, last), CONFIRM) == Wait(inf)
    ended = accepted("A", phase=Phase.DONE)
    assert action(tried(ended, refusal, last), CONFIRM) == Finish(last)
    assert action(tried(first), CONFIRM, now=NOW + LEFT) == Wait(inf)


def test_a_scheduled_text_has_time_from_its_schedule_on() -> None:
    attempt = accepted("A")
    attempt.message = replace(attempt.message, send_at=datetime.fromtimestamp(TIME + 1000, UTC))
    assert action(tried(attempt), CONFIRM) == Wait(NOW + 1300)


def test_a_delivery_by_any_account_ends_the_message() -> None:
    late, other = accepted("A", Status.DELIVERED), waiting("B")
    assert action(tried(late, other), CONFIRM) == Finish(late)


def test_a_route_reaches_each_account_once_in_order() -> None:
    members = {"route": ["A", "inner", "C"], "inner": ["B", "A", "D"]}
    assert flatten("route", members, set("ABCD")) == (["A", "B", "D", "C"], False)


@pytest.mark.parametrize(
    ("members", "accounts"),
    [({"route": ["A", "gone"]}, ["A"]), ({"route": ["inner", "A"], "inner": ["B", "route"]}, ["B", "A"])],
)
def test_a_broken_route_reaches_the_rest(members: dict[str, list[str]], accounts: list[str]) -> None:
    assert flatten("route", members, set("AB")) == (accounts, True)


def test_a_route_that_leads_to_itself_is_found() -> None:
    members = {"route": ["A"], "inner": ["middle"], "middle": ["A", "route"], "round": ["round", "A"]}
    assert reaches(["A", "inner"], "route", members)
    assert not reaches(["A", "round"], "route", members)
