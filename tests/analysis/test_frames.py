import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.store import lab

import shotlane.analysis
from shotlane.analysis import _types as types
from shotlane.analysis import load, runs
from shotlane.cli import main
from shotlane.diagnostics import DocumentError
from shotlane.records import ActionKind, AttemptEnd, AttemptStart, Fault, Outcome, SampleRow, ShotEnd, Status
from shotlane.store import StoreError, open_recorder


def _record(url: str, shots: int = 3, **changes: Any) -> None:
    with open_recorder(url) as recorder:
        lab.record_run(recorder, shots, **changes)


def _record_rows(url: str, *rows: SampleRow) -> None:
    _record(url, shots=1, rows=lambda _: list(rows))


def test_the_newest_run_is_loaded_without_a_number(store_url: str) -> None:
    _record(store_url)
    _record(store_url, shots=2, sequence="soak")
    assert repr(load(store=store_url)) == "<run 2: soak on demo, done, 2 of 2 shots>"
    assert load(1, store_url).record.summary.sequence == "furnace-ramp"


def test_shots_have_every_parameter_as_a_column_of_its_type(store_url: str) -> None:
    _record(store_url)
    found = load(store=store_url).shots()
    assert found.columns == [*types.SHOTS, "T_soak", "flow", "background", "gas"]
    assert found["T_soak"].to_list() == [40.0, 60.0, 80.0]
    assert found["background"].to_list() == [False, True, False]
    assert found["gas"].to_list() == ["He"] * 3
    assert found["duration_s"].to_list() == [0.06] * 3
    assert found["started"][0] == datetime(2024, 10, 4, 0, 0, 1, 123456, tzinfo=UTC)


