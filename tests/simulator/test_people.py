"""People who follow a script: over the wire, at each provider that has incoming texts."""

from datetime import UTC, datetime
import json
from typing import Any

import pytest

from .customer import Client, Home
from .loop_clock import LoopClock
from .people import ScriptedReply

pytestmark = pytest.mark.usefixtures("socket_enabled")

QUESTION = "ALERT 12: Water, 14:05. Reply OK 12 if you take care of it, NO 12 if you cannot."
PHONES = {
    "textinghouse": "33600000001",
    "textiopro": "33600000001",
    "club_texting": "12125551234",
    "group_texting": "12125551234",
}


async def text(client: Client, provider: str, message: str = QUESTION) -> None:
    """Text the phone of a provider."""
    if provider == "textinghouse":
        await client.send_house(txt=message)
    elif provider == "textiopro":
        await client.send_pro(message=message)
    elif provider == "club_texting":
        await client.send_ez(provider, message, Express="1")
    else:
        await client.send_ez(provider, message)
    await client.simulator.settle()


async def replies(client: Client, home: Home, provider: str) -> list[tuple[str, str]]:
    """Return the number and the text of each reply that the home got."""
    await client.simulator.people.settle()
    if provider == "textiopro":
        rows = (await client.pro("sms"))["data"]["data"]
        return [(row["from"], row["message"]) for row in reversed(rows) if row["direction"] == "incoming"]
    found = []
    for _, _, data in home.received:
        lower: dict[str, Any] = {key.lower(): value for key, value in data.items()}
        if "from" in lower:
            found.append((lower["from"], lower.get("txt") or lower["message"]))
    return found


@pytest.mark.parametrize("provider", PHONES)
@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (ScriptedReply(), ["OK 12"]),
        (ScriptedReply(text="OK"), ["OK"]),
        (ScriptedReply(text="NO {n}"), ["NO 12"]),
        (ScriptedReply(text="STOP"), ["STOP"]),
        (ScriptedReply(text="what? who is this"), ["what? who is this"]),
        (ScriptedReply(times=2), ["OK 12", "OK 12"]),
        (ScriptedReply(text=""), []),
        (ScriptedReply(to="All clear"), []),
    ],
)
async def test_people_follow_their_script(
    client: Client, home: Home, provider: str, script: ScriptedReply, expected: list[str]
) -> None:
    """What a script says reaches the home over the wire, from the phone that was texted."""
    client.simulator.people.script(PHONES[provider], script)
    await text(client, provider)
    own = PHONES[provider].removeprefix("1")
    assert await replies(client, home, provider) == [(own, said) for said in expected]


@pytest.mark.parametrize("provider", PHONES)
async def test_a_wrong_number_replies(client: Client, home: Home, provider: str) -> None:
    """The reply comes from another phone, which nobody texted."""
    client.simulator.people.script(PHONES[provider], ScriptedReply(sender="+1 313 555 0199"))
    await text(client, provider)
    ((number, said),) = await replies(client, home, provider)
    assert (number[-10:], said) == ("3135550199", "OK 12")


async def test_replies_come_late(client: Client, home: Home, loop_clock: LoopClock) -> None:
    """Nobody replies before the time of the script is over."""
    client.simulator.people.script(PHONES["textinghouse"], ScriptedReply(after=600.0))
    await text(client, "textinghouse")
    assert loop_clock.waits_for(600.0)
    assert not client.simulator.people.given
    loop_clock.advance(600.0)
    assert await replies(client, home, "textinghouse") == [(PHONES["textinghouse"], "OK 12")]


async def test_each_reply_is_for_one_text(client: Client, home: Home) -> None:
    """A script goes on with the next text that asks. The last reply repeats, if it is said so."""
    script = [ScriptedReply(text=""), ScriptedReply(to="All clear", text="What was it?"), ScriptedReply(text="OK")]
    people = client.simulator.people
    people.script(PHONES["textiopro"], *script, repeats=True)
    for message in (QUESTION, QUESTION, "All clear: Water (12).", QUESTION, QUESTION):
        await text(client, "textiopro", message)
        await people.settle()
    assert [said for _, said in await replies(client, home, "textiopro")] == ["What was it?", "OK", "OK"]
    people.script(PHONES["textiopro"], *script[2:])
    await text(client, "textiopro")
    await text(client, "textiopro")
    assert len(await replies(client, home, "textiopro")) == 4


