"""Parameters, labels, their names, and overrides from the command line."""

import pytest
from tests.plan.table import compiled, faults, line, plan_of

TAIL = "timeline: [{a: 1 s}]\n"


def document(parameters: str, more: str = "") -> str:
    body = "".join(f"  {line}\n" for line in parameters.splitlines())
    return f"sequence: test\nparameters:\n{body}{more}{TAIL}"


def test_parameters_may_be_written_in_any_order() -> None:
    plan = plan_of(document("z: x + y\nx: 1 V\ny: 2 * x"))
    assert plan.shot(1).parameters == {"z": 3.0, "x": 1.0, "y": 2.0}


def test_nested_parameters_are_dotted_names() -> None:
    plan = plan_of(document("laser: {power: 2 W, half: laser.power / 2}"))
    assert plan.shot(1).parameters == {"laser.power": 2.0, "laser.half": 1.0}


def test_a_circle_is_one_error_that_names_it() -> None:
    _, report = compiled(document("a: b + 1\nb: c\nc: a\nd: a * 2"))
    assert [(item.code, line(item)) for item in report.errors] == [("SEQ206", 3)]
    assert "a -> b -> c -> a" in report.errors[0].message


def test_a_parameter_that_uses_itself_is_a_circle() -> None:
    _, report = compiled(document("a: a + 1"))
    assert [item.code for item in report.errors] == ["SEQ206"]
    assert "a -> a" in report.errors[0].message


def test_an_unknown_name_is_told_once_with_the_nearest() -> None:
    _, report = compiled(document("T_soak: 60 degC\nhalf: T_soka / (2 K)\ntwice: half * 2"))
    assert [(item.code, line(item)) for item in report.errors] == [("EXP020", 4)]
    assert "T_soak" in str(report.errors[0].help)


def test_the_nearest_name_may_be_a_derived_one() -> None:
    _, report = compiled(document("first: secnd * 2\nsecond: third\nthird: 1"))
    assert "second" in str(report.errors[0].help)


def test_what_depends_on_a_faulty_parameter_stays_silent() -> None:
    text = document("x: 1 V +\ny: x * 2").replace("1 s", "y / (1 V) * 1 s")
    assert faults(text) == [("EXP001", 3)]


def test_a_dotted_parameter_that_is_a_channel_is_an_error() -> None:
    assert faults(document("box: {level: 1 V}")) == [("SEQ205", 3)]


@pytest.mark.parametrize(
    ("value", "code"), [("[1, 2]", "SEQ208"), ("\"'He'\"", "SEQ208"), ("1 V / 0", "SEQ402")]
)
def test_a_value_that_no_parameter_can_have(value: str, code: str) -> None:
    assert faults(document(f"x: {value}")) == [(code, 3)]


def test_a_derived_parameter_that_is_undefined_at_one_point_names_it() -> None:
    more = "sweep: [{x: [1 V, 0 V]}]\n"
    _, report = compiled(document("x: 1 V\ny: 1 / x\nz: y * 2", more))
    assert [item.code for item in report.errors] == ["SEQ402"]
    assert "shot 2" in report.errors[0].message


def test_an_override_takes_the_place_of_the_value() -> None:
    plan = plan_of(document("x: 1 V\ny: 2 * x"), overrides={"x": "500 mV"})
    assert plan.shot(1).parameters == {"x": 0.5, "y": 1.0}
    assert plan.points.units["x"] == "V"


def test_an_override_of_a_swept_parameter_drops_its_axis_with_a_warning() -> None:
    text = document("x: 1 V\nn: 1", "sweep: [{x: [1 V, 2 V]}, {repeat: 2}]\n")
    plan, report = compiled(text, overrides={"x": "5 V"})
    assert plan is not None
    assert [shot.parameters["x"] for shot in plan.shots()] == [5.0, 5.0]
    assert [item.code for item in report.warnings] == ["SEQ308"]


def test_an_override_of_one_name_of_a_zip_leaves_the_others() -> None:
    text = document("x: 1 V\nn: 1", "sweep: [{x: [1 V, 2 V, 3 V], n: [1, 2]}]\n")
    assert [shot.parameters for shot in plan_of(text, overrides={"x": "5 V"}).shots()] == [
        {"x": 5.0, "n": 1.0},
        {"x": 5.0, "n": 2.0},
    ]


def test_an_override_of_a_label_is_taken_as_text() -> None:
    text = document("x: 1 V", "labels: {gas: He}\n")
    assert plan_of(text, overrides={"gas": "Ar"}).shot(1).parameters["gas"] == "Ar"


@pytest.mark.parametrize(
    ("overrides", "code", "said"),
    [
        ({"T_sok": "1"}, "SEQ307", "T_soak"),
        ({"T_soak": "5 V"}, "EXP040", "60 degC"),
        ({"T_soak": "5 K +"}, "EXP001", ""),
        ({"T_soak": "T_soak + 1 K"}, "SEQ206", ""),
    ],
)
def test_a_faulty_override_is_one_error(overrides: dict[str, str], code: str, said: str) -> None:
    text = document("T_soak: 60 degC\nhalf: T_soak + 5 K")
    _, report = compiled(text, overrides=overrides)
    assert [item.code for item in report.errors] == [code]
    assert said in str(report.errors[0].help)


def test_a_message_about_an_override_shows_its_text() -> None:
    _, report = compiled(document("x: 1 V"), overrides={"x": "1 V +"})
    assert str(report.errors[0].span) == "-p x:1:5"


def test_a_faulty_name_is_told_where_it_is_declared_and_nowhere_else() -> None:
    more = "lanes: {box.level: {set: t * 1 V}}\n"
    assert faults(document("t: 1", more)) == [("SEQ205", 3)]


def test_kelvins_that_override_a_temperature_are_a_point_on_its_scale() -> None:
    text = document("T: 60 degC\nrise: T - 20 degC")
    assert plan_of(text, overrides={"T": "333.15 K"}).shot(1).parameters == {"T": 60.0, "rise": 40.0}
