"""Reading and writing at a place of an open file, on every system; whole, or `OSError`."""

import os

BINARY = getattr(os, "O_BINARY", 0)


def read_at(file: int, size: int, place: int) -> bytes:
    """So many bytes from a place, fewer at the end of the file."""
    os.lseek(file, place, os.SEEK_SET)
    parts = []
    while size > 0 and (data := os.read(file, size)):
        parts.append(data)
        size -= len(data)
    return b"".join(parts)


def write_at(file: int, data: bytes, place: int) -> None:
    """All of the data."""
    os.lseek(file, place, os.SEEK_SET)
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
