"""However a session ends, real instruments are safe afterwards, unless their values are wanted to stay."""

import signal
import struct
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.lab import Lab, wait_for
from tests.sessions.conftest import Script, answer, heard, kill

import shotlane
from shotlane import NotSafeError
from shotlane.sessions._ending import undisturbed
from shotlane.store import SessionLog
from shotlane.testing import Bench

pytestmark = pytest.mark.real_time

WORK = """
station = shotlane.connect("bench"{options})
station.start()
station.instrument("furnace").write("setpoint", "60 degC")
say("set")
sys.stdin.readline()
{end}
"""


def setpoint(bench: Bench) -> float:
    return round(float(bench.registers()["furnace"]["setpoint_degF"]), 3)


SAFE, SET = 68.0, 140.0
SAFE_WORD = struct.unpack(">2H", struct.pack(">f", SAFE))[0]


def safe_writes(bench: Bench) -> list[object]:
    """The requests that set the safe value."""
    return [one for one in bench.requests("furnace") if SAFE_WORD in (one["values"] or ())]


def test_the_end_of_the_block_makes_safe(bench_lab: Lab, bench: Bench) -> None:
    with shotlane.connect("bench") as station:
        station.instrument("furnace").write("setpoint", "60 degC")
        assert setpoint(bench) == SET
    assert setpoint(bench) == SAFE


def test_an_exception_makes_safe(bench_lab: Lab, bench: Bench) -> None:
    def work() -> None:
        with shotlane.connect("bench") as station:
            station.instrument("furnace").write("setpoint", "60 degC")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        work()
    assert setpoint(bench) == SAFE


def test_values_stay_where_that_is_wanted(bench_lab: Lab, bench: Bench) -> None:
    with shotlane.connect("bench", safe=False) as station:
        station.instrument("furnace").write("setpoint", "60 degC")
    assert setpoint(bench) == SET


def test_a_release_makes_safe_unless_it_shall_not(bench_lab: Lab, bench: Bench) -> None:
    with shotlane.connect("bench") as station:
        station.instrument("furnace").write("setpoint", "60 degC")
        station.release("furnace", safe=False)
        assert setpoint(bench) == SET
        station.instrument("furnace")
        station.release("furnace")
        assert setpoint(bench) == SAFE


def test_what_cannot_be_made_safe_is_told_loudly(
    bench_lab: Lab, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shotlane.execution._rounds.PATIENCE_S", 0.0)
    station = shotlane.connect("bench")
    station.start()
    station.instrument("furnace").write("setpoint", "60 degC")
    bench.fault("furnace", "drop", count=100)
    with pytest.raises(NotSafeError, match=r"NOT SAFE: furnace.setpoint"):
        station.stop()
    types = {row["type"] for row in bench_lab.rows("SELECT type FROM event")}
    assert {"safe-state.failed", "session.ended"} <= types


def test_what_is_not_safe_is_told_before_what_is_wrong_with_the_records(
    bench_lab: Lab, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shotlane.execution._rounds.PATIENCE_S", 0.0)
    station = shotlane.connect("bench")
    station.start()
    station.instrument("furnace").write("setpoint", "60 degC")
    bench.fault("furnace", "drop", count=100)

    close = SessionLog.close

    def fail(*given: Any) -> None:
        close(*given)
        raise OverflowError("Python int too large to convert to SQLite INTEGER")

    monkeypatch.setattr(SessionLog, "close", fail)
    with pytest.raises(NotSafeError, match=r"NOT SAFE: furnace.setpoint") as caught:
        station.stop()
    assert "OverflowError: Python int too large" in caught.value.__notes__[0]


def test_what_does_not_answer_just_then_is_made_safe_a_little_later(bench_lab: Lab, bench: Bench) -> None:
    station = shotlane.connect("bench")
    station.start()
    station.instrument("furnace").write("setpoint", "60 degC")
    bench.fault("furnace", "drop", count=5)
    station.stop()
    assert setpoint(bench) == SAFE


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        ("", "done"),
        ("raise ValueError('bad')", "errored"),
        ("os.kill(os.getpid(), 15); time.sleep(9)", "terminated"),
    ],
    ids=["the script ends", "an error nobody caught", "SIGTERM"],
)
def test_a_session_that_nobody_stopped_is_stopped_with_its_process(
    bench_lab: Lab, bench: Bench, script: Script, end: str, outcome: str
) -> None:
    process = script(WORK.format(options=", guard=False", end=end))
    assert heard(process) == "set"
    assert setpoint(bench) == SET
    answer(process)
    process.wait(20)
    assert setpoint(bench) == SAFE
    assert bench_lab.rows("SELECT outcome FROM session")[0][0] == outcome


