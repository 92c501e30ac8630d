"""Group Texting: its limits of characters."""

from dataclasses import dataclass

from ...provider import Provider, account_field
from .platform import Brand, EZTexting, EZTextingSettings, info


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTextingSettings(EZTextingSettings):
    """The settings of an account at Group Texting."""

    url: str = account_field(advanced=True, default="https://app.grouptexting.com")


class GroupTexting(EZTexting[GroupTextingSettings]):
    """One account at Group Texting."""

    # "To opt this number in please text HELP or Your Keyword to our long code using that phone."
    info = info(Provider.GROUP_TEXTING, "Group Texting", GroupTextingSettings.account_fields(), opt_in_words=("help",))
    settings_type = GroupTextingSettings
    brand = Brand(characters=frozenset(".,:;!?()~=+-_\\/@$#&%"), double=frozenset("~@#%+=/\\\r\n"), line_end=True)
