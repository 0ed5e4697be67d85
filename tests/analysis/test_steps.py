"""Readings know the step that they were due in."""

from pathlib import Path

from tests.store import lab

from shotlane.analysis import load
from shotlane.records import Status
from shotlane.store import open_recorder


def test_a_reading_stands_in_the_step_that_its_target_falls_into(tmp_path: Path) -> None:
    store = tmp_path / "lab.db"
    rows = [lab.sample(0, 0, 1.0), lab.sample(0, 3, 2.0), lab.sample(0, 9, None, status=Status.FAILED)]
    with open_recorder(store) as recorder:
        lab.record_run(recorder, shots=2, rows=lambda _: rows)
    run = load(store=store)
    found = run.samples("furnace.temperature").select("shot", "target_ns", "step").rows()
    steps = {name: (start, end) for name, start, end in run.steps().select("step", "start_s", "end_s").rows()}
    assert steps == {"heat": (0.0, 0.03), "soak": (0.03, 0.1)}
    assert [(shot, step) for shot, _, step in found] == [
        (shot, step) for shot in (1, 2) for step in ("heat", "soak", "soak")
    ]
