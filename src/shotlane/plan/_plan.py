"""The plan: all numbers decided, nothing executed. Frozen, versioned data.

Times are integer nanoseconds from the origin of their segment. A shot is cut out of the plan when its turn
comes; an action table is a set of equally long numpy columns, so that a shot costs no object per action.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from shotlane.expression import Expression, Unit
from shotlane.model import Channel, Command, ScalarValue

PLAN_FORMAT = 1

Value = ScalarValue | None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Whole-shot retry. `attempts` counts the first try; `on` holds fault classes.

    `then` after the last one: abort, skip, or pause (wait for a person).
    `budget`: most retries in a run, None for no bound. `wait_ns`: how long an instrument that does not answer
    is waited for before `then` applies.
    """

    attempts: int = 1
    on: frozenset[str] = frozenset({"timeout", "disconnected", "garbled"})
    delay_ns: int = 0
    backoff: float = 1.0
    then: str = "abort"
    budget: int | None = None
    wait_ns: int = 0


@dataclass(frozen=True, slots=True)
class LanePlan:
    """What holds for a channel in every shot.

    `tick_tolerance_ns` None: half the period of each reading rule. `required`: one lost reading is a fault.
    `max_missing`: fraction of the planned readings of an attempt that may be lost. `on_late_fails`: what is
    late is a fault of the shot. `phase_ns`: offset of the ticks of its recordings, None for one that staggers
    ports.
    """

    channel: int
    action_tolerance_ns: int = 10_000_000
    tick_tolerance_ns: int | None = None
    required: bool = False
    max_missing: float = 0.1
    on_late_fails: bool = False
    phase_ns: int | None = None


@dataclass(frozen=True, slots=True)
class ActionTable:
    """The sets of one port in one segment, sorted by (target_ns, rank, order).

    Columns of equal length n: `target_ns` int64; `rank` int8, 0 for what belongs to a step that ends at that
    instant and 1 for what begins; `order` int32, position of the lane entry in the document; `channel` int32,
    index into `Plan.channels`; `value` float64 in the channel's unit, 0/1 for a boolean, an index into the
    channel's options for an option and into `Plan.texts` for a text; `periodic` bool, True for a tick of a
    time-dependent cell that is left out when its successor is due.
    """

    target_ns: NDArray[np.int64]
    rank: NDArray[np.int8]
    order: NDArray[np.int32]
    channel: NDArray[np.int32]
    value: NDArray[np.float64]
    periodic: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.target_ns)


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A command at an instant. `arguments` in the units of the command's parameters, by name."""

    target_ns: int
    rank: int
    order: int
    role: str
    command: Command
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadingRule:
    """`count` readings of a channel at start_ns + n x period_ns (count 1: period_ns 0).

    `periodic`: a tick whose successor is due is missed; a single reading is always done. `rank` and `order`
    as in `ActionTable`. `tolerance_ns`: a start later than that makes the reading late.
    """

    channel: int
    start_ns: int
    period_ns: int
    count: int
    rank: int
    order: int
    tolerance_ns: int
    periodic: bool


@dataclass(frozen=True, slots=True)
class PortPlan:
    """What one port does in one segment."""

    port: str
    actions: ActionTable
    calls: tuple[PlannedCall, ...]
    readings: tuple[ReadingRule, ...]


@dataclass(frozen=True, slots=True)
class StepTimes:
    """A step of a shot: [start_ns, end_ns) from the origin."""

    name: str
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Figure:
    """One number out of a channel's readings, wanted in SI.

    `function`: value (the newest reading), mean, min, max, std, first, last, count, integral, slope or at.
    In a condition it looks back over `window_ns` from the newest reading (None: value). In a result it covers
    the readings with first_step.start <= target < last_step.end, or the whole shot where both are None; `at`
    takes the reading nearest to `at_ns` from the origin of the shot.
    """

    function: str
    channel: int
    window_ns: int | None = None
    first_step: str | None = None
    last_step: str | None = None
    at_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression over figures, with everything else in it bound to its value in one shot.

    `text` is what was written; `names` stand for the figures in `expression`, in their order; `bound` holds
    the values in SI of the parameters in use.
    """

    text: str
    expression: Expression = field(compare=False)
    figures: tuple[Figure, ...]
    names: tuple[str, ...]
    bound: Mapping[str, float | bool | str] = field(default_factory=dict)

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels that it hangs on, each once."""
        return tuple(dict.fromkeys(figure.channel for figure in self.figures))

    def evaluate(self, figures: Sequence[float | bool | str]) -> float | bool | str:
        """Its value in SI, from those of its figures."""
        return self.expression.evaluate({**self.bound, **dict(zip(self.names, figures, strict=True))})  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class UntilEnding:
    """What ends an open-ended step: the condition has held for `hold_ns` without a break."""

    condition: Formula
    hold_ns: int
    timeout_ns: int | None
    on_timeout: str  # fail or continue


