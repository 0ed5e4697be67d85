"""What real runs tell: every event as its type declares it, followed while they go on, whole after a kill."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.acceptance.lab import PATIENT, REPOSITORY, Lab, finish, wait_for

import shotlane
from shotlane import LoggedEvent
from shotlane.records import EVENT_TYPES
from shotlane.testing import Bench

TROUBLED = """
language: 1
sequence: troubled
station: faulty
parameters: {T: 40 degC}
timeline:
  - ready: {ask: Is the sample in?}
  - heat: 0.5 s
  - settle: {until: furnace.temperature > 30 degC, for: 50 ms, timeout: 5 s}
lanes:
  furnace.setpoint:
    set: T
  furnace.temperature:
    record: 20 Hz
  gas.flow:
    record: 5 Hz
results:
  hottest: {value: max(furnace.temperature), high: 35 degC}
interlocks:
  too_hot: furnace.temperature > 80 degC
sweep:
  - T: [40 degC, 34 degC, 120 degC]
retry:
  attempts: 3
  on: [timeout, disconnected]
  delay: 3 s
"""


def undeclared(events: list[LoggedEvent]) -> list[tuple[str, set[str]]]:
    """Events with other fields than their type has."""
    return [
        (event.type, set(event.fields) ^ set(EVENT_TYPES[event.type].fields))
        for event in events
        if set(event.fields) != set(EVENT_TYPES[event.type].fields)
    ]


@pytest.fixture
def here(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.chdir(lab.folder)
    return lab


def test_simulated_runs_tell_what_their_types_declare(here: Lab) -> None:
    here.store.parent.mkdir()
    for name in ("furnace-ramp", "atoms-scan", "valve-timing"):
        path = REPOSITORY / "sequences" / f"{name}.yaml"
        shotlane.run(path, virtual_time=True, store=str(here.store))
    events = list(shotlane.events(store=here.store))
    assert len(events) > 100
    assert undeclared(events) == []


def test_a_run_with_every_trouble_tells_what_its_types_declare(here: Lab) -> None:
    demo = (here.folder / "stations" / "demo.yaml").read_text()
    faults = "    faults: [{fault: timeout, at: 0.8 s, count: 8}]\n"
    head, furnace, rest = demo.partition("  furnace:\n")
    faulty = (head + furnace + faults + rest).replace("station: demo", "station: faulty")
    here.write(faulty, "stations/faulty.yaml")
    here.write(TROUBLED, "sequences/troubled.yaml")
    run = shotlane.run("sequences/troubled.yaml", virtual_time=True)
    assert run.outcome is shotlane.Outcome.ABORTED
    events = list(shotlane.events(run.number))
    assert undeclared(events) == []
    assert {
        *("exchange.repeated", "retry.scheduled", "interlock.tripped", "verdict.failed", "segment.ended"),
        *("question.asked", "question.answered", "safe-state.reached", "instrument.down"),
    } <= {event.type for event in events}


@pytest.mark.real_time
def test_a_run_on_real_wires_tells_what_its_types_declare(
    bench_lab: Lab, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bench_lab.folder)
    bench_lab.write(PATIENT)
    done = bench_lab.run("-s", "bench", "-q", "-p", "T=30 degC")
    assert done.status == 0, done.text
    shotlane.note(1, "looks fine", tag="good")
    events = list(shotlane.events(1))
    assert undeclared(events) == []
    types = [event.type for event in events]
    assert {"lock.taken", "lock.released", "safe-state.reached"} <= set(types)
    assert types[-2:] == ["note.added", "note.added"]


@contextmanager
def three_tails(lab: Lab) -> Iterator[tuple["subprocess.Popen[str]", list[LoggedEvent], list[LoggedEvent]]]:
    """The command, a subscriber and an iterator, all on the events of run 1."""
    command = lab.start("shotlane", "events", "-f", "1", "--json")
    called: list[LoggedEvent] = []
    iterated: list[LoggedEvent] = []
    unsubscribe = shotlane.on_event(called.append, 1, store=lab.store)
    stream = shotlane.events(1, follow=True, store=lab.store)
    thread = threading.Thread(target=lambda: iterated.extend(stream))
    thread.start()
    try:
        yield command, called, iterated
    finally:
        thread.join(30)
        unsubscribe()


@pytest.mark.real_time
def test_three_tails_see_all_of_a_run_that_is_killed(bench_lab: Lab) -> None:
    lab = bench_lab
    lab.write(PATIENT)
    process = lab.start("run-sequence", "sequences/short.yaml", "-p", "soak=0.3 s", "-q", "-s", "bench")
    wait_for(lambda: lab.count("shot WHERE outcome IS NOT NULL") > 0)
    with three_tails(lab) as (command, called, iterated):
        wait_for(lambda: lab.count("shot WHERE outcome IS NOT NULL") > 1)
        os.kill(process.pid, signal.SIGKILL)
        finish(process)
        done = finish(command)
    assert done.status == 0, done.text
    there = [event.number for event in shotlane.events(1, store=lab.store)]
    told = [json.loads(line)["number"] for line in done.out.splitlines()]
    assert there == told == [event.number for event in called] == [event.number for event in iterated]
    assert "guard.made-safe" in done.out
