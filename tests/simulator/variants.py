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


# What versions of TextioPro's software do with lists, campaigns and contacts (UC and U38 are 3.8, U313 is 3.13).
LISTS_OF_3_8: Mapping[str, Any] = {
    "with_direction": False,
    "campaign_counts": "stats",
    "campaign_names": "time",
    "campaign_data": "first",
    "create_reads": "lower",
    "update_requires": "phone",
}
LISTS_OF_3_13: Mapping[str, Any] = {
    "direction_words": ("incoming", "api"),
    "direction_filter": "honoured",
    "campaign_counts": "stats",
    "campaign_names": "time",
}
# Reads of the token API are GET routes.
TOKEN_READS: Mapping[str, Any] = {"http_reads": "GET", "contact_reads": "GET"}
NO_INCOMING = frozenset({"incoming_poll"})

TEXTIOPRO: Mapping[str, Variant] = {
    "remaining-balance": Variant("the balance is remaining_balance, in money", {"balance_shape": "remaining"}),
    "no-direction": Variant(
        "the list does not say which messages came in", {"with_direction": False}, is_site=True, lacks=NO_INCOMING
    ),
    "everyones-messages": Variant(
        "the list has the messages of all users, without directions", {"with_direction": False, "other_users": 30}
    ),
    "direction-api": Variant("the direction of our own sends is api", {"direction_words": ("incoming", "api")}),
    "direction-inbound": Variant(
        "the directions are inbound and outbound", {"direction_words": ("inbound", "outbound")}
    ),
    "direction-filter": Variant("?direction=incoming lists only what came in", {"direction_filter": "honoured"}),
    "direction-refused": Variant("?direction=incoming is refused", {"direction_filter": "refused"}),
    "lists-3.8": Variant("lists, campaigns and contacts of version 3.8", LISTS_OF_3_8, is_site=True, lacks=NO_INCOMING),
    "lists-3.13": Variant("lists and campaigns of version 3.13", LISTS_OF_3_13, is_site=True),
    "token-reads": Variant("reads of the token API are GET requests", TOKEN_READS, is_site=True),
    "dropped-bodies": Variant(
        "reads of the token API are GET requests, and the server in front drops their bodies",
        {**TOKEN_READS, "drops_get_bodies": True},
    ),
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
