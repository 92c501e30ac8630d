"""Between the start of a run and the start of its alerts: the numbers of open incidents wait for their items."""

from dataclasses import replace

import pytest

from custom_components.texting.delivery.reply_codes import ReplyCode
from custom_components.texting.inbound.match import Answer, Over
from custom_components.texting.inbound.open_item import OpenItem
from custom_components.texting.inbound.open_items import OpenItems
from tests.inbound.test_open_alerts import FIRST, LEFT, SECOND, AlertHome
from tests.inbound.test_open_items import NOW, PHONE, STRANGER


@pytest.fixture
def home() -> AlertHome:
    return AlertHome()


def restarted(home: AlertHome) -> tuple[OpenItem, list[ReplyCode]]:
    """Restart with an open alert and an open question. Return the alert as it was, and the numbers of both."""
    item, question = home.alert(FIRST, LEFT), home.ask(coded=True)
    stored = [*home.items.codes_of(item), *home.items.codes_of(question)]
    home.items = OpenItems()
    return item, stored


def test_the_numbers_of_open_incidents_stay_open(home: AlertHome) -> None:
    _, stored = restarted(home)
    assert home.items.load(stored, NOW + 60, {FIRST}) == [replace(stored[1], closed_at=NOW + 60)]
    again = home.alert(FIRST)
    assert home.items.restore(again, stored[:1]) == stored[:1]
    assert home.find("OK 10") == Answer(again, "OK")
    assert isinstance(home.find("OK 11"), Over)


def test_a_number_that_is_held_is_given_to_nothing_else(home: AlertHome) -> None:
    """Also if all others are given."""
    _, stored = restarted(home)
    others = [replace(stored[0], code=code, item="other", opened_at=NOW + code) for code in range(11, 100)]
    home.items.load([stored[0], *others[:-1]], NOW + 60, {FIRST})
    assert home.alert(SECOND, LEFT).codes == {PHONE: 99}
    home.items.load(others, NOW + 60, {FIRST})
    assert home.alert("third", LEFT).codes[PHONE] != 10


def test_until_then_a_held_number_is_an_ordinary_word(home: AlertHome) -> None:
    """It is not over, and there is nothing yet that it names."""
    _, stored = restarted(home)
    home.items.load(stored, NOW + 60, {FIRST})
    assert home.find("OK 10") is None
    assert isinstance(home.find("OK 11"), Over)


@pytest.mark.parametrize("alert_first", [False, True])
def test_a_number_of_which_the_incident_knows_nothing_is_kept_too(home: AlertHome, *, alert_first: bool) -> None:
    """Such as one that was given to somebody who was not told, when they were asked which alert they mean."""
    _, stored = restarted(home)
    if not alert_first:
        home.items.load(stored, NOW + 60, {FIRST})
    again = home.alert(FIRST)
    assert home.items.restore(again, []) == []
    if alert_first:
        home.items.load(stored, NOW + 60, {FIRST})
    assert again.codes == {PHONE: 10}
    assert home.find("OK 10") == Answer(again, "OK")


def test_a_held_number_on_a_phone_that_is_asked_no_more_is_closed(home: AlertHome) -> None:
    _, stored = restarted(home)
    home.items.load([stored[0], replace(stored[0], number=STRANGER)], NOW + 60, {FIRST})
    again = home.alert(FIRST)
    kept, closed = home.items.restore(again, stored[:1])
    assert (kept, closed.number) == (stored[0], STRANGER)
    assert closed.closed_at is not None
    assert home.find("OK 10", number=STRANGER) == Over(closed, again.question)
