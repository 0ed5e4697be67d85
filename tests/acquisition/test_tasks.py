"""Tasks of a component: done on time, told truly, and safe at the end of every path."""

import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.acceptance.lab import Lab, wait_for
from tests.acquisition.oven import EDGES, Oven, Profiler, fault
from tests.acquisition.test_sinks import csv_rows

import shotlane
from shotlane import Component, Job, JobState, MemorySink, Outcome, QueueFullError, Task, UnknownChannelError
from shotlane.acquisition import SinkError
from shotlane.acquisition._task import checked_value
from shotlane.execution import VirtualClock
from shotlane.instruments import Edges, ProgramTable, Reading
from shotlane.testing import Bench

HEAT: dict[str, Any] = {"set": {"setpoint": "60 degC"}, "sample": "temperature", "every": 0.01}


def of(driver: Oven, **options: Any) -> Component:
    """The oven, in virtual time."""
    return shotlane.component(driver, "oven", clock=VirtualClock(0), **options)


def counts(job: Job) -> tuple[int, ...]:
    summary = job.status.summary
    parts = (summary.ok, summary.late, summary.failed, summary.missed, summary.dropped, summary.unreached)
    assert sum(parts) == summary.planned
    return (summary.planned, *parts)


def test_what_is_set_comes_first_and_the_safe_state_last() -> None:
    oven = Oven()
    with of(oven) as component:
        job = component.submit(**HEAT, duration=0.03)
        assert job.wait(10) is Outcome.DONE
    assert oven.log == ["setpoint 60.0", *["read temperature"] * 3, "setpoint 20.0", "safe"]
    assert counts(job) == (3, 3, 0, 0, 0, 0, 0)
    assert job.status.reason == "its time was over"


def test_nothing_is_set_by_hand_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    checking, closed, told = threading.Event(), threading.Event(), list[str]()

    def slowly(*given: Any) -> Any:
        checking.set()
        closed.wait(20)
        return checked_value(*given)

    def set_more() -> None:
        try:
            component.write("setpoint", "60 degC")
        except RuntimeError as error:
            told.append(str(error))

    monkeypatch.setattr("shotlane.acquisition._component.checked_value", slowly)
    oven = Oven()
    with of(oven) as component:
        thread = threading.Thread(target=set_more)
        thread.start()
        checking.wait(20)
        component.close()
        closed.set()
        thread.join(20)
    assert oven.log == []
    assert told == ["the component is not open; use it in a `with`, or `open()` it"]


def test_an_instrument_that_does_not_come_to_an_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shotlane.acquisition._component._LONGEST_END_S", 0.1)
    hangs, answers = threading.Event(), threading.Event()

    def hang(_: int) -> None:
        hangs.set()
        answers.wait(20)

    oven = Oven(at_read=hang)
    component = of(oven).open()
    component.submit(**HEAT, duration=0.03)
    hangs.wait(20)
    with pytest.raises(RuntimeError, match="NOT SAFE"):
        component.close()
    answers.set()
    wait_for(lambda: oven.is_safe)


def test_the_interval_asked_for_is_the_interval_kept(in_lab: Lab) -> None:
    with shotlane.component("demo", "furnace", clock=VirtualClock(0)) as furnace:
        job = furnace.submit(sample=["temperature", "setpoint"], every="10 ms", duration="1 s")
    data = job.data()
    assert data.columns == ["tick", "target_at", "elapsed_s", "temperature", "setpoint"]
    assert data["tick"].to_list() == list(range(100))
    assert data["target_at"].diff().drop_nulls().unique().dt.total_nanoseconds().to_list() == [10_000_000]
    assert data["elapsed_s"][-1] == 0.99
    assert job.units == {"temperature": "degC", "setpoint": "degC"}
    assert data.schema["temperature"] == pl.Float64
    assert counts(job)[0] == 200


def test_every_sample_is_there_with_all_that_is_known_of_it() -> None:
    oven = Oven(at_read=lambda number: fault("timeout")() if number == 2 else None)
    with of(oven) as component:
        job = component.submit(sample="temperature", every=0.01, duration=0.2)
    assert (job.outcome, counts(job)) == (Outcome.DONE, (20, 19, 0, 1, 0, 0, 0))
    assert job.data()["temperature"].to_list()[:3] == [25.0, None, 25.0]
    second = job.samples().row(1, named=True)
    assert (second["status"], second["fault"], second["raw"]) == ("failed", "timeout", "the oven is timeout")


