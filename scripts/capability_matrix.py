"""Writes the table of what each provider can do into the README, from the providers' own data."""

from pathlib import Path

from custom_components.texting.gateway.capabilities import Capability, MessageType
from custom_components.texting.gateway.providers import GATEWAYS
import tests.kit  # noqa: F401  first: newer cores alias what others import

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- capabilities: begin -->", "<!-- capabilities: end -->"

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
    Capability.KEYWORDS: "Keyword texts recognised",
    Capability.LOST_ANSWERS: "Finds out what became of a text when the answer was lost",
    Capability.FREE_TEST: "Free test text",
    Capability.REPLACE_CHARACTERS: "Refused characters can be replaced",
}
TYPES = {
    MessageType.SMS: "SMS",
    MessageType.VOICE: "Voice calls",
    MessageType.MMS: "MMS",
    MessageType.WHATSAPP: "WhatsApp",
    MessageType.VIBER: "Viber",
    MessageType.OTP: "One-time passwords",
}


def table() -> str:
    """The table in Markdown."""
    infos = [gateway.info for gateway in GATEWAYS.values()]
    rows = [
        ["", *(info.name for info in infos)],
        ["---", *(":-:" for _ in infos)],
        *([text, *(_mark(kind in info.message_types) for info in infos)] for kind, text in TYPES.items()),
        *([text, *(_mark(item in info.capabilities) for info in infos)] for item, text in CAPABILITIES.items()),
        ["Numbers in a request", *(str(info.batch_size) for info in infos)],
        ["Requests at once", *(str(info.in_flight) for info in infos)],
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def readme_with_table(text: str) -> str:
    """The README with the table as it is now."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _mark(has: bool) -> str:
    return "✓" if has else ""


if __name__ == "__main__":
    README.write_text(readme_with_table(README.read_text("utf-8")), "utf-8")
