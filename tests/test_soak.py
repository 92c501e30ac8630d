"""The soak's count sees what went wrong, its plan is what the seed says, and it reads the outbox as it is."""

from contextlib import closing
from pathlib import Path
from random import Random
import sqlite3

import pytest

from custom_components.texting.delivery.record import COLUMNS, Phase, Record, to_row
from custom_components.texting.gateway.message import Message
from custom_components.texting.gateway.status import Status
from scripts.soak_home.count import Row, Told, count, table
from scripts.soak_home.outbox import statuses, unsettled
from scripts.soak_home.plan import calls, kills

HOUSE = ("textinghouse", "+33612341000", "soak 000001")
CLUB = ("club_texting", "+12125551000", "soak 000002")
NUMBERS = ("asked", "returned", "failed", "lost", "doubled", "unknown", "untrue", "never_returned")


def row(told: Told, held: int, status: str | None, key: tuple[str, str, str] = HOUSE) -> Row:
    rows = count({key: told}, {key: held}, {key: status} if status else {})
    return next(row for row in rows if row.provider == key[0])


@pytest.mark.parametrize(
    ("told", "held", "status", "counted"),
    [
        (Told.RETURNED, 1, "delivered", "returned"),
        (Told.RETURNED, 1, None, "returned"),
        (Told.RETURNED, 0, None, "returned lost"),
        (Told.RETURNED, 0, "queued", "returned lost"),
        (Told.RETURNED, 0, "accepted", "returned lost untrue"),
        (Told.RETURNED, 0, "expired", "returned"),
        (Told.RETURNED, 0, "unknown", "returned unknown"),
        (Told.RETURNED, 1, "rejected", "returned untrue"),
        (Told.RETURNED, 2, "delivered", "returned doubled"),
        (Told.FAILED, 0, "rejected", "failed"),
        (Told.FAILED, 1, "unknown", "failed unknown"),
        (Told.NOTHING, 0, None, "never_returned"),
        (Told.NOTHING, 1, "delivered", "never_returned"),
        (Told.NOTHING, 2, None, "never_returned doubled"),
        (Told.NOTHING, 0, "sent", "never_returned untrue"),
    ],
)
def test_a_message_counts_as_what_became_of_it(told: Told, held: int, status: str | None, counted: str) -> None:
    found = row(told, held, status)
    assert {name for name in NUMBERS if getattr(found, name)} == {"asked", *counted.split()}
    wrong = {"lost", "doubled", "unknown", "untrue"} & set(counted.split())
    assert found.is_wrong == bool(wrong or "returned" not in counted.split())


def test_only_where_it_can_be_found_out_an_unknown_outcome_is_wrong() -> None:
    found = row(Told.RETURNED, 1, "unknown", CLUB)
    assert (found.unknown, found.is_wrong) == (1, False)


def test_the_table_sums_up() -> None:
    lines = table(count({HOUSE: Told.RETURNED, CLUB: Told.NOTHING}, {HOUSE: 2}, {})).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[-1].replace(" ", "") == "all|2|1|0|0|1|0|0|1"


def test_a_seed_repeats_a_plan() -> None:
    planned, again, another = (calls(1001, Random(seed)) for seed in (7, 7, 8))  # noqa: S311  a plan is no secret
    assert planned == again != another
    keys = {(call.provider, number, call.text) for call in planned for number in call.numbers}
    assert len(keys) == sum(len(call.numbers) for call in planned) == 1001


@pytest.mark.parametrize("times", [0, 1, 40])
def test_a_home_is_killed_as_often_as_wanted(times: int) -> None:
    assert len(kills(times, 1001, Random(7))) == times  # noqa: S311  a plan is no secret


def test_the_outbox_is_read_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "texting.db"
    assert (unsettled(path), statuses(path)) == (0, {})
    message = Message(reference="01", to=HOUSE[1], text=HOUSE[2])
    record = Record(message=message, account=HOUSE[0], asked_at=1, expires_at=2, phase=Phase.SENDING)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE message ({', '.join(COLUMNS)})")
        database.execute(f"INSERT INTO message VALUES ({', '.join('?' * len(COLUMNS))})", to_row(record))  # noqa: S608
    assert (unsettled(path), statuses(path)) == (1, {HOUSE: Status.QUEUED})
