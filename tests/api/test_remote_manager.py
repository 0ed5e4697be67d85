"""Sequences handed in at a manager elsewhere: the face of the local one, runs that outlive their client."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import shotlane
from shotlane import Experiment, ManagerError, Outcome, RunServer
from shotlane.api import Options, RemoteManager, State, _manager_link, _remote_run, _run_requests
from shotlane.api._manager_link import ManagerLink
from shotlane.api._remote_run import RemoteRun
from shotlane.api._sent import Sent, gather

STATIONS = Path(__file__).parents[2] / "stations"
SHORT = """\
sequence: short
include: [../parts/limits.yaml]
timeline:
  - soak: LENGTH
lanes:
  furnace.setpoint: {set: T}
  furnace.temperature: {record: 20 Hz, max_missing: 1}
parameters: {T: 40 degC}
sweep:
  - T: {file: points.csv}
"""
LIMITS = "results: {hot: {value: max(furnace.temperature), high: HIGH}}\n"


HOW = (Options(), {"store": None, "asker": None, "timing": None, "seed": None, "wait_s": 0.0})


def project(folder: Path, *, station: bool) -> Path:
    """A project; that of a client has no station."""
    (folder / "sequences").mkdir(parents=True)
    (folder / "shotlane.yaml").write_text("station: demo\n" if station else "timing: normal\n")
    if station:
        (folder / "stations").symlink_to(STATIONS)
    return folder


def write(folder: Path, name: str, *, length: str = "0.1 s", high: str = "90 degC") -> None:
    (folder / "parts").mkdir(exist_ok=True)
    (folder / "parts" / "limits.yaml").write_text(LIMITS.replace("HIGH", high))
    (folder / "sequences" / "points.csv").write_text("T (degC)\n30\n35\n")
    (folder / "sequences" / f"{name}.yaml").write_text(SHORT.replace("LENGTH", length))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunServer]:
    there = project(tmp_path / "there", station=True)
    with RunServer(there, listen="127.0.0.2:0", mock=True) as running:
        yield running


@pytest.fixture
def client(tmp_path: Path) -> Path:
    here = project(tmp_path / "here", station=False)
    write(here, "short")
    write(here, "hours", length="1 h")
    return here


@pytest.fixture
def experiment(server: RunServer, client: Path) -> Iterator[Experiment]:
    with connected(server, client) as made:
        yield made


def connected(server: RunServer, client: Path) -> Experiment:
    made = Experiment(client)
    assert server.address is not None
    made.configure_experiment_manager("remote", address=server.address, token=server.token_file)
    return made


def until(holds: Callable[[], bool], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_a_run_elsewhere_has_the_face_of_one_here(experiment: Experiment, tmp_path: Path) -> None:
    run = experiment.run("short", {"T": "30 degC"}, virtual_time=True)
    assert (run.number, run.outcome, run.result.shots_done) == (1, Outcome.PASSED, 1)
    assert run.samples()["value"].len() == 2
    assert run.shots()["T"].to_list() == [30.0]
    assert run.load() is not None
    assert not (tmp_path / "here" / "data").exists()
    assert (tmp_path / "there" / "data" / "shotlane.db").exists()


def test_includes_and_points_are_sent_and_a_second_time_is_another_run(experiment: Experiment) -> None:
    with experiment:
        made = [experiment.submit("short", virtual_time=True) for _ in range(2)]
    assert [one.result().number for one in made] == [1, 2]
    assert [one.result().result.shots_done for one in made] == [2, 2]
    assert {one.state for one in made} == {State.FINISHED}


def test_mistakes_come_back_at_their_places(experiment: Experiment, client: Path) -> None:
    write(client, "short", length="5 K")
    with pytest.raises(shotlane.DocumentError) as caught:
        experiment.run("short", virtual_time=True)
    (found,) = [item for item in caught.value.diagnostics if item.span is not None]
    assert str(found.span) == "sequences/short.yaml:4:11"
    assert "- soak: 5 K" in str(caught.value)
    write(client, "short")
    with pytest.raises(shotlane.DocumentError, match=r"^parameters\['T'\]:1:1 EXP040 "):
        experiment.run("short", {"T": "5 V"}, virtual_time=True)
    write(client, "short", high="7 V")
    with pytest.raises(shotlane.DocumentError, match=r"parts/limits\.yaml:1:") as caught:
        experiment.run("short", virtual_time=True)


def test_a_failed_run_raises_or_is_told_as_the_caller_chose(experiment: Experiment, client: Path) -> None:
    write(client, "short", high="20 degC")
    assert experiment.run("short", virtual_time=True, check=False).outcome is Outcome.FAILED
    with pytest.raises(shotlane.RunFailedError, match="run 2 failed"):
        experiment.run("short", virtual_time=True)


def test_an_interrupt_ends_in_a_true_state_whatever_it_comes_upon(experiment: Experiment) -> None:
    first, second = experiment.submit("hours"), experiment.submit("hours")
    until(lambda: first.state is State.RUNNING)
    assert second.state is State.DRAFT
    second.interrupt()
    assert second.wait(30) is State.INTERRUPTED
    assert (first.number, first.progress.shots) == (1, 2)
    first.interrupt("that was only a try")
    assert first.wait(30) is State.INTERRUPTED
    assert first.result(check=False).outcome is Outcome.ABORTED
    with pytest.raises(shotlane.InterruptedEarlyError):
        second.result()


def test_what_goes_wrong_there_is_raised_at_the_end_of_the_block(server: RunServer, client: Path) -> None:
    with (
        pytest.raises(ExceptionGroup, match="were not asked: short"),
        connected(server, client) as experiment,
    ):
        experiment.submit("short", {"T": "5 V"}, virtual_time=True)


def test_a_client_ends_its_own_and_sees_those_of_others(server: RunServer, client: Path) -> None:
    one, other = connected(server, client), connected(server, client)
    mine = one.submit("hours")
    theirs = other.submit("hours")
    assert [item.key for item in other.submissions] == [mine.key, theirs.key]
    other.interrupt()
    assert theirs.wait(30) is State.INTERRUPTED
    until(lambda: mine.state is State.RUNNING)
    assert mine.key is not None
    other.submitted(mine.key).interrupt()
    assert mine.wait(30) is State.INTERRUPTED
    with pytest.raises(ManagerError, match="knows no submission"):
        other.submitted("0" * 32)


def test_a_procedure_keeps_the_queue_waiting_across_clients(server: RunServer, client: Path) -> None:
    one, other = connected(server, client), connected(server, client)
    with one.procedure():
        late = other.submit("short", virtual_time=True)
        runs = [one.run("short", {"T": t}, virtual_time=True).number for t in ("30 degC", "40 degC")]
        assert late.state is State.DRAFT
    assert late.wait(30) is State.FINISHED
    assert (runs, late.number) == ([1, 2], 3)


def test_a_client_that_goes_in_its_procedure_gives_the_turn_back(server: RunServer, client: Path) -> None:
    one, other = connected(server, client), connected(server, client)
    procedure = one.procedure()
    procedure.__enter__()
    late = other.submit("short", virtual_time=True)
    time.sleep(0.3)
    assert late.state is State.DRAFT
    assert isinstance(one._manager, RemoteManager)
    one._manager._procedure.line.close()  # as the end of its process does
    assert late.wait(30) is State.FINISHED


def test_what_a_client_held_in_its_procedure_does_not_wait_for_ever(server: RunServer, client: Path) -> None:
    one, other = connected(server, client), connected(server, client)
    manager = one._manager
    assert isinstance(manager, RemoteManager)
    with one.procedure():
        held = manager._hand_in(
            manager.submission(client / "sequences/short.yaml", *HOW), manager._procedure.line
        )
        assert other.submitted(held.key).state is State.DRAFT
    assert other.submitted(held.key).wait(30) is State.INTERRUPTED


def test_a_run_outlives_its_client_and_is_found_again(server: RunServer, client: Path) -> None:
    write(client, "seconds", length="1 s")
    code = f"""
        import shotlane
        experiment = shotlane.Experiment({str(client)!r})
        token = {_token(server)!r}
        experiment.configure_experiment_manager("remote", address={server.address!r}, token=token)
        one = experiment.submit("seconds")
        while one.number is None: pass
        print(one.key, flush=True)
        one.wait()
        """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    key = process.stdout.readline().strip()
    process.kill()
    process.communicate()
    again = connected(server, client).submitted(key)
    assert again.state is State.RUNNING
    assert again.result(30).outcome is Outcome.PASSED


def _token(server: RunServer) -> str:
    assert server.token_file is not None
    return server.token_file.read_text()


def test_ctrl_c_at_the_client_ends_its_run_and_is_told(server: RunServer, client: Path) -> None:
    code = f"""
        import shotlane
        experiment = shotlane.Experiment({str(client)!r})
        token = {_token(server)!r}
        experiment.configure_experiment_manager("remote", address={server.address!r}, token=token)
        try:
            experiment.run("hours")
        except shotlane.RunFailedError as error:
            print(error.run.outcome.value)
        """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    )
    watch = connected(server, client)
    until(lambda: any(one.state is State.RUNNING for one in watch.submissions))
    os.kill(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert out.strip() == "aborted"


def test_the_same_submission_twice_is_one_run(server: RunServer, client: Path) -> None:
    experiment = connected(server, client)
    one = experiment.submit("short", virtual_time=True)
    experiment._manager.submit(one)  # as after an answer that was lost
    assert one.wait(30) is State.FINISHED
    assert experiment.run("short", virtual_time=True).number == 2


def test_the_end_of_a_manager_ends_its_run_and_is_told(
    server: RunServer, client: Path, tmp_path: Path
) -> None:
    experiment = connected(server, client)
    one = experiment.submit("hours")
    until(lambda: one.state is State.RUNNING)
    assert server.stop() is True
    store = shotlane.open_store(tmp_path / "there" / "data" / "shotlane.db")
    assert store.runs()["outcome"].to_list() == ["aborted"]
    with pytest.raises(ManagerError, match="no server answers"):
        experiment.submit("short")


def test_a_manager_that_was_started_again_knows_nothing_of_before(
    server: RunServer, client: Path, tmp_path: Path
) -> None:
    one = connected(server, client).submit("hours")
    assert server.address is not None
    place = server.address.removeprefix("tls://").partition("#")[0]
    server.stop()
    again = RunServer(tmp_path / "there", listen=place, mock=True)
    with again, pytest.raises(ManagerError, match="knows no submission"):
        one.result(30)


def test_a_run_of_sent_texts_is_archived_with_its_plan_and_goes_on(
    server: RunServer, client: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "there"
    write(client, "short", length="0.2 s")
    one = connected(server, client).submit("short")
    until(lambda: one.progress.shot == 2)
    one.interrupt()
    one.wait(30)
    assert one.number is not None
    assert (
        shotlane.archive(one.number, tmp_path / "run.zip", store=str(there / "data/shotlane.db")).no_plan
        is None
    )
    monkeypatch.chdir(there)
    assert shotlane.resume(one.number).result.shots_done == 1


def test_python_is_neither_sent_nor_taken(experiment: Experiment, server: RunServer, client: Path) -> None:
    path = client / "sequences" / "python.yaml"
    path.write_text(SHORT.replace("LENGTH", "1 s") + "results: {n: {python: own.py:count}}\n")
    (client / "sequences" / "own.py").write_text("def count(shot): return 1\n")
    with pytest.raises(ManagerError, match=r"sequences/python\.yaml:11:.*calls Python"):
        experiment.run("python")
    assert server.address is not None
    link = ManagerLink(server.address, server.token_file)
    texts = {"sequences/python.yaml": path.read_text(), "sequences/own.py": "def count(shot): return 1\n"}
    with pytest.raises(ManagerError, match="is Python, which a manager does not take"):
        link.ask("submit", **order("sequences/python.yaml", texts))


def order(name: str, texts: dict[str, str], **more: object) -> dict[str, object]:
    options = {"station": None, "mock": True, "virtual_time": True, "confirm": False, "retry": None}
    terms = {"timing": None, "seed": None, "wait": 0.0}
    told = {"key": "a" * 32, "sequence": name, "texts": texts, "parameters": {}}
    return {**told, "options": {**options, **more}, "terms": terms}


def test_no_file_of_the_manager_is_read_for_a_sequence(
    server: RunServer, client: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "there" / "secret.csv"
    secret.write_text("T (degC)\nhunter2\n")
    assert server.address is not None
    link = ManagerLink(server.address, server.token_file)
    text = (
        SHORT.replace("LENGTH", "1 s")
        .replace("points.csv", str(secret))
        .replace("include: [../parts/limits.yaml]\n", "")
    )
    link.ask("submit", **order("sequences/x.yaml", {"sequences/x.yaml": text}))
    until(lambda: link.ask("look", keys=["a" * 32])["a" * 32]["state"] == "crashed")
    told = json.dumps(link.ask("look", keys=["a" * 32]))
    assert "SEQ310" in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../out.yaml", "leads out of the project"),
        ("/etc/out.yaml", "leads out of the project"),
        ("x.py", "is Python"),
    ],
)
def test_texts_with_other_names_are_refused(name: str, why: str) -> None:
    with pytest.raises(ManagerError, match=why):
        Sent("x.yaml", {"x.yaml": "", name: ""}).check()


def test_a_client_chooses_no_station_by_its_file_and_no_store(
    server: RunServer, client: Path, experiment: Experiment
) -> None:
    assert server.address is not None
    link = ManagerLink(server.address, server.token_file)
    texts = {"x.yaml": SHORT}
    for options, why in (({"store": "x.db"}, "cannot say 'store'"), ({"mock": "yes"}, "must say 'mock'")):
        with pytest.raises(ManagerError, match=why):
            link.ask("submit", **order("x.yaml", texts, **options))
    with pytest.raises(ManagerError, match="is no name of a station"):
        experiment.run("short", station="stations/demo.yaml")
    with pytest.raises(ValueError, match="store"):
        experiment.run("short", store="x.db")


def test_a_text_cannot_stand_in_for_one_of_the_station(server: RunServer, client: Path) -> None:
    assert server.address is not None
    link = ManagerLink(server.address, server.token_file)
    text = SHORT.replace("LENGTH", "0.1 s").replace("include: [../parts/limits.yaml]\n", "")
    texts = {
        "sequences/x.yaml": text.replace("{file: points.csv}", "[30 degC]"),
        "stations/demo.yaml": "language: 1\nstation: demo\ninstruments: {}\n",
    }
    link.ask("submit", **order("sequences/x.yaml", texts))
    until(lambda: link.ask("look", keys=["a" * 32])["a" * 32]["state"] == "finished")


def test_what_belongs_to_a_sequence_is_gathered(client: Path) -> None:
    (client / "sequences" / "cool.yaml").write_text("sequence: cool\n")
    path = client / "sequences" / "short.yaml"
    path.write_text(path.read_text() + "after: cool.yaml\n")
    found = gather(path)
    assert found.sequence == "sequences/short.yaml"
    assert sorted(found.texts) == [
        "parts/limits.yaml",
        "sequences/cool.yaml",
        "sequences/points.csv",
        "sequences/short.yaml",
    ]


def test_a_manager_is_local_or_has_an_address(client: Path) -> None:
    experiment = Experiment(client)
    with pytest.raises(ValueError, match="did you mean 'remote'"):
        experiment.configure_experiment_manager("remot")
    with pytest.raises(ValueError, match="has an address"):
        experiment.configure_experiment_manager("remote")
    with pytest.raises(shotlane.SessionError, match="is no address"):
        experiment.configure_experiment_manager("remote", address="tcp://192.0.2.1:50250")
    experiment.configure_experiment_manager("local")
    with pytest.raises(ManagerError, match="of this process"):
        experiment.submitted("0" * 32)


def test_what_a_manager_says_does_nothing_to_a_terminal(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = {"file": "a\x1b]0;b.yaml", "line": 2, "column": 3, "length": 1, "text": "\tT: 2 K\x9b2J"}
    mistake = {"code": "SEQ001", "message": "\x1b[2Jgone", "help": "\u202eback", "severity": "error"}
    fault = {"diagnostics": [{**mistake, "place": place, "notes": []}]}
    monkeypatch.setattr(_manager_link, "receive", lambda *_: {"fault": fault})
    with pytest.raises(shotlane.DocumentError) as caught:
        experiment.submit("short")
    told = str(caught.value)
    assert "\ufffd[2Jgone" in told
    assert "\ufffdback" in told
    assert "\tT: 2 K\ufffd2J" in told
    assert not set(told) & set("\x1b\x9b\u202e")
    place["line"] = 1 << 60  # nor does it fill the memory
    with pytest.raises(ManagerError, match="speaks of line 1152921504606846976"):
        experiment.submit("short")
    monkeypatch.setattr(_manager_link, "receive", lambda *_: {"fault": {"message": "\x1b[2J\ngone"}})
    with pytest.raises(ManagerError, match="\ufffd\\[2J\ngone"):
        experiment.submit("short")


def test_an_archive_that_never_comes_to_its_end_is_given_up(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = experiment.run("short", virtual_time=True)
    assert isinstance(run, RemoteRun)
    for piece in (b"", 3):
        monkeypatch.setattr(_remote_run, "receive", lambda *_, piece=piece: {"piece": piece})
        with pytest.raises(ManagerError, match="did not come"):
            run.fetch(tmp_path / "run.zip")
        assert not (tmp_path / "run.zip").exists()
    monkeypatch.setattr(_remote_run, "_piece", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run.fetch(tmp_path / "run.zip")
    assert not (tmp_path / "run.zip").exists()
    for size in (1 << 60, "all"):
        monkeypatch.setattr(_remote_run, "answered", lambda _, size=size: size)
        with pytest.raises(ManagerError, match=r"1,152,921,504,606,846,976 bytes|no size was told"):
            run.fetch(tmp_path / "run.zip")
        assert not (tmp_path / "run.zip").exists()
    monkeypatch.setattr(_remote_run, "answered", lambda _: (_ for _ in ()).throw(EOFError))
    kept = tmp_path / "kept.zip"
    kept.write_text("mine")
    with pytest.raises(FileExistsError):
        run.fetch(kept)
    assert kept.read_text() == "mine"


def test_threads_of_one_client_share_a_connection(experiment: Experiment) -> None:
    runs: list[int] = []

    def work() -> None:
        runs.append(experiment.run("short", virtual_time=True).number)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(runs) == [1, 2, 3]


def test_a_manager_keeps_no_endless_queue(
    server: RunServer, client: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_run_requests, "_MOST", 1)
    write(client, "seconds", length="1 s")
    experiment = connected(server, client)
    going = [experiment.submit("seconds") for _ in range(2)]
    with pytest.raises(ManagerError, match="wait already"):
        experiment.submit("seconds").result(30)
    for one in going:
        one.interrupt("enough")
