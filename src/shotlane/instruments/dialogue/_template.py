"""Templates of ASCII dialogues: what is written, and how a reply is read.

A written text holds fields `{name}`, `{name:.3f}`, or `{name:sx4}`: two's complement of four hexadecimal
digits. A reply frame holds typed fields: `{name:f}` a number, `{name:d}` an integer, `{name:x}` a hexadecimal
one, `{name:sx}` one in two's complement, `{name:w}` a word, `{name:s}` a text, perhaps in quotes,
`{name:list}` numbers with commas or blanks between them, `{name:rest}` everything that is left; a trailing
`?` makes a field optional, and the name `_` throws it away. A blank matches any run of blanks; everything
else must stand in the reply as written. A reply either fits its frame whole or raises: no part of it is ever
guessed.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shotlane.instruments.dialogue._missing import Missing, alternatives

_UNSIGNED: Final = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
# Some devices leave blanks between the sign and the digits; in a list blanks stand between numbers.
_NUMBER: Final = rf"(?:[+-]\s*)?{_UNSIGNED}"
# What devices write where a number cannot be: dashes (no sensor), nan, inf.
_NO_NUMBER: Final = r"-[-.]+|[+-]?(?:[nN][aA][nN]|[iI][nN][fF])"
_ANY_NUMBER: Final = f"(?:[+-]?{_UNSIGNED}|{_NO_NUMBER})"
_BETWEEN: Final = r"(?:\s*[,;]\s*|\s+)"
_PATTERNS: Final[Mapping[str, str]] = {
    "f": f"(?:{_NUMBER})(?![\\d.])|{_NO_NUMBER}",
    "d": rf"(?:[+-]\s*)?\d+(?![\d.])|{_NO_NUMBER}",
    "x": r"(?:0[xX])?[0-9A-Fa-f]+",
    "sx": r"[0-9A-Fa-f]+",
    "w": r"\S+",
    "s": r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|.*?",
    # Atomic: a list of a hundred thousand numbers must not be tried in other ways when it does not fit.
    "list": f"(?>{_ANY_NUMBER}(?:{_BETWEEN}{_ANY_NUMBER})*)",
    "rest": r".*?",
    "header": r":?[A-Za-z*][\w:*]*\s+",  # what SCPI devices say before a value when their headers are on
}
_TEXTS: Final = ("w", "rest", "header")
# A precision without a letter: 100 would be written as 1e+02.
_LETTERLESS: Final = re.compile(r".*\.\d+")
_SIGNED: Final = re.compile(r"sx([1-9]|1[0-6])")
_NOTHING: Final[frozenset[str]] = frozenset()
_NONE_MISSING: Final = Missing()
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class TemplateError(ValueError):
    """A template that cannot be used, by its author's mistake."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class ReplyMismatch(ValueError):
    """A reply that does not fit its frame."""


def _parts(text: str) -> list[tuple[str, str | None, str]]:
    """Literal text, name and specification of the field that follows it, as `Formatter.parse` splits them."""
    try:
        split = list(Formatter().parse(text))
    except ValueError as error:
        help_text = "write {{ and }} for braces that are meant as they stand"
        raise TemplateError(f"the braces of {text!r} do not match: {error}", help_text) from error
    for _, name, _, conversion in split:
        if name is not None and (conversion or not _NAME.fullmatch(name)):
            raise TemplateError(f"{{{name}}} is not a field", "a field is {name} or {name:type}")
    return [(literal, name, spec or "") for literal, name, spec, _ in split]


@dataclass(frozen=True, slots=True)
class WriteTemplate:
    """A text to be written."""

    text: str
    names: frozenset[str]
    parts: tuple[tuple[str, str | None, str], ...] = ()

    def fill(self, values: Mapping[str, Any]) -> str:
        """The text with its fields filled in. Raises `ValueError` for a value that a format cannot show."""
        pieces: list[str] = []
        for literal, name, spec in self.parts:
            pieces.append(literal)
            if name is not None:
                pieces.append(_shown(values[name], spec))
        return "".join(pieces)


