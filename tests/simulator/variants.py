"""Variants: how real servers answer otherwise than their documents. An account can be switched to each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Variant:
    """One way in which a real server differs."""

    # What it does, for the help of the command line.
    about: str
    # The switches of the account, by name.
    switches: Mapping[str, Any]
    # True for everything that one real site does. The conformance suite runs against it.
    is_site: bool = False
    # What a site of this kind cannot do: names of capabilities.
    lacks: frozenset[str] = field(default_factory=frozenset)


TEXTIOPRO: Mapping[str, Variant] = {
    "without-type": Variant("a request may come without type and Accept header", {"strict": False}),
    "remaining-balance": Variant("the balance is remaining_balance, in money", {"balance_shape": "remaining"}),
    "balance-units": Variant("the balance is remaining_unit", {"balance_shape": "remaining_unit"}),
}

TEXTINGHOUSE: Mapping[str, Variant] = {}

EZ_TEXTING: Mapping[str, Variant] = {}

THESMSPOINT: Mapping[str, Variant] = {}

VARIANTS: Mapping[str, Mapping[str, Variant]] = {
    "textinghouse": TEXTINGHOUSE,
    "textiopro": TEXTIOPRO,
    "club_texting": EZ_TEXTING,
    "group_texting": EZ_TEXTING,
    "thesmspoint": THESMSPOINT,
}


def switch(account: Any, provider: str, name: str) -> Variant:
    """Switch an account to a variant, and return it. Raise LookupError if there is none of this name."""
    if (variant := VARIANTS[provider].get(name)) is None:
        raise LookupError(f"{provider} has no variant {name}: {', '.join(VARIANTS[provider]) or 'none'}")
    for switch_name, value in variant.switches.items():
        if not hasattr(account, switch_name):
            raise LookupError(f"the account has no switch {switch_name}")
        setattr(account, switch_name, value)
    return variant


def table() -> str:
    """Return the variants with what they do, one in a line."""
    lines = ["Variants of the accounts (--variant PROVIDER=NAME):"]
    for provider, variants in VARIANTS.items():
        lines += [f"  {provider}={name}: {variant.about}" for name, variant in variants.items()]
    return "\n".join(lines)
