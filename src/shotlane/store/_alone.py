"""When another copy of SQLite may be used on a file.

The ADBC driver carries a SQLite of its own. POSIX drops every lock that a process holds on a file as soon as
the process closes any descriptor of it, so the second copy would silently take the locks of the first, and
another program could write into the middle of a commit (sqlite.org, "How To Corrupt An SQLite Database File",
2.2.1). Hence only while nothing in this process has the file open, and nothing opens it meanwhile.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Held by whatever opens a SQLite file.
OPENING = threading.RLock()
_DESCRIPTORS = ("/proc/self/fd", "/dev/fd")


@contextmanager
def alone_with(file: Path) -> Iterator[bool]:
    """Whether the file is this process's alone; nothing of ours opens it until the end of the block."""
    with OPENING:
        yield not _is_open_here(file)


def _is_open_here(file: Path) -> bool:
    """Whether this process has the file open; True as well where that cannot be seen."""
    if os.name == "nt":  # where locks belong to descriptors
        return False
    folder = next((Path(name) for name in _DESCRIPTORS if Path(name).is_dir()), None)
    if folder is None:
        return True
    wanted = file.stat()
    return any(_same(folder / name, wanted) for name in os.listdir(folder))  # noqa: PTH208  half the time


def _same(descriptor: Path, wanted: os.stat_result) -> bool:
    try:
        found = descriptor.stat()
    except OSError:  # closed since the folder was listed
        return False
    return (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino)
