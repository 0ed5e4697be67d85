"""A store finds its runs, and loads one or several."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from tests.store import lab

import shotlane
from shotlane.analysis import Store, open_store
from shotlane.analysis import _types as types
from shotlane.records import Outcome
from shotlane.store import StoreError, open_recorder

HOUR = 3_600 * lab.S


def _record(url: str, *, outcome: Outcome | None = Outcome.DONE, values: Any = None, **start: Any) -> None:
    with open_recorder(url) as recorder:
        recorder.begin_run(lab.run_start(shots_planned=2, **start))
        for shot in (1, 2):
            lab.record_shot(recorder, shot, [lab.sample(0, 0, 25.0 * shot)], values=values)
        if outcome is not None:
            lab.end_run(recorder, outcome)


@pytest.fixture
def store(store_url: str) -> Store:
    """1: furnace-ramp, done; 2: furnace-soak at 70 and 90, failed, an hour later; 3: gas, an hour later."""
    _record(store_url)
    hot = {"T_soak": 70.0, "flow": 20.0, "background": True, "gas": "Ar"}
    start = lab.START_NS
    _record(
        store_url,
        outcome=Outcome.FAILED,
        values=hot,
        sequence="furnace-soak",
        tags=("night", "reference"),
        started_utc_ns=start + HOUR,
    )
    kelvin = {"T_soak": "K", "voltage": "V"}
    _record(
        store_url,
        values={"T_soak": 333.15, "voltage": None},
        sequence="gas",
        tags=(),
        started_utc_ns=start + 2 * HOUR,
        parameter_units=kelvin,
        parameter_types=dict.fromkeys(kelvin, "number"),
    )
    return open_store(store_url)


BEGAN = datetime.fromtimestamp(lab.START_NS // lab.S, UTC)


@pytest.mark.parametrize(
    ("conditions", "runs"),
    [
        ({}, [3, 2, 1]),
        ({"name": "furnace-ramp"}, [1]),
        ({"name": "furnace-*"}, [2, 1]),
        ({"name": "furnace"}, []),
        ({"tag": "night"}, [2]),
        ({"since": BEGAN + timedelta(hours=1)}, [3, 2]),
        ({"until": BEGAN + timedelta(hours=1)}, [1]),
        ({"since": "2024-10-04T00:30:00+00:00", "until": "2024-10-04 01:30:00+00:00"}, [2]),
        ({"since": date(2024, 10, 3), "until": "2024-10-05"}, [3, 2, 1]),
        ({"until": "2024-10-02"}, []),
        ({"since": "7 d"}, []),
        ({"since": timedelta(days=1)}, []),
        ({"until": "1 h"}, [3, 2, 1]),
        ({"outcome": "failed"}, [2]),
        ({"outcome": ["failed", Outcome.DONE]}, [3, 2, 1]),
        ({"outcome": "running"}, []),
        ({"parameter": "T_soak"}, [3, 2, 1]),
        ({"parameter": ["T_soak", "voltage"]}, [3]),
        ({"parameter": {"T_soak": 70}}, [2]),
        ({"parameter": {"T_soak": "60 degC"}}, [3, 1]),
        ({"parameter": {"T_soak": ("50 degC", "65 degC")}}, [3, 1]),
        ({"parameter": {"T_soak": (60, 100)}}, [2, 1]),
        ({"parameter": {"T_soak": "60 V"}}, []),
        ({"parameter": {"gas": "Ar"}}, [2]),
        ({"parameter": {"background": False}}, [1]),
        ({"parameter": {"background": "on"}}, [2, 1]),
        ({"parameter": {"voltage": 1}}, []),
        ({"parameter": "no'thing; --"}, []),
        ({"parameter": {"T_soak": "60 degC"}, "name": "gas", "outcome": "done"}, [3]),
    ],
    ids=str,
)
def test_runs_are_found_by_what_is_known_of_them(
    store: Store, conditions: dict[str, Any], runs: list[int]
) -> None:
    found = store.runs(**conditions)
    assert found["run"].to_list() == runs
    assert found.schema == pl.Schema(types.RUNS)


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"outcome": "succeeded"}, "no outcome 'succeeded': it is one of skipped, done"),
        ({"since": "yesterday"}, "'yesterday' is no time: write 2026-11-20"),
        ({"since": "5 V"}, "'5 V' is no time"),
    ],
)
def test_what_cannot_be_meant_is_refused(sqlite_url: str, conditions: dict[str, Any], message: str) -> None:
    _record(sqlite_url)
    with pytest.raises(ValueError, match=message):
        open_store(sqlite_url).runs(**conditions)


def test_a_day_without_a_time_is_whole(sqlite_url: str) -> None:
    began = datetime(2026, 3, 5, 23, 30).astimezone()
    _record(sqlite_url, started_utc_ns=int(began.timestamp()) * lab.S)
    store = open_store(sqlite_url)
    assert store.runs(since="2026-03-05", until="2026-03-05").height == 1
    assert store.runs(since="2026-03-06").height == store.runs(until="2026-03-04").height == 0


def test_a_store_is_opened_and_shown_without_its_password(store_url: str) -> None:
    with pytest.raises(StoreError):
        open_store(f"{store_url}-not")
    _record(store_url)
    assert "s3cr3t" not in repr(shotlane.open_store(store_url))


def test_one_run_or_the_newest_is_loaded(store: Store) -> None:
    assert store.load().number == 3
    assert store.load(2).record.summary.sequence == "furnace-soak"
    with pytest.raises(StoreError, match=r"there is no run 9 in .* \(it holds 3 runs, 1 to 3\)"):
        store.load(9)


def test_several_runs_are_one_with_a_column_that_tells_them_apart(store: Store) -> None:
    both = store.load([2, 1])
    assert repr(both) == "<runs 2, 1>"
    assert both.samples()["run"].unique(maintain_order=True).to_list() == [2, 1]
    for name in ("shots", "attempts", "tallies", "lateness", "steps", "actions", "results", "polls", "wide"):
        frame = getattr(both, name)()
        assert frame.height == sum(getattr(run, name)().height for run in both), name
    assert both.lazy().filter(run=1).collect().equals(store.load(1).samples())


def test_parameters_of_several_runs_are_in_the_units_of_the_first(store: Store) -> None:
    assert store.load([1, 3]).shots().filter(run=3)["T_soak"].to_list() == [60.0, 60.0]
    assert store.load([3, 1]).shots().filter(run=1)["T_soak"].to_list() == [313.15, 333.15]
    both = store.load([1, 3])
    assert both.units["T_soak"] == "degC"
    assert both.samples(parameters=True).filter(run=3)["T_soak"].to_list() == [60.0, 60.0]
    assert both.shots()["voltage"].dtype == pl.Float64
    assert both.frame_units(both.shots())["voltage"] == "V"


def test_readings_of_several_runs_are_in_the_units_of_the_first(sqlite_url: str) -> None:
    _record(sqlite_url)
    other = (*(one for one in lab.CHANNELS if one.index),)
    kelvin = lab.CHANNELS[0].__class__(0, "furnace.temperature", "float", "K")
    _record(sqlite_url, channels=(kelvin, *other))
    both = open_store(sqlite_url).load([1, 2])
    assert both.samples()["value"].to_list() == [25.0, 50.0, -248.15, -223.15]
    assert both.lazy().filter(pl.col("value") < -230).collect()["run"].to_list() == [2]
    assert both.wide()["furnace.temperature"].to_list() == [25.0, 50.0, -248.15, -223.15]


def test_what_cannot_be_converted_is_told(sqlite_url: str) -> None:
    for unit, kind in (("V", "number"), ("s", "number"), (None, "text")):
        _record(
            sqlite_url,
            values={"x": 1.0 if kind == "number" else "a"},
            parameter_units={"x": unit},
            parameter_types={"x": kind},
        )
    store = open_store(sqlite_url)
    with pytest.raises(StoreError, match="x is in s in run 2 and in V in another"):
        store.load([1, 2]).shots()
    with pytest.raises(StoreError, match="x is Float64 in one run and String in run 3"):
        store.load([1, 3]).shots()


def test_runs_to_load_together_are_named_once(store: Store) -> None:
    with pytest.raises(StoreError, match=r"no runs to load together: \[1, 1\]"):
        store.load([1, 1])
    with pytest.raises(StoreError, match=r"no runs to load together: \[\]"):
        store.load([])
    assert store.load(store.runs(tag="night")["run"]).numbers == (2,)


def test_a_channel_may_be_in_some_of_the_runs_only(sqlite_url: str) -> None:
    _record(sqlite_url)
    _record(sqlite_url, channels=lab.CHANNELS[:1])
    both = open_store(sqlite_url).load([1, 2])
    assert both.samples(["furnace.temperature", "furnace.count"]).height == 4
    with pytest.raises(StoreError, match=r"no channel furnace\.heat"):
        both.samples("furnace.heat")
