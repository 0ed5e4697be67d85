"""Installed lane kinds in the JSON Schema of sequences, so that an editor knows their keys."""

from collections.abc import Iterable, Mapping
from typing import Any

from shotlane.model._lane_kind import LoadedKind


def of_cells(cell: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of what stands below a kind's key: cells by step, or one over the whole shot."""
    by_step = {"type": "object", "minProperties": 1, "additionalProperties": dict(cell)}
    return {"if": {"type": "object"}, "then": by_step, "else": dict(cell)}


def with_kinds(schema: dict[str, Any], kinds: Iterable[LoadedKind]) -> dict[str, Any]:
    """The schema of sequences with the keys of these kinds in its lanes. Changes and returns it."""
    keys = schema["definitions"]["Lane"]["properties"]
    for kind in kinds:
        text = kind.schema.get("description", f"A lane kind of an installed package, version {kind.version}.")
        keys[kind.name] = {**of_cells(kind.schema), "description": text, "markdownDescription": text}
    return schema
