"""What all ports do in a segment, begun ahead of time."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice

from shotlane.execution._agenda import agenda
from shotlane.execution._due import Due
from shotlane.plan import LanePlan, SegmentPlan


def begun_agendas(
    segment: SegmentPlan,
    lanes: Sequence[LanePlan],
    shifts: Mapping[str, int],
    *,
    offset_ns: int,
    first_ticks: Mapping[int, int],
) -> dict[str, Iterator[Due]]:
    """By port, with whatever the first thing of each costs already spent; arguments as of `agenda`."""
    return {
        name: _begun(
            agenda(port, lanes, offset_ns=offset_ns, first_ticks=first_ticks, shift_ns=shifts.get(name, 0))
        )
        for name, port in segment.ports.items()
    }


def _begun(dues: Iterator[Due]) -> Iterator[Due]:
    return chain(list(islice(dues, 1)), dues)


def phases(segment: SegmentPlan, lanes: Sequence[LanePlan], shifts: Mapping[str, int]) -> dict[int, int]:
    """By how much the recordings of each channel are shifted."""
    found: dict[int, int] = {}
    for name, port in segment.ports.items():
        for rule in port.readings:
            own_ns = lanes[rule.channel].phase_ns
            found[rule.channel] = shifts.get(name, 0) if own_ns is None else own_ns
    return found
