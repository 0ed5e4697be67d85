"""`faults:` and `couple:` of a station, checked and decided."""

from collections.abc import Mapping
from dataclasses import replace

from shotlane.diagnostics import Report, did_you_mean
from shotlane.document import Document, Path
from shotlane.expression import DIMENSIONLESS, describe, parse_literal
from shotlane.instruments.definition._behaviour import Behaviour, Motion
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.definition._fault_rule import FaultRule
from shotlane.instruments.definition._values import ValueReader
from shotlane.instruments.simulation._state import coupled, qualified
from shotlane.model import Attribute, Coupling, Scalar, SimulatedFault, Station, StationInstrument, ValueType

_NUMBERS = (ValueType.FLOAT, ValueType.INT)
_WHEN = ("at", "request", "probability")


def with_faults(
    definition: Definition, role: StationInstrument, document: Document, report: Report
) -> Definition:
    """The definition with the faults that its station lets it show."""
    at: Path = ("instruments", definition.role, "faults")
    if not role.faults:
        return definition
    values = ValueReader(report, document, "STA171")
    rules = [_rule(line, definition, (*at, index), values) for index, line in enumerate(role.faults)]
    if not definition.simulated:
        message = f"{definition.role} is not simulated, and shows no faults"
        help = "run it with --mock, or write `resource: sim://`"
        report.warning("STA170", message, document.key_span(at), help=help)
        return definition
    return replace(definition, faults=tuple(rule for rule in rules if rule is not None))


def _rule(line: SimulatedFault, definition: Definition, path: Path, values: ValueReader) -> FaultRule | None:
    before = values.count
    given = [key for key in _WHEN if getattr(line, key) is not None]
    if not given:
        values.error(path, "nothing says when it happens", "add `at:`, `request:` or `probability:`")
    for key in given[1:]:
        values.key_error((*path, key), f"it says `{given[0]}` and `{key}`", "leave one of them")
    switches_off = line.fault in ("death", "restart")
    if line.for_ is not None and line.at is None and not switches_off:
        values.key_error((*path, "for"), "`for` belongs to `at`, to death and to restart")
    if (line.by is None) is (line.fault == "late"):
        text = "a late answer says how late" if line.by is None else "`by` belongs to late answers"
        report = values.error if line.by is None else values.key_error
        report(
            (*path, "fault" if line.by is None else "by"),
            text,
            "add `by: 200 ms`" if line.by is None else None,
        )
    names = [line.of] if isinstance(line.of, str) else line.of or []
    known = [*definition.own.attributes, *definition.commands]
    for index, name in enumerate(names):
        if name not in known:
            place = (*path, "of") if isinstance(line.of, str) else (*path, "of", index)
            help = did_you_mean(name, known, what="attributes and commands")
            values.error(place, f"the instrument has no attribute or command '{name}'", help)
    rule = FaultRule(
        line.fault,
        values.duration_ns((*path, "at"), line.at),
        line.request,
        line.probability,
        line.count,
        values.duration_ns((*path, "for"), line.for_),
        values.duration_ns((*path, "by"), line.by) or 0,
        frozenset(names),
    )
    return rule if values.count == before else None


def read_couplings(
    station: Station, definitions: Mapping[str, Definition], document: Document, report: Report
) -> dict[str, Behaviour]:
    """How channels move with those of other instruments, by channel. Faulty lines are left out."""
    reader = _Couplings(definitions, ValueReader(report, document, "STA172"), document)
    found = {name: reader.read(name, written) for name, written in station.couple.items()}
    return reader.without_circles({name: one for name, one in found.items() if one is not None})


