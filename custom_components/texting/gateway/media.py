"""Pictures of a text that came in, which a gateway keeps somewhere: their links become part of the text."""

from collections.abc import Iterator, Mapping

# No document says how they are told: any field with a name like this that holds a link.
_NAMES = ("media", "mms")
_SCHEMES = ("https://", "http://")
_MOST = 10
_LONGEST = 2000


def with_media(text: str, fields: Mapping[str, object]) -> str:
    """The text, with each link that is not in it already on a line of its own."""
    named = [value for name, value in fields.items() if any(word in name.lower() for word in _NAMES)]
    links = dict.fromkeys(link for value in named for link in _links(value) if link not in text)
    return "\n".join([*([text] if text else []), *list(links)[:_MOST]])


def _links(value: object) -> Iterator[str]:
    """The links of a field: a text, or a list of texts."""
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, str):
            yield from (word for word in part.split() if word.lower().startswith(_SCHEMES) and len(word) <= _LONGEST)
