"""Fixtures of the tests of incoming texts."""

import pytest

from custom_components.texting import receiver


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no look-up end because the machine is busy."""
    monkeypatch.setattr(receiver, "LOOKUP_TIMEOUT", 60.0)
