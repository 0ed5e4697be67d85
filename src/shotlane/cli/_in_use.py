"""Instruments that another process uses: how to wait for them, and how to say it."""

import math

from shotlane.api import STORE_WAIT_S
from shotlane.cli._output import Complaint, tell
from shotlane.expression import parse_literal, parse_unit
from shotlane.instruments import InUseError, ResolvedStation, in_use_by


def wait_s(written: str | None) -> float:
    """How long to wait: 0 when nothing is written. Raises `Complaint`."""
    return 0.0 if written is None else _patience("--wait", written)


def store_wait_s(written: str | None) -> float:
    """How long to wait for room for the records. Raises `Complaint`."""
    return STORE_WAIT_S if written is None else _patience("--wait-for-store", written)


def _patience(option: str, written: str) -> float:
    return math.inf if written == "forever" else seconds(option, written)


def seconds(option: str, written: str) -> float:
    """A length of time on the command line. Raises `Complaint`."""
    found = parse_literal(written)
    if found is None or found[1].dimension != parse_unit("s").dimension or found[0] < 0:
        raise Complaint(f"{option} {written}: that is no length of time; write e.g. {option} '5 s'")
    return found[0]


def in_use_text(error: InUseError, station: ResolvedStation) -> str:
    """One line per instrument: `furnace (tcp://...) is in use by pid 123 since 10:32, run 7 of anneal`."""
    return "\n".join(
        f"{role} ({station.definitions[role].resource.text}) is {in_use_by(holder)}"
        for role, holder in error.holders.items()
    )


def tell_waiting(station: ResolvedStation, error: InUseError) -> None:
    """Say what is waited for."""
    tell(f"waiting: {in_use_text(error, station)}")


def in_use_complaint(error: InUseError, station: ResolvedStation) -> Complaint:
    """The complaint about it; nothing was touched."""
    return Complaint(f"{in_use_text(error, station)}\nnothing was touched; --wait waits for it", 3)
