"""Figures in expressions: what stands for one number out of the readings of a channel."""

import pytest

from shotlane.expression import Expression, ExpressionError, FigureCall, parse_figures


def read(text: str) -> tuple[Expression, tuple[FigureCall, ...]]:
    return parse_figures(text, names={"T"}, decide=lambda call: "." in call.channel)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mean(a.b)", [("mean", "a.b", None)]),
        ("max(a.b) - min( a.b ,2 s)", [("max", "a.b", None), ("min", "a.b", "2 s")]),
        ("mean(a.b, heat .. soak)", [("mean", "a.b", "heat .. soak")]),
        ("at(a.b, (T + 1 s) * 2)", [("at", "a.b", "(T + 1 s) * 2")]),
        ("max(T, 5)", []),
        ("max(mean(a.b), T)", [("mean", "a.b", None)]),
        ("x == 'mean(a.b)'", []),
        ("a.b > 5", []),
    ],
)
def test_figures_are_found(text: str, expected: list[tuple[str, str, str | None]]) -> None:
    assert [(call.function, call.channel, call.second) for call in read(text)[1]] == expected


def test_one_name_stands_for_each_at_its_place() -> None:
    expression, (call,) = read("T + 2 * mean(a.b, x..y)")
    assert expression.names == {"T", call.name}
    assert expression.place(call.name) == call.place == (8, 15)
    assert expression.evaluate({"T": 1.0, call.name: 3.0}) == 7.0


def test_places_of_channel_and_second_value_are_those_in_the_text() -> None:
    text = " mean( a.b , x .. y )"
    (call,) = read(text)[1]
    (start, length), (other, more) = call.channel_place, call.second_place
    assert (text[start : start + length], text[other : other + more]) == ("a.b", "x .. y")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("mean()", "EXP022"),
        ("mean(a.b - 1)", "EXP022"),
        ("mean(a.b, 1, 2)", "EXP022"),
        ("mean(a.b", "EXP001"),
        ("heat..soak", "EXP001"),
        ("mean(a.b) mean(a.b)", "EXP001"),
    ],
)
def test_what_is_no_figure_is_refused(text: str, code: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        read(text)
    assert [fault.code for fault in caught.value.faults] == [code]


def test_texts_beside_names_are_known() -> None:
    expression, _ = read("a.b == 'on' and ('x' != c.d or T > 5)")
    assert [(name, text) for name, text, _ in expression.compared_texts] == [("a.b", "on"), ("c.d", "x")]
