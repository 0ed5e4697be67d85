"""The moments of a run, each held open long enough to do something to it, by the bench or the store."""

import shutil
import socket
import sqlite3
import struct
import time
from collections.abc import Callable
from pathlib import Path

from tests.acceptance.lab import Lab, make_lab
from tests.proof.forge import Forked

from shotlane.store import send_request
from shotlane.testing import Bench

_CATALOGUE = Path(__file__).parents[2] / "src/shotlane/instruments/catalogue"
_SEQUENCE = """
language: 1
sequence: short
station: bench
parameters: {T: 40 degC, soak: 100 ms}
timeline:
  - heat: 50 ms
  - soak: soak
  - rest: 150 ms
lanes:
  furnace.setpoint:
    set: T
    read: {soak: {at: end}}
  furnace.temperature:
    record: {heat..soak: 20 Hz}
    max_missing: 1
  gas.flow_setpoint:
    set: {heat: 10 cm**3/min, soak..rest: 20 cm**3/min}
  gas.shutoff:
    set: false
  gas.flow:
    record: {heat..soak: 20 Hz}
    max_missing: 1
interlocks:
  hot: {when: furnace.temperature > 190 degC, blind: 0.4 s}
sweep:
  - T: [40 degC, 41 degC]
"""
_SLOW_RESULT = """
import time
from pathlib import Path

def figure(shot):
    Path("judging").touch()
    time.sleep(20)
    return 1.0
"""


def furnished(folder: Path, bench: Bench) -> Lab:
    """A project on the bench, whose furnace is polled often."""
    lab = make_lab(folder, bench)
    text = (_CATALOGUE / "watlow-ezzone.yaml").read_text()
    lab.write(
        text.replace("    type: float32\n", "    type: float32\n    poll: 60 ms\n", 1), "stations/polled.yaml"
    )
    station = (folder / "stations" / "bench.yaml").read_text()
    lab.write(station.replace("instrument: watlow-ezzone", "instrument: polled.yaml"), "stations/bench.yaml")
    shutil.rmtree(folder / "data", ignore_errors=True)
    return lab


def make_unsafe(bench: Bench) -> None:
    """What is safe after a test was not safe before."""
    low_first = struct.pack(">HH", *reversed(struct.unpack(">HH", struct.pack(">f", 140.0))))
    frame = struct.pack(">HHHBBHHB", 1, 0, 11, 1, 16, 2160, 2, 4) + low_first
    with socket.create_connection(("127.0.0.1", bench.modbus_port)) as line:
        line.sendall(frame)
        line.recv(64)
    with socket.create_connection(("127.0.0.1", bench.ascii_port)) as line:
        for command in (b"AC\r", b"AS12.000\r"):
            line.sendall(command)
            line.recv(128)
    state = bench.registers()
    assert abs(state["furnace"]["setpoint_degF"] - 140.0) < 1e-3
    assert (state["gas"]["setpoint"], state["gas"]["held"]) == (12.0, False)


class Stage:
    """A project and the bench, with what was asked of the bench before left out."""

    def __init__(self, lab: Lab, bench: Bench) -> None:
        self.lab = lab
        self.bench = bench
        self._before = len(bench.requests())
        self.forked: list[Forked] = []

    def requests(self, device: str | None = None) -> list[dict[str, object]]:
        """What this test has asked of the bench."""
        own = self.bench.requests()[self._before :]
        return [request for request in own if device in (None, request["device"])]

    def begin_anew(self) -> None:
        """Forget what was done so far."""
        shutil.rmtree(self.lab.folder / "data")
        make_unsafe(self.bench)
        self._before = len(self.bench.requests())

    def start(self, text: str = _SEQUENCE, *arguments: object, terminal: bool = False) -> Forked:
        """Start a run of a sequence."""
        self.lab.write(text)
        argv = ("run-sequence", "sequences/short.yaml", *arguments)
        self.forked.append(Forked(self.lab.folder, *argv, terminal=terminal))
        return self.forked[-1]

    def event(self, type_: str) -> Callable[[], bool]:
        """Whether the store has an event."""
        return lambda: self.lab.count(f"event WHERE type = '{type_}'") > 0


def opening(stage: Stage) -> Forked:
    stage.bench.fault("furnace", "delay", seconds=0.25)
    process = stage.start()
    process.wait_for(lambda: bool(stage.requests("furnace")))
    return process


def set_up(stage: Stage) -> Forked:
    stage.bench.fault("gas", "delay", seconds=0.25)
    process = stage.start()
    # Opening it asks nothing: the first request is its first initial value.
    process.wait_for(lambda: bool(stage.requests("gas")))
    return process


