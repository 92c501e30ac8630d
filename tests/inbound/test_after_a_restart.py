"""Replies to alerts of an earlier run, in whole homes."""

import time

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.alerting.model import Alert, Incident, Kind, Notification, Progress, State, Target
from custom_components.texting.alerting.stored import to_row
from custom_components.texting.const import DOMAIN
from custom_components.texting.delivery.reply_codes import ReplyCode
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.inbound.match import Answer, IncomingText
from custom_components.texting.open_questions import async_open_items
from homeassistant.core import HomeAssistant
from tests.conftest import Connect, SetUp
from tests.simulator import Simulator
from tests.support.home import restart
from tests.support.routes import CLARA

CLUB = Provider.CLUB_TEXTING
INCIDENT = "01JD0000000000000000000011"


class Home:
    """A home with an account, and an alert that had an incident before the restart."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        self.hass = hass
        self.entry = entry
        self.alert = MockConfigEntry(domain=DOMAIN, data={"provider": "alert"}, title="Water alarm")
        self.alert.add_to_hass(hass)
        self.began_at = time.time() - 60
        self.code = ReplyCode(
            number=CLARA, code=12, entry_id=entry.entry_id, item=INCIDENT, opened_at=self.began_at, closed_at=None
        )

    async def restart(self, *, is_over: bool) -> None:
        """Load the account again, with what the database holds of the incident. Its alert is not loaded yet."""
        ended_at = self.began_at + 30 if is_over else None
        state = State.CLOSED if is_over else State.ALERTING
        alert = Alert(id=self.alert.entry_id, name="Water alarm")
        text = Notification(
            number=1,
            kind=Kind.ALERT,
            responder="notify.clara",
            target=Target(id=CLARA, messenger=self.entry.entry_id),
            planned_at=self.began_at,
            text="ALERT: Water in the cellar",
            progress=Progress.DELIVERED,
        )
        incident = Incident(
            id=INCIDENT,
            alert=alert,
            state=state,
            what="Water in the cellar",
            notifications=(text,),
            raised_at=self.began_at,
            changed_at=self.began_at,
            ended_at=ended_at,
        )
        row = to_row(incident, 0.0)
        await self.entry.runtime_data.outbox.database.write((), incidents=[row], codes=[self.code])
        await restart(self.hass, self.entry)

    async def stored_code(self) -> ReplyCode:
        (code,) = await self.entry.runtime_data.outbox.database.reply_codes(0.0)
        return code


@pytest.fixture
async def home(hass: HomeAssistant, set_up: SetUp, connect: Connect) -> Home:
    entry = await set_up(CLUB)
    await connect(entry)
    # Club Texting forwards only what may answer a text.
    await hass.services.async_call(
        "notify", "send_message", {"entity_id": "notify.clara", "message": "ALERT 12: Water."}, blocking=True
    )
    return Home(hass, entry)


async def test_a_number_that_only_its_row_tells_stays(home: Home) -> None:
    """It was told to somebody who was asked which alert they mean, and is no number of a text of the incident."""
    await home.restart(is_over=False)
    assert (await home.stored_code()).closed_at is None
    text = IncomingText(number=CLARA, text="OK 12", account_id=home.entry.entry_id, words=("ok",))
    match = async_open_items(home.hass).find(text)
    assert isinstance(match, Answer)
    assert (match.item.incident, match.text, match.is_numbered) == (INCIDENT, "OK", True)


async def test_a_number_of_a_disabled_alert_is_closed(home: Home, simulator: Simulator) -> None:
    object.__setattr__(home.alert, "disabled_by", "user")
    await home.restart(is_over=False)
    assert (await home.stored_code()).closed_at is not None


async def test_what_is_over_says_what_it_was(home: Home, simulator: Simulator) -> None:
    await home.restart(is_over=True)
    assert (await home.stored_code()).closed_at is not None
    status, body = await simulator.answer(CLARA, "OK 12", CLUB) or (0, "")
    assert status == 200
    assert body.startswith("Water in the cellar (12) is over since ")
