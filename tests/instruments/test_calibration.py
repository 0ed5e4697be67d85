"""Calibrations: what the device says becomes what is meant, on a real wire, in both directions."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.instruments._peers import device, fault_of, pool_on, value
from tests.instruments._stations import marked, only, resolve

from shotlane.instruments import Pool
from shotlane.instruments.definition._conversion import Linear, Table

Open = Callable[[str], Pool]


def document(calibration: str, access: str = "rw") -> str:
    return f"""
instrument: gauge
protocol: ascii
timeout: 500 ms
attributes:
  pressure:
    query: "P?"
    reply: "{{value:f}}"
    set: {{send: "P {{value:.4f}}", reply: none}}
    access: {access}
    unit: mbar
    safe: keep
    calibration: {calibration}
""".replace('    set: {send: "P {value:.4f}", reply: none}\n' if access == "r" else "\0", "").replace(
        "    safe: keep\n" if access == "r" else "\0", ""
    )


@pytest.fixture
def open_(tmp_path: Path) -> Iterator[Open]:
    """A gauge that says volts."""
    volts = ["0.0"]

    def answer(line: str) -> str | None:
        if line.startswith("P "):
            volts[0] = line[2:]
            return None
        return volts[0]

    with ExitStack() as stack:
        made = stack.enter_context(device(answer))

        def build(calibration: str) -> Pool:
            text = (
                f"station: lab\ninstruments:\n  gauge: {{instrument: gauge, resource: '{made.resource}'}}\n"
            )
            pool, _ = stack.enter_context(pool_on(text, tmp_path, {"gauge": document(calibration)}))
            pool.open(["gauge"])
            build.volts = volts  # type: ignore[attr-defined]
            return pool

        yield build


@pytest.mark.parametrize(
    ("calibration", "mbar", "volts"),
    [
        ("{from: V, factor: 100 mbar/V}", 500.0, 5.0),
        ("{from: V, factor: 0.1 bar/V, offset: -20 mbar}", 480.0, 5.0),
        ("{from: V, table: [[10 V, 1000 mbar], [0 V, 0 mbar]]}", 250.0, 2.5),
        ("{from: V, table: [[0 V, 1 bar], [5 V, 500 mbar], [10 V, 400 mbar]]}", 450.0, 7.5),
        (
            "{from: V, expression: 10 ** (raw / (1 V) - 5) * 1 mbar,"
            " inverse: (5 + log10(value / (1 mbar))) * 1 V}",
            100.0,
            7.0,
        ),
        ("{factor: 1.02}", 102.0, 100.0),
        ("{offset: 0.5 mbar}", 100.5, 100.0),
    ],
)
def test_both_directions(open_: Open, calibration: str, mbar: float, volts: float) -> None:
    pool = open_(calibration)
    pool.write("gauge", "pressure", mbar)
    assert value(pool, "gauge", "pressure") == pytest.approx(mbar)
    assert float(open_.volts[0]) == pytest.approx(volts, abs=1e-4)  # type: ignore[attr-defined]


def test_outside_of_the_table_there_is_no_value_and_nothing_is_set(open_: Open) -> None:
    pool = open_("{from: V, table: [[0 V, 0 mbar], [10 V, 1000 mbar]]}")
    error = fault_of(pool.write, "gauge", "pressure", 1001.0)
    assert error is not None
    assert error.fault == "rejected"
    open_.volts[0] = "10.5"  # type: ignore[attr-defined]
    reading = pool.read("gauge", ["pressure"]).readings["pressure"]
    assert (reading.value, reading.fault) == (None, None)
    assert "10.5 is outside" in str(reading.raw)


@pytest.mark.parametrize(
    ("calibration", "shown", "message"),
    [
        ("{from: V}", "calibration", "it says nothing"),
        (
            "{from: V, factor: 1 mbar/V, table: [[0 V, 0 mbar], [1 V, 1 mbar]]}",
            "calibration",
            "factor and table",
        ),
        ("{from: V, factor: 100 mbar}", "100 mbar", "does not make mbar of V"),
        ("{from: V, factor: much}", "much", "is no factor"),
        ("{from: V, offset: 1 mbar}", "1 mbar", "does not change the unit"),
        ("{from: volts, factor: 1}", "1", "does not make mbar of volts"),
        ("{from: V, table: [[0 V, 0 mbar]]}", "[[0 V, 0 mbar]]", "two points or more"),
        ("{from: V, table: [[0 V, 0 mbar], [1 V, 2 K]]}", "2 K", "not a pressure"),
        ("{from: V, expression: raw * 2}", "raw * 2", "a pressure"),
        ("{from: V, expression: raw * 1 mbar/V}", "raw * 1 mbar/V", "nothing says how"),
        ("{from: V, expression: rew * 1 mbar/V}", "rew * 1 mbar/V", "'rew'"),
    ],
)
def test_faults_of_calibrations(tmp_path: Path, calibration: str, shown: str, message: str) -> None:
    text = "station: lab\ninstruments:\n  gauge: {instrument: gauge, resource: 'sim://'}\n"
    _, report = resolve(text, tmp_path, {"gauge": document(calibration)})
    item = only(report)
    assert marked(item) == shown
    assert message in item.message


def test_a_station_calibrates_its_own_specimen(tmp_path: Path) -> None:
    with device(lambda _: "100.0") as made:
        text = (
            f"station: lab\ninstruments:\n  gauge:\n    instrument: gauge\n    resource: {made.resource}\n"
            "    calibration: {pressure: {offset: -2 mbar}}\n"
        )
        plain = document("X", "r").replace("    calibration: X\n", "")
        with pool_on(text, tmp_path, {"gauge": plain}) as (pool, _):
            pool.open(["gauge"])
            assert value(pool, "gauge", "pressure") == pytest.approx(98.0)


def test_a_station_calibrates_only_what_there_is(tmp_path: Path) -> None:
    text = (
        "station: lab\ninstruments:\n  gauge:\n    instrument: gauge\n    resource: 'sim://'\n"
        "    calibration: {presure: {offset: 2 mbar}}\n"
    )
    plain = document("X", "r").replace("    calibration: X\n", "")
    assert only(resolve(text, tmp_path, {"gauge": plain})[1]).code == "STA130"


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
def test_a_line_can_be_walked_back(raw: float, factor: float, offset: float) -> None:
    line = Linear(factor, offset)
    assert line.raw(line.value(raw)) == pytest.approx(raw, abs=1e-3)


@given(st.floats(0, 10))
def test_a_table_can_be_walked_back(raw: float) -> None:
    table = Table((0.0, 2.0, 10.0), (5.0, 1.0, -7.0))
    assert table.raw(table.value(raw)) == pytest.approx(raw, abs=1e-6)
