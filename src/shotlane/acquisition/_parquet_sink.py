"""Parquet in parts: a folder of files, each complete before it is in there, so that a kill harms none.

Every write is a part. Parts in a row are merged, so that a day has dozens of files and not thousands: the
merged one is first written whole, then the small ones go, then it comes in. What is not in the folder yet is
beside it, since readers of a folder take every file in it, or refuse all of them for one of another kind. A
sink that is opened finishes what a kill left half-way there.
"""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from shotlane.acquisition._rotation import Paths, Rotation
from shotlane.acquisition._sample import Sample
from shotlane.acquisition._sink import Sink, SinkError, check_folder
from shotlane.acquisition._table import frame, get_ready

if TYPE_CHECKING:
    import polars as pl

_PART = re.compile(r"part-(\d{8})-(\d{8})\.parquet")
# Parts of one size that are merged into one of the next.
_MERGED = 32


class _Part(NamedTuple):
    """The writes from `first` to `last`, both included, in one file."""

    first: int
    last: int

    @property
    def name(self) -> str:
        return f"part-{self.first:08d}-{self.last:08d}.parquet"

    @property
    def writes(self) -> int:
        return self.last - self.first + 1


class ParquetSink(Sink):
    """A folder of Parquet files; polars and others read the folder as one table."""

    def __init__(self, path: str | Path, *, rotation: Rotation | None = None) -> None:
        self._path = Path(path)
        self._rotation = rotation
        self._paths: Paths | None = None
        self._folder = self._path
        self._parts: list[_Part] = []
        self._size = 0

    def open(self) -> None:
        """Make the folder, or go on in it."""
        if self._path.is_file():
            raise SinkError(f"{self._path} is a file; a Parquet sink writes a folder")
        check_folder(self._path)
        get_ready()
        self._paths = Paths(self._path, self._rotation)
        self._begin(self._paths.now)

    def _begin(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        for unfinished in _beside(folder, "new"):
            self._outside(unfinished, "new").unlink()
        self._parts = _parts(folder)
        for merged in _beside(folder, "merged"):
            self._replace(merged)
        self._size = sum((folder / part.name).stat().st_size for part in self._parts)

    def write(self, samples: Sequence[Sample], *, again: bool = False) -> None:
        """Write a part."""
        if self._paths is None:
            raise SinkError(f"{self.target()} is not open")
        if not samples:
            return
        if self._paths.turn(self._size):
            self._begin(self._paths.now)
        number = self._parts[-1].last + 1 if self._parts else 1
        part = _Part(number, number)
        self._size += self._put(frame(samples), part, self._inside(part))
        self._parts.append(part)
        while (row := _to_merge(self._parts)) is not None:
            self._merge(row)

    def _inside(self, part: _Part) -> Path:
        return self._folder / part.name

    def _outside(self, part: _Part, state: str) -> Path:
        return self._folder.with_name(f"{self._folder.name}.{part.name}.{state}")

    def _put(self, table: "pl.DataFrame", part: _Part, path: Path) -> int:
        """Write a file that has its name only when it is whole; its size."""
        fresh = self._outside(part, "new")
        with fresh.open("wb") as file:
            table.write_parquet(file)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        fresh.replace(path)
        return size

    def _merge(self, row: Sequence[_Part]) -> None:
        import polars as pl  # late: an eighth of a second

        merged = _Part(row[0].first, row[-1].last)
        table = pl.concat([pl.read_parquet(self._inside(part)) for part in row])
        self._put(table, merged, self._outside(merged, "merged"))
        self._replace(merged)

    def _replace(self, merged: _Part) -> None:
        """Let a merged part, which is whole, take the place of its parts."""
        within = [p for p in self._parts if merged.first <= p.first and p.last <= merged.last]
        for part in within:
            self._inside(part).unlink()
        self._outside(merged, "merged").replace(self._inside(merged))
        self._parts = sorted({*self._parts, merged} - set(within))

    def close(self) -> None:
        """Nothing is left to write."""
        self._paths = None

    def target(self) -> str:
        """The folder."""
        return str(self._path)

    def files(self) -> Sequence[Path]:
        """The folder that is written now."""
        return () if self._paths is None else (self._paths.now,)

    def spool(self) -> Path:
        """Beside the folder."""
        return self._path.with_name(f"{self._path.name}.spool")


def _parts(folder: Path) -> list[_Part]:
    return _named(file.name for file in folder.iterdir())


def _beside(folder: Path, state: str) -> list[_Part]:
    """The parts of a folder that are outside of it, in that state."""
    before, after = f"{folder.name}.", f".{state}"
    names = (file.name for file in folder.parent.iterdir())
    return _named(
        name[len(before) : -len(after)] for name in names if name.startswith(before) and name.endswith(after)
    )


def _named(names: Iterable[str]) -> list[_Part]:
    found = map(_PART.fullmatch, names)
    return sorted(_Part(int(one[1]), int(one[2])) for one in found if one is not None)


def _to_merge(parts: Sequence[_Part]) -> Sequence[_Part] | None:
    """The last parts, when there are enough of one size."""
    last = parts[-_MERGED:]
    same = len(last) == _MERGED and len({part.writes for part in last}) == 1
    return last if same else None
