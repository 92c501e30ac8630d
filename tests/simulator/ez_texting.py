"""Club Texting and Group Texting, two brands of the EZ Texting platform. Their responses are numbers."""

from collections.abc import Callable
from dataclasses import dataclass
import re
from secrets import token_hex
from typing import Any

from .accounts import EzTextingAccount, bare_number
from .ez_texting_orders import buy_credits, check_keyword, rent_keyword, set_up_keyword
from .network import Network
from .wire import Request, Response, html_response, text_response

_SUBJECT_LENGTH = 13
_STANDARD_LENGTH = 130
_CANADA_LENGTH = 136
_LENGTH = 160


@dataclass(frozen=True, slots=True)
class Brand:
    """What differs in the documents of the two brands."""

    characters: str
    doubled: str
    express: bool
    extras: bool
    opt_in: frozenset[str] = frozenset()


BRANDS = {
    "club_texting": Brand(".,:;!?()~=+-_\\/@$#&%'\"", "\r\n", express=True, extras=True),
    "group_texting": Brand(
        r".,:;!?()~=+-_\/@$#&%", "~@#%+=/\\\n", express=False, extras=False, opt_in=frozenset({"help"})
    ),
}

# The carriers of numbers, by their last digits.
_CARRIERS = {"0004": "UNKNOWN", "0006": "FAILURE"}
_TRY_AGAIN = "0009"
# The paths that no document names. Other clients call this one without a slash at its end.
_UNDOCUMENTED = frozenset({"/api/lookup"})

type Params = dict[str, Any]


class EzTexting:
    """One brand."""

    reads_json = False

    def __init__(self, provider: str, account: EzTextingAccount, network: Network) -> None:
        """Serve one account."""
        self._provider = provider
        self._brand = BRANDS[provider]
        self._account = account
        self._network = network
        self._operations: dict[str, Callable[[Params], str]] = {
            "/api/sending": self._send,
            "/api/credits/check": lambda _: bare_number(account.credit, comma=account.decimal_comma),
            "/api/keyword/check": lambda params: check_keyword(account, params),
            "/api/keyword/setup": lambda params: set_up_keyword(account, params, self._is_valid),
        }
        self._post_only: dict[str, Callable[[Params], str]] = {
            "/api/credits/buy": lambda params: buy_credits(account, params, network.clock()),
            "/api/keyword/rent": lambda params: rent_keyword(account, params, network.clock()),
        }
        if self._brand.extras:
            self._operations["/api/lookup"] = self._look_up

    @property
    def connection_limit(self) -> int | None:
        """The largest number of requests in progress."""
        return self._account.connection_limit

    def handle(self, request: Request) -> Response:
        """Handle a request; the case of parameter names does not count."""
        path = request.path.rstrip("/")
        if path in _UNDOCUMENTED and path != request.path and not self._account.slashes:
            return html_response(404, "Not Found")
        params = {name.lower(): value for name, value in request.params.items()}
        voice = self._brand.extras and path == "/api/voicemessages"
        operation = self._operations.get(path) or self._post_only.get(path)
        if (operation is None and not voice) or request.method not in ("GET", "POST"):
            return html_response(404, "Not Found")
        if not self._login(params):
            return text_response("-1", self._account.login_failed_status, "text/html; charset=utf-8")
        if path.removeprefix("/api/") in self._account.broken:
            code = "-10"
        elif voice:
            code = self._broadcast(request.method, params)
        elif operation is None or (path in self._post_only and request.method != "POST"):
            code = "-10"
        else:
            code = operation(params)
        return text_response(code, content_type="text/html; charset=utf-8")

    def _login(self, params: Params) -> bool:
        credentials = (params.get("user"), params.get("pass"))
        return self._account.api_allowed and credentials == (self._account.user, self._account.password)

    def _send(self, params: Params) -> str:
        number = ten_digits(params.get("phonenumber", ""))
        subject, text = params.get("subject", ""), params.get("message", "")
        express = self._brand.express and params.get("express", "1") != "0"
        if number is None:
            return "-106"
        if number in self._account.globally_opted_out:
            return "-104"
        if number in self._account.opted_out:
            return "-5"
        if not self._fits(subject, text, express=express):
            return "-7"
        if self._account.credit < 1:
            return "-2"
        self._account.credit -= 1
        extra = {"subject": subject} | ({"express": express} if self._brand.express else {})
        self._network.accept(self._provider, token_hex(8), number, text, segments=1, extra=extra)
        return "1"

    def _fits(self, subject: str, text: str, *, express: bool) -> bool:
        if not text.strip() or len(subject) > _SUBJECT_LENGTH or not self._is_valid(subject + text):
            return False
        length = sum(length_of(self._brand, part) for part in (subject, text))
        length += sum((subject + text).count(character) for character in self._account.doubled)
        return length <= self._limit(express=express)

    def _limit(self, *, express: bool) -> int:
        if not self._brand.express:
            return _LENGTH
        if not express:
            return _STANDARD_LENGTH
        return _CANADA_LENGTH if self._account.country == "ca" else _LENGTH

    def _is_valid(self, text: str) -> bool:
        return is_valid_text(self._brand, text)

    def _look_up(self, params: Params) -> str:
        number = ten_digits(params.get("phonenumber", ""))
        if number is None:
            return "-2"
        if self._account.credit < 1:
            return "-3"
        if number.endswith(_TRY_AGAIN):
            return "-4"
        self._account.credit -= 1
        return _CARRIERS.get(number[-4:], "VERIZONUS")

    def _broadcast(self, method: str, params: Params) -> str:
        """Call numbers and play a sound; code -7 is for unknown variables."""
        given = params.get("phonenumbers[]", [])
        sound_file, source = params.get("soundfile"), params.get("soundsource")
        if method != "POST" or not given or "callerid" not in params or not (sound_file or source):
            return "-7"
        numbers = [number for entry in given if (number := ten_digits(entry))]
        checks = {
            "-3": ten_digits(params["callerid"]) is not None,
            "-4": len(numbers) == len(given),
            "-5": not sound_file or sound_file in self._account.sound_files,
            "-6": not source or re.fullmatch(r"https?://\S+\.wav", source, re.IGNORECASE) is not None,
            "-2": self._account.credit >= len(numbers),
        }
        for code, passed in checks.items():
            if not passed:
                return code
        self._account.credit -= len(numbers)
        for number in numbers:
            self._network.accept(
                self._provider,
                token_hex(8),
                number,
                sound_file or source or "",
                segments=1,
                sender=params["callerid"],
                extra={"type": "voice"},
            )
        return "1"


def ten_digits(number: str) -> str | None:
    """Return the ten digits of a number without a leading 1 or +1; None if there are not ten."""
    match = re.fullmatch(r"(?:\+?1)?([0-9]{10})", number.strip())
    return match[1] if match else None


def is_valid_text(brand: Brand, text: str) -> bool:
    """Return True if the brand allows all characters."""
    return all(
        (character.isascii() and character.isalnum()) or character in brand.characters + " \r\n" for character in text
    )


def length_of(brand: Brand, text: str) -> int:
    """Return the length as the brand counts it; a line end, CR LF or LF, is two at Group."""
    counted = text if "\r" in brand.doubled else text.replace("\r\n", "\n")
    return len(counted) + sum(counted.count(character) for character in brand.doubled)
