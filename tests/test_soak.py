"""Test the soak: it finds wrong outcomes, a seed always gives the same plan, and it can read the database."""

from contextlib import closing
from pathlib import Path
from random import Random
import sqlite3

import aiohttp
import pytest

from custom_components.texting.delivery import incoming
from custom_components.texting.delivery.incoming import IncomingRecord
from custom_components.texting.delivery.record import MessageRecord, Phase
from custom_components.texting.delivery.serialization import COLUMNS, to_row
from custom_components.texting.gateway.message import IncomingMessage, Message
from custom_components.texting.gateway.status import Status
from scripts.soak_home.count import CallResult, Row, count_messages, format_table
from scripts.soak_home.database import count_pending, read_handed_on, read_statuses
from scripts.soak_home.incoming import IncomingRow, Phones, count_texts
from scripts.soak_home.plan import plan_calls, plan_kills

HOUSE = ("textinghouse", "+33612341000", "soak 000001")
CLUB = ("club_texting", "+12125551000", "soak 000002")
COUNTS = ("requested", "returned", "failed", "lost", "doubled", "uncertain", "contradicted", "never_returned")


def count_one(result: CallResult, copies: int, status: str | None, key: tuple[str, str, str] = HOUSE) -> Row:
    rows = count_messages({key: result}, {key: copies}, {key: status} if status else {})
    return next(row for row in rows if row.provider == key[0])


@pytest.mark.parametrize(
    ("result", "copies", "status", "expected"),
    [
        (CallResult.RETURNED, 1, "delivered", "returned"),
        (CallResult.RETURNED, 1, None, "returned"),
        (CallResult.RETURNED, 0, None, "returned lost"),
        (CallResult.RETURNED, 0, "queued", "returned lost"),
        (CallResult.RETURNED, 0, "accepted", "returned lost contradicted"),
        (CallResult.RETURNED, 0, "expired", "returned"),
        (CallResult.RETURNED, 0, "uncertain", "returned uncertain"),
        (CallResult.RETURNED, 1, "rejected", "returned contradicted"),
        (CallResult.RETURNED, 2, "delivered", "returned doubled"),
        (CallResult.FAILED, 0, "rejected", "failed"),
        (CallResult.FAILED, 1, "uncertain", "failed uncertain"),
        (CallResult.NONE, 0, None, "never_returned"),
        (CallResult.NONE, 1, "delivered", "never_returned"),
        (CallResult.NONE, 2, None, "never_returned doubled"),
        (CallResult.NONE, 0, "sent", "never_returned contradicted"),
    ],
)
def test_outcomes_are_counted(result: CallResult, copies: int, status: str | None, expected: str) -> None:
    row = count_one(result, copies, status)
    assert {name for name in COUNTS if getattr(row, name)} == {"requested", *expected.split()}
    wrong = {"lost", "doubled", "uncertain", "contradicted"} & set(expected.split())
    assert row.is_wrong == bool(wrong or "returned" not in expected.split())


def test_uncertain_is_not_wrong_if_the_provider_cannot_resolve_it() -> None:
    row = count_one(CallResult.RETURNED, 1, "uncertain", CLUB)
    assert (row.uncertain, row.is_wrong) == (1, False)


def test_last_line_of_the_table_is_the_sum() -> None:
    results = {HOUSE: CallResult.RETURNED, CLUB: CallResult.NONE}
    lines = format_table(count_messages(results, {HOUSE: 2}, {})).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[-1].replace(" ", "") == "all|2|1|0|0|1|0|0|1"


def test_same_seed_gives_same_plan() -> None:
    first, same, other = (plan_calls(1001, Random(seed)) for seed in (7, 7, 8))  # noqa: S311  not for cryptography
    assert first == same != other
    keys = {(call.provider, number, call.text) for call in first for number in call.numbers}
    assert len(keys) == sum(len(call.numbers) for call in first) == 1001


@pytest.mark.parametrize("times", [0, 1, 40])
def test_number_of_planned_kills(times: int) -> None:
    assert len(plan_kills(times, 1001, Random(7))) == times  # noqa: S311  not for cryptography


def test_database_is_read_as_the_integration_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "texting.db"
    assert (count_pending(path), read_statuses(path)) == (0, {})
    message = Message(reference="01", to=HOUSE[1], text=HOUSE[2])
    record = MessageRecord(message=message, entry_id=HOUSE[0], created_at=1, expires_at=2, phase=Phase.SENDING)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE message ({', '.join(COLUMNS)})")
        database.execute(f"INSERT INTO message VALUES ({', '.join('?' * len(COLUMNS))})", to_row(record))  # noqa: S608
    assert (count_pending(path), read_statuses(path)) == (1, {HOUSE: Status.QUEUED})


async def test_what_became_of_incoming_texts_is_counted() -> None:
    async with aiohttp.ClientSession() as session:
        phones = Phones(session, "http://127.0.0.1", Random(7))  # noqa: S311  not for cryptography
    phones.sent = 6
    phones.answered = {text: ("club_texting", {}) for text in ("heard", "twice", "ended", "waits", "gone")}
    row = count_texts(phones, {"heard": 1, "twice": 2}, {"heard": True, "twice": True, "ended": True, "waits": False})
    assert row == IncomingRow(sent=6, answered=5, passed_on=2, ended=1, lost=2, doubled=1)


def test_incoming_texts_are_read_as_the_integration_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "texting.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE incoming ({', '.join(incoming.COLUMNS)})")
        for text, is_handed_on in (("one", True), ("two", False)):
            record = IncomingRecord(
                id=text,
                entry_id=HOUSE[0],
                message=IncomingMessage(sender=HOUSE[1], text=text),
                received_at=1.0,
                fingerprint=text,
                is_handed_on=is_handed_on,
            )
            row = incoming.to_row(record)
            database.execute(f"INSERT INTO incoming VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
    assert read_handed_on(path) == {"one": True, "two": False}