def test_data_can_be_taken_bit_by_bit() -> None:
    with of(Oven()) as component:
        job = component.submit(sample="temperature", every=0.01, duration=0.05)
        job.wait(10)
        assert len(component.data()) == 5
        assert len(component.data(clear=True)) == 5
        assert len(job.data()) == 0
        assert job.data().schema["temperature"] == pl.Float64
    assert job.outcome is Outcome.DONE


def holding(oven: Oven) -> threading.Event:
    """Let readings wait from the third on; set the event to let them go on."""
    release = threading.Event()
    oven.at_read = lambda number: number < 3 or release.wait(20)
    return release


Path_ = tuple[Callable[[Oven], Any], Callable[[Component, Job], Any], Outcome, str]


def _until_it_waits(component: Component, job: Job) -> None:
    wait_for(lambda: job.status.summary.ok >= 2)


def stopped(component: Component, job: Job) -> None:
    _until_it_waits(component, job)
    job.stop()


def reset(component: Component, job: Job) -> None:
    _until_it_waits(component, job)
    component.reset()


def closed(component: Component, job: Job) -> None:
    _until_it_waits(component, job)
    component.close()


def raised(component: Component, job: Job) -> None:
    _until_it_waits(component, job)
    raise KeyError("somebody's mistake")


def interrupted(component: Component, job: Job) -> None:
    _until_it_waits(component, job)
    raise KeyboardInterrupt


def slow(oven: Oven) -> None:
    """As slow as no reading should be: the test comes between two of them."""
    oven.at_read = lambda number: number < 3 or threading.Event().wait(0.05)


def at_read(act: Callable[..., Any], since: int = 3) -> Callable[[Oven], None]:
    def change(oven: Oven) -> None:
        oven.at_read = lambda number: act() if number >= since else None

    return change


def bug(*_: object) -> None:
    raise OSError("no such device")


def set_fails(oven: Oven) -> None:
    oven.at_write = lambda name, value: fault("timeout")() if value == 60.0 else None


def waits(component: Component, job: Job) -> None:
    job.wait(20)


PATHS: dict[str, Path_] = {
    "stopped": (slow, stopped, Outcome.ABORTED, "stopped on request"),
    "reset": (slow, reset, Outcome.ABORTED, "oven was reset"),
    "closed": (slow, closed, Outcome.ABORTED, "the component was closed"),
    "exception": (slow, raised, Outcome.TERMINATED, "ended by KeyError"),
    "Ctrl-C": (slow, interrupted, Outcome.TERMINATED, "ended by KeyboardInterrupt"),
    "bug": (at_read(bug), waits, Outcome.ERRORED, "lost 98 of 100 readings of temperature (errored: OSError"),
    "timeouts": (at_read(fault("timeout")), waits, Outcome.ERRORED, "lost 98 of 100 readings of temperature"),
    "lost": (at_read(fault("disconnected")), waits, Outcome.ERRORED, "disconnected: the oven is"),
    "not set": (set_fails, waits, Outcome.ERRORED, "setpoint could not be set: timeout: the oven is timeout"),
}


@pytest.mark.parametrize("path", PATHS)
def test_it_is_safe_at_the_end_of_every_path_and_told_as_it_was(path: str) -> None:
    prepare, act, outcome, reason = PATHS[path]
    oven = Oven()
    prepare(oven)
    job: Job | None = None
    try:
        with of(oven) as component:
            job = component.submit(**HEAT, duration=1)
            act(component, job)
    except (KeyError, KeyboardInterrupt):
        assert path in ("exception", "Ctrl-C")
    assert job is not None
    assert oven.is_safe
    assert job.outcome is outcome
    assert job.status.reason is not None
    assert job.status.reason.startswith(reason)
    assert counts(job)[0] == 100


def test_a_lost_connection_ends_what_has_set_something_and_only_that() -> None:
    oven = Oven(at_read=lambda number: fault("disconnected")() if number == 3 else None)
    with of(oven) as component:
        job = component.submit(sample="temperature", every=1, duration=100)
    assert (job.outcome, counts(job)[1:4]) == (Outcome.DONE, (99, 0, 1))


def test_who_does_not_answer_just_as_a_task_ends_is_made_safe_a_little_later() -> None:
    losses = [fault("timeout"), fault("timeout")]
    oven = Oven(at_write=lambda name, value: losses.pop()() if value == 20.0 and losses else None)
    with of(oven) as component:
        job = component.submit(**HEAT, duration=0.03)
    assert (job.outcome, job.status.unsafe, oven.is_safe) == (Outcome.DONE, (), True)
    assert losses == []


