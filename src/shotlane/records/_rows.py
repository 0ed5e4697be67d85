"""What is written down of an attempt: samples (readings) and actions (sets, calls).

Times of rows are integer nanoseconds from the attempt's origin (negative during set-up); of an attempt whose
set-up never ended, which has no origin, from when it began. Values stand in the channel's unit. Rows are
tuples because timing threads make them.
"""

from enum import IntEnum
from typing import Any, NamedTuple

# The fault class of a reading that was answered, but without a value: no sensor, a number that means none.
NO_VALUE = "no-value"


class Status(IntEnum):
    """What became of one planned tick or action; every planned one has exactly one status.

    late: done, but its start was later than the lane's tolerance. failed: tried, no value (the instrument
    refused, or said that there is none). missed: never tried, because its successor was due. dropped: read,
    but lost before the store.
    unreached: the attempt ended first; such ticks are counted in tallies and leave no row.
    """

    OK = 0
    LATE = 1
    FAILED = 2
    MISSED = 3
    DROPPED = 4
    UNREACHED = 5


class ActionKind(IntEnum):
    """Why something was sent: planned, at the set-up of an attempt, or to reach the safe state."""

    PLANNED = 0
    SETUP = 1
    SAFE = 2


def has_value(value: Any) -> bool:
    """Whether a reading gave something; NaN is how some devices say that they have nothing."""
    return value is not None and not (isinstance(value, float) and value != value)


class SampleRow(NamedTuple):
    """One reading, or one planned reading that gave none.

    `channel` indexes the run's channels; `tick` counts from 0 over all planned readings of the channel in the
    attempt, by target. `requested` is stamped just before the exchange, `received` just after; both are None
    when nothing was sent. Readings of one block exchange share both stamps. `value` is float, int, bool, str,
    a numpy array or None; `raw` is the reply as it was read where the value alone would hide something (no
    sensor, a fault text).
    """

    channel: int
    tick: int
    target_ns: int
    requested_ns: int | None
    received_ns: int | None
    value: Any
    status: Status
    raw: str | None = None


class ActionRow(NamedTuple):
    """One set or call. `number` counts the attempt's actions from 0 in the order they were made.

    `channel` indexes the run's channels and is None for a call, which has `command` as `role.command(args)`.
    """

    number: int
    kind: ActionKind
    channel: int | None
    command: str | None
    target_ns: int
    requested_ns: int | None
    received_ns: int | None
    value: Any
    status: Status
    raw: str | None = None


class ResultRow(NamedTuple):
    """One figure of merit of an attempt, its limits, all in `unit`, and what they say of it.

    `value` is float, bool, str, or None when no valid sample gave one. `verdict`: passed, failed, errored (it
    has limits and no value), or None without limits.
    """

    name: str
    value: Any
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    equals: Any = None
    verdict: str | None = None


class PollRow(NamedTuple):
    """A reading that no lane asked for, but an interlock or a wait; times in UTC, in no attempt's count.

    `channel` indexes the run's channels; `status` is OK or FAILED, then `value` is None and `raw` says why.
    """

    channel: int
    requested_utc_ns: int
    received_utc_ns: int | None
    value: Any
    status: Status
    raw: str | None = None


class Tally(NamedTuple):
    """Count of each status over the planned readings (`what` = 'readings') or actions of one channel.

    The six counts sum to `planned`, always. `what` = 'actions' counts sets of the channel; calls are counted
    under the role's name.
    """

    channel: str
    what: str
    planned: int
    ok: int
    late: int
    failed: int
    missed: int
    dropped: int
    unreached: int