def parse_write(text: str, names: Collection[str]) -> WriteTemplate:
    """Check a text to be written; `names` are the fields it may hold. Raises `TemplateError`."""
    parts = tuple(_parts(text))
    used = {name: spec for _, name, spec in parts if name is not None}
    for name, spec in used.items():
        if name not in names:
            known = ", ".join(f"{{{known}}}" for known in sorted(names)) or "none"
            raise TemplateError(f"{{{name}}} has no value here", f"fields that have one: {known}")
        _check_format(name, spec)
    return WriteTemplate(text, frozenset(used), parts)


def _check_format(name: str, spec: str) -> None:
    for sample in (1.5, "text"):
        try:
            _shown(sample, spec)
        except ValueError:
            continue
        return
    raise TemplateError(f"{{{name}:{spec}}}: {spec!r} is not a format", "write e.g. .3f, d or 04d")


def check_number_format(template: WriteTemplate, name: str) -> None:
    """Refuse a format that writes large numbers with an exponent unasked. Raises `TemplateError`."""
    for _, used, spec in template.parts:
        if used == name and _LETTERLESS.fullmatch(spec):
            shown = _shown(100.0, spec)
            message = f"{{{name}:{spec}}} has no letter: 100 would be written as {shown}"
            raise TemplateError(message, f"write {{{name}:{spec}f}}")


def _shown(value: Any, spec: str) -> str:
    if (width := _SIGNED.fullmatch(spec)) is not None:
        return twos_complement(value, int(width[1]))
    if spec[-1:] in ("d", "x", "X", "o", "b") and isinstance(value, float):
        value = round(value)
    shown = format(value, spec)
    # -0.0004 shows as -0.000, which some devices refuse.
    if isinstance(value, float) and shown.startswith("-") and not shown.strip("-0.eE+"):
        return shown.replace("-", "", 1)
    return shown


def twos_complement(value: Any, digits: int) -> str:
    """A whole number in two's complement. Raises `ValueError` when the digits cannot hold it."""
    number, half = round(float(value)), 1 << (4 * digits - 1)
    if not -half <= number < half:
        raise ValueError(f"{number} does not fit into {digits} hexadecimal digits")
    return f"{number % (2 * half):0{digits}X}"


@dataclass(frozen=True, slots=True)
class Field:
    """What a reply says in one field; `value` None: it says that there is no value."""

    value: float | int | str | NDArray[Any] | None
    raw: str


@dataclass(frozen=True, slots=True)
class ReplyFrame:
    """A reply as it must look."""

    text: str
    types: Mapping[str, str]
    _strict: re.Pattern[str]
    _loose: re.Pattern[str]
    _literals: tuple[str, ...]
    _missing: Mapping[str, frozenset[str]]

    def parse(self, line: str) -> Mapping[str, Field]:
        """Its fields by name. Raises `ReplyMismatch`."""
        found = self._strict.fullmatch(line.strip())
        if found is None:
            raise ReplyMismatch(self._explain(line))
        return {
            name: read_field(type_, found[name], self._missing.get(name, _NOTHING))
            for name, type_ in self.types.items()
        }

    def fits(self, line: str) -> bool:
        """Whether a line looks so."""
        return self._strict.fullmatch(line.strip()) is not None

    def _explain(self, line: str) -> str:
        found = self._loose.fullmatch(line.strip())
        if found is None:
            return f"{line!r} is no reply of the form {self.text!r}"
        pairs = ((found[f"l{index}"], literal) for index, literal in enumerate(self._literals))
        wrong = next(((got, literal) for got, literal in pairs if got != literal), None)
        if wrong is None:
            return f"{line!r} is no reply of the form {self.text!r}"
        return f"the reply says {wrong[0]!r} where {wrong[1]!r} must stand: {line!r}"


