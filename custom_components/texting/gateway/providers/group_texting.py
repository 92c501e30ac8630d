"""Group Texting: the EZ Texting platform under its own rules of length and characters."""

from ..provider import Provider
from .ez_texting import Brand, EZTexting, info


class GroupTexting(EZTexting):
    """One account at Group Texting."""

    info = info(Provider.GROUP_TEXTING, "Group Texting", url="https://app.grouptexting.com")
    brand = Brand(characters=frozenset(".,:;!?()~=+-_\\/@$#&%"), double=frozenset("~@#%+=/\\\r\n"))
