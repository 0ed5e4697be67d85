"""Results that a Python function works out, from the text in the plan."""

import sys
from typing import Any

import numpy as np
import pytest
from tests.results.attempts import at_times, judge, only, python

from shotlane.records import Outcome, ResultRow
from shotlane.results import ResultFault, ShotData, prepare

ROWS = [*at_times("T", [20.0, 22.0, 24.0, 26.0]), *at_times("image", [np.ones((2, 2)), np.full((2, 2), 3.0)])]


def returning(expression: str, **more: Any) -> ResultRow:
    return only(ROWS, python(f"import numpy as np\ndef f(shot):\n    return {expression}\n", **more))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1.5", 1.5),
        ("7", 7.0),
        ("np.float32(0.5)", 0.5),
        ("np.bool_(True)", True),
        ("'clean'", "clean"),
        ("None", None),
        ("float('nan')", None),
        ("10 ** 400", None),
        ("1 / 3", 0.333333333333),
    ],
)
def test_what_it_returns_is_the_value(expression: str, value: object) -> None:
    assert returning(expression).value == value


def test_a_returned_number_is_taken_to_be_in_the_unit_of_the_result() -> None:
    found = returning("21.5", unit="degC", low=21.5, high=22.0)
    assert (found.value, found.unit, found.verdict) == (21.5, "degC", "passed")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("shot.samples['box.T'].value.mean()", 23.0),
        ("shot.samples['box.T'].time[2]", 2.0),
        ("shot.samples['box.T'].unit", "degC"),
        ("'box.volt' in shot.samples", False),
        ("shot.during('box.T', 'soak').value.sum()", 46.0),
        ("shot.during('box.T', 'first', 'soak').value.sum()", 66.0),
        ("shot.array('box.image').sum()", 12.0),
        ("len(shot.arrays('box.image'))", 2.0),
        ("shot.parameters['T_soak']", 60.0),
        ("shot.steps['soak'][1]", 3.0),
    ],
)
def test_it_sees_samples_arrays_parameters_and_steps(expression: str, value: object) -> None:
    assert returning(expression).value == value


def test_it_cannot_change_what_the_next_one_sees() -> None:
    found = judge(ROWS, python("def f(shot):\n    shot.samples['box.T'].value[0] = 0\n"))
    assert "read-only" in found.faults[0].message


def test_an_exception_is_an_errored_verdict_that_names_the_line() -> None:
    source = "def helper():\n    return 1 / 0\n\ndef f(shot):\n    return helper()\n"
    found = judge(ROWS, python(source))
    assert found.rows == (ResultRow("r", None, None, None, None, None, "errored"),)
    assert found.faults == (ResultFault("r", "analysis.py:2: ZeroDivisionError: division by zero"),)
    assert found.outcome is Outcome.FAILED


def test_an_exception_inside_a_library_names_the_line_that_called_it() -> None:
    found = judge(ROWS, python("import json\ndef f(shot):\n    return json.loads('{')\n"))
    assert found.faults[0].message.startswith("analysis.py:3: JSONDecodeError: ")


def test_a_channel_without_readings_is_named() -> None:
    found = judge(ROWS, python("def f(shot):\n    return shot.array('box.T')\n"))
    assert "no readings of box.T in this shot" in found.faults[0].message


def test_an_exit_ends_the_function_and_not_the_run() -> None:
    found = judge(ROWS, python("import sys\ndef f(shot):\n    sys.exit(3)\n"))
    assert found.faults[0].message == "analysis.py:3: SystemExit: 3"


def test_ctrl_c_inside_it_still_ends_the_run() -> None:
    with pytest.raises(KeyboardInterrupt):
        judge(ROWS, python("def f(shot):\n    raise KeyboardInterrupt\n"))


@pytest.mark.parametrize(
    ("expression", "more", "message"),
    [
        ("[1, 2]", {}, "analysis.py:f returned list; it must return a plain number, a truth or a text"),
        (
            "np.ones(2)",
            {},
            "analysis.py:f returned numpy.ndarray; it must return a plain number, a truth or a text",
        ),
        ("'hot'", {"unit": "K"}, "analysis.py:f returned str; it must return a plain number in K"),
        ("True", {"high": 2.0}, "analysis.py:f returned bool; it must return a plain number"),
        ("1j", {}, "analysis.py:f returned complex; it must return a plain number, a truth or a text"),
    ],
)
def test_what_cannot_be_a_value_is_an_errored_verdict(expression: str, more: Any, message: str) -> None:
    plan = python(f"import numpy as np\ndef f(shot):\n    return {expression}\n", **more)
    found = judge(ROWS, plan)
    assert found.rows[0].verdict == "errored"
    assert found.faults[0].message == message


def test_a_limit_without_a_value_says_so() -> None:
    found = judge(ROWS, python("def f(shot): return None\n", high=2.0))
    assert found.faults[0].message == "analysis.py:f returned no value"


def test_a_file_that_cannot_be_loaded_is_told_before_anything_runs() -> None:
    plans = [
        python("import no_such_package\n"),
        python("def g(): pass\n"),
        python("def f(:\n"),
        python("def f(shot): pass\n"),
    ]
    messages = [fault.message for fault in prepare(plans)]
    assert messages == [
        "analysis.py:1: ModuleNotFoundError: No module named 'no_such_package'",
        "analysis.py has no function 'f'",
        "analysis.py:1: SyntaxError: invalid syntax",
    ]


def test_two_texts_of_one_file_are_two_modules() -> None:
    assert only(ROWS, python("def f(shot): return 1\n")).value == 1
    assert only(ROWS, python("def f(shot): return 2\n")).value == 2


def test_a_file_may_hold_dataclasses_and_is_listed_as_a_module() -> None:
    source = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Fit:\n    value: float\n\ndef f(shot):\n    return Fit(2.5).value\n"
    )
    assert only(ROWS, python(source)).value == 2.5
    assert any(name.startswith("shotlane_result_") for name in sys.modules)


def test_shot_data_is_what_a_function_can_be_annotated_with() -> None:
    assert returning("type(shot).__name__").value == ShotData.__name__
