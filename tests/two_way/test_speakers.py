"""What is remembered of people who command a home."""

from custom_components.texting.two_way.speakers import Command, Kind, Speaker


def test_so_many_commands_in_so_much_time() -> None:
    speaker = Speaker()
    for second in range(10):
        assert speaker.admit("on", second) == Command(Kind.ASK, "on")
    assert speaker.admit("on", 11) == Command(Kind.TOO_MANY)
    assert [speaker.admit("on", second) for second in (12, 100, 599.9)] == [None] * 3
    # The first is ten minutes ago, the second is not.
    assert speaker.admit("on", 600) == Command(Kind.ASK, "on")
    assert speaker.admit("on", 600.5) == Command(Kind.TOO_MANY)
    assert speaker.admit("on", 600.6) is None


def test_five_wrong_pins() -> None:
    speaker = Speaker()
    assert [speaker.refuse(second) for second in range(4)] == [None] * 4
    speaker.recognise()
    assert [speaker.refuse(second) for second in range(10, 14)] == [None] * 4
    assert not speaker.is_blocked(14)
    assert speaker.refuse(14) == Command(Kind.BLOCKED)
    assert speaker.is_blocked(14)
    assert speaker.is_blocked(613.9)
    assert not speaker.is_blocked(614)
    assert speaker.refuse(615) is None


def test_wrong_pins_are_forgotten_after_a_day() -> None:
    speaker = Speaker()
    day = 86_400
    blocked = [time for time in range(40) if speaker.refuse(time * day / 4.5)]
    assert blocked == [4, 9, 14, 19, 24, 29, 34, 39]
    slow = Speaker()
    assert [slow.refuse(time * day / 4) for time in range(40)] == [None] * 40


def test_a_conversation_lasts_ten_minutes_from_its_last_text() -> None:
    speaker = Speaker()
    first = speaker.conversation("agent", 0)
    speaker.keep_conversation("agent", first, 5)
    assert speaker.conversation("agent", 604) == first
    assert speaker.conversation("other", 604) != first
    assert speaker.conversation("agent", 605) != first


def test_what_is_left_is_kept_for_ten_minutes() -> None:
    speaker = Speaker()
    assert speaker.rest(0) == ""
    speaker.keep_rest("and so on", 0)
    assert (speaker.rest(599), speaker.rest(600)) == ("and so on", "")
    speaker.keep_rest("", 1)
    assert speaker.rest(1) == ""


def test_no_text_is_shown() -> None:
    speaker = Speaker()
    speaker.keep_rest("secret", 0)
    assert "secret" not in f"{speaker} {Command(Kind.ASK, 'secret')}"
