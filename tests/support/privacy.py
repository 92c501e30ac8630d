"""Secrets and numbers that only the home, its gateway and its recipients may see."""

from custom_components.texting.gateway.provider import Provider
from tests.support.accounts import WEBHOOK_ID
from tests.support.flows import WRONG
from tests.support.home import numbers

SECRETS = ("demo-password", "7|demoTokenTextioPro", "demoTokenTextioPro", "demo-key", WEBHOOK_ID, WRONG)


def digits_of(text: str) -> str:
    """Return all digits of a text as one string."""
    return "".join(character for character in text if character.isdecimal())


def told(text: str, *private: str) -> list[str]:
    """Return the secrets, the recipients' numbers and the given private words that a text contains."""
    every = {number for provider in Provider for number in numbers(provider)}
    national = {number[-9:] for number in every}
    return [word for word in (*SECRETS, *sorted(every), *sorted(national), *private) if word in text]
