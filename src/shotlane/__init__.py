"""shotlane: a declarative, YAML-driven sequence runner for laboratory instruments.

Names are imported when they are first used, so that `import shotlane` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shotlane.analysis import LoadedRun, LoadedRuns, load, open_store, runs
    from shotlane.api import ResumeError, Run, check, resume, run
    from shotlane.diagnostics import Diagnostic, DocumentError
    from shotlane.records import Outcome, Status
    from shotlane.store import StoreError

_HOMES = {
    "Diagnostic": "diagnostics",
    "DocumentError": "diagnostics",
    "LoadedRun": "analysis",
    "LoadedRuns": "analysis",
    "Outcome": "records",
    "ResumeError": "api",
    "Run": "api",
    "Status": "records",
    "StoreError": "store",
    "check": "api",
    "load": "analysis",
    "open_store": "analysis",
    "resume": "api",
    "run": "api",
    "runs": "analysis",
}

__all__ = [
    "Diagnostic",
    "DocumentError",
    "LoadedRun",
    "LoadedRuns",
    "Outcome",
    "ResumeError",
    "Run",
    "Status",
    "StoreError",
    "check",
    "load",
    "open_store",
    "resume",
    "run",
    "runs",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlane' has no attribute '{name}'")
    return getattr(import_module(f"shotlane.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
