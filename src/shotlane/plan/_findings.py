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


@dataclass(slots=True)
class Finding:
    """The first point at which something is wrong, and how many there are."""

    code: str
    span: Span
    shot: int
    message: str
    help: str | None
    count: int
    everywhere: bool
    notes: tuple[Note, ...] = ()


@dataclass(slots=True)
class Findings:
    """Collects over all stretches of points. `name_point`: parameters of a point as text, by its index."""

    total: int
    name_point: Callable[[int], str]
    found: dict[tuple[str, Span], Finding] = field(default_factory=dict)

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
        wrong: NDArray[np.bool_] = np.asarray(np.asarray(bad).any(axis=1))
        everywhere = (len(wrong) == 1 and len(rows) > 1) or self.total == 1
        count = len(rows) if everywhere else int(wrong.sum())
        known = self.found.get((code, span))
        if known is not None:
            known.count += count
            return
        at = int(np.argmax(wrong))
        message, help_text = tell(at)
        self.found[code, span] = Finding(
            code, span, rows.first + at, message, help_text, count, everywhere, notes
        )

    def report(self, report: Report) -> None:
        """Tell every finding once."""
        for finding in self.found.values():
            message = finding.message
            if finding.count < self.total:
                point = self.name_point(finding.shot)
                more = f", and at {finding.count - 1} more" if finding.count > 1 else ""
                message += f" at shot {finding.shot + 1} of {self.total} ({point}){more}"
            report.error(finding.code, message, finding.span, help=finding.help, notes=finding.notes)


def shown(value: Any) -> str:
    """A number for a message: at most 12 digits, no trailing zeros."""
    return f"{float(value):.12g}" if isinstance(value, (float, np.floating)) else str(value)
