"""Every bad document here gives the messages that it is marked with, each at its place, and no other."""

from pathlib import Path

import pytest
from tests.diagnostics.marked import expected, messages, told

from shotlane.diagnostics import render_text

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_bad_document_gives_exactly_the_messages_it_is_marked_with(path: Path) -> None:
    report, marks = messages(path), expected(path)
    found = told(report, marks)
    assert sorted(found, key=str) == sorted(marks, key=str), render_text(report)


def test_every_file_is_marked() -> None:
    assert [path.name for path in FILES if not expected(path)] == []


def test_there_are_enough_of_them() -> None:
    assert len(FILES) >= 80
