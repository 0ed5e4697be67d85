"""CSV and JSON lines: text files that are only ever added to.

A write that fails is cut off again; so is a last line that a killed program left half written.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from shotlane.acquisition._file_at import BINARY, read_at, write_at
from shotlane.acquisition._rotation import Paths, Rotation
from shotlane.acquisition._sample import Sample
from shotlane.acquisition._sink import Sink, SinkError, check_folder
from shotlane.acquisition._table import SCHEMA, frame, get_ready

if TYPE_CHECKING:
    import polars as pl

_TIME = "%Y-%m-%dT%H:%M:%S%.9fZ"
_BLOCK = 1 << 16


class _TextSink(Sink):
    """A text file. `sync`: every write is on the disk when it returns, not only with the system."""

    header = b""

    def __init__(self, path: str | Path, *, rotation: Rotation | None = None, sync: bool = False) -> None:
        self._path = Path(path)
        self._rotation = rotation
        self._sync = sync
        self._paths: Paths | None = None
        self._file = -1
        self._size = 0

    def encode(self, table: "pl.DataFrame") -> bytes:
        """The rows as they stand in the file."""
        raise NotImplementedError

    def open(self) -> None:
        """Open the file, or begin it."""
        get_ready()
        check_folder(self._path)
        self._paths = Paths(self._path, self._rotation)
        self._begin(self._paths.now)

    def _begin(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | BINARY, 0o644)
        self._size = os.fstat(self._file).st_size
        head = read_at(self._file, len(self.header), 0)
        if self._size and not self.header.startswith(head):
            self.close()
            raise SinkError(f"{path} holds other columns; give another name")
        if len(head) < len(self.header):
            self._size = 0
            self._append(self.header)
        else:
            self._size = self._whole_lines()
            os.ftruncate(self._file, self._size)

    def _whole_lines(self) -> int:
        """How much of the file is whole lines."""
        end = self._size
        while end > 0:
            start = max(0, end - _BLOCK)
            at = read_at(self._file, end - start, start).rfind(b"\n")
            if at >= 0:
                return start + at + 1
            end = start
        return 0

    def write(self, samples: Sequence[Sample], *, again: bool = False) -> None:
        """Add lines."""
        if self._file < 0 or self._paths is None:
            raise SinkError(f"{self.target()} is not open")
        if self._paths.turn(self._size):
            os.close(self._file)
            self._begin(self._paths.now)
        self._append(self.encode(frame(samples)))

    def _append(self, data: bytes) -> None:
        try:
            write_at(self._file, data, self._size)
            if self._sync:
                os.fsync(self._file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def target(self) -> str:
        """The path."""
        return str(self._path)

    def files(self) -> Sequence[Path]:
        """The file that is written now."""
        return () if self._paths is None else (self._paths.now,)

    def spool(self) -> Path:
        """Beside the file."""
        return self._path.with_name(f"{self._path.name}.spool")


class CsvSink(_TextSink):
    """A CSV file: a header, times in ISO 8601 with nanoseconds, nothing for what is not known."""

    header = (",".join(SCHEMA) + "\n").encode()

    def encode(self, table: "pl.DataFrame") -> bytes:
        """Rows of CSV."""
        data = BytesIO()
        table.write_csv(data, include_header=False, datetime_format=_TIME)
        return data.getvalue()


class JsonLinesSink(_TextSink):
    """A file of JSON objects, one a line; null for what is not known."""

    def encode(self, table: "pl.DataFrame") -> bytes:
        """One object a line."""
        import polars.selectors as columns  # late: an eighth of a second

        # Into bytes at once: through a text it takes half as long again.
        data = BytesIO()
        table.with_columns(columns.datetime().dt.to_string(_TIME)).write_ndjson(data)
        return data.getvalue()