def test_sigterm_ends_the_block_in_its_order(bench_lab: Lab, bench: Bench, script: Script) -> None:
    process = script(
        """
        with shotlane.connect("bench", guard=False) as station:
            station.instrument("furnace").write("setpoint", "60 degC")
            try:
                say("set")
                time.sleep(30)
            finally:
                say("left")
        """
    )
    assert heard(process) == "set"
    process.send_signal(signal.SIGTERM)
    assert heard(process) == "left"
    assert process.wait(20) == 128 + signal.SIGTERM
    assert setpoint(bench) == SAFE
    assert bench_lab.rows("SELECT outcome FROM session")[0][0] == "terminated"


def test_a_signal_is_held_back_while_a_session_ends_with_nowhere_to_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stderr", None)  # as where the program began with it closed
    made_safe: list[str] = []

    def end() -> None:
        with undisturbed():
            signal.raise_signal(signal.SIGINT)
            made_safe.append("furnace")

    with pytest.raises(KeyboardInterrupt):
        end()
    assert made_safe == ["furnace"]


def test_the_guard_makes_safe_what_a_killed_process_had_open(
    bench_lab: Lab, bench: Bench, script: Script
) -> None:
    process = script(WORK.format(options="", end=""))
    assert heard(process) == "set"
    kill(process)
    wait_for(lambda: setpoint(bench) == SAFE)
    wait_for(lambda: bench_lab.rows("SELECT outcome FROM session")[0][0] == "terminated")
    assert len(safe_writes(bench)) == 1
    types = [row["type"] for row in bench_lab.rows("SELECT type FROM event ORDER BY number")]
    assert types[-2:] == ["guard.made-safe", "session.ended"]


def test_no_guard_acts_after_a_sound_end(bench_lab: Lab, bench: Bench, script: Script) -> None:
    end = "station.release('furnace', safe=False); say('free'); sys.stdin.readline()"
    process = script(WORK.format(options="", end=end))
    assert heard(process) == "set"
    answer(process)
    assert heard(process) == "free"
    before = len(safe_writes(bench))
    kill(process)
    with shotlane.connect("bench", safe=False) as station:
        assert station.instrument("furnace", timeout=10).read("setpoint") == SET
    assert not safe_writes(bench)[before:]


def test_a_fork_neither_uses_nor_ends_the_session(bench_lab: Lab, bench: Bench, script: Script) -> None:
    process = script(
        """
        with shotlane.connect("bench", guard=False) as station:
            furnace = station.instrument("furnace")
            furnace.write("setpoint", "60 degC")
            if os.fork() == 0:
                for act in (lambda: furnace.read("setpoint"), lambda: station.observe("x", 1.0)):
                    try:
                        act()
                    except shotlane.SessionError as error:
                        say(error)
                sys.exit()
            os.wait()
            say(furnace.read("setpoint", unit="degF"))
        """
    )
    assert f"belongs to process {process.pid}; connect here too" in heard(process)
    assert f"belongs to process {process.pid}; connect here too" in heard(process)
    assert float(heard(process)) == SET
    assert process.wait(20) == 0
    assert setpoint(bench) == SAFE


def test_a_killed_process_leaves_no_socket_that_keeps_others_out(lab: Lab, script: Script) -> None:
    process = script(
        """
        station = shotlane.connect("demo", mock=True)
        station.start()
        say(station.start_instrument_server(["furnace"]))
        sys.stdin.readline()
        """
    )
    address = heard(process)
    kill(process)
    with pytest.raises(shotlane.SessionError, match="no server answers"):
        shotlane.remote_instrument(address, "furnace")
    assert Path(address.removeprefix("unix://")).exists()
    with shotlane.connect("demo", mock=True) as station:
        station.start_instrument_server(["furnace"])
        assert not Path(address.removeprefix("unix://")).exists()
