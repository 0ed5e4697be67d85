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
        DeviceResult,
        Devices,
        ErrorPolicy,
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
        find_devices,
        list_serial_ports,
        pipe,
        probe,
    )
    from shotlane.analysis import LoadedRun, LoadedRuns, export, load, open_store, runs
    from shotlane.api import ResumeError, Run, archive, check, open_devices, record, resume, run, verify
    from shotlane.archives import ArchiveError
    from shotlane.diagnostics import Diagnostic, DocumentError
    from shotlane.records import Outcome, Status
    from shotlane.store import StoreError

_HOMES = {
    "AcquisitionSummary": "acquisition",
    "ArchiveError": "archives",
    "Backoff": "acquisition",
    "CsvSink": "acquisition",
    "DeviceResult": "acquisition",
    "Devices": "acquisition",
    "Diagnostic": "diagnostics",
    "DocumentError": "diagnostics",
    "ErrorPolicy": "acquisition",
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
    "find_devices": "acquisition",
    "list_serial_ports": "acquisition",
    "load": "analysis",
    "open_devices": "api",
    "open_store": "analysis",
    "pipe": "acquisition",
    "probe": "acquisition",
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
    "DeviceResult",
    "Devices",
    "Diagnostic",
    "DocumentError",
    "ErrorPolicy",
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
    "find_devices",
    "list_serial_ports",
    "load",
    "open_devices",
    "open_store",
    "pipe",
    "probe",
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
