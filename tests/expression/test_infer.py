import pytest
from tests.expression.support import TYPES, fault, faults, infer, marked, unit_type

from shotlane.expression import BOOLEAN, NUMBER, TEXT, ExpressionError, Type, describe, parse


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("V_set + 5 mV", "V"),
        ("V_set * 2", "V"),
        ("V_set / t", "V/s"),
        ("2 / t", "1/s"),
        ("t ** 2", "s**2"),
        ("t ** (1 + 1)", "s**2"),
        ("sqrt(t)", "s**0.5"),
        ("sqrt(V_set ** 2)", "V"),
        ("abs(-V_set)", "V"),
        ("min(V_set, 1 mV, 2 V)", "V"),
        ("clip(t, 0 s, duration)", "s"),
        ("hypot(3 V, 4 V)", "V"),
        ("mod(t, 10 ms)", "s"),
        ("V_set if t < 1 s else 0 V", "V"),
        ("atan2(1 V, 2 V)", "rad"),
        ("asin(x)", "rad"),
        ("round(t / 1 ms) * 1 ms", "s"),
        ("5 N*m / 1 s", "W"),
        ("60 rpm + 1 rad/s", "rad/s"),
        ("-2 ** 2 * t", "s"),
    ],
)
def test_dimension_of_a_number(text: str, unit: str) -> None:
    assert infer(text) == unit_type(unit)


@pytest.mark.parametrize(
    "text",
    [
        "x ** y",
        "x ** 0.5",
        "sin(90 deg)",
        "sin(x)",
        "sin(2*pi*50 Hz * t)",
        "exp(-t / 1 s)",
        "log(V_set / 1 V)",
        "sign(V_set)",
        "50 percent + 1",
        "pi * e",
        "floor(x) + ceil(y)",
        "log10(x)",
        "tan(x)",
        "cos(60 rpm * t)",
    ],
)
def test_plain_numbers(text: str) -> None:
    assert infer(text) == NUMBER


@pytest.mark.parametrize(
    "text",
    [
        "on",
        "ready and t > 1 s",
        "not ready or x == 3",
        "0 s < t <= duration",
        "gas == 'He'",
        "ready == off",
        "(x > 1) if ready else off",
        "'a' != gas",
    ],
)
def test_booleans(text: str) -> None:
    assert infer(text) == BOOLEAN


