"""The registry: every provider and its gateway."""

from collections.abc import Mapping

from ..gateway import Gateway
from ..provider import Provider
from .club_texting import ClubTexting
from .group_texting import GroupTexting
from .textinghouse import TextingHouse
from .textiopro import TextioPro
from .thesmspoint import TheSMSPoint

GATEWAYS: Mapping[Provider, type[Gateway]] = {
    Provider.TEXTINGHOUSE: TextingHouse,
    Provider.TEXTIOPRO: TextioPro,
    Provider.CLUB_TEXTING: ClubTexting,
    Provider.GROUP_TEXTING: GroupTexting,
    Provider.THESMSPOINT: TheSMSPoint,
}
