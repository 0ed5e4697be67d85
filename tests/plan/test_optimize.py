"""`optimize`: what is searched, where it starts, and points that are compiled one by one."""

import pytest
from tests.plan.table import compiled, line

from shotlane.plan import AskedPoint, CompiledPlan, Search, ShotPlan

HEAD = """\
sequence: test
parameters: {T_soak: 60 degC, hold: 1 s, low: T_soak - 5 K}
labels: {gas: He}
timeline: [{heat: hold}, {cool: 1 s}]
lanes:
  furnace.setpoint: {set: {heat: T_soak, cool: low}}
  furnace.temperature: {record: 10 Hz}
  box.note: {set: {heat: gas}}
results: {far: "mean(furnace.temperature, heat) - 60 degC", hot: "max(furnace.temperature) > 70 degC"}
"""
GOAL = "maximize: far, shots: 4, over:"


def sound(items: str) -> CompiledPlan:
    plan, report = compiled(HEAD + "sweep:\n" + items)
    assert plan is not None, report.errors
    return plan


def shot_at(plan: CompiledPlan, number: int, **values: float) -> ShotPlan | str:
    assert plan.compile_point is not None
    return plan.compile_point(AskedPoint(number, values, plan.texts))


def faults(items: str, more: str = "") -> list[tuple[str, int]]:
    _, report = compiled(HEAD + "sweep:\n" + items + more)
    return [(item.code, line(item)) for item in report.errors]


def test_every_shot_stands_at_the_start_until_it_is_asked_for() -> None:
    plan = sound(f"  - optimize: {{{GOAL} {{T_soak: [40 degC, 80 degC]}}}}\n")
    assert len(plan) == 4
    assert plan.points.columns["T_soak"].tolist() == [60.0] * 4
    assert plan.optimization is not None
    assert plan.optimization.over == (Search("T_soak", 60.0, 40.0, 80.0),)


def test_it_starts_in_the_middle_of_a_range_without_the_declared_value() -> None:
    plan = sound(f"  - optimize: {{{GOAL} {{T_soak: [100 degC, 110 degC]}}}}\n")
    assert plan.shot(1).parameters["T_soak"] == 105.0


def test_a_range_is_in_the_unit_that_its_parameter_was_declared_in() -> None:
    plan = sound(f"  - optimize: {{{GOAL} {{hold: [500 ms, 2 s], T_soak: [313.15 K, 80 degC]}}}}\n")
    assert plan.optimization is not None
    assert plan.optimization.over == (Search("hold", 1.0, 0.5, 2.0), Search("T_soak", 60.0, 40.0, 80.0))


def test_labels_have_choices() -> None:
    plan = sound(f"  - optimize: {{{GOAL} {{gas: [N2, He]}}}}\n")
    assert plan.optimization is not None
    assert plan.optimization.over == (Search("gas", "He", choices=("N2", "He")),)


def test_booleans_have_choices() -> None:
    text = (
        HEAD.replace("hold: 1 s,", "hold: 1 s, on_: true,")
        + f"sweep:\n  - optimize: {{{GOAL} {{on_: [false, true]}}}}\n"
    )
    plan, report = compiled(text)
    assert plan is not None, report.errors
    assert plan.optimization is not None
    assert plan.optimization.over == (Search("on_", True, choices=(False, True)),)


def test_a_point_is_compiled_as_the_shot_of_its_number() -> None:
    plan = sound(f"  - gas: [N2, He]\n  - optimize: {{{GOAL} {{T_soak: [40 degC, 80 degC]}}}}\n")
    shot = shot_at(plan, 6, T_soak=71.5)
    assert isinstance(shot, ShotPlan)
    assert shot.number == 6
    assert shot.parameters == {"T_soak": 71.5, "hold": 1.0, "low": 339.65, "gas": "He"}
    assert [item.value for item in shot.initial] == [71.5, "He"]


def test_a_point_at_the_start_is_the_shot_of_the_plan() -> None:
    plan = sound(f"  - gas: [N2, He]\n  - optimize: {{{GOAL} {{T_soak: [40 degC, 80 degC]}}}}\n")
    for number in (2, 7):
        shot = shot_at(plan, number, T_soak=60.0)
        assert isinstance(shot, ShotPlan)
        assert shot.digest == plan.shot(number).digest


