"""Which account sends a route's message next: decided from what became of what was sent for it so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from ..gateway.errors import CannotConnect, GatewayError, MessageRejected, RateLimited
from ..gateway.status import FailureReason, Status
from .record import Phase, Record

# How long an account may be out of reach before the next one is tried, in seconds; twice as long each time round.
PATIENCE = 15.0
LONGEST_PATIENCE = 300.0
# What is being sent cannot be taken back; soon it may be.
LOOK_AGAIN = 1.0

_PASSING = (FailureReason.UNREACHABLE, FailureReason.RATE_LIMITED)


@dataclass(slots=True, eq=False)
class Trail:
    """A route's message and what was sent for it: copies by reference, oldest first.

    In monotonic seconds: began is when the last attempt did, confirm_by until when each is to be delivered.
    """

    parent: Record
    children: dict[str, Record] = field(default_factory=dict)
    began: float = 0.0
    confirm_by: dict[str, float] = field(default_factory=dict)

    @property
    def last(self) -> Record | None:
        """What was sent for it last."""
        return next(reversed(self.children.values()), None)

    @property
    def taken(self) -> Record | None:
        """What a gateway accepted last, or may have: its fate is the message's."""
        return next((child for child in reversed(self.children.values()) if child.taken_at), None)

    @property
    def shown(self) -> Record | None:
        """The one whose fate the message shows while there may be better news."""
        child = self.taken
        if child is None or child.status.is_final or (child.status is Status.UNKNOWN and self.parent.resend):
            return None
        return child


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The accounts for one message, in their order.

    Those that are open take it now, those that are loading may within the moment patient_until (monotonic),
    later says whether another may at any time; error is why one refuses it. Those that confirm must report it
    as delivered within so many seconds.
    """

    accounts: Sequence[str]
    open: frozenset[str]
    loading: frozenset[str] = frozenset()
    patient_until: float = 0.0
    later: bool = False
    confirming: frozenset[str] = frozenset()
    confirm_within: float = 0.0
    error: GatewayError | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again when there is news, at the latest then (monotonic)."""

    until: float = inf


