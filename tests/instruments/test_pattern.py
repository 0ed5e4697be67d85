"""Replies read by regular expressions, and the bounds on them."""

import time

import pytest

from shotlane.instruments.dialogue._pattern import parse_pattern
from shotlane.instruments.dialogue._template import ReplyMismatch, TemplateError


def test_named_groups_are_fields() -> None:
    frame = parse_pattern(r"(?P<flow>[-+.\d]+)\s*(?P<state>OK|HOLD)(?P<rest>.*)", {"flow": "f"})
    fields = frame.parse(" +1.50 HOLD ab ")
    assert {name: field.value for name, field in fields.items()} == {
        "flow": 1.5,
        "state": "HOLD",
        "rest": "ab",
    }


def test_a_group_that_took_no_part_is_no_number() -> None:
    fields = parse_pattern(r"a(?P<x>\d+)?", {"x": "d"}).parse("a")
    assert (fields["x"].value, fields["x"].raw) == (None, "")


@pytest.mark.parametrize(("text", "words"), [("b", "no reply of the pattern"), ("x" * 5000, "too many")])
def test_what_does_not_fit_is_refused(text: str, words: str) -> None:
    with pytest.raises(ReplyMismatch, match=words):
        parse_pattern("(?P<x>a.*)", {}).parse(text)


def test_a_field_that_is_no_number_is_refused() -> None:
    with pytest.raises(ReplyMismatch, match="which is no 'f'"):
        parse_pattern("(?P<x>.*)", {"x": "f"}).parse("1.2.3")


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(", "cannot be read"),
        ("(a+)+", "repeats what can match"),
        ("(?:a|b){2,}", "repeats what can match"),
        ("((a*))*b", "repeats what can match"),
        ("(a?){30}a{30}", "repeats what can match"),
        (r"(?P<q>['\"]).*(?P=q)", "refers back"),
        (r"(a)\1", "refers back"),
        (".*a.*b.*c.*d", "unbounded repeats"),
        ("a" * 501, "more than 500"),
    ],
)
def test_what_may_never_end_is_refused(pattern: str, words: str) -> None:
    with pytest.raises(TemplateError, match=words):
        parse_pattern(pattern, {})


@pytest.mark.parametrize(
    "pattern", [r"(?:\d{3}-)+", r"[(a+)+]*", r"\(a+\)+", "(a+)b+", "(a+)(b+)?", "x{3}y{2,}"]
)
def test_what_ends_is_taken(pattern: str) -> None:
    parse_pattern(pattern, {})


def test_an_unknown_group_is_told() -> None:
    with pytest.raises(TemplateError, match="no group 'y'") as caught:
        parse_pattern("(?P<x>a)", {"y": "f"})
    assert caught.value.help == "its named groups are x"


def test_the_worst_pattern_ends_soon() -> None:
    begun = time.thread_time()
    with pytest.raises(ReplyMismatch):
        parse_pattern(".*a.*b", {}).parse("a" * 4096)
    assert time.thread_time() - begun < 2.0
