"""How sites of TextioPro's software differ in sends, statuses and words, over plain HTTP."""

from decimal import Decimal
import json
from typing import Any

import pytest

from .customer import ACCEPT, BEARER, SMS, TOKEN, Client
from .textiopro_words import CLOSED_REGION, DENIALS, WRONG_TOKEN

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.mark.parametrize(
    ("recipients", "accepted", "words"),
    [
        ("33600000002", [], "33600000002 is a invalid phone number"),
        ("33600000001,33600000002", ["33600000001"], "33600000002 is a invalid phone number"),
        (
            "33600000002,44600000001",
            [],
            f"33600000002 is a invalid phone number {CLOSED_REGION.format('44600000001')}",
        ),
    ],
)
async def test_refused_numbers_are_only_in_the_words(
    client: Client, recipients: str, accepted: list[str], words: str
) -> None:
    client.simulator.use_variant("textiopro", "refuses-in-words")
    account = client.simulator.accounts["textiopro"]
    account.invalid_numbers, account.closed_regions = {"33600000002"}, {"44"}
    answer = await client.send_pro(recipient=recipients)
    assert (answer["status"], [row["to"] for row in answer["data"]]) == ("success", accepted)
    assert answer["message"] == words
    assert [message.to for message in client.simulator.messages()] == accepted


@pytest.mark.parametrize("language", WRONG_TOKEN)
async def test_the_token_api_has_a_sentence_for_a_wrong_token(client: Client, language: str) -> None:
    client.simulator.use_variant("textiopro", "wrong-token-in-words")
    client.simulator.accounts["textiopro"].language = language
    answer = await client.raw("textiopro", "/api/http/balance", headers=ACCEPT, json={"api_token": "8|other"})
    assert (answer[0], json.loads(answer[1])) == (200, {"status": "error", "message": WRONG_TOKEN[language]})
    # The bearer API keeps the framework's own.
    assert (await client.raw("textiopro", "/api/v3/balance", "GET", headers=ACCEPT))[0] == 401


@pytest.mark.parametrize("denial", DENIALS)
async def test_an_account_may_lack_a_permission_or_a_plan(client: Client, denial: str) -> None:
    account = client.simulator.accounts["textiopro"]
    account.denies = denial
    status, sentence = DENIALS[denial]
    answer = await client.raw("textiopro", "/api/v3/balance", "GET", headers=BEARER)
    assert (answer[0], json.loads(answer[1])["message"]) == (status, sentence)
    for requests, sends, lists in (("sends", False, True), ("lists", True, False)):
        account.denied_requests = requests
        assert ((await client.send_pro())["status"] == "success") is sends
        assert ((await client.pro("sms"))["status"] == "success") is lists
        assert (await client.pro("balance"))["status"] == "success"


async def test_the_carriers_words_are_relayed(client: Client) -> None:
    client.simulator.use_variant("textiopro", "carrier-refuses")
    assert await client.send_pro() == {"status": "error", "message": "authentication error"}
    assert not client.simulator.messages()
    assert (await client.pro("balance"))["data"]["balance"] == 100


async def test_an_exception_comes_after_the_text_was_accepted(client: Client) -> None:
    client.simulator.use_variant("textiopro", "exception-in-sends")
    answer = await client.send_pro()
    assert (answer["status"], answer["message"][:8]) == ("error", "SQLSTATE")
    assert len(client.simulator.messages()) == 1
    assert (await client.pro("sms"))["status"] == "success"


async def test_exceptions_in_reads(client: Client) -> None:
    client.simulator.use_variant("textiopro", "exception-in-reads")
    for path in ("balance", "sms", "me"):
        assert await client.pro(path) == {"status": "error", "message": "Undefined array key 0"}
    assert (await client.send_pro())["status"] == "success"


@pytest.mark.parametrize("status", [200, 429])
async def test_too_many_requests(client: Client, status: int) -> None:
    client.simulator.accounts["textiopro"].throttled_status = status
    url = f"{client.simulator.url('textiopro')}/api/v3/sms/send"
    async with client.session.post(url, headers=BEARER, json=SMS) as response:
        assert response.status == status
        assert response.headers.get("Retry-After") == ("1" if status == 429 else None)
        assert await response.json() == {"message": "Too Many Attempts."}
    assert not client.simulator.messages()


