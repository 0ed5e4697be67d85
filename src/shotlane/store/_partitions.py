"""The parts that PostgreSQL keeps samples in: one per range of runs, made before the first of them begins.

Runs ascend in time, so that old data is dropped, moved or packed away part by part. The next part spans as
many runs as fill it with some hundred million samples, judged by the part before. There is no part for the
rest: to add one beside it would wait for every query that looks at all samples.
"""

from typing import Any

from shotlane.store._attempt_keys import attempt_range

_FIRST = 100
_WIDEST = 10_000
_ROWS = 100_000_000
_BYTES_A_ROW = 76
# Any constant will do, as long as every program that makes parts takes the same.
LOCK = 0x73686F7470617274

_PARTS = (
    "SELECT c.relname, pg_relation_size(c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = 'sample'::regclass"
)


def ensure_part(cursor: Any, run: int) -> None:
    """Make the part that holds the samples of a run, unless it is there."""
    if _holds(_parts(cursor), run):
        return
    cursor.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
    parts = _parts(cursor)
    if _holds(parts, run):
        return
    first, last, size = max(parts, default=(0, 0, 0))
    if run <= last:  # its part was dropped
        _make(cursor, run, run)
        return
    while last < run:
        width = _width(last - first + 1, size) if last else _FIRST
        first, last, size = last + 1, last + width, 0
        _make(cursor, first, last)


def _holds(parts: list[tuple[int, int, int]], run: int) -> bool:
    return any(first <= run <= last for first, last, _ in parts)


def _parts(cursor: Any) -> list[tuple[int, int, int]]:
    """First and last run of every part, and its size in bytes."""
    cursor.execute(_PARTS)
    found = []
    for name, size in cursor.fetchall():
        _, first, last = name.rsplit("_", 2)
        found.append((int(first), int(last), int(size)))
    return found


def _width(runs: int, size: int) -> int:
    rows_a_run = size / _BYTES_A_ROW / runs
    return int(min(max(_ROWS / max(rows_a_run, 1), 1), _WIDEST))


def _make(cursor: Any, first: int, last: int) -> None:
    # Attached, not made as a part: writers of other runs go on meanwhile.
    name = f"sample_{first}_{last}"
    cursor.execute(f"CREATE TABLE {name} (LIKE sample INCLUDING ALL)")
    cursor.execute(f"ALTER TABLE sample ATTACH PARTITION {name} {bounds(first, last)}")


def bounds(first: int, last: int) -> str:
    """The keys of the attempts of these runs, as PostgreSQL wants to hear it."""
    return f"FOR VALUES FROM ({attempt_range(first)[0]}) TO ({attempt_range(last)[1]})"
