"""The pool: checks before the wire, repeats exchanges, opens again what was lost, one lock per port."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.instruments._stations import STATION, sound

from shotlane.instruments import ErrorContext, Identity, InstrumentError, Pool, PoolError, Reading
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.pool._leave import safe_values
from shotlane.model import Attribute, Command

TWO = (
    "station: bench\ninstruments:\n"
    "  furnace: {instrument: furnace, resource: 'modbus+tcp://a?unit=1'}\n"
    "  oven: {instrument: furnace, resource: 'modbus+tcp://a?unit=2'}\n"
    "  other: {instrument: furnace, resource: 'modbus+tcp://b'}\n"
)


def fault(name: str, sent: str | None = "01 03") -> InstrumentError:
    return InstrumentError(name, f"it was {name}", ErrorContext(sent=sent))


class ScriptedDriver:
    """Fails as told, in order; then answers 1.0 to everything."""

    def __init__(self, definition: Definition, log: list[str]) -> None:
        self.definition = definition
        self.log = log
        self.script: list[Exception | Mapping[str, Reading]] = []
        self.open_faults: list[Exception] = []

    def _do(self, what: str) -> Mapping[str, Reading] | None:
        self.log.append(f"{self.definition.role} {what}")
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        return step

    def open(self) -> Identity:
        self.log.append(f"{self.definition.role} open")
        if self.open_faults:
            raise self.open_faults.pop(0)
        return Identity(serial="7")

    def attributes(self) -> Mapping[str, Attribute]:
        return self.definition.attributes

    def commands(self) -> Mapping[str, Command]:
        return self.definition.commands

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        return self._do(f"read {' '.join(names)}") or {name: Reading(1.0) for name in names}

    def write(self, name: str, value: Any) -> None:
        self._do(f"write {name} {value!r}")

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        self._do(f"call {command} {dict(arguments)}")
        return 42

    def make_safe(self) -> None:
        self._do("make_safe")

    def close(self) -> None:
        self.log.append(f"{self.definition.role} close")


class Bench:
    """A pool of scripted drivers."""

    def __init__(self, folder: Path, text: str) -> None:
        self.log: list[str] = []
        self.events: list[tuple[str, Mapping[str, Any]]] = []
        self.drivers: dict[str, ScriptedDriver] = {}
        self.refused: dict[str, Exception] = {}
        self._ticks = iter(range(1, 10_000))
        resolved = sound(text, folder)
        self.pool = Pool(
            resolved.definitions, self._make, now_ns=lambda: next(self._ticks), notify=self._notify
        )

    def _make(self, definition: Definition) -> ScriptedDriver:
        driver = ScriptedDriver(definition, self.log)
        if definition.role in self.refused:
            driver.open_faults.append(self.refused[definition.role])
        self.drivers[definition.role] = driver
        return driver

    def _notify(self, role: str, type_: str, fields: Mapping[str, Any]) -> None:
        assert fields["role"] == role
        self.events.append((type_, fields))

    def told(self, type_: str) -> list[Mapping[str, Any]]:
        return [fields for name, fields in self.events if name == type_]


@pytest.fixture
def one(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path, STATION)
    bench.pool.open(["furnace"])
    bench.log.clear()
    return bench


@pytest.fixture
def two(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path, TWO)
    bench.pool.open(["other", "oven", "furnace"])
    bench.log.clear()
    return bench


def test_reading_is_one_call_with_stamps_around_it(one: Bench) -> None:
    exchange = one.pool.read("furnace", ["temperature", "setpoint"])
    assert one.log == ["furnace read temperature setpoint"]
    assert exchange.requested_ns < exchange.received_ns
    assert exchange.readings["setpoint"].value == 1.0


@pytest.mark.parametrize("name", ["timeout", "garbled"])
def test_a_reading_is_tried_twice(one: Bench, name: str) -> None:
    one.drivers["furnace"].script = [fault(name)]
    assert one.pool.read("furnace", ["temperature"]).readings["temperature"].value == 1.0
    (told,) = one.told("exchange.repeated")
    assert (told["fault"], told["try"], told["exchanges"], told["names"]) == (name, 1, 1, ["temperature"])


@pytest.mark.parametrize("name", ["rejected", "refused", "sulking"])
def test_what_a_repetition_cannot_mend_is_not_repeated(one: Bench, name: str) -> None:
    one.drivers["furnace"].script = [fault(name)]
    with pytest.raises(InstrumentError, match=f"it was {name}") as caught:
        one.pool.write("furnace", "setpoint", 40.0)
    assert len(one.log) == 1
    assert caught.value.context.channel == "furnace.setpoint"
    assert caught.value.context.resource == "sim://"


def test_the_last_try_raises_with_its_own_stamps(one: Bench) -> None:
    one.drivers["furnace"].script = [fault("timeout"), fault("garbled")]
    with pytest.raises(InstrumentError, match="it was garbled") as caught:
        one.pool.read("furnace", ["temperature"])
    requested, received = caught.value.requested_ns, caught.value.received_ns
    assert requested is not None
    assert received is not None
    assert 1 < requested < received
    assert len(one.told("exchange.repeated")) == 1


def test_a_call_is_made_once(one: Bench) -> None:
    one.drivers["furnace"].script = [fault("timeout")]
    with pytest.raises(InstrumentError, match="it was timeout"):
        one.pool.call("furnace", "restart", {"level": 3})
    assert one.log == ["furnace call restart {'level': 3}"]


def test_a_call_returns_what_was_answered(one: Bench) -> None:
    assert one.pool.call("furnace", "restart", {"level": 3}).result == 42


def test_only_what_failed_of_a_reading_is_repeated(one: Bench) -> None:
    failed = {"temperature": Reading(5.0), "setpoint": Reading(None, None, fault("garbled"))}
    one.drivers["furnace"].script = [failed]
    readings = one.pool.read("furnace", ["temperature", "setpoint"]).readings
    assert one.log == ["furnace read temperature setpoint", "furnace read setpoint"]
    assert (readings["temperature"].value, readings["setpoint"].value) == (5.0, 1.0)


def test_values_stay_when_the_repetition_of_the_rest_fails(one: Bench) -> None:
    failed = {"temperature": Reading(5.0), "setpoint": Reading(None, None, fault("garbled"))}
    one.drivers["furnace"].script = [failed, fault("timeout")]
    readings = one.pool.read("furnace", ["temperature", "setpoint"]).readings
    assert readings["temperature"].value == 5.0
    assert readings["setpoint"].fault is not None
    assert readings["setpoint"].fault.fault == "timeout"


def test_a_value_keeps_the_stamps_of_the_try_that_gave_it(one: Bench) -> None:
    failed = {"temperature": Reading(5.0), "setpoint": Reading(None, None, fault("garbled"))}
    one.drivers["furnace"].script = [failed]
    exchange = one.pool.read("furnace", ["temperature", "setpoint"])
    assert list(exchange.earlier) == ["temperature"]
    requested, received = exchange.earlier["temperature"]
    assert requested < received < exchange.requested_ns < exchange.received_ns


def test_tries_bound_all_repetitions_of_a_reading(one: Bench) -> None:
    partly = {"temperature": Reading(5.0), "setpoint": Reading(None, None, fault("garbled"))}
    one.drivers["furnace"].script = [fault("timeout"), partly]
    one.pool.read("furnace", ["temperature", "setpoint"])
    assert len(one.log) == 2


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("setpoint", 301.0, "above the limit 300 degC"),
        ("setpoint", -0.5, "below the limit 0 degC"),
        ("setpoint", float("nan"), "cannot be nan"),
        ("setpoint", True, "takes a number"),
        ("mode", "cold", "no option 'cold'"),
        ("lamp", 3, "on or off"),
        ("temperature", 1.0, "cannot be set"),
        ("nothing", 1.0, "cannot be set"),
    ],
)
def test_what_is_not_taken_never_reaches_the_wire(one: Bench, name: str, value: Any, message: str) -> None:
    with pytest.raises(InstrumentError, match=message) as caught:
        one.pool.write("furnace", name, value)
    assert caught.value.fault == "rejected"
    assert one.log == []


@pytest.mark.parametrize("arguments", [{}, {"level": 9}, {"level": 1, "depth": 2}, {"level": 1.5}])
def test_wrong_arguments_never_reach_the_wire(one: Bench, arguments: Mapping[str, Any]) -> None:
    with pytest.raises(InstrumentError, match=r"furnace\.restart"):
        one.pool.call("furnace", "restart", arguments)
    assert one.log == []


def test_after_a_lost_port_every_instrument_on_it_is_opened_again_at_its_next_use(two: Bench) -> None:
    two.drivers["furnace"].script = [fault("disconnected")]
    with pytest.raises(InstrumentError, match="it was disconnected"):
        two.pool.read("furnace", ["temperature"])
    two.pool.read("furnace", ["temperature"])
    two.pool.read("oven", ["temperature"])
    two.pool.read("other", ["temperature"])
    assert two.log == [
        "furnace read temperature",
        "furnace close",
        "oven close",
        "furnace open",
        "furnace read temperature",
        "oven open",
        "oven read temperature",
        "other read temperature",
    ]
    assert [told["role"] for told in two.told("instrument.reopened")] == ["furnace", "oven"]


def test_a_port_that_stays_away_was_asked_once(one: Bench) -> None:
    driver = one.drivers["furnace"]
    driver.script = [fault("disconnected")]
    driver.open_faults = [fault("disconnected", sent=None)]
    for _ in range(2):
        with pytest.raises(InstrumentError, match="it was disconnected"):
            one.pool.write("furnace", "setpoint", 40.0)
    assert one.log == ["furnace write setpoint 40.0", "furnace close", "furnace open", "furnace close"]
    one.pool.write("furnace", "setpoint", 40.0)
    assert one.log[-2:] == ["furnace open", "furnace write setpoint 40.0"]


def test_opening_tells_of_all_that_failed(tmp_path: Path) -> None:
    bench = Bench(tmp_path, TWO)
    bench.refused = {"furnace": fault("rejected"), "other": fault("disconnected")}
    with pytest.raises(PoolError, match=r"furnace: it was rejected; other: it was disconnected") as caught:
        bench.pool.open(["furnace", "oven", "other"])
    assert list(caught.value.faults) == ["furnace", "other"]
    assert bench.pool.roles_opened == ("oven",)
    assert [told["role"] for told in bench.told("instrument.faulted")] == ["furnace", "other"]


def test_roles_and_safe_writes_are_in_the_order_of_the_station(two: Bench) -> None:
    assert two.pool.roles_opened == ("furnace", "oven", "other")
    assert two.pool.safe_writes()[:3] == [
        ("furnace", "setpoint", 20.0),
        ("furnace", "lamp", False),
        ("oven", "setpoint", 20.0),
    ]


def test_only_opened_roles_are_made_safe(tmp_path: Path) -> None:
    bench = Bench(tmp_path, TWO)
    bench.pool.open(["oven"])
    assert {role for role, _, _ in bench.pool.safe_writes()} == {"oven"}
    with pytest.raises(InstrumentError, match="furnace is not open"):
        bench.pool.read("furnace", ["temperature"])


def test_closing_twice_is_closing_once(two: Bench) -> None:
    two.pool.close()
    two.pool.close()
    assert two.log == ["furnace close", "oven close", "other close"]
    assert len(two.told("instrument.closed")) == 3


def test_who_answered_is_known(one: Bench) -> None:
    assert one.pool.identities["furnace"].serial == "7"


def test_one_port_is_used_by_one_thread_at_a_time(two: Bench) -> None:
    def waits(role: str) -> bool:
        done = threading.Event()

        def read() -> None:
            two.pool.read(role, ["temperature"])
            done.set()

        thread = threading.Thread(target=read)
        with two.pool.lock_of(two.pool.port_of("furnace")):
            two.pool.read("furnace", ["temperature"])  # whoever holds it may go on
            thread.start()
            waited = not done.wait(0.1)
        thread.join()
        return waited

    check: Callable[[str], bool] = waits
    assert check("oven")
    assert not check("other")


def test_who_waits_for_a_port_that_is_let_go_of_is_refused(two: Bench) -> None:
    """A safe write that was given up must not reach an instrument that is somebody else's by now."""
    refused: list[InstrumentError] = []

    def write() -> None:
        try:
            two.pool.write("furnace", "setpoint", 20.0)
        except InstrumentError as error:
            refused.append(error)

    late = threading.Thread(target=write)
    with two.pool.lock_of(two.pool.port_of("furnace")):
        late.start()
        closing = threading.Thread(target=two.pool.close)
        closing.start()
        while two.pool.roles_opened:
            pass
        # The port that is free is closed although the other hangs.
        while "other close" not in two.log:
            pass
        assert "furnace close" not in two.log
    late.join()
    closing.join()
    assert [error.fault for error in refused] == ["rejected"]
    assert not [line for line in two.log if "write" in line]


def test_a_bug_in_closing_one_keeps_no_other_open(two: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(two.drivers["furnace"], "close", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        two.pool.close()
    assert two.log == ["oven close", "other close"]
    assert two.pool.roles_opened == ()


def test_what_comes_open_after_the_end_is_made_safe(tmp_path: Path) -> None:
    """Its set-up was sent when nobody waited for it any more."""
    bench, opening, go_on = Bench(tmp_path, STATION), threading.Event(), threading.Event()
    make = bench._make

    def slow(definition: Definition) -> ScriptedDriver:
        opening.set()
        go_on.wait(10)
        return make(definition)

    bench.pool._opener._make = slow
    thread = threading.Thread(target=bench.pool.open, args=(["furnace"],))
    thread.start()
    opening.wait(10)
    bench.pool.close()
    go_on.set()
    thread.join()
    writes = [
        f"furnace write {name} {value!r}" for name, value in safe_values(bench.pool.definitions["furnace"])
    ]
    assert len(writes) >= 1
    assert bench.log == ["furnace open", *writes, "furnace make_safe", "furnace close"]
    assert len(bench.told("safe-state.written")) == len(writes)
    assert bench.pool.roles_opened == ()
