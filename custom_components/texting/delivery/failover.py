"""Which account sends a route's message next, decided from its attempts so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from ..gateway.errors import CannotConnect, GatewayError, MessageRejected, RateLimited
from ..gateway.status import FailureReason, Status
from .record import MessageRecord, Phase

# Seconds that an account may be out of reach before the next one is tried. They double with each round.
ACCOUNT_TIMEOUT = 15.0
MAX_ACCOUNT_TIMEOUT = 300.0
# What is being sent cannot be cancelled. It is looked at again after these seconds.
RETRY_DELAY = 1.0

_PASSING = (FailureReason.UNREACHABLE, FailureReason.RATE_LIMITED)


@dataclass(slots=True, eq=False)
class RouteAttempts:
    """A route's message and the attempts to send it."""

    # The route's message.
    parent: MessageRecord
    # Snapshots of the attempts by reference, oldest first.
    attempts: dict[str, MessageRecord] = field(default_factory=dict)
    # When the last attempt began, in monotonic seconds.
    began: float = 0.0
    # Until when each attempt must be delivered, in monotonic seconds, by reference.
    confirm_by: dict[str, float] = field(default_factory=dict)

    @property
    def last(self) -> MessageRecord | None:
        """The last attempt."""
        return next(reversed(self.attempts.values()), None)

    @property
    def accepted(self) -> MessageRecord | None:
        """The last attempt that a provider accepted, or may have accepted. Its fate is the message's."""
        return next((attempt for attempt in reversed(self.attempts.values()) if attempt.accepted_at), None)

    @property
    def price(self) -> tuple[float | None, str | None]:
        """What all accepted attempts cost together, with the currency. None: one is unknown, or in another currency."""
        accepted = [attempt for attempt in self.attempts.values() if attempt.accepted_at]
        currencies = {attempt.currency for attempt in accepted}
        prices = [attempt.price for attempt in accepted if attempt.price is not None]
        is_known = len(prices) == len(accepted) and len(currencies) == 1
        return (sum(prices), currencies.pop()) if is_known else (None, None)

    @property
    def visible(self) -> MessageRecord | None:
        """The attempt whose status the message shows while it is pending."""
        attempt = self.accepted
        if attempt is None or attempt.status.is_final:
            return None
        return None if attempt.status is Status.UNCERTAIN and self.parent.resend else attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteCandidates:
    """The accounts of a route as they are now, for one message."""

    # Entry ids, in the route's order.
    accounts: Sequence[str]
    # Accounts that take the message now.
    available: frozenset[str]
    # Accounts that are still loading.
    loading: frozenset[str] = frozenset()
    # How long to wait for those, in monotonic seconds.
    wait_until: float = 0.0
    # Whether an account may become available at any time.
    may_come: bool = False
    # Accounts that must report a delivery.
    confirming: frozenset[str] = frozenset()
    # Seconds within which they must.
    confirm_within: float = 0.0
    # Why an account refuses the message.
    error: GatewayError | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Decide again when something changes."""

    # The latest moment, in monotonic seconds.
    until: float = inf


@dataclass(frozen=True, slots=True)
class SendThrough:
    """Begin an attempt."""

    # The account's entry id.
    account: str


@dataclass(frozen=True, slots=True)
class CancelAttempt:
    """Cancel an attempt that has not left."""

    attempt: MessageRecord


@dataclass(frozen=True, slots=True)
class Finish:
    """End the message as an attempt ended, or else with a status and an error."""

    attempt: MessageRecord | None
    status: Status = Status.REJECTED
    error: GatewayError | None = None


type Action = Wait | SendThrough | CancelAttempt | Finish


def reaches(start: Sequence[str], target: str, members: Mapping[str, Sequence[str]]) -> bool:
    """Return True if a route with these members leads to the target."""
    seen, ahead = set[str](), list(start)
    while ahead:
        if (name := ahead.pop()) not in seen:
            seen.add(name)
            ahead += members.get(name, ())
    return target in seen


def flatten(route: str, members: Mapping[str, Sequence[str]], accounts: set[str]) -> tuple[list[str], bool]:
    """Return the accounts that a route reaches, each once, depth first.

    The second value is True if one is missing or a route reaches itself.
    """
    found: dict[str, None] = {}
    is_broken = False

    def walk(name: str, above: tuple[str, ...]) -> None:
        nonlocal is_broken
        if name in accounts:
            found[name] = None
        elif name in members and name not in above:
            for member in members[name]:
                walk(member, (*above, name))
        else:
            is_broken = True

    walk(route, ())
    return list(found), is_broken


def next_action(attempts: RouteAttempts, candidates: RouteCandidates, now: float, time: float) -> Action:
    """Return what to do now: now in monotonic seconds, time in Unix seconds."""
    parent, last = attempts.parent, attempts.last
    delivered = next((each for each in attempts.attempts.values() if each.status is Status.DELIVERED), None)
    if delivered:
        return Finish(delivered)
    if last is None:
        # Quiet hours may be long. If nobody takes it any more, such as after an opt-out, it ends at once.
        may_send = candidates.available or candidates.loading or candidates.may_come
        return Wait(parent.ready) if now < parent.ready and may_send else _try_next(attempts, candidates, now)
    if not last.has_result:
        return _await_result(attempts, last, candidates, now)
    confirm_by = _confirm_by(attempts, last, candidates, now, time)
    if _has_failed(last, parent) or _is_unconfirmed(last, confirm_by, now):
        return _try_next(attempts, candidates, now)
    if last.phase is Phase.DONE and last.status is not Status.UNCERTAIN:
        return Finish(last)
    return _follow(attempts, confirm_by if last.status is not Status.UNCERTAIN else inf)


def account_timeout(attempts: RouteAttempts) -> float:
    """Return how long the last attempt may wait, in seconds."""
    tried = [attempt.entry_id for attempt in attempts.attempts.values()]
    return min(ACCOUNT_TIMEOUT * 2.0 ** (tried.count(tried[-1]) - 1), MAX_ACCOUNT_TIMEOUT)


def _await_result(attempts: RouteAttempts, last: MessageRecord, candidates: RouteCandidates, now: float) -> Action:
    """Leave the message with an account that is out of reach as long as no other account takes it."""
    until = attempts.parent.deadline
    if any(account != last.entry_id for account in _untried(attempts, candidates)):
        until = min(until, attempts.began + account_timeout(attempts))
    return Wait(until) if now < until else CancelAttempt(last)


def _has_failed(last: MessageRecord, parent: MessageRecord) -> bool:
    """Return True if the next account should try. A person who opted out is not texted through another one."""
    if last.status is Status.REJECTED:
        return last.reason is not FailureReason.OPTED_OUT or parent.ignores_opt_out
    return last.status is Status.UNCERTAIN and parent.resend


def _is_unconfirmed(last: MessageRecord, confirm_by: float, now: float) -> bool:
    """Return True if a delivery should have been reported by now, or never will be."""
    if confirm_by == inf or last.status is Status.UNCERTAIN:
        return False
    return last.phase is Phase.DONE or now >= confirm_by


def _confirm_by(
    attempts: RouteAttempts, last: MessageRecord, candidates: RouteCandidates, now: float, time: float
) -> float:
    """Return the moment by which it must be delivered. It is fixed once, since the wall clock may be set."""
    if last.accepted_at is None or last.entry_id not in candidates.confirming:
        return inf
    send_at = last.message.send_at.timestamp() if last.message.send_at else 0.0
    left = max(last.accepted_at, send_at) + candidates.confirm_within - time
    return attempts.confirm_by.setdefault(last.reference, now + left)


def _try_next(attempts: RouteAttempts, candidates: RouteCandidates, now: float) -> Action:
    """Try the next account, or end if none is left."""
    parent = attempts.parent
    if now < parent.deadline:
        if account := _next_account(attempts, candidates):
            is_loading = account in candidates.loading
            return Wait(min(candidates.wait_until, parent.deadline)) if is_loading else SendThrough(account)
        if candidates.may_come:
            return Wait(parent.deadline)
    if attempts.accepted or any(attempt.is_pending for attempt in attempts.attempts.values()):
        return _follow(attempts, inf)
    if now >= parent.deadline:
        return Finish(None, Status.EXPIRED, MessageRejected(reason=FailureReason.EXPIRED))
    return Finish(None, Status.REJECTED, _error(attempts.last) if attempts.last else candidates.error)


def _follow(attempts: RouteAttempts, until: float) -> Action:
    if any(attempt.is_pending for attempt in attempts.attempts.values()):
        return Wait(until)
    return Finish(attempts.accepted or attempts.last)


def _next_account(attempts: RouteAttempts, candidates: RouteCandidates) -> str | None:
    """Return the first account after the last one tried, round and round."""
    accounts, last = list(candidates.accounts), attempts.last
    start = accounts.index(last.entry_id) + 1 if last and last.entry_id in accounts else 0
    untried = _untried(attempts, candidates)
    return next((account for account in accounts[start:] + accounts[:start] if account in untried), None)


def _untried(attempts: RouteAttempts, candidates: RouteCandidates) -> list[str]:
    """Return the accounts that may still send it. One that was only out of reach may try again."""
    out = {attempt.entry_id for attempt in attempts.attempts.values() if not _never_left(attempt)}
    usable = candidates.available | candidates.loading
    return [account for account in candidates.accounts if account in usable and account not in out]


def _never_left(attempt: MessageRecord) -> bool:
    """Return True if it ended because the provider was out of reach. The error is of this run only."""
    if attempt.status is not Status.REJECTED or attempt.accepted_at:
        return False
    return isinstance(attempt.error, CannotConnect | RateLimited) if attempt.error else attempt.reason in _PASSING


def _error(attempt: MessageRecord) -> GatewayError:
    """Return why it was refused, also in an earlier run."""
    return attempt.error or MessageRejected(
        code=attempt.provider_status, reason=FailureReason(attempt.reason or FailureReason.OTHER)
    )
