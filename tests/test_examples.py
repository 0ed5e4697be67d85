"""Every sequence of sequences/ runs to its end in virtual time, and gives what its laboratory expects."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import shotlane
from shotlane.analysis import LoadedRun
from shotlane.cli import main
from shotlane.model import json_schema

REPOSITORY = Path(__file__).parents[1]
SEQUENCES = sorted((REPOSITORY / "sequences").glob("*.yaml"))
SHOTS = {
    "annealing": 1,
    "atoms-scan": 9,
    "flow-check": 30,
    "furnace-ramp": 9,
    "gas-sweep": 9,
    "valve-timing": 6,
}

Ran = Callable[[str], LoadedRun]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name in ("sequences", "stations"):
        shutil.copytree(REPOSITORY / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def ran(project: Path) -> Ran:
    """Run a sequence the first time it is asked for."""
    done: dict[str, LoadedRun] = {}

    def run(name: str) -> LoadedRun:
        if name not in done:
            result = shotlane.run(project / "sequences" / f"{name}.yaml", virtual_time=True)
            done[name] = result.load()
        return done[name]

    return run


def last(frame: pl.DataFrame) -> pl.DataFrame:
    """The last reading of every shot."""
    return frame.sort("shot", "tick").group_by("shot", maintain_order=True).last()


def test_every_sequence_is_expected_here() -> None:
    assert {path.stem for path in SEQUENCES} == set(SHOTS)


@pytest.mark.parametrize("name", SHOTS)
def test_a_sequence_runs_to_its_end(name: str, ran: Ran) -> None:
    run = ran(name)
    judged = name in ("atoms-scan", "furnace-ramp")  # they have limits
    assert run.outcome is (shotlane.Outcome.PASSED if judged else shotlane.Outcome.DONE)
    assert run.shots().height == SHOTS[name]
    tallies = run.tallies()
    assert tallies["planned"].sum() == tallies["ok"].sum() > 0


def test_documents_are_clean_without_warnings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(REPOSITORY)
    assert main(["check", "sequences", "stations"]) == 0
    assert capsys.readouterr() == ("no mistakes in 12 documents\n", "")


@pytest.mark.parametrize("path", SEQUENCES, ids=lambda path: path.stem)
def test_a_sequence_names_the_schema_that_an_editor_finds(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    schema = Path(os.path.normpath(path.parent / first.partition("$schema=")[2]))
    assert json_schema("sequence")["$id"].endswith(schema.name)
    assert schema.is_file()


def test_the_furnace_reaches_every_soak_temperature(ran: Ran) -> None:
    run = ran("furnace-ramp")
    readback = run.samples("furnace.setpoint", parameters=True)
    assert readback["value"].to_list() == readback["T_soak"].to_list()
    hottest = run.samples("furnace.temperature", parameters=True).group_by("shot").agg(pl.all().max())
    assert (hottest["value"] - hottest["T_soak"]).abs().to_numpy().max() < 3


def test_the_gas_that_was_selected_is_the_gas_that_is_read(ran: Ran) -> None:
    gas = ran("gas-sweep").samples("gas.gas", parameters=True)
    assert gas["text"].to_list() == gas["gas_name"].to_list()
    assert set(gas["text"]) == {"N2", "Ar", "He"}


def test_the_flow_follows_its_steps_and_ends_closed(ran: Ran) -> None:
    flow = ran("gas-sweep").samples("gas.flow", parameters=True)
    full = flow.filter(pl.col("t").is_between(4.0, 4.4))
    assert (full["value"] - full["flow"]).abs().to_numpy().max() < 0.05
    assert last(flow)["value"].abs().to_numpy().max() < 0.05


def test_the_annealing_recipe_lasts_most_of_a_day_and_cools_down(ran: Ran) -> None:
    run = ran("annealing")
    temperature = run.samples("furnace.temperature")
    assert 13 < temperature["t"].to_numpy().max() / 3600 < 14
    assert 180 < temperature["value"].to_numpy().max() < 182
    assert abs(temperature["value"][-1] - 25) < 0.5


def test_the_annealing_recipe_dries_for_two_hours(ran: Ran) -> None:
    value = (
        ran("annealing").samples("furnace.temperature").filter(pl.col("t").is_between(2500, 9500))["value"]
    )
    assert value.min() > 104  # type: ignore[operator]
    assert value.max() < 106  # type: ignore[operator]


def test_the_flow_controller_delivers_what_it_is_told_unless_it_is_purging(ran: Ran) -> None:
    flow = last(ran("flow-check").samples("gas.flow", parameters=True))
    told = pl.when(pl.col("purge")).then(0).otherwise(pl.col("flow"))
    assert flow.select((pl.col("value") - told).abs().max()).item() < 0.1


def test_the_small_flows_have_no_closed_shots(ran: Ran) -> None:
    closed = ran("flow-check").shots().filter("purge")
    assert closed["flow"].min() == 12.5
    assert closed.group_by("flow").len()["len"].unique().to_list() == [3]


def test_the_valve_opens_once_per_period_at_exact_times(ran: Ran) -> None:
    edges = ran("valve-timing").actions().filter(channel="gas.shutoff", shot=1, kind="planned")
    assert edges["target_ns"].to_list() == [
        int(1e6 * ms) for ms in (1400, 1500, 1900, 2000, 2400, 2500, 2900, 3000)
    ]
    assert edges["value"].to_list() == [0.0, 1.0] * 4


def test_a_background_shot_has_no_gas(ran: Ran) -> None:
    flow = ran("valve-timing").samples("gas.flow", parameters=True)
    peak = flow.group_by("background").agg(pl.col("value").max())
    by_kind = dict(peak.iter_rows())
    assert by_kind[True] < 0.02
    assert by_kind[False] > 10


def test_the_cloud_grows_with_the_field_that_squeezes_it(ran: Ran) -> None:
    shots = ran("atoms-scan").shots()
    means = shots.group_by("gradient").agg(pl.col("cloud").mean()).sort("gradient")
    grown = (means["cloud"] / means["gradient"]).to_numpy()
    assert grown.max() / grown.min() < 1.02


def test_every_image_is_one_of_an_edge(ran: Ran) -> None:
    run = ran("atoms-scan")
    edges = run.actions().filter(pl.col("value") == 1, channel="sequencer.camera", kind="planned")
    frames = run.samples("camera.image")
    assert frames["requested_ns"].to_list() == edges["requested_ns"].to_list()
    assert {frame.array.shape for frame in run.arrays("camera.image")} == {(24, 32)}
