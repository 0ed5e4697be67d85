"""What the language knows and is not executed yet is refused at its key, once."""

import pytest
from tests.plan.table import compiled, line

HEAD = "sequence: test\ntimeline:\n  - a: 1 s\n"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (HEAD + "  - b: {until: furnace.temperature > 5 degC, timeout: 5 s}\n", 4),
        (HEAD + "  - b: {ask: Insert the sample.}\n", 4),
        (HEAD + "results: {T: 'mean(furnace.temperature, a)'}\n", 4),
        (HEAD + "interlocks: {hot: furnace.temperature > 5 degC}\n", 4),
        (HEAD + "include: [x.yaml]\n", 4),
        (HEAD + "ask: {serial: {prompt: Which?}}\n", 4),
        (HEAD + "before: x.yaml\n", 4),
        (HEAD + "after: x.yaml\n", 4),
        (HEAD + "on_fail: stop\n", 4),
        (HEAD + "between: safe\n", 4),
        (HEAD + "guard: on\n", 4),
        (HEAD + "retry: {then: pause}\n", 4),
        (HEAD + "sweep: [{optimize: {maximize: T, over: {}, shots: 4}}]\n", 4),
        (HEAD + "lanes: {furnace.temperature: {record: 5 Hz, on_late: fail}}\n", 4),
        (HEAD + "lanes: {furnace.temperature: {record: 5 Hz, phase: auto}}\n", 4),
    ],
)
def test_it_is_refused_with_one_diagnostic(text: str, where: int) -> None:
    plan, report = compiled(text)
    assert plan is None
    assert [(item.code, line(item)) for item in report.errors] == [("SEQ900", where)]
    assert "not available yet" in report.errors[0].message


def test_what_is_as_it_is_anyhow_may_be_written() -> None:
    plan, report = compiled(HEAD + "between: hold\nguard: off\non_fail: continue\nretry: {then: skip}\n")
    assert plan is not None
    assert len(report) == 0


def test_what_depends_on_something_refused_stays_silent() -> None:
    text = """\
sequence: test
ask: {serial: {prompt: Which?}}
timeline:
  - a: 1 s
  - b: {until: furnace.temperature > 5 degC}
lanes:
  box.level:
    set:
      a: ramp(0 V, 1 V)
      b: t * 1 V/s
    every: 50 ms
  box.note:
    set:
      b: serial
  furnace.temperature:
    read: {b: {at: end}}
"""
    assert [line(item) for item in compiled(text)[1].errors] == [2, 5]
