"""Find values in the models of a parser that are of another type than the model says."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
import math
from types import NoneType, UnionType
from typing import Any, TypeAliasType, Union, get_args, get_origin, get_type_hints


class WrongTypeError(Exception):
    """A parser returned a value that its model does not allow."""


def check_types(value: object) -> None:
    """Raise WrongTypeError if a dataclass, also in a list, has a field that its annotation does not allow.

    Numbers must be finite, and a time must have a zone and exist in every zone.
    """
    if isinstance(value, list | tuple):
        for each in value:
            check_types(each)
    elif is_dataclass(value) and not isinstance(value, type):
        for name, hint in _hints(type(value)).items():
            field = getattr(value, name)
            if not _fits(field, hint):
                raise WrongTypeError(
                    f"{type(value).__name__}.{name} is of type {type(field).__name__}, or out of range"
                )
            check_types(field)


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _fits(value: object, hint: Any) -> bool:
    if isinstance(hint, TypeAliasType):
        hint = hint.__value__
    kinds, origin = get_args(hint), get_origin(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, kind) for kind in kinds)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(
            _fits(name, kinds[0]) and _fits(each, kinds[1]) for name, each in value.items()
        )
    if origin is tuple and Ellipsis not in kinds:
        return isinstance(value, tuple) and len(value) == len(kinds) and all(map(_fits, value, kinds, strict=True))
    if origin is tuple or (isinstance(origin, type) and issubclass(origin, Sequence)):
        return isinstance(value, list | tuple) and all(_fits(each, kinds[0]) for each in value)
    return _is_a(value, origin or hint)


def _is_a(value: object, kind: Any) -> bool:
    """Return True if a value is of a plain type, and a number or a time that can be used."""
    if kind is Any:
        return True
    if kind is float and type(value) is int:
        return True
    if kind in (int, bool, str, float, NoneType):
        return type(value) is kind and (kind is not float or math.isfinite(value))  # type: ignore[arg-type]
    if not isinstance(value, kind):
        return False
    if isinstance(value, Decimal):
        return value.is_finite() and abs(value.adjusted()) < 100  # noqa: PLR2004  digits that can be written out
    return _is_usable(value) if isinstance(value, datetime) else True


def _is_usable(moment: datetime) -> bool:
    """Return True if a time has a zone and can be converted to any other."""
    try:
        return moment.tzinfo is not None and date.min < moment.astimezone(UTC).date() < date.max
    except OverflowError:
        return False
