"""Club Texting and Group Texting against their documents, over plain HTTP."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from .accounts import Keyword
from .customer import CARD, EZ, LOGIN, Client, Home
from .loop_clock import LoopClock

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.mark.parametrize("site", EZ)
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "1"),
        ({"pass": "wrong"}, "-1"),
        ({"PhoneNumber": "+12125551234"}, "1"),
        ({"PhoneNumber": "212555123"}, "-106"),
        ({"PhoneNumber": "33600000001"}, "-106"),
        ({"PhoneNumber": "2125550001"}, "-5"),
        ({"PhoneNumber": "2125550002"}, "-104"),
        ({"Subject": "s" * 14}, "-7"),
        ({"Message": ""}, "-7"),
        ({"Message": "é"}, "-7"),
        ({"Message": "a" * 160}, "1"),
        ({"Message": "a" * 161}, "-7"),
        ({"Subject": "s", "Message": "a" * 160}, "-7"),
    ],
)
async def test_ez_send(client: Client, site: str, changes: dict[str, str], code: str) -> None:
    """Each documented code has a cause."""
    client.simulator.accounts[site].opted_out.add("2125550001")
    client.simulator.accounts[site].globally_opted_out.add("2125550002")
    assert await client.send_ez(site, **changes) == code
    assert len(client.simulator.messages(site)) == (code == "1")


@pytest.mark.parametrize(
    ("site", "text", "params", "code"),
    [
        ("club_texting", "a" * 130, {"Express": "0"}, "1"),
        ("club_texting", "a" * 131, {"Express": "0"}, "-7"),
        ("club_texting", "a" * 131, {"Express": "1"}, "1"),
        ("club_texting", "a" * 159 + "\n", {}, "-7"),
        ("club_texting", "+" * 160, {}, "1"),
        ("club_texting", "'\"", {}, "1"),
        ("group_texting", "'", {}, "-7"),
        ("group_texting", "a" * 158 + "\r\n", {}, "1"),
        ("group_texting", "a" * 159 + "\n", {}, "-7"),
        ("group_texting", "~@#%+=/\\" * 10, {}, "1"),
        ("group_texting", "~@#%+=/\\" * 10 + "a", {}, "-7"),
    ],
)
async def test_ez_lengths(client: Client, site: str, text: str, params: dict[str, str], code: str) -> None:
    """The brands count and allow characters differently."""
    assert await client.send_ez(site, text, **params) == code


async def test_ez_to_canada(client: Client) -> None:
    """Canada has a lower limit for express texts."""
    client.simulator.accounts["club_texting"].country = "ca"
    assert [await client.send_ez("club_texting", "a" * length) for length in (136, 137)] == ["1", "-7"]


@pytest.mark.parametrize("path", ["/api/sending", "/api/sending/"])
async def test_ez_names_have_no_case_and_get_works(client: Client, path: str) -> None:
    """The documented example in lower case, as GET, with and without the last slash."""
    params = LOGIN | {"phonenumber": "2125551234", "SUBJECT": "Door", "message": "Open"}
    assert await client.raw("group_texting", path, "GET", params=params) == (200, "1")
    assert client.simulator.messages()[0].extra["subject"] == "Door"


async def test_ez_credit(client: Client) -> None:
    """Each message costs one credit, until none is left."""
    client.simulator.accounts["group_texting"].credit = Decimal(1)
    assert [await client.send_ez("group_texting", text) for text in "ab"] == ["1", "-2"]
    assert await client.ez("group_texting", "credits/check") == "0"


async def test_ez_refuses_a_third_connection(client: Client) -> None:
    """A third request at the same time gets 503 and is not processed."""
    fault = client.simulator.faults.add("club_texting", "hold", None)
    asking = [
        asyncio.create_task(
            client.raw("club_texting", "/api/credits/check", data=LOGIN, headers={"Connection": "close"})
        )
        for _ in "abc"
    ]
    (refused,), _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
    assert refused.result()[0] == 503
    fault.release()
    assert sorted(status for status, _ in await asyncio.gather(*asking)) == [200, 200, 503]
    assert client.simulator.max_in_flight("club_texting") == 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [({}, "1"), ({"Credits": "99"}, "-2"), ({"CCNumber": "4000000000000002"}, "0"), ({"Zip": ""}, "-10")],
)
async def test_ez_buys_credits(client: Client, changes: dict[str, str], code: str) -> None:
    """A valid card buys from five dollars up, and no card number is stored."""
    params = LOGIN | CARD | {"Credits": "100"} | changes
    assert (await client.raw("club_texting", "/api/credits/buy/", data=params))[1] == code
    assert client.simulator.accounts["club_texting"].credit == (600 if code == "1" else 500)
    # Fewer digits may be those of a moment.
    assert params["CCNumber"][:12] not in str(client.simulator.requests())


async def test_ez_keywords(client: Client) -> None:
    """A keyword is checked, rented and set up."""
    keyword = {"Keyword": "Home"}
    assert [await client.ez("club_texting", "keyword/check", Keyword=word) for word in ("home", "PIZZA")] == ["1", "0"]
    assert await client.ez("club_texting", "keyword/rent", **CARD, **keyword) == "2"
    assert await client.ez("club_texting", "keyword/rent", **CARD, **keyword) == "1"
    faults = {"Group": "None", "Email": "me", "URL": "here", "Autoreply": "a" * 161, "Keyword": "other"}
    answers = [await client.ez("club_texting", "keyword/setup", **keyword | {name: faults[name]}) for name in faults]
    assert answers == ["-3", "-4", "-5", "-7", "-2"]
    assert await client.ez("club_texting", "keyword/setup", URL="http://127.0.0.1/", **keyword) == "1"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "1"),
        ({"CallerID": "1"}, "-3"),
        ({"PhoneNumbers[]": ["2125551234", "1"]}, "-4"),
        ({"SoundFile": "none.wav"}, "-5"),
        ({"SoundFile": "", "SoundSource": "http://example.com/a.mp3"}, "-6"),
        ({"SoundFile": "", "SoundSource": "http://example.com/a.wav"}, "1"),
        ({"SoundFile": ""}, "-7"),
    ],
)
async def test_club_voice_broadcast(client: Client, changes: dict[str, Any], code: str) -> None:
    """Numbers are a repeated parameter."""
    call = {"PhoneNumbers[]": ["2125551234", "2125551235"], "CallerID": "2125550000", "SoundFile": "alarm.wav"}
    pairs = LOGIN | call | changes
    form = [(name, entry) for name, value in pairs.items() for entry in (value if isinstance(value, list) else [value])]
    assert (await client.raw("club_texting", "/api/voicemessages/", data=form))[1] == code
    assert len(client.simulator.messages()) == (2 if code == "1" else 0)
    assert client.simulator.accounts["club_texting"].credit == (498 if code == "1" else 500)


async def test_club_voice_broadcast_costs(client: Client) -> None:
    """Each call costs a credit, and either all numbers are called or none."""
    client.simulator.accounts["club_texting"].credit = Decimal(1)
    form = [*LOGIN.items(), ("PhoneNumbers[]", "2125551234"), ("PhoneNumbers[]", "2125551235")]
    form += [("CallerID", "2125550000"), ("SoundFile", "alarm.wav")]
    assert (await client.raw("club_texting", "/api/voicemessages/", data=form))[1] == "-2"
    assert (await client.raw("club_texting", "/api/voicemessages/", "GET", params=form))[1] == "-7"
    assert client.simulator.messages() == []


async def test_club_lookup(client: Client) -> None:
    """A carrier is a word; Group Texting has no lookup."""
    numbers = ("2125551234", "2125550004", "2125550006", "2125550009", "1")
    answers = [await client.ez("club_texting", "lookup", PhoneNumber=number) for number in numbers]
    assert answers == ["VERIZONUS", "UNKNOWN", "FAILURE", "-4", "-2"]
    client.simulator.accounts["club_texting"].credit = Decimal(0)
    assert await client.ez("club_texting", "lookup", phonenumber="2125551234") == "-3"
    assert (await client.raw("group_texting", "/api/lookup/", data=LOGIN))[0] == 404


@pytest.mark.parametrize("site", EZ)
@pytest.mark.parametrize(
    "path", ["sending", "credits/check", "credits/buy", "keyword/check", "keyword/rent", "keyword/setup"]
)
async def test_ez_out_of_order(client: Client, site: str, path: str) -> None:
    """Every operation has an unknown error, after it has checked the login."""
    client.simulator.accounts[site].broken.add(path)
    assert await client.ez(site, path) == "-10"
    assert (await client.raw(site, f"/api/{path}/", data={"user": "demo"}))[1] == "-1"


async def test_ez_purchases_are_posted(client: Client) -> None:
    """A purchase cannot be made with GET."""
    params = {**LOGIN, **CARD, "Credits": "100", "Keyword": "home"}
    for path in ("credits/buy", "keyword/rent"):
        assert (await client.raw("group_texting", f"/api/{path}/", "GET", params=params))[1] == "-10"
    assert (await client.raw("group_texting", "/api/keyword/check", "GET", params=params))[1] == "1"
    assert not client.simulator.accounts["group_texting"].keywords
    assert not [request for request in client.simulator.requests() if CARD["CCNumber"] in str(request)]


async def test_ez_keyword_check_below_the_minimum(client: Client) -> None:
    """The document lists the code of a purchase here too."""
    client.simulator.accounts["club_texting"].below_minimum = True
    assert await client.ez("club_texting", "keyword/check", Keyword="home") == "-2"


@pytest.mark.parametrize("card", [{"Expy": "20"}, {"Type": "Diners"}, {"CCNumber": "4111111111111112"}, {"Expm": "13"}])
async def test_ez_cards(client: Client, card: dict[str, str]) -> None:
    """An invalid card is declined."""
    assert await client.ez("group_texting", "keyword/rent", **CARD | card, Keyword="home") == "0"
    assert await client.ez("group_texting", "credits/buy", **CARD | card, Credits="100") == "0"


@pytest.mark.parametrize(
    ("text", "names"),
    [("JOIN", ("PhoneNumber", "Message")), ("join us", ("from", "message")), ("yes", ("from", "message"))],
)
async def test_ez_incoming(client: Client, home: Home, text: str, names: tuple[str, str]) -> None:
    """A keyword alone has other parameter names than a reply."""
    client.simulator.accounts["group_texting"].keywords["join"] = Keyword()
    await client.send_ez("group_texting")
    await client.simulator.answer("+12125551234", text, "group_texting")
    assert home.received[0][::2] == ("GET", dict(zip(names, ("2125551234", text), strict=True)))


@pytest.mark.parametrize(("body", "texts"), [("Thanks!", ["Hello", "Thanks!"]), ("", ["Hello"]), ("é", ["Hello"])])
async def test_ez_waits_for_a_response(client: Client, home: Home, body: str, texts: list[str]) -> None:
    """The response of a callback is texted back if it has allowed characters."""
    client.simulator.accounts["group_texting"].wait_for_response = True
    home.body = body
    await client.send_ez("group_texting")
    assert await client.simulator.answer("2125551234", "Hi") == (200, body)
    await client.simulator.settle()
    assert [message.text for message in client.simulator.messages()] == texts


async def test_ez_response_in_a_minute(client: Client, home: Home, loop_clock: LoopClock) -> None:
    """A response that is late or not 200 is ignored; without the option every response is."""
    account = client.simulator.accounts["group_texting"]
    home.body = "Thanks!"
    await client.send_ez("group_texting")
    assert await client.simulator.answer("2125551234", "Hi") == (200, "Thanks!")
    account.wait_for_response, home.status = True, 500
    assert await client.simulator.answer("2125551234", "Hi") == (500, "Thanks!")
    home.status, home.seconds = 200, 3600.0
    home.called.clear()
    answering = asyncio.create_task(client.simulator.answer("2125551234", "Hi"))
    await home.called.wait()
    loop_clock.advance(account.callback_seconds + 1)
    assert await answering == (0, "")
    await client.simulator.settle()
    assert len(client.simulator.messages()) == 1


@pytest.mark.parametrize("body", ["a" * 161, "~" * 81])
async def test_ez_response_too_long(client: Client, home: Home, body: str) -> None:
    """An autoreply has the same limits as a text."""
    client.simulator.accounts["group_texting"].wait_for_response = True
    home.body = body
    await client.send_ez("group_texting")
    await client.simulator.answer("2125551234", "Hi")
    assert len(client.simulator.messages()) == 1


@pytest.mark.parametrize(
    ("unique", "text", "calls"),
    [
        (True, "JOIN", [("key", "PhoneNumber")]),
        (False, "JOIN", [("key", "PhoneNumber"), ("hook", "from")]),
        (True, "join us", [("key", "PhoneNumber")]),
        (False, "join us", [("key", "PhoneNumber"), ("hook", "from")]),
    ],
)
async def test_ez_unique_requests(
    client: Client, home: Home, unique: bool, text: str, calls: list[tuple[str, str]]
) -> None:
    """A keyword submission goes to the keyword's URL, and to the forwarding URL unless requests are unique."""
    account = client.simulator.accounts["group_texting"]
    account.unique_requests = unique
    account.keywords["join"] = Keyword(url=home.url.replace("hook", "key"))
    await client.simulator.answer("2125551234", text, "group_texting")
    made = [(call.url.rpartition("/")[2], next(iter(call.params))) for call in client.simulator.callbacks]
    assert made == calls
    await client.simulator.answer("2125551234", "join us", "group_texting")  # the autoreply makes it a reply
    assert client.simulator.callbacks[-1].params == {"from": "2125551234", "message": "join us"}
    assert len(client.simulator.callbacks) == len(calls) + 1


