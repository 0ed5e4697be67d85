"""What only execution looks at is carried in the plan as it was written."""

from tests.plan.table import compiled

HEAD = "sequence: test\ntimeline:\n  - a: 1 s\n"


def test_what_says_how_a_run_goes_on_is_carried_in_the_plan() -> None:
    plan, report = compiled(HEAD + "between: safe\nguard: off\non_fail: stop\nretry: {then: pause}\n")
    assert plan is not None
    assert len(report) == 0
    assert (plan.between, plan.on_fail, plan.retry.then) == ("safe", "stop", "pause")


def test_lateness_and_phase_of_a_lane_are_carried_in_its_plan() -> None:
    lanes = "lanes: {furnace.temperature: {record: 5 Hz, on_late: fail, phase: 2 ms}}\n"
    plan, _ = compiled(HEAD + lanes)
    assert plan is not None
    assert (plan.lanes[0].on_late_fails, plan.lanes[0].phase_ns) == (True, 2_000_000)


def test_a_phase_of_auto_is_left_to_execution() -> None:
    plan, _ = compiled(HEAD + "lanes: {furnace.temperature: {record: 5 Hz, phase: auto}}\n")
    assert plan is not None
    assert (plan.lanes[0].on_late_fails, plan.lanes[0].phase_ns) == (False, None)
