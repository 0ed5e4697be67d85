"""Sources and sinks to test with, and samples as a recorder makes them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from shotlane import MeasuredChannel, MemorySink, Sample, Status
from shotlane.acquisition import Origin
from shotlane.execution import VirtualClock

MS = 1_000_000
OVEN = MeasuredChannel.named("oven.temperature", "degC")
ORIGIN = Origin("r1", 1_795_000_000_000_000_000)


@dataclass
class Source:
    """Answers with what `say` makes of the number of the call; lets virtual time pass."""

    say: Callable[[int], Any] = float
    names: Sequence[str] = ("oven.temperature",)
    clock: VirtualClock | None = None
    takes_ns: Sequence[int] = ()
    calls: int = 0

    def channels(self) -> Sequence[MeasuredChannel]:
        return [MeasuredChannel.named(name, "degC") for name in self.names]

    def poll(self, names: Sequence[str]) -> Mapping[str, Any]:
        number = self.calls
        self.calls += 1
        if self.clock is not None and self.takes_ns:
            self.clock.advance(self.takes_ns[number % len(self.takes_ns)])
        value = self.say(number)
        return dict.fromkeys(names, value)


def lost(number: int) -> float:
    """A source whose connection is gone."""
    raise ConnectionError("cable pulled")


@dataclass
class FlakySink(MemorySink):
    """Fails as long as `broken` says; counts the tries."""

    broken: Callable[[int], bool] = lambda _: False
    tries: Iterator[int] = field(default_factory=count)
    tried: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def write(self, samples: Sequence[Sample], *, again: bool = False) -> None:
        self.tried = next(self.tries) + 1
        if self.broken(self.tried):
            raise OSError("disk full")
        super().write(samples, again=again)


def sample(tick: int, value: Any = 25.0, *, channel: MeasuredChannel = OVEN, **more: Any) -> Sample:
    """A reading that began 0.7 ms after its target and took 1 ms."""
    target = tick * 10 * MS
    stamps = (target + 700_000, target + 1_700_000)
    return Sample(channel, more.pop("origin", ORIGIN), tick, target, *stamps, value, Status.OK, **more)
