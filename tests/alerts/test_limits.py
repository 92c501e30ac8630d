"""Quiet hours, daily limits, the budget, and the limit of an incident."""

from datetime import datetime, timedelta
import time

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.model import State
from custom_components.texting.gateway.provider import Provider
from homeassistant.util import dt as dt_util
from tests.conftest import SetUp
from tests.support.alert_home import ANNA, BEN, AlertHome
from tests.support.home import notify
from tests.support.people import change

QUIET = {"quiet_start": "00:00:00", "quiet_end": "23:59:59"}
HOUSE = Provider.TEXTINGHOUSE


async def test_quiet_hours_skip_who_has_them(home: AlertHome, house: MockConfigEntry) -> None:
    change(home.hass, house, "Anna", **QUIET)
    alert = await home.alert(["notify.anna", "notify.ben"], urgent=False)
    await home.begin()
    assert (home.texts(ANNA), home.kinds(BEN)) == ([], ["alert"])
    await home.wait(310)
    assert home.texts(ANNA) == []
    assert home.state(alert) is State.ALERTING


async def test_an_urgent_alert_ignores_quiet_hours(home: AlertHome, house: MockConfigEntry) -> None:
    change(home.hass, house, "Anna", **QUIET)
    await home.alert()
    await home.begin()
    assert home.kinds(ANNA) == ["alert"]


async def test_all_have_quiet_hours(home: AlertHome, house: MockConfigEntry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dt_util, "now", lambda: datetime.fromtimestamp(time.time(), dt_util.get_default_time_zone()))
    now = dt_util.now()
    start, end = ((now + timedelta(hours=hours)).strftime("%H:%M:%S") for hours in (-1, 1))
    change(home.hass, house, "Anna", quiet_start=start, quiet_end=end)
    alert = await home.alert("notify.anna", urgent=False)
    home.switch("on")
    await home.wait(3540, 300)
    assert home.texts(ANNA) == []
    assert home.state(alert) is State.ALERTING
    await home.wait(120)
    assert home.kinds(ANNA) == ["alert"]


@pytest.mark.parametrize(
    "options", [{"daily_limit": 1}, {"monthly_budget": 0.1, "segment_price": 0.1}], ids=["limit", "budget"]
)
@pytest.mark.parametrize("urgent", [False, True])
async def test_limits_of_the_account(home: AlertHome, set_up: SetUp, urgent: bool, options: dict[str, float]) -> None:
    await set_up(HOUSE, options={"low_credit": 0, **options})
    await notify(home.hass, "notify.anna", "Hello")
    await home.settle()
    alert = await home.alert(urgent=urgent)
    home.switch("on")
    await home.wait(130, 10)
    assert home.kinds(ANNA) == (["Hello", "alert"] if urgent else ["Hello"])
    assert ("alert_unreachable" in home.issues(alert)) is not urgent


async def test_beyond_the_urgent_limit_only_the_first_text_to_each_leaves(home: AlertHome, set_up: SetUp) -> None:
    await set_up(HOUSE, options={"urgent_limit": 1})
    await home.alert("notify.anna", "notify.ben")
    await home.begin()
    await home.wait(700, 10)
    assert home.kinds(ANNA) == ["alert"]
    assert home.kinds(BEN) == ["escalated"]


async def test_the_limit_of_an_incident(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert(["notify.anna", "notify.ben"], max_segments=12, rounds=9, remind_every=1)
    await home.begin(2)
    await home.wait(3600, 30)
    assert home.kinds(ANNA)[-1] == home.kinds(BEN)[-1] == "limit"
    assert home.incident(alert).segments == 10
    assert "limit" in home.occasions()
    home.switch("off")
    await home.wait(61)
    assert home.kinds(ANNA)[-1] == home.kinds(BEN)[-1] == "clear"
    assert home.incident(alert).segments == 12
    assert len(home.texts(ANNA)) + len(home.texts(BEN)) == 12
