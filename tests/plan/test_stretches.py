"""Cutting many points together gives what cutting them one by one gives."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.plan.table import plan_of

from shotlane.plan import CompiledPlan
from shotlane.plan._compiled import Cutter, ParameterRows
from shotlane.plan._cut import Stretch

CELLS = st.sampled_from(
    [
        "x",
        "1 V",
        "x * t / (1 s)",
        "t * 2 V/s",
        "ramp(x)",
        "ramp(2 V)",
        "ramp(x, 0 V)",
        "x * 2",
        "duration * 1 V/s",
        None,
    ]
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A lane of four steps, some of them of swept length."""
    lengths = [draw(st.sampled_from(["hold", "100 ms", "0 s", "hold * 2", "35 ms"])) for _ in range(4)]
    steps = "".join(f"  - s{k}: {length}\n" for k, length in enumerate(lengths))
    cells = (
        "".join(f"      s{k}: {cell}\n" for k in range(4) if (cell := draw(CELLS)) is not None)
        or "      s3: x\n"
    )
    xs = draw(st.lists(st.sampled_from(["1 V", "2 V", "3 V"]), min_size=1, max_size=3))
    holds = draw(st.lists(st.sampled_from(["0 s", "20 ms", "50 ms"]), min_size=1, max_size=3))
    return (
        "sequence: t\nparameters: {x: 1 V, hold: 10 ms}\n"
        f"sweep:\n  - x: [{', '.join(xs)}]\n  - hold: [{', '.join(holds)}]\n"
        f"timeline:\n{steps}lanes:\n  box.level:\n    initial: 0 V\n    every: 10 ms\n"
        f"    set:\n{cells}    record: 1 kHz\n    on_late: record\n"
    )


def one_by_one(plan: CompiledPlan, number: int) -> tuple[Stretch, ParameterRows, int]:
    """The point of a shot in a stretch of its own, from a plan of its own."""
    assert isinstance(plan.cutter, Cutter)
    program = plan.cutter._program
    rows = program.scope.rows(number - 1, number)
    return Stretch(program, rows, plan.cutter._ports), ParameterRows(plan.points, number - 1, number), 0


@given(documents())
def test_together_and_one_by_one_are_equal(text: str) -> None:
    plan, other = plan_of(text), plan_of(text)
    for shot in plan.shots():
        stretch, parameters, row = one_by_one(other, shot.number)
        segment = stretch.segment(row)
        assert segment.digest == shot.segments[0].digest
        assert parameters.values(row) == shot.parameters
        mine, theirs = segment.ports["D"].actions, shot.segments[0].ports["D"].actions
        assert np.array_equal(mine.target_ns, theirs.target_ns)
        assert np.array_equal(mine.value, theirs.value)


@given(documents())
def test_actions_are_sorted_differ_from_the_one_before_and_lie_in_the_shot(text: str) -> None:
    for shot in plan_of(text).shots():
        table = shot.segments[0].ports["D"].actions
        keys = list(zip(table.target_ns.tolist(), table.rank.tolist(), table.order.tolist(), strict=True))
        assert keys == sorted(keys)
        values = [shot.initial[0].value, *table.value.tolist()]
        assert all(a != b for a, b in pairwise(values))
        assert all(0 <= at <= shot.duration_ns for at in table.target_ns.tolist())
