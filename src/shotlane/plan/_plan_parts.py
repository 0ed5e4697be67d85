"""The parts of a plan file as they are read: none comes to more than a plan can have there.

A plan can come from a stranger, in an archive. How large a part is says the list of the zip file, of which no
more is ever unpacked, and an array has the size that it says itself.
"""

import json
import math
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.plan._bounded_zip import BoundedZip

# What reading something else than a plan, or a damaged one, raises.
DAMAGE = (
    *(OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError),
    *(KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError),
)
HEAD = "plan.json"
_LONGEST_HEAD = 256 << 20
# Every shot has a digest, which cannot be packed, so a plan of many shots is a few dozen times as long as its
# file. One of few shots that are all alike may be more. What is JSON takes many times its length in memory.
_TIMES = 100
_FREE_TEXT = 8 << 20
_FREE = 64 << 20
_TEXTS = ("rules", "live")
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class PlanParts:
    """An open plan file."""

    def __init__(self, path: Path) -> None:
        self._file = BoundedZip(path)
        self._size = path.stat().st_size
        self._chunks: defaultdict[int, list[str]] = defaultdict(list)
        for entry in self._file.infolist():
            if entry.compress_type not in _PACKED:
                raise ValueError(f"its {entry.filename} is packed in a way that no plan is")
            if entry.filename.startswith("shots/"):
                self._chunks[int(entry.filename.split("/")[1])].append(entry.filename)

    def __len__(self) -> int:
        """How many chunks of shots there are."""
        return len(self._chunks)

    def head(self) -> dict[str, Any]:
        """What holds for all shots."""
        if self._file.getinfo(HEAD).file_size > min(_LONGEST_HEAD, self._most(_FREE_TEXT)):
            raise ValueError("its head is too large")
        found: dict[str, Any] = json.loads(self._file.read(HEAD))
        return found

    def points(self, count: int) -> list[NDArray[Any]]:
        """So many columns of the sweep points."""
        known = set(self._file.namelist())
        names = [f"points/{number}.json" for number in range(count)]
        texts = {name for name in names if name in known}
        arrays = {f"points/{number}.npy" for number in range(count)} & known
        self._check(texts, _FREE_TEXT)
        self._check(arrays, _FREE)
        return [
            np.array(json.loads(self._file.read(name)), dtype=object)
            if name in texts
            else self._array(name.replace(".json", ".npy"))
            for name in names
        ]

    def chunk(self, first: int) -> dict[str, NDArray[Any]]:
        """The arrays of a chunk by name; `first`: the index of its first shot."""
        named = {name.split("/")[-1].removesuffix(".npy"): name for name in self._chunks[first]}
        self._check(named.values(), _FREE)
        self._check([named[name] for name in _TEXTS if name in named], _FREE_TEXT)
        return {name: self._array(place) for name, place in named.items()}

    def _most(self, free: int) -> int:
        return free + _TIMES * self._size

    def _check(self, names: Iterable[str], free: int) -> None:
        """Refuse parts that are in memory together and come to too much."""
        entries = [self._file.getinfo(name) for name in names]
        size = sum(entry.file_size for entry in entries)
        if size > self._most(free):
            place = entries[0].filename.rpartition("/")[0]
            raise ValueError(f"its {self._size:,} bytes would come to {size:,} in {place}")

    def _array(self, name: str) -> NDArray[Any]:
        size = self._file.getinfo(name).file_size
        with self._file.open(name) as stream:
            np.lib.format.read_magic(stream)
            shape, _, kind = np.lib.format.read_array_header_1_0(stream)
            told = math.prod(shape) * kind.itemsize + stream.tell()
        # One without a size in bytes may still have any number of rows.
        if told != size or max(shape, default=0) > size:
            raise ValueError(f"{name} does not have the size that it says")
        with self._file.open(name) as stream:
            found: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
        return found
