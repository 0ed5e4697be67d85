"""A lock that was taken by another process, which handed over its open file.

The operating system keeps such a lock for as long as one of the two has the file open. So it outlives the
process that took it, unless that one let go of it itself.
"""

import os
from contextlib import suppress

from filelock import FileLock


class InheritedLock:
    """Lets go of its open file, and of the lock with it when nobody else has that."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go. Safe to call once."""
        with suppress(OSError):
            os.close(self._descriptor)


def descriptor_of(lock: FileLock | InheritedLock) -> int | None:
    """The open file of a lock that can be handed over; None where the system or its file system has none."""
    # filelock has no public name for it.
    found = getattr(getattr(lock, "_context", None), "lock_file_fd", None)
    return found if os.name == "posix" and isinstance(found, int) else None
