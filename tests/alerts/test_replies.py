"""Replies to alerts at each provider, and what is on disk when the provider hears that they were taken."""

from collections.abc import Callable
from contextlib import closing
import json
from pathlib import Path
import sqlite3
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting import webhook
from custom_components.texting.alerting.model import Progress, State
from custom_components.texting.gateway.provider import Provider
from tests.conftest import Connect, SetUp
from tests.support.alert_home import ANNA, BEN, AlertHome
from tests.support.records import copy

CLUB, GROUP, PRO = Provider.CLUB_TEXTING, Provider.GROUP_TEXTING, Provider.TEXTIOPRO
CLARA, CARL = "+12125550142", "+12125550143"
GARAGE = "binary_sensor.garage"


@pytest.mark.parametrize("provider", [CLUB, GROUP])
async def test_the_thanks_comes_within_the_request_of_the_provider(
    home: AlertHome, set_up: SetUp, connect: Connect, provider: Provider
) -> None:
    await connect(await set_up(provider))
    alert = await home.alert(["notify.clara", "notify.carl"])
    await home.begin(3)
    code = home.number(alert, CLARA)
    status, body = await home.answer(CLARA, f"ok {code}", provider)
    assert (status, body) == (
        200,
        f"Thank you. Water in the cellar is yours ({code}). Reply NO {code} to hand it on.",
    )
    assert home.state(alert) is State.ACKNOWLEDGED
    thanks = next(each for each in home.incident(alert).notifications if each.kind == "thanks")
    assert thanks.progress is Progress.ACCEPTED
    # It is no request of ours.
    assert home.kinds(CLARA) == ["alert"]
    assert home.kinds(CARL) == ["alert", "taken"]
    # The other one is told within the request too.
    await home.wait(30)
    _, body = await home.answer(CARL, "OK", provider)
    assert body == f"Clara takes care of Water in the cellar ({home.number(alert, CARL)})."


async def test_replies_that_are_polled(home: AlertHome, set_up: SetUp) -> None:
    await set_up(PRO)
    alert = await home.alert("notify.anna")
    await home.begin()
    await home.answer(ANNA, "OK", PRO)
    await home.until(lambda: home.state(alert) is State.ACKNOWLEDGED, 5)
    await home.settle()
    await home.until(lambda: len(home.texts(ANNA)) == 2, 5)
    assert home.kinds(ANNA) == ["alert", "thanks"]


async def test_the_message_that_a_reply_names(home: AlertHome, house: MockConfigEntry) -> None:
    water = await home.alert("notify.anna")
    home.switch("off", GARAGE, "Garage")
    garage = await home.alert("notify.anna", causes=[GARAGE], title="Garage")
    await home.begin()
    home.switch("on", GARAGE, "Garage")
    await home.settle()
    first, _ = home.simulator.messages()
    await home.simulator.answer(ANNA, "OK", Provider.TEXTINGHOUSE, named=first)
    await home.settle()
    assert (home.state(water), home.state(garage)) == (State.ACKNOWLEDGED, State.ALERTING)
    # A number says more than the message.
    await home.simulator.answer(ANNA, f"NO {home.number(garage)}", Provider.TEXTINGHOUSE, named=first)
    await home.settle()
    assert home.state(water) is State.ACKNOWLEDGED
    assert home.incident(garage).declined == {"notify.anna"}


async def test_what_nobody_understands_is_asked_once(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    await home.begin()
    await home.answer(ANNA, "What?")
    assert home.kinds(ANNA) == ["alert", "sorry"]
    assert f"Reply OK {home.number(alert)}" in home.texts(ANNA)[1]
    await home.answer(ANNA, "Where?")
    assert home.kinds(ANNA) == ["alert", "sorry"]
    assert home.state(alert) is State.ALERTING


async def test_an_answer_written_before_the_alert_is_none(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna")
    await home.begin()
    written = home.simulator.clock().replace(year=home.simulator.clock().year - 1)
    await home.simulator.answer(ANNA, "OK", Provider.TEXTINGHOUSE, written_at=written)
    await home.settle()
    assert home.state(alert) is State.ALERTING


async def test_who_was_not_told_may_answer(home: AlertHome, house: MockConfigEntry) -> None:
    alert = await home.alert("notify.anna", "notify.ben")
    await home.hass.services.async_call("notify", "send_message", {"entity_id": "notify.ben", "message": "Hello"})
    await home.begin()
    await home.answer(BEN, "OK")
    assert home.state(alert) is State.ACKNOWLEDGED
    assert home.incident(alert).owner_name == "Ben"
    assert home.kinds(BEN) == ["Hello", "thanks"]
    assert home.kinds(ANNA) == ["alert", "taken"]


@pytest.mark.parametrize("provider", [Provider.TEXTINGHOUSE, GROUP])
async def test_the_answer_is_on_disk_before_the_request_is_answered(
    home: AlertHome,
    set_up: SetUp,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    provider: Provider,
) -> None:
    await connect(await set_up(provider))
    name, number = ("anna", ANNA) if provider is Provider.TEXTINGHOUSE else ("clara", CLARA)
    await home.alert(f"notify.{name}")
    await home.begin()
    handle: Callable[..., Any] = webhook.async_handle_call
    copies: list[Path] = []

    async def handle_and_copy(*args: Any) -> Any:
        response = await handle(*args)
        copies.append(copy(Path(home.hass.config.path("texting.db")), tmp_path / f"copy {len(copies)}"))
        return response

    monkeypatch.setattr(webhook, "async_handle_call", handle_and_copy)
    await home.simulator.answer(number, "OK", provider)
    with closing(sqlite3.connect(copies[0])) as database:
        ((content,),) = database.execute("SELECT content FROM incident").fetchall()
        incoming = database.execute("SELECT count(*) FROM incoming").fetchone()
    assert json.loads(content)["state"] == "acknowledged"
    assert incoming == (1,)
    await home.settle()
