"""The accounts of the providers: credentials, credit, and switches for what is not documented."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

USER = "demo"
PASSWORD = "demo-password"
TEXTIOPRO_TOKEN = "7|demoTokenTextioPro"
THESMSPOINT_KEY = "demo-key"


@dataclass(slots=True)
class TextingHouseAccount:
    """An account at TextingHouse."""

    user: str = USER
    password: str = PASSWORD
    credit: Decimal = Decimal(1423)
    price: Decimal = Decimal(1)
    ip_locked: bool = False
    flood_seconds: float = 10.0
    processing_fails: bool = False
    time_zone: str = "Europe/Paris"
    time_zones: dict[str, str] = field(default_factory=lambda: {"262692": "Indian/Reunion", "44": "Europe/London"})
    holidays: set[date] = field(default_factory=set)
    callback_url: str | None = None
    callback_form: bool = False
    reply_date_format: str = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(slots=True)
class TextioProAccount:
    """An account at TextioPro."""

    token: str = TEXTIOPRO_TOKEN
    strict: bool = True  # `type` and the Accept header must be given, as documented
    credit: Decimal = Decimal(100)
    price: Decimal = Decimal(1)
    callback_url: str | None = None  # never called: no push is documented
    balance_shape: Literal["documented", "remaining", "remaining_unit"] = "documented"
    unlimited: bool = False
    error_status: int = 200
    unauthenticated_status: int = 401
    http_reads: Literal["any", "GET", "POST"] = "any"
    status_key: Literal["status", "customer_status"] = "status"
    scheduled_data: Literal["null", "full"] = "null"
    with_direction: bool = True
    update_requires: Literal["PHONE", "phone"] = "PHONE"
    per_page: int = 25
    lying_pages: Literal["", "empty", "repeated", "many", "few", "total"] = ""
    page_fields: Literal["all", "next", "total"] = "all"  # which of the three numbers a page has
    oldest_first: bool = False  # the order of the message list, which is not documented
    contact_reads: Literal["POST", "GET"] = "POST"
    group_counts: bool = True
    unique_names: bool = False
    field_names: Literal["upper", "lower"] = "upper"
    delete_data: Literal["documented", "null"] = "documented"
    missing_shape: Literal["envelope", "laravel"] = "envelope"
    campaign_counts: Literal["row", "cache", "none"] = "row"
    campaign_data: Literal["full", "null", "sentence"] = "full"
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    campaigns: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Keyword:
    """A rented keyword and its setup."""

    group: str = ""
    autoreply: str = "Thank you for joining our list."
    email: str = ""
    url: str = ""


@dataclass(slots=True)
class EzTextingAccount:
    """An account at Club Texting or Group Texting."""

    user: str = USER
    password: str = PASSWORD
    credit: Decimal = Decimal(500)
    credit_price: Decimal = Decimal("0.05")
    country: Literal["us", "ca"] = "us"
    api_allowed: bool = True
    login_failed_status: int = 200
    connection_limit: int | None = 2
    callback_url: str | None = None
    callback_extra: dict[str, str] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)  # operations that respond with -10, as "credits/buy"
    below_minimum: bool = False  # a check of a keyword responds with -2, as documented
    callback_seconds: float = 60.0  # "within 60 seconds or it will be abandoned" (Group Texting)
    wait_for_response: bool = False
    unique_requests: bool = False  # call a keyword's URL only, and not the forwarding URL too
    opted_out: set[str] = field(default_factory=set)
    globally_opted_out: set[str] = field(default_factory=set)
    keywords: dict[str, Keyword] = field(default_factory=dict)
    taken_keywords: set[str] = field(default_factory=lambda: {"pizza", "taken"})
    groups: set[str] = field(default_factory=lambda: {"Home"})
    sound_files: set[str] = field(default_factory=lambda: {"alarm.wav"})


def _senders() -> list[dict[str, str]]:
    return [
        {
            "id": "11",
            "entity_id": "1101000000000000001",
            "type_value": "Transactional",
            "sender_id": "HOMEHA",
            "purpose_value": "Home alerts",
            "approve_status": "Approved",
        },
        {
            "id": "12",
            "entity_id": "1101000000000000001",
            "type_value": "Promotional",
            "sender_id": "HOMEAD",
            "purpose_value": "Offers",
            "approve_status": "Pending",
        },
    ]


def _templates() -> list[dict[str, str]]:
    texts = (
        ("21", "Front door", "1107000000000000001", "The front door is open.", "Approved"),
        ("22", "Any alert", "1107000000000000002", "Home alert: {#var#}", "Approved"),
        ("23", "Water leak", "1107000000000000003", "Water in the {#var#}.", "Pending"),
        ("24", "Anything", "1107000000000000004", "{#var#}" * 20, "Approved"),
    )
    return [
        {
            "id": number,
            "name": name,
            "template_id": template_id,
            "type": "Transactional",
            "sender_id": "HOMEHA",
            "message": message,
            "template_status": status,
        }
        for number, name, template_id, message, status in texts
    ]


def _pools() -> dict[str, Decimal]:
    return {"OTP": Decimal(100), "Promotional": Decimal(2000), "Transactional": Decimal(5000)}


@dataclass(slots=True)
class TheSmsPointAccount:
    """An account at TheSMSPoint; its credit is in three pools."""

    key: str = THESMSPOINT_KEY
    credit: dict[str, Decimal] = field(default_factory=_pools)
    callback_url: str | None = None  # never called: no push is documented
    senders: list[dict[str, str]] = field(default_factory=_senders)
    templates: list[dict[str, str]] = field(default_factory=_templates)
    bulk_shape: Literal["message_data", "message_id"] = "message_data"
    report_shape: Literal["mobile_number", "recipient", "mixed", "single"] = "mobile_number"
    report_status: Literal["error", "success"] = "error"
    error_status: int = 200
    error_field: Literal["message", "errors"] = "message"
    checks_templates: bool = False  # who checks templates, the provider or the operator, is not documented


def default_accounts() -> dict[str, Any]:
    """Return one account at each provider, by provider."""
    return {
        "textinghouse": TextingHouseAccount(),
        "textiopro": TextioProAccount(),
        "club_texting": EzTextingAccount(),
        "group_texting": EzTextingAccount(credit=Decimal(250)),
        "thesmspoint": TheSmsPointAccount(),
    }


def bare_number(amount: Decimal) -> str:
    """Format an amount as the providers do, without exponent and trailing zeros."""
    return f"{amount.normalize():f}" if amount else "0"


def json_number(amount: Decimal) -> int | float:
    """Convert an amount to a JSON number."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)
