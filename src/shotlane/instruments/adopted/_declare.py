"""Short ways for authors of drivers to declare attributes and commands, with units as text."""

from collections.abc import Sequence

from shotlane.expression import ExpressionError, UnitError, describe, parse, parse_literal, parse_unit, tidy
from shotlane.model import Attribute, Command, CommandParameter, Keep, ScalarValue, ValueType


def _each(options: str | Sequence[str]) -> tuple[str, ...]:
    return (options,) if isinstance(options, str) else tuple(options)


def declare_attribute(
    name: str,
    *,
    type: str | None = None,
    unit: str | None = None,
    access: str = "r",
    low: float | None = None,
    high: float | None = None,
    options: str | Sequence[str] = (),
    resolution: float | None = None,
    update_s: float | None = None,
    safe: ScalarValue | Keep | None = None,
    description: str = "",
    status: bool = False,
) -> Attribute:
    """An attribute; `low`, `high`, `resolution` and `safe` in its unit. Raises `UnitError`, `ValueError`.

    `type`: float, int, bool, option, text or array; default: option with `options`, else float.
    """
    if access not in ("r", "w", "rw"):
        raise ValueError(f"{name}: access is {access!r}, and r, w or rw is wanted")
    return Attribute(
        name,
        ValueType(type or ("option" if options else "float")),
        parse_unit(unit) if unit is not None else None,
        readable="r" in access,
        writable="w" in access,
        low=low,
        high=high,
        options=_each(options),
        resolution=resolution,
        update_ns=None if update_s is None else round(update_s * 1e9),
        safe=safe,
        description=description,
        status=status,
    )


def declare_parameter(
    name: str,
    *,
    type: str | None = None,
    unit: str | None = None,
    low: float | None = None,
    high: float | None = None,
    options: str | Sequence[str] = (),
    required: bool = True,
) -> CommandParameter:
    """An argument of a command, as `declare_attribute`."""
    return CommandParameter(
        name,
        ValueType(type or ("option" if options else "float")),
        parse_unit(unit) if unit is not None else None,
        low,
        high,
        _each(options),
        required,
    )


def declare_command(
    name: str,
    *parameters: CommandParameter,
    takes_s: float = 0.0,
    confirm: bool = False,
    description: str = "",
) -> Command:
    """A command; `takes_s`: how long its answer may take beyond the timeout."""
    return Command(name, parameters, round(takes_s * 1e9), confirm, description)


def in_unit(value: float | int | str, unit: str) -> float:
    """The number that an option of a station means in a unit: `in_unit("10 ms", "s")` is 0.01.

    A bare number is one without dimension. Raises `ValueError` that says what is wrong.
    """
    wanted = parse_unit(unit)
    try:
        parsed = parse_literal(value) if isinstance(value, str) else (float(value), parse_unit(""))
        if parsed is None:
            parse(value)
            raise ValueError(f"'{value}' is no single number")
    except (ExpressionError, UnitError) as error:
        raise ValueError(f"'{value}': {error}") from error
    number, its_unit = parsed
    if its_unit.dimension != wanted.dimension:
        raise ValueError(f"'{value}' is {describe(its_unit.type)}: write it in {unit}")
    return tidy(wanted.from_si(number))
