"""The optimisations of one run: which point a shot has, and what is told of it.

Every point of the axes above has an optimisation of its own, of `shots` shots in a row, which knows nothing
of the others. A shot that was told before, in a run that goes on, keeps its point.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from shotlane.optimize._suggest import suggest
from shotlane.optimize._told import ERRORED, FAILED, INFEASIBLE, MEASURED, Told, chain
from shotlane.plan import AskedPoint, Optimization, Points, ShotPlan, Value
from shotlane.records import Outcome, ResultRow


class SearchedPlan(Protocol):
    """A compiled plan, of which an optimiser needs this much."""

    @property
    def optimization(self) -> Optimization | None:
        """What is optimised."""

    @property
    def compile_point(self) -> Callable[[AskedPoint], ShotPlan | str] | None:
        """The shot of a point, or why it is not allowed."""

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text that is sent."""

    @property
    def points(self) -> Points:
        """The table of points, with every optimisation at its start."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A point that was asked for: its shot, or why it is not allowed.

    `parameters`: as they are stored with the shot; of one that is not allowed, None where a value is derived
    from what was asked for.
    """

    values: Mapping[str, Value]
    parameters: Mapping[str, Value]
    shot: ShotPlan | None
    reason: str | None = None


class Optimizer:
    """Asks and is told, one shot after the other. `told`: what came of shots before this process.

    The plan must have been compiled, not loaded, and have something to optimise.
    """

    def __init__(self, plan: SearchedPlan, told: Iterable[Told] = ()) -> None:
        assert plan.optimization is not None
        assert plan.compile_point is not None
        self._plan = plan
        self._optimization = plan.optimization
        self._compile = plan.compile_point
        self._told = {item.shot: item for item in told}
        self._asked: dict[int, Asked] = {}

    @property
    def digest(self) -> str:
        """The chain of the digests of all shots that were told."""
        return chain(self._told.values())

    def ask(self, number: int) -> Asked:
        """The point of a shot, compiled and checked like any other; shots count from 1, and come in order."""
        known = self._told.get(number)
        values = dict(known.values) if known is not None else self._suggest(number)
        found = self._compile(AskedPoint(number, values, self._plan.texts))
        if isinstance(found, str):
            asked = Asked(values, self._parameters(number, values), None, found)
        else:
            asked = Asked(values, found.parameters, found)
        self._asked[number] = asked
        return asked

    def _parameters(self, number: int, values: Mapping[str, Value]) -> dict[str, Value]:
        """What is known of the parameters at a point that is not allowed."""
        points = self._plan.points
        known = {
            name: column[number - 1 : number].tolist()[0]
            for name, column in points.columns.items()
            # A column that is no array of its own has the same value in every shot.
            if name in points.swept or column.strides == (0,)
        }
        return {**dict.fromkeys(points.columns), **known, **values}

    def _suggest(self, number: int) -> dict[str, Value]:
        trial = (number - 1) % self._optimization.shots
        before = [self._told[other] for other in range(number - trial, number) if other in self._told]
        # Optimisations beside each other draw different points.
        seeded = replace(self._optimization, seed=self._optimization.seed + number - 1 - trial)
        return suggest(seeded, before, trial)

    def tell(self, number: int, outcome: Outcome, results: Iterable[ResultRow]) -> Told:
        """Take what came of the shot that was asked for last; what is to be written down."""
        asked = self._asked.pop(number)
        digest = asked.shot.digest if asked.shot is not None else ""
        value = self._value(results)
        how = _how(asked, outcome, value)
        told = Told(number, asked.values, how, value if how == MEASURED else None, digest, asked.reason)
        self._told[number] = told
        return told

    def _value(self, results: Iterable[ResultRow]) -> float | None:
        """The result that is optimised; None where it has no number."""
        value = next((row.value for row in results if row.name == self._optimization.result), None)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _how(asked: Asked, outcome: Outcome, value: float | None) -> str:
    if asked.shot is None:
        return INFEASIBLE
    if outcome in (Outcome.DONE, Outcome.PASSED):
        return FAILED if value is None else MEASURED
    return FAILED if outcome is Outcome.FAILED else ERRORED
