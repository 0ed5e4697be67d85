"""Zip files of strangers: the list of files, which is in memory before a file can be counted, is bounded.

Which bytes are the list is for `zipfile` to find, so that what is bounded is what is read, wherever a file
says otherwise.
"""

import io
import zipfile
from pathlib import Path

# Of files with names of some dozen letters, several hundred thousand.
_LONGEST_LIST = 32 << 20


class BoundedZip(zipfile.ZipFile):
    """A zip file to read. Raises `zipfile.BadZipFile` for one whose list of files is too long."""

    _whole: "_ShortReads | None" = None

    def __init__(self, path: Path) -> None:
        self._whole = whole = _ShortReads(path.open("rb", buffering=0))
        try:
            super().__init__(whole)
        except BaseException:
            whole.close()
            raise
        whole.bounded = False

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        super().close()
        if self._whole is not None:
            self._whole.close()


class _ShortReads(io.BufferedReader):
    """A file of which nothing long is read while it is bounded."""

    bounded = True

    def read(self, size: int | None = -1, /) -> bytes:
        # What has no size is the end of the file, where `zipfile` looks for where the list is.
        if self.bounded and size is not None and size > _LONGEST_LIST:
            raise zipfile.BadZipFile(f"the list of its files is {size:,} bytes long, which is not read")
        return super().read(size)
