"""What lies on real wires, each with the guard against it, and what would be stored without that guard."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.instruments._peers import Told, bench_station, device, fault_of, pool_on, value

from shotlane.instruments import Pool
from shotlane.instruments.dialogue import _line
from shotlane.instruments.pool import _exchanger, _read_back
from shotlane.instruments.pool._repeated import REPEATED
from shotlane.testing import Bench

pytestmark = pytest.mark.real_time
Patch = pytest.MonkeyPatch


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(folder=tmp_path) as running:
        yield running


Opened = Callable[[], tuple[Pool, Told]]


@pytest.fixture
def opened(bench: Bench, tmp_path: Path) -> Iterator[Opened]:
    """Opens the pool when the test has taken its guard away."""
    with pool_on(bench_station(bench), tmp_path) as (pool, told):

        def open_() -> tuple[Pool, Told]:
            pool.open(["furnace", "gas"])
            return pool, told

        yield open_


def without_stale_reply_guard(patch: Patch) -> None:
    patch.setattr(_line, "Line", partial(_line.Line, guarded=False))


# Trap 1: a late reply is taken for the answer to the next question.


def flow_after_a_late_reply(bench: Bench, pool: Pool) -> float:
    """Flow half a second after it was set to 20, with one reply late some time before."""
    pool.write("gas", "shutoff", False)
    bench.fault("gas", "delay", seconds=0.45)
    fault_of(pool.read, "gas", ["flow"])
    fault_of(pool.write, "gas", "flow_setpoint", 20.0)
    time.sleep(0.6)
    return float(value(pool, "gas", "flow"))


def test_a_late_reply_is_not_taken_for_the_next(bench: Bench, opened: Opened) -> None:
    assert flow_after_a_late_reply(bench, opened()[0]) == pytest.approx(20.0, abs=0.5)


def test_without_the_guard_every_answer_is_that_of_the_question_before(
    bench: Bench, opened: Opened, monkeypatch: Patch
) -> None:
    without_stale_reply_guard(monkeypatch)
    assert flow_after_a_late_reply(bench, opened()[0]) < 15.0


# Trap 2: a device that restarts has forgotten its set points and answers plausibly.


def test_after_a_restart_nothing_is_read_until_everything_was_set_again(bench: Bench, opened: Opened) -> None:
    pool, told = opened()
    pool.write("furnace", "setpoint", 140.0)
    bench.restart("furnace")
    error = fault_of(pool.read, "furnace", ["temperature"])
    assert error is not None
    assert error.fault == "disconnected"
    assert value(pool, "furnace", "saving") == "volatile"  # `setup:` was sent again
    assert len(told.of("instrument.reopened")) == 1


def test_without_that_rule_a_furnace_at_its_default_is_recorded(
    bench: Bench, opened: Opened, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(_exchanger, "REPEATED", REPEATED | {"disconnected"})
    pool, _ = opened()
    pool.write("furnace", "setpoint", 140.0)
    bench.restart("furnace")
    time.sleep(1.0)
    assert value(pool, "furnace", "temperature") < 80.0  # of 140 degF, and no fault


def restarted_behind_a_timeout(bench: Bench, pool: Pool) -> None:
    """A serial port shows nothing of a restart; only one reply is lost."""
    pool.write("gas", "shutoff", False)
    pool.write("gas", "flow_setpoint", 20.0)
    bench.restart("gas")
    bench.fault("gas", "drop")


def test_a_restart_that_shows_as_a_timeout_is_found_by_what_it_forgot(bench: Bench, opened: Opened) -> None:
    pool, told = opened()
    restarted_behind_a_timeout(bench, pool)
    error = fault_of(pool.read, "gas", ["flow"])
    assert error is not None
    assert error.fault == "disconnected"
    assert "flow_setpoint is 0 cm**3/min, and was set to 20 cm**3/min" in error.message
    assert [fields["names"] for fields in told.of("exchange.checked")] == [["flow_setpoint"]]


def test_without_reading_back_its_default_flow_is_recorded(
    bench: Bench, opened: Opened, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(_read_back.ReadBack, "check", lambda *_: None)
    pool, _ = opened()
    restarted_behind_a_timeout(bench, pool)
    time.sleep(0.6)
    assert value(pool, "gas", "flow") == pytest.approx(0.0, abs=0.5)


def test_a_timeout_without_a_restart_costs_one_more_exchange(bench: Bench, opened: Opened) -> None:
    pool, told = opened()
    pool.write("furnace", "setpoint", 140.0)
    bench.fault("furnace", "drop")
    assert value(pool, "furnace", "setpoint") == pytest.approx(140.0, abs=0.01)
    assert len(told.of("exchange.checked")) == 1
    value(pool, "furnace", "setpoint")
    assert len(told.of("exchange.checked")) == 1


def test_a_restart_that_no_reply_was_lost_in_cannot_be_seen_on_a_serial_line(
    bench: Bench, opened: Opened
) -> None:
    """The limit of what can be known: docs/robustness.md says what to do about it."""
    pool, _ = opened()
    pool.write("gas", "flow_setpoint", 20.0)
    bench.restart("gas")
    assert value(pool, "gas", "flow_setpoint") == 0.0  # recording the read-back shows it


# Trap 3: a port vanishes and comes back under another node.


def test_a_port_that_comes_back_elsewhere_is_found_again(bench: Bench, opened: Opened) -> None:
    pool, told = opened()
    before = Path(bench.serial_path).resolve()
    bench.vanish()
    for _ in range(2):
        error = fault_of(pool.read, "gas", ["flow"])
        assert error is not None
        assert error.fault == "disconnected"
    bench.appear()
    assert value(pool, "gas", "gas") == "Air"
    assert Path(bench.serial_path).is_symlink()
    assert len(told.of("instrument.reopened")) == 1
    assert before.name  # it may or may not have got its old number


# Trap 4: silence, errors as text, headers, no sensor.

METER = """
instrument: meter
protocol: ascii
timeout: 100 ms
replies: {plain: "{value:f}"}
attributes:
  plain: {query: "V?", reply: plain}
  headed: {query: "H?", reply: "HEAD {value:f}"}
  sensor: {query: "S?", reply: plain, missing: ["-------"]}
  strange: {query: "X?", reply: plain}
  level: {query: "L?", reply: plain, set: {send: "L {value:.1f}", reply: none}, access: rw, safe: 0}
  checked:
    {query: "L?", reply: plain, set: {send: "L {value:.1f}", reply: none}, access: rw, safe: 0, verify: true}
