"""Home Assistant imports this noise filter at every start; it needs a compiler, and the demo has no microphone."""


class AudioProcessor:
    """Filters nothing."""
