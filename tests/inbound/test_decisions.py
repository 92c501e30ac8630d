"""What a text is: each decision is one function, with a table of texts as people and providers write them."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
import unicodedata

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.texting.const import DOMAIN
from custom_components.texting.delivery.incoming import IncomingRecord, fingerprint
from custom_components.texting.gateway.message import OPT_IN_WORDS, IncomingMessage, bare_words, type_of_text
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.inbound.command_sessions import Command, Kind
from custom_components.texting.inbound.commands import Commander, async_command_session, more_command
from custom_components.texting.inbound.interpret import async_interpret
from custom_components.texting.inbound.match import Answer, Match
from custom_components.texting.inbound.open_item import OpenItem
from custom_components.texting.inbound.pins import async_cut_guesses, async_cut_pins
from custom_components.texting.inbound.repetitions import repeats
from custom_components.texting.recipients import commanding_recipient
from custom_components.texting.text.phrases import parse_choices
from custom_components.texting.text.pin import PinCheck
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from tests.conftest import Connect, SetUp
from tests.simulator import Simulator
from tests.support.accounts import new_entry
from tests.support.assist import Phone
from tests.support.home import told, until

PIN, OTHER_PIN = "2580", "9999"
CLARA, CARL = "+12125550142", "+12125550143"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 27, 12, 0, 1, tzinfo=UTC)
HOUR = 3600.0

# -- is it a known text again? ---------------------------------------------------------------------------------------


def taken(text: str = "Yes", *, answered: bool = False, **known: Any) -> IncomingRecord:
    """Return a text that came in. id, date and named are what the provider tells of it."""
    names = {"id": "message_id", "date": "sent_at", "named": "replied_message_id"}
    message = IncomingMessage(sender=CLARA, text=text, **{names[name]: value for name, value in known.items()})
    return IncomingRecord(
        id="01",
        entry_id="account",
        message=message,
        received_at=0.0,
        fingerprint=fingerprint("key", "account", CLARA, text),
        was_answered=answered,
    )


@pytest.mark.parametrize(
    ("new", "known", "age", "is_latest", "expected"),
    [
        # An id of its own tells for 48 hours, whatever came in since.
        ({"id": "1"}, {"id": "1"}, 0.0, True, True),
        ({"id": "1"}, {"id": "1"}, 600.0, False, True),
        ({"id": "1"}, {"id": "1"}, 48 * HOUR - 1, False, True),
        ({"id": "1"}, {"id": "1"}, 48 * HOUR, True, False),
        ({"id": "1"}, {"id": "1", "answered": True}, HOUR, False, True),
        ({"id": "2"}, {"id": "1"}, 0.0, True, False),
        # So does a date.
        ({"date": NOON}, {"date": NOON}, 47 * HOUR, False, True),
        ({"date": NOON}, {"date": NOON}, 49 * HOUR, False, False),
        ({"date": NOON}, {"date": NOON.astimezone()}, HOUR, False, True),
        ({"date": LATER}, {"date": NOON}, 0.0, True, False),
        # Both must agree if both are there.
        ({"id": "1", "date": NOON}, {"id": "1", "date": NOON}, HOUR, False, True),
        ({"id": "1", "date": LATER}, {"id": "1", "date": NOON}, HOUR, False, False),
        ({"id": "2", "date": NOON}, {"id": "1", "date": NOON}, HOUR, False, False),
        # One API tells the id, and the other does not.
        ({"id": "1", "date": NOON}, {"date": NOON}, HOUR, False, True),
        ({"id": "1"}, {"date": NOON}, 30.0, True, True),
        ({"id": "1"}, {"date": NOON}, 61.0, True, False),
        ({"id": "1"}, {}, 30.0, True, True),
        ({"id": "1"}, {}, 30.0, False, False),
        # Without both, only the latest text counts, for a minute, or for 5 seconds once it was answered.
        ({}, {}, 0.0, True, True),
        ({}, {}, 59.0, True, True),
        ({}, {}, 60.0, True, False),
        ({}, {}, 1.0, False, False),
        ({}, {"answered": True}, 4.0, True, True),
        ({}, {"answered": True}, 5.0, True, False),
        ({}, {"answered": True}, 4.0, False, False),
        # The message that the provider names tells two apart, unless an id or a date shows that they are one.
        ({"named": "a"}, {"named": "a"}, 30.0, True, True),
        ({"named": "b"}, {"named": "a"}, 1.0, True, False),
        ({"named": "a"}, {}, 30.0, True, True),
        ({"named": "b", "date": NOON}, {"named": "a", "date": NOON}, HOUR, False, True),
        ({"named": "b", "id": "1"}, {"named": "a", "id": "1"}, HOUR, False, True),
        # Other words are another text.
        ({"text": "No", "id": "1"}, {"id": "1"}, 0.0, True, False),
        ({"text": "yes"}, {}, 0.0, True, False),
        ({"text": " Yes "}, {}, 0.0, True, True),
        ({"text": "Oui, j’arrive"}, {"text": "Oui, j'arrive"}, 0.0, True, False),
        ({"text": "はい"}, {"text": "はい"}, 30.0, True, True),
        ({"text": "はい"}, {"text": "いいえ"}, 30.0, True, False),
    ],
)
def test_a_repetition(
    new: dict[str, Any], known: dict[str, Any], age: float, *, is_latest: bool, expected: bool
) -> None:
    assert repeats(taken(**new), taken(**known), age, is_latest=is_latest) is expected


# -- STOP and START --------------------------------------------------------------------------------------------------

STOPS = """STOP|stop|Stop.|Stop!|STOP ❤️|«Stop»|  stop  |¡Stop!|STOPALL|Stop all|stop  all|UNSUBSCRIBE
Unsubscribe!|Cancel|cancel.
End|END|Quit|quit!!!|ARRET|Arrêt|arrêt.|ARRÊT !|*STOP*|"stop"|(stop)|ＳＴＯＰ|stop 🙏""".replace("\n", "|").split("|")
# Nobody opts out with these, however much they sound like it.
NO_STOPS = """Stop it|Don't stop|stop the heating|Please stop|Non stop|S.T.O.P|The end|Cancel the taxi|stopp|St op|
Стоп|СТОП|توقف|قف|הפסק|רुको|停止|停|止めて|やめて|
그만|중지|หยุด|நிறுத்து|বন্ধ|შეწყვიტე|Դադարեցնել|Σταμάτα|Arrêter|Fin|Ende|Basta|Detener""".replace("\n", "").split("|")
STARTS = ["START", "start", "Start!", "UNSTOP", "unstop.", "« Start »", "ＳＴＡＲＴ", "Stárt"]
NO_STARTS = [
    "Start the boiler",
    "Restart",
    "Старт",
    "ابدأ",
    "התחל",
    "शुरू",
    "开始",
    "開始",
    "시작",
    "เริ่ม",
    "தொடங்கு",
    "Sкart",
]


@pytest.mark.parametrize("text", STOPS)
def test_an_opt_out(text: str) -> None:
    assert type_of_text(text) == "opt_out"


@pytest.mark.parametrize("text", [*NO_STOPS, "", " ", "stop " * 30, "👍"])
def test_no_opt_out(text: str) -> None:
    assert type_of_text(text) == "reply"


@pytest.mark.parametrize("text", STARTS)
def test_an_opt_in(text: str) -> None:
    assert bare_words(text) in OPT_IN_WORDS


@pytest.mark.parametrize("text", NO_STARTS)
def test_no_opt_in(text: str) -> None:
    assert bare_words(text) not in OPT_IN_WORDS


# -- the PIN ---------------------------------------------------------------------------------------------------------


class _Nowhere:
    def url(self, _site: str) -> str:
        return "http://127.0.0.1"


def account(hass: HomeAssistant, pin: str | None = PIN) -> MockConfigEntry:
    """Add an account with the keyword HOME. Clara may command it, with or without a PIN."""
    entry = new_entry(Provider.CLUB_TEXTING, _Nowhere(), options={"conversation_agent": "agent"})
    entry.add_to_hass(hass)
    clara = next(iter(entry.subentries.values()))
    data = {**clara.data, "allow_commands": True, **({"pin": pin} if pin else {})}
    hass.config_entries.async_update_subentry(entry, clara, data=data)
    keyword = MappingProxyType({"keyword": "HOME"})
    hass.config_entries.async_add_subentry(
        entry, ConfigSubentry(data=keyword, subentry_type="keyword", title="HOME", unique_id=None)
    )
    return entry


def incoming(text: str, keyword: str | None = None, sender: str = CLARA) -> IncomingMessage:
    return IncomingMessage(sender=sender, text=text, keyword=keyword)


RIGHT, WRONG, NONE = PinCheck.RIGHT, PinCheck.WRONG, PinCheck.NONE
# A text, what is left of it without the right PIN, the check, and what is left without what may be a wrong one.
PINS = [
    ("2580 Boiler on", "Boiler on", RIGHT, "Boiler on"),
    ("2580", "", RIGHT, ""),
    (" 2580: Licht an", "Licht an", RIGHT, "Licht an"),
    ("(2580) Allume la lumière", "Allume la lumière", RIGHT, "Allume la lumière"),
    ("#2580# on", "on", RIGHT, "on"),
    ("2580\nBoiler on", "Boiler on", RIGHT, "Boiler on"),
    ("2580, 2580 on", "on", RIGHT, "on"),
    ("2580 4711 on", "4711 on", RIGHT, "on"),
    ("٢٥٨٠ شغل السخان", "شغل السخان", RIGHT, "شغل السخان"),
    ("۲۵۸۰ آبگرمکن روشن", "آبگرمکن روشن", RIGHT, "آبگرمکن روشن"),
    ("२५८० बॉयलर चालू करो", "बॉयलर चालू करो", RIGHT, "बॉयलर चालू करो"),
    ("২৫৮০ বয়লার চালু করো", "বয়লার চালু করো", RIGHT, "বয়লার চালু করো"),
    ("௨௫௮௦ கொதிகலனை இயக்கு", "கொதிகலனை இயக்கு", RIGHT, "கொதிகலனை இயக்கு"),
    ("๒๕๘๐ เปิดหม้อต้ม", "เปิดหม้อต้ม", RIGHT, "เปิดหม้อต้ม"),
    ("２５８０　ボイラーをつけて", "ボイラーをつけて", RIGHT, "ボイラーをつけて"),
    ("2580 打开锅炉", "打开锅炉", RIGHT, "打开锅炉"),
    ("2580 보일러 켜줘", "보일러 켜줘", RIGHT, "보일러 켜줘"),
    ("2580 включи котёл", "включи котёл", RIGHT, "включи котёл"),
    ("2580 άναψε τον λέβητα", "άναψε τον λέβητα", RIGHT, "άναψε τον λέβητα"),
    ("2580 הדלק את הדוד", "הדלק את הדוד", RIGHT, "הדלק את הדוד"),
    ("2580 ჩართე ქვაბი", "ჩართე ქვაბი", RIGHT, "ჩართე ქვაბი"),
    ("2580 միացրու կաթսան", "միացրու կաթսան", RIGHT, "միացրու կաթսան"),
    ("HOME 2580 Boiler on", "HOME Boiler on", RIGHT, "HOME Boiler on"),
    ("home 2580", "home", RIGHT, "home"),
    ("4711 Boiler on", "4711 Boiler on", WRONG, "Boiler on"),
    ("٤٧١١ شغل السخان", "٤٧١١ شغل السخان", WRONG, "شغل السخان"),
    ("25800 on", "25800 on", WRONG, "on"),
    ("4711 2580 on", "4711 2580 on", WRONG, "on"),
    ("HOME 4711 on", "HOME 4711 on", WRONG, "HOME on"),
    ("2026 was a good year", "2026 was a good year", WRONG, "was a good year"),
    ("Boiler on", "Boiler on", NONE, "Boiler on"),
    ("Boiler 2580 on", "Boiler 2580 on", NONE, "Boiler 2580 on"),
    ("258 on", "258 on", NONE, "258 on"),
    ("10 yes", "10 yes", NONE, "10 yes"),
    ("1234567890123 on", "1234567890123 on", NONE, "1234567890123 on"),
    ("2580th floor", "th floor", RIGHT, "th floor"),  # a PIN is never shown
    ("Да, включи", "Да, включи", NONE, "Да, включи"),
    ("👍", "👍", NONE, "👍"),
    ("", "", NONE, ""),
]


@pytest.mark.parametrize(("text", "kept", "check", "shown"), PINS)
async def test_what_is_cut_of_pins(hass: HomeAssistant, text: str, kept: str, check: PinCheck, shown: str) -> None:
    entry = account(hass)
    found, found_check = async_cut_pins(hass, entry, incoming(text))
    assert (found.text, found_check) == (kept, check)
    assert async_cut_guesses(hass, entry, found).text == shown
    # Nothing is cut of the text of somebody without a PIN.
    other = incoming(text, sender=CARL)
    assert async_cut_pins(hass, entry, other) == (other, NONE)
    assert async_cut_guesses(hass, entry, other) == other


async def test_the_pin_of_another_account_is_cut_but_is_not_right_here(hass: HomeAssistant) -> None:
    account(hass, OTHER_PIN)
    entry = account(hass)
    found, check = async_cut_pins(hass, entry, incoming(f"{OTHER_PIN} on"))
    assert (found.text, check) == ("on", WRONG)
    # The older API of Club Texting calls the first word of any text its keyword.
    found, check = async_cut_pins(hass, entry, incoming(f"{PIN} {OTHER_PIN} on", keyword=PIN))
    assert (found.text, found.keyword, check) == ("on", None, RIGHT)


# -- MORE ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "check", "rest", "expected"),
    [
        ("MORE", RIGHT, "the rest", True),
        ("more", RIGHT, "the rest", True),
        (" More! ", RIGHT, "the rest", True),
        ("ＭＯＲＥ", RIGHT, "the rest", True),
        ("Móre", RIGHT, "the rest", True),
        ("HOME more", RIGHT, "the rest", True),
        ("MORE", RIGHT, "", False),
        ("MORE", NONE, "the rest", False),
        ("MORE", WRONG, "the rest", False),
        ("More light", RIGHT, "the rest", False),
        ("No more", RIGHT, "the rest", False),
        ("もっと", RIGHT, "the rest", False),
        ("ещё", RIGHT, "the rest", False),
        ("المزيد", RIGHT, "the rest", False),
        ("更多", RIGHT, "the rest", False),
        ("", RIGHT, "the rest", False),
    ],
)
async def test_more(hass: HomeAssistant, text: str, check: PinCheck, rest: str, *, expected: bool) -> None:
    entry, session, now = account(hass), async_command_session(hass, CLARA), hass.loop.time()
    session.keep_rest(rest, now)
    recipient = commanding_recipient(entry, CLARA)
    assert recipient
    commander = Commander(entry=entry, recipient=recipient, session=session, now=now, check=check)
    assert more_command(commander, incoming(text)) == (Command(Kind.MORE) if expected else None)


# -- the order -------------------------------------------------------------------------------------------------------

ASK, MORE, OPEN, TEXT = "ask", "more", "open", "text"
LOCKED, REST, ITEM, NO_PIN, LATE = "locked", "rest", "item", "no_pin", "late"


@pytest.mark.parametrize(
    ("text", "given", "kind", "said", "guesses"),
    [
        # A command, with its PIN.
        ("2580 Boiler on", {}, ASK, "Boiler on", 0),
        ("२५८० बॉयलर चालू करो", {}, ASK, "बॉयलर चालू करो", 0),
        ("２５８０ ボイラーをつけて", {}, ASK, "ボイラーをつけて", 0),
        ("2580 увімкни котел", {}, ASK, "увімкни котел", 0),
        ("HOME 2580 Boiler on", {}, ASK, "Boiler on", 0),
        ("Boiler on", {NO_PIN}, ASK, "Boiler on", 0),
        ("בבקשה הדלק את הדוד", {NO_PIN}, ASK, "בבקשה הדלק את הדוד", 0),
        ("4711 Boiler on", {NO_PIN}, ASK, "4711 Boiler on", 0),
        # None without it.
        ("Boiler on", {}, TEXT, "Boiler on", 0),
        ("打开锅炉", {}, TEXT, "打开锅炉", 0),
        ("4711 Boiler on", {}, TEXT, "Boiler on", 1),
        ("٤٧١١ شغل السخان", {}, TEXT, "شغل السخان", 1),
        ("HOME 4711 on", {}, TEXT, "HOME on", 1),
        ("2580", {}, TEXT, "", 0),
        ("2580 START", {}, TEXT, "START", 0),
        # MORE comes before what is open, if there is more to say.
        ("2580 more", {REST}, MORE, "", 0),
        ("2580 more", {REST, ITEM}, MORE, "", 0),
        ("More", {REST, ITEM, NO_PIN}, MORE, "", 0),
        ("more", {REST, ITEM}, OPEN, "more", 0),
        ("2580 more", {ITEM}, OPEN, "more", 0),
        ("more", {REST}, TEXT, "more", 0),
        ("2580 more", {}, ASK, "more", 0),
        # What is open comes before a command, and takes a wrong PIN: the question may ask for a code.
        ("2580 yes", {ITEM}, OPEN, "yes", 0),
        ("yes", {ITEM, NO_PIN}, OPEN, "yes", 0),
        ("Ναι", {ITEM}, OPEN, "Ναι", 0),
        ("ใช่", {ITEM}, OPEN, "ใช่", 0),
        ("예", {ITEM}, OPEN, "예", 0),
        ("4711", {ITEM}, OPEN, "4711", 0),
        ("4711 yes", {ITEM}, OPEN, "4711 yes", 0),
        ("2580 4711", {ITEM}, OPEN, "4711", 0),
        # A lock holds back commands only.
        ("2580 Boiler on", {LOCKED}, TEXT, "Boiler on", 0),
        ("4711 Boiler on", {LOCKED}, TEXT, "Boiler on", 0),
        ("2580 more", {LOCKED, REST}, TEXT, "more", 0),
        ("2580 yes", {LOCKED, ITEM}, OPEN, "yes", 0),
        ("4711 yes", {LOCKED, ITEM}, OPEN, "4711 yes", 0),
        ("ஆம்", {LOCKED, ITEM}, OPEN, "ஆம்", 0),
        # A late text and START are no commands.
        ("2580 Boiler on", {LATE}, TEXT, "Boiler on", 0),
        ("4711 Boiler on", {LATE}, TEXT, "Boiler on", 0),
        ("START", {NO_PIN}, TEXT, "START", 0),
    ],
)
async def test_the_order(
    hass: HomeAssistant, text: str, given: Collection[str], kind: str, said: str, guesses: int
) -> None:
    entry, session = account(hass, None if NO_PIN in given else PIN), async_command_session(hass, CLARA)
    if REST in given:
        session.keep_rest("the rest", hass.loop.time())
    if LOCKED in given:
        for wrong in range(5):
            session.reject_pin(hass.loop.time(), wrong)
    before = len(session._wrong_pins)
    item = OpenItem(question="Really?", accounts=[entry.entry_id], choices=parse_choices({"a": ["{a}"]}), take=print)

    def find_open(kept: IncomingMessage) -> Match | None:
        return Answer(item, kept.text) if ITEM in given else None

    found = async_interpret(hass, entry, incoming(text), find_open, may_command=LATE not in given)
    match found.command, found.match:
        case Command() as command, None:
            assert (command.kind, command.text) == (kind, said)
        case None, Answer() as answer:
            assert (OPEN, answer.text, answer.text) == (kind, said, found.incoming.text)
        case None, None:
            assert (TEXT, found.incoming.text) == (kind, said)
    assert len(session._wrong_pins) - before == guesses
    assert PIN not in found.incoming.text


async def test_what_comes_before_the_order(
    hass: HomeAssistant, set_up: SetUp, simulator: Simulator, connect: Connect
) -> None:
    """A question that takes any text gets neither STOP nor START nor a repetition, but the first other text."""
    entry = await set_up(Provider.CLUB_TEXTING)
    phone = Phone(Provider.CLUB_TEXTING, await connect(entry))
    await phone.text("Hello", messageid="1")
    fields = {"entity_id": "notify.clara", "question": "When?", "choices": {"any": "{any}"}}
    asked = asyncio.create_task(
        hass.services.async_call(DOMAIN, "ask", fields, blocking=True, return_response=True)  # type: ignore[arg-type]
    )
    await until(simulator.messages)
    await told(hass)
    for text, message_id in (("Hello", "1"), ("STOP", "2"), ("START", "3"), ("Hello", "1")):
        await phone.text(text, messageid=message_id)
    assert not asked.done()
    await phone.text("明日の午後", messageid="4")
    said: Any = await asked
    assert (said["choice"], said["text"]) == ("any", "明日の午後")


def test_the_texts_are_in_many_scripts() -> None:
    texts = [*STOPS, *NO_STOPS, *STARTS, *NO_STARTS, *(text for text, *_ in PINS)]
    scripts = {unicodedata.name(letter).split()[0] for text in texts for letter in text if letter.isalpha()}
    assert scripts >= {
        *("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW", "DEVANAGARI", "BENGALI", "TAMIL", "THAI"),
        *("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "GEORGIAN", "ARMENIAN"),
    }
