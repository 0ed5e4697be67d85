"""Documents whose marks say which messages they give, and how to get these messages.

`# expect: CODE` or `CODE@column`, several parted by commas, stands on the faulty line itself;
`# expect-next:` on the line above where a comment would be part of the fault; `# expect-nowhere:` for a
message without a place.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from shotlane.api import check
from shotlane.diagnostics import Diagnostic, Report
from shotlane.document import read_file
from shotlane.model import load_sequence, load_station

Expected = set[tuple[int, str, int | None]]

_MARK = re.compile(r"# expect(?P<where>-next|-nowhere)?: (?P<codes>[A-Z0-9@, ]+)")
_LOADERS = {"sequence": load_sequence, "station": load_station}
_ONLY_LOADED = "# only loaded\n"


def messages(path: Path) -> Report:
    """All messages of a document; one that begins with `# only loaded` is read and not compiled."""
    if not path.read_bytes().startswith(_ONLY_LOADED.encode()):
        return check([path])
    report = Report()
    document = read_file(path, report, name=path.name)
    if document is not None:
        _LOADERS[path.name.partition("-")[0]](document, report)
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


def told(report: Iterable[Diagnostic], marks: Expected) -> list[tuple[int, str, int | None]]:
    """What a report says, with columns where the marks ask for them."""
    columns = {(line, code) for line, code, column in marks if column is not None}
    places = [(item.span.line if item.span else 0, item.code, item.span) for item in report]
    return [
        (line, code, span.column if span is not None and (line, code) in columns else None)
        for line, code, span in places
    ]
