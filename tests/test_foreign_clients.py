"""Test that the list of other people's clients agrees with what is installed, with the drivers and the simulator."""

import asyncio
from pathlib import Path
import re
import sys

import pytest

from scripts.foreign_clients import __main__ as program
from scripts.foreign_clients.clients import CLIENTS, WITHOUT, Client
from tests.simulator.variants import VARIANTS

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "scripts/foreign_clients"
BY_NAME = {client.name: client for client in CLIENTS}


def named(path: Path, pattern: str) -> set[str]:
    return set(re.findall(pattern, path.read_text("utf-8"), re.MULTILINE))


def test_each_client_is_pinned_and_has_a_driver() -> None:
    python = {name for name, client in BY_NAME.items() if client.runtime == "python"}
    node = BY_NAME.keys() - python
    groups = (ROOT / "pyproject.toml").read_text("utf-8").partition("\nforeign = [")[2].partition("]")[0]
    assert set(re.findall(r'"([a-z-]+)==', groups)) == python
    assert python <= named(ROOT / "requirements/foreign.txt", r"^([a-z-]+)==")
    assert named(ROOT / "requirements/npm.txt", r"^(\S+) [0-9.]+ [0-9a-f]{64}$") == node
    assert all(f'"{name}": ' in (SCRIPTS / "python_client.py").read_text("utf-8") for name in python)
    assert all(f'"{name}": ' in (SCRIPTS / "node_client.mjs").read_text("utf-8") for name in node)


def test_each_client_is_of_a_provider_and_its_variants_are_there() -> None:
    assert [client for client in CLIENTS if not set(client.variants) <= VARIANTS[client.provider].keys()] == []
    assert WITHOUT == ["TextingHouse", "Club Texting", "Group Texting", "TheSMSPoint"]


@pytest.mark.parametrize(
    ("lines", "errors"),
    [
        ([], {"send", "balance"}),
        (['{"step": "send", "result": "1"}', '{"step": "balance", "result": "100"}'], {"send"}),
        (['{"step": "send", "error": "refused"}', '{"step": "balance", "result": "99"}'], {"send", "balance"}),
    ],
    ids=["says nothing", "says sent and sent nothing", "another balance"],
)
@pytest.mark.usefixtures("_loopback")
async def test_what_a_client_says_is_compared_with_the_simulator(
    tmp_path: Path, lines: list[str], errors: set[str]
) -> None:
    """The driver of this client only prints these lines, so it sends nothing."""
    driver = tmp_path / "python/bin/python"
    driver.parent.mkdir(parents=True)
    await asyncio.to_thread(
        driver.write_text, "\n".join(["#!" + sys.executable, *(f"print({each!r})" for each in lines)])
    )
    driver.chmod(0o755)
    client = Client("a-client", "PyPI", "python", "a.site")
    outcome = await program.run(client, tmp_path, "node", variants=())
    wrong = program.unexpected(client, outcome, "the document", ())
    assert {error.partition(", ")[2].partition(":")[0] for error in wrong} == errors
    assert program.unexpected(client, outcome, "the document", errors) == []
