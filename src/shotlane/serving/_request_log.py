"""The peers' own record of what reached them: one JSON line per request, written before it is answered.

It is the independent witness of a run, so nothing of the runner writes into it.
"""

import json
import threading
import time
from pathlib import Path
from typing import Any


class RequestLog:
    """Collects requests in memory, and in a file where one is given; flushed line by line."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._entries: list[dict[str, Any]] = []
        self._file = None if path is None else path.open("a", encoding="utf-8")

    def add(self, device: str, **fields: Any) -> None:
        """Write one entry with the time of now."""
        with self._lock:
            entry = {"utc_ns": time.time_ns(), "device": device, **fields}
            self._entries.append(entry)
            if self._file is not None:
                self._file.write(json.dumps(entry) + "\n")
                self._file.flush()

    def entries(self) -> list[dict[str, Any]]:
        """All entries so far."""
        with self._lock:
            return list(self._entries)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
