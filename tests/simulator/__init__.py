"""The five SMS providers on 127.0.0.1, written only from their documents."""

from .server import Simulator

__all__ = ["Simulator"]
