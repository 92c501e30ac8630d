"""Phones that reply. The provider that texted last decides how the reply is delivered."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from secrets import token_bytes, token_hex

from .accounts import EzTextingAccount, Keyword, TextingHouseAccount
from .callbacks import Callback, ez_texting_json, textinghouse_reply
from .ez_texting import BRANDS, Brand, is_valid_text, length_of
from .messages import TITLES, Message
from .network import Network
from .textiopro_messages import new_uid

_REPLY_WINDOW = timedelta(hours=12)  # "replies without a keyword within 12 hours" (Group Texting)
_AUTOREPLY_LENGTH = 160


class Phones:
    """All simulated phones."""

    def __init__(self, network: Network) -> None:
        """Use the network's messages."""
        self._network = network

    async def answer(
        self,
        number: str,
        text: str,
        provider: str | None = None,
        *,
        media: dict[str, object] | None = None,
        named: Message | None = None,
        written_at: datetime | None = None,
    ) -> tuple[int, str] | None:
        """Reply; return the response of the callback URL (the keyword's if there are two), None if there is none.

        media are the fields that TextioPro's list has for a picture. named is the message that the provider says is
        answered, if not the last one to this number. written_at is the text's date, if not now; without a zone it is in
        UTC, and the provider does not say so. Where a provider names no message or has no date, they do nothing.
        Raises LookupError if the text cannot reach anyone.
        """
        digits = digits_of(number)
        last = named or self._last_message(digits, provider)
        provider = provider or (last.provider if last else None)
        if provider is None:
            raise LookupError(f"No provider has texted {number} yet.")
        if provider == "thesmspoint":
            raise LookupError("TheSMSPoint has no replies.")
        if provider == "textiopro":
            self._list_incoming(digits, text, last, media or {})
            return None
        if provider == "textinghouse":
            callback: Callback | None = await self._textinghouse(last, digits, text, written_at)
        else:
            callback = await self._ez_texting(provider, digits, text, last, written_at)
        return (callback.status, callback.body) if callback else None

    def _last_message(self, digits: str, provider: str | None) -> Message | None:
        for message in reversed(self._network.messages):
            if digits in (message.to, message.phone_number) and provider in (None, message.provider):
                return message
        return None

    def _list_incoming(self, digits: str, text: str, last: Message | None, media: dict[str, object]) -> None:
        now = self._network.clock()
        self._network.incoming.append(
            Message(
                provider="textiopro",
                id=new_uid(),
                client_id=None,
                to=last.sender if last else "",
                text=text,
                sender=digits,
                status="Delivered",
                segments=1,
                accepted_at=now,
                not_before=now,
                received=True,
                extra={"direction": "incoming", "media": media},
            )
        )

    async def _textinghouse(
        self, last: Message | None, digits: str, text: str, written_at: datetime | None
    ) -> Callback:
        account: TextingHouseAccount = self._network.accounts["textinghouse"]
        if last is None:
            raise LookupError("TextingHouse has not texted this number, so there is nothing to reply to.")
        if last.sender:
            raise LookupError("A TextingHouse message with a named sender cannot be replied to.")
        if not account.callback_url:
            raise LookupError("The TextingHouse account has no callback URL.")
        reply = textinghouse_reply(last, digits, text, self._date(account, written_at))
        return await self._network.callbacks.post(
            "textinghouse", account.callback_url, reply, form=account.callback_form
        )

    def _date(self, account: TextingHouseAccount, written_at: datetime | None) -> str:
        """Return the date of a text in one of the two documented forms, or in the account's if none is given."""
        if written_at is None:
            return self._network.clock().strftime(account.reply_date_format)
        if written_at.tzinfo is None:
            return f"{written_at:%Y-%m-%d %H:%M:%S}"
        return f"{written_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

    async def _ez_texting(
        self, provider: str, digits: str, text: str, last: Message | None, written_at: datetime | None
    ) -> Callback | None:
        account: EzTextingAccount = self._network.accounts[provider]
        number = digits[-10:]
        _note_opt_out(account, BRANDS[provider], number, text)
        word, _, rest = text.strip().partition(" ")
        keyword = account.keywords.get(word.lower())
        recent = last is not None and self._network.clock() - last.accepted_at <= _REPLY_WINDOW
        if keyword is None and not recent:
            raise LookupError(f"{TITLES[provider]} forwards only keywords and answers within twelve hours.")
        # A text with more than the keyword is a reply if there is a message to reply to.
        submitted = keyword if not rest or not recent else None
        calls = _calls(account, submitted, number, text)
        if not calls and submitted is None:
            raise LookupError(f"The {TITLES[provider]} account has no callback URL.")
        made: list[Callback] = []
        responses: list[str] = []
        for url, params in calls:
            if account.callback_shape == "json" and "from" in params:
                answered = last if recent else None
                made.append(await self._in_json(provider, url, number, text, answered, written_at))
                continue
            callback = await self._network.callbacks.get(provider, url, params, account.callback_seconds)
            made.append(callback)
            if account.wait_for_response and callback.status == HTTPStatus.OK:
                responses.append(callback.body.strip())
        if not any(responses) and submitted:
            responses = [submitted.autoreply]
        for response in responses:
            self._text_back(provider, number, response)
        return made[0] if made else None

    async def _in_json(
        self, provider: str, url: str, number: str, text: str, answered: Message | None, written_at: datetime | None
    ) -> Callback:
        """Bring a text as JSON with a signature, whose key is the customer's secret."""
        account: EzTextingAccount = self._network.accounts[provider]
        words = text.strip().lower().split()
        opts_in = words == ["start"] or (bool(words) and words[0] in account.keywords)
        opts_out = " ".join(words) in ("stop", "stop all", "stopall")
        at = written_at or self._network.clock()
        fields = ez_texting_json(number, text, at, answered, optIn=opts_in, optOut=opts_out)
        headers = {"X-Signature": b64encode(token_bytes(20)).decode()}
        return await self._network.callbacks.post(provider, url, fields, form=False, headers=headers)

    def _text_back(self, provider: str, number: str, text: str) -> None:
        account: EzTextingAccount = self._network.accounts[provider]
        brand = BRANDS[provider]
        fits = is_valid_text(brand, text) and length_of(brand, text) <= _AUTOREPLY_LENGTH
        opted_out = number in account.opted_out | account.globally_opted_out
        if not text or not fits or opted_out or account.credit < 1:
            return
        account.credit -= 1
        self._network.accept(provider, token_hex(8), number, text, segments=1, extra={"auto_reply": True})
        self._network.carry(self._network.take_accepted())


