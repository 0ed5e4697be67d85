"""Texts that fit a regular expression; pure."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlane.serving._sample import sample


def nothing(_name: str, _expression: str) -> None:
    """No value of ours."""


@pytest.mark.parametrize(
    "expression",
    [
        r"(?P<maker>[^,]*),(?P<model>[^,]*),(?P<serial>[^,]*),(?P<firmware>.*)",
        r"[-+.\d]+\s*(OK|HOLD)",
        r"A{3}(?:b|c){2,}d?",
        r"\x02\d{4}\r\n",
        r"[]x][^]0]\[",
        r"(?i:ab)(?=.*)c(?<=c)$",
        r"(?>a+)b++c*?",
        r"^\w+: (\S+) \bk\b$",
        r"{a}\{1\}",
        r"[\d\s][a-f][-+]",
    ],
)
def test_the_text_fits(expression: str) -> None:
    assert re.fullmatch(expression, sample(expression, nothing), re.DOTALL)


def test_our_values_stand_in_their_groups_also_in_optional_ones() -> None:
    values = {"flow": "1.5", "state": "HOLD"}
    text = sample(
        r"F(?P<flow>[\d.]+)(?: (?P<state>OK|HOLD))?(?: (?P<more>\d))?", lambda name, _: values.get(name)
    )
    assert text == "F1.5 HOLD"


def test_a_group_is_told_its_own_expression() -> None:
    asked: list[tuple[str, str]] = []
    sample(r"(?P<a>x(?P<b>[)]|y))z", lambda name, own: asked.append((name, own)))
    assert asked == [("b", "[)]|y"), ("a", "x(?P<b>[)]|y)")]


pieces = st.sampled_from(["a", "\\d", "[b-d]", "(?:e|f)", "\\.", "g?", "h*", "[^i]", "(?P<n{}>j+)"])


@given(st.lists(pieces, max_size=8), st.sampled_from(["", "?", "{2}", "{1,3}", "+"]))
def test_what_it_makes_always_fits(parts: list[str], times: str) -> None:
    body = "".join(part.replace("{}", str(index)) for index, part in enumerate(parts))
    expression = f"(?:{body}){times}"
    assert re.fullmatch(expression, sample(expression, nothing))
