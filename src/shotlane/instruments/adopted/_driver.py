"""Any driver in Python behind the contract that the pool relies on.

A driver of somebody else raises what it likes, returns numpy numbers or texts, and may declare something else
today than when it was described. Here every exception becomes an `InstrumentError`, every value is of its
declared type or a reading without a value, and a driver whose declarations changed is refused at opening:
its numbers would be stored in the wrong unit. The driver itself is imported and made anew at each opening.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shotlane.instruments.adopted._faults import translated
from shotlane.instruments.adopted._values import as_declared
from shotlane.instruments.adopted.adapters import make_foreign, request_of
from shotlane.instruments.definition._contract import (
    Driver,
    ErrorContext,
    Identity,
    InstrumentError,
    Notify,
    Reading,
    ShotAware,
)
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.definition._hardware_timed import HardwareTimed, ProgramTable
from shotlane.instruments.ports._turns import SetUp, safe_values
from shotlane.model import Attribute, Command, ScalarValue


class _Uses:
    """Counts what is asked of a driver at its opening, as a line counts requests."""

    openings = 0

    def __init__(self) -> None:
        self.requests = 0

    def connect(self, timeout_s: float) -> None:
        """A driver is connected when it is open."""


class AdoptedDriver:
    """Keeps the contract for a driver that may not. Implements `Driver` and `ShotAware`."""

    def __init__(self, definition: Definition, notify: Notify) -> None:
        if definition.adoption is None:
            raise ValueError(f"{definition.role} has no driver in Python")
        self._definition = definition
        self._adoption = definition.adoption
        self._notify = notify
        self._foreign: Driver | None = None
        self._uses = _Uses()
        resource, safe = definition.resource.text, safe_values(definition.attributes)
        self._set_up = SetUp(definition.setup, self._uses, self._put, notify, resource, safe)

    def open(self) -> Identity:
        """Import and connect the driver; refuse it when it is not what was described."""
        self.close()  # what an opening left that failed half-way
        with self._translated("open"):
            foreign = make_foreign(request_of(self._definition, self._notify))
            self._foreign = foreign
            identity = foreign.open()
            self._check_step()
            self._compare(foreign.attributes())
        self._set_up.begin(self._definition.timeout_s)
        return identity if isinstance(identity, Identity) else Identity()

    def attributes(self) -> Mapping[str, Attribute]:
        """What can be read and written."""
        return self._definition.attributes

    def commands(self) -> Mapping[str, Command]:
        """What can be called."""
        return self._definition.commands

    def begin_attempt(self, shot: int, attempt: int) -> None:
        """Tell a driver that wants to know."""
        if isinstance(self._foreign, ShotAware):
            with self._translated("begin_attempt"):
                self._foreign.begin_attempt(shot, attempt)

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read attributes; what the driver leaves out is garbled."""
        paths = {name: self._path(name) for name in names}
        with self._translated("read", ", ".join(names)):
            found = self._driver().read(list(paths.values()))
            return {name: self._reading(name, found.get(path)) for name, path in paths.items()}

    def write(self, name: str, value: Any) -> None:
        """Set an attribute."""
        path = self._path(name)
        with self._translated("write", f"{name} {value}"):
            self._driver().write(path, value)

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Run a command."""
        path = self._adoption.commands.get(command, command)
        with self._translated("call", command):
            return self._driver().call(path, arguments)

    def make_safe(self) -> None:
        """Whatever the driver does beyond the declared safe values."""
        with self._translated("make_safe"):
            self._driver().make_safe()

    @property
    def time_step_ns(self) -> int:
        """As the station says; the driver must agree when it is opened."""
        return self._definition.time_step_ns or 1

    def program(self, table: ProgramTable) -> None:
        """Load a table."""
        outputs = {self._path(name): edges for name, edges in table.outputs.items()}
        frames = {self._path(name): number for name, number in table.frames.items()}
        with self._translated("program"):
            self._hardware().program(replace(table, outputs=outputs, frames=frames))

    def arm(self) -> None:
        """Be ready for the trigger."""
        with self._translated("arm"):
            self._hardware().arm()

    def trigger(self) -> None:
        """Start the table."""
        with self._translated("trigger"):
            self._hardware().trigger()

    def collect(self) -> Mapping[str, Sequence[Reading]]:
        """The frames, each of its declared type or without a value."""
        with self._translated("collect"):
            found = self._hardware().collect()
            return {
                name: [self._reading(name, frame) for frame in found.get(path, ())]
                for name, path in self._adoption.paths.items()
                if path in found
            }

    def stop(self) -> None:
        """End a table."""
        with self._translated("stop"):
            self._hardware().stop()

    def close(self) -> None:
        """Let go. Never raises."""
        self._set_up.end()
        foreign, self._foreign = self._foreign, None
        if foreign is None:
            return
        try:
            foreign.close()
        except Exception as error:  # noqa: BLE001 - a driver of somebody else; closing has no second way
            fields = {"fault": "failed", "message": f"closing failed: {error}", "context": {}}
            self._notify("instrument.faulted", fields)

    def _put(self, name: str, value: ScalarValue) -> None:
        self._uses.requests += 1
        self.write(name, value)

    def _driver(self) -> Driver:
        if self._foreign is None:
            raise InstrumentError("disconnected", "the driver is not open")
        return self._foreign

    def _hardware(self) -> HardwareTimed:
        driver = self._driver()
        if not isinstance(driver, HardwareTimed):
            raise InstrumentError("rejected", "the driver does not keep time itself")
        return driver

    def _check_step(self) -> None:
        """Refuse a driver that does not keep time as the station says: edges would not lie where planned."""
        wanted = self._definition.time_step_ns
        if wanted is not None and self._hardware().time_step_ns != wanted:
            message = f"its time step is {self._hardware().time_step_ns} ns, and the station says {wanted} ns"
            raise InstrumentError("rejected", message, ErrorContext(self._definition.resource.text))

    def _path(self, name: str) -> str:
        path = self._adoption.paths.get(name)
        if path is None:
            context = ErrorContext(self._definition.resource.text, self._definition.role)
            raise InstrumentError("rejected", f"there is no attribute '{name}'", context)
        return path

    def _translated(self, what: str, command: str | None = None) -> Any:
        return translated(what, command or what, self._definition.resource.text)

    def _reading(self, name: str, found: Any) -> Reading:
        if found is None:
            return Reading(None, None, InstrumentError("garbled", f"the driver gave no reading of '{name}'"))
        return as_declared(found, self._definition.attributes[name])

    def _compare(self, declared: Mapping[str, Attribute]) -> None:
        """Refuse a driver that lacks an attribute or gives it in another unit than the definition has."""
        for name, attribute in self._definition.attributes.items():
            path = self._adoption.paths[name]
            found = declared.get(path)
            if found is None:
                # A driver that declares nothing itself is taken at the station's word.
                if declared:
                    self._refuse(f"the driver has no attribute '{path}' any more")
            elif found.unit is not None and found.unit != attribute.unit:
                here = attribute.unit.text if attribute.unit else "no unit"
                self._refuse(f"the driver gives '{path}' in {found.unit.text} now, and not in {here}")

    def _refuse(self, what: str) -> None:
        message = f"{what}: run `shotlane instruments describe` again"
        raise InstrumentError("rejected", message, ErrorContext(self._definition.resource.text))
