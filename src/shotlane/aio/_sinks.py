"""Sinks: opened, written and closed beside the event loop."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from shotlane import acquisition
from shotlane.acquisition import Sample
from shotlane.aio._job import in_thread, shielded
from shotlane.aio._twin import Twin, made_as, making

S_co = TypeVar("S_co", bound=acquisition.Sink, covariant=True)


class Sink(Twin[S_co]):
    """Takes samples and keeps them."""

    async def __aenter__(self) -> Self:
        await in_thread(self.blocking.open, undo=lambda _: self.blocking.close())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await shielded(self.blocking.close)

    async def open(self) -> None:
        """Make ready; what is there already is kept, and added to. Raises `SinkError`."""
        await in_thread(self.blocking.open)

    async def write(self, samples: Sequence[Sample], *, again: bool = False) -> None:
        """Keep samples, all or none. `again`: a try before this one may have come through."""
        await in_thread(lambda: self.blocking.write(samples, again=again))

    async def close(self) -> None:
        """Let go. Safe to call twice."""
        await shielded(self.blocking.close)

    def target(self) -> str:
        """Where the samples go, safe to show: without a password."""
        return self.blocking.target()

    def files(self) -> Sequence[Path]:
        """What it keeps on this machine, when it is open: files, or a folder; nothing of a server."""
        return self.blocking.files()

    def spool(self) -> Path:
        """Where samples wait while the sink fails."""
        return self.blocking.spool()


class CsvSink(Sink[acquisition.CsvSink]):
    """A CSV file."""

    @made_as(acquisition.CsvSink)
    def __init__(self) -> None: ...


class JsonLinesSink(Sink[acquisition.JsonLinesSink]):
    """A file of JSON objects, one a line."""

    @made_as(acquisition.JsonLinesSink)
    def __init__(self) -> None: ...


class SqliteSink(Sink[acquisition.SqliteSink]):
    """A table of a SQLite database."""

    @made_as(acquisition.SqliteSink)
    def __init__(self) -> None: ...


class ParquetSink(Sink[acquisition.ParquetSink]):
    """A folder of Parquet files."""

    @made_as(acquisition.ParquetSink)
    def __init__(self) -> None: ...


class PostgresSink(Sink[acquisition.PostgresSink]):
    """A table of a PostgreSQL database."""

    @made_as(acquisition.PostgresSink)
    def __init__(self) -> None: ...


class MemorySink(Sink[acquisition.MemorySink]):
    """Keeps samples in a list, `samples`."""

    @made_as(acquisition.MemorySink)
    def __init__(self) -> None: ...

    @property
    def samples(self) -> list[Sample]:
        """What it was given."""
        return self.blocking.samples


sink_for = making(acquisition.sink_for, Sink)
