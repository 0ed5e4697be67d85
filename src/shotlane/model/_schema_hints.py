"""What editors show beside a schema: descriptions with examples, and snippets to complete.

`markdownDescription` is what a hover shows (editors escape a plain `description`); `defaultSnippets` are
offered where a key or value begins. Neither changes what a document may hold.
"""

import json
from typing import Any

Schema = dict[str, Any]

_PAGES = {
    "sequence": "https://github.com/shotlane/shotlane/blob/main/docs/language.md",
    "station": "https://github.com/shotlane/shotlane/blob/main/docs/instruments.md",
    "instrument": "https://github.com/shotlane/shotlane/blob/main/docs/instruments.md",
}

Snippets = tuple[tuple[str, str, Any], ...]

# By kind of document and place in its schema: label, description, body. `$1` is where the cursor goes first.
_SNIPPETS: dict[str, dict[str, Snippets]] = {
    "sequence": {
        "": (
            (
                "sequence",
                "A whole sequence",
                {
                    "sequence": "${1:name}",
                    "station": "${2:demo}",
                    "timeline": [{"${3:step}": "${4:1 s}"}],
                    "lanes": {"${5:furnace.temperature}": {"record": "${6:10 Hz}"}},
                },
            ),
        ),
        "properties/timeline/items": (
            ("step", "A step with a duration", {"${1:step}": "${2:1 s}"}),
            (
                "until",
                "A step that ends when a condition has held",
                {
                    "${1:settle}": {
                        "until": "${2:abs(furnace.temperature - T_soak) < 1 K}",
                        "for": "${3:10 s}",
                        "timeout": "${4:10 min}",
                    }
                },
            ),
        ),
        "properties/lanes/additionalProperties": (
            ("set", "Values over the steps", {"set": {"${1:step}": "${2:value}", "otherwise": "${3:value}"}}),
            ("record", "Readings at a rate", {"record": "${1:10 Hz}"}),
            ("read", "Single readings in steps", {"read": {"${1:step}": {"at": "${2:end}"}}}),
            ("call", "Commands of an instrument", {"call": {"${1:step}": "${2:tare()}"}}),
        ),
        "properties/sweep/items": (
            ("axis", "Values of a parameter", {"${1:parameter}": ["${2:first}", "${3:second}"]}),
            (
                "linspace",
                "Evenly spaced values",
                {"${1:parameter}": {"linspace": ["${2:first}", "${3:last}", 5]}},
            ),
            ("repeat", "Every point so many times", {"repeat": 3}),
            ("when", "Keep the points for which this is true", {"when": "${1:condition}"}),
        ),
        "properties/retry": (
            (
                "retry",
                "Try a shot again after a fault",
                {
                    "attempts": 3,
                    "on": ["timeout", "disconnected", "garbled"],
                    "delay": "${1:1 s}",
                    "then": "skip",
                },
            ),
        ),
    },
    "station": {
        "": (
            (
                "station",
                "A whole station",
                {
                    "station": "${1:bench}",
                    "instruments": {"${2:furnace}": {"instrument": "${3:watlow-ezzone}"}},
                },
            ),
        ),
        "properties/instruments/additionalProperties": (
            (
                "instrument",
                "An instrument of the catalogue, or of a file beside the station",
                {"instrument": "${1:watlow-ezzone}", "resource": "${2:sim://}"},
            ),
            (
                "driver",
                "An instrument with a driver in Python",
                {"driver": "${1:module:Class}", "resource": "${2:address}"},
            ),
        ),
    },
    "instrument": {
        "": (
            (
                "modbus",
                "A Modbus device",
                {
                    "instrument": "${1:name}",
                    "protocol": "modbus",
                    "attributes": {
                        "${2:temperature}": {"holding": 0, "type": "float32", "unit": "${3:degC}"}
                    },
                },
            ),
            (
                "scpi",
                "A device that speaks SCPI",
                {
                    "instrument": "${1:name}",
                    "protocol": "scpi",
                    "attributes": {"${2:voltage}": {"scpi": "${3:SOUR:VOLT}", "unit": "${4:V}"}},
                },
            ),
        ),
    },
}


def with_hints(kind: str, schema: Schema) -> Schema:
    """The schema with what editors show. Changes and returns it."""
    _describe(schema, _PAGES[kind])
    for place, snippets in _SNIPPETS[kind].items():
        target: Any = schema
        for step in place.split("/") if place else ():
            target = target[step]
        target["defaultSnippets"] = [
            {"label": label, "description": text, "body": body} for label, text, body in snippets
        ]
    return schema


def _describe(schema: Any, page: str) -> None:
    if isinstance(schema, list):
        for item in schema:
            _describe(item, page)
    elif isinstance(schema, dict):
        if isinstance(schema.get("description"), str):
            schema["markdownDescription"] = _markdown(schema, page)
        for key, value in schema.items():
            if key in ("properties", "definitions"):
                for item in value.values():
                    _describe(item, page)
            elif key not in ("examples", "default", "enum", "const", "required"):
                _describe(value, page)


def _markdown(schema: Schema, page: str) -> str:
    parts = [schema["description"]]
    examples = [_written(item) for item in schema.get("examples", ())]
    if examples:
        parts.append("\n".join(["```yaml", *examples, "```"]))
    if schema.get("default") not in (None, ""):
        parts.append(f"Default: `{json.dumps(schema['default'], ensure_ascii=False)}`")
    parts.append(f"[Documentation]({page})")
    return "\n\n".join(parts)


def _written(example: Any) -> str:
    """An example in YAML's flow style; texts without quotes where none are needed."""
    if isinstance(example, dict):
        return "{" + ", ".join(f"{key}: {_written(item)}" for key, item in example.items()) + "}"
    if isinstance(example, list):
        return "[" + ", ".join(_written(item) for item in example) + "]"
    if isinstance(example, str):
        plain = example and example[0] not in "*&!%@`'\"[]{}>|#,?-" and not set(",{}[]#") & set(example)
        return example if plain and ": " not in example else json.dumps(example, ensure_ascii=False)
    return json.dumps(example)
