"""The sweep: axes, forms, zips and the other items."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plan.table import compiled, faults, plan_of

HEAD = """\
sequence: test
parameters: {x: 1 V, y: 2 V, n: 3, T: 20 degC, lit: false, z: x + y}
labels: {gas: He}
timeline: [{a: 1 s}]
sweep:
"""


def columns(items: str, *names: str, more: str = "") -> list[tuple[Any, ...]]:
    points = plan_of(HEAD + items + more).points
    return list(zip(*(points.columns[name].tolist() for name in names), strict=True))


def test_the_axis_written_first_is_the_outermost() -> None:
    items = "  - x: [1 V, 2 V]\n  - y: [10 mV, 20 mV, 30 mV]\n"
    found = columns(items, "x", "y")
    assert found == [(1, 0.01), (1, 0.02), (1, 0.03), (2, 0.01), (2, 0.02), (2, 0.03)]
    assert plan_of(HEAD + items).points.swept == ("x", "y")


def test_without_a_sweep_there_is_one_shot() -> None:
    plan = plan_of(HEAD.replace("sweep:\n", ""))
    assert len(plan) == 1
    assert plan.shot(1).parameters == {
        "x": 1.0, "y": 2.0, "n": 3.0, "T": 20.0, "lit": False, "z": 3.0, "gas": "He"
    }  # fmt: skip


def test_columns_have_the_unit_of_the_declared_value_and_derived_ones_si() -> None:
    plan = plan_of(HEAD.replace("x + y", "x / (2 s)") + "  - x: [100 mV]\n")
    assert plan.points.units == {
        "x": "V", "y": "V", "n": None, "T": "degC", "lit": None, "z": "m**2*kg/s**4/A", "gas": None
    }  # fmt: skip
    assert plan.shot(1).parameters["x"] == 0.1


def test_a_derived_parameter_follows_its_source_in_every_shot() -> None:
    assert columns("  - x: [1 V, 5 V]\n", "x", "z") == [(1, 3), (5, 7)]


@pytest.mark.parametrize(
    ("form", "values"),
    [
        ("{linspace: [0 V, 1 V, 5]}", [0, 0.25, 0.5, 0.75, 1]),
        ("{linspace: [10 mV, 30 mV, 3]}", [0.01, 0.02, 0.03]),
        ("{linspace: [1 V, 1 V, 1]}", [1]),
        ("{arange: [0 V, 0.3 V, 0.1 V]}", [0, 0.1, 0.2, 0.3]),
        ("{arange: [0 V, 1 V, 0.4 V]}", [0, 0.4, 0.8]),
        ("{arange: [1 V, 0 V, -0.5 V]}", [1, 0.5, 0]),
        ("{logspace: [1 mV, 1 V, 4]}", [0.001, 0.01, 0.1, 1]),
    ],
)
def test_forms_of_an_axis(form: str, values: list[float]) -> None:
    assert [value for (value,) in columns(f"  - x: {form}\n", "x")] == values


def test_arange_over_temperatures_takes_a_step_in_kelvin() -> None:
    found = columns("  - T: {arange: [20 degC, 40 degC, 10 K]}\n", "T")
    assert found == [(20,), (30,), (40,)]


def test_random_values_are_seeded_and_within_their_bounds() -> None:
    items = "  - x: {random: [1 V, 2 V], points: 100, seed: 7}\n"
    found = [value for (value,) in columns(items, "x")]
    assert found == [value for (value,) in columns(items, "x")]
    assert all(1 <= value < 2 for value in found)
    assert len(set(found)) == 100
    # The first words of PCG64 with seed 7, as numpy documents the stream.
    assert found[0] == pytest.approx(1.625095466, abs=1e-9)


def test_several_names_in_an_item_advance_together() -> None:
    assert columns("  - {x: [1 V, 2 V], y: [5 V, 6 V]}\n", "x", "y") == [(1, 5), (2, 6)]


def test_a_zip_of_unequal_lengths_is_one_error_that_shows_both() -> None:
    _, report = compiled(HEAD + "  - {x: [1 V, 2 V], y: [5 V]}\n  - n: [1, 2]\n")
    assert [item.code for item in report.errors] == ["SEQ303"]
    assert "x has 2, y has 1" in report.errors[0].message


def test_labels_and_booleans_are_swept_like_numbers() -> None:
    found = columns("  - gas: [He, Ar]\n  - lit: [false, true]\n", "gas", "lit")
    assert found == [("He", False), ("He", True), ("Ar", False), ("Ar", True)]


def test_repeat_adds_a_column_that_counts_from_1() -> None:
    assert columns("  - x: [1 V, 2 V]\n  - repeat: 2\n", "x", "repeat") == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_when_keeps_the_points_above_it() -> None:
    items = "  - x: [1 V, 2 V]\n  - y: [1 V, 2 V]\n  - when: x <= y\n  - n: [1, 2]\n"
    assert columns(items, "x", "y", "n") == [(1, 1, 1), (1, 1, 2), (1, 2, 1), (1, 2, 2), (2, 2, 1), (2, 2, 2)]


def test_when_knows_derived_parameters_and_labels() -> None:
    items = "  - x: [1 V, 2 V]\n  - gas: [He, Ar]\n  - when: z > 3.5 V and gas == 'Ar'\n"
    assert columns(items, "x", "gas") == [(2, "Ar")]


def test_points_are_written_out_and_missing_names_take_their_declared_value() -> None:
    assert columns("  - points: [{x: 5 V, y: 6 V}, {x: 7 V}]\n", "x", "y") == [(5, 6), (7, 2)]


def test_concat_joins_sub_sweeps() -> None:
    items = "  - n: [1, 2]\n  - concat: [[{x: [5 V, 6 V]}], [{y: [7 V]}]]\n"
    assert columns(items, "n", "x", "y") == [(1, 5, 2), (1, 6, 2), (1, 1, 7), (2, 5, 2), (2, 6, 2), (2, 1, 7)]


def test_order_snake_turns_around_instead_of_jumping_back() -> None:
    items = "  - n: [1, 2, 3]\n  - x: [1 V, 2 V]\n"
    found = columns(items, "n", "x", more="order: snake\n")
    assert found == [(1, 1), (1, 2), (2, 2), (2, 1), (3, 1), (3, 2)]


def test_order_shuffle_is_a_seeded_permutation() -> None:
    items = "  - n: {linspace: [1, 50, 50]}\n"
    found = columns(items, "n", more="order: {shuffle: 1}\n")
    assert found == columns(items, "n", more="order: {shuffle: 1}\n")
    assert found != columns(items, "n", more="order: {shuffle: 2}\n")
    assert sorted(found) == columns(items, "n")


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("  - w: [1 V]\n", [("SEQ301", 6)]),
        ("  - x: [1 V]\n  - x: [2 V]\n", [("SEQ302", 7)]),
        ("  - x: []\n", [("SEQ304", 6)]),
        ("  - x: 1 V\n", [("SEQ304", 6)]),
        ("  - x: {linspase: [1 V, 2 V, 3]}\n", [("SEQ304", 6)]),
        ("  - x: {linspace: [1 V, 2 V]}\n", [("SEQ304", 6)]),
        ("  - x: {linspace: [1 V, 2 V, 2.5]}\n", [("SEQ304", 6)]),
        ("  - x: {linspace: [1 V, 2 K, 2]}\n", [("EXP040", 6)]),
        ("  - x: {logspace: [0 V, 2 V, 2]}\n", [("SEQ304", 6)]),
        ("  - x: {arange: [0 V, 2 V, -1 V]}\n", [("SEQ304", 6)]),
        ("  - x: {arange: [0 V, 2 V, 0 V]}\n", [("SEQ304", 6)]),
        ("  - x: {random: [0 V, 2 V]}\n", [("SEQ304", 6)]),
        ("  - x: {file: points.csv, column: x}\n", [("SEQ310", 6)]),
        ("  - x: [1 V, 2 K, 3 s]\n", [("EXP040", 6), ("EXP040", 6)]),
        ("  - x: [1 V, y]\n  - y: [1 V]\n", [("SEQ305", 6)]),
        ("  - x: [1 V / 0]\n", [("SEQ402", 6)]),
        ("  - gas: {linspace: [1, 2, 2]}\n", [("SEQ305", 6)]),
        ("  - repeat: 0\n", [("SEQ304", 6)]),
        ("  - {repeat: 2, x: [1 V]}\n", [("SEQ304", 6)]),
        ("  - when: x > 1 V\n  - x: [1 V]\n", [("SEQ304", 6)]),
        ("  - when: x\n", [("SEQ304", 6)]),
        ("  - x: [1 V]\n  - when: x > 1 V\n", [("SEQ306", 7)]),
        ("  - optimize: {maximize: a}\n", [("SEQ304", 6)]),
        ("  - points: [1]\n", [("SEQ304", 6)]),
        ("  - concat: [1]\n", [("SEQ304", 6)]),
        ("  - x: {linspace: [1 V, 2 V, 10000]}\n  - y: {linspace: [1 V, 2 V, 10000]}\n", [("SEQ309", 7)]),
    ],
)
def test_a_faulty_item_is_one_error(items: str, expected: list[tuple[str, int]]) -> None:
    assert faults(HEAD + items) == expected


def test_a_faulty_axis_keeps_what_depends_on_it_silent() -> None:
    text = HEAD.replace("[{a: 1 s}]", "[{a: x / (1 V) * 1 s}]") + "  - x: [-1 V, oops]\n"
    assert faults(text) == [("EXP020", 6)]


def test_a_parameter_in_kelvin_does_not_become_a_point() -> None:
    text = HEAD.replace("n: 3", "n: 3 K") + "  - n: [10 degC]\n"
    assert faults(text) == [("EXP040", 6)]


@given(lengths=st.lists(st.integers(1, 6), max_size=4), repeat=st.integers(1, 3))
def test_the_number_of_shots_is_the_product_of_the_axes(lengths: list[int], repeat: int) -> None:
    names = ["x", "y", "n", "T"]
    units = ["V", "V", "", "degC"]
    axes = [[float(k) for k in range(length)] for length in lengths]
    items = "".join(
        f"  - {name}: [{', '.join(f'{value} {unit}' for value in axis)}]\n"
        for name, unit, axis in zip(names, units, axes, strict=False)
    )
    found = columns(items + f"  - repeat: {repeat}\n", *names[: len(lengths)], "repeat")
    assert found == list(product(*axes, [float(k + 1) for k in range(repeat)]))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=8), st.integers(0, 10))
def test_when_equals_filtering_point_by_point(pairs: list[tuple[int, int]], least: int) -> None:
    xs, ys = (", ".join(f"{pair[k]} V" for pair in pairs) for k in (0, 1))
    items = f"  - {{x: [{xs}], y: [{ys}]}}\n  - when: z >= {least} V\n"
    kept = [(float(a), float(b)) for a, b in pairs if a + b >= least]
    if kept:
        assert columns(items, "x", "y") == kept
    else:
        assert faults(HEAD + items) == [("SEQ306", 7)]


def test_degrees_for_a_parameter_in_coulombs_blame_the_parameter() -> None:
    _, report = compiled(
        "sequence: test\nparameters: {T: 80 C}\ntimeline: [{a: 1 s}]\nsweep:\n  - T: [40 degC, 60 degC]\n"
    )
    (told,) = report.errors
    assert told.message == "a charge is needed here, and this is a temperature"
    assert (
        told.help == "C is the coulomb; degrees Celsius are written degC: write them where 'T' gets its value"
    )
