"""What must stay between the home, its gateway and its recipients."""

from custom_components.texting.gateway.provider import Provider
from tests.accounts import WEBHOOK_ID
from tests.flows import WRONG
from tests.home import numbers

SECRETS = ("demo-password", "7|demoTokenTextioPro", "demoTokenTextioPro", "demo-key", WEBHOOK_ID, WRONG)


def digits_of(text: str) -> str:
    """All digits of a text in a row."""
    return "".join(character for character in text if character.isdecimal())


def told(text: str, *private: str) -> list[str]:
    """The secrets, the recipients' numbers and what else is private, as far as a text tells them."""
    every = {number for provider in Provider for number in numbers(provider)}
    national = {number[-9:] for number in every}
    return [word for word in (*SECRETS, *sorted(every), *sorted(national), *private) if word in text]
