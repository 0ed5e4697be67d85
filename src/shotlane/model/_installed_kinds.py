"""Lane kinds of installed packages, and of the program itself: found by name, imported only where used."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from shotlane.model._lane_kind import ENTRY_POINTS, PLAIN, LoadedKind
from shotlane.model._offer import offer

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


_registered: "dict[str, EntryPoint]" = {}


def register_kind(name: str, kind: type) -> None:
    """Offer a lane kind in this process, as an installed package would. Raises `ValueError`."""
    if name in PLAIN:
        raise ValueError(f"'{name}' is a key of the language, and is never replaced")
    _registered[name] = offer(name, kind, ENTRY_POINTS)


class KindFault(Exception):
    """An installed lane kind cannot be used; the message says why."""


def installed_kinds() -> "dict[str, EntryPoint]":
    """The lane kinds that are offered, by name; none is imported. A key of the language is never replaced."""
    from importlib.metadata import entry_points  # late: 15 ms, and few documents use kinds

    offered = sorted(entry_points(group=ENTRY_POINTS), key=lambda point: (point.name, point.value))
    return {point.name: point for point in offered if point.name not in PLAIN} | _registered


def kinds_used(data: Any) -> dict[str, LoadedKind | KindFault]:
    """The installed kinds that lanes of a sequence use, imported, or why one cannot be."""
    lanes = data.get("lanes") if isinstance(data, dict) else None
    parts = lanes.values() if isinstance(lanes, dict) else ()
    strange = {key for lane in parts if isinstance(lane, dict) for key in lane if key not in PLAIN}
    if not strange:
        return {}  # the installed packages are not even looked through
    return load_kinds(point for name, point in installed_kinds().items() if name in strange)


def load_kinds(points: "Iterable[EntryPoint]") -> dict[str, LoadedKind | KindFault]:
    """Every kind by name, or why it cannot be used."""
    found: dict[str, LoadedKind | KindFault] = {}
    for point in points:
        try:
            found[point.name] = _load(point)
        except KindFault as fault:
            found[point.name] = fault
    return found


def _load(point: "EntryPoint") -> LoadedKind:
    try:
        kind = point.load()
        kind = kind() if isinstance(kind, type) else kind
    except Exception as error:
        raise KindFault(f"it cannot be imported: {_said(error)}") from error
    if not callable(getattr(kind, "expand", None)):
        raise KindFault(f"'{point.value}' has no method `expand`")
    version = getattr(kind, "version", None) or (point.dist.version if point.dist is not None else None)
    if version is None:
        raise KindFault(f"'{point.value}' has no `version`")
    return LoadedKind(point.name, str(version), kind, _schema(point, kind))


def _schema(point: "EntryPoint", kind: Any) -> Mapping[str, Any]:
    from jsonschema import Draft7Validator, SchemaError  # late: 70 ms, and few documents use kinds

    schema = getattr(kind, "schema", None)
    fault = KindFault(f"the `schema` of '{point.value}' is no JSON Schema")
    if not isinstance(schema, Mapping):
        raise fault
    try:
        Draft7Validator.check_schema(schema)
        json.dumps(schema)
    except (SchemaError, TypeError, ValueError) as error:
        raise fault from error
    return schema


def _said(error: Exception) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def failed(error: Exception) -> KindFault:
    """What a kind's own code raised, as a fault of that kind."""
    return KindFault(f"it failed: {_said(error)}")
