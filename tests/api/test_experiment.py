"""`Experiment`: one object that runs, queues and interrupts sequences, and always knows the truth."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

import shotlane
from shotlane import Experiment, Outcome, StoreError
from shotlane.api import State
from shotlane.instruments import Identity, Reading, declare_attribute
from shotlane.instruments.adopted.adapters import _installed
from shotlane.model import Attribute, LanePart, WrittenLane, _installed_kinds
from shotlane.sessions._tokens import token_file, token_of

STATIONS = Path(__file__).parents[2] / "stations"
SHORT = """\
sequence: short
timeline:
  - soak: LENGTH
lanes:
  furnace.setpoint: {set: T}
  furnace.temperature: {record: 20 Hz}
parameters: {T: 40 degC}
results:
  hot: {value: max(furnace.temperature), high: HIGH}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stations").symlink_to(STATIONS)
    (tmp_path / "sequences").mkdir()
    (tmp_path / "shotlane.yaml").write_text("station: demo\n")
    _write(tmp_path, "short")
    _write(tmp_path, "hours", length="1 h")
    _write(tmp_path, "fails", high="20 degC")
    return tmp_path


def _write(folder: Path, name: str, *, length: str = "0.1 s", high: str = "90 degC") -> None:
    text = SHORT.replace("LENGTH", length).replace("HIGH", high)
    (folder / "sequences" / f"{name}.yaml").write_text(text)


@pytest.fixture
def experiment(folder: Path) -> Iterator[Experiment]:
    with Experiment(folder) as made:
        yield made


def test_a_sequence_is_run_by_its_name_and_a_second_time_as_another_run(experiment: Experiment) -> None:
    first = experiment.run("short", {"T": "30 degC"}, mock=True, virtual_time=True)
    second = experiment.run("short", mock=True, virtual_time=True)
    assert (first.outcome, second.outcome) == (Outcome.PASSED, Outcome.PASSED)
    assert second.number == first.number + 1
    with experiment.storage_session() as store:
        assert store.runs().height == 2


def test_a_failed_run_raises_or_is_told_as_the_caller_chose(experiment: Experiment) -> None:
    assert experiment.run("fails", mock=True, virtual_time=True, check=False).outcome is Outcome.FAILED
    with pytest.raises(shotlane.RunFailedError, match="run 2 failed") as caught:
        experiment.run("fails", mock=True, virtual_time=True)
    assert caught.value.run.number == 2


def test_a_wrong_sequence_raises_with_its_mistakes(experiment: Experiment, folder: Path) -> None:
    (folder / "sequences" / "short.yaml").write_text(SHORT.replace("LENGTH", "5 K"))
    with pytest.raises(shotlane.DocumentError):
        experiment.run("short")
    submission = experiment.submit("short")
    assert submission.wait(30) is State.CRASHED
    with pytest.raises(shotlane.DocumentError):
        submission.result()


def test_names_and_options_that_are_not_there(experiment: Experiment) -> None:
    with pytest.raises(FileNotFoundError, match="did you mean 'short'"):
        experiment.run("shrot")
    with pytest.raises(TypeError, match="did you mean 'mock'"):
        experiment.submit("short", mok=True)  # type: ignore[call-arg]  # that is the mistake
    with pytest.raises(ValueError, match="no manager 'remot'; did you mean 'remote'"):
        experiment.configure_experiment_manager("remot")


def test_what_is_submitted_is_done_in_its_order(experiment: Experiment) -> None:
    made = [experiment.submit("short", mock=True, virtual_time=True) for _ in range(3)]
    experiment.join()
    assert [one.state for one in made] == [State.FINISHED] * 3
    assert [one.result().number for one in made] == [1, 2, 3]
    assert experiment.submissions == ()


def test_an_interrupt_in_every_state_ends_in_a_true_one(experiment: Experiment) -> None:
    runs, waits = experiment.submit("hours", mock=True), experiment.submit("hours", mock=True)
    waits.interrupt()
    assert waits.state is State.INTERRUPTED
    with pytest.raises(shotlane.InterruptedEarlyError):
        waits.result()
    _reaches(runs, State.RUNNING)
    runs.interrupt("enough")
    assert runs.wait(30) is State.INTERRUPTED
    assert runs.result(check=False).outcome is Outcome.ABORTED
    runs.interrupt()
    assert runs.state is State.INTERRUPTED
    assert experiment.run("short", mock=True, virtual_time=True).number == 2


