"""Ports that share ticks take turns, within the tolerance and the step, and never within one exchange."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.execution.fakes import CHANNELS, MS, Bench, HandPlan, Set, index, lanes, rule, segment, table

from shotlane.execution import SystemClock
from shotlane.execution._agenda import agenda
from shotlane.execution._due import Kind
from shotlane.execution._stagger import SLOT_NS, stagger
from shotlane.plan import LanePlan, PortPlan, ReadingRule, SegmentPlan, StepTimes

LANES = lanes()


def _shifts(*parts: Set | ReadingRule, duration_ms: float = 100) -> Mapping[str, int]:
    return stagger(segment(*parts, duration_ms=duration_ms), LANES, CHANNELS)


def test_two_ports_on_the_same_ticks_are_shifted_against_each_other() -> None:
    assert _shifts(rule("a.x", count=10), rule("c.x", count=10)) == {"P": 0, "Q": SLOT_NS}


def test_a_port_alone_is_not_shifted() -> None:
    assert _shifts(rule("a.x", count=10), rule("b.x", count=10)) == {}


def test_ports_that_never_meet_are_not_shifted() -> None:
    assert set(_shifts(rule("a.x", count=10), rule("c.x", 5, count=9)).values()) == {0}


def test_ports_of_different_periods_that_meet_now_and_then_are_shifted() -> None:
    shifts = _shifts(rule("a.x", 0, 10, count=10), rule("c.x", 1, 3, count=30))
    assert sorted(shifts.values()) == [0, SLOT_NS]


def test_all_recordings_of_a_port_move_together_and_stay_one_exchange() -> None:
    shifts = _shifts(rule("c.x", count=10), rule("c.y", count=10), rule("a.x", count=10))
    plan = segment(rule("c.x", count=10), rule("c.y", count=10)).ports["Q"]
    dues = list(agenda(plan, LANES, shift_ns=shifts["Q"]))
    assert len({due.target_ns for due in dues}) == 10


def test_the_shift_stays_below_the_tolerance() -> None:
    shifts = _shifts(rule("a.x", 0, 1, 100, tolerance_ms=0.5), rule("c.x", 0, 1, 100, tolerance_ms=0.5))
    assert 0 < max(shifts.values()) < 0.5 * MS


def test_every_tick_stays_in_its_step() -> None:
    parts = (rule("a.x", 0, 10, 10), rule("c.x", 0, 10, 10))
    plan = segment(*parts)
    ends = (StepTimes("one", 0, 90 * MS + 1000), StepTimes("other", 90 * MS + 1000, 100 * MS))
    shifts = stagger(SegmentPlan(plan.duration_ns, ends, plan.ports, ""), LANES, CHANNELS)
    assert max(shifts.values()) < 1000


def test_sets_calls_and_single_readings_are_not_shifted() -> None:
    plan = segment(Set("a.u", 0), rule("a.x", 3), rule("a.y", count=3)).ports["P"]
    dues = list(agenda(plan, LANES, shift_ns=7))
    moved = [due.target_ns % MS for due in dues if due.kind is Kind.READ and due.tolerance_ns]
    assert [due.target_ns for due in dues if due.kind is Kind.SET] == [0]
    assert sorted(moved) == [0, 7, 7, 7]


def test_a_port_whose_single_reading_joins_a_tick_keeps_its_ticks() -> None:
    parts = (rule("a.x", count=10), rule("c.x", count=10), rule("c.y", 50), rule("a.y", 50))
    assert set(_shifts(*parts).values()) == {0}


def test_a_phase_of_its_own_holds_for_a_lane() -> None:
    own = [LanePlan(number, phase_ns=2000 if number == index("c.x") else None) for number in range(9)]
    assert stagger(segment(rule("a.x", count=9), rule("c.x", count=9)), own, CHANNELS) == {}
    dues = agenda(PortPlan("Q", table([]), (), (rule("c.x", count=3),)), own, shift_ns=5)
    assert [due.target_ns for due in dues] == [2000, 10 * MS + 2000, 20 * MS + 2000]


@given(
    st.lists(
        st.tuples(st.sampled_from(["a.x", "b.y", "c.x"]), st.integers(0, 40), st.integers(1, 50)),
        min_size=1,
        max_size=6,
    )
)
def test_no_shift_is_negative_or_reaches_the_tolerance(rows: list[tuple[str, int, int]]) -> None:
    rules = [rule(name, start, period, 5, tolerance_ms=period / 2) for name, start, period in rows]
    for name, shift_ns in _shifts(*rules, duration_ms=1000).items():
        port = segment(*rules).ports[name]
        assert 0 <= shift_ns < min(item.tolerance_ns for item in port.readings)


@pytest.mark.real_time
def test_the_shift_is_stored_in_the_target_and_only_in_real_time() -> None:
    plan = HandPlan([segment(rule("a.x", count=3), rule("c.x", count=3), duration_ms=30)])
    shifted, still = Bench(plan, clock=SystemClock()), Bench(plan)
    for bench in (shifted, still):
        bench.run()
    targets = [{row.target_ns % MS for row in bench.attempts[0].samples} for bench in (shifted, still)]
    assert targets == [{0, SLOT_NS}, {0}]
