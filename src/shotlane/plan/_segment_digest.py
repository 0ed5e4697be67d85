"""What of a segment goes into its digest, in canonical bytes and a canonical order.

The order is that of channels and times: which ports the channels are on does not count, nor how the segment
was made, so that what is read from a plan file has the digest of what was compiled.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shotlane.plan._digest import begun, canonical, column, describe_call, digest
from shotlane.plan._plan import PlannedCall, ReadingRule, SegmentPlan


class Commands(NamedTuple):
    """What a segment sets on all ports, channel after channel and in the order of time within each."""

    rank: NDArray[Any]
    order: NDArray[Any]
    channel: NDArray[Any]
    periodic: NDArray[Any]
    target_ns: NDArray[Any]
    value: NDArray[Any]


def commands_of(segment: SegmentPlan) -> Commands:
    """The action tables of a segment as one."""
    tables = [port.actions for port in segment.ports.values()]
    whole = {
        name: np.concatenate([getattr(table, name) for table in tables] or [np.empty(0, np.int64)])
        for name in Commands._fields
    }
    at = np.lexsort((whole["order"], whole["rank"], whole["target_ns"], whole["channel"]))
    return Commands(*(whole[name][at] for name in Commands._fields))


def steps_bytes(names: Sequence[str], bounds: NDArray[Any]) -> bytes:
    """Names, then boundaries."""
    return canonical(list(names)) + column(bounds, "i8")


def marks_bytes(
    rank: NDArray[Any], order: NDArray[Any], channel: NDArray[Any], periodic: NDArray[Any]
) -> bytes:
    """Digest of what commands are beside their times and values, channel after channel."""
    parts = (column(rank, "i1"), column(order, "i4"), column(channel, "i4"), column(periodic, "i1"))
    return digest(*parts).encode()


def moments_bytes(targets: NDArray[Any]) -> bytes:
    """Digest of the times of commands, channel after channel."""
    return digest(column(targets, "i8")).encode()


def readings_bytes(rules: Iterable[ReadingRule]) -> bytes:
    """When is read; what makes a reading late does not count."""
    return canonical(
        sorted(
            [rule.channel, rule.start_ns, rule.period_ns, rule.count, rule.rank, rule.order] for rule in rules
        )
    )


def calls_bytes(calls: Iterable[PlannedCall]) -> bytes:
    """Commands with their arguments."""
    ordered = sorted(calls, key=lambda call: (call.target_ns, call.rank, call.order, call.role))
    return canonical(
        [
            [call.target_ns, call.rank, call.order, describe_call(call.role, call.command, call.arguments)]
            for call in ordered
        ]
    )


def segment_hash(
    steps: bytes, marks: bytes, moments: bytes, readings: bytes, calls: bytes, values: int
) -> Any:
    """The hash of a segment before its values, of which there are so many."""
    return begun(steps, marks, moments, readings, calls, rest=8 * values)


def whole_digest(segment: SegmentPlan) -> str:
    """The digest of a segment from all that is in it."""
    sent = commands_of(segment)
    ports = segment.ports.values()
    bounds = np.array([0, *(step.end_ns for step in segment.steps)], dtype=np.int64)
    hash_ = segment_hash(
        steps_bytes([step.name for step in segment.steps], bounds),
        marks_bytes(sent.rank, sent.order, sent.channel, sent.periodic),
        moments_bytes(sent.target_ns),
        readings_bytes(rule for port in ports for rule in port.readings),
        calls_bytes(call for port in ports for call in port.calls),
        len(sent.value),
    )
    hash_.update(column(sent.value, "f8"))
    return str(hash_.hexdigest())
