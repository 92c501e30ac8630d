"""Replaces a voice detector that Home Assistant imports at every start. The real one needs a compiler."""


class MicroVad:
    """Does nothing, because the demo has no microphone."""
