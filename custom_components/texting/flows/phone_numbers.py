"""The phone numbers of a dialog: which of them an account or a route sends to, and an example of one."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import phonenumbers

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..const import CONF_PROVIDER, ROUTE
from ..entries import messenger_entries
from ..gateway.errors import MessageRejected
from ..gateway.phone_number import calling_code, to_e164
from ..gateway.provider import Provider, ProviderInfo
from ..gateway.providers import GATEWAYS
from ..routing.accounts import account_ids

# The country of an example if nothing says which one fits.
_ANY_COUNTRY = "FR"


class NumberRefused(Exception):
    """A text that is no number, or a number of a country that is not served."""

    def __init__(self, key: str, text: str, place: int = 0) -> None:
        """Remember the key of the error, what was entered, and at which place of the numbers."""
        super().__init__(key)
        self.key, self.text, self.place = key, text, place


@dataclass(frozen=True, slots=True)
class Reach:
    """Which numbers an account or a route sends to."""

    # The provider, or the title of a route.
    name: str
    # The countries (ISO 3166), each once. Empty: all.
    countries: Sequence[str]
    # The home's country, which national numbers belong to.
    home: str | None

    @classmethod
    def of_entry(cls, hass: HomeAssistant, entry: ConfigEntry) -> Self:
        """Return what an account reaches, or at least one account of a route."""
        infos = list(_infos(hass, entry))
        limited = infos and all(info.countries for info in infos)
        countries = dict.fromkeys(country for info in infos for country in info.countries) if limited else {}
        name = entry.title if entry.data[CONF_PROVIDER] == ROUTE else infos[0].name
        return cls(name, tuple(countries), hass.config.country)

    def read(self, texts: Iterable[str], known: Collection[str] = ()) -> list[str]:
        """Return numbers in E.164, each once; raise NumberRefused. Empty texts are left out.

        known are numbers that were stored before. They stay, whatever their country is.
        """
        numbers: dict[str, None] = {}
        for place, text in enumerate(texts):
            if text.strip():
                numbers[self._read(text, known, place)] = None
        return list(numbers)

    def _read(self, text: str, known: Collection[str], place: int) -> str:
        try:
            number = text if text in known else to_e164(text, self.home)
        except MessageRejected:
            raise NumberRefused("invalid_number", text, place) from None
        if number not in known and not self.serves(number):
            raise NumberRefused("country_not_served", text, place)
        return number

    def serves(self, number: str) -> bool:
        """Return True if a number in E.164 has the calling code of a country that is served."""
        return not self.countries or number.startswith(tuple(f"+{calling_code(each)}" for each in self.countries))

    def example(self) -> str:
        """Return a number that would be taken, as +33 6 12 34 56 78: one of the home's country if that is served."""
        return example_number(*filter(None, (self._home_if_served(), *self.countries)))

    def _home_if_served(self) -> str | None:
        return self.home if not self.countries or self.home in self.countries else None

    def placeholders(self, names: Mapping[str, str]) -> dict[str, str]:
        """Return the variables of the form's texts. names are those of countries by their codes."""
        listed = [_in_sentence(names.get(country, country)) for country in self.countries]
        return {"provider": self.name, "countries": join(listed), "example": self.example()}


def example_number(*regions: str) -> str:
    """Return an example of a mobile number, with its country code. The first of the regions that has one decides."""
    kind = phonenumbers.PhoneNumberType.MOBILE
    examples = (phonenumbers.example_number_for_type(region, kind) for region in (*regions, _ANY_COUNTRY))
    number = next(filter(None, examples))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def join(names: Sequence[str]) -> str:
    """Return names as they stand in a sentence: "United States and Canada"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _in_sentence(country: str) -> str:
    return f"the {country}" if country.startswith("United ") else country


def facts(info: ProviderInfo, names: Mapping[str, str], texts: Mapping[str, str]) -> str:
    """Return what a provider offers in one line: "most countries, replies, delivery reports"."""
    found = [join([names[country] for country in info.countries]) or texts["most_countries"]]
    found += [texts["replies"]] if info.receives else []
    found += [texts["delivery_reports"]] if info.reports else []
    return ", ".join(found)


def _infos(hass: HomeAssistant, entry: ConfigEntry) -> Iterator[ProviderInfo]:
    entries = {each.entry_id: each for each in messenger_entries(hass)}
    for entry_id in account_ids(hass, entry.entry_id)[0]:
        yield GATEWAYS[Provider(entries[entry_id].data[CONF_PROVIDER])].info