@pytest.mark.parametrize("after_s", [0.0, 0.002, 0.01, 0.03, 0.06, 0.1])
def test_an_interrupt_while_it_is_prepared(experiment: Experiment, after_s: float) -> None:
    experiment.run("short", mock=True, virtual_time=True)  # now there is a store to look into
    submission = experiment.submit("hours", mock=True)
    time.sleep(after_s)
    submission.interrupt()
    assert submission.wait(30) is State.INTERRUPTED
    with experiment.storage_session() as store:
        assert store.runs(outcome="running").height == 0


def test_a_queue_is_ended_by_an_exception_of_its_block(folder: Path) -> None:
    made: list[shotlane.Submission] = []
    experiment = Experiment(folder)

    def work() -> None:
        with experiment:
            made.extend(experiment.submit("hours", mock=True) for _ in range(2))
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert [one.state for one in made] == [State.INTERRUPTED] * 2


def test_a_procedure_keeps_the_queue_waiting(experiment: Experiment) -> None:
    with experiment.procedure():
        waits = experiment.submit("short", mock=True, virtual_time=True)
        assert experiment.run("short", mock=True, virtual_time=True).number == 1
        assert waits.state is State.DRAFT
    assert waits.result(30).number == 2


def test_a_retry_policy_for_sequences_that_have_none(folder: Path) -> None:
    experiment = Experiment(folder, retry={"attempts": 3, "on": ["verdict"]})
    assert experiment.run("fails", check=False, mock=True, virtual_time=True).shots()[
        "attempts"
    ].to_list() == [3]
    experiment.configure_shot_retry(None)
    assert experiment.run("fails", check=False, mock=True, virtual_time=True).shots()[
        "attempts"
    ].to_list() == [1]


@pytest.mark.parametrize(
    ("retry", "told"),
    [
        ({"attempts": 0}, "'attempts' of a retry policy is 0: input should be greater than or equal to 1"),
        ({"attempts": "3"}, "'attempts' of a retry policy is '3': input should be a valid integer"),
        ({"attempts": 2, "then": "skipp"}, "'then' of a retry policy is 'skipp'"),
        ({"backoff": float("inf")}, "'backoff' of a retry policy is inf: input should be"),
    ],
)
def test_a_retry_policy_that_cannot_be_is_refused_at_once(
    folder: Path, retry: dict[str, object], told: str
) -> None:
    experiment = Experiment(folder)
    with pytest.raises(ValueError, match=told):
        experiment.configure_shot_retry(retry)
    with pytest.raises(ValueError, match=told):
        Experiment(folder, retry=retry)


def test_a_store_that_cannot_be_is_refused_at_once_and_the_old_one_stays(folder: Path) -> None:
    experiment = Experiment(folder)
    before = experiment.store
    with pytest.raises(StoreError, match="cannot live in `foo`"):
        experiment.configure_storage("foo://x")
    with pytest.raises(StoreError, match="cannot live in `mysql`"):
        Experiment(folder, store="mysql://x/y")
    assert experiment.store == before


def test_what_is_no_class_is_no_extension(experiment: Experiment) -> None:
    for register in (experiment.register_device_extension, experiment.register_time_lane_extension):
        with pytest.raises(TypeError, match="'x' is to be a class, and 42 is none"):
            register("x", 42)  # type: ignore[arg-type]


def test_records_go_where_they_are_told_to(experiment: Experiment, tmp_path: Path) -> None:
    experiment.configure_storage(f"sqlite:///{tmp_path / 'other.db'}")
    experiment.run("short", mock=True, virtual_time=True)
    assert (tmp_path / "other.db").exists()
    assert experiment.upgrade_database()[0] == experiment.upgrade_database()[1]


class Oven:
    """A driver of this very module."""

    def open(self) -> Identity:
        return Identity(maker="tests", model="oven")

    def attributes(self) -> dict[str, Attribute]:
        return {"temperature": declare_attribute("temperature", unit="degC")}

    def commands(self) -> dict[str, object]:
        return {}

    def read(self, names: Sequence[str]) -> dict[str, Reading]:
        return {name: Reading(21.5) for name in names}

    def write(self, name: str, value: object) -> None:
        raise AssertionError(name)

    def call(self, command: str, arguments: object) -> None:
        raise AssertionError(command)

    def make_safe(self) -> None:
        pass

    def close(self) -> None:
        pass


class Hold:
    """A lane kind of this very module: one value over a step."""

    version = "1"
    schema: ClassVar = {"description": "A value.", "type": ["number", "string"]}

    def expand(self, lane: WrittenLane) -> Iterator[LanePart]:
        for cell, value in lane.cells.items():
            yield LanePart(cell, "set", value)


