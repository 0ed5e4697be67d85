"""A colon that is missing is told where it is missing, not where the parser stumbles over it."""

import pytest

from shotlane.diagnostics import Report
from shotlane.document import read_text


@pytest.mark.parametrize(
    ("text", "line", "help"),
    [
        ("timeline:\n  - heat: 1 s\n  - settle\n      until: x\n", 3, "write `settle:`"),
        ("lanes:\n  a.b:\n    set\n      start: 4 K\n", 3, "write `set:`"),
        ("parameters:\n  T 60 degC  # top\n  f: 3 s\n", 2, "write `T: 60 degC`"),
        ("sequence glass\nstation: demo\n", 1, "write `sequence: glass`"),
    ],
)
def test_it_is_told_at_its_key(text: str, line: int, help: str) -> None:
    report = Report()
    read_text(text, "x.yaml", report)
    (fault,) = report.errors
    assert fault.span is not None
    assert (fault.code, fault.span.line, fault.help) == ("YAML001", line, help)


def test_other_faults_of_indentation_stay_what_they_are() -> None:
    report = Report()
    read_text("a:\n  b: 1\n c: 2\n", "x.yaml", report)
    assert "indentation" in report.errors[0].message
