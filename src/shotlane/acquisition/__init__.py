"""Acquisition without a sequence: recordings on our clock, their samples, and the sinks that keep them.

Names are imported when they are first used: a sink needs nothing of the instruments.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shotlane.acquisition._buffer import Batch, BufferStatistics, OverflowPolicy
    from shotlane.acquisition._component import Component, ComponentStatus
    from shotlane.acquisition._destination import sink_for
    from shotlane.acquisition._devices import DeviceResult, Devices, ErrorPolicy
    from shotlane.acquisition._discovery import find_devices, list_serial_ports, probe
    from shotlane.acquisition._handle import DriverHandle, Handle, PoolHandle
    from shotlane.acquisition._job import Job, JobStatus
    from shotlane.acquisition._job_record import JobState
    from shotlane.acquisition._leaving import SIGNALS, as_before, exit_of_signal, leave_on_signals
    from shotlane.acquisition._outlet import OutletStatistics
    from shotlane.acquisition._parquet_sink import ParquetSink
    from shotlane.acquisition._pipe import Pipe, PipeSummary, pipe
    from shotlane.acquisition._poll_line import Backoff
    from shotlane.acquisition._pool_lines import definition_channels, pool_lines
    from shotlane.acquisition._postgres_config import PostgresConfig
    from shotlane.acquisition._postgres_sink import PostgresSink
    from shotlane.acquisition._record import Opening, RecordOptions, make_recording, source_opening
    from shotlane.acquisition._recording import Recording
    from shotlane.acquisition._rotation import Rotation
    from shotlane.acquisition._sample import MeasuredChannel, Origin, Sample
    from shotlane.acquisition._sink import MemorySink, Sink, SinkError
    from shotlane.acquisition._source import Line, Polled, PollSource, UnknownChannelError, chosen
    from shotlane.acquisition._sqlite_sink import SqliteSink
    from shotlane.acquisition._summary import AcquisitionSummary
    from shotlane.acquisition._table import SCHEMA, frame
    from shotlane.acquisition._tapped import Tapped
    from shotlane.acquisition._task import Task
    from shotlane.acquisition._task_queue import QueueFullError
    from shotlane.acquisition._text_sinks import CsvSink, JsonLinesSink

_HOMES = {
    "AcquisitionSummary": "_summary",
    "Backoff": "_poll_line",
    "Batch": "_buffer",
    "BufferStatistics": "_buffer",
    "Component": "_component",
    "ComponentStatus": "_component",
    "CsvSink": "_text_sinks",
    "DeviceResult": "_devices",
    "Devices": "_devices",
    "DriverHandle": "_handle",
    "ErrorPolicy": "_devices",
    "Handle": "_handle",
    "Job": "_job",
    "JobState": "_job_record",
    "JobStatus": "_job",
    "JsonLinesSink": "_text_sinks",
    "Line": "_source",
    "MeasuredChannel": "_sample",
    "MemorySink": "_sink",
    "Opening": "_record",
    "Origin": "_sample",
    "OutletStatistics": "_outlet",
    "OverflowPolicy": "_buffer",
    "ParquetSink": "_parquet_sink",
    "Pipe": "_pipe",
    "PipeSummary": "_pipe",
    "PollSource": "_source",
    "Polled": "_source",
    "PoolHandle": "_handle",
    "PostgresConfig": "_postgres_config",
    "PostgresSink": "_postgres_sink",
    "QueueFullError": "_task_queue",
    "RecordOptions": "_record",
    "Recording": "_recording",
    "Rotation": "_rotation",
    "SCHEMA": "_table",
    "SIGNALS": "_leaving",
    "Sample": "_sample",
    "Sink": "_sink",
    "SinkError": "_sink",
    "SqliteSink": "_sqlite_sink",
    "Tapped": "_tapped",
    "Task": "_task",
    "UnknownChannelError": "_source",
    "as_before": "_leaving",
    "chosen": "_source",
    "definition_channels": "_pool_lines",
    "exit_of_signal": "_leaving",
    "find_devices": "_discovery",
    "frame": "_table",
    "leave_on_signals": "_leaving",
    "list_serial_ports": "_discovery",
    "make_recording": "_record",
    "pipe": "_pipe",
    "pool_lines": "_pool_lines",
    "probe": "_discovery",
    "sink_for": "_destination",
    "source_opening": "_record",
}

__all__ = [
    "SCHEMA",
    "SIGNALS",
    "AcquisitionSummary",
    "Backoff",
    "Batch",
    "BufferStatistics",
    "Component",
    "ComponentStatus",
    "CsvSink",
    "DeviceResult",
    "Devices",
    "DriverHandle",
    "ErrorPolicy",
    "Handle",
    "Job",
    "JobState",
    "JobStatus",
    "JsonLinesSink",
    "Line",
    "MeasuredChannel",
    "MemorySink",
    "Opening",
    "Origin",
    "OutletStatistics",
    "OverflowPolicy",
    "ParquetSink",
    "Pipe",
    "PipeSummary",
    "PollSource",
    "Polled",
    "PoolHandle",
    "PostgresConfig",
    "PostgresSink",
    "QueueFullError",
    "RecordOptions",
    "Recording",
    "Rotation",
    "Sample",
    "Sink",
    "SinkError",
    "SqliteSink",
    "Tapped",
    "Task",
    "UnknownChannelError",
    "as_before",
    "chosen",
    "definition_channels",
    "exit_of_signal",
    "find_devices",
    "frame",
    "leave_on_signals",
    "list_serial_ports",
    "make_recording",
    "pipe",
    "pool_lines",
    "probe",
    "sink_for",
    "source_opening",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlane.acquisition' has no attribute '{name}'")
    return getattr(import_module(f"shotlane.acquisition.{_HOMES[name]}"), name)
