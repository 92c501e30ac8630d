"""Write what each provider can do into the documents: a short table, a long one, and a list on its page."""

from collections.abc import Iterator
from pathlib import Path

from custom_components.texting.gateway.capabilities import Capability, MessageType
from custom_components.texting.gateway.provider import Provider, ProviderInfo
from custom_components.texting.gateway.providers import GATEWAYS
import tests.kit  # noqa: F401  makes the test kit work with a newer Home Assistant

README = Path(__file__).parent.parent / "README.md"
PROVIDERS = README.parent / "docs/providers.md"
PAGES = README.parent / "docs/providers"
CAPABILITIES_PART, CHOICE_PART = "capabilities", "choice"

# What the calling codes of ProviderInfo stand for.
COUNTRIES = {"1": "the United States and Canada", "91": "India"}
# Whom a provider suits.
SUITS = {
    Provider.TEXTINGHOUSE: "a home that the internet reaches: everything arrives at once. Also a free test number",
    Provider.TEXTIOPRO: "a home that the internet does not reach: it fetches its replies. Also WhatsApp and calls",
    Provider.CLUB_TEXTING: "people who have an account: for a new one, ask if programs may use it. Also recorded calls",
    Provider.GROUP_TEXTING: "people who have an account: for a new one, ask if programs may use it",
    Provider.THESMSPOINT: "India, if your texts are registered there as templates: alerts without replies",
}

CAPABILITIES = {
    Capability.BALANCE: "Credit balance",
    Capability.TITLE: "Subject (title) of its own",
    Capability.SENDER: "Sender chosen per text",
    Capability.SCHEDULE: "Send later (`send_at`)",
    Capability.COMMERCIAL: "Commercial texts",
    Capability.EXPRESS: "Express or standard delivery",
    Capability.TEMPLATES: "Registered templates",
    Capability.SENDER_LIST: "Senders and templates to choose from",
    Capability.CHANNEL: "Channels",
    Capability.BATCH: "Many numbers in one request",
    Capability.DELIVERY_REPORTS: "Delivery reports, pushed",
    Capability.STATUS: "Delivery status, asked for",
    Capability.INCOMING_PUSH: "Incoming texts, pushed",
    Capability.INCOMING_POLL: "Incoming texts, asked for",
    Capability.KEYWORDS: "Keyword texts recognized",
    Capability.LOST_ANSWERS: "Finds out if a text was sent when the response got lost",
    Capability.FREE_TEST: "Free test text",
    Capability.REPLACE_CHARACTERS: "Refused characters can be replaced",
    Capability.WEBHOOK_REPLY: "Replies within the provider's own request",
    Capability.CREDIT_PURCHASE: "Credits bought from Home Assistant",
    Capability.KEYWORD_SETUP: "Keywords checked, rented and set up",
    Capability.CARRIER_LOOKUP: "Carrier of a number",
    Capability.VOICE_BROADCAST: "Sounds played to many numbers",
    Capability.CONTACTS: "Contact groups and contacts kept at the provider",
    Capability.CAMPAIGNS: "Campaigns: one text to contact groups",
    Capability.MESSAGE_LIST: "List of the texts the provider keeps",
    Capability.PROFILE: "Profile of the account",
}
TYPES = {
    MessageType.SMS: "SMS",
    MessageType.VOICE: "Voice calls",
    MessageType.MMS: "MMS",
    MessageType.WHATSAPP: "WhatsApp",
    MessageType.VIBER: "Viber",
    MessageType.OTP: "One-time passwords",
}

# Names keep their capital letter inside a sentence.
NAMES = {TYPES[MessageType.WHATSAPP], TYPES[MessageType.VIBER]}
# The features that every account has.
ALWAYS = (
    "a notify entity for each recipient, `notify.<account>`, `texting.send_message`, `texting.preview_message`, "
    "`texting.get_status`, `texting.cancel_message`, `texting.get_history`, `texting.resend_message`, sensors *Last "
    "delivery status*, *Segments today*, *Spent this month* (with a price), *Pending messages* and *Oldest pending "
    "message*, event *Delivery report*, a place in routes"
)
# Where Home Assistant offers each capability.
WHERE = {
    Capability.BALANCE: "sensors *Credit balance* and *Credit lasts until*, binary sensor *Low credit*",
    Capability.TITLE: "`title` of a text",
    Capability.SENDER: "`sender` of a text, *Sender* of a recipient",
    Capability.SCHEDULE: "`send_at` of a text",
    Capability.COMMERCIAL: "`commercial` of a text",
    Capability.EXPRESS: "`express` of a text",
    Capability.TEMPLATES: "`template_id` of a text",
    Capability.SENDER_LIST: "step *Sender and template*, `texting.list_senders`, `texting.list_templates`",
    Capability.CHANNEL: "`channel` of a text",
    Capability.BATCH: "automatically, if several are texted at once",
    Capability.DELIVERY_REPORTS: "once the address under *Configure* is pasted at the provider",
    Capability.STATUS: "automatically, and by `texting.get_status`; sensor *Delivery rate*",
    Capability.INCOMING_PUSH: "event *Incoming message*, once the address under *Configure* is pasted at the provider",
    Capability.INCOMING_POLL: "event *Incoming message*",
    Capability.KEYWORDS: "event *Incoming message*, kind *Keyword*",
    Capability.LOST_ANSWERS: "automatically, so that no text is sent twice",
    Capability.FREE_TEST: "button *Send test message*",
    Capability.REPLACE_CHARACTERS: "*Configure > Settings > Replace characters*",
    Capability.CREDIT_PURCHASE: "*Configure > Buy credits*",
    Capability.KEYWORD_SETUP: "*Add keyword* on the account, `texting.check_keyword`, `texting.set_up_keyword`",
    Capability.CARRIER_LOOKUP: "`texting.look_up_carrier`",
    Capability.VOICE_BROADCAST: "`texting.broadcast_voice`",
    Capability.WEBHOOK_REPLY: "`texting.reply` within *Wait for a reply*, *Fixed reply* of a keyword",
    Capability.CONTACTS: "ten actions from `texting.list_contact_groups` to `texting.delete_contact`",
    Capability.CAMPAIGNS: "`texting.send_campaign`, `texting.get_campaign`, recipients with a *Contact group*",
    Capability.MESSAGE_LIST: "`texting.list_messages`",
    Capability.PROFILE: "`texting.get_profile`",
}


