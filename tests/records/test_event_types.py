"""The registry of event types, and that whoever makes an event keeps to it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shotlane.records import EVENT_TYPES, Event, event_version, event_words

SOURCE = Path(__file__).parents[2] / "src" / "shotlane"
NAME = re.compile(r"[a-z-]+\.[a-z-]+")
TELLERS = {"tell", "_tell", "Event", "_notify", "notify", "told", "event", "_event"}


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Every call in the source that names a type of events: where, the type, the call."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            texts = [one.value for one in node.args if isinstance(one, ast.Constant)]
            found = [text for text in texts if isinstance(text, str) and NAME.fullmatch(text)]
            if name in TELLERS and found:
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", found[0], node


CALLS = list(calls())


def test_the_source_is_looked_through() -> None:
    assert len(CALLS) > 40


@pytest.mark.parametrize(("place", "type_", "call"), CALLS, ids=[place for place, *_ in CALLS])
def test_what_is_told_is_a_type_with_these_fields(place: str, type_: str, call: ast.Call) -> None:
    assert type_ in EVENT_TYPES
    declared = set(EVENT_TYPES[type_].fields)
    named = {one.arg for one in call.keywords}
    if named and None not in named:
        assert named == declared
    for literal in (one for one in call.args if isinstance(one, ast.Dict)):
        keys = {key.value for key in literal.keys if isinstance(key, ast.Constant)}
        assert keys <= declared
        if None not in literal.keys:
            # The pool adds the role, and the driver how many requests it took.
            assert declared - keys <= {"role", "exchanges"}


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_the_words_of_a_type_name_its_fields_alone(name: str) -> None:
    one = EVENT_TYPES[name]
    assert set(re.findall(r"\{(\w+)\}", one.words)) <= set(one.fields)
    assert NAME.fullmatch(name)
    assert one.description.endswith(".")


def test_a_part_of_the_words_that_says_nothing_is_left_out() -> None:
    assert event_words(Event("run.ended", 0, {"outcome": "done", "reason": None})) == "run done"
    told = Event("run.ended", 0, {"outcome": "aborted", "reason": "too hot"})
    assert event_words(told) == "run aborted: too hot"


def test_a_field_with_a_unit_is_told_with_it() -> None:
    fields = {"fault": "timeout", "delay_s": 0.2, "next_attempt": 2}
    assert event_words(Event("retry.scheduled", 0, fields)) == "attempt 2 in 0.2 s, after timeout"


def test_what_a_field_holds_is_never_read_as_words() -> None:
    fields = {"role": "gas", "message": "it said {role} [{name}]", "fault": "garbled", "context": {}}
    assert event_words(Event("instrument.faulted", 0, fields)) == "gas: garbled: it said {role} [{name}]"


def test_an_event_of_no_known_type_is_told_by_its_fields() -> None:
    event = Event("laser.unlocked", 0, {"reason": "maintenance", "by": "ada", "power": 0.25})
    assert event_words(event) == "maintenance; by ada, power 0.25"
    assert event_version("laser.unlocked") == 1


def test_fields_of_a_later_version_raise_the_version_of_their_type() -> None:
    assert EVENT_TYPES["session.started"].version == event_version("session.started") == 2


def test_parameters_are_told_with_the_units_beside_them() -> None:
    fields = {"parameters": {"T": 50.0, "gas": "He"}, "units": {"T": "degC"}}
    assert event_words(Event("shot.started", 0, fields)) == "shot begins: T 50 degC, gas He"
    assert event_words(Event("shot.started", 0, {"parameters": {"T": 50.0}})) == "shot begins: T 50"
