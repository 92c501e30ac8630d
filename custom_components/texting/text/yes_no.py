"""Yes and no by language: the Unicode CLDR's words (posix messages) and others that people text."""

# ruff: noqa: RUF001  letters of many alphabets

from collections.abc import Mapping, Sequence

YES_NO: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "ar": (("نعم", "ن"), ("لا", "ل")),
    "bg": (("да", "д"), ("не", "н")),
    "ca": (("sí", "s"), ("no", "n")),
    "cs": (("ano", "a"), ("ne", "n")),
    "da": (("ja", "j"), ("nej", "n")),
    "de": (("ja", "j"), ("nein", "n")),
    "el": (("ναι", "ν"), ("όχι", "ό")),
    "en": (("yes", "y", "yeah", "yep", "ok", "okay"), ("no", "n", "nope")),
    "es": (("sí", "s"), ("no", "n")),
    "et": (("jah", "j"), ("ei", "e")),
    "fi": (("kyllä", "k", "joo"), ("ei", "e")),
    "fr": (("oui", "o"), ("non", "n")),
    "he": (("כן", "כ"), ("לא", "ל")),
    "hi": (("हाँ", "हां"), ("नहीं", "न")),
    "hr": (("da", "d"), ("ne", "n")),
    "hu": (("igen", "i"), ("nem", "n")),
    "is": (("já", "j"), ("nei", "n")),
    "it": (("sì", "s"), ("no", "n")),
    "ja": (("はい",), ("いいえ",)),
    "ko": (("예", "네"), ("아니요", "아니오")),
    "lt": (("taip", "t"), ("ne", "n")),
    "lv": (("jā", "j"), ("nē", "n")),
    "nb": (("ja", "j"), ("nei", "n")),
    "nl": (("ja", "j"), ("nee", "n")),
    "pl": (("tak", "t"), ("nie", "n")),
    "pt": (("sim", "s"), ("não", "n")),
    "ro": (("da", "d"), ("nu", "n")),
    "ru": (("да", "д"), ("нет", "н")),
    "sk": (("áno", "a"), ("nie", "n")),
    "sl": (("da", "d"), ("ne", "n")),
    "sr": (("да", "д", "da"), ("не", "н", "ne")),
    "sv": (("ja", "j"), ("nej", "n")),
    "ta": (("ஆம்",), ("இல்லை",)),
    "th": (("ใช่",), ("ไม่ใช่", "ไม่")),
    "tr": (("evet", "e"), ("hayır", "h")),
    "uk": (("так", "т"), ("ні", "н")),
    "vi": (("có", "c"), ("không", "k")),
    "zh": (("是", "是的"), ("否", "不", "不是")),
}


def yes_no(language: str) -> dict[str, Sequence[str]]:
    """Return the choices yes and no in a language (BCP 47), or in English if the language is unknown."""
    yes, no = YES_NO.get(language.lower().partition("-")[0], YES_NO["en"])
    return {"yes": yes, "no": no}