@pytest.mark.parametrize("site", EZ)
@pytest.mark.parametrize(
    ("waits", "body", "texts"),
    [
        (False, "Hi", ["Thank you for joining our list."]),
        (True, "", ["Thank you for joining our list."]),
        (True, "Hi", ["Hi"]),
    ],
)
async def test_ez_autoreply(client: Client, home: Home, site: str, waits: bool, body: str, texts: list[str]) -> None:
    """A keyword's autoreply costs a credit, and the response of the server replaces it."""
    account = client.simulator.accounts[site]
    account.keywords["join"] = Keyword(url=home.url)
    account.unique_requests, account.wait_for_response, home.body = True, waits, body
    before = account.credit
    await client.simulator.answer("2125551234", "Join", site)
    assert [message.text for message in client.simulator.messages(site)] == texts
    assert account.credit == before - 1
    account.credit = Decimal(0)
    await client.simulator.answer("2125551234", "Join", site)
    assert len(client.simulator.messages(site)) == 1


async def test_ez_autoreply_without_a_url(client: Client) -> None:
    """A keyword has an autoreply, with and without a callback."""
    client.simulator.accounts["club_texting"].keywords["join"] = Keyword()
    assert await client.simulator.answer("2125551234", "Join", "club_texting") is None
    assert len(client.simulator.messages("club_texting")) == 1
    with pytest.raises(LookupError):
        await client.simulator.answer("2125551234", "Hello", "club_texting")


@pytest.mark.parametrize(
    ("site", "out", "code", "back", "after"),
    [
        ("club_texting", "STOP", "-5", "start", "1"),
        ("club_texting", "stop", "-5", "Join", "1"),
        ("club_texting", "Stop all", "-104", "join", "1"),
        ("club_texting", "stop all", "-104", "help", "-104"),
        ("group_texting", "STOPALL", "-104", "Help", "1"),
        ("group_texting", "STOPALL", "-104", "Join", "1"),
        ("group_texting", "STOP", "-5", "help", "-5"),
        ("group_texting", "STOP", "-5", "Hello", "-5"),
    ],
)
async def test_ez_opt_out(client: Client, home: Home, site: str, out: str, code: str, back: str, after: str) -> None:
    """Numbers that opted out get nothing, not even the server's response, until they opt in again."""
    account = client.simulator.accounts[site]
    account.keywords["join"] = Keyword(url=home.url)
    account.wait_for_response, home.body = True, "Hi"
    assert await client.send_ez(site) == "1"
    await client.simulator.answer("2125551234", out, site)
    assert len(client.simulator.messages(site)) == 1
    assert await client.send_ez(site) == code
    await client.simulator.answer("2125551234", back, site)
    assert await client.send_ez(site) == after
