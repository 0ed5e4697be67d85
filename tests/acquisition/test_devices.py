"""Several instruments asked at once, on real wires where it matters."""

import threading
from collections.abc import Iterator

import pytest
from tests.acceptance.lab import Lab

import shotlane
from shotlane import Devices, ErrorPolicy, UnknownChannelError
from shotlane.instruments import InstrumentError, InUseError, PoolError, catalogue_text
from shotlane.testing import Bench

RETURN = ErrorPolicy.RETURN


@pytest.fixture
def devices(in_bench_lab: Lab) -> Iterator[Devices]:
    """The instruments of the bench; faults are returned."""
    with shotlane.open_devices("bench", ["furnace", "gas"], errors=RETURN) as opened:
        yield opened


def test_channels_of_several_instruments_are_read_at_once(devices: Devices, bench: Bench) -> None:
    results = devices.read(["furnace.setpoint", "gas.flow", "furnace.temperature"])
    assert set(results) == {"furnace.setpoint", "furnace.temperature", "gas.flow"}
    assert all(result.ok for result in results.values())
    assert results["furnace.setpoint"].value == pytest.approx(bench.registers()["furnace"]["setpoint_degF"])


def test_several_are_set_at_once(devices: Devices, bench: Bench) -> None:
    results = devices.write({"furnace.setpoint": 140.0, "gas.flow_setpoint": 12.5})
    assert [(one.name, one.value, one.ok) for one in results.values()] == [
        ("furnace.setpoint", 140.0, True),
        ("gas.flow_setpoint", 12.5, True),
    ]
    state = bench.registers()
    assert state["furnace"]["setpoint_degF"] == pytest.approx(140.0)
    assert state["gas"]["setpoint"] == pytest.approx(12.5)


def test_a_value_beyond_its_limit_is_refused_and_the_others_are_set(devices: Devices, bench: Bench) -> None:
    results = devices.write({"furnace.setpoint": 5000.0, "gas.flow_setpoint": 10.0})
    assert not results["furnace.setpoint"].ok
    assert results["gas.flow_setpoint"].ok
    assert bench.registers()["furnace"]["setpoint_degF"] < 1000


def test_a_command_is_run_on_those_that_have_it(devices: Devices, bench: Bench) -> None:
    assert set(devices.call("tare")) == {"gas"}
    assert bench.registers()["gas"]["tares"] == 1


def test_a_dangerous_command_of_a_real_instrument_must_be_confirmed(in_bench_lab: Lab, bench: Bench) -> None:
    document = catalogue_text("alicat-mfc").replace("  tare:\n", "  tare:\n    confirm: true\n")
    (in_bench_lab.folder / "stations/alicat-mfc.yaml").write_text(document, "utf-8")
    with shotlane.open_devices("bench", ["gas"]) as opened:
        with pytest.raises(ValueError, match=r"gas\.tare\(\) must be confirmed: .*; give confirm=True"):
            opened.call("tare")
        assert bench.registers()["gas"]["tares"] == 0
        assert opened.call("tare", confirm=True)["gas"].ok
    assert bench.registers()["gas"]["tares"] == 1
    with shotlane.open_devices("bench", ["gas"], mock=True) as simulated:
        assert simulated.call("tare")["gas"].ok


def test_a_dead_instrument_is_an_error_of_its_own(devices: Devices, bench: Bench) -> None:
    bench.fault("gas", "drop", count=100)
    results = devices.read(["furnace.temperature", "gas.flow"])
    assert results["furnace.temperature"].ok
    error = results["gas.flow"].error
    assert error is not None
    assert error.fault == "timeout"


def test_ports_are_asked_side_by_side() -> None:
    """Each of two instruments answers only while the other one is being asked."""
    meeting = threading.Barrier(2, timeout=20)

    class Pool:
        roles_opened = ("a", "b")

        def port_of(self, role: str) -> str:
            return role

        def call(self, role: str, command: str, arguments: object) -> object:
            meeting.wait()
            return type("Exchange", (), {"result": role})

        @property
        def definitions(self) -> object:
            return {role: type("Definition", (), {"commands": {"go": None}}) for role in "ab"}

    devices = Devices(Pool())  # type: ignore[arg-type]
    try:
        assert {name: one.value for name, one in devices.call("go").items()} == {"a": "a", "b": "b"}
    finally:
        devices.close()


def test_all_faults_are_raised_together_once_everybody_was_asked(devices: Devices, bench: Bench) -> None:
    bench.fault("gas", "drop", count=100)
    bench.fault("furnace", "drop", count=100)
    with pytest.raises(ExceptionGroup, match="2 of 2 failed") as raised:
        devices.read(["furnace.temperature", "gas.flow"], errors=ErrorPolicy.RAISE)
    assert {type(error) for error in raised.value.exceptions} == {InstrumentError}


def test_an_instrument_that_is_not_there_does_not_keep_the_others_away(
    in_bench_lab: Lab, bench: Bench
) -> None:
    bench.vanish()
    with pytest.raises(PoolError, match="gas"), shotlane.open_devices("bench"):
        pass
    with shotlane.open_devices("bench", errors=RETURN) as devices:
        results = devices.read(["furnace.temperature", "gas.flow"])
        assert (results["furnace.temperature"].ok, results["gas.flow"].ok) == (True, False)
        bench.appear()
        assert devices.read("gas.flow")["gas.flow"].ok


def test_who_has_the_instruments_is_told(devices: Devices) -> None:
    with pytest.raises(InUseError, match="a script"), shotlane.open_devices("bench", ["gas"]):
        pass


def test_what_is_not_known_is_refused_with_the_nearest_name(devices: Devices) -> None:
    with pytest.raises(UnknownChannelError, match=r"did you mean 'gas\.flow'"):
        devices.read("gas.flw")
    with pytest.raises(UnknownChannelError, match=r"did you mean 'furnace\.setpoint'"):
        devices.write({"furnace.setpont": 1.0})
    with pytest.raises(UnknownChannelError, match="did you mean 'tare'"):
        devices.call("tar")
    with pytest.raises(UnknownChannelError, match="did you mean 'gas'"):
        devices.call("tare", ["gass"])
    with (
        pytest.raises(UnknownChannelError, match="did you mean 'gas'"),
        shotlane.open_devices("bench", ["gass"]),
    ):
        pass


def test_devices_are_recorded_too(devices: Devices) -> None:
    with shotlane.record(devices, "gas.flow", rate_hz=50, duration=0.1) as recording:
        names = {sample.name for batch in recording for sample in batch}
    assert names == {"gas.flow"}
    assert devices.read("gas.flow")["gas.flow"].ok