def first_exchange(stage: Stage) -> Forked:
    stage.bench.fault("gas", "delay", seconds=0.25, after=2)
    process = stage.start()
    process.wait_for(lambda: len(stage.requests("gas")) > 2)
    return process


def open_step(stage: Stage) -> Forked:
    until = "  - settle: {until: furnace.temperature > 150 degC, timeout: 20 s}\n  - rest"
    text = _SEQUENCE.replace("  - rest", until, 1).replace("heat..soak: 20 Hz", "heat..settle: 20 Hz")
    process = stage.start(text.replace("soak..rest", "soak..rest"))
    process.wait_for(lambda: stage.lab.count("sample") > 15)
    return process


def asking(stage: Stage) -> Forked:
    text = _SEQUENCE.replace("  - rest", "  - insert: {ask: Insert the sample}\n  - rest", 1)
    process = stage.start(text, terminal=True)
    process.wait_for(stage.event("question.asked"))
    return process


def paused(stage: Stage) -> Forked:
    process = stage.start(_SEQUENCE, "-p", "soak=0.7 s")
    process.wait_for(lambda: stage.lab.count("sample") > 0)
    send_request(stage.lab.store, 1, "pause", reason="lunch", by="a test")
    process.wait_for(stage.event("run.paused"))
    return process


def between_shots(stage: Stage) -> Forked:
    process = stage.start(_SEQUENCE + "cadence: 10 s\n")
    process.wait_for(lambda: stage.lab.count("shot WHERE outcome IS NOT NULL") == 1)
    return process


def retry_delay(stage: Stage) -> Forked:
    stage.bench.fault("gas", "drop", count=4, after=4)
    text = _SEQUENCE.replace("max_missing: 1", "required: true")
    process = stage.start(text + "retry: {attempts: 3, on: [timeout], delay: 30 s}\n")
    process.wait_for(stage.event("retry.scheduled"))
    return process


def judging(stage: Stage) -> Forked:
    stage.lab.write(_SLOW_RESULT, "sequences/figures.py")
    process = stage.start(_SEQUENCE + "results:\n  f: {python: figures.py:figure}\n")
    process.wait_for((stage.lab.folder / "judging").exists)
    return process


def committing(stage: Stage) -> Forked:
    """The store is locked by somebody else, until `unlock`."""
    process = stage.start(_SEQUENCE, "-p", "soak=0.3 s")
    process.wait_for(lambda: stage.lab.count("sample") > 0)
    process.lock = sqlite3.connect(stage.lab.store, isolation_level=None, timeout=5.0)
    process.lock.execute("BEGIN IMMEDIATE")
    assert _is_silent(stage, process, 0.25)  # the shot is over, and only polls go on
    return process


def _is_silent(stage: Stage, process: Forked, silence_s: float) -> bool:
    """Wait until nothing is read from the gas or set there any more; False when it was over before."""
    seen, since = 0, time.monotonic()
    while time.monotonic() < since + silence_s or seen < 5:
        if process.over:
            return False
        time.sleep(0.004)
        gas = len(stage.requests("gas"))
        if gas != seen:
            seen, since = gas, time.monotonic()
    return True


def _last_step(stage: Stage, *arguments: str) -> Forked:
    """A run in the last step of its only shot. The step is short: on a busy machine it may be missed."""
    for _ in range(3):
        process = stage.start(_SEQUENCE, "-p", "T=40 degC", *arguments)
        if _is_silent(stage, process, 0.07):  # longer than a period, shorter than the last step
            return process
        process.finish()
        stage.begin_anew()
    raise AssertionError("the last step was missed three times")


def making_safe(stage: Stage) -> Forked:
    process = _last_step(stage, "-p", "soak=0.5 s")
    stage.bench.fault("gas", "delay", seconds=0.3)
    process.wait_for(lambda: _newest_gas(stage) == "S0.000")
    return process


def closing_down(stage: Stage) -> Forked:
    process = _last_step(stage)
    stage.bench.fault("gas", "delay", seconds=0.1, after=1)
    process.wait_for(lambda: _newest_gas(stage) == "HC")
    time.sleep(0.103)
    process.closing = True
    return process


def _newest_gas(stage: Stage) -> object:
    requests = stage.requests("gas")
    return requests[-1]["command"] if requests else None


MOMENTS = {
    function.__name__: function
    for function in (
        opening,
        set_up,
        first_exchange,
        open_step,
        asking,
        paused,
        between_shots,
        retry_delay,
        judging,
        committing,
        making_safe,
        closing_down,
    )
}
