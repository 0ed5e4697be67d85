"""Lateness in bounded memory."""

from hypothesis import given
from hypothesis import strategies as st

from shotlane.execution import Lateness
from shotlane.execution._lateness import combined


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=200))
def test_quantiles_are_never_told_smaller_and_at_most_a_sixteenth_larger(values: list[int]) -> None:
    lateness = Lateness()
    for value in values:
        lateness.add(value)
    summary = lateness.summary()
    ordered = sorted(values)
    true = ordered[(len(ordered) + 1) // 2 - 1]
    assert summary is not None
    assert true <= summary.p50_ns <= true * 17 / 16 + 1
    assert (summary.count, summary.max_ns) == (len(values), ordered[-1])
    assert summary.p50_ns <= summary.p99_ns <= summary.max_ns


def test_of_nothing_there_is_no_summary() -> None:
    assert Lateness().summary() is None
    assert combined([]) is None


def test_early_counts_as_on_time_and_the_very_late_is_kept() -> None:
    lateness = Lateness()
    lateness.add(-5)
    lateness.add(1 << 60)
    summary = lateness.summary()
    assert summary is not None
    assert (summary.p50_ns, summary.max_ns) == (0, 1 << 60)


def test_parts_are_combined() -> None:
    one, other = Lateness(), Lateness()
    one.add(10)
    other.add(1000)
    summary = combined([one, other])
    assert summary is not None
    assert (summary.count, summary.p50_ns, summary.max_ns) == (2, 10, 1000)
