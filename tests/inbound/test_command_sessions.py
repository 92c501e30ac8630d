"""The session of a phone number that sends commands to the home."""

from custom_components.texting.inbound.command_sessions import Command, CommandSession, Kind

ON = Command(Kind.ASK, "on")
MINUTE, DAY = 60, 86_400


def wrong(session: CommandSession, now: float, count: int = 5) -> float:
    """Let wrong PINs come in different texts. Return for how many minutes the last one locks commands."""
    locks = [session.reject_pin(now, f"{now} {number}") for number in range(count)]
    assert not any(locks[:-1])
    return locks[-1] / MINUTE


def test_ten_commands_in_ten_minutes() -> None:
    session = CommandSession()
    for second in range(10):
        assert session.accept_command(ON, second) is ON
    assert session.accept_command(ON, 11) == Command(Kind.TOO_MANY)
    assert [session.accept_command(ON, second) for second in (12, 100, 599.9)] == [None] * 3
    # The first command is ten minutes old. The second command is newer.
    assert session.accept_command(ON, 600) is ON
    assert session.accept_command(ON, 600.5) == Command(Kind.TOO_MANY)
    assert session.accept_command(ON, 600.6) is None


def test_five_wrong_pins_lock_for_ten_minutes() -> None:
    session = CommandSession()
    assert wrong(session, 0, 4) == 0
    session.accept_pin()
    assert wrong(session, 10, 4) == 0
    assert not session.is_locked(14)
    assert session.reject_pin(14, "one more") == 600
    assert session.is_locked(14)
    assert session.is_locked(613.9)
    assert not session.is_locked(614)
    assert wrong(session, 615, 4) == 0


def test_each_lock_is_twice_as_long_up_to_a_day() -> None:
    session, now, minutes = CommandSession(), 0.0, []
    for _ in range(12):
        minutes.append(wrong(session, now))
        now += minutes[-1] * MINUTE
        assert session.is_locked(now - 1)
        assert not session.is_locked(now)
    assert minutes == [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440, 1440, 1440]


def test_after_the_right_pin_the_next_lock_is_a_first_one() -> None:
    session = CommandSession()
    assert (wrong(session, 0), wrong(session, 600)) == (10, 20)
    session.accept_pin()
    assert wrong(session, 1800) == 10


def test_after_a_day_without_a_wrong_pin_the_next_lock_is_a_first_one() -> None:
    session, over = CommandSession(), 30 * MINUTE
    assert (wrong(session, 0), wrong(session, 600)) == (10, 20)
    assert wrong(session, over + DAY - 1, 1) == 0
    assert wrong(session, over + 2 * DAY - 2, 4) == 40
    assert wrong(session, over + 3 * DAY + 40 * MINUTE) == 10


def test_the_same_text_counts_once() -> None:
    session = CommandSession()
    assert [session.reject_pin(second, "9999 on") for second in range(100)] == [0] * 100
    assert wrong(session, 100, 4) == 10


def test_wrong_pins_are_forgotten_after_a_day() -> None:
    slow = CommandSession()
    assert [slow.reject_pin(time * DAY / 4, time) for time in range(40)] == [0] * 40
    faster = CommandSession()
    locked = [time for time in range(10) if faster.reject_pin(time * DAY / 4.5, time)]
    assert locked == [4, 9]


def test_a_conversation_ends_ten_minutes_after_its_last_command() -> None:
    session = CommandSession()
    first = session.conversation_id("agent", 0)
    session.keep_conversation("agent", first, 5)
    assert session.conversation_id("agent", 604) == first
    assert session.conversation_id("other", 604) != first
    assert session.conversation_id("agent", 605) != first


def test_the_rest_of_an_answer_is_kept_for_ten_minutes() -> None:
    session = CommandSession()
    assert session.rest(0) == ""
    session.keep_rest("and so on", 0)
    assert (session.rest(599), session.rest(600)) == ("and so on", "")
    session.keep_rest("", 1)
    assert session.rest(1) == ""


def test_no_text_is_in_a_repr() -> None:
    session = CommandSession()
    session.keep_rest("secret", 0)
    assert "secret" not in f"{session} {Command(Kind.ASK, 'secret')}"
