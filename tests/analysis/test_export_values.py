"""Whatever an instrument gives comes out of every form as what it is, and with its unit."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.store import lab

import shotlane
from shotlane.analysis import LoadedRun
from shotlane.analysis import _types as types
from shotlane.records import Outcome, ResultRow, ShotEnd, Status
from shotlane.store import open_recorder

NAN, INF = float("nan"), float("inf")
TEXT = 'He, "☃"\nnext'
ARRAYS = [np.array([[1.5, NAN], [INF, -INF]]), np.array([1 + 2j, 3]), np.array([True, False]), np.array([])]
READINGS = [
    *(lab.sample(0, tick, value) for tick, value in enumerate((20.5, NAN, INF, -INF))),
    lab.sample(0, 4, None, status=Status.FAILED, raw="-------"),
    lab.sample(1, 0, 2**60 + 1),
    lab.sample(2, 0, True),
    lab.sample(2, 1, False),
    *(lab.sample(3, tick, text) for tick, text in enumerate((TEXT, "", "nan", " x "))),
    *(lab.sample(4, tick, array) for tick, array in enumerate(ARRAYS)),
]
NUMBERS = [20.5, NAN, INF, -INF, None]
WORDS = [None, "nan", "inf", "-inf", None]
RESULTS = (
    ResultRow("mean", NAN, "degC", None, INF, None, "failed"),
    ResultRow("held", True, None, None, None, True, "passed"),
    ResultRow("gas", "x,y", None, None, None, "z", "failed"),
    ResultRow("lost", None, None, None, None, None, None),
    ResultRow("lowest", -INF, "V", None, None, None, None),
)
PARAMETERS = {"T_soak": NAN, "flow": INF, "background": True, "gas": TEXT}
READ: dict[str, Callable[[Path], pl.DataFrame]] = {
    "csv": pl.read_csv,
    "parquet": pl.read_parquet,
    "jsonl": pl.read_ndjson,
    "arrow": pl.read_ipc,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> LoadedRun:
    """One attempt in which everything is read that can be."""
    store = f"sqlite:///{tmp_path_factory.mktemp('odd') / 'lab.db'}"
    with open_recorder(store) as recorder:
        recorder.begin_run(lab.run_start())
        lab.begin_shot(recorder, 1, PARAMETERS)
        sets = [lab.setting(number, value) for number, value in enumerate((1.0, "He", NAN, INF))]
        lab.record_attempt(recorder, 1, READINGS, sets, results=RESULTS)
        recorder.end_shot(ShotEnd(1, Outcome.FAILED, 1))
        lab.end_run(recorder)
    return shotlane.load(1, store)


@pytest.fixture(params=READ)
def folder(run: LoadedRun, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    form: str = request.param
    shotlane.export(run, tmp_path / form, form)
    return tmp_path / form


@pytest.fixture(params=["hdf5", "netcdf"])
def file(run: LoadedRun, tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    h5py = pytest.importorskip("h5py")
    pytest.importorskip("h5netcdf")
    shotlane.export(run, tmp_path / "run.nc", request.param)
    with h5py.File(tmp_path / "run.nc") as opened:
        yield opened


def table(folder: Path, name: str) -> pl.DataFrame:
    return READ[folder.name](folder / f"{name}.{folder.name}")


def same(found: Any, expected: Any) -> bool:
    """Whether two lists hold the same, not-a-number too."""
    return repr(list(found)) == repr(list(expected))


def test_numbers_that_are_none_and_numbers_that_are_not_there_are_told_apart(folder: Path) -> None:
    rows = table(folder, "samples").filter(pl.col("channel") == "furnace.temperature")
    if folder.name == "jsonl":  # which has no word for them
        assert same(rows["value"], [20.5, None, None, None, None])
        assert same(rows["text"], WORDS)
    else:
        assert same(rows["value"], NUMBERS)
        assert same(rows["text"], [None] * 5)
    assert rows["raw"].to_list()[-1] == "-------"
    assert rows["status"].cast(pl.String).to_list() == ["ok"] * 4 + ["failed"]


def test_texts_and_booleans_and_large_numbers_come_out_whole(folder: Path) -> None:
    rows = table(folder, "samples")
    texts = rows.filter(pl.col("channel") == "gas.name")
    assert texts["text"].to_list() == [TEXT, "", "nan", " x "]
    assert texts["value"].null_count() == 4
    assert rows.filter(pl.col("channel") == "gas.shutoff")["value"].to_list() == [1.0, 0.0]
    assert rows.filter(pl.col("channel") == "furnace.count")["text"].to_list() == [str(2**60 + 1)]


def test_parameters_and_results_have_their_types(folder: Path) -> None:
    shot = table(folder, "shots").row(0, named=True)
    assert (shot["background"], shot["gas"], shot["held"]) == (True, TEXT, True)
    results = table(folder, "results")
    assert results["type"].to_list() == ["number", "bool", "text", None, "number"]
    if folder.name == "jsonl":
        assert results["text"].to_list() == ["nan", None, "x,y", None, "-inf"]
    else:
        assert same((shot["T_soak"], shot["flow"]), (NAN, INF))
        assert same(results["value"], [NAN, 1.0, None, None, -INF])
        assert results["high"].to_list()[0] == INF


def test_what_was_set_comes_out_too(folder: Path) -> None:
    actions = table(folder, "actions")
    words = [None, "He", "nan", "inf"] if folder.name == "jsonl" else [None, "He", None, None]
    assert actions["text"].to_list() == words
    values = [1.0, None, None, None] if folder.name == "jsonl" else [1.0, None, NAN, INF]
    assert same(actions["value"], values)


def test_every_line_is_json(run: LoadedRun, tmp_path: Path) -> None:
    shotlane.export(run, tmp_path / "out", "jsonl")

    def refuse(word: str) -> None:
        raise AssertionError(f"JSON knows no {word}")

    for path in (tmp_path / "out").iterdir():
        text = path.read_text(encoding="utf-8")
        for line in text.splitlines() if path.suffix == ".jsonl" else [text]:
            json.loads(line, parse_constant=refuse)


@pytest.mark.parametrize("folder", ["parquet", "arrow"], indirect=True)
def test_arrays_come_out_as_they_were_read(folder: Path) -> None:
    rows = table(folder, "arrays-00001")
    for row, expected in zip(rows.iter_rows(named=True), ARRAYS, strict=True):
        found = np.frombuffer(row["data"], row["dtype"]).reshape(row["shape"])
        np.testing.assert_array_equal(found, expected, strict=True)


def test_units_stand_beside_the_files(folder: Path) -> None:
    units = json.loads((folder / "units.json").read_text())
    expected = {"furnace.temperature": "degC", "scope.trace": "V", "T_soak": "degC", "mean": "degC", "t": "s"}
    assert {**units, **expected} == units
    timed = [name for frame in (types.SAMPLES, types.SHOTS, types.STEPS, types.POLLS) for name in frame]
    assert {name for name in timed if name.endswith(("_s", "_ns"))} <= set(units)


def test_one_file_holds_numbers_texts_and_booleans(file: Any) -> None:
    value = file["samples/furnace.temperature/value"]
    assert same(value[:].tolist(), [20.5, NAN, INF, -INF, NAN])
    words = file["samples/furnace.temperature/status"].attrs["flag_meanings"].split()
    assert words[file["samples/furnace.temperature/status"][4]] == "failed"  # which tells null from NaN
    assert file["samples/gas.name/text"].asstr()[:].tolist() == [TEXT, "", "nan", " x "]
    assert file["samples/gas.shutoff/value"][:].tolist() == [1.0, 0.0]
    assert math.isnan(file["shots/T_soak"][0])
    assert file["shots/gas"].asstr()[0] == TEXT


def test_one_file_holds_arrays_of_every_shape(file: Any) -> None:
    data = file["arrays/scope.trace/data"]
    np.testing.assert_array_equal(data[0], ARRAYS[0])
    parts = [file[f"arrays/scope.trace-2/data_{part}"][0] for part in ("real", "imag")]
    np.testing.assert_array_equal(parts[0] + 1j * parts[1], ARRAYS[1])
    assert file["arrays/scope.trace-3/data"][0].tolist() == [1, 0]
    assert file["arrays/scope.trace-4/data"].shape == (1, 0)


def test_one_file_has_units_as_attributes(file: Any) -> None:
    units = {
        "samples/furnace.temperature/value": "degC",
        "samples/furnace.temperature/lateness_ns": "ns",
        "arrays/scope.trace/data": "V",
        "shots/T_soak": "degC",
        "shots/mean": "degC",
        "steps/start_s": "s",
        "steps/end_s": "s",
        "polls/took_s": "s",
    }
    assert {name: file[name].attrs["units"] for name in units} == units
