"""Test that errors and the debug log show no private data, for every kind of send and failure."""

from collections.abc import Awaitable, Callable, Iterator
import logging
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import GATEWAYS, textinghouse
from custom_components.texting.storage.account_store import AccountStore
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from tests.conftest import Connect, PassTime, SetUp
from tests.simulator import Simulator
from tests.support.flows import SECRETS, SITES, WRONG, account_input, begin, submit
from tests.support.home import (
    ask_to_send,
    first_number,
    notify,
    notify_entities,
    pass_until,
    requests_under_way,
    send,
    until,
)
from tests.support.privacy import told

EVERY_PROVIDER = pytest.mark.parametrize("provider", Provider)
TEXT = "Nobody else shall read this"
STRANGER = "+33698765432"


@pytest.fixture(autouse=True)
def _talkative(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG, logger="custom_components.texting")
    yield
    lines = [
        line
        for record in caplog.get_records("call")
        if record.name.startswith("custom_components.texting")
        for line in (record.getMessage(), str(record.exc_info or ""), str(record.exc_text or ""))
    ]
    assert told("\n".join(lines), TEXT, STRANGER, STRANGER[3:]) == []


def log_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("custom_components.texting")]


async def send_everything(hass: HomeAssistant, provider: Provider, entry_id: str) -> list[str]:
    """Send once in each way and return the texts of the raised errors."""
    name = GATEWAYS[provider].info.name.lower().replace(" ", "_")
    ways: list[Callable[[], Awaitable[Any]]] = [
        lambda: notify(hass, notify_entities(provider)[1], TEXT, title=f"{TEXT} (title)"[:13]),
        lambda: send(hass, f"{TEXT} a", entity_id=notify_entities(provider)),
        lambda: ask_to_send(hass, f"{TEXT} b", account=entry_id, to=[first_number(provider), STRANGER, "Zoe", "12"]),
        lambda: send(hass, f"{TEXT} c", account=entry_id, to=f"{STRANGER} or so"),
        lambda: hass.services.async_call("notify", name, {"message": f"{TEXT} d"}, blocking=True),
        lambda: hass.services.async_call(
            "notify", name, {"message": f"{TEXT} e", "target": [STRANGER, "Zoe"]}, blocking=True
        ),
        lambda: send(hass, TEXT * 60, entity_id=notify_entities(provider)),
    ]
    raised = []
    for way in ways:
        try:
            await way()
        except HomeAssistantError as err:
            raised.append(str(err))
    return raised


@EVERY_PROVIDER
async def test_errors_tell_no_number_and_no_text(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, provider: Provider
) -> None:
    entry = await set_up(provider)
    raised = await send_everything(hass, provider, entry.entry_id)
    assert raised
    assert told("\n".join(raised), TEXT, STRANGER, STRANGER[3:]) == []


@EVERY_PROVIDER
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "fault", ["refuse", "html", "http_error", "cut", "empty", "truncated", "rate_limited", "unavailable", "echo"]
)
async def test_faults_tell_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    pass_time: PassTime,
    caplog: pytest.LogCaptureFixture,
    provider: Provider,
    fault: str,
) -> None:
    """With the fault "echo", the gateway's error message repeats the data that it received."""
    monkeypatch.setattr(textinghouse, "ASK_AGAIN_AFTER", 0.0)
    entry = await set_up(provider)
    said = f"Wrong: {STRANGER} 7|demoTokenTextioPro to 33612345601, 06 12 34 56 01, +1 (212) 555-0142"
    for site in SITES[provider]:
        if fault == "refuse":
            await simulator.faults.refuse(site)
        elif fault == "echo":
            body: Any = {"status": "error", "message": said}
            if provider is Provider.TEXTINGHOUSE:
                body = f"ERR: 999 | {said}"
            simulator.faults.add(site, "answer", None, body=body)
        else:
            simulator.faults.add(site, fault, None)
    raised = await send_everything(hass, provider, entry.entry_id)
    await entry.runtime_data.balance.async_refresh()
    for _ in range(2):
        await pass_time(31, wait=False)
        await until(lambda: not requests_under_way(hass))
    await simulator.restore()
    outbox = entry.runtime_data.outbox
    await pass_until(hass, pass_time, lambda: all(text.has_result for text in outbox), 31)
    assert raised
    assert told("\n".join(raised), TEXT, STRANGER, STRANGER[3:]) == []
    assert log_of(caplog)


