"""Places in a cell: `start`, `end`, an offset from its start, or `end - 0.1 s`."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from shotlane.plan._constants import TIME
from shotlane.plan._exact import NS_PER_S, Integers, to_ns
from shotlane.plan._findings import Findings, Told, shown
from shotlane.plan._scope import Rows
from shotlane.plan._term import Compiler, Term, expect
from shotlane.plan._written import Written

NAMES = {"start": TIME, "end": TIME, "duration": TIME}


@dataclass(frozen=True, slots=True)
class Place:
    """A place by its term; `edge` when it is exactly the start or the end of the cell."""

    term: Term
    edge: str | None

    @property
    def from_end(self) -> bool:
        """Whether it belongs to the end of the cell."""
        return self.term.uses("end") or self.term.uses("duration")

    @property
    def at_start(self) -> bool:
        """Whether it is the start at every point, as written."""
        return self.edge == "start" or (not self.term.expression.names and not _constant(self.term))

    @property
    def varies(self) -> bool:
        """Whether the offset as such differs between points."""
        return self.term.varies

    def offset(self, rows: Rows, length: Integers) -> Integers:
        """Columns of ns from the start of the cell."""
        if self.edge == "start":
            return np.zeros((1, 1), dtype=np.int64)
        if self.edge == "end":
            return length
        seconds = length / NS_PER_S
        more = {"start": np.zeros((1, 1)), "end": seconds, "duration": seconds}
        return to_ns(self.term.over(rows, more))

    def check(self, rows: Rows, length: Integers, findings: Findings) -> bool:
        """Find places outside the cell."""
        if self.edge is not None:
            return True
        offset = self.offset(rows, length)
        bad = (offset < 0) | (offset > length)
        if bad.any():
            findings.add("SEQ221", self.term.span, rows, bad, lambda at: _outside(offset, length, at))
        return not bad.any()


def _constant(term: Term) -> Any:
    return term.expression.evaluate({})


def _outside(offset: Integers, length: Integers, at: int) -> Told:
    there = int(offset[min(at, len(offset) - 1), 0]) / NS_PER_S
    long = int(length[min(at, len(length) - 1), 0]) / NS_PER_S
    return (
        f"this lies at {shown(there)} s of a cell that lasts {shown(long)} s",
        "count from the end: end - 0.1 s",
    )


def make_place(compiler: Compiler, written: Written) -> Place | None:
    """A place from what was written; None when it is faulty."""
    text = written.text.strip()
    term = compiler.term(written, NAMES)
    if term is None or not expect(compiler, term, TIME) or not term.sound:
        return None
    return Place(term, text if text in ("start", "end") else None)
