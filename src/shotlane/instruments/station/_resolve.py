"""From a station document to definitions of its instruments and the channel table; nothing is opened.

Instrument documents are read once each. Roles with faults are named in the channel table, so that a sequence
that is checked against it is not told of channels that are only missing because their declaration is broken.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path as FilePath

from shotlane.diagnostics import Note, Report, did_you_mean
from shotlane.document import Document, Path
from shotlane.instruments.adopted._definition import define_adopted
from shotlane.instruments.adopted._lockfile import StationLock, lock_path, read_lock
from shotlane.instruments.definition._behaviour import Behaviour
from shotlane.instruments.definition._definition import Definition, Resource
from shotlane.instruments.definition._resource import ResourceError, parse_resource
from shotlane.instruments.documents._at_station import at_bench
from shotlane.instruments.documents._catalogue import known_names, read_instrument
from shotlane.instruments.documents._document import InstrumentSource, define
from shotlane.instruments.simulation._rehearsal import read_couplings, with_faults
from shotlane.instruments.station._alias import Alias, alias_channel, read_aliases
from shotlane.instruments.station._cost import channel_costs
from shotlane.instruments.station._told_apart import told_apart
from shotlane.instruments.station._triggers import check_inverted, timing_of, with_triggers
from shotlane.model import (
    Channel,
    ChannelTable,
    Interlock,
    Role,
    Scalar,
    Station,
    StationInstrument,
    channel_name,
    load_instrument,
)

_PROTOCOLS: Mapping[str, tuple[str, ...]] = {
    "modbus": ("modbus+tcp", "modbus+serial", "modbus+rfc2217", "sim"),
    "ascii": ("serial", "tcp", "visa", "rfc2217", "sim"),
    "scpi": ("serial", "tcp", "visa", "rfc2217", "sim"),
    "binary": ("serial", "tcp", "visa", "rfc2217", "sim"),
    "simulated": ("sim",),
}


@dataclass(frozen=True, slots=True)
class ResolvedStation:
    """A station with all numbers decided.

    `documents`: text of every instrument document in use, by name. `definitions`: in the station's order.
    `couplings`: by channel, how a simulated one moves with one of another instrument. `interlocks`: as they
    are written in `document`, the station's own.
    """

    name: str
    table: ChannelTable
    definitions: Mapping[str, Definition]
    documents: Mapping[str, str]
    document: Document
    couplings: Mapping[str, Behaviour] = field(default_factory=dict)
    interlocks: Mapping[str, Scalar | Interlock] = field(default_factory=dict)

    @property
    def roles(self) -> tuple[str, ...]:
        """Names of the instruments, in the station's order."""
        return tuple(self.definitions)


def resolve_station(
    station: Station, document: Document, report: Report, *, mock: bool = False, folder: FilePath
) -> ResolvedStation:
    """Define every instrument that can be.

    `folder` is the one of the station file; `mock` simulates every instrument.
    """
    resolver = _Resolver(document, report, mock, folder)
    if any(role.driver is not None and role.instrument is None for role in station.instruments.values()):
        resolver.read_lock()
    found = {name: resolver.define(name, role) for name, role in station.instruments.items()}
    definitions = {name: pair[0] for name, pair in found.items() if pair is not None}
    wires = {name: pair[1] for name, pair in found.items() if pair is not None}
    today = datetime.now().astimezone().date()
    definitions = {
        name: at_bench(definition, station.instruments[name], document, report, today=today)
        for name, definition in definitions.items()
    }
    definitions = {
        name: with_faults(definition, station.instruments[name], document, report)
        for name, definition in definitions.items()
    }
    definitions = with_triggers(station, definitions, document, report)
    couplings = read_couplings(station, definitions, document, report)
    resolver.check_shared(wires, definitions)
    dropped = {str(name) for name in document.keys(("instruments",)) if name not in station.instruments}
    unsure = {name for name, definition in definitions.items() if definition.unsure}
    table = _table(station.station, definitions, wires, frozenset(resolver.faulty | dropped | unsure))
    aliases = read_aliases(station.channels, table.channels, table.faulty, document, report)
    check_inverted(aliases, definitions, document, report)
    return ResolvedStation(
        station.station,
        _with_channels(table, aliases, {str(name) for name in document.keys(("channels",))}),
        _with_aliases(definitions, aliases),
        resolver.texts(),
        document,
        couplings,
        station.interlocks,
    )


