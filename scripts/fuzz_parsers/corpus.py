"""Responses and webhook calls as the tests and the simulated providers make them, to be damaged."""

from collections.abc import Mapping, Sequence
import json
from pathlib import Path
from typing import Any

_CORPUS = json.loads((Path(__file__).parent / "corpus.json").read_text("utf-8"))
# The HTTP status and the body of responses, by the path or the command that was asked.
RESPONSES: Mapping[str, Sequence[tuple[int, str]]] = {
    path: [(status, body) for status, body in answers] for path, answers in _CORPUS["responses"].items()
}
# The method and the parameters of calls of our webhook, by provider.
CALLS: Mapping[str, Sequence[tuple[str, Mapping[str, Any]]]] = {
    provider: [(method, parameters) for method, parameters in calls] for provider, calls in _CORPUS["webhooks"].items()
}
