"""JSON Schema of the items of a sweep, whose shapes the compiler checks."""

from typing import Any

_SCALAR: dict[str, Any] = {"type": ["boolean", "number", "string"]}


def _pair(description: str, count: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "array",
        "description": description,
        "items": [_SCALAR, _SCALAR, count],
        "minItems": 3,
        "maxItems": 3,
    }


AXIS_FORMS: dict[str, Any] = {
    "linspace": _pair("[first, last, number of points]", {"type": "integer", "minimum": 1}),
    "arange": _pair("[first, last, step]; last is included when a step lands on it", _SCALAR),
    "logspace": _pair(
        "[first, last, number of points], evenly spaced by ratio", {"type": "integer", "minimum": 1}
    ),
    "random": {
        "type": "array",
        "description": "[lowest, highest] of values drawn at random",
        "items": _SCALAR,
        "minItems": 2,
        "maxItems": 2,
    },
    "points": {"type": "integer", "minimum": 1, "description": "Number of random values."},
    "seed": {"type": "integer", "minimum": 0, "description": "Seed of the random values."},
    "file": {"type": "string", "description": "CSV file with the values."},
    "column": {"type": "string", "description": "Its column."},
}

_AXIS: dict[str, Any] = {
    "description": "Values of a parameter: a list, or a form such as {linspace: [a, b, n]}.",
    "anyOf": [
        {"type": "array", "items": _SCALAR},
        {"type": "object", "properties": AXIS_FORMS, "additionalProperties": False, "minProperties": 1},
    ],
}

SPECIAL_ITEMS: dict[str, Any] = {
    "repeat": {
        "type": "integer",
        "minimum": 1,
        "description": "Every point so many times; adds the column `repeat`.",
    },
    "when": {"type": ["boolean", "string"], "description": "Keeps the points above where this is true."},
    "points": {
        "type": "array",
        "description": "Points, one mapping of parameters each.",
        "items": {"type": "object", "additionalProperties": _SCALAR},
    },
    "concat": {
        "type": "array",
        "description": "Sub-sweeps, one after the other.",
        "items": {"type": "array", "items": {"type": "object"}},
    },
    "optimize": {
        "type": "object",
        "description": "Points that an optimiser asks for, shot by shot; the last item of all.",
        "properties": {
            "maximize": {"type": "string", "description": "The result that shall be as large as can be."},
            "minimize": {"type": "string", "description": "The result that shall be as small as can be."},
            "over": {
                "type": "object",
                "description": "What is varied: [lowest, highest] of a number, else the choices.",
                "minProperties": 1,
                "additionalProperties": {"type": "array", "items": _SCALAR, "minItems": 2},
            },
            "shots": {"type": "integer", "minimum": 1, "description": "How many points it asks for."},
            "seed": {"type": "integer", "minimum": 0, "description": "Seed of what it draws."},
        },
        "required": ["over", "shots"],
        "additionalProperties": False,
    },
}

SWEEP_ITEM: dict[str, Any] = {
    "type": "object",
    "description": "One name: an axis. Several names: a zip, whose axes go together.",
    "minProperties": 1,
    "properties": SPECIAL_ITEMS,
    "additionalProperties": _AXIS,
}
