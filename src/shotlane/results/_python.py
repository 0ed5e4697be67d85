"""Results that a Python function works out: loaded from the text in the plan, called in this process.

The text counts, not the file: it is what was checked and archived. Each text is run once per process, as a
module of its own name, whichever results use it. A function that never returns cannot be cut short.
"""

import linecache
import math
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import PurePath
from types import ModuleType
from typing import Any

import numpy as np

from shotlane.plan import ResultPlan
from shotlane.results._figures import Scalar
from shotlane.results._judged import ResultFault
from shotlane.results._shot_data import ShotData


class PythonFault(Exception):
    """A function could not be loaded, raised, or returned what no result can be; the text says which."""


def prepare(plans: Sequence[ResultPlan]) -> tuple[ResultFault, ...]:
    """Load every function that the results call; those that cannot be loaded.

    It runs the files, which import what they need, so that the first shot does not wait for it.
    """
    faults = []
    for plan in plans:
        if plan.python is not None:
            try:
                _function(plan.python, plan.source or "")
            except PythonFault as fault:
                faults.append(ResultFault(plan.name, str(fault)))
    return tuple(faults)


def call(plan: ResultPlan, data: ShotData) -> Scalar | None:
    """What the function returns as a plain value, None when it says that there is none.

    Raises `PythonFault`.
    """
    assert plan.python is not None
    file, _, _ = plan.python.rpartition(":")
    function = _function(plan.python, plan.source or "")
    # Whatever the function of a user raises is told and not spread, but for what stops the run.
    try:
        returned = function(data)
    except (Exception, SystemExit) as error:
        raise PythonFault(_told(error, file, plan.source or "")) from error
    return _plain(returned, plan)


@lru_cache(maxsize=64)
def _function(python: str, source: str) -> Callable[[ShotData], Any]:
    file, _, name = python.rpartition(":")
    function = getattr(_module(file, source), name, None)
    if not callable(function):
        raise PythonFault(f"{file} has no function '{name}'")
    found: Callable[[ShotData], Any] = function
    return found


@lru_cache(maxsize=64)
def _module(file: str, source: str) -> ModuleType:
    """Run a text as a module; it is listed like any other, which dataclasses and the like rely on."""
    shown = _shown(file, source)
    module = ModuleType(f"shotlane_result_{sha256(shown.encode()).hexdigest()[:16]}")
    module.__file__ = shown
    # Tracebacks show lines of the text that ran, whatever has become of the file.
    linecache.cache[shown] = (len(source), None, source.splitlines(keepends=True), shown)
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, shown, "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[module.__name__]
        raise PythonFault(_told(error, file, source)) from error
    return module


def _shown(file: str, source: str) -> str:
    """Name of a text in tracebacks; different texts of one file differ in it."""
    return f"<{file} {sha256(source.encode()).hexdigest()[:8]}>"


def _told(error: BaseException, file: str, source: str) -> str:
    """An exception in one line, with the last line of the file that had a part in it."""
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, SyntaxError) and error.filename == _shown(file, source):
        return f"{PurePath(file).name}:{error.lineno}: {type(error).__name__}: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == _shown(file, source)]
    place = f"{PurePath(file).name}:{lines[-1]}" if lines else PurePath(file).name
    return f"{place}: {what}".replace("\n", " ")


def _plain(returned: Any, plan: ResultPlan) -> Scalar | None:
    """A number, truth or text of Python's own; a number where the result has a unit or limits of numbers."""
    value = returned.item() if isinstance(returned, np.generic) else returned
    if value is None:
        return None
    wants_number = plan.unit is not None or plan.low is not None or plan.high is not None
    if isinstance(value, bool | str):
        if not wants_number:
            return value
    elif isinstance(value, int | float):
        return _as_float(value)
    unit = f" in {plan.unit.text}" if plan.unit is not None and plan.unit.text else ""
    wanted = f"a plain number{unit}" if wants_number else "a plain number, a truth or a text"
    raise PythonFault(f"{plan.python} returned {_kind(value)}; it must return {wanted}")


def _as_float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _kind(value: Any) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
