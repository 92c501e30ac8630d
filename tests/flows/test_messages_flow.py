"""The page of an account's last messages."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.texting.delivery.incoming import IncomingRecord
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.status import FailureReason, Status
from custom_components.texting.outcomes import within_sentence
from homeassistant.config_entries import ConfigEntry, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from tests.conftest import SetUp
from tests.flows.test_options_flow import choose, submit
from tests.services.test_history import BEN, START, received, sent, store
from tests.simulator import Simulator
from tests.support.flows import choices, suggested
from tests.support.home import TRANSLATIONS, notify

HOUSE = Provider.TEXTINGHOUSE
REASON = TRANSLATIONS["selector"]["reason"]["options"]["unreachable"]


def table(form: ConfigFlowResult) -> list[list[str]]:
    """Return the messages that a page shows: to or from whom, when, what became of it, and the text."""
    placeholders = form["description_placeholders"]
    assert placeholders
    parts = [part.split("\n> ") for part in placeholders["messages"].split("\n\n")]
    return [[*heading.replace("**", "").split(" · "), text] for heading, text in parts]


def ids(entry: ConfigEntry) -> dict[str, str]:
    return {each.title: each.subentry_id for each in entry.subentries.values()}


async def test_the_last_messages_of_both_directions(hass: HomeAssistant, set_up: SetUp) -> None:
    entry = await set_up(HOUSE)
    await hass.config.async_set_time_zone("UTC")
    messages = [
        sent(entry, 1, recipient_name="Anna"),
        sent(entry, 2, status=Status.UNDELIVERED, reason=FailureReason.UNREACHABLE),
        *(sent(entry, number, status=Status.EXPIRED, recipient_name="Anna") for number in range(-30, 0)),
    ]
    await store(entry, messages, [received(entry, 63, sender=BEN), received(entry, 64, keeps_text=False)])
    form = await choose(hass, entry, "messages")
    rows = table(form)
    assert len(rows) == 20
    assert rows[:5] == [
        ["← Anna", "2026-09-21 14:14", "Received", "—"],
        ["← Ben", "2026-09-21 14:14", "Received", "received 63"],
        ["→ Anna", "2026-09-21 14:13", f"Not delivered&#58; {within_sentence(REASON)}", "sent 2"],
        ["→ Anna", "2026-09-21 14:13", "Delivered", "sent 1"],
        ["→ Anna", "2026-09-21 14:13", "Expired&#58; not delivered in time", "sent &#45;1"],
    ]
    placeholders = form["description_placeholders"]
    assert placeholders
    assert placeholders["download"].startswith(f'<a href="/api/texting/history/{entry.entry_id}?authSig=')
    result = await submit(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_the_messages_of_one_person(hass: HomeAssistant, set_up: SetUp) -> None:
    entry = await set_up(HOUSE, options={"keep_days": 7})
    await store(entry, [sent(entry, 1), sent(entry, 2, to=BEN)], [received(entry, 3)])
    form = await choose(hass, entry, "messages")
    assert choices(form, "recipient") == {key: name for name, key in ids(entry).items()}
    assert len(table(form)) == 3
    with pytest.raises(InvalidData):
        await submit(hass, form, recipient="nobody")
    form = await submit(hass, form, recipient=ids(entry)["Anna"])
    assert [cells[3] for cells in table(form)] == ["received 3", "sent 1"]
    assert suggested(form) == {"recipient": ids(entry)["Anna"]}
    placeholders = form["description_placeholders"]
    assert placeholders
    assert placeholders["who"] == "Anna"
    assert f"?recipient={ids(entry)['Anna']}&authSig=" in placeholders["download"]
    form = await submit(hass, form, recipient=ids(entry)["Ben"])
    assert [cells[3] for cells in table(form)] == ["sent 2"]
    form = await submit(hass, form)
    assert len(table(form)) == 3
    assert (await submit(hass, form))["type"] is FlowResultType.CREATE_ENTRY
    assert dict(entry.options) == {"keep_days": 7}


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("two\nlines\tand  spaces", "two lines and spaces"),
        ("x" * 400, "x" * 319 + "…"),
        ("a | b", "a &#124; b"),
        ("[click](https://example.com)", "&#91;click&#93;&#40;https&#58;&#47;&#47;example&#46;com&#41;"),
        ("www.example.com a@b.example", "www&#46;example&#46;com a&#64;b&#46;example"),
        ("<img src=x> &lt; **b**", "&#60;img src&#61;x&#62; &#38;lt&#59; &#42;&#42;b&#42;&#42;"),
        ("`code` ~~x~~ \\", "&#96;code&#96; &#126;&#126;x&#126;&#126; &#92;"),
        ("\u202e👍", "👍"),
        ("", ""),
    ],
)
async def test_nothing_in_a_text_becomes_a_link_or_a_picture(
    hass: HomeAssistant, set_up: SetUp, text: str, cell: str
) -> None:
    entry = await set_up(HOUSE)
    known: Any = received(entry, 1)
    message = type(known.message)(sender=known.message.sender, text=text)
    await store(
        entry,
        [],
        [
            IncomingRecord(
                id=known.id, entry_id=entry.entry_id, message=message, received_at=START, fingerprint=known.fingerprint
            )
        ],
    )
    ((_, _, _, shown),) = table(await choose(hass, entry, "messages"))
    assert shown == cell


async def test_without_messages(hass: HomeAssistant, set_up: SetUp) -> None:
    entry = await set_up(HOUSE)
    form = await choose(hass, entry, "messages")
    assert form["description_placeholders"] == {
        "who": "TextingHouse",
        "totals": "",
        "messages": "No texts yet.",
        "download": "",
    }


async def test_without_a_database(hass: HomeAssistant, set_up: SetUp) -> None:
    entry = await set_up(HOUSE)
    await hass.config_entries.async_unload(entry.entry_id)
    form = await choose(hass, entry, "messages")
    placeholders = form["description_placeholders"]
    assert placeholders
    assert placeholders["messages"].startswith("The history cannot be read")
    assert placeholders["download"] == ""


async def test_what_was_sent_and_what_it_cost(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """The sums are of the days of the home, and of the whole account."""
    freezer.move_to("2026-11-30T12:00:00+00:00")
    entry = await set_up(HOUSE, options={"segment_price": 0.07, "currency": "EUR"})
    await notify(hass, "notify.anna", "x" * 161)
    freezer.move_to("2026-12-02T12:00:00+00:00")
    await notify(hass, "notify.anna", "Water")
    shown = (await choose(hass, entry, "messages"))["description_placeholders"]
    assert shown
    assert shown["totals"].split("\n\n") == [
        "**Last 7 days** · texts: 2 · segments: 3 · cost: 0.21 EUR",
        "**This month** · texts: 1 · segments: 1 · cost: 0.07 EUR",
    ]
    assert [line.rpartition(" · ")[2] for line in shown["messages"].splitlines() if "→" in line] == [
        "0.07 EUR",
        "0.14 EUR",
    ]
