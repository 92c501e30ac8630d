"""Test the terminal: typed lines, over plain HTTP to a customer's callback URL."""

from collections.abc import AsyncIterator
import re
import socket

import aiohttp
import pytest

from scripts.demo_home import tour
from scripts.demo_home.accounts import PEOPLE

from . import Simulator
from .__main__ import CREDENTIALS
from .customer import Client, Home
from .terminal import Person, Terminal

pytestmark = pytest.mark.usefixtures("socket_enabled")

ANNA, ELENA, GRACE = "33612345601", "34612345603", "2125550143"
STRANGER = "33612345699"


@pytest.fixture
def terminal(simulator: Simulator) -> Terminal:
    """Return the terminal of the demo's people."""
    return Terminal([simulator], tour.people())


@pytest.fixture
async def spare() -> AsyncIterator[Simulator]:
    """Run a second simulator."""
    async with Simulator() as running:
        yield running


def texts(home: Home) -> list[tuple[str, str]]:
    """Return who texted the home, and what."""
    return [
        (data.get("from", data.get("PhoneNumber", "")), data.get("txt", data.get("message", "")))
        for _, _, data in home.received
        if "status" not in data
    ]


async def test_the_example_of_the_tour_works_as_the_first_line(client: Client, home: Home, terminal: Terminal) -> None:
    """The demo has sent one text, and nobody has typed anything."""
    await client.send_house(to=PEOPLE["textinghouse"][tour.WELCOMED].removeprefix("+"), txt=tour.WELCOME)
    said = await terminal.follow(tour.FIRST_LINE)
    assert texts(home) == [(ANNA, "I am on my way")]
    assert said == "📱 Anna → I am on my way"


@pytest.mark.parametrize("line", re.findall(r"^ {7}(\w+: [A-Z]+)$", tour.TOUR, re.MULTILINE))
async def test_the_other_lines_of_the_tour_work(client: Client, home: Home, terminal: Terminal, line: str) -> None:
    await client.send_house(to=ANNA)
    assert await terminal.follow(line) == f"📱 Anna → {line.removeprefix('Anna: ')}"
    assert texts(home) == [(ANNA, line.removeprefix("Anna: "))]


async def test_a_phone_that_was_never_texted_replies_to_the_persons_provider(
    simulator: Simulator, home: Home, terminal: Terminal
) -> None:
    """TextioPro lists any text. The others say why they bring none."""
    assert await terminal.follow("elena: OK") == "📱 Elena → OK (waits until the home asks for it)"
    assert [message.sender for message in simulator._network.incoming] == [ELENA]
    assert "Ben cannot text this now. TextingHouse has not texted" in await terminal.follow("Ben: OK")
    assert "Dev cannot text this now. TheSMSPoint has no replies" in await terminal.follow("Dev: OK")
    assert "Grace cannot text this now. Group Texting forwards" in await terminal.follow("Grace: OK")
    assert "No provider has texted" in await terminal.follow(f"+{STRANGER}: OK")
    assert not home.received


async def test_the_provider_that_texted_last_gets_the_reply(client: Client, home: Home, terminal: Terminal) -> None:
    """Anna is TextingHouse's, but TextioPro was the last to text her."""
    await client.send_house(to=ANNA)
    await client.send_pro(recipient=ANNA)
    await terminal.follow("Anna: OK")
    assert [message.sender for message in client.simulator._network.incoming] == [ANNA]
    assert not texts(home)


@pytest.mark.parametrize("who", [f"+{STRANGER}", "06 12 34 56 99", "0033 6 12 34 56 99", STRANGER])
async def test_people_without_a_name_reply_by_number(client: Client, home: Home, terminal: Terminal, who: str) -> None:
    """A visitor added them by hand."""
    await client.send_house(to=STRANGER)
    assert await terminal.follow(f"{who}: OK") == f"📱 +{STRANGER} → OK"
    assert texts(home) == [(STRANGER, "OK")]


async def test_numbers_of_a_provider_without_country_codes(client: Client, home: Home, terminal: Terminal) -> None:
    await client.send_ez("group_texting", number=GRACE)
    assert await terminal.follow("(212) 555-0143: OK") == "📱 Grace → OK"
    assert texts(home) == [(GRACE, "OK")]


async def test_a_home_that_fails_is_told(client: Client, home: Home, terminal: Terminal) -> None:
    await client.send_house(to=ANNA)
    home.status = 500
    assert await terminal.follow("Anna: OK") == "📱 Anna → OK (the home answered 500)"
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        client.simulator.accounts["textinghouse"].callback_url = f"http://127.0.0.1:{silent.getsockname()[1]}/hook"
        assert "(the home did not answer: " in await terminal.follow("Anna: OK")


async def test_help_and_what_is_not_understood(terminal: Terminal) -> None:
    assert await terminal.follow("  \n") == ""
    shown = await terminal.follow("HELP\n")
    assert "Anna: OK" in shown
    assert "Elena" in shown
    assert "+33612345601: OK" in shown
    for line, why in (("good morning", "no colon"), ("Zoe: OK", "name Zoe"), ("Anna:", "no text")):
        said = await terminal.follow(line)
        assert why in said.splitlines()[0]
        assert said.endswith(shown)


async def test_a_simulator_alone_knows_numbers(client: Client, home: Home) -> None:
    terminal = Terminal([client.simulator])
    await client.send_house(to=ANNA)
    assert await terminal.follow("06 12 34 56 01: OK") == f"📱 +{ANNA} → OK"
    assert "+33 6 12 34 56 01: OK" in await terminal.follow("Anna: OK")


async def test_each_text_is_shown_once(client: Client, terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    """Also the one that came before anybody looked."""
    await client.send_house(to=ANNA, txt="Before")
    await client.simulator.settle()
    terminal.show_texts()
    await client.send_house(to=STRANGER, txt="After")
    await client.simulator.settle()
    assert capsys.readouterr().out == f"📱 Anna ← TextingHouse: Before\n📱 +{STRANGER} ← TextingHouse: After\n"


async def test_a_second_simulator_has_its_own_address_and_replies(
    simulator: Simulator, spare: Simulator, home: Home
) -> None:
    """A visitor's account is at the second one."""
    terminal = Terminal([simulator, spare], {"Anna": Person(f"+{ANNA}", "textinghouse")})
    simulator.accounts["textinghouse"].callback_url = None
    assert await terminal.follow(f"textinghouse: {home.url}") == "TextingHouse calls this address now."
    async with aiohttp.ClientSession() as session:
        await Client(simulator, session).send_house(to=ANNA)
        await Client(spare, session).send_house(to=ANNA)
    assert await terminal.follow("Anna: OK") == "📱 Anna → OK"
    assert texts(home) == [(ANNA, "OK")]


async def test_a_provider_without_calls_takes_no_address(simulator: Simulator, terminal: Terminal) -> None:
    assert await terminal.follow("TextioPro: http://127.0.0.1/hook") == "TextioPro calls no address."
    assert simulator.accounts["textiopro"].callback_url is None
    assert "name TextingHouse" in await terminal.follow("TextingHouse: OK")


def test_the_tour_names_the_address_and_the_login_of_each_provider(simulator: Simulator) -> None:
    told = tour.tour("http://127.0.0.1:8123/texting-demo", ("demo", "demo"), [], simulator)
    for line, provider in zip(told.split("TextingHouse: http://")[1].splitlines()[2:], PEOPLE, strict=False):
        assert f"{simulator.url(provider)}   {CREDENTIALS[provider]}" in line
    assert told.count("http://127.0.0.1:") == 1 + len(PEOPLE)
