"""The registry: every provider and its gateway."""

from asyncio import Semaphore
from collections.abc import Mapping
from typing import Any

from ..base import Gateway
from ..provider import Provider
from ..redaction import add_secrets
from ..transport import Session, Transport
from .ez_texting.club_texting import ClubTexting
from .ez_texting.group_texting import GroupTexting
from .textinghouse import TextingHouse
from .thesmspoint.gateway import TheSMSPoint
from .ultimate_sms.textiopro import TextioPro

GATEWAYS: Mapping[Provider, type[Gateway]] = {
    Provider.TEXTINGHOUSE: TextingHouse,
    Provider.TEXTIOPRO: TextioPro,
    Provider.CLUB_TEXTING: ClubTexting,
    Provider.GROUP_TEXTING: GroupTexting,
    Provider.THESMSPOINT: TheSMSPoint,
}


def create_gateway(session: Session, values: Mapping[str, Any], slots: Semaphore | None = None) -> Gateway:
    """Create the gateway of an account from the fields of its entry; "provider" names the Provider.

    "webhook_id" is only cut out of what the provider says. slots are those of a gateway that talks to the same account
    at the same time.
    """
    kind = GATEWAYS[Provider(values["provider"])]
    transport = Transport(session, in_flight=kind.info.in_flight, busy=kind.info.busy, slots=slots)
    gateway = kind(transport, kind.settings_type.from_mapping(values))
    add_secrets(gateway, [values.get("webhook_id", "")])
    return gateway
