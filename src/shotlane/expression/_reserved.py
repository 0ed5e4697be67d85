"""Names that mean something already, and how else to spell them."""

import re
from keyword import kwlist
from typing import Final

BOOLEANS: Final = {"true": True, "false": False, "True": True, "False": False, "on": True, "off": False}
WORD_OPERATORS: Final = frozenset({"if", "else", "and", "or", "not"})
FUNCTIONS: Final[frozenset[str]] = frozenset({
    "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "exp", "log", "log10", "sqrt", "abs", "min", "max",
    "floor", "ceil", "round", "clip", "sign", "hypot", "mod",
})  # fmt: skip
CELL_FUNCTIONS: Final = frozenset({"ramp", "pulse"})
CONSTANTS: Final = frozenset({"pi", "e"})
PLACES: Final = frozenset({"t", "duration", "end", "otherwise"})
KEYWORDS: Final = frozenset(kwlist) | {"None"}
RESERVED: Final[frozenset[str]] = (
    FUNCTIONS | CELL_FUNCTIONS | CONSTANTS | PLACES | KEYWORDS | frozenset(BOOLEANS)
)

_PART: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SPELLINGS: Final = {
    "t": "t_1",
    "e": "e_field",
    "pi": "pi_value",
    "end": "end_time",
    "duration": "hold_time",
    "lambda": "wavelength",
    "otherwise": "rest",
    "in": "inlet",
    "on": "is_on",
    "off": "is_off",
    "min": "minimum",
    "max": "maximum",
    "log": "log_level",
    "pulse": "pulse_length",
    "ramp": "ramp_up",
    "pass": "pass_1",
}
_MEANINGS: Final = {
    "t": "the time since a cell began",
    "duration": "the length of a cell",
    "end": "the end of a cell",
    "otherwise": "the steps that are not named",
    "pi": "the number 3.14159...",
    "e": "the number 2.71828...",
}


def spelling(name: str) -> str:
    """Another spelling for a reserved name."""
    return _SPELLINGS.get(name, f"{name}_value")


def _meaning(part: str) -> str:
    if part in _MEANINGS:
        return _MEANINGS[part]
    if part in FUNCTIONS or part in CELL_FUNCTIONS:
        return "a function"
    if part in BOOLEANS:
        return "a boolean value"
    return "a word of the expression language"


def _ascii_spelling(part: str) -> str:
    kept = re.sub(r"[^A-Za-z0-9_]+", "_", part).strip("_")
    if not kept:
        return "name_1"
    return kept if kept[0].isalpha() else f"n_{kept}"


def reserved_name_help(name: str) -> str | None:
    """Why a name cannot be used for a parameter, label or step, with another spelling; None when it can.

    A dotted name is looked at as a whole: `laser.end` is free, `end` is not.
    """
    parts = name.split(".")
    if all(_PART.fullmatch(part) for part in parts):
        if name in RESERVED:
            return f"'{name}' is {_meaning(name)} already; another spelling: '{spelling(name)}'"
        return None
    suggestion = ".".join(_ascii_spelling(part) for part in parts)
    return (
        "a name begins with a letter and has only letters (a to z), digits and underscores; "
        f"another spelling: '{suggestion}'"
    )
