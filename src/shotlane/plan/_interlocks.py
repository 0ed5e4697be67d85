"""Interlocks of the station and of the sequence: conditions that end a run, whatever it does.

The two add up: equal names stay two, `station.NAME` and `sequence.NAME`. Those of a station stand in its own
document, know no parameters, and hold for every sequence that runs on it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shotlane.document import Document, Path
from shotlane.model import Interlock, Scalar
from shotlane.plan._exact import NS_PER_S
from shotlane.plan._figures import Site
from shotlane.plan._formula import FormulaTerm, make_condition, ns_at
from shotlane.plan._open_steps import time_term
from shotlane.plan._plan import Formula, InterlockPlan
from shotlane.plan._scope import Rows
from shotlane.plan._term import Term

BLIND_NS = 5 * NS_PER_S
POLL_NS = NS_PER_S
# Readings within a window that is polled for; fewer say little of a spread or a slope.
POLLS_A_WINDOW = 4
SHORTEST_POLL_NS = 10_000_000


@dataclass(frozen=True, slots=True)
class StationRules:
    """The interlocks of a station as they were written."""

    document: Document
    interlocks: Mapping[str, Scalar | Interlock]


@dataclass(frozen=True, slots=True)
class InterlockTerm:
    """A checked interlock. `polls`: how often each of its channels is read while no lane does, in ns."""

    name: str
    formula: FormulaTerm
    code: str
    hold: Term | None
    blind: Term | None
    polls: Mapping[int, int]

    @property
    def varies(self) -> bool:
        """Whether it differs between points."""
        return self.formula.varies or any(term.varies for term in (self.hold, self.blind) if term is not None)

    def at(self, rows: Rows, row: int) -> InterlockPlan:
        """The interlock in one shot."""
        hold_ns = 0 if self.hold is None else ns_at(self.hold, rows, row)
        blind_ns = BLIND_NS if self.blind is None else ns_at(self.blind, rows, row)
        formula = self.formula.at(rows, row)
        return InterlockPlan(self.name, formula, hold_ns, blind_ns, self._polls(formula))

    def _polls(self, formula: Formula) -> dict[int, int]:
        """Often enough that readings cover every window; else it would never have a value."""
        polls = dict(self.polls)
        for figure in formula.figures:
            if figure.window_ns:
                enough = max(figure.window_ns // POLLS_A_WINDOW, SHORTEST_POLL_NS)
                polls[figure.channel] = min(polls[figure.channel], enough)
        return polls

    def times(self) -> Iterator[tuple[Term, str, float, str]]:
        """Times to be checked."""
        if self.hold is not None:
            yield self.hold, self.code, 0.0, "`for`"
        if self.blind is not None:
            yield self.blind, self.code, 1e-3, "`blind`"


def build_interlocks(
    site: Site, interlocks: Mapping[str, Scalar | Interlock], prefix: str
) -> list[InterlockTerm]:
    """Every sound interlock of a document. `prefix`: station or sequence."""
    built = (_interlock(site, name, raw, prefix) for name, raw in interlocks.items())
    return [interlock for interlock in built if interlock is not None]


def _interlock(site: Site, name: str, raw: Scalar | Interlock, prefix: str) -> InterlockTerm | None:
    compiler = site.compiler
    path: Path = ("interlocks", name)
    at = (*path, "when") if isinstance(raw, Interlock) else path
    raw = raw if isinstance(raw, Interlock) else Interlock(when=raw)
    formula = make_condition(site, compiler.written(at, raw.when))
    times = {"for": raw.for_, "blind": raw.blind}
    terms = {
        key: None if value is None else time_term(compiler, (*path, key), value)
        for key, value in times.items()
    }
    faulty = any(terms[key] is None for key, value in times.items() if value is not None)
    if formula is None or faulty:
        return None
    polls = {figure.index: figure.channel.attribute.poll_ns or POLL_NS for figure in formula.figures}
    code = "STA210" if prefix == "station" else "SEQ228"
    return InterlockTerm(f"{prefix}.{name}", formula, code, terms["for"], terms["blind"], polls)
