"""Where samples shall go, as people write it."""

import re
from pathlib import Path

import pytest
from tests.acquisition.sources import Source, sample
from tests.acquisition.test_sinks import sqlite_rows

import shotlane
from shotlane import CsvSink, JsonLinesSink, ParquetSink, PostgresSink, Rotation, SqliteSink, sink_for
from shotlane.execution import VirtualClock


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv", CsvSink),
        ("a.jsonl", JsonLinesSink),
        ("a.NDJSON", JsonLinesSink),
        ("a.parquet", ParquetSink),
        ("a.db", SqliteSink),
        ("a.sqlite3", SqliteSink),
    ],
)
def test_the_ending_says_the_kind_of_file(tmp_path: Path, name: str, kind: type[object]) -> None:
    sink = sink_for(tmp_path / name)
    assert type(sink) is kind
    with sink:
        assert [path.name for path in sink.files()] == [name]
        assert sink.files()[0].exists()


@pytest.mark.parametrize("slashes", ["", "/"])
def test_a_sqlite_address_names_file_and_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slashes: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = f"{tmp_path}/b.db" if slashes else "b.db"
    with sink_for(f"sqlite:///{path}?table=oven") as sink:
        sink.write([sample(0)])
    assert sink.target().endswith("b.db:oven")
    with sink_for("sqlite:///b.db", append=True) as other:
        other.write([sample(7)])
    assert [row["tick"] for row in sqlite_rows(tmp_path / "b.db")] == [7]


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("a.xlsx", "ending '.xlsx' is unknown; write .csv, .jsonl, .parquet or .db"),
        ("readings", "it has no ending"),
        ("mysql://lab:hunter2@db/lab", "no database is known by 'mysql://'"),
        ("sqlite://a.db", "sqlite:///PATH"),
        ("sqlite:///a.db?tabel=x", "did you mean 'table'"),
        ("sqlite:///a.db?table=a;b", "no name for a table"),
        ("postgresql://lab:hunter2@db/lab?table=a-b", "no name for a table"),
        ("postgresql://lab:hunter2@db/lab?colour=red", "the dsn cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_refused_without_a_password(where: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)) as caught:
        sink_for(where)
    assert "hunter2" not in str(caught.value)


def test_an_address_of_postgres_names_schema_and_table_and_shows_no_password() -> None:
    sink = sink_for("postgresql://lab:hunter2@db.lab/lab?table=oven&schema=runs&sslmode=prefer")
    assert isinstance(sink, PostgresSink)
    assert sink.target() == "db.lab:5432/lab.runs.oven"
    with pytest.raises(ValueError, match="a rotation is for files"):
        sink_for("postgresql://db/lab", rotation=Rotation(max_bytes=1))


@pytest.mark.parametrize("rotation", [None, Rotation(max_bytes=1000)])
def test_a_file_that_is_there_is_added_to_only_when_that_is_meant(
    tmp_path: Path, rotation: Rotation | None
) -> None:
    path = tmp_path / "a.csv"
    with sink_for(path, rotation=rotation) as sink:
        sink.write([sample(0)])
    with pytest.raises(FileExistsError, match="is there already"):
        sink_for(path, rotation=rotation)
    with sink_for(path, append=True, rotation=rotation) as sink:
        sink.write([sample(1)])
    assert len(sink.files()[0].read_text().splitlines()) == 3


@pytest.mark.postgres
def test_a_recording_goes_where_an_address_of_postgres_says(postgres_url: str) -> None:
    psycopg = pytest.importorskip("psycopg")
    with (
        shotlane.record(Source(), rate_hz=100, duration=0.05, clock=VirtualClock(0)) as recording,
        sink_for(f"{postgres_url}?table=oven") as sink,
    ):
        shotlane.pipe(recording, sink)
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT count(*) FROM oven").fetchone() == (5,)
