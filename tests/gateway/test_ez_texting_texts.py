"""The texts that Club Texting and Group Texting take, and replaced or refused characters."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.texting.gateway.errors import Limit, MessageRejected
from custom_components.texting.gateway.provider import Provider
from custom_components.texting.gateway.providers.ez_texting.club_texting import ClubTexting
from custom_components.texting.gateway.providers.ez_texting.group_texting import GroupTexting
from custom_components.texting.gateway.providers.ez_texting.platform import REPLACEMENTS, rewrite
from custom_components.texting.gateway.status import Status
from tests.simulator import Simulator
from tests.support.gateways import OpenGateway
from tests.support.samples import new_message, send_one

CLUB, GROUP = Provider.CLUB_TEXTING, Provider.GROUP_TEXTING
BRANDS = pytest.mark.parametrize("brand", [CLUB, GROUP])


LENGTHS: list[tuple[Provider, dict[str, Any], dict[str, Any], bool]] = [
    (CLUB, {}, {"text": "a" * 160}, True),
    (CLUB, {}, {"text": "a" * 161}, False),
    (CLUB, {}, {"text": "a" * 156, "title": "Door"}, True),
    (CLUB, {}, {"text": "a" * 157, "title": "Door"}, False),
    (CLUB, {}, {"text": "a" * 157 + "\nb"}, True),
    (CLUB, {}, {"text": "a" * 158 + "\nb"}, False),
    (CLUB, {}, {"text": "@" * 160}, True),
    (CLUB, {"country": "ca"}, {"text": "a" * 136}, True),
    (CLUB, {"country": "ca"}, {"text": "a" * 137}, False),
    (CLUB, {}, {"text": "a" * 130, "express": False}, True),
    (CLUB, {}, {"text": "a" * 131, "express": False}, False),
    (CLUB, {"country": "ca"}, {"text": "a" * 131, "express": False}, False),
    (GROUP, {}, {"text": "a" * 160}, True),
    (GROUP, {}, {"text": "a" * 161}, False),
    (GROUP, {}, {"text": "@" * 80}, True),
    (GROUP, {}, {"text": "@" * 81}, False),
    (GROUP, {}, {"text": "a" * 158 + "\n"}, True),
    (GROUP, {}, {"text": "a" * 159 + "\n"}, False),
    (GROUP, {}, {"text": "a" * 158 + "\r\n"}, True),
    (GROUP, {}, {"text": "a" * 159 + "\r\n"}, False),
    (CLUB, {}, {"text": "a" * 156 + "\r\n"}, True),
    (CLUB, {}, {"text": "a" * 157 + "\r\n"}, False),
]


@pytest.mark.parametrize("case", range(len(LENGTHS)))
async def test_lengths(gateway: OpenGateway, simulator: Simulator, case: int) -> None:
    brand, account, fields, fits = LENGTHS[case]
    simulator.accounts[brand].country = account.get("country", "us")
    result = await send_one(gateway(brand, **account), **fields)
    if fits:
        assert result.status is Status.ACCEPTED
        return
    assert isinstance(result.error, MessageRejected)
    assert result.error.limit is Limit.TEXT_LENGTH
    assert not simulator.requests()
    # The provider would refuse it too.
    given = {"User": "demo", "Pass": "demo-password", "Subject": fields.get("title", ""), "Message": fields["text"]}
    express = "0" if fields.get("express") is False else "1"
    answered = await gateway(brand)._transport.request(
        "POST",
        f"{simulator.url(brand)}/api/sending/",
        form={**given, "PhoneNumber": "2125555601", "Express": express},
    )
    assert answered.text == "-7"


@BRANDS
async def test_titles(gateway: OpenGateway, brand: Provider) -> None:
    assert gateway(brand).preview(new_message(brand, title="a" * 13)).units == 13 + 16
    for title, limit in (("a" * 14, Limit.TITLE_LENGTH), ("Été", Limit.CHARACTERS)):
        with pytest.raises(MessageRejected) as raised:
            gateway(brand).preview(new_message(brand, title=title))
        assert raised.value.limit is limit


async def test_what_replacing_leaves_nothing_of(gateway: OpenGateway) -> None:
    with pytest.raises(MessageRejected) as raised:
        gateway(GROUP, replace_characters=True).preview(new_message(GROUP, text="“”"))
    assert raised.value.limit is Limit.TEXT_EMPTY


@pytest.mark.parametrize(
    ("brand", "text", "wrong"), [(CLUB, "a*é[*", "* [ é"), (GROUP, "it's", "'"), (GROUP, '"', '"')]
)
async def test_characters(gateway: OpenGateway, simulator: Simulator, brand: Provider, text: str, wrong: str) -> None:
    result = await send_one(gateway(brand), text=text)
    assert isinstance(result.error, MessageRejected)
    assert (result.error.limit, result.error.details["characters"]) == (Limit.CHARACTERS, wrong)
    assert not simulator.requests()


ALLOWED = pytest.mark.parametrize("allowed", [ClubTexting.brand.allowed, GroupTexting.brand.allowed])


@ALLOWED
@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Été", "Ete"),
        ("…", "..."),
        ("21°", "21 deg"),
        ("Straße [A]", "Strasse (A)"),
        ("5 €", "5 EUR"),
        ("½", "1/2"),
        ("ﬁn", "fin"),
        ("a\u00a0b\tc", "a b c"),
        ("Œuvre", "OEuvre"),
        ("{x|y}", "(x/y)"),
    ],
)
def test_rewriting(allowed: frozenset[str], text: str, plain: str) -> None:
    assert rewrite(text, allowed)[0] == plain


def test_rewriting_keeps_what_the_brand_has() -> None:
    assert rewrite("“it’s”", ClubTexting.brand.allowed)[0] == '"it\'s"'
    assert rewrite("“it’s”", GroupTexting.brand.allowed)[0] == "its"


@ALLOWED
@given(text=st.text(max_size=200))
def test_rewriting_is_sound(allowed: frozenset[str], text: str) -> None:
    written, replaced = rewrite(text, allowed)
    assert all(set(plain) <= allowed for plain in replaced.values())
    assert not set(replaced) & allowed
    assert set(written) - allowed == set(text) - allowed - set(replaced)
    assert rewrite(written, allowed)[0] == written


@ALLOWED
def test_every_replacement_is_of_use(allowed: frozenset[str]) -> None:
    for character in set(REPLACEMENTS) - allowed:
        assert character not in rewrite(character, allowed)[0]


async def test_what_has_no_likeness_is_refused(gateway: OpenGateway) -> None:
    with pytest.raises(MessageRejected) as raised:
        gateway(CLUB, replace_characters=True).preview(new_message(CLUB, text="Ça va 👍"))
    assert (raised.value.limit, raised.value.details["characters"]) == (Limit.CHARACTERS_LEFT, "👍")


@BRANDS
async def test_titles_are_rewritten_too(gateway: OpenGateway, simulator: Simulator, brand: Provider) -> None:
    replacing = gateway(brand, replace_characters=True)
    result = await send_one(replacing, title="Été…", text="Ça va")
    assert result.status is Status.ACCEPTED
    assert (simulator.messages()[0].extra["subject"], simulator.messages()[0].text) == ("Ete...", "Ca va")
    preview = replacing.preview(new_message(brand, title="Été…", text="Ça va"))
    assert (preview.title, preview.text) == ("Ete...", "Ca va")
    assert preview.replaced == {"É": "E", "é": "e", "…": "...", "Ç": "C"}
    for title, limit in (("a" * 12 + "…", Limit.TITLE_LENGTH), ("👍", Limit.CHARACTERS_LEFT)):
        with pytest.raises(MessageRejected) as raised:
            replacing.preview(new_message(brand, title=title))
        assert raised.value.limit is limit


@BRANDS
def test_one_message_may_have_its_characters_replaced(gateway: OpenGateway, brand: Provider) -> None:
    account, message = gateway(brand), new_message(brand, text="Ça va", replace_characters=True)
    ready, preview = account.prepare(message)
    assert (ready.text, preview.text, preview.replaced) == ("Ca va", "Ca va", {"Ç": "C"})
    with pytest.raises(MessageRejected):
        account.prepare(new_message(brand, text="Ça va"))
