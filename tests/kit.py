"""Patch Home Assistant before the test kit loads, so that the newest kit runs on a newer Home Assistant.

Add the options of our tests.
"""

# This import must be first: newer versions alias httpx and voluptuous here, before anything imports them.
import homeassistant.const  # noqa: F401, I001

from asyncio import constants

import pytest

from homeassistant.components import logger
from tests.support import sampling

if not hasattr(logger, "_clear_logger_overwrites"):
    # Newer versions of Home Assistant lack this function, but the kit calls it after every test.
    vars(logger)["_clear_logger_overwrites"] = lambda _hass: None

# The test kit debugs the event loop, which then notes the call stack of each future, task and callback: half of the
# suite's time. One line of it does.
vars(constants)["DEBUG_STACK_DEPTH"] = 1

# What these folders test runs without Home Assistant. Their tests without the fixture hass need only one version of it.
PURE = ("gateway", "text", "delivery", "simulator", "inbound", "alerting")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    parser.addoption("--full", action="store_true", help="try every case, not a sample")
    parser.addoption("--home-only", action="store_true", help="leave out the tests that need no Home Assistant")


def pytest_configure(config: pytest.Config) -> None:
    """Choose how many cases are tried."""
    sampling.choose(full=config.getoption("--full"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what --home-only leaves out."""
    if not config.getoption("--home-only"):
        return
    pure = [item for item in items if _is_pure(item)]
    config.hook.pytest_deselected(items=pure)
    items[:] = [item for item in items if not _is_pure(item)]


def _is_pure(item: pytest.Item) -> bool:
    folder = item.path.relative_to(item.config.rootpath / "tests").parts[0]
    return folder in PURE and "hass" not in getattr(item, "fixturenames", ())