def test_texts() -> None:
    assert infer("gas if ready else 'Ar'") == TEXT


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        ("V_set + t", "EXP030", "V_set + t"),
        ("x + 2 * (V_set - t)", "EXP030", "V_set - t"),
        ("t < 5", "EXP030", "t < 5"),
        ("60 rpm + 1 Hz", "EXP030", "60 rpm + 1 Hz"),
        ("1 Hz == 1 rad/s", "EXP030", "1 Hz == 1 rad/s"),
        ("exp(t)", "EXP030", "t"),
        ("log(V_set)", "EXP030", "V_set"),
        ("exp(90 deg)", "EXP030", "90 deg"),
        ("sin(t)", "EXP030", "t"),
        ("round(V_set)", "EXP030", "V_set"),
        ("min(V_set, t)", "EXP030", "min(V_set, t)"),
        ("V_set if ready else t", "EXP030", "V_set if ready else t"),
        ("V_set if ready else off", "EXP031", "V_set if ready else off"),
        ("ready + 1", "EXP031", "ready"),
        ("gas * 2", "EXP031", "gas"),
        ("x and ready", "EXP031", "x"),
        ("not x", "EXP031", "x"),
        ("1 if x else 2", "EXP031", "x"),
        ("gas < 'He'", "EXP031", "gas < 'He'"),
        ("gas == 1", "EXP031", "gas == 1"),
        ("-ready", "EXP031", "ready"),
        ("sin(ready)", "EXP031", "ready"),
        ("t ** x", "EXP033", "t"),
        ("x ** t", "EXP033", "t"),
        ("t ** 21", "EXP033", "t"),
        ("T_sok + 5 K", "EXP020", "T_sok"),
        ("furnace.temp - T", "EXP020", "furnace.temp"),
        ("foo(x)", "EXP021", "foo"),
        ("ramp(x)", "EXP021", "ramp"),
        ("min(x)", "EXP022", "min"),
        ("sin(x, y)", "EXP022", "sin"),
        ("sin()", "EXP022", "sin"),
        ("clip(x, y)", "EXP022", "clip"),
    ],
)
def test_one_fault_at_its_place(text: str, code: str, part: str) -> None:
    assert fault(text).code == code
    # An exponent fault points at the exponent, which is what has to change.
    assert marked(text) in {part, text.rpartition("** ")[2]}


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("t < 5", "write the number with its unit: 5 s"),
        ("5 + V_set", "write the number with its unit: 5 V"),
        ("60 rpm + 1 Hz", "1 turn/s"),
        ("gas == He", "inner quotes: 'He'"),
        ("1 h 30 min", "1 h + 30 min"),
        ("1.5.2", "one decimal point"),
        ("x => 3", "write >="),
        ("x <> 3", "written !="),
        ("x === 3", "written =="),
        ("sqrt", "sqrt(...)"),
        ("x = 3", "equality is written =="),
        ("5,3", "the decimal sign is a point"),
        ("20 cm**3 / min", "no space inside"),
        ("T + 5", "with its unit: 5 K"),
        ("T + 5 C", "in K: 5 K"),
        ("T > 60", "with its unit: 60 degC"),
        ("T - T_soak < 1", "with its unit: 1 K"),
        ("5 V/s*x", "'x' needs another name"),
        ("log(V_set)", "/ (1 V)"),
        ("T_sok + 5 K", "did you mean 'T_soak'?"),
        ("furnace.temp - T", "did you mean 'furnace.temperature'?"),
        ("sine(x)", "did you mean 'sin'?"),
        ("clip(x, y)", "clip(value, lowest, highest)"),
        ("round(V_set)", "round(a / step) * step"),
        ("yes", "on and off"),
    ],
)
def test_help_says_what_to_write(text: str, help: str) -> None:
    assert help in str(fault(text).help)


def test_time_is_known_only_in_a_cell() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("2 V/s * t").infer({})
    assert "only inside a cell" in str(caught.value.faults[0].help)


def test_independent_faults_are_told_together_and_each_once() -> None:
    assert [item.code for item in faults("(V_set + t) * (nix - ready) + nix")] == [
        "EXP030",
        "EXP020",
        "EXP031",
    ]


def test_what_depends_on_a_faulty_part_is_silent() -> None:
    assert [item.code for item in faults("sin((V_set + t) * x) + 5 s < on")] == ["EXP030"]


def test_names_and_their_places() -> None:
    expression = parse("  (T_soak - T) / rate * T + laser.power", names=TYPES)
    assert expression.names == {"T_soak", "T", "rate", "laser.power"}
    assert expression.place("T") == (12, 1)
    assert expression.place("laser.power") == (28, 11)
    assert not expression.is_constant


def test_function_names_and_constants_are_no_names() -> None:
    assert parse("sin(pi) + e").is_constant


@pytest.mark.parametrize(
    ("type", "words"),
    [
        (unit_type("degC"), "a temperature"),
        (unit_type("s"), "a time"),
        (unit_type("sccm"), "a volume per time (e.g. cm**3/min)"),
        (NUMBER, "a plain number"),
        (BOOLEAN, "a boolean (on or off)"),
        (TEXT, "a text"),
        (unit_type("kg*K"), "a quantity of mass*temperature"),
        (unit_type("m**3/kg"), "a quantity of length**3/mass"),
        (unit_type("1/K"), "a quantity of 1/temperature"),
    ],
)
def test_types_in_words(type: Type, words: str) -> None:
    assert describe(type) == words


def test_equal_types_are_equal_whatever_the_unit() -> None:
    assert unit_type("mV") == unit_type("kV")
    assert unit_type("K") != unit_type("degC")
