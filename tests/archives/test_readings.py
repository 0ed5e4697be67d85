"""Readings of an archive are those of its store, whichever columns and rows are asked for."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.examples import examples
from tests.store import lab

import shotlane
from shotlane.analysis import LoadedRun
from shotlane.analysis import _types as types
from shotlane.archives import ArchiveError, BagReader, _parts, _readings, open_archive, write_archive
from shotlane.records import Fault, Outcome, SampleRow, ShotEnd, Status
from shotlane.store import Selection, open_reader, open_recorder

Pair = tuple[LoadedRun, LoadedRun]


def _rows(shot: int) -> list[SampleRow]:
    return [
        *(lab.sample(0, tick, shot + tick / 4) for tick in range(6)),
        lab.sample(0, 6, float("nan")),
        lab.sample(0, 7, float("-inf")),
        lab.sample(1, 0, 2**60 + shot),
        lab.sample(1, 1, None, status=Status.FAILED, raw="?"),
        lab.sample(2, 2, True),
        lab.sample(3, 3, "nan", status=Status.LATE, requested_ns=75 * lab.MS),
        lab.sample(3, 4, None, requested_ns=None, received_ns=None, status=Status.MISSED),
        lab.sample(4, 0, np.arange(3.0)),
    ]


@pytest.fixture(scope="module", params=["folder", "zip"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A run of a store and of its archive, which has a file of readings for every two attempts or so."""
    folder = tmp_path_factory.mktemp("pair")
    store = f"sqlite:///{folder / 'lab.db'}"
    with open_recorder(store) as recorder:
        recorder.begin_run(lab.run_start(shots_planned=9))
        for shot in range(1, 10):
            lab.begin_shot(recorder, shot)
            if shot % 3 == 2:
                lab.record_attempt(recorder, shot, _rows(shot), fault=Fault("timeout", "no answer"))
            lab.record_attempt(recorder, shot, _rows(shot), attempt=1 + (shot % 3 == 2))
            recorder.end_shot(ShotEnd(shot, Outcome.DONE, 1 + (shot % 3 == 2)))
        lab.end_run(recorder)
    with pytest.MonkeyPatch.context() as few, open_reader(store) as reader:
        few.setattr(_parts, "shares", lambda reader, run: _pairs([key for key, *_ in reader.attempts(run)]))
        # Files are read in several parts.
        few.setattr(_readings, "_MOST_ROWS", 20)
        write_archive(reader, 1, folder / "bag", {})
        assert len(list((folder / "bag/data/samples").iterdir())) == 6
        path = folder / "bag"
        if request.param == "zip":
            path = Path(shutil.make_archive(str(folder / "bag"), "zip", folder, "bag"))
        yield shotlane.load(1, store), shotlane.load(path)


def _pairs(keys: list[int]) -> list[list[int]]:
    return [keys[at : at + 2] for at in range(0, len(keys), 2)]


@pytest.mark.parametrize("which", ["whole", "good", "last", "all"])
def test_every_column_is_that_of_the_store(pair: Pair, which: str) -> None:
    stored, archived = (run.samples(attempts=which, parameters=True) for run in pair)
    assert_frame_equal(archived, stored)
    assert stored.height == 14 * (12 if which == "all" else 9)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=examples(40)
)
@given(
    columns=st.lists(st.sampled_from([*types.SAMPLES, "T_soak"]), min_size=1, unique=True),
    keep=st.sampled_from(
        [
            pl.lit(True),
            pl.col("channel") == "gas.name",
            pl.col("shot").is_in([2, 3, 9]),
            (pl.col("shot") == 2) & (pl.col("attempt") == 1),
            pl.col("status") != "ok",
            pl.col("tick").is_between(2, 4),
            pl.col("t") > 0.06,
            pl.col("value").is_nan(),
            pl.col("shot") > 99,
        ]
    ),
    which=st.sampled_from(["whole", "all"]),
)
def test_any_columns_of_any_rows_are_those_of_the_store(
    pair: Pair, columns: list[str], keep: pl.Expr, which: str
) -> None:
    frames = [
        run.lazy(attempts=which, parameters=True).filter(keep).select(columns).collect() for run in pair
    ]
    assert_frame_equal(frames[1], frames[0])


def test_rows_are_counted_without_a_column(pair: Pair) -> None:
    assert [run.lazy().select(pl.len()).collect().item() for run in pair] == [126, 126]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The columns of the files that each scan came to."""
    seen: list[set[str]] = []
    real = BagReader.readings

    def spy(self: BagReader, chosen: object, columns: dict[str, str]) -> Iterator[pl.DataFrame]:
        seen.append(set(columns.values()))
        return real(self, chosen, columns)  # type: ignore[arg-type]

    monkeypatch.setattr(BagReader, "readings", spy)
    return seen


def test_only_the_columns_that_are_asked_for_are_read(pair: Pair, read: list[set[str]]) -> None:
    pair[1].lazy().filter(pl.col("status") == "ok").select("shot", "channel", "t").collect()
    pair[1].lazy().select("tick").collect()
    assert read == [{"shot", "channel", "target_ns", "requested_ns", "status_number"}, {"tick"}]


def test_files_without_an_attempt_that_is_asked_for_are_left_alone(pair: Pair) -> None:
    with open_archive(pair[1].place) as reader:
        keys = [key for key, shot, *_ in reader.attempts() if shot == 9]
        chosen = Selection(attempts=keys, gapless=True)
        parts = list(reader.readings(chosen, {"shot": "shot"}))
    assert [part["shot"].to_list() for part in parts] == [[9] * 6, [9] * 8]  # of one file of 28 rows


def test_words_that_nobody_knows_are_refused(bag: Path) -> None:
    path = bag / "data/samples/00001.parquet"
    pl.read_parquet(path).with_columns(pl.lit(77, pl.Int64).alias("status_number")).write_parquet(path)
    with pytest.raises(ArchiveError, match="there is no status 77"):
        shotlane.load(bag).samples()
