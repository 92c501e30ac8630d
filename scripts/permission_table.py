"""Write what each action needs from its user, and who may call it, into docs/permissions.md."""

from pathlib import Path

from custom_components.texting.permissions import (
    ADMINISTRATOR,
    ALERTS,
    HISTORY,
    INCOMING,
    MESSAGE,
    RESEND,
    TARGETS,
    Need,
)
from custom_components.texting.services import ACTIONS
import tests.kit  # noqa: F401  makes the test kit work with a newer Home Assistant

PAGE = Path(__file__).parent.parent / "docs/permissions.md"
BEGIN, END = "<!-- permissions: begin -->", "<!-- permissions: end -->"

LEGACY = "notify.<account>"
NEEDS = (TARGETS, MESSAGE, HISTORY, RESEND, INCOMING, ALERTS, ADMINISTRATOR)
# What each action needs, by its full name.
NEEDED = {LEGACY: TARGETS, **{f"texting.{action.name}": action.needs for action in ACTIONS}}
USERS = ("automation", "administrator", "user", "limited user", "read-only user")
YES, THEIRS, NO = "✓", "theirs", ""


def who_may(need: Need) -> dict[str, str]:
    """Return for each kind of user whether they may call an action with this need."""
    people = need is not ADMINISTRATOR
    return {
        "automation": YES,
        "administrator": YES,
        "user": YES if people else NO,
        "limited user": THEIRS if people else NO,
        "read-only user": NO,
    }


def tables() -> str:
    """Return both tables in Markdown: what is needed, and by which action."""
    needs = [["need", "what the user must have"], ["---", "---"], *([f"**{need.name}**", need.text] for need in NEEDS)]
    actions = [
        ["action", "need", *USERS],
        ["---", "---", *(":-:" for _ in USERS)],
        *([f"`{name}`", need.name, *who_may(need).values()] for name, need in NEEDED.items()),
    ]
    return "\n\n".join("\n".join(f"| {' | '.join(row)} |" for row in table) for table in (needs, actions))


def page_with_tables(text: str) -> str:
    """Return the page with the current tables."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page_with_tables(PAGE.read_text("utf-8")), "utf-8")
