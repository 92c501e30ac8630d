"""The encoding of a text and its number of segments (3GPP TS 23.038)."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
import re

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")

GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")
GSM7 = GSM7_BASIC | GSM7_EXTENSION


class Encoding(StrEnum):
    """The encoding that a text needs."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


# The units in the only segment, and in each of several segments: septets for GSM-7, UTF-16 units for UCS-2.
SINGLE = {Encoding.GSM7: 160, Encoding.UCS2: 70}
JOINED = {Encoding.GSM7: 153, Encoding.UCS2: 67}


@dataclass(frozen=True, slots=True)
class Measure:
    """The size of a text."""

    encoding: Encoding
    # Septets (GSM-7) or UTF-16 units (UCS-2).
    units: int
    # The texts of the segments.
    parts: tuple[str, ...]

    @property
    def segments(self) -> int:
        """The number of segments that are billed; an empty text is one."""
        return max(1, len(self.parts))


def encoding_of(text: str) -> Encoding:
    """Return the smallest encoding that holds the text."""
    return Encoding.GSM7 if GSM7.issuperset(text) else Encoding.UCS2


# The same text goes to many numbers.
@lru_cache(maxsize=8)
def measure(text: str, encoding: Encoding | None = None) -> Measure:
    """Measure a text in the given encoding or the one it needs; escapes and surrogate pairs are not split."""
    encoding = encoding or encoding_of(text)
    sizes = [_units(character, encoding) for character in text]
    total = sum(sizes)
    if total <= SINGLE[encoding]:
        return Measure(encoding, total, (text,) if text else ())
    parts: list[str] = []
    start = used = 0
    for position, size in enumerate(sizes):
        if used + size > JOINED[encoding]:
            parts.append(text[start:position])
            start, used = position, 0
        used += size
    parts.append(text[start:])
    return Measure(encoding, total, tuple(parts))


def half_characters(text: str) -> str:
    """Return the unpaired surrogates of a text, as U+D83D. UTF-8 has no form for them."""
    return " ".join(sorted({f"U+{ord(half):04X}" for half in _HALF_CHARACTER.findall(text)}))


def _units(character: str, encoding: Encoding) -> int:
    """Return the septets or UTF-16 units of one character."""
    if encoding is Encoding.GSM7:
        return 2 if character in GSM7_EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1  # noqa: PLR2004  the end of the Basic Multilingual Plane
