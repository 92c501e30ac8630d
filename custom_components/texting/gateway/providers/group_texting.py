"""Group Texting: the EZ Texting platform under its own rules of length and characters."""

from ..provider import Provider
from .ez_texting import Brand, EZTexting, info


class GroupTexting(EZTexting):
    """One account at Group Texting."""

    # "To opt this number in please text HELP or Your Keyword to our long code using that phone."
    info = info(Provider.GROUP_TEXTING, "Group Texting", url="https://app.grouptexting.com", opt_in_words=("help",))
    brand = Brand(characters=frozenset(".,:;!?()~=+-_\\/@$#&%"), double=frozenset("~@#%+=/\\\r\n"), line_end=True)
