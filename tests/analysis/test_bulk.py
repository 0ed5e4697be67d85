"""Many rows come as Arrow: with the types that were declared, and never at the cost of a writer's locks."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.store import lab

from shotlane.analysis import load
from shotlane.records import SampleRow, Status
from shotlane.store import _bulk, _reading, open_recorder

PACKAGES = {"sqlite": "adbc_driver_sqlite", "postgresql": "adbc_driver_postgresql"}


@pytest.fixture
def bulk(monkeypatch: pytest.MonkeyPatch, store_url: str) -> list[bool]:
    """However few rows there are, they come as Arrow; says of each query whether they did."""
    pytest.importorskip(PACKAGES[store_url.partition(":")[0]])
    came: list[bool] = []
    real = _bulk.bulk

    def spy(*arguments: Any) -> Any:
        found = real(*arguments)
        came.append(found is not None)
        return found

    monkeypatch.setattr(_reading, "_FEW_ROWS", -1)
    monkeypatch.setattr(_reading, "bulk", spy)
    return came


def _record(url: str, rows: list[SampleRow]) -> None:
    with open_recorder(url) as recorder:
        lab.record_run(recorder, shots=1, rows=lambda _: rows)


def test_a_number_after_a_thousand_without_a_value_stays_a_number(store_url: str, bulk: list[bool]) -> None:
    lost = [lab.sample(0, tick, None, status=Status.FAILED, requested_ns=None) for tick in range(70_000)]
    _record(store_url, [*lost, lab.sample(0, 70_000, 1.5), lab.sample(0, 70_001, 25)])
    found = load(store=store_url).samples()
    assert found["value"].drop_nulls().to_list() == [1.5, 25.0]
    assert found["requested_ns"].null_count() == 70_000
    assert all(bulk)


def test_both_ways_give_the_same_frames(
    store_url: str, bulk: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        *(lab.sample(0, tick, tick / 7) for tick in reversed(range(50))),
        lab.sample(1, 0, -(2**60)),
        lab.sample(2, 0, True),
        lab.sample(3, 0, "µ"),
        lab.sample(3, 1, None, status=Status.FAILED, raw="?"),
        lab.sample(0, 50, float("nan")),
    ]
    _record(store_url, rows)
    run = load(store=store_url)
    many = {"samples": run.samples(parameters=True), "shots": run.shots(), "wide": run.wide()}
    assert all(bulk)
    assert len(bulk) >= 4
    monkeypatch.setattr(_reading, "has_driver", lambda _: False)
    bulk.clear()
    few = {"samples": run.samples(parameters=True), "shots": run.shots(), "wide": run.wide()}
    assert not bulk
    for name, frame in many.items():
        assert_frame_equal(frame, few[name])


def test_an_empty_run_has_its_types_this_way_too(store_url: str, bulk: list[bool]) -> None:
    _record(store_url, [])
    run = load(store=store_url)
    assert run.samples().schema == pl.Schema(run.lazy().collect_schema())
    assert all(bulk)


_TRY = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0.1)
try:
    connection.execute("BEGIN IMMEDIATE")
    print("written")
except sqlite3.OperationalError:
    print("locked")
"""


def test_a_writer_in_this_process_keeps_its_locks_while_a_run_is_loaded(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("adbc_driver_sqlite")
    _record(sqlite_url, [lab.sample(0, tick, 1.0) for tick in range(10)])
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    monkeypatch.setattr(_reading, "_FEW_ROWS", -1)

    def other_program() -> str:
        return subprocess.run(
            [sys.executable, "-c", _TRY, str(file)], capture_output=True, text=True, check=True
        ).stdout.strip()

    writer = sqlite3.connect(file, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    assert other_program() == "locked"
    assert load(store=sqlite_url).samples().height == 10
    assert other_program() == "locked"
    writer.execute("COMMIT")
    writer.close()
    assert other_program() == "written"


def test_a_second_copy_of_sqlite_would_take_the_locks_of_the_first(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why `_alone` is there; when this fails, it can go."""
    adbc = pytest.importorskip("adbc_driver_sqlite.dbapi")
    _record(sqlite_url, [])
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    writer = sqlite3.connect(file, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with adbc.connect(file.as_uri()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT number FROM run")
        assert pl.DataFrame(cursor.fetch_arrow())["number"].to_list() == [1]
    found = subprocess.run(
        [sys.executable, "-c", _TRY, str(file)], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "written"
    writer.close()


def test_a_tick_that_has_no_room_in_a_packed_row_comes_all_the_same(store_url: str, bulk: list[bool]) -> None:
    ticks = [0, 2**31 - 1, 2**31, 2**40]
    times = {"target_ns": 0, "requested_ns": None, "received_ns": None}
    _record(store_url, [lab.sample(5, tick, 1.5, **times) for tick in ticks])
    found = load(store=store_url).samples()
    assert found["tick"].to_list() == ticks
    assert set(found["channel"]) == {"furnace.setpoint"}


def test_rows_of_many_attempts_and_channels_keep_their_places(store_url: str, bulk: list[bool]) -> None:
    rows = [lab.sample(channel, tick, float(channel)) for channel in (5, 0) for tick in (2**31 - 1, 3)]
    with open_recorder(store_url) as recorder:
        lab.record_run(recorder, shots=3, rows=lambda shot: [row._replace(value=shot * 1.0) for row in rows])
    found = load(store=store_url).samples()
    names = ("furnace.temperature", "furnace.setpoint")
    places = [(shot, name, tick) for shot in (1, 2, 3) for name in names for tick in (3, 2**31 - 1)]
    assert found.select("shot", "channel", "tick").rows() == places
    assert found["value"].to_list() == [float(shot) for shot, _, _ in places]
    assert all(bulk)
