"""Places of Modbus registers, and which requests fetch several of them.

Pure: nothing here knows a wire. A register that is not in the document is never asked for: holes between
two quantities are bridged only by registers that the document knows.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class RegisterKind(StrEnum):
    """The four tables of a Modbus device."""

    HOLDING = "holding"
    INPUT = "input"
    COIL = "coil"
    DISCRETE = "discrete"

    @property
    def is_bit(self) -> bool:
        """Whether one address holds one bit."""
        return self in (RegisterKind.COIL, RegisterKind.DISCRETE)


# No reply to a read holds more (Modbus Application Protocol 1.1b3, sections 6.1 and 6.3).
MOST_BITS: Final = 2000
MOST_REGISTERS: Final = 125


@dataclass(frozen=True, slots=True)
class Place:
    """Consecutive addresses of one table."""

    kind: RegisterKind
    address: int
    count: int = 1

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + self.count

    def covers(self, other: "Place") -> bool:
        """Whether the other lies inside."""
        return self.kind == other.kind and self.address <= other.address and other.end <= self.end


Cut = tuple[RegisterKind, int]  # an address that begins a request, or ends the one before


def requests(
    places: Iterable[Place],
    known: Collection[Place] = (),
    *,
    most: int = MOST_REGISTERS,
    most_bits: int = MOST_BITS,
    cuts: Collection[Cut] = (),
) -> list[Place]:
    """The fewest reads that fetch all places, in the order in which the places are first wanted.

    A place is never split. `known`: places that may be read to bridge a hole. `most`, `most_bits`: registers
    and bits per request. No request joins what stands on both sides of a cut.
    """
    wanted = list(dict.fromkeys(places))
    blocks: list[Place] = []
    for kind in RegisterKind:
        limit = min(most_bits, MOST_BITS) if kind.is_bit else min(most, MOST_REGISTERS)
        bridges = {address for place in known if place.kind == kind for address in _addresses(place)}
        borders = {address for cut_kind, address in cuts if cut_kind == kind}
        blocks += _joined(sorted((p for p in wanted if p.kind == kind), key=_start), bridges, borders, limit)
    first = {block: min(i for i, place in enumerate(wanted) if block.covers(place)) for block in blocks}
    return sorted(blocks, key=first.__getitem__)


def _joined(
    places: Iterable[Place], bridges: Collection[int], borders: Collection[int], limit: int
) -> list[Place]:
    blocks: list[Place] = []
    for place in places:
        if blocks and _joins(blocks[-1], place, bridges, borders, limit):
            last = blocks.pop()
            place = Place(last.kind, last.address, max(last.end, place.end) - last.address)
        blocks.append(place)
    return blocks


def _joins(last: Place, place: Place, bridges: Collection[int], borders: Collection[int], limit: int) -> bool:
    end = max(last.end, place.end)
    if end - last.address > limit or any(last.address < border < end for border in borders):
        return False
    return all(address in bridges for address in range(last.end, place.address))


def halves(block: Place, places: Collection[Place]) -> tuple[Place, Place] | None:
    """A block in two, cut between two of its places nearest to its middle; None when it is one place."""
    inside = [place for place in places if block.covers(place)]
    cuts = {place.address for place in inside} | {place.end for place in inside}
    cuts = {cut for cut in cuts if not any(place.address < cut < place.end for place in inside)}
    cuts -= {block.address, block.end}
    if not cuts:
        return None
    middle = (block.address + block.end) / 2
    cut = min(sorted(cuts), key=lambda at: abs(at - middle))
    low = [place for place in inside if place.end <= cut]
    high = [place for place in inside if place.address >= cut]
    if not low or not high:
        return None
    return _spanning(low), _spanning(high)


def _spanning(places: Sequence[Place]) -> Place:
    """The block from the first to the last of the places."""
    start = min(place.address for place in places)
    return Place(places[0].kind, start, max(place.end for place in places) - start)


def _addresses(place: Place) -> range:
    return range(place.address, place.end)


def _start(place: Place) -> tuple[int, int]:
    return (place.address, place.end)
