"""Labels that a person is asked for: placeholders, answers, patterns."""

from tests.plan.table import compiled, faults, plan_of

from shotlane.diagnostics import Report
from shotlane.document import read_text
from shotlane.model import load_sequence
from shotlane.plan import AskedLabel, questions

TEXT = """\
sequence: test
ask:
  serial: {prompt: Which unit?, pattern: '[A-Z]{2}[0-9]+'}
  gas: {prompt: Which gas?}
timeline: [{a: 1 s}]
lanes:
  box.note: {set: serial}
  box.gas: {set: gas}
"""


def asked(overrides: dict[str, str]) -> tuple[AskedLabel, ...]:
    document = read_text(TEXT, "test.yaml", Report())
    assert document is not None
    sequence = load_sequence(document, Report())
    assert sequence is not None
    return questions(sequence, overrides)


def test_what_has_no_answer_is_asked_in_order() -> None:
    assert [label.name for label in asked({})] == ["serial", "gas"]
    assert asked({"serial": "AB12"}) == (AskedLabel("gas", "Which gas?"),)


def test_a_sequence_is_checked_without_answers() -> None:
    assert faults(TEXT) == []


def test_an_answer_is_the_text_of_its_label() -> None:
    plan = plan_of(TEXT, overrides={"serial": "AB12", "gas": "He"})
    assert plan.shot(1).parameters == {"serial": "AB12", "gas": "He"}
    assert [item.value for item in plan.shot(1).initial] == ["AB12", "He"]


def test_an_answer_that_does_not_match_is_told() -> None:
    _, report = compiled(TEXT, overrides={"serial": "12"})
    assert [(item.code, str(item.span)) for item in report.errors] == [("SEQ233", "-p serial:1:1")]


def test_an_answer_that_is_no_option_is_told() -> None:
    _, report = compiled(TEXT, overrides={"gas": "helium"})
    assert [item.code for item in report.errors] == ["SEQ404"]


def test_the_whole_answer_must_match() -> None:
    label = AskedLabel("serial", "?", "[A-Z]+")
    assert [label.accepts(text) for text in ("AB", " AB \n", "AB1", "", "\n")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_a_pattern_that_is_none_is_told_where_it_stands() -> None:
    assert faults(TEXT.replace("[A-Z]{2}[0-9]+", "[A-Z")) == [("SEQ233", 3)]
