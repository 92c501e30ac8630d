"""Club Texting: its limits of length and characters, voice broadcasts and carrier lookups."""

from dataclasses import dataclass
import re
from typing import override

from ...capabilities import Capability
from ...errors import BroadcastRejected, CarrierUnknown, Field
from ...message import VoiceBroadcast
from ...provider import Provider, account_field
from .codes import BROADCAST, CALLED, LOOKUP, failure
from .orders import is_url
from .platform import HTTP_ERROR, Brand, EZTexting, EZTextingSettings, code_of, info, national

# The length of title and text together.
MAX_EXPRESS = 160
MAX_EXPRESS_CANADA = 136
MAX_STANDARD = 130

# Responses that are no carrier.
NO_CARRIER = frozenset({"UNKNOWN", "FAILURE"})
_CARRIER = re.compile(r"[^\W\d_][\w .,&+/()'-]{0,59}")
_TEN_DIGITS = re.compile(r"[0-9]{10}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClubTextingSettings(EZTextingSettings):
    """The settings of an account at Club Texting."""

    # Canada has a lower limit of length.
    country: str = account_field(default="us", choices=("us", "ca"), applied_in_place=True)
    url: str = account_field(advanced=True, default="https://app.clubtexting.com")


class ClubTexting(EZTexting[ClubTextingSettings]):
    """One account at Club Texting."""

    info = info(
        Provider.CLUB_TEXTING,
        "Club Texting",
        ClubTextingSettings.account_fields(),
        more=(Capability.EXPRESS, Capability.CARRIER_LOOKUP, Capability.VOICE_BROADCAST),
    )
    settings_type = ClubTextingSettings
    brand = Brand(characters=frozenset(".,:;!?()~=+-_\\/@$#&%'\""), double=frozenset("\r\n"))

    @override
    def _max_length(self, express: bool | None) -> int:
        if express is False:
            return MAX_STANDARD
        return MAX_EXPRESS_CANADA if self.settings.country == "ca" else MAX_EXPRESS

    async def look_up_carrier(self, number: str) -> str:
        """Look up a carrier. The response is a word or an error code."""
        response = await self._request("lookup", [("PhoneNumber", national(number))])
        if response.status >= HTTP_ERROR or not _CARRIER.fullmatch(response.text):
            raise failure(code_of(response), LOOKUP)
        if response.text.upper() in NO_CARRIER:
            raise CarrierUnknown(code=response.text.upper())
        return response.text

    async def broadcast(self, call: VoiceBroadcast) -> None:
        """Call numbers and play a sound. The request is made once."""
        numbers = list(dict.fromkeys(map(national, call.numbers)))
        caller_id = national(call.caller_id)
        invalid = {
            Field.NUMBERS: not numbers or not all(map(_TEN_DIGITS.fullmatch, numbers)),
            Field.CALLER_ID: not _TEN_DIGITS.fullmatch(caller_id),
            Field.REQUEST: (call.sound_file is None) is (call.sound_url is None),
            Field.SOUND_FILE: call.sound_file is not None
            and not (call.sound_file.strip() and call.sound_file.isprintable()),
            Field.SOUND_URL: call.sound_url is not None and not is_url(call.sound_url),
        }
        for field, is_invalid in invalid.items():
            if is_invalid:
                raise BroadcastRejected(field=field)
        sound = ("SoundFile", call.sound_file) if call.sound_file else ("SoundSource", call.sound_url or "")
        code = await self._call(
            "voicemessages", [*(("PhoneNumbers[]", number) for number in numbers), ("CallerID", caller_id), sound]
        )
        if code != CALLED:
            raise failure(code, BROADCAST)
