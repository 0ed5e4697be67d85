"""Samples as the binary form of COPY takes them (PostgreSQL manual, COPY, "Binary Format").

Nearly all samples of a channel differ in seven numbers only: those are packed by numpy, with everything else
as bytes that are made once. The others, with a text, a fault or without a number, are packed one by one.
"""

import math
from collections.abc import Iterator, Sequence
from struct import pack
from typing import Any, Final

import numpy as np

from shotlane.acquisition._sample import Sample
from shotlane.acquisition._table import SCHEMA, STATUS_NAMES, channel_row, split

_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END: Final = b"\xff\xff"
_NULL: Final = b"\xff\xff\xff\xff"
# Microseconds from 1970 to 2000, where PostgreSQL counts from.
_EPOCH_US: Final = 946_684_800_000_000
_HEAD: Final = list(SCHEMA)[:12]
_NUMBERS: Final = (">i8",) * 6 + (">f8",) * 3  # tick, four instants, monotonic_ns, latency, lateness, value


def binary_rows(samples: Sequence[Sample]) -> Iterator[bytes]:
    """The whole stream; rows of a channel stand together."""
    plain: dict[tuple[int, int, int], list[Sample]] = {}
    others = []
    for sample in samples:
        value = sample[6]
        if type(value) is float and sample[8] is None and sample[9] is None and math.isfinite(value):
            plain.setdefault((id(sample[0]), id(sample[1]), sample[7]), []).append(sample)
        else:
            others.append(sample)
    yield _SIGNATURE
    for group in plain.values():
        if any(sample.requested_ns is None or sample.received_ns is None for sample in group):
            others += group
        else:
            yield _packed(group)
    for sample in others:
        yield _one(sample)
    yield _END


def _head(sample: Sample) -> bytes:
    """The count of fields, and those that all samples of a channel share."""
    row = zip(_HEAD, channel_row(sample.channel, sample.origin), strict=True)
    fields = [_whole(value) if SCHEMA[name] == "whole" else _text(value) for name, value in row]
    return pack(">h", len(SCHEMA)) + b"".join(fields)


def _packed(group: Sequence[Sample]) -> bytes:
    """Samples of one channel and status, with a finite number each and nothing else to tell."""
    head = _head(group[0])
    tail = _NULL + _text(STATUS_NAMES[group[0].status]) + _NULL + _NULL
    # Text stands between the value and the status.
    fields: list[tuple[str, Any]] = [("head", f"V{len(head)}")]
    for index, kind in enumerate(_NUMBERS):
        fields += [(f"length{index}", ">i4"), (f"value{index}", kind)]
    records = np.empty(len(group), [*fields, ("tail", f"V{len(tail)}")])
    records["head"], records["tail"] = np.void(head), np.void(tail)
    for index, column in enumerate(_columns(group)):
        records[f"length{index}"] = 8
        records[f"value{index}"] = column
    return records.tobytes()


def _columns(group: Sequence[Sample]) -> list[Any]:
    _, _, ticks, targets, requests, replies, values, *_ = zip(*group, strict=True)
    target, requested, received = (np.array(one, "i8") for one in (targets, requests, replies))
    offset = group[0].origin.utc_offset_ns
    middle = requested + (received - requested) // 2
    instants = [(at + offset) // 1000 - _EPOCH_US for at in (target, requested, received, middle)]
    latency, lateness = (received - requested) / 1e9, (requested - target) / 1e9
    return [np.array(ticks, "i8"), *instants, received, latency, lateness, np.array(values, "f8")]


def _one(sample: Sample) -> bytes:
    number, text = split(sample.value)
    requested, received, offset = sample.requested_ns, sample.received_ns, sample.origin.utc_offset_ns
    middle = None if requested is None or received is None else requested + (received - requested) // 2
    instants = (sample.target_ns, requested, received, middle)
    fields = [
        _whole(sample.tick),
        *(_whole(None if at is None else (at + offset) // 1000 - _EPOCH_US) for at in instants),
        _whole(received),
        *(_number(value) for value in (sample.latency_s, sample.lateness_s, number)),
        *(_text(value) for value in (text, STATUS_NAMES[sample.status], sample.fault, sample.raw)),
    ]
    return _head(sample) + b"".join(fields)


def _whole(value: int | None) -> bytes:
    return _NULL if value is None else pack(">iq", 8, value)


def _number(value: float | None) -> bytes:
    return _NULL if value is None else pack(">id", 8, value)


def _text(value: str | None) -> bytes:
    if value is None:
        return _NULL
    data = without_nul(value).encode("utf-8", "backslashreplace")
    return pack(">i", len(data)) + data


def without_nul(text: str) -> str:
    """PostgreSQL keeps no NUL in a text."""
    return text.replace("\0", "\\x00")