@dataclass(frozen=True, slots=True)
class Try:
    """Send it through this account."""

    account: str


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Take this one back, if it still waits."""

    child: Record


@dataclass(frozen=True, slots=True)
class End:
    """It ends as this one did, or else with this status and error."""

    child: Record | None
    status: Status = Status.REJECTED
    error: GatewayError | None = None


type Step = Wait | Try | TakeBack | End


def reaches(start: Sequence[str], target: str, members: Mapping[str, Sequence[str]]) -> bool:
    """Whether a route that names these leads to the target."""
    seen, ahead = set[str](), list(start)
    while ahead:
        if (name := ahead.pop()) not in seen:
            seen.add(name)
            ahead += members.get(name, ())
    return target in seen


def flatten(route: str, members: Mapping[str, Sequence[str]], accounts: set[str]) -> tuple[list[str], bool]:
    """The accounts that a route reaches, each once, depth first; whether one is missing or a route reaches itself."""
    found: dict[str, None] = {}
    broken = False

    def walk(name: str, above: tuple[str, ...]) -> None:
        nonlocal broken
        if name in accounts:
            found[name] = None
        elif name in members and name not in above:
            for member in members[name]:
                walk(member, (*above, name))
        else:
            broken = True

    walk(route, ())
    return list(found), broken


def next_step(trail: Trail, way: Way, now: float, today: float) -> Step:
    """What to do now: monotonic seconds and seconds since 1970."""
    parent, last = trail.parent, trail.last
    arrived = next((child for child in trail.children.values() if child.status is Status.DELIVERED), None)
    if arrived:
        return End(arrived)
    if last is None:
        return Wait(parent.ready) if now < parent.ready else _go_on(trail, way, now)
    if not last.is_answered:
        return _await_answer(trail, last, way, now)
    confirm_by = _confirm_by(trail, last, way, now, today)
    if _has_failed(last, parent) or _is_unconfirmed(last, confirm_by, now):
        return _go_on(trail, way, now)
    if last.phase is Phase.ENDED and last.status is not Status.UNKNOWN:
        return End(last)
    return _follow(trail, confirm_by if last.status is not Status.UNKNOWN else inf)


def patience(trail: Trail) -> float:
    """How long the last attempt may wait, in seconds."""
    tries = [child.account for child in trail.children.values()]
    return min(PATIENCE * 2.0 ** (tries.count(tries[-1]) - 1), LONGEST_PATIENCE)


def _await_answer(trail: Trail, last: Record, way: Way, now: float) -> Step:
    """Leave it to an account that cannot be reached for as long as no other would take it."""
    until = trail.parent.deadline
    if any(account != last.account for account in _candidates(trail, way)):
        until = min(until, trail.began + patience(trail))
    return Wait(until) if now < until else TakeBack(last)


def _has_failed(last: Record, parent: Record) -> bool:
    """Whether the next account shall try; nobody who asked for no more texts is sent one by another way."""
    if last.status is Status.REJECTED:
        return last.reason is not FailureReason.OPTED_OUT
    return last.status is Status.UNKNOWN and parent.resend


def _is_unconfirmed(last: Record, confirm_by: float, now: float) -> bool:
    """Whether it was to be reported as delivered by now, or never will be."""
    if confirm_by == inf or last.status is Status.UNKNOWN:
        return False
    return last.phase is Phase.ENDED or now >= confirm_by


def _confirm_by(trail: Trail, last: Record, way: Way, now: float, today: float) -> float:
    """The moment by which it is to be delivered; the clock on the wall may be set meanwhile."""
    if last.taken_at is None or last.account not in way.confirming:
        return inf
    send_at = last.message.send_at.timestamp() if last.message.send_at else 0.0
    left = max(last.taken_at, send_at) + way.confirm_within - today
    return trail.confirm_by.setdefault(last.reference, now + left)


def _go_on(trail: Trail, way: Way, now: float) -> Step:
    """Try the next account, or end where none is left."""
    parent = trail.parent
    if now < parent.deadline:
        if account := _next_account(trail, way):
            return Wait(min(way.patient_until, parent.deadline)) if account in way.loading else Try(account)
        if way.later:
            return Wait(parent.deadline)
    if trail.taken or any(child.is_pending for child in trail.children.values()):
        return _follow(trail, inf)
    if now >= parent.deadline:
        return End(None, Status.EXPIRED, MessageRejected(reason=FailureReason.EXPIRED))
    return End(None, Status.REJECTED, _error(trail.last) if trail.last else way.error)


def _follow(trail: Trail, until: float) -> Step:
    if any(child.is_pending for child in trail.children.values()):
        return Wait(until)
    return End(trail.taken or trail.last)


def _next_account(trail: Trail, way: Way) -> str | None:
    """The first after the last one tried, round and round."""
    accounts, last = list(way.accounts), trail.last
    start = accounts.index(last.account) + 1 if last and last.account in accounts else 0
    candidates = _candidates(trail, way)
    return next((account for account in accounts[start:] + accounts[:start] if account in candidates), None)


def _candidates(trail: Trail, way: Way) -> list[str]:
    """The accounts that might still send it: where it was only that the gateway was out of reach, also again."""
    out = {child.account for child in trail.children.values() if not _never_left(child)}
    return [account for account in way.accounts if account in way.open | way.loading and account not in out]


def _never_left(child: Record) -> bool:
    """Whether it ended because the gateway was out of reach; the error is of this run only."""
    if child.status is not Status.REJECTED or child.taken_at:
        return False
    return isinstance(child.error, CannotConnect | RateLimited) if child.error else child.reason in _PASSING


def _error(child: Record) -> GatewayError:
    """Why it was refused, also in an earlier run."""
    return child.error or MessageRejected(
        code=child.provider_status, reason=FailureReason(child.reason or FailureReason.OTHER)
    )
