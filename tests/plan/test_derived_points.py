"""Swept names that are declared as derived: where a point does not give them, they follow their source."""

from tests.plan.table import compiled, plan_of

HEAD = """\
sequence: test
parameters: {x: 1, y: 2 * x, z: y + 1}
timeline: [{a: 1 s}]
sweep:
"""


def columns(sweep: str) -> dict[str, list[float]]:
    return {name: values.tolist() for name, values in plan_of(HEAD + sweep).points.columns.items()}


def test_a_point_without_it_takes_what_is_derived_there() -> None:
    found = columns("  - points: [{x: 3, y: 10}, {x: 4}, {y: 20}]\n")
    assert found == {"x": [3, 4, 1], "y": [10, 8, 20], "z": [11, 9, 21]}


def test_a_sub_sweep_without_it_follows_an_axis_above() -> None:
    found = columns("  - x: [5, 6]\n  - concat:\n      - - y: [100]\n      - - repeat: 1\n")
    assert found == {
        "x": [5, 5, 6, 6],
        "y": [100, 10, 100, 12],
        "z": [101, 11, 101, 13],
        "repeat": [1, 1, 1, 1],
    }


def test_a_condition_sees_it_and_a_shuffle_keeps_it() -> None:
    found = columns("  - points: [{x: 3, y: 10}, {x: 4}, {x: 9}]\n  - when: y > 9\norder: {shuffle: 3}\n")
    assert sorted(zip(found["x"], found["y"], strict=True)) == [(3, 10), (9, 18)]


def test_a_derived_value_that_is_no_number_is_told() -> None:
    text = HEAD.replace("2 * x", "1 / x") + "  - points: [{x: 0}, {y: 1}]\n"
    assert [item.code for item in compiled(text)[1].errors] == ["SEQ402"]