def parse_frame(text: str, missing: Missing = _NONE_MISSING) -> ReplyFrame:
    """Read a reply frame; `missing` texts may stand in place of its numbers. Raises `TemplateError`."""
    strict: list[str] = []
    loose: list[str] = []
    types: dict[str, str] = {}
    literals: list[str] = []
    parts = _parts(text.strip())
    instead = missing.of({name: spec.removesuffix("?") for _, name, spec in parts if name not in (None, "_")})
    for literal, name, spec in parts:
        for token in re.findall(r"\s+|\S+", literal):
            if token.isspace():
                strict.append(r"\s+")
                loose.append(r"\s+")
                continue
            strict.append(re.escape(token))
            loose.append(rf"(?P<l{len(literals)}>\S+?)")
            literals.append(token)
        if name is not None:
            pattern = _field_pattern(name, spec, types, instead.get(name, _NOTHING))
            _append_field(strict, pattern, optional=spec.endswith("?"))
            _append_field(loose, pattern, optional=spec.endswith("?"))
    return ReplyFrame(text, types, _compiled(strict), _compiled(loose), tuple(literals), instead)


def _field_pattern(name: str, spec: str, types: dict[str, str], missing: frozenset[str]) -> str:
    type_ = spec.removesuffix("?")
    if type_ not in _PATTERNS:
        known = ", ".join(f"{{{name}:{known}}}" for known in _PATTERNS if known != "header")
        raise TemplateError(
            f"{{{name}{':' if spec else ''}{spec}}} has no type of a field", f"write one of {known}"
        )
    if name == "_":
        return f"(?:{_PATTERNS[type_]})"
    if name in types:
        raise TemplateError(f"the field {name!r} stands twice", "call what is not needed {_:...}")
    types[name] = type_
    either = f"{_PATTERNS[type_]}|{alternatives(missing)}" if missing else _PATTERNS[type_]
    return f"(?P<{name}>{either})"


def _append_field(pieces: list[str], pattern: str, *, optional: bool) -> None:
    if not optional:
        pieces.append(pattern)
    elif pieces and pieces[-1] == r"\s+":
        # The blank before an optional field is missing with it.
        pieces[-1] = rf"(?:\s+{pattern})?"
    else:
        pieces.append(f"(?:{pattern})?")


def _compiled(pieces: list[str]) -> re.Pattern[str]:
    return re.compile("".join(pieces), re.DOTALL)


def read_field(type_: str, raw: str | None, missing: Collection[str] = ()) -> Field:
    """What a text says as a field of a type; one that is not there is an empty text, and no number.

    Nor is one of the `missing` texts a number. Raises `ValueError` for a text that is none of the type.
    """
    if raw in missing:
        return Field(None, raw or "")
    if type_ == "s":
        return Field(text := _unquoted((raw or "").strip()), text)
    if type_ in _TEXTS:
        return Field(raw or "", raw or "")
    if type_ == "list":
        return Field(_numbers(raw or ""), raw or "")
    if raw is None or re.fullmatch(_NO_NUMBER, raw):
        return Field(None, raw or "")
    if type_ == "x":
        return Field(int(raw, 16), raw)
    if type_ == "sx":
        return Field(signed(raw), raw)
    number = "".join(raw.split())
    return Field(float(number) if type_ == "f" else int(number), raw)


def signed(digits: str) -> int:
    """A hexadecimal number in two's complement, of as many digits as stand there."""
    number, half = int(digits, 16), 1 << (4 * len(digits) - 1)
    return number - 2 * half if number >= half else number


def _unquoted(text: str) -> str:
    quote = text[:1]
    if quote in ("'", '"') and quote and len(text) > 1 and text.endswith(quote):
        return text[1:-1].replace(quote * 2, quote)
    return text


def _numbers(text: str) -> NDArray[np.float64]:
    """Numbers with commas or blanks between them; nan where one says that it is none."""
    parts = re.split(_BETWEEN, text.strip()) if text.strip() else []
    return np.array([_number(part) for part in parts], dtype=np.float64)


def _number(text: str) -> float:
    return float("nan") if text.startswith("-") and not text.strip("-.") else float(text)