def test_ctrl_c_in_a_reset_leaves_making_safe_to_the_end() -> None:
    def interrupt(name: str, value: Any) -> None:
        if value == 20.0 and oven.log.count("setpoint 20.0") == 1:
            raise KeyboardInterrupt

    oven = Oven(at_write=interrupt)
    with of(oven) as component:
        component.write("setpoint", 60.0)
        with pytest.raises(KeyboardInterrupt):
            component.reset()
        assert not oven.is_safe
    assert oven.is_safe


def test_what_could_not_be_made_safe_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shotlane.execution._rounds.PATIENCE_S", 0.0)
    oven = Oven(at_write=lambda name, value: fault("timeout")() if value == 20.0 else None)
    with of(oven) as component:
        job = component.submit(**HEAT, duration=0.03)
        job.wait(10)
    assert (job.outcome, job.status.unsafe) == (Outcome.ERRORED, ("oven.setpoint: the oven is timeout",))
    assert "not made safe: oven.setpoint" in str(job.status.reason)
    assert oven.log[-1] == "safe"  # the rest was done all the same


@pytest.mark.parametrize(
    ("parts", "error", "told"),
    [
        ({"set": {"setpiont": 30}}, UnknownChannelError, "oven has no 'setpiont'; did you mean 'setpoint'"),
        ({"set": {"setpoint": "500 degC"}}, ValueError, "500 degC is above the limit 200 degC"),
        ({"set": {"setpoint": "3 V"}}, ValueError, "a temperature is needed"),
        ({"set": {"setpoint": "30"}}, ValueError, "write the number with its unit"),
        ({"set": {"temperature": 30}}, ValueError, "oven.temperature cannot be set"),
        ({"sample": "temprature"}, UnknownChannelError, "did you mean 'temperature'"),
        ({"sample": ["door"]}, UnknownChannelError, "there is no channel 'door'"),
        ({"every": None}, ValueError, "says how often"),
        ({"every": 0}, ValueError, "every must be above 0"),
        ({"every": "10 V"}, ValueError, "every is a length of time"),
        ({"duration": None}, ValueError, "has a duration"),
        ({"duration": 0.001}, ValueError, "shorter than one period"),
        ({"program": ProgramTable(1000)}, ValueError, "leave out sample and every"),
        ({"to": "readings.xlsx"}, ValueError, "ending '.xlsx' is unknown"),
    ],
)
def test_a_mistake_is_refused_when_it_is_submitted(
    parts: dict[str, Any], error: type[Exception], told: str
) -> None:
    oven = Oven()
    with of(oven) as component:
        with pytest.raises(error, match=told):
            component.submit(**{"sample": "temperature", "every": 0.01, "duration": 1, **parts})
        assert component.status().queued == ()
    assert oven.log == []


def test_an_instrument_that_is_not_there_is_refused(in_lab: Lab) -> None:
    with pytest.raises(UnknownChannelError, match="did you mean 'furnace'"):
        shotlane.component("demo", "furnance")
    with pytest.raises(ValueError, match="say which instrument: furnace, gas"):
        shotlane.component("demo")


def test_tasks_are_done_in_their_order_and_no_more_wait_than_may() -> None:
    oven = Oven()
    release = holding(oven)
    with of(oven, queue=1) as component:
        assert component.can_submit
        first = component.submit(**HEAT, duration=0.05, name="first")
        wait_for(lambda: first.status.state is JobState.RUNNING)
        second = component.submit(Task(sample=[], duration=0.05, name="second"))
        status = component.status()
        assert (status.running, status.queued, status.can_submit) == (first, (second,), False)
        with pytest.raises(QueueFullError, match="1 tasks wait already"):
            component.submit(sample=[], duration=1)
        release.set()
    assert [first.outcome, second.outcome] == [Outcome.DONE, Outcome.DONE]
    assert oven.log[-4:] == ["setpoint 20.0", "safe"] * 2
    assert repr(first) == "<Job 1 'first': done>"


def test_what_waits_can_be_taken_back_and_is_never_begun() -> None:
    oven = Oven()
    release = holding(oven)
    with of(oven) as component:
        first = component.submit(sample="temperature", every=0.01, duration=0.05)
        wait_for(lambda: first.status.state is JobState.RUNNING)
        second = component.submit(set={"setpoint": 90}, sample=[], duration=1)
        assert len(second.stop()) == 0
        release.set()
    assert (first.outcome, second.outcome) == (Outcome.DONE, Outcome.SKIPPED)
    assert second.status.reason == "it never began: stopped on request"
    assert "setpoint 90.0" not in oven.log


def test_what_is_set_by_hand_is_made_safe_at_the_end() -> None:
    oven = Oven()
    with of(oven) as component:
        component.write("setpoint", "60 degC")
        assert component.read("setpoint") == 60.0
        with pytest.raises(ValueError, match="above the limit"):
            component.write("setpoint", 300)
        with pytest.raises(UnknownChannelError, match="did you mean 'temperature'"):
            component.read("temprature")
    assert oven.is_safe


