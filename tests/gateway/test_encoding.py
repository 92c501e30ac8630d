"""Characters and segments, against published vectors and two independent packages."""

import gsm0338  # type: ignore[import-untyped]  # brings no types
from hypothesis import given, strategies as st
import pytest
import smsutil  # type: ignore[import-untyped]  # brings no types

from custom_components.texting.gateway.encoding import (
    GSM7_BASIC,
    GSM7_EXTENSION,
    JOINED,
    SINGLE,
    Encoding,
    encoding_of,
    measure,
)

CODEC = gsm0338.Codec()
# Unpaired surrogates are no text; JSON and phones cannot hold them.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
GSM7_TEXTS = st.text(st.sampled_from(sorted(GSM7_BASIC | GSM7_EXTENSION)), max_size=600)
WIDE_TEXTS = st.text(st.sampled_from("aê😀中€"), min_size=1, max_size=300)

VECTORS: tuple[tuple[str, Encoding, list[int]], ...] = (
    ("", Encoding.GSM7, []),
    ("a" * 160, Encoding.GSM7, [160]),
    ("a" * 161, Encoding.GSM7, [153, 8]),
    ("€" * 80, Encoding.GSM7, [80]),
    ("€" * 81, Encoding.GSM7, [76, 5]),
    ("ê" * 70, Encoding.UCS2, [70]),
    ("ê" * 71, Encoding.UCS2, [67, 4]),
    ("ê" * 66 + "😀" + "ê" * 10, Encoding.UCS2, [66, 11]),
)


@pytest.mark.parametrize(("text", "encoding", "lengths"), VECTORS)
def test_vectors(text: str, encoding: Encoding, lengths: list[int]) -> None:
    measured = measure(text)
    assert measured.encoding is encoding
    assert [len(part) for part in measured.parts] == lengths
    assert measured.segments == max(1, len(lengths))


def test_a_text_can_be_measured_in_the_wider_alphabet() -> None:
    assert measure("a" * 71).segments == 1
    assert measure("a" * 71, Encoding.UCS2).segments == 2


def test_the_alphabet_is_the_standards() -> None:
    def encodes(character: str) -> bool:
        try:
            CODEC.encode(character)
        except UnicodeError:
            return False
        return True

    everything = {character for number in range(0x2200) if encodes(character := chr(number))}
    assert everything - {"\x1b"} == GSM7_BASIC | GSM7_EXTENSION
    assert all(len(CODEC.encode(character)[0]) == 2 for character in GSM7_EXTENSION)
    assert all(len(CODEC.encode(character)[0]) == 1 for character in GSM7_BASIC)


@given(GSM7_TEXTS)
def test_septets_are_as_many_as_the_codec_writes(text: str) -> None:
    measured = measure(text)
    assert measured.encoding is Encoding.GSM7
    assert measured.units == len(CODEC.encode(text)[0])


@given(WIDE_TEXTS)
def test_units_are_those_of_utf_16(text: str) -> None:
    assert measure(text, Encoding.UCS2).units == len(text.encode("utf-16-be")) // 2


@given(st.one_of(TEXTS, GSM7_TEXTS, WIDE_TEXTS))
def test_parts_are_as_another_package_splits(text: str) -> None:
    if not text or "\f" in text:
        return  # it makes one segment of an empty text, and does not know the form feed
    assert list(measure(text).parts) == [part.content for part in smsutil.split(text).parts]


@given(st.one_of(TEXTS, GSM7_TEXTS, WIDE_TEXTS))
def test_nothing_is_lost_and_no_part_is_too_long(text: str) -> None:
    measured = measure(text)
    assert "".join(measured.parts) == text
    assert measured.encoding is encoding_of(text)
    sizes = [measure(part, measured.encoding).units for part in measured.parts]
    assert sum(sizes) == measured.units
    most = (SINGLE if len(sizes) == 1 else JOINED)[measured.encoding]
    assert all(size <= most for size in sizes)
    assert all(size >= most - 1 for size in sizes[:-1])
