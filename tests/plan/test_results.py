"""Results: figures over readings, the unit that they leave in, and limits."""

from pathlib import Path
from typing import Any

import pytest
from tests.plan.table import S, compiled, faults, plan_of

from shotlane.plan import ResultPlan

HEAD = """\
sequence: test
parameters: {T: 60 degC}
timeline: [{heat: 1 s}, {soak: 1 s}]
lanes:
  furnace.temperature: {record: 10 Hz}
  gas.flow: {record: {soak: 10 Hz}}
  balance.mass: {read: {soak: {at: end}}}
  box.gas: {read: [heat]}
"""


def result(written: str, **more: Any) -> ResultPlan:
    return plan_of(f"{HEAD}results:\n  x: {written}\n", **more).shot(1).results[0]


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("mean(furnace.temperature)", "degC"),
        ("max(furnace.temperature) - min(furnace.temperature)", "K"),
        ("max(furnace.temperature) - T", "K"),
        ("std(furnace.temperature)", "K"),
        ("mean(furnace.temperature, soak) + 5 K", "degC"),
        ("slope(furnace.temperature)", "K/s"),
        ("integral(gas.flow, soak)", "m**3"),
        ("2 * mean(gas.flow)", "cm**3/min"),
        ("{value: integral(gas.flow), unit: cm**3}", "cm**3"),
        ("at(furnace.temperature, 1.5 s)", "degC"),
        ("last(balance.mass)", "g"),
    ],
)
def test_a_result_keeps_the_unit_of_its_channel_or_has_that_of_si(written: str, unit: str) -> None:
    found = result(written)
    assert found.unit is not None
    assert found.unit.text == unit


@pytest.mark.parametrize(
    "written",
    ["count(gas.flow)", "mean(gas.flow) / max(gas.flow)", "max(gas.flow) > 1 cm**3/min", "last(box.gas)"],
)
def test_counts_ratios_truths_and_texts_have_no_unit(written: str) -> None:
    assert result(written).unit is None


def test_a_figure_knows_its_steps_and_its_instant() -> None:
    formula = result("mean(furnace.temperature, heat..soak) - at(furnace.temperature, 1.5 s)").formula
    assert formula is not None
    first, second = formula.figures
    assert (first.first_step, first.last_step, first.at_ns) == ("heat", "soak", None)
    assert (second.function, second.at_ns) == ("at", 3 * S // 2)
    assert formula.evaluate([300.0, 290.0]) == pytest.approx(10.0)


def test_the_functions_min_and_max_are_left_what_they_are() -> None:
    formula = result("max(mean(gas.flow), min(gas.flow), 1 cm**3/min)").formula
    assert formula is not None
    assert [figure.function for figure in formula.figures] == ["mean", "min"]


def test_limits_stand_in_the_unit_of_the_result() -> None:
    found = result("{value: mean(furnace.temperature), low: 300 K, high: T + 2 K}")
    assert (found.low, found.high) == (26.85, 62.0)
    assert result("{value: mean(gas.flow), high: 1 L/min}").high == 1000.0
    assert result("{value: last(box.gas), equals: He}").equals == "He"
    assert result("{value: count(gas.flow) > 3, equals: on}").equals is True


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("integral(box.level) * (1 A)", "J"),
        ("mean(box.level) * (2 A)", "W"),
        ("integral(box.level) / (5 ohm)", "C"),
        ("mean(box.level) / (1 mA)", "ohm"),
        ("(1 A) / mean(box.level)", "S"),
        ("slope(box.level)", "V/s"),
        ("integral(box.level)", "V*s"),
        ("count(box.level) / (1 s)", "1/s"),
        ("mean(box.level) / (5 ohm)", "A"),
        ("mean(box.level) / (1 m)", "m*kg/s**3/A"),
    ],
)
def test_a_derived_unit_has_its_name(written: str, unit: str) -> None:
    text = "sequence: t\ntimeline: [{a: 1 s}]\nlanes: {box.level: {record: 10 Hz}}\n"
    (found,) = plan_of(f"{text}results: {{x: '{written}'}}\n").shot(1).results
    assert found.unit is not None
    assert (found.unit.text, found.unit.factor) == (unit, 1.0)


def test_limits_follow_the_sweep() -> None:
    more = "sweep: [{T: [40 degC, 60 degC]}]\n"
    plan = plan_of(HEAD + "results: {x: {value: mean(furnace.temperature), high: T + 1 K}}\n" + more)
    assert [shot.results[0].high for shot in plan.shots()] == [41.0, 61.0]


