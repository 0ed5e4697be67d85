"""Commands of an instrument at places of steps, with checked arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from shotlane.diagnostics import Span, did_you_mean
from shotlane.document import Path
from shotlane.expression import (
    BOOLEAN,
    NUMBER,
    CallExpression,
    Expression,
    ExpressionError,
    ValueKind,
    parse_call,
)
from shotlane.model import CallAt, Command, CommandParameter, Lane, Role, ValueType
from shotlane.plan._blocks import BEGINS, ENDS
from shotlane.plan._cells import Cell, split_cells
from shotlane.plan._exact import Integers
from shotlane.plan._findings import Findings, Told
from shotlane.plan._limits import NUMBERS, check_numbers
from shotlane.plan._openings import first_part
from shotlane.plan._places import Place, make_place
from shotlane.plan._rounding import significant
from shotlane.plan._scope import Rows
from shotlane.plan._term import Compiler, Term, expect
from shotlane.plan._timeline import Timeline
from shotlane.plan._written import Written, tell


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call: a term, a label, or a text. Exactly one of the three."""

    parameter: CommandParameter
    span: Span
    term: Term | None = None
    label: str | None = None
    text: str | None = None

    @property
    def varies(self) -> bool:
        """Whether it may differ between points."""
        return self.label is not None or (self.term is not None and self.term.varies)

    def values(self, rows: Rows) -> list[Any]:
        """One value per point, or a single one, in the unit of the parameter."""
        if self.text is not None:
            return [self.text]
        if self.label is not None:
            value = rows.value(self.label)
            return [str(item) for item in value[:, 0]] if isinstance(value, np.ndarray) else [str(value)]
        assert self.term is not None
        column = self.term.column(rows)[:, 0]
        match self.parameter.type:
            case ValueType.BOOL:
                return [bool(item) for item in column]
            case ValueType.INT:
                return [round(item) for item in self.numbers(rows)[:, 0].tolist()]
            case _:
                return list(self.numbers(rows)[:, 0].tolist())

    def numbers(self, rows: Rows) -> Any:
        """Columns of numbers in the unit of the parameter."""
        assert self.term is not None
        numbers = np.asarray(self.term.column(rows), dtype=np.float64)
        unit = self.parameter.unit
        return significant(unit.from_si(numbers) if unit is not None else numbers)


@dataclass(frozen=True, slots=True)
class Call:
    """A command in a cell. `order`: its position in the document."""

    role: Role
    command: Command
    arguments: tuple[Argument, ...]
    cell: Cell
    place: Place
    order: int

    @property
    def varies(self) -> bool:
        """Whether it differs between points by itself."""
        return self.place.varies or any(argument.varies for argument in self.arguments)


def build_calls(
    compiler: Compiler,
    timeline: Timeline,
    order: Mapping[Path, int],
    role: Role,
    lane: Lane,
    *,
    certain: bool = True,
) -> list[Call]:
    """Everything that a lane calls. `certain`: what the role has no command for does not exist."""
    if lane.call is None:
        return []
    found = []
    for cell in split_cells(compiler, timeline, ("lanes", role.name, "call"), lane.call).cells:
        entries = enumerate(cell.raw) if isinstance(cell.raw, list) else [(None, cell.raw)]
        for position, entry in entries:
            path = cell.path if position is None else (*cell.path, position)
            call = _call(compiler, role, cell, path, entry, order.get(path, 0), certain=certain)
            part = None if call is None else first_part(compiler, timeline, cell, call.place)
            if call is not None and part is not None:
                found.append(replace(call, cell=part))
    return found


def _call(
    compiler: Compiler, role: Role, cell: Cell, path: Path, entry: Any, order: int, *, certain: bool
) -> Call | None:
    if isinstance(entry, CallAt):
        at = compiler.written((*path, "at"), entry.at)
        path, text = (*path, "do"), entry.do
    else:
        at, text = Written("start", compiler.document.span(path)), entry
    place = make_place(compiler, at)
    written = compiler.written(path, text)
    try:
        call = parse_call(text, names=compiler.scope.declared)
    except ExpressionError as error:
        tell(compiler.report, written, error.faults)
        return None
    name = text.strip() if call is None else call.name
    command = role.commands.get(name)
    if command is None and not certain:
        return None  # the station's own faults were told
    if command is None or call is None:
        _no_command(compiler, role, written, name, known=command is not None, called=call)
        return None
    arguments = _arguments(compiler, role, command, written, call)
    if arguments is None or place is None:
        return None
    return Call(role, command, tuple(arguments), cell, place, order)


def _no_command(
    compiler: Compiler, role: Role, written: Written, name: str, *, known: bool, called: CallExpression | None
) -> None:
    span = written.span if called is None else written.inside(*called.name_place)
    if known:
        compiler.report.error("SEQ222", f"'{name}' is called with parentheses", span, help=f"write {name}()")
        return
    compiler.report.error(
        "SEQ222",
        f"'{role.name}' has no command '{name}'",
        span,
        help=did_you_mean(name, role.commands, what=f"commands of '{role.name}'"),
    )


