"""Which requests read a set of quantities, and what the device teaches about them.

A device says with exception 3 that a request is longer than it takes, and with 2 that there is a hole in it.
Such a block is cut in two and asked for again, down to single quantities, so that one wrong register takes
only its own value with it. What was learnt is remembered until the driver is made anew: the length that it
takes, and where blocks must end. Every further request of one reading is told as `exchange.extra`.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from shotlane.instruments.definition._contract import InstrumentError, Notify
from shotlane.instruments.modbus._line import IllegalRequest, ModbusLine
from shotlane.instruments.modbus._map import Quantity
from shotlane.instruments.modbus._pdu import ILLEGAL_ADDRESS, ILLEGAL_LENGTH
from shotlane.instruments.modbus._registers import MOST_BITS, Cut, Place, halves, requests
from shotlane.instruments.ports._turns import LINE_IN_DOUBT, not_asked, told

Words = Sequence[int]
Ask = Callable[[Place], Words]


@dataclass(slots=True)
class _Answers:
    """What each block of one reading gave."""

    blocks: dict[Place, Words | InstrumentError]
    asked: int = 0
    doubt: InstrumentError | None = None


class BlockReader:
    """Reads quantities of one unit in as few requests as it takes."""

    def __init__(
        self, quantities: Mapping[str, Quantity], most: int, line: ModbusLine, ask: Ask, notify: Notify
    ) -> None:
        self._quantities = quantities
        self._known = frozenset(place for quantity in quantities.values() for place in quantity.places)
        self._most = most
        self._most_bits = MOST_BITS
        self._cuts: set[Cut] = set()
        self._line = line
        self._ask = ask
        self._notify = notify
        self._plans: dict[tuple[str, ...], tuple[Place, ...]] = {}

    def read(self, names: tuple[str, ...]) -> dict[Place, Words | InstrumentError]:
        """The words of every place of these quantities, or why there are none.

        Raises `InstrumentError` when nothing at all was answered.
        """
        answers = _Answers({})
        for block in self._plan(names):
            self._block(block, names, answers)
        found = answers.blocks.values()
        if all(isinstance(answer, InstrumentError) for answer in found):
            raise next(answer for answer in found if isinstance(answer, InstrumentError))
        return {place: _part(place, answers.blocks) for place in self._places(names)}

    def _plan(self, names: tuple[str, ...]) -> tuple[Place, ...]:
        plan = self._plans.get(names)
        if plan is None:
            places, limits = self._places(names), (self._most, self._most_bits)
            found = requests(places, self._known, most=limits[0], most_bits=limits[1], cuts=self._cuts)
            plan = self._plans[names] = tuple(found)
        return plan

    def _places(self, names: Iterable[str]) -> list[Place]:
        return [place for name in names for place in self._quantities[name].places]

    def _block(self, block: Place, names: tuple[str, ...], answers: _Answers) -> None:
        """Ask for a block; where the device refuses it as a whole, for its parts."""
        wanted = self._places(names)
        waiting, leaves, code = deque([block]), list[Place](), 0
        while waiting:
            part = waiting.popleft()
            answer = self._answer(part, names, answers)
            cut = halves(part, wanted) if _divisible(answer) else None
            if cut is None:
                answers.blocks[part] = answer
                leaves.append(part)
            else:
                assert isinstance(answer, IllegalRequest)
                code = answer.code
                waiting.extendleft(reversed(cut))
        if len(leaves) > 1:
            self._learn(block, leaves, answers, code)

    def _answer(self, block: Place, names: tuple[str, ...], answers: _Answers) -> Words | InstrumentError:
        if answers.doubt is not None:
            return not_asked(answers.doubt)
        fields = {"operation": "read", "names": self._names_in(block, names)}
        telling = told(self._line, self._notify, "exchange.extra", fields) if answers.asked else nullcontext()
        answers.asked += 1
        try:
            with telling:
                return self._ask(block)
        except InstrumentError as error:
            if error.fault in LINE_IN_DOUBT:
                answers.doubt = error
            return error

    def _names_in(self, block: Place, names: tuple[str, ...]) -> list[str]:
        return [name for name in names if any(block.covers(place) for place in self._quantities[name].places)]

    def _learn(self, block: Place, leaves: Sequence[Place], answers: _Answers, code: int) -> None:
        """Remember why a block was refused that was then read in parts."""
        if answers.doubt is not None:
            return  # nothing is known of what was not asked
        longest = max(leaf.count for leaf in leaves)
        refused = [leaf for leaf in leaves if isinstance(answers.blocks[leaf], InstrumentError)]
        if refused or code == ILLEGAL_ADDRESS:
            # Around what is not there; or, where all of it is, between the parts that go.
            self._cuts |= {(block.kind, at) for leaf in refused or leaves for at in (leaf.address, leaf.end)}
        elif block.kind.is_bit:
            self._most_bits = longest
        else:
            self._most = longest
        self._plans.clear()


def _divisible(answer: Words | InstrumentError) -> bool:
    return isinstance(answer, IllegalRequest) and answer.code in (ILLEGAL_ADDRESS, ILLEGAL_LENGTH)


def _part(place: Place, blocks: Mapping[Place, Words | InstrumentError]) -> Words | InstrumentError:
    block = place if place in blocks else next(block for block in blocks if block.covers(place))
    answer = blocks[block]
    if isinstance(answer, InstrumentError):
        return answer
    start = place.address - block.address
    return answer[start : start + place.count]