def test_samples_go_into_a_sink_too(tmp_path: Path) -> None:
    sink = MemorySink()
    with of(Oven()) as component:
        job = component.submit(**HEAT, duration=0.05, to=tmp_path / "a.csv")
        component.submit(**HEAT, duration=0.05, to=sink).wait(10)
        with pytest.raises(FileExistsError, match="is there already"):
            component.submit(**HEAT, duration=0.05, to=tmp_path / "a.csv")
    assert len(csv_rows(tmp_path / "a.csv")) == len(job.data()) == len(sink.samples) == 5


def test_a_sink_that_cannot_be_opened_leaves_the_instrument_alone(tmp_path: Path) -> None:
    oven = Oven()
    with of(oven) as component, pytest.raises(SinkError, match="there is no folder"):
        component.submit(**HEAT, duration=0.05, to=tmp_path / "nowhere" / "a.csv")
    assert not any(line.startswith("setpoint") for line in oven.log)
    assert not (tmp_path / "nowhere").exists()


TABLE = ProgramTable(2_000_000, {"setpoint": Edges(EDGES, [30.0, 50.0])}, {"temperature": 4})


def test_an_instrument_runs_its_own_program_and_is_collected() -> None:
    profiler = Profiler()
    with of(profiler) as component:
        job = component.submit(set={"door": "off"}, program=TABLE, name="profile")
    assert profiler.log == [
        "door False",
        *("program", "arm", "trigger", "collect"),
        *("setpoint 20.0", "safe"),
    ]
    assert (job.outcome, counts(job)) == (Outcome.DONE, (4, 4, 0, 0, 0, 0, 0))
    assert job.data()["temperature"].to_list() == [20.0, 21.0, 22.0, 23.0]


def test_a_frame_without_a_value_has_failed() -> None:
    profiler, frames = Profiler(), [Reading(20.0), Reading(None, "OPEN"), Reading(22.0), Reading(23.0)]
    profiler.collect = lambda: {"temperature": frames}  # type: ignore[method-assign]
    with of(profiler) as component:
        job = component.submit(program=TABLE)
    assert counts(job) == (4, 3, 0, 1, 0, 0, 0)
    second = job.data().row(1, named=True)
    assert second["temperature"] is None


def test_a_task_whose_readings_have_no_value_is_errored() -> None:
    oven = Oven()
    oven.values["temperature"] = None
    with of(oven) as component:
        job = component.submit(sample="temperature", every=0.01, duration=0.05)
    assert job.outcome is Outcome.ERRORED
    assert "lost 5 of 5 readings of temperature (no-value: None)" in str(job.status.reason)


def test_a_program_that_fails_is_stopped_before_the_safe_state() -> None:
    profiler = Profiler()
    profiler.collect = fault("timeout")  # type: ignore[method-assign,assignment]
    with of(profiler) as component:
        job = component.submit(program=TABLE)
    assert (job.outcome, job.status.reason) == (Outcome.ERRORED, "timeout: the oven is timeout")
    assert counts(job) == (4, 0, 0, 0, 0, 0, 4)
    assert profiler.log[-3:] == ["stop", "setpoint 20.0", "safe"]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (ProgramTable(1000, {"setpoint": Edges(EDGES + 1, [1.0, 2.0])}), "beside the time step"),
        (ProgramTable(1000, {"setpoint": Edges(EDGES, [30.0, 500.0])}), "above the limit"),
        (ProgramTable(1000, {}, {"temprature": 3}), "did you mean 'temperature'"),
    ],
)
def test_a_program_is_checked_before_anything_is_sent(table: ProgramTable, told: str) -> None:
    profiler = Profiler()
    with of(profiler) as component, pytest.raises(ValueError, match=told):
        component.submit(program=table)
    assert profiler.log == []
    with of(Oven()) as component, pytest.raises(ValueError, match="does not keep time itself"):
        component.submit(program=table)


def test_a_sequencer_of_a_station_runs_a_table(in_lab: Lab) -> None:
    light = Edges(EDGES, [True, False])
    with shotlane.component("atoms", "sequencer", clock=VirtualClock(0)) as sequencer:
        job = sequencer.submit(program=ProgramTable(2_000_000, {"cooling": light}))
    assert (job.outcome, job.status.reason) == (Outcome.DONE, "its time was over")


