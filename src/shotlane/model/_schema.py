"""JSON Schemas of the three kinds of document, generated from the models.

Draft 07, which every editor knows. Where a value may have several forms, the form is told by the JSON type
and by keys (`if`/`then`), not by `anyOf` alone: so a validator names one fault and not all alternatives.
"""

import json
from pathlib import Path
from typing import Any, Literal

from shotlane.model._instrument import InstrumentDocument
from shotlane.model._part import Part
from shotlane.model._schema_hints import with_hints
from shotlane.model._sequence import Sequence
from shotlane.model._station import Station

KindName = Literal["sequence", "station", "instrument"]
Schema = dict[str, Any]

_MODELS: dict[KindName, type[Part]] = {
    "sequence": Sequence,
    "station": Station,
    "instrument": InstrumentDocument,
}
_HOME = "https://github.com/shotlane/shotlane/blob/main/schemas"
_ORDER = ("boolean", "integer", "number", "string", "array", "object")


def json_schema(kind: KindName) -> Schema:
    """JSON Schema (draft 07) of a kind of document."""
    raw = _MODELS[kind].model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    definitions: dict[str, Schema] = raw.pop("$defs", {})
    shaped = _shape(raw, definitions)
    shaped.pop("title", None)
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"{_HOME}/{kind}.schema.json",
        "title": f"shotlane {kind}",
        **shaped,
        "definitions": {name: _shape(part, definitions) for name, part in sorted(definitions.items())},
    }
    return with_hints(kind, schema)


def write_schemas(folder: Path) -> None:
    """Write `KIND.schema.json` for every kind of document."""
    for kind in _MODELS:
        text = json.dumps(json_schema(kind), indent=2, ensure_ascii=False)
        (folder / f"{kind}.schema.json").write_text(text + "\n", encoding="utf-8")


def committed_schema(kind: KindName) -> Schema:
    """The schema as it is shipped; from the models where no file is at hand."""
    package = Path(__file__).parents[1]
    for folder in (package / "_schemas", package.parents[1] / "schemas"):
        path = folder / f"{kind}.schema.json"
        if path.is_file():
            schema: Schema = json.loads(path.read_text(encoding="utf-8"))
            return schema
    return json_schema(kind)


def _shape(schema: Any, definitions: dict[str, Schema]) -> Any:
    """A schema without noise, its alternatives told apart by type."""
    if isinstance(schema, list):
        return [_shape(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    shaped: Schema = {}
    for key, value in schema.items():
        if key == "title" or (key == "default" and value in (None, {}, [], "")):
            continue
        if key in ("properties", "definitions"):
            shaped[key] = {name: _shape(item, definitions) for name, item in value.items()}
        elif key in ("examples", "default", "const", "enum"):
            shaped[key] = value
        else:
            shaped[key] = _shape(value, definitions)
    if "anyOf" in shaped:
        alternatives = [item for item in shaped.pop("anyOf") if item != {"type": "null"}]
        shaped = {**_told_apart(alternatives, definitions), **shaped}
    return shaped


def _types(schema: Schema, definitions: dict[str, Schema]) -> list[str]:
    if "$ref" in schema:
        return ["object"]
    declared = schema.get("type", "string")
    return declared if isinstance(declared, list) else [declared]


def _told_apart(alternatives: list[Schema], definitions: dict[str, Schema]) -> Schema:
    """One schema for several alternatives: their types together, then what holds for each type."""
    if len(alternatives) == 1:
        return alternatives[0]
    by_type: dict[str, list[Schema]] = {}
    for schema in alternatives:
        for name in _types(schema, definitions):
            by_type.setdefault(name, []).append(schema)
    if "number" in by_type:
        by_type.pop("integer", None)
    rules = [
        {"if": {"type": name}, "then": _by_keys(schemas, definitions)}
        for name, schemas in by_type.items()
        if not all(set(schema) <= {"type"} for schema in schemas)
    ]
    types = sorted(by_type, key=_ORDER.index)
    if len(types) == 1 and rules:
        return rules[0]["then"]
    return {"type": types, **({"allOf": rules} if rules else {})}


def _by_keys(schemas: list[Schema], definitions: dict[str, Schema]) -> Schema:
    """One schema for alternatives of one type: mappings are told apart by the keys that only one has."""
    if all("enum" in schema or "const" in schema for schema in schemas):
        choices = [choice for schema in schemas for choice in schema.get("enum", [schema.get("const")])]
        return {"enum": choices}
    first, *others = schemas
    chosen = first  # also for a mapping that has a key of none of them
    for schema in others:
        keys = _keys(schema, definitions)
        own = sorted(
            keys.difference(*(_keys(other, definitions) for other in schemas if other is not schema))
        )
        if not own:
            return {"anyOf": schemas}
        chosen = {"if": {"anyOf": [{"required": [key]} for key in own]}, "then": schema, "else": chosen}
    return chosen


def _keys(schema: Schema, definitions: dict[str, Schema]) -> set[str]:
    definition = definitions.get(schema.get("$ref", "").rpartition("/")[2], schema)
    return set(definition.get("properties", ()))
