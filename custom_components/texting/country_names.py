"""The names of countries in English. They come with the tz database, which every Home Assistant has."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

from homeassistant.core import HomeAssistant


async def async_country_names(hass: HomeAssistant) -> Mapping[str, str]:
    """Return the names of all countries by their codes (ISO 3166), such as {"FR": "France"}."""
    return await hass.async_add_executor_job(_read)


@cache
def _read() -> Mapping[str, str]:
    table = (resources.files("tzdata") / "zoneinfo" / "iso3166.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {code: name for code, name, *_ in rows}
