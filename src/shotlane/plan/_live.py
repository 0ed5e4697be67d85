"""What of a sequence runs live: open-ended steps, results and interlocks, checked once and bound per shot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from shotlane.model import Channel
from shotlane.plan._digest import canonical
from shotlane.plan._exact import LONGEST_S
from shotlane.plan._figures import FigureTerm
from shotlane.plan._findings import Findings, Told, shown
from shotlane.plan._formula import FormulaTerm
from shotlane.plan._interlocks import InterlockTerm
from shotlane.plan._live_shot import LiveShot, told
from shotlane.plan._open_steps import OpenStep
from shotlane.plan._results import ResultTerm
from shotlane.plan._scope import Rows
from shotlane.plan._term import Term


@dataclass(frozen=True)
class Live:
    """Everything live, in the order of the document; interlocks of the station come first."""

    openings: tuple[OpenStep, ...]
    results: tuple[ResultTerm, ...]
    interlocks: tuple[InterlockTerm, ...]
    channels: Sequence[Channel]
    _same: list[tuple[LiveShot, bytes]] = field(default_factory=list, compare=False, repr=False)

    def __bool__(self) -> bool:
        return bool(self.openings or self.results or self.interlocks)

    @property
    def _parts(self) -> tuple[OpenStep | ResultTerm | InterlockTerm, ...]:
        return (*self.openings, *self.results, *self.interlocks)

    def at(self, rows: Rows, row: int) -> tuple[LiveShot, bytes]:
        """What runs live in one shot, and its canonical bytes."""
        if self._same:
            return self._same[0]
        shot = LiveShot(
            {step.name: step.at(rows, row) for step in self.openings},
            tuple(result.at(rows, row) for result in self.results),
            tuple(interlock.at(rows, row) for interlock in self.interlocks),
        )
        found = (shot, canonical(told(shot, self.channels)))
        if not any(part.varies for part in self._parts):
            self._same.append(found)
        return found

    @property
    def figures_of_steps(self) -> list[FigureTerm]:
        """Figures of results over steps of the shot."""
        formulas = [result.formula for result in self.results if result.formula is not None]
        figures = (figure for formula in formulas for figure in formula.figures)
        return list(dict.fromkeys(figure for figure in figures if figure.steps is not None))

    def check(self, rows: Rows, findings: Findings) -> None:
        """Find times and limits that cannot be used at some point of a stretch."""
        for term, code, least_s, what in self._times():
            if rows.first == 0 or term.varies:
                seconds = term.column(rows)
                bad = ~((seconds >= least_s) & (seconds <= LONGEST_S))
                if bad.any():
                    findings.add(code, term.span, rows, bad, partial(_no_time, what, seconds))
        checked: tuple[OpenStep | ResultTerm, ...] = (*self.openings, *self.results)
        for part in checked:
            if rows.first == 0 or part.varies:
                part.check(rows, findings)

    def _times(self) -> Iterator[tuple[Term, str, float, str]]:
        """Every time with its code, how long it is at least, and what it is called."""
        for part in self._parts:
            yield from part.times()
            if part.formula is not None:
                yield from _looks_back(part.formula)


def _looks_back(formula: FormulaTerm) -> Iterator[tuple[Term, str, float, str]]:
    for figure in formula.figures:
        if figure.time is not None and figure.function == "at":
            yield figure.time, "EXP051", 0.0, "the time"
        elif figure.time is not None:
            yield figure.time, "EXP051", 1e-9, "the time to look back over"


def _no_time(what: str, seconds: np.ndarray[tuple[int, ...], np.dtype[np.float64]], at: int) -> Told:
    value = float(seconds[min(at, len(seconds) - 1), 0])
    return f"{what} cannot be {shown(value)} s", "write a time such as 10 s"
