"""An alert from its cause to its end: who is texted when, and what replies and failures do."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.model import Progress, State
from custom_components.texting.gateway.provider import Provider
from tests.conftest import SetUp
from tests.support.alert_home import ANNA, BEN, CARA, CELLAR, SENDING, WATER, AlertHome
from tests.support.home import notify
from tests.support.people import change

STEPS = ("notify.anna", "notify.ben")
GARAGE = "binary_sensor.garage"
HOUR = 3600.0


async def test_from_the_cause_to_the_end(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(["notify.anna", "notify.ben"])
    await home.begin(2)
    code = home.number(alert)
    assert f"ALERT {code}: {WATER}" in home.texts(ANNA)[0]
    assert f"Reply OK {code}" in home.texts(ANNA)[0]
    await home.answer(ANNA, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.kinds(ANNA) == ["alert", "thanks"]
    assert home.kinds(BEN) == ["alert", "taken"]
    assert "Anna takes care" in home.texts(BEN)[1]
    home.switch("off")
    await home.wait(59)
    assert home.state(alert) is State.ACKNOWLEDGED
    await home.wait(2)
    assert home.state(alert) is State.CLOSED
    assert home.kinds(ANNA) == ["alert", "thanks", "clear"]
    assert home.kinds(BEN) == ["alert", "taken", "clear"]
    await home.wait(2 * HOUR, 600)
    assert len(home.texts(ANNA)) == 3
    assert home.occasions() == ["raised", "acknowledged", "closed"]


async def test_nobody_answers(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    assert home.texts(BEN) == []
    await home.wait(299)
    assert home.texts(BEN) == []
    await home.wait(2)
    assert home.kinds(BEN)[0] == "escalated"
    assert "No answer from Anna" in home.texts(BEN)[0]
    assert "reminder" in home.kinds(ANNA)
    await home.wait(5)
    await home.wait(300, 10)  # the second round
    assert "No answer from Ben" in home.texts(ANNA)[-1] or "No answer from Ben" in home.texts(ANNA)[-2]
    await home.wait(600)
    assert home.state(alert) is State.EXHAUSTED
    assert home.occasions().count("exhausted") == 1
    assert home.occasions().count("escalated") == 3
    assert home.issues(alert) == ["alert_exhausted"]
    counts = len(home.texts(ANNA)), len(home.texts(BEN))
    await home.wait(HOUR - 120)
    assert (len(home.texts(ANNA)), len(home.texts(BEN))) == counts
    await home.wait(180)
    assert (len(home.texts(ANNA)), len(home.texts(BEN))) == (counts[0] + 1, counts[1] + 1)
    # Also then somebody may take it.
    await home.answer(BEN, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.issues(alert) == []


async def test_no_asks_the_next_at_once(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    await home.answer(ANNA, "NO")
    assert home.kinds(ANNA) == ["alert", "declined"]
    assert home.texts(BEN) == []
    await home.wait(11)
    assert home.kinds(BEN) == ["alert"] or home.kinds(BEN) == ["reminder"]
    # Who declined is not asked in the next rounds either.
    await home.wait(300)
    assert home.occasions() == ["raised", "declined", "escalated", "escalated"]
    await home.wait(350, 10)
    assert home.kinds(ANNA) == ["alert", "declined"]
    assert home.state(alert) is State.EXHAUSTED


async def test_stop_asks_the_next_at_once(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert(*STEPS)
    await home.begin()
    await home.wait(20)
    await home.answer(ANNA, "STOP")
    await home.wait(1)
    assert len(home.texts(BEN)) == 1
    assert len(home.texts(ANNA)) == 1
    assert any("opt" in issue for issue in home.issues())


@pytest.mark.parametrize("number", ["+33612340006", "+33612340005"], ids=["undelivered", "not subscribed"])
async def test_an_undelivered_text_asks_the_next_at_once(home: AlertHome, house: MockConfigEntry, number: str) -> None:
    change(home.hass, house, "Anna", numbers=[number])
    await home.alert(*STEPS)
    await home.begin()
    await home.wait(11)
    assert len(home.texts(BEN)) == 1


async def test_a_refused_text_asks_the_next_at_once(home: AlertHome, house: MockConfigEntry) -> None:
    await home.alert(*STEPS)
    home.simulator.faults.add("textinghouse", "answer", params=SENDING, body="ERR: 400 | STOP mention missing")
    home.switch("on")
    await home.wait(11)
    assert home.texts(ANNA) == []
    assert home.kinds(BEN) == ["escalated"]


async def test_an_account_without_credit(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    home.simulator.faults.add("textinghouse", "answer", None, params=SENDING, body="ERR: 104 | Insufficient credit")
    home.switch("on")
    await home.wait(120, 10)
    assert home.texts(ANNA) == home.texts(BEN) == []
    assert {"alert_exhausted", "alert_unreachable"} & set(home.issues(alert))
    assert home.state(alert) is State.EXHAUSTED
    # It tries again every hour.
    await home.simulator.restore()
    await home.wait(HOUR, 600)
    assert len(home.texts(ANNA)) == len(home.texts(BEN)) == 1
    await home.answer(BEN, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED


async def test_an_uncertain_text_asks_the_next_at_once(home: AlertHome, set_up: SetUp) -> None:
    await set_up(Provider.CLUB_TEXTING)
    alert = await home.alert("notify.clara", "notify.carl")
    home.simulator.faults.add("club_texting", "cut", accept=True)
    home.switch("on")
    await home.wait(12)
    assert len(home.simulator.messages()) == 3
    assert home.incident(alert).notification(1).progress is Progress.UNCERTAIN
    # It is never repeated by itself.
    assert [message.to for message in home.simulator.messages()].count("2125550142") == 1


async def test_the_owner_is_asked_again(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    await home.answer(ANNA, "OK")
    await home.wait(1790)
    assert home.kinds(ANNA) == ["alert", "thanks"]
    await home.wait(20)
    assert home.kinds(ANNA) == ["alert", "thanks", "again"]
    assert "Anna took it 30 min ago" in home.texts(ANNA)[-1]
    await home.answer(ANNA, f"ok {home.number(alert)}")
    assert home.state(alert) is State.ACKNOWLEDGED
    await home.wait(1810)
    assert home.kinds(ANNA).count("again") == 2
    assert home.texts(BEN) == []
    # Without an answer it begins again.
    await home.wait(310)
    assert home.state(alert) is State.ALERTING
    await home.wait(310)
    assert len(home.texts(BEN)) >= 1


async def test_the_owner_hands_it_on(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS)
    await home.begin()
    await home.answer(ANNA, "OK")
    await home.answer(ANNA, "NO")
    await home.wait(11)
    assert home.state(alert) is State.ALERTING
    assert len(home.texts(BEN)) == 1
    assert home.kinds(ANNA) == ["alert", "thanks", "declined"]
    await home.answer(BEN, "OK")
    assert home.incident(alert).owner_name == "Ben"
    assert home.kinds(ANNA)[-1] == "taken"


async def test_another_who_answers_hears_who_takes_care(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(["notify.anna", "notify.ben"])
    await home.begin(2)
    await home.answer(ANNA, "OK")
    await home.wait(11)  # the provider refuses the same text within 10 seconds
    await home.answer(BEN, "OK")
    assert home.incident(alert).owner_name == "Anna"
    assert home.kinds(BEN) == ["alert", "taken", "taken"]


async def test_a_further_cause(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(*STEPS, causes=[CELLAR, GARAGE])
    await home.begin()
    home.switch("on", GARAGE, "Garage")
    await home.settle()
    assert home.kinds(ANNA) == ["alert", "also"]
    assert "now also Garage" in home.texts(ANNA)[1]
    assert home.texts(BEN) == []
    # One that goes off and on again is no further one.
    home.switch("off", GARAGE, "Garage")
    home.switch("on", GARAGE, "Garage")
    await home.settle()
    assert home.kinds(ANNA) == ["alert", "also"]
    home.switch("off")
    await home.wait(120)
    assert home.state(alert) is State.ALERTING
    home.switch("off", GARAGE, "Garage")
    await home.wait(61)
    assert home.state(alert) is State.CLOSED


async def test_a_further_cause_of_one_that_somebody_took(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "notify.ben", causes=[CELLAR, GARAGE])
    await home.begin()
    await home.wait(310)
    await home.answer(BEN, "OK")
    home.switch("on", GARAGE, "Garage")
    await home.settle()
    assert home.state(alert) is State.ALERTING
    # The first step, and who took care of it.
    assert home.kinds(ANNA)[-1] == "also"
    assert home.kinds(BEN)[-1] == "also"


async def test_flapping_is_one_long_incident(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert()
    ids = set()
    for _ in range(30):
        home.switch("on")
        await home.wait(30)
        ids.add(home.incident(alert).id)
        home.switch("off")
        await home.wait(90)
    await home.wait(1900)
    assert home.state(alert) is State.CLOSED
    assert len(ids) <= 4
    assert home.kinds(ANNA).count("clear") == len(ids)


async def test_the_cause_must_be_on_long_enough(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(hold=30)
    home.switch("on")
    await home.wait(29)
    assert home.state(alert) is State.PENDING
    home.switch("off")
    await home.wait(60)
    assert home.texts(ANNA) == []
    home.switch("on")
    await home.wait(31)
    assert home.kinds(ANNA) == ["alert"]


@pytest.mark.parametrize("state", ["unavailable", "unknown"])
async def test_what_is_unavailable_neither_raises_nor_clears(
    home: AlertHome, house: MockConfigEntry, state: str
) -> None:
    alert = await home.alert()
    home.switch(state)
    await home.wait(120)
    assert home.texts(ANNA) == []
    await home.begin()
    home.switch(state)
    await home.wait(120)
    assert home.state(alert) is State.ALERTING
    home.hass.states.async_remove(CELLAR)
    await home.wait(120)
    assert home.state(alert) is State.ALERTING


async def test_the_answer_of_a_stranger_is_an_ordinary_text(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert()
    await home.begin()
    await notify(home.hass, "notify.cara", "Are you well?")
    await home.settle()
    await home.answer(CARA, "OK")
    await home.answer(CARA, f"OK {home.number(alert)}")
    assert home.state(alert) is State.ALERTING
    assert home.texts(CARA) == ["Are you well?"]
