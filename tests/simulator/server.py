"""The simulator: five providers at six addresses, their accounts, and the phones."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Self

from .accounts import default_accounts
from .callbacks import Callback, Callbacks
from .control import Control
from .ez_texting import EzTexting
from .faults import Faults
from .messages import Message
from .network import Network
from .people import People
from .phones import Phones
from .site import HOST, Seconds, Site
from .textinghouse import TextingHouse
from .textiopro import TextioPro
from .thesmspoint import TheSmsPoint
from .variants import Variant, switch
from .wire import Gateway, Request

SITES = ("textinghouse", "textinghouse_backup", "textiopro", "club_texting", "group_texting", "thesmspoint")


class Simulator:
    """Starts and stops everything; use it with `async with`.

    Delays are in seconds. `latency` is before each response. `processing` is before a request is handled; a client that
    disconnects before is not served. Both may be functions. `sent_after` and `delivered_after` are between the steps of
    a message (None: the step never comes).
    """

    def __init__(
        self, latency: float = 0.0, sent_after: float | None = 0.0, delivered_after: float | None = 0.0
    ) -> None:
        """Prepare accounts and sites, which do not listen yet."""
        self.accounts: dict[str, Any] = default_accounts()
        self._callbacks = Callbacks()
        self._network = Network(self.accounts, self._callbacks, sent_after, delivered_after)
        self._phones = Phones(self._network)
        self.people = People(self._network, self._phones)
        self._requests: list[Request] = []
        textinghouse = TextingHouse(self.accounts["textinghouse"], self._network)
        gateways: dict[str, Gateway] = {
            "textinghouse": textinghouse,
            "textinghouse_backup": textinghouse,
            "textiopro": TextioPro(self.accounts["textiopro"], self._network),
            "club_texting": EzTexting("club_texting", self.accounts["club_texting"], self._network),
            "group_texting": EzTexting("group_texting", self.accounts["group_texting"], self._network),
            "thesmspoint": TheSmsPoint(self.accounts["thesmspoint"], self._network),
        }
        self._sites = {
            name: Site(name, gateways[name], self._network, self._requests, self.accounts[name.removesuffix("_backup")])
            for name in SITES
        }
        self.latency = latency
        self.faults = Faults(SITES, lambda site: self._sites[site].refuse(), lambda site: self._sites[site].restore())
        self._control = Control(self)

    async def __aenter__(self) -> Self:
        """Start on free ports."""
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Stop."""
        await self.stop()

    async def start(self, base_port: int = 0) -> None:
        """Listen on `base_port` and the next ports, one for each site and one for control; 0 picks free ones."""
        try:
            await self._callbacks.start()
            for place, site in enumerate(self._sites.values()):
                await site.start(base_port and base_port + place, self.faults)
            await self._control.start(base_port and base_port + len(SITES))
        except OSError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop listening, and stop all messages on their way."""
        await self._control.stop()
        await self.people.stop()
        for site in self._sites.values():
            await site.stop()
        await self._network.stop()
        await self._callbacks.stop()

    def use_variant(self, provider: str, name: str) -> Variant:
        """Let an account answer as a real server does that differs from the document."""
        return switch(self.accounts[provider], provider, name)

    def url(self, site: str) -> str:
        """Return the address of a site, without a slash at the end."""
        return f"http://{HOST}:{self._sites[site].port}"

    @property
    def control_url(self) -> str:
        """The address of the control API."""
        return f"http://{HOST}:{self._control.port}"

    @property
    def latency(self) -> Seconds:
        """Seconds before each response."""
        return self._sites[SITES[0]].latency

    @latency.setter
    def latency(self, seconds: Seconds) -> None:
        for site in self._sites.values():
            site.latency = seconds

    @property
    def processing(self) -> Seconds:
        """Seconds before a request is handled."""
        return self._sites[SITES[0]].processing

    @processing.setter
    def processing(self, seconds: Seconds) -> None:
        for site in self._sites.values():
            site.processing = seconds

    @property
    def sent_after(self) -> float | None:
        """Seconds from accepted to sent."""
        return self._network.sent_after

    @sent_after.setter
    def sent_after(self, seconds: float | None) -> None:
        self._network.sent_after = seconds

    @property
    def delivered_after(self) -> float | None:
        """Seconds from sent to the last status."""
        return self._network.delivered_after

    @delivered_after.setter
    def delivered_after(self, seconds: float | None) -> None:
        self._network.delivered_after = seconds

    @property
    def clock(self) -> Callable[[], datetime]:
        """The clock of the providers; it returns a time with a zone."""
        return self._network.clock

    @clock.setter
    def clock(self, clock: Callable[[], datetime]) -> None:
        self._network.clock = clock

    @property
    def callbacks(self) -> list[Callback]:
        """All callbacks, oldest first."""
        return list(self._callbacks.made)

    def messages(self, provider: str | None = None) -> list[Message]:
        """Return the accepted messages, oldest first."""
        return [message for message in self._network.messages if provider in (None, message.provider)]

    def requests(self, site: str | None = None) -> list[Request]:
        """Return the received requests, oldest first."""
        return [request for request in self._requests if site in (None, request.site)]

    def clear_requests(self) -> None:
        """Forget all requests so far and how many were in flight."""
        self._requests.clear()
        for site in self._sites.values():
            site.max_in_flight = 0

    def max_in_flight(self, site: str) -> int:
        """Return the largest number of requests that were in progress at a site, refused ones included."""
        return self._sites[site].max_in_flight

    async def restore(self) -> None:
        """End all faults and let every site listen again."""
        self.faults.clear()
        for site in self._sites.values():
            await site.restore()

    async def answer(
        self,
        number: str,
        text: str,
        provider: str | None = None,
        *,
        media: dict[str, object] | None = None,
        named: Message | None = None,
        written_at: datetime | None = None,
    ) -> tuple[int, str] | None:
        """Reply from a phone: see `Phones.answer`."""
        return await self._phones.answer(number, text, provider, media=media, named=named, written_at=written_at)

    def on_text(self, listener: Callable[[Message], None]) -> Callable[[], None]:
        """Call `listener` with each message that a phone receives; return a function that ends this."""
        return self._network.on_text(listener)

    def set_status(self, message: Message, status: str) -> asyncio.Task[None]:
        """Set the last status of a message now; await the result to await the callback."""
        return self._network.set_status(message, status)

    async def settle(self) -> None:
        """Wait until no message and no callback is on its way."""
        await self._network.settle()
