"""Every bad document here carries the codes of its messages on the faulty lines.

`# expect: CODE` or `CODE@column`, several parted by commas, stands on the line itself; `# expect-next:` on
the line above where a comment would be part of the fault; `# expect-nowhere:` for a message without a place.
The name of a file begins with the kind of document.
"""

import re
from pathlib import Path

import pytest

from shotlane.diagnostics import Report, render_text
from shotlane.document import read_file
from shotlane.model import load_instrument, load_sequence, load_station

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.yaml"))
LOADERS = {"sequence": load_sequence, "station": load_station, "instrument": load_instrument}

Expected = set[tuple[int, str, int | None]]

_MARK = re.compile(r"# expect(?P<where>-next|-nowhere)?: (?P<codes>[A-Z0-9@, ]+)")


def check(path: Path) -> Report:
    """All messages of a document."""
    report = Report()
    document = read_file(path, report, name=path.name)
    if document is not None:
        LOADERS[path.name.partition("-")[0]](document, report)
    return report


def expected(path: Path) -> Expected:
    """Lines, codes and, where given, columns that the marks of a document ask for."""
    found: Expected = set()
    text = path.read_bytes().decode("utf-8", "replace")
    for number, line in enumerate(text.split("\n"), start=1):
        for mark in _MARK.finditer(line):
            at = {"-next": number + 1, "-nowhere": 0, None: number}[mark["where"]]
            for item in mark["codes"].split(","):
                code, _, column = item.strip().partition("@")
                found.add((at, code, int(column) if column else None))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_bad_document_gives_exactly_the_messages_it_is_marked_with(path: Path) -> None:
    report = check(path)
    columns = {(line, code) for line, code, column in expected(path) if column is not None}
    told = {
        (
            (item.span.line, item.code, item.span.column if (item.span.line, item.code) in columns else None)
            if item.span
            else (0, item.code, None)
        )
        for item in report
    }
    assert told == expected(path), render_text(report)
    assert len(report) == len(told), render_text(report)


def test_every_file_is_marked() -> None:
    assert [path.name for path in FILES if not expected(path)] == []