def test_a_missing_or_odd_parameter_value_is_told_apart(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        recorder.begin_run(lab.run_start())
        lab.record_shot(recorder, 1, values={"T_soak": math.nan, "flow": math.inf, "gas": None})
        lab.record_shot(recorder, 2, values={"T_soak": None, "flow": 1, "gas": "Ar", "background": True})
    found = load(store=store_url).shots()
    assert math.isnan(found["T_soak"][0])
    assert found["T_soak"][1] is None
    assert found["flow"].to_list() == [math.inf, 1.0]
    assert found["gas"].to_list() == [None, "Ar"]
    assert found["background"].to_list() == [None, True]


def test_a_parameter_named_like_a_column_keeps_its_values(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        recorder.begin_run(lab.run_start(parameter_units={"outcome": "V"}))
        lab.record_shot(recorder, 1, [lab.sample(0, 0, 1.0)], values={"outcome": 4})
    run = load(store=store_url)
    assert run.shots()["parameter.outcome"].to_list() == [4.0]
    assert run.samples(parameters=True)["parameter.outcome"].to_list() == [4.0]
    assert run.units["parameter.outcome"] == "V"


def test_samples_are_long_with_times_and_status(store_url: str) -> None:
    late = lab.sample(0, 1, 25.9, requested_ns=35 * lab.MS, status=Status.LATE)
    _record_rows(store_url, lab.sample(0, 0, 25), late, lab.sample(0, 2, None, status=Status.FAILED, raw="?"))
    found = load(store=store_url).samples()
    assert found.schema == pl.Schema(types.SAMPLES)
    assert found["value"].to_list() == [25.0, 25.9, None]
    assert found["status"].to_list() == ["ok", "late", "failed"]
    assert found["t"].to_list() == [5e-6, 0.035, 0.040005]
    assert found["lateness_ns"].to_list() == [5_000, 15 * lab.MS, 5_000]
    assert found["raw"].to_list() == [None, None, "?"]
    assert found["time"][1] == datetime(2024, 10, 4, 0, 0, 1, 168456, tzinfo=UTC)


def test_a_reading_never_tried_stands_at_its_target(store_url: str) -> None:
    row = lab.sample(0, 2, None, requested_ns=None, received_ns=None, status=Status.MISSED)
    _record_rows(store_url, row)
    found = load(store=store_url).samples()
    assert found.select("t", "requested_ns", "lateness_ns").row(0) == (0.04, None, None)


def test_nan_and_no_value_are_told_apart(store_url: str) -> None:
    _record_rows(store_url, lab.sample(0, 0, math.nan), lab.sample(0, 1, None), lab.sample(3, 0, "nan"))
    found = load(store=store_url).samples()
    assert math.isnan(found["value"][0])
    assert found["value"][1] is None
    assert found["text"].to_list() == [None, None, "nan"]


def test_a_whole_number_beyond_a_float_is_exact_as_text(store_url: str) -> None:
    _record_rows(store_url, lab.sample(1, 0, 2**60 + 1))
    assert load(store=store_url).samples()["text"].to_list() == [str(2**60 + 1)]


def test_channels_are_chosen_by_name(store_url: str) -> None:
    _record_rows(store_url, lab.sample(0, 0, 1.0), lab.sample(1, 0, 2), lab.sample(2, 0, True))
    run = load(store=store_url)
    assert run.samples("gas.shutoff")["value"].to_list() == [1.0]
    assert run.samples(["furnace.temperature", "furnace.count"])["channel"].to_list() == [
        "furnace.temperature",
        "furnace.count",
    ]
    with pytest.raises(
        StoreError, match=r"no channel furnace\.temprature \(did you mean 'furnace.temperature'"
    ):
        run.samples("furnace.temprature")


def test_attempts_that_ended_badly_are_given_only_when_asked_for(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        recorder.begin_run(lab.run_start())
        lab.begin_shot(recorder, 1)
        bad = Fault("timeout", "no answer")
        lab.record_attempt(recorder, 1, [lab.sample(0, 0, 1.0)], [lab.setting(0, 1.0)], fault=bad)
        lab.record_attempt(recorder, 1, [lab.sample(0, 0, 2.0)], [lab.setting(0, 2.0)], attempt=2)
        recorder.end_shot(ShotEnd(1, Outcome.DONE, 2))
    run = load(store=store_url)
    assert run.samples()["value"].to_list() == run.actions()["value"].to_list() == [2.0]
    assert run.samples(attempts="all")["value"].to_list() == [1.0, 2.0]
    assert run.attempts().select("attempt", "outcome", "fault").rows() == [
        (1, "errored", "timeout"),
        (2, "done", None),
    ]
    with pytest.raises(ValueError, match="attempts is 'whole', 'good', 'last' or 'all', not 'bad'"):
        run.samples(attempts="bad")


@pytest.mark.parametrize(
    ("which", "values"),
    [("whole", [2.0, 3.0, 4.0]), ("good", [2.0]), ("last", [2.0, 3.0, 4.0, 5.0, 6.0])],
)
def test_a_shot_whose_verdict_failed_was_measured_and_one_that_broke_off_was_not(
    store_url: str, which: str, values: list[float]
) -> None:
    failed = Outcome.FAILED
    endings: list[list[tuple[Outcome, str | None]]] = [
        [(failed, None), (Outcome.PASSED, None)],  # tried again because of the verdict
        [(failed, None)],
        [(failed, "result")],
        [(failed, "unsettled")],  # on_timeout: fail
        [(Outcome.ERRORED, "timeout")],
    ]
    value = 0.0
    with open_recorder(store_url) as recorder:
        recorder.begin_run(lab.run_start())
        for shot, attempts in enumerate(endings, 1):
            lab.begin_shot(recorder, shot)
            for attempt, (outcome, fault) in enumerate(attempts, 1):
                value += 1
                recorder.begin_attempt(AttemptStart(shot, attempt, lab.START_NS)).samples.append(
                    lab.sample(0, 0, value)
                )
                told = None if fault is None else Fault(fault, "told")
                recorder.end_attempt(AttemptEnd(shot, attempt, lab.START_NS, lab.START_NS, outcome, told, ()))
            recorder.end_shot(ShotEnd(shot, attempts[-1][0], len(attempts)))
    run = load(store=store_url)
    assert run.samples(attempts=which)["value"].to_list() == values
    assert run.lazy(attempts=which).collect()["value"].to_list() == values
    if which == "whole":
        assert run.samples()["value"].to_list() == values
        assert run.wide()["furnace.temperature"].to_list() == values


def test_parameters_are_joined_to_samples_on_request(store_url: str) -> None:
    _record(store_url)
    found = load(store=store_url).samples("furnace.temperature", parameters=True)
    assert found.group_by("T_soak").len().sort("T_soak").rows() == [(40.0, 4), (60.0, 4), (80.0, 4)]


def test_actions_come_in_the_order_they_were_made(store_url: str) -> None:
    actions = [
        lab.setting(0, 20.0, kind=ActionKind.SETUP, target_ns=-5, requested_ns=-4),
        lab.setting(1, 60.5),
        lab.setting(2, None, channel=None, command="balance.tare()"),
        lab.setting(3, "He", channel=3, status=Status.FAILED, raw="NAK"),
    ]
    with open_recorder(store_url) as recorder:
        recorder.begin_run(lab.run_start())
        lab.record_shot(recorder, 1, [], reversed(actions))
    found = load(store=store_url).actions()
    assert found.schema == pl.Schema(types.ACTIONS)
    assert found["kind"].to_list() == ["setup", "planned", "planned", "planned"]
    assert found.select("channel", "command", "value", "text", "status").rows()[1:] == [
        ("furnace.setpoint", None, 60.5, None, "ok"),
        (None, "balance.tare()", None, None, "ok"),
        ("gas.name", None, None, "He", "failed"),
    ]


def test_tallies_sum_to_planned(store_url: str) -> None:
    _record(store_url)
    found = load(store=store_url).tallies()
    assert found.schema == pl.Schema(types.TALLIES)
    parts = found.select(pl.sum_horizontal("ok", "late", "failed", "missed", "dropped", "unreached"))
    assert parts.to_series().to_list() == found["planned"].to_list() == [4, 4, 4]


def test_events_are_numbered_and_typed(store_url: str) -> None:
    _record(store_url)
    found = load(store=store_url).events()
    assert found.schema == pl.Schema(types.EVENTS)
    assert found["type"].to_list() == ["run.started", "run.ended"]
    assert found["fields"].str.json_path_match("$.outcome").to_list() == [None, "done"]


def test_units_of_channels_and_parameters_are_one_mapping(store_url: str) -> None:
    _record(store_url)
    units = load(store=store_url).units
    assert (units["furnace.temperature"], units["flow"], units["gas"]) == ("degC", "cm**3/min", None)


def test_documents_come_back_as_they_were_run(store_url: str) -> None:
    _record(store_url)
    assert load(store=store_url).documents() == {"furnace-ramp.yaml": "sequence: furnace-ramp\n"}


def test_arrays_come_back_with_shape_unit_and_place(store_url: str) -> None:
    _record_rows(store_url, lab.sample(4, 0, [[1.0, 2.0], [3.0, 4.0]]))
    (found,) = load(store=store_url).arrays()
    assert found.array.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert (found.shot, found.attempt, found.channel, found.unit, found.t) == (1, 1, "scope.trace", "V", 5e-6)


def test_frames_of_an_empty_run_have_the_same_types(store_url: str) -> None:
    _record(store_url)
    with open_recorder(store_url) as recorder:
        recorder.begin_run(lab.run_start(parameter_types={"T_soak": "number", "gas": "text"}))
    full, empty = load(1, store_url), load(2, store_url)
    for name in ("samples", "actions", "tallies", "lateness", "events", "attempts"):
        assert getattr(empty, name)().schema == getattr(full, name)().schema
        assert getattr(empty, name)().height == 0
    assert empty.shots().height == 0
    assert empty.shots().schema["T_soak"] == pl.Float64
    assert empty.arrays() == []
    assert empty.wide("furnace.temperature").schema == full.wide("furnace.temperature").schema
    assert empty.wide().columns == ["run", "shot", "attempt", "t"]


def test_runs_are_a_frame_too(store_url: str) -> None:
    _record(store_url)
    with open_recorder(store_url) as recorder:
        recorder.begin_run(lab.run_start())
        found = runs(store_url)
    assert found.schema == pl.Schema(types.RUNS)
    assert found.select("run", "state", "outcome", "shots_committed").rows() == [
        (2, "running", None, 0),
        (1, "done", "done", 3),
    ]
    assert found["tags"].to_list() == [["commissioning"]] * 2


def test_runs_of_an_empty_store_are_typed(store_url: str) -> None:
    open_recorder(store_url).close()
    assert runs(store_url).schema == pl.Schema(types.RUNS)


def test_the_store_of_the_project_is_found_from_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "notebooks").mkdir()
    _record(f"sqlite:///{tmp_path}/data/shotlane.db")
    monkeypatch.chdir(tmp_path / "notebooks")
    assert load().number == 1


@pytest.mark.parametrize(
    "address", ["records/lab.db", "sqlite:///records/lab.db", "sqlite:///{}/records/lab.db"]
)
def test_the_store_that_the_project_names_is_meant_everywhere_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    for name in ("data", "records", "stations", "notebooks"):
        (tmp_path / name).mkdir()
    _record(f"sqlite:///{tmp_path}/data/shotlane.db")  # of before, with a run 1 of its own
    _record(f"sqlite:///{tmp_path}/records/lab.db")
    _record(f"sqlite:///{tmp_path}/records/lab.db")
    (tmp_path / "shotlane.yaml").write_text(f"store: {address.format(tmp_path)}\n")
    for folder in (tmp_path, tmp_path / "notebooks"):
        monkeypatch.chdir(folder)
        assert load().number == 2
        assert runs().height == 2
        assert main(["runs", "--json"]) == 0


def test_settings_that_cannot_be_read_are_told_before_another_store_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    _record(f"sqlite:///{tmp_path}/data/shotlane.db")
    (tmp_path / "shotlane.yaml").write_text("store: [records/lab.db]\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DocumentError, match="'store' must be text"):
        load()
    assert main(["runs"]) == 2
    assert "shotlane.yaml:1:8 RUN001" in capsys.readouterr().err
    assert main(["runs", "--store", "data/shotlane.db"]) == 0


def test_without_any_store_the_error_says_where_one_would_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match=r"there is no store .*data/shotlane\.db"):
        load()


@pytest.mark.postgres
def test_both_databases_give_the_same_frames(sqlite_url: str, postgres_url: str) -> None:
    rows = [
        lab.sample(0, 0, 0.1 + 0.2),
        lab.sample(1, 0, -7),
        lab.sample(3, 0, "µ\0"),
        lab.sample(0, 1, math.nan),
    ]
    for url in (sqlite_url, postgres_url):
        _record(url, rows=lambda _: rows)
    here, there = load(store=sqlite_url), load(store=postgres_url)
    for name in ("shots", "samples", "wide", "actions", "tallies", "lateness", "attempts"):
        assert_frame_equal(getattr(here, name)(), getattr(there, name)())
    assert_frame_equal(here.events().drop("session"), there.events().drop("session"))


def test_late_names_are_public() -> None:
    assert shotlane.analysis.LoadedRun.__name__ == "LoadedRun"
    assert shotlane.analysis.ArrayReading.__name__ == "ArrayReading"
    with pytest.raises(AttributeError):
        shotlane.analysis.Nothing  # noqa: B018
