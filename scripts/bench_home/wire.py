"""The requests that send a text, as each gateway documents them and without the integration."""

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
    """One gateway's side: one() are the fields of one text, batch() those of many, rest their payload as a template.

    Fields leave as a form, or as JSON where content_type says so; prefix begins each number (E.164 without +).
    """

    provider: Provider
    prefix: str
    content_type: str
    one_url: str
    one: Callable[[str, str], Fields]
    rest: str
    batch_url: str = ""
    batch: Callable[[Sequence[str], str], Fields] | None = None
    in_flight: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)

    def numbers(self, count: int) -> list[str]:
        """So many phones, as the gateway writes them."""
        return [f"{self.prefix}{number:05}" for number in range(count)]

    def options(self, fields: Fields) -> dict[str, Any]:
        """The fields as aiohttp's and requests' argument of a request."""
        return {"json" if self.content_type == JSON else "data": fields, "headers": self.headers}


def wires(simulator: SimulatorProcess) -> dict[Provider, Wire]:
    """The three gateways that sending is compared at."""
    return {wire.provider: wire for wire in (_textinghouse(simulator), _textiopro(simulator), _thesmspoint(simulator))}


def _textinghouse(simulator: SimulatorProcess) -> Wire:
    login = {"user": "demo", "pass": "demo-password", "cmd": "sendsms", "iscom": "N"}
    return Wire(
        provider=Provider.TEXTINGHOUSE,
        prefix="336123",
        content_type=FORM,
        one_url=simulator.url("textinghouse") + "/http/v1/do",
        one=lambda to, text: login | {"to": to, "txt": text, "climsgid": uuid4().hex},
        rest="user=demo&pass=demo-password&cmd=sendsms&iscom=N&to={{ to }}&txt={{ text | urlencode }}",
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
        rest=json.dumps(common | {"recipient": "{{ to }}", "message": "{{ text }}"}),
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
        rest=payload + "&recipient={{ to }}&message={{ text | urlencode }}",
        batch_url=url + "send-bulk-sms",
        batch=lambda to, text: common | {"recipient": json.dumps([{"number": each, "text": text} for each in to])},
    )
