"""The clients, with their registries, the differences between their sites and the document, and what does not work."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.simulator.messages import TITLES


@dataclass(frozen=True, slots=True)
class Client:
    """One client of a package registry."""

    name: str
    registry: str
    # Where it runs: "python" or "node".
    runtime: str
    # The site that it is written for. It runs the same software as the provider.
    site: str
    # The variants of the simulator that correspond to this site.
    variants: tuple[str, ...] = ()
    provider: str = "textiopro"
    # A number that the client accepts.
    number: str = "94712345678"
    # Steps that work only at its site, and how the site differs from the document.
    only_at_its_site: Mapping[str, str] = field(default_factory=dict)
    # Steps that work nowhere, and why.
    never: Mapping[str, str] = field(default_factory=dict)
    # Steps of every client that this one does not have.
    lacks: frozenset[str] = frozenset()

    @property
    def platform(self) -> str:
        """The name of the provider."""
        return TITLES[self.provider]


CLIENTS = (
    Client("txtmsg-sdk", "PyPI", "python", "txtmsg.lk", ("remaining-balance",)),
    Client(
        "cloudsms",
        "PyPI",
        "python",
        "cloudsms.gr",
        ("remaining-balance",),
        only_at_its_site={"balance": "the document and this site differ: `balance` and `remaining_balance`"},
        never={"show a campaign": "the client is wrong: it leaves out /view, which every document has"},
    ),
    Client(
        "sendlk",
        "PyPI",
        "python",
        "send.lk",
        ("without-type", "balance-units"),
        only_at_its_site={
            "send": "the document is too strict: it requires `type`, the server code does not",
            "balance": "the document and this site differ: `balance` and `remaining_unit`",
        },
        never={"show a message": "the client is wrong: it asks at sms/send/{uid}, every document says sms/{uid}"},
    ),
    Client(
        "fitsms",
        "PyPI",
        "python",
        "fitsms.lk",
        never={"balance": "the client is for /api/v4, which only its site has; there the balance is `sms_unit`"},
    ),
    Client(
        "textlk-node",
        "npm",
        "node",
        "text.lk",
        ("without-type",),
        only_at_its_site={"send": "the document is too strict: it requires `type` and an Accept header"},
        lacks=frozenset({"balance"}),
    ),
)
# Providers without a client in the registries.
WITHOUT = [title for provider, title in TITLES.items() if provider not in {client.provider for client in CLIENTS}]
