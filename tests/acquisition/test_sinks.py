"""What sinks keep: every sample, with the declared types, over appends, rotations and kills."""

import json
import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.acceptance.lab import wait_for
from tests.acquisition.sources import sample

from shotlane import CsvSink, JsonLinesSink, MeasuredChannel, MemorySink, ParquetSink, Rotation, SqliteSink
from shotlane.acquisition import SCHEMA, Sink, SinkError
from shotlane.records import Status

ROOT = Path(__file__).parents[2]
TEXTS = {name: pl.String for name, kind in SCHEMA.items() if kind == "text"}


def csv_rows(path: Path) -> list[dict[str, Any]]:
    return pl.read_csv(path, schema_overrides=TEXTS).to_dicts()


def json_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def sqlite_rows(path: Path) -> list[dict[str, Any]]:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute("SELECT * FROM samples ORDER BY target_at, channel")]
    finally:
        connection.close()


def parquet_rows(path: Path) -> list[dict[str, Any]]:
    return pl.read_parquet(path).sort("target_at").to_dicts()


Read = Callable[[Path], list[dict[str, Any]]]
KINDS: dict[str, tuple[Callable[..., Sink], Read]] = {
    "csv": (CsvSink, csv_rows),
    "jsonl": (JsonLinesSink, json_rows),
    "db": (SqliteSink, sqlite_rows),
    "parquet": (ParquetSink, parquet_rows),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_every_column_is_kept(kind: str, tmp_path: Path) -> None:
    make, read = KINDS[kind]
    channel = MeasuredChannel("oven.temperature", "oven", "temperature", "degC", "tcp://a", "modbus", 360, 2)
    with make(tmp_path / f"a.{kind}") as sink:
        sink.write([sample(3, 21.5, channel=channel)])
    row = read(tmp_path / f"a.{kind}")[0]
    assert list(row) == list(SCHEMA)
    assert (row["device"], row["address"], row["parameter_id"], row["instance"]) == (
        "oven",
        "tcp://a",
        360,
        2,
    )
    assert (row["tick"], row["value"], row["unit"], row["status"]) == (3, 21.5, "degC", "ok")
    assert (row["latency_s"], row["lateness_s"]) == pytest.approx((0.001, 0.0007))
    assert row["monotonic_ns"] == 31_700_000
    shown = str(row["midpoint_at"]).replace("T", " ")
    assert shown.startswith("2026-11-18 11:06:40.031200")


@every_kind
def test_types_are_declared_and_not_those_of_the_first_batch(kind: str, tmp_path: Path) -> None:
    make, read = KINDS[kind]
    values = [25, 25.9, None, True, "He", 2**60 + 1, float("nan"), np.array([[1, 2], [3, 4]])]
    with make(tmp_path / f"a.{kind}") as sink:
        for tick, value in enumerate(values):
            sink.write([sample(tick, value)])
    rows = read(tmp_path / f"a.{kind}")
    assert [row["value"] for row in rows][:4] == [25.0, 25.9, None, 1.0]
    texts = [row["text"] for row in rows]
    assert texts == [None, None, None, None, "He", str(2**60 + 1), "nan", "[[1, 2], [3, 4]]"]


@every_kind
def test_a_failed_reading_is_a_row_that_says_why(kind: str, tmp_path: Path) -> None:
    make, read = KINDS[kind]
    told = 'no "reply",\nnone'
    lost = sample(0, None)._replace(
        status=Status.FAILED, requested_ns=None, received_ns=None, raw=told, fault="timeout"
    )
    with make(tmp_path / f"a.{kind}") as sink:
        sink.write([lost])
    row = read(tmp_path / f"a.{kind}")[0]
    assert (row["status"], row["fault"], row["raw"]) == ("failed", "timeout", told)
    assert (row["value"], row["requested_at"], row["latency_s"]) == (None, None, None)


@every_kind
def test_what_is_there_is_added_to(kind: str, tmp_path: Path) -> None:
    make, read = KINDS[kind]
    for start in (0, 2):
        with make(tmp_path / f"a.{kind}") as sink:
            sink.write([sample(start)])
            sink.write([sample(start + 1)])
    assert [row["tick"] for row in read(tmp_path / f"a.{kind}")] == [0, 1, 2, 3]


@every_kind
def test_files_follow_each_other_by_size_and_go_on_with_the_last(kind: str, tmp_path: Path) -> None:
    make, read = KINDS[kind]
    for start in (0, 3):
        with make(tmp_path / f"a.{kind}", rotation=Rotation(max_bytes=1)) as sink:
            for tick in range(start, start + 3):
                sink.write([sample(tick)])
    files = sorted(tmp_path.glob(f"a-*.{kind}"))
    assert files[0].name == f"a-0001.{kind}"
    assert len(files) > 4
    assert [row["tick"] for file in files for row in read(file)] == list(range(6))


@every_kind
def test_files_follow_each_other_by_age(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, read = KINDS[kind]
    now = [100.0]
    monkeypatch.setattr("shotlane.acquisition._rotation.time.monotonic", lambda: now[0])
    with make(tmp_path / f"a.{kind}", rotation=Rotation(max_age_s=60)) as sink:
        for tick in range(4):
            sink.write([sample(tick)])
            now[0] += 40
    files = sorted(tmp_path.glob(f"a-*.{kind}"))
    assert [[row["tick"] for row in read(file)] for file in files] == [[0, 1], [2, 3]]


@pytest.mark.parametrize("limits", [{}, {"max_bytes": 0}, {"max_age_s": -1}])
def test_a_rotation_without_a_limit_is_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="a rotation has"):
        Rotation(**limits)


@every_kind
def test_a_folder_that_is_not_there_is_not_made(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / f"a.{kind}"
    with (
        pytest.raises(SinkError, match=f"there is no folder {path.parent}; make it first"),
        KINDS[kind][0](path),
    ):
        pass
    assert not path.parent.exists()


def test_a_csv_file_with_other_columns_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("time,T\n1,2\n")
    with pytest.raises(SinkError, match="other columns"), CsvSink(tmp_path / "a.csv"):
        pass
    assert (tmp_path / "a.csv").read_text() == "time,T\n1,2\n"


def test_a_line_that_was_cut_short_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with CsvSink(path) as sink:
        sink.write([sample(0), sample(1)])
    os.truncate(path, path.stat().st_size - 5)
    with CsvSink(path) as sink:
        sink.write([sample(2)])
    assert [row["tick"] for row in csv_rows(path)] == [0, 2]


def test_a_table_has_a_name_that_is_safe(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no name for a table"):
        SqliteSink(tmp_path / "a.db", table="x; DROP TABLE y")


def test_two_sinks_may_write_one_sqlite_file(tmp_path: Path) -> None:
    with SqliteSink(tmp_path / "a.db") as one, SqliteSink(tmp_path / "a.db") as other:
        for tick in range(4):
            (one, other)[tick % 2].write([sample(tick, channel=MeasuredChannel.named(f"oven.t{tick}"))])
    assert [row["channel"] for row in sqlite_rows(tmp_path / "a.db")] == [f"oven.t{n}" for n in range(4)]


def test_a_sqlite_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with SqliteSink(path, busy_timeout_s=0.01) as sink:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            sink.write([sample(0)])
        other.close()
        sink.write([sample(0), sample(1)])
    assert len(sqlite_rows(path)) == 2


def test_parquet_parts_are_merged(tmp_path: Path) -> None:
    with ParquetSink(tmp_path / "a.parquet") as sink:
        for tick in range(70):
            sink.write([sample(tick)])
    assert len(list((tmp_path / "a.parquet").iterdir())) == 2 + 6
    assert [row["tick"] for row in parquet_rows(tmp_path / "a.parquet")] == list(range(70))


def test_a_merge_that_was_killed_half_way_is_finished(tmp_path: Path) -> None:
    folder = tmp_path / "a.parquet"
    with ParquetSink(folder) as sink:
        for tick in range(32):
            sink.write([sample(tick)])
    whole = next(folder.iterdir())
    table = pl.read_parquet(whole)
    # As it is after the merged part was written, and the first small ones were deleted.
    whole.rename(tmp_path / f"a.parquet.{whole.name}.merged")
    for tick in range(20, 32):
        table[tick].write_parquet(folder / f"part-{tick + 1:08d}-{tick + 1:08d}.parquet")
    (tmp_path / "a.parquet.part-00000033-00000033.parquet.new").write_bytes(b"PAR1")
    with ParquetSink(folder) as sink:
        sink.write([sample(32)])
    assert [row["tick"] for row in parquet_rows(folder)] == list(range(33))
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_can_be_read_while_a_part_of_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Polars takes every file of a folder, and refuses all of them for one that ends otherwise."""
    seen: list[int] = []

    def read_meanwhile(_: int) -> None:  # the file is written, and has not its name yet
        seen.append(len(parquet_rows(tmp_path / "a.parquet")) if seen else 0)

    monkeypatch.setattr("os.fsync", read_meanwhile)
    with ParquetSink(tmp_path / "a.parquet") as sink:
        for tick in range(34):
            sink.write([sample(tick)])
    assert seen == [*range(32), 32, 32, 33]  # the 33rd is that of the merged part


def test_memory_keeps_the_samples_themselves() -> None:
    with MemorySink() as sink:
        sink.write([sample(0)])
    assert sink.samples == [sample(0)]


WRITER = textwrap.dedent("""
    import os, sys
    from pathlib import Path
    from tests.acquisition.sources import sample
    from tests.acquisition.test_sinks import KINDS

    kind, path = sys.argv[1:]
    with KINDS[kind][0](Path(path)) as sink:
        for tick in range(0, 10**9, 2):
            sink.write([sample(tick), sample(tick + 1)])
            os.write(1, b"%d\\n" % (tick + 1))
""")


@every_kind
def test_a_killed_program_leaves_everything_that_was_written(kind: str, tmp_path: Path) -> None:
    make, read = KINDS[kind]
    path = tmp_path / f"a.{kind}"
    command = [sys.executable, "-c", WRITER, kind, str(path)]
    acknowledged = tmp_path / "acknowledged"
    with acknowledged.open("wb") as out, subprocess.Popen(command, cwd=ROOT, stdout=out) as process:
        try:
            wait_for(lambda: acknowledged.read_bytes().count(b"\n") > 100)
        finally:
            process.kill()
    last = int(acknowledged.read_text().splitlines()[-1])
    with make(path) as sink:
        sink.write([sample(10**9)])
    ticks = [row["tick"] for row in read(path)]
    assert ticks[-1] == 10**9
    assert ticks[:-1] in (list(range(last + 1)), list(range(last + 2)), list(range(last + 3)))


def test_a_table_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("CREATE TABLE samples (t REAL, x REAL)")
    connection.close()
    with pytest.raises(SinkError, match="other columns"), SqliteSink(tmp_path / "a.db"):
        pass