def test_a_point_outside_of_limits_is_refused_with_the_reason() -> None:
    plan = sound(f"  - optimize: {{{GOAL} {{T_soak: [40 degC, 280 degC]}}}}\n")
    assert shot_at(plan, 2, T_soak=250.0) == (
        "'furnace.setpoint' would be 250 degC, above its upper limit of 200 degC"
    )


def test_a_plan_with_a_start_outside_of_limits_is_refused() -> None:
    found = faults(f"  - optimize: {{{GOAL} {{T_soak: [180 degC, 280 degC]}}}}\n")
    assert set(found) == {("SEQ401", 6)}


def test_the_digest_says_what_is_optimised() -> None:
    item = "  - optimize: {{{}: far, shots: 4, seed: {}, over: {{T_soak: [40 degC, {} degC]}}}}\n"
    variants = [("maximize", 1, 80), ("minimize", 1, 80), ("maximize", 2, 80), ("maximize", 1, 81)]
    digests = {sound(item.format(*variant)).digest for variant in variants}
    assert len(digests) == 4


def test_what_is_given_on_the_command_line_is_not_searched() -> None:
    text = HEAD + f"sweep:\n  - optimize: {{{GOAL} {{T_soak: [40 degC, 80 degC], hold: [1 s, 2 s]}}}}\n"
    plan, report = compiled(text, overrides={"hold": "1.5 s"})
    assert plan is not None
    assert [item.code for item in report] == ["SEQ308"]
    assert plan.optimization is not None
    assert [search.name for search in plan.optimization.over] == ["T_soak"]


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ("  - optimize: 4\n", "SEQ304"),
        ("  - optimize: {maximize: far, shots: 4}\n", "SEQ304"),
        ("  - optimize: {shots: 4, over: {T_soak: [40 degC, 80 degC]}}\n", "SEQ304"),
        (f"  - optimize: {{{GOAL} {{}}}}\n", "SEQ304"),
        (f"  - optimize: {{{GOAL} {{T_soak: [40 degC]}}}}\n", "SEQ304"),
        (f"  - optimize: {{{GOAL} {{T_soak: [80 degC, 40 degC]}}}}\n", "SEQ304"),
        (f"  - optimize: {{{GOAL} {{T_soak: [40 s, 80 s]}}}}\n", "EXP040"),
        (f"  - optimize: {{{GOAL} {{T_sock: [40 degC, 80 degC]}}}}\n", "SEQ301"),
        (f"  - optimize: {{sampler: x, {GOAL} {{T_soak: [40 degC, 80 degC]}}}}\n", "SEQ304"),
        ("  - optimize: {maximize: fat, shots: 4, over: {T_soak: [40 degC, 80 degC]}}\n", "SEQ304"),
        ("  - optimize: {maximize: hot, shots: 4, over: {T_soak: [40 degC, 80 degC]}}\n", "SEQ304"),
        ("  - optimize: {maximize: far, shots: x, over: {T_soak: [40 degC, 80 degC]}}\n", "SEQ304"),
        (f"  - concat: [[{{optimize: {{{GOAL} {{T_soak: [40 degC, 80 degC]}}}}}}]]\n", "SEQ304"),
    ],
)
def test_a_faulty_search_is_one_error(items: str, code: str) -> None:
    found = faults(items)
    assert [item[0] for item in found] == [code] * (2 if code == "EXP040" else 1)
    assert {item[1] for item in found} == {11}


def test_it_is_the_last_item() -> None:
    items = f"  - optimize: {{{GOAL} {{T_soak: [40 degC, 80 degC]}}}}\n  - hold: [1 s, 2 s]\n"
    assert faults(items) == [("SEQ304", 12)]


def test_a_name_is_varied_once() -> None:
    items = f"  - T_soak: [40 degC]\n  - optimize: {{{GOAL} {{T_soak: [40 degC, 80 degC]}}}}\n"
    assert faults(items) == [("SEQ302", 12)]


def test_its_shots_cannot_be_shuffled() -> None:
    items = f"  - optimize: {{{GOAL} {{T_soak: [40 degC, 80 degC]}}}}\n"
    assert faults(items, "order: {shuffle: 1}\n") == [("SEQ309", 12)]