@pytest.mark.parametrize(("refusals", "status"), [("error", "error"), ("words", "success")])
async def test_three_numbers_are_one(client: Client, refusals: str, status: str) -> None:
    client.simulator.use_variant("textiopro", "one-number")
    client.simulator.accounts["textiopro"].refusals = refusals
    three = "33600000001,33600000002,33600000003"
    answer = await client.send_pro(recipient=three)
    assert answer["status"] == status
    assert three in answer["message"]
    assert not client.simulator.messages()
    await client.send_pro(recipient="33600000001,33600000002")
    assert len(client.simulator.messages()) == 2


async def test_senders_and_templates_may_be_refused(client: Client) -> None:
    account = client.simulator.accounts["textiopro"]
    account.refused_sender, account.otp_placeholder = "My Home", "{{OTP}}"
    assert "not authorized" in (await client.send_pro(sender_id="My Home"))["message"]
    assert (await client.send_pro(sender_id="SMS-API_1. a"))["status"] == "error"  # 12 characters
    assert "template" in (await client.send_pro(type="otp"))["message"]
    assert not client.simulator.messages()
    assert (await client.send_pro(sender_id="SMS-API_1.a"))["status"] == "success"
    assert (await client.send_pro(type="otp", message="{{OTP}}"))["status"] == "success"


@pytest.mark.parametrize(
    ("switches", "words"),
    [
        ({"hand_over_word": "Delivered"}, ["Delivered", "Delivered", "Delivered", "Undelivered"]),
        ({"status_form": "queue"}, ["Queued", "Sent", "Delivered", "Undelivered"]),
        ({"status_form": "smpp"}, ["Pending", "ENROUTE", "DELIVRD", "UNDELIV"]),
    ],
)
async def test_statuses_have_other_words(client: Client, switches: dict[str, Any], words: list[str]) -> None:
    for name, value in switches.items():
        setattr(client.simulator.accounts["textiopro"], name, value)
    client.simulator.sent_after = None
    uid = (await client.send_pro())["data"]["uid"]
    (message,) = client.simulator.messages()
    for status, word in zip(("Accepted", "Enroute", "Delivered", "Undelivered"), words, strict=True):
        message.status = status
        assert (await client.pro(f"sms/{uid}"))["data"]["status"] == word


async def test_a_status_may_have_the_carriers_id(client: Client) -> None:
    client.simulator.use_variant("textiopro", "carrier-ids")
    data = (await client.send_pro())["data"]
    assert data["status"] == f"Accepted|SM{data['uid']}"


async def test_every_word_of_a_french_site_is_french(client: Client) -> None:
    client.simulator.use_variant("textiopro", "french-site")
    account = client.simulator.accounts["textiopro"]
    account.invalid_numbers, account.closed_regions, account.refused_sender = {"33600000002"}, {"44"}, "Other"
    answers = [
        *[await client.send_pro(recipient=number) for number in ("33600000001", "33600000002", "44600000001")],
        *[await client.send_pro(**{name: ""}) for name in ("recipient", "sender_id", "message")],
        await client.send_pro(sender_id="TwelveLetter"),
        await client.send_pro(sender_id="Other"),
        await client.send_pro(type="fax"),
        await client.send_pro(schedule_time="soon"),
        await client.pro("sms/unknown"),
        await client.pro("contacts/unknown/show", "POST"),
        await client.pro("campaign/unknown/view"),
        await client.pro("unknown"),
    ]
    account.credit = Decimal()
    answers.append(await client.send_pro())
    for denial in DENIALS:
        account.denies = denial
        answers.append(await client.pro("balance"))
    account.throttled_status = 200
    answers.append(await client.pro("balance"))
    words = [str(answer["message"]) for answer in answers]
    english = {"is", "the", "not", "found", "must", "your", "you", "number:", "active", "many"}
    assert not [sentence for sentence in words if english & set(sentence.lower().split())]
    assert len(set(words)) > 15
    assert TOKEN["api_token"] not in " ".join(words)
