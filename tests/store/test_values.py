"""Values keep their type, their exactness and their shape, in memory, in a store and through a spool."""

from typing import Any

import numpy as np
import pytest
from tests.store import lab

from shotlane.analysis import load
from shotlane.records import SampleRow, Status
from shotlane.store import open_reader, open_recorder, unpacked


def _stored(store_url: str, rows: list[SampleRow]) -> tuple[list[Any], list[Any]]:
    """Value of every sample, and its text and raw."""
    with open_recorder(store_url) as recorder:
        run = recorder.begin_run(lab.run_start())
        lab.record_shot(recorder, 1, rows)
    with open_reader(store_url) as reader:
        texts = {row[1:3]: row[3:] for row in reader.sample_texts(run)}
        samples = reader.samples(run)
    return [row[6] for row in samples], [texts.get(tuple(row[1:3])) for row in samples]


@pytest.mark.parametrize("count", [1, 100], ids=["few", "many"])
def test_a_column_that_begins_with_whole_numbers_truncates_nothing(store_url: str, count: int) -> None:
    # Many go another way into PostgreSQL.
    rows = [lab.sample(0, tick, 25 if tick < count else 25.9) for tick in range(2 * count)]
    values, texts = _stored(store_url, rows)
    assert values == [25.0] * count + [25.9] * count
    assert set(texts) == {None}


@pytest.mark.parametrize("count", [1, 100], ids=["few", "many"])
def test_no_value_is_null_with_what_the_instrument_answered(store_url: str, count: int) -> None:
    rows = [lab.sample(0, tick, None, raw="-------") for tick in range(count)]
    rows += [
        lab.sample(0, count + tick, None, status=Status.MISSED, requested_ns=None, received_ns=None)
        for tick in range(count)
    ]
    values, texts = _stored(store_url, rows)
    assert values == [None] * (2 * count)
    assert texts == [(None, "-------")] * count + [None] * count


def test_exact_numbers_stay_exact(store_url: str) -> None:
    numbers = [2**53, 2**53 + 1, -(2**63), 10**400, 5e-324, float("inf")]
    values, texts = _stored(store_url, [lab.sample(0, tick, value) for tick, value in enumerate(numbers)])
    assert values == [float(2**53), float(2**53), float(-(2**63)), None, 5e-324, float("inf")]
    assert [text and int(text[0]) for text in texts] == [None, 2**53 + 1, -(2**63), 10**400, None, None]


def test_not_a_number_is_no_missing_value(store_url: str) -> None:
    rows = [lab.sample(0, tick, float("nan") if tick % 2 else None) for tick in range(100)]
    values, texts = _stored(store_url, rows)
    assert set(values) == {None}
    assert texts == [("nan", None) if tick % 2 else None for tick in range(100)]


def test_declared_types_come_back_where_values_stand_in_columns(store_url: str) -> None:
    rows = [lab.sample(0, 0, 25), lab.sample(1, 0, 7), lab.sample(2, 0, True), lab.sample(3, 0, "He")]
    with open_recorder(store_url) as recorder:
        run = recorder.begin_run(lab.run_start())
        lab.record_shot(recorder, 1, rows, values={"T_soak": 25, "background": False, "gas": "true"})
    loaded = load(run, store_url)
    wide = loaded.wide(["furnace.temperature", "furnace.count", "gas.shutoff", "gas.name"])
    found = {name: wide[name].drop_nulls().to_list() for name in wide.columns[-4:]}
    assert found == {
        "furnace.temperature": [25.0],
        "furnace.count": [7],
        "gas.shutoff": [True],
        "gas.name": ["He"],
    }
    assert isinstance(found["gas.shutoff"][0], bool)
    assert loaded.shots().select("T_soak", "background", "gas").row(0) == (25.0, False, "true")


@pytest.mark.parametrize(
    "array",
    [
        np.linspace(-1, 1, 4096),
        np.arange(6, dtype=">u2").reshape(2, 3),
        np.zeros((480, 640), np.uint8),
        np.array([[1 + 2j]], np.complex64),
        np.zeros((0, 3), np.float32),
        np.array(["2026-01-01"], "datetime64[ns]"),
    ],
    ids=["waveform", "big-endian", "image", "complex", "empty", "instants"],
)
def test_an_array_keeps_its_type_shape_and_values(store_url: str, array: "np.ndarray[Any, Any]") -> None:
    with open_recorder(store_url) as recorder:
        run = recorder.begin_run(lab.run_start())
        lab.record_shot(recorder, 1, [lab.sample(4, 0, array)])
    with open_reader(store_url) as reader:
        (row,) = reader.arrays(run)
        back = unpacked(*row[4:])
        assert reader.channels(run)[4].unit == "V"
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert np.array_equal(back, array)
    assert len(row[7]) <= array.nbytes