@pytest.mark.real_time
def test_several_components_work_at_once(in_lab: Lab) -> None:
    with (
        shotlane.open_devices("demo", ["furnace", "gas"]) as devices,
        shotlane.component(devices, "furnace") as furnace,
        shotlane.component(devices, "gas") as gas,
    ):
        jobs = [
            furnace.submit(set={"setpoint": 60}, sample=["temperature"], every=0.01, duration=0.3),
            gas.submit(set={"shutoff": False}, sample=["flow"], every=0.01, duration=0.3),
        ]
        wait_for(lambda: all(job.status.state is JobState.RUNNING for job in jobs))
    # How many ticks a busy machine misses is not what is asked here.
    assert all(job.status.summary.ok + job.status.summary.late > 0 for job in jobs)
    assert [job.status.unsafe for job in jobs] == [(), ()]
    assert devices.pool.roles_opened == ()


@pytest.mark.real_time
def test_an_instrument_of_a_station_that_is_silent_as_a_task_ends_is_made_safe(
    in_bench_lab: Lab, bench: Bench
) -> None:
    def setpoint_f() -> float:
        return round(float(bench.registers()["furnace"]["setpoint_degF"]), 3)

    with shotlane.component("bench", "furnace") as furnace:
        job = furnace.submit(set={"setpoint": "60 degC"}, sample=(), duration=0.5)
        wait_for(lambda: setpoint_f() == 140.0)
        bench.fault("furnace", "drop", count=5)
    assert (job.outcome, job.status.unsafe, setpoint_f()) == (Outcome.DONE, (), 68.0)


SCRIPT = textwrap.dedent("""
    import sys
    import time
    import shotlane

    furnace = shotlane.component("bench", "furnace").open()
    heat = {"set": {"setpoint": "60 degC"}, "sample": "temperature", "every": 0.02}
    job = furnace.submit(**heat, duration=60, to="a.csv")
    while job.status.summary.ok < 10:
        time.sleep(0.01)
    print("at", furnace.read("setpoint"), flush=True)
    time.sleep(float(sys.argv[1]))
""")


@pytest.mark.real_time
@pytest.mark.parametrize("ends", ["its end", "Ctrl-C", "SIGTERM"])
def test_the_end_of_the_program_leaves_it_safe_and_everything_written(
    in_bench_lab: Lab, bench: Bench, ends: str
) -> None:
    sleep_s = "0" if ends == "its end" else "60"
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, sleep_s], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at 140.0\n"  # degF
        if ends != "its end":
            process.send_signal(signal.SIGINT if ends == "Ctrl-C" else signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert ("KeyboardInterrupt" in err) == (ends == "Ctrl-C"), err
    assert (process.returncode == 128 + signal.SIGTERM) == (ends == "SIGTERM")
    assert bench.registers()["furnace"]["setpoint_degF"] == pytest.approx(68.0)
    assert len(csv_rows(in_bench_lab.folder / "a.csv")) >= 10


def test_sigterm_leaves_the_block_and_means_afterwards_what_it_meant() -> None:
    oven = Oven()
    before = signal.getsignal(signal.SIGTERM)

    def told_to_go() -> None:
        with of(oven) as component, of(Oven()):
            job = component.submit(**HEAT, duration=3600)
            wait_for(lambda: job.status.state is not JobState.QUEUED)
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(SystemExit):
        told_to_go()
    assert oven.is_safe
    assert signal.getsignal(signal.SIGTERM) is before


def test_sigterm_that_somebody_else_handles_is_theirs() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        with of(Oven()):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]


def test_the_status_has_what_the_instrument_marks_as_such() -> None:
    oven = Oven(at_read=lambda number: fault("timeout")() if number == 2 else None)
    oven.marked = ("temperature",)
    with of(oven) as component:
        assert component.status().values == {"temperature": 25.0}
        failed = component.status()
        assert (failed.values, failed.faults["temperature"].fault) == ({}, "timeout")
    assert oven.log == ["read temperature"] * 2


def test_a_status_without_marks_asks_nothing() -> None:
    oven = Oven()
    with of(oven) as component:
        assert component.status().values == {}
        assert not component.busy
    assert oven.log == []


def test_a_component_that_is_closed_says_so() -> None:
    component = of(Oven())
    with pytest.raises(RuntimeError, match="is not open"):
        component.submit(sample=[], duration=1)
    with component:
        pass
    component.close()
    with pytest.raises(RuntimeError, match="is not open"):
        component.submit(sample=[], duration=1)
    with pytest.raises(RuntimeError, match="opened once"):
        component.open()


def test_who_asks_for_data_before_any_task_is_told(in_lab: Lab) -> None:
    with of(Oven()) as component, pytest.raises(RuntimeError, match="no task was submitted yet"):
        component.data()