class _Couplings:
    """Reads the lines of `couple:`."""

    def __init__(
        self, definitions: Mapping[str, Definition], values: ValueReader, document: Document
    ) -> None:
        self._definitions = definitions
        self._document = document
        self._values = values
        self._channels = {
            f"{role}.{name}": attribute
            for role, definition in definitions.items()
            if definition.adoption is None
            for name, attribute in definition.own.attributes.items()
        }

    def read(self, name: str, written: Coupling) -> Behaviour | None:
        """One line; None when it is faulty."""
        path: Path = ("couple", name)
        values, before = self._values, self._values.count
        key = "lag" if written.lag is not None else "follows"
        source = written.lag if written.lag is not None else written.follows
        if source is None:
            values.key_error(
                path, "nothing says what it depends on", "write `follows:`, or `lag:` and `tau:`"
            )
            return None
        if written.lag is not None and written.follows is not None:
            values.key_error((*path, "follows"), "it lags and follows at once", "leave one of them")
        if (written.tau is None) is (key == "lag"):
            help = "write `lag:` and `tau:`, or `follows:`"
            values.key_error(
                (*path, key), f"`{key}` stands {'without' if key == 'lag' else 'with'} `tau`", help
            )
        target, other = self._channel(name, path, key=True), self._channel(source, (*path, key))
        if target is None or other is None:
            return None
        if target.type not in _NUMBERS or other.type not in _NUMBERS:
            values.error((*path, key), "only a number depends on a number")
            return None
        gain, offset = self._scaling(written, target, other, path)
        tau_ns = values.duration_ns((*path, "tau"), written.tau)
        if tau_ns == 0:
            values.error((*path, "tau"), "the time constant is 0", "write `follows` in place of `lag`")
        if values.count > before:
            return None
        motion = Motion.LAGS if key == "lag" else Motion.FOLLOWS
        return Behaviour(motion, None, source, (tau_ns or 0) / 1e9, gain=gain, offset=offset)

    def without_circles(self, couplings: dict[str, Behaviour]) -> dict[str, Behaviour]:
        """Report each circle once and leave it out."""
        sources = {}
        for role, definition in self._definitions.items():
            for name, own in definition.world.attributes.items():
                full = f"{role}.{name}"
                sources[full] = coupled(qualified(own, role), couplings.get(full)).source
        for name, one in list(couplings.items()):
            trail: list[str] = [name]
            while (source := sources.get(trail[-1])) is not None and source not in trail:
                trail.append(source)
            if source == name:
                key = "lag" if one.motion is Motion.LAGS else "follows"
                message = f"channels depend on each other in a circle: {' -> '.join([*trail, name])}"
                self._values.error(("couple", name, key), message)
                del couplings[name], sources[name]
        return couplings

    def _channel(self, name: str, path: Path, *, key: bool = False) -> Attribute | None:
        role = name.partition(".")[0]
        if name not in self._channels and not self._document.has_dropped(("instruments", role)):
            help = did_you_mean(name, self._channels, what="channels")
            report = self._values.key_error if key else self._values.error
            report(path, f"no simulated instrument has the channel '{name}'", help)
        return self._channels.get(name)

    def _scaling(
        self, written: Coupling, target: Attribute, source: Attribute, path: Path
    ) -> tuple[float | None, float]:
        """Gain and offset in the units of both; no gain where only the unit differs."""
        values = self._values
        if written.gain is None:
            if written.offset is not None:
                values.key_error((*path, "offset"), "`offset` belongs to `gain`")
            here, there = (one.unit.dimension if one.unit else None for one in (target, source))
            if here != there:
                message = f"{target.name} and {source.name} are not of one kind"
                values.key_error(path, message, "add `gain:`, this per that")
            return None, 0.0
        offset = 0.0
        if written.offset is not None:
            offset = values.number((*path, "offset"), written.offset, target.unit) or 0.0
        return self._gain(written.gain, target, source, path), offset

    def _gain(self, written: Scalar, target: Attribute, source: Attribute, path: Path) -> float | None:
        """Factor between the two numbers as they stand in their units."""
        literal = parse_literal(str(written))
        factors = [1.0 if one.unit is None else one.unit.factor for one in (target, source)]
        if literal is None:
            self._values.error((*path, "gain"), f"'{written}' is no single number", "write e.g. `2 K/V`")
            return None
        value, unit = literal
        here, there = (DIMENSIONLESS if one.unit is None else one.unit.dimension for one in (target, source))
        if unit.dimension != here / there:
            message = f"'{written}' is {describe(unit.type)}, and not {target.name} per {source.name}"
            self._values.error((*path, "gain"), message)
            return None
        return value * factors[1] / factors[0]
