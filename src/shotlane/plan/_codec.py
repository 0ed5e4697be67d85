"""Frozen dataclasses as JSON and back, led by their annotations.

Invariant: what is decoded equals what was encoded. A unit is its text; nothing else needs more than its
type. A field that is not there takes its default.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from shotlane.expression import Unit, parse_unit
from shotlane.model import KEEP, Keep

_KEEP = {"keep": True}


def encode(value: Any) -> Any:
    """A value of dataclasses, tuples, sets, mappings and scalars as plain JSON values."""
    if isinstance(value, Unit):
        return value.text
    if isinstance(value, Keep):
        return _KEEP
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(encode(item) for item in value)
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    return value


def decode_as(kind: Any, value: Any) -> Any:
    """The value of a type that `encode` made. Raises `ValueError`, `TypeError` or `KeyError`."""
    if get_origin(kind) in (Union, UnionType):
        return _alternative(get_args(kind), value)
    if kind is Unit:
        return parse_unit(value)
    if kind is Keep:
        return KEEP
    if is_dataclass(kind):
        return _made(kind, value)
    if get_origin(kind) is not None:
        return _collection(get_origin(kind), get_args(kind), value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return float(value) if kind is float else value


def _alternative(kinds: tuple[Any, ...], value: Any) -> Any:
    if value is None and NoneType in kinds:
        return None
    if value == _KEEP and Keep in kinds:
        return KEEP
    kinds = tuple(kind for kind in kinds if kind not in (NoneType, Keep))
    return decode_as(kinds[0], value) if len(kinds) == 1 else value


def _collection(origin: Any, arguments: tuple[Any, ...], value: Any) -> Any:
    if origin is tuple and arguments[-1] is not Ellipsis:
        return tuple(decode_as(kind, item) for kind, item in zip(arguments, value, strict=True))
    if origin in (tuple, frozenset):
        return origin(decode_as(arguments[0], item) for item in value)
    return {key: decode_as(arguments[1], item) for key, item in value.items()}


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _made(kind: Any, value: Mapping[str, Any]) -> Any:
    hints = _hints(kind)
    known = {field.name for field in fields(kind)}
    if not set(value) <= known:
        raise ValueError(f"{kind.__name__} has no {sorted(set(value) - known)[0]}")
    missing = [
        field.name
        for field in fields(kind)
        if field.name not in value and field.default is MISSING and field.default_factory is MISSING
    ]
    if missing:
        raise ValueError(f"{kind.__name__} lacks {missing[0]}")
    return kind(**{name: decode_as(hints[name], item) for name, item in value.items()})