def test_a_temperature_has_no_integral_and_the_message_says_why() -> None:
    _, report = compiled(HEAD + "results: {x: integral(furnace.temperature)}\n")
    assert [item.code for item in report.errors] == ["EXP052"]
    assert "where zero is" in report.errors[0].message


def test_a_result_where_nothing_is_read_says_what_to_record() -> None:
    _, report = compiled(HEAD + "results: {x: 'mean(gas.flow, heat)'}\n")
    assert [item.code for item in report.errors] == ["SEQ231"]
    assert "record: {heat: 1 Hz}" in str(report.errors[0].help)


def short(
    record: str, *, figure: str = "mean(gas.flow, image)", more: str = "", image: str = "100 us"
) -> list[Any]:
    text = (
        "sequence: test\nparameters: {w: 54 ms}\n"
        f"timeline: [{{fall: w}}, {{image: {image}}}, {{rest: 1 s}}]\n"
        f"lanes: {{gas.flow: {record}}}\nresults: {{x: '{figure}'}}\n{more}"
    )
    _, report = compiled(text)
    return [(item.code, item.message) for item in report.errors]


def test_a_step_between_two_ticks_is_told_with_its_length() -> None:
    assert short("{record: 20 Hz}") == [
        ("SEQ231", "no reading of 'gas.flow' falls into image, which lasts 100 us, so this has no value")
    ]
    assert short("{record: 20 Hz}", more="sweep: [{w: [54 ms, 60 ms]}]\n") != []


@pytest.mark.parametrize(
    ("record", "more"),
    [
        ("{record: 6.75 ms}", {}),  # a tick where it begins
        ("{record: {image: 20 Hz}}", {}),  # its ticks begin with the step
        ("{record: {fall: 20 Hz, image..rest: 1 Hz}}", {}),
        ("{record: 20 Hz, phase: 4.05 ms}", {}),
        ("{record: 20 Hz, read: [image]}", {}),
        ("{record: 20 Hz}", {"more": "sweep: [{w: [54 ms, 100 ms]}]\n"}),  # not null in every shot
        ("{record: 20 Hz}", {"figure": "mean(gas.flow, fall..image)"}),
        ("{record: 20 Hz}", {"figure": "mean(gas.flow)"}),
        ("{record: 20 Hz}", {"image": "{until: gas.flow > 1 cm**3/min, timeout: 100 us}"}),
    ],
)
def test_a_step_with_a_tick_at_some_point_has_a_value(record: str, more: dict[str, str]) -> None:
    assert short(record, **more) == []


def test_a_faulty_lane_is_told_and_the_result_over_it_is_not() -> None:
    text = HEAD.replace("record: {soak: 10 Hz}", "recod: 10 Hz") + "results: {x: mean(gas.flow)}\n"
    assert [code for code, _ in faults(text)] == ["SEQ101"]


def _python(folder: Path, written: str, source: str) -> tuple[Any, Any]:
    (folder / "analysis.py").write_text(source, encoding="utf-8")
    return compiled(f"{HEAD}results:\n  n: {written}\n", folder=folder)


def test_a_python_function_is_read_and_never_run(tmp_path: Path) -> None:
    source = "raise SystemExit\ndef number(shot):\n    return 1.0\n"
    plan, report = _python(tmp_path, "{python: analysis.py:number, unit: mA, low: 1 A}", source)
    assert plan is not None, list(report)
    found = plan.shot(1).results[0]
    assert (found.python, found.source, found.low) == ("analysis.py:number", source, 1000.0)
    assert plan.files == {"analysis.py": source}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def other(shot):\n    pass\n", "has no function 'number'"),
        ("def number():\n    pass\n", "cannot be called with one value"),
        ("def number(shot, gain):\n    pass\n", "cannot be called with one value"),
        ("def number(shot:\n", "is not Python"),
    ],
)
def test_a_python_function_that_cannot_be_called_is_told(tmp_path: Path, source: str, said: str) -> None:
    plan, report = _python(tmp_path, "{python: analysis.py:number}", source)
    assert plan is None
    assert [item.code for item in report.errors] == ["SEQ232"]
    assert said in report.errors[0].message


def test_results_and_limits_count_in_the_digest() -> None:
    def digest(written: str) -> str:
        return plan_of(f"{HEAD}results:\n  x: {written}\n").shot(1).digest

    found = [
        plan_of(HEAD).shot(1).digest,
        digest("mean(furnace.temperature)"),
        digest("mean(furnace.temperature, soak)"),
        digest("{value: mean(furnace.temperature), high: 70 degC}"),
        digest("{value: mean(furnace.temperature), high: 71 degC}"),
    ]
    assert len(set(found)) == 5
