"""Replaces a noise filter that Home Assistant imports at every start. The real one needs a compiler."""


class AudioProcessor:
    """Does nothing, because the demo has no microphone."""
