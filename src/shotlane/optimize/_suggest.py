"""The one file that knows optuna.

A point depends on the seed, the number of the trial, and what was told of the trials before it, and on
nothing that lives in this process: every trial has a sampler of its own, over a study made of what was told.
So a run that goes on after a crash asks as if nothing had happened.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from shotlane.expression import tidy
from shotlane.optimize._told import FAILED, INFEASIBLE, MEASURED, Told
from shotlane.plan import Optimization, Search, Value

if TYPE_CHECKING:
    import optuna

INSTALL = "optimize needs optuna: pip install 'shotlane[optimize]'"


def check_installed() -> str | None:
    """What to do when there is no optimiser; None when there is one."""
    from importlib.util import find_spec

    return None if find_spec("optuna") is not None else INSTALL


def suggest(optimization: Optimization, told: Sequence[Told], trial: int) -> dict[str, Value]:
    """The point of a trial, which counts from 0, given what came of those before; the first is the start."""
    if trial == 0:
        return optimization.start
    import optuna  # late: most runs need none

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    over = {search.name: _distribution(search) for search in optimization.over}
    directions = optuna.study.StudyDirection
    direction = directions.MAXIMIZE if optimization.maximize else directions.MINIMIZE
    sampler = optuna.samplers.TPESampler(seed=_seed(optimization.seed, trial))
    study = optuna.create_study(direction=direction, sampler=sampler)
    study.add_trials([_trial(item, over) for item in told])
    params = study.ask(over).params
    return {search.name: _rounded(search, params[search.name]) for search in optimization.over}


def _seed(seed: int, trial: int) -> int:
    """Seeds of neighbouring trials have nothing in common."""
    return int.from_bytes(sha256(f"{seed}:{trial}".encode()).digest()[:4], "big")


def _distribution(search: Search) -> "optuna.distributions.BaseDistribution":
    import optuna

    if search.low is None or search.high is None:
        choices: Any = list(search.choices)
        return optuna.distributions.CategoricalDistribution(choices)
    return optuna.distributions.FloatDistribution(search.low, search.high)


def _trial(
    told: Told, over: "dict[str, optuna.distributions.BaseDistribution]"
) -> "optuna.trial.FrozenTrial":
    """What was told as optuna takes it.

    A pruned trial counts as a bad place, a failed one not at all: a fault is not the fault of its point.
    """
    import optuna

    states = optuna.trial.TrialState
    how = {MEASURED: states.COMPLETE, FAILED: states.PRUNED, INFEASIBLE: states.PRUNED}
    return optuna.trial.create_trial(
        state=how.get(told.how, states.FAIL),
        params=dict(told.values),
        distributions=over,
        value=told.value if told.how == MEASURED else None,
    )


def _rounded(search: Search, value: Any) -> Value:
    """A number as columns hold it, and within its range all the same."""
    if search.low is None or search.high is None:
        found: Value = value
        return found
    return min(max(tidy(float(value)), search.low), search.high)
