"""One instrument in the pool, and what the pool knows of it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from shotlane.instruments.definition._contract import (
    Driver,
    Identity,
    InstrumentError,
    Preparing,
    Reading,
    Yielding,
)
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.definition._hardware_timed import ProgramTable
from shotlane.instruments.pool._agreement import SetPoints
from shotlane.instruments.pool._health import Health
from shotlane.instruments.pool._wear import WearBook

Stamps = tuple[int, int]
RoleNotify = Callable[[str, str, Mapping[str, Any]], None]


class Exchange(NamedTuple):
    """What one use of an instrument gave. Stamps are those of the last try, on the pool's clock."""

    readings: Mapping[str, Reading]
    requested_ns: int
    received_ns: int
    result: Any = None  # what a command answered
    overcome: InstrumentError | None = None  # what made a repetition necessary
    earlier: Mapping[str, Stamps] = MappingProxyType({})  # of readings that came before the last try


@dataclass(slots=True, eq=False)
class Member:
    """An open instrument. `lost`: it must be opened again before its next use.

    `table`: what was loaded and not collected, so that it may be running.
    """

    definition: Definition
    driver: Driver
    lock: AbstractContextManager[Any]
    set_points: SetPoints
    health: Health = field(default_factory=Health)
    lost: bool = False
    identity: Identity = field(default_factory=Identity)
    wear: WearBook | None = None
    table: ProgramTable | None = None
    prepare: Callable[[], None] | None = None  # what the driver does before an exchange is stamped

    def __post_init__(self) -> None:
        if isinstance(self.driver, Preparing):
            self.prepare = self.driver.prepare

    def yielding(self) -> AbstractContextManager[None]:
        """Within it, what fails before an exchange does not keep it from being tried, as far as it can be."""
        return self.driver.yielding() if isinstance(self.driver, Yielding) else nullcontext()

    @property
    def role(self) -> str:
        """Its name in the station."""
        return self.definition.role