def _arguments(
    compiler: Compiler, role: Role, command: Command, written: Written, call: CallExpression
) -> list[Argument] | None:
    """The arguments by parameter; None when one is faulty."""
    given = _matched(compiler, command, written, call)
    if given is None:
        return None
    missing = [item.name for item in command.parameters if item.required and item.name not in given]
    if missing:
        shape = ", ".join(item.name for item in command.parameters)
        compiler.report.error(
            "SEQ222",
            f"{command.name}() needs a value for '{missing[0]}'",
            written.inside(*call.name_place),
            help=f"write {command.name}({shape})",
        )
        return None
    found = []
    for parameter in command.parameters:
        if parameter.name in given:
            found.append(_argument(compiler, command, parameter, written, *given[parameter.name]))
    return None if None in found else [argument for argument in found if argument is not None]


def _matched(
    compiler: Compiler, command: Command, written: Written, call: CallExpression
) -> dict[str, tuple[Expression, tuple[int, int]]] | None:
    names = [parameter.name for parameter in command.parameters]
    if len(call.arguments) > len(names):
        compiler.report.error(
            "SEQ222",
            f"{command.name}() takes {len(names)} values, and this is one more",
            written.inside(*call.argument_places[len(names)]),
            help=f"write {command.name}({', '.join(names)})",
        )
        return None
    given = {
        name: (expression, place)
        for name, expression, place in zip(names, call.arguments, call.argument_places, strict=False)
    }
    for name, expression in call.keywords.items():
        place = call.keyword_places[name]
        if name not in names or name in given:
            reason = "is given twice" if name in given else f"is no argument of {command.name}()"
            help_text = did_you_mean(name, names, what="arguments")
            compiler.report.error("SEQ222", f"'{name}' {reason}", written.inside(*place), help=help_text)
            return None
        given[name] = (expression, place)
    return given


def _argument(
    compiler: Compiler,
    command: Command,
    parameter: CommandParameter,
    written: Written,
    expression: Expression,
    place: tuple[int, int],
) -> Argument | None:
    if parameter.type in (ValueType.OPTION, ValueType.TEXT):
        return _text_argument(compiler, command, parameter, written, expression, place)
    term = compiler.typed(written, expression, {}, place)
    wanted = BOOLEAN if parameter.type is ValueType.BOOL else NUMBER
    if parameter.unit is not None and parameter.type is not ValueType.BOOL:
        wanted = parameter.unit.type
    if term is None or not expect(compiler, term, wanted, unit=parameter.unit) or not term.sound:
        return None
    return Argument(parameter, term.span, term)


def _text_argument(
    compiler: Compiler,
    command: Command,
    parameter: CommandParameter,
    written: Written,
    expression: Expression,
    place: tuple[int, int],
) -> Argument | None:
    """A label, or a text with or without quotes."""
    scope = compiler.scope
    word = expression.text
    if word in scope.labels:
        return Argument(parameter, written.inside(*place), label=word) if word in scope.values else None
    if word in scope.broken:
        return None
    if not expression.names and expression.infer({}).kind is ValueKind.TEXT:
        word = str(expression.evaluate({}))
    if parameter.options and word not in parameter.options:
        compiler.report.error(
            "SEQ219",
            f"'{word}' is no option for '{parameter.name}' of {command.name}()",
            written.inside(*place),
            help=did_you_mean(word, parameter.options, what="options"),
        )
        return None
    return Argument(parameter, written.inside(*place), text=word)


def call_times(call: Call, rows: Rows, bounds: Sequence[Integers]) -> tuple[Integers, Integers]:
    """Columns of the instant and the rank of a call."""
    start, end = bounds[call.cell.first], bounds[call.cell.last + 1]
    length = end - start
    offset = call.place.offset(rows, length)
    ends = ((offset == length) & (length > 0)) | np.full((1, 1), call.place.from_end)
    return start + offset, np.where(ends, ENDS, BEGINS).astype(np.int64)


def check_arguments(call: Call, rows: Rows, findings: Findings) -> None:
    """Find arguments that are not finite, leave their limits, or are no option."""
    for argument in call.arguments:
        parameter = argument.parameter
        if argument.term is not None and parameter.type in NUMBERS:
            name = f"{call.command.name}({parameter.name})"
            check_numbers(findings, rows, name, parameter, argument.term.span, argument.numbers(rows))
        elif argument.label is not None and parameter.options:
            values = argument.values(rows)
            if len(values) == 1 and argument.label in rows.scope.unanswered:
                continue
            bad = np.array([[value not in parameter.options] for value in values])
            if bad.any():
                findings.add("SEQ404", argument.span, rows, bad, partial(_no_option, argument, values))


def _no_option(argument: Argument, values: list[Any], at: int) -> Told:
    text = values[min(at, len(values) - 1)]
    options = ", ".join(argument.parameter.options)
    return f"label '{argument.label}' is '{text}', which is no option here", f"options: {options}"
