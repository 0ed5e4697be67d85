"""What a station says of an instrument's attributes: tighter limits and safe values.

Limits of a station only tighten. A safe value must lie within the limits that hold at the station, whichever
of the two documents it comes from.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from shotlane.diagnostics import did_you_mean
from shotlane.document import Path
from shotlane.expression import Unit, parse_literal
from shotlane.instruments.definition._accept import RefusedValueError, accepted, shown
from shotlane.instruments.definition._values import ValueReader
from shotlane.instruments.documents._attributes import read_safe
from shotlane.model import Attribute, Keep, StationInstrument, ValueType

_NUMBERS = (ValueType.FLOAT, ValueType.INT)
_SLACK = 1e-9


def at_station(
    attributes: Mapping[str, Attribute],
    role: StationInstrument,
    at: Path,
    values: ValueReader,
    *,
    told: Callable[[str], bool],
) -> dict[str, Attribute]:
    """The attributes as they hold at a station. `at` is the role's path in the station document.

    `told`: whether an attribute is known to be faulty; nothing more is said of it.
    """
    known = dict(attributes)
    for name, written in role.limits.items():
        if told(name):
            continue
        path = (*at, "limits", name)
        attribute = _known(known, name, path, values)
        if attribute is not None:
            known[name] = _tightened(attribute, written, path, values)
            if name not in role.safe:
                known[name] = _still_safe(known[name], path, values)
    for name, value in role.safe.items():
        if told(name):
            continue
        path = (*at, "safe", name)
        attribute = _known(known, name, path, values)
        if attribute is not None:
            safe = read_safe(attribute, value, path, values, "STA140")
            known[name] = replace(attribute, safe=safe)
    return known


def at_station_unsure(attributes: Iterable[str], at: Path, values: ValueReader) -> set[str]:
    """Attributes of which a station says something faulty."""
    sections = ("limits", "safe")
    return {name for name in attributes if any(values.told(*at, section, name) for section in sections)}


def _known(
    attributes: Mapping[str, Attribute], name: str, path: Path, values: ValueReader
) -> Attribute | None:
    attribute = attributes.get(name)
    if attribute is None:
        help = did_you_mean(name, [a.name for a in attributes.values() if a.writable], what="what can be set")
        values.key_error(path, f"the instrument has no attribute '{name}'", help, code="STA130")
    return attribute


def _tightened(
    attribute: Attribute, written: list[bool | int | float | str], path: Path, values: ValueReader
) -> Attribute:
    if attribute.type not in _NUMBERS or not attribute.writable:
        reason = "cannot be set" if not attribute.writable else f"takes {attribute.type.value} values"
        values.error(path, f"{attribute.name} {reason}, so it has no limits")
        return attribute
    low = values.number((*path, 0), written[0], attribute.unit)
    high = values.number((*path, 1), written[1], attribute.unit)
    if low is None or high is None:
        return attribute
    if low > high:
        values.error(path, "the lower limit is above the upper one", "write the lower one first")
        return attribute
    attribute = replace(attribute, limits_unit=_unit_of(written, attribute) or attribute.limits_unit)
    if _looser(attribute, low, 0, path, values) or _looser(attribute, high, 1, path, values):
        return attribute
    return replace(attribute, low=low, high=high)


def _unit_of(written: list[bool | int | float | str], attribute: Attribute) -> Unit | None:
    """The unit that somebody thinks in who writes these limits."""
    literal = parse_literal(str(written[1]))
    unit = None if literal is None else literal[1]
    return unit if unit is not None and attribute.unit is not None and unit != attribute.unit else None


def _looser(attribute: Attribute, limit: float, index: int, path: Path, values: ValueReader) -> bool:
    """Report a limit that the instrument does not allow."""
    slack = _SLACK * max(1.0, abs(limit))
    below = attribute.low is not None and limit < attribute.low - slack
    above = attribute.high is not None and limit > attribute.high + slack
    if not below and not above:
        return False
    bound = attribute.low if below else attribute.high
    assert bound is not None
    word = "at least" if below else "at most"
    message = f"a station may only tighten limits: {attribute.name} takes {word} {shown(bound, attribute)}"
    values.error(
        (*path, index), message, f"write {shown(bound, attribute)} or a tighter limit", code="STA132"
    )
    return True


def _still_safe(attribute: Attribute, path: Path, values: ValueReader) -> Attribute:
    """The instrument's own safe value must hold within the station's limits."""
    if attribute.safe is None or isinstance(attribute.safe, Keep):
        return attribute
    try:
        accepted(attribute, attribute.safe)
    except RefusedValueError as error:
        help = f"give a safe value within the limits: `safe: {{{attribute.name}: ...}}`"
        values.error(path, f"the instrument's safe value lies outside: {error.message}", help, code="STA141")
        return replace(attribute, safe=None)
    return attribute
