"""No provider works: texts wait, and everybody can see it."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.model import State
from custom_components.texting.gateway.provider import Provider
from tests.conftest import SetUp
from tests.support.alert_home import ANNA, BEN, AlertHome
from tests.support.home import until

SITES = ("textinghouse", "textinghouse_backup", "club_texting")


async def test_all_accounts_are_down(home: AlertHome, house: MockConfigEntry, set_up: SetUp) -> None:
    await set_up(Provider.CLUB_TEXTING)
    alert = await home.alert("notify.anna", ["notify.ben", "notify.clara"], remind_every=0)
    for site in SITES:
        await home.simulator.faults.refuse(site)
    home.switch("on")
    await home.settle()
    assert home.issues(alert) == []
    await home.wait(70, 10)
    assert "alert_unreachable" in home.issues(alert)
    assert home.occasions()[:2] in (["raised", "unreachable"], ["raised", "escalated"])
    assert home.occasions().count("unreachable") == 1
    await home.wait(1800, 30)
    assert home.state(alert) is State.ALERTING
    assert home.simulator.messages() == []
    await home.simulator.restore()
    await home.wait(310, 10)  # the longest pause between two attempts
    assert home.occasions().count("unreachable") == 1
    assert "alert_unreachable" not in home.issues(alert)
    # Each phone gets one text, though many were decided.
    texts = [len(home.texts(number)) for number in (ANNA, BEN, "+12125550142")]
    assert texts == [1, 1, 1]
    await home.answer(BEN, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED


async def test_it_ends_while_all_accounts_are_down(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "notify.ben")
    for site in SITES:
        await home.simulator.faults.refuse(site)
    home.switch("on")
    await home.wait(200, 10)
    home.switch("off")
    await home.wait(70, 10)
    assert home.state(alert) is State.CLOSED
    assert home.issues(alert) == []
    await home.simulator.restore()
    await home.wait(310, 10)
    # Nobody was told, so nobody is.
    assert home.simulator.messages() == []


async def test_one_account_is_down(home: AlertHome, house: MockConfigEntry, set_up: SetUp) -> None:
    await set_up(Provider.CLUB_TEXTING)
    alert = await home.alert("notify.clara", "notify.anna")
    await home.simulator.faults.refuse("club_texting")
    home.switch("on")
    await home.wait(60, 10)
    await home.wait(5, 1)
    await until(lambda: home.texts(ANNA))
    await home.answer(ANNA, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED
    await home.simulator.restore()
    await home.wait(310, 10)
    # The text to Clara was withdrawn when Anna took it.
    assert home.texts("+12125550142") == []
