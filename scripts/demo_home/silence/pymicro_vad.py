"""Home Assistant imports this voice detector at every start; it needs a compiler, and the demo has no microphone."""


class MicroVad:
    """Hears nobody."""
