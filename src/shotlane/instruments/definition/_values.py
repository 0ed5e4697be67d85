"""Texts of station and instrument documents as numbers in a given unit, each fault told at its place.

Every method returns None when it has reported a fault, so that a caller goes on with what is sound.
"""

import math
from collections.abc import Callable, Sequence

from shotlane.diagnostics import Note, Report, Span, did_you_mean
from shotlane.document import Document, Path
from shotlane.expression import (
    ExpressionError,
    Unit,
    UnitError,
    describe,
    parse,
    parse_literal,
    parse_unit,
    tidy,
)
from shotlane.instruments.definition._secrets import holds_hidden
from shotlane.model import Scalar, ScalarValue, ValueType

# Where a fault is shown: the text itself, or the option of the station that was put in there.
Place = Callable[[Path], tuple[Span, tuple[Note, ...]]]

LONGEST_S = 1e9  # 30 years; more does not fit into nanoseconds for long

_SECOND = parse_unit("s")
_KELVIN = parse_unit("K")
# What the letters of temperature scales mean as units, and what is meant.
_SCALES = {"C": ("coulomb", "degC"), "F": ("farad", "degF")}
_BOOLEANS = {"on": True, "off": False, "true": True, "false": False}

# What of an attribute means nothing when one of its keys is faulty; it may be faulty for want of an option.
_NUMBERS = ("min", "max", "safe", "resolution")
_HANG_ON = {
    "unit": _NUMBERS,
    "type": (*_NUMBERS, "options", "bit", "bits"),
    "access": ("safe", "set", "verify"),
}


