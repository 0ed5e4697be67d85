"""From the rows of records to the rows of tables.

A number, truth value or whole number goes into one REAL column; its declared type stands in `channel`, so
that 25 then 25.9 stays 25.9. What a REAL cannot say exactly (not-a-number, whole numbers beyond 2**53, text)
is kept as text beside it. Nothing here raises on a value: what is unknown is kept as its text.
"""

import json
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.records import ActionRow, Event, PollRow, ResultRow, SampleRow, event_version

Row = tuple[Any, ...]
Array = NDArray[Any]

_EXACT = 2**53
# Bits of a whole number that is written in decimal digits whatever the limit of this Python (640 at least).
_LONGEST = 2_000
# Fast and nearly as small: waveforms of floats hardly shrink, images do.
_LEVEL = 1
# `json.dumps` with options would make one for every call.
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=str)


def storable(text: str) -> str:
    """The text with what a database cannot hold (NUL, half a surrogate pair) written as an escape."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


def to_json(value: Any) -> str:
    """Compact JSON; what JSON cannot say becomes text."""
    try:
        text = _JSON.encode(value)
    except (ValueError, TypeError):  # no number of JSON; a key that is no text
        text = _JSON.encode(_sayable(value))
    return storable(text)


def from_json(text: str | None, default: Any) -> Any:
    """What a column of JSON says; `default` when it says nothing."""
    return default if text is None else json.loads(text)


def _sayable(value: Any) -> Any:
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    if isinstance(value, int) and value.bit_length() > _LONGEST:
        return _digits(value)
    if isinstance(value, dict):
        return {str(key): _sayable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_sayable(item) for item in value]
    return value


def _digits(value: int) -> str:
    # Python refuses to write very long numbers in decimal digits, and only in those.
    return hex(value) if value.bit_length() > _LONGEST else str(value)


def split(value: Any) -> tuple[float | None, str | None, Array | None]:
    """A value as number, text and array; a number that is not exact is given as text too."""
    if value is None:
        return None, None, None
    if isinstance(value, float):
        # NaN would be stored as NULL by SQLite, and NULL means that there is no value.
        return (float(value), None, None) if value == value else (None, "nan", None)
    if isinstance(value, bool):
        return float(value), None, None
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, str):
        return None, storable(str(value)), None
    return _foreign(value)


def _whole(value: int) -> tuple[float | None, str | None, None]:
    if -_EXACT <= value <= _EXACT:
        return float(value), None, None
    try:
        return float(value), str(value), None
    except OverflowError:
        return None, _digits(value), None


def _foreign(value: Any) -> tuple[float | None, str | None, Array | None]:
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        plain = value.item()
        return split(plain) if isinstance(plain, float | int | str) else (None, storable(str(plain)), None)
    if isinstance(value, bytes | bytearray):
        return None, None, np.frombuffer(bytes(value), dtype=np.uint8)
    if isinstance(value, np.ndarray | list | tuple):
        array = _array(value)
        return (None, to_json(value), None) if array is None else (None, None, array)
    return None, storable(str(value)), None


def _array(value: Any) -> Array | None:
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different length
        return None
    return None if array.dtype.hasobject or array.dtype.kind in "US" else array


def sample_rows(
    attempt: int, rows: Iterable[SampleRow], samples: list[Row], texts: list[Row], arrays: list[Row]
) -> None:
    """Append the rows of the three sample tables."""
    for channel, tick, target, requested, received, value, status, raw in rows:
        # A subclass of int would be looked up among the adapters of sqlite3 for every row.
        state = int(status)
        late = None if requested is None else requested - target
        took = None if received is None else received - (target if requested is None else requested)
        if type(value) is float and value == value and raw is None:
            samples.append((attempt, channel, tick, target, late, took, value, state))
            continue
        number, text, array = split(value)
        samples.append((attempt, channel, tick, target, late, took, number, state))
        if text is not None or raw is not None:
            texts.append((attempt, channel, tick, text, None if raw is None else storable(raw)))
        if array is not None:
            arrays.append((attempt, channel, tick, *_packed(array)))


def action_rows(attempt: int, rows: Iterable[ActionRow], actions: list[Row]) -> None:
    """Append the rows of the action table."""
    for row in rows:
        number, text, array = split(row.value)
        if array is not None:
            text = to_json(array.tolist())
        actions.append(
            (
                attempt,
                row.number,
                int(row.kind),
                row.channel,
                None if row.command is None else storable(row.command),
                row.target_ns,
                row.requested_ns,
                row.received_ns,
                number,
                text,
                int(row.status),
                None if row.raw is None else storable(row.raw),
            )
        )


def result_rows(attempt: int, rows: Iterable[ResultRow], results: list[Row]) -> None:
    """Append the rows of the result table."""
    for number, row in enumerate(rows):
        value, text = _plain(row.value)
        equals, equals_text = _plain(row.equals)
        limits = (_limit(row.low), _limit(row.high), equals, equals_text)
        head = (attempt, number, storable(row.name), kind_of(row.value))
        results.append((*head, value, text, row.unit, *limits, row.verdict))


def _limit(value: float | None) -> float | None:
    return None if value is None else float(value)


def poll_row(run: int, number: int, row: PollRow) -> Row:
    """The row of the poll table."""
    value, text = _plain(row.value)
    raw = None if row.raw is None else storable(row.raw)
    times = (row.requested_utc_ns, row.received_utc_ns)
    return (run, number, row.channel, *times, value, text, int(row.status), raw)


def event_row(
    session: int, number: int, event: Event, run: int | None = None, attempt: int | None = None
) -> Row:
    """The row of the event table; `attempt`: its number over all sessions, where that is another one.

    The version of the type stands in `v` among the fields, unless it is the first.
    """
    version = event_version(event.type)
    fields = dict(event.fields) if version == 1 else {"v": version, **event.fields}
    place = (run, event.shot, event.attempt if attempt is None else attempt)
    return (session, number, storable(event.type), event.utc_ns, *place, to_json(fields))


def _plain(value: Any) -> tuple[float | None, str | None]:
    """A value that is no array; one that is, is kept as text."""
    number, text, array = split(value)
    return number, text if array is None else to_json(array.tolist())


def kind_of(value: Any) -> str | None:
    """What a value is: number, bool or text; None of none."""
    plain = value.item() if isinstance(value, np.generic) else value
    if plain is None:
        return None
    if isinstance(plain, bool):
        return "bool"
    return "number" if isinstance(plain, int | float) else "text"


def _packed(array: Array) -> tuple[str, str, str, bytes]:
    """Type, shape, encoding and bytes of an array, in C order."""
    plain = np.ascontiguousarray(array).tobytes()
    shape = json.dumps(array.shape)
    descr = np.lib.format.dtype_to_descr(array.dtype)
    dtype = descr if isinstance(descr, str) else json.dumps(descr)
    return dtype, shape, *pressed(plain)


def pressed(plain: bytes) -> tuple[str, bytes]:
    """Encoding and bytes of an array, packed where that is shorter."""
    packed = zlib.compress(plain, _LEVEL)
    return ("zlib", packed) if len(packed) < len(plain) else ("none", plain)


def unpacked(dtype: str, shape: str, encoding: str, data: bytes) -> Array:
    """The array again; read-only."""
    plain = zlib.decompress(data) if encoding == "zlib" else bytes(data)
    descr = json.loads(dtype) if dtype.startswith("[") else dtype
    kind = np.lib.format.descr_to_dtype(_as_descr(descr))
    array: Array = np.frombuffer(plain, dtype=kind).reshape(json.loads(shape))
    return array


def _as_descr(descr: Any) -> Any:
    """Lists of lists as JSON gives them, as the lists of tuples that numpy takes."""
    if isinstance(descr, list) and descr and isinstance(descr[0], list):
        return [(name, _as_descr(kind), *map(tuple, shape)) for name, kind, *shape in descr]
    return descr
