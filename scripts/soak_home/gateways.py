"""The five gateways of a soak: rich accounts, slow by turns, and failing now and then where that is wanted."""

from collections import Counter
from decimal import Decimal
from random import Random
from typing import Any

from scripts.soak_home.count import Key
from tests.simulator import Simulator

ENOUGH = Decimal(10**7)
# Seconds until a request is handled and then until it is answered, each at random between these.
DELAY = (0.002, 0.06)

# The requests that send.
SENDS: dict[str, dict[str, Any]] = {
    "textinghouse": {"params": {"cmd": "sendsms"}},
    "textinghouse_backup": {"params": {"cmd": "sendsms"}},
    "textiopro": {"path": "sms/send"},
    "club_texting": {"path": "sending"},
    "group_texting": {"path": "sending"},
    "thesmspoint": {"path": "send-"},
}
BUSY = ("club_texting", "group_texting")
# Kind of fault, its options, and the part of the sends that it befalls.
FAULTS: tuple[tuple[str, dict[str, Any], float], ...] = (
    ("cut", {"accept": True}, 0.01),
    ("cut", {"accept": False}, 0.01),
    ("hang", {"accept": True}, 0.002),
    ("latency", {"delay": 12.0}, 0.002),
)


def prepare(simulator: Simulator, random: Random) -> None:
    """Fill the accounts, and let every request take its time."""
    for account in simulator.accounts.values():
        account.credit = dict.fromkeys(account.credit, ENOUGH) if isinstance(account.credit, dict) else ENOUGH
    simulator.processing = simulator.latency = lambda: random.uniform(*DELAY)


def fail(simulator: Simulator) -> None:
    """Let some sends fail from now on."""
    for site, which in SENDS.items():
        for kind, options, chance in FAULTS:
            simulator.faults.add(site, kind, None, chance=chance, **which, **options)
    for site in BUSY:
        simulator.faults.add(site, "unavailable", None, chance=0.05, **SENDS[site])


def held(simulator: Simulator) -> Counter[Key]:
    """How often the gateways hold each message."""
    return Counter((message.provider, f"+{message.phone_number}", message.text) for message in simulator.messages())