class ValueReader:
    """Reads the values of one document; `code` is the code of its faults, `base` where its paths begin.

    One wrong option of a station goes into many texts: only its first fault is told. Nothing is said of what
    is missing where something faulty was left out.
    """

    def __init__(
        self, report: Report, document: Document, code: str, place: Place | None = None, base: Path = ()
    ) -> None:
        self._report = report
        self._document = document
        self._base = base
        self._place = place or (lambda path: (document.span((*base, *path)), ()))
        self._code = code
        self._told: set[Span] = set()
        self._faults: set[Path] = set()
        self.count = 0  # faults found so far

    def error(self, path: Path, message: str, help: str | None = None, *, code: str | None = None) -> None:
        """Report a fault of what stands at a path."""
        span, notes = self._place(path)
        self._tell(path, message, help, code, span, notes)

    def key_error(
        self, path: Path, message: str, help: str | None = None, *, code: str | None = None
    ) -> None:
        """Report a fault of the key itself, or of what is missing under it."""
        self._tell(path, message, help, code, self._document.key_span((*self._base, *path)), ())

    def _tell(
        self,
        path: Path,
        message: str,
        help: str | None,
        code: str | None,
        span: Span,
        notes: tuple[Note, ...],
    ) -> None:
        self.count += 1
        self._faults.add((*self._base, *path))
        if self._follows(path) or (notes and span in self._told):
            return
        self._told.add(span)
        self._report.error(code or self._code, message, span, help=help, notes=notes)

    def told(self, *path: str | int) -> bool:
        """Whether something at, below or around a path is faulty; what depends on it is unknown."""
        whole = (*self._base, *path)
        if self._document.has_dropped(whole) or self._document.is_dropped(whole):
            return True
        return any(fault[: len(whole)] == whole for fault in self._faults)

    def _follows(self, path: Path) -> bool:
        """Whether a fault was told already, or follows from what an attribute is not known to be."""
        whole = (*self._base, *path)
        if self._document.has_dropped(whole) or self._document.is_dropped(whole):
            return True
        if path[:1] != ("attributes",):
            return False
        attribute = whole[: len(self._base) + 2]
        hang = [keys for key, keys in _HANG_ON.items() if (*attribute, key) in self._document.dropped]
        return any(key in path[2:3] for keys in hang for key in keys)

    def unit(self, path: Path, text: str | None) -> Unit | None:
        """A unit; None too when none is written."""
        if text is None:
            return None
        try:
            return parse_unit(text)
        except UnitError as error:
            self.error(path, error.message, error.help)
            self._document.drop((*self._base, *path))
            return None

    def number(self, path: Path, written: Scalar, unit: Unit | None) -> float | None:
        """A value in `unit`."""
        literal = self._literal(path, written, unit)
        if literal is None:
            return None
        value = literal[0]
        return tidy(unit.from_si(value)) if unit else value

    def difference(self, path: Path, written: Scalar, unit: Unit | None) -> float | None:
        """A difference of two values, such as a resolution, in `unit`; never negative."""
        literal = self._literal(path, written, unit)
        if literal is None:
            return None
        value, its_unit = literal
        if its_unit.point:
            number = str(written).removesuffix(its_unit.text).strip()
            self.error(
                path, f"'{written}' is a temperature, and a difference is wanted", f"write `{number} K`"
            )
            return None
        if value < 0:
            self.error(path, f"'{written}' is negative")
            return None
        return tidy(value / unit.factor) if unit else value

    def duration_ns(self, path: Path, written: Scalar | None) -> int | None:
        """A time in nanoseconds; None too when none is written."""
        if written is None:
            return None
        seconds = self.difference(path, written, _SECOND)
        if seconds is None:
            return None
        if not seconds <= LONGEST_S:
            self.error(path, f"'{written}' is too long a time")
            return None
        return round(seconds * 1e9)

    def typed(
        self,
        path: Path,
        written: Scalar,
        type_: ValueType,
        unit: Unit | None = None,
        options: Sequence[str] = (),
    ) -> ScalarValue | None:
        """A value of a type; limits are not looked at."""
        match type_:
            case ValueType.BOOL:
                return self._boolean(path, written)
            case ValueType.OPTION:
                return self._option(path, written, options)
            case ValueType.TEXT:
                return str(written)
            case ValueType.INT:
                return self._whole(path, written, unit)
            case _:
                return self.number(path, written, unit)

    def _literal(self, path: Path, written: Scalar, unit: Unit | None) -> tuple[float, Unit] | None:
        """The SI value and the unit it was written in, when it has the dimension of `unit`."""
        parsed = None if isinstance(written, bool) else _parsed(written)
        wanted = unit or parse_unit("")
        if parsed is None:
            self._no_literal(path, written, unit)
            return None
        value, its_unit = parsed
        if its_unit.dimension != wanted.dimension:
            self._wrong_dimension(path, written, its_unit, wanted)
            return None
        if not its_unit.text and wanted.factor != 1.0 and value != 0:
            # 50 for a percentage would silently mean 5000 percent.
            self.error(path, f"'{written}' has no unit", f"write `{written} {wanted.text}`")
            return None
        return value, its_unit

    def _no_literal(self, path: Path, written: Scalar, unit: Unit | None) -> None:
        """Say what is wrong with the number or its unit; else that an expression cannot stand here."""
        if holds_hidden(written):
            message = "a secret is not known here before anything is opened"
            self.error(path, message, "write the value: it is a number that is checked", code="STA122")
            return
        try:
            parse(written)
        except ExpressionError as error:
            self.error(path, error.faults[0].message, error.faults[0].help)
            return
        example = f"1 {unit.text}" if unit else "1"
        self.error(path, f"'{_shown(written)}' is no single number", f"write e.g. `{example}`")

    def _wrong_dimension(self, path: Path, written: Scalar, its_unit: Unit, wanted: Unit) -> None:
        if not its_unit.text:
            # Manuals give times in milliseconds.
            other = f", or `{written} ms`" if wanted is _SECOND else ""
            self.error(path, f"'{written}' has no unit", f"write `{written} {wanted.text}`{other}")
        elif wanted.text in _SCALES and its_unit.dimension == _KELVIN.dimension and self._has_unit(path):
            unit_path, (what, meant) = ("attributes", path[1], "unit"), _SCALES[wanted.text]
            message = f"{wanted.text} is the {what}, and '{written}' is a temperature"
            self.error(unit_path, message, f"write `unit: {meant}`")
            self._document.drop((*self._base, *unit_path))
        elif not wanted.text:
            self.error(path, f"'{written}' has a unit, and a plain number is wanted")
        else:
            message = f"'{written}' is {describe(its_unit.type)}, not {describe(wanted.type)}"
            self.error(path, message, f"write it in {wanted.text}")

    def _has_unit(self, path: Path) -> bool:
        """Whether a path lies in an attribute, or in its simulation, whose unit stands in this document."""
        above = (*self._base, "attributes", *path[1:2])
        return path[:1] in (("attributes",), ("simulate",)) and "unit" in self._document.keys(above)

    def _boolean(self, path: Path, written: Scalar) -> bool | None:
        value = written if isinstance(written, bool) else _BOOLEANS.get(str(written))
        if value is None:
            self.error(path, f"'{written}' is neither on nor off", "write `on` or `off`")
        return value

    def _option(self, path: Path, written: Scalar, options: Sequence[str]) -> str | None:
        text = _shown(written)
        if text in options:
            return text
        self.error(path, f"there is no option '{text}'", did_you_mean(text, options, what="options"))
        return None

    def _whole(self, path: Path, written: Scalar, unit: Unit | None) -> int | None:
        number = self.number(path, written, unit)
        if number is None:
            return None
        if not math.isfinite(number) or number != round(number):
            self.error(path, f"'{written}' is no whole number")
            return None
        return round(number)


def _parsed(written: Scalar) -> tuple[float, Unit] | None:
    if isinstance(written, str):
        return parse_literal(written)
    return float(written), parse_unit("")


def _shown(written: Scalar) -> str:
    return str(written).lower() if isinstance(written, bool) else str(written)
