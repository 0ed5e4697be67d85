"""From what was written in a cell to what it does."""

from typing import Any

from shotlane.expression import NUMBER, CallExpression, Expression, ExpressionError, ValueKind, parse_call
from shotlane.model import Channel, Point, ValueType
from shotlane.plan._cells import Cell
from shotlane.plan._constants import TIME
from shotlane.plan._levels import Level, TermLevel, Texts, fits, is_choice, make_level
from shotlane.plan._moves import Curve, Hold, Move, Pulse, Ramp, Track
from shotlane.plan._places import make_place
from shotlane.plan._term import Compiler, Term, expect
from shotlane.plan._written import Written, tell

IN_CELL = {"t": TIME, "duration": TIME}
SHAPES = ("linear", "smooth")


def make_move(compiler: Compiler, channel: Channel, texts: Texts, cell: Cell) -> Move | None:
    """What a cell does; None when it is faulty or hangs on something faulty."""
    if isinstance(cell.raw, list):
        return _track(compiler, channel, texts, cell)
    written = compiler.written(cell.path, cell.raw)
    if is_choice(channel.attribute):
        level = make_level(compiler, channel, texts, written)
        return None if level is None else Hold(level)
    if isinstance(cell.raw, str):
        try:
            call = parse_call(cell.raw, names=compiler.scope.names_with(IN_CELL))
        except ExpressionError as error:
            tell(compiler.report, written, error.faults)
            return None
        if call is not None:
            return _called(compiler, channel, written, call)
    return _expressed(compiler, channel, written)


def _expressed(compiler: Compiler, channel: Channel, written: Written) -> Move | None:
    """A constant, or a function of time."""
    term = compiler.term(written, IN_CELL)
    if term is None or not fits(compiler, term, channel) or not term.sound:
        return None
    if term.uses("t") or term.uses("duration"):
        return Curve(term, channel.attribute)
    return Hold(TermLevel(term, channel.attribute))


def _called(compiler: Compiler, channel: Channel, written: Written, call: CallExpression) -> Move | None:
    boolean = channel.attribute.type is ValueType.BOOL
    if call.name == "ramp" and not boolean:
        return _ramp(compiler, channel, written, call)
    if call.name == "pulse" and boolean:
        return _pulse(compiler, written, call)
    if call.name in ("ramp", "pulse"):
        kind = "on or off" if boolean else "a number"
        message = f"{call.name}() has no meaning for '{channel.name}', which takes {kind}"
        help_text = (
            "write pulse(period) for edges" if boolean else "write a function of t, or a list of points"
        )
        compiler.report.error("SEQ216", message, written.inside(*call.name_place), help=help_text)
    else:
        compiler.report.error(
            "SEQ216",
            f"'{call.name}()' cannot be the value of a cell",
            written.inside(*call.name_place),
            help="a cell takes an expression, ramp() or pulse(); commands stand under `call`",
        )
    return None


def _ramp(compiler: Compiler, channel: Channel, written: Written, call: CallExpression) -> Move | None:
    if len(call.arguments) > 2:
        _wrong(
            compiler, written, call.argument_places[2], "ramp() takes at most two values", "ramp(from, to)"
        )
        return None
    smooth = False
    for name, expression in call.keywords.items():
        place = call.keyword_places[name]
        if name != "shape":
            _wrong(
                compiler, written, place, f"ramp() has no argument '{name}'", 'ramp(from, to, shape="smooth")'
            )
            return None
        shape = _text(expression)
        if shape not in SHAPES:
            _wrong(compiler, written, place, "the shape of a ramp is linear or smooth", 'shape="smooth"')
            return None
        smooth = shape == "smooth"
    levels: list[Level | None] = []
    for expression, place in zip(call.arguments, call.argument_places, strict=True):
        term = compiler.typed(written, expression, {}, place)
        sound = term is not None and fits(compiler, term, channel) and term.sound
        levels.append(TermLevel(term, channel.attribute) if sound and term is not None else None)
    if None in levels:
        return None
    start = levels[0] if len(levels) == 2 else None
    return Ramp(start, levels[-1] if levels else None, channel.attribute, smooth)


def _text(expression: Expression) -> str | None:
    """The text that an expression is; None when it is something else."""
    if expression.names:
        return next(iter(expression.names)) if len(expression.names) == 1 else None
    try:
        kind = expression.infer({})
    except ExpressionError:
        return None
    return str(expression.evaluate({})) if kind.kind is ValueKind.TEXT else None


def _wrong(compiler: Compiler, written: Written, place: tuple[int, int], message: str, example: str) -> None:
    compiler.report.error("SEQ216", message, written.inside(*place), help=f"write {example}")


def _pulse(compiler: Compiler, written: Written, call: CallExpression) -> Move | None:
    example = "pulse(10 ms, duty=0.3, phase=0 s)"
    wanted = {"period": TIME, "duty": NUMBER, "phase": TIME}
    given: dict[str, tuple[Expression, tuple[int, int]]] = {}
    if len(call.arguments) > len(wanted):
        _wrong(compiler, written, call.argument_places[3], "pulse() takes at most three values", example)
        return None
    for name, expression, place in zip(wanted, call.arguments, call.argument_places, strict=False):
        given[name] = (expression, place)
    for name, expression in call.keywords.items():
        place = call.keyword_places[name]
        if name not in wanted or name in given:
            reason = "is given twice" if name in given else "is no argument of pulse()"
            _wrong(compiler, written, place, f"'{name}' {reason}", example)
            return None
        given[name] = (expression, place)
    if "period" not in given:
        _wrong(compiler, written, call.name_place, "pulse() needs a period", example)
        return None
    terms: dict[str, Term | None] = {}
    for name, (expression, place) in given.items():
        term = compiler.typed(written, expression, {}, place)
        sound = term is not None and expect(compiler, term, wanted[name]) and term.sound
        terms[name] = term if sound else None
    if None in terms.values():
        return None
    period = terms["period"]
    assert period is not None
    return Pulse(period, terms.get("duty"), terms.get("phase"))


def _track(compiler: Compiler, channel: Channel, texts: Texts, cell: Cell) -> Move | None:
    """A list of points."""
    raw: list[Any] = cell.raw
    if not raw:
        compiler.report.error(
            "SEQ223", "a list of points needs a point", compiler.document.span(cell.path),
            help="write `- {at: 0 s, value: ...}`",
        )  # fmt: skip
        return None
    places, levels = [], []
    for index, point in enumerate(raw):
        assert isinstance(point, Point)
        place = make_place(compiler, compiler.written((*cell.path, index, "at"), point.at))
        written = compiler.written((*cell.path, index, "value"), point.value)
        level = make_level(compiler, channel, texts, written)
        places.append(place)
        levels.append(level)
    if None in places or None in levels:
        return None
    numeric = channel.attribute.type in (ValueType.FLOAT, ValueType.INT)
    sound_places = tuple(place for place in places if place is not None)
    return Track(
        sound_places, tuple(level for level in levels if level is not None), channel.attribute, numeric
    )
