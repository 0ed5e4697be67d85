import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shotlane.store._encode import Array, _packed, split, storable, to_json, unpacked


@pytest.mark.parametrize(
    ("value", "number", "text"),
    [
        (None, None, None),
        (25, 25.0, None),
        (25.9, 25.9, None),
        (True, 1.0, None),
        (2**53 + 1, float(2**53), "9007199254740993"),
        (10**400, None, "1" + "0" * 400),
        (math.inf, math.inf, None),
        (math.nan, None, "nan"),
        ("He", None, "He"),
        (np.float32(0.5), 0.5, None),
        (np.int64(7), 7.0, None),
        (np.True_, 1.0, None),
        (np.array(2.5), 2.5, None),
        (1 + 2j, None, "(1+2j)"),
        ([[1, 2], [3]], None, "[[1,2],[3]]"),
    ],
)
def test_a_value_becomes_a_number_or_text(value: Any, number: float | None, text: str | None) -> None:
    assert split(value) == (number, text, None)


@pytest.mark.parametrize("value", [[1.0, 2.0], (1, 2), b"\1\2", np.zeros((2, 3), dtype=np.uint16)])
def test_sequences_of_numbers_become_arrays(value: Any) -> None:
    number, text, array = split(value)
    assert (number, text) == (None, None)
    assert array is not None
    assert array.tolist() == (list(value) if not isinstance(value, np.ndarray) else value.tolist())


@given(hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5)))
def test_arrays_come_back_as_they_were(array: Array) -> None:
    dtype, shape, encoding, data = _packed(array)
    again = unpacked(dtype, shape, encoding, data)
    assert again.dtype == array.dtype
    assert again.shape == array.shape
    assert again.tobytes() == array.tobytes()


def test_structured_arrays_come_back_as_they_were() -> None:
    array = np.array([(1, 2.5, [1, 2])], dtype=[("count", "<i4"), ("level", "<f8"), ("place", "<i2", (2,))])
    again = unpacked(*_packed(array))
    assert again.dtype == array.dtype
    assert again.tobytes() == array.tobytes()


@given(st.text())
def test_any_text_is_made_storable(text: str) -> None:
    stored = storable(text)
    assert "\0" not in stored
    stored.encode("utf-8")


def test_text_that_no_database_holds_is_escaped() -> None:
    assert storable("a\0b\udc80µ") == "a\\x00b\\udc80µ"


def test_json_of_what_json_cannot_say_is_still_json() -> None:
    text = to_json({"value": math.nan, "list": [math.inf, 1.5], "path": object})
    assert json.loads(text) == {"value": "nan", "list": ["inf", 1.5], "path": "<class 'object'>"}


def test_what_json_has_no_word_for_is_kept_as_text() -> None:
    found = json.loads(to_json({"a": {(1, 2): float("inf"), b"k": [10**5000, 7]}}))
    assert found == {"a": {"(1, 2)": "inf", "b'k'": [hex(10**5000), 7]}}
    assert split(10**5000) == (None, hex(10**5000), None)
