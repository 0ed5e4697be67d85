"""`shotlane.run` and `shotlane.load`, as a notebook uses them."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.acceptance.lab import SHORT, Lab

import shotlane
from shotlane import Outcome, Run
from shotlane.instruments import InstrumentError
from shotlane.instruments.simulation._driver import SimulatedDriver
from shotlane.store._spool import Spool
from shotlane.store._writer import Writer


def run(lab: Lab, **options: Any) -> Run:
    return shotlane.run(lab.folder / "sequences" / "short.yaml", virtual_time=True, **options)


def test_a_run_gives_outcome_shots_and_samples(lab: Lab) -> None:
    made = run(lab, parameters={"soak": "0.2 s"})
    assert (made.outcome, made.number) == (Outcome.DONE, 1)
    shots = made.shots()
    assert shots["T"].to_list() == [30.0, 35.0, 40.0, 45.0, 50.0]
    assert shots["soak"].unique().to_list() == [200.0]  # in the unit that it was declared in
    assert set(shots["outcome"]) == {"done"}
    units = made.load().units
    assert (units["T"], units["soak"], units["gas.flow"]) == ("degC", "ms", "cm**3/min")
    samples = made.samples()
    assert set(samples["channel"].unique()) == {"furnace.temperature", "gas.flow", "furnace.setpoint"}
    assert samples.schema["value"] == pl.Float64


def test_a_store_that_fails_on_the_way_is_told_as_what_the_run_came_to(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    transaction, begun = Writer.transaction, iter(range(100))

    @contextmanager
    def failing(writer: Writer, *more: Any) -> Iterator[Any]:
        with transaction(writer, *more) as cursor:
            yield cursor
            if next(begun) >= 3:
                raise OSError("the disk is gone")

    def full(*_: object) -> None:
        raise OSError("no room for a spool")

    monkeypatch.setattr(Writer, "transaction", failing)
    monkeypatch.setattr(Spool, "append", full)
    made = run(lab, wait_for_store=0)
    assert made.outcome is Outcome.ERRORED
    assert "the disk is gone" in (made.result.reason or "")
    assert "no room for a spool" in (made.result.reason or "")


def test_read_back_equals_the_swept_parameter(lab: Lab) -> None:
    loaded = run(lab).load()
    back = loaded.samples("furnace.setpoint", parameters=True)
    assert back["value"].to_list() == pytest.approx(back["T"].to_list())


def test_numbers_and_booleans_are_parameters_too(lab: Lab) -> None:
    lab.write(SHORT.replace("{T: 40 degC,", "{T: 40 degC, factor: 1, on_air: false,"))
    made = run(lab, parameters={"factor": 2, "on_air": True})
    assert made.shots().select("factor", "on_air").row(0) == (2.0, True)


def test_twice_is_two_runs(lab: Lab) -> None:
    first, second = run(lab), run(lab)
    assert (first.number, second.number) == (1, 2)
    assert first.samples().drop("run", "time").equals(second.samples().drop("run", "time"))
    assert shotlane.load(store=lab.store).number == 2
    assert shotlane.runs(lab.store).height == 2


def test_mistakes_are_one_error_with_place_and_help(lab: Lab) -> None:
    with pytest.raises(shotlane.DocumentError, match="'sok'") as caught:
        run(lab, parameters={"sok": "1 s"})
    (only,) = caught.value.diagnostics
    assert only.help is not None
    assert "soak" in only.help
    with pytest.raises(shotlane.DocumentError):
        shotlane.run(lab.folder / "missing.yaml")


def test_a_store_that_cannot_be_is_one_error_without_its_password(lab: Lab) -> None:
    with pytest.raises(shotlane.StoreError) as caught:
        run(lab, store="postgresql://u:s3cret@127.0.0.1:1/lab")
    assert "s3cret" not in str(caught.value) + repr(caught.value) + repr(caught.value.__cause__)
    with pytest.raises(shotlane.StoreError):
        shotlane.load(1, lab.folder / "nothing.db")


def test_a_run_in_a_thread_leaves_signals_alone(lab: Lab) -> None:
    before = signal.getsignal(signal.SIGINT)
    made: list[Run] = []
    seen: list[Any] = []

    def work() -> None:
        made.append(run(lab))
        seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert made[0].outcome is Outcome.DONE
    assert seen == [before]


def test_signals_are_given_back_after_a_run(lab: Lab) -> None:
    before = (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
    run(lab)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_bug_in_a_driver_ends_safe_and_recorded(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    good = SimulatedDriver.read
    calls: list[str] = []

    def bad(self: SimulatedDriver, names: Any) -> Mapping[str, Any]:
        calls.extend(names)
        if "flow" in names and len(calls) > 6:
            raise ZeroDivisionError("a bug in the driver")
        return good(self, names)

    monkeypatch.setattr(SimulatedDriver, "read", bad)
    made = run(lab)
    assert (made.outcome, made.outcome.exit_status) == (Outcome.ERRORED, 3)
    assert "a bug in the driver" in str(made.result.reason)
    assert made.result.unsafe == ()
    assert lab.count("event WHERE type = 'worker.crashed'") == 1
    safe = lab.rows("SELECT channel, value FROM action_view WHERE kind = 'safe' AND status = 'ok'")
    assert {row["channel"] for row in safe} >= {"furnace.setpoint", "gas.flow_setpoint", "gas.shutoff"}
    assert lab.count("shot WHERE outcome = 'done'") < 5


def test_a_safe_write_that_fails_does_not_stop_the_others(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    good = SimulatedDriver.write

    def bad(self: SimulatedDriver, name: str, value: Any) -> None:
        if name == "setpoint" and value == pytest.approx(20.0):
            raise InstrumentError("timeout", "no answer")
        good(self, name, value)

    monkeypatch.setattr(SimulatedDriver, "write", bad)
    made = run(lab)
    assert [(item.role, item.attribute) for item in made.result.unsafe] == [("furnace", "setpoint")]
    assert lab.count("action WHERE kind = 2 AND status = 0") >= 2


def test_importing_is_light() -> None:
    heavy = {"polars", "sqlalchemy", "numpy", "pydantic", "pint", "rich"}
    code = f"import shotlane, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert set(dir(shotlane)) >= {"run", "load", "runs", "check", "DocumentError", "StoreError", "Outcome"}


def test_the_store_follows_the_sequence_not_the_working_folder(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = run(lab)
    assert Path(made.store) == lab.store
    assert not (tmp_path / "data").exists()
