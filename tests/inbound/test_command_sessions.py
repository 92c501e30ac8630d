"""The session of a phone number that sends commands to the home."""

from custom_components.texting.inbound.command_sessions import Command, CommandSession, Kind


def test_ten_commands_in_ten_minutes() -> None:
    session = CommandSession()
    for second in range(10):
        assert session.accept_command("on", second) == Command(Kind.ASK, "on")
    assert session.accept_command("on", 11) == Command(Kind.TOO_MANY)
    assert [session.accept_command("on", second) for second in (12, 100, 599.9)] == [None] * 3
    # The first command is ten minutes old. The second command is newer.
    assert session.accept_command("on", 600) == Command(Kind.ASK, "on")
    assert session.accept_command("on", 600.5) == Command(Kind.TOO_MANY)
    assert session.accept_command("on", 600.6) is None


def test_five_wrong_pins_lock_for_ten_minutes() -> None:
    session = CommandSession()
    assert [session.reject_pin(second) for second in range(4)] == [None] * 4
    session.accept_pin()
    assert [session.reject_pin(second) for second in range(10, 14)] == [None] * 4
    assert not session.is_locked(14)
    assert session.reject_pin(14) == Command(Kind.BLOCKED)
    assert session.is_locked(14)
    assert session.is_locked(613.9)
    assert not session.is_locked(614)
    assert session.reject_pin(615) is None


def test_wrong_pins_are_forgotten_after_a_day() -> None:
    session = CommandSession()
    day = 86_400
    locked = [time for time in range(40) if session.reject_pin(time * day / 4.5)]
    assert locked == [4, 9, 14, 19, 24, 29, 34, 39]
    slow = CommandSession()
    assert [slow.reject_pin(time * day / 4) for time in range(40)] == [None] * 40


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
