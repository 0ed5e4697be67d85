"""Which faults of an exchange are worth another try."""

from collections.abc import Mapping
from typing import Final

from shotlane.instruments.definition._contract import InstrumentError, Reading

REPEATED: Final = frozenset({"timeout", "garbled"})


def repeatable(readings: Mapping[str, Reading]) -> dict[str, InstrumentError]:
    """The faults worth another try, by name."""
    return {
        name: reading.fault
        for name, reading in readings.items()
        if reading.fault is not None and reading.fault.fault in REPEATED
    }
