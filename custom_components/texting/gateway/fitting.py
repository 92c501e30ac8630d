"""Take from stored values what has the right type. Files and entries may be edited by hand or of another version."""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

# No number that is stored is larger.
_MAX_NUMBER = 10**15
_NOTHING = object()


def fitting_values(kind: type, stored: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Return the stored values that fit the fields of a dataclass, and how many values do not fit and were left out.

    Of a list or a dict, the items that fit are returned. Names that are no field are ignored. Of the types that a
    field can have, this knows bool, int, float, str, None, Any, list, dict, and their unions.
    """
    values: dict[str, Any] = {}
    skipped = 0
    for name, hint in _hints(kind).items():
        if name in stored:
            value, left_out = _fitting(stored[name], hint)
            skipped += left_out
            if value is not _NOTHING:
                values[name] = value
    return values, skipped


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _fitting(value: Any, hint: Any) -> tuple[Any, int]:
    """Return what fits of a value, or _NOTHING; and how many values were left out."""
    origin, kinds = get_origin(hint), get_args(hint)
    if origin is None:
        # Forms of Home Assistant store a whole number as 20.0.
        value = int(value) if hint is int and isinstance(value, float) and value.is_integer() else value
        return (value, 0) if _is_a(value, hint) else (_NOTHING, 1)
    if origin is list:
        return _fitting_list(value, kinds[0])
    if origin is dict:
        return _fitting_dict(value, kinds[1])
    results = (_fitting(value, kind) for kind in kinds)
    return next((result for result in results if result[0] is not _NOTHING), (_NOTHING, 1))


def _fitting_list(value: Any, kind: Any) -> tuple[Any, int]:
    if not isinstance(value, list):
        return _NOTHING, 1
    pairs = [_fitting(each, kind) for each in value]
    return [each for each, _ in pairs if each is not _NOTHING], sum(left_out for _, left_out in pairs)


def _fitting_dict(value: Any, kind: Any) -> tuple[Any, int]:
    """Return what fits of a dict. Its names are always texts, since it is read from JSON."""
    if not isinstance(value, dict):
        return _NOTHING, 1
    pairs = {name: _fitting(each, kind) for name, each in value.items()}
    fitting = {name: each for name, (each, _) in pairs.items() if each is not _NOTHING}
    return fitting, sum(left_out for _, left_out in pairs.values())


def _is_a(value: Any, kind: Any) -> bool:
    """Return True if a value is of a plain type. A number is 0 or more and finite; a whole one may be a float."""
    if kind is Any:
        return True
    kinds = {int, float} if kind is float else {NoneType if kind is None else kind}
    return type(value) in kinds and (type(value) not in {int, float} or 0 <= value <= _MAX_NUMBER)
