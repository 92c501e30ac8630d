"""Club Texting: the EZ Texting platform under its own rules of length and characters."""

from ..capabilities import Capability
from ..provider import AccountField, Provider
from .ez_texting import Brand, EZTexting, info

EXPRESS_LENGTH = 160
EXPRESS_LENGTH_CANADA = 136
STANDARD_LENGTH = 130


class ClubTexting(EZTexting):
    """One account at Club Texting."""

    info = info(
        Provider.CLUB_TEXTING,
        "Club Texting",
        AccountField(name="country", default="us", choices=("us", "ca")),
        url="https://app.clubtexting.com",
        more=(Capability.EXPRESS,),
    )
    brand = Brand(characters=frozenset(".,:;!?()~=+-_\\/@$#&%'\""), double=frozenset("\r\n"))

    def _length(self, express: bool | None) -> int:
        if express is False:
            return STANDARD_LENGTH
        return EXPRESS_LENGTH_CANADA if self._account.get("country") == "ca" else EXPRESS_LENGTH
