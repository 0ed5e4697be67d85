"""What texts mean: YAML 1.2, nothing more."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.document.reading import data_of, sound

from shotlane.document._events import SyntaxFault, exact_events, fast_events, fast_is_enough

CASES: list[tuple[str, Any]] = [
    ("5", 5),
    ("-0.5", -0.5),
    ("1e3", 1000.0),
    (".5", 0.5),
    ("5.", 5.0),
    ("010", 10),
    ("0x1F", 31),
    ("0o17", 15),
    ("1_000", "1_000"),
    ("12:30", "12:30"),
    ("2024-01-01", "2024-01-01"),
    ("true", True),
    ("False", False),
    ("yes", "yes"),
    ("on", "on"),
    ("off", "off"),
    ("~", None),
    ("null", None),
    ("nullable", "nullable"),
    ("NaN", "NaN"),
    (".inf", float("inf")),
    ("5 K", "5 K"),
    ("'5'", "5"),
    ('"\\u00b5m"', "µm"),
    ("!!str 5", "5"),
    ("! 5", "5"),
    ("!!float 5", 5.0),
]


@pytest.mark.parametrize(("text", "value"), CASES)
def test_a_scalar_means_what_yaml_1_2_says(text: str, value: Any) -> None:
    found = data_of(f"a: {text}\n")["a"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_their_text() -> None:
    assert list(data_of("true: 1\n1: 2\non: 3\n'q': 4\n0x10: 5\n~: 6\n")) == [
        "true",
        "1",
        "on",
        "q",
        "0x10",
        "~",
    ]


def test_an_integer_too_long_for_python_stays_text() -> None:
    assert data_of("a: " + "9" * 5000)["a"] == "9" * 5000


def test_text_that_only_yaml_1_2_allows_is_read() -> None:
    text = 'a: {r: modbus+tcp://host:1?unit=1, t: 12:30, "s":"\\/"}\n'
    assert data_of(text) == {"a": {"r": "modbus+tcp://host:1?unit=1", "t": "12:30", "s": "/"}}


def test_an_alias_gives_the_same_value() -> None:
    assert data_of("a: &x [1, {b: 2}]\nc: *x\nd: &y 5 K\ne: *y\n*y : 1\n") == {
        "a": [1, {"b": 2}], "c": [1, {"b": 2}], "d": "5 K", "e": "5 K", "5 K": 1,
    }  # fmt: skip


def test_a_merge_stands_where_it_is_written_and_own_keys_win() -> None:
    document = sound("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  w: 0\n  <<: [*a, *b]\n  x: 9\n")
    assert document.data["c"] == {"w": 0, "y": 2, "z": 4, "x": 9}
    assert list(document.data["c"]) == ["w", "y", "z", "x"]


def test_a_quoted_merge_key_is_a_key() -> None:
    assert data_of("'<<': 5\n") == {"<<": 5}


def test_an_escaped_pair_of_surrogates_is_one_character() -> None:
    assert data_of('a: "\\ud83d\\ude00"\n') == {"a": "😀"}


def test_a_byte_order_mark_is_no_text() -> None:
    assert sound("\ufeffa: 1\n").key_span(("a",)).start == 0


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc:#{}[],'\" ", min_size=1), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abcxyz", min_size=1, max_size=4), values, min_size=1, max_size=4))
def test_json_is_read_as_what_it_is(data: dict[str, Any]) -> None:
    text = json.dumps(data, ensure_ascii=True)
    assert data_of(text) == json.loads(json.dumps(data))


def _facts(event: Any) -> tuple[Any, ...]:
    """What is used of an event; the place of an empty scalar is of no account."""
    value = getattr(event, "value", None)
    place = (event.start_mark.index, event.end_mark.index) if value else None
    return type(event), value, place, getattr(event, "anchor", None), getattr(event, "tag", None)


@given(st.text("ab:-?{}[],&*!|>'\"%@#\n 1.()\\", max_size=30))
def test_both_parsers_agree_on_what_both_read(text: str) -> None:
    text = f"a: {text}"
    if not fast_is_enough(text):
        return
    try:
        fast, exact = ([_facts(event) for event in events(text)] for events in (fast_events, exact_events))
    except SyntaxFault:
        return
    assert fast == exact