def _table(
    station: str,
    definitions: Mapping[str, Definition],
    wires: Mapping[str, Resource],
    faulty: frozenset[str],
) -> ChannelTable:
    """What is sure of the instruments. `wires`: where they really are, also those that are mocked."""
    channels: dict[str, Channel] = {}
    roles: dict[str, Role] = {}
    for name, definition in definitions.items():
        port = definition.resource.port
        own_faults = definition.adoption is not None
        commands = {key: one for key, one in definition.commands.items() if key not in definition.unsure}
        roles[name] = Role(name, port, not definition.simulated, commands, own_faults)
        costs = channel_costs(definition, wires[name])
        for attribute in definition.attributes.values():
            if attribute.name in definition.unsure:
                continue  # whatever were said of its use would follow from the fault, which was told
            cost = costs[attribute.name]
            channel = Channel(name, attribute, port, cost.read_ns, cost.write_ns, cost.parts)
            timing = timing_of(definition, attribute)
            if timing is not None:
                # Whoever keeps time itself takes none of its port while a shot runs.
                channel = Channel(name, attribute, port, cost.read_ns, hardware=timing)
            channels[channel.name] = channel
    return ChannelTable(station, channels, roles, faulty)


def _with_channels(table: ChannelTable, aliases: Collection[Alias], written: set[str]) -> ChannelTable:
    """The table with aliases after the channels that they stand for. `written`: the names of all aliases."""
    channels = dict(table.channels)
    lost = written - {alias.attribute.name for alias in aliases}
    for alias in aliases:
        target = channels[channel_name(alias.role, alias.view.target)]
        channels[alias.attribute.name] = alias_channel(alias, target)
    return replace(table, channels=channels, faulty=table.faulty | {name.partition(".")[0] for name in lost})


def _with_aliases(definitions: Mapping[str, Definition], aliases: Iterable[Alias]) -> dict[str, Definition]:
    """The definitions with aliases as attributes of their own."""
    found = dict(definitions)
    for alias in aliases:
        name, before = alias.attribute.name, found[alias.role]
        found[alias.role] = replace(
            before,
            attributes={**before.attributes, name: alias.attribute},
            aliases={**before.aliases, name: alias.view},
        )
    return found


def _way(wire: Resource, definition: Definition) -> str:
    """How an instrument is spoken to; equal for two roles that are one device."""
    if definition.document.protocol == "modbus":
        return f"{wire.port} unit {wire.query.get('unit', '1')}"
    if definition.adoption is not None:
        # What several objects of one driver do on a wire is that driver's business.
        return f"{wire.port} {definition.role}"
    return f"{wire.port} {definition.document.model_dump_json(exclude={'options', 'simulate'})}"


def _same_text(wire: Resource, twin: str, name: str) -> str:
    if wire.scheme.startswith("modbus"):
        return f"{name} and {twin} are both unit {wire.query.get('unit', '1')} of one wire"
    return f"{name} and {twin} are spoken to alike on one wire: they are one instrument"


