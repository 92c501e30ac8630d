"""Fixtures of the tests of incoming texts."""

import pytest

from custom_components.texting.inbound import reply_matcher


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no look-up end because the machine is busy."""
    monkeypatch.setattr(reply_matcher, "LOOKUP_TIMEOUT", 60.0)
