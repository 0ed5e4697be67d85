"""Frames of a spool hold what was put in, and no frame is taken that is not whole."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shotlane.store._columns import columns, copy_data, rows_of
from shotlane.store._frame import HEAD_SIZE, expected, framed, is_whole, pack, unpack

_INT = st.integers(-(2**63), 2**63 - 1)
_FLOAT = st.none() | st.floats(allow_nan=False)
_SAMPLE = st.tuples(_INT, _INT, _INT, _INT, st.none() | _INT, st.none() | _INT, _FLOAT, st.integers(0, 5))
_VALUE = st.none() | _INT | st.floats(allow_nan=False) | st.text() | st.binary()
_ROW = st.lists(_VALUE, min_size=1, max_size=5).map(tuple)


@given(st.lists(_SAMPLE, min_size=1, max_size=30))
def test_samples_come_back_from_columns(rows: list[tuple[Any, ...]]) -> None:
    assert rows_of(*columns(rows)) == rows


@given(st.lists(_SAMPLE, min_size=1, max_size=20), st.lists(_ROW, min_size=1, max_size=20))
def test_parts_come_back_from_a_frame(samples: list[tuple[Any, ...]], rows: list[tuple[Any, ...]]) -> None:
    assert unpack(pack([("shot", rows), ("sample", samples)])) == [("shot", rows), ("sample", samples)]


def test_many_rows_come_back_in_one_part_after_the_other() -> None:
    rows = [(n, 0, n, n, n, None, n / 7, 0) for n in range(10_000)]
    assert [row for _, part in unpack(pack([("sample", rows)])) for row in part] == rows


@given(st.binary(min_size=1, max_size=50), st.data())
def test_a_frame_that_was_cut_or_changed_is_not_whole(payload: bytes, data: st.DataObject) -> None:
    frame = framed(payload)
    at = data.draw(st.integers(0, len(frame) - 1))
    broken = bytearray(frame)
    broken[at] ^= data.draw(st.integers(1, 255))
    for bad in (bytes(broken), frame[:at]):
        wanted = expected(bad[:HEAD_SIZE])
        assert wanted is None or not is_whole(bad[HEAD_SIZE:], *wanted)


def test_rows_for_postgres_have_the_length_of_their_fields() -> None:
    full, empty = (1, 2, 3, 4, 5, 6, 7.0, 0), (1, 2, 3, 4, None, None, None, 3)
    data = b"".join(copy_data([full, empty, full]))
    fields = 8 * 7 + 2
    assert len(data) == 19 + 2 + 3 * (2 + 8 * 4) + 2 * fields + (fields - 24)
    assert np.frombuffer(data[19:21], ">i2") == 8
