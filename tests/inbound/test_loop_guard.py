"""Test how many texts a phone may cause by its own texts."""

from custom_components.texting.inbound.loop_guard import MAX_TEXTS, WINDOW, LoopGuard

ANNA, BEN = "+33612345601", "+33612345602"


def test_a_number_gets_ten_texts_in_ten_minutes() -> None:
    guard = LoopGuard()
    assert [guard.allows(ANNA, number) for number in range(400)] == [True] * MAX_TEXTS + [False] * 390
    assert guard.allows(BEN, 400)


def test_the_window_moves_on_and_what_was_dropped_does_not_count() -> None:
    guard = LoopGuard()
    for number in range(MAX_TEXTS):
        assert guard.allows(ANNA, number)
    assert not guard.allows(ANNA, WINDOW - 1)
    assert guard.allows(ANNA, WINDOW)
    assert not guard.allows(ANNA, WINDOW)
    assert [guard.allows(ANNA, WINDOW + MAX_TEXTS) for _ in range(MAX_TEXTS + 1)].count(True) == MAX_TEXTS - 1


def test_strangers_do_not_stay_in_memory() -> None:
    guard = LoopGuard()
    for number in range(10_000):
        assert guard.allows(f"+336{number}", float(number))
    assert len(guard._times) <= WINDOW + 1
