"""Aliases: channels in the lab's own words and units, each standing for an attribute of one instrument.

An alias is one more attribute of that instrument, with a dot in its name. Its limits are its own, those of
its table and those of the attribute, whichever is tightest. It is rounded where the attribute is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shotlane.diagnostics import Report, did_you_mean
from shotlane.document import Document, Path
from shotlane.expression import Unit, reserved_name_help, tidy
from shotlane.instruments.definition._conversion import (
    Conversion,
    InUnit,
    Inverted,
    OnGrid,
    Same,
    Table,
    View,
)
from shotlane.instruments.definition._values import ValueReader
from shotlane.instruments.documents._calibration import read_table, rises_or_falls
from shotlane.model import KEEP, Attribute, Channel, ChannelAlias, Grid, ValueType, channel_name

_NUMBERS = (ValueType.FLOAT, ValueType.INT)
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias with everything decided. `attribute` has its dotted name; `lead_ns`: how early it is set."""

    role: str
    attribute: Attribute
    view: View
    lead_ns: int = 0


def read_aliases(
    written: Mapping[str, ChannelAlias],
    channels: Mapping[str, Channel],
    faulty: frozenset[str],
    document: Document,
    report: Report,
) -> list[Alias]:
    """All aliases that are sound. `faulty`: roles of which nothing more is said."""
    values = ValueReader(report, document, "STA201")
    found = []
    for name, alias in written.items():
        path: Path = ("channels", name)
        target = _target(name, alias, channels, faulty, path, values)
        if target is not None:
            made = _Maker(name, alias, target, path, values).make()
            if made is not None:
                found.append(made)
    return found


def _target(
    name: str,
    alias: ChannelAlias,
    channels: Mapping[str, Channel],
    faulty: frozenset[str],
    path: Path,
    values: ValueReader,
) -> Channel | None:
    group, dot, rest = name.partition(".")
    parts = (group, rest)
    if not dot or not all(part.isidentifier() and reserved_name_help(part) is None for part in parts):
        values.key_error(path, f"'{name}' cannot name an alias", "write two words with a dot: mot.detuning")
        return None
    if name in channels:
        values.key_error(path, f"'{name}' is a channel of {group} already", "give the alias another name")
        return None
    target = channels.get(alias.is_)
    if target is None and alias.is_.partition(".")[0] not in faulty:
        help = did_you_mean(alias.is_, channels, what="channels")
        values.error((*path, "is"), f"there is no channel '{alias.is_}'", help)
    return target


