"""Prepare the five simulated gateways: add credit, delay each response at random, and make some sends fail."""

from collections import Counter
from decimal import Decimal
from random import Random
from typing import Any

from scripts.soak_home.count import MessageKey
from tests.simulator import Simulator

CREDIT = Decimal(10**7)
# The minimum and maximum seconds before a request is handled, and again before its response.
DELAY = (0.002, 0.06)

# The requests that send a message.
SENDS: dict[str, dict[str, Any]] = {
    "textinghouse": {"params": {"cmd": "sendsms"}},
    "textinghouse_backup": {"params": {"cmd": "sendsms"}},
    "textiopro": {"path": "sms/send"},
    "club_texting": {"path": "sending"},
    "group_texting": {"path": "sending"},
    "thesmspoint": {"path": "send-"},
}
# Sites that sometimes say that they are unavailable.
BUSY = ("club_texting", "group_texting")
# The kind of a fault, its options, and its probability for each send.
FAULTS: tuple[tuple[str, dict[str, Any], float], ...] = (
    ("cut", {"accept": True}, 0.01),
    ("cut", {"accept": False}, 0.01),
    ("hang", {"accept": True}, 0.002),
    ("latency", {"delay": 12.0}, 0.002),
)


def prepare(simulator: Simulator, random: Random) -> None:
    """Add credit to the accounts, and delay every request at random."""
    add_credit(simulator)
    simulator.processing = simulator.latency = lambda: random.uniform(*DELAY)


def add_credit(simulator: Simulator) -> None:
    """Add credit to the accounts."""
    for account in simulator.accounts.values():
        account.credit = dict.fromkeys(account.credit, CREDIT) if isinstance(account.credit, dict) else CREDIT


def add_faults(simulator: Simulator) -> None:
    """Make some sends fail from now on."""
    for site, which in SENDS.items():
        for kind, options, chance in FAULTS:
            simulator.faults.add(site, kind, None, chance=chance, **which, **options)
    for site in BUSY:
        simulator.faults.add(site, "unavailable", None, chance=0.05, **SENDS[site])


def refuse(simulator: Simulator, provider: str, number: str) -> None:
    """Let a gateway refuse every text to a number. TheSMSPoint refuses none."""
    digits, account = number.removeprefix("+"), simulator.accounts[provider]
    if provider == "textinghouse":
        for site in ("textinghouse", "textinghouse_backup"):
            which = {**SENDS[site]["params"], "to": digits}
            simulator.faults.add(site, "answer", None, params=which, body="ERR: 400 | STOP mention missing")
    elif provider == "textiopro":
        account.invalid_numbers.add(digits)
    elif provider in BUSY:
        account.opted_out.add(digits[-10:])


def count_by_key(simulator: Simulator) -> Counter[MessageKey]:
    """Count how often the gateways have each message."""
    return Counter((message.provider, f"+{message.phone_number}", message.text) for message in simulator.messages())
