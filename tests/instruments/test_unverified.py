"""What was set and cannot be read back any more: it stays in doubt, and is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.instruments._peers import AsciiDevice, Told, device, fault_of, pool_on, value

from shotlane.instruments import Pool

pytestmark = pytest.mark.real_time

METER = """
instrument: meter
protocol: ascii
timeout: 150 ms
tries: 1
errors: {"ERR": rejected}
replies: {plain: "{value:f}"}
attributes:
  level: {query: "L?", reply: plain}
  goal: {query: "G?", reply: plain, set: {send: "G {value:.0f}", reply: none}, access: rw, safe: keep}
  range: {query: "R?", reply: plain, set: {send: "R {value:.0f}", reply: none}, access: rw, safe: keep}
"""


class Meter:
    """Says ERR when it is asked for what stands in `locked`, and nothing when it is `mute`."""

    def __init__(self) -> None:
        self.values = {"L": 1.5, "G": 0.0, "R": 0.0}
        self.locked: set[str] = set()
        self.mute = False

    def __call__(self, line: str) -> str | None:
        name = line[0]
        if not line.endswith("?"):
            self.values[name] = float(line[2:])
            return None
        if self.mute:
            return None
        return "ERR" if name in self.locked else f"{self.values[name]}"


@pytest.fixture
def meter() -> Meter:
    return Meter()


@pytest.fixture
def made(meter: Meter) -> Iterator[AsciiDevice]:
    with device(meter) as made:
        yield made


@pytest.fixture
def opened(made: AsciiDevice, tmp_path: Path) -> Iterator[tuple[Pool, Told]]:
    text = f"station: lab\ninstruments:\n  meter: {{instrument: meter, resource: '{made.resource}'}}\n"
    with pool_on(text, tmp_path, {"meter": METER}) as (pool, told):
        pool.open(["meter"])
        pool.write("meter", "goal", 40.0)
        pool.write("meter", "range", 3.0)
        yield pool, told


def lose_a_reply(pool: Pool, meter: Meter) -> None:
    """After this nobody knows whether the device has restarted."""
    meter.mute = True
    fault_of(pool.read, "meter", ["level"])
    meter.mute = False


def test_what_refuses_to_be_read_back_is_told_once_and_holds_up_nothing(
    opened: tuple[Pool, Told], meter: Meter
) -> None:
    pool, told = opened
    meter.locked = {"G"}
    lose_a_reply(pool, meter)
    assert [value(pool, "meter", "level") for _ in range(3)] == [1.5, 1.5, 1.5]
    assert [fields["names"] for fields in told.of("exchange.unverified")] == [["goal"]]


def test_it_stays_in_doubt_until_it_can_be_read_again(opened: tuple[Pool, Told], meter: Meter) -> None:
    pool, _ = opened
    meter.locked = {"G"}
    lose_a_reply(pool, meter)
    meter.values["G"] = 0.0  # it has restarted
    assert value(pool, "meter", "level") == 1.5
    meter.locked = set()
    error = fault_of(pool.read, "meter", ["level"])
    assert error is not None
    assert error.fault == "disconnected"
    assert "goal is 0, and was set to 40" in error.message


def test_what_was_compared_is_not_read_again(
    opened: tuple[Pool, Told], meter: Meter, made: AsciiDevice
) -> None:
    pool, _ = opened
    meter.locked = {"G"}
    lose_a_reply(pool, meter)
    value(pool, "meter", "level")
    made.asked.clear()
    value(pool, "meter", "level")
    assert made.asked == ["G?", "L?"]
