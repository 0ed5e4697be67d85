"""A bag as it lies on the disk, a folder or one file: its files by name, and nothing outside of it.

Nothing is ever unpacked. A name that leads out of the bag, a link, or a name that is there twice makes the
whole bag unusable: whoever made it did not mean well, or something broke it.
"""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

from shotlane.archives._error import ArchiveError
from shotlane.archives._names import is_safe
from shotlane.plan import BoundedZip

MARK = "bagit.txt"
_MOST_FILES = 200_000
_MOST_IN_MEMORY = 256 << 20
# What is packed in an archive is text, a few dozen times as long as it is packed.
_FREE = 256 << 20
_TIMES = 100
# What reading a zip file that is damaged inside raises.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def is_bag(path: Path) -> bool:
    """Whether a path looks like an archive: a folder with `bagit.txt`, or a zip file that is no plan."""
    if path.is_dir():
        return (path / MARK).is_file()
    return path.suffix.lower() == ".zip" and path.is_file()


def open_bag(path: Path) -> "Bag":
    """Open a bag to read. Raises `ArchiveError`."""
    if not path.exists():
        raise ArchiveError(f"there is no archive '{path}'")
    try:
        bag = _folder_bag(path) if path.is_dir() else _zip_bag(path)
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ArchiveError(f"'{path}' is no archive of shotlane, or is damaged: {error}") from error
    if MARK not in bag.sizes:
        bag.close()
        raise ArchiveError(f"'{path}' is no archive: it holds no {MARK}")
    return bag


class Bag:
    """The files of a bag. Close it, or use it in a `with`."""

    def __init__(
        self, path: Path, sizes: Mapping[str, int], archive: zipfile.ZipFile | None, top: str
    ) -> None:
        self.path = path
        self.sizes = sizes
        self._archive = archive
        self._top = top

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        if self._archive is not None:
            self._archive.close()

    def open(self, name: str) -> IO[bytes]:
        """A file of the bag to read. Raises `ArchiveError` when there is none."""
        if name not in self.sizes:
            raise ArchiveError(f"'{self.path}' holds no '{name}'")
        if self._archive is None:
            return (self.path / name).open("rb")
        return self._archive.open(self._top + name)

    def read(self, name: str, most: int = _MOST_IN_MEMORY) -> bytes:
        """The bytes of a file that is not large. Raises `ArchiveError`."""
        if self.sizes.get(name, 0) > most:
            raise ArchiveError(f"'{name}' of '{self.path}' is too large: {self.sizes[name]} bytes")
        with self.told(name), self.open(name) as file:
            return file.read(most + 1)

    @contextmanager
    def told(self, name: str) -> Iterator[None]:
        """Tell damage that is found while a file is read. Raises `ArchiveError`."""
        try:
            yield
        except DAMAGE as error:
            raise ArchiveError(f"'{name}' of '{self.path}' is damaged: {error}") from error

    def sources(self, names: Sequence[str]) -> list[Path] | list[IO[bytes]]:
        """Files for who wants to read parts of them only: paths, or of a zip file their bytes.

        Raises `ArchiveError` when there is none.
        """
        for name in names:
            if name not in self.sizes:
                raise ArchiveError(f"'{self.path}' holds no '{name}'")
        if self._archive is None:
            return [self.path / name for name in names]
        return [self._in_memory(name) for name in names]

    def _in_memory(self, name: str) -> IO[bytes]:
        with self.told(name), self.open(name) as file:
            return io.BytesIO(file.read())


def _folder_bag(path: Path) -> Bag:
    sizes: dict[str, int] = {}
    for number, item in enumerate(path.rglob("*")):
        state = item.lstat()
        name = item.relative_to(path).as_posix()
        if not stat.S_ISDIR(state.st_mode) and not stat.S_ISREG(state.st_mode):
            raise ArchiveError(f"{name!r} of '{path}' is neither a file nor a folder")
        if not is_safe(name):
            raise ArchiveError(f"'{path}' is refused: no file of an archive is called {name!r}")
        if number > _MOST_FILES:
            raise ArchiveError(f"'{path}' holds more than {_MOST_FILES:,} files")
        if stat.S_ISREG(state.st_mode):
            sizes[name] = state.st_size
    return Bag(path, dict(sorted(sizes.items())), None, "")


def _zip_bag(path: Path) -> Bag:
    archive = BoundedZip(path)
    try:
        return _bag_in(path, archive)
    except BaseException:
        archive.close()
        raise


def _bag_in(path: Path, archive: zipfile.ZipFile) -> Bag:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > _MOST_FILES:
        raise ArchiveError(f"'{path}' holds more than {_MOST_FILES:,} files")
    for entry in entries:
        _check(path, entry)
    _check_sizes(path, entries)
    top = _top(path, [entry.filename for entry in entries])
    sizes = {entry.filename.removeprefix(top): entry.file_size for entry in entries}
    if len(sizes) != len(entries):
        raise ArchiveError(f"'{path}' holds two files of one name")
    return Bag(path, dict(sorted(sizes.items())), archive, top)


def _check(path: Path, entry: zipfile.ZipInfo) -> None:
    # The name as it is written: the one that zipfile gives has lost what follows a NUL.
    if not is_safe(entry.orig_filename):
        raise ArchiveError(f"'{path}' is refused: its file {entry.orig_filename!r} would lie outside of it")
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise ArchiveError(f"'{path}' is refused: '{entry.filename}' is no plain file")
    if entry.flag_bits & 1:
        raise ArchiveError(f"'{path}' is refused: '{entry.filename}' is encrypted")
    if entry.compress_type not in _PACKED:
        raise ArchiveError(f"'{path}' is refused: '{entry.filename}' is packed in a way that no bag is")


def _check_sizes(path: Path, entries: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse a file that would come to far more than it is, or whose parts lie over one another."""
    packed = sum(entry.compress_size for entry in entries)
    unpacked = sum(entry.file_size for entry in entries)
    size = path.stat().st_size
    if packed > size:
        raise ArchiveError(f"'{path}' is refused: its files lie over one another")
    if unpacked > _FREE + _TIMES * size:
        raise ArchiveError(f"'{path}' is refused: its {size:,} bytes would come to {unpacked:,}")


def _top(path: Path, names: list[str]) -> str:
    """The one folder in which a zipped bag lies."""
    tops = {name.partition("/")[0] for name in names if "/" in name}
    if MARK in names:
        return ""
    if len(tops) != 1 or any("/" not in name for name in names):
        raise ArchiveError(f"'{path}' is no archive: a bag lies in one folder")
    return f"{tops.pop()}/"
