"""Fifth pass: the steps of every shot and where they begin and end.

Boundaries are integer nanoseconds from the start of the shot: exact sums of the durations, rounded once. A
faulty step keeps its name, so that the cells that name it are not blamed; with one, nothing has a time.
An open-ended step is laid out at its longest: its timeout, or a long time that stands for no bound.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.document import Document, Path
from shotlane.model import AskStep, Sequence, UntilStep, was_dropped
from shotlane.plan._constants import TIME
from shotlane.plan._exact import LONGEST_S, Floats, Integers, boundaries_ns
from shotlane.plan._findings import Findings
from shotlane.plan._scope import Rows
from shotlane.plan._term import Compiler, Term, expect
from shotlane.plan._written import Written

# How long an open-ended step without a timeout is laid out.
UNBOUNDED_S = 86_400


@dataclass(frozen=True, slots=True)
class Step:
    """A step by name; `duration` None when it is faulty. `opening`: what ends an open-ended one."""

    name: str
    path: Path
    duration: Term | None
    opening: UntilStep | AskStep | None = None

    @property
    def bounded(self) -> bool:
        """Whether it cannot last longer than it is laid out."""
        return self.opening is None or self.opening.timeout is not None


@dataclass(frozen=True)
class Timeline:
    """The steps in order."""

    steps: tuple[Step, ...]
    document: Document
    complete: bool  # False when steps were dropped as faulty

    def was_dropped(self, name: str) -> bool:
        """Whether there is no such step only because it was found faulty."""
        return was_dropped(self.document, "step", name)

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Position of a step by its name."""
        return {step.name: position for position, step in enumerate(self.steps)}

    @cached_property
    def openings(self) -> tuple[int, ...]:
        """Positions of the open-ended steps."""
        return tuple(position for position, step in enumerate(self.steps) if step.opening is not None)

    def opening_in(self, first: int, last: int) -> int | None:
        """Position of the first open-ended step among some in a row."""
        return next((position for position in self.openings if first <= position <= last), None)

    @cached_property
    def sound(self) -> bool:
        """Whether every boundary can be computed."""
        return self.complete and all(step.duration is not None and step.duration.sound for step in self.steps)

    @cached_property
    def varies(self) -> bool:
        """Whether boundaries differ between points."""
        return any(step.duration is not None and step.duration.varies for step in self.steps)

    def durations_s(self, rows: Rows) -> list[Floats]:
        """Duration of every step as columns."""
        return [step.duration.column(rows) for step in self.steps if step.duration is not None]

    def boundaries(self, rows: Rows) -> list[Integers]:
        """Columns of the start of the first step and the end of every step, in ns.

        A faulty duration counts as 0, so that the checks of sound points can go on.
        """
        durations = [_usable(seconds) for seconds in self.durations_s(rows)]
        return [np.asarray(bound).reshape(-1, 1) for bound in boundaries_ns(durations)]


def _usable(seconds: Floats) -> Floats:
    usable = (seconds >= 0) & (seconds <= LONGEST_S)
    return seconds if usable.all() else np.where(usable, seconds, 0.0)


def build_timeline(compiler: Compiler, sequence: Sequence) -> Timeline:
    """The steps of the sequence; the loader has dropped those that cannot be steps."""
    document = compiler.document
    steps = [
        _step(compiler, name, ("timeline", index, name), raw)
        for index, item in enumerate(sequence.timeline)
        for name, raw in item.items()
    ]
    return Timeline(tuple(steps), document, complete=not document.has_dropped(("timeline",)))


def _step(compiler: Compiler, name: str, place: Path, raw: Any) -> Step:
    if isinstance(raw, UntilStep | AskStep):
        at = (*place, "timeout")
        if raw.timeout is not None:
            written = compiler.written(at, raw.timeout)
        else:
            written = Written(f"{UNBOUNDED_S} s", compiler.document.key_span(place))
        sound = raw.timeout is not None or not compiler.document.has_dropped(at)
        return Step(name, place, _duration(compiler, written) if sound else None, raw)
    return Step(name, place, _duration(compiler, compiler.written(place, raw)))


def _duration(compiler: Compiler, written: Written) -> Term | None:
    term = compiler.term(written)
    if term is None or not expect(compiler, term, TIME):
        return None
    return term


def check_durations(timeline: Timeline, rows: Rows, findings: Findings) -> NDArray[np.bool_]:
    """Find durations that are negative, undefined or too long; a column of the points that have one."""
    faulty = np.zeros((1, 1), dtype=np.bool_)
    for step in timeline.steps:
        if step.duration is None or not step.duration.sound:
            continue
        seconds = step.duration.column(rows)
        bad = ~((seconds >= 0) & (seconds <= LONGEST_S))
        if step.opening is not None:
            bad = bad | (seconds == 0)
        if bad.any():
            faulty = faulty | bad
            span = step.duration.written.span
            what = "duration" if step.opening is None else "timeout"
            findings.add("SEQ204", span, rows, bad, partial(_told, f"the {what} of '{step.name}'", seconds))
    return faulty


def _told(what: str, seconds: Floats, at: int) -> tuple[str, str | None]:
    value = float(seconds[min(at, len(seconds) - 1), 0])
    if not np.isfinite(value):
        return f"{what} is not a finite number", "is something divided by zero?"
    if value < 0:
        return (
            f"{what} is negative: {value:.6g} s",
            "swap the difference, or keep the point out with `when`",
        )
    if value == 0:
        return f"{what} is 0 s, so the step could never end well", "give it time, or delete the timeout"
    return f"{what} is {value:.3g} s, longer than a shot may be", None