@EVERY_PROVIDER
async def test_refused_credentials_tell_nothing(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, provider: Provider
) -> None:
    entry = await set_up(provider)
    setattr(simulator.accounts[provider], SECRETS[provider][1], "8|changed")
    raised = await send_everything(hass, provider, entry.entry_id)
    await pass_time(31)
    assert told("\n".join(raised), TEXT) == []


@EVERY_PROVIDER
@pytest.mark.parametrize("fault", ["html", "cut", "http_error"])
async def test_forms_tell_nothing(
    hass: HomeAssistant,
    simulator: Simulator,
    caplog: pytest.LogCaptureFixture,
    provider: Provider,
    fault: str,
) -> None:
    form = await begin(hass, provider)
    form = await submit(hass, form, account_input(provider, simulator, **{SECRETS[provider][0]: WRONG}))
    for site in SITES[provider]:
        simulator.faults.add(site, fault, None)
    form = await submit(hass, form, account_input(provider, simulator))
    assert form["type"] == "form"


@pytest.mark.parametrize("provider", [provider for provider in Provider if GATEWAYS[provider].info.uses_webhook])
async def test_the_webhook_tells_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    simulator: Simulator,
    connect: Connect,
    settle: Callable[[], Awaitable[None]],
    caplog: pytest.LogCaptureFixture,
    provider: Provider,
) -> None:
    url = await connect(await set_up(provider))
    await notify(hass, notify_entities(provider)[0], TEXT)
    await settle()
    await simulator.answer(first_number(provider), TEXT, provider)
    async with aiohttp.ClientSession() as session:
        for body in (f"from={STRANGER}&text={TEXT}", f'{{"from": "{STRANGER}", "t', TEXT.encode("utf-16")):
            async with session.post(url, data=body) as response:
                assert response.status == 400
    assert any("refused" in line for line in log_of(caplog))


async def test_incoming_texts_that_are_asked_for_are_not_logged(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, pass_time: PassTime, caplog: pytest.LogCaptureFixture
) -> None:
    await set_up(Provider.TEXTIOPRO)
    await pass_time(31)
    await simulator.answer(STRANGER, TEXT, "textiopro")
    simulator.faults.add("textiopro", "truncated", path="/sms")
    await pass_time(31)
    await pass_time(31)
    assert hass.states.get("event.textiopro_incoming_message").attributes["text"] == TEXT  # type: ignore[union-attr]
    assert any("Error fetching texting incoming texts data" in line for line in log_of(caplog))


async def test_only_the_owner_reads_the_file_of_an_account(tmp_path: Path) -> None:
    """It holds numbers that opted out. An earlier version wrote it for everybody to read.

    The test kit's Home Assistant writes no such files, so this is a bare one.
    """
    hass = HomeAssistant(str(tmp_path))
    file = tmp_path / ".storage" / "texting.an-account"
    file.parent.mkdir()
    file.write_text('{"version": 1, "minor_version": 1, "key": "texting.an-account", "data": {"seen": ["7"]}}')
    file.chmod(0o644)
    store = AccountStore(hass, "an-account")
    await store.async_load()
    assert store.memory.seen == ["7"]
    assert file.stat().st_mode & 0o777 == 0o600
    store.memory.seen = ["8"]
    await store.async_save()
    assert '"8"' in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    await hass.async_stop(force=True)
