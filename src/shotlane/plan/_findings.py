"""What is wrong at single points of the sweep: one diagnostic per place, naming the first point.

Checks look at stretches of points in their order; the first point that is found for a place and code is told,
with the number of all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.diagnostics import Note, Report, Span
from shotlane.plan._scope import Rows

Told = tuple[str, str | None]

_TIMES = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"), (1, "ns"))


@dataclass(slots=True)
class Finding:
    """The first point at which something is wrong, and how many there are."""

    code: str
    span: Span
    shot: int
    message: str
    help: str | None
    count: int
    stretch: int  # first point of the stretch that was looked at last
    wrong: NDArray[np.bool_]  # the points of that stretch at which it is wrong
    notes: tuple[Note, ...] = ()


@dataclass(slots=True)
class Findings:
    """Collects over all stretches of points. `name_point`: parameters of a point as text, by its index.

    `warns`: what is found keeps nothing from running.
    """

    total: int
    name_point: Callable[[int], str]
    found: dict[tuple[str, Span], Finding] = field(default_factory=dict)
    warns: bool = False

    def add(
        self,
        code: str,
        span: Span,
        rows: Rows,
        bad: NDArray[np.bool_],
        tell: Callable[[int], Told],
        notes: tuple[Note, ...] = (),
    ) -> None:
        """Take a mask of shape (n, m) or (1, m); `tell` words the fault of a row of it."""
        wrong = np.broadcast_to(np.asarray(bad).any(axis=1), (len(rows),))
        known = self.found.get((code, span))
        if known is None:
            at = int(np.argmax(wrong))
            message, help_text = tell(at)
            # What is the same at the points of a stretch is so at all, and only the first is looked at.
            alike = len(bad) == 1 and len(rows) > 1
            count = self.total if alike else int(wrong.sum())
            self.found[code, span] = Finding(
                code, span, rows.first + at, message, help_text, count, rows.first, wrong, notes
            )
            return
        # Several cells of `otherwise` share a place: a point counts once.
        fresh = wrong & ~known.wrong if known.stretch == rows.first else wrong
        known.count = min(known.count + int(fresh.sum()), self.total)
        known.wrong = wrong | known.wrong if known.stretch == rows.first else wrong
        known.stretch = rows.first

    def report(self, report: Report) -> None:
        """Tell every finding once."""
        for finding in self.found.values():
            message = finding.message
            if finding.count < self.total:
                point = self.name_point(finding.shot)
                more = f", and at {finding.count - 1} more" if finding.count > 1 else ""
                message += f", at shot {finding.shot + 1} of {self.total} ({point}){more}"
            tell = report.warning if self.warns else report.error
            tell(finding.code, message, finding.span, help=finding.help, notes=finding.notes)


class SoundTimes(Findings):
    """Findings that leave out points without sound times, which their author was told of."""

    __slots__ = ("muted", "whole")

    def __init__(self, whole: Findings, muted: NDArray[np.bool_]) -> None:
        super().__init__(whole.total, whole.name_point, whole.found)
        self.whole = whole
        self.muted = muted

    def add(
        self,
        code: str,
        span: Span,
        rows: Rows,
        bad: NDArray[np.bool_],
        tell: Callable[[int], Told],
        notes: tuple[Note, ...] = (),
    ) -> None:
        """Take a mask; only its sound rows count."""
        left = np.asarray(bad) & ~self.muted
        if left.any():
            self.whole.add(code, span, rows, left, tell, notes)


def shown_time(ns: int) -> str:
    """A time for a message, in the largest unit of which it is one or more."""
    size, unit = next((pair for pair in _TIMES if abs(ns) >= pair[0]), (1, "ns"))
    return f"{ns / size:.12g} {unit}"


def shown(value: Any) -> str:
    """A number for a message: at most 12 digits, no trailing zeros."""
    return f"{float(value):.12g}" if isinstance(value, (float, np.floating)) else str(value)
