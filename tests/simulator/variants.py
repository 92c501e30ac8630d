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
    # What the user enters of such an account.
    fields: Mapping[str, Any] = field(default_factory=dict)
    # What a site of this kind cannot do: names of capabilities.
    lacks: frozenset[str] = field(default_factory=frozenset)


def _money(text: str, marks: str = "") -> dict[str, Any]:
    """Return the switches of a remaining_balance that is written like this."""
    return {"balance_shape": "remaining", "balance_text": text, **({"balance_marks": marks} if marks else {})}


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
    "without-type": Variant("a request may come without type and Accept header", {"strict": False}),
    "remaining-balance": Variant("the balance is remaining_balance, in money", {"balance_shape": "remaining"}),
    # Sends and words
    "refuses-in-words": Variant("only the words beside the list name refused numbers", {"refusals": "words"}),
    "delivered-at-hand-over": Variant("what the carrier took is Delivered", {"hand_over_word": "Delivered"}),
    "carrier-ids": Variant("a status is followed by the carrier's id", {"status_form": "carrier"}),
    "queue-statuses": Variant("the statuses are Queued and Sent", {"status_form": "queue"}),
    "smpp-statuses": Variant("the statuses are those of SMPP", {"status_form": "smpp"}),
    "wrong-token-in-words": Variant("a wrong token is an error with HTTP 200", {"wrong_token": "words"}),
    "no-permission": Variant("the account may not use the API", {"denies": "api"}),
    "no-permission-to-send": Variant("the account may not send", {"denies": "action", "denied_requests": "sends"}),
    "no-permission-to-list": Variant("the account may not list", {"denies": "action", "denied_requests": "lists"}),
    "plan-not-active": Variant("the plan is not active", {"denies": "plan"}),
    "no-subscription": Variant("the account has no plan", {"denies": "subscription"}),
    "carrier-refuses": Variant("the carrier refuses the site's login", {"carrier_error": "authentication error"}),
    "carrier-is-broke": Variant("the site has no credit at the carrier", {"carrier_error": "Balance Insufficient"}),
    "exception-in-sends": Variant(
        "a send ends with an exception", {"exception": "SQLSTATE[HY000] [2002] Connection refused"}
    ),
    "exception-in-reads": Variant(
        "reads end with an exception", {"exception": "Undefined array key 0", "exception_in": "reads"}
    ),
    "throttled": Variant("too many requests, with HTTP 429", {"throttled_status": 429}),
    "throttled-200": Variant("too many requests, with HTTP 200", {"throttled_status": 200}),
    "one-number": Variant("three recipients or more are read as one number", {"one_number_from": 3}),
    "otp-template": Variant("a one-time password needs a placeholder", {"otp_placeholder": "{{OTP}}"}),
    "ultimate-sms-3.8": Variant(
        "a site of version 3.8",
        {
            "refusals": "words",
            "status_form": "queue",
            "balance_shape": "remaining",
            **LISTS_OF_3_8,
            **TOKEN_READS,
        },
        is_site=True,
        lacks=NO_INCOMING,
    ),
    "ultimate-sms-3.13-token": Variant(
        "the token API of a site of version 3.13",
        {
            "refusals": "words",
            "hand_over_word": "Delivered",
            "status_form": "carrier",
            "wrong_token": "words",
            "balance_shape": "remaining",
            **LISTS_OF_3_13,
            **TOKEN_READS,
        },
        is_site=True,
        fields={"api": "token"},
    ),
    "french-site": Variant(
        "a site whose words are French",
        {"language": "fr", "refusals": "words", "wrong_token": "words"},
        is_site=True,
    ),
    "balance-units": Variant("the balance is remaining_unit", {"balance_shape": "remaining_unit"}),
    "balance-euros": Variant("the balance is in euros, as the French write", _money("{:,.2f}\u00a0€", "\u202f,")),
    "balance-reais": Variant("the balance is in reais", _money("R${:,.2f}", ".,")),
    "balance-rupees": Variant("the balance is in rupees, after a mark of direction", _money("\u200e₹{:,.2f}")),
    "balance-francs": Variant("the balance is in francs without decimals", _money("CFA {:,.0f}", " ,")),
    "balance-unlimited": Variant(
        "the account has no limit, in French",
        {"balance_shape": "remaining", "unlimited": True, "unlimited_text": "Illimité"},
    ),
    "balance-unreadable": Variant("the balance is a sentence", _money("on request, please call us")),
    "balance-null": Variant("the balance is null", {"balance_data": {"remaining_balance": None}}),
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
    "lists-3.8": Variant("lists, campaigns and contacts of version 3.8", LISTS_OF_3_8),
    "lists-3.13": Variant("lists and campaigns of version 3.13", LISTS_OF_3_13),
    "token-reads": Variant("reads of the token API are GET requests", TOKEN_READS),
    "dropped-bodies": Variant(
        "reads of the token API are GET requests, and the server in front drops their bodies",
        {**TOKEN_READS, "drops_get_bodies": True},
    ),
}

# What may stand in front of any provider.
ANYWHERE: Mapping[str, Variant] = {
    **{
        f"moved-{status}": Variant(f"all requests are redirected with {status}", {"redirect_status": status})
        for status in (301, 302, 307, 308)
    },
    **{
        f"challenge-{status}": Variant(f"a firewall asks for a browser with {status}", {"challenge_status": status})
        for status in (403, 503)
    },
    "busy": Variant("429 with a Retry-After in strange digits", {"busy_for": "²"}),
    "sessions": Variant("a cookie keeps who signed in last", {"session_cookie": True}, is_site=True),
}

TEXTINGHOUSE: Mapping[str, Variant] = {
    "decimal-comma": Variant("the balance has a decimal comma", {"decimal_comma": True}, is_site=True),
    "silent-main-host": Variant("the main host never responds", {"silent_site": "textinghouse"}),
}

EZ_TEXTING: Mapping[str, Variant] = {
    "recorded": Variant(
        "as recorded: a session cookie, and /api/lookup only without a slash",
        {"session_cookie": True, "slashes": False},
        is_site=True,
    ),
    "closed-api": Variant("-1 for right credentials, as the API is closed for new accounts", {"api_allowed": False}),
    "counts-double": Variant("another client's count: ~=+\\/@#% are two characters", {"doubled": "~=+\\/@#%"}),
    "json": Variant("texts come as JSON", {"callback_shape": "json"}, is_site=True, lacks=frozenset({"webhook_reply"})),
    "decimal-comma": Variant("the credit has a decimal comma", {"decimal_comma": True}, is_site=True),
}

THESMSPOINT: Mapping[str, Variant] = {
    "framework-errors": Variant("errors in Laravel's own shape", {"error_shape": "framework"}, is_site=True),
    "empty-pools": Variant(
        "pools without credit are null or empty",
        {"empty_pools": {"OTP": None, "Promotional": ""}},
        is_site=True,
        lacks=frozenset({"balance"}),
    ),
    "decimal-comma": Variant("the balances have decimal commas", {"decimal_comma": True}, is_site=True),
}

VARIANTS: Mapping[str, Mapping[str, Variant]] = {
    "textinghouse": {**ANYWHERE, **TEXTINGHOUSE},
    "textiopro": {**ANYWHERE, **TEXTIOPRO},
    "club_texting": {**ANYWHERE, **EZ_TEXTING},
    "group_texting": {**ANYWHERE, **EZ_TEXTING},
    "thesmspoint": {**ANYWHERE, **THESMSPOINT},
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
