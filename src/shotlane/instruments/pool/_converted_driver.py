"""A driver whose attributes are seen through conversions: calibrated ones, and aliases beside them.

One exchange stays one exchange: several views of one attribute are one reading of it. Where a conversion has
no value, the reading has none either, with what the device said as its raw text.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from shotlane.instruments.definition._contract import (
    Driver,
    ErrorContext,
    Identity,
    InstrumentError,
    Introducing,
    Preparing,
    Reading,
    Settling,
    ShotAware,
    Yielding,
)
from shotlane.instruments.definition._conversion import View
from shotlane.instruments.definition._hardware_timed import HardwareTimed, ProgramTable
from shotlane.instruments.pool._tables import converted
from shotlane.model import Attribute, Command


class ConvertedDriver:
    """Wraps a driver. `views` by name: of the driver's attributes, or beside them."""

    def __init__(self, driver: Driver, views: Mapping[str, View]) -> None:
        self.driver = driver
        self._views = views

    def open(self) -> Identity:
        """Open the driver."""
        return self.driver.open()

    def open_as(self, accept: Callable[[Identity], None]) -> Identity:
        """Open the driver, and have who answers accepted, as early as it can."""
        return opened(self.driver, accept)

    def attributes(self) -> Mapping[str, Attribute]:
        """Those of the driver, as it says them."""
        return self.driver.attributes()

    def commands(self) -> Mapping[str, Command]:
        """Those of the driver."""
        return self.driver.commands()

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read what the views look at, and convert it."""
        answers = self.driver.read(list(dict.fromkeys(self._target(name) for name in names)))
        return {name: self._seen(name, answers[self._target(name)]) for name in names}

    def write(self, name: str, value: Any) -> None:
        """Convert, and set what is looked at."""
        view = self._views.get(name)
        if view is None:
            self.driver.write(name, value)
            return
        self.driver.write(view.target, self._raw(name, value))

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Run a command."""
        return self.driver.call(command, arguments)

    def make_safe(self) -> None:
        """What the driver does."""
        self.driver.make_safe()

    def close(self) -> None:
        """Close the driver."""
        self.driver.close()

    def begin_attempt(self, shot: int, attempt: int) -> None:
        """Tell a driver that wants to know."""
        if isinstance(self.driver, ShotAware):
            self.driver.begin_attempt(shot, attempt)

    @property
    def in_doubt(self) -> bool:
        """Whether the driver's line is."""
        return isinstance(self.driver, Settling) and self.driver.in_doubt

    def settle(self) -> None:
        """Let the driver's line settle."""
        if isinstance(self.driver, Settling):
            self.driver.settle()

    def prepare(self) -> None:
        """Let a driver get ready that may have to."""
        if isinstance(self.driver, Preparing):
            self.driver.prepare()

    def yielding(self) -> AbstractContextManager[None]:
        """That of a driver that has one."""
        return self.driver.yielding() if isinstance(self.driver, Yielding) else nullcontext()

    @property
    def time_step_ns(self) -> int:
        """That of the driver."""
        return self._hardware.time_step_ns

    def program(self, table: ProgramTable) -> None:
        """Load a table as the driver means it."""
        targets = {name: view.target for name, view in self._views.items()}
        self._hardware.program(converted(table, targets, self._raw))

    def arm(self) -> None:
        """Arm the driver."""
        self._hardware.arm()

    def trigger(self) -> None:
        """Start the driver's table."""
        self._hardware.trigger()

    def collect(self) -> Mapping[str, Sequence[Reading]]:
        """The driver's frames, converted."""
        found = self._hardware.collect()
        own = {name: found[view.target] for name, view in self._views.items() if view.target in found}
        return {
            name: [self._seen(name, frame) for frame in frames] for name, frames in {**found, **own}.items()
        }

    def stop(self) -> None:
        """Stop the driver's table."""
        self._hardware.stop()

    @property
    def _hardware(self) -> HardwareTimed:
        if not isinstance(self.driver, HardwareTimed):
            raise InstrumentError("rejected", "the driver does not keep time itself")
        return self.driver

    def _raw(self, name: str, value: Any) -> Any:
        view = self._views.get(name)
        raw = value if view is None else view.conversion.raw(value)
        if raw is None:
            message = f"{name}: {value!r} lies outside of what its conversion covers"
            raise InstrumentError("rejected", message, ErrorContext(command=f"{name} = {value!r}"))
        return raw

    def _target(self, name: str) -> str:
        view = self._views.get(name)
        return name if view is None else view.target

    def _seen(self, name: str, reading: Reading) -> Reading:
        view = self._views.get(name)
        if view is None or reading.value is None or reading.fault is not None:
            return reading
        value = view.conversion.value(reading.value)
        if value is None:
            return Reading(None, f"{reading.value!r} is outside of the conversion of {name}")
        return reading._replace(value=value)


def opened(driver: Driver, accept: Callable[[Identity], None]) -> Identity:
    """Open a driver. Raises `InstrumentError`, and what `accept` raises of who answers."""
    if isinstance(driver, Introducing):
        return driver.open_as(accept)
    identity = driver.open()
    accept(identity)
    return identity


def driver_name(driver: Driver) -> str:
    """Name of the class that really drives the instrument."""
    while isinstance(driver, ConvertedDriver):
        driver = driver.driver
    return type(driver).__name__
