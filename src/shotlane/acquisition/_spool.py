"""Where samples wait, on the disk, while a sink fails: one file, appended to, and read from its front.

Its first line says how much of it was delivered, so that a program that is killed leaves what remains for the
next one with the same sink. A chunk is one line of JSON; one that was not written whole is cut off.
"""

import base64
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from shotlane.acquisition._file_at import BINARY, read_at, write_at
from shotlane.acquisition._sample import MeasuredChannel, Origin, Sample
from shotlane.records import Status

_HEAD = 20  # bytes of the first line


class Spool:
    """The spool of one sink. Made when it is first needed; locked against other programs."""

    def __init__(self, path: Path) -> None:
        from filelock import FileLock, Timeout  # late: 10 ms, and only for a pipe

        for number in range(1, 1000):
            self.path = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
            self._lock = FileLock(f"{self.path}.lock")
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire(timeout=0)
                break
            except Timeout:
                continue
        self._file = -1
        self._read = self._end = _HEAD
        self.chunks = 0
        if self.path.exists():
            self._adopt()

    def _adopt(self) -> None:
        """Go on with what another program left."""
        self._file = os.open(self.path, os.O_RDWR | BINARY)
        head = read_at(self._file, _HEAD, 0)
        if len(head) < _HEAD:
            self._start()
            return
        self._read = int(head)
        data = read_at(self._file, os.fstat(self._file).st_size - self._read, self._read)
        whole = data.rfind(b"\n") + 1
        self._end = self._read + whole
        os.ftruncate(self._file, self._end)
        self.chunks = data.count(b"\n")

    def _start(self) -> None:
        self._read = self._end = _HEAD
        os.ftruncate(self._file, 0)
        write_at(self._file, self._head(), 0)

    def _head(self) -> bytes:
        return b"%019d\n" % self._read

    def append(self, samples: Sequence[Sample]) -> None:
        """Write a chunk and wait until the disk has it. Raises `OSError`, and has none of it."""
        if self._file < 0:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | BINARY, 0o600)
            self._start()
        data = encoded(samples) + b"\n"
        try:
            write_at(self._file, data, self._end)
            os.fsync(self._file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self._end)
            raise
        self._end += len(data)
        self.chunks += 1

    def first(self) -> list[Sample]:
        """The oldest chunk."""
        size, line = 1 << 16, b""
        while not line.endswith(b"\n"):
            data = read_at(self._file, size, self._read)
            line = data[: data.find(b"\n") + 1]
            size *= 4
        self._after = self._read + len(line)
        return decoded(line)

    def delivered(self) -> None:
        """Forget the chunk that `first` gave."""
        self._read = self._after
        self.chunks -= 1
        if self.chunks:
            write_at(self._file, self._head(), 0)
        else:
            self._start()

    def close(self) -> None:
        """Let go; a spool with nothing in it is removed."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            if not self.chunks:
                self.path.unlink(missing_ok=True)
        self._lock.release()
        if not self.chunks:
            Path(self._lock.lock_file).unlink(missing_ok=True)


def encoded(samples: Sequence[Sample]) -> bytes:
    """Samples as one line of JSON."""
    channels: dict[MeasuredChannel, int] = {}
    origins: dict[Origin, int] = {}
    rows = [
        (
            channels.setdefault(sample.channel, len(channels)),
            origins.setdefault(sample.origin, len(origins)),
            *sample[2:6],
            _plain(sample.value),
            *sample[7:],
        )
        for sample in samples
    ]
    told = {"channels": [_fields(one) for one in channels], "origins": [_fields(one) for one in origins]}
    return json.dumps({**told, "rows": rows}, separators=(",", ":")).encode()


def _fields(one: MeasuredChannel | Origin) -> list[Any]:
    return [getattr(one, name) for name in one.__slots__]


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"dtype": value.dtype.str, "shape": value.shape, "data": data}
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, float | int | str | bool | None) else str(value)


def _value(plain: Any) -> Any:
    if isinstance(plain, dict):
        flat = np.frombuffer(base64.b64decode(plain["data"]), plain["dtype"])
        return flat.reshape(plain["shape"])
    return plain


def decoded(line: bytes) -> list[Sample]:
    """The samples again."""
    told = json.loads(line)
    channels = [MeasuredChannel(*fields) for fields in told["channels"]]
    origins = [Origin(*fields) for fields in told["origins"]]
    return [
        Sample(
            channels[channel],
            origins[origin],
            tick,
            target,
            begun,
            ended,
            _value(value),
            Status(status),
            raw,
            fault,
        )
        for channel, origin, tick, target, begun, ended, value, status, raw, fault in told["rows"]
    ]
