"""Test the flood: it finds what was lost or doubled, and a seed always gives the same calls."""

from collections import Counter
from itertools import islice

from scripts.flood_home.calls import MARK, REPORT, Calls
from scripts.flood_home.client import CUT
from scripts.flood_home.count import find_doubled, find_lost, format_requests, format_responses, percentile

PATHS = {provider: f"/api/webhook/{provider}" for provider in ("textinghouse", "club_texting", "group_texting")}
SENT = [["1", "reference", "3"]]


def test_lost_and_doubled_are_found() -> None:
    taken = Counter({"once": 1, "twice": 2, "never acknowledged": 1})
    assert find_lost(["once", "twice", "lost"], taken) == ["lost"]
    assert find_doubled(taken) == ["twice"]


def test_percentile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(1, 201)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([7.0], 0.99)) == (101.0, 199.0, 7.0)


def test_tables_have_a_line_for_each_kind() -> None:
    lines = format_responses([("empty", 400, 1.0), ("reply", 200, 2.0), ("empty", CUT, 3.0)]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [line.split(" | ")[0].strip() for line in lines] == ["webhook call", "empty", "reply"]
    assert "400: 1 cut by us: 1" in lines[1]
    assert format_requests({"a ping": [1.0, 2.0]}).splitlines()[1].replace(" ", "") == "aping|2|2.0|2.0|2.0"


def test_same_seed_gives_the_same_calls() -> None:
    first, same, other = (list(islice(Calls(PATHS, SENT, seed), 500)) for seed in (7, 7, 8))
    kinds = [[call.kind for call in calls] for calls in (first, same, other)]
    assert kinds[0] == kinds[1] != kinds[2]
    assert {call.key for call in first if call.kind == REPORT} == {"1 1", "1 3"}
    texts = [call.key for call in first if call.key and call.key.startswith(MARK)]
    assert len(texts) == len(set(texts)) > 100


def test_repetition_is_the_same_request() -> None:
    call = next(call for call in Calls(PATHS, SENT, 7) if call.is_cut and call.key)
    again = call.again()
    assert (again.parts, again.key, again.is_cut, again.kind) == (call.parts, call.key, False, "reply, repeated")
