"""shotlane: a declarative, YAML-driven sequence runner for laboratory instruments.

Names are imported when they are first used, so that `import shotlane` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shotlane.acquisition import (
        AcquisitionSummary,
        Backoff,
        CsvSink,
        JsonLinesSink,
        MeasuredChannel,
        MemorySink,
        OverflowPolicy,
        ParquetSink,
        Polled,
        PollSource,
        PostgresConfig,
        PostgresSink,
        Recording,
        Rotation,
        Sample,
        SqliteSink,
        UnknownChannelError,
        pipe,
    )
    from shotlane.analysis import LoadedRun, LoadedRuns, export, load, open_store, runs
    from shotlane.api import ResumeError, Run, archive, check, record, resume, run, verify
    from shotlane.archives import ArchiveError
    from shotlane.diagnostics import Diagnostic, DocumentError
    from shotlane.records import Outcome, Status
    from shotlane.store import StoreError

_HOMES = {
    "AcquisitionSummary": "acquisition",
    "ArchiveError": "archives",
    "Backoff": "acquisition",
    "CsvSink": "acquisition",
    "Diagnostic": "diagnostics",
    "DocumentError": "diagnostics",
    "JsonLinesSink": "acquisition",
    "LoadedRun": "analysis",
    "LoadedRuns": "analysis",
    "MeasuredChannel": "acquisition",
    "MemorySink": "acquisition",
    "Outcome": "records",
    "OverflowPolicy": "acquisition",
    "ParquetSink": "acquisition",
    "PollSource": "acquisition",
    "Polled": "acquisition",
    "PostgresConfig": "acquisition",
    "PostgresSink": "acquisition",
    "Recording": "acquisition",
    "ResumeError": "api",
    "Rotation": "acquisition",
    "Run": "api",
    "Sample": "acquisition",
    "SqliteSink": "acquisition",
    "Status": "records",
    "StoreError": "store",
    "UnknownChannelError": "acquisition",
    "archive": "api",
    "check": "api",
    "export": "analysis",
    "load": "analysis",
    "open_store": "analysis",
    "pipe": "acquisition",
    "record": "api",
    "resume": "api",
    "run": "api",
    "runs": "analysis",
    "verify": "api",
}

__all__ = [
    "AcquisitionSummary",
    "ArchiveError",
    "Backoff",
    "CsvSink",
    "Diagnostic",
    "DocumentError",
    "JsonLinesSink",
    "LoadedRun",
    "LoadedRuns",
    "MeasuredChannel",
    "MemorySink",
    "Outcome",
    "OverflowPolicy",
    "ParquetSink",
    "PollSource",
    "Polled",
    "PostgresConfig",
    "PostgresSink",
    "Recording",
    "ResumeError",
    "Rotation",
    "Run",
    "Sample",
    "SqliteSink",
    "Status",
    "StoreError",
    "UnknownChannelError",
    "archive",
    "check",
    "export",
    "load",
    "open_store",
    "pipe",
    "record",
    "resume",
    "run",
    "runs",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlane' has no attribute '{name}'")
    return getattr(import_module(f"shotlane.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
