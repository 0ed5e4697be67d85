"""Swept parameters that nothing uses."""

from pathlib import Path

import pytest
from tests.plan.table import compiled

STEPS = "[{a: 1 s}]"
LANE = "box.level: {set: 1 V}"


def told(
    sweep: str, lane: str = LANE, more: str = "", steps: str = STEPS, folder: Path | None = None
) -> list[tuple[str, str]]:
    text = (
        "sequence: t\nparameters: {f: 1 V, g: 1 V, flag: false}\nlabels: {gas: He}\n"
        f"timeline: {steps}\nlanes:\n  {lane}\n  furnace.temperature: {{record: 1 Hz}}\n{more}"
        f"sweep: {sweep}\n"
    )
    plan, report = compiled(text, folder=folder)
    assert plan is not None, [item.message for item in report]
    return [(item.code, item.message) for item in report.warnings]


@pytest.mark.parametrize(
    "sweep",
    [
        "[{f: [1 V, 2 V, 3 V]}]",
        "[{repeat: 2}, {f: {linspace: [1 V, 2 V, 3]}}]",
        "[{points: [{f: 1 V}, {f: 2 V}]}]",
        "[{concat: [[{f: [1 V]}], [{f: [2 V]}]]}]",
    ],
)
def test_an_axis_that_nothing_uses_is_told_at_its_name(sweep: str) -> None:
    assert set(told(sweep)) == {("SEQ311", "'f' is swept, and nothing uses it")}


def test_the_place_is_the_name_of_the_axis() -> None:
    text = f"sequence: t\nparameters: {{f: 1 V}}\ntimeline: {STEPS}\nsweep:\n  - f: [1 V, 2 V]\n"
    (item,) = compiled(text)[1].warnings
    assert str(item.span) == "test.yaml:5:5"


def test_a_zip_that_nothing_uses_is_told_for_each_name() -> None:
    assert [message for _, message in told("[{f: [1 V, 2 V], g: [1 V, 2 V]}]")] == [
        "'f' is swept, and nothing uses it",
        "'g' is swept, and nothing uses it",
    ]


SWEEP = "[{f: [1 V, 2 V]}]"


@pytest.mark.parametrize(
    ("sweep", "lane", "more", "steps"),
    [
        (SWEEP, "box.level: {set: f}", "", STEPS),
        (SWEEP, "box.level: {initial: 0 V, set: {a: 'ramp(f)'}, every: 10 ms}", "", STEPS),
        (SWEEP, "box.level: {set: {a: [{at: 0 s, value: f}]}, every: 10 ms}", "", STEPS),
        (SWEEP, LANE, "", "[{a: f / (1 V) * 1 s}]"),
        (SWEEP, LANE, "results: {r: count(furnace.temperature) * f}\n", STEPS),
        (SWEEP, LANE, "results: {r: {value: count(furnace.temperature), low: f / (1 V)}}\n", STEPS),
        ("[{f: [1 V, 2 V]}, {when: f > 0 V}]", LANE, "", STEPS),
        (SWEEP, "box: {call: {a: kick(f)}}", "", STEPS),
        ("[{gas: [He, N2]}]", LANE, "", STEPS),
        ("[{repeat: 3}]", LANE, "", STEPS),
        ("[{f: [1 V, 2 V], g: [1 V, 2 V]}]", "box.level: {set: g}", "", STEPS),
        ("[{f: [1 V, 2 V], gas: [He, N2]}]", LANE, "", STEPS),
        (SWEEP, LANE, "", "[{a: {ask: 'set the voltage', timeout: 1 s}}]"),
        ("[{flag: [false, true]}]", "box.level: {set: 1 V if flag else 0 V}", "", STEPS),
    ],
)
def test_what_is_used_somewhere_is_not_told(sweep: str, lane: str, more: str, steps: str) -> None:
    assert [item for item in told(sweep, lane, more, steps) if item[0] == "SEQ311"] == []


def test_a_parameter_that_another_is_derived_from_is_used() -> None:
    text = (
        f"sequence: t\nparameters: {{f: 1 V, double: 2 * f}}\ntimeline: {STEPS}\nsweep:\n  - f: [1 V, 2 V]\n"
    )
    assert compiled(text)[1].warnings == ()


def test_a_function_of_python_may_use_any_of_them(tmp_path: Path) -> None:
    (tmp_path / "fit.py").write_text("def centre(shot):\n    return shot.parameters['f']\n", encoding="utf-8")
    assert told(SWEEP, more="results: {r: {python: 'fit.py:centre'}}\n", folder=tmp_path) == []


def test_columns_of_a_file_beside_one_that_is_used_stand_for_themselves(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("f (V),g (V)\n1,2\n3,4\n", encoding="utf-8")
    sweep = "[{f: {file: p.csv}, g: {file: p.csv}}]"
    assert told(sweep, "box.level: {set: g}", folder=tmp_path) == []
    assert len(told(sweep, folder=tmp_path)) == 2
