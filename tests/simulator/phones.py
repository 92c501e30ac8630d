"""Phones that text back: the way an answer takes depends on the provider that texted last."""

from datetime import timedelta
from secrets import token_hex

from .accounts import EzTextingAccount, TextingHouseAccount
from .callbacks import Callback, textinghouse_reply
from .ez_texting import BRANDS, is_valid_text, length_of
from .messages import TITLES, Message
from .network import Network
from .textiopro_messages import new_uid

_REPLY_WINDOW = timedelta(hours=12)  # "replies without a keyword within 12 hours" (Group Texting)
_AUTOREPLY_LENGTH = 160


class Phones:
    """Every simulated phone."""

    def __init__(self, network: Network) -> None:
        """Share the network's messages."""
        self._network = network

    async def answer(self, number: str, text: str, provider: str | None = None) -> tuple[int, str] | None:
        """Text back; returns what the callback URL answered, None where the provider only lists replies.

        Raises LookupError where the text cannot reach anyone.
        """
        digits = "".join(character for character in number if character.isdecimal())
        last = self._last_message(digits, provider)
        provider = provider or (last.provider if last else None)
        if provider is None:
            raise LookupError(f"No provider has texted {number} yet.")
        if provider == "thesmspoint":
            raise LookupError("TheSMSPoint has no replies.")
        if provider == "textiopro":
            self._list_incoming(digits, text, last)
            return None
        if provider == "textinghouse":
            callback = await self._textinghouse(last, text)
        else:
            callback = await self._ez_texting(provider, digits, text, last)
        return callback.status, callback.body

    def _last_message(self, digits: str, provider: str | None) -> Message | None:
        for message in reversed(self._network.messages):
            if digits in (message.to, message.phone_number) and provider in (None, message.provider):
                return message
        return None

    def _list_incoming(self, digits: str, text: str, last: Message | None) -> None:
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
                extra={"direction": "incoming"},
            )
        )

    async def _textinghouse(self, last: Message | None, text: str) -> Callback:
        account: TextingHouseAccount = self._network.accounts["textinghouse"]
        if last is None:
            raise LookupError("TextingHouse has not texted this number, so there is nothing to reply to.")
        if last.sender:
            raise LookupError("A TextingHouse message with a named sender cannot be replied to.")
        if not account.callback_url:
            raise LookupError("The TextingHouse account has no callback URL.")
        reply = textinghouse_reply(last, text, self._network.clock(), account)
        return await self._network.callbacks.post(
            "textinghouse", account.callback_url, reply, form=account.callback_form
        )

    async def _ez_texting(self, provider: str, digits: str, text: str, last: Message | None) -> Callback:
        account: EzTextingAccount = self._network.accounts[provider]
        number = digits[-10:]
        _note_opt_out(account, number, text)
        word, _, rest = text.strip().partition(" ")
        keyword = account.keywords.get(word.lower())
        recent = last is not None and self._network.clock() - last.accepted_at <= _REPLY_WINDOW
        if keyword is None and not recent:
            raise LookupError(f"{TITLES[provider]} forwards only keywords and answers within twelve hours.")
        alone = keyword is not None and not rest
        url = (keyword.url if keyword and alone else None) or account.callback_url or (keyword.url if keyword else None)
        if not url:
            raise LookupError(f"The {TITLES[provider]} account has no callback URL.")
        names = ("PhoneNumber", "Message") if alone else ("from", "message")
        params = {names[0]: number, names[1]: text, **account.callback_extra}
        callback = await self._network.callbacks.get(provider, url, params)
        response = callback.body.strip() if account.wait_for_response and callback.status == 200 else ""
        self._text_back(provider, number, response or (keyword.autoreply if keyword and alone else ""))
        return callback

    def _text_back(self, provider: str, number: str, text: str) -> None:
        account: EzTextingAccount = self._network.accounts[provider]
        brand = BRANDS[provider]
        fits = is_valid_text(brand, text) and length_of(brand, text) <= _AUTOREPLY_LENGTH
        if not text or not fits or account.credit < 1:
            return
        account.credit -= 1
        self._network.accept(provider, token_hex(8), number, text, segments=1, extra={"auto_reply": True})
        self._network.carry(self._network.take_accepted())


def _note_opt_out(account: EzTextingAccount, number: str, text: str) -> None:
    """STOP puts a number on the opt-out list; a keyword, or START, takes it off again."""
    word = text.strip().lower()
    if word == "stop":
        account.opted_out.add(number)
    elif word == "start" or word in account.keywords:
        account.opted_out.discard(number)
        account.globally_opted_out.discard(number)
