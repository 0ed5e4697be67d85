"""How long Modbus requests take on their wire, from the lengths of their frames.

On a serial line: request, turn-around, answer, and the silence that must follow. On a network: a round trip.
"""

from dataclasses import dataclass
from typing import Final

from shotlane.expression import parse_literal
from shotlane.instruments.definition._definition import Definition, Resource
from shotlane.instruments.definition._resource import SERIAL_SCHEMES
from shotlane.instruments.modbus._map import Quantity, quantities_of
from shotlane.instruments.modbus._pace import pace_of
from shotlane.instruments.modbus._pdu import mask_request, read_request, write_request
from shotlane.instruments.modbus._registers import Place, requests
from shotlane.model import ReadPart

TURNAROUND_S: Final = 0.002
NETWORK_S: Final = 0.0005
_FRAME_BYTES: Final = 3  # unit and CRC
_REGISTER_BYTES: Final = 2
_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ModbusCost:
    """Costs of one attribute."""

    read_ns: int
    write_ns: int
    parts: tuple[ReadPart, ...]


def modbus_costs(definition: Definition, resource: Resource) -> dict[str, ModbusCost]:
    """Costs of every attribute; 0 for what cannot be done."""
    quantities = quantities_of(definition.document, definition.attributes)
    readable = [quantities[name] for name, it in definition.attributes.items() if it.readable]
    places = [place for quantity in readable for place in quantity.places]
    blocks = requests(places, places, most=definition.document.max_registers)
    timing = _Timing(definition, resource)
    costs = {}
    for name, attribute in definition.attributes.items():
        quantity = quantities[name]
        parts = tuple(timing.part(place, blocks) for place in quantity.places) if attribute.readable else ()
        alone = requests(quantity.places, places, most=definition.document.max_registers)
        read_ns = sum(timing.read_ns(block) for block in alone) if attribute.readable else 0
        costs[name] = ModbusCost(read_ns, timing.write_ns(quantity) if attribute.writable else 0, parts)
    return costs


class _Timing:
    """The time of requests of one unit."""

    def __init__(self, definition: Definition, resource: Resource) -> None:
        self._serial = resource.scheme in SERIAL_SCHEMES
        self._pace = pace_of(resource.query)
        declared = definition.document.turnaround
        parsed = None if declared is None else parse_literal(str(declared))
        # A unit on a serial line knows that a request has ended only after the silence.
        default_s = max(TURNAROUND_S, self._pace.gap_s) if self._serial else 0.0
        self._turnaround_s = default_s if parsed is None else parsed[0]

    def read_ns(self, block: Place) -> int:
        """Time of one request that reads."""
        request = read_request(block)
        return self._exchange_ns(request.size + request.answer_size)

    def part(self, place: Place, blocks: list[Place]) -> ReadPart:
        """What a place adds to the request that fetches it together with others."""
        block = next(block for block in blocks if block.covers(place))
        empty = self.read_ns(Place(place.kind, place.address, 0))
        step_s = self._pace.byte_s * (0.125 if place.kind.is_bit else _REGISTER_BYTES)
        step_ns = round(step_s * _NS) if self._serial else 0
        group = f"{block.kind} {block.address}"
        return ReadPart(group, empty, place.address, place.end, step_ns)

    def write_ns(self, quantity: Quantity) -> int:
        """Time of setting a quantity, with the reading before it where some bits are set."""
        place, several = quantity.place, quantity.writes == "multiple"
        if quantity.codec.bits is not None and quantity.writes == "mask" and place.count == 1:
            request = mask_request(place, 0, 0)
            return self._exchange_ns(request.size + request.answer_size)
        request = write_request(place, [0] * place.count, several=several)
        before = self.read_ns(place) if quantity.codec.bits is not None else 0
        return before + self._exchange_ns(request.size + request.answer_size)

    def _exchange_ns(self, count: int) -> int:
        if not self._serial:
            return round((NETWORK_S + self._turnaround_s) * _NS)
        frame_s = (count + 2 * _FRAME_BYTES) * self._pace.byte_s
        return round((frame_s + self._turnaround_s + self._pace.gap_s) * _NS)
