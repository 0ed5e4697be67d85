"""From what an instrument raised to what is recorded of it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from shotlane.instruments import InstrumentError, Reading
from shotlane.records import NO_VALUE, Fault, has_value

Stamps = tuple[int | None, int | None]

CRASHED = "crashed"
MISSED = "missed"
LATE = "late"
STUCK = "stuck"
# What a run finds out by itself: an open-ended step that came to no good end, a result without a value.
VERDICT = "verdict"
UNSETTLED = "unsettled"
UNANSWERED = "unanswered"
RESULT = "result"
# More records wait in memory than may be: the shot is measured again when there is room.
STORAGE = "storage"


def _context(error: InstrumentError) -> Mapping[str, Any]:
    """What is known of where it arose."""
    return {key: value for key, value in asdict(error.context).items() if value is not None}


def fault_of(error: InstrumentError, message: str, known: Mapping[str, str]) -> Fault:
    """The record of an instrument's fault; `known` fills the gaps of its context."""
    return Fault(error.fault, message, {**known, **_context(error)})


def fault_in(reading: Reading) -> InstrumentError | None:
    """Why a reading gave nothing; None when it gave something.

    One that was answered, but without a value, is sound on the wire: its instrument is well, and asking again
    would be answered the same.
    """
    if reading.fault is not None or has_value(reading.value):
        return reading.fault
    return InstrumentError(NO_VALUE, reading.raw or str(reading.value))


def raw_of(error: InstrumentError) -> str:
    """What a failed row says of its cause: what was answered, where there was no value."""
    return error.message if error.fault == NO_VALUE else f"{error.fault}: {error.message}"


def stamps_of(error: InstrumentError) -> Stamps:
    """When it was requested and when given up, where the pool says so."""
    return error.requested_ns, error.received_ns