def digits_of(number: str) -> str:
    """Return the digits of a number."""
    return "".join(character for character in number if character.isdecimal())


def _calls(
    account: EzTextingAccount, submitted: Keyword | None, number: str, text: str
) -> list[tuple[str, dict[str, str]]]:
    """Yield the URLs to call, with their parameters; a keyword submission goes to both unless requests are unique."""
    submission = {"PhoneNumber": number, "Message": text, **account.callback_extra}
    reply = {"from": number, "message": text, **account.callback_extra}
    if submitted is None:
        return [(account.callback_url, reply)] if account.callback_url else []
    if not submitted.url:
        return [(account.callback_url, submission)] if account.callback_url else []
    forwarded = [(account.callback_url, reply)] if account.callback_url and not account.unique_requests else []
    return [(submitted.url, submission), *forwarded]


def _note_opt_out(account: EzTextingAccount, brand: Brand, number: str, text: str) -> None:
    """Handle opt-outs: STOP and STOP ALL list a number at account and brand; a keyword or START removes it."""
    words = text.strip().lower().split()
    word = " ".join(words)
    if word == "stop":
        account.opted_out.add(number)
    elif word in ("stop all", "stopall"):
        account.globally_opted_out.add(number)
    elif word == "start" or (words and words[0] in account.keywords):
        account.opted_out.discard(number)
        account.globally_opted_out.discard(number)
    elif word in brand.opt_in:
        account.globally_opted_out.discard(number)
