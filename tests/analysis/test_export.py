"""What other programs find in an exported run is what the frames hold."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.store.lab import begin_shot, end_run, record_attempt, run_start, sample, setting

import shotlane
from shotlane.analysis import LoadedRun, NoWriterError
from shotlane.records import Outcome, ResultRow, ShotEnd, Status
from shotlane.store import open_recorder

READINGS = [
    sample(0, 0, 20.5),
    sample(0, 1, float("nan")),
    sample(0, 2, None, status=Status.FAILED, raw="-------"),
    sample(0, 3, None, requested_ns=None, received_ns=None, status=Status.MISSED),
    sample(1, 0, 2**60 + 1),
    sample(2, 0, True),
    sample(3, 0, "Helium ☃"),
    sample(4, 0, np.arange(6.0).reshape(2, 3)),
    sample(4, 1, np.arange(6.0, 12.0).reshape(2, 3)),
    sample(4, 2, np.array([1 + 2j, 3])),
    sample(4, 3, np.array([True, False])),
]


@pytest.fixture
def run(tmp_path: Path) -> LoadedRun:
    """A run with one of everything, two shots of it."""
    store = f"sqlite:///{tmp_path / 'lab.db'}"
    with open_recorder(store) as recorder:
        recorder.begin_run(run_start(description="Ü", environment={"git": {"commit": "c0"}}))
        for shot in (1, 2):
            begin_shot(recorder, shot)
            result = ResultRow("T_mean", 40.5, "degC", None, 60.0, None, "passed")
            record_attempt(recorder, shot, READINGS, [setting(0, 1.0), setting(1, "He")], results=(result,))
            recorder.end_shot(ShotEnd(shot, Outcome.PASSED, 1))
        end_run(recorder)
    return shotlane.load(1, store)


@pytest.fixture(params=["hdf5", "netcdf"])
def file(run: LoadedRun, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The run as one file, opened by the program that such files are made for."""
    h5py = pytest.importorskip("h5py")
    pytest.importorskip("h5netcdf")
    shotlane.export(run, tmp_path / "run.h5", request.param)
    with h5py.File(tmp_path / "run.h5") as opened:
        yield opened


def test_readings_stand_by_channel_with_their_unit(run: LoadedRun, file: Any) -> None:
    group = file["samples/furnace.temperature"]
    frame = run.samples("furnace.temperature", attempts="all")
    assert group["value"].attrs["units"] == "degC"
    assert group["t"].attrs["units"] == "s"
    np.testing.assert_array_equal(group["value"][:], frame["value"].fill_null(np.nan).to_numpy())
    np.testing.assert_array_equal(group["time"][:], frame["time"].to_physical().to_numpy())
    words = group["status"].attrs["flag_meanings"].split()
    assert [words[code] for code in group["status"][:]] == frame["status"].to_list()
    assert group["raw"].asstr()[2] == "-------"


def test_what_is_no_number_stands_as_text(file: Any) -> None:
    assert file["samples/gas.name/text"].asstr()[0] == "Helium ☃"
    assert file["samples/furnace.count/text"].asstr()[0] == str(2**60 + 1)


def test_arrays_of_one_shape_are_stacked(file: Any) -> None:
    group = file["arrays/scope.trace"]
    expected = np.arange(12.0).reshape(2, 2, 3)
    np.testing.assert_array_equal(group["data"][:], np.concatenate([expected, expected]))
    assert group["data"].attrs["units"] == "V"
    assert group["shot"][:].tolist() == [1, 1, 2, 2]
    assert group["tick"][:].tolist() == [0, 1, 0, 1]
    assert file["arrays/scope.trace-2/data_imag"][0].tolist() == [2, 0]
    assert file["arrays/scope.trace-3/data"][0].tolist() == [1, 0]


def test_parameters_and_results_are_columns_of_shots(file: Any) -> None:
    shots = file["shots"]
    assert shots["T_soak"][:].tolist() == [40.0, 60.0]
    assert shots["T_soak"].attrs["units"] == "degC"
    assert shots["T_mean"][:].tolist() == [40.5, 40.5]
    assert shots["gas"].asstr()[:].tolist() == ["He", "He"]
    assert file["results"]["high"][:].tolist() == [60.0, 60.0]


def test_the_file_says_what_it_is(file: Any) -> None:
    assert (file.attrs["sequence"], file.attrs["description"]) == ("furnace-ramp", "Ü")
    assert json.loads(file["environment"].asstr()[()]) == {"git": {"commit": "c0"}}
    assert file["documents/text"].asstr()[0] == "sequence: furnace-ramp\n"


def test_xarray_reads_times_as_times_and_whole_numbers_as_such(run: LoadedRun, tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    shotlane.export(run, tmp_path / "run.nc", "netcdf")
    with xarray.open_dataset(
        tmp_path / "run.nc", group="samples/furnace.temperature", engine="h5netcdf"
    ) as found:
        frame = run.samples("furnace.temperature", attempts="all")
        assert found["time"].to_numpy().tolist() == frame["time"].to_physical().to_list()
        assert found["shot"].dtype == np.int64


def test_a_run_with_nothing_in_it_is_a_file_all_the_same(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    pytest.importorskip("h5netcdf")
    store = f"sqlite:///{tmp_path / 'lab.db'}"
    with open_recorder(store) as recorder:
        recorder.begin_run(run_start())
        end_run(recorder)
    rows = shotlane.export(shotlane.load(1, store), tmp_path / "run.h5", "hdf5")
    assert set(rows.values()) == {0}
    with h5py.File(tmp_path / "run.h5") as opened:
        assert opened["attempts/fault"].shape == (0,)


def test_without_its_package_the_way_out_is_told(
    run: LoadedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "h5netcdf", None)
    with pytest.raises(NoWriterError, match=r"pip install 'shotlane\[hdf5\]'"):
        shotlane.export(run, tmp_path / "run.nc", "netcdf")
    assert not list(tmp_path.glob("run*"))


def test_arrow_files_hold_the_frames_and_the_arrays(run: LoadedRun, tmp_path: Path) -> None:
    rows = shotlane.export(run, tmp_path / "out", "arrow")
    assert pl.read_ipc(tmp_path / "out/samples.arrow").equals(run.samples(attempts="all"))
    arrays = pl.read_ipc(tmp_path / "out/arrays-00001.arrow")
    assert rows["arrays"] == 8
    first = arrays.row(0, named=True)
    array = np.frombuffer(first["data"], first["dtype"]).reshape(first["shape"])
    np.testing.assert_array_equal(array, np.arange(6.0).reshape(2, 3))


def test_a_folder_says_what_run_it_is(run: LoadedRun, tmp_path: Path) -> None:
    shotlane.export(run, tmp_path / "out", "csv")
    told = json.loads((tmp_path / "out/run.json").read_text())
    assert (told["sequence"], told["environment"]) == ("furnace-ramp", {"git": {"commit": "c0"}})
    assert json.loads((tmp_path / "out/units.json").read_text())["T_soak"] == "degC"
