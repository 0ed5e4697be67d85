"""What is raised when a pool cannot be opened."""

from collections.abc import Mapping

from shotlane.instruments.definition._contract import InstrumentError


class PoolError(Exception):
    """Instruments that could not be opened, all of them, each with its fault."""

    def __init__(self, faults: Mapping[str, InstrumentError]) -> None:
        self.faults = dict(faults)
        lines = [f"{role}: {fault.message}" for role, fault in self.faults.items()]
        super().__init__("; ".join(lines))
