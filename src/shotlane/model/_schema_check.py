"""Documents checked against the JSON Schema alone, as an editor does it.

The schema is data: no model has to be at hand. Messages are those of the loader.
"""

from typing import Any

from shotlane.diagnostics import Report
from shotlane.document import Document, Path
from shotlane.model._problem import EXPECTED, Problem
from shotlane.model._prune import prune, unit_of
from shotlane.model._told import Codes, misspelt, tell, tell_empty

_NOUNS = {
    "string": EXPECTED["string_type"],
    "integer": EXPECTED["int_type"],
    "number": EXPECTED["float_type"],
    "boolean": EXPECTED["bool_type"],
    "object": EXPECTED["dict_type"],
    "array": EXPECTED["list_type"],
}
_SINGLE = {"boolean", "number", "string"}
_COUNTED = {
    "minItems": "too_short",
    "maxItems": "too_long",
    "minProperties": "no_entry",
    "maxProperties": "entries",
}
_RANGED = {"minimum": ("greater_than_equal", "ge"), "maximum": ("less_than_equal", "le")}


def check_against(schema: dict[str, Any], document: Document, codes: Codes, report: Report) -> None:
    """Tell every place where a document is not as its schema says, one diagnostic per mistake."""
    from jsonschema import Draft7Validator  # late: 70 ms that nothing else needs

    independent = (("timeline",), ("sweep",))
    data = prune(document.data, {unit_of(path, independent) for path in document.dropped})
    problems: dict[tuple[Path, str], Problem] = {}
    keys: dict[Path, dict[str, str]] = {}
    for error in Draft7Validator(schema).iter_errors(data):
        path: Path = tuple(error.absolute_path)
        if isinstance(error.schema, dict) and "properties" in error.schema:
            described = error.schema["properties"]
            keys[path] = {key: item.get("description", "") for key, item in described.items()}
        for problem in _problems(error, path):
            problems.setdefault((problem.path, problem.kind), problem)
    _tell(list(problems.values()), keys, document, codes, report)


def _tell(
    problems: list[Problem],
    keys: dict[Path, dict[str, str]],
    document: Document,
    codes: Codes,
    report: Report,
) -> None:
    def known(path: Path, part: str | None) -> dict[str, str]:
        return keys.get(path, {})

    meant = misspelt(problems, known, document)
    for problem in problems:
        path = problem.path
        if document.is_dropped(path) or (problem.kind == "missing" and path in meant.values()):
            continue
        if path in meant:
            problem = problem._replace(choices=(str(meant[path][-1]),))
        if problem.value is None and problem.kind not in ("missing", "unknown"):
            tell_empty(path, document, codes, report)
        else:
            tell(problem, known, document, codes, report)


def _problems(error: Any, path: Path) -> list[Problem]:
    kind, value = error.validator, error.instance
    if kind == "additionalProperties":
        known = error.schema.get("properties", {})
        return [Problem((*path, key), "unknown", value[key]) for key in value if key not in known]
    if kind == "required":
        return [Problem((*path, key), "missing") for key in error.validator_value if key not in value]
    if kind == "type":
        return [Problem(path, "type", value, expected=_nouns(error.validator_value))]
    if kind in ("enum", "const"):
        choices = error.validator_value if kind == "enum" else [error.validator_value]
        return [Problem(path, "choice", value, choices=tuple(map(str, choices)))]
    if kind in _RANGED:
        name, limit = _RANGED[kind]
        return [Problem(path, name, value, context={limit: error.validator_value})]
    if kind in _COUNTED:
        limits = {"min_length": error.validator_value, "max_length": error.validator_value}
        return [Problem(path, _COUNTED[kind], value, context={**limits, "actual_length": len(value)})]
    return [Problem(path, kind, value)]


def _nouns(types: str | list[str]) -> tuple[str, ...]:
    names = [types] if isinstance(types, str) else list(types)
    if set(names) >= _SINGLE:
        return ("a single value", *(_NOUNS[name] for name in names if name not in _SINGLE))
    return tuple(_NOUNS[name] for name in names)