def choice() -> str:
    """Return the table that helps to choose a provider, in Markdown."""
    rows = [
        ["provider", "sends to", "replies", "delivery reports", "suits"],
        ["---"] * 5,
        *([_link(info), sends_to(info), _replies(info), _reports(info), SUITS[info.provider]] for info in _infos()),
    ]
    return _lines(rows)


def sends_to(info: ProviderInfo) -> str:
    """Return the countries that a provider serves, in words."""
    return " and ".join(COUNTRIES[code] for code in info.calling_codes) or "most countries: see its price list"


def _link(info: ProviderInfo) -> str:
    return f"[{info.name}]({page_of(info).relative_to(README.parent)})"


def _replies(info: ProviderInfo) -> str:
    if Capability.INCOMING_PUSH in info.capabilities:
        return "at once, if the internet reaches your home"
    return "within 30 seconds or so" if info.receives else "no"


def _reports(info: ProviderInfo) -> str:
    return "yes" if info.reports else "no, only that the text was accepted"


def table() -> str:
    """Return the table of all capabilities in Markdown."""
    infos = _infos()
    rows = [
        ["", *(info.name for info in infos)],
        ["---", *(":-:" for _ in infos)],
        *([text, *(_mark(kind in info.message_types) for info in infos)] for kind, text in TYPES.items()),
        *([text, *(_mark(item in info.capabilities) for info in infos)] for item, text in CAPABILITIES.items()),
        ["Numbers in a request", *(str(info.batch_size) for info in infos)],
        ["Requests at once", *(str(info.in_flight) for info in infos)],
    ]
    return _lines(rows)


def abilities(info: ProviderInfo) -> str:
    """Return the capabilities that a provider has, where to find them, and those it lacks, as a list in Markdown."""
    lacks = [text for item, text in CAPABILITIES.items() if item not in info.capabilities]
    lacks += [text for kind, text in TYPES.items() if kind not in info.message_types]
    lines = [
        f"**Kinds of messages**: {', '.join(_in_a_sentence(TYPES[kind]) for kind in info.message_types)}",
        f"**As every account**: {ALWAYS}",
        *(f"**{text}**: {WHERE[item]}" for item, text in CAPABILITIES.items() if item in info.capabilities),
        *_limits(info),
        f"**What it does not have**: {'; '.join(_in_a_sentence(text) for text in lacks)}",
    ]
    return "\n".join(f"* {line}" for line in lines)


def _limits(info: ProviderInfo) -> Iterator[str]:
    yield f"**Numbers in a request**: {info.batch_size}"
    yield f"**Requests at once**: {info.in_flight}"
    if info.languages:
        yield f"**Languages of voice calls**: {', '.join(info.languages)}"
    if info.pools:
        yield f"**Balances**: {', '.join(info.pools)}"
    if info.test_number:
        yield f"**Free test number**: {info.test_number}"
    if info.calling_codes:
        yield f"**Sends to numbers that begin with**: {', '.join(f'+{code}' for code in info.calling_codes)}"


def _in_a_sentence(text: str) -> str:
    """Return the text with a lowercase first letter, unless it begins with a name."""
    return text[0].lower() + text[1:] if text[1:2].islower() and text not in NAMES else text


def readme_with_choice(text: str) -> str:
    """Return the README with the current table for choosing a provider."""
    return _between(text, CHOICE_PART, choice())


def providers_with_table(text: str) -> str:
    """Return the page of all providers with the current table."""
    return _between(text, CAPABILITIES_PART, table())


def page_with_list(text: str, info: ProviderInfo) -> str:
    """Return a provider's page with the current list."""
    return _between(text, CAPABILITIES_PART, abilities(info))


def page_of(info: ProviderInfo) -> Path:
    """Return the path of a provider's page."""
    return PAGES / f"{info.provider}.md"


def _infos() -> list[ProviderInfo]:
    return [gateway.info for gateway in GATEWAYS.values()]


def _lines(rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _between(text: str, part: str, generated: str) -> str:
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    return f"{before}{begin}\n{generated}\n{end}{after}"


def _mark(has: bool) -> str:
    return "✓" if has else ""


if __name__ == "__main__":
    README.write_text(readme_with_choice(README.read_text("utf-8")), "utf-8")
    PROVIDERS.write_text(providers_with_table(PROVIDERS.read_text("utf-8")), "utf-8")
    for info in _infos():
        page = page_of(info)
        page.write_text(page_with_list(page.read_text("utf-8"), info), "utf-8")
