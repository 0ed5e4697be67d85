"""The picture of the lanes in a terminal, in which a pulse is often far shorter than a character."""

from pathlib import Path

import numpy as np
import pytest

from shotlane.cli import main
from shotlane.cli._levels import levels

STATION = """
language: 1
station: pulses
instruments:
  box: {instrument: box, resource: "sim://"}
"""
BOX = """
language: 1
instrument: box
protocol: simulated
attributes:
  trigger: {type: bool, access: rw, safe: off}
  gate: {type: bool, access: rw, safe: off}
  damping: {unit: dB, access: rw, min: 0 dB, max: 31.5 dB, safe: 31.5 dB}
"""
SEQUENCE = """
language: 1
sequence: pulses
station: pulses.yaml
timeline: [{load: 200 ms}, {first: 100 us}, {wait: 300 ms}, {second: 100 us}, {rest: 100 ms}]
lanes:
  box.trigger: {set: {first: true, second: true, otherwise: false}}
  box.gate: {set: true}
  box.damping: {set: {first: 3 dB, second: 17 dB, otherwise: 31.5 dB}}
"""


def cells(steps: dict[int, float], *, start: float = 0.0, duration_ns: int = 100) -> list[float]:
    """Ten cells of a lane that is set so at these times."""
    times, values = np.array(list(steps), np.int64), np.array(list(steps.values()), float)
    found = levels(times, values, start, duration_ns, 10)
    assert found is not None
    return [float(cell) for cell in found.cells]


def test_pulses_and_dips_shorter_than_a_character_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in (("pulses", STATION), ("box", BOX), ("shots", SEQUENCE)):
        (tmp_path / f"{name}.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert main(["plan", "shots.yaml"]) == 0
    rows = [line.partition("  ") for line in capsys.readouterr().out.splitlines()]
    drawn = {name: row.strip() for name, _, row in rows if row.strip(" ▁▂▃▄▅▆▇█") == "" and row}
    low, high = "▁", "█"
    assert drawn["box.trigger"] == f"{low * 23}{high}{low * 35}{high}{low * 12}"
    assert drawn["box.gate"] == high * 72
    assert drawn["box.damping"] == f"{high * 23}{low}{high * 35}▄{high * 12}"


def test_a_cell_shows_the_level_at_its_middle() -> None:
    assert cells({24: 1.0, 76: 0.0}) == [0, 0, 1, 1, 1, 1, 1, 1, 0, 0]
    assert cells({26: 1.0, 74: 0.0}) == [0, 0, 0, 1, 1, 1, 1, 0, 0, 0]


def test_a_pulse_that_no_middle_meets_is_shown_once() -> None:
    assert cells({36: 1.0, 37: 0.0}) == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert cells({38: 1.0, 41: 0.0}) == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert cells({0: 1.0, 1: 0.0, 99: 1.0}) == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]


def test_a_train_is_shown_away_from_where_the_lane_stands() -> None:
    train = {at: float(at % 3 == 0) for at in range(30, 60)}
    assert cells(train) == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0]
    assert cells({at: 1 - level for at, level in train.items()}, start=1.0) == [1, 1, 1, 0, 0, 0, 1, 1, 1, 1]


def test_a_ramp_is_not_made_of_pulses() -> None:
    assert cells({at: float(at) for at in range(10, 90)}) == [0, 15, 25, 35, 45, 55, 65, 75, 85, 89]
    assert levels(np.empty(0, np.int64), np.empty(0), float("nan"), 100, 10) is None
