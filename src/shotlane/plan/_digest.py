"""Digests: SHA-256 over canonical bytes.

What counts is what is sent, when, and what bounds it: times, values as sent, parameters, the channels in use
with their limits and safe values. Names of ports, resources, timeouts and the store do not count, so that a
simulated run of a plan has the digest of a real one. All numbers are little-endian; digests are those of the
content alone, however it was computed, so that they are equal between processes and Python versions.
"""

import hashlib
import json
import struct
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.model import Attribute, Channel, Command, CommandParameter, Grid, Keep
from shotlane.plan._plan import PLAN_FORMAT


def canonical(value: Any) -> bytes:
    """A tree of plain values as bytes; mappings keep their order, floats are shortest decimals."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=True).encode()


def digest(*parts: bytes) -> str:
    """SHA-256 over parts, led by their lengths so that they cannot run into each other."""
    lengths = struct.pack(f"<{len(parts)}q", *map(len, parts))
    return hashlib.sha256(b"".join((lengths, *parts))).hexdigest()


def begun(*parts: bytes, rest: int) -> "hashlib._Hash":
    """The hash of `digest` before its last part, of `rest` bytes: copies of it share all that comes first."""
    lengths = struct.pack(f"<{len(parts) + 1}q", *map(len, parts), rest)
    return hashlib.sha256(b"".join((lengths, *parts)))


def column(values: NDArray[Any], kind: str) -> bytes:
    """A numpy column as little-endian bytes of a type such as 'i8' or 'f8'."""
    return np.ascontiguousarray(values, dtype=np.dtype(f"<{kind}")).tobytes()


def describe_channels(channels: Iterable[Channel], texts: Iterable[str]) -> bytes:
    """The channels in use, with what bounds them."""
    return canonical(
        [
            PLAN_FORMAT,
            [[item.name, _attribute(item.attribute), *_hardware(item)] for item in channels],
            list(texts),
        ]
    )


def _attribute(item: Attribute) -> list[Any]:
    safe = "keep()" if isinstance(item.safe, Keep) else item.safe
    unit = item.unit
    return [
        str(item.type),
        [unit.text, unit.factor, unit.offset] if unit is not None else None,
        [item.readable, item.writable],
        [item.low, item.high],
        list(item.options),
        item.resolution,
        item.update_ns,
        [type(safe).__name__, safe],
        *_grid(item.grid),
    ]


def _grid(grid: Grid | None) -> list[Any]:
    """The values that an alias can have, where its attribute is rounded."""
    return [] if grid is None else [[grid.step, list(grid.raws), list(grid.values), grid.low, grid.high]]


def _hardware(item: Channel) -> list[Any]:
    """What times it, where that is not the computer."""
    timing = item.hardware
    return [] if timing is None else [[timing.time_step_ns, timing.trigger, timing.restartable]]


def describe_call(role: str, command: Command, arguments: Mapping[str, Any]) -> list[Any]:
    """A command with its arguments."""
    return [role, command.name, [_parameter(item) for item in command.parameters], list(arguments.items())]


def _parameter(item: CommandParameter) -> list[Any]:
    return [item.name, str(item.type), item.unit.text if item.unit is not None else None]