class _Resolver:
    """What one resolution keeps: the documents that were read."""

    def __init__(self, document: Document, report: Report, mock: bool, folder: FilePath) -> None:
        self._document = document
        self._report = report
        self._mock = mock
        self._folder = folder
        self._sources: dict[str, InstrumentSource | None] = {}
        self._lock: StationLock | None = None
        self._lock_texts: dict[str, str] = {}
        self._faulty_sources: set[str] = set()
        self.faulty: set[str] = set()

    def read_lock(self) -> None:
        """Read what the drivers of the station declare, when it was written down."""
        found = read_lock(self._document, self._folder, self._report)
        if found is not None:
            # After a fault in the lock, which has been told, no driver is told to be unknown.
            self._lock = found[0] or StationLock(station="", is_damaged=True)
            self._lock_texts = {lock_path(self._document, self._folder).name: found[1]}

    def define(self, name: str, role: StationInstrument) -> tuple[Definition, Resource] | None:
        """The definition of a role, and the wire it is on; notes whether faults were met."""
        told = len(self._report.errors)
        found = self._define(name, role)
        broken = found is None or len(self._report.errors) > told or role.instrument in self._faulty_sources
        if broken or self._document.has_dropped(("instruments", name)):
            self.faulty.add(name)
        return found

    def _define(self, name: str, role: StationInstrument) -> tuple[Definition, Resource] | None:
        at: Path = ("instruments", name)
        if role.driver is not None and role.instrument is None:
            return define_adopted(
                role, self._document, at, self._report, lock=self._lock, folder=self._folder, mock=self._mock
            )
        source = self._source(role, at)
        wire = self._wire(name, role, at)
        if source is None:
            return None
        allowed = _PROTOCOLS.get(source.model.protocol, ())
        if wire is not None and allowed and wire.scheme not in allowed:
            self._report.error(
                "STA151",
                f"{source.model.instrument} speaks {source.model.protocol}, which does not go over {wire.scheme}://",
                self._document.span((*at, "resource")),
                help="use " + " or ".join(f"{scheme}://" for scheme in allowed),
            )
        wire = wire or Resource("sim://", "sim", f"sim:{name}")
        resource = Resource("sim://", "sim", wire.port) if self._mock else wire
        simulated = resource.scheme == "sim"
        definition = define(source, role, resource, self._document, at, self._report, simulated=simulated)
        return None if definition is None else (definition, wire)

    def texts(self) -> dict[str, str]:
        """Text of the station, of every instrument document that was read, and of the lock, by name."""
        sources = [source for source in self._sources.values() if source is not None]
        found = {source.name: source.document.source.text for source in sources}
        return self._document.texts | found | self._lock_texts

    def check_shared(self, wires: Mapping[str, Resource], definitions: Mapping[str, Definition]) -> None:
        """Instruments on one wire must speak one protocol with the same settings, and not be the same one."""
        first: dict[str, str] = {}
        spoken_to: dict[str, str] = {}
        beside: dict[str, list[str]] = {}
        for name, wire in wires.items():
            if wire.scheme == "sim":
                continue
            other = first.setdefault(wire.port, name)
            if other == name or self._agree(other, name, wires, definitions):
                twin = spoken_to.setdefault(_way(wire, definitions[name]), name)
                if twin != name:
                    self._tell_shared(twin, name, _same_text(wire, twin, name))
                else:
                    self._warn_of_mixing(name, beside.setdefault(wire.port, []), definitions)
                    beside[wire.port].append(name)

    def _warn_of_mixing(
        self, name: str, before: Iterable[str], definitions: Mapping[str, Definition]
    ) -> None:
        """Warn where nothing in what is said to an instrument keeps another one from answering."""
        other = next((role for role in before if not told_apart(definitions[role], definitions[name])), None)
        if other is None:
            return
        note = Note(f"{other} is here", self._document.span(("instruments", other, "resource")))
        self._report.warning(
            "STA153",
            f"nothing tells {name} and {other} apart on the wire that they share",
            self._document.span(("instruments", name, "resource")),
            help="is it another port? On one wire each needs an address in what is sent to it",
            notes=(note,),
        )

    def _agree(
        self, other: str, name: str, wires: Mapping[str, Resource], definitions: Mapping[str, Definition]
    ) -> bool:
        protocols = [definitions[role].document.protocol for role in (other, name)]
        settings = [{k: v for k, v in wires[role].query.items() if k != "unit"} for role in (other, name)]
        if protocols[0] != protocols[1]:
            message = f"{name} speaks {protocols[1]} on a wire on which {other} speaks {protocols[0]}"
        elif settings[0] != settings[1]:
            message = f"{name} and {other} share a wire and give it different settings"
        else:
            return True
        self._tell_shared(other, name, message)
        return False

    def _tell_shared(self, other: str, name: str, message: str) -> None:
        note = Note(f"{other} is here", self._document.span(("instruments", other, "resource")))
        self._report.error(
            "STA152", message, self._document.span(("instruments", name, "resource")), notes=(note,)
        )

    def _source(self, role: StationInstrument, at: Path) -> InstrumentSource | None:
        if role.instrument is None:
            return None  # the loader has told of it
        if role.instrument not in self._sources:
            told = len(self._report.errors)
            self._sources[role.instrument] = self._read(role.instrument, at)
            if len(self._report.errors) > told:
                self._faulty_sources.add(role.instrument)
        return self._sources[role.instrument]

    def _read(self, name: str, at: Path) -> InstrumentSource | None:
        found = read_instrument(name, self._folder, self._report)
        if found is None:
            self._report.error(
                "STA111",
                f"there is no instrument '{name}'",
                self._document.span((*at, "instrument")),
                help=did_you_mean(name, known_names(self._folder), what="known instruments"),
            )
            return None
        shown, document = found
        model = None if document is None else load_instrument(document, self._report)
        return None if document is None or model is None else InstrumentSource(shown, document, model)

    def _wire(self, name: str, role: StationInstrument, at: Path) -> Resource | None:
        """Where the instrument is; None after a fault, or where mocking makes it unimportant."""
        path = (*at, "resource")
        if role.resource is None:
            if not self._mock and role.driver is None and not self._document.has_dropped(at):
                self._report.error(
                    "STA150",
                    f"{name} does not say where it is connected",
                    self._document.key_span(at),
                    help="write `resource:`, e.g. `sim://` for a simulated one",
                )
            return None
        try:
            return parse_resource(role.resource, name, self._folder)
        except ResourceError as error:
            self._report.error("STA150", error.message, self._document.span(path), help=error.help)
            return None