class _Maker:
    def __init__(
        self, name: str, alias: ChannelAlias, target: Channel, path: Path, values: ValueReader
    ) -> None:
        self._name = name
        self._alias = alias
        self._target = target
        self._path = path
        self._values = values

    def make(self) -> Alias | None:
        """The alias; None after a fault."""
        attribute = self._target.attribute
        if attribute.type in _NUMBERS:
            made = self._number(attribute)
        elif attribute.type is ValueType.BOOL:
            made = self._boolean(attribute)
        else:
            made = self._plain(attribute)
        if made is None:
            return None
        seen, conversion = made
        seen = replace(seen, name=self._name, description=self._alias.description or attribute.description)
        lead_ns = self._lead_ns(seen)
        return (
            None
            if lead_ns is None
            else Alias(self._target.role, seen, View(attribute.name, conversion), lead_ns)
        )

    def _lead_ns(self, seen: Attribute) -> int | None:
        """How much earlier it is set; None after a fault."""
        path = (*self._path, "lead")
        if self._alias.lead is None:
            return 0
        if not seen.writable:
            self._values.key_error(path, f"{self._alias.is_} cannot be set: 'lead' says nothing")
            return None
        return self._values.duration_ns(path, self._alias.lead)

    def _boolean(self, attribute: Attribute) -> tuple[Attribute, Conversion] | None:
        if not self._only("inverted"):
            return None
        if not self._alias.inverted:
            return attribute, Same()
        safe = not attribute.safe if isinstance(attribute.safe, bool) else attribute.safe
        return replace(attribute, safe=safe), Inverted()

    def _plain(self, attribute: Attribute) -> tuple[Attribute, Conversion] | None:
        return (attribute, Same()) if self._only() else None

    def _only(self, *keys: str) -> bool:
        """Whether nothing is written that belongs to another type."""
        for key in ("unit", "table", "limits", "inverted"):
            if getattr(self._alias, key) and key not in keys:
                kind = self._target.attribute.type.value
                self._values.key_error(
                    (*self._path, key), f"{self._alias.is_} is {kind}: '{key}' says nothing"
                )
                return False
        return True

    def _number(self, attribute: Attribute) -> tuple[Attribute, Conversion] | None:
        if not self._only("unit", "table", "limits"):
            return None
        unit = self._values.unit((*self._path, "unit"), self._alias.unit) or attribute.unit
        conversion = self._conversion(attribute, unit)
        if conversion is None:
            return None
        low, high = _seen_limits(attribute, conversion)
        safe = attribute.safe
        if isinstance(safe, int | float) and not isinstance(safe, bool):
            safe = conversion.value(safe)
        readable = attribute.readable
        if isinstance(conversion, Table):
            readable = readable and rises_or_falls(list(conversion.raws))
        same = isinstance(conversion, Same)
        seen = replace(
            attribute,
            type=attribute.type if same else ValueType.FLOAT,
            unit=unit,
            low=low,
            high=high,
            safe=KEEP if safe is None and attribute.safe is not None else safe,
            readable=readable,
            resolution=attribute.resolution if same else None,
        )
        return self._rounded(self._limited(seen), attribute, conversion)

    def _rounded(
        self, seen: Attribute, attribute: Attribute, conversion: Conversion
    ) -> tuple[Attribute, Conversion] | None:
        """With the values that can be set, where it is another view of what is rounded."""
        grid = _grid(attribute, seen, conversion)
        if grid is None:
            return seen, conversion
        if grid.is_empty:
            key = "limits" if self._alias.limits else "table" if self._alias.table else "is"
            message = f"no multiple of {grid.step:.12g}, the resolution of {self._alias.is_}, can be set"
            self._values.error((*self._path, key), message, code="STA202")
            return None
        return replace(seen, resolution=_seen_step(grid), grid=grid), OnGrid(conversion, grid)

    def _conversion(self, attribute: Attribute, unit: Unit | None) -> Conversion | None:
        if self._alias.table is not None:
            return self._table(attribute, unit)
        if unit is attribute.unit or (unit and attribute.unit and unit.text == attribute.unit.text):
            return Same()
        if unit is None or attribute.unit is None or unit.dimension != attribute.unit.dimension:
            own = attribute.unit.text if attribute.unit else "no unit"
            message = f"{self._alias.is_} has {own}: '{self._alias.unit}' needs a table"
            self._values.error((*self._path, "unit"), message, "write `table:` with pairs of both")
            return None
        return InUnit(attribute.unit, unit)

    def _table(self, attribute: Attribute, unit: Unit | None) -> Table | None:
        assert self._alias.table is not None
        path = (*self._path, "table")
        pairs = read_table(self._alias.table, unit, attribute.unit, path, self._values)
        if pairs is None:
            return None
        pairs.sort(key=lambda pair: pair[1])
        values, raws = tuple(value for value, _ in pairs), tuple(raw for _, raw in pairs)
        if len(pairs) < 2 or not rises_or_falls(list(raws)) or not rises_or_falls(list(values)):
            message = "a table has two pairs or more, and goes up or down all the way"
            self._values.error(path, message)
            return None
        for raw in raws:
            below = attribute.low is not None and raw < attribute.low - _SLACK * max(1.0, abs(raw))
            above = attribute.high is not None and raw > attribute.high + _SLACK * max(1.0, abs(raw))
            if attribute.writable and (below or above):
                message = f"{raw:.12g} lies outside the limits of {self._alias.is_}"
                self._values.error(path, message, code="STA202")
                return None
        return Table(raws, values)

    def _limited(self, seen: Attribute) -> Attribute:
        """With the alias' own limits, which only tighten."""
        if self._alias.limits is None:
            return seen
        path = (*self._path, "limits")
        low = self._values.number((*path, 0), self._alias.limits[0], seen.unit)
        high = self._values.number((*path, 1), self._alias.limits[1], seen.unit)
        if low is None or high is None:
            return seen
        slack = _SLACK * max(1.0, abs(low), abs(high))
        if low > high:
            self._values.error(path, "the lower limit is above the upper one", "write the lower one first")
            return seen
        if (seen.low is not None and low < seen.low - slack) or (
            seen.high is not None and high > seen.high + slack
        ):
            bounds = " to ".join("" if bound is None else f"{bound:.6g}" for bound in (seen.low, seen.high))
            message = f"the limits are wider than what {self._alias.is_} and the table allow: {bounds}"
            self._values.error(path, message, code="STA202")
            return seen
        return replace(seen, low=low, high=high)


def _seen_limits(attribute: Attribute, conversion: Conversion) -> tuple[float | None, float | None]:
    """The attribute's limits, and the ends of a table, as they are seen through the conversion."""
    if isinstance(conversion, Table):
        return min(conversion.values), max(conversion.values)
    seen = [None if bound is None else conversion.value(bound) for bound in (attribute.low, attribute.high)]
    return seen[0], seen[1]


def _grid(attribute: Attribute, seen: Attribute, conversion: Conversion) -> Grid | None:
    """The values that can be set through a conversion; None without a resolution behind it."""
    step = attribute.resolution or (1.0 if attribute.type is ValueType.INT else None)
    if step is None or not attribute.writable or isinstance(conversion, Same):
        return None
    low, high = (None if bound is None else conversion.raw(bound) for bound in (seen.low, seen.high))
    if low is not None and high is not None and low > high:
        low, high = high, low  # a falling table
    table = (conversion.raws, conversion.values) if isinstance(conversion, Table) else ((), ())
    return Grid(step, attribute.unit, seen.unit, *table, low, high)


def _seen_step(grid: Grid) -> float | None:
    """The step between two values; None where a table makes it differ."""
    if grid.raws or grid.raw_unit is None or grid.unit is None:
        return None
    return tidy(grid.step * grid.raw_unit.factor / grid.unit.factor)


def alias_channel(alias: Alias, target: Channel) -> Channel:
    """The channel of an alias: on the wire of its target."""
    name = channel_name(target.role, target.attribute.name)
    return replace(target, attribute=alias.attribute, target=name, lead_ns=alias.lead_ns)
