"""An optimiser asks by what it was told, the same again after a crash, and learns from failures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from shotlane.optimize import Optimizer, Told, chain
from shotlane.plan import AskedPoint, Optimization, Points, Search, ShotPlan, Value
from shotlane.records import Outcome, ResultRow

pytest.importorskip("optuna")

X = Search("x", 2.0, 0.0, 10.0)
GAS = Search("gas", "He", choices=("He", "Ar"))


def optimization(*over: Search, maximize: bool = True, shots: int = 30, seed: int = 1) -> Optimization:
    return Optimization("yield", maximize, over or (X,), shots, seed)


@dataclass
class FakePlan:
    """As much of a plan as an optimiser needs."""

    optimization: Optimization
    compile_point: Callable[[AskedPoint], ShotPlan | str]
    texts: tuple[str, ...] = ("He",)

    @property
    def points(self) -> Points:
        count = self.optimization.shots
        columns = {
            "x": np.full(count, 2.0),
            "twice": np.full(count, 4.0),
            "same": np.broadcast_to(np.array(3.0), (count,)),
        }
        return Points(columns, dict.fromkeys(columns), count, ("x",))


def compiled(point: AskedPoint) -> ShotPlan | str:
    return ShotPlan(point.number, point.values, (), (), f"digest of {sorted(point.values.items())}")


def hill(values: Mapping[str, Value]) -> float:
    x = values["x"]
    assert isinstance(x, float)
    return -((x - 7) ** 2)


def run(
    optimizer: Optimizer,
    shots: Sequence[int],
    measure: Callable[[Mapping[str, Value]], float | None] = hill,
    outcome: Outcome = Outcome.DONE,
) -> list[Told]:
    told = []
    for number in shots:
        asked = optimizer.ask(number)
        rows = [] if asked.shot is None else [ResultRow("yield", measure(asked.values), "g")]
        told.append(optimizer.tell(number, Outcome.SKIPPED if asked.shot is None else outcome, rows))
    return told


def test_it_begins_at_the_start_and_comes_close_to_the_best() -> None:
    told = run(Optimizer(FakePlan(optimization(), compiled)), range(1, 31))
    assert told[0].values == {"x": 2.0}
    assert max(item.value for item in told if item.value is not None) > -0.1


def test_minimising_looks_the_other_way() -> None:
    told = run(Optimizer(FakePlan(optimization(maximize=False), compiled)), range(1, 31))
    late = [hill(item.values) for item in told[15:]]
    assert sum(late) / len(late) < -15


def test_points_lie_within_the_range_and_hold_at_most_twelve_digits() -> None:
    for item in run(Optimizer(FakePlan(optimization(), compiled)), range(1, 31)):
        x = item.values["x"]
        assert isinstance(x, float)
        assert 0 <= x <= 10
        assert x == float(f"{x:.12g}")


def test_choices_are_searched_beside_numbers() -> None:
    def better_with_argon(values: Mapping[str, Value]) -> float:
        return hill(values) + (5 if values["gas"] == "Ar" else 0)

    told = run(Optimizer(FakePlan(optimization(X, GAS), compiled)), range(1, 31), better_with_argon)
    best = max(told, key=lambda item: item.value if item.value is not None else -1e9)
    assert told[0].values["gas"] == "He"
    assert best.values["gas"] == "Ar"


def test_the_same_is_asked_again_after_a_crash() -> None:
    whole = run(Optimizer(FakePlan(optimization(), compiled)), range(1, 21))
    for killed_in in (1, 2, 12):
        before = [Told.of(item.fields()) for item in whole[: killed_in - 1]]
        resumed = Optimizer(FakePlan(optimization(), compiled), before)
        assert run(resumed, range(killed_in, 21)) == whole[killed_in - 1 :]


def test_another_seed_asks_for_other_points() -> None:
    first, second = (run(Optimizer(FakePlan(optimization(seed=seed), compiled)), [1, 2]) for seed in (1, 2))
    assert first[0].values == second[0].values
    assert first[1].values != second[1].values


def test_a_shot_that_is_run_again_keeps_its_point() -> None:
    whole = run(Optimizer(FakePlan(optimization(), compiled)), range(1, 8))
    resumed = Optimizer(FakePlan(optimization(), compiled), whole)
    assert resumed.ask(5).values == whole[4].values


def test_every_point_of_the_axes_above_has_an_optimisation_of_its_own() -> None:
    told = run(Optimizer(FakePlan(optimization(shots=5), compiled)), range(1, 11))
    assert told[5].values == told[0].values == {"x": 2.0}
    assert told[6].values != told[1].values


def test_a_point_that_is_not_allowed_is_told_as_infeasible_with_the_reason() -> None:
    def below_five(point: AskedPoint) -> ShotPlan | str:
        x = point.values["x"]
        return "x is too large" if isinstance(x, float) and x > 5 else compiled(point)

    told = run(Optimizer(FakePlan(optimization(), below_five)), range(1, 31))
    bad = [item for item in told if item.how == "infeasible"]
    assert bad
    assert all(item.reason == "x is too large" and item.value is None and not item.digest for item in bad)
    assert max(item.value for item in told if item.value is not None) > hill({"x": 5.0}) - 1


@pytest.mark.parametrize(
    ("outcome", "value", "how"),
    [
        (Outcome.DONE, 1.0, "measured"),
        (Outcome.PASSED, 1.0, "measured"),
        (Outcome.DONE, None, "failed"),
        (Outcome.FAILED, 1.0, "failed"),
        (Outcome.ERRORED, None, "errored"),
    ],
)
def test_what_came_of_a_shot_is_told_as_it_was(outcome: Outcome, value: float | None, how: str) -> None:
    (told,) = run(Optimizer(FakePlan(optimization(), compiled)), [1], lambda _: value, outcome)
    assert told.how == how
    assert told.value == (value if how == "measured" else None)


def test_failures_do_not_stop_it() -> None:
    optimizer = Optimizer(FakePlan(optimization(), compiled))
    told = run(optimizer, range(1, 6), lambda _: None) + run(optimizer, range(6, 16))
    assert [item.how for item in told] == ["failed"] * 5 + ["measured"] * 10


def test_the_digest_of_the_run_is_the_chain_of_its_shots() -> None:
    optimizer = Optimizer(FakePlan(optimization(), compiled))
    told = run(optimizer, range(1, 4))
    assert optimizer.digest == chain(reversed(told))
    assert optimizer.digest != chain(told[:2])


def test_its_shots_use_the_texts_of_the_plan() -> None:
    asked: list[AskedPoint] = []

    def remember(point: AskedPoint) -> ShotPlan | str:
        asked.append(point)
        return compiled(point)

    Optimizer(FakePlan(optimization(), remember)).ask(1)
    assert asked == [AskedPoint(1, {"x": 2.0}, ("He",))]


def test_of_a_point_that_is_not_allowed_only_what_is_known_is_kept() -> None:
    asked = Optimizer(FakePlan(optimization(), lambda _: "never")).ask(2)
    assert asked.parameters == {"x": asked.values["x"], "twice": None, "same": 3.0}
