"""Damage texts, values and bytes: types swapped, deep nesting, huge numbers, surrogates, truncation, encodings."""

# ruff: noqa: RUF001  look-alikes are a part of the damage

from collections.abc import Iterator, Sequence
import json
from random import Random
from typing import Any

# The size of a large input, in characters or bytes.
LARGE = 64 * 1024

# Texts that a parser may stumble over.
ODD_TEXTS: Sequence[str] = (
    *("", " ", "\x00", "\n", "null", "nan", "NaN", "inf", "-inf", "-0", "-1", "0x1f", "1e9", "1e400", "1_000", "+1"),
    *("²", "١٠", "１２", "½", "Ⅷ", "0" * 50, "9" * 18, "9" * 19, "9" * 400, "9" * 5000, "1." + "9" * 60, "1e999999999"),
    *("\ud800", "\udfff\ud800", "\u202e", "\u200b", "\ufeff", "\u2028", "İ", "ﷺ", "ﷺ" * 40),
    *("Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢", "👨‍👩‍👧‍👦", "🏳️‍🌈" * 9),
    *("<html><body>502 Bad Gateway</body></html>", "{", "[", '"', "\\u", "\\ud800", "%00", "%ff", "a=b&c", ".."),
    *("../..",),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0000-00-00 00:00:00", "2026-02-30", "1", "24:00"),
    *("Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 01 Jan 0001 00:00:00 +2359", "Wed, 21 Oct 2026 07:28:00 +9999"),
    *("1 2 3 4 5",),
    *("ffffffffffff1", "00000000000ff", "success", "error", "Delivered|SM123", "STOP", "start", "+33612345601"),
    *("+" * 20,),
    *("http://[::1", "https://" + "a" * 300, "http://a/ " * 20, "Europe/Paris", "../../etc/passwd", "US$1,234.50"),
    *("$-",),
    *("the number 33612345601 is invalid. ", "ERR: 101 | no", "ERR:", "ID: ", "-104", "-10", "1,5", "api_token=7|abc"),
)  # fmt: skip
ODD_VALUES: Sequence[Any] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**18, -(10**30), 10**4000, 0.5, -0.0, 1e308, 5e-324),
    *(float("nan"), float("inf"), float("-inf"), [], {}, [[]], [None], [{}], {"": ""}, {"0": {}}, {"data": []}, ["x"]),
)
_TEXTS_TO_REPEAT = (
    "a",
    "1",
    " ",
    "\n",
    "ﷺ",
    "é",
    "e\u0301",
    "👍",
    "0 ",
    "a.",
    "1,",
    "+1 ",
    "<a",
    "'",
    "\u202e",
    "(",
    ",;",
    "12 is ",
)
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-7", "shift_jis")