"""
REPLIES = {"V?": "1.5", "H?": "HEAD 2.5", "S?": "-------", "X?": None, "E?": "ERR 3"}


@pytest.fixture
def meter(tmp_path: Path) -> Iterator[Pool]:
    """A meter that keeps its level below 50, whatever it is told, and does not say so."""
    level = [0.0]

    def answer(line: str) -> str | None:
        if line.startswith("L "):
            level[0] = min(50.0, float(line[2:]))
            return None
        return f"{level[0]:.1f}" if line == "L?" else REPLIES.get(line, "ERR 3")

    with device(answer) as made:
        text = f"station: lab\ninstruments:\n  meter: {{instrument: meter, resource: '{made.resource}'}}\n"
        with pool_on(text, tmp_path, {"meter": METER}) as (pool, _):
            pool.open(["meter"])
            yield pool


def test_headers_are_read_over_and_an_unknown_command_is_not_waited_for(meter: Pool) -> None:
    assert value(meter, "meter", "headed") == 2.5
    error = fault_of(meter.read, "meter", ["strange"])
    assert error is not None
    assert error.fault == "timeout"
    assert value(meter, "meter", "plain") == 1.5


def test_no_sensor_is_no_value_and_no_fault(meter: Pool) -> None:
    reading = meter.read("meter", ["sensor"]).readings["sensor"]
    assert (reading.value, reading.raw, reading.fault) == (None, "-------", None)


def test_an_error_as_text_is_never_a_value(bench: Bench, opened: Opened) -> None:
    pool, _ = opened()
    bench.fault("gas", "busy", count=2)  # it answers `?`
    error = fault_of(pool.read, "gas", ["flow"])
    assert error is not None
    assert error.fault in ("garbled", "rejected")  # as the document knows the text or not


# Trap 5: lines nobody asked for; sets that are accepted and not done.

FRAME = "A +014.70 +025.00 +099.00 +099.00 +000.00 Air\r"


def test_what_nobody_asked_for_is_no_reading(bench: Bench, opened: Opened) -> None:
    pool, _ = opened()
    bench.say(FRAME)
    time.sleep(0.1)
    assert value(pool, "gas", "flow") == pytest.approx(0.0, abs=0.5)


def test_without_the_guard_it_is_recorded(bench: Bench, opened: Opened, monkeypatch: Patch) -> None:
    without_stale_reply_guard(monkeypatch)
    pool, _ = opened()
    bench.say(FRAME)
    time.sleep(0.1)
    assert value(pool, "gas", "flow") == 99.0


def test_a_set_that_is_not_done_is_found_where_it_is_verified(meter: Pool) -> None:
    meter.write("meter", "checked", 40.0)
    error = fault_of(meter.write, "meter", "checked", 70.0)
    assert error is not None
    assert error.fault == "rejected"
    assert "was set to 70, and is 50" in error.message


def test_without_verify_the_device_is_believed(meter: Pool) -> None:
    meter.write("meter", "level", 70.0)
    assert value(meter, "meter", "level") == 50.0


# Trap 6: another one answers; busy is not broken.


@pytest.mark.parametrize(("role", "name"), [("furnace", "temperature"), ("gas", "flow")])
def test_an_answer_of_another_unit_is_never_a_value(
    bench: Bench, opened: Opened, role: str, name: str
) -> None:
    pool, _ = opened()
    bench.fault(role, "wrong_unit", count=2)
    error = fault_of(pool.read, role, [name])
    assert error is not None
    assert error.fault == "garbled"


def test_busy_is_a_fault_of_its_own(bench: Bench, opened: Opened) -> None:
    pool, told = opened()
    bench.fault("furnace", "busy")
    error = fault_of(pool.read, "furnace", ["temperature"])
    assert error is not None
    assert error.fault == "refused"
    assert told.of("exchange.repeated") == []


# Trap 9a: a broken sensor's last value; memory that wears out.


def test_a_broken_sensor_has_no_temperature(bench: Bench, opened: Opened) -> None:
    pool, _ = opened()
    bench.break_sensor()
    reading = pool.read("furnace", ["temperature"]).readings["temperature"]
    assert reading.value is None
    assert reading.raw


def test_set_points_do_not_wear_the_memory_out_also_after_a_restart(bench: Bench, opened: Opened) -> None:
    pool, _ = opened()
    pool.write("furnace", "setpoint", 140.0)
    bench.restart("furnace")
    fault_of(pool.read, "furnace", ["temperature"])
    pool.write("furnace", "setpoint", 120.0)
    assert bench.registers()["furnace"]["eeprom_writes"] == 0
