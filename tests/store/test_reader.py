import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.store import lab

from shotlane.records import Outcome, ShotEnd
from shotlane.store import SessionStart, StoreError, open_reader, open_recorder


def _dead_process() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_runs_are_listed_newest_first_with_what_a_list_needs(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        lab.record_run(recorder)
        lab.record_run(recorder, shots=2, sequence="soak", tags=(), stamps=())
    with open_reader(store_url) as reader:
        newest, first = reader.runs()
        assert [run.number for run in reader.runs(limit=1)] == [2]
    assert (newest.sequence, newest.shots_planned, newest.shots_committed) == ("soak", 2, 2)
    assert (first.state, first.outcome, first.tags, first.stamps) == (
        "done",
        Outcome.DONE,
        ("commissioning",),
        ("mocked",),
    )


def test_a_run_is_told_in_full(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        run = lab.record_run(recorder)
    with open_reader(store_url) as reader:
        found = reader.run()
        assert reader.documents(run) == {"furnace-ramp.yaml": "sequence: furnace-ramp\n"}
    assert found.channels == lab.CHANNELS
    assert [(one.name, one.type, one.unit) for one in found.parameters] == [
        ("T_soak", "number", "degC"),
        ("flow", "number", "cm**3/min"),
        ("background", "bool", None),
        ("gas", "text", None),
    ]
    assert found.outcomes == {Outcome.DONE: 3}
    assert found.tallies == {("furnace.temperature", "readings"): (12, 12, 0, 0, 0, 0, 0)}
    assert (found.environment, found.figures) == ({"python": "3.12"}, {"shots": 3})


def test_a_run_that_goes_on_is_running(store_url: str) -> None:
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        recorder.begin_run(lab.run_start())
        found = reader.runs()[0]
    assert (found.state, found.outcome, found.died) == ("running", None, False)


@pytest.mark.parametrize(
    "session",
    [
        pytest.param(lambda: SessionStart(pid=_dead_process()), id="its process is gone"),
        pytest.param(lambda: SessionStart(process_started="1"), id="its number went to another process"),
        pytest.param(lambda: SessionStart(boot="before"), id="the machine started anew"),
        pytest.param(
            lambda: SessionStart(host="elsewhere", started_utc_ns=lab.START_NS), id="it fell silent"
        ),
    ],
)
def test_a_run_whose_runner_died_is_terminated(sqlite_url: str, session: Callable[[], SessionStart]) -> None:
    recorder = open_recorder(sqlite_url, session=session())
    recorder.begin_run(lab.run_start())
    with open_reader(sqlite_url) as reader:
        found = reader.runs()[0]
    assert (found.state, found.outcome) == ("terminated (runner died)", Outcome.TERMINATED)
    recorder.close()


def test_a_run_on_another_machine_is_running_while_it_gives_signs_of_life(sqlite_url: str) -> None:
    assert socket.gethostname() != "elsewhere"
    with open_recorder(sqlite_url, session=SessionStart(host="elsewhere")) as recorder:
        recorder.begin_run(lab.run_start())
        with open_reader(sqlite_url) as reader:
            assert reader.runs()[0].state == "running"


def test_a_session_that_closed_without_ending_its_run_counts_as_died(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        recorder.begin_run(lab.run_start())
    with open_reader(store_url) as reader:
        assert reader.run(1).summary.outcome is Outcome.TERMINATED


def test_a_missing_store_is_told_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no store .*lab\.db"):
        open_reader(tmp_path / "lab.db")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_cannot_write_and_leaves_no_files_behind(sqlite_url: str) -> None:
    with open_recorder(sqlite_url) as recorder:
        lab.record_run(recorder)
    with open_reader(sqlite_url) as reader:
        driver: Any = reader._connection.connection.driver_connection
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            driver.execute("DELETE FROM event")
    assert [path.name for path in Path(sqlite_url.removeprefix("sqlite:///")).parent.iterdir()] == ["lab.db"]


def test_an_unknown_run_is_told_with_what_there_is(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        with open_reader(store_url) as reader, pytest.raises(StoreError, match="holds no run yet"):
            reader.run()
        lab.record_run(recorder)
        lab.record_run(recorder)
    with (
        open_reader(store_url) as reader,
        pytest.raises(StoreError, match=r"no run 7 .*\(it holds 2 runs, 1 to 2\)"),
    ):
        reader.run(7)


def test_a_reader_sees_only_whole_shots_while_another_writes(store_url: str) -> None:
    rows = [lab.sample(0, tick, 1.0) for tick in range(50)]
    with open_recorder(store_url) as recorder, open_reader(store_url) as reader:
        run = recorder.begin_run(lab.run_start())

        def write() -> None:
            for shot in range(1, 101):
                lab.record_shot(recorder, shot, rows)

        writer = threading.Thread(target=write)
        writer.start()
        seen = 0
        while writer.is_alive() or seen < 100:
            shots = len(reader.shots(run))
            samples = len(reader.samples(run))
            assert samples >= shots * 50
            assert shots >= seen
            seen = shots
        writer.join()
        assert len(reader.samples(run)) == 5000


def test_a_store_on_a_medium_that_cannot_be_written_is_read(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_recorder(sqlite_url) as recorder:
        lab.record_run(recorder)
    monkeypatch.setattr("shotlane.store._sqlite._writable", lambda _: False)
    with open_reader(sqlite_url) as reader:
        assert reader.newest() == 1


def test_a_run_tells_how_its_shots_ended(store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        run = recorder.begin_run(lab.run_start(shots_planned=12))
        endings = [Outcome.DONE, Outcome.ERRORED, Outcome.PASSED, Outcome.SKIPPED, Outcome.ERRORED]
        for shot, outcome in enumerate(endings, 1):
            lab.begin_shot(recorder, shot)
            recorder.end_shot(ShotEnd(shot, outcome, 1))
        lab.record_run(recorder, 2)
    with open_reader(store_url) as reader:
        newest, other = reader.runs()
        assert (newest.shots_good, newest.other_shots) == (2, "")
        assert (other.number, other.shots_committed, other.shots_good) == (run, 5, 2)
        assert other.other_shots == "2 errored, 1 skipped"
        assert reader.run(run).outcomes == other.outcomes
