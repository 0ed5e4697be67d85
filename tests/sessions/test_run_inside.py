"""Runs and recordings inside a session: its locks and its instruments, and one history of both."""

import re
import threading
from inspect import signature
from typing import Any

import pytest
from tests.acceptance.lab import PATIENT, Lab, assert_safe, wait_for

import shotlane
from shotlane import InUseError, Outcome, SessionError
from shotlane.api._in_session import DECIDED, FREE
from shotlane.instruments import holders
from shotlane.testing import Bench


def test_a_run_is_part_of_the_session(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        furnace = station.instrument("furnace")
        furnace.write("setpoint", 60)
        run = station.run("sequences/short.yaml", parameters={"soak": "20 ms"}, virtual_time=True)
        assert run.outcome is Outcome.DONE
        types = [event.type for event in station.events()]
        assert {"session.started", "instrument.set", "run.started", "shot.ended", "run.ended"} <= set(types)
        assert furnace.read("setpoint") is not None
    parents = lab.rows("SELECT s.parent FROM run r JOIN session s ON s.id = r.session")
    assert [row["parent"] for row in parents] == [station.session_id]
    assert shotlane.load(run.number).shots().height == 5


def test_a_sequence_that_is_wrong_touches_nothing(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        furnace = station.instrument("furnace")
        with pytest.raises(shotlane.DocumentError):
            station.run("sequences/short.yaml", parameters={"sok": "20 ms"})
        furnace.read("setpoint")
        assert "instrument.closed" not in [event.type for event in station.events()]


def test_what_the_session_has_decided_is_no_option_of_its_runs(lab: Lab) -> None:
    wrong: list[tuple[type[Exception], dict[str, Any], str]] = [
        (SessionError, {"mock": False}, "mock=False: a run inside a session has its instruments, simulated"),
        (SessionError, {"station": "bench"}, "station='bench': a run inside a session is at its station"),
        (
            SessionError,
            {"store": "other.db"},
            "a run inside a session is recorded in its store; leave it out",
        ),
        (TypeError, {"virtualtime": True}, "no option 'virtualtime'; did you mean 'virtual_time'?"),
    ]
    with shotlane.connect("demo", mock=True) as station:
        for kind, option, told in wrong:
            with pytest.raises(kind, match=re.escape(told)):
                station.run("sequences/short.yaml", **option)
        run = station.run(
            "sequences/short.yaml", virtual_time=True, mock=True, store=None, wait_for_store=1.0
        )
        assert run.outcome is Outcome.DONE
        assert station.run(
            "sequences/short.yaml", virtual_time=True, timing="normal", seed=3, wait=0.1
        ).number


def test_every_option_of_a_run_is_known_inside_a_session() -> None:
    assert set(signature(shotlane.run).parameters) == {"sequence", "parameters", *FREE, *DECIDED}


def test_the_worst_run_decides_the_outcome_of_the_session(lab: Lab) -> None:
    lab.write(
        lab.folder.joinpath("sequences/short.yaml").read_text()
        + """
results:
  T_max:
    value: max(furnace.temperature)
    high: 0 degC
"""
    )
    with shotlane.connect("demo", mock=True) as station:
        assert station.run("sequences/short.yaml", virtual_time=True).outcome is Outcome.FAILED
    row = lab.rows("SELECT outcome FROM session WHERE id = ?", station.session_id)[0]
    assert row["outcome"] == "failed"


@pytest.mark.real_time
def test_a_run_uses_the_locks_that_the_session_holds(bench_lab: Lab, bench: Bench) -> None:
    bench_lab.write(PATIENT)
    with shotlane.connect("bench") as station:
        furnace = station.instrument("furnace")
        station.instrument("balance")
        found: list[object] = []

        def look() -> None:
            wait_for(lambda: bench_lab.count("sample") > 0)
            found.append(holders(station.config)["furnace"].what)
            for attempt in (lambda: furnace.read("temperature"), lambda: station.stop()):
                with pytest.raises(SessionError) as refused:
                    attempt()
                found.append(str(refused.value))

        watcher = threading.Thread(target=look)
        watcher.start()
        run = station.run("sequences/short.yaml")
        watcher.join()
        assert run.outcome is Outcome.DONE
        assert str(found[0]).startswith(f"run {run.number} of short")
        assert "is used by the run that goes on in this session" in str(found[1])
        assert "a run goes on in this session" in str(found[2])
        # The session has its own again, and only those.
        furnace.write("setpoint", "60 degC")
        assert set(holders(station.config)) == {"furnace"}
        assert "session" in holders(station.config)["furnace"].what
        with shotlane.connect("bench") as other:
            with pytest.raises(InUseError):
                other.instrument("furnace")
            other.instrument("gas")
    assert_safe(bench)


def test_a_recording_reads_what_the_session_has_open(lab: Lab) -> None:
    with shotlane.connect("demo", mock=True) as station:
        station.instrument("furnace").write("setpoint", 60)
        with station.record(["furnace.setpoint", "gas.flow"], rate_hz=100, duration=0.05) as recording:
            values = [
                sample.value for batch in recording for sample in batch if sample.name == "furnace.setpoint"
            ]
        assert set(values) == {60.0}
        assert recording.summary.planned == 10
        assert set(station.instruments) == {"furnace", "gas"}
        with pytest.raises(shotlane.UnknownChannelError, match=r"did you mean 'gas.flow'"):
            station.record("gas.flw")
