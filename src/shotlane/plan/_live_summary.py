"""What `shotlane plan` shows of what runs live: open-ended steps, results with limits, and interlocks."""

from collections.abc import Iterator
from dataclasses import dataclass

from shotlane.model import Channel
from shotlane.plan._exact import to_ns
from shotlane.plan._interlocks import InterlockTerm
from shotlane.plan._plan import InterlockPlan
from shotlane.plan._program import Program
from shotlane.plan._readings import Reading
from shotlane.plan._scope import Rows


@dataclass(frozen=True, slots=True)
class OpenSummary:
    """An open-ended step. `condition`: what was written, None where a person is asked; `text`: what to do.

    `hold_ns` and `timeout_ns` are those of the first shot.
    """

    step: str
    condition: str | None
    text: str
    hold_ns: int
    timeout_ns: int | None
    on_timeout: str


@dataclass(frozen=True, slots=True)
class ResultSummary:
    """A result, its unit, and the limits of the first shot. `varies`: other shots have others."""

    name: str
    text: str
    unit: str
    low: float | None
    high: float | None
    equals: float | bool | str | None
    varies: bool


@dataclass(frozen=True, slots=True)
class InterlockSummary:
    """An interlock. `delay_ns`: from when its condition holds until all ports go safe, at worst."""

    name: str
    text: str
    delay_ns: int
    blind_ns: int


@dataclass(frozen=True, slots=True)
class LiveSummary:
    """Everything live, in the order of the documents."""

    openings: tuple[OpenSummary, ...] = ()
    results: tuple[ResultSummary, ...] = ()
    interlocks: tuple[InterlockSummary, ...] = ()


def summarise_live(program: Program) -> LiveSummary:
    """Look at the first shot."""
    rows = program.scope.rows(0, 1)
    live = program.live
    exchange_ns = max(_exchanges(program), default=0)
    shot, _ = live.at(rows, 0)
    openings = []
    for step in live.openings:
        ending = step.at(rows, 0)
        hold_ns, then = getattr(ending, "hold_ns", 0), getattr(ending, "on_timeout", "fail")
        condition = None if step.formula is None else step.text
        openings.append(OpenSummary(step.name, condition, step.text, hold_ns, ending.timeout_ns, then))
    results = [
        ResultSummary(
            result.name,
            result.python or (result.formula.text if result.formula is not None else ""),
            result.unit.text if result.unit is not None else "",
            result.low,
            result.high,
            result.equals,
            any(limit.varies for limit in term.limits.values()),
        )
        for term, result in zip(live.results, shot.results, strict=True)
    ]
    interlocks = [
        _interlock(program, rows, term, plan, exchange_ns)
        for term, plan in zip(live.interlocks, shot.interlocks, strict=True)
    ]
    return LiveSummary(tuple(openings), tuple(results), tuple(interlocks))


def _interlock(
    program: Program, rows: Rows, term: InterlockTerm, plan: InterlockPlan, exchange_ns: int
) -> InterlockSummary:
    readings = program.lanes.readings
    slowest_ns = max(
        max(poll_ns, *(_period_ns(reading, rows) for reading in readings if reading.index == index), 0)
        for index, poll_ns in term.polls.items()
    )
    return InterlockSummary(
        plan.name, plan.condition.text, slowest_ns + exchange_ns + plan.hold_ns, plan.blind_ns
    )


def _period_ns(reading: Reading, rows: Rows) -> int:
    return 0 if reading.rate is None else int(to_ns(reading.rate.period_s(rows)).max())


def _exchanges(program: Program) -> Iterator[int]:
    """How long everything takes that a port may be busy with when it shall go safe."""
    channels: list[Channel] = program.lanes.channels
    for channel in channels:
        yield channel.read_cost_ns
        yield channel.write_cost_ns
    for call in program.lanes.calls:
        yield call.command.takes_ns
