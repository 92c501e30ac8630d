"""Club Texting: the EZ Texting platform under its own rules of length and characters, with calls and carriers."""

import re

from ..capabilities import Capability
from ..errors import BroadcastRejected, CarrierUnknown, Field
from ..message import VoiceBroadcast
from ..provider import AccountField, Provider
from .ez_texting import HTTP_ERROR, Brand, EZTexting, info, national, number_of
from .ez_texting_codes import BROADCAST, CALLED, LOOKUP, failure
from .ez_texting_orders import is_url

EXPRESS_LENGTH = 160
EXPRESS_LENGTH_CANADA = 136
STANDARD_LENGTH = 130

# What is said of a number instead of its carrier.
NO_CARRIER = frozenset({"UNKNOWN", "FAILURE"})
_CARRIER = re.compile(r"[^\W\d_][\w .,&+/()'-]{0,59}")
_TEN_DIGITS = re.compile(r"[0-9]{10}")


class ClubTexting(EZTexting):
    """One account at Club Texting."""

    info = info(
        Provider.CLUB_TEXTING,
        "Club Texting",
        AccountField(name="country", default="us", choices=("us", "ca")),
        url="https://app.clubtexting.com",
        more=(Capability.EXPRESS, Capability.CARRIER_LOOKUP, Capability.VOICE_BROADCAST),
    )
    brand = Brand(characters=frozenset(".,:;!?()~=+-_\\/@$#&%'\""), double=frozenset("\r\n"))

    def _length(self, express: bool | None) -> int:
        if express is False:
            return STANDARD_LENGTH
        return EXPRESS_LENGTH_CANADA if self._account.get("country") == "ca" else EXPRESS_LENGTH

    async def carrier(self, number: str) -> str:
        """Who serves a number; the answer is a word, or the code of an error."""
        answer = await self._ask("lookup", [("PhoneNumber", national(number))])
        if answer.status >= HTTP_ERROR or not _CARRIER.fullmatch(answer.text):
            raise failure(number_of(answer), LOOKUP)
        if answer.text.upper() in NO_CARRIER:
            raise CarrierUnknown(code=answer.text.upper())
        return answer.text

    async def broadcast(self, call: VoiceBroadcast) -> None:
        """Call numbers and play a sound, once."""
        numbers = list(dict.fromkeys(map(national, call.numbers)))
        caller_id = national(call.caller_id)
        wrong = {
            Field.NUMBERS: not numbers or not all(map(_TEN_DIGITS.fullmatch, numbers)),
            Field.CALLER_ID: not _TEN_DIGITS.fullmatch(caller_id),
            Field.REQUEST: (call.sound_file is None) is (call.sound_url is None),
            Field.SOUND_FILE: call.sound_file is not None
            and not (call.sound_file.strip() and call.sound_file.isprintable()),
            Field.SOUND_URL: call.sound_url is not None and not is_url(call.sound_url),
        }
        for field, is_wrong in wrong.items():
            if is_wrong:
                raise BroadcastRejected(field=field)
        sound = ("SoundFile", call.sound_file) if call.sound_file else ("SoundSource", call.sound_url or "")
        code = await self._call(
            "voicemessages", [*(("PhoneNumbers[]", number) for number in numbers), ("CallerID", caller_id), sound]
        )
        if code != CALLED:
            raise failure(code, BROADCAST)
