"""The texts of alerts: their words, and that each is one segment at every provider."""

from dataclasses import replace
from itertools import product
import unicodedata

import aiohttp
import pytest

from custom_components.texting.alerting.model import Kind
from custom_components.texting.alerting.wording import MAX_PLACEHOLDER, WORDING, Facts, Words, brief, word, words_of
from custom_components.texting.gateway.base import Gateway
from custom_components.texting.gateway.encoding import Encoding, measure
from custom_components.texting.gateway.errors import Limit, MessageRejected
from custom_components.texting.gateway.one_segment import MAX_LENGTH
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers import create_gateway
from custom_components.texting.gateway.template import fill, find_mismatch
from tests.simulator import Simulator
from tests.support.accounts import account_data
from tests.support.samples import new_message

LANGUAGES = pytest.mark.parametrize("words", WORDING.values(), ids=list(WORDING))
KINDS = pytest.mark.parametrize("kind", Kind)
CODES = (None, 10, 99)

FACTS = Facts(what="Water in the cellar", who="Anna", code=23, time="14:05", minutes=12, limit=50)
TAKE = "Reply OK 23 if you take care of it, NO 23 if you cannot."
LONG = "Water in the cellar and the kitchen, and nobody is at home but the dog. "
STRANGE = {
    "empty": "",
    "blank": " \n\t ",
    "long": LONG * 140,
    "one long word": "w" * 10_000,
    "emoji": "👍🏽🔥 Water 👨‍👩‍👧 here 🏠",
    "only emoji": "🔥" * 50,
    "lines": "Water\r\nin\nthe\x85cellar\u2028now",
    "control characters": "Wa\x00ter\x1b[31m \x7fin\x07 the cellar",
    "right to left": "\u202eمياه في القبو\u202c והדוד דולף \u200fמאוד",
    "Russian": "Вода в подвале и на кухне, и никого нет дома, кроме собаки и кота. " * 3,
    "Hindi": "तहखाने में पानी है और घर पर कुत्ते के अलावा कोई नहीं है " * 3,
    "Chinese": "地下室漏水了而且家里没有人只有狗" * 9,
    "astral letters": "𝐖𝐚𝐭𝐞𝐫 in the cellar " * 9,
    "accents": "Voilà de l’eau à la cave, ça déborde, être prêt où qu’on soit, façade, œuf " * 3,
    "letters that become two": "ßÆæÄÖÜäöüœŒĳﬁ" * 99,
    "quotes and brackets": 'Water "now" [cellar] {what} {n} {0} %s \\n €5 <b>it\'s</b>',
    "half a character": "Water \ud83d here",
    "reply words": "Reply OK 99. NO 99",
}


def facts(name: str, who: str, code: int | None) -> Facts:
    return Facts(what=STRANGE[name], who=STRANGE[who], code=code, time="14:05", minutes=525_600, limit=99_999)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.ALERT, f"ALERT 23: Water in the cellar, 14:05. {TAKE}"),
        (Kind.ESCALATED, f"ALERT 23: Water in the cellar, 14:05. No answer from Anna. {TAKE}"),
        (Kind.ALSO, f"ALERT 23: now also Water in the cellar, 14:05. {TAKE}"),
        (Kind.REMINDER, f"ALERT 23 goes on: Water in the cellar, since 14:05. {TAKE}"),
        (
            Kind.AGAIN,
            "ALERT 23 again: Water in the cellar, since 14:05. Anna took it 12 min ago. Reply OK 23 or NO 23.",
        ),
        (Kind.DRILL, "DRILL 23, no danger: Water in the cellar. Reply OK 23."),
        (Kind.THANKS, "Thank you. Water in the cellar is yours (23). Reply NO 23 to hand it on."),
        (Kind.TAKEN, "Anna takes care of Water in the cellar (23)."),
        (Kind.DECLINED, "Understood. Others are asked about Water in the cellar (23)."),
        (Kind.SORRY, f"Sorry, not understood. Water in the cellar. {TAKE}"),
        (Kind.DRILL_THANKS, "Thank you. The drill 23 has your answer."),
        (Kind.LIMIT, "ALERT 23 goes on: Water in the cellar. This is the last text: the limit of 50 is reached."),
        (Kind.CLEAR, "All clear: Water in the cellar (23), 14:05. It lasted 12 min."),
        (Kind.OFF, "No longer watched: Water in the cellar (23)."),
    ],
)
def test_the_words(kind: Kind, text: str) -> None:
    assert word(kind, FACTS) == text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.ALERT, "ALERT: Water in the cellar, 14:05. Acknowledge it in Home Assistant."),
        (Kind.THANKS, "Thank you. Water in the cellar is yours."),
        (Kind.CLEAR, "All clear: Water in the cellar, 14:05. It lasted 12 min."),
        (Kind.DRILL, "DRILL, no danger: Water in the cellar. Acknowledge it in Home Assistant."),
        (Kind.LIMIT, "ALERT goes on: Water in the cellar. This is the last text: the limit of 50 is reached."),
    ],
)
def test_who_cannot_reply_is_asked_to_do_it_by_hand(kind: Kind, text: str) -> None:
    assert word(kind, Facts(what="Water in the cellar", time="14:05", minutes=12, limit=50)) == text


