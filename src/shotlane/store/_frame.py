"""What waits, as bytes on a disk: parts of a batch in a frame of length and checksum.

A frame is whole or it is not there: what the end of a killed write left behind fails its checksum. Samples
stand as columns, everything else as JSON, bytes beside it; nothing in a frame is ever executed.
"""

import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from shotlane.store._batch import Part
from shotlane.store._columns import TYPES, columns, lots, rows_of
from shotlane.store._encode import Row

_HEAD = struct.Struct("<II")
_INDEX = struct.Struct("<I")
HEAD_SIZE = _HEAD.size
_LARGEST = 2**31
_JSON_LOT = 500


def framed(payload: bytes) -> bytes:
    """A payload with its length and checksum before it."""
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def expected(head: bytes) -> tuple[int, int] | None:
    """Length and checksum that the head of a frame says; None when it is none."""
    if len(head) < HEAD_SIZE:
        return None
    length, checksum = _HEAD.unpack(head)
    return (length, checksum) if 0 < length < _LARGEST else None


def is_whole(payload: bytes, length: int, checksum: int) -> bool:
    """Whether this is all of the payload that was written."""
    return len(payload) == length and zlib.crc32(payload) == checksum


def pack(parts: Iterable[Part]) -> bytes:
    """The parts as one payload."""
    index: list[Any] = []
    data: list[bytes] = []
    for name, rows in parts:
        for piece in _pack_samples(rows) if name == "sample" else _pack_rows(rows):
            index.append([name, len(piece[0]), *piece[1:]])
            data.append(piece[0])
    head = json.dumps(index, separators=(",", ":")).encode()
    return b"".join((_INDEX.pack(len(head)), head, *data))


def _pack_samples(rows: Any) -> Iterator[tuple[bytes, int]]:
    for lot in lots(rows):
        found, missing = columns(lot)
        yield b"".join((missing.tobytes(), *(column.tobytes() for column in found))), len(lot)


def _pack_rows(rows: Any) -> Iterator[tuple[bytes]]:
    for lot in lots(rows, _JSON_LOT):
        blobs: list[bytes] = []
        # A bytes value is its length in a list; the bytes follow the text.
        plain = [[_aside(value, blobs) for value in row] for row in lot]
        text = json.dumps(plain, separators=(",", ":")).encode()
        yield (b"".join((_INDEX.pack(len(text)), text, *blobs)),)


def _aside(value: Any, blobs: list[bytes]) -> Any:
    if isinstance(value, bytes):
        blobs.append(value)
        return [len(value)]
    return value.item() if isinstance(value, np.generic) else value


def unpack(payload: bytes) -> list[Part]:
    """The parts again."""
    (size,) = _INDEX.unpack_from(payload)
    place = _INDEX.size + size
    parts: list[Part] = []
    for name, length, *count in json.loads(payload[_INDEX.size : place]):
        piece = payload[place : place + length]
        place += length
        parts.append((name, _unpack_samples(piece, *count) if count else _unpack_rows(piece)))
    return parts


def _unpack_samples(piece: bytes, count: int) -> list[Row]:
    missing = np.frombuffer(piece, np.int8, count)
    place, found = count, []
    for kind in TYPES:
        found.append(np.frombuffer(piece, kind, count, place))
        place += count * found[-1].itemsize
    return rows_of(found, missing)


def _unpack_rows(piece: bytes) -> list[Row]:
    (size,) = _INDEX.unpack_from(piece)
    place = _INDEX.size + size
    rows: list[Row] = []
    for plain in json.loads(piece[_INDEX.size : place]):
        for index, value in enumerate(plain):
            if isinstance(value, list):
                plain[index] = piece[place : place + value[0]]
                place += value[0]
        rows.append(tuple(plain))
    return rows
