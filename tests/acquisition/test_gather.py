"""How the samples of several lines become batches."""

from collections.abc import Sequence

from tests.acquisition.sources import MS, sample

from shotlane import MeasuredChannel, Sample
from shotlane.acquisition._gather import Gather

CHANNELS = [MeasuredChannel.named(f"line{number}.x") for number in range(2)]


class Bench:
    """Two lines, and what they make."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.batches: list[Sequence[Sample]] = []
        self.gather = Gather(2, self.batches.append, now_ns=lambda: self.now_ns, patience_ns=100 * MS)

    def give(self, line: int, tick: int) -> None:
        self.gather.give(line, tick, [sample(tick, channel=CHANNELS[line])])

    @property
    def found(self) -> list[list[tuple[int, int]]]:
        return [[(CHANNELS.index(one.channel), one.tick) for one in batch] for batch in self.batches]


def test_a_batch_waits_for_every_line_and_is_in_their_order() -> None:
    bench = Bench()
    bench.give(1, 0)
    assert bench.found == []
    bench.give(0, 0)
    assert bench.found == [[(0, 0), (1, 0)]]


def test_a_tick_that_a_line_missed_is_not_waited_for() -> None:
    bench = Bench()
    for tick in range(3):
        bench.give(0, tick)
    bench.give(1, 2)
    assert bench.found == [[(0, 0)], [(0, 1)], [(0, 2), (1, 2)]]


def test_a_line_that_hangs_holds_up_the_other_only_so_long() -> None:
    bench = Bench()
    bench.give(0, 0)
    bench.now_ns = 111 * MS
    bench.give(0, 1)
    assert bench.found == [[(0, 0)], [(0, 1)]]
    bench.give(1, 0)
    bench.give(0, 12)
    bench.give(1, 12)
    assert bench.found[2:] == [[(1, 0)], [(0, 12), (1, 12)]]


def test_the_end_of_a_line_gives_on_what_waited_for_it() -> None:
    bench = Bench()
    bench.give(0, 0)
    assert not bench.gather.end(1)
    assert bench.found == [[(0, 0)]]
    assert bench.gather.end(0)
