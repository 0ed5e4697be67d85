"""Calibrations as written, as conversions with all numbers decided."""

from itertools import pairwise

from shotlane.document import Path
from shotlane.expression import Expression as _Expression
from shotlane.expression import ExpressionError, Unit, expected, parse, parse_literal, parse_unit
from shotlane.instruments.definition._conversion import Conversion, Formula, Linear, Table
from shotlane.instruments.definition._values import ValueReader
from shotlane.model import Attribute, Calibration, Scalar, ValueType

_FORMS = ("factor", "table", "expression")


def read_calibration(
    written: Calibration, attribute: Attribute, path: Path, values: ValueReader, code: str
) -> tuple[Conversion, Unit | None] | None:
    """The conversion, and the unit of what the device says; None after a fault."""
    if attribute.type not in (ValueType.FLOAT, ValueType.INT):
        values.key_error(
            path, f"{attribute.name} is {attribute.type.value}, and only numbers are calibrated", code=code
        )
        return None
    raw_unit = attribute.unit
    if written.from_ is not None:
        raw_unit = values.unit((*path, "from"), written.from_)
        if raw_unit is None:
            return None
    forms = [form for form in _FORMS if getattr(written, form) is not None]
    if len(forms) > 1 or (not forms and written.offset is None):
        what = f"it has {' and '.join(forms)}" if forms else "it says nothing"
        values.key_error(path, what, "write one of factor, offset, table, expression", code=code)
        return None
    reader = _Reader(written, attribute, raw_unit, path, values, code)
    conversion = (
        reader.table() if written.table else reader.formula() if written.expression else reader.linear()
    )
    return None if conversion is None else (conversion, raw_unit)


def read_table(
    rows: list[list[Scalar]], left: Unit | None, right: Unit | None, path: Path, values: ValueReader
) -> list[tuple[float, float]] | None:
    """Pairs of numbers; None after a fault."""
    pairs = [
        (values.number((*path, row, 0), pair[0], left), values.number((*path, row, 1), pair[1], right))
        for row, pair in enumerate(rows)
    ]
    sound = [(a, b) for a, b in pairs if a is not None and b is not None]
    return sound if len(sound) == len(rows) else None


def rises_or_falls(numbers: list[float]) -> bool:
    """Whether each is above the one before, or each below."""
    steps = [b - a for a, b in pairwise(numbers)]
    return all(step > 0 for step in steps) or all(step < 0 for step in steps)


class _Reader:
    def __init__(
        self,
        written: Calibration,
        attribute: Attribute,
        raw_unit: Unit | None,
        path: Path,
        values: ValueReader,
        code: str,
    ) -> None:
        self._written = written
        self._attribute = attribute
        self._raw_unit = raw_unit
        self._path = path
        self._values = values
        self._code = code

    def linear(self) -> Linear | None:
        """A factor, an offset, or both; on a scale such as degC of the numbers themselves."""
        unit, offset = self._attribute.unit, 0.0
        factor = self._factor()
        if self._written.offset is not None:
            text = str(self._written.offset).strip()
            number = self._values.difference((*self._path, "offset"), text.removeprefix("-").strip(), unit)
            if number is None:
                return None
            offset = -number if text.startswith("-") else number
        return None if factor is None else Linear(factor, offset)

    def table(self) -> Table | None:
        """Points that rise or fall."""
        assert self._written.table is not None
        path = (*self._path, "table")
        pairs = read_table(self._written.table, self._raw_unit, self._attribute.unit, path, self._values)
        if pairs is None:
            return None
        pairs.sort()
        raws, results = [raw for raw, _ in pairs], [value for _, value in pairs]
        if len(pairs) < 2 or not rises_or_falls(raws):
            self._error("table", "it needs two points or more, and each number of the device once")
            return None
        if self._attribute.writable and not rises_or_falls(results):
            self._error(
                "table", f"{self._attribute.name} is set, and two numbers of the device mean one value"
            )
            return None
        return Table(tuple(raws), tuple(results))

    def formula(self) -> Formula | None:
        """An expression of `raw`, and of `value` where it is set."""
        written, plain = self._written, parse_unit("")
        raw_unit, unit = self._raw_unit or plain, self._attribute.unit or plain
        forward = self._parsed("expression", str(written.expression), "raw", raw_unit, unit)
        if forward is None:
            return None
        backward = None
        if written.inverse is not None:
            backward = self._parsed("inverse", written.inverse, "value", unit, raw_unit)
        elif self._attribute.writable:
            self._error(
                "expression", f"{self._attribute.name} is set, and nothing says how", "write `inverse:`"
            )
        return Formula(forward, backward, raw_unit, unit)

    def _factor(self) -> float | None:
        written, unit, raw_unit = self._written.factor, self._attribute.unit, self._raw_unit
        if written is None:
            if (unit is None) != (raw_unit is None) or (unit and raw_unit and unit.text != raw_unit.text):
                self._error("offset", "an offset alone does not change the unit", "write `factor:` too")
                return None
            return 1.0
        found = parse_literal(str(written))
        if found is None or found[0] == 0:
            self._error("factor", f"'{written}' is no factor", "write e.g. `100 mbar/V`")
            return None
        value, its_unit = found
        plain = parse_unit("")
        left, right = unit or plain, raw_unit or plain
        if left.point or right.point:
            if its_unit.text or left.text != right.text:
                self._error("factor", f"numbers in {left.text} can only be multiplied by a plain number")
                return None
            return value
        if its_unit.dimension != left.dimension / right.dimension:
            help = (
                f"write e.g. `1 {left.text or '1'}/{right.text}`"
                if right.text
                else f"write e.g. `1 {left.text}`"
            )
            self._error(
                "factor",
                f"'{written}' does not make {left.text or 'a number'} of {right.text or 'a number'}",
                help,
            )
            return None
        return value * right.factor / left.factor

    def _parsed(self, key: str, text: str, name: str, given: Unit, wanted: Unit) -> _Expression | None:
        try:
            expression = parse(text, names=[name])
            found = expression.infer({name: given.type})
        except ExpressionError as error:
            self._error(key, error.faults[0].message, error.faults[0].help)
            return None
        complaint = expected(wanted.type, found, unit=wanted)
        if complaint is not None:
            self._error(key, *complaint)
            return None
        return expression

    def _error(self, key: str, message: str, help: str | None = None) -> None:
        self._values.error((*self._path, key), message, help, code=self._code)