@pytest.mark.parametrize(("with_zone", "expected"), [(True, "2026-03-01T09:55:00Z"), (False, "2026-03-01 09:55:00")])
async def test_dates_may_be_wrong(client: Client, home: Home, *, with_zone: bool, expected: str) -> None:
    """A reply has a date that is minutes off, in both documented forms."""
    client.simulator.clock = lambda: datetime(2026, 3, 1, 10, tzinfo=UTC)
    reply = ScriptedReply(date_off=-300.0, with_zone=with_zone)
    client.simulator.people.script(PHONES["textinghouse"], reply)
    await text(client, "textinghouse")
    await client.simulator.people.settle()
    assert home.received[-1][2]["date"] == expected


@pytest.mark.parametrize("provider", ["textinghouse", "club_texting"])
async def test_a_reply_names_a_message(client: Client, home: Home, provider: str) -> None:
    """The provider names the message that is answered, or the first one."""
    client.simulator.accounts["club_texting"].callback_shape = "json"
    people = client.simulator.people
    people.script(PHONES[provider], ScriptedReply(to="Hello", text=""), ScriptedReply(), ScriptedReply(names="first"))
    for message in ("Hello", QUESTION, QUESTION.replace("Water", "Smoke")):
        await text(client, provider, message)
        await people.settle()
    field = "apimsgid" if provider == "textinghouse" else "id"
    named = [data[field] for _, _, data in home.received if "txt" in data or "message" in data]
    messages = [message.id for message in client.simulator.messages(provider)]
    assert named == [messages[1], messages[0]]


@pytest.mark.parametrize(("provider", "status"), [("textinghouse", "6"), ("textiopro", "Undelivered")])
async def test_a_phone_that_is_off_gets_nothing(client: Client, home: Home, provider: str, status: str) -> None:
    """Its texts are not delivered, and it replies to none, until it is on."""
    people = client.simulator.people
    people.script(PHONES[provider], ScriptedReply())
    people.switch(PHONES[provider], on=False)
    await text(client, provider)
    assert [message.status for message in client.simulator.messages()] == [status]
    assert await replies(client, home, provider) == []
    people.switch(PHONES[provider], on=True)
    await text(client, provider, QUESTION.replace("Water", "Smoke"))
    assert len(await replies(client, home, provider)) == 1


async def test_another_process_writes_scripts(client: Client, home: Home) -> None:
    """The control API takes scripts and switches, and shows what was replied."""
    simulator, number = client.simulator, "+33600000001"

    async def control(method: str, path: str, **body: Any) -> Any:
        async with client.session.request(method, simulator.control_url + path, json=body) as response:
            return response.status, json.loads(await response.text())

    script = {"number": number, "replies": [{"text": "NO {n}"}], "repeats": True}
    assert await control("POST", "/script", **script) == (200, {})
    assert await control("POST", "/switch", number=number, on=False) == (200, {})
    await text(client, "textinghouse")
    assert await control("POST", "/switch", number=number, on=True) == (200, {})
    await text(client, "textinghouse", QUESTION.replace("Water", "Smoke"))
    await simulator.people.settle()
    _, given = await control("GET", "/replies")
    assert [(reply["number"], reply["text"], reply["status"]) for reply in given] == [("33600000001", "NO 12", 200)]
    assert (await control("POST", "/script", number=number, replies=[{"wrong": 1}]))[0] == 400


async def test_what_cannot_reach_the_home_is_noted(client: Client) -> None:
    """Without a callback URL, a reply fails, and the reason is kept."""
    client.simulator.people.script(PHONES["textinghouse"], ScriptedReply())
    await text(client, "textinghouse")
    await client.simulator.people.settle()
    assert "callback URL" in client.simulator.people.given[0].error


@pytest.mark.parametrize("provider", ["textinghouse", "club_texting"])
async def test_a_provider_calls_again_until_the_home_takes_a_reply(client: Client, home: Home, provider: str) -> None:
    """The reply counts as given once, with the last response."""
    home.status = 503
    client.simulator.people.script(PHONES[provider], ScriptedReply(call_again_after=0.0))
    await text(client, provider)
    while len(home.received) < 5:  # a report may be among them
        home.called.clear()
        await home.called.wait()
    home.status = 200
    said = [said for _, said in await replies(client, home, provider)]
    assert len(said) > 1
    assert set(said) == {"OK 12"}
    assert [(given.text, given.status) for given in client.simulator.people.given] == [("OK 12", 200)]
