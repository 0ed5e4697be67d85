"""Simulated instruments: they move as their document says, and the same every time."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.instruments._stations import FURNACE, STATION, Lab, sound

from shotlane.instruments.simulation._noise import Noise
from shotlane.instruments.simulation._response import Term, constant, lag

S = 1_000_000_000


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(sound(STATION, tmp_path))
    lab.pool.open(["furnace"])
    return lab


def opened(folder: Path, document: str, seed: int = 0) -> Lab:
    lab = Lab(sound(STATION, folder, {"furnace": document}), seed)
    lab.pool.open(["furnace"])
    return lab


def test_what_can_be_set_begins_at_its_safe_value_and_keeps_what_is_set(lab: Lab) -> None:
    assert (lab.value("furnace", "setpoint"), lab.value("furnace", "lamp")) == (20.0, False)
    lab.pool.write("furnace", "setpoint", 60.1)
    lab.now_ns += 5 * S
    assert lab.value("furnace", "setpoint") == 60.1


def test_setup_is_taken_at_opening(lab: Lab) -> None:
    assert lab.value("furnace", "mode") == "heat"
    assert ("furnace", "instrument.set-up") in [(role, type_) for role, type_, _ in lab.events]


def test_what_nobody_describes_is_zero(lab: Lab) -> None:
    assert lab.value("furnace", "count") == 0


def test_a_lag_is_the_exact_first_order_response(lab: Lab) -> None:
    lab.pool.write("furnace", "setpoint", 120.0)
    lab.now_ns += 10 * S
    assert lab.value("furnace", "temperature") == pytest.approx(120 - 100 * math.exp(-1), abs=1e-9)


def test_how_often_one_looks_changes_nothing(tmp_path: Path) -> None:
    often, once = opened(tmp_path, FURNACE), opened(tmp_path, FURNACE)
    for lab in (often, once):
        lab.pool.write("furnace", "setpoint", 120.0)
    for _ in range(1000):
        often.now_ns += S // 100
        often.value("furnace", "temperature")
    once.now_ns += 10 * S
    assert often.value("furnace", "temperature") == once.value("furnace", "temperature")


def test_a_command_sets_what_its_line_says(lab: Lab) -> None:
    lab.pool.call("furnace", "restart", {"level": 4})
    assert (lab.value("furnace", "setpoint"), lab.value("furnace", "count")) == (50.0, 4)


def test_a_command_without_a_line_answers_and_changes_nothing(tmp_path: Path) -> None:
    lab = opened(tmp_path, FURNACE.replace('  restart: {set: {setpoint: 50 degC, count: "{level}"}}', ""))
    lab.pool.call("furnace", "restart", {"level": 4})
    assert lab.value("furnace", "setpoint") == 20.0


def test_following_converts_the_unit(tmp_path: Path) -> None:
    document = FURNACE.replace("  count:", "  echo: {input: 8, type: float32, unit: degF}\n  count:", 1)
    lab = opened(tmp_path, document.replace("simulate:", "simulate:\n  echo: {follows: setpoint}"))
    lab.pool.write("furnace", "setpoint", 100.0)
    assert lab.value("furnace", "echo") == pytest.approx(212.0)


def test_a_lag_of_a_lag_starts_flat(tmp_path: Path) -> None:
    document = FURNACE.replace("  count:", "  sample: {input: 8, type: float32, unit: degC}\n  count:", 1)
    line = "  sample: {lag: temperature, tau: 10 s, start: 20 degC}\n"
    lab = opened(tmp_path, document.replace("simulate:\n", "simulate:\n" + line))
    lab.pool.write("furnace", "setpoint", 120.0)
    lab.now_ns += 10 * S
    assert lab.value("furnace", "sample") == pytest.approx(120 - 100 * 2 * math.exp(-1), abs=1e-9)


NOISY = FURNACE.replace("start: 20 degC}", "start: 20 degC, noise: 0.5 K}")


def noisy(folder: Path, seed: int, shot: int, attempt: int) -> list[float]:
    lab = opened(folder, NOISY, seed)
    lab.value("furnace", "temperature")
    lab.pool.begin_attempt(shot, attempt)
    return [lab.value("furnace", "temperature") for _ in range(5)]


def test_noise_depends_on_seed_shot_and_attempt_only(tmp_path: Path) -> None:
    first = noisy(tmp_path, 1, 2, 3)
    assert first == noisy(tmp_path, 1, 2, 3)
    others = [noisy(tmp_path, *key) for key in [(2, 2, 3), (1, 3, 3), (1, 2, 1)]]
    assert all(other != first for other in others)


def test_noise_has_the_size_that_was_written(tmp_path: Path) -> None:
    lab = opened(tmp_path, NOISY)
    values = [lab.value("furnace", "temperature") for _ in range(2000)]
    assert np.std(values) == pytest.approx(0.5, rel=0.06)
    assert np.mean(values) == pytest.approx(20.0, abs=0.05)


def test_the_noise_stream_never_changes() -> None:
    # Stored runs are replayed against it: a change here is a change of format.
    noise = Noise(1, "furnace.temperature")
    noise.begin_attempt(1, 1)
    assert [noise.normal() for _ in range(3)] == [-1.5754241943359375, 0.1411285400390625, 1.1233978271484375]


@given(
    taus=st.lists(st.floats(0.01, 100.0), min_size=1, max_size=3),
    level=st.floats(-1000, 1000),
    start=st.floats(-1000, 1000),
    seconds=st.floats(0, 50),
)
def test_a_chain_of_lags_obeys_its_equation(
    taus: list[float], level: float, start: float, seconds: float
) -> None:
    signal = constant(level)
    for tau in taus:
        source, signal = signal, lag(signal, tau, start)
    size = max(1.0, sum(abs(term.coefficient) for term in signal.terms))
    assert signal.at(0.0) == pytest.approx(start, abs=1e-9 * size)
    derivative = sum(_slope(term, seconds) for term in signal.terms)
    forcing = (source.at(seconds) - signal.at(seconds)) / taus[-1]
    assert derivative == pytest.approx(forcing, abs=1e-6 * size / min(taus))


def _slope(term: Term, seconds: float) -> float:
    decay = math.exp(-term.rate * seconds)
    rising = term.power * seconds ** (term.power - 1) * decay if term.power else 0.0
    return term.coefficient * (rising - term.rate * seconds**term.power * decay)
