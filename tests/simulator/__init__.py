"""Five SMS gateways on 127.0.0.1, written from the providers' documents only."""

from .server import Simulator

__all__ = ["Simulator"]
