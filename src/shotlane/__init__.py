"""shotlane: a declarative, YAML-driven sequence runner for laboratory instruments.

Names are imported when they are first used, so that `import shotlane` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shotlane.analysis import LoadedRun, load, runs
    from shotlane.api import Run, check, run
    from shotlane.diagnostics import Diagnostic, DocumentError
    from shotlane.records import Outcome, Status
    from shotlane.store import StoreError

_HOMES = {
    "Diagnostic": "diagnostics",
    "DocumentError": "diagnostics",
    "LoadedRun": "analysis",
    "Outcome": "records",
    "Run": "api",
    "Status": "records",
    "StoreError": "store",
    "check": "api",
    "load": "analysis",
    "run": "api",
    "runs": "analysis",
}

__all__ = [
    "Diagnostic",
    "DocumentError",
    "LoadedRun",
    "Outcome",
    "Run",
    "Status",
    "StoreError",
    "check",
    "load",
    "run",
    "runs",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlane' has no attribute '{name}'")
    return getattr(import_module(f"shotlane.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
