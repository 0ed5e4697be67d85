"""An oven by its driver alone, which logs what it is asked, and does what a test wants of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shotlane.expression import parse_unit
from shotlane.instruments import Identity, InstrumentError, ProgramTable, Reading
from shotlane.model import Attribute, ValueType

DEGREE = parse_unit("degC")


def _nothing(*_: object) -> None:
    """Go on."""


@dataclass
class Oven:
    """`at_read` and `at_write` are called with what is asked, and may raise or wait."""

    at_read: Callable[[int], Any] = _nothing
    at_write: Callable[[str, Any], Any] = _nothing
    log: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=lambda: {"setpoint": 20.0, "temperature": 25.0})
    reads: int = 0
    marked: tuple[str, ...] = ()  # as part of its status

    def open(self) -> Identity:
        return Identity()

    def attributes(self) -> Mapping[str, Attribute]:
        return {
            "setpoint": Attribute(
                "setpoint", ValueType.FLOAT, DEGREE, writable=True, low=10.0, high=200.0, safe=20.0
            ),
            "temperature": Attribute(
                "temperature", ValueType.FLOAT, DEGREE, status="temperature" in self.marked
            ),
            "door": Attribute("door", ValueType.BOOL, readable=False, writable=True),
        }

    def commands(self) -> Mapping[str, Any]:
        return {}

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        self.log.append(f"read {' '.join(names)}")
        self.reads += 1
        self.at_read(self.reads)
        return {name: Reading(self.values[name]) for name in names}

    def write(self, name: str, value: Any) -> None:
        self.log.append(f"{name} {value}")
        self.at_write(name, value)
        self.values[name] = value

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        raise AssertionError

    def make_safe(self) -> None:
        self.log.append("safe")

    def close(self) -> None:
        self.log.append("closed")

    @property
    def is_safe(self) -> bool:
        """Whether the last that it heard was its safe state."""
        return self.log[-2:] == ["setpoint 20.0", "safe"]


class Profiler(Oven):
    """One that runs a profile of its own, and gives a trace of it."""

    time_step_ns = 1000

    def program(self, table: ProgramTable) -> None:
        self.table = table
        self.log.append("program")

    def arm(self) -> None:
        self.log.append("arm")

    def trigger(self) -> None:
        self.log.append("trigger")

    def collect(self) -> Mapping[str, Sequence[Reading]]:
        self.log.append("collect")
        count = self.table.frames["temperature"]
        return {"temperature": [Reading(20.0 + number) for number in range(count)]}

    def stop(self) -> None:
        self.log.append("stop")


def fault(kind: str) -> Callable[..., None]:
    """What raises it."""

    def act(*_: object) -> None:
        raise InstrumentError(kind, f"the oven is {kind}")

    return act


EDGES = np.array([0, 1_000_000], dtype=np.int64)
