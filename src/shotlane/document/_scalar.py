"""What a plain scalar means: the core schema of YAML 1.2, and nothing more.

Dates, times, `yes`, `no`, `on` and `off` stay text: expressions know what a lab means by them.
"""

import re

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
TRUES = frozenset({"true", "True", "TRUE"})
FALSES = frozenset({"false", "False", "FALSE"})

_MAY_BE_SPECIAL = frozenset("0123456789+-.~nNtTfF")
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)")
_NOT_A_NUMBER = frozenset({".nan", ".NaN", ".NAN"})

# Longer integers fit no float, and Python refuses to read the longest ones: they stay text.
_MAX_DIGITS = 300

Plain = None | bool | int | float | str


def resolve(text: str) -> Plain:
    """Value of a plain scalar."""
    if not text:
        return None
    if text[0] not in _MAY_BE_SPECIAL:
        return text
    if text in NULLS:
        return None
    if text in TRUES:
        return True
    if text in FALSES:
        return False
    return _number(text)


def _number(text: str) -> Plain:
    if len(text) > _MAX_DIGITS:
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _HEXADECIMAL.fullmatch(text):
        return int(text[2:], 16)
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _INFINITE.fullmatch(text) or text in _NOT_A_NUMBER:
        return float(text.replace(".", "", 1))
    return text


def join_surrogates(text: str) -> str | None:
    """Text with escaped pairs of surrogates, as JSON writes them, joined; None when one stands alone."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return None


def resolve_tagged(text: str, tag: str) -> Plain:
    """Value of a scalar under one of `SCALAR_TAGS`; raises ValueError when it is not of that type."""
    if tag == "str":
        return text
    value = resolve(text)
    expected = SCALAR_TAGS[tag]
    if isinstance(value, expected) and (tag == "bool" or not isinstance(value, bool)):
        return float(value) if tag == "float" and value is not None else value
    raise ValueError(text)


SCALAR_TAGS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "null": (type(None),),
}