def test_drivers_and_lane_kinds_of_the_program(
    experiment: Experiment, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # They hold for the process, in which other tests run too.
    monkeypatch.setattr(_installed, "_registered", {})
    monkeypatch.setattr(_installed_kinds, "_registered", {})
    experiment.register_device_extension("test-oven", Oven)
    experiment.register_time_lane_extension("hold", Hold)
    station = (STATIONS / "demo.yaml").read_text()
    (folder / "own.yaml").write_text(
        f"{station}\n  oven:\n    driver: test-oven\n    attributes: {{temperature: {{unit: degC}}}}\n"
    )
    text = (
        SHORT.replace("LENGTH", "0.1 s").replace("HIGH", "90 degC").replace("{set: T}", "{hold: {soak: T}}")
    )
    (folder / "sequences" / "own.yaml").write_text(
        text.replace("parameters:", "  oven.temperature: {record: 20 Hz}\nparameters:")
    )
    run = experiment.run("own", station=str(folder / "own.yaml"))
    assert run.samples().filter(channel="oven.temperature")["value"].to_list() == [21.5] * 2


SERVED = """\
language: 1
station: served
instruments:
  furnace:
    driver: rack
    options: {instrument: oven}
    attributes:
      setpoint: {unit: degC, access: rw, safe: 20 degC}
      temperature: {unit: degC}
"""


@pytest.fixture
def rack(folder: Path) -> Iterator[shotlane.StationConnection]:
    """A session that has the instrument `oven`."""
    text = (STATIONS / "demo.yaml").read_text().replace("  furnace:", "  oven:", 1)
    (folder / "rack.yaml").write_text(text)
    (folder / "served.yaml").write_text(SERVED)
    with shotlane.connect(folder / "rack.yaml", mock=True) as station:
        yield station


@pytest.mark.parametrize("with_token", [False, True])
def test_roles_are_reached_over_a_device_server(
    experiment: Experiment, folder: Path, rack: shotlane.StationConnection, with_token: bool
) -> None:
    address = rack.start_instrument_server(["oven"])
    token = token_of(address) if with_token else None
    if with_token:
        token_file(address).unlink()
    experiment.register_device_server("rack", address, token=token)
    run = experiment.run("short", {"T": "50 degC"}, station=str(folder / "served.yaml"))
    assert run.samples().filter(channel="furnace.temperature").height == 2
    values = [event.fields["value"] for event in rack.events("instrument.set", role="oven")]
    assert values == [50.0, 20.0]


def test_the_server_judges_what_a_run_sets_over_it(
    experiment: Experiment, folder: Path, rack: shotlane.StationConnection
) -> None:
    experiment.register_device_server("rack", rack.start_instrument_server(["oven"]))
    run = experiment.run("short", {"T": "600 degC"}, station=str(folder / "served.yaml"), check=False)
    assert run.outcome is Outcome.ERRORED
    assert "600 degC is above the limit 200 degC" in str(run.result.reason)
    assert rack.instruments["oven"].read("setpoint") == 20.0


def test_a_device_server_that_is_gone_is_told(
    experiment: Experiment, folder: Path, rack: shotlane.StationConnection
) -> None:
    experiment.register_device_server("rack", rack.start_instrument_server(["oven"]), token="secret")
    for told in ("its token is not that of this server", "no server answers at"):
        with pytest.raises(shotlane.RunFailedError) as caught:
            experiment.run("short", station=str(folder / "served.yaml"))
        assert told in str(caught.value)
        assert "secret" not in str(caught.value)
        rack.stop()
    with pytest.raises(shotlane.SessionError, match="is no address of an instrument server"):
        experiment.register_device_server("rack", "tcp://example.org:80")


def test_extensions_must_be_found_by_their_names(experiment: Experiment) -> None:
    with pytest.raises(ValueError, match="at the top of a module"):
        experiment.register_device_extension("test-local", type("Local", (), {}))
    with pytest.raises(ValueError, match="a key of the language"):
        experiment.register_time_lane_extension("record", Hold)


def test_ctrl_c_ends_a_run_and_is_told(folder: Path) -> None:
    program = (
        "import shotlane\n"
        f"experiment = shotlane.Experiment({str(folder)!r})\n"
        "try:\n"
        "    experiment.run('hours', mock=True)\n"
        "except shotlane.RunFailedError as error:\n"
        "    print(error.run.outcome.value)\n"
    )
    assert _told_after_ctrl_c(folder, program) == "terminated\n"


def test_an_interrupt_ends_a_run_that_waits_for_its_turn(experiment: Experiment) -> None:
    told: list[str] = []

    def run() -> None:
        try:
            experiment.run("hours", mock=True)
        except shotlane.InterruptedEarlyError as error:
            told.append(str(error))

    with experiment.procedure():
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        _until(lambda: len(experiment.submissions) == 1)
        experiment.interrupt()
        thread.join(20)
    assert told == ["hours.yaml was interrupted before it was a run"]
    assert experiment.submissions == ()


def test_ctrl_c_while_the_block_waits_for_its_queue_ends_what_runs(folder: Path) -> None:
    program = (
        "import shotlane\n"
        "try:\n"
        f"    with shotlane.Experiment({str(folder)!r}) as experiment:\n"
        "        submission = experiment.submit('hours', mock=True)\n"
        "except KeyboardInterrupt:\n"
        "    print(submission.state, submission.run.outcome.value)\n"
    )
    assert _told_after_ctrl_c(folder, program) == "interrupted aborted\n"


@pytest.mark.parametrize(
    ("act", "ending"),
    [
        ("experiment.submit('hours', mock=True); experiment.join()", "KeyboardInterrupt"),
        ("experiment.submit('hours', mock=True).wait()", "KeyboardInterrupt"),
        ("experiment.run('hours', mock=True, timing='normal')", "RunFailedError"),
    ],
)
def test_a_ctrl_c_that_another_thread_receives_is_heard(folder: Path, act: str, ending: str) -> None:
    program = (
        "import shotlane, signal, threading, time\n"
        "threading.Thread(target=time.sleep, args=(90,), daemon=True).start()\n"
        # As when the system chooses so: what is told to this process goes to the other thread.
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\n"
        "try:\n"
        f"    with shotlane.Experiment({str(folder)!r}) as experiment:\n"
        f"        {act}\n"
        "except (KeyboardInterrupt, shotlane.RunFailedError) as error:\n"
        "    print(type(error).__name__)\n"
    )
    assert _told_after_ctrl_c(folder, program) == f"{ending}\n"


def _told_after_ctrl_c(folder: Path, program: str) -> str:
    """What a program prints that is interrupted as soon as its run has begun."""
    store = folder / "data" / "shotlane.db"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        try:
            _until(lambda: store.exists() and _runs(store) == 1)
            os.kill(process.pid, signal.SIGINT)
            return process.communicate(timeout=60)[0]
        finally:
            process.kill()


def _runs(store: Path) -> int:
    try:
        return shotlane.open_store(f"sqlite:///{store}").runs().height
    except shotlane.StoreError:  # it is just being made
        return 0


def _reaches(submission: shotlane.Submission, state: State) -> None:
    _until(lambda: submission.state is state)


def _until(holds: Callable[[], bool]) -> None:
    end = threading.Event()
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        end.wait(0.01)


def test_what_went_wrong_and_nobody_asked_is_raised_at_the_end(folder: Path) -> None:
    made = Experiment(folder, mock=True)
    made.submit("short", virtual_time=True)
    made.submit("fails", virtual_time=True)
    made.submit("short", {"T": "300 degC"}, virtual_time=True)
    with pytest.raises(ExceptionGroup, match="fails, short") as caught:
        _enter_and_leave(made)
    first, second = caught.value.exceptions
    assert isinstance(first, shotlane.RunFailedError)
    assert first.run.number == 2
    assert isinstance(second, shotlane.DocumentError)
    _enter_and_leave(made)  # told once


def _enter_and_leave(made: Experiment, error: Exception | None = None) -> None:
    with made:
        if error is not None:
            raise error


@pytest.mark.parametrize("ask", ["result", "run", "error"])
def test_who_asked_how_it_ended_is_not_told_again(folder: Path, ask: str) -> None:
    with Experiment(folder, mock=True) as made:
        failed = made.submit("fails", virtual_time=True)
        failed.wait()
        if ask == "result":
            failed.result(check=False)
        else:
            getattr(failed, ask)


def test_what_the_program_interrupted_is_no_surprise_to_it(folder: Path) -> None:
    with Experiment(folder, mock=True) as made:
        made.submit("hours").interrupt()
        running = made.submit("hours")
        _until(lambda: running.number is not None)
        made.interrupt()


def test_an_exception_of_the_block_has_what_else_went_wrong_as_a_note(folder: Path) -> None:
    made = Experiment(folder, mock=True)
    made.submit("short", {"T": "300 degC"}, virtual_time=True).wait()
    with pytest.raises(KeyError) as caught:
        _enter_and_leave(made, KeyError("of the block"))
    assert "300 degC" in caught.value.__notes__[0]
