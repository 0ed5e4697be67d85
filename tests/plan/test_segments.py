"""Whatever is open-ended: nothing is lost and nothing is done twice when a shot is split at its borders."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.plan.table import plan_of

from shotlane.plan import CompiledPlan, SegmentPlan

FIXED = st.sampled_from(["0 s", "0.3 s", "1 s"])
OPEN = st.sampled_from(
    ["{until: furnace.temperature > 50 degC, timeout: 2 s}", "{ask: Go on., timeout: 0.5 s}"]
)
CELLS = {
    "box.level": "{{{0}: 3 V, otherwise: 1 V}}",
    "box.gate": "{{{0}: on, otherwise: off}}",
}


def _laid_out(plan: CompiledPlan) -> SegmentPlan:
    stretch, _, row = plan.cutter.at(0)
    return stretch.segment(row)


def _commands(segment: SegmentPlan, origin_ns: int) -> list[tuple[int, ...]]:
    found = []
    for port in segment.ports.values():
        table = port.actions
        columns = (table.rank, table.channel, table.value)
        rows = zip(table.target_ns.tolist(), *(column.tolist() for column in columns), strict=True)
        found += [(origin_ns + target, *more) for target, *more in rows]
    return sorted(found)


def _others(segment: SegmentPlan, origin_ns: int) -> list[tuple[object, ...]]:
    ports = segment.ports.values()
    readings = [
        (origin_ns + rule.start_ns, rule.channel, rule.period_ns, rule.count)
        for port in ports
        for rule in port.readings
    ]
    calls = [(origin_ns + call.target_ns, call.role, 0, 0) for port in ports for call in port.calls]
    return sorted([*readings, *calls], key=str)


@given(st.lists(st.one_of(FIXED, OPEN), min_size=1, max_size=6), st.data())
@settings(max_examples=examples(60), deadline=None)
def test_segments_hold_all_that_was_laid_out_at_its_time(durations: list[str], data: st.DataObject) -> None:
    steps = "".join(f"  - s{number}: {duration}\n" for number, duration in enumerate(durations))
    name = f"s{data.draw(st.integers(0, len(durations) - 1))}"
    sets = "".join(f"  {lane}: {{set: {cells.format(name)}}}\n" for lane, cells in CELLS.items())
    reads = f"  balance.mass: {{record: 200 ms, read: [{name}]}}\n  balance: {{call: {{{name}: tare()}}}}\n"
    plan = plan_of(f"sequence: t\ntimeline:\n{steps}lanes:\n{sets}{reads}")
    whole, segments = _laid_out(plan), plan.shot(1).segments
    origins = [sum(item.duration_ns for item in segments[:at]) for at in range(len(segments))]
    parts = list(zip(segments, origins, strict=True))
    assert sorted(row for part in parts for row in _commands(*part)) == _commands(whole, 0)
    assert sorted((row for part in parts for row in _others(*part)), key=str) == _others(whole, 0)
    assert [step.name for segment in segments for step in segment.steps] == [
        step.name for step in whole.steps
    ]
    for segment in segments:
        assert all(0 <= row[0] <= segment.duration_ns for row in _commands(segment, 0))
        assert (segment.ending is None) or len(segment.steps) == 1
