"""Simulated instruments that act on each other."""

import math
from pathlib import Path

import pytest
from tests.instruments._stations import Lab, marked, only, resolve, sound

S = 1_000_000_000
SUPPLY = """
instrument: supply
protocol: ascii
attributes:
  voltage:
    {query: "V?", reply: "{value:f}", set: {send: "V{value}", reply: none}, unit: V, access: rw, safe: 0 V}
  name: {query: "N?", reply: "{value:s}", type: text}
"""
OVEN = """
instrument: oven
protocol: modbus
attributes:
  temperature: {holding: 1, type: float32, unit: degC}
  shown: {holding: 3, type: float32, unit: degF}
simulate:
  temperature: {start: 25 degC}
  shown: {follows: temperature}
"""
DOCUMENTS = {"supply": SUPPLY, "oven": OVEN}
STATION = """
station: bench
instruments:
  supply: {{instrument: supply, resource: 'sim://'}}
  oven: {{instrument: oven, resource: 'sim://'}}
couple:
  {line}
"""
HEATED = "oven.temperature: {lag: supply.voltage, tau: 20 s, gain: 10 K/V, offset: 25 degC}"


def lab(folder: Path, line: str = HEATED) -> Lab:
    made = Lab(sound(STATION.format(line=line), folder, DOCUMENTS))
    made.pool.open(["supply", "oven"])
    return made


def test_one_instrument_heats_another(tmp_path: Path) -> None:
    made = lab(tmp_path)
    assert made.value("oven", "temperature") == 25.0
    made.pool.write("supply", "voltage", 5.0)
    made.now_ns += 20 * S
    assert made.value("oven", "temperature") == pytest.approx(25 + 50 * (1 - math.exp(-1)), abs=1e-9)


def test_what_follows_the_coupled_channel_follows_it_in_its_own_unit(tmp_path: Path) -> None:
    made = lab(tmp_path)
    made.pool.write("supply", "voltage", 1.0)
    made.now_ns += 10_000 * S
    assert made.value("oven", "shown") == pytest.approx(95.0)


def test_how_often_one_looks_changes_nothing(tmp_path: Path) -> None:
    often, once = lab(tmp_path), lab(tmp_path)
    for made in (often, once):
        made.pool.write("supply", "voltage", 5.0)
    for _ in range(100):
        often.now_ns += S // 10
        often.value("oven", "temperature")
    once.now_ns += 10 * S
    assert often.value("oven", "temperature") == once.value("oven", "temperature")


@pytest.mark.parametrize(
    ("line", "what", "place"),
    [
        (
            "oven.temprature: {follows: supply.voltage, gain: 1 K/V}",
            "no simulated instrument",
            "oven.temprature",
        ),
        ("oven.temperature: {follows: supply.name}", "only a number", "supply.name"),
        ("oven.temperature: {follows: supply.voltage}", "not of one kind", "oven.temperature"),
        (
            "oven.temperature: {follows: supply.voltage, gain: 1 V/K}",
            "and not temperature per voltage",
            "1 V/K",
        ),
        ("oven.temperature: {lag: supply.voltage, gain: 1 K/V}", "`lag` stands without `tau`", "lag"),
        ("oven.temperature: {gain: 1 K/V}", "nothing says what it depends on", "oven.temperature"),
        ("oven.temperature: {follows: oven.shown}", "in a circle", "oven.shown"),
    ],
)
def test_a_wrong_line_is_told_at_its_place(line: str, what: str, place: str, tmp_path: Path) -> None:
    _, report = resolve(STATION.format(line=line), tmp_path, DOCUMENTS)
    item = only(report)
    assert (item.code, what in item.message) == ("STA172", True)
    assert marked(item).startswith(place)
