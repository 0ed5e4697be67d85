"""One instrument of a station with everything decided: what a driver is made from.

Wire drivers are made by `_wire.make_driver(definition, lines, notify) -> Driver`, which is imported late.
`lines` is one dict per pool in which wire drivers keep what they share, by `resource.port`: several
instruments on one port use one line. A line is open while one of its drivers is: `driver.open()` takes it,
`driver.close()` lets go of it, the last one closes it. After a `disconnected` fault the pool closes every
driver of the port and opens each again at its next use, so that the line is resolved anew and the set-up is
sent again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from shotlane.expression import Unit
from shotlane.instruments.definition._adoption import Adoption
from shotlane.instruments.definition._behaviour import SimulatedWorld
from shotlane.instruments.definition._conversion import View
from shotlane.instruments.definition._fault_rule import FaultRule
from shotlane.instruments.definition._specimen import Expectation, WearBudget
from shotlane.model import Attribute, Command, InstrumentDocument, ScalarValue


@dataclass(frozen=True, slots=True)
class Resource:
    """Where an instrument is: an address in parts.

    `scheme`: as `_resource` knows them. `port` names what is shared: equal for addresses that mean one
    wire, however they are spelt. `path`: a serial device as written (a symlink is resolved at each opening).
    `query`: what follows the `?`, by name (`baudrate`, `unit`, ...), known names only. `text` is for people:
    secrets stand in it by their names; `address` is for the wire. `folder`: where relative paths begin.
    """

    text: str
    scheme: str
    port: str
    path: str = ""
    host: str = ""
    tcp_port: int = 0
    query: Mapping[str, str] = field(default_factory=dict)
    address: str = field(default="", repr=False)
    folder: Path = field(default_factory=Path, repr=False)

    @property
    def holds_secret(self) -> bool:
        """Whether it is not known before a secret is."""
        return "${secret:" in self.text


@dataclass(frozen=True, slots=True)
class Definition:
    """An instrument ready to be driven.

    `document` has the station's options put in: no `{option}` is left in its texts. `attributes` and
    `commands` have all numbers decided, limits tightened by the station. `setup`: values in the attribute's
    unit (an option by its name), in the order written. `takes` of a command stands in `Command.takes_ns`.
    `source` names the document for messages. `world` says how it moves when it is `simulated`. `adoption` is
    set for a driver in Python; `document` then holds only its name, and protocol "driver". `views`:
    calibrations by attribute, with `raw_units`, those of what the device says; `aliases`: views that are
    attributes of their own. `faults`: what goes wrong while it is simulated. `time_step_ns`: of an instrument
    that keeps time itself, with `restartable`: whether it takes several tables in a shot; `triggered_by`: the
    channel whose rising edges each make it take a frame. `unsure`: attributes and commands whose declaration
    has a fault, which was told: what they are is not known.
    """

    role: str
    document: InstrumentDocument
    attributes: Mapping[str, Attribute]
    commands: Mapping[str, Command]
    setup: Mapping[str, ScalarValue]
    resource: Resource
    timeout_s: float
    tries: int = 2
    source: str = ""
    world: SimulatedWorld = field(default_factory=SimulatedWorld)
    simulated: bool = False
    adoption: Adoption | None = None
    expected: Expectation | None = None
    wear: Mapping[str, WearBudget] = field(default_factory=dict)
    views: Mapping[str, View] = field(default_factory=dict)
    raw_units: Mapping[str, Unit | None] = field(default_factory=dict)
    calibrated_until: str | None = None
    aliases: Mapping[str, View] = field(default_factory=dict)
    faults: tuple[FaultRule, ...] = ()
    time_step_ns: int | None = None
    restartable: bool = True
    triggered_by: str | None = None
    unsure: frozenset[str] = frozenset()

    @property
    def own(self) -> "Definition":
        """What the driver itself is made from: no aliases, and what is calibrated as the device says it."""
        attributes = {name: one for name, one in self.attributes.items() if name not in self.aliases}
        setup = dict(self.setup)
        for name, view in () if self.simulated else self.views.items():
            raw = replace(attributes[name], unit=self.raw_units[name], low=None, high=None, resolution=None)
            attributes[name] = raw
            if name in setup:
                setup[name] = view.conversion.raw(setup[name])
        return replace(self, attributes=attributes, setup=setup)
