"""What PyVISA raises inside the drivers of other packages, as faults; and a line that is clean again.

A late answer would be taken for the next one's: after a timeout the resource is cleared where it can be, else
drained until it is quiet.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import pyvisa
from pyvisa.constants import StatusCode

from shotlane.instruments.definition._contract import InstrumentError

_QUIET_S: Final = 0.2
_LONGEST_DRAIN_S: Final = 2.0
_GARBLED: Final = frozenset(
    {StatusCode.error_serial_framing, StatusCode.error_serial_parity, StatusCode.error_serial_overrun}
)


@contextmanager
def visa_faults() -> Iterator[None]:
    """Tell a timeout from a lost wire."""
    try:
        yield
    except pyvisa.VisaIOError as error:
        raise InstrumentError(visa_fault(error), f"{error.abbreviation}: {error.description}") from error
    except pyvisa.errors.InvalidSession as error:
        raise InstrumentError("disconnected", "the VISA session is closed") from error


def visa_fault(error: pyvisa.VisaIOError) -> str:
    """The fault that a VISA error is."""
    if error.error_code == StatusCode.error_timeout:
        return "timeout"
    return "garbled" if error.error_code in _GARBLED else "disconnected"


def settle(resource: Any) -> None:
    """Throw away what a VISA resource still owes. Never raises: a lost wire shows at the next use."""
    if not isinstance(resource, pyvisa.resources.MessageBasedResource):
        return
    try:
        resource.clear()
    except (NotImplementedError, pyvisa.Error):
        with suppress(pyvisa.Error, ValueError):
            _drain(resource)


def _drain(resource: Any) -> None:
    kept = resource.timeout
    try:
        resource.timeout = round(_QUIET_S * 1000)
        end = time.monotonic() + _LONGEST_DRAIN_S
        while time.monotonic() < end:
            resource.visalib.read(resource.session, 1)
    finally:
        resource.timeout = kept
