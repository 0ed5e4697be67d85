from typing import Any

import pytest
from tests.store import lab

from shotlane.analysis import load
from shotlane.records import Status
from shotlane.store import open_recorder

T, N, GATE, GAS = "furnace.temperature", "furnace.count", "gas.shutoff", "gas.name"


@pytest.fixture
def wide(sqlite_url: str) -> Any:
    """Temperature at 0, 20, 40 ms; the count at 0 and 40 ms only; gate and gas at 20 ms."""
    rows = [
        *(lab.sample(0, tick, 10.0 * tick) for tick in range(3)),
        *(lab.sample(1, tick, tick) for tick in (0, 2)),
        lab.sample(2, 1, True),
        lab.sample(3, 1, "He"),
    ]
    with open_recorder(sqlite_url) as recorder:
        lab.record_run(recorder, shots=2, rows=lambda _: rows)
    return load(store=sqlite_url).wide


def test_channels_stand_side_by_side_at_every_instant_read(wide: Any) -> None:
    found = wide([T, N], how="previous").filter(shot=1)
    assert found.columns == ["run", "shot", "attempt", "t", T, N]
    assert found.select("t", T, N).rows() == [(0.0, 0.0, 0), (0.02, 10.0, 0), (0.04, 20.0, 2)]


def test_every_shot_has_its_own_axis(wide: Any) -> None:
    assert wide(T)["shot"].to_list() == [1, 1, 1, 2, 2, 2]


def test_columns_have_the_types_of_their_channels(wide: Any) -> None:
    found = wide([T, N, GATE, GAS], how="previous").filter(shot=2)
    assert [str(kind) for kind in found.dtypes[4:]] == ["Float64", "Int64", "Boolean", "String"]
    assert found[GATE].to_list() == [None, True, True]
    assert found[GAS].to_list() == [None, "He", "He"]


def test_straight_lines_join_numbers_and_end_with_them(wide: Any) -> None:
    found = wide([T, GATE], every=0.01, how="interpolate").filter(shot=1)
    assert found["t"].to_list() == [0.0, 0.01, 0.02, 0.03, 0.04]
    assert found[T].to_list() == [0.0, 5.0, 10.0, 15.0, 20.0]
    assert found[GATE].to_list() == [None, None, True, True, True]


def test_nearest_takes_a_reading_at_most_half_a_step_away(wide: Any) -> None:
    found = wide(T, every=0.008).filter(shot=1)
    assert found["t"].to_list() == [0.0, 0.008, 0.016, 0.024, 0.032, 0.04]
    assert found[T].to_list() == [0.0, None, 10.0, 10.0, None, 20.0]


def test_without_a_period_every_value_stands_only_where_it_was_read(wide: Any) -> None:
    found = wide([T, N]).filter(shot=2)
    assert found.select("t", T, N).rows() == [(0.0, 0.0, 0), (0.02, 10.0, None), (0.04, 20.0, 2)]


def test_without_names_all_channels_that_were_read_are_there(wide: Any) -> None:
    assert wide().columns[4:] == [T, N, GATE, GAS]


def test_a_late_reading_stands_where_it_was_taken(sqlite_url: str) -> None:
    rows = [lab.sample(0, 0, 1.0, requested_ns=15 * lab.MS, status=Status.LATE), lab.sample(0, 1, 2.0)]
    with open_recorder(sqlite_url) as recorder:
        lab.record_run(recorder, shots=1, rows=lambda _: rows)
    assert load(store=sqlite_url).wide(T)["t"].to_list() == [0.015, 0.02]


def test_readings_without_a_value_leave_no_instant(sqlite_url: str) -> None:
    rows = [lab.sample(0, 0, 1.0), lab.sample(0, 1, None, status=Status.FAILED)]
    with open_recorder(sqlite_url) as recorder:
        lab.record_run(recorder, shots=1, rows=lambda _: rows)
    assert load(store=sqlite_url).wide(T)["t"].to_list() == [0.0]


@pytest.mark.parametrize(
    ("options", "message"), [({"how": "cubic"}, "how is one of"), ({"every": 0}, "above zero")]
)
def test_what_cannot_be_done_is_refused(wide: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wide(T, **options)
