import pytest
from tests.expression.support import TYPES, unit_type

from shotlane.expression import CallExpression, ExpressionError, Fault, parse_call


def call(text: str) -> CallExpression:
    found = parse_call(text, names=TYPES)
    assert found is not None
    return found


def call_fault(text: str) -> Fault:
    with pytest.raises(ExpressionError) as caught:
        parse_call(text, names=TYPES)
    assert len(caught.value.faults) == 1, caught.value.faults
    return caught.value.faults[0]


@pytest.mark.parametrize("text", ["tare()", " tare( ) ", "ramp()"])
def test_a_call_without_arguments(text: str) -> None:
    found = call(text)
    assert (found.name, found.arguments, dict(found.keywords)) == (text.strip().split("(")[0], (), {})


def test_arguments_and_keywords() -> None:
    found = call('ramp(25 degC, T, shape="smooth")')
    assert found.name == "ramp"
    assert [argument.text for argument in found.arguments] == ["25 degC", "T"]
    assert found.keywords["shape"].evaluate({}) == "smooth"


def test_a_keyword_with_a_unit() -> None:
    found = call("pulse(10 ms, duty=0.3, phase = 1 ms)")
    assert found.arguments[0].infer({}) == unit_type("s")
    assert {name: value.evaluate({}) for name, value in found.keywords.items()} == {
        "duty": 0.3,
        "phase": 1e-3,
    }


def test_places_count_from_the_start_of_the_call() -> None:
    text = '  ramp(25 degC, T_soak, shape="smooth")'
    found = call(text)
    assert [text[o : o + n] for o, n in found.argument_places] == ["25 degC", "T_soak"]
    assert {k: text[o : o + n] for k, (o, n) in found.keyword_places.items()} == {"shape": '"smooth"'}
    assert text[found.name_place[0] :][: found.name_place[1]] == "ramp"
    assert found.arguments[1].place("T_soak") == (16, 6)


def test_faults_of_an_argument_count_from_the_start_of_the_call() -> None:
    found = call("ramp(T, nix + 1 K)")
    with pytest.raises(ExpressionError) as caught:
        found.arguments[1].infer(TYPES)
    assert (caught.value.faults[0].offset, caught.value.faults[0].length) == (8, 3)


def test_commas_and_parentheses_inside_an_argument() -> None:
    found = call("ramp(min(1 V, 2 V), (V_set + 1 V) * 2)")
    assert [argument.text for argument in found.arguments] == ["min(1 V, 2 V)", "(V_set + 1 V) * 2"]


@pytest.mark.parametrize(
    "text",
    [
        "sin(x)",
        "min(x, y)",
        "T",
        "5 V",
        "ramp",
        "ramp() + 1",
        "(ramp())",
        "ramp ()",
        "2 * f(x)",
        "",
        "(x)",
        "f(x)(y)",
    ],
)
def test_what_is_no_call(text: str) -> None:
    assert parse_call(text, names=TYPES) is None


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ("ramp(25 degC", "EXP001", 4),
        ("ramp(25 degC,", "EXP001", 4),
        ("ramp(25 degC,)", "EXP001", 12),
        ("ramp(,T)", "EXP001", 5),
        ("ramp(T,,T)", "EXP001", 6),
        ("ramp(5 Vlt)", "EXP010", 7),
        ("ramp(T 5)", "EXP001", 7),
        ("ramp(x[0])", "EXP002", 6),
        ("ramp(shape=)", "EXP001", 5),
        ("ramp(shape='a', T)", "EXP022", 16),
        ("ramp(shape='a', shape='b')", "EXP022", 16),
        ("ramp(foo(x))", "EXP021", 5),
        ("ramp(5 V/s*t)", "EXP011", 11),
    ],
)
def test_one_fault_at_its_place(text: str, code: str, offset: int) -> None:
    found = call_fault(text)
    assert (found.code, found.offset) == (code, offset)


def test_independent_faults_of_arguments_are_told_together() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_call("ramp(foo(x), bar(x))", names=TYPES)
    assert [fault.offset for fault in caught.value.faults] == [5, 13]
