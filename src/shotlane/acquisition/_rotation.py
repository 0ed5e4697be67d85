"""Files that follow each other when one is big or old enough: NAME-0001.csv, NAME-0002.csv, ...

Without a rotation there is one file, of the name given.
"""

import re
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Rotation:
    """When the next file begins: beyond so many bytes, or after so many seconds since this one was opened."""

    max_bytes: int | None = None
    max_age_s: float | None = None

    def __post_init__(self) -> None:
        given = [limit for limit in (self.max_bytes, self.max_age_s) if limit is not None]
        if not given or min(given) <= 0:
            raise ValueError("a rotation has max_bytes or max_age_s, above 0")


class Paths:
    """The path that is written now."""

    def __init__(self, path: Path, rotation: Rotation | None) -> None:
        self._path = path
        self._rotation = rotation
        self._number = self._highest() if rotation is not None else 0
        self._opened_s = time.monotonic()

    @property
    def now(self) -> Path:
        """The path itself, or that of its number."""
        if self._rotation is None:
            return self._path
        return self._path.with_name(f"{self._path.stem}-{self._number:04d}{self._path.suffix}")

    def _highest(self) -> int:
        form = re.compile(rf"{re.escape(self._path.stem)}-(\d{{4,}}){re.escape(self._path.suffix)}")
        folder = self._path.parent
        names = (form.fullmatch(file.name) for file in folder.iterdir()) if folder.is_dir() else ()
        return max((int(found[1]) for found in names if found), default=1)

    def turn(self, size: int) -> bool:
        """Whether the next file begins, now that this one has so many bytes."""
        rotation = self._rotation
        if rotation is None:
            return False
        big = rotation.max_bytes is not None and size >= rotation.max_bytes
        old = rotation.max_age_s is not None and time.monotonic() - self._opened_s >= rotation.max_age_s
        if big or old:
            self._number += 1
            self._opened_s = time.monotonic()
        return big or old