def test_without_a_name_and_without_words() -> None:
    nameless = Facts(what="Water", code=23, time="14:05", minutes=12)
    assert word(Kind.ESCALATED, nameless) == word(Kind.ALERT, nameless)
    assert word(Kind.TAKEN, nameless) == "Somebody takes care of Water (23)."
    assert "Somebody took it 12 min ago." in word(Kind.AGAIN, nameless)
    assert word(Kind.OFF, Facts(what="🔥")) == "No longer watched: Alarm."


def test_only_what_is_wrong_and_who_are_cut() -> None:
    for kind in set(Kind) - {Kind.DRILL_THANKS}:
        short, long = word(kind, FACTS), word(kind, replace(FACTS, what=LONG * 2))
        assert long.startswith(short[: short.index("Water in the cellar")] + "Water in the cellar and")
        assert "..." in long
    assert word(Kind.ALERT, replace(FACTS, what=LONG)) == (
        f"ALERT 23: Water in the cellar and the kitchen, and nobody is a..., 14:05. {TAKE}"
    )
    both = replace(FACTS, what=LONG, who="Anna, Ben and Clara of the neighbors " * 3)
    assert word(Kind.ESCALATED, both) == (
        "ALERT 23: Water in the cellar and the kitch..., 14:05. No answer from Anna, Ben and Clara of the neighb... "
        "Reply OK 23 or NO 23."
    )


@LANGUAGES
def test_each_kind_has_words_that_every_provider_takes(words: Words) -> None:
    assert set(words.kinds) == set(Kind)
    for kind, code in product(Kind, CODES):
        text = word(kind, Facts(what="Water", who="Anna", code=code, time="14:05", minutes=12, limit=50), words)
        assert all(character.isalnum() or character in " .,:()?" for character in text)
        assert measure(text).encoding is Encoding.GSM7
        assert "None" not in text


@LANGUAGES
@KINDS
@pytest.mark.parametrize("name", STRANGE)
def test_each_kind_is_one_segment(words: Words, kind: Kind, name: str) -> None:
    for who, code in product(STRANGE, CODES):
        text = word(kind, facts(name, who, code), words)
        assert measure(text).segments == 1
        assert len(text) <= MAX_LENGTH
        assert all(unicodedata.category(each)[0] in "LMN" or each in " .,:()?" for each in text)
        # What a person must do is never cut.
        if code is not None and words is WORDING["en"] and kind in (Kind.ALERT, Kind.ESCALATED, Kind.REMINDER):
            assert f"OK {code}" in text
            assert f"NO {code}" in text


def is_taken(gateway: Gateway, provider: Provider, text: str) -> bool:
    """Return True if a provider takes a text, as one segment."""
    try:
        _, preview = gateway.prepare(new_message(provider, text=text, replace_characters=True))
    except MessageRejected as err:
        if err.limit is Limit.CHARACTERS_LEFT:
            return False
        raise
    assert preview.segments == 1
    return True


@pytest.mark.usefixtures("_loopback")
@pytest.mark.parametrize("provider", Provider)
@LANGUAGES
async def test_each_kind_is_one_segment_at_every_provider(
    simulator: Simulator, provider: Provider, words: Words
) -> None:
    """Club Texting and Group Texting refuse other alphabets. They take the simplified text."""
    refused = set()
    async with aiohttp.ClientSession() as session:
        gateway = create_gateway(session, account_data(provider, simulator))
        for kind, name, who, code in product(Kind, STRANGE, ("empty", "long", "emoji", "accents"), CODES):
            known = facts(name, who, code)
            assert is_taken(gateway, provider, word(kind, known.simplified, words))
            if not is_taken(gateway, provider, word(kind, known, words)):
                refused.add(name)
    others = {"right to left", "Russian", "Hindi", "Chinese"}
    assert refused == (others if provider in {Provider.CLUB_TEXTING, Provider.GROUP_TEXTING} else set())


def test_simplified_facts() -> None:
    known = Facts(what="Voilà de l’eau: датчик Bosch", who="Łukasz Ångström", code=23)
    assert word(Kind.TAKEN, known.simplified) == "ukasz Angstrom takes care of Voila de leau: Bosch (23)."
    assert word(Kind.OFF, Facts(what="Вода 2", code=23).simplified) == "No longer watched: Alarm (23)."


def test_the_language_of_a_home() -> None:
    assert words_of("en-GB") is words_of("EN") is words_of("xx") is WORDING["en"]


# -- registered templates ----------------------------------------------------------------------------------------------


@LANGUAGES
@KINDS
@pytest.mark.parametrize("strange", STRANGE.values(), ids=list(STRANGE))
def test_a_placeholder_holds_what_it_takes(words: Words, kind: Kind, strange: str) -> None:
    text = brief(kind, Facts(what=strange, who=strange), words)
    assert 1 <= len(text) <= MAX_PLACEHOLDER
    assert find_mismatch(fill("Home alert: {#var#}", text), "Home alert: {#var#}") is None


def test_the_end_is_told_apart_in_a_placeholder() -> None:
    assert brief(Kind.ALERT, FACTS) == "Water in the cellar"
    assert brief(Kind.CLEAR, FACTS) == "all clear: Water in the cellar"
    assert brief(Kind.TAKEN, FACTS) == "Anna takes Water in the cellar"
