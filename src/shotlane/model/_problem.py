"""What pydantic found, told in paths of the document and with one answer per value.

pydantic puts the names of alternatives between the steps of a path and tells the faults of every alternative.
Here its paths are walked against the data: what is no step of the data is an alternative, and of these the
one that the author most likely meant is kept. All that is told of one value at its own place is joined.
"""

from typing import Any, NamedTuple

from pydantic import ValidationError

from shotlane.document import Path

# What a value should have been, by pydantic's name of the fault.
EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "list_type": "a list",
}
_ANY_SCALAR = ("true or false", "a whole number", "a number", "text")


class Problem(NamedTuple):
    """A fault at a path. `kind`: unknown, missing, type, choice, or pydantic's own name.

    `part`: name of the model that the mapping at or above the path was taken for.
    """

    path: Path
    kind: str
    value: Any = None
    expected: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    context: dict[str, Any] = {}  # noqa: RUF012 - never changed
    part: str | None = None


class _Fork:
    """A step of pydantic's paths: faults told here, and steps that go on."""

    __slots__ = ("branches", "faults")

    def __init__(self) -> None:
        self.faults: list[Any] = []
        self.branches: dict[str | int, _Fork] = {}


def problems_of(error: ValidationError, data: Any) -> list[Problem]:
    """The faults, each once, in no order."""
    root = _Fork()
    for fault in error.errors(include_url=False, include_input=False):
        fork = root
        for step in fault["loc"]:
            fork = fork.branches.setdefault(step, _Fork())
        fork.faults.append(fault)
    return _walk(root, data, (), None)


def _walk(fork: _Fork, value: Any, path: Path, part: str | None) -> list[Problem]:
    found = [_problem(fault, value, path) for fault in fork.faults]
    alternatives: list[list[Problem]] = []
    for step, branch in fork.branches.items():
        if _is_step(step, branch, value):
            found += _walk_step(step, branch, value, path, part)
        else:
            alternatives.append(_walk(branch, value, path, str(step)))
    if alternatives:
        found += _likeliest(alternatives, path)
    return found


def _walk_step(step: str | int, branch: _Fork, value: Any, path: Path, part: str | None) -> list[Problem]:
    kinds = {fault["type"] for fault in branch.faults}
    below = (*path, step)
    if "extra_forbidden" in kinds:
        return [Problem(below, "unknown", value[step], part=part)]
    if "missing" in kinds:
        return [Problem(below, "missing", part=part)]
    return _walk(branch, value[step], below, None)


def _is_step(step: str | int, branch: _Fork, value: Any) -> bool:
    if isinstance(value, dict):
        return step in value or any(fault["type"] == "missing" for fault in branch.faults)
    return isinstance(value, list) and isinstance(step, int) and step < len(value)


def _problem(fault: Any, value: Any, path: Path) -> Problem:
    kind = fault["type"]
    context = fault.get("ctx", {})
    if kind in EXPECTED:
        return Problem(path, "type", value, expected=(EXPECTED[kind],))
    if kind == "literal_error":
        return Problem(path, "choice", value, choices=_choices(context["expected"]))
    return Problem(path, kind, value, context=context)


def _choices(expected: str) -> tuple[str, ...]:
    """The texts in pydantic's `'a', 'b' or 'c'`."""
    return tuple(expected.split("'")[1::2])


def _likeliest(alternatives: list[list[Problem]], path: Path) -> list[Problem]:
    """The faults of the alternative that fits best: one that goes into the value, the least wrong."""
    inside = [found for found in alternatives if any(problem.path != path for problem in found)]
    if inside:
        return min(inside, key=len)
    ranged = [found for found in alternatives if {item.kind for item in found} - {"type", "choice"}]
    if ranged:
        return ranged[0]
    every = [problem for found in alternatives for problem in found]
    expected = tuple(dict.fromkeys(noun for problem in every for noun in problem.expected))
    choices = tuple(choice for problem in every for choice in problem.choices)
    if set(_ANY_SCALAR) <= set(expected):
        expected = ("a single value", *(noun for noun in expected if noun not in _ANY_SCALAR))
    kind = "choice" if choices and isinstance(every[0].value, str) else "type"
    return [Problem(path, kind, every[0].value, expected=expected, choices=choices)]
