"""An outbox for a test, open, and closed after it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from custom_components.texting.delivery.outbox import Outbox


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    outbox = Outbox(tmp_path / "texting.db")
    await outbox.open()
    yield outbox
    await outbox.close()


@pytest.fixture
async def noise() -> list[dict[str, Any]]:
    """What asyncio complains of."""
    heard: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
    return heard