@dataclass(frozen=True, slots=True)
class AskEnding:
    """What ends a step that waits for a person; after the timeout the attempt has failed."""

    text: str
    timeout_ns: int | None


Ending = UntilEnding | AskEnding


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    """A stretch of a shot with fixed times, or one open-ended step.

    A shot without open-ended steps has exactly one segment. `ending` is None for fixed times; otherwise the
    segment is one step, `duration_ns` is the longest it may last, and its tables reach that far.
    """

    duration_ns: int
    steps: tuple[StepTimes, ...]
    ports: Mapping[str, PortPlan]
    digest: str
    ending: Ending | None = None

    @property
    def early_ns(self) -> int:
        """How long before its origin the first command goes: channels with a lead are set ahead of time."""
        firsts = [int(port.actions.target_ns[0]) for port in self.ports.values() if len(port.actions)]
        return max(0, -min(firsts, default=0))


@dataclass(frozen=True, slots=True)
class ResultPlan:
    """A figure of merit of a shot, and the limits that make a verdict; numbers in `unit`.

    Either `formula` or `python` (file.py:function, with `source` as the text of the file). `unit` None: a
    truth or a number without unit. `stops`: a false verdict ends the sweep.
    """

    name: str
    formula: Formula | None
    python: str | None = None
    source: str | None = None
    unit: Unit | None = None
    low: float | None = None
    high: float | None = None
    equals: float | bool | str | None = None
    stops: bool = False


@dataclass(frozen=True, slots=True)
class InterlockPlan:
    """A condition that ends the run as aborted. `name`: station.NAME or sequence.NAME.

    It must hold for `hold_ns`; a channel of it without a valid reading for `blind_ns` trips it as well.
    `polls`: for each of its channels, the period in ns at which it is read while no lane does.
    """

    name: str
    condition: Formula
    hold_ns: int
    blind_ns: int
    polls: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class InitialValue:
    """Written to a channel at set-up, in the order of the lanes; value in the channel's unit, decoded."""

    channel: int
    value: ScalarValue


@dataclass(frozen=True, slots=True)
class ShotPlan:
    """One point of the sweep, ready to be executed.

    `number` counts from 1. `parameters`: every declared parameter and label in the unit of its column.
    """

    number: int
    parameters: Mapping[str, Value]
    initial: tuple[InitialValue, ...]
    segments: tuple[SegmentPlan, ...]
    digest: str
    results: tuple[ResultPlan, ...] = ()
    interlocks: tuple[InterlockPlan, ...] = ()

    @property
    def duration_ns(self) -> int:
        """Planned length of the shot, open-ended steps at their longest."""
        return sum(segment.duration_ns for segment in self.segments)

    @property
    def open_ended(self) -> bool:
        """Whether how long it lasts is decided as it runs."""
        return any(segment.ending is not None for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Points:
    """The table of sweep points: one row per shot, one column per parameter and label, declared order.

    Number columns are float64 in the unit of `units`; boolean columns bool; text columns object arrays.
    """

    columns: Mapping[str, NDArray[Any]]
    units: Mapping[str, str | None]
    count: int
    swept: tuple[str, ...]  # names bound by an axis, outermost first


class Plan(Protocol):
    """A compiled sequence, read only. Iterating is lazy; `shot(k)` counts from 1."""

    @property
    def format(self) -> int:
        """Version of what a plan is."""

    @property
    def sequence(self) -> str:
        """Name of the sequence."""

    @property
    def station(self) -> str:
        """Name of the station."""

    @property
    def description(self) -> str:
        """What the author says of the sequence."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Words to find runs by."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Channels in use, in the order of the lanes."""

    @property
    def lanes(self) -> tuple[LanePlan, ...]:
        """One per channel in use, same order."""

    @property
    def roles(self) -> tuple[str, ...]:
        """Instruments to open, in the order of the station."""

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text that is sent."""

    @property
    def points(self) -> Points:
        """The sweep."""

    @property
    def retry(self) -> RetryPolicy:
        """What happens after a fault of a shot."""

    @property
    def on_fail(self) -> str:
        """After a failed shot: continue or stop."""

    @property
    def between(self) -> str:
        """Between shots: hold or safe."""

    @property
    def cadence_ns(self) -> int | None:
        """From the start of one shot to that of the next; None for as soon as can be."""

    @property
    def digest(self) -> str:
        """SHA-256 of the plan."""

    def __len__(self) -> int:
        """Number of shots."""

    def shot(self, number: int) -> ShotPlan:
        """Cut one shot out of the plan."""

    def shots(self) -> Iterator[ShotPlan]:
        """All shots, one at a time."""


def decode(channel: Channel, value: float, texts: tuple[str, ...]) -> ScalarValue:
    """The value that a channel takes, from its number in an action table."""
    match channel.attribute.type:
        case "bool":
            return value != 0
        case "int":
            return round(value)
        case "option":
            return channel.attribute.options[int(value)]
        case "text":
            return texts[int(value)]
        case _:
            return float(value)
