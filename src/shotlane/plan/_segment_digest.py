"""What of a segment goes into its digest, in canonical bytes and a canonical order.

The order is that of channels and times: which ports the channels are on does not count, nor how the segment
was made, so that what is read from a plan file has the digest of what was compiled.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from numpy.typing import NDArray

from shotlane.plan._digest import begun, canonical, column, describe_call, digest
from shotlane.plan._plan import PlannedCall, ReadingRule


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
