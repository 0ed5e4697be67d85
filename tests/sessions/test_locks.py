"""One process at a time has an instrument, whatever else they have of the same station."""

import os
import threading

import pytest
from tests.acceptance.lab import Lab
from tests.sessions.conftest import Script, answer, heard, kill

import shotlane
from shotlane import InUseError
from shotlane.instruments import holders

pytestmark = pytest.mark.real_time

HOLD = """
station = shotlane.connect("bench", guard=False)
station.start()
station.instrument("furnace")
say("has it")
sys.stdin.readline()
station.release("furnace")
say("gave it back")
sys.stdin.readline()
station.instrument("furnace")
say("has it again")
sys.stdin.readline()
"""


def test_the_holder_is_named_waited_for_and_forgotten_when_it_is_killed(
    bench_lab: Lab, script: Script
) -> None:
    process = script(HOLD)
    assert heard(process) == "has it"
    with shotlane.connect("bench") as station:
        with pytest.raises(
            InUseError, match=rf"furnace: in use by pid {process.pid} since .*, session \d+ at bench"
        ):
            station.instrument("furnace")
        assert station.instrument("gas").read("flow") is not None
        assert [event.fields["role"] for event in station.events("lock.refused")] == ["furnace"]
        threading.Timer(1.0, answer, [process]).start()  # when the next line has begun to wait
        assert station.instrument("furnace", timeout=60).read("temperature") is not None
        waited = station.events("lock", role="furnace")
        assert [event.type for event in waited][1:] == ["lock.waited", "lock.taken"]
        assert heard(process) == "gave it back"
        station.release("furnace")
        answer(process)
        assert heard(process) == "has it again"
        with pytest.raises(InUseError):
            station.instrument("furnace")
        kill(process)
        assert station.instrument("furnace").read("temperature") is not None


def test_two_sessions_of_one_process_share_nothing(bench_lab: Lab) -> None:
    with shotlane.connect("bench") as one, shotlane.connect("bench") as other:
        one.instrument("furnace")
        with pytest.raises(InUseError, match=f"in use by pid {os.getpid()}"):
            other.instrument("furnace")
        one.release("furnace")
        other.instrument("furnace")


def test_an_instrument_that_does_not_open_is_not_kept_from_others(bench_lab: Lab) -> None:
    station = bench_lab.folder / "stations" / "bench.yaml"
    gone = station.read_text().replace("modbus+tcp://127.0.0.1:", "modbus+tcp://127.0.0.1:1?x=")
    bench_lab.write(gone.split("?x=")[0] + "?unit=1" + gone.split("?unit=1", 1)[1], "stations/bench.yaml")
    with shotlane.connect("bench") as found:
        with pytest.raises(shotlane.InstrumentError):
            found.instrument("furnace")
        assert holders(found.config) == {}


def test_simulated_instruments_are_not_locked(bench_lab: Lab) -> None:
    with shotlane.connect("bench", mock=True) as one, shotlane.connect("bench", mock=True) as other:
        assert one.instrument("furnace").read("setpoint") == other.instrument("furnace").read("setpoint")
        assert holders(one.config) == {}
