"""Fifth pass: the steps of every shot and where they begin and end.

Boundaries are integer nanoseconds from the start of the shot: exact sums of the durations, rounded once. A
faulty step keeps its name, so that the cells that name it are not blamed; with one, nothing has a time.
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
from shotlane.plan._unavailable import refuse


@dataclass(frozen=True, slots=True)
class Step:
    """A step by name; `duration` None when it is faulty or open-ended."""

    name: str
    path: Path
    duration: Term | None


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
        Step(name, ("timeline", index, name), _duration(compiler, ("timeline", index, name), raw))
        for index, item in enumerate(sequence.timeline)
        for name, raw in item.items()
    ]
    return Timeline(tuple(steps), document, complete=not document.has_dropped(("timeline",)))


def _duration(compiler: Compiler, place: Path, raw: Any) -> Term | None:
    if isinstance(raw, (UntilStep, AskStep)):
        kind = "until" if isinstance(raw, UntilStep) else "ask"
        refuse(compiler, (*place, kind), f"an open-ended step (`{kind}`)")
        return None
    term = compiler.term(compiler.written(place, raw))
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
        if bad.any():
            faulty = faulty | bad
            span = step.duration.written.span
            findings.add("SEQ204", span, rows, bad, partial(_told, step.name, seconds))
    return faulty


def _told(name: str, seconds: Floats, at: int) -> tuple[str, str | None]:
    value = float(seconds[min(at, len(seconds) - 1), 0])
    if not np.isfinite(value):
        return f"the duration of '{name}' is not a finite number", "is something divided by zero?"
    if value < 0:
        return (
            f"the duration of '{name}' is negative: {value:.6g} s",
            "swap the difference, or keep the point out with `when`",
        )
    return f"the duration of '{name}' is {value:.3g} s, longer than a shot may be", None
