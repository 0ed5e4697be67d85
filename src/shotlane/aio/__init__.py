"""The async face: what `shotlane` has, with a twin of everything that blocks. For asyncio and trio.

`await` a function's twin, enter and iterate with `async`; names that do not block are the same objects. Names
are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import shotlane

if TYPE_CHECKING:
    from shotlane import (
        AcquisitionSummary,
        ArchiveError,
        Backoff,
        DeviceResult,
        Diagnostic,
        DocumentError,
        ErrorPolicy,
        InstrumentError,
        InterruptedEarlyError,
        InUseError,
        JobState,
        JobStatus,
        LoggedEvent,
        ManagerError,
        MeasuredChannel,
        NotSafeError,
        Outcome,
        OverflowPolicy,
        Polled,
        PollSource,
        PostgresConfig,
        QueueFullError,
        ResumeError,
        Rotation,
        RunFailedError,
        Sample,
        SessionError,
        Status,
        StoreError,
        Task,
        UnknownChannelError,
    )
    from shotlane.aio._analysis import LoadedRun, LoadedRuns, export, load, open_store, runs
    from shotlane.aio._devices import Devices, open_devices
    from shotlane.aio._discovery import find_devices, list_serial_ports, probe
    from shotlane.aio._documents import archive, check, import_run, note, rerun, verify
    from shotlane.aio._events import events, on_event
    from shotlane.aio._experiment import Experiment, Submission
    from shotlane.aio._recording import Recording, pipe, record
    from shotlane.aio._runs import Run, resume, run
    from shotlane.aio._servers import DeviceServer, RunServer
    from shotlane.aio._sessions import StationConnection, channel, connect, remote_instrument
    from shotlane.aio._sinks import (
        CsvSink,
        JsonLinesSink,
        MemorySink,
        ParquetSink,
        PostgresSink,
        SqliteSink,
        sink_for,
    )
    from shotlane.aio._tasks import Component, ComponentStatus, Job, component

# Of the twins; all else is found in `shotlane`.
_HOMES = {
    "Component": "_tasks",
    "ComponentStatus": "_tasks",
    "CsvSink": "_sinks",
    "DeviceServer": "_servers",
    "Devices": "_devices",
    "Experiment": "_experiment",
    "Job": "_tasks",
    "JsonLinesSink": "_sinks",
    "LoadedRun": "_analysis",
    "LoadedRuns": "_analysis",
    "MemorySink": "_sinks",
    "ParquetSink": "_sinks",
    "PostgresSink": "_sinks",
    "Recording": "_recording",
    "Run": "_runs",
    "RunServer": "_servers",
    "SqliteSink": "_sinks",
    "StationConnection": "_sessions",
    "Submission": "_experiment",
    "archive": "_documents",
    "channel": "_sessions",
    "check": "_documents",
    "component": "_tasks",
    "connect": "_sessions",
    "events": "_events",
    "export": "_analysis",
    "find_devices": "_discovery",
    "import_run": "_documents",
    "list_serial_ports": "_discovery",
    "load": "_analysis",
    "note": "_documents",
    "on_event": "_events",
    "open_devices": "_devices",
    "open_store": "_analysis",
    "pipe": "_recording",
    "probe": "_discovery",
    "record": "_recording",
    "remote_instrument": "_sessions",
    "rerun": "_documents",
    "resume": "_runs",
    "run": "_runs",
    "runs": "_analysis",
    "sink_for": "_sinks",
    "verify": "_documents",
}

__all__ = [
    "AcquisitionSummary",
    "ArchiveError",
    "Backoff",
    "Component",
    "ComponentStatus",
    "CsvSink",
    "DeviceResult",
    "DeviceServer",
    "Devices",
    "Diagnostic",
    "DocumentError",
    "ErrorPolicy",
    "Experiment",
    "InUseError",
    "InstrumentError",
    "InterruptedEarlyError",
    "Job",
    "JobState",
    "JobStatus",
    "JsonLinesSink",
    "LoadedRun",
    "LoadedRuns",
    "LoggedEvent",
    "ManagerError",
    "MeasuredChannel",
    "MemorySink",
    "NotSafeError",
    "Outcome",
    "OverflowPolicy",
    "ParquetSink",
    "PollSource",
    "Polled",
    "PostgresConfig",
    "PostgresSink",
    "QueueFullError",
    "Recording",
    "ResumeError",
    "Rotation",
    "Run",
    "RunFailedError",
    "RunServer",
    "Sample",
    "SessionError",
    "SqliteSink",
    "StationConnection",
    "Status",
    "StoreError",
    "Submission",
    "Task",
    "UnknownChannelError",
    "archive",
    "channel",
    "check",
    "component",
    "connect",
    "events",
    "export",
    "find_devices",
    "import_run",
    "list_serial_ports",
    "load",
    "note",
    "on_event",
    "open_devices",
    "open_store",
    "pipe",
    "probe",
    "record",
    "remote_instrument",
    "rerun",
    "resume",
    "run",
    "runs",
    "sink_for",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"shotlane.aio.{_HOMES[name]}"), name)
    if name in __all__:
        return getattr(shotlane, name)
    raise AttributeError(f"module 'shotlane.aio' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
