"""Messages between an instrument server and its clients: JSON behind its length, never larger than a cap.

Arrays stand in them as type, shape and bytes in base64. Nothing in a message is ever executed.
"""

import base64
import json
import re
import socket
import struct
from typing import Any

import numpy as np

_HEAD = struct.Struct(">I")
GREETING = 4_096  # largest message of somebody who is not known yet
REQUEST = 1 << 20
ANSWER = 1 << 28
_ARRAY = "~array"
_BYTES = "~bytes"
# Types of arrays, as numpy writes those of numbers; what else it reads it has a small language for.
_KIND = re.compile(r"[<>|][biufc]\d{1,2}")


class FrameError(ConnectionError):
    """The other end sent what is no message, or more than may be sent."""


def send(line: socket.socket, message: Any, most: int) -> None:
    """Send a message. Raises `FrameError`, with nothing sent, when it is too large or no JSON, `OSError`."""
    try:
        data = json.dumps(message, separators=(",", ":"), default=_plain).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise FrameError(f"this cannot be sent: {error}") from None
    if len(data) > most:
        raise FrameError(f"a message of {len(data):,} bytes is more than the {most:,} that may be sent")
    line.sendall(_HEAD.pack(len(data)) + data)


def receive(line: socket.socket, most: int) -> dict[str, Any]:
    """The next message. Raises `FrameError`, `EOFError` at the end of the line, `OSError`."""
    (length,) = _HEAD.unpack(_exactly(line, _HEAD.size))
    if length > most:
        raise FrameError(f"a message of {length:,} bytes is more than the {most:,} that are taken")
    try:
        found = json.loads(_exactly(line, length), object_hook=_whole)
    except (ValueError, TypeError, RecursionError) as error:
        raise FrameError(f"this is no message: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise FrameError("this is no message: it is no object")
    return found


def _exactly(line: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        piece = line.recv(min(count - len(data), 1 << 16))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def _plain(value: Any) -> Any:
    """What JSON does not know."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {_ARRAY: [value.dtype.str, list(value.shape), data]}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, bytes | bytearray):
        return {_BYTES: base64.b64encode(value).decode()}
    return str(value)


def _whole(found: dict[str, Any]) -> Any:
    """An object of a message, with what `_plain` made of values undone."""
    if len(found) == 1 and _ARRAY in found:
        kind, shape, data = found[_ARRAY]
        if not _KIND.fullmatch(kind):
            raise ValueError("no array of numbers")
        return np.frombuffer(base64.b64decode(data), np.dtype(kind)).reshape(shape)
    if len(found) == 1 and _BYTES in found:
        return base64.b64decode(found[_BYTES])
    return found
