"""The wiring: the only place that knows every layer.

Names are imported when they are first used: checking needs nothing of execution, a third of a second less.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shotlane.api._check import check
    from shotlane.api._describe import describe
    from shotlane.api._prepare import Options, Prepared, parse_overrides, prepare
    from shotlane.api._project import Project, find_project
    from shotlane.api._run import Run, run, start

_HOMES = {
    "Options": "_prepare",
    "Prepared": "_prepare",
    "Project": "_project",
    "Run": "_run",
    "check": "_check",
    "describe": "_describe",
    "find_project": "_project",
    "parse_overrides": "_prepare",
    "prepare": "_prepare",
    "run": "_run",
    "start": "_run",
}

__all__ = [
    "Options",
    "Prepared",
    "Project",
    "Run",
    "check",
    "describe",
    "find_project",
    "parse_overrides",
    "prepare",
    "run",
    "start",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlane.api' has no attribute '{name}'")
    return getattr(import_module(f"shotlane.api.{_HOMES[name]}"), name)
