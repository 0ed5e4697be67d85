"""Open-ended steps: what ends them, and readings of what their conditions look at.

A channel that no lane records during such a step is read there as often as it has new values, so that what
ended the step is stored with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from shotlane.document import Path
from shotlane.model import AskStep, Channel, UntilStep
from shotlane.plan._cells import Cell
from shotlane.plan._constants import TIME
from shotlane.plan._exact import NS_PER_S
from shotlane.plan._figures import Site
from shotlane.plan._findings import Findings
from shotlane.plan._formula import FormulaTerm, make_condition, ns_at
from shotlane.plan._plan import AskEnding, Ending, UntilEnding
from shotlane.plan._readings import Reading, make_rate
from shotlane.plan._scope import Rows
from shotlane.plan._term import Compiler, Term, expect
from shotlane.plan._timeline import Step
from shotlane.plan._written import Written


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step that ends when its condition has held, or (`formula` None) when a person has answered.

    `timeout`: a condition without one is waited for as long as its step is laid out; a person for ever.
    """

    name: str
    formula: FormulaTerm | None
    text: str
    hold: Term | None
    timeout: Term | None
    on_timeout: str = "fail"

    @property
    def varies(self) -> bool:
        """Whether it differs between points."""
        times = any(term.varies for term in (self.hold, self.timeout) if term is not None)
        return times or (self.formula is not None and self.formula.varies)

    def at(self, rows: Rows, row: int) -> Ending:
        """What ends it in one shot."""
        timeout_ns = None if self.timeout is None else ns_at(self.timeout, rows, row)
        if self.formula is None:
            return AskEnding(self.text, timeout_ns)
        hold_ns = 0 if self.hold is None else ns_at(self.hold, rows, row)
        return UntilEnding(self.formula.at(rows, row), hold_ns, timeout_ns, self.on_timeout)

    def times(self) -> Iterator[tuple[Term, str, float, str]]:
        """Times to be checked; that of the timeout is checked with the other steps."""
        if self.hold is not None:
            yield self.hold, "SEQ226", 0.0, "`for`"

    def check(self, rows: Rows, findings: Findings) -> None:
        """Find a hold that no timeout leaves room for."""
        if self.hold is None or self.timeout is None:
            return
        hold, timeout = self.hold.column(rows), self.timeout.column(rows)
        bad = hold > timeout
        if bad.any():
            help = "write a longer timeout"
            message = f"'{self.name}' must hold for longer than its timeout, so it could never end well"
            findings.add("SEQ226", self.hold.span, rows, bad, lambda _: (message, help))


def build_openings(site: Site) -> list[OpenStep]:
    """Every sound open-ended step; adds the readings that their conditions need."""
    found = []
    for position in site.timeline.openings:
        step = site.timeline.steps[position]
        opening = step.opening
        if isinstance(opening, AskStep):
            timeout = step.duration if step.bounded else None
            found.append(OpenStep(step.name, None, opening.ask, None, timeout))
        elif isinstance(opening, UntilStep):
            until = _until(site, step, opening)
            if until is not None:
                _record(site, until, position, step)
                found.append(until)
    return found


def _until(site: Site, step: Step, opening: UntilStep) -> OpenStep | None:
    compiler = site.compiler
    condition = make_condition(site, compiler.written((*step.path, "until"), opening.until))
    hold = None
    if opening.for_ is not None:
        hold = time_term(compiler, (*step.path, "for"), opening.for_)
        if hold is None:
            return None
    if opening.timeout is None and "on_timeout" in opening.model_fields_set:
        message, help = "`on_timeout` has no effect without a timeout", "write `timeout: 5 min` beside it"
        compiler.report.error(
            "SEQ226", message, compiler.document.key_span((*step.path, "on_timeout")), help=help
        )
    if condition is None:
        return None
    return OpenStep(
        step.name, condition, condition.term.written.text, hold, step.duration, opening.on_timeout
    )


def time_term(compiler: Compiler, path: Path, raw: object) -> Term | None:
    """A time of the document; None when it is faulty or hangs on something faulty."""
    term = compiler.term(compiler.written(path, raw))
    return term if term is not None and expect(compiler, term, TIME) and term.sound else None


def _record(site: Site, step: OpenStep, position: int, written: Step) -> None:
    """Readings of the channels of a condition that no lane records during its step."""
    assert step.formula is not None
    lanes = site.lanes
    for figure in {figure.index: figure for figure in step.formula.figures}.values():
        if any(_covers(reading, figure.index, position) for reading in lanes.readings):
            continue
        place = Written(f"{period_ns(figure.channel)} ns", figure.span)
        rate = make_rate(site.compiler, place)
        assert rate is not None
        cell = Cell((*written.path, "until"), None, position, position)
        order = 1 + max((reading.order for reading in lanes.readings), default=0)
        lanes.readings.append(Reading(figure.index, figure.channel, cell, order, rate, None, None))


def _covers(reading: Reading, index: int, position: int) -> bool:
    recorded = reading.index == index and reading.rate is not None
    return recorded and reading.cell.first <= position <= reading.cell.last


def period_ns(channel: Channel) -> int:
    """How often a condition's channel is read: as it has new values, if its wire allows that."""
    attribute = channel.attribute
    return max(attribute.update_ns or attribute.poll_ns or NS_PER_S, 2 * channel.read_cost_ns)
