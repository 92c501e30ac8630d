"""The requests that send a text, as each gateway documents them. They do not use the integration."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
import json
from typing import Any
from uuid import uuid4

from custom_components.texting.gateway.provider import Provider

from .simulator import SimulatorProcess

type Fields = dict[str, str]

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """The requests of one gateway."""

    # The provider of the gateway.
    provider: Provider
    # How each number begins (E.164 without +).
    prefix: str
    # How the fields are encoded: FORM or JSON.
    content_type: str
    # The URL for one text.
    one_url: str
    # Returns the fields for one text. The arguments are the number and the text.
    one: Callable[[str, str], Fields]
    # The payload for one text as a template for rest_command.
    rest_template: str
    # The URL for many texts.
    batch_url: str = ""
    # Returns the fields for many texts. It is None if the gateway takes only one number in each request.
    batch: Callable[[Sequence[str], str], Fields] | None = None
    # The maximum number of requests at the same time.
    in_flight: int = 1
    # The headers of each request.
    headers: Mapping[str, str] = field(default_factory=dict)

    def numbers(self, count: int) -> list[str]:
        """Return this many numbers in the format of the gateway."""
        return [f"{self.prefix}{number:05}" for number in range(count)]

    def options(self, fields: Fields) -> dict[str, Any]:
        """Return the arguments for a request with aiohttp or requests."""
        return {"json" if self.content_type == JSON else "data": fields, "headers": self.headers}


def wires(simulator: SimulatorProcess) -> dict[Provider, Wire]:
    """Return the requests of the three gateways that are compared."""
    return {wire.provider: wire for wire in (_textinghouse(simulator), _textiopro(simulator), _thesmspoint(simulator))}


def _textinghouse(simulator: SimulatorProcess) -> Wire:
    login = {"user": "demo", "pass": "demo-password", "cmd": "sendsms", "iscom": "N"}
    return Wire(
        provider=Provider.TEXTINGHOUSE,
        prefix="336123",
        content_type=FORM,
        one_url=simulator.url("textinghouse") + "/http/v1/do",
        one=lambda to, text: login | {"to": to, "txt": text, "climsgid": uuid4().hex},
        rest_template="user=demo&pass=demo-password&cmd=sendsms&iscom=N&to={{ to }}&txt={{ text | urlencode }}",
        in_flight=8,
    )


def _textiopro(simulator: SimulatorProcess) -> Wire:
    url, common = simulator.url("textiopro") + "/api/v3/sms/send", {"sender_id": "MyHome", "type": "plain"}
    return Wire(
        provider=Provider.TEXTIOPRO,
        prefix="336123",
        content_type=JSON,
        headers={"Authorization": "Bearer 7|demoTokenTextioPro", "Accept": JSON},
        one_url=url,
        one=lambda to, text: common | {"recipient": to, "message": text},
        rest_template=json.dumps(common | {"recipient": "{{ to }}", "message": "{{ text }}"}),
        batch_url=url,
        batch=lambda to, text: common | {"recipient": ",".join(to), "message": text},
    )


def _thesmspoint(simulator: SimulatorProcess) -> Wire:
    common = {"sender_id": "HOMEHA", "template_id": "1107000000000000002", "channel": "1", "is_unicode": "0"}
    url = simulator.url("thesmspoint") + "/api/v1/"
    payload = "&".join(f"{name}={value}" for name, value in common.items())
    return Wire(
        provider=Provider.THESMSPOINT,
        prefix="9198123",
        content_type=FORM,
        headers={"key": "demo-key", "Accept": JSON},
        one_url=url + "send-single-sms",
        one=lambda to, text: common | {"recipient": to, "message": text},
        rest_template=payload + "&recipient={{ to }}&message={{ text | urlencode }}",
        batch_url=url + "send-bulk-sms",
        batch=lambda to, text: common | {"recipient": json.dumps([{"number": number, "text": text} for number in to])},
    )