class Mutator:
    """Damage inputs by one source of random numbers, so that a seed gives the same inputs again."""

    def __init__(self, random: Random) -> None:
        """Use this source."""
        self.random = random
        self._text_damages = (
            self._insert,
            self._insert,
            self._cut,
            self._double,
            self._join,
            self._replace,
            self._whole,
        )

    def chance(self, percent: int) -> bool:
        """Return True so often."""
        return self.random.randrange(100) < percent

    # -- texts -------------------------------------------------------------------------------------------------------

    def text(self, seeds: Sequence[str], *, is_large: bool = False) -> str:
        """Return a damaged text made from some of the seeds; a large one has LARGE characters at most."""
        text = self.random.choice(seeds)
        for _ in range(self.random.randint(0, 3)):
            text = self.random.choice(self._text_damages)(text, seeds)
        return self.grown(text)[:LARGE] if is_large else text[:LARGE]

    def grown(self, text: str) -> str:
        """Return a text of about LARGE characters that repeats something."""
        part = self.random.choice((text, *_TEXTS_TO_REPEAT, self.random.choice(ODD_TEXTS))) or "a"
        filling = (part * (LARGE // len(part) + 1))[: max(0, LARGE - len(text))]
        at = self.random.choice((0, len(text), self.random.randint(0, len(text))))
        return text[:at] + filling + text[at:]

    def odd_text(self) -> str:
        """Return a text that a parser may stumble over, or random characters."""
        if self.chance(80):
            return self.random.choice(ODD_TEXTS)
        return "".join(
            chr(self.random.choice((self.random.randrange(128), self.random.randrange(0x110000)))) for _ in range(9)
        )

    def _insert(self, text: str, _seeds: Sequence[str]) -> str:
        at = self.random.randint(0, len(text))
        return text[:at] + self.odd_text() + text[at:]

    def _cut(self, text: str, _seeds: Sequence[str]) -> str:
        begin = self.random.randint(0, len(text))
        return text[begin:] if self.chance(30) else text[:begin]

    def _double(self, text: str, _seeds: Sequence[str]) -> str:
        begin = self.random.randint(0, len(text))
        piece = text[begin : begin + self.random.randint(1, 50)]
        return text[:begin] + piece * self.random.choice((2, 3, 50)) + text[begin:]

    def _join(self, text: str, seeds: Sequence[str]) -> str:
        return text + self.random.choice(("", " ", "\n", ",")) + self.random.choice(seeds)

    def _replace(self, text: str, _seeds: Sequence[str]) -> str:
        if not text:
            return self.odd_text()
        old = self.random.choice(text)
        return text.replace(old, self.odd_text()[:40], self.random.choice((1, 3)))

    def _whole(self, _text: str, _seeds: Sequence[str]) -> str:
        return self.odd_text()

    # -- values ------------------------------------------------------------------------------------------------------

    def value(self, value: Any, *, is_large: bool = False) -> Any:
        """Return a damaged copy of a value of JSON; the value itself does not change."""
        value = _copy(value)
        for _ in range(self.random.choice((0, 1, 1, 1, 2, 5))):
            value = self._damaged(value)
        return self._grown_value(value) if is_large else value

    def odd_value(self) -> Any:
        """Return a value of any type."""
        match self.random.randrange(8):
            case 0 | 1 | 2:
                return self.odd_text()
            case 3:
                return _nested(self.random.choice((3, 60, 300)), self.random.choice(("list", "dict")))
            case _:
                return _copy(self.random.choice(ODD_VALUES))

    def _damaged(self, value: Any) -> Any:
        """Damage a part of a value, mostly one that lies deep in it."""
        parts = (
            list(value.items())
            if isinstance(value, dict)
            else list(enumerate(value))
            if isinstance(value, list)
            else []
        )
        if not parts or self.chance(5):
            return self._other(value)
        containers = [part for part in parts if isinstance(part[1], dict | list) and part[1]]
        place, part = self.random.choice(containers if containers and self.chance(70) else parts)
        if (isinstance(part, dict | list) and part and self.chance(90)) or self.chance(60):
            value[place] = self._damaged(part)
        else:
            self._move(value, place)
        return value

    def _move(self, value: Any, place: Any) -> None:
        """Remove, repeat or rename a part of a list or an object."""
        if isinstance(value, list):
            value[place : place + 1] = [value[place]] * self.random.choice((0, 2, 30))
            return
        part = value.pop(place)
        match self.random.randrange(3):
            case 0:
                value[self.odd_text()] = part
            case 1 if value:
                value[self.random.choice(list(value))] = part

    def _other(self, value: Any) -> Any:
        """Return something else in the place of a value."""
        match self.random.randrange(8):
            case 0:
                return [value]
            case 1:
                return {"data": value, "0": value}
            case 2:
                return str(value)
            case 3 if isinstance(value, str):
                return self.text([value])
            case 4 if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < LARGE // 100:
                return int(value)
            case _:
                return self.odd_value()

    def _grown_value(self, value: Any) -> Any:
        """Return a value that takes about LARGE characters as JSON."""
        match self.random.randrange(7):
            case 0:
                return {"status": "success", "message": self.grown(""), "data": value}
            case 1 | 5 | 6:
                return _with_many_rows(value, self.random)
            case 2 if isinstance(value, dict) and value:
                return value | {self.random.choice(list(value)): self.grown(self.odd_text())}
            case 3 if isinstance(value, dict):
                return value | {f"{number}": value for number in range(LARGE // (_length(value) + 8))}
            case _:
                return [value] * max(1, LARGE // (_length(value) + 2))

    def json(self, value: Any) -> str:
        """Return a value as JSON, in one of its spellings, perhaps with a name twice."""
        document = json.dumps(value, ensure_ascii=self.chance(50))
        if document.startswith('{"') and self.chance(5):
            document = f"{document[:-1]},{document[1:]}"
        return document

    # -- bytes -------------------------------------------------------------------------------------------------------

    def encoded(self, text: str) -> bytes:
        """Return a text as bytes, mostly UTF-8, at times in another encoding or with damaged bytes."""
        if self.chance(94):
            return text.encode("utf-8", "surrogatepass")
        if self.chance(50):
            return text.encode(self.random.choice(_ENCODINGS), "replace")
        return self.damaged_bytes(text.encode("utf-8", "surrogatepass"))

    def damaged_bytes(self, body: bytes) -> bytes:
        """Return damaged bytes."""
        damaged = bytearray(body)
        for _ in range(self.random.choice((1, 1, 3, 20))):
            at = self.random.randint(0, len(damaged))
            match self.random.randrange(5):
                case 0:
                    del damaged[at:]
                case 1:
                    damaged[at:at] = self.random.randbytes(self.random.choice((1, 2, 9)))
                case 2:
                    del damaged[at : at + 3]
                case _ if at < len(damaged):
                    damaged[at] = self.random.randrange(256)
        return bytes(damaged)


def _copy(value: Any) -> Any:
    """Return a deep copy of lists and objects."""
    if isinstance(value, dict):
        return {name: _copy(each) for name, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list) else value


def _nested(depth: int, kind: str) -> Any:
    """Return a list or an object that holds itself so often."""
    value: Any = "x"
    for _ in range(depth):
        value = [value] if kind == "list" else {"data": value}
    return value


def _length(value: Any) -> int:
    return len(json.dumps(value))


def _with_many_rows(value: Any, random: Random) -> Any:
    """Return a value whose first list has so many rows that it is large. Each row has an id of its own."""
    rows = next(_lists(value), [value])
    row = random.choice(rows) if rows else {}
    count = LARGE // (_length(row) + 2) + 1
    if isinstance(row, dict):
        many: list[Any] = [{**row, "uid": f"{number:013x}", "message_id": str(number)} for number in range(count)]
    else:
        many = [row] * count
    return _replaced(value, many)


def _lists(value: Any) -> Iterator[list[Any]]:
    """Yield the lists in a value."""
    if isinstance(value, list):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _lists(each)


def _replaced(value: Any, rows: list[Any]) -> Any:
    """Return a value with rows in the place of its first list, or of its data."""
    if isinstance(value, list):
        return rows
    if not isinstance(value, dict):
        return {"status": "success", "data": rows}
    for name, each in value.items():
        if isinstance(each, list):
            return {**value, name: rows}
        if isinstance(each, dict) and next(_lists(each), None) is not None:
            return {**value, name: _replaced(each, rows)}
    return {**value, "data": rows}
