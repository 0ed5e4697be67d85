"""The look-back of conditions: the newest value, and figures over a window that readings cover."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.results.attempts import CHANNELS, MS, S, formula, index

from shotlane.plan import Figure
from shotlane.results import History
from shotlane.results import _blocks as blocks
from shotlane.results import _history as look_backs
from shotlane.results._blocks import SIZE

X, T, GATE, GAS = (index(name) for name in ("x", "T", "gate", "gas"))


def value(channel: int) -> Figure:
    return Figure("value", channel)


def look_back(function: str, channel: int = X, window_s: float = 1.0) -> Figure:
    return Figure(function, channel, window_ns=round(window_s * S))


def test_the_newest_valid_reading_counts() -> None:
    history = History([value(T)], CHANNELS)
    assert history.figure(value(T)) is None
    history.add(T, 0, 20.0)
    history.add(T, 1 * S, 25.0)
    history.add(T, 2 * S, None)
    history.add(T, 3 * S, math.nan)
    assert history.figure(value(T)) == pytest.approx(298.15)
    assert history.newest_ns(T) == 1 * S


def test_truths_and_options_are_what_was_read() -> None:
    history = History([value(GATE), value(GAS)], CHANNELS)
    history.add(GATE, 0, True)
    history.add(GAS, 0, "He")
    assert history.figure(value(GATE)) is True
    assert history.figure(value(GAS)) == "He"


def test_a_channel_that_nothing_looks_at_is_passed_over() -> None:
    history = History([value(T)], CHANNELS)
    history.add(X, 0, 1.0)
    assert history.figure(value(T)) is None


@pytest.mark.parametrize("function", ["mean", "min", "max", "std", "first", "last", "count", "slope"])
def test_a_window_that_readings_do_not_cover_has_no_figure(function: str) -> None:
    figure = look_back(function)
    history = History([figure], CHANNELS)
    for tick in range(10):
        history.add(X, tick * 100 * MS, 5.0)
        assert history.figure(figure) is None
    history.add(X, 1 * S, 5.0)
    assert history.figure(figure) is not None


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("mean", 7.0),
        ("min", 4.0),
        ("max", 10.0),
        ("std", 2.0),
        ("first", 4.0),
        ("last", 10.0),
        ("count", 7.0),
        ("slope", 4.0),
    ],
)
def test_a_window_holds_what_was_read_from_its_first_instant_on(function: str, expected: float) -> None:
    figure = look_back(function, window_s=1.5)
    history = History([figure], CHANNELS)
    for tick in range(11):
        history.add(X, tick * 250 * MS, float(tick))
    assert history.figure(figure) == pytest.approx(expected)


def test_each_figure_has_its_own_window_over_the_same_readings() -> None:
    short, long = look_back("count", window_s=1.0), look_back("count", window_s=5.0)
    history = History([short, long], CHANNELS)
    for second in range(20):
        history.add(X, second * S, 0.0)
    assert (history.figure(short), history.figure(long)) == (2, 6)


def test_a_slope_of_a_temperature_is_a_difference_per_second() -> None:
    figure = look_back("slope", T)
    history = History([figure], CHANNELS)
    for tick in range(5):
        history.add(T, tick * 500 * MS, 20.0 + tick)
    assert history.figure(figure) == pytest.approx(2.0)


def test_memory_is_bounded_by_the_window() -> None:
    history = History([look_back("mean")], CHANNELS)
    for tick in range(100_000):
        history.add(X, tick * 10 * MS, float(tick))
    assert len(history._tracks[X].published.at_ns) <= 4 * SIZE
    assert history._tracks[X].published.blocks.sums.shape[1] <= 8


def test_a_condition_holds_or_not_and_without_a_reading_neither() -> None:
    near = formula("abs(v - T_soak) < 1", {"v": value(T)}, T_soak=333.15)
    history = History(near.figures, CHANNELS)
    assert history.holds(near) is None
    history.add(T, 0, 50.0)
    assert history.holds(near) is False
    history.add(T, 1, 59.5)
    assert history.holds(near) is True


@given(
    st.lists(st.tuples(st.integers(0, 800 * MS), st.one_of(st.none(), st.floats(-1e3, 1e3))), max_size=120),
    st.integers(1, 3 * S),
)
@example([(0, 1.0), (0, 2.0), (1, 3.0)], 1)  # two at the beginning of the window
def test_a_window_is_that_of_all_readings_ever_made(
    readings: list[tuple[int, float | None]], window_ns: int
) -> None:
    figures = [Figure(name, X, window_ns=window_ns) for name in ("mean", "max", "count", "first")]
    history, now_ns, made = History(figures, CHANNELS), 0, []
    for delay_ns, number in readings:
        now_ns += delay_ns
        history.add(X, now_ns, number)
        if number is not None:
            made.append((now_ns, number))
        inside = [item for at_ns, item in made if at_ns >= made[-1][0] - window_ns]
        covered = bool(made) and made[0][0] <= made[-1][0] - window_ns
        expected = [np.mean(inside), max(inside), len(inside), inside[0]] if covered else [None] * 4
        found = [history.figure(figure) for figure in figures]
        assert found == [item if item is None else pytest.approx(item) for item in expected]


@contextmanager
def small_blocks(size: int) -> Iterator[None]:
    """Blocks are of so many readings, and in use however short a window is."""
    with (
        patch.object(blocks, "SIZE", size),
        patch.object(look_backs, "SIZE", size),
        patch.object(look_backs, "LONG", 0),
    ):
        yield


BY_NUMPY: dict[str, Callable[..., Any]] = {
    "mean": np.mean,
    "min": np.min,
    "max": np.max,
    "std": np.std,
    "slope": lambda values, times_s: np.polyfit(times_s - times_s[-1], values, 1)[0],
}


@given(
    st.lists(st.tuples(st.integers(1 * MS, 800 * MS), st.floats(-1e3, 1e3)), min_size=3, max_size=150),
    st.integers(1 * S, 20 * S),
    st.integers(1, 9),
    st.sampled_from([0.0, 1e6]),
)
def test_a_long_window_out_of_blocks_is_what_numpy_says(
    readings: list[tuple[int, float]], window_ns: int, size: int, level: float
) -> None:
    figures = {name: look_back(name, window_s=window_ns / S) for name in BY_NUMPY}
    with small_blocks(size):
        history, now_ns, made = History(figures.values(), CHANNELS), 5 * S, list[tuple[int, float]]()
        for delay_ns, number in readings:
            now_ns += delay_ns
            made.append((now_ns, level + number))
            history.add(X, *made[-1])
            inside = np.array([item for item in made if item[0] >= now_ns - window_ns])
            if made[0][0] > now_ns - window_ns or len(inside) < 3:
                continue
            for name, by_numpy in BY_NUMPY.items():
                expected = by_numpy(inside[:, 1], *([inside[:, 0] / S] if name == "slope" else []))
                found = history.figure(figures[name])
                assert found == pytest.approx(expected, rel=1e-9, abs=1e-9 * (1 + level)), name


@pytest.mark.parametrize("function", ["mean", "std", "min", "max", "slope"])
def test_what_spoils_a_sum_is_gone_with_its_window(function: str) -> None:
    figure = look_back(function, window_s=10)
    with small_blocks(4):
        history = History([figure], CHANNELS)
        for second in range(40):
            history.add(X, second * S, math.inf if second == 12 else 1e9 + second % 2)
        assert history.figure(figure) == pytest.approx(
            {"mean": 1e9 + 6 / 11, "std": math.sqrt(30) / 11, "min": 1e9, "max": 1e9 + 1, "slope": 0.0}[
                function
            ],
            abs=1e-6,
        )


def test_a_window_of_many_readings_takes_blocks_and_of_truths_as_well() -> None:
    """The work is counted, not timed: no more numbers are looked at than lie in blocks that are not whole."""
    share = look_back("mean", GATE, window_s=2 * look_backs.LONG * 1e-3)
    history = History([share], CHANNELS)
    for tick in range(2 * look_backs.LONG + 700):
        history.add(GATE, tick * MS, tick % 4 == 0)
    asked = list[int]()

    def counted(at_ns: Any, values: Any) -> tuple[float, ...]:
        asked.append(len(values))
        return sums(at_ns, values)

    sums = blocks._sums
    with patch.object(blocks, "_sums", counted):
        assert history.figure(share) == pytest.approx(0.25, abs=1e-4)
    assert 0 < sum(asked) < 2 * SIZE
